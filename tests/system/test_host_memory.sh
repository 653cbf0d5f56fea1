#!/usr/bin/env bash
# Limits of the whole machine on TCP: connections without a program (ORPH-01) and memory (MEM-01). Each
# is lowered below what the test's own connections take, for as long as one short audit; the control is
# the same traffic with the machine's own limits.
# shellcheck disable=SC2034 # for audit.sh
FAMILY=4
unset NETWRIGHT_RECORD_DIR # recordings come in pairs, one of each family
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=../lab/host_settings.sh
. "$here/../lab/host_settings.sh"

kept() { # KEY BEFORE
  local path=/proc/sys/${1//./\/}
  if [ "$(tr '\t' ' ' <"$path")" = "$2" ]; then ok "$1 is $2 again"; else not_ok "$1 stays $(cat "$path")"; fi
}

# --- orphans -------------------------------------------------------------------------------------
# Their program ends while nothing comes back from the peer: the FINs stay unanswered.
lab_veth_up orphans
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 60
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" connect --to "$LAB_B4" --port 5001 --count 60 --hold 60
sleep 1
ip -n "$LAB_NS_B" route add blackhole "$LAB_A4/32" table local
ip -n "$LAB_NS_B" route flush cache
lab_stop "$LAB_PID"
before=$(</proc/sys/net/ipv4/tcp_max_orphans)
audit_start A orphans-few 1
audit_wait orphans-few
expect_no_finding orphans-few "ORPH-.*"
# Those that other tests have left count as well; above the limit the kernel kills some.
orphans() { awk '$1 == "TCP:" { print $5 }' /proc/net/sockstat; }
limit=$(($(orphans) * 5 / 3))
host_set net.ipv4.tcp_max_orphans "$limit"
audit_start A orphans-near-limit 1
audit_wait orphans-near-limit
n="orphans-near-limit"
orphans=$(orphans)
host_restore
kept net.ipv4.tcp_max_orphans "$before"
expect_finding $n ORPH-01
expect_evidence $n ORPH-01 tcp.orphans "$orphans" 0.1 2
expect_json $n "raises the limit" \
  "any(.findings[] | select(.id == \"ORPH-01\") | .changes[]; .tunable == \"net.ipv4.tcp_max_orphans\" and .from == $limit and .to == 2 * $limit)"
if [ "$orphans" -ge 60 ]; then ok "there are $orphans orphans"; else not_ok "there are only $orphans orphans"; fi
lab_down orphans

# --- memory --------------------------------------------------------------------------------------
# Connections whose reader stalls hold their buffers full. Only the step at which the kernel begins to
# save is lowered, not the limit: nobody loses data.
lab_veth_up memory
lab_bg B "$LAB_BIN/traffic" sink --port 5002 --stall --max-time 60
lab_wait_port B 5002
lab_bg A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5002 --time 30 --flows 8
sleep 2
audit_start A memory-enough 2
audit_wait memory-enough
expect_no_finding memory-enough "MEM-.*"
pages=$(awk '$1 == "TCP:" { print $NF }' /proc/net/sockstat)
if [ "$pages" -ge 300 ]; then ok "TCP holds $pages pages"; else not_ok "TCP holds only $pages pages"; fi
before=$(tr '\t' ' ' </proc/sys/net/ipv4/tcp_mem)
host_set net.ipv4.tcp_mem "$((pages / 4)) $((pages / 2)) ${before##* }"
audit_start A memory-short 2
audit_wait memory-short
n=memory-short
pages=$(awk '$1 == "TCP:" { print $NF }' /proc/net/sockstat)
host_restore
kept net.ipv4.tcp_mem "$before"
expect_finding $n MEM-01
expect_no_finding $n "MEM-0[23]"
expect_evidence $n MEM-01 tcp.memory "$pages" 0.2 20
expect_json $n "raises the step" \
  'any(.findings[] | select(.id == "MEM-01") | .changes[]; .tunable == "net.ipv4.tcp_mem" and .element == 1 and .to > .from)'
finish
