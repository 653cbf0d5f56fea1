#!/usr/bin/env bash
# How often a trial keeps a change that does nothing: false_keeps.sh [TRIALS]. Each trial is of
# net.ipv4.tcp_fin_timeout 60 -> 61, on two cubic flows whose goodput wanders because 1 % of their packets are
# lost, in a lab of its own; eight labs side by side. The traffic notices nothing of the change, so whatever
# is not undecided is wrong. Prints the counts and the 95 % interval of the rate of each.
set -u
here=$(cd "$(dirname "$0")" && pwd)
NETWRIGHT=${NETWRIGHT:-$here/../../build/netwright}
trials=${1:-200}
jobs=8
export LAB_MAX_TIME=7200
# shellcheck source=lab.sh
. "$here/lab.sh"

# The verdicts of COUNT trials in one lab, a line each.
try_often() { # COUNT
    local i
    lab_up aa 20mbit 20ms 100000 1%
    lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 3600 >/dev/null
    lab_wait_port B 5001
    lab_bg A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --flows 2 --time 3600 >/dev/null
    sleep 3
    for ((i = 0; i < $1; i++)); do
        # Its status says better, or not.
        "$NETWRIGHT" trial net.ipv4.tcp_fin_timeout=61 --for 15s --netns "$LAB_NS_A" --json \
            --state-dir "$LAB_TMP/state" >"$LAB_TMP/trial.json" 2>"$LAB_TMP/err"
        jq -er .trial.verdict "$LAB_TMP/trial.json" || echo "failed $(head -n 1 "$LAB_TMP/err")"
    done
}

# Share of COUNT in ALL with its Clopper-Pearson interval, in per cent.
share() { # WORD COUNT ALL
    awk -v word="$1" -v k="$2" -v n="$3" '
        # P(at most k of n) at rate p
        function at_most(k, n, p,   i, term, sum) {
            if (p <= 0) return 1
            if (p >= 1) return k >= n
            term = exp(n * log(1 - p)); sum = term
            for (i = 1; i <= k; i++) { term *= (n - i + 1) / i * p / (1 - p); sum += term }
            return sum
        }
        function solve(k, n, want,   low, high, p, i) {
            low = 0; high = 1
            for (i = 0; i < 60; i++) { p = (low + high) / 2; if (at_most(k, n, p) > want) low = p; else high = p }
            return p
        }
        BEGIN {
            low = k == 0 ? 0 : solve(k - 1, n, 0.975); high = k == n ? 1 : solve(k, n, 0.025)
            printf "%s %d of %d: %.1f %% (%.1f to %.1f)\n", word, k, n, 100 * k / n, 100 * low, 100 * high
        }'
}

if [[ ${2:-} == alone ]]; then
    try_often "$trials"
    exit
fi
results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT
for ((job = 0; job < jobs; job++)); do
    bash "$0" $((trials / jobs + (job < trials % jobs))) alone >>"$results" </dev/null &
done
wait
all=$(wc -l <"$results")
((all == trials)) || lab_fail "$all of $trials trials came to an end"
for word in better worse undecided; do share "$word" "$(grep -c "^$word" "$results")" "$all"; done
! grep "^failed" "$results"
