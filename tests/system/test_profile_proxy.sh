#!/usr/bin/env bash
# Profile reverse-proxy: over connections of a pool that pause between answers, an answer of 500 KB takes
# far less time at 100 Mbit/s and 100 ms; what the pool cannot serve finds a port; and dead servers are
# noticed in minutes.
# Runs beside others.
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_up proxy 100mbit 50ms 1250000 0%
ulimit -Sn 4096
lab_sysctl B net.ipv4.ip_local_port_range "32768 33767"
lab_bg B "$LAB_BIN/traffic" respond --port 8080 --size 500KB --max-time 120
lab_bg A "$LAB_BIN/traffic" listen --port 9090 --backlog 4096 --max-time 120
lab_wait_port B 8080
lab_wait_port A 9090

answer() { # microseconds that an answer of the proxy B takes after a pause
  lab_exec A "$LAB_BIN/traffic" request --to "$LAB_B4" --port 8080 --every 1500 --count 3 | field p50_us
}
upstream() { # connections of their own from the proxy to the server A, all at once
  lab_exec B "$LAB_BIN/traffic" connect --to "$LAB_A4" --port 9090 --count 1500 --hold 0.5 | field failed
}
keepalive() { # seconds until an idle connection of the pool is tried
  lab_bg B python3 -c 'import socket, sys, time
s = socket.create_connection((sys.argv[1], 9090))
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
time.sleep(60)' "$LAB_A4"
  local pid=$LAB_PID timer='' tries
  for ((tries = 0; tries < 100; tries++)); do
    timer=$(lab_exec B ss -Htnop state established "dport = :9090" | grep "pid=$pid," | grep -oE 'timer:\(keepalive,[^,]*')
    [ -z "$timer" ] || break
    sleep 0.1
  done
  lab_stop "$pid"
  awk -v t="${timer#*,}" 'BEGIN {
    if (match(t, /[0-9]+min/)) s += 60 * substr(t, RSTART, RLENGTH - 3)
    if (match(t, /[0-9.]+sec/)) s += substr(t, RSTART, RLENGTH - 3)
    print int(s) }'
}

paused=$(answer)
keepalive >"$LAB_TMP/keepalive"
expect "before: an idle connection is tried after $(cat "$LAB_TMP/keepalive") s" \
  test "$(cat "$LAB_TMP/keepalive")" -gt 3600
refused=$(upstream)
expect "  $refused of 1500 connections to the server found no port" test "$refused" -gt 400
apply_profile B reverse-proxy
refused=$(upstream)
expect "with the profile: $refused of 1500 found no port" test "$refused" -eq 0
keepalive >"$LAB_TMP/keepalive"
expect "  an idle one is tried after $(cat "$LAB_TMP/keepalive") s" holds 's > 60 && s <= 120' "s=$(cat "$LAB_TMP/keepalive")"
for ((tries = 0; tries < 3; tries++)); do
  steady=$(answer)
  ! holds 'a <= b / 1.5' "a=$steady" "b=$paused" || break
done
expect "  an answer after a pause takes $steady us, before $paused: at most two thirds" \
  holds 'a > 0 && a <= b / 1.5' "a=$steady" "b=$paused"
put_back B net.ipv4.ip_local_port_range "32768 33767" B net.ipv4.tcp_slow_start_after_idle 1 \
  B net.ipv4.tcp_keepalive_time 7200
finish
