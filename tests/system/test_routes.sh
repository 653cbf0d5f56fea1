#!/usr/bin/env bash
# Metrics of routes are set and put back: every dump of the routes is byte for byte what it was, for a
# route with every metric, several hops, IPv6, other tables; a route that was made for a prefix is
# removed again. Controls: what must not be touched is refused with the reason, and nothing changes.
# Runs beside others.
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace a
peer=nwt$$-b
ip netns add "$peer" && namespaces+=("$peer")
ip -n "$ns" link add one type veth peer name two netns "$peer"
ip -n "$ns" link add three type veth peer name four netns "$peer"
# Without addresses that come by themselves, and when they like.
for link in one three; do ip -n "$ns" link set "$link" addrgenmode none; done
for link in lo one three; do ip -n "$ns" link set "$link" up; done
for link in lo two four; do ip -n "$peer" link set "$link" up; done
ip -n "$ns" address add 192.0.2.1/24 dev one
ip -n "$ns" address add 198.18.0.1/24 dev three
ip -n "$ns" address add 2001:db8:1::1/64 dev one nodad
ip -n "$ns" address add 2001:db8:2::1/64 dev three nodad

ip -n "$ns" route add default via 192.0.2.254 metric 100 proto dhcp src 192.0.2.1
ip -n "$ns" route add 198.51.100.0/24 via 192.0.2.2 mtu lock 1400 window 65536 rtt 80ms rttvar 20ms \
  ssthresh 30 cwnd lock 40 advmss 1300 reordering 5 hoplimit 60 initcwnd 12 features ecn rto_min 60ms \
  initrwnd 14 quickack 1 congctl reno fastopen_no_cookie 1
ip -n "$ns" route add 203.0.113.0/24 tos 0x10 initcwnd 5 nexthop via 192.0.2.2 weight 3 \
  nexthop via 198.18.9.9 dev three weight 200 onlink
ip -n "$ns" route add 203.0.113.0/24 table 1000 via 192.0.2.3
ip -n "$ns" route add blackhole 203.0.113.128/25
ip -n "$ns" route add 192.88.99.0/24 via 192.0.2.5 metric 7
ip -n "$ns" route append 192.88.99.0/24 via 192.0.2.6 metric 7
ip -n "$ns" -6 route add default via 2001:db8:1::fe metric 50 pref high
ip -n "$ns" -6 route add 2001:db8:8::/48 via 2001:db8:1::2 mtu 1400 hoplimit 33 initcwnd 9 congctl reno
ip -n "$ns" -6 route add 2001:db8:9::/48 nexthop via 2001:db8:1::2 weight 2 nexthop via 2001:db8:2::2
ip -n "$ns" nexthop add id 5 via 192.0.2.7 dev one 2>/dev/null &&
  ip -n "$ns" route add 192.0.3.0/24 nhid 5

dump() {
  ip -n "$ns" -d route show table all
  ip -n "$ns" -6 -d route show table all
  ip -n "$ns" nexthop show
}
# Links that come up add routes for a while.
# shellcheck disable=SC2317 # called by eventually
at_rest() {
  dump >"$tmp/before"
  sleep 1
  dump >"$tmp/again"
  cmp -s "$tmp/before" "$tmp/again"
}
eventually 10 "the routes are at rest" at_rest
unchanged() {
  dump >"$tmp/after"
  if cmp -s "$tmp/before" "$tmp/after"; then ok "  every byte of the routes is as before"; else not_ok "  the routes are not as before: $(diff "$tmp/before" "$tmp/after")"; fi
}
set_route() { run 0 "set $*" set "$@" --netns "$ns"; }
roll_back() {
  run 0 "rollback" rollback
  unchanged
}
# shellcheck disable=SC2016 # the inner shell expands them
route_shows() { # WORDS ROUTE...
  local words=$1
  shift
  check "  ip route shows $words" sh -c 'ip -n "$0" -d route show table all "$2" | grep -q -- "$1" ||
    ip -n "$0" -6 -d route show table all "$2" | grep -q -- "$1"' "$ns" "$words" "$1"
}

# --- each metric, on a route that has it, and on one that has not --------------------------------
for metric in advmss=1200 congctl=unset ecn=0 initcwnd=30 initrwnd=0 quickack=0 rto_min=5ms window=0; do
  set_route "route:198.51.100.0/24/$metric"
  roll_back
done
for metric in advmss=1200 congctl=reno ecn=1 initcwnd=30 initrwnd=20 quickack=1 rto_min=5ms window=65536; do
  set_route "route:203.0.113.0/24@table:1000/$metric" "route:2001:db8:9::/48/$metric" "route:::/0/$metric"
  roll_back
