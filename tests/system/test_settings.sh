#!/usr/bin/env bash
# Settings that hold every connection back are found without any traffic; the control is the same host
# with the kernel's defaults.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_veth_up set
audit_start A settings-default 1
audit_wait settings-default
expect_no_finding settings-default "RCV-0[56]|LOSS-03|CC-05|ECN-01|LST-06|TW-.*|MTU-03|SND-04"

lab_cc reno
lab_sysctl A net.ipv4.tcp_moderate_rcvbuf 0
lab_sysctl A net.ipv4.tcp_window_scaling 0
lab_sysctl A net.ipv4.tcp_sack 0
lab_sysctl A net.ipv4.tcp_ecn 0
lab_sysctl A net.ipv4.tcp_abort_on_overflow 1
lab_sysctl A net.ipv4.tcp_tw_reuse 1
lab_sysctl A net.ipv4.tcp_timestamps 0
lab_sysctl A net.ipv4.ip_no_pmtu_disc 1
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 1048576"
audit_start A settings-harmful 1
audit_wait settings-harmful

# expect_set ID TUNABLE FROM TO
expect_set() {
  expect_json settings-harmful "$1 sets $2 from $3 to $4" \
    "any(.findings[] | select(.id == \"$1\") | .changes[]; .tunable == \"$2\" and .from == $3 and .to == $4)"
}
expect_set RCV-05 net.ipv4.tcp_moderate_rcvbuf 0 1
expect_set RCV-06 net.ipv4.tcp_window_scaling 0 1
expect_set LOSS-03 net.ipv4.tcp_sack 0 1
expect_set CC-05 net.ipv4.tcp_congestion_control '"reno"' '"cubic"'
expect_set ECN-01 net.ipv4.tcp_ecn 0 2
expect_set LST-06 net.ipv4.tcp_abort_on_overflow 1 0
expect_set TW-04 net.ipv4.tcp_timestamps 0 1
expect_set MTU-03 net.ipv4.ip_no_pmtu_disc 1 0
expect_set SND-04 net.ipv4.tcp_wmem 1048576 4194304
expect_json settings-harmful "gives its severities" \
  '[.findings[] | {(.id): .severity}] | add
   | .["RCV-05"] == "high" and .["RCV-06"] == "high" and .["LOSS-03"] == "high" and .["CC-05"] == "low" and .["ECN-01"] == "info"'
finish
