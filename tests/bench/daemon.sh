#!/usr/bin/env bash
# The daemon at rest, beside TuneD's: tests/bench/daemon.sh BUILD_DIR. As root. Memory, CPU time and
# wake-ups over SECONDS (60), with its settings as they come, in a namespace of its own: idle, and with
# many connections; with very many three times as long, once its first audit has told it its pace. TuneD runs in a mount namespace of its own, applies an empty profile, and waits.
set -eu
cd "$(dirname "$0")/../.."
build=$1
seconds=${SECONDS_OF_BENCH:-60}
ns=netwright-bench-daemon-$$
tmp=$(mktemp -d)
pids=()

cleanup() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
  ip netns delete "$ns" 2>/dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT

# CPU seconds, and times that it went to sleep, of all its threads. Ticks would be too coarse: what it
# uses in a minute is one or two of them.
used() { # PID
  cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.4f ", sum / 1e9 }'
  cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }'
}

rest() { # NAME PID SECONDS
  local before after seconds=$3
  before=$(used "$2")
  sleep "$seconds"
  after=$(used "$2")
  awk -v name="$1" -v b="$before" -v a="$after" -v s="$seconds" \
    -v rss="$(awk '/VmRSS/ { print $2 }' "/proc/$2/status")" -v peak="$(awk '/VmHWM/ { print $2 }' "/proc/$2/status")" 'BEGIN {
    split(b, x, " "); split(a, y, " ")
    printf "%28s %5.1f MB resident (peak %.1f), %.3f %% of a CPU, %.2f wake-ups/s\n", name, rss / 1024, peak / 1024, (y[1] - x[1]) / s * 100, (y[2] - x[2]) / s }'
}

daemon() { # NAME [WARM [SECONDS]]
  echo "daemon = { netns = [ \"$ns\" ]; };" >"$tmp/conf"
  "$build/netwright" daemon --config "$tmp/conf" --state-dir "$tmp/state" 2>"$tmp/log" &
  pids=($!)
  sleep "${2:-3}"
  rest "$1" "${pids[0]}" "${3:-$seconds}"
  kill "${pids[0]}"
  wait "${pids[0]}" || cat "$tmp/log"
  pids=()
}

crowd() { # PAIRS [WARM [SECONDS]]
  ip netns exec "$ns" "$build/tests/traffic" pairs --count "$1" --max-time 1200 >"$tmp/pairs" &
  until grep -qs ready "$tmp/pairs"; do sleep 0.2; done
  daemon "netwright, $((2 * $1)) sockets" "${@:2}"
  ip netns pids "$ns" | xargs -r kill
  wait || true
  rm -f "$tmp/pairs"
}

echo "daemons at rest, $seconds s each:"
ip netns add "$ns"
ip -n "$ns" link set lo up
daemon "netwright, idle"
crowd 500
crowd 50000 65 $((3 * seconds))

command -v tuned >/dev/null || exit 0
mkdir -p "$tmp/etc/profiles/rest" "$tmp/etc/rest"
printf '[main]\nsummary=nothing\n' | tee "$tmp/etc/rest/tuned.conf" >"$tmp/etc/profiles/rest/tuned.conf"
printf 'daemon = 1\ndynamic_tuning = 0\nsleep_interval = 1\nupdate_interval = 10\nrecommend_command = 0\nenable_dbus = 0\nenable_unix_socket = 0\n' >"$tmp/etc/tuned-main.conf"
# shellcheck disable=SC2016 # the inner shell expands them
unshare --mount --propagation private bash -c '
  mkdir -p /run/tuned && mount --bind "$0" /etc/tuned && mount -t tmpfs tmpfs /run/tuned && exec tuned --no-dbus --profile rest' \
  "$tmp/etc" >"$tmp/tuned.log" 2>&1 &
pids=($!)
sleep 5
rest "TuneD, an empty profile" "${pids[0]}" "$seconds"
