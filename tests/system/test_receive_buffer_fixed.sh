#!/usr/bin/env bash
# 500 Mbit/s x 50 ms into a program that set SO_RCVBUF: RCV-04 names it and leaves tcp_rmem alone. The
# control is the same program without it.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_up fixed 500mbit 25ms 3125000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5001 --rcvbuf 262144 --max-time 40
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5001 --time 14
sleep 3
audit_start B receive-fixed 7
audit_wait receive-fixed
expect_finding receive-fixed RCV-04
expect_no_finding receive-fixed "RCV-0[1-35-8]|SND-.*"
expect_json receive-fixed "names the program and leaves tcp_rmem alone" \
  '[.findings[] | select(.id == "RCV-04")][0] | (.advice | test("traffic \\(")) and all(.changes[]; .tunable != "net.ipv4.tcp_rmem")'
n=receive-fixed
expect_evidence $n RCV-04 path.rcvbuf_max "$(read_value $n after rcvbuf)" 0
expect_evidence $n RCV-04 path.receive_rate "$(read_rate $n received)" 0.1
lab_down fixed

lab_up tuned 500mbit 25ms 3125000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
bulk 5002 12 3
audit_start B receive-tuned 6
audit_wait receive-tuned
expect_no_finding receive-tuned "RCV-.*"
finish
