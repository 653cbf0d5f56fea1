#!/usr/bin/env bash
# A program that reads slower than its data arrives: RCV-07 on its host, and no advice about buffers on
# either side. The control reads as fast as it can.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_up slow 100mbit 10ms 250000 0%
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5001 --slow 200000 --max-time 40
lab_wait_port B 5001
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5001 --time 30
sleep 4
audit_start B slow-reader 8
audit_start A slow-reader-sender 8
audit_wait slow-reader slow-reader-sender
expect_finding slow-reader RCV-07
expect_no_finding slow-reader "RCV-0[1-68]|SND-.*"
expect_json slow-reader "proposes no buffer change" \
  'all(.findings[].changes[]; .tunable | test("[rw]mem") | not)'
expect_json slow-reader "names the program" \
  '[.findings[] | select(.id == "RCV-07")][0].title | test("^traffic \\([0-9]+\\)")'
expect_limiter slow-reader application
n=slow-reader
expect_evidence $n RCV-07 path.rcvbuf_p95 "$(read_value $n after rcvbuf)" 0.2
expect_evidence $n RCV-07 path.receive_rate "$(read_rate $n received)" 0.25
expect_no_finding slow-reader-sender "RCV-.*|SND-0[12]"
lab_down slow

lab_up stalled 100mbit 10ms 250000 0%
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5002 --stall --max-time 40
lab_wait_port B 5002
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5002 --time 30
sleep 3
audit_start B stalled-reader 6
audit_start A stalled-reader-sender 6
audit_wait stalled-reader stalled-reader-sender
expect_finding stalled-reader RCV-07
expect_no_finding stalled-reader "RCV-0[1-68]|SND-.*"
expect_no_finding stalled-reader-sender "RCV-.*|SND-0[12]"
expect_limiter stalled-reader-sender peer-application
lab_down stalled

lab_up fast 100mbit 10ms 250000 0%
bulk 5003 14 3
audit_start B fast-reader 6
audit_wait fast-reader
expect_no_finding fast-reader "RCV-.*"
finish
