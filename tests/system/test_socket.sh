#!/usr/bin/env bash
# Open connections are changed and put back: congestion control at 3 % loss, a receive buffer that
# its program locked too small, one that we lock; what is chosen by process, port and prefix.
# Controls: other connections keep what they have, and what has gone is told and not touched.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

lab_init
state=$LAB_TMP/state
out=$LAB_TMP/socket

# run STATUS DESCRIPTION VERB ARGUMENT...
run() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" "$@" --state-dir "$state" >"$out.out" 2>"$out.err" </dev/null
  status_is "$what" "$wanted" $? "$out.err"
}
complains() { check "  complains \"$1\"" grep -qF -- "$1" "$out.err"; }
says() { check "  says \"$1\"" grep -qF -- "$1" "$out.out"; }

# What ss shows of the connections to or from a port of a host, one line each.
shown() { # A|B PORT
  lab_exec "$1" ss -Htinmo "( sport = :$2 or dport = :$2 )" | tr '\n' ' '
}
field() { # A|B PORT KEY: the number after KEY:
  shown "$1" "$2" | grep -oE "[ (,]$3:?[0-9.]+" | head -n 1 | grep -oE '[0-9.]+$'
}
# shellcheck disable=SC2317 # called by check
congestion_is() { # PORT NAME
  shown A "$1" | grep -qE "[[:space:]]$2 "
}
# Mbit/s that the receiver gets over some seconds.
goodput() { # PORT SECONDS
  local before after
  before=$(field B "$1" bytes_received)
  sleep "$2"
  after=$(field B "$1" bytes_received)
  awk -v b="$before" -v a="$after" -v s="$2" 'BEGIN { printf "%.2f", (a - b) * 8 / s / 1e6 }'
}
# The bound of the window of the process's connection from or to a port, which ss does not show; with
# BYTES it is set before.
clamp() { # PID PORT [BYTES]
  python3 - "$@" <<'END'
import ctypes, os, socket, sys

pid, port = int(sys.argv[1]), int(sys.argv[2])
call = ctypes.CDLL(None, use_errno=True).syscall
process = call(434, pid, 0)  # pidfd_open
for name in os.listdir(f"/proc/{pid}/fd"):
    if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
        continue
    with socket.socket(fileno=call(438, process, int(name), 0)) as s:  # pidfd_getfd
        try:
            if port in (s.getsockname()[1], s.getpeername()[1]):
                for size in sys.argv[3:]:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, int(size))
                print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP))
        except OSError:  # it listens
            pass
END
}
# shellcheck disable=SC2317 # called by check
at_least() { awk -v a="$1" -v b="$2" -v f="${3:-1}" 'BEGIN { exit !(a > 0 && a >= b * f) }'; }

echo "# congestion control at 3 % loss"
LAB_CC=cubic
lab_up loss 100mbit 25ms 625000 3% --seed 42
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5001 --max-time 60
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5002 --max-time 60
lab_wait_port B 5001
lab_wait_port B 5002
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5001 --time 40
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5002 --time 40 --rate 1mbit
other=$LAB_PID
ns=$(lab_ns A)
sleep 3
before=$(goodput 5001 4)
target="socket:dst $(path_of B) and port 5001/congestion"
run 0 "a dry run" set --netns "$ns" "$target=bbr" --dry-run
says "cubic -> bbr"
check "  changes nothing" congestion_is 5001 cubic
run 7 "one that this kernel lacks" set --netns "$ns" "$target=no-such"
run 2 "a prefix that nobody talks to" set --netns "$ns" "socket:dst 192.0.2.0/24/congestion=bbr"
run 2 "a control group that is none" set --netns "$ns" "socket:cgroup=/no-such/congestion=bbr"
complains "there is no such process"
run 0 "bbr" set --netns "$ns" "$target=bbr"
check "the connection has it" congestion_is 5001 bbr
check "the other one has not" congestion_is 5002 cubic
sleep 3
after=$(goodput 5001 4)
check "goodput is ten times as high: $before, then $after Mbit/s" at_least "$after" "$before" 10
run 0 "by hand, the other one" set --netns "$ns" "socket:pid $other/congestion=reno"
check "  has it" congestion_is 5002 reno
run 0 "rollback of all" rollback --all
check "the connection has its own again" congestion_is 5001 cubic
check "the other one as well" congestion_is 5002 cubic
sleep 3
back=$(goodput 5001 4)
check "goodput is what it was: $back Mbit/s" at_least "$after" "$back" 5

