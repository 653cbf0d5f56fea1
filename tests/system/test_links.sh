#!/usr/bin/env bash
# Settings of links and their queueing disciplines are set and put back, and every dump of links and
# qdiscs is then what it was. Controls: a qdisc that somebody configured, an MTU that reaches further
# than its link, and what the kernel or a driver does not have are refused, and nothing changes.
# Runs beside others.
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace a
peer=nwt$$-b
ip netns add "$peer" && namespaces+=("$peer")
# Of veth: one to be changed, and one for each thing that is refused.
for link in one tbf htb idle port; do
  ip -n "$ns" link add "$link" numtxqueues 2 numrxqueues 2 type veth peer name "$link" netns "$peer"
  for side in "$ns" "$peer"; do
    ip -n "$side" link set dev "$link" addrgenmode none
    [ "$link" = idle ] || ip -n "$side" link set dev "$link" up
  done
done
ip -n "$ns" address add 192.0.2.1/24 dev one
ip -n "$ns" address add 2001:db8:1::1/64 dev one nodad
ip netns exec "$ns" tc qdisc add dev tbf root tbf rate 10mbit burst 16kb latency 50ms
ip netns exec "$ns" tc qdisc add dev htb root handle 1: htb default 10
ip netns exec "$ns" tc class add dev htb parent 1: classid 1:10 htb rate 10mbit
ip netns exec "$ns" tc qdisc add dev htb parent 1:10 handle 10: pfifo limit 50
# A link with a queue has pfifo_fast or fq_codel by default, where a veth has none: a TUN device.
ip -n "$ns" tuntap add dev queue mode tap
ip -n "$ns" link set queue addrgenmode none
ip -n "$ns" link set queue up

dump() {
  ip -n "$ns" -d link show
  ip netns exec "$ns" tc -d qdisc show
  ip netns exec "$ns" tc -d class show dev htb
  ip -n "$ns" -d address show
  ip netns exec "$ns" sh -c 'ls -d /sys/class/net/*/queues/*'
  ip -n "$ns" -d route show table all
  ip -n "$ns" -6 -d route show table all
  ip netns exec "$ns" sysctl -a 2>/dev/null | grep '^net\.ipv[46]\.conf'
}
# shellcheck disable=SC2317 # called by eventually
at_rest() {
  dump >"$tmp/before"
  sleep 0.5
  dump >"$tmp/again"
  cmp -s "$tmp/before" "$tmp/again"
}
ip -n "$ns" link property add dev one altname uno
eventually 10 "the links are at rest" at_rest
unchanged() {
  dump >"$tmp/after"
  if cmp -s "$tmp/before" "$tmp/after"; then
    ok "  links and qdiscs are as before"
  else
    not_ok "  links or qdiscs are not as before: $(diff "$tmp/before" "$tmp/after")"
  fi
}
set_link() { run 0 "set $*" set "$@" --netns "$ns"; }
roll_back() {
  run 0 "rollback" rollback
  unchanged
}
# shellcheck disable=SC2016 # the inner shell expands them
link_shows() { check "  ip link shows $1" sh -c 'ip -n "$0" -d link show dev "$2" | grep -q -- "$1"' "$ns" "$1" "$2"; }
# shellcheck disable=SC2016 # as above
qdisc_shows() { check "  tc qdisc shows $1" sh -c 'ip netns exec "$0" tc qdisc show dev "$2" | grep -q -- "$1"' "$ns" "$1" "$2"; }
refused() { # STATUS COMPLAINT ARGUMENT
  run "$1" "refuse $3" set "$3" --netns "$ns"
  complains "$2"
  unchanged
}

# --- attributes -----------------------------------------------------------------------------------
set_link link:one/txqueuelen=5000
link_shows "qlen 5000" one
roll_back
set_link link:one/mtu=1400
link_shows "mtu 1400" one
roll_back
set_link link:one/mtu=9000 link:one/txqueuelen=200 link:one/gso_max_segs=100
link_shows "mtu 9000" one
roll_back
# gso_max_size alone would take gso_ipv4_max_size with it.
for setting in gso_max_size gro_max_size gso_ipv4_max_size gro_ipv4_max_size; do
  set_link "link:one/$setting=32768"
  roll_back
done
set_link link:one/gso_ipv4_max_size=40000 link:one/gso_max_size=50000
run 0 "both hold" set link:one/gso_ipv4_max_size=40000 link:one/gso_max_size=50000 --netns "$ns"
roll_back

