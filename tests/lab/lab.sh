# shellcheck shell=bash
# The lab: two hosts, A and B, each a network namespace of this machine, joined by an emulated WAN
# link or a plain LAN. Source this file from a bash test; it needs root.
#
#   . "$(dirname "$0")/../lab/lab.sh"
#   lab_up wan 1gbit 50ms 12.5MB 0%      # a link with 100 ms round trip, cubic on both hosts
#   lab_bg B "$LAB_BIN/traffic" sink --port 5001
#   lab_wait_port B 5001
#   lab_exec A "$LAB_BIN/traffic" source --to "$LAB_B4" --port 5001 --time 5
#
# Everything is undone when the test ends, however it ends: on exit by the traps set here, after a
# SIGKILL by the next test that sources this file. A test that sets its own EXIT trap must call
# lab_down_all in it. Labs of different processes are independent and may run side by side.
#
# Set by this file (read-only for tests):
#   LAB_BIN              directory of wanem and traffic
#   LAB_TMP              directory of this process, removed at the end
#   LAB_NAME             the current lab
#   LAB_NS_A LAB_NS_B    its namespaces
#   LAB_IF_A LAB_IF_B    its devices
#   LAB_A4 LAB_B4 LAB_A6 LAB_B6                      its addresses
#   LAB_NET_A4 LAB_NET_B4 LAB_NET_A6 LAB_NET_B6      the prefix of each
#   LAB_C4 LAB_D4        of neighbours, once lab_add_neighbours has made them
#   LAB_PID              the process lab_bg started last

LAB_BIN=${NETWRIGHT_LAB_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/tests}
LAB_TMP=
LAB_NAME=
LAB_PID=

# One file per process that has labs, named PID-STARTTIME (a pid alone may have been reused). Its
# lines: "netns NAME", "tmp DIR", "cc" (it relies on the extended congestion control list), "sysctl
# PATH|WRITTEN|BEFORE" (see host_settings.sh).
lab_run_dir=/run/netwright-lab
lab_record=
lab_names=()
declare -A lab_pids=() # process: its lab
lab_cc_allowed=/proc/sys/net/ipv4/tcp_allowed_congestion_control

lab_fail() {
    echo "lab: $*" >&2
    exit 1
}

# --- the run directory -----------------------------------------------------------------------

# Field 22 of /proc/PID/stat; the command name, which may contain anything, ends at the last ")".
lab_start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra stat <<<"${stat##*) }"
    echo "${stat[19]}"
}

lab_is_alive() { # PID-STARTTIME
    [[ $(lab_start_time "${1%-*}") == "${1#*-}" ]]
}

# Runs a command with the run directory locked; it must not leave processes behind, which would keep
# the lock.
lab_locked() {
    (
        flock -w 30 9 || lab_fail "another test holds $lab_run_dir/lock for more than 30 s"
        "$@"
    ) 9>>"$lab_run_dir/lock"
}

lab_delete_netns() {
    local pids
    [[ -e /run/netns/$1 ]] || return 0
    # Children of children, and what a killed test left: nothing else runs in our namespaces.
    mapfile -t pids < <(ip netns pids "$1" 2>/dev/null)
    ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null
    ip netns delete "$1" || echo "lab: cannot delete the network namespace $1" >&2
}

# Puts back the machine's settings that a record names, the last change first, unless somebody else
# has changed them meanwhile, and forgets them.
lab_restore_settings() { # RECORD
    local line path written before current
    while read -r line; do
        IFS='|' read -r path written before <<<"${line#sysctl }"
        current=$(tr '\t' ' ' <"$path")
        if [[ $current == "$written" ]]; then
            echo "$before" >"$path" || echo "lab: cannot put back $path to $before" >&2
        elif [[ $current != "$before" ]]; then
            echo "lab: $path was changed by somebody else: left alone" >&2
        fi
    done < <(grep '^sysctl ' "$1" | tac)
    sed -i '/^sysctl /d' "$1"
}

# Undoes one record, then removes it.
lab_undo_record() {
    local kind value
    lab_restore_settings "$1"
    while read -r kind value; do
        case $kind in
        netns) lab_delete_netns "$value" ;;
        tmp) rm -rf -- "$value" ;;
        esac
    done <"$1"
    rm -f -- "$1"
    lab_restore_cc
}