done
set_route route:198.51.100.0/24/initcwnd=30
route_shows "initcwnd 30" 198.51.100.0/24
route_shows "congctl reno" 198.51.100.0/24
route_shows "cwnd lock 40" 198.51.100.0/24
roll_back
set_route route:default/initcwnd=20
route_shows "default via 192.0.2.254.*metric 100 initcwnd 20" default
check "  the metric of its name was found" grep -q 'default@metric:100' "$tmp/out"
roll_back
set_route route:203.0.113.0/24@tos:16/congctl=reno
route_shows "weight 200 onlink" 203.0.113.0/24
roll_back
if ip -n "$ns" route show 192.0.3.0/24 | grep -q nhid; then
  set_route route:192.0.3.0/24/quickack=1
  route_shows "nhid 5" 192.0.3.0/24
  roll_back
fi
set_route route:2001:db8:8::/48/rto_min=30ms route:2001:db8:8::/48/congctl=unset
roll_back

# --- several metrics of one route, a change by somebody else in between --------------------------
set_route route:198.51.100.0/24/initcwnd=30 route:198.51.100.0/24/window=0 route:198.51.100.0/24/congctl=unset
roll_back
set_route route:192.0.2.0/24/quickack=1
route_shows "proto kernel scope link src 192.0.2.1 quickack 1" 192.0.2.0/24
ip -n "$ns" route change 192.0.2.0/24 dev one proto kernel scope link src 192.0.2.1 quickack 1 initcwnd 17
run 0 "rollback beside a change of another metric" rollback
route_shows "src 192.0.2.1 initcwnd 17" 192.0.2.0/24
ip -n "$ns" route change 192.0.2.0/24 dev one proto kernel scope link src 192.0.2.1
unchanged
set_route route:192.0.2.0/24/initcwnd=20
ip -n "$ns" route change 192.0.2.0/24 dev one proto kernel scope link src 192.0.2.1 initcwnd 17
run 4 "rollback of what somebody else has changed" rollback
route_shows "initcwnd 17" 192.0.2.0/24
run 0 "by force" rollback --force
unchanged
set_route route:203.0.113.0/24@table:1000/initcwnd=20
ip -n "$ns" route del 203.0.113.0/24 table 1000
run 0 "rollback of a route that was removed" rollback
ip -n "$ns" route add 203.0.113.0/24 table 1000 via 192.0.2.3
unchanged

# --- a route that is made, and removed -----------------------------------------------------------
for prefix in 198.51.100.7/32 233.252.0.0/24 2001:db8:8:1::/64 2001:db8:77::/48 2001:db8:1::77/128; do
  set_route "route:$prefix/congctl=reno" "route:$prefix/initcwnd=25"
  route_shows "proto 110" "$prefix"
  route_shows "initcwnd 25" "$prefix"
  roll_back
done
set_route route:198.51.100.7/initcwnd=25
route_shows "rto_min lock 60ms" 198.51.100.7/32
first=$(last_id)
set_route route:198.51.100.7/32/window=4096
run 0 "rollback of the second" rollback
route_shows "initcwnd 25" 198.51.100.7/32
run 0 "rollback of the first" rollback "$first"
unchanged

# --- refused, and nothing changed -----------------------------------------------------------------
refused() { # STATUS COMPLAINT ARGUMENT
  run "$1" "refuse $3" set "$3" --netns "$ns"
  complains "$2"
  unchanged
}
refused 7 "no congestion control" route:default/congctl=nosuch
refused 7 "only unicast" route:203.0.113.128/25/initcwnd=20
refused 7 "several routes" route:192.88.99.0/24@metric:7/initcwnd=20
refused 7 "keeps this IPv6 route itself" route:2001:db8:1::/64/initcwnd=20
refused 2 "METRIC" route:default/initcwmd=20
refused 2 'netwright: route:198.51.100.0/24/quickack: "maybe" is neither on nor off' route:198.51.100.0/24/quickack=maybe
refused 2 "METRIC" route:198.51.100.0/33/initcwnd=20
refused 2 "METRIC" route:default@via:1/initcwnd=20
refused 2 "initcwnd" route:default/initcwnd=-1
refused 2 "initcwnd" route:default/initcwnd=010
refused 2 "congctl" route:default/congctl=abcdefghijklmnopq
refused 2 "none that serves" route:198.51.100.0/24@table:77/initcwnd=20
run 0 "what holds already" set route:198.51.100.0/24/initcwnd=12 --netns "$ns"
unchanged
finish
