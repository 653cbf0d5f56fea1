#!/usr/bin/env bash
# `make install` puts everything below DESTDIR and PREFIX, and `make uninstall` leaves nothing behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
check() {
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    passed=$((passed + 1))
    echo "ok   $what"
  else
    failed=$((failed + 1))
    echo "FAIL $what"
  fi
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

check "installs" make -s DESTDIR="$dir" PREFIX=/opt/nw install
check "the program runs from there" "$dir/opt/nw/sbin/netwright" --version
check "with its manual" test -s "$dir/opt/nw/share/man/man8/netwright.8"
check "and every rule book" test "$(find "$dir/opt/nw/share/netwright/rules" -name '*.conf' | wc -l)" -eq "$(find profiles/rules -name '*.conf' | wc -l)"
check "nothing outside the prefix" test "$(find "$dir" -type f -not -path "$dir/opt/nw/*" | wc -l)" -eq 0
check "installs again over itself" make -s DESTDIR="$dir" PREFIX=/opt/nw install
check "uninstalls" make -s DESTDIR="$dir" PREFIX=/opt/nw uninstall
check "and leaves no file" test "$(find "$dir" -type f | wc -l)" -eq 0
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
