#!/usr/bin/env bash
# 100 Mbit/s x 50 ms, 3 % random loss, cubic: LOSS-01, CC-01, limiter "random loss", and no advice
# about buffers. The control is the same link without loss.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

LAB_CC=cubic
lab_up loss 100mbit 25ms 625000 3% --seed 42
bulk 5001 25 2
audit_start A random-loss 20
audit_wait random-loss
expect_finding random-loss LOSS-01
expect_finding random-loss CC-01
expect_no_finding random-loss "RCV-.*|SND-.*|CC-02|BLOAT-01"
expect_limiter random-loss random-loss
# shellcheck disable=SC2016 # jq's
expect_json random-loss "recommends bbr for this path, and for what is open there" \
  '.findings[] | select(.id == "CC-01") | .entity as $path | [.changes[] | [.tunable, .scope, .from, .to]] ==
     [["route:\($path)/congctl", "route", null, "bbr"], ["socket:dst \($path)/congestion", "socket", null, "bbr"]]'
n=random-loss
expect_evidence $n LOSS-01 tcp.retransmit_ratio \
  "$(awk -v r="$(read_gain $n retranssegs)" -v o="$(read_gain $n tcporigdatasent)" 'BEGIN { print r / (r + o) }')" 0.05 0.002
expect_evidence $n LOSS-01 tcp.segments_sent "$(read_gain $n tcporigdatasent)" 0.1
expect_evidence $n CC-01 path.retransmit_ratio \
  "$(awk -v r="$(read_gain $n retrans)" -v s="$(read_gain $n sent)" 'BEGIN { print r / s }')" 0.05 0.002
expect_evidence $n CC-01 path.goodput "$(read_rate $n acked)" 0.1
lab_down loss

lab_up clean 100mbit 25ms 312500 0%
bulk 5001 20 4
audit_start A no-loss 15
audit_wait no-loss
expect_no_finding no-loss "LOSS-01|CC-.*|RCV-.*|SND-.*"
finish
