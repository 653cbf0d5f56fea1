#!/usr/bin/env bash
# tune cures what the audit finds, measured before and after: a receive limit, a send limit, an accept
# queue, a congestion control that takes loss for congestion. Then it confirms, and rolls back.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"
situation_families "$0"

# 200 Mbit/s x 100 ms is 2.5 MB on the way; 1 MiB holds it to a quarter.
lab_up tunercv 200mbit 50ms 2500000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 67108864"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 1048576"
bulk 5001 40 3
before=$(goodput 5001 3)
tune B tune-receive --for 5s
expect_json tune-receive "raised tcp_rmem[2], for RCV-02" \
  'any(.transaction.changes[]; .tunable == "net.ipv4.tcp_rmem" and (.why | test("^RCV-02")))'
"$NETWRIGHT" show "$(jq .transaction.id "$LAB_TMP/tune-receive.json")" --json --state-dir "$state" >"$LAB_TMP/show.json" 2>"$LAB_TMP/show.err"
expect_status "show" $?
expect_json show "tells the findings that it followed from" 'any(.findings[]; .id == "RCV-02" and (.changes | length > 0))'
if "$NETWRIGHT" show "$(jq .transaction.id "$LAB_TMP/tune-receive.json")" --state-dir "$state" | grep -q 'because *RCV-02'; then
  ok "  in text too"
else
  not_ok "  in text too"
fi
lab_stop "$LAB_PID"
# A connection whose window has reached the limit does not take up a new one: a new connection does.
bulk 5002 14 4
expect_gain "goodput of a new connection with the receive limit raised" "$before" "$(goodput 5002 3)" 1.5
"$NETWRIGHT" tune --netns "$(lab_ns B)" --for 5s --json --only RCV-02 --no-trial --state-dir "$state" >"$LAB_TMP/again.json" 2>"$LAB_TMP/again.err"
expect_status "tune once more" $?
expect_json again "finds nothing left to do" '.transaction == null'
undo tune-receive
expect_value B net.ipv4.tcp_rmem "4096 131072 1048576"
lab_down tunercv

lab_up tunesnd 200mbit 50ms 2500000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 524288"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 67108864"
bulk 5001 25 3
before=$(goodput 5001 3)
tune A tune-send --for 5s
expect_json tune-send "raised tcp_wmem[2], for SND-01" \
  'any(.transaction.changes[]; .tunable == "net.ipv4.tcp_wmem" and (.why | test("^SND-01")))'
sleep 3
expect_gain "goodput with the send limit raised" "$before" "$(goodput 5001 3)" 1.5
undo tune-send
expect_value A net.ipv4.tcp_wmem "4096 16384 524288"
lab_down tunesnd

# An accept queue that is capped by somaxconn; the program has to listen again.
burst() { # PORT
  lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port "$1" --backlog 1000 --max-time 30
  lab_wait_port B "$1"
  overflows=$(count_of B TcpExtListenOverflows)
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port "$1" --count 200 --every 10 --hold 20
  sleep 3
}
lab_veth_up tunelst
lab_sysctl B net.core.somaxconn 16
burst 8081
tune B tune-listener --for 3s
expect_json tune-listener "raised somaxconn, for LST-01" \
  'any(.transaction.changes[]; .tunable == "net.core.somaxconn" and (.why | test("^LST-01")))'
lost=$(($(count_of B TcpExtListenOverflows) - overflows))
burst 8082
still=$(($(count_of B TcpExtListenOverflows) - overflows))
if [ "$lost" -gt 20 ]; then ok "connections were dropped before: $lost"; else not_ok "only $lost connections were dropped before"; fi
# The first listener is full until its clients give up; the second takes all.
queued=$(lab_exec B ss -Htnl 'sport = :8082' | awk '{ print $2 }')
if [ "$queued" -ge 190 ]; then ok "a new listener holds all of them: $queued ($still overflows elsewhere)"; else not_ok "a new listener holds only $queued"; fi
undo tune-listener
expect_value B net.core.somaxconn 16
lab_down tunelst

# The congestion control of the connection from A to B's PORT.
control_of() { # PORT
  lab_exec A ss -Htin state established "dport = :$1" | grep -oE '\b(cubic|bbr|reno)\b' | sort -u
}
routes_with_control() {
  { lab_exec A ip -4 route show && lab_exec A ip -6 route show; } | grep -c congctl
}

