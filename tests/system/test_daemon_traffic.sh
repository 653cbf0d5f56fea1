#!/usr/bin/env bash
# The daemon on real traffic, 100 Mbit/s x 100 ms, connections that come and go, from a receive limit of
# 64 KiB: it raises the limit by itself, the traffic becomes faster, and it is kept. The rule is planted,
# so that windows of a second are enough: what limits a path is known after three.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"
# shellcheck source=traffic_daemon.sh
. "$here/traffic_daemon.sh"

lab_up daemon 100mbit 50ms 1250000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
lab_sysctl B net.ipv4.tcp_rmem "4096 65536 65536"
come_and_go 5001
mkdir "$LAB_TMP/rules"
cat >"$LAB_TMP/rules/site.conf" <<'RULE'
rules = ( { id = "SITE-01"; slug = "capped"; scope = "path"; class = "receive-window"; title = "capped";
  severity_ceiling = "medium"; why = "w"; source = "s";
  when = "path.receive_rate > 1Mbit && sysctl('net.ipv4.tcp_rmem')[2] < 1MiB";
  set = ( { tunable = "net.ipv4.tcp_rmem[2]"; to = "8MiB"; step = "16 * current"; } );
  expect = "path.receive_rate >= 1.1 * before(path.receive_rate)"; } );
RULE
# Short intervals, so that a trial that a busy machine has spoilt is soon made again.
cat >"$LAB_TMP/conf" <<CONF
tune = { rules = [ "SITE-01" ]; };
daemon = { interval = "1s"; sample = "500ms"; window = "1s"; settle = "1s"; netns = [ "$LAB_NS_B" ]; };
CONF
traffic_daemon_until "SITE-01.* kept:" 90 --rules "$LAB_TMP/rules"
expect_kept "at least twice as fast" \
  "path [^ ]*: net.ipv4.tcp_rmem\[2\] 64 KiB -> 1 MiB kept: path.receive_rate ([2-9]|1[0-9])"
expect_value B net.ipv4.tcp_rmem "4096 65536 1048576" # one step of sixteen times
traffic_daemon_ends
expect_value B net.ipv4.tcp_rmem "4096 65536 1048576" # left in force
finish
