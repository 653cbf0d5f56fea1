# shellcheck shell=bash
# Reads a scenario of scenarios.conf. Source it.

scenario_file=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/scenarios.conf
declare -A scenario=()        # key: its value; those that may be repeated one to a line
scenario_keys=" about link then work turn beside start grid least find healthy expect warm run tune quick "
scenario_repeated=" start grid find healthy expect "

scenario_names() {
    sed -n 's/^\[\(.*\)\]$/\1/p' "$scenario_file"
}

# The lines of one section, without comments: what a result was made from.
scenario_text() { # NAME
    awk -v want="[$1]" '/^\[/ { on = $0 == want } on && !/^($|#)/' "$scenario_file"
}

scenario_load() { # NAME
    local line key
    scenario=([turn]=0 [least]=goodput [warm]=5 [run]=10 [tune]=900)
    while read -r line; do
        [[ $line != "["* ]] || continue
        key=${line%% = *}
        [[ $line == *" = "* && $scenario_keys == *" $key "* ]] ||
            lab_fail "$scenario_file: [$1]: \"$line\" is not one of:$scenario_keys"
        if [[ $scenario_repeated == *" $key "* ]]; then
            scenario[$key]+=${scenario[$key]:+$'\n'}${line#* = }
        else
            scenario[$key]=${line#* = }
        fi
    done < <(scenario_text "$1")
    for key in about link work grid; do
        [[ -n ${scenario[$key]:-} ]] || lab_fail "$scenario_file: [$1]: there is no such scenario, or it has no $key"
    done
}

# All combinations of the axes: one line each, "KEY=VALUE KEY=VALUE".
scenario_cells() {
    local axis key value cell cells=("") next
    while read -r axis; do
        read -r key values <<<"$axis"
        next=()
        for cell in "${cells[@]}"; do
            for value in $values; do next+=("$cell${cell:+ }$key=$value"); done
        done
        cells=("${next[@]}")
    done <<<"${scenario[grid]}"
    printf '%s\n' "${cells[@]}"
}
