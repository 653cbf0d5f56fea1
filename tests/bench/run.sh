#!/usr/bin/env bash
# Ratios, each measured in one run beside the floor or the peer: tests/bench/run.sh BUILD_DIR. As root.
# Sockets are idle loopback pairs inside a network namespace of our own.
set -eu
cd "$(dirname "$0")/../.."
build=$1
ns=netwright-bench-$$
holder=

cleanup() {
  [ -z "$holder" ] || kill "$holder" 2>/dev/null || true
  ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
  ip netns delete "$ns" 2>/dev/null || true
}
trap cleanup EXIT
[ "$(id -u)" -eq 0 ] || { echo "bench: needs root (a network namespace): run it with sudo" >&2; exit 1; }

for pairs in 10000 50000; do
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip netns exec "$ns" "$build/tests/traffic" pairs --count "$pairs" --max-time 300 >"$build/pairs.out" &
  holder=$!
  until grep -qs ready "$build/pairs.out"; do
    kill -0 "$holder" 2>/dev/null || { echo "bench: could not open $pairs connections" >&2; exit 1; }
    sleep 0.2
  done
  ip netns exec "$ns" "$build/tests/bench_dump" 15
  if [ "$pairs" -eq 50000 ]; then
    echo "whole audit of that host, 2 s window:"
    # shellcheck disable=SC2016 # the inner shell expands them
    ip netns exec "$ns" /usr/bin/env bash -c '
      start=$(date +%s.%N)
      "$0" audit --for 2s --json >/dev/null & pid=$!
      peak=0
      while kill -0 "$pid" 2>/dev/null; do
        kib=$(awk "/VmHWM/ { print \$2 }" "/proc/$pid/status" 2>/dev/null || true)
        [ -z "$kib" ] || peak=$kib
        sleep 0.05
      done
      wait "$pid"
      awk -v s="$start" -v e="$(date +%s.%N)" -v k="$peak" "BEGIN {
        printf \"%8s beyond its window %.2f s, peak memory %.1f MiB\n\", \"\", e - s - 2, k / 1024 }"
    ' "$build/netwright"
  fi
  kill "$holder" 2>/dev/null || true
  wait "$holder" 2>/dev/null || true
  holder=
  ip netns delete "$ns"
done

bash tests/bench/namespaces.sh "$build"
bash tests/bench/changes.sh "$build"
bash tests/bench/daemon.sh "$build"

echo "an idle host, 1 s window:"
ip netns add "$ns"
start=$(date +%s.%N)
ip netns exec "$ns" "$build/netwright" audit --for 1s --json >/dev/null
awk -v s="$start" -v e="$(date +%s.%N)" 'BEGIN { printf "%8s beyond its window %.3f s\n", "", e - s - 1 }'
