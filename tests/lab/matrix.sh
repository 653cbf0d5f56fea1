#!/usr/bin/env bash
# Runs the scenario matrix and prints its table: matrix.sh DIRECTORY [NAME...]. Results are
# DIRECTORY/NAME.json and DIRECTORY/table.md. A scenario whose result is there, newer than the program
# and made from the same section of scenarios.conf, is not run again.
#
#   LAB_FORCE=1   run all of them again
#   LAB_QUICK=1   those with "quick = yes", once and for a shorter time, side by side
#   LAB_JOBS=N    so many side by side: links of 100 Mbit/s share a machine, faster ones need it (1)
#   LAB_TUNER     what tunes in netwright's column: see settings.sh
#   NETWRIGHT     the program (build/netwright)
#
# Status 1 when a scenario could not be measured; what is not as expected is in the table, not in the status.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export NETWRIGHT=${NETWRIGHT:-$here/../../build/netwright}
lab_fail() {
    echo "lab: $*" >&2
    exit 1
}
# shellcheck source=scenario.sh
. "$here/scenario.sh"

is_fresh() { # NAME
    local result=$out/$1.json
    [[ -z ${LAB_FORCE:-} && $result -nt $NETWRIGHT && $(jq -r .text "$result") == "$(scenario_text "$1")" ]]
}

is_wanted() { # NAME
    [[ -z ${LAB_QUICK:-} ]] || scenario_text "$1" | grep -qx "quick = yes"
}

(($# > 0)) || lab_fail "usage: matrix.sh DIRECTORY [NAME...]"
out=$1
shift
mkdir -p "$out" || lab_fail "cannot create $out"
names=("$@")
if (($# == 0)); then
    for name in $(scenario_names); do ! is_wanted "$name" || names+=("$name"); done
fi
todo=()
for name in "${names[@]}"; do
    [[ -n $(scenario_text "$name") ]] || lab_fail "there is no scenario $name in $scenario_file"
    is_fresh "$name" || todo+=("$name")
done
echo "lab: ${#todo[@]} of ${#names[@]} scenarios to run" >&2
# shellcheck disable=SC2016 # the inner shell expands them
((${#todo[@]} == 0)) || printf '%s\n' "${todo[@]}" | xargs -P "${LAB_JOBS:-1}" -I{} \
    bash -c 'bash "$1/run_scenario.sh" "$2" "$3/$2.json" </dev/null' - "$here" {} "$out"
status=0
results=()
for name in "${names[@]}"; do
    if [[ -e $out/$name.json ]]; then
        results+=("$out/$name.json")
    else
        echo "lab: $name could not be measured" >&2
        status=1
    fi
done
((${#results[@]} == 0)) || jq -rs -f "$here/table.jq" "${results[@]}" | tee "$out/table.md"
exit "$status"
