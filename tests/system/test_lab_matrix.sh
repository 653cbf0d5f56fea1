#!/usr/bin/env bash
# The lab's scenario matrix without traffic: scenarios are read strictly, the best hand tuning is the right
# one, expectations can fail, what is unknown meets none, and only what is out of date is run again.
# shellcheck disable=SC2034,SC2154,SC2317 # variables are of scenario.sh, functions are called through check
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
cd tests/lab || exit 1
lab=$PWD
work=$check_dir
lab_fail() {
  echo "$*" >"$work/said"
  exit 1
}
# shellcheck source=../lab/scenario.sh
. "$lab/scenario.sh"

# --- scenarios -------------------------------------------------------------------------------------

loads() { (scenario_load "$1"); }
refuses() { # NAME WORD
  ! loads "$1" && grep -qF -- "$2" "$work/said"
}
all_load() {
  local name count=0
  for name in $(scenario_names); do
    loads "$name" || return 1
    count=$((count + 1))
  done
  ((count >= 20))
}
check "every scenario can be read" all_load
check "each name is there once" test -z "$(scenario_names | sort | uniq -d)"
check "a scenario that is not there is refused" refuses nosuch "no such scenario"
shipped=$scenario_file
scenario_file=$work/scenarios.conf
cat >"$scenario_file" <<'END'
[good]
about = two axes
link = 1mbit 1ms 10kB 0%
work = bulk 1
grid = net.ipv4.a 1 2
# a comment
grid = net.ipv4.b[2] 3MiB 4MiB 5MiB

[misspelt]
about = x
link = 1mbit 1ms 10kB 0%
work = bulk 1
girds = net.ipv4.a 1 2

[gridless]
about = x
link = 1mbit 1ms 10kB 0%
work = bulk 1
END
check "an unknown key is refused" refuses misspelt "girds"
check "so is a scenario without a grid" refuses gridless "no grid"
scenario_load good
check "two axes of 2 and 3 are 6 cells" test "$(scenario_cells | wc -l)" -eq 6
check "each has both" test "$(scenario_cells | tail -n 1)" = "net.ipv4.a=2 net.ipv4.b[2]=5MiB"
check "defaults are there" test "${scenario[run]} ${scenario[least]}" = "10 goodput"
scenario_file=$shipped

# --- the best by hand -------------------------------------------------------------------------------

best() { # LEAST
  jq -rs --arg least "$1" -f best.jq "$work/cells"
}
cat >"$work/cells" <<'END'
{"set": "slow", "goodput_bps": 10e6, "rtt_p95_us": 1000}
{"set": "fast", "goodput_bps": 100e6, "rtt_p95_us": 90000}
{"set": "as fast", "goodput_bps": 99e6, "rtt_p95_us": 60000}
{"set": "nearly", "goodput_bps": 92e6, "rtt_p95_us": 20000}
{"set": "unknown", "goodput_bps": null, "rtt_p95_us": null}
END
check "of two as fast, the one with the shorter RTT is best" test "$(best goodput)" = "as fast"
check "where RTT counts, a tenth of goodput may go" test "$(best rtt)" = "nearly"

# --- expectations -----------------------------------------------------------------------------------

runs() { # COLUMN GOODPUT RTT [BESIDE]
  jq -nc --argjson g "$2" --argjson r "$3" --argjson n "${4:-null}" \
    '{goodput_bps: $g, rtt_p95_us: $r, retransmit_ratio: 0} + if $n then {beside_bps: $n} else {} end' >"$work/$1"
}
result() { # EXPECT [FIND] [HEALTHY] [CHANGED]
  printf '%s' "${4:-}" >"$work/changed"
  jq -n --slurpfile base "$work/base" --slurpfile tuned "$work/tuned" --slurpfile ours "$work/ours" --slurpfile hand "$work/hand" \
    --slurpfile cells "$work/cells" --arg name x --arg text x --arg about x --arg best x --arg quick 1 --arg load 0 \
    --arg version 1 --arg tuner tune --arg expect "$1" --arg find "${2:-}" --arg healthy "${3:-}" --rawfile changed "$work/changed" \
    --argjson trials 3 --argjson seconds 1 \
    --argjson audits '{"A": {"findings": [{"id": "RCV-02", "severity": "medium"}, {"id": "L-19", "severity": "info"}]}, "B": {}}' \
    -f result.jq >"$work/result.json"
}
met() { jq -e '.checks | length > 0 and all(.ok)' "$work/result.json" >/dev/null; }
missed() { jq -e --arg what "$1" '[.checks[] | select(.ok | not) | .what | contains($what)] == [true]' "$work/result.json" >/dev/null; }

