#!/usr/bin/env bash
# Which connection is meant, on the real kernel: a socket that two processes share after a fork is set
# and put back once; when a descriptor becomes another connection, or its process ends, nothing else
# is touched. And who may not: links, routes and connections end with status 6 for a person without
# rights. Control: without all that the options are set and put back.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace a
ip -n "$ns" link set lo up
ip -n "$ns" link add one type veth peer name two
ip -n "$ns" link set one up
ip -n "$ns" address add 192.0.2.1/24 dev one
cat >"$tmp/holder.py" <<'END'
import os, signal, socket, sys

listener = socket.create_server(("127.0.0.1", 7001))
pairs = []
for _ in range(2):
    client = socket.create_connection(("127.0.0.1", 7001))
    pairs.append((client, listener.accept()[0]))
first, second = pairs[0][0], pairs[1][0]
child = os.fork()
if child == 0:
    signal.pause()
print(os.getpid(), child, first.fileno(), second.fileno(), flush=True)
for line in sys.stdin:
    if line == "swap\n":
        os.dup2(second.fileno(), first.fileno())
    elif line == "end\n":
        os.kill(child, 9)
        os.wait()
        print("ended", flush=True)
        break
    print(second.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), flush=True)
END
mkfifo "$tmp/tell"
exec 9<>"$tmp/tell"
start() {
  rm -f "$tmp/told"
  ip netns exec "$ns" python3 "$tmp/holder.py" <"$tmp/tell" >"$tmp/told" 2>"$tmp/told.err" &
  holder=$!
  eventually 10 "connections are open" test -s "$tmp/told"
  read -r pid child fd other <"$tmp/told"
}
# shellcheck disable=SC2317 # called by eventually
told_more() { [ "$(wc -l <"$tmp/told")" -gt "$1" ]; }
keepalives() { ip netns exec "$ns" ss -Htno state established | grep -c keepalive; }

echo "# shared after a fork"
start
run 0 "set it by its two processes" set --netns "$ns" "socket:$pid/$fd/keepalive=on" "socket:$child/$fd/keepalive=on"
check "one connection has it" test "$(keepalives)" -eq 1
run 0 "rollback" rollback
check "none has it" test "$(keepalives)" -eq 0
run 0 "all connections of both" set --netns "$ns" "socket:dst 127.0.0.1/keepalive=on"
check "each has it, once" test "$(keepalives)" -eq 4
run 0 "rollback" rollback
check "none has it" test "$(keepalives)" -eq 0

echo "# another connection under the same descriptor"
run 0 "set" set --netns "$ns" "socket:$pid/$fd/keepalive=on"
run 0 "the other, to tell it from" set --netns "$ns" "socket:$pid/$other/keepalive=on"
second=$(last_id)
echo swap >&9
eventually 5 "the descriptor is the other connection" told_more 1
run 0 "rollback of the first" rollback "$((second - 1))"
says "gone"
check "the other one keeps what it has" test "$(tail -n 1 "$tmp/told")" = 1
run 0 "rollback of the second" rollback "$second"

echo "# a process that ended"
run 0 "set" set --netns "$ns" "socket:$pid/$other/keepalive=on"
echo end >&9
wait "$holder"
run 0 "rollback" rollback
says "gone"
run 2 "set" set --netns "$ns" "socket:$pid/$other/keepalive=on"

echo "# without rights"
start
ip -n "$ns" -d link show >"$tmp/before"
ip -n "$ns" -d route show >>"$tmp/before"
chmod 755 "$tmp"
cp "$NETWRIGHT" "$tmp/netwright"
for wish in link:one/txqueuelen=77 link:one/mtu=1400 link:one/offload.tso=0 link:one/qdisc=pfifo \
  route:192.0.2.0/24/initcwnd=20 "socket:$pid/$fd/keepalive=on" "socket:dst 127.0.0.1/congestion=reno"; do
  ip netns exec "$ns" setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/netwright" set "$wish" \
    --state-dir "$tmp/nobody" >"$tmp/out" 2>"$tmp/err" </dev/null
  status=$?
  check "as nobody, $wish: status 6: $(head -n 1 "$tmp/err")" test "$status" -eq 6
done
# Root that lacks this one alone lists the descriptors of others, and cannot read them.
for wish in "socket:port 7001/keepalive=on" "socket:pid $pid/keepalive=on" "socket:$pid/$fd/keepalive=on"; do
  setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$NETWRIGHT" set --netns "$ns" "$wish" \
    --state-dir "$tmp/root" >"$tmp/out" 2>"$tmp/err" </dev/null
  status=$?
  check "without CAP_SYS_PTRACE, $wish: status 6: $(head -n 1 "$tmp/err")" test "$status" -eq 6
  check "  says what is needed" grep -q CAP_SYS_PTRACE "$tmp/err"
done
ip -n "$ns" -d link show >"$tmp/after"
ip -n "$ns" -d route show >>"$tmp/after"
check "nothing has changed" cmp "$tmp/before" "$tmp/after"
check "no connection either" test "$(keepalives)" -eq 0
echo end >&9
wait "$holder"
finish
