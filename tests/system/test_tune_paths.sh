#!/usr/bin/env bash
# tune cures what settings do to the connections of a long path: goodput, or how long an answer takes,
# before and after. Beside test_tune.sh (receive and send limit, congestion control); what no sysctl of
# a namespace cures is listed in test_tune_limits.sh. RCV-03 needs a link that tells its rate. Not
# here: CC-05, reno. On 100 Mbit/s x 100 ms cubic's lead takes minutes to show: over the first quarter of
# a minute cubic was measured between 0.9 and 1.4 times reno.
# shellcheck disable=SC2034,SC2317 # FAMILY is for audit.sh; the situations are called by name
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"

# In $transfer, the goodput of a connection that is opened for it, after WARM seconds.
new_goodput() { # PORT WARM SECONDS SOURCE-OPTION...
  local port=$1 warm=$2 seconds=$3
  shift 3
  bulk "$port" $((warm + seconds + 2)) "$warm" "$@" >/dev/null
  transfer=$(goodput "$port" "$seconds")
  lab_stop "$LAB_PID"
}
# The median time in microseconds until an answer of SIZE bytes from A has arrived at B.
answers() { # PORT SIZE EVERY COUNT
  lab_bg A "$LAB_BIN/traffic" respond --port "$1" --size "$2" --max-time 60 >/dev/null
  lab_wait_port A "$1"
  lab_bg B "$LAB_BIN/traffic" request --to "$LAB_A4" --port "$1" --every "$3" --count "$4" >"$LAB_TMP/answers.$1"
}
median() { # PORT
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    ! grep -q p50_us= "$LAB_TMP/answers.$1" || break
    sleep 0.1
  done
  sed -n 's/.*p50_us=\([0-9]*\).*/\1/p' "$LAB_TMP/answers.$1"
}

# A connection that has filled its window without autotuning keeps it.
situation_autotuning() {
  local before
  lab_up autotuning 100mbit 25ms 1250000 0%
  lab_sysctl B net.ipv4.tcp_moderate_rcvbuf 0
  new_goodput 5001 1 2
  before=$transfer
  tune_rule B RCV-05 1 net.ipv4.tcp_moderate_rcvbuf 1
  new_goodput 5002 1 2
  expect_gain "goodput of a new connection with receive autotuning" "$before" "$transfer" 4
  undo RCV-05
  expect_value B net.ipv4.tcp_moderate_rcvbuf 0
}

situation_window_scaling() {
  local before
  lab_up scaling 100mbit 25ms 1250000 0%
  lab_sysctl B net.ipv4.tcp_window_scaling 0
  new_goodput 5001 1 2
  before=$transfer
  tune_rule B RCV-06 1 net.ipv4.tcp_window_scaling 1
  new_goodput 5002 1 2
  expect_gain "goodput of a new connection with window scaling" "$before" "$transfer" 4
  undo RCV-06
  expect_value B net.ipv4.tcp_window_scaling 0
}

# Slow start overruns the queue, and without SACK one loss is repaired per round trip.
situation_sack() {
  local before
  LAB_CC=reno lab_up sack 100mbit 50ms 312500 0%
  lab_sysctl A net.ipv4.tcp_sack 0
  lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
  new_goodput 5001 2 4
  before=$transfer
  tune_rule A LOSS-03 1 net.ipv4.tcp_sack 1
  new_goodput 5002 2 4
  expect_gain "goodput of a new connection with SACK" "$before" "$transfer" 2
  undo LOSS-03
  expect_value A net.ipv4.tcp_sack 0
}

