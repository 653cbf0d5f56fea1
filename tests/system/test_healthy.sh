#!/usr/bin/env bash
# Nothing is wrong: an idle host, a LAN bulk flow, an application-limited flow, and a full link whose
# queue holds half a bandwidth-delay product. No finding above low.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_veth_up lan
audit_start A healthy-idle 3
audit_wait healthy-idle
expect_nothing_above_low healthy-idle

bulk 5001 13 2
audit_start A healthy-lan-sender 7
audit_start B healthy-lan-receiver 7
audit_wait healthy-lan-sender healthy-lan-receiver
expect_nothing_above_low healthy-lan-sender
expect_nothing_above_low healthy-lan-receiver
lab_down lan

lab_up app 100mbit 25ms 625000 0%
bulk 5002 14 3 --rate 10000000
audit_start A healthy-application 7
audit_start B healthy-application-receiver 7
audit_wait healthy-application healthy-application-receiver
expect_nothing_above_low healthy-application
expect_nothing_above_low healthy-application-receiver
expect_limiter healthy-application application
lab_down app

lab_up full 100mbit 25ms 312500 0%
bulk 5003 18 6
audit_start A healthy-full-link 8
audit_start B healthy-full-link-receiver 8
audit_wait healthy-full-link healthy-full-link-receiver
expect_nothing_above_low healthy-full-link
expect_nothing_above_low healthy-full-link-receiver
expect_json healthy-full-link "fills the link" '.entities.path[0].metrics["path.goodput_bps"] > 80e6'
finish
