#!/usr/bin/env bash
# trial: on a long path a larger receive limit is better, a smaller one worse, and what does not matter is
# undecided; whatever becomes of it, everything holds what it held before. Connections come and go.
# Runs beside others.
# shellcheck disable=SC2034,SC2317 # FAMILY is for audit.sh; the situations are called by name
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=tune.sh
. "$here/tune.sh"

SMALL="4096 65536 65536"
LARGE="4096 131072 1048576"

# Connections of a second and more from A to B, all the time, over 100 ms; B's receive limit is given.
# 64 KiB carry a twentieth of the link, 1 MiB all of it.
path() { # NAME TCP_RMEM
  lab_up "$1" 100mbit 50ms 1250000 0%
  tune_state
  lab_sysctl A net.ipv4.tcp_wmem "4096 16384 33554432"
  lab_sysctl B net.ipv4.tcp_rmem "$2"
  come_and_go 5001
  ns=$(lab_ns B)
}

# trial STATUS DESCRIPTION OPTION...: output in $LAB_TMP/trial.json and .err.
trial() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --json "$@" >"$LAB_TMP/trial.json" 2>"$LAB_TMP/trial.err"
  status_is "$what" "$wanted" $? "$LAB_TMP/trial.err"
}

# What a busy machine does to the traffic may hide an effect, or look like one: three tries.
trial_until() { # VERDICT OPTION...
  local wanted=$1 try
  shift
  for try in 1 2 3; do
    "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --for 15s --json "$@" >"$LAB_TMP/trial.json" 2>"$LAB_TMP/trial.err"
    [ "$(jq -r .trial.verdict "$LAB_TMP/trial.json")" != "$wanted" ] || break
    echo "     try $try: $(jq -c '.trial | [.verdict, .reason]' "$LAB_TMP/trial.json") $(cat "$LAB_TMP/trial.err")"
  done
  expect_json trial "$* is $wanted" ".trial.verdict == \"$wanted\""
}

nothing_in_force() {
  "$NETWRIGHT" history --json --limit 0 --state-dir "$state" >"$LAB_TMP/history.json" 2>"$LAB_TMP/history.err"
  expect_json history "all is rolled back" '[.transactions[].state] | length > 0 and all(. == "rolled-back")'
}

situation_better() {
  path better "$SMALL"
  trial_until better --keep-better "net.ipv4.tcp_rmem=$LARGE"
  expect_json trial "  by how much, and how sure" '.trial.metric | .name == "path.receive_rate" and .with > 2 * .without
    and .effect.low > 1 and .effect.low <= .effect.estimate and .effect.estimate <= .effect.high and .effect.coverage >= 0.95'
  expect_json trial "  on the busiest path" ".trial.subject == {kind: \"path\", name: \"$LAB_NET_A4\"}"
  expect_json trial "  and is kept" '.trial | .in_place and .design == "abba" and .pairs == 6'
  expect_value B net.ipv4.tcp_rmem "$LARGE"
  "$NETWRIGHT" rollback -q --state-dir "$state" "$(jq .trial.transaction "$LAB_TMP/trial.json")" 2>"$LAB_TMP/kept.err"
  expect_status "  until a rollback" $?
  expect_value B net.ipv4.tcp_rmem "$SMALL"
  better_untold
}

# What is kept is not denied because nobody could be told of it.
better_untold() {
  local try status
  for try in 1 2 3; do
    "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --for 15s --keep-better "net.ipv4.tcp_rmem=$LARGE" >/dev/full 2>"$LAB_TMP/full.err"
    status=$?
    [ "$(lab_exec B sysctl -n net.ipv4.tcp_rmem | tr '\t' ' ')" != "$LARGE" ] || break
    echo "     try $try: $(cat "$LAB_TMP/full.err")"
  done
  if [ "$status" -eq 4 ] && grep -qE 'not everything could be written .* in force: transaction [0-9]+; netwright rollback' "$LAB_TMP/full.err"; then
    ok "kept, and not told: status 4, and the transaction is named"
  else
    not_ok "kept, and not told: status $status: $(cat "$LAB_TMP/full.err")"
  fi
  expect_value B net.ipv4.tcp_rmem "$LARGE"
}

situation_worse() {
  path worse "$LARGE"
  trial_until worse "net.ipv4.tcp_rmem=$SMALL"
  expect_json trial "  and is not in force" '.trial.in_place == false and .trial.metric.effect.high < 1'
  expect_value B net.ipv4.tcp_rmem "$LARGE"
  nothing_in_force
}

