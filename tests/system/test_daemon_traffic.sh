#!/usr/bin/env bash
# The daemon on real traffic, 100 Mbit/s x 100 ms, connections that come and go, from a receive limit of
# 64 KiB: it raises the limit by itself, the traffic becomes faster, and it is kept. The rule is planted,
# so that windows of a second are enough: what limits a path is known after three.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"

lab_up daemon 100mbit 50ms 1250000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
lab_sysctl B net.ipv4.tcp_rmem "4096 65536 65536"
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 120 >/dev/null
lab_wait_port B 5001
for i in 2 4 6 8; do
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_bg A bash -c 'sleep "0.$2"; while :; do "$0" source --to "$1" --port 5001 --time "1.$2" >/dev/null || exit; done' \
    "$LAB_BIN/traffic" "$LAB_B4" "$i"
done
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
: >"$LAB_TMP/log"
"$NETWRIGHT" daemon --config "$LAB_TMP/conf" --rules "$LAB_TMP/rules" --state-dir "$LAB_TMP/state" 2>"$LAB_TMP/log" &
daemon=$!
for ((tries = 0; tries < 900; tries++)); do
  ! grep -qE "SITE-01.* kept:" "$LAB_TMP/log" || break
  sleep 0.1
done
if grep -qE "path [^ ]*: net.ipv4.tcp_rmem\[2\] 64 KiB -> 1 MiB kept: path.receive_rate ([2-9]|1[0-9])" "$LAB_TMP/log"; then
  ok "kept, and at least twice as fast: $(grep " kept:" "$LAB_TMP/log")"
else
  not_ok "not kept: $(cat "$LAB_TMP/log")"
fi
now=$(lab_exec B sysctl -n net.ipv4.tcp_rmem | tr '\t' ' ')
if [ "$now" = "4096 65536 1048576" ]; then ok "one step of sixteen times"; else not_ok "tcp_rmem is $now"; fi
kill -TERM "$daemon"
wait "$daemon"
ended=$?
if [ "$ended" -eq 0 ]; then ok "ends"; else not_ok "ends with status $ended"; fi
now=$(lab_exec B sysctl -n net.ipv4.tcp_rmem | tr '\t' ' ')
if [ "$now" = "4096 65536 1048576" ]; then ok "and leaves in force what it kept"; else not_ok "tcp_rmem is $now"; fi
finish