# A router on the way whose next link takes less than A's: without discovery it splits every packet.
split_packets() { # PORT: of one second of transfer from A
  local first
  lab_use far
  lab_bg A "$LAB_BIN/traffic" sink --port "$1" --max-time 30 >/dev/null
  lab_wait_port A "$1"
  lab_use mtu
  first=$(count_of B IpFragOKs)
  lab_exec A "$LAB_BIN/traffic" source --to 192.0.2.2 --port "$1" --time 1 --rate 20mbit >/dev/null
  echo $(($(count_of B IpFragOKs) - first)) >"$LAB_TMP/split"
}
situation_path_mtu() {
  local before
  lab_veth_up far
  local far=$LAB_NS_A
  lab_veth_up mtu
  {
    ip -n "$LAB_NS_B" link add far0 type veth peer name far0 netns "$far" &&
      ip -n "$LAB_NS_B" address add 192.0.2.1/24 dev far0 && ip -n "$far" address add 192.0.2.2/24 dev far0 &&
      ip -n "$LAB_NS_B" link set far0 mtu 1400 up && ip -n "$far" link set far0 up &&
      ip -n "$far" address del 198.51.100.1/24 dev lan0 && ip -n "$far" route add "$LAB_A4/32" via 192.0.2.1 &&
      ip -n "$LAB_NS_A" route add 192.0.2.0/24 via "$LAB_B4"
  } ||
    lab_fail "cannot add a router"
  lab_sysctl B net.ipv4.ip_forward 1
  lab_sysctl A net.ipv4.ip_no_pmtu_disc 1
  split_packets 5001
  before=$(<"$LAB_TMP/split")
  tune_rule A MTU-03 1 net.ipv4.ip_no_pmtu_disc 0
  split_packets 5002
  expect_drop "packets split by a router" "$before" "$(<"$LAB_TMP/split")" 500 5
  undo MTU-03
  expect_value A net.ipv4.ip_no_pmtu_disc 1
}

# Connections of a peer that asks for ECN.
with_ecn() { # PORT
  bulk "$1" 1 0.5 --rate 1mbit >/dev/null
  with_ecn=$(lab_exec B ss -Htio state established "sport = :$1" | grep -cw ecn)
}
situation_ecn() {
  lab_veth_up ecn
  lab_sysctl A net.ipv4.tcp_ecn 1
  lab_sysctl B net.ipv4.tcp_ecn 0
  with_ecn 5001
  if [ "$with_ecn" -eq 0 ]; then ok "ECN is refused before"; else not_ok "ECN is agreed on before"; fi
  tune_rule B ECN-01 1 net.ipv4.tcp_ecn 2
  with_ecn 5002
  if [ "$with_ecn" -eq 1 ]; then ok "ECN is agreed on after"; else not_ok "ECN is refused after"; fi
  undo ECN-01
  expect_value B net.ipv4.tcp_ecn 0
}

# 256 KiB carry a seventh of 100 Mbit/s over 100 ms. While they do, SND-01 says so and asks for more.
# The queue takes all that 4 MiB hold.
situation_send_default() {
  local before
  lab_up senddefault 100mbit 50ms 5000000 0%
  lab_sysctl A net.ipv4.tcp_wmem "4096 16384 262144"
  new_goodput 5001 3 2
  before=$transfer
  tune_rule A SND-04 1 net.ipv4.tcp_wmem "4096 16384 4194304"
  new_goodput 5002 3 2
  expect_gain "goodput of a new connection with the default send limit" "$before" "$transfer" 3
  undo SND-04
  expect_value A net.ipv4.tcp_wmem "4096 16384 262144"
}

situation_pauses() {
  lab_up pauses 100mbit 50ms 1250000 0%
  answers 5001 500000 1300 6
  sleep 1
  tune_rule A IDLE-01 6 net.ipv4.tcp_slow_start_after_idle 0
  answers 5002 500000 1300 7
  expect_gain "median of an answer after a pause, in us" "$(median 5002)" "$(median 5001)" 1.8
  undo IDLE-01
  expect_value A net.ipv4.tcp_slow_start_after_idle 1
}

# Bytes that wait unsent on A, the largest of some readings.
most_unsent() { # PORT SECONDS
  local i
  for ((i = 0; i < 10 * $2; i++)); do
    lab_exec A ss -Htin state established "sport = :$1" | grep -oE 'notsent:[0-9]+' | cut -d: -f2
    sleep 0.1
  done | sort -n | tail -n 1
}
situation_unsent() {
  local before
  lab_up unsent 20mbit 20ms 100000 0%
  answers 5001 1000000 600 22
  before=$(most_unsent 5001 2)
  tune_rule A SND-03 5 net.ipv4.tcp_notsent_lowat 131072
  sleep 1
  # The same connection: what is beyond the limit is one write of the program's.
  expect_gain "bytes unsent in the send buffer, with the limit and without" "$(most_unsent 5001 3)" "$before" 1.5
  undo SND-03
  expect_value A net.ipv4.tcp_notsent_lowat 4294967295
}

