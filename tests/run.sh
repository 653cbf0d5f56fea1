#!/usr/bin/env bash
# Runs the tests and adds up their counts: tests/run.sh BUILD_DIR [unit|system].
#
# Every test program ends with a line "N passed, N failed" (", N skipped" may follow). One that does
# not, or whose exit status contradicts its counts, counts as one failure: a crash is never a pass.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
which=${2:-all}
logs=$build/logs
mkdir -p "$logs"
rm -f "$logs"/*.status
passed=0 failed=0 skipped=0
failures=$logs/failures # said again at the end, where a log that was cut still shows them
: >"$failures"

# run NAME COMMAND...: runs a test program, shows its failures, adds its counts.
run() {
  local name=$1 started=$SECONDS status counts took
  shift
  printf '== %s\n' "$name"
  "$@" >"$logs/$name.log" 2>&1 </dev/null
  status=$?
  took=$((SECONDS - started))
  [ ! -f "$logs/$name.status" ] || read -r _ took <"$logs/$name.status"
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$logs/$name.log" | tail -n 1)
  if [ -z "$counts" ]; then
    echo "   did not finish (exit status $status); the end of $logs/$name.log:"
    tail -n 40 "$logs/$name.log" | sed 's/^/   | /'
    failed=$((failed + 1))
    echo "$name: did not finish (exit status $status)" >>"$failures"
    return
  fi
  # shellcheck disable=SC2086 # split into words
  set -- ${counts//,/}
  if [ "$3" -ne 0 ] || [ "$status" -ne 0 ]; then
    grep -vE '^(ok|PASS)' "$logs/$name.log" | tail -n 60 | sed 's/^/   | /'
    grep -E '^ *FAIL|:[EF]:' "$logs/$name.log" | sed "s/^ */$name: /" >>"$failures"
    if [ "$3" -eq 0 ]; then # succeeded by count, failed by status
      failed=$((failed + 1))
      echo "$name: exit status $status" >>"$failures"
    fi
  fi
  echo "   $counts ($took s)"
  passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + ${5:-0}))
}

# start NAME COMMAND...: runs a test program beside others, three at a time; `run NAME result NAME`
# tells of it later.
start() {
  local name=$1
  shift
  while [ "$(jobs -rp | wc -l)" -ge 3 ]; do wait -n; done
  {
    local began=$SECONDS
    "$@" >"$logs/$name.out" 2>&1
    echo "$? $((SECONDS - began))" >"$logs/$name.status"
  } </dev/null &
}
result() {
  local status
  cat "$logs/$1.out"
  read -r status _ <"$logs/$1.status"
  return "$status"
}

if [ "$which" != system ]; then
  # A busy machine is no failure: a test that hangs is ended all the same.
  export CK_DEFAULT_TIMEOUT=180
  # Each unit test is a process of its own, and many wait: parts side by side, then their results.
  parts=8
  for ((part = 1; part <= parts; part++)); do
    start "unit-$part-of-$parts" "$build/unit-tests" $((part - 1)) "$parts"
  done
  wait
  for ((part = 1; part <= parts; part++)); do
    run "unit-$part-of-$parts" result "unit-$part-of-$parts"
  done
  for program in "$build"/corpus_fuzz_*; do
    case $program in *.d) continue ;; esac
    target=${program##*/corpus_}
    run "corpus-$target" "$program" "tests/fuzz/corpus/$target"
  done
fi
if [ "$which" != unit ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "The system tests need root (network namespaces): run 'sudo make check', or 'make check-unit'."
    failed=$((failed + 1))
  else
    # What measures traffic needs the machine for itself. What only changes settings, in namespaces
    # of its own, says so ("Runs beside others.") and is run side by side.
    name_of() { basename "$1" .sh | sed 's/^test_/system-/'; }
    mapfile -t beside < <(grep -l '^# Runs beside others' tests/system/test_*.sh)
    mapfile -t alone < <(grep -L '^# Runs beside others' tests/system/test_*.sh)
    for test in "${beside[@]}"; do start "$(name_of "$test")" bash "$test"; done
    wait
    for test in "${beside[@]}"; do run "$(name_of "$test")" result "$(name_of "$test")"; done
    run lab bash tests/lab/selftest.sh
    for test in "${alone[@]}"; do run "$(name_of "$test")" bash "$test"; done
  fi
fi

if [ -s "$failures" ]; then
  echo "== failed"
  cut -c 1-300 "$failures" | sed 's/^/   | /'
fi
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
