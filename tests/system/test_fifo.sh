#!/usr/bin/env bash
# A FIFO that is too short for large packets drops them: Q-01. The controls: the same datagrams through a
# FIFO of the usual length, and through a shaper (tbf), whose drops are its purpose.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Datagrams from A to B: one in twenty is large.
datagrams() { # SECONDS
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_bg A bash -c 'exec 3<>"/dev/udp/$1/9" 2>/dev/null; printf -v large %1000s; end=$((SECONDS + $2))
    while ((SECONDS < end)); do
      for ((i = 0; i < 100; i++)); do
        printf %s "${large:0:$((i % 20 ? 10 : 1000))}" >&3
      done 2>/dev/null
      sleep 0.02
    done' - "$(address_of B)" "$1"
  sleep 1
}
# Packets dropped by the root qdisc so far.
dropped() {
  tc -n "$LAB_NS_A" -s qdisc show dev lan0 | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p' | head -n 1
}

lab_veth_up fifo
# bfifo takes what fits within its limit of bytes, and so nothing that is larger.
tc -n "$LAB_NS_A" qdisc add dev lan0 root bfifo limit 500
datagrams 20
first=$(dropped)
audit_start A fifo-short 3
audit_wait fifo-short
last=$(dropped)
expect_finding fifo-short Q-01
expect_evidence fifo-short Q-01 link.qdisc_drops "$((last - first))" 0.5
expect_json fifo-short "is about the link" 'any(.findings[]; .id == "Q-01" and .scope == "link" and .entity == "lan0")'

tc -n "$LAB_NS_A" qdisc replace dev lan0 root pfifo limit 1000
audit_start A fifo-usual 2
audit_wait fifo-usual
expect_no_finding fifo-usual "Q-.*"

tc -n "$LAB_NS_A" qdisc replace dev lan0 root tbf rate 200kbit burst 3000 limit 3000
sleep 0.5
first=$(dropped)
audit_start A shaper 2
audit_wait shaper
if [ "$(dropped)" -gt "$first" ]; then ok "the shaper drops"; else not_ok "the shaper drops nothing"; fi
expect_no_finding shaper "Q-.*"
finish