# The words of a line in one order: the kernel lists congestion controls in its own.
lab_sorted() {
    tr " " "\n" <<<"$1" | sort | xargs
}

# With the last record that relies on it gone, the congestion control list gets its old value back,
# unless somebody else has changed it meanwhile.
lab_restore_cc() {
    local saved extended current
    [[ -e $lab_run_dir/cc ]] || return 0
    grep -qsx cc "$lab_run_dir"/users/* && return 0
    { read -r saved && read -r extended; } <"$lab_run_dir/cc"
    current=$(lab_sorted "$(<"$lab_cc_allowed")")
    if [[ $current == "$(lab_sorted "$extended")" ]]; then
        echo "$saved" >"$lab_cc_allowed" || return 1
    elif [[ $current != "$(lab_sorted "$saved")" ]]; then
        echo "lab: $lab_cc_allowed was changed by somebody else: left alone" >&2
    fi
    rm -f "$lab_run_dir/cc"
}

lab_repair_and_register() {
    local record
    for record in "$lab_run_dir"/users/*; do
        [[ -e $record ]] || continue
        lab_is_alive "${record##*/}" || lab_undo_record "$record"
    done
    lab_restore_cc
    echo "tmp $LAB_TMP" >"$lab_record"
}

# Makes the kernel allow a congestion control in every namespace, for as long as we live. The old
# and the new value are on file before the write, so a test killed at any moment can be repaired.
lab_allow_cc() {
    local allowed saved
    allowed=$(<"$lab_cc_allowed")
    saved=$allowed
    if [[ -e $lab_run_dir/cc ]]; then
        read -r saved <"$lab_run_dir/cc"
        echo cc >>"$lab_record"
    fi
    [[ " $allowed " != *" $1 "* ]] || return 0
    [[ -w $lab_cc_allowed ]] ||
        lab_fail "$1 is not allowed here, and only the machine's own network namespace can allow it"
    printf "%s\n%s\n" "$saved" "$allowed $1" >"$lab_run_dir/cc.new"
    echo cc >>"$lab_record"
    mv "$lab_run_dir/cc.new" "$lab_run_dir/cc"
    echo "$allowed $1" >"$lab_cc_allowed" || lab_fail "cannot allow $1 in $lab_cc_allowed"
}

# --- start and end ---------------------------------------------------------------------------

lab_init() {
    local tool
    [[ -z $lab_record ]] || return 0
    ((EUID == 0)) || lab_fail "needs root (network namespaces, TUN devices): run it with sudo"
    for tool in ip ss flock; do
        command -v "$tool" >/dev/null || lab_fail "needs $tool: install iproute2 and util-linux"
    done
    [[ -c /dev/net/tun ]] || lab_fail "needs /dev/net/tun: a kernel with CONFIG_TUN"
    for tool in wanem traffic; do
        [[ -x $LAB_BIN/$tool ]] ||
            lab_fail "$LAB_BIN/$tool is missing: build it, or point NETWRIGHT_LAB_BIN at it"
    done
    mkdir -p "$lab_run_dir/users" || lab_fail "cannot create $lab_run_dir"
    LAB_TMP=$(mktemp -d "${TMPDIR:-/tmp}/netwright-lab.XXXXXX") ||
        lab_fail "cannot create a directory in ${TMPDIR:-/tmp}"
    lab_record=$lab_run_dir/users/$$-$(lab_start_time $$)
    trap lab_down_all EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    lab_locked lab_repair_and_register || exit 1
}

# Whether a process is still our child: its number may belong to somebody else by now.
lab_is_ours() { # PID
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != Z && ${stat[1]} == "$$" ]]
}

# Ends processes that are still ours: politely, after 2 s not.
lab_kill() { # PID...
    local pid tries
    for pid in "$@"; do
        ! lab_is_ours "$pid" || kill -TERM "$pid"
    done
    for pid in "$@"; do
        for ((tries = 0; tries < 40; tries++)); do
            lab_is_ours "$pid" || break
            sleep 0.05
        done
        ! lab_is_ours "$pid" || kill -KILL "$pid"
        wait "$pid"
        unset "lab_pids[$pid]"
    done 2>/dev/null
    return 0
}

