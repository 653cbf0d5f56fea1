#!/usr/bin/env bash
# A CPU's backlog of packets that is too short for what another CPU hands over: CPU-01, which names it.
# The backlog is the machine's and is lowered for one short audit; the control is the same transfer with
# the machine's own.
# shellcheck disable=SC2034 # for audit.sh
FAMILY=4
unset NETWRIGHT_RECORD_DIR # recordings come in pairs, one of each family
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=../lab/host_settings.sh
. "$here/../lab/host_settings.sh"

# The sender on CPU 0 fills the backlog of CPU 1 (RPS) with packets of the MTU, faster than they can be
# processed there.
if [ "$(nproc)" -lt 2 ]; then
  echo "needs two CPUs"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
lab_veth_up backlog
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 60
lab_wait_port B 5001
ip -n "$LAB_NS_A" link set lan0 gso_max_segs 1
lab_exec B sh -c 'echo 2 >/sys/class/net/lan0/queues/rx-0/rps_cpus' || lab_fail "cannot steer packets (CONFIG_RPS)"
lab_bg A taskset -c 0 "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 30 --burst 1MB --every 50
sleep 1

# Drops of each CPU so far, "CPU DROPS".
drops() {
  local dropped cpu
  while read -r _ dropped _ _ _ _ _ _ _ _ _ _ cpu _; do
    echo "$((16#$cpu)) $((16#$dropped))"
  done </proc/net/softnet_stat
}

audit_start A backlog-enough 2
audit_wait backlog-enough
expect_no_finding backlog-enough "CPU-0[123]"

before=$(</proc/sys/net/core/netdev_max_backlog)
host_set net.core.netdev_max_backlog 4
drops >"$LAB_TMP/first"
audit_start A backlog-short 2
audit_wait backlog-short
drops >"$LAB_TMP/last"
host_restore
if [ "$(</proc/sys/net/core/netdev_max_backlog)" = "$before" ]; then ok "the backlog is $before again"; else not_ok "the backlog stays"; fi
n=backlog-short
read -r cpu gain all < <(awk 'NR == FNR { v[$1] = $2; next } { d = $2 - v[$1]; all += d; if (d > most) { most = d; cpu = $1 } } END { print cpu, most, all }' \
  "$LAB_TMP/first" "$LAB_TMP/last")
expect_finding $n CPU-01
expect_evidence $n CPU-01 softnet.dropped "$all" 0.5 20
expect_json $n "says on which CPU" \
  "any(.findings[] | select(.id == \"CPU-01\") | .evidence[]; .metric == \"softnet.dropping_cpu\" and .value == \"cpu$cpu\")"
expect_json $n "the CPU's own number is there" \
  ".entities.cpu[] | select(.name == \"cpu$cpu\") | .metrics[\"cpu.dropped\"] > 0 and .metrics[\"cpu.dropped\"] <= $gain"
expect_json $n "sees what was handed over" '.entities.cpu[] | select(.name == "cpu1") | .metrics["cpu.received_rps"] > 0'
expect_json $n "raises the backlog, or spreads the packets" \
  'any(.findings[] | select(.id == "CPU-01"); any(.changes[]; .tunable == "net.core.netdev_max_backlog" and .to > .from) or (.advice | contains("Spread")))'
finish
