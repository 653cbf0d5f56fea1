#!/usr/bin/env bash
# Tables that fill up: connection tracking (CT-01, near its limit and at it) and neighbours of both
# families (NB-01, V6-01). The controls: the same tables with room.
# shellcheck disable=SC2034 # for audit.sh
FAMILY=4
unset NETWRIGHT_RECORD_DIR # recordings come in pairs, one of each family
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=../lab/host_settings.sh
. "$here/../lab/host_settings.sh"

# --- connection tracking -------------------------------------------------------------------------
# The limit is the machine's; each namespace is held against it with its own connections, so that
# only ours, with hundreds of them, meets the lower one.
lab_veth_up tracked
track() { # PORT COUNT
  lab_exec A "$LAB_BIN/traffic" track --first "$1" --count "$2" >/dev/null || not_ok "cannot enter connections"
}
track 1 900
audit_start A conntrack-room 2
audit_wait conntrack-room
expect_no_finding conntrack-room "CT-.*"
expect_nothing_above_low conntrack-room

limit=$(</proc/sys/net/netfilter/nf_conntrack_max)
host_set net.netfilter.nf_conntrack_max 1000
audit_start A conntrack-near-full 2
audit_start B conntrack-elsewhere 2
audit_wait conntrack-near-full conntrack-elsewhere
n=conntrack-near-full
expect_finding $n CT-01
expect_evidence $n CT-01 conntrack.count 900 0
expect_evidence $n CT-01 conntrack.limit 1000 0
expect_evidence $n CT-01 conntrack.drops 0 0
expect_json $n "raises the limit" \
  'any(.findings[] | select(.id == "CT-01") | .changes[]; .tunable == "net.netfilter.nf_conntrack_max" and .to == 2000)'
expect_no_finding conntrack-elsewhere "CT-.*"

# More than it holds are refused. The kernel counts drops of packets, not of entries made by hand: that
# the rule sees them is left to the unit tests.
lab_exec A "$LAB_BIN/traffic" track --first 901 --count 150 >"$LAB_TMP/track"
if grep -qx 'entered=100 refused=50' "$LAB_TMP/track"; then ok "the table refuses what is beyond"; else not_ok "$(cat "$LAB_TMP/track")"; fi
audit_start A conntrack-full 2
audit_wait conntrack-full
host_restore
if [ "$(</proc/sys/net/netfilter/nf_conntrack_max)" = "$limit" ]; then ok "the limit is $limit again"; else not_ok "the limit stays"; fi
expect_json conntrack-near-full "CT-01 is medium" 'any(.findings[]; .id == "CT-01" and .severity == "medium")'
expect_json conntrack-full "CT-01 is high" 'any(.findings[]; .id == "CT-01" and .severity == "high")'
expect_evidence conntrack-full CT-01 conntrack.share 1 0
lab_down tracked

# --- neighbours ----------------------------------------------------------------------------------
# The tables are the machine's, with every namespace's neighbours. Ours stay below the limit that the
# kernel sets, so that nobody is refused.
add_neighbours() { # FAMILY FORMAT COUNT
  local i
  # shellcheck disable=SC2059 # the format is ours
  for ((i = 0; i < $3; i++)); do
    printf "neigh replace $2 lladdr 02:00:00:00:%02x:%02x dev lan0 nud stale\n" $((i / 250)) $((i % 250 + 2)) $((i / 250)) $((i % 250))
  done | ip -n "$LAB_NS_A" -"$1" -batch -
}
# entries, summed over all namespaces, as the kernel counts them.
entries() { # arp_cache|ndisc_cache
  printf '%d' "0x$(awk 'NR == 2 { print $1 }' "/proc/net/stat/$1")"
}
neighbours_are() { # NAME ID METRIC FAMILY TABLE FORMAT
  local key=net.ipv$4.neigh.default.gc_thresh3 size count
  size=$(<"/proc/sys/${key//./\/}")
  lab_veth_up "$1few"
  add_neighbours "$4" "$6" $((size / 8))
  audit_start A "$1-few" 1
  audit_wait "$1-few"
  expect_no_finding "$1-few" "$2"
  lab_down "$1few"

  lab_veth_up "$1many"
  add_neighbours "$4" "$6" $((size * 86 / 100))
  count=$(entries "$5")
  audit_start A "$1-many" 1
  audit_wait "$1-many"
  lab_down "$1many"
  expect_finding "$1-many" "$2"
  expect_evidence "$1-many" "$2" "$3" "$count" 0.05
  expect_json "$1-many" "raises the limit" \
    "any(.findings[] | select(.id == \"$2\") | .changes[]; .tunable == \"$key\" and .from == $size and .to > $size)"
}
# A neighbour that does not exist, and one that does.
datagrams() { # ADDRESS SECONDS
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_bg A bash -c 'printf -v large %1400s; end=$((SECONDS + $2))
    while ((SECONDS < end)); do
      exec 3<>"/dev/udp/$1/9"
      for ((i = 0; i < 60; i++)); do printf %s "$large" >&3; done
      exec 3>&-
      sleep 0.05
    done 2>/dev/null' - "$1" "$2"
  sleep 0.5
}
lab_veth_up answers
datagrams "$LAB_B4" 4
audit_start A neighbour-answers 2
audit_wait neighbour-answers
expect_no_finding neighbour-answers "NB-.*|V6-.*"
lab_stop "$LAB_PID"
for address in 198.51.100.77 2001:db8:a::77; do
  n=neighbour$([ "${address#*:}" = "$address" ] && echo 4 || echo 6)-dead
  datagrams "$address" 8
  audit_start A "$n" 4
  audit_wait "$n"
  expect_finding "$n" NB-02
  lab_stop "$LAB_PID"
done
lab_down answers

neighbours_are neigh4 NB-01 neighbour.entries 4 arp_cache 198.51.%d.%d
neighbours_are neigh6 V6-01 neighbour6.entries 6 ndisc_cache 2001:db8:a::%x:%x
finish