# Ends every process, deletes every namespace and restores what was changed. Safe to call twice.
lab_down_all() {
    local status=$?
    trap '' INT TERM HUP
    lab_kill "${!lab_pids[@]}"
    [[ -z $lab_record || ! -e $lab_record ]] || lab_locked lab_undo_record "$lab_record"
    lab_names=()
    lab_record=
    trap - INT TERM HUP EXIT
    return "$status"
}

# --- hosts -----------------------------------------------------------------------------------

# Makes NAME the lab that the other functions act on.
lab_use() { # NAME
    LAB_NAME=$1
    LAB_NS_A=nwt-$$-$1-a
    LAB_NS_B=nwt-$$-$1-b
    [[ -e /run/netns/$LAB_NS_A ]] || lab_fail "there is no lab $1"
    # shellcheck source=/dev/null
    . "$LAB_TMP/$1.env"
}

lab_ns() { # A|B
    case $1 in
    A) echo "$LAB_NS_A" ;;
    B) echo "$LAB_NS_B" ;;
    C) echo "${LAB_NS_A%a}c" ;;
    D) echo "${LAB_NS_A%a}d" ;;
    *) lab_fail "\"$1\" is not a host: A, B, or their neighbours C, D" ;;
    esac
}

# Runs a command on a host, in the foreground.
lab_exec() { # A|B COMMAND...
    local ns
    ns=$(lab_ns "$1") || exit 1
    shift
    ip netns exec "$ns" "$@"
}

# Runs a command on a host in the background; LAB_PID is its process. Not in a subshell or $( ):
# the process would not be tracked, and the lab's tools end when the shell that started them does.
lab_bg() { # A|B COMMAND...
    local ns
    ns=$(lab_ns "$1") || exit 1
    shift
    ip netns exec "$ns" "$@" &
    LAB_PID=$!
    lab_pids[$LAB_PID]=$LAB_NAME
}

# Ends one process that lab_bg started and waits for it.
lab_stop() { # PID
    lab_kill "$1"
}

# Writes a sysctl of a host and checks that it took: sysctl(8) returns 0 even when it failed.
lab_sysctl() { # A|B KEY VALUE
    local path got
    path=/proc/sys/$(tr ./ /. <<<"$2") # a dot inside a name is written /, as in sysctl.d
    # shellcheck disable=SC2016
    got=$(lab_exec "$1" bash -c 'printf "%s" "$2" >"$1" && cat "$1"' - "$path" "$3") ||
        lab_fail "cannot set $2 to \"$3\" on host $1"
    [[ "${got//[[:space:]]/ }" == "${3//[[:space:]]/ }" ]] ||
        lab_fail "$2 on host $1 became \"$got\", not \"$3\""
}

# Pins the congestion control of both hosts. A namespace accepts only what the machine's own
# net.ipv4.tcp_allowed_congestion_control lists, so that list is extended while labs use it.
lab_cc() { # cubic|bbr|reno
    local available
    available=$(</proc/sys/net/ipv4/tcp_available_congestion_control)
    [[ " $available " == *" $1 "* ]] ||
        lab_fail "this kernel has no congestion control $1, only $available: modprobe tcp_$1"
    lab_locked lab_allow_cc "$1" || exit 1
    lab_sysctl A net.ipv4.tcp_congestion_control "$1"
    lab_sysctl B net.ipv4.tcp_congestion_control "$1"
}

# Waits until something listens on a TCP port of a host.
lab_wait_port() { # A|B PORT [SECONDS]
    local tries
    for ((tries = 0; tries < ${3:-5} * 20; tries++)); do
        [[ -z $(lab_exec "$1" ss -Htnl "sport = :$2") ]] || return 0
        sleep 0.05
    done
    lab_fail "nothing listens on port $2 of host $1 after ${3:-5} s"
}

# --- labs ------------------------------------------------------------------------------------

