#!/usr/bin/env bash
# Profile websocket-realtime: 15 000 connections that have exchanged a message and wait for the next. None
# takes more of the kernel's memory than before, and those that exist when it is applied stay.
# Runs beside others.
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_veth_up idle
pairs=15000
in_use() { # bytes of the kernel's objects, on the whole machine
  awk 'NR > 2 { bytes += $2 * $4 } END { printf "%.0f\n", bytes }' /proc/slabinfo
}
connect() { # both ends of each on host A; what each has taken is in $each
  local before tries
  before=$(in_use)
  : >"$LAB_TMP/pairs"
  lab_bg A "$LAB_BIN/traffic" pairs --count "$pairs" --message 200 --max-time 120 >"$LAB_TMP/pairs"
  for ((tries = 0; tries < 600; tries++)); do
    ! grep -qs ready "$LAB_TMP/pairs" || break
    sleep 0.05
  done
  each=$((($(in_use) - before) / pairs))
}
open() { # ends that are connected
  lab_exec A ss -Htn state established | wc -l
}

connect
before=$each
expect "before: $pairs connections of $before bytes" test "$(open)" -eq $((2 * pairs))
# Both ends are a socket of more than 2 KiB: else it is not memory that was measured.
expect "  which is plausible" test "$before" -gt 4096
apply_profile A websocket-realtime --input connections=$pairs
expect "those that existed stay" test "$(open)" -eq $((2 * pairs))
# Other programs take memory, too.
for ((tries = 0; tries < 3; tries++)); do
  lab_stop "$LAB_PID"
  sleep 0.5
  connect
  ! holds 'a <= 1.1 * b' "a=$each" "b=$before" || break
done
expect "with the profile: $pairs connections of $each bytes" test "$(open)" -eq $((2 * pairs))
expect "  no more than before" holds 'a > 4096 && a <= 1.1 * b' "a=$each" "b=$before"
put_back A net.ipv4.tcp_keepalive_time 7200 A net.core.somaxconn 4096
finish
