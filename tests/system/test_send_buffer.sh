#!/usr/bin/env bash
# 1 Gbit/s x 100 ms with a send limit of 1 MiB: SND-01 and not RCV-01, although the kernel's own
# sndbuf_limited may read near 0. The control is the free link of test_receive_window.sh and, here, a
# link on which 1 MiB is plenty.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_up snd 1gbit 50ms 12500000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 1048576"
lab_sysctl B net.ipv4.tcp_rmem "4096 131072 67108864"
bulk 5001 15 3
audit_start A send-capped 8
audit_start B send-capped-receiver 8
audit_wait send-capped send-capped-receiver
expect_finding send-capped SND-01
expect_no_finding send-capped "RCV-.*|SND-02|LOSS-.*|BLOAT-01"
expect_no_finding send-capped-receiver "RCV-.*"
expect_limiter send-capped send-buffer
expect_json send-capped "recommends more tcp_wmem[2]" \
  'any(.findings[] | select(.id == "SND-01") | .changes[]; .tunable == "net.ipv4.tcp_wmem" and .element == 2 and .from == 1048576 and .to >= 4194304)'
n=send-capped
expect_evidence $n SND-01 path.goodput "$(read_rate $n acked)" 0.1
expect_evidence $n SND-01 path.sndbuf_p95 "$(read_value $n after sndbuf)" 0.02
lab_down snd

# The program's own SO_SNDBUF: SND-02, and no advice about tcp_wmem.
lab_up fixed 1gbit 50ms 12500000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 67108864"
bulk 5002 14 3 --sndbuf 262144
audit_start A send-fixed 7
audit_wait send-fixed
expect_finding send-fixed SND-02
expect_no_finding send-fixed "SND-01|RCV-.*"
expect_json send-fixed "names the program" '[.findings[] | select(.id == "SND-02")][0].advice | test("traffic \\(")'
n=send-fixed
expect_evidence $n SND-02 path.sndbuf_max "$(read_value $n after sndbuf)" 0
expect_evidence $n SND-02 path.goodput "$(read_rate $n acked)" 0.1
lab_down fixed

lab_up enough 20mbit 10ms 50000 0%
lab_sysctl A net.ipv4.tcp_wmem "4096 16384 1048576"
bulk 5003 12 3
audit_start A send-enough 7
audit_wait send-enough
expect_no_finding send-enough "SND-.*|RCV-.*"
finish