# A namespace set up as a host.
lab_add_host() { # A|B|C|D
    local ns
    ns=$(lab_ns "$1")
    echo "netns $ns" >>"$lab_record"
    ip netns add "$ns" || lab_fail "cannot create the network namespace $ns"
    # No addresses but ours, and no packets of the kernel's own (router solicitations).
    lab_sysctl "$1" net.ipv6.conf.default.addr_gen_mode 1
    lab_sysctl "$1" net.ipv6.conf.default.accept_ra 0
    ip -n "$ns" link set lo up
    # The kernel's own defaults since 6.16 (rmem) and 4.15 (wmem): a new namespace copies the
    # machine's values, and no test may depend on those.
    lab_sysctl "$1" net.ipv4.tcp_rmem "4096 131072 33554432"
    lab_sysctl "$1" net.ipv4.tcp_wmem "4096 16384 4194304"
    # Or the second connection of a test would start with what the first one learnt.
    lab_sysctl "$1" net.ipv4.tcp_no_metrics_save 1
    ip -n "$ns" tcp_metrics flush all >/dev/null 2>&1
}

lab_add_hosts() { # NAME
    lab_init
    [[ $1 =~ ^[a-z0-9]{1,12}$ ]] || lab_fail "lab name \"$1\": 1 to 12 of a-z 0-9"
    [[ " ${lab_names[*]} " != *" $1 "* ]] || lab_fail "there already is a lab $1"
    LAB_NAME=$1
    LAB_NS_A=nwt-$$-$1-a
    LAB_NS_B=nwt-$$-$1-b
    lab_names+=("$1")
    lab_add_host A
    lab_add_host B
    lab_cc "${LAB_CC:-cubic}"
}

lab_set_addresses() { # IF_A IF_B A4 B4 A6 B6
    # shellcheck disable=SC2034 # for the tests, and read back by lab_use
    LAB_IF_A=$1 LAB_IF_B=$2 LAB_A4=$3 LAB_B4=$4 LAB_A6=$5 LAB_B6=$6
    LAB_NET_A4=${3%.*}.0/24 LAB_NET_B4=${4%.*}.0/24
    LAB_NET_A6=${5%::*}::/64 LAB_NET_B6=${6%::*}::/64
    {
        ip -n "$LAB_NS_A" address add "$3/24" dev "$1" &&
            ip -n "$LAB_NS_B" address add "$4/24" dev "$2" &&
            ip -n "$LAB_NS_A" address add "$5/64" dev "$1" nodad &&
            ip -n "$LAB_NS_B" address add "$6/64" dev "$2" nodad
    } ||
        lab_fail "cannot set the addresses of lab $LAB_NAME"
    declare -p "${!LAB_IF_@}" "${!LAB_NET_@}" LAB_A4 LAB_B4 LAB_A6 LAB_B6 |
        sed 's/^declare --/declare -g/' >"$LAB_TMP/$LAB_NAME.env"
}

# Two hosts on a plain LAN: a veth pair in one prefix.
lab_veth_up() { # NAME
    lab_add_hosts "$1"
    ip -n "$LAB_NS_A" link add lan0 type veth peer name lan0 netns "$LAB_NS_B" ||
        lab_fail "cannot create a veth pair: the kernel needs CONFIG_VETH"
    ip -n "$LAB_NS_A" link set lan0 up
    ip -n "$LAB_NS_B" link set lan0 up
    lab_set_addresses lan0 lan0 198.51.100.1 198.51.100.2 2001:db8:a::1 2001:db8:a::2
}

