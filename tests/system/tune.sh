# shellcheck shell=bash disable=SC2154 # FAMILY, LAB_* are of audit.sh and lab.sh
# What the tests of tune share: change what the audit proposes, keep it, and undo it; and whether what
# was measured before and after shows the cure. Source audit.sh first.

# The state directory of the transactions.
tune_state() {
  lab_init # makes LAB_TMP
  state=$LAB_TMP/state
}

# tune HOST NAME OPTION...: --confirm and confirm; its JSON is $LAB_TMP/NAME.json.
tune() {
  local host=$1 name=$2 ns
  shift 2
  tune_state
  ns=$(lab_ns "$host")
  "$NETWRIGHT" tune --netns "$ns" --confirm 5min --json --state-dir "$state" "$@" \
    >"$LAB_TMP/$name.json" 2>"$LAB_TMP/$name.err"
  expect_status "$name: tune --confirm" $?
  expect_json "$name" "is pending, and guarded" '.transaction | .state == "pending" and .guardian.alive'
  "$NETWRIGHT" confirm -q --state-dir "$state" 2>"$LAB_TMP/$name.err"
  expect_status "$name: confirm" $?
}

undo() { # NAME
  "$NETWRIGHT" rollback -q --state-dir "$state" 2>"$LAB_TMP/$1.err"
  expect_status "$1: rollback" $?
}

expect_status() { # DESCRIPTION STATUS
  if [ "$2" -eq 0 ]; then ok "$1"; else not_ok "$1: status $2: $(cat "$LAB_TMP"/*.err)"; fi
}

expect_value() { # HOST KEY VALUE
  local now
  now=$(lab_exec "$1" sysctl -n "$2" | tr '\t' ' ')
  if [ "$now" = "$3" ]; then ok "$2 is $3"; else not_ok "$2 is $now, not $3"; fi
}

# tune_rule HOST RULE SECONDS KEY VALUE: the changes of one rule alone, among them KEY to VALUE.
tune_rule() {
  tune "$1" "$2" --for "${3}s" --only "$2"
  expect_json "$2" "changed for no other reason" \
    "[.transaction.changes[].why | startswith(\"$2 \")] | length > 0 and all"
  expect_value "$1" "$4" "$5"
}

# Connections of a second and more from A to B, four at a time, all the time.
come_and_go() { # PORT
  local i
  lab_bg B "$LAB_BIN/traffic" sink --port "$1" --max-time 120 >/dev/null
  lab_wait_port B "$1"
  for i in 2 4 6 8; do
    # shellcheck disable=SC2016 # the inner shell expands them
    lab_bg A bash -c 'sleep "0.$3"; while :; do "$0" source --to "$1" --port "$2" --time "1.$3" >/dev/null || exit; done' \
      "$LAB_BIN/traffic" "$LAB_B4" "$1" "$i"
  done
}

# --- measured before and after -------------------------------------------------------------------

# Bytes per second that B receives on a port by all its connections, over SECONDS.
goodput() { # PORT SECONDS
  local first
  first=$(received "$1")
  sleep "$2"
  awk -v a="$first" -v b="$(received "$1")" -v s="$2" 'BEGIN { printf "%.0f", (b - a) / s }'
}

received() { # PORT
  lab_exec B ss -Htin state established "sport = :$1" | grep -oE 'bytes_received:[0-9]+' | awk -F: '{ sum += $2 } END { printf "%.0f", sum }'
}

expect_gain() { # NAME BEFORE AFTER FACTOR
  if awk -v b="$2" -v a="$3" -v f="$4" 'BEGIN { exit !(b > 0 && a >= f * b) }'; then
    ok "$1: $2 before, $3 after (at least $4 times)"
  else
    not_ok "$1: $2 before, $3 after, not $4 times"
  fi
}

# Of what there should be less of, and at least LEAST before.
expect_drop() { # NAME BEFORE AFTER LEAST MOST
  if awk -v b="$2" -v a="$3" -v l="$4" -v m="$5" 'BEGIN { exit !(b >= l && a != "" && a <= m) }'; then
    ok "$1: $2 before (at least $4), $3 after (at most $5)"
  else
    not_ok "$1: $2 before (should be at least $4), $3 after (should be at most $5)"
  fi
}

# What a host's kernel has counted so far.
count_of() { # HOST COUNTER
  lab_exec "$1" nstat -asz "$2" | awk -v n="$2" '$1 == n { print $2 }'
}

# --- situations ----------------------------------------------------------------------------------

# Runs every function situation_* of this script in a process of its own, ABREAST at a time, and adds
# up; returns in that process once SITUATION says which one it is. FAMILY is set by the script.
situations_abreast() { # SCRIPT ABREAST
  local name dir names
  [ -z "${SITUATION:-}" ] || {
    "situation_$SITUATION"
    finish
  }
  mapfile -t names < <(declare -F | sed -n 's/^declare -f situation_//p' | grep -v '^families$')
  dir=$(mktemp -d) || exit 1
  # shellcheck disable=SC2016 # the inner shell expands them
  printf '%s\n' "${names[@]}" | FAMILY=$FAMILY xargs -P "$2" -I{} \
    bash -c 'SITUATION=$1 bash "$2" >"$3/$1" 2>&1 </dev/null || true' - {} "$1" "$dir"
  for name in "${names[@]}"; do
    echo "-- $name"
    add_counts "$name" "$dir/$name"
  done
  rm -rf "$dir"
  finish
}
