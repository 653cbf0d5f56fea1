#!/usr/bin/env bash
# tune by trial: what helps is kept, what harms is put back within two windows and remembered, and where
# nothing is wrong nothing is tried. Beside it, what history --metrics tells.
# Runs beside others.
# shellcheck disable=SC2034,SC2317 # FAMILY is for audit.sh; the situations are called by name
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"

# A connection from A to B over 50 ms; A's send limit is given. 128 KiB carry a quarter of the link.
path() { # NAME TCP_WMEM
  lab_up "$1" 50mbit 25ms 312500 0%
  tune_state
  lab_sysctl A net.ipv4.tcp_wmem "$2"
  lab_sysctl B net.ipv4.tcp_rmem "4096 131072 33554432"
  bulk 5001 120 2 >/dev/null
  ns=$(lab_ns A)
}

# run NAME OPTION...: output in $LAB_TMP/NAME.json.
run() {
  local name=$1
  shift
  "$NETWRIGHT" tune --netns "$ns" --state-dir "$state" --window 1s --json "$@" >"$LAB_TMP/$name.json" 2>"$LAB_TMP/$name.err"
  expect_status "$name" $?
}

# A connection that paces itself to a tenth of the link, a rule that ends it, which reaches what is open,
# and one of less weight that changes what does not matter.
slow_path() { # NAME
  path "$1" "4096 16384 4194304"
  "$NETWRIGHT" set --netns "$ns" --state-dir "$state" -q "socket:dst $LAB_NET_B4/pacing_rate=5Mbit" 2>"$LAB_TMP/paced.err"
  expect_status "a slow connection" $?
  mkdir "$LAB_TMP/rules"
  cat >"$LAB_TMP/rules/site.conf" <<'END'
rules = ( { id = "SITE-02"; slug = "slow"; scope = "path"; class = "site"; title = "Slow."; when = "path.goodput > 0bit && path.goodput < 20Mbit";
  severity_ceiling = "low"; why = "A test."; source = "None."; expect = "path.goodput >= 1.1 * before(path.goodput)";
  set = ( { tunable = "socket:dst {path.name}/pacing_rate"; to = "1Gbit"; } ); },
  { id = "SITE-03"; slug = "no-matter"; scope = "path"; class = "other"; title = "Always."; when = "path.goodput > 0bit";
  severity_ceiling = "info"; why = "A test."; source = "None.";
  set = ( { tunable = "net.ipv4.tcp_slow_start_after_idle"; to = "0"; } ); } );
END
  sleep 1
}

situation_better() {
  local try
  slow_path better
  for try in 1 2 3; do # a busy machine may hide it
    run better --for 2s --only SITE-02 --rules "$LAB_TMP/rules"
    ! jq -e '.trials[0].in_place' "$LAB_TMP/better.json" >/dev/null || break
    echo "     try $try: $(jq -c '[.trials[].reason]' "$LAB_TMP/better.json")"
  done
  expect_json better "what helps is kept" '.trials[0] | .rule == "SITE-02" and .verdict == "better" and .in_place
    and .subject.kind == "path" and .metric.name == "path.goodput" and .metric.effect.low > 1.1'
  expect_gain "  and is in force" 1000000 "$(goodput 5001 2)" 2
  "$NETWRIGHT" show "$(jq '.trials[0].transaction' "$LAB_TMP/better.json")" --state-dir "$state" >"$LAB_TMP/show" 2>"$LAB_TMP/show.err"
  if grep -q 'because *SITE-02' "$LAB_TMP/show" && grep -qF 'written and read back (' "$LAB_TMP/show"; then
    ok "  show tells why"
  else
    not_ok "  show tells $(cat "$LAB_TMP/show" "$LAB_TMP/show.err")"
  fi
  trends
}

# What nobody has recorded is empty; then two hours of one path, whose second half is twice the first.
trends() {
  "$NETWRIGHT" history --metrics --json --state-dir "$state" >"$LAB_TMP/trends.json" 2>"$LAB_TMP/trends.err"
  expect_status "history --metrics" $?
  expect_json trends "nothing is recorded" '.schema == "netwright.trends/1" and .trends == []'
  python3 - "$state/history.db" <<'END'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
now = time.time()
db.execute("INSERT INTO series (id, netns, metric, entity) VALUES (1, 'web', 'path.goodput', '198.51.100.0/24')")
for i in range(120):
    db.execute("INSERT INTO points (utc_s, series_id, value) VALUES (?, 1, ?)", (now - 60 * (120 - i), 1e6 if i < 60 else 2e6))
db.execute("INSERT INTO series (id, netns, metric, entity) VALUES (2, '', 'host.cpu_busy', '')")
db.execute("INSERT INTO points (utc_s, series_id, value) VALUES (?, 2, 0.5)", (now - 86400 * 3,))
db.commit()
END
  "$NETWRIGHT" history --metrics --json --state-dir "$state" --metric 'path.*' >"$LAB_TMP/trends.json" 2>"$LAB_TMP/trends.err"
  expect_json trends "  one path" '.trends | length == 1 and (.[0] | .netns == "web" and .unit == "bps" and .points == 120 and .mean == 12000000
    and .earlier < .later and .last == 16000000)'
  "$NETWRIGHT" history --metrics --state-dir "$state" --days 1 >"$LAB_TMP/trends" 2>"$LAB_TMP/trends.err"
  if grep -qE '^path.goodput +web +198.51.100.0/24 +120 +8 Mbit/s +12 Mbit/s +16 Mbit/s +16 Mbit/s +2 x$' "$LAB_TMP/trends" && ! grep -q cpu_busy "$LAB_TMP/trends"; then
    ok "  in text, of one day"
  else
    not_ok "  in text: $(cat "$LAB_TMP/trends" "$LAB_TMP/trends.err")"
  fi
  "$NETWRIGHT" history --days 1 --state-dir "$state" 2>/dev/null
  if [ $? -eq 2 ]; then ok "  which --days alone is not"; else not_ok "  --days alone is accepted"; fi
}

