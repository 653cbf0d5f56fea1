# shellcheck shell=bash
# A host with many network namespaces and processes, of which nothing is left behind. Source it first:
# it starts the script again in mount and PID namespaces of its own, with an empty /run/netns, so that
# nobody else's namespaces are seen and all processes end with the script. As root.

if [ "${CROWD_INSIDE:-}" != yes ]; then
  CROWD_INSIDE=yes exec unshare --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
mkdir -p /run/netns
mount -t tmpfs -o size=1m tmpfs /run/netns

# crowd_make NAMESPACES PROCESSES TRAFFIC-PROGRAM: namespaces crowd-01, crowd-02, ..., each x
crowd_make() {
  local namespaces=$1 share=$(($2 / $1)) traffic=$3 name out
  out=$(mktemp -d)
  for name in $(seq -f 'crowd-%02.0f' "$namespaces"); do
    ip netns add "$name" && ip -n "$name" link set lo up || return 1
    ip netns exec "$name" "$traffic" pairs --count 5 --max-time 600 >"$out/$name" &
    ip netns exec "$name" "$traffic" respond --port 7000 --size 1000 --max-time 600 >"$out/$name.respond" &
    # shellcheck disable=SC2016 # the inner shell expands it
    ip netns exec "$name" bash -c 'for ((i = 0; i < $0; i++)); do sleep 600 & done' "$share"
  done
  for name in $(seq -f 'crowd-%02.0f' "$namespaces"); do
    for _ in $(seq 100); do
      grep -qs ready "$out/$name" && grep -qs ready "$out/$name.respond" && break
      sleep 0.1
    done
    grep -qs ready "$out/$name" || { echo "crowd: no connections in $name" >&2; return 1; }
    ip netns exec "$name" "$traffic" request --to 127.0.0.1 --port 7000 --every 100 --count 100000 --max-time 600 >/dev/null &
  done
  rm -r "$out"
}
