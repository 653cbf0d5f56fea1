#!/usr/bin/env bash
# An audit of all namespaces of a crowded host: tests/bench/namespaces.sh BUILD_DIR. As root.
set -eu
# shellcheck source=../lab/crowd.sh
. "$(dirname "$0")/../lab/crowd.sh"
cd "$(dirname "$0")/../.."
build=$1
namespaces=50 processes=5000 seconds=10

crowd_make "$namespaces" "$processes" "$build/tests/traffic"
echo "audit of all namespaces, $namespaces of them, $processes processes, $seconds s window:"
start=$(date +%s.%N)
"$build/netwright" audit --netns all --for "${seconds}s" --json >"$build/namespaces.json" &
pid=$!
peak=0 ticks=0
while kill -0 "$pid" 2>/dev/null; do
  kib=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
  [ -z "$kib" ] || peak=$kib
  # User and system time: on a busy machine the wall clock says little.
  used=$(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || true)
  [ -z "$used" ] || ticks=$used
  sleep 0.05
done
wait "$pid"
end=$(date +%s.%N)
awk -v s="$start" -v e="$end" -v w="$seconds" -v k="$peak" -v t="$ticks" -v hz="$(getconf CLK_TCK)" \
  -v n="$(jq '[.namespaces[] | select(.state == "audited")] | length' "$build/namespaces.json")" 'BEGIN {
  printf "%8s %d audited, beyond the window %.2f s (target %.2f s), CPU time in all %.2f s, peak memory %.1f MiB (target 40 MB)\n", "", n, e - s - w, w / 10, t / hz, k / 1024 }'