situation_harm() {
  path harm "4096 16384 4194304"
  mkdir "$LAB_TMP/rules"
  cat >"$LAB_TMP/rules/site.conf" <<'END'
rules = ( { id = "SITE-01"; slug = "harm"; scope = "path"; class = "site"; title = "Always."; when = "path.goodput > 0bit";
  severity_ceiling = "low"; why = "A test."; source = "None.";
  set = ( { tunable = "socket:dst {path.name}/pacing_rate"; to = "1Mbit"; } ); } );
END
  run harm --for 2s --only SITE-01 --rules "$LAB_TMP/rules"
  expect_json harm "what harms is ended after two windows, and tried once" '.trials | length == 1
    and (.[0] | .verdict == "worse" and .in_place == false and (.reason | test("ended early")))'
  if python3 - "$state/history.db" <<'END'; then ok "  and is remembered"; else not_ok "  and is not remembered"; fi
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT rule, kind, failures, retry_utc_s > utc_s FROM outcomes").fetchall()
sys.exit(rows != [("SITE-01", "reverted", 1, 1)])
END
  expect_gain "  and the traffic goes on" 2000000 "$(goodput 5001 2)" 1
  lab_stop "$LAB_PID"
  run healthy --for 2s
  expect_json healthy "without traffic there is nothing to try" '.schema == "netwright.tune/1" and .trials == []'
}

# Pinned, it is not tried, and that is said; --no-trial does not judge.
situation_pinned() {
  path pinned "4096 16384 131072"
  echo 'pins = ( { tunable = "net.ipv4.tcp_wmem[2]"; never = true; } );' >"$LAB_TMP/pins.conf"
  run pinned --for 3s --only SND-01 --config "$LAB_TMP/pins.conf"
  expect_json pinned "what is pinned is not tried" '.trials == []'
  if grep -q 'SND-01: it is not tried: net.ipv4.tcp_wmem\[2\] is pinned' "$LAB_TMP/pinned.err"; then
    ok "  and that is said"
  else
    not_ok "  and it says: $(cat "$LAB_TMP/pinned.err")"
  fi
  expect_value A net.ipv4.tcp_wmem "4096 16384 131072"
  "$NETWRIGHT" tune --netns "$ns" --state-dir "$state" --no-trial --for 3s --only SND-01 --json >"$LAB_TMP/once.json" 2>"$LAB_TMP/once.err"
  expect_status "--no-trial" $?
  expect_json once "  changes it at once" '.schema == "netwright.transaction/1" and .transaction.state == "kept"'
  undo once
}

# Ended in its second trial it says what the first has kept. A busy machine may hide that it helped.
situation_ended() {
  local try status tries pid
  slow_path ended
  for try in 1 2 3; do
    "$NETWRIGHT" tune --netns "$ns" --state-dir "$state" --window 1s --for 2s --json --only SITE-02 --only SITE-03 --rules "$LAB_TMP/rules" \
      >"$LAB_TMP/ended.json" 2>"$LAB_TMP/ended.err" &
    pid=$!
    for ((tries = 0; tries < 500; tries++)); do
      [ "$(lab_exec A sysctl -n net.ipv4.tcp_slow_start_after_idle)" = 1 ] || break
      sleep 0.1
    done
    kill -TERM "$pid"
    wait "$pid"
    status=$?
    ! jq -e '.trials[0].in_place' "$LAB_TMP/ended.json" >/dev/null || break
    echo "     try $try: $(jq -c '[.trials[].reason]' "$LAB_TMP/ended.json") $(cat "$LAB_TMP/ended.err")"
  done
  expect_json ended "a pass that is ended tells what it has kept" '.complete == false and (.trials | length == 1)
    and (.trials[0] | .rule == "SITE-02" and .in_place) and .kept == [.trials[0].transaction]'
  if [ "$status" -eq 4 ] && grep -q 'what was on trial is put back; what was kept is in force: transaction' "$LAB_TMP/ended.err"; then
    ok "  with status 4, and in words"
  else
    not_ok "  status $status: $(cat "$LAB_TMP/ended.err")"
  fi
  expect_value A net.ipv4.tcp_slow_start_after_idle 1
  expect_gain "  and is in force" 1000000 "$(goodput 5001 2)" 2
}

situations_abreast "$0" 4
