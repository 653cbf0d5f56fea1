#!/usr/bin/env bash
# The daemon on real traffic, 200 Mbit/s x 100 ms from a send limit of 1 MiB: it raises the limit by
# itself, the traffic becomes faster, and it is kept. The rule is planted, so that windows of a second
# are enough: what limits a path is known after three.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"

lab_up daemon 200mbit 50ms 2500000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 1048576"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 67108864"
bulk 5001 60 0
mkdir "$LAB_TMP/rules"
cat >"$LAB_TMP/rules/site.conf" <<'RULE'
rules = ( { id = "SITE-01"; slug = "capped"; scope = "path"; class = "send-buffer"; title = "capped";
  severity_ceiling = "medium"; why = "w"; source = "s";
  when = "path.goodput > 10Mbit && sysctl('net.ipv4.tcp_wmem')[2] < 4MiB";
  set = ( { tunable = "net.ipv4.tcp_wmem[2]"; to = "8MiB"; step = "4 * current"; } );
  expect = "path.goodput >= 1.1 * before(path.goodput)"; } );
RULE
cat >"$LAB_TMP/conf" <<CONF
tune = { rules = [ "SITE-01" ]; };
daemon = { interval = "2s"; patience = 1; sample = "500ms"; window = "1s"; settle = "2s"; netns = [ "$LAB_NS_A" ]; };
CONF
: >"$LAB_TMP/log"
"$NETWRIGHT" daemon --config "$LAB_TMP/conf" --rules "$LAB_TMP/rules" --state-dir "$LAB_TMP/state" 2>"$LAB_TMP/log" &
daemon=$!
for ((tries = 0; tries < 400; tries++)); do
  grep -qE "SITE-01.*(kept|reverted|undecided|ended|failed):" "$LAB_TMP/log" && break
  sleep 0.1
done
if grep -qE "path [^ ]*: net.ipv4.tcp_wmem\[2\] 1 MiB -> 4 MiB kept: path.goodput [2-4]" "$LAB_TMP/log"; then
  ok "kept, and at least twice as fast: $(tail -n 1 "$LAB_TMP/log")"
else
  not_ok "not kept: $(tail -n 2 "$LAB_TMP/log")"
fi
now=$(lab_exec A sysctl -n net.ipv4.tcp_wmem | tr '\t' ' ')
if [ "$now" = "4096 16384 4194304" ]; then ok "one step of four times"; else not_ok "tcp_wmem is $now"; fi
kill -TERM "$daemon"
wait "$daemon"
ended=$?
if [ "$ended" -eq 0 ]; then ok "ends"; else not_ok "ends with status $ended"; fi
now=$(lab_exec A sysctl -n net.ipv4.tcp_wmem | tr '\t' ' ')
if [ "$now" = "4096 16384 4194304" ]; then ok "and leaves in force what it kept"; else not_ok "tcp_wmem is $now"; fi
finish