runs base 10e6 50000 60e6
runs tuned 20e6 50000
runs ours 90e6 60000 50e6
runs hand 95e6 50000 55e6
result $'best 0.94\ngain 9\ntrials 3\nneighbour 0.8 baseline\nneighbour 0.9 best' "A RCV-02" ""
check "expectations are met" met
check "ratios are right" jq -e '.ratios | (.gain == 9 and .rtt == 1.2)' "$work/result.json"
result "best 0.95"
check "95 % of the best is not met by 94.7" missed ">= 0.95"
result "gain 9.1"
check "a gain of 9.1 is not met by 9" missed ">= 9.1"
result "trials 2"
check "two trials are not met by 3" missed "trials <= 2"
result "neighbour 0.9 baseline"
check "a neighbour that lost a sixth" missed "neighbour"
result "nonsense 1"
check "an expectation that nobody knows is not met" missed "nonsense"
result unchanged "" "" $'A net/ipv4/tcp_rmem 1 2 3\n'
check "a setting left changed" missed "left changed"
result unchanged
check "nothing left changed" met
result unchanged "A RCV-07"
check "a finding that is not there" missed "RCV-07"
result unchanged "" A
check "a host that is not healthy" missed "no finding above low on A"
result unchanged "" B
check "a host whose audit failed is not called healthy" missed "no finding above low on B"
runs ours 80e6 60000
result "gain 2"
check "less than nine tenths of the best is always a miss" missed ">= 0.9"
runs ours 95e6 63000
result "gain 2"
check "and so are RTTs a quarter longer" missed "p95 RTT"
runs ours null 50000
result "gain 2"
check "what was not measured meets nothing" jq -e '[.checks[] | select(.what | startswith("goodput")) | .ok] == [false, false]' "$work/result.json"

# --- what is run again ------------------------------------------------------------------------------

# The matrix with a scenario that takes no time.
mkdir "$work/lab"
cp matrix.sh scenario.sh ./*.jq "$work/lab"
cat >"$work/lab/scenarios.conf" <<'END'
[one]
about = a
quick = yes

[two]
about = b
END
cat >"$work/lab/run_scenario.sh" <<'END'
echo "$1" >>"${2%/*}/ran"
. "${BASH_SOURCE%/*}/scenario.sh"
[ "$1" != "${FAILING:-}" ] && jq --arg text "$(scenario_text "$1")" --arg name "$1" '.text = $text | .scenario = $name' "$CANNED" >"$2"
END
runs ours 95e6 50000
result "gain 2"
touch "$work/netwright"
ran() { # EXPECTED [NAME...]: which scenarios are run
  local expected=$1
  shift
  : >"$work/out/ran"
  CANNED=$work/result.json NETWRIGHT=$work/netwright bash "$work/lab/matrix.sh" "$work/out" "$@" >"$work/table" 2>"$work/err"
  matrix_status=$?
  [ "$(sort "$work/out/ran" | xargs)" = "$expected" ]
}
mkdir "$work/out"
check "the first time, all" ran "one two"
check "both are in the table" test "$(grep -cE '^\| (one|two) \|' "$work/table")" -eq 4
check "the second time, none" ran ""
check "the table is printed all the same" cmp "$work/table" "$work/out/table.md"
forced() { LAB_FORCE=1 ran "$@"; }
check "by force, all" forced "one two"
sed -i 's/about = b/about = c/' "$work/lab/scenarios.conf"
check "an edited scenario" ran "two"
rm "$work/out/one.json"
check "one that is missing" ran "one"
touch -d '+1 minute' "$work/netwright"
check "with a newer program, all" ran "one two"
touch -d '-1 hour' "$work/netwright"
check "and none with an older one" ran ""
check "of names, those" forced two two
quick() { LAB_QUICK=1 forced "$@"; }
check "the quick ones" quick one
fails() { FAILING=two forced "one two" && ((matrix_status == 1)) && ! grep -q '^| two' "$work/table"; }
rm "$work/out/two.json"
check "one that fails is not in the table, and is the status" fails
refused() { ran "" three && ((matrix_status == 1)) && grep -q "no scenario three" "$work/err"; }
check "a name that is no scenario is refused" refused
finish
