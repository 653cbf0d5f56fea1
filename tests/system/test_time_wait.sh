#!/usr/bin/env bash
# A client that closes forty connections per second and may keep ten in TIME-WAIT: TW-02. The control
# is the same client with the kernel's own limit.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Every new connection closes the one before.
short_connections() { # PORT
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port "$1" --max-time 60
  lab_wait_port B "$1"
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port "$1" --count 1 --every 25 --hold 30
  sleep 1
}

lab_veth_up few
lab_sysctl A net.ipv4.tcp_max_tw_buckets 10
short_connections 8100
audit_start A time-wait-overflow 4
audit_wait time-wait-overflow
n=time-wait-overflow
expect_finding $n TW-02
expect_no_finding $n "TW-0[134]"
expect_json $n "raises the limit" \
  'any(.findings[] | select(.id == "TW-02") | .changes[]; .tunable == "net.ipv4.tcp_max_tw_buckets" and .from == 10 and .to >= 32768)'
expect_evidence $n TW-02 tcp.time_wait_overflows "$(read_gain $n tcptimewaitoverflow)" 0.3 10
expect_evidence $n TW-02 tcp.time_wait 10 0 1
lab_down few

lab_veth_up many
short_connections 8101
audit_start A time-wait-kept 4
audit_wait time-wait-kept
expect_no_finding time-wait-kept "TW-.*"
expect_nothing_above_low time-wait-kept
finish
