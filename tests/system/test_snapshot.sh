#!/usr/bin/env bash
# snapshot: all settings of a namespace are kept, compared and restored, as a transaction like any other.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"
# shellcheck source=sysctls.sh
. "$(dirname "$0")/sysctls.sh"

new_namespace snap
ip -n "$ns" link add eth0.100 type veth peer name veth0 || exit 1
somaxconn=$(value_of net.core.somaxconn)
rmem=$(value_of net.ipv4.tcp_rmem)

everything() { sysctls 'net\.(core|ipv4|ipv6)' ip netns exec "$ns"; }

echo "# mistakes"
run 2 "snapshot" snapshot
run 2 "an unknown action" snapshot sav x
complains "did you mean save"
run 2 "a name that leaves the directory" snapshot save ../x --netns "$ns"
run 2 "save with --confirm" snapshot save x --confirm 2s --netns "$ns"
run 2 "diff of none" snapshot diff x --netns "$ns"
run 0 "list of none" snapshot list
says "There are no snapshots."
check "no directory was made" test ! -e "$state"

echo "# save, change by hand, diff, restore"
everything >"$tmp/before"
run 0 "save" snapshot save good --netns "$ns"
run 2 "save again" snapshot save good --netns "$ns"
complains "--force"
run 0 "list --json" snapshot list --json
json ".snapshots | length == 1 and .[0].netns == \"$ns\" and .[0].settings > 200"
run 0 "diff of nothing" snapshot diff good --netns "$ns"
says "0 differences"
write_value net.core.somaxconn 77
write_value net.ipv4.tcp_rmem "4096 8192 16384"
write_value net.ipv4.conf.eth0/100.rp_filter 2
write_value net.ipv6.conf.default.hop_limit 99
run 1 "diff" snapshot diff good --netns "$ns"
says "net.core.somaxconn  $somaxconn -> 77"
says "net.ipv4.conf.eth0/100.rp_filter"
run 1 "diff --json" snapshot diff good --netns "$ns" --json
json '.schema == "netwright.snapshot-differences/1" and (.differences | length == 4)'
run 2 "restore elsewhere" snapshot restore good
complains "--netns $ns"
run 2 "diff elsewhere" snapshot diff good
complains "was taken in the network namespace $ns; say --netns $ns, or --force"
run 1 "unless that is meant" snapshot diff good --force
run 0 "restore --dry-run" snapshot restore good --netns "$ns" --dry-run
says "net.ipv4.tcp_rmem"
holds net.core.somaxconn 77
everything >"$tmp/changed"
run 0 "restore" snapshot restore good --netns "$ns"
id=$(last_id)
everything >"$tmp/after"
check "all is as it was" same "$tmp/before" "$tmp/after"
run 0 "restore once more" snapshot restore good --netns "$ns"
says "Nothing was written."
run 0 "rollback of the restoring" rollback "$id"
everything >"$tmp/after"
check "all is as it was before that" same "$tmp/changed" "$tmp/after"

echo "# with --confirm"
run 0 "restore --confirm" snapshot restore good --netns "$ns" --confirm 20s
run 0 "confirm" confirm
holds net.ipv4.tcp_rmem "$rmem"

echo "# an interface that is gone"
ip -n "$ns" link delete eth0.100
write_value net.core.somaxconn 77
run 1 "diff names it" snapshot diff good --netns "$ns"
says "gone: "
run 0 "restore restores the others" snapshot restore good --netns "$ns"
complains "not restored"
holds net.core.somaxconn "$somaxconn"

echo "# files that are not what netwright wrote"
file=$state/snapshots/good.json
cp "$file" "$tmp/good.json"
sed -i "s/\"$somaxconn\"/\"1\"/" "$file"
run 3 "edited" snapshot restore good --netns "$ns"
complains "damaged or edited"
run 0 "list names it" snapshot list
says "damaged or edited"
head -c 1000 "$tmp/good.json" >"$file"
run 3 "cut" snapshot diff good --netns "$ns"
cp "$tmp/good.json" "$file"
chmod 666 "$file"
run 3 "writable by all" snapshot restore good --netns "$ns"
chmod 600 "$file"
run 0 "whole again" snapshot restore good --netns "$ns"
holds net.core.somaxconn "$somaxconn"

finish