# The control: nothing that the traffic could notice.
situation_same() {
  path same "$LARGE"
  trial_until undecided --keep-better net.ipv4.tcp_fin_timeout=59
  expect_value B net.ipv4.tcp_fin_timeout 60
  nothing_in_force
}

in_force() { # waits until the trial's change is
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    [ "$(lab_exec B sysctl -n net.ipv4.tcp_fin_timeout)" = 60 ] || return 0
    sleep 0.1
  done
  return 1
}

situation_ended() {
  local pid status
  path ended "$LARGE"
  "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --for 1min net.ipv4.tcp_fin_timeout=59 >"$LAB_TMP/int.out" 2>"$LAB_TMP/int.err" &
  pid=$!
  in_force
  kill -TERM "$pid" # bash has its background processes ignore SIGINT
  wait "$pid"
  status=$?
  if [ "$status" -eq 3 ] && grep -q 'interrupted; what was on trial is put back' "$LAB_TMP/int.err"; then
    ok "a signal ends it, and it says what holds"
  else
    not_ok "a signal: status $status: $(cat "$LAB_TMP/int.err")"
  fi
  expect_value B net.ipv4.tcp_fin_timeout 60
  nothing_in_force

  # Killed, it leaves what is pending to the guardian, and a deadline that the next command finds passed.
  "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --for 15s net.ipv4.tcp_fin_timeout=59 >/dev/null 2>&1 &
  pid=$!
  in_force
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  "$NETWRIGHT" status --json --state-dir "$state" >"$LAB_TMP/status.json" 2>"$LAB_TMP/status.err"
  expect_json status "killed, the change is pending, and guarded" '[.. | objects | select(.state? == "pending") | .guardian.alive] == [true]'
  "$NETWRIGHT" rollback -q --state-dir "$state" 2>"$LAB_TMP/status.err"
  expect_status "  rollback ends it" $?
  expect_value B net.ipv4.tcp_fin_timeout 60

  # Somebody else's value is left alone, and so is their roll-back.
  trial_beside 'lab_sysctl B net.ipv4.tcp_fin_timeout 30'
  expect_json trial "somebody else's write ends it" '.trial | .foreign and .foreign_tunable == "net.ipv4.tcp_fin_timeout" and .verdict == "undecided"'
  expect_value B net.ipv4.tcp_fin_timeout 30
  lab_sysctl B net.ipv4.tcp_fin_timeout 60
  # shellcheck disable=SC2016 # trial_beside expands it
  trial_beside '"$NETWRIGHT" rollback -q --state-dir "$state"'
  expect_json trial "somebody else's rollback ends it" '.trial | .foreign and .foreign_tunable == null and .restored and (.confirmed | not)'
  expect_value B net.ipv4.tcp_fin_timeout 60
  # shellcheck disable=SC2016 # trial_beside expands it
  trial_beside '"$NETWRIGHT" confirm -q --state-dir "$state"'
  expect_json trial "somebody else's confirmation ends it, and holds" '.trial | .foreign and .confirmed and .in_place and (.restored | not)'
  expect_value B net.ipv4.tcp_fin_timeout 59
}

# A trial of which COMMAND is run in the middle; it ends with status 4.
trial_beside() { # COMMAND
  trial 4 "beside: $1" --for 15s net.ipv4.tcp_fin_timeout=59 &
  in_force
  eval "$1"
  wait $!
}

