#!/usr/bin/env bash
# --persist and those who set the same: files for the next boot come with the confirmation and go with
# the roll-back, and TuneD, sysctl.d and older files are named before anything is written.
#
# /etc/sysctl.d, /etc/systemd/system and the like are directories of the test, in a mount namespace of
# its own. The one setting of the machine's own network namespace that is changed (files set no other
# one) concerns dead connections alone, and is put back however the test ends.
set -u
if [ "${1:-}" != inside ]; then
  exec unshare --mount --propagation private bash "$0" inside
fi
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

key=net.ipv4.tcp_keepalive_probes
old=$(sysctl -n $key)
tuned=
# shellcheck disable=SC2317 # called by the trap
end() {
  [ -n "$tuned" ] && kill "$tuned" 2>/dev/null && wait "$tuned" 2>/dev/null
  sysctl -q -w "$key=$old"
  clean_up
}
trap end EXIT
in_force() { # VALUE
  check "  $key is $1" test "$(sysctl -n $key)" = "$1"
}
wanted=$((old + 1))
file() { printf '/etc/sysctl.d/95-netwright-%010d.conf' "$1"; }

if ! [ -e /proc/sys/net/core/netdev_max_backlog ]; then
  echo "skip: not in the initial network namespace, and no file sets any other"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
mkdir -p "$tmp"/sysctl.d "$tmp"/units "$tmp"/tuned /etc/sysctl.d /etc/systemd/system
mount --bind "$tmp/sysctl.d" /etc/sysctl.d || exit 1
mount --bind "$tmp/units" /etc/systemd/system || exit 1

echo "# kept for the next boot"
run 0 "set --persist" set "$key=$wanted" --persist
id=$(last_id)
says "next boot: $(file "$id")"
in_force "$wanted"
check "the file sets it" grep -qx "$key = $wanted" "$(file "$id")"
check "  and sysctl(8) reads it" sysctl -q -p "$(file "$id")"
run 0 "show" show "$id" --json
json ".transaction.persistence == \"written\" and .transaction.files == [\"$(file "$id")\"]"
check "lint finds nothing wrong with it" "$NETWRIGHT" lint "$(file "$id")" >/dev/null
run 0 "rollback" rollback
in_force "$old"
check "the file is gone" test ! -e "$(file "$id")"
check "nothing else is left" test -z "$(ls -A /etc/sysctl.d)"

echo "# what holds already gets a file, unless one sets it"
held=net.ipv4.tcp_retries2="$(sysctl -n net.ipv4.tcp_retries2)"
run 0 "set" set "$key=$wanted"
run 0 "set --persist --dry-run" set "$key=$wanted" "$held" --persist --dry-run
says "2 changes"
says "$wanted (holds already)"
run 0 "set --persist" set "$key=$wanted" "$held" --persist
id=$(last_id)
silent
says "next boot: $(file "$id")"
check "the file sets it" grep -qx "$key = $wanted" "$(file "$id")"
check "  and the other" grep -qx "${held/=/ = }" "$(file "$id")"
run 0 "once more" set "$key=$wanted" "$held" --persist
says "2 settings hold already. Nothing was written."
check "  and no other file" test "$(find /etc/sysctl.d -type f | wc -l)" = 1
run 0 "rollback" rollback
check "no file" test -z "$(ls -A /etc/sysctl.d)"
in_force "$wanted"
run 0 "rollback of the first" rollback
in_force "$old"
echo "${held/=/ = }" >/etc/sysctl.d/10-site.conf
run 0 "set --persist, of which a file sets one" set "$key=$wanted" "$held" --persist
id=$(last_id)
says "1 change"
check "only the other is in the file" test "$(grep -c '^net' "$(file "$id")")" = 1
run 0 "rollback" rollback
rm /etc/sysctl.d/10-site.conf

echo "# a file that somebody edited"
run 0 "set --persist" set "$key=$wanted" --persist
id=$(last_id)
echo "net.ipv4.tcp_fin_timeout = 59" >>"$(file "$id")"
run 4 "rollback" rollback
complains "$(file "$id"): was edited"
in_force "$old"
check "the file is there" grep -q tcp_fin_timeout "$(file "$id")"
rm "$(file "$id")"
run 0 "rollback, once it is removed" rollback "$id"

