#!/usr/bin/env bash
# Two listeners share a port and one of them does not accept: LST-07. The control is two that do.
# And listeners whose clients never end their handshake: LST-08.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_veth_up shared
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 9301 --share --max-time 60
lab_wait_port B 9301
lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port 9301 --backlog 500 --share --max-time 60
IDLE_PID=$LAB_PID
sleep 0.5
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 9301 --count 100 --hold 30
sleep 1
audit_start B shared-port-idle 4
audit_wait shared-port-idle
n=shared-port-idle
expect_finding $n LST-07
expect_json $n "names the one that does not accept" \
  "[.findings[] | select(.id == \"LST-07\")] | length == 1 and (.[0].title | test(\"One of 2 listeners on port 9301 \\\\(traffic \\\\($IDLE_PID\\\\)\\\\)\"))"
expect_evidence $n LST-07 listener.queue_max "$(read_value $n after queue)" 0
expect_nothing_above_low $n
lab_down shared

lab_veth_up fair
for _ in 1 2; do
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 9302 --share --max-time 60
done
lab_wait_port B 9302
lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 9302 --count 100 --hold 30
sleep 1
audit_start B shared-port-fair 4
audit_wait shared-port-fair
expect_no_finding shared-port-fair "LST-.*"
lab_down fair

# The answers go to a station that does not exist, and are repeated. Two listeners get as many of such
# clients; the second, the control, may hold many more.
lab_veth_up half
mac=$(lab_exec B cat "/sys/class/net/$LAB_IF_B/address")
{
  ip -n "$LAB_NS_A" neighbour replace "$(address_of B)" lladdr "$mac" dev "$LAB_IF_A" nud permanent &&
    ip -n "$LAB_NS_B" neighbour replace "$(address_of A)" lladdr 02:00:00:00:00:fe dev "$LAB_IF_B" nud permanent
} ||
  lab_fail "cannot cut the way back"
for port in 9303:16 9304:64; do
  lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port "${port%:*}" --backlog "${port#*:}" --max-time 60
  lab_wait_port B "${port%:*}"
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port "${port%:*}" --count 15 --hold 40
done
sleep 7
audit_start B half-open-held 3
audit_wait half-open-held
expect_finding half-open-held LST-08
expect_json half-open-held "names the listener that is half full, and not the other" \
  '[.findings[] | select(.id == "LST-08")] | length == 1 and (.[0].entity | test(":9303$"))'
expect_json half-open-held "proposes no change, for none was measured to help" \
  'all(.findings[] | select(.id == "LST-08"); .changes == [] and (.advice | length) > 0)'
expect_evidence half-open-held LST-08 listener.half_open "$(lab_exec B ss -Htan state syn-recv "sport = :9303" | wc -l)" 0
expect_nothing_above_low half-open-held
finish
