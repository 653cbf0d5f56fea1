#!/usr/bin/env bash
# The daemon on a live connection whose program has set SO_SNDBUF, 100 Mbit/s x 50 ms: it looks up whose
# socket that is, in three audits in a row, and releases its buffer (SND-02, a built-in rule).
# Runs beside others.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=traffic_daemon.sh
. "$here/traffic_daemon.sh"

lab_up daemon 100mbit 25ms 625000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
lab_bg B "$LAB_BIN/traffic" sink --port 5001
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5001 --time 110 --sndbuf 32768
cat >"$LAB_TMP/conf" <<CONF
tune = { rules = [ "SND-02" ]; };
daemon = { interval = "4s"; sample = "1s"; window = "4s"; settle = "1s"; netns = [ "$LAB_NS_A" ]; };
CONF
traffic_daemon_until "SND-02.* (kept|reverted|undecided):" 100
expect_kept "at least twice as fast" "socket:pid [0-9]+ and dst [^ ]*/sndbuf -> auto kept: path.goodput ([2-9]|[1-9][0-9])"
traffic_daemon_ends
finish
