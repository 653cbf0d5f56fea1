#!/usr/bin/env bash
# tune cures what limits and listeners do to connections, counted before and after: local ports,
# TIME-WAIT, FIN-WAIT-2, connection requests that are dropped, reset or held half open.
#
# Not here, because their change holds for the whole machine and is refused inside a namespace
# (test_change_failures.sh): CPU-01 netdev_max_backlog, CT-01 and CT-02 nf_conntrack, NB-01 and V6-01
# gc_thresh, ORPH-01 tcp_max_orphans, MEM-01 and MEM-05 tcp_mem and udp_mem, FD-01 file-max, BLOAT-03
# default_qdisc; UDP-01 rmem_default, and what RCV-04 and SND-02 would set beside the open connections
# (test_tune_paths.sh), rmem_max and wmem_max, which can only be read there. LST-02 raises somaxconn as
# LST-01 does (test_tune.sh). PORT-02 is about one port, and TW-03 about a setting without effect: there
# is no harm to measure. No sysctl helps against a slow reader (RCV-07, UDP-01), one that does not close
# (CW-01) or does not accept (LST-07), random datagrams (UDP-03), a short queue (Q-01, CC-02), dead
# neighbours (NB-02) and descriptors (FD-02).
#
# LST-08 proposes nothing, because tcp_synack_retries was not measured to cure what it finds: clients that
# try again keep their places with 3 as with 5, and of those that do not the kernel gives up the old ones
# by itself once the queue is half full (reqsk_timer_handler()), so that the rule is silent.
# shellcheck disable=SC2034,SC2317 # FAMILY is for audit.sh; the situations are called by name
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"

sink() { # PORT OPTION...
  local port=$1
  shift
  lab_bg B "$LAB_BIN/traffic" sink --port "$port" --max-time 60 "$@" >/dev/null
  lab_wait_port B "$port"
}
listen() { # PORT BACKLOG
  lab_bg B "$LAB_BIN/traffic" listen --port "$1" --backlog "$2" --max-time 60 >/dev/null
  lab_wait_port B "$1"
}
# Connections from A to B, COUNT at a time, then one more each EVERY ms, for SECONDS.
connections() { # PORT COUNT EVERY SECONDS
  lab_bg A "$LAB_BIN/traffic" connect --to "$LAB_B4" --port "$1" --count "$2" --every "$3" --hold "$4" >"$LAB_TMP/connect.$1"
}
# How many of them could not even begin; waits for their end.
failures() { # PORT
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    ! grep -q failed= "$LAB_TMP/connect.$1" || break
    sleep 0.1
  done
  sed -n 's/.*failed=//p' "$LAB_TMP/connect.$1"
}
half_open() { # PORT
  lab_exec B ss -Htan state syn-recv "sport = :$1" | wc -l
}
# B's answers go to a station that does not exist, its answer to A's search for it included: A is told.
cut_way_back() {
  local mac
  mac=$(lab_exec B cat "/sys/class/net/$LAB_IF_B/address")
  {
    ip -n "$LAB_NS_A" neighbour replace "$LAB_B4" lladdr "$mac" dev "$LAB_IF_A" nud permanent &&
      ip -n "$LAB_NS_B" neighbour replace "$LAB_A4" lladdr 02:00:00:00:00:fe dev "$LAB_IF_B" nud permanent
  } ||
    lab_fail "cannot cut the way back"
}
# Whether a client whose way back is open is let in.
let_in() { # PORT
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_exec B timeout 0.8 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$LAB_B4" "$1" 2>/dev/null
}

# More connections at a time than there are local ports.
situation_ports() {
  local range=net.ipv4.ip_local_port_range
  lab_veth_up ports
  lab_sysctl A "$range" "40000 40099"
  sink 9201
  connections 9201 150 60000 4
  sleep 1
  tune_rule A PORT-01 2 "$range" "16384 60999"
  sink 9202
  connections 9202 150 60000 1
  expect_drop "connections without a local port" "$(failures 9201)" "$(failures 9202)" 50 0
  undo PORT-01
  expect_value A "$range" "40000 40099"
}

# Fifty connections a second, each closed when the next begins: TIME-WAIT takes the ports.
situation_ports_in_time_wait() {
  local range=net.ipv4.ip_local_port_range
  lab_veth_up closed
  lab_sysctl A "$range" "40000 40099"
  lab_sysctl A net.ipv4.tcp_tw_reuse 0
  sink 9203
  connections 9203 1 20 7
  sleep 3
  tune_rule A PORT-01 3 "$range" "16384 60999"
  expect_value A net.ipv4.tcp_tw_reuse 1
  sink 9204
  connections 9204 1 20 4
  expect_drop "short connections without a local port" "$(failures 9203)" "$(failures 9204)" 50 0
  undo PORT-01
  expect_value A "$range" "40000 40099"
  expect_value A net.ipv4.tcp_tw_reuse 0
}

# Ports in TIME-WAIT may be used again after a second, if there are timestamps. Those afterwards go to
# another port of B's: what was closed without timestamps stays for a minute.
situation_timestamps() {
  local before
  lab_veth_up stamps
  lab_sysctl A net.ipv4.ip_local_port_range "40000 40099"
  lab_sysctl A net.ipv4.tcp_tw_reuse 1
  lab_sysctl A net.ipv4.tcp_timestamps 0
  sink 9205
  connections 9205 1 20 4
  before=$(failures 9205)
  tune_rule A TW-04 1 net.ipv4.tcp_timestamps 1
  sink 9206
  connections 9206 1 20 5
  expect_drop "short connections without a local port" "$before" "$(failures 9206)" 50 0
  undo TW-04
  expect_value A net.ipv4.tcp_timestamps 0
}

