#!/usr/bin/env bash
# P3 over every kind, for real: changes of sysctls, limits, routes, links with their queue, and open
# connections are killed, and so are their roll-backs, at system calls spread evenly over both. The
# next roll-back puts back every byte that ip, tc, ss and /proc show. Control: without a kill all
# settings are there.
#
# NETWRIGHT_KILLS=N kills N times (60).
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"
KILLS=${NETWRIGHT_KILLS:-60}

new_namespace a
peer=nwt$$-b
ip netns add "$peer" && namespaces+=("$peer")
ip -n "$ns" link add one type veth peer name two netns "$peer"
ip -n "$ns" link set one addrgenmode none
ip -n "$peer" link set two addrgenmode none
ip -n "$peer" link set two up
ip -n "$ns" link set one up
ip -n "$ns" link set lo up
ip -n "$ns" address add 192.0.2.1/24 dev one
ip -n "$ns" address add 2001:db8:1::1/64 dev one nodad
ip -n "$ns" route add default via 192.0.2.254 initcwnd 11
ip -n "$ns" -6 route add 2001:db8:8::/48 via 2001:db8:1::2 congctl reno
ip netns exec "$ns" "$here/../../build/tests/traffic" pairs --count 2 --max-time 3600 >"$tmp/ready" &
pairs=$!
eventually 10 "connections are open" grep -q ready "$tmp/ready"
child=$(<"/proc/$pairs/task/$pairs/children")
child=${child// /}
# shellcheck disable=SC2317 # called by the trap
end() {
  kill "$pairs" && wait "$pairs"
  clean_up
} 2>/dev/null
trap end EXIT

links=(qdisc=pfifo txqueuelen=200 offload.tso=0 mtu=1400)
routes=(
  default/initcwnd=20 default/rto_min=50ms 198.51.100.0/24/congctl=reno 198.51.100.0/24/quickack=1
  2001:db8:8::/48/congctl=unset 2001:db8:8:1::/64/initcwnd=30
)
sockets=(sndbuf=1MiB rcvbuf=256KiB congestion=reno) # of four connections
sysctls=(
  net.core.somaxconn=8192 net.ipv4.ip_local_port_range="30000 50000" net.ipv4.tcp_fin_timeout=31
  net.ipv4.tcp_retries2=9 net.ipv4.tcp_rmem="8192 262144 67108864"
)
limits=(nofile=500 core=4096 stack=4MiB)
wishes=("${sysctls[@]}" "${links[@]/#/link:one/}" "${routes[@]/#/route:}"
  "${limits[@]/#/rlimit:$child/}" "${sockets[@]/#/socket:pid $child\/}")

keys=("${sysctls[@]%%=*}")
cat >"$tmp/dump.sh" <<DUMP
ip -d route show table all
ip -6 -d route show table all
ip -d link show
tc -d qdisc show
ss -Htnim state established | grep -oE ' (cubic|reno|bbr) |[(,][rt]b[0-9]+'
grep -E 'open files|core file|stack' /proc/$child/limits
cd /proc/sys && cat ${keys[*]//./\/} net/ipv6/conf/one/mtu
DUMP
dump() { ip netns exec "$ns" sh "$tmp/dump.sh" 2>/dev/null; } # ip complains of links that others remove
sleep 1
dump >"$tmp/before"
same() {
  dump >"$tmp/after"
  cmp -s "$tmp/before" "$tmp/after"
}
# Every system call of a run, from the one that opens the journal on, goes to $tmp/NAME.calls.
traced() { # NAME VERB...
  local name=$1
  shift
  strace -f -qq -o "$tmp/trace" -e signal=none \
    "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  check "$name runs: $(head -c 200 "$tmp/err")" test $? -eq 0
  # Which call it is of its name: "sendmsg 12".
  sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$tmp/trace" | awk '{ print $1, ++n[$1] }' >"$tmp/$name.calls"
}

traced set set "${wishes[@]}" --netns "$ns"
changes=$(grep -c -- '->' "$tmp/out")
check "changes of five kinds: $changes" test "$changes" -ge 30
dump >"$tmp/after"
check "the control differs" test "$(diff "$tmp/before" "$tmp/after" | grep -c '^[<>]')" -gt 40
traced rollback rollback
check "and put back" same

middle=0
lost=
back() { "$NETWRIGHT" rollback "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null; }
kill_at() { # CALL N VERB...
  local call=$1 n=$2
  shift 2
  strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:signal=SIGKILL:when=$n" \
    "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  same || middle=$((middle + 1))
  back
  same && return
  lost="$lost $1:$call:$n"
  [ "${lost:60}" ] || diff "$tmp/before" "$tmp/after" | head -n 5
  back --all --force
}
# At the K-th of KILLS places, each a call of a run.
place() { # NAME K
  local total
  total=$(wc -l <"$tmp/$1.calls")
  sed -n "$((1 + $2 * total / KILLS))p" "$tmp/$1.calls"
}
{
  for ((k = 0; k < KILLS; k += 2)); do
    # shellcheck disable=SC2046 # two words
    kill_at $(place set "$k") set "${wishes[@]}" --netns "$ns"
  done
  check "killed in changes, $middle times between two writes" test "$middle" -gt $((KILLS / 20))
  middle=0
  for ((k = 1; k < KILLS; k += 2)); do
    "$NETWRIGHT" set "${wishes[@]}" --netns "$ns" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" || break
    # shellcheck disable=SC2046
    kill_at $(place rollback "$k") rollback
  done
  check "killed in roll-backs, $middle times before their end" test "$middle" -gt $((KILLS / 20))
} 2>/dev/null # the shell tells of each
check "nothing was lost in $KILLS kills$lost" test -z "$lost"
finish
