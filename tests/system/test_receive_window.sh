#!/usr/bin/env bash
# 1 Gbit/s x 100 ms. With a receive limit of 6 MiB the window holds the flow: the sender must say
# RCV-01, the receiver RCV-02 with a recommendation that fits; with 64 MiB neither may appear, even
# though rwnd_limited can read high on the full link.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

bdp=12500000 # bytes: 1 Gbit/s x 100 ms

lab_up rcv 1gbit 50ms $bdp 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 67108864"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 6291456"
bulk 5001 16 4
audit_start A receive-capped-sender 8
audit_start B receive-capped-receiver 8
audit_wait receive-capped-sender receive-capped-receiver

expect_finding receive-capped-sender RCV-01
expect_no_finding receive-capped-sender "SND-.*|LOSS-.*|BLOAT-01"
expect_limiter receive-capped-sender receiver-window
expect_json receive-capped-sender "names the path $(path_of B)" \
  "any(.findings[]; .id == \"RCV-01\" and .entity == \"$(path_of B)\")"
expect_finding receive-capped-receiver RCV-02
expect_json receive-capped-receiver "recommends tcp_rmem[2] between 1.5 and 6 BDP / r" \
  "[.findings[] | select(.id == \"RCV-02\") | .changes[] | select(.tunable == \"net.ipv4.tcp_rmem\" and .element == 2) | .to][0] as \$to
   | .entities.path[0].metrics[\"path.window_ratio\"] as \$r
   | \$r > 0.3 and \$r < 1 and \$to >= 1.5 * $bdp / \$r and \$to <= 6 * $bdp / \$r"
expect_json receive-capped-receiver "states the present value" \
  'any(.findings[] | select(.id == "RCV-02") | .changes[]; .from == 6291456)'

n=receive-capped-sender
expect_evidence $n RCV-01 path.goodput "$(read_rate $n acked)" 0.1
expect_evidence $n RCV-01 path.min_rtt "$(awk -v v="$(read_value $n after min_rtt_ms)" 'BEGIN { print v * 1000 }')" 0.02
expect_evidence $n RCV-01 path.snd_wnd_p50 "$(read_value $n after snd_wnd)" 0.15
expect_evidence $n RCV-01 path.rwnd_limited_share \
  "$(awk -v a="$(read_gain $n rwnd_ms)" -v b="$(read_gain $n busy_ms)" 'BEGIN { print a / b }')" 0.1 0.02
n=receive-capped-receiver
expect_evidence $n RCV-02 path.rcvbuf_p95 "$(read_value $n after rcvbuf)" 0.02
expect_evidence $n RCV-02 path.receive_rate "$(read_rate $n received)" 0.1
lab_down rcv

# The control: room on both sides.
lab_up free 1gbit 50ms $bdp 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 67108864"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 67108864"
bulk 5001 18 6
audit_start A receive-free-sender 8
audit_start B receive-free-receiver 8
audit_wait receive-free-sender receive-free-receiver
expect_no_finding receive-free-sender "RCV-.*|SND-.*"
expect_no_finding receive-free-receiver "RCV-.*|SND-.*"
finish