# Two hosts joined by an emulated link. RATE, QUEUE and LOSS as in "wanem --help"; DELAY is one way,
# so the round trip is twice that. LOSS is from A to B. More options go to wanem as they are.
lab_up() { # NAME RATE DELAY QUEUE LOSS [WANEM-OPTION...]
    local name=$1 rate=$2 delay=$3 queue=$4 loss=$5 log
    (($# >= 5)) || lab_fail "lab_up NAME RATE DELAY QUEUE LOSS [WANEM-OPTION...]"
    shift 5
    lab_add_hosts "$name"
    log=$LAB_TMP/$name.wanem
    "$LAB_BIN/wanem" --a-netns "$LAB_NS_A" --b-netns "$LAB_NS_B" --rate "$rate" \
        --delay "$delay" --queue "$queue" --loss "$loss" --max-time "${LAB_MAX_TIME:-300}" "$@" \
        >"$log.out" 2>"$log.err" &
    lab_pids[$!]=$name
    echo $! >"$log.pid"
    lab_wait_ready "$log"
    lab_set_addresses wan0 wan0 198.51.100.1 203.0.113.1 2001:db8:a::1 2001:db8:b::1
    {
        ip -n "$LAB_NS_A" route add "$LAB_NET_B4" dev wan0 src "$LAB_A4" &&
            ip -n "$LAB_NS_B" route add "$LAB_NET_A4" dev wan0 src "$LAB_B4" &&
            ip -n "$LAB_NS_A" route add "$LAB_NET_B6" dev wan0 src "$LAB_A6" &&
            ip -n "$LAB_NS_B" route add "$LAB_NET_A6" dev wan0 src "$LAB_B6"
    } ||
        lab_fail "cannot set the routes of lab $name"
}

lab_wait_ready() { # LOG
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        ! grep -qsx ready "$1.out" || return 0
        kill -0 "$(<"$1.pid")" 2>/dev/null || break
        sleep 0.02
    done
    lab_fail "the link emulator did not start: $(<"$1.err")"
}

# Statistics of the current lab's link so far, one line per direction: "a->b packets=... ...".
lab_wan_stats() {
    local log=$LAB_TMP/$LAB_NAME.wanem before tries
    before=$(wc -l <"$log.err")
    kill -USR1 "$(<"$log.pid")" 2>/dev/null || lab_fail "the link of lab $LAB_NAME is gone"
    for ((tries = 0; tries < 100; tries++)); do
        (($(wc -l <"$log.err") < before + 2)) || break
        sleep 0.02
    done
    tail -n 2 "$log.err"
}

# One of those numbers: lab_wan_stat "a->b" tail_drops
lab_wan_stat() { # DIRECTION KEY
    lab_wan_stats | sed -n "s/^$1 .*\b$2=\([0-9]*\).*/\1/p"
}

# Changes the link to what the --then-... options of lab_up say; a second time, back.
lab_change() {
    kill -USR2 "$(<"$LAB_TMP/$LAB_NAME.wanem.pid")" 2>/dev/null ||
        lab_fail "the link of lab $LAB_NAME is gone"
}

# Two more hosts, C behind A and D behind B, whose connections share A's link with B but none of
# their settings: LAB_C4 and LAB_D4. Their congestion control is cubic.
lab_add_neighbours() {
    local host via
    LAB_C4=198.18.0.1 LAB_D4=198.18.1.1
    for host in C D; do
        lab_add_host "$host"
        lab_sysctl "$host" net.ipv4.tcp_congestion_control cubic
    done
    for via in "A C $LAB_C4 $LAB_D4" "B D $LAB_D4 $LAB_C4"; do
        # shellcheck disable=SC2086 # split into words
        lab_join_neighbour $via || lab_fail "cannot add neighbours to lab $LAB_NAME"
    done
}

lab_join_neighbour() { # ROUTER HOST ITS-ADDRESS THE-OTHER'S
    local router host
    router=$(lab_ns "$1") host=$(lab_ns "$2")
    ip -n "$router" link add lan1 type veth peer name lan1 netns "$host" &&
        ip -n "$router" address add "${3%.*}.254/24" dev lan1 && ip -n "$host" address add "$3/24" dev lan1 &&
        ip -n "$router" link set lan1 up && ip -n "$host" link set lan1 up &&
        ip -n "$host" route add default via "${3%.*}.254" &&
        ip -n "$router" route add "${4%.*}.0/24" dev wan0 && lab_sysctl "$1" net.ipv4.ip_forward 1
}

# Ends one lab, which need not be the current one.
lab_down() { # NAME
    local name host pid left=() pids=() log=$LAB_TMP/$1.wanem
    for pid in "${!lab_pids[@]}"; do
        [[ ${lab_pids[$pid]} != "$1" ]] || pids+=("$pid")
    done
    lab_kill "${pids[@]}"
    for host in a b c d; do
        lab_delete_netns "nwt-$$-$1-$host"
    done
    rm -f "$log".* "$LAB_TMP/$1.env"
    for name in "${lab_names[@]}"; do
        [[ $name == "$1" ]] || left+=("$name")
    done
    lab_names=("${left[@]}")
}