echo "# only once it is confirmed"
run 0 "set --persist --confirm" set "$key=$wanted" --persist --confirm 30s
id=$(last_id)
says "written when it is confirmed"
check "no file yet" test ! -e "$(file "$id")"
run 0 "confirm" confirm
says "next boot: $(file "$id")"
check "the file is there" test -e "$(file "$id")"

echo "# what an earlier --persist sets is named"
run 0 "another value, for this boot alone" set "$key=$((wanted + 1))" --dry-run
complains "an earlier netwright --persist sets it to \"$wanted\" ($(file "$id"):4): set again at the next boot"
run 0 "which wins with a file of its own" set "$key=$((wanted + 1))" --persist --dry-run
run 0 "rollback" rollback
check "the file is gone" test ! -e "$(file "$id")"
run 0 "set --persist --confirm, not confirmed" set "$key=$wanted" --persist --confirm 1s
id=$(last_id)
# shellcheck disable=SC2317 # called by eventually
is_back() { [ "$(state_of "$id")" = rolled-back ]; }
eventually 15 "it is put back" is_back
in_force "$old"
check "no file" test -z "$(ls -A /etc/sysctl.d)"

echo "# a file that cannot be written"
mount -t tmpfs -o ro none /etc/sysctl.d
run 4 "set --persist" set "$key=$wanted" --persist
id=$(last_id)
complains "may not survive a reboot"
in_force "$wanted"
umount /etc/sysctl.d
run 0 "the next command that changes anything writes it" set "$key=$wanted"
complains "transaction $id of an earlier run is now kept"
check "the file is there" test -e "$(file "$id")"
run 0 "rollback" rollback "$id"
check "the file is gone" test ! -e "$(file "$id")"

echo "# after a restart"
# Another boot id is all that the journal knows of one.
run 0 "set --persist" set "$key=$wanted" --persist
id=$(last_id)
echo 01234567-89ab-cdef-0123-456789abcdef >"$tmp/boot_id"
mount --bind "$tmp/boot_id" /proc/sys/kernel/random/boot_id || exit 1
run 0 "status" status
says "set at each boot"
says "next boot: $(file "$id")"
run 0 "a change that is not kept" set "$key=$((wanted + 1))"
run 0 "rollback" rollback
run 0 "status, once the earlier boot is closed" status --json
json ".each_boot | length == 1 and .[0].id == $id and .[0].state == \"void\""
run 0 "rollback --dry-run" rollback "$id" --dry-run --json
json '.changes == []'
complains "$(file "$id"): would be removed"
check "the file is there" test -e "$(file "$id")"
run 0 "rollback --all" rollback --all --json
json ".transactions | map(.id) == [$id]"
check "the file is gone" test ! -e "$(file "$id")"
run 0 "status" status
says "Nothing that netwright changed is in force."
run 3 "rollback --dry-run of nothing" rollback "$id" --dry-run
run 0 "rollback --all once more" rollback --all
says "Nothing that netwright changed is in force."
umount /proc/sys/kernel/random/boot_id
sysctl -q -w "$key=$old"

echo "# a disk that fails from some point on"
for n in 5 6 7 8 9 10 11 12; do
  strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:error=EIO:when="$n+" \
    "$NETWRIGHT" set "$key=$wanted" --persist -q --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  status=$?
  "$NETWRIGHT" set net.ipv4.tcp_keepalive_probes="$(sysctl -n $key)" -q --state-dir "$state" 2>/dev/null
  file=absent
  [ -n "$(ls -A /etc/sysctl.d)" ] && file=present
  case $status in
    3) check "sync $n fails: put back, and no file" test "$(sysctl -n $key) $file" = "$old absent" ;;
    *) check "sync $n fails: status $status, set, and a file" test "$(sysctl -n $key) $file" = "$wanted present" ;;
  esac
  "$NETWRIGHT" rollback --all -q --state-dir "$state" 2>/dev/null
  in_force "$old"
done