situation_time_wait_buckets() {
  local first before
  lab_veth_up buckets
  lab_sysctl A net.ipv4.tcp_max_tw_buckets 10
  sink 8100
  connections 8100 1 25 12
  sleep 1
  first=$(count_of A TcpExtTCPTimeWaitOverflow)
  tune_rule A TW-02 3 net.ipv4.tcp_max_tw_buckets 32768
  before=$(($(count_of A TcpExtTCPTimeWaitOverflow) - first))
  first=$(count_of A TcpExtTCPTimeWaitOverflow)
  sleep 3
  expect_drop "closed connections forgotten at once, in 3 s" "$before" "$(($(count_of A TcpExtTCPTimeWaitOverflow) - first))" 50 0
  undo TW-02
  expect_value A net.ipv4.tcp_max_tw_buckets 10
}

# Connections in FIN-WAIT-2 that have more than half a minute left.
long_waits() { # PORT
  lab_exec A ss -Htano state fin-wait-2 "dport = :$1" |
    sed -n 's/.*timer:(timewait,\([0-9]*\)\(sec\|min\).*/\1\2/p' | awk '/min/ || $0 + 0 > 30' | wc -l
}
situation_fin_wait() {
  local before all
  lab_veth_up fin
  sink 9101 --stall
  connections 9101 1 5 3
  sleep 1.5
  tune_rule A FIN-01 1 net.ipv4.tcp_fin_timeout 30
  before=$(long_waits 9101)
  sink 9102 --stall
  connections 9102 1 5 2
  sleep 1.5
  expect_drop "half closed connections kept for more than 30 s" "$before" "$(long_waits 9102)" 100 0
  all=$(lab_exec A ss -Htan state fin-wait-2 "dport = :9102" | wc -l)
  if [ "$all" -ge 100 ]; then ok "of $all"; else not_ok "of only $all"; fi
  undo FIN-01
  expect_value A net.ipv4.tcp_fin_timeout 60
}

# A few half-open connections fill the listener, and everybody is turned away.
situation_cookies() {
  local first before
  lab_veth_up cookies
  lab_sysctl B net.ipv4.tcp_syncookies 0
  cut_way_back
  listen 8091 4
  connections 8091 100 25 20
  sleep 1
  if let_in 8091; then not_ok "a client is let in before"; else ok "a client is turned away before"; fi
  first=$(count_of B TcpExtTCPReqQFullDrop)
  tune_rule B LST-04 2 net.ipv4.tcp_syncookies 1
  before=$(($(count_of B TcpExtTCPReqQFullDrop) - first))
  first=$(count_of B TcpExtTCPReqQFullDrop)
  sleep 2
  expect_drop "connection requests dropped in 2 s" "$before" "$(($(count_of B TcpExtTCPReqQFullDrop) - first))" 50 0
  if let_in 8091; then ok "a client is let in after"; else not_ok "a client is turned away after"; fi
  undo LST-04
  expect_value B net.ipv4.tcp_syncookies 0
}

# Room in the listener's queue that a lower limit of the host's keeps from being used. Clients try
# twice: while any is dropped LST-04 says more.
situation_syn_backlog() {
  local before
  lab_veth_up synbacklog
  lab_sysctl A net.ipv4.tcp_syn_retries 1
  lab_sysctl B net.ipv4.tcp_syncookies 0
  lab_sysctl B net.ipv4.tcp_max_syn_backlog 32
  cut_way_back
  listen 8093 200
  connections 8093 150 60000 20
  sleep 3
  before=$(half_open 8093)
  tune_rule B LST-05 1 net.ipv4.tcp_max_syn_backlog 2048
  listen 8094 200
  connections 8094 150 60000 20
  sleep 1
  expect_gain "half-open connections of 150 requests" "$before" "$(half_open 8094)" 4
  undo LST-05
  expect_value B net.ipv4.tcp_max_syn_backlog 32
}

# Two crowds of clients: when the second asks the accept queue has room, when it has its answer, a round
# trip later, the first of them have filled it.
crowds() { # PORT
  listen "$1" 40
  connections "$1" 35 60000 10
  sleep 0.5
  lab_bg A "$LAB_BIN/traffic" connect --to "$LAB_B4" --port "$1" --count 35 --hold 10 >/dev/null
  sleep 1
}
situation_resets() {
  local first before
  lab_up resets 100mbit 20ms 500000 0%
  lab_sysctl B net.ipv4.tcp_abort_on_overflow 1
  first=$(count_of A TcpEstabResets)
  crowds 8095
  before=$(($(count_of A TcpEstabResets) - first))
  tune_rule B LST-06 1 net.ipv4.tcp_abort_on_overflow 0
  first=$(count_of A TcpEstabResets)
  crowds 8096
  expect_drop "clients of 70 whose connection is reset" "$before" "$(($(count_of A TcpEstabResets) - first))" 20 0
  undo LST-06
  expect_value B net.ipv4.tcp_abort_on_overflow 1
}

situations_abreast "$0" 5
