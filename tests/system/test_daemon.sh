#!/usr/bin/env bash
# The daemon in namespaces without traffic, with planted rules: what it keeps, what it reverts, what
# others do meanwhile, and whatever ends it. Six daemons at once, each with a journal of its own.
# Runs beside others.
# shellcheck disable=SC2016,SC2317 # eval expands them; functions are called through check and within
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

declare -A pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null; clean_up' EXIT

# daemon NAME RULE SETTING...: in the namespace NAME, made if need be, with that planted rule.
daemon() {
  local name=$1 rule=$2
  shift 2
  mkdir -p "$tmp/$name/rules"
  cp "$tmp/$rule.rule" "$tmp/$name/rules/site.conf"
  cat >"$tmp/$name/conf" <<CONF
tune = { rules = [ "SITE-*" ]; };
daemon = { interval = "1s"; patience = 1; sample = "500ms"; window = "1s"; settle = "100ms"; $* };
CONF
  "$NETWRIGHT" daemon --config "$tmp/$name/conf" --rules "$tmp/$name/rules" --state-dir "$tmp/$name/state" \
    >>"$tmp/$name/out" 2>>"$tmp/$name/log" </dev/null &
  pids[$name]=$!
}

# within SECONDS COMMAND...: until it succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}
logged() { grep -qF -- "$2" "$tmp/$1/log" 2>/dev/null; } # NAME TEXT
said() { # NAME SECONDS TEXT
  if within "$2" logged "$1" "$3"; then ok "$1 says \"$3\""; else not_ok "$1 does not say \"$3\": $(tail -n 3 "$tmp/$1/log")"; fi
}
value() { ip netns exec "nwt$$-$1" sysctl -n "$2"; } # NAME KEY
is() { [ "$(value "$1" "$2")" = "$3" ]; }           # NAME KEY VALUE
ends() { # NAME STATUS
  local status
  wait "${pids[$1]}"
  status=$?
  unset "pids[$1]"
  check "$1 ends with status $2" test "$status" -eq "$2"
}
status_of() { "$NETWRIGHT" status --state-dir "$tmp/$1/state" "${@:2}" 2>"$tmp/err"; }
status_has_line() { status_of "$1" | grep -qF -- "$2"; } # NAME TEXT
status_says() { # NAME TEXT: the log may be a moment ahead of it
  check "status beside $1 says \"$2\"" within 5 status_has_line "$1" "$2"
}
json_has() { jq -e "$1" "$tmp/status.json" >/dev/null; }
status_has() { # NAME DESCRIPTION FILTER
  status_of "$1" --json >"$tmp/status.json"
  check "status --json beside $1: $2" json_has "$3"
}

# A rule whose expectation is the change itself, and one whose guard is that there is none.
cat >"$tmp/helps.rule" <<'RULE'
rules = ( { id = "SITE-01"; slug = "helps"; scope = "host"; class = "planted"; title = "planted";
  severity_ceiling = "medium"; when = "sysctl('net.core.somaxconn') < 5000"; why = "w"; source = "s";
  set = ( { tunable = "net.core.somaxconn"; to = "8192"; } );
  expect = "sysctl('net.core.somaxconn') >= 5000"; } );
RULE
cat >"$tmp/harms.rule" <<'RULE'
rules = ( { id = "SITE-02"; slug = "harms"; scope = "host"; class = "planted"; title = "planted";
  severity_ceiling = "medium"; when = "sysctl('net.ipv4.tcp_sack') == 1"; why = "w"; source = "s";
  set = ( { tunable = "net.ipv4.tcp_sack"; to = "0"; } );
  guard = [ "sysctl('net.ipv4.tcp_sack') == 1" ]; } );
RULE

for name in keep back kill harm late; do new_namespace "$name"; done
ip netns delete "nwt$$-late"
daemon keep helps "netns = [ \"nwt$$-keep\" ];"
daemon back helps "netns = [ \"nwt$$-back\" ]; on_exit = \"rollback\";"
daemon kill helps "netns = [ \"nwt$$-kill\" ];"
daemon harm harms "netns = [ \"nwt$$-harm\" ];"
daemon late helps "netns = [ \"nwt$$-late\", \"nwt$$-harm\" ]; tune = false;"
daemon blind helps "netns = [ \"nwt$$-none\" ];"

# --- a mistake at the start -------------------------------------------------------------------

echo 'daemon = { on_exit = "stay"; };' >"$tmp/wrong.conf"
state=$tmp/none
run 2 "a wrong configuration" daemon --config "$tmp/wrong.conf"
check "  is named" grep -qF "$tmp/wrong.conf:1: on_exit: \"stay\" is neither" "$tmp/err"
check "  and nothing is created" test ! -e "$state"
status_has none "there never was a daemon" '.daemon == null'

# --- one daemon, and status beside it ---------------------------------------------------------

said keep 10 "started: audits of 1 s"
state=$tmp/keep/state
run 5 "a second daemon" daemon --config "$tmp/keep/conf"
check "  names the first" grep -qF "(PID ${pids[keep]})" "$tmp/err"
run 5 "and so does --recover" daemon --recover
said keep 10 "SITE-01 host: trying net.core.somaxconn 4096 -> 8192"
status_says keep "trying nwt$$-keep: SITE-01 host: net.core.somaxconn 4096 -> 8192"
status_has keep "it runs" ".daemon | .running and .pid == ${pids[keep]} and .ended == false"

# --- a namespace that comes and goes ----------------------------------------------------------

