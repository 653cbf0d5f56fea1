#!/usr/bin/env bash
# What --persist kept of links and routes is set again by netwright restore, which a unit runs at
# boot: what is missing or refused is told, the rest is set, and a roll-back takes the file with it.
#
# The directories below /etc are the test's own, in a mount namespace. Files set the initial network
# namespace alone: the link and the routing table there are the test's, and go with it.
set -u
if [ "${1:-}" != inside ]; then
  exec unshare --mount --propagation private bash "$0" inside
fi
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

root=$tmp/root
files=$root/etc/netwright/restore.d
mkdir -p "$files"
new_namespace a
ip -n "$ns" link add one type veth peer name two
ip -n "$ns" link set two up
ip -n "$ns" link set one up
ip -n "$ns" address add 192.0.2.1/24 dev one
# shellcheck disable=SC2317 # called by check
link_has() { ip -n "$ns" -d link show one | grep -q "$1"; }
# shellcheck disable=SC2317
route_has() { ip -n "$ns" route show "$1" | grep -q "$2"; }

echo "# nothing kept"
run 0 "restore without files" restore --root "$tmp/none" --netns "$ns"
check "makes no journal" test ! -e "$state"

echo "# what can be set is set, the rest is told"
cat >"$files/10-early.conf" <<EOF
# by hand
link:one/mtu = 1300
link:gone/mtu = 1300
EOF
cat >"$files/95-late.conf" <<EOF
link:one/mtu = 1400
route:192.0.2.0/24/initcwnd = 20
route:198.51.100.0/24/initcwnd = 20
no such line
link:one/colour = red
uncatalogued:net.ipv4.tcp_fin_timeout = 10
EOF
run 4 "restore --dry-run" restore --root "$root" --netns "$ns" --dry-run
says "link:one/mtu"
check "  writes nothing" link_has "mtu 1500"
run 4 "restore" restore --root "$root" --netns "$ns"
first=$(last_id)
complains "restore 10-early.conf:3"
complains "95-late.conf:4: is not TUNABLE = VALUE"
complains "restore 95-late.conf:5"
complains "is set by hand only"
# No route leads there, and none can be made of another.
complains "restore 95-late.conf:3"
check "  and no more" test "$(wc -l <"$tmp/err")" -eq 5
check "the later file counts" link_has "mtu 1400"
check "the route has its window" route_has 192.0.2.0/24 "initcwnd 20"
run 0 "show" show "$first"
says "restore 95-late.conf:2"

echo "# again"
ip -n "$ns" route add default via 192.0.2.254
run 4 "restore, when there is a route to copy" restore --root "$root" --netns "$ns"
check "only what was missing is written" test "$(grep -c -- '->' "$tmp/out")" -eq 1
check "a route of its own" route_has 198.51.100.0/24 "initcwnd 20"
rm "$files/10-early.conf"
sed -i '1,3!d' "$files/95-late.conf"
run 0 "restore, all being set" restore --root "$root" --netns "$ns"
says "Nothing was written"
silent
run 0 "rollback" rollback
run 0 "rollback of the first" rollback "$first"
check "as before" link_has "mtu 1500"
check "no window" test -z "$(ip -n "$ns" route show | grep initcwnd)"

echo "# a write that fails costs itself alone"
echo "net.ipv4.tcp_retries2 = 9" >>"$files/95-late.conf"
strace -f -qq -o /dev/null -P /proc/sys/net/ipv4/tcp_retries2 -e trace=write -e inject=write:error=EIO \
  "$NETWRIGHT" restore --root "$root" --netns "$ns" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
check "restore: status 4" test $? -eq 4
complains "restore 95-late.conf:4"
check "the others are set" link_has "mtu 1400"
holds net.ipv4.tcp_retries2 15
run 0 "rollback" rollback

echo "# kept by --persist"
if ! [ -e /proc/sys/net/core/netdev_max_backlog ]; then
  echo "skip: not in the initial network namespace, and no file sets any other"
  echo "$passed passed, $failed failed, 1 skipped"
  [ "$failed" -eq 0 ]
  exit
fi
link=nwt$$
table=$((100000 + $$))
make_link() { # in the initial namespace, without an address
  ip link add "$link" type veth peer name "$link-b" netns "$ns" && ip link set "$link" up &&
    ip -n "$ns" link set "$link-b" up && ip route add 198.51.100.0/24 dev "$link" table "$table"
}
# shellcheck disable=SC2317 # called by the trap
end() {
  ip link delete "$link" 2>/dev/null
  clean_up
}
trap end EXIT
make_link || exit 1
mkdir -p "$tmp/etc" "$tmp/units" /etc/netwright /etc/systemd/system
mount --bind "$tmp/etc" /etc/netwright && mount --bind "$tmp/units" /etc/systemd/system || exit 1
# One that is installed here is hidden.
for hidden in /usr/local/lib/systemd/system /usr/lib/systemd/system; do
  [ ! -e $hidden/netwright-restore.service ] || mount -t tmpfs none $hidden || exit 1
done
kept=(link:"$link"/txqueuelen=777 route:198.51.100.0/24@table:"$table"/initcwnd=21)
run 7 "without the unit" set "${kept[@]}" --persist
complains "netwright-restore.service"
check "  and nothing is set" grep -q "qlen 1000" <(ip link show "$link")
sed 's|@SBINDIR@|/usr/sbin|' "$here/../../dist/netwright-restore.service.in" >"$tmp/units/netwright-restore.service"
run 0 "set --persist --confirm" set "${kept[@]}" --persist --confirm 30s
check "no file before it is confirmed" test ! -e /etc/netwright/restore.d
run 0 "confirm" confirm
id=$(last_id)
file=$(printf '/etc/netwright/restore.d/95-netwright-%010d.conf' "$id")
says "next boot: $file"
check "the file has both" test "$(grep -cxF -e "link:$link/txqueuelen = 777" \
  -e "route:198.51.100.0/24@table:$table/initcwnd = 21" "$file")" -eq 2
run 0 "restore" restore
says "Nothing was written"

echo "# after a restart"
ip link delete "$link"
echo 01234567-89ab-cdef-0123-456789abcdef >"$tmp/boot_id"
mount --bind "$tmp/boot_id" /proc/sys/kernel/random/boot_id || exit 1
run 4 "restore before the link is there" restore
complains "link:$link/txqueuelen"
make_link || exit 1
run 0 "restore" restore
again=$(last_id)
silent
check "the link is as kept" grep -q "qlen 777" <(ip link show "$link")
check "the route is as kept" grep -q "initcwnd 21" <(ip route show table "$table")
run 0 "status" status --json
json ".each_boot | map(.id) == [$id]"
json ".in_force | map(.id) == [$again]"
run 0 "rollback of what was kept" rollback "$id"
check "the file is gone" test ! -e "$file"
run 0 "rollback of what was set at boot" rollback "$again"
check "the link is as it was made" grep -q "qlen 1000" <(ip link show "$link")
finish
