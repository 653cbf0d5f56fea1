#!/usr/bin/env bash
# A profile that --persist kept is applied at boot by netwright restore: by name and inputs, worked out anew,
# also for an interface that appears later; what later files set is left to them; a roll-back takes it out.
#
# The directories below /etc are the test's own, in a mount namespace. The one setting of the machine's own
# network namespace that is changed (nothing is kept of any other) is put back however the test ends.
set -u
if [ "${1:-}" != inside ]; then
  exec unshare --mount --propagation private bash "$0" inside
fi
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

mkdir -p "$tmp/etc/profiles" "$tmp/units" /etc/netwright /etc/systemd/system
mount --bind "$tmp/etc" /etc/netwright && mount --bind "$tmp/units" /etc/systemd/system || exit 1
root=$tmp/root
files=$root/etc/netwright/restore.d
mkdir -p "$files" "$root/etc/sysctl.d"
new_namespace a
cat >/etc/netwright/profiles/site.conf <<'END'
profile = { name = "site"; summary = "s"; inputs = { queue = "2000"; };
  settings = (
    { tunable = "net.core.somaxconn"; raise_to = "queue * 2"; why = "w"; source = "s"; },
    { tunable = "net.ipv4.tcp_fin_timeout"; set = "20s"; why = "w"; source = "s"; },
    { tunable = "net.ipv4.conf.late.rp_filter"; set = "2"; why = "w"; source = "s"; },
    { tunable = "link:late/txqueuelen"; set = "queue"; why = "w"; source = "s"; } ); };
END
restore() { # STATUS DESCRIPTION [OPTION...]
  local wanted=$1 what=$2
  shift 2
  run "$wanted" "$what" restore --root "$root" --netns "$ns" "$@"
}
# shellcheck disable=SC2317 # called by check
link_has() { ip -n "$ns" link show late | grep -q "$1"; }

echo "# by name and inputs"
restore 0 "restore without a file"
check "makes no journal" test ! -e "$state"
printf 'profile = site\ninput = queue=5000\n' >"$files/95-site.profile"
restore 0 "restore --dry-run" --dry-run
says "net.core.somaxconn"
check "  writes nothing" test ! -e "$state"
restore 0 "restore"
holds net.core.somaxconn 10000
holds net.ipv4.tcp_fin_timeout 20
complains "2 settings of profile site left out here"
run 0 "the profile is in force" profile active --netns "$ns" --json
json '.profile == "site"'
restore 0 "restore again"
says "Nothing was written"

echo "# an interface that appears later"
ip -n "$ns" link add late type veth peer name other
restore 0 "restore"
check "has its queue" link_has "qlen 5000"
holds net.ipv4.conf.late.rp_filter 2
holds net.core.somaxconn 10000
restore 0 "restore again"
says "Nothing was written"
run 0 "rollback --all" rollback --all
check "the link is as it was made" link_has "qlen 1000"
holds net.core.somaxconn 4096

echo "# of two files the later one, with the inputs' own defaults"
printf 'profile = site\n' >"$files/96-site.profile"
write_value net.core.somaxconn 3000
restore 0 "restore"
holds net.core.somaxconn 4000
check "the formula's other value" link_has "qlen 2000"
run 0 "rollback --all" rollback --all
rm "$files/96-site.profile"