# What is open now is helped where the program has fixed a buffer: the kernel adjusts it again, as far as
# the connection's window scale goes; undone, it has the program's size.
buffer_of() { # HOST rb|tb PORT
  lab_exec "$1" ss -Htinm state established "( sport = :$3 or dport = :$3 )" | grep -oE "skmem:[^ ]*" | grep -oE ",$2[0-9]+" | tr -d "a-z,"
}
released() { # RULE HOST rb|tb TUNABLE PORT FACTOR
  local before size
  size=$(buffer_of "$2" "$3" "$5")
  before=$(goodput "$5" 2)
  tune "$2" "$1" --for 5s --only "$1"
  expect_json "$1" "released the buffer of the open connection" \
    ".transaction.changes | length == 1 and (.[0].tunable | test(\"^socket:.*/$4\$\")) and .[0].to == \"auto\""
  sleep 2
  expect_gain "goodput of the open connection with its buffer released" "$before" "$(goodput "$5" 2)" "$6"
  undo "$1"
  if [ "$(buffer_of "$2" "$3" "$5")" = "$size" ]; then ok "$1: $size bytes again"; else
    not_ok "$1: $(buffer_of "$2" "$3" "$5") bytes, not $size"
  fi
}
situation_fixed_receive_buffer() {
  lab_up fixedreceive 100mbit 50ms 1250000 0%
  lab_bg B "$LAB_BIN/traffic" sink --port 5001 --rcvbuf 65536 --max-time 60 >/dev/null
  lab_wait_port B 5001
  lab_bg A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 30 >/dev/null
  # Another program of B's, small on purpose, to the same prefix: it is left alone ("released" wants one change).
  lab_bg B "$LAB_BIN/traffic" sink --port 5009 --rcvbuf 16384 --max-time 60 >/dev/null
  lab_wait_port B 5009
  lab_bg A "$LAB_BIN/traffic" connect --to "$LAB_B4" --port 5009 --count 1 --hold 30 >/dev/null
  sleep 2
  released RCV-04 B rb rcvbuf 5001 1.3
}
situation_fixed_send_buffer() {
  lab_up fixedsend 100mbit 50ms 1250000 0%
  bulk 5001 30 2 --sndbuf 65536 >/dev/null
  released SND-02 A tb sndbuf 5001 3
}

# Median of the RTT in ms of A's connections, over SECONDS.
rtt() { # PORT SECONDS
  local i
  for ((i = 0; i < 5 * $2; i++)); do
    lab_exec A ss -Htin state established "dport = :$1" | grep -oE ' rtt:[0-9.]+' | cut -d: -f2
    sleep 0.2
  done | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
situation_queue() {
  local before
  [[ " $(</proc/sys/net/ipv4/tcp_available_congestion_control) " == *" bbr "* ]] || return 0
  LAB_CC=cubic lab_up queue 20mbit 20ms 1000000 0%
  lab_locked lab_allow_cc bbr
  bulk 5001 16 4 >/dev/null
  before=$(rtt 5001 2)
  tune A BLOAT-01 --for 6s --only BLOAT-01
  expect_json BLOAT-01 "chose bbr for this path, and the connection to it" \
    '[.transaction.changes[] | .tunable | sub(":.*/"; " ")] | unique == ["route congctl", "socket congestion"]'
  expect_value A net.ipv4.tcp_congestion_control cubic
  lab_stop "$LAB_PID"
  sleep 1 # the queue empties
  bulk 5002 14 4 >/dev/null
  expect_gain "RTT in ms behind a deep queue, with bbr and without" "$(rtt 5002 3)" "$before" 2
  undo BLOAT-01
  if lab_exec A ip route show | grep congctl; then not_ok "a route has a control still"; else ok "no route has a control"; fi
}

situations_abreast "$0" 3
