#!/usr/bin/env bash
# A server with tens of thousands of connections in TIME-WAIT: normal, and nothing above info.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_veth_up many
lab_bg B "$LAB_BIN/traffic" churn "${six[@]}" --port 9401 --count 30000 --max-time 60
for ((i = 0; i < 200; i++)); do
  [ "$(lab_exec B grep -oE 'tw [0-9]+' /proc/net/sockstat | cut -d' ' -f2)" -ge 25000 ] && break
  sleep 0.1
done
unset NETWRIGHT_RECORD_DIR # a recording of them is large, and says nothing that the counter does not
audit_start B time-wait-many 2
audit_wait time-wait-many
expect_json time-wait-many "counted them" '.metrics["tcp.time_wait"] >= 25000'
expect_json time-wait-many "finds nothing above info" 'all(.findings[]; .severity == "info")'
expect_json time-wait-many "takes none of them for outgoing connections" '.entities.peer | length == 0'
finish