situation_usage() {
  lab_veth_up usage
  tune_state
  ns=$(lab_ns A)
  trial 2 "nothing to try"
  trial 2 "too short" --for 14s net.ipv4.tcp_fin_timeout=59
  trial 2 "both ends" --keep-better --restore net.ipv4.tcp_fin_timeout=59
  trial 2 "to be kept for the next boot, and to be restored" --persist net.ipv4.tcp_fin_timeout=59
  trial 2 "too few pairs" --pairs 5 net.ipv4.tcp_fin_timeout=59
  trial 2 "no metric" --metric path.goodputt net.ipv4.tcp_fin_timeout=59
  trial 2 "neither more nor less is better" --metric path.flows net.ipv4.tcp_fin_timeout=59
  trial 2 "the host is one" --metric tcp.goodput --entity x net.ipv4.tcp_fin_timeout=59
  trial 2 "no tunable" net.ipv4.tcp_fin_timeuot=59
  trial 2 "no profile" bulk-wam
  trial 2 "no value" net.ipv4.tcp_fin_timeout=59 net.ipv4.tcp_sack
  trial 2 "an input without a profile" --input rtt=80ms net.ipv4.tcp_fin_timeout=59
  trial 2 "profiles without a profile" --profiles "$LAB_TMP" net.ipv4.tcp_fin_timeout=59
  trial 2 "a profile that is not there at boot" --profiles "$LAB_TMP" --persist --keep-better bulk-wan
  trial 2 "new connections of a CPU" --new-sockets --metric host.cpu_busy net.ipv4.tcp_fin_timeout=59
  trial 2 "new connections of a counter" --new-sockets --metric tcp.retransmit_ratio net.ipv4.tcp_fin_timeout=59
  trial 7 "files that would set another namespace" --persist --keep-better --metric host.cpu_busy net.ipv4.tcp_fin_timeout=59
  trial 0 "what holds already" net.ipv4.tcp_fin_timeout=60
  expect_json trial "  is not tried" '.trial == null'
  trial 3 "no traffic" net.ipv4.tcp_fin_timeout=59
  trial 2 "no such path" --entity 192.0.2.0/24 net.ipv4.tcp_fin_timeout=59
  if [ ! -e "$state/state.db" ]; then ok "no journal was begun"; else not_ok "a journal was begun"; fi
  refused_at_once
}

# Something called bpftune, which only processes of a namespace of their own can see.
rival_is_named() {
  cp "$(command -v sleep)" "$LAB_TMP/bpftune"
  # shellcheck disable=SC2016 # the inner shell expands them
  unshare --pid --fork --mount-proc bash -c '"$0/bpftune" 20 & sleep 0.2
    "$1" trial --netns "$2" --state-dir "$3" --metric host.cpu_busy net.ipv4.tcp_moderate_rcvbuf=0; kill $!' \
    "$LAB_TMP" "$NETWRIGHT" "$ns" "$state" >"$LAB_TMP/rival.out" 2>"$LAB_TMP/rival.err"
  if grep -q 'net.ipv4.tcp_moderate_rcvbuf: bpftune (PID [0-9]*) tunes it as well' "$LAB_TMP/rival.err" && ! grep -q bpftune "$LAB_TMP/once.err"; then
    ok "who else tunes it is named first"
  else
    not_ok "who else tunes it is not named: $(cat "$LAB_TMP/rival.err")"
  fi
}

# What would be refused after the first window is refused before it, and before anything is announced.
refused_at_once() {
  local pid
  at_once() { # STATUS WORDS TUNABLE=VALUE
    local status
    timeout 10 "$NETWRIGHT" trial --netns "$ns" --state-dir "$state" --lock-timeout 1s --for 1min --metric host.cpu_busy "$3" \
      >"$LAB_TMP/once.out" 2>"$LAB_TMP/once.err"
    status=$?
    if [ "$status" -eq "$1" ] && grep -q "$2" "$LAB_TMP/once.err" && [ ! -s "$LAB_TMP/once.out" ]; then
      ok "at once: $2"
    else
      not_ok "not at once: status $status: $(cat "$LAB_TMP/once.out" "$LAB_TMP/once.err")"
    fi
  }
  at_once 2 'cannot be undone' net.ipv4.ip_forward=1
  mkdir -m 0700 "$state"
  # shellcheck disable=SC2016 # the inner shell expands it
  bash -c 'exec 9<"$0" && flock 9 && exec sleep 30' "$state" &
  pid=$!
  sleep 0.3
  at_once 5 'is changing settings' net.ipv4.tcp_fin_timeout=59
  kill "$pid"
  wait "$pid" 2>/dev/null
  "$NETWRIGHT" set -q --netns "$ns" --state-dir "$state" --confirm 1min net.ipv4.tcp_keepalive_time=7000 2>"$LAB_TMP/set.err"
  expect_status "a change that waits for its confirmation" $?
  at_once 5 'waits for its confirmation' net.ipv4.tcp_fin_timeout=59
  rival_is_named
  "$NETWRIGHT" rollback -q --state-dir "$state" 2>"$LAB_TMP/set.err"
  expect_status "  is put back" $?
  expect_value A net.ipv4.tcp_fin_timeout 60
}

situations_abreast "$0" 4
