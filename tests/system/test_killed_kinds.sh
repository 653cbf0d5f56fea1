#!/usr/bin/env bash
# P3 over every kind that goes through netlink, mixed with sysctls and a limit: killed at every
# other netlink message of a change, and at every fifth of a roll-back. The next roll-back puts back every byte that
# the dumps of routes, links and qdiscs show. Control: without a kill the settings are there.
# Runs beside others.
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace a
peer=nwt$$-b
ip netns add "$peer" && namespaces+=("$peer")
ip -n "$ns" link add one type veth peer name two netns "$peer"
ip -n "$ns" link set one addrgenmode none
ip -n "$peer" link set two addrgenmode none
ip -n "$peer" link set two up
ip -n "$ns" link set one up
ip -n "$ns" address add 192.0.2.1/24 dev one
ip -n "$ns" address add 2001:db8:1::1/64 dev one nodad
ip -n "$ns" route add default via 192.0.2.254 initcwnd 11
ip -n "$ns" -6 route add 2001:db8:8::/48 via 2001:db8:1::2 congctl reno

sleep 1000 &
process=$!
wishes=(
  route:default/initcwnd=20 route:default/rto_min=50ms route:198.51.100.0/24/congctl=reno
  route:198.51.100.0/24/quickack=1 route:2001:db8:8::/48/congctl=unset route:2001:db8:8:1::/64/initcwnd=30
  link:one/qdisc=pfifo link:one/txqueuelen=200 link:one/offload.tso=0 link:one/mtu=1400
  net.ipv4.tcp_fin_timeout=31 "net.ipv4.tcp_rmem=8192 262144 67108864" "rlimit:$process/nofile=500"
)
dump() {
  ip -n "$ns" -d route show table all
  ip -n "$ns" -6 -d route show table all
  # Other namespaces that come and go make it complain, not err.
  ip -n "$ns" -d link show 2>/dev/null
  ip netns exec "$ns" tc -d qdisc show
  ip netns exec "$ns" sysctl -a 2>/dev/null | grep -E '^net\.ipv4\.tcp_(fin|rmem)|^net\.ipv[46]\.conf'
  grep 'open files' "/proc/$process/limits"
}
sleep 1
dump >"$tmp/before"
same() {
  dump >"$tmp/after"
  cmp -s "$tmp/before" "$tmp/after"
}
# traced FILTER VERB...: the program, killed or counted by strace.
traced() {
  local filter=$1
  shift
  strace -f -qq -o "$tmp/trace" -e trace=sendmsg -e "$filter" \
    "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
}
messages() { grep -c '^[0-9]* *sendmsg(' "$tmp/trace"; }

traced signal=none set "${wishes[@]}" --netns "$ns"
check "all can be set together" test $? -eq 0
head -n 3 "$tmp/err"
sets=$(messages)
dump >"$tmp/after"
check "the control differs" test "$(diff "$tmp/before" "$tmp/after" | grep -c '^[<>]')" -gt 15
traced signal=none rollback
check "and put back" same
backs=$(messages)
check "there are messages to be killed at: $sets and $backs" test "$sets" -gt 50 -a "$backs" -gt 50

middle=0
lost=
kill_at() { # N VERB...
  local n=$1
  shift
  traced "inject=sendmsg:signal=SIGKILL:when=$n" "$@" 2>/dev/null
  same || middle=$((middle + 1))
  "$NETWRIGHT" rollback --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  same && return
  lost="$lost $1:$n"
  [ "${lost:50}" ] || diff "$tmp/before" "$tmp/after" | head -n 5
  "$NETWRIGHT" rollback --all --force --state-dir "$state" >/dev/null 2>&1
}
for ((n = 1; n <= sets; n += 2)); do kill_at "$n" set "${wishes[@]}" --netns "$ns"; done
check "killed at every other of $sets messages of a change, $middle times between two writes" test "$middle" -gt 10
middle=0
for ((n = 1; n <= backs; n += 5)); do
  "$NETWRIGHT" set "${wishes[@]}" --netns "$ns" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" || break
  kill_at "$n" rollback
done
check "killed in roll-backs, $middle times before their end" test "$middle" -gt 10
check "nothing was lost$lost" test -z "$lost"
kill "$process"
finish
