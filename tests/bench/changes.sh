#!/usr/bin/env bash
# Setting 50 sysctls, each run changing all of them: netwright with its durable journal beside sysctl -p and TuneD's
# one-shot mode, in a network namespace of our own: tests/bench/changes.sh BUILD_DIR. As root.
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/$1
ns=netwright-changes-$$
# The journal belongs on a disk: what it costs is what waiting for one costs.
dir=$(mktemp -d -p "$build")
trap 'ip netns delete "$ns" 2>/dev/null || true; rm -rf "$dir"' EXIT
ip netns add "$ns"
netwright=$build/netwright

# 50 plain numbers that this namespace has and lets change: A is what they are, B one more (or a
# switch turned).
count=0
while IFS=' =' read -r key value; do
  case $value in
    *[!0-9]* | '') continue ;;
    0 | 1) other=$((1 - value)) ;;
    *) other=$((value + 1)) ;;
  esac
  # Those in clock ticks are rounded, and refused: try each.
  ip netns exec "$ns" "$netwright" set -q --state-dir "$dir/tried" "$key=$other" >/dev/null 2>&1 || continue
  echo "$key=$value" >>"$dir/a.conf"
  echo "$key=$other" >>"$dir/b.conf"
  count=$((count + 1))
  [ "$count" -lt 50 ] || break
done < <(ip netns exec "$ns" sysctl -a -r '^net\.ipv4\.(tcp|icmp|igmp|udp)_' 2>/dev/null)
[ "$count" -eq 50 ] || { echo "changes.sh: only $count sysctls here" >&2; exit 1; }
mapfile -t a <"$dir/a.conf"
mapfile -t b <"$dir/b.conf"

# report NAME "MEDIAN_MS PEAK_KIB" [TARGETS]
report() {
  # shellcheck disable=SC2086 # two words
  set -- "$1" $2 "${3:-}"
  awk -v n="$1" -v m="$2" -v k="$3" -v t="$4" 'BEGIN { printf "%8s %-28s %7.2f ms  %5.1f MB%s\n", "", n, m, k * 1024 / 1e6, t }'
}
in_ns() { ip netns exec "$ns" "$@"; }

echo "setting $count sysctls, median of 40 runs (TuneD 6), largest memory:"
report "netwright set" "$(in_ns "$build/tests/bench_run" 20 "$netwright" set -q --state-dir "$dir/state" "${b[@]}" -- \
  "$netwright" set -q --state-dir "$dir/state" "${a[@]}")" "  (targets 10 ms, 8 MB)"
mkdir "$dir/tmpfs"
in_ns unshare --mount sh -c "mount -t tmpfs tmpfs '$dir/tmpfs' && exec \"\$@\"" - "$build/tests/bench_run" 20 \
  "$netwright" set -q --state-dir "$dir/tmpfs/state" "${b[@]}" -- \
  "$netwright" set -q --state-dir "$dir/tmpfs/state" "${a[@]}" >"$dir/tmpfs.out"
report "  journal in memory" "$(cat "$dir/tmpfs.out")"
report "sysctl -p" "$(in_ns "$build/tests/bench_run" 20 sysctl -q -p "$dir/b.conf" -- sysctl -q -p "$dir/a.conf")"

if command -v tuned >/dev/null 2>&1; then
  # Its own configuration, in a mount namespace: /etc/tuned and /run/tuned stay as they are.
  mkdir "$dir/etc"
  printf 'daemon = 0\nreapply_sysctl = 0\ndynamic_tuning = 0\nenable_dbus = 0\n' >"$dir/etc/tuned-main.conf"
  for side in a b; do
    # TuneD up to 2.22 looks in the first place, later ones in the second.
    mkdir -p "$dir/etc/side-$side" "$dir/etc/profiles/side-$side"
    { printf '[main]\nsummary=%s\n[sysctl]\n' "$side"; cat "$dir/$side.conf"; } |
      tee "$dir/etc/side-$side/tuned.conf" >"$dir/etc/profiles/side-$side/tuned.conf"
  done
  if in_ns unshare --mount --propagation private sh -c "
    mkdir -p /run/tuned && mount --bind '$dir/etc' /etc/tuned && mount -t tmpfs tmpfs /run/tuned && exec \"\$@\"" - \
    "$build/tests/bench_run" 3 tuned --no-dbus --log "$dir/tuned.log" --profile side-b -- \
    tuned --no-dbus --log "$dir/tuned.log" --profile side-a >"$dir/tuned.out" 2>"$dir/tuned.err"; then
    report "TuneD, one-shot" "$(cat "$dir/tuned.out")"
  else
    echo "TuneD did not run:"
    cat "$dir/tuned.err"
  fi
else
  echo "         TuneD is not installed: not compared"
fi
