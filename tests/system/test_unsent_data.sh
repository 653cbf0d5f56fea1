#!/usr/bin/env bash
# Answers of 1 MB over 20 Mbit/s x 40 ms wait in the server's send buffer: SND-03. The controls: the
# same with net.ipv4.tcp_notsent_lowat at 128 KiB, and a bulk transfer with as much unsent.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_up unsent 20mbit 20ms 100000 0%
answers() { # PORT: A answers B
  lab_bg A "$LAB_BIN/traffic" respond "${six[@]}" --port "$1" --size 1000000 --max-time 60
  lab_wait_port A "$1"
  lab_bg B "$LAB_BIN/traffic" request --to "$(address_of A)" --port "$1" --every 600 --count 16
  sleep 1
}
answers 5001
audit_start A unsent-answers 7
audit_wait unsent-answers
expect_finding unsent-answers SND-03
expect_nothing_above_low unsent-answers
expect_json unsent-answers "would bound the unsent data" \
  'any(.findings[] | select(.id == "SND-03") | .changes[]; .tunable == "net.ipv4.tcp_notsent_lowat" and .to == 131072)'
lab_stop "$LAB_PID"
lab_sysctl A net.ipv4.tcp_notsent_lowat 131072
answers 5002
audit_start A unsent-bounded 6
audit_wait unsent-bounded
expect_no_finding unsent-bounded "SND-.*"
expect_json unsent-bounded "leaves less unsent" '.entities.path[0].metrics["path.notsent_p95_bytes"] < 200000'
lab_stop "$LAB_PID"
lab_sysctl A net.ipv4.tcp_notsent_lowat 4294967295
bulk 5003 10 2
audit_start A unsent-bulk 5
audit_wait unsent-bulk
expect_no_finding unsent-bulk "SND-.*"
finish
