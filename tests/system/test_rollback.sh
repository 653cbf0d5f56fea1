#!/usr/bin/env bash
# Rolling back when somebody else was there: conflicts, --force, --all, namespaces that are gone or
# have come back under the same name.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace back
somaxconn=$(value_of net.core.somaxconn)
retries=$(value_of net.ipv4.tcp_retries2)

echo "# before there is anything"
run 3 "rollback" rollback
complains "nothing to put back"
run 3 "confirm" confirm
run 0 "status" status
run 0 "history" history
says "Nothing was changed yet."
run 0 "history --json" history --json
json '.transactions == []'
check "none of them made a journal" test ! -e "$state"
run 2 "rollback of no number" rollback x
run 2 "rollback of one and all" rollback 1 --all

echo "# a conflict"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192 net.ipv4.tcp_retries2=9
id=$(last_id)
run 0 "rollback --dry-run" rollback --dry-run
says "8192 -> $somaxconn"
says "9 -> $retries"
says "Nothing was written"
silent
write_value net.core.somaxconn 512
run 4 "rollback --dry-run, with a conflict" rollback --dry-run --json
json '.schema == "netwright.plan/1" and [.changes[].tunable] == ["net.ipv4.tcp_retries2"]'
complains "net.core.somaxconn: conflict"
run 0 "rollback --dry-run --force" rollback --dry-run --force
says "512 -> $somaxconn"
run 4 "rollback --dry-run --all, with a conflict" rollback --dry-run --all
says "Nothing was written"
run 2 "rollback --dry-run of none" rollback --dry-run 4711
holds net.core.somaxconn 512
holds net.ipv4.tcp_retries2 9
run 4 "rollback" rollback
says "conflict: holds \"512\""
complains "net.core.somaxconn"
holds net.core.somaxconn 512
holds net.ipv4.tcp_retries2 "$retries"
check "the transaction is partial" test "$(state_of "$id")" = partial
run 0 "status" status
says "put back in part only"
run 0 "status --json" status --json
json "(.partial | length == 1) and .partial[0].id == $id"
run 4 "rollback --all tries again" rollback --all
complains "net.core.somaxconn"
run 4 "again" rollback "$id"
holds net.core.somaxconn 512
run 0 "with --force" rollback "$id" --force
holds net.core.somaxconn "$somaxconn"
check "the transaction is rolled back" test "$(state_of "$id")" = rolled-back

echo "# a disk that is full by now"
usual=$state
mkdir "$tmp/full"
mount -t tmpfs -o size=256k,mode=0700 tmpfs "$tmp/full"
state=$tmp/full
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
cat /dev/zero >"$tmp/full/zeros" 2>/dev/null
run 3 "rollback" rollback
complains "the settings are put back, but the journal could not be written"
holds net.core.somaxconn "$somaxconn"
rm "$tmp/full/zeros"
run 0 "rollback, once there is room" rollback
umount "$tmp/full"
state=$usual

echo "# changed back by somebody else: no conflict"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
write_value net.core.somaxconn "$somaxconn"
run 0 "rollback" rollback
holds net.core.somaxconn "$somaxconn"

echo "# all of them"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
run 0 "set on top" set --netns "$ns" net.core.somaxconn=9000 net.ipv4.tcp_retries2=9
run 0 "and again" set --netns "$ns" net.core.somaxconn=9001
run 4 "the first one alone, --dry-run" rollback "$((id + 2))" --dry-run
complains "changed net.core.somaxconn after"
run 4 "the first one alone is refused" rollback "$((id + 2))"
complains "changed net.core.somaxconn after"
check "  and is still kept" test "$(state_of "$((id + 2))")" = kept
holds net.core.somaxconn 9001
run 0 "rollback --all --dry-run" rollback --all --dry-run
check "  undoes the last one first" test "$(grep -oE "(9001|9000|8192) -> [0-9]+" "$tmp/out" | tr '\n' ' ')" = \
  "9001 -> 9000 9000 -> 8192 8192 -> $somaxconn "
run 0 "rollback --all --dry-run --json" rollback --all --dry-run --json
json '.schema == "netwright.plans/1" and ([.plans[].changes | length] == [1, 2, 1])'
holds net.core.somaxconn 9001
run 0 "rollback --all --force" rollback --all --force --json
json '.transactions | length == 3 and all(.[]; .state == "rolled-back")'
holds net.core.somaxconn "$somaxconn"
holds net.ipv4.tcp_retries2 "$retries"

echo "# while somebody else changes something"
flock "$state" sleep 30 &
holder=$!
eventually 5 "the lock is taken" sh -c "! flock -n '$state' true"
run 5 "rollback --all" rollback --all --lock-timeout 1s
check "  claims nothing" test ! -s "$tmp/out"
run 5 "rollback --all --json" rollback --all --json --lock-timeout 1s
check "  nor then" test ! -s "$tmp/out"
pkill -P "$holder"
wait "$holder"

echo "# a namespace that is gone, and one that took its name"
# A new one, that no mount namespace of another test has a copy of.
new_namespace gone
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
id=$(last_id)
ip netns delete "$ns"
run 0 "rollback --dry-run without the namespace" rollback "$id" --dry-run
complains "gone"
run 0 "rollback without the namespace" rollback "$id"
says "gone"
ip netns add "$ns"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
id=$(last_id)
ip netns delete "$ns"
ip netns add "$ns"
write_value net.core.somaxconn 8192
run 0 "rollback with another one of its name" rollback "$id"
says "gone"
holds net.core.somaxconn 8192

echo "# a namespace without a name"
ip netns delete "$ns"
ip netns add "$ns"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
id=$(last_id)
# Bound in the mount namespace of another process only, as container engines do.
# shellcheck disable=SC2016 # the inner shell expands them
unshare --mount --propagation private bash -c '
  touch "$2" && mount --bind "/run/netns/$1" "$2" && touch "$2.ready" && exec sleep 60' \
  - "$ns" "$tmp/bound here" &
holder=$!
eventually 5 "a process has bound it" test -e "$tmp/bound here.ready"
ip netns delete "$ns"
run 0 "rollback finds it where it is bound" rollback "$id"
check "  and restores it" test "$(nsenter --net="/proc/$holder/root$tmp/bound here" sysctl -n net.core.somaxconn)" = "$somaxconn"
kill "$holder" && wait "$holder" 2>/dev/null
ip netns add "$ns"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
id=$(last_id)
exec {open}</run/netns/"$ns"
ip netns delete "$ns"
run 0 "rollback finds one that is merely open" rollback "$id" --json
json '.transaction.changes[0].outcome == "restored"'
check "  and restores it" test "$(nsenter --net="/proc/$$/fd/$open" sysctl -n net.core.somaxconn)" = "$somaxconn"
exec {open}<&-

echo "# a namespace that was renamed"
ip netns add "$ns"
run 0 "set" set --netns "$ns" net.core.somaxconn=8192
touch /run/netns/"$ns"-new
mount --bind /run/netns/"$ns" /run/netns/"$ns"-new
umount /run/netns/"$ns"
rm -f /run/netns/"$ns"
ns=$ns-new
namespaces+=("$ns")
run 0 "rollback finds it" rollback
holds net.core.somaxconn "$somaxconn"
finish
