# shellcheck shell=bash
# The tests that sanitizers watch: the unit tests once more, and the fuzz targets for a bounded time.
# Sourced from the project's root, after packages.sh and build.sh. One clang build serves both: a second compiler
# reads the sources as well, and the code is compiled once less.

sanitized=build-sanitized
fuzz_seconds=60 # of the clock, for all targets together
fuzz_jobs=2

fuzz_targets() {
	local source
	for source in tests/fuzz/*_fuzz.cc; do
		source=${source##*/}
		echo "${source%_fuzz.cc}"
	done
}

build_sanitized() {
	local targets
	mapfile -t targets < <(fuzz_targets)
	if [[ ! -f $sanitized/build.ninja ]]; then
		# shellcheck disable=SC2154 # setup_options is build.sh's
		CC=clang CXX=clang++ meson setup "$sanitized" -Dfuzz=true -Db_sanitize=address,undefined \
			"${setup_options[@]}" -Db_lundef=false -Db_pch=false -Doptimization=1 -Ddebug=false -Dcpp_args=-gline-tables-only >&2
	fi
	meson compile -C "$sanitized" unit-tests "${targets[@]/#/fuzz-}" >&2
}

run_sanitized_unit_tests() { UBSAN_OPTIONS=print_stacktrace=1 "$sanitized/tests/unit-tests"; }

# Ends with one line: fuzz: N passed, N failed.
run_fuzz_targets() {
	local targets job results passed failed
	mapfile -t targets < <(fuzz_targets)
	results=$(mktemp)
	for ((job = 0; job < fuzz_jobs; job++)); do
		fuzz_every_nth "$job" $((fuzz_seconds * fuzz_jobs / ${#targets[@]})) "${targets[@]}" &
	done | tee "$results"
	passed=$(grep -c ': passed$' "$results" || true)
	failed=$((${#targets[@]} - passed))
	rm -f "$results"
	echo "fuzz: $passed passed, $failed failed"
	[[ $failed -eq 0 ]]
}

# fuzz_every_nth FIRST SECONDS TARGET...: one job's share of the targets.
fuzz_every_nth() {
	local at=$1 seconds=$2
	shift 2
	for ((at++; at <= $#; at += fuzz_jobs)); do
		fuzz_one "${!at}" "$seconds" || true
	done
}

# fuzz_one TARGET SECONDS: the seeds first, then what libFuzzer makes of them and of what earlier runs
# here have found.
fuzz_one() {
	local target=$1 seconds=$2 log=$sanitized/fuzz-$1.log status=0
	local corpus=$sanitized/corpus/$target crashes=$sanitized/crashes
	mkdir -p "$corpus" "$crashes"
	UBSAN_OPTIONS=print_stacktrace=1 "$sanitized/tests/fuzz/fuzz-$target" -max_total_time="$seconds" \
		-timeout=10 -print_final_stats=1 -artifact_prefix="$crashes/$target-" \
		"$corpus" "tests/fuzz/seeds/$target" >"$log" 2>&1 || status=$?
	if [[ $status -eq 0 ]]; then
		echo "fuzz $target: $(fuzz_stat "$log" number_of_executed_units) inputs," \
			"$(fuzz_stat "$log" average_exec_per_sec) a second: passed"
	else
		tail -n 50 "$log"
		echo "fuzz $target: status $status: FAILED (the input is in $crashes; mended, it goes to" \
			"tests/fuzz/seeds/$target)"
	fi
}

fuzz_stat() { sed -n "s/^stat::$2: *//p" "$1"; }
