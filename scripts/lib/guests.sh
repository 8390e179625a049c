# shellcheck shell=bash
# The guest tests of scripts/test: which cases on which row of kernels.table, and their account. A GUEST is a row,
# or ROW-counted: that one's clock is the number of instructions, and tests/guest/counted says what for.
# Sourced from the project's root. Needs account.sh, build.sh, compilers.sh, cross.sh, kernels.sh, machine.sh.
# shellcheck disable=SC2154 # logs, all_cases, kernel_* are set by those who source this, and by kernels.sh

guest_programs=(socketrace verify-configs match-agrees context-agrees paced)

# build_guest_programs ROW...: once for each architecture of these, and its emulator, which two guests that start
# at once could not both install.
build_guest_programs() {
  local row arch
  for arch in $(for row in "$@"; do kernel_row "$row" && echo "$kernel_arch"; done | sort -u); do
    install_emulator "$arch"
    if [[ $arch == amd64 ]]; then
      build_for_guests build-static -- "${guest_programs[@]}"
      [[ -z $all_cases ]] || build_other_objects
    else
      build_cross "$arch" "${guest_programs[@]}"
    fi
  done
}

# Debian 13's clang, whose objects the verifier sees as well: tests/guest/cases/verifier.py runs every verify-configs
# there is.
other_clang=19
build_other_objects() {
  verify_configs_of "$other_clang"
  build_for_guests build-static -- "${guest_programs[@]}"
}

