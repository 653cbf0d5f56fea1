#!/usr/bin/env bash
# Profile bulk-wan on both ends of 1 Gbit/s x 100 ms, from receive and send limits of 6 and 4 MiB: at
# least 2.5 times the goodput; and put back, what it was.
# shellcheck disable=SC2317 # functions are called through expect
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"

lab_up bulkwan 1gbit 50ms 12500000 0%
state=$LAB_TMP/state
for host in A B; do
  lab_sysctl "$host" net.ipv4.tcp_rmem "4096 131072 6291456"
  lab_sysctl "$host" net.ipv4.tcp_wmem "4096 16384 4194304"
  lab_sysctl "$host" net.ipv4.tcp_mtu_probing 1 # not what is measured
done
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 120
lab_wait_port B 5001

goodput() { # bit/s of one transfer, its start left out
  lab_exec A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 10 --omit 5 |
    grep -oE 'goodput_bps=[0-9]+' | cut -d= -f2
}
netwright() { "$NETWRIGHT" "$@" --state-dir "$state" 2>>"$LAB_TMP/err" >>"$LAB_TMP/out"; }
expect() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  if "$@"; then ok "$what"; else not_ok "$what: $(tail -n 2 "$LAB_TMP/err" 2>/dev/null)"; fi
}

before=$(goodput)
for host in A B; do
  expect "applied on $host" netwright apply bulk-wan --netns "$(lab_ns "$host")" --input rate=1Gbit --input rtt=100ms --input flows=1
done
after=$(goodput)
expect "$before bit/s before, $after after: at least 2.5 times" \
  awk -v a="$after" -v b="$before" 'BEGIN { exit !(b > 0 && a >= 2.5 * b) }'
expect "put back" netwright rollback --all
expect "  the receive limit" test "$(lab_exec B sysctl -n net.ipv4.tcp_rmem | tr '\t' ' ')" = "4096 131072 6291456"
expect "  the send limit" test "$(lab_exec A sysctl -n net.ipv4.tcp_wmem | tr '\t' ' ')" = "4096 16384 4194304"
finish
