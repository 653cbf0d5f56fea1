#!/usr/bin/env bash
# A client that runs out of local ports: PORT-01 names the destination. With most of them in use, and
# with most of them in TIME-WAIT. The control is the same load with the kernel's own range.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

finding='[.findings[] | select(.id == "PORT-01")][0]'

sink() { # PORT
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port "$1" --max-time 60
  lab_wait_port B "$1"
}

lab_veth_up used
lab_sysctl A net.ipv4.ip_local_port_range "40000 40099"
sink 9201
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 9201 --count 80 --hold 30
CLIENT_PID=$LAB_PID
sleep 1
audit_start A ports-in-use 3
NETWRIGHT_RECORD_DIR="" audit_start B ports-of-clients 3
audit_wait ports-in-use ports-of-clients
expect_finding ports-in-use PORT-01
expect_json ports-in-use "names destination, process and severity" \
  "$finding | .severity == \"medium\" and (.entity | test(\" > .*:9201$\")) and (.title | contains(\"$(address_of B)\")) and
   any(.evidence[]; .metric == \"peer.process\" and .value == \"traffic ($CLIENT_PID)\")"
expect_json ports-in-use "says what to do first" "$finding | .advice | test(\"^First: fewer connections\")"
expect_json ports-in-use "widens the range" \
  "$finding | .changes | any(.[]; .tunable == \"net.ipv4.ip_local_port_range\" and .element == 0 and .to == 16384)"
expect_evidence ports-in-use PORT-01 peer.ports "$(lab_exec A ss -Htan "dport = :9201" | wc -l)" 0
expect_evidence ports-in-use PORT-01 ephemeral.ports 100 0
# Who is connected to is not the one whose ports are taken.
expect_no_finding ports-of-clients "PORT-.*"

# Something listens where the range would grow to.
lab_bg A "$LAB_BIN/traffic" sink "${six[@]}" --port 20000 --max-time 60
lab_wait_port A 20000
NETWRIGHT_RECORD_DIR="" audit_start A ports-listened 1
audit_wait ports-listened
expect_json ports-listened "leaves the range alone while something listens in there" \
  "$finding | (.changes | all(.[]; .tunable != \"net.ipv4.ip_local_port_range\")) and (.advice | test(\"ip_local_reserved_ports\"))"
lab_sysctl A net.ipv4.ip_local_reserved_ports 20000
NETWRIGHT_RECORD_DIR="" audit_start A ports-reserved 1
audit_wait ports-reserved
expect_json ports-reserved "widens the range once the port is reserved" \
  "$finding | .changes | any(.[]; .tunable == \"net.ipv4.ip_local_port_range\")"
lab_down used

lab_veth_up closed
lab_sysctl A net.ipv4.ip_local_port_range "40000 40100"
sink 9202
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 9202 --count 1 --every 20 --hold 30
sleep 3
audit_start A ports-time-wait 3
audit_wait ports-time-wait
expect_finding ports-time-wait PORT-01
expect_finding ports-time-wait PORT-02
expect_json ports-time-wait "is critical, and most of the ports are closed connections'" \
  "$finding | .severity == \"critical\" and (.advice | test(\"^First: keep connections open\"))"
expect_json ports-time-wait "lets TIME-WAIT be used again" \
  "$finding | .changes | any(.[]; .tunable == \"net.ipv4.tcp_tw_reuse\" and .to == 1)"
lab_down closed

lab_veth_up wide
sink 9203
lab_bg A "$LAB_BIN/traffic" sink "${six[@]}" --port 50000 --max-time 60
lab_wait_port A 50000
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 9203 --count 80 --every 20 --hold 30
sleep 1
audit_start A ports-wide 3
audit_wait ports-wide
expect_no_finding ports-wide "PORT-0[123]"
expect_finding ports-wide PORT-04
expect_nothing_above_low ports-wide
lab_sysctl A net.ipv4.ip_local_reserved_ports 50000
NETWRIGHT_RECORD_DIR="" audit_start A ports-kept 1
audit_wait ports-kept
expect_no_finding ports-kept "PORT-.*"
finish
