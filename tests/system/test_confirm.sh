#!/usr/bin/env bash
# --confirm: the deadline belongs to a process of its own, and if that is lost, to the journal.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace confirm
somaxconn=$(value_of net.core.somaxconn)

guardian_of() { # ID
  "$NETWRIGHT" show "$1" --json --state-dir "$state" | jq -r .transaction.guardian.pid
}
# shellcheck disable=SC2317 # called by eventually
{
  is_back() { [ "$(value_of net.core.somaxconn)" = "$somaxconn" ]; }
  is_gone() { ! kill -0 "$1" 2>/dev/null; }
  has_state() { [ "$(state_of "$1")" = "$2" ]; }
}

echo "# confirmed in time"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 20s
id=$(last_id)
says "put back in"
says "keep: netwright confirm $id --state-dir $state"
holds net.core.somaxconn 8192
guardian=$(guardian_of "$id")
check "a guardian lives" kill -0 "$guardian"
check "  in a session of its own" test "$(ps -o sid= -p "$guardian")" != "$(ps -o sid= -p $$)"
check "  without a terminal" test "$(ps -o tty= -p "$guardian" | tr -d ' ')" = '?'
run 0 "status" status
says "waiting for a confirmation"
run 0 "status --json" status --json
json '.schema == "netwright.status/1" and (.pending | length == 1) and .pending[0].guardian.alive'
json '.pending[0].seconds_left > 5 and .pending[0].seconds_left < 20'
run 5 "another change meanwhile" set --netns "$ns" net.ipv4.tcp_retries2=9
complains "netwright confirm $id"
run 0 "a dry run of it" set --netns "$ns" net.ipv4.tcp_retries2=9 -n
complains "transaction $id is not finished"
for verb in confirm show rollback "rollback --dry-run"; do
  # shellcheck disable=SC2086 # words
  run 2 "$verb of another, which there is not" $verb 4711
  complains "there is no transaction 4711"
done
run 0 "confirm" confirm
check "the transaction is kept" test "$(state_of "$id")" = kept
eventually 5 "its guardian ends" is_gone "$guardian"
holds net.core.somaxconn 8192
run 3 "confirm once more" confirm
run 0 "rollback" rollback
holds net.core.somaxconn "$somaxconn"

echo "# put back by somebody else before it is confirmed"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 net.ipv4.tcp_retries2=9 --confirm 20s
id=$(last_id)
guardian=$(guardian_of "$id")
write_value net.core.somaxconn "$somaxconn"
run 4 "confirm" confirm
complains "transaction $id is kept, but 1 of its 2 settings were changed since: net.core.somaxconn holds \"$somaxconn\""
says "somebody else set it"
check "the transaction is kept" test "$(state_of "$id")" = kept
eventually 5 "its guardian ends" is_gone "$guardian"
run 0 "rollback" rollback
holds net.core.somaxconn "$somaxconn"

echo "# a journal that is not there"
journals=$state
mkdir -m 700 "$tmp/fresh" "$tmp/emptied"
: >"$tmp/emptied/state.db"
state=$tmp/fresh
run 0 "status of a fresh machine" status
check "  says nothing else" test ! -s "$tmp/err"
state=$tmp/misspelt
run 0 "status of a directory that does not exist" status
complains "there is no directory of the name that --state-dir gives"
for verb in confirm show rollback "rollback --dry-run"; do
  # shellcheck disable=SC2086 # words
  run 2 "$verb, where nothing was changed yet" $verb 4711
  complains "there is no transaction 4711"
done
state=$tmp/emptied
run 0 "status of a journal that is empty" status
complains "the journal, state.db, is empty"
state=$journals

echo "# not confirmed"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 2s
id=$(last_id)
eventually 8 "it is put back" is_back
eventually 3 "the transaction is rolled back" has_state "$id" rolled-back
run 3 "confirm after the deadline" confirm "$id"

echo "# rolled back by hand before the deadline"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 30s
id=$(last_id)
guardian=$(guardian_of "$id")
run 0 "rollback" rollback
holds net.core.somaxconn "$somaxconn"
eventually 5 "its guardian ends" is_gone "$guardian"

echo "# the terminal is closed"
# A session of its own, as a login has; everything in it gets SIGHUP when its terminal goes.
script -qec "'$NETWRIGHT' set --netns $ns net.core.somaxconn=8192 --confirm 3s --state-dir '$state'; sleep 60" \
  /dev/null </dev/null >"$tmp/out" 2>&1 &
eventually 5 "a pending change" grep -q '^transaction' "$tmp/out"
terminal=$!
pkill -HUP -P "$terminal" 2>/dev/null
kill -HUP "$terminal" 2>/dev/null
kill -KILL "$terminal" 2>/dev/null
wait "$terminal" 2>/dev/null
holds net.core.somaxconn 8192
eventually 8 "it is put back after the deadline" is_back

echo "# the guardian is told to end, as all that belongs to a session may be"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 60s
id=$(last_id)
kill -TERM "$(guardian_of "$id")"
eventually 8 "it is put back at once" is_back
eventually 3 "the transaction is rolled back" has_state "$id" rolled-back

echo "# the guardian is lost before it has the deadline"
strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=400000 \
  "$NETWRIGHT" set --netns "$ns" net.core.somaxconn=8192 --confirm 60s --json --state-dir "$state" >"$tmp/out" 2>"$tmp/err" &
run=$!
sleep 0.7
for guardian in $(pgrep -x netwright-guard); do
  grep -qzF -- "$state" "/proc/$guardian/cmdline" && kill -KILL "$guardian"
done
wait "$run"
check "set --confirm: status 3" test $? -eq 3
complains "was to guard the deadline"
json '.transaction.state == "rolled-back"'
holds net.core.somaxconn "$somaxconn"

echo "# the guardian is killed"
run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 2s
id=$(last_id)
kill -KILL "$(guardian_of "$id")"
run 0 "status tells" status
says "is gone"
sleep 2.5
holds net.core.somaxconn 8192
run 0 "status tells that it is overdue" status
says "not confirmed in time"
check "  and names no command that would keep it" test "$(grep -c "netwright confirm" "$tmp/out")" = 0
says "undo: netwright rollback $id"
holds net.core.somaxconn 8192
run 3 "confirm comes too late" confirm "$id"
holds net.core.somaxconn "$somaxconn"
check "the transaction is rolled back" test "$(state_of "$id")" = rolled-back

run 0 "set --confirm" set --netns "$ns" net.core.somaxconn=8192 --confirm 1s
id=$(last_id)
kill -KILL "$(guardian_of "$id")"
sleep 1.2
run 0 "the next change puts it back first" set --netns "$ns" net.ipv4.tcp_retries2=9
complains "transaction $id"
holds net.core.somaxconn "$somaxconn"
holds net.ipv4.tcp_retries2 9
finish
