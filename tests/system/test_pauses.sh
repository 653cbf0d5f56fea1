#!/usr/bin/env bash
# Bursts with pauses between them, 100 Mbit/s x 100 ms: with cubic and slow start after idle, IDLE-01;
# with the setting off, or with bbr, nothing.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

bursts() { # PORT
  bulk "$1" 12 2 --burst 500000 --every 1500
}

LAB_CC=cubic
lab_up idle 100mbit 50ms 1250000 0%
bursts 5001
audit_start A idle-restarts 8
audit_wait idle-restarts
expect_finding idle-restarts IDLE-01
expect_json idle-restarts "would switch it off" \
  'any(.findings[] | select(.id == "IDLE-01") | .changes[]; .tunable == "net.ipv4.tcp_slow_start_after_idle" and .from == 1 and .to == 0)'
expect_nothing_above_low idle-restarts
lab_sysctl A net.ipv4.tcp_slow_start_after_idle 0
bursts 5002
audit_start A idle-kept 8
audit_wait idle-kept
expect_no_finding idle-kept "IDLE-01"
lab_down idle

LAB_CC=bbr
lab_up bbr 100mbit 50ms 1250000 0%
bursts 5003
audit_start A idle-bbr 8
audit_wait idle-bbr
expect_no_finding idle-bbr "IDLE-01"
finish
