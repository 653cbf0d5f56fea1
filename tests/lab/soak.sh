#!/usr/bin/env bash
# The daemon for SECONDS (600) at a pace sixty times the usual one: soak.sh [SECONDS]. It audits every
# second, two namespaces with traffic between them and others that come and go; a planted rule whose change
# does nothing is tried and put back again and again. Memory, descriptors and processes must be after it what
# they were after its first minute, and the database may hold what it is to keep. Ends with status 1 when
# something has grown, or the daemon has ended.
set -u
here=$(cd "$(dirname "$0")" && pwd)
NETWRIGHT=${NETWRIGHT:-$here/../../build/netwright}
seconds=${1:-600}
warm=60                 # seconds
most_memory=512         # KiB more: the allocator's heap is not the same after every turn
most_descriptors=10     # more: five for each namespace that is observed just then, of one to three
most_database=4096      # bytes for each audit of both namespaces
export LAB_MAX_TIME=$((seconds + 120))
# shellcheck source=lab.sh
. "$here/lab.sh"

# Memory in KiB, descriptors, guardians, bytes of the state directory.
weigh() {
    awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
    find "/proc/$daemon/fd" -mindepth 1 | wc -l
    pgrep -cP "$daemon"
    du -sb "$LAB_TMP/state" | cut -f1
}
audits() { "$NETWRIGHT" status --json --state-dir "$LAB_TMP/state" | jq .daemon.audits; }
tried() { grep -c ": trying " "$LAB_TMP/log"; }

passing=soak-passing-$$
lab_up soak 20mbit 10ms 100000 0%
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time "$LAB_MAX_TIME" >/dev/null
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --flows 4 --time "$LAB_MAX_TIME" >/dev/null
mkdir "$LAB_TMP/rules"
cat >"$LAB_TMP/rules/site.conf" <<'RULE'
rules = ( { id = "SITE-01"; slug = "idle-change"; scope = "host"; class = "planted"; title = "t";
  severity_ceiling = "medium"; why = "w"; source = "s"; when = "tcp.goodput > 1Mbit";
  set = ( { tunable = "net.ipv4.tcp_fin_timeout"; to = "59s"; } );
  expect = "tcp.goodput >= 1.1 * before(tcp.goodput)"; } );
RULE
cat >"$LAB_TMP/conf" <<CONF
tune = { rules = [ "SITE-01" ]; };
daemon = { interval = "1s"; window = "1s"; settle = "100ms"; netns = [ "$LAB_NS_A", "$LAB_NS_B", "$passing" ]; };
CONF
"$NETWRIGHT" daemon --config "$LAB_TMP/conf" --rules "$LAB_TMP/rules" --state-dir "$LAB_TMP/state" 2>"$LAB_TMP/log" &
daemon=$!
trap 'ip netns delete "$passing" 2>/dev/null; kill "$daemon" 2>/dev/null; lab_down_all' EXIT
end=$((SECONDS + seconds)) first=()
while ((SECONDS < end)); do
    kill -0 "$daemon" 2>/dev/null || lab_fail "the daemon has ended: $(tail -n 3 "$LAB_TMP/log")"
    ip netns add "$passing"
    sleep 3
    ip netns delete "$passing"
    sleep 2
    if ((${#first[@]} == 0 && SECONDS >= end - seconds + warm)); then
        mapfile -t first < <(weigh)
        first_audits=$(audits)
    fi
done
mapfile -t last < <(weigh)
count=$(($(audits) - first_audits))
echo "$(audits) audits, $(tried) trials: ${first[0]} KiB, ${first[1]} descriptors, ${first[2]} processes after $warm s; ${last[0]} KiB, ${last[1]}, ${last[2]} after $seconds s"
echo "state directory: $(((last[3] - first[3]) / count)) bytes for each audit of two namespaces (history, kept for 28 days)"
kill -TERM "$daemon"
wait "$daemon" || lab_fail "the daemon ended with status $?"
((count > (seconds - warm) / 8)) || lab_fail "only $count audits"
((last[0] <= first[0] + most_memory)) || lab_fail "memory has grown"
((last[1] <= first[1] + most_descriptors)) || lab_fail "descriptors have grown"
((last[2] <= first[2])) || lab_fail "processes are left"
((last[3] - first[3] <= most_database * count)) || lab_fail "the database grows by more than $most_database bytes an audit"