said late 10 "nwt$$-late is not watched: there is no such network namespace"
ip netns add "nwt$$-late"
said late 10 "nwt$$-late: a new network namespace, watched from now on"
ip netns delete "nwt$$-late"
said late 20 "nwt$$-late: no longer watched"
check "told not to tune, it has tried nothing" test "$(grep -c trying "$tmp/late/log")" -eq 0

# --- nothing to observe -------------------------------------------------------------------------

said blind 10 "nwt$$-none is not watched: there is no such network namespace"
audits() { status_of blind --json | jq .daemon.audits; }
before=$(audits)
sleep 2
after=$(audits)
check "with nothing to observe it waits all the same: $before, $after audits" test "$((after - before))" -le 4
goes_on() { [ "$(audits)" -gt "$after" ]; }
check "  and goes on" within 10 goes_on
kill -TERM "${pids[blind]}"
ends blind 0

# --- killed in the middle of a trial ----------------------------------------------------------

check "the one to be killed has it on trial" within 30 is kill net.core.somaxconn 8192
{
  kill -KILL "${pids[kill]}"
  wait "${pids[kill]}"
} 2>/dev/null
unset "pids[kill]"
check "killed, it leaves the change in force" is kill net.core.somaxconn 8192
status_says kill "The daemon is not running: it was killed"
status_has kill "it does not run, and a change is pending" '(.daemon.running | not) and (.pending | length) == 1'
state=$tmp/kill/state
run 0 "recovered" daemon --recover
check "  says so" grep -qE "transaction [0-9]+ is rolled-back: the daemon that tried it was killed" "$tmp/err"
check "  what was on trial is back" is kill net.core.somaxconn 4096
run 0 "recovered again" daemon --recover
check "  there is nothing left to say" test ! -s "$tmp/err"
daemon kill helps "netns = [ \"nwt$$-kill\" ]; on_exit = \"rollback\";"

# --- what does harm ---------------------------------------------------------------------------

said harm 60 "SITE-02 host: net.ipv4.tcp_sack 1 -> 0 reverted: "
check "what does harm is back" is harm net.ipv4.tcp_sack 1
said harm 10 "SITE-02 is left alone: net.ipv4.tcp_sack is reverted"
{
  kill -KILL "${pids[harm]}"
  wait "${pids[harm]}"
} 2>/dev/null
mv "$tmp/harm/log" "$tmp/harm/log.before"
daemon harm harms "netns = [ \"nwt$$-harm\" ];"
said harm 10 "SITE-02 is left alone: net.ipv4.tcp_sack is reverted"
check "a restart does not try again what did harm" test "$(grep -c trying "$tmp/harm/log")" -eq 0

# --- what helps, and others -------------------------------------------------------------------

said keep 60 "SITE-01 host: net.core.somaxconn 4096 -> 8192 kept:"
check "what helps is in force" is keep net.core.somaxconn 8192
status_has keep "with the verdict" '.daemon.trials[0] | .verdict == "kept" and .rule == "SITE-01"'
status_has keep "and as a transaction" '.in_force | length == 1 and .[0].command == "netwright daemon"'
kill -USR1 "${pids[keep]}"
said keep 5 "tried: SITE-01"

echo 'daemon = { intervall = "2s"; };' >"$tmp/keep/conf.broken"
cp "$tmp/keep/conf" "$tmp/keep/conf.good"
cp "$tmp/keep/conf.broken" "$tmp/keep/conf"
kill -HUP "${pids[keep]}"
said keep 10 "the one before stays in force: $tmp/keep/conf:1: intervall"
cp "$tmp/keep/conf.good" "$tmp/keep/conf"
kill -HUP "${pids[keep]}"
said keep 10 "the configuration was read anew"

ip netns exec "nwt$$-keep" sysctl -qw net.core.somaxconn=4000
said keep 10 "net.core.somaxconn is parked: somebody else has set it, to 4000"
status_says keep "parked: nwt$$-keep: net.core.somaxconn: somebody else has set it"
kill -TERM "${pids[keep]}"
ends keep 0
check "  and leaves what is somebody else's" is keep net.core.somaxconn 4000
check "  and tried nothing more" test "$(grep -c trying "$tmp/keep/log")" -eq 1
status_says keep "The daemon is not running: it ended"

# --- told to roll back at its end -------------------------------------------------------------

said back 60 "kept:"
check "the other one has kept it as well" is back net.core.somaxconn 8192
kill -TERM "${pids[back]}"
ends back 0
check "  and rolled it back" is back net.core.somaxconn 4096

# --- told to roll back what is somebody else's by now -------------------------------------------

said kill 40 "kept:"
ip netns exec "nwt$$-kill" sysctl -qw net.core.somaxconn=4000
kill -TERM "${pids[kill]}"
ends kill 4
check "  leaves that" is kill net.core.somaxconn 4000
said kill 1 "ended; not all of its changes were rolled back"

# --- put back by its guardian, which had to end -------------------------------------------------

daemon back helps "netns = [ \"nwt$$-back\" ]; on_exit = \"rollback\";"
end_guardian() {
  local pid
  pid=$(status_of back --json | jq -r '.pending[0].guardian.pid // empty')
  [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null
}
check "what it has rolled back itself is tried again" within 20 end_guardian
said back 20 "undecided: its guardian has put it back"
kill -TERM "${pids[back]}"
ends back 0
check "  and nothing is parked" test "$(grep -c "is parked" "$tmp/back/log")" -eq 0

# --- the end ------------------------------------------------------------------------------------

kill -TERM "${pids[late]}" "${pids[harm]}"
ends late 0
ends harm 0
finish
