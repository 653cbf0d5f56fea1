#!/usr/bin/env bash
# Runs one scenario of scenarios.conf: run_scenario.sh NAME RESULT.json. Called by matrix.sh.
#
# Four labs side by side, of which only one carries traffic at any time: "base" stays as it starts,
# "tuned" has TuneD's profile, in "hand" the grid is searched and its best then stays set, and in
# "ours" netwright tunes while the work goes on. Then all four are measured again and again in turn, so
# that whatever else the machine does meets all of them. With LAB_QUICK: once, for a shorter time.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB_MAX_TIME=14400 # seconds
# shellcheck source=lab.sh
. "$here/lab.sh"
# shellcheck source=scenario.sh
. "$here/scenario.sh"
# shellcheck source=workload.sh
. "$here/workload.sh"
# shellcheck source=settings.sh
. "$here/settings.sh"

say() { echo "$name: $*" >&2; }

labs_up() {
    local lab rate delay queue loss
    read -r rate delay queue loss <<<"${scenario[link]}"
    for lab in base tuned hand ours; do
        # shellcheck disable=SC2086 # options, to be split
        lab_up "$lab" "$rate" "$delay" "$queue" "$loss" ${scenario[then]:-}
        # Whoever tunes may choose bbr.
        [[ " $(</proc/sys/net/ipv4/tcp_available_congestion_control) " != *" bbr "* ]] || lab_locked lab_allow_cc bbr
        [[ -z ${scenario[beside]:-} ]] || lab_add_neighbours
        set_start
        work_serve
    done
}

# Adds a measurement of the current lab to a column's.
add_run() { # COLUMN
    measure "$warm" "$run"
    echo "$measured" >>"$LAB_TMP/runs.$1"
    say "$1: $(jq -r '"\((.goodput_bps // 0) / 1e5 | round / 10) Mbit/s, p95 RTT \((.rtt_p95_us // 0) / 1000) ms"' <<<"$measured")"
}

# The audits of both hosts beside a first run, whose findings the scenario expects.
look() {
    local host
    lab_use base
    work_go_on 120
    sleep "$warm"
    for host in A B; do
        lab_exec "$host" "$NETWRIGHT" audit --for 10s --json >"$LAB_TMP/audit.$host" 2>"$LAB_TMP/audit.err" || say "audit: $(<"$LAB_TMP/audit.err")" &
        audits[${#audits[@]}]=$!
    done
    wait "${audits[@]}"
    work_stop
}

search_grid() {
    local cell
    lab_use hand
    [[ -z ${scenario[then]:-} ]] || lab_change
    while read -r cell; do
        set_start
        set_cell "$cell"
        add_run grid
        jq -c --arg set "$cell" '{set: $set} + .' <<<"$measured" >>"$LAB_TMP/cells"
    done < <(scenario_cells)
    best=$(jq -rs --arg least "${scenario[least]}" -f "$here/best.jq" "$LAB_TMP/cells")
    set_start
    set_cell "$best"
    say "best by hand: $best"
}

tune() {
    local host
    lab_use ours
    for host in A B; do host_settings "$host" >"$LAB_TMP/before.$host"; done
    work_go_on $((2 * tune_time))
    sleep "$warm"
    tuning_seconds=$SECONDS
    tuner_start
    if [[ -n ${scenario[then]:-} ]]; then
        tuner_wait $((tune_time / 2))
        lab_change
    fi
    tuner_wait "$tune_time"
    tuner_stop
    tuning_seconds=$((SECONDS - tuning_seconds))
    work_stop
    for host in A B; do
        host_settings "$host" >"$LAB_TMP/after.$host"
        diff "$LAB_TMP/before.$host" "$LAB_TMP/after.$host" | sed -n "s/^> /$host /p"
    done >"$LAB_TMP/changed"
    say "tuned for $tuning_seconds s: $(paste -sd ';' "$LAB_TMP/changed")"
}

rounds() {
    local i lab columns=(base tuned ours hand)
    for ((i = 0; i < rounds; i++)); do
        for lab in "${columns[@]}"; do
            [[ $lab != tuned || -n $has_tuned ]] || continue
            lab_use "$lab"
            add_run "$lab"
        done
        # The other way round: no column is always the first after the same one.
        mapfile -t columns < <(printf '%s\n' "${columns[@]}" | tac)
    done
}

write_result() { # FILE
    local column arguments=()
    for column in base tuned ours hand; do
        : >>"$LAB_TMP/runs.$column"
        arguments+=(--slurpfile "$column" "$LAB_TMP/runs.$column")
    done
    jq -n "${arguments[@]}" --slurpfile cells "$LAB_TMP/cells" --arg name "$name" --arg text "$(scenario_text "$name")" \
        --arg about "${scenario[about]}" --arg best "$best" --arg quick "${LAB_QUICK:-0}" --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" \
        --arg version "$("$NETWRIGHT" --version)" --arg tuner "$LAB_TUNER" --arg expect "${scenario[expect]:-}" \
        --arg find "${scenario[find]:-}" --arg healthy "${scenario[healthy]:-}" --rawfile changed "$LAB_TMP/changed" \
        --argjson trials "$tuning_trials" --argjson seconds "$tuning_seconds" \
        --argjson audits "$(jq -n --slurpfile a "$LAB_TMP/audit.A" --slurpfile b "$LAB_TMP/audit.B" '{A: ($a[0] // {}), B: ($b[0] // {})}')" \
        -f "$here/result.jq" >"$1.new" || lab_fail "cannot put the result of $name together"
    mv "$1.new" "$1"
}

(($# == 2)) || lab_fail "usage: run_scenario.sh NAME RESULT.json"
name=$1 result=$2
LAB_TUNER=${LAB_TUNER:-daemon}
scenario_load "$name"
warm=${scenario[warm]} run=${scenario[run]} tune_time=${scenario[tune]} rounds=3
if [[ -n ${LAB_QUICK:-} ]]; then
    run=$((run / 2)) rounds=1
    ((tune_time <= 300)) || tune_time=300
fi
tuner_log=${result%.json}.log # what netwright said
rm -f "$result" "$tuner_log"
audits=()
labs_up
lab_use tuned
has_tuned=
! set_by_tuned || has_tuned=yes
look
search_grid
tune
for lab in base tuned; do
    lab_use "$lab"
    [[ -z ${scenario[then]:-} ]] || lab_change
done
rounds
write_result "$result"
