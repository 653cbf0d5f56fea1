#!/usr/bin/env bash
# A server that does not close what its clients have closed: CW-01 names it, and the clients' side, which
# nobody holds any more, waits in FIN-WAIT-2 (FIN-01). The control is the same load on one that closes.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"
ulimit -Sn 16384 || lab_fail "needs 16384 open files"

# A thousand connections a second that A closes at once.
closing() { # PORT SINK-OPTION...
  local port=$1
  shift
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port "$port" --max-time 60 "$@"
  SINK_PID=$LAB_PID
  lab_wait_port B "$port"
  lab_bg A "$LAB_BIN/traffic" connect --to "$(address_of B)" --port "$port" --count 1 --every 1 --hold 9
  sleep 3
}

ss_count() { # A|B STATE
  lab_exec "$1" ss -Htan state "$2" | wc -l
}

lab_veth_up leak
closing 9101 --stall
audit_start B close-wait-leak 3
audit_start A fin-wait2 3
# Who may not look into the process does not see which it is, and must not call that healthy.
cp "$NETWRIGHT" "$LAB_TMP/netwright" && chmod 755 "$LAB_TMP" "$LAB_TMP/netwright"
lab_exec B setpriv --reuid=65534 --regid=65534 --clear-groups "$LAB_TMP/netwright" audit --for 3s --json \
  >"$LAB_TMP/close-wait-nobody.json" 2>"$LAB_TMP/close-wait-nobody.err"
audit_wait close-wait-leak fin-wait2
close_wait=$(ss_count B close-wait)
orphans=$(ss_count A fin-wait-2)
n=close-wait-leak
expect_finding $n CW-01
expect_json $n "names process, pid and control group, and proposes no change" \
  "[.findings[] | select(.id == \"CW-01\")][0] | .severity == \"medium\" and (.title | test(\"traffic \\\\($SINK_PID\\\\)\")) and
   (.changes | length == 0) and any(.evidence[]; .metric == \"owner.cgroup\" and (.value | type == \"string\"))"
expect_evidence $n CW-01 owner.close_wait "$close_wait" 0.3
expect_no_finding $n "FIN-.*|PORT-.*|LST-.*"
expect_json close-wait-nobody "CW-01 is not judged by who may not look into processes" \
  'all(.findings[]; .id != "CW-01") and any(.unjudged[]; .id == "CW-01" and (.reason | test("CAP_SYS_PTRACE")))'
n=fin-wait2
expect_finding $n FIN-01
expect_no_finding $n "CW-.*"
expect_nothing_above_low $n
expect_evidence $n FIN-01 tcp.fin_wait2_orphans "$orphans" 0.3
lab_down leak

lab_veth_up closes
closing 9102
audit_start B close-wait-none 3
NETWRIGHT_RECORD_DIR="" audit_start A fin-wait2-none 3
audit_wait close-wait-none fin-wait2-none
for n in close-wait-none fin-wait2-none; do
  expect_no_finding $n "CW-.*|FIN-.*"
  expect_nothing_above_low $n
done
finish
