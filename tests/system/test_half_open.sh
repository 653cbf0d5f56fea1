#!/usr/bin/env bash
# Connection requests whose answers are lost: A's way back is cut, so every request stays half open on
# B, whose listener holds four. With SYN cookies B answers all the same (LST-03), without them it drops
# (LST-04). The control is the same load with the way back open.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Requests from A to B, 40 new ones per second, to a listener that holds few.
requests() { # PORT
  lab_bg B "$LAB_BIN/traffic" listen "${six[@]}" --port "$1" --backlog 4 --max-time 60
  lab_wait_port B "$1"
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port "$1" --count 400 --every 25 --hold 30
  sleep 1
}

# B's answers go to a station that does not exist, its answer to A's search for it included: A is told.
cut_way_back() {
  local mac
  mac=$(lab_exec B cat "/sys/class/net/$LAB_IF_B/address")
  {
    ip -n "$LAB_NS_A" neighbour replace "$(address_of B)" lladdr "$mac" dev "$LAB_IF_A" nud permanent &&
      ip -n "$LAB_NS_B" neighbour replace "$(address_of A)" lladdr 02:00:00:00:00:fe dev "$LAB_IF_B" nud permanent
  } ||
    lab_fail "cannot cut the way back"
}

lab_veth_up cookies
cut_way_back
requests 8090
audit_start B half-open-cookies 5
audit_wait half-open-cookies
n=half-open-cookies
expect_finding $n LST-03
expect_no_finding $n "LST-0[12456]"
expect_json $n "takes them for a flood: no cookie came back" \
  '[.findings[] | select(.id == "LST-03")][0] | .severity == "medium" and (.advice | test("SYN flood")) and (.changes | length == 0)'
expect_evidence $n LST-03 tcp.req_queue_full_cookies "$(read_gain $n tcpreqqfulldocookies)" 0.3 20
expect_evidence $n LST-03 tcp.syncookies_sent "$(read_gain $n syncookiessent)" 0.3 20
lab_down cookies

lab_veth_up dropping
lab_sysctl B net.ipv4.tcp_syncookies 0
cut_way_back
requests 8091
audit_start B half-open-drops 5
audit_wait half-open-drops
n=half-open-drops
expect_finding $n LST-04
expect_no_finding $n "LST-0[12356]"
expect_json $n "switches the cookies on" \
  'any(.findings[] | select(.id == "LST-04") | .changes[]; .tunable == "net.ipv4.tcp_syncookies" and .from == 0 and .to == 1)'
expect_evidence $n LST-04 tcp.req_queue_full_drops "$(read_gain $n tcpreqqfulldrop)" 0.3 20
lab_down dropping

# The controls: the way back is open and the program accepts, with cookies and without.
lab_veth_up answered
for cookies in 1 0; do
  lab_sysctl B net.ipv4.tcp_syncookies $cookies
  lab_sysctl B net.ipv4.tcp_max_syn_backlog 16384
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 809$((2 + cookies)) --max-time 60
  lab_wait_port B 809$((2 + cookies))
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port 809$((2 + cookies)) --count 400 --every 25 --hold 30
  sleep 1
  audit_start B answered-cookies-$cookies 3
  audit_wait answered-cookies-$cookies
  expect_no_finding answered-cookies-$cookies "LST-.*"
  # What is said about the setting is right whatever happens.
  expect_json answered-cookies-$cookies "finds nothing above low but the setting" \
    'all(.findings[]; .id == "L-08" or .severity == "info" or .severity == "low")'
  expect_json answered-cookies-$cookies "L-08 is about cookies that are off" \
    "any(.findings[]; .id == \"L-08\") == ($cookies == 0)"
done
finish
