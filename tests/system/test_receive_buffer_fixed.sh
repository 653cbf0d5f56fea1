#!/usr/bin/env bash
# 500 Mbit/s x 50 ms into a program that set SO_RCVBUF: RCV-04 names it and leaves tcp_rmem alone. Once
# its buffer is released, the window scale that it led to is the limit: RCV-12 says so, and proposes
# nothing. The control is the same program without SO_RCVBUF.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Of the windows that B advertises.
window_scale() { # PORT
  lab_exec B ss -Htin state established "sport = :$1" | grep -oE 'wscale:[0-9]+,[0-9]+' | cut -d, -f2
}

lab_up fixed 500mbit 25ms 3125000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5001 --rcvbuf 262144 --max-time 40
sink=$LAB_PID
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5001 --time 25
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
"$NETWRIGHT" set --netns "$(lab_ns B)" "socket:pid $sink/rcvbuf=auto" --state-dir "$LAB_TMP/state" >/dev/null
sleep 2
audit_start B receive-scale 5
audit_wait receive-scale
expect_finding receive-scale RCV-12
expect_no_finding receive-scale "RCV-0[1-58]|SND-.*"
expect_json receive-scale "proposes nothing, and no window exceeds 65535 << its scale" \
  '([.findings[] | select(.id == "RCV-12") | .changes[]?] | length == 0) and .entities.path[0].metrics["path.rcv_wnd_p50_bytes"] <= '"$((65535 << $(window_scale 5001)))"
lab_down fixed

lab_up tuned 500mbit 25ms 3125000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
bulk 5002 12 3
audit_start B receive-tuned 6
audit_wait receive-tuned
expect_no_finding receive-tuned "RCV-.*"
finish
