#!/usr/bin/env bash
# 24 connections that send 100 bytes every 400 ms, 100 Mbit/s x 20 ms. With 45 % loss THIN-01; with
# timeouts made linear, or without loss, nothing of it.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# One process each: that some wait for their lost connection requests does not hold up the others.
thin_streams() { # PORT SECONDS WARM
  local port=$1 seconds=$2 warm=$3
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port "$port" --max-time $((seconds + 20))
  lab_wait_port B "$port"
  for _ in {1..24}; do
    lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port "$port" --time "$seconds" --burst 100 --every 400
  done
  sleep "$warm"
}

LAB_CC=cubic
lab_up thin 100mbit 10ms 1250000 45% --seed 7
thin_streams 5001 40 8
audit_start A thin-stalled 12
audit_wait thin-stalled
expect_finding thin-stalled THIN-01
expect_json thin-stalled "would make timeouts linear" \
  'any(.findings[] | select(.id == "THIN-01") | .changes[]; .tunable == "net.ipv4.tcp_thin_linear_timeouts" and .from == 0 and .to == 1)'
expect_evidence thin-stalled THIN-01 tcp.timeouts "$(read_gain thin-stalled tcptimeouts)" 0.2 5
lab_sysctl A net.ipv4.tcp_thin_linear_timeouts 1
audit_start A thin-linear 8
audit_wait thin-linear
expect_no_finding thin-linear "THIN-01"
lab_down thin

lab_up clean 100mbit 10ms 1250000 0%
thin_streams 5002 20 2
audit_start A thin-healthy 8
audit_wait thin-healthy
expect_no_finding thin-healthy "THIN-01|KA-01"
expect_json thin-healthy "sees the connections that send little" '.metrics["tcp.thin_flows"] >= 24'
finish
