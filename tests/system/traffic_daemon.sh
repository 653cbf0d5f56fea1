# shellcheck shell=bash disable=SC2034,SC2154 # NETWRIGHT, LAB_* are of audit.sh and lab.sh
# A daemon on real traffic: what its tests share. Source audit.sh first.

# traffic_daemon_until PATTERN SECONDS OPTION...: a daemon by $LAB_TMP/conf, until its log, $LAB_TMP/log,
# has a line of that pattern.
traffic_daemon_until() {
  local pattern=$1 tenths=$(($2 * 10)) tries
  shift 2
  : >"$LAB_TMP/log"
  "$NETWRIGHT" daemon --config "$LAB_TMP/conf" --state-dir "$LAB_TMP/state" "$@" 2>"$LAB_TMP/log" &
  traffic_daemon=$!
  for ((tries = 0; tries < tenths; tries++)); do
    ! grep -qE "$pattern" "$LAB_TMP/log" || break
    sleep 0.1
  done
}

expect_kept() { # DESCRIPTION PATTERN
  if grep -qE "$2" "$LAB_TMP/log"; then
    ok "$1: $(grep " kept:" "$LAB_TMP/log")"
  else
    not_ok "not kept: $(cat "$LAB_TMP/log")"
  fi
}

traffic_daemon_ends() {
  local ended
  kill -TERM "$traffic_daemon"
  wait "$traffic_daemon"
  ended=$?
  if [ "$ended" -eq 0 ]; then ok "ends"; else not_ok "ends with status $ended"; fi
}
