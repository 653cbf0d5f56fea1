#!/usr/bin/env bash
# `make install` puts everything below DESTDIR and PREFIX, and `make uninstall` leaves nothing behind.
# Runs beside others.
set -u
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
dir=$check_dir/root
mkdir "$dir"

check "installs" make -s DESTDIR="$dir" PREFIX=/opt/nw install
check "the program runs from there" "$dir/opt/nw/sbin/netwright" --version
for page in man/*.[578]; do
  check "with $page" cmp "$page" "$dir/opt/nw/share/man/man${page##*.}/${page##*/}"
done
check "and no other page" test "$(find "$dir/opt/nw/share/man" -type f | wc -l)" -eq "$(find man -name '*.[578]' | wc -l)"
check "and every rule book" test "$(find "$dir/opt/nw/share/netwright/rules" -name '*.conf' | wc -l)" -eq "$(find profiles/rules -name '*.conf' | wc -l)"
units=$dir/opt/nw/lib/systemd/system
runs() { # UNIT COMMAND: systemd-analyze looks for the program, too.
  check "$1 runs it" grep -qx "ExecStart=/opt/nw/sbin/netwright $2" "$units/$1"
  command -v systemd-analyze >/dev/null || return 0
  sed "s|/opt/nw|$dir/opt/nw|" "$units/$1" >"$check_dir/$1"
  check "  and is a sound one" systemd-analyze verify --man=no "$check_dir/$1"
}
runs netwright-restore.service restore
check "  and is wanted at boot" test "$units/netwright-restore.service" -ef "$units/multi-user.target.wants/netwright-restore.service"
runs netwright-recover.service "daemon --recover"
check "  and is wanted early" test "$units/netwright-recover.service" -ef "$units/sysinit.target.wants/netwright-recover.service"
runs netwright.service daemon
check "  and is wanted by nobody who did not enable it" test "$(find "$units" -name netwright.service | wc -l)" -eq 1
runs netwright-restore@.service restore
check "  and no boot wants it" test ! -e "$units/multi-user.target.wants/netwright-restore@.service"
check "  but a rule of udev's" grep -q 'SYSTEMD_WANTS}+="netwright-restore@' "$dir/opt/nw/lib/udev/rules.d/90-netwright.rules"
# TuneD looks in /usr/lib/tuned since ever, and below profiles/ in it since 2.23.
for profile in tuned-profiles/netwright-*; do
  name=${profile##*/}
  for layout in "$dir/usr/lib/tuned" "$dir/usr/lib/tuned/profiles"; do
    check "$name in ${layout#"$dir"}" cmp "$profile/tuned.conf" "$layout/$name/tuned.conf"
    check "with its helper" test -x "$layout/$name/value"
  done
done
check "nothing else outside the prefix" test "$(find "$dir" -type f -not -path "$dir/opt/nw/*" -not -path "$dir/usr/lib/tuned/profiles/netwright-*" | wc -l)" -eq 0
check "installs again over itself" make -s DESTDIR="$dir" PREFIX=/opt/nw install
check "uninstalls" make -s DESTDIR="$dir" PREFIX=/opt/nw uninstall
check "and leaves no file" test "$(find "$dir" -type f -o -type l | wc -l)" -eq 0
finish
