# shellcheck shell=bash
# The account of scripts/test: what passed and failed, told at its end whatever that is. Sourced from the
# project's root.

passed=0
failed=0
between="scripts/test itself"
step=$between
logs=''

account_begin() {
  logs=$(mktemp -d)
  : >"$logs/told"
  trap account_end EXIT
  # A signal that was ignored when we began, as SIGINT is in the background, stays so.
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# The last line is the account; before it, once more what went wrong: the end of a long log is what people see
# first. The step that we are still in has ended us, and is a failure.
account_end() {
  local status=$?
  trap '' INT TERM HUP
  # shellcheck disable=SC2046 # process numbers
  kill $(jobs -p) 2>/dev/null || true
  wait
  if [[ -n $step ]]; then
    echo "FAIL $step: ended with status $status" >>"$logs/told"
    failed=$((failed + 1))
  fi
  cat "$logs/told"
  rm -rf "$logs"
  echo "$passed passed, $failed failed"
  [[ $status -ge 128 ]] || status=$((failed > 0 || passed == 0))
  exit "$status"
}

# step NAME COMMAND...: what has no account of its own. Does not come back when it fails.
step() {
  step=$1
  "${@:2}"
  step=$between
}

# Adds up "N passed, N failed" (guests) and doctest's "N passed | N failed" from standard input.
count() {
  local line
  while read -r line; do
    [[ $line =~ ([0-9]+)\ passed[,\ |]+([0-9]+)\ failed ]] || continue
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  done
}

# account NAME PATTERN LOG STATUS: counts the lines of LOG that match PATTERN. A command that failed
# without a failure counted is one failure.
account() {
  local name=$1 pattern=$2 log=$3 status=$4 before=$failed
  count < <(grep -E "$pattern" "$log" || true)
  if ! grep -qE "$pattern" "$log" || { [[ $status -ne 0 ]] && [[ $failed -eq $before ]]; }; then
    echo "FAIL $name: ended with status $status and no account of its tests"
    failed=$((failed + 1))
  fi
  [[ $failed -eq $before ]] || { echo "== $name"; tail -n 60 "$log"; } >>"$logs/told"
}

# run_counted NAME PATTERN COMMAND...: shows the output as it comes, and accounts for it. In the background,
# because a shell that waits for a command in the foreground does not see a signal.
run_counted() {
  local name=$1 pattern=$2 status=0
  step=$name
  shift 2
  echo "== $name"
  ("$@" 2>&1 | tee "$logs/log") &
  wait $! || status=$?
  step=$between
  account "$name" "$pattern" "$logs/log" "$status"
}
