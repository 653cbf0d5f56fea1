#!/usr/bin/env bash
# A listener that does not accept. With backlog 5 the program's own backlog is the cap; with backlog =
# somaxconn the change is somaxconn, and the program has to listen again.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_veth_up own
lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port 8080 --backlog 5 --max-time 60
lab_wait_port B 8080
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 8080 --count 400 --every 25 --hold 30
sleep 1
audit_start B listener-own-backlog 5
audit_wait listener-own-backlog
expect_finding listener-own-backlog LST-01
expect_no_finding listener-own-backlog "LST-02"
finding='[.findings[] | select(.id == "LST-01")][0]'
expect_json listener-own-backlog "names process, port, queue and backlog" \
  "$finding | (.title | test(\"traffic \\\\([0-9]+\\\\)\") and test(\"8080\") and test(\"6 waiting of 5\"))"
expect_json listener-own-backlog "the application's backlog is the cap, not somaxconn" \
  "$finding | (.advice | test(\"own backlog\") and test(\"not net.core.somaxconn\")) and (.changes | length == 0)"
n=listener-own-backlog
expect_evidence $n LST-01 listener.queue_max "$(read_value $n after queue)" 0
expect_evidence $n LST-01 listener.backlog "$(read_value $n after backlog)" 0
expect_evidence $n LST-01 tcp.listen_overflows "$(read_gain $n listenoverflows)" 0.25 10
lab_down own

lab_veth_up capped
lab_sysctl B net.core.somaxconn 16
lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port 8081 --backlog 1000 --max-time 60
lab_wait_port B 8081
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 8081 --count 400 --every 25 --hold 30
sleep 2
audit_start B listener-somaxconn 5
audit_wait listener-somaxconn
expect_finding listener-somaxconn LST-01
expect_json listener-somaxconn "the change is somaxconn" \
  "$finding | .changes | any(.[]; .tunable == \"net.core.somaxconn\" and .from == 16 and .to >= 4096)"
expect_json listener-somaxconn "the application must listen again" \
  "$finding | .advice | test(\"may have cut .*listen again\")"
lab_down capped

# Near its limit, without overflow: five waiting of six.
lab_veth_up near
lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port 8082 --backlog 6 --max-time 60
lab_wait_port B 8082
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 8082 --count 6 --every 60000 --hold 30
sleep 1
audit_start B listener-near-full 4
audit_wait listener-near-full
expect_finding listener-near-full LST-02
expect_no_finding listener-near-full "LST-01"
expect_evidence listener-near-full LST-02 listener.queue_max "$(read_value listener-near-full after queue)" 0
lab_down near

# The control: the same load on a program that accepts.
lab_veth_up accepting
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 8083 --max-time 60
lab_wait_port B 8083
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 8083 --count 200 --every 25 --hold 30
sleep 1
audit_start B listener-accepting 4
audit_wait listener-accepting
expect_no_finding listener-accepting "LST-.*"
finish