echo "# what has no file"
new_namespace persist
run 7 "another namespace" set --netns "$ns" net.core.somaxconn=8192 --persist
complains "initial network namespace"
holds net.core.somaxconn "$(value_of net.core.somaxconn)"
run 2 "with --export" tune --export sysctl.d --persist

echo "# sysctl.d of others"
echo "$key = 77" >/etc/sysctl.d/99-site.conf
run 0 "set --dry-run" set "$key=$wanted" --dry-run --json
complains "sysctl.d sets it to \"77\" (/etc/sysctl.d/99-site.conf:1): set again at the next boot"
json '.rivals | length == 1 and .[0].kind == "sysctl.d" and .[0].value == "77"'
ln -s /nonexistent/a.conf /etc/sysctl.d/20-nowhere.conf
run 0 "beside a link to nothing" set "$key=$wanted" --dry-run
complains "not read: /etc/sysctl.d/20-nowhere.conf: is a link that leads nowhere"
complains "sysctl.d sets it to \"77\""
rm /etc/sysctl.d/20-nowhere.conf
run 0 "with --persist it wins all the same" set "$key=$wanted" --dry-run --persist
complains "read after the file of --persist"
mv /etc/sysctl.d/99-site.conf /etc/sysctl.d/10-site.conf
run 0 "unless it is read before" set "$key=$wanted" --dry-run --persist
silent
echo "$key = $wanted" >/etc/sysctl.d/10-site.conf
run 0 "the same value is no rival" set "$key=$wanted" --dry-run
silent
rm /etc/sysctl.d/10-site.conf

echo "# TuneD"
if ! command -v tuned >/dev/null; then
  echo "skip TuneD: not installed"
  echo "$passed passed, $failed failed, 1 skipped"
  [ "$failed" -eq 0 ]
  exit
fi
mkdir -p "$tmp/tuned/netwright-base" "$tmp/tuned/netwright-test" "$tmp/tuned/profiles" "$tmp/run"
printf '[main]\nsummary=x\n[sysctl]\n%s=66\n' "$key" >"$tmp/tuned/netwright-base/tuned.conf"
printf '[main]\ninclude=netwright-base\n[sysctl]\nnet.ipv4.tcp_fin_timeout=59\n' >"$tmp/tuned/netwright-test/tuned.conf"
cp -r "$tmp"/tuned/netwright-* "$tmp/tuned/profiles/"
echo netwright-test >"$tmp/tuned/active_profile"
printf '%s\n' 'daemon = 1' 'dynamic_tuning = 0' 'sleep_interval = 1' 'update_interval = 0' \
  'recommend_command = 0' 'reapply_sysctl = 0' 'enable_dbus = 0' 'enable_unix_socket = 0' \
  >"$tmp/tuned/tuned-main.conf"
echo manual >"$tmp/tuned/profile_mode"
mkdir -p /run/tuned
mount --bind "$tmp/tuned" /etc/tuned && mount --bind "$tmp/run" /run/tuned || exit 1
new_namespace tuned
run 0 "before it runs" set "$key=$wanted" --dry-run
silent
ip netns exec "$ns" tuned --no-dbus >"$tmp/tuned.log" 2>&1 &
tuned=$!
# shellcheck disable=SC2317
is_tuned() { [ "$(value_of "$key")" = 66 ]; }
eventually 30 "TuneD sets it in a namespace" is_tuned
run 0 "set --dry-run there" set --netns "$ns" "$key=$wanted" --dry-run
complains "TuneD, profile netwright-test (PID "
complains "sets it to \"66\" (/etc/tuned/"
complains "netwright-base/tuned.conf:4)"
run 0 "as JSON" set --netns "$ns" "$key=$wanted" --dry-run --json
json '.rivals | length == 1 and .[0].kind == "tuned"'
run 0 "a setting of which TuneD knows nothing" set --netns "$ns" net.core.somaxconn=8192 --dry-run
silent
run 0 "a namespace that TuneD is not in" set "$key=$wanted" --dry-run
silent
run 0 "set writes nevertheless, and says so first" set --netns "$ns" "$key=$wanted"
complains "TuneD"
holds "$key" "$wanted"

finish
