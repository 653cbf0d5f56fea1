#!/usr/bin/env bash
# P3 for real: 1000 times SIGKILL at a random moment of a change or a roll-back of 30 tunables. Whatever
# it hits, the next command that changes anything puts every original value back.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

KILLS=${NETWRIGHT_KILLS:-1000}
new_namespace killed

cat >"$tmp/loop.sh" <<'LOOP'
set -u
program=$1 state=$2 kills=$3 tmp=$4
keys=() wishes=() original=() changed=()
while read -r key value; do
  path=/proc/sys/${key//./\/}
  [ -e "$path" ] || continue
  keys+=("$path") wishes+=("$key=$value")
  read -ra words <"$path"
  original+=("${words[*]}") changed+=("$value")
done <<'KEYS'
net.core.somaxconn 8192
net.ipv4.ip_default_ttl 63
net.ipv4.ip_local_port_range 30000 50000
net.ipv4.tcp_abort_on_overflow 1
net.ipv4.tcp_autocorking 0
net.ipv4.tcp_base_mss 1100
net.ipv4.tcp_ecn 1
net.ipv4.tcp_fin_timeout 31
net.ipv4.tcp_keepalive_intvl 31
net.ipv4.tcp_keepalive_probes 5
net.ipv4.tcp_keepalive_time 601
net.ipv4.tcp_limit_output_bytes 2097152
net.ipv4.tcp_max_syn_backlog 4097
net.ipv4.tcp_max_tw_buckets 50000
net.ipv4.tcp_moderate_rcvbuf 0
net.ipv4.tcp_mtu_probing 1
net.ipv4.tcp_no_metrics_save 1
net.ipv4.tcp_notsent_lowat 131072
net.ipv4.tcp_orphan_retries 3
net.ipv4.tcp_pacing_ca_ratio 130
net.ipv4.tcp_pacing_ss_ratio 210
net.ipv4.tcp_reordering 5
net.ipv4.tcp_retries1 4
net.ipv4.tcp_retries2 9
net.ipv4.tcp_rfc1337 1
net.ipv4.tcp_rmem 8192 262144 67108864
net.ipv4.tcp_sack 0
net.ipv4.tcp_slow_start_after_idle 0
net.ipv4.tcp_syn_retries 4
net.ipv4.tcp_synack_retries 3
net.ipv4.tcp_wmem 8192 65536 67108864
KEYS
echo "tunables ${#keys[@]}"
mkfifo "$tmp/never"
exec 9<>"$tmp/never"
middle=0 lost=0 stuck=0

# How many tunables hold a new value.
count_changed() {
  local i words
  new=0
  for i in "${!keys[@]}"; do
    read -ra words <"${keys[i]}"
    [ "${words[*]}" = "${original[i]}" ] || new=$((new + 1))
  done
}

"$program" set "${wishes[@]}" -q --state-dir "$state" || exit 1
start=${EPOCHREALTIME/./}
"$program" rollback -q --state-dir "$state" || exit 1
took=$((${EPOCHREALTIME/./} - start)) # microseconds of one run
count_changed
[ "$new" -eq 0 ] || exit 1

for ((n = 0; n < kills; n++)); do
  if ((n % 2)); then
    "$program" set "${wishes[@]}" -q --state-dir "$state" || exit 1
    "$program" rollback -q --state-dir "$state" 2>/dev/null &
  else
    "$program" set "${wishes[@]}" -q --state-dir "$state" 2>/dev/null &
  fi
  victim=$!
  # One half of the kills anywhere in a run; the other half as soon as one of the tunables was seen
  # to change, for the writes are but a hundredth of a run.
  if ((n % 4 < 2)); then
    printf -v pause '0.%06d' $(((RANDOM * 32768 + RANDOM) % (took * 5 / 4) + 1))
    read -rt "$pause" <&9
  else
    watched=${keys[RANDOM % ${#keys[@]}]}
    read -r before <"$watched"
    now=$before
    for ((spin = 0; spin < 20000; spin++)); do
      read -r now <"$watched"
      [ "$now" = "$before" ] || break
      ((spin % 256)) || kill -0 "$victim" 2>/dev/null || break
    done
  fi
  kill -KILL "$victim" 2>/dev/null
  wait "$victim" 2>/dev/null
  count_changed
  if [ "$new" -gt 0 ] && [ "$new" -lt "${#keys[@]}" ]; then middle=$((middle + 1)); fi
  "$program" rollback -q --state-dir "$state" 2>"$tmp/last"
  status=$?
  # 3: there was nothing left to put back.
  [ "$status" -eq 0 ] || [ "$status" -eq 3 ] || { stuck=$((stuck + 1)); cat "$tmp/last" >&2; }
  count_changed
  [ "$new" -eq 0 ] || lost=$((lost + new))
done
echo "took $took"
echo "middle $middle"
echo "lost $lost"
echo "stuck $stuck"
LOOP

ip netns exec "$ns" bash "$tmp/loop.sh" "$NETWRIGHT" "$state" "$KILLS" "$tmp" >"$tmp/result" 2>"$tmp/err"
check "the loop ended" test $? -eq 0
cat "$tmp/result"
head -n 5 "$tmp/err"
number() { awk -v key="$1" '$1 == key { print $2 }' "$tmp/result"; }
check "at least 30 tunables" test "$(number tunables)" -ge 30
check "$KILLS kills, $(number middle) of them between two writes" test "$(number middle)" -gt $((KILLS / 100))
check "no original value was lost" test "$(number lost)" = 0
check "no roll-back was refused" test "$(number stuck)" = 0
finish
