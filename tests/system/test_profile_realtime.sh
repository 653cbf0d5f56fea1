#!/usr/bin/env bash
# Profile websocket-realtime beside a bulk sender: what the bulk sender has written and not sent is
# bounded, and the slowest small messages of the same host are no slower than before.
# Runs beside others.
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_up realtime 50mbit 5ms 125000 0%
lab_bg B "$LAB_BIN/traffic" sink --port 5001 --max-time 120
lab_bg B "$LAB_BIN/traffic" respond --port 9090 --size 200 --max-time 120
lab_wait_port B 5001
lab_wait_port B 9090

# Small messages while the same host sends all it can: "p99_us=N unsent=N", the most bytes unsent.
beside_bulk() {
  local bulk now most=0
  lab_bg A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 30 >/dev/null
  bulk=$LAB_PID
  sleep 1
  lab_exec A "$LAB_BIN/traffic" request --to "$LAB_B4" --port 9090 --every 10 --count 250 >"$LAB_TMP/messages" &
  for ((i = 0; i < 20; i++)); do
    now=$(lab_exec A ss -Htin state established "dport = :5001" | grep -oE 'notsent:[0-9]+' | cut -d: -f2)
    ((most = ${now:-0} > most ? ${now:-0} : most))
    sleep 0.1
  done
  wait $!
  lab_stop "$bulk"
  result="p99_us=$(field p99_us <"$LAB_TMP/messages") unsent=$most"
}
value() { field "$1" <<<"$result"; }

beside_bulk
before=$(value p99_us)
expect "before: $result, hundreds of KB are unsent" test "$(value unsent)" -gt 262144
apply_profile A websocket-realtime
for ((tries = 0; tries < 3; tries++)); do
  beside_bulk
  ! holds 'a <= 1.1 * b' "a=$(value p99_us)" "b=$before" || break
done
# The limit of 16 KiB, and the packet that went beyond it.
expect "with the profile: $result, one packet is unsent" test "$(value unsent)" -le $((16384 + 65536))
expect "  the slowest messages took $before us before: no longer now" \
  holds 'a > 0 && a <= 1.1 * b' "a=$(value p99_us)" "b=$before"
put_back A net.ipv4.tcp_notsent_lowat 4294967295
finish