# Cubic takes random loss for congestion: on this path alone, so the path's route is told, and the
# connection that is open, and nothing else.
if [[ " $(</proc/sys/net/ipv4/tcp_available_congestion_control) " == *" bbr "* ]]; then
  LAB_CC=cubic
  lab_up tunecc 50mbit 25ms 312500 3% --seed 42
  bulk 5001 60 2
  before=$(goodput 5001 4)
  tune A tune-congestion --for 18s --only CC-01
  expect_json tune-congestion "chose bbr, for CC-01" \
    'any(.transaction.changes[]; (.tunable | test("^route:.*/congctl$")) and .to == "bbr" and .reversible == "new-sockets-only")'
  expect_json tune-congestion "  of the open connection as well, and of nothing else" \
    '.transaction.changes | any(.[]; (.tunable | test("^socket:[0-9]+/[0-9]+/congestion$")) and .from == "cubic" and .to == "bbr")
       and all(.[]; .tunable | test("^(route|socket):"))'
  expect_value A net.ipv4.tcp_congestion_control cubic
  sleep 2
  expect_gain "goodput of the open connection with bbr" "$before" "$(goodput 5001 4)" 2
  lab_stop "$LAB_PID"
  bulk 5002 15 3
  expect_gain "goodput of a new connection with bbr" "$before" "$(goodput 5002 4)" 2
  if [ "$(control_of 5002)" = bbr ]; then ok "  which the route gave it"; else not_ok "  and has $(control_of 5002)"; fi
  undo tune-congestion
  expect_value A net.ipv4.tcp_congestion_control cubic
  if [ "$(routes_with_control)" -eq 0 ]; then ok "no route has a control any more"; else not_ok "a route has a control still"; fi

  # What cannot be resolved is left out, and keeps nothing else from being changed.
  mkdir "$LAB_TMP/rules"
  cat >"$LAB_TMP/rules/site.conf" <<'END'
rules = ( { id = "SITE-01"; slug = "site"; scope = "host"; class = "site"; title = "Always."; when = "1 == 1";
  severity_ceiling = "low"; why = "A test."; source = "None.";
  set = ( { tunable = "socket:dst 192.0.2.9/congestion"; to = "'bbr'"; },
          { tunable = "net.ipv4.tcp_fin_timeout"; to = "current + 1s"; } ); } );
END
  "$NETWRIGHT" tune --netns "$(lab_ns A)" --for 1s --only SITE-01 --rules "$LAB_TMP/rules" --dry-run --json \
    --state-dir "$state" >"$LAB_TMP/absent.json" 2>"$LAB_TMP/absent.err"
  expect_status "tune with a connection that is not there" $?
  expect_json absent "changes the rest" '[.changes[].tunable] == ["net.ipv4.tcp_fin_timeout"]'
  if grep -q 'not changed, for SITE-01 site: .*192.0.2.9' "$LAB_TMP/absent.err"; then
    ok "  and says why not the connection"
  else
    not_ok "  and says: $(cat "$LAB_TMP/absent.err")"
  fi

  # What no file can set is changed all the same, and named.
  cat >"$LAB_TMP/rules/site.conf" <<END
rules = ( { id = "SITE-02"; slug = "site"; scope = "host"; class = "site"; title = "Always."; when = "1 == 1";
  severity_ceiling = "low"; why = "A test."; source = "None.";
  set = ( { tunable = "socket:dst $(address_of B)/keepalive_count"; to = "4"; } ); } );
END
  bulk 5003 20 1
  "$NETWRIGHT" tune --no-trial --netns "$(lab_ns A)" --for 1s --only SITE-02 --rules "$LAB_TMP/rules" --persist --json \
    --state-dir "$state" >"$LAB_TMP/unkept.json" 2>"$LAB_TMP/unkept.err"
  expect_status "tune --persist of a connection alone" $?
  expect_json unkept "changes it" '.transaction | .state == "kept" and .persistence == "none" and .changes[0].outcome == "written"'
  if grep -q 'not kept for the next boot: socket:' "$LAB_TMP/unkept.err"; then
    ok "  and says that it is not kept for the next boot"
  else
    not_ok "  and says: $(cat "$LAB_TMP/unkept.err")"
  fi
  lab_stop "$LAB_PID"
  "$NETWRIGHT" rollback --all -q --state-dir "$state" 2>"$LAB_TMP/gone.err"
  expect_status "rollback of one that is closed" $?
fi
finish