refused 2 "1280" link:one/mtu=1279
refused 2 "txqueuelen" link:one/txqueuelen=0
refused 2 "SETTING" link:one/txquelen=5
refused 2 "no link" link:none/txqueuelen=5
ip -n "$ns" link add link port name upper type macvlan
ip -n "$ns" link set upper addrgenmode none
dump >"$tmp/before"
refused 7 "stand on this one" link:port/mtu=1400
ip -n "$ns" link del upper
ip -n "$ns" link add bridge type bridge
ip -n "$ns" link set bridge addrgenmode none
ip -n "$ns" link set port master bridge
dump >"$tmp/before"
refused 7 "port of another one" link:port/mtu=1400
ip -n "$ns" link del bridge
ip -n "$ns" -6 route add 2001:db8:5::/48 via 2001:db8:1::2 mtu 1450
dump >"$tmp/before"
refused 7 "IPv6 route" link:one/mtu=1400
ip -n "$ns" -6 route del 2001:db8:5::/48
ip netns exec "$ns" sysctl -qw net.ipv6.conf.one.mtu=1480
dump >"$tmp/before"
refused 7 "MTU of its own" link:one/mtu=1400
ip netns exec "$ns" sysctl -qw net.ipv6.conf.one.mtu=1500
dump >"$tmp/before"

# --- ethtool ----------------------------------------------------------------------------------------
for offload in tso tso6 gso gro; do
  "$NETWRIGHT" set "link:one/offload.$offload=0" --netns "$ns" --dry-run --state-dir "$state" >"$tmp/now" 2>&1
  if grep -q '1 -> 0' "$tmp/now"; then to=off; else to=on; fi
  set_link "link:one/offload.$offload=$to"
  run 0 "it holds" set "link:one/offload.$offload=$to" --netns "$ns"
  roll_back
done
refused 7 "does not let it be changed" link:lo/offload.lro=1
refused 2 'netwright: link:one/offload.tso: "maybe" is neither on nor off' link:one/offload.tso=maybe
refused 2 'netwright: link:one/mtu: "12" is out of range' link:one/mtu=12
set_link link:one/channels.tx=1
check "  one queue is left" ip netns exec "$ns" test ! -e /sys/class/net/one/queues/tx-1
roll_back
refused 7 "at most 2" link:one/channels.rx=3
refused 7 "no channels of this kind" link:one/channels.combined=1
run 7 "no channels on lo" set link:lo/channels.rx=1 --netns "$ns"

# --- qdiscs -------------------------------------------------------------------------------------------
default=$(ip netns exec "$ns" tc qdisc show dev queue | cut -d' ' -f2)
case $default in pfifo) other=pfifo_fast ;; *) other=pfifo ;; esac
set_link "link:queue/qdisc=$other"
qdisc_shows "qdisc $other 6e77: root" queue
roll_back
set_link link:one/qdisc=pfifo_fast
qdisc_shows "pfifo_fast 6e77: root" one
first=$(last_id)
set_link link:one/qdisc=bfifo
qdisc_shows "bfifo 6e78: root" one
run 0 "rollback to the first of ours" rollback
qdisc_shows "pfifo_fast 6e77: root" one
run 0 "rollback to the default" rollback "$first"
unchanged
set_link link:queue/qdisc=noqueue
roll_back
set_link "link:queue/qdisc=$other"
ip netns exec "$ns" tc qdisc replace dev queue root handle 5: bfifo
run 4 "rollback of what somebody else replaced" rollback
qdisc_shows "bfifo 5: root" queue
ip netns exec "$ns" tc qdisc del dev queue root
unchanged
set_link link:queue/qdisc=pfifo
ip netns exec "$ns" tc qdisc replace dev queue root handle 5: pfifo limit 77
run 4 "rollback of what somebody else replaced by one of the same kind" rollback
qdisc_shows "pfifo 5: root" queue
ip netns exec "$ns" tc qdisc del dev queue root
unchanged

refused 4 "somebody configured" link:tbf/qdisc=pfifo
refused 4 "somebody configured" link:htb/qdisc=pfifo
refused 7 "down" link:idle/qdisc=pfifo
refused 2 "without parameters" link:one/qdisc=tbf
refused 2 "without parameters" link:one/qdisc=nosuch
for kind in fq fq_codel cake sfq codel fq_pie; do
  "$NETWRIGHT" set "link:queue/qdisc=$kind" --netns "$ns" --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
  status=$?
  if [ "$status" -eq 0 ]; then
    roll_back
  else
    check "  without $kind in the kernel it is unsupported" test "$status" -eq 7
    complains "no qdisc \"$kind\""
    unchanged
  fi
done

echo "# a link has one target, whatever it is called"
run 0 "both of its names" set --netns "$ns" link:uno/txqueuelen=77 link:one/txqueuelen=77
says "link:one/txqueuelen"
check "  one change" test "$(grep -c -- '->' "$tmp/out")" -eq 1
run 0 "rollback" rollback
unchanged
run 2 "both, and not the same" set --netns "$ns" link:uno/txqueuelen=77 link:one/txqueuelen=78
run 2 "a name that nothing has" set --netns "$ns" link:due/txqueuelen=77
unchanged
finish
