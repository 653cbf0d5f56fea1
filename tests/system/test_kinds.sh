#!/usr/bin/env bash
# Every catalogued sysctl takes another valid value through its kind and gets its old one back, in a
# namespace of its own and, where only the host has it, on the host; so do the limits of a process.
# Controls: a key that loses what is written, and one that is read-only, are noticed.
# Runs beside others.
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=sysctls.sh
. tests/system/sysctls.sh
WALK=${WALK:-$PWD/build/tests/walk_tunables}
netns=nwkinds$$
trap 'ip netns del "$netns" 2>/dev/null; rm -rf "$check_dir"' EXIT

# walked COUNT FAILED FILE: the sums of a walk, at least COUNT and exactly FAILED.
# shellcheck disable=SC2317 # called by check
walked() { awk -v walked="$1" -v failed="$2" '/ walked, / { ok = $1 >= walked && $7 == failed } END { exit !ok }' "$3"; }

check "a namespace can be made" ip netns add "$netns"
ip -n "$netns" link set lo up
# A link with a dot in its name, which sysctl.d(5) writes as a slash.
check "with a link" ip -n "$netns" link add d.100 type veth peer name d.200
ip -n "$netns" link set d.100 up

sysctls 'net\.' ip netns exec "$netns" >"$check_dir/before"
sysctls 'net\.' >"$check_dir/host_before"
"$WALK" netns "$netns" d/100 >"$check_dir/walk" 2>&1
check "a namespace's are written and restored: $(tail -n 3 "$check_dir/walk" | tr '\n' ' ')" walked 250 0 "$check_dir/walk"
sysctls 'net\.' ip netns exec "$netns" >"$check_dir/after"
sysctls 'net\.' >"$check_dir/host_after"
check "all of its values are back" same "$check_dir/before" "$check_dir/after"
check "there are many" test "$(wc -l <"$check_dir/before")" -gt 300
check "the host's were not touched" same "$check_dir/host_before" "$check_dir/host_after"

"$WALK" init >"$check_dir/init" 2>&1
check "the host's own are written and restored: $(tail -n 3 "$check_dir/init" | tr '\n' ' ')" walked 20 0 "$check_dir/init"
sysctls 'net\.' >"$check_dir/host_after"
check "all of the host's values are back" same "$check_dir/host_before" "$check_dir/host_after"

sleep 60 &
sleeper=$!
cat /proc/$sleeper/limits >"$check_dir/limits"
"$WALK" limits $sleeper >"$check_dir/walk_limits" 2>&1
check "limits are set and restored: $(tail -n 3 "$check_dir/walk_limits" | tr '\n' ' ')" walked 8 0 "$check_dir/walk_limits"
check "all limits are back" same "$check_dir/limits" /proc/$sleeper/limits
kill $sleeper
wait $sleeper 2>/dev/null
"$WALK" limits $sleeper >"$check_dir/ended" 2>&1
check "a process that ended is told" grep -q '^FAIL .*there is no such process' "$check_dir/ended"

# A key that loses what is written, one that is read-only, and everything else as it was.
broken() { # FILE COMMAND...: walks a namespace in which the command was run
  local file=$1
  shift
  unshare -n -m bash -c 'mount --make-rprivate / && ip link set lo up && "$@" && exec '"'$WALK'"' netns "" lo' broken "$@" >"$file" 2>&1
}
sack=/proc/sys/net/ipv4/tcp_sack
broken "$check_dir/null" mount --bind /dev/null $sack
check "a key that loses writes is noticed" grep -q '^FAIL net.ipv4.tcp_sack' "$check_dir/null"
check "and it alone: $(tail -n 3 "$check_dir/null" | tr '\n' ' ')" walked 200 1 "$check_dir/null"
broken "$check_dir/readonly" sh -c "mount --bind $sack $sack && mount -o remount,ro,bind $sack"
check "a read-only key is noticed" grep -q '^FAIL net.ipv4.tcp_sack' "$check_dir/readonly"
check "and it alone is: $(tail -n 3 "$check_dir/readonly" | tr '\n' ' ')" walked 200 1 "$check_dir/readonly"
broken "$check_dir/healthy" true
check "without them there is nothing: $(tail -n 3 "$check_dir/healthy" | tr '\n' ' ')" walked 200 0 "$check_dir/healthy"
finish