# cases_of GUEST [NAME]...: sets cases, options of run.py. A case that was asked for by name runs wherever that was
# asked for.
cases_of() {
  cases=("--row=${1%-counted}")
  kernel_row "${1%-counted}"
  [[ -z $all_cases ]] || cases+=(--all)
  if [[ $1 == *-counted ]]; then
    cases+=(--counted)
  elif [[ $kernel_tests == truth && -z $all_cases && $# -eq 1 ]]; then
    cases+=(--truth)
  fi
}

# boot_guest GUEST LOG DONE [NAME]...: one boot of the guest tests; DONE names the cases that have a verdict. With
# the peers, because some cases stand beside them. It ends when we do.
boot_guest() {
  local way=(--root peers) cases programs=build-static other seconds=3600
  cases_of "$1" "${@:4}"
  [[ $kernel_arch == amd64 ]] || programs=build-$kernel_arch
  other=$programs/tests/bpf/verify-configs-$other_clang
  [[ -z $all_cases ]] || seconds=7200 # an emulated arm64 takes an hour and more for every case
  [[ -z $all_cases || ! -e $other ]] || way+=(--add "$other:/usr/local/bin/${other##*/}")
  if [[ $1 == *-counted ]]; then
    way=(--icount --mem 3G)
    # Copying shall not count an instruction for each byte (rep movsb): no processor is that slow.
    [[ $kernel_arch != amd64 ]] || way+=(--cpu -erms)
  fi
  setpriv --pdeathsig TERM scripts/guest "${1%-counted}" "${way[@]}" --timeout "$seconds" \
    --append 'oops=panic softlockup_panic=1' \
    --add "$3:/done" --add "$programs/socketrace:/usr/local/bin/socketrace" \
    --add "$programs/tests/bpf/verify-configs:/usr/local/bin/verify-configs" \
    --add "$programs/tests/bpf/match-agrees:/usr/local/bin/match-agrees" \
    --add "$programs/tests/bpf/context-agrees:/usr/local/bin/context-agrees" \
    --add "$programs/tests/guest/paced:/usr/local/bin/paced" \
    --add tests/guest:/tests -- python3 /tests/run.py "${cases[@]}" "${@:4}" >>"$2" 2>&1
}

# guest_tests GUEST [NAME]...: output and exit status go to files in $logs. QEMU 7.2 has been seen to
# go on executing an int3 that the kernel had long replaced, which ends in an oops or in a soft
# lockup. A guest that dies is shown with what its kernel said, and booted again for the cases that
# have no verdict yet, twice at most: a case that kills its kernel each time is a failure.
# A case that fails is run once more, in a fresh guest: the second verdict counts, and the first one
# is told at the end, so that a case that is not steady cannot hide.
guest_tests() {
  local log=$logs/$1 boot status again
  : >"$log"
  for boot in 1 2 3; do
    status=0
    { grep -E '^(ok|FAIL) ' "$log" || true; } | awk '{ print $1, $2 }' >"$log.done"
    boot_guest "$1" "$log" "$log.done" "${@:2}" || status=$?
    [[ $status -eq 125 && $boot -lt 3 ]] || break
    echo "== the guest died (above); booting it again for the rest" >>"$log"
  done
  mapfile -t again < <(awk '$1 == "FAIL" { print $2 }' "$log")
  if [[ $status -eq 1 && ${#again[@]} -gt 0 && ${#again[@]} -le 8 ]]; then
    echo "== once more, in a fresh guest: ${again[*]}" >>"$log"
    status=0
    : >"$log.done"
    boot_guest "$1" "$log" "$log.done" "${again[@]}" || status=$?
  fi
  echo "$status" >"$log.status"
}

# account_guest GUEST: the last verdict on each case counts; what failed is kept for the end, as is what was left
# out.
account_guest() {
  local log=$logs/$1 status ok bad
  status=$(cat "$log.status")
  read -r ok bad < <(awk '$1 == "ok" || $1 == "FAIL" { last[$2] = $1 }
    END { for (name in last) if (last[name] == "ok") ok++; else bad++; print ok + 0, bad + 0 }' "$log")
  passed=$((passed + ok))
  failed=$((failed + bad))
  echo "== $1: $ok passed, $bad failed, $((SECONDS - begun[$1])) s after its start"
  if [[ $((ok + bad)) -eq 0 ]] || { [[ $status -ne 0 ]] && [[ $bad -eq 0 ]]; }; then
    echo "FAIL guest tests on $1: ended with status $status and no account of its tests" | tee -a "$logs/told"
    failed=$((failed + 1))
  fi
  { grep '^left out ' "$log" || true; } | sort -u >>"$logs/told"
  awk -v kernel="$1" '
    $1 == "ok" || $1 == "FAIL" { last[$2] = $1; name = "" }
    /^==|^guest |^left out / { name = "" }
    $1 == "FAIL" { name = $2; if (!(name in story)) names[++n] = name }
    name != "" { story[name] = story[name] $0 "\n" }
    END {
      for (i = 1; i <= n; i++) {
        verdict = last[names[i]] == "ok" ? "not steady (passed when run again)" : "failed"
        printf "== guest %s, %s: %s\n%s", kernel, names[i], verdict, story[names[i]]
      }
    }' "$log" >>"$logs/told"
}

# guests_for [NAME]...: those that have a case of that name; a name that no case has is for all kernels. Guests that
# count instructions are for the rows that are tested whole.
guests_for() {
  if python3 -B tests/guest/run.py --list "$@" >/dev/null || ! has_counted "$@"; then
    printf '%s\n' "${kernels[@]}"
  fi
  if has_counted "$@"; then
    local row
    for row in "${kernels[@]}"; do
      kernel_row "$row"
      if [[ $kernel_tests == whole || -n $all_cases || $# -gt 0 ]]; then echo "$row-counted"; fi
    done
  fi
}

has_counted() {
  python3 -B tests/guest/run.py --list --counted "$@" >/dev/null
}

# run_guests [NAME]...: a guest keeps one core busy, so as many run at a time as there are cores. The
# output of each is shown when it and those before it have ended.
run_guests() {
  local guest all running=0 cores
  local -A job=() begun=()
  cores=$(nproc)
  mapfile -t all < <(guests_for "$@")
  for guest in "${all[@]}"; do
    if [[ $running -ge $cores ]]; then
      wait -n || true
      running=$((running - 1))
    fi
    echo "== guest tests on $guest: started"
    begun[$guest]=$SECONDS
    guest_tests "$guest" "$@" &
    job[$guest]=$!
    running=$((running + 1))
  done
  for guest in "${all[@]}"; do
    wait "${job[$guest]}" || true
    echo "== guest tests on $guest"
    cat "$logs/$guest"
    account_guest "$guest"
  done
}
