#!/usr/bin/env bash
# A deep queue filled by cubic (20 Mbit/s x 40 ms, 1 MB: BLOAT-01) and a shallow one overrun by bbr
# (100 Mbit/s x 40 ms, 25 KB: CC-02), each beside the same link with the queue it should have.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

LAB_CC=cubic
lab_up bloat 20mbit 20ms 1000000 0%
bulk 5001 18 6
audit_start A deep-queue 9
audit_wait deep-queue
expect_finding deep-queue BLOAT-01
expect_no_finding deep-queue "RCV-.*|SND-01|SND-02|CC-.*"
n=deep-queue
expect_evidence $n BLOAT-01 path.min_rtt "$(awk -v v="$(read_value $n after min_rtt_ms)" 'BEGIN { print v * 1000 }')" 0.02
expect_evidence $n BLOAT-01 path.goodput "$(read_rate $n acked)" 0.1
expect_evidence $n BLOAT-01 path.srtt_p50 "$(read_median_rtt $n)" 0.15
lab_down bloat

lab_up fit 20mbit 20ms 50000 0%
bulk 5002 14 4
audit_start A fitting-queue 8
audit_wait fitting-queue
expect_no_finding fitting-queue "BLOAT-01|RCV-.*|SND-.*"
lab_down fit

LAB_CC=bbr
lab_up shallow 100mbit 20ms 25000 0%
bulk 5003 16 3
audit_start A shallow-queue 10
audit_wait shallow-queue
expect_finding shallow-queue CC-02
expect_no_finding shallow-queue "CC-01|RCV-.*|SND-.*|BLOAT-01"
expect_json shallow-queue "retransmits at least 2 % at an RTT inflation below 1.2" \
  '.entities.path[0].metrics | .["path.retransmit_ratio"] >= 0.02 and .["path.rtt_inflation_p50"] < 1.2'
n=shallow-queue
expect_evidence $n CC-02 path.retransmit_ratio \
  "$(awk -v r="$(read_gain $n retrans)" -v s="$(read_gain $n sent)" 'BEGIN { print r / s }')" 0.15 0.003
lab_down shallow

lab_up bdp 100mbit 20ms 1000000 0%
bulk 5004 14 4
audit_start A ample-queue 8
audit_wait ample-queue
expect_no_finding ample-queue "CC-.*|LOSS-.*"
finish