echo "# others that have the last word"
echo "net.core.somaxconn = 3000" >"$root/etc/sysctl.d/90-early.conf"
echo "net.ipv4.tcp_fin_timeout = 40" >"$root/etc/sysctl.d/99-late.conf"
echo "link:late/txqueuelen = 777" >"$files/10-link.conf"
ln -s /nonexistent/a.conf "$root/etc/sysctl.d/80-nowhere.conf" # hides none of them
restore 0 "restore"
holds net.core.somaxconn 10000
holds net.ipv4.tcp_fin_timeout 60
complains "/etc/sysctl.d/80-nowhere.conf: is a link that leads nowhere"
complains "net.ipv4.tcp_fin_timeout is not set: /etc/sysctl.d/99-late.conf:1 sets it at boot"
check "the setting of its own counts" link_has "qlen 777"
restore 0 "restore again"
check "  and changes nothing" test "$(grep -c -- '->' "$tmp/out")" -eq 0
run 0 "rollback --all" rollback --all
rm "$root/etc/sysctl.d"/* "$files/10-link.conf"

echo "# what is wrong is told, and the rest restored"
echo "link:late/txqueuelen = 777" >"$files/10-link.conf"
for line in "profile = sitte" "profile = site
input = queue=1MiB" "profil = site"; do
  echo "$line" >"$files/95-site.profile"
  restore 4 "restore of ${line//$'\n'/, }"
  complains "95-site.profile"
  check "  and no more" test "$(wc -l <"$tmp/err")" -eq 1
  check "  the link is set" link_has "qlen 777"
  run 0 "  rollback" rollback
done
rm "$files/95-site.profile"

# bad_file WHAT: likewise where 95-site.profile is no text of a profile at all.
bad_file() {
  restore 4 "restore beside $1"
  complains "95-site.profile"
  check "  and no more" test "$(wc -l <"$tmp/err")" -eq 1
  check "  the link is set" link_has "qlen 777"
  run 0 "  rollback" rollback
  rm -r "$files/95-site.profile"
}
head -c 70000 /dev/zero | tr '\0' '#' >"$files/95-site.profile"
bad_file "70 kB"
mkfifo "$files/95-site.profile"
bad_file "a pipe that nobody writes to"
mkdir "$files/95-site.profile"
bad_file "a directory"

echo "# kept by apply --persist"
if ! [ -e /proc/sys/net/core/netdev_max_backlog ]; then
  echo "skip: not in the initial network namespace, and nothing is kept of any other"
  echo "$passed passed, $failed failed, 1 skipped"
  [ "$failed" -eq 0 ]
  exit
fi
key=net.ipv4.tcp_keepalive_intvl
old=$(sysctl -n $key)
link=nwp$$
# shellcheck disable=SC2317 # called by the trap
end() {
  sysctl -q -w "$key=$old"
  ip link delete "$link" 2>/dev/null
  clean_up
}
trap end EXIT
in_force() { check "  $key is $1" test "$(sysctl -n $key)" = "$1"; } # VALUE
for hidden in /usr/local/lib/systemd/system /usr/lib/systemd/system; do
  [ ! -e $hidden/netwright-restore.service ] || mount -t tmpfs none $hidden || exit 1
done
cat >/etc/netwright/profiles/site.conf <<END
profile = { name = "site"; summary = "s"; inputs = { more = "1s"; };
  settings = (
    { tunable = "$key"; set = "${old}s + more"; why = "w"; source = "s"; },
    { tunable = "link:$link/txqueuelen"; set = "777"; why = "w"; source = "s"; } ); };
END
run 7 "without the unit" apply site --persist
complains "netwright-restore.service"
in_force "$old"
sed 's|@SBINDIR@|/usr/sbin|' "$here/../../dist/netwright-restore.service.in" >"$tmp/units/netwright-restore.service"
run 2 "of a directory that no boot reads" apply site --persist --profiles /etc/netwright/profiles
complains "put yours into /etc/netwright/profiles"
run 7 "in another namespace" apply site --persist --netns "$ns"
run 0 "apply --persist --confirm" apply site --input more=2s --persist --confirm 30s
check "no file before it is confirmed" test ! -e /etc/netwright/restore.d
run 0 "confirm" confirm
id=$(last_id)
file=$(printf '/etc/netwright/restore.d/95-netwright-%010d.profile' "$id")
says "next boot: $file"
check "the file has the name" grep -qx "profile = site" "$file"
check "  and the inputs" grep -qx "input = more=2s" "$file"
in_force $((old + 2))
run 0 "apply --persist of what holds" apply site --input more=2s --persist
says "Nothing was written"
run 0 "restore" restore
says "Nothing was written"

echo "# after a restart"
sysctl -q -w "$key=$old"
echo 01234567-89ab-cdef-0123-456789abcdef >"$tmp/boot_id"
mount --bind "$tmp/boot_id" /proc/sys/kernel/random/boot_id || exit 1
sed -i "s/${old}s + more/${old}s + 2 * more/" /etc/netwright/profiles/site.conf
run 0 "restore" restore
again=$(last_id)
in_force $((old + 4))
run 0 "status" status --json
json ".each_boot | map(.id) == [$id]"
ip link add "$link" type veth peer name "$link-b" netns "$ns"
run 0 "restore, now that there is the link" restore
check "it has its queue" grep -q "qlen 777" <(ip link show "$link")
run 0 "rollback of what was kept" rollback "$id"
check "the file is gone" test ! -e "$file"
check "nothing else is left" test -z "$(ls -A /etc/netwright/restore.d)"
run 0 "rollback of what was set at boot" rollback
run 0 "  and of all" rollback "$again"
in_force "$old"
run 0 "restore" restore
in_force "$old"
finish