echo "# every option is put back"
all=(keepalive=on keepalive_count=3 keepalive_idle=60s keepalive_interval=5s nodelay=off notsent_lowat=128KiB
  pacing_rate=1Mbit sndbuf=1MiB rcvbuf=256KiB user_timeout=30s congestion=reno)
wishes=()
for option in "${all[@]}"; do wishes+=("socket:pid $other/$option"); done
run 0 "a plan of all options" set --netns "$ns" "${wishes[@]}" --dry-run --json
jq -c '.changes | sort_by(.tunable)[] | [.tunable, .from, .to]' "$out.out" >"$out.plan"
check "  has them all" test "$(wc -l <"$out.plan")" -eq 11
run 0 "all options of a connection" set --netns "$ns" "${wishes[@]}"
check "  the buffer" test "$(field A 5002 tb)" -eq 1048576
run 0 "once more: nothing to do" set --netns "$ns" "${wishes[@]}"
says "11 settings hold already"
run 0 "rollback" rollback
check "  congestion" congestion_is 5002 cubic
run 0 "the plan once more" set --netns "$ns" "${wishes[@]}" --dry-run --json
jq -c '.changes | sort_by(.tunable)[] | [.tunable, .from, .to]' "$out.out" >"$out.again"
check "  is the same: all is back" diff "$out.plan" "$out.again"

echo "# what has gone"
run 0 "a change" set --netns "$ns" "socket:pid $other/keepalive=on"
lab_stop "$other"
run 0 "rollback of a connection that was closed" rollback
says "gone"
run 2 "a process that ended" set --netns "$ns" "socket:pid $other/keepalive=on"
lab_down loss

echo "# a receive buffer locked too small"
LAB_CC=cubic
lab_up small 100mbit 25ms 1250000 0%
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5003 --rcvbuf 65536 --max-time 60
sink=$LAB_PID
lab_wait_port B 5003
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5003 --time 40
ns=$(lab_ns B)
sleep 3
before=$(goodput 5003 3)
locked=$(field B 5003 rb)
# The sender's second scale is that of its own windows; the receiver's windows have the receiver's.
scale=$(shown B 5003 | grep -oE 'wscale:[0-9]+,[0-9]+' | cut -d, -f2)
run 2 "more than its scale allows" set --netns "$ns" "socket:pid $sink/rcvbuf=64MiB"
complains "opened again"
run 0 "released" set --netns "$ns" "socket:pid $sink/rcvbuf=auto"
sleep 4
after=$(goodput 5003 4)
rtt=$(field A 5003 minrtt)
ceiling=$(awk -v s="$scale" -v r="$rtt" 'BEGIN { printf "%.2f", 65535 * 2 ^ s * 8 / (r / 1000) / 1e6 }')
check "it recovers to 90 % of what its scale allows ($before, then $after of $ceiling Mbit/s)" \
  at_least "$after" "$ceiling" 0.9
check "  which is more than before" at_least "$after" "$before" 1.3
run 0 "rollback" rollback
check "it has its size again" test "$(field B 5003 rb)" -eq "$locked"
sleep 3
back=$(goodput 5003 3)
check "and its goodput: $back Mbit/s" at_least "$before" "$back" 0.85
lab_down small

echo "# a buffer that we lock, and autotuning after it"
LAB_CC=cubic
lab_up tuned 100mbit 25ms 625000 0%
lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port 5004 --max-time 60
sink=$LAB_PID
lab_wait_port B 5004
lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port 5004 --time 40
ns=$(lab_ns B)
sleep 5
before=$(goodput 5004 3)
bound=$(clamp "$sink" 5004)
run 0 "locked" set --netns "$ns" "socket:pid $sink/rcvbuf=128KiB"
check "it holds it" test "$(field B 5004 rb)" -eq 131072
sleep 2
small=$(goodput 5004 3)
check "it is slower: $before, then $small Mbit/s" at_least "$before" "$small" 3
# The kernel lowers it while the buffer is locked, as soon as packets of another fill arrive.
check "the bound of its window is lowered" test "$(clamp "$sink" 5004 81920)" -eq 81920
run 0 "rollback" rollback
restored=$(clamp "$sink" 5004)
check "the bound is back: $restored, before $bound" at_least "$restored" "$bound" 0.9
sleep 3
back=$(goodput 5004 3)
check "autotuning works again: $back Mbit/s" at_least "$back" "$before" 0.9
finish
