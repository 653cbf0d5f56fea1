#!/usr/bin/env bash
# Profile bulk-wan on both ends of 1 Gbit/s x 100 ms, from receive and send limits of 6 and 4 MiB: at
# least 2.5 times the goodput; and put back, what it was.
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_up bulkwan 1gbit 50ms 12500000 0%
for host in A B; do
  lab_sysctl "$host" net.ipv4.tcp_rmem "4096 131072 6291456"
  lab_sysctl "$host" net.ipv4.tcp_wmem "4096 16384 4194304"
  lab_sysctl "$host" net.ipv4.tcp_mtu_probing 1 # not what is measured
done
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 120
lab_wait_port B 5001

goodput() { # bit/s of one transfer, its start left out
  lab_exec A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 10 --omit 5 | field goodput_bps
}

before=$(goodput)
for host in A B; do
  apply_profile "$host" bulk-wan --input rate=1Gbit --input rtt=100ms --input flows=1
done
after=$(goodput)
expect "$before bit/s before, $after after: at least 2.5 times" holds 'b > 0 && a >= 2.5 * b' "a=$after" "b=$before"
put_back B net.ipv4.tcp_rmem "4096 131072 6291456" A net.ipv4.tcp_wmem "4096 16384 4194304"
finish
