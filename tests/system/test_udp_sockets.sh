#!/usr/bin/env bash
# A program that does not read its datagrams: UDP-01 names the socket, the process and its control
# group. One that reads them now and then, in bursts that its buffer cannot hold. The control is the
# same traffic, read at once into a buffer of the default size.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Datagrams from A to a port of B: PORT BURST SINK-OPTION...
datagrams() {
  local port=$1 burst=$2
  shift 2
  lab_bg B "$LAB_BIN/traffic" udp-sink "${six[@]}" --port "$port" --max-time 40 "$@"
  SINK_PID=$LAB_PID
  sleep 0.5
  lab_bg A "$LAB_BIN/traffic" udp-source --to "$(address_of B)" --port "$port" --burst "$burst" --every 50 --time 30
  sleep 1
}

# What ss says of the socket's drops, and when: "SECONDS DROPS".
ss_drops() { # PORT
  date +%s.%N | tr '\n' ' '
  lab_exec B ss -Hunam "sport = :$1" | grep -oE 'd[0-9]+\)' | tr -dc '0-9\n' | sort -n | tail -n 1
}

finding='[.findings[] | select(.id == "UDP-01")][0]'

lab_veth_up stall
datagrams 9001 20 --stall --rcvbuf 20000
audit_start B udp-stalled 4
sleep 0.3
before=$(ss_drops 9001)
audit_wait udp-stalled
after=$(ss_drops 9001)
expect_finding udp-stalled UDP-01
expect_json udp-stalled "names socket, process and control group" \
  "$finding | (.entity | test(\":9001$\")) and (.title | test(\"traffic \\\\($SINK_PID\\\\)\")) and
   any(.evidence[]; .metric == \"udp_socket.cgroup\" and (.value | type == \"string\" and startswith(\"/\")))"
expect_json udp-stalled "blames the program and proposes no change" \
  "$finding | (.advice | test(\"reads more slowly\")) and (.changes | length == 0) and .severity == \"high\""
rate=$(echo "$before $after" | awk '{ print ($4 - $2) / ($3 - $1) }')
expect_evidence udp-stalled UDP-01 udp_socket.drop_rate "$rate" 0.25
expect_evidence udp-stalled UDP-01 udp_socket.receive_buffer 40000 0
lab_down stall

lab_veth_up bursts
# Fits half of what comes between two readings. The period is no divisor of a second: the samples
# meet the buffer full and not full.
datagrams 9002 10 --every 700 --rcvbuf 40000
audit_start B udp-bursts 5
audit_wait udp-bursts
expect_finding udp-bursts UDP-01
expect_json udp-bursts "the program set its own buffer and may ask for more" \
  "$finding | .advice | test(\"own SO_RCVBUF\")"
lab_down bursts

lab_veth_up reads
datagrams 9003 20
audit_start B udp-read 4
audit_wait udp-read
expect_no_finding udp-read "UDP-.*"
expect_nothing_above_low udp-read
expect_json udp-read "lists the socket" 'any(.entities.udp_socket[]; .name | test(":9003$"))'
finish
