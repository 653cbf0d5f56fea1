# shellcheck shell=bash disable=SC2154,SC2034 # variables are of lab.sh and scenario.sh, or for them
# The traffic of a scenario, and what is measured of it from outside: what the programs received, RTTs
# as ss shows them, and the kernel's counters. Source lab.sh and scenario.sh first.

work_port=5001

# The programs that wait for the traffic, once for each lab.
work_serve() {
    local kind size
    read -r kind size _ <<<"${scenario[work]}"
    case $kind in
    bulk | paced) work_server B sink ;;
    slow) work_server B sink --slow "$size" ;;
    answers | connections) work_server A respond --size "$size" ;;
    udp) ;; # counts from start to end: one for each measurement
    *) lab_fail "[$scenario_file]: \"$kind\" is no work: bulk, paced, slow, answers, connections or udp" ;;
    esac
    [[ -z ${scenario[beside]:-} ]] || work_server D sink
}

work_server() { # HOST VERB OPTION...
    local host=$1 verb=$2
    shift 2
    lab_bg "$host" "$LAB_BIN/traffic" "$verb" --port "$work_port" --max-time 14400 "$@" >/dev/null
    [[ $verb == udp-* ]] || lab_wait_port "$host" "$work_port"
}

# The command of the active side, in $work_host and $work_command, for SECONDS in all.
work_client() { # SECONDS OMIT
    local kind one two three to=$LAB_B4
    read -r kind one two three <<<"${scenario[work]}"
    work_host=A
    case $kind in
    bulk | slow | paced)
        work_command=(source --time "$1" --omit "$2")
        [[ $kind != bulk ]] || work_command+=(--flows "$one")
        [[ $kind != paced ]] || work_command+=(--rate "$one")
        ;;
    answers | connections)
        work_host=B to=$LAB_A4
        work_command=(request --every "$two" --count 1000000 --max-time "$1")
        [[ $kind != connections ]] || work_command+=(--reconnect)
        ;;
    udp) work_command=(udp-source --size "$one" --burst "$two" --every "$three" --time "$1") ;;
    esac
    work_command=("$LAB_BIN/traffic" "${work_command[0]}" --to "$to" --port "$work_port" "${work_command[@]:1}")
}

# The traffic of the tuning: goes on until work_stop.
work_go_on() { # SECONDS
    local turn=${scenario[turn]}
    ((turn > 0)) || turn=$1
    work_pids=()
    if [[ ${scenario[work]} == udp* ]]; then
        work_server B udp-sink
        work_pids+=("$LAB_PID")
    fi
    work_client "$turn" 0
    (while :; do ip netns exec "$(lab_ns "$work_host")" "${work_command[@]}" || sleep 1; done) >/dev/null 2>&1 &
    work_pids+=("$!")
    lab_pids["$!"]=$LAB_NAME
    [[ -n ${scenario[beside]:-} ]] || return 0
    lab_bg C "$LAB_BIN/traffic" source --to "$LAB_D4" --port "$work_port" --time "$1" --flows "${scenario[beside]#bulk }" \
        >/dev/null 2>&1
    work_pids+=("$LAB_PID")
}

work_stop() {
    lab_kill "${work_pids[@]}"
}

# --- one measurement -----------------------------------------------------------------------------

# "RetransSegs OutSegs" of A so far.
segment_counts() {
    # shellcheck disable=SC2016 # awk's own variables
    lab_exec A awk '$1 == "Tcp:" { if (!n) { for (i = 1; i <= NF; i++) at[$i] = i; n = 1 } else
        print $at["RetransSegs"], $at["OutSegs"] }' /proc/net/snmp
}

# Microseconds in which something of this machine wanted a CPU and had none. Much of it disturbs the
# link emulator as well: the result says how much there was.
cpu_stalled() {
    sed -n 's/^some .*total=//p' /proc/pressure/cpu 2>/dev/null
}

# Nothing that one run taught the kernel may serve the next.
forget_metrics() {
    local host
    for host in A B; do lab_exec "$host" ip tcp_metrics flush all >/dev/null 2>&1; done
}

# Runs the work of the current lab over new connections. Its JSON is left in $measured.
measure() { # WARM SECONDS
    local warm=$1 all=$(($1 + $2)) log=$LAB_TMP/$LAB_NAME client beside='' sink='' first last rtts
    forget_metrics
    work_client "$all" "$warm"
    rm -f "$log".{client,beside,rtt,sink}
    if [[ ${scenario[work]} == udp* ]]; then
        lab_bg B "$LAB_BIN/traffic" udp-sink --port "$work_port" >"$log.sink"
        sink=$LAB_PID
        sleep 0.2
    fi
    lab_bg "$work_host" "${work_command[@]}" >"$log.client" 2>"$log.client.err"
    client=$LAB_PID
    if [[ -n ${scenario[beside]:-} ]]; then
        lab_bg C "$LAB_BIN/traffic" source --to "$LAB_D4" --port "$work_port" --time "$all" --omit "$warm" \
            --flows "${scenario[beside]#bulk }" >"$log.beside"
        beside=$LAB_PID
    fi
    sleep "$warm"
    # shellcheck disable=SC2016 # the inner shell expands it
    lab_bg A bash -c 'while :; do ss -Htin state established "( sport = :$1 or dport = :$1 )"; sleep 0.2; done' \
        - "$work_port" >"$log.rtt"
    rtts=$LAB_PID
    first="$(segment_counts) $(cpu_stalled)"
    sleep "$2"
    last="$(segment_counts) $(cpu_stalled)"
    lab_stop "$rtts"
    wait "$client" ${beside:+"$beside"}
    [[ -z $sink ]] || lab_stop "$sink"
    measured=$(jq -nc --argjson goodput "$(work_goodput "$log" "$all")" --argjson rtt "$(percentile 95 <"$log.rtt")" \
        --argjson answer_p95_us "$(number "$log.client" p95_us)" --argjson beside "$(number "$log.beside" goodput_bps)" \
        --argjson retransmitted "$(share "$first" "$last")" \
        --argjson waited "$(awk -v a="$first" -v b="$last" -v s="$2" 'BEGIN { split(a, x); split(b, y)
            if (y[3] != "") printf "%.3f", (y[3] - x[3]) / s / 1e6; else print "null" }')" \
        '{goodput_bps: $goodput, rtt_p95_us: $rtt, retransmit_ratio: $retransmitted}
            + if $waited then {cpu_waited: $waited} else {} end
            + if $answer_p95_us then {$answer_p95_us} else {} end + if $beside then {beside_bps: $beside} else {} end')
}

# KEY=NUMBER in a line of the traffic tool, or null.
number() { # FILE KEY
    local value
    value=$(sed -n "s/^\(.* \)\?$2=\([0-9.]*\).*/\2/p" "$1" 2>/dev/null | tail -n 1)
    echo "${value:-null}"
}

# Bits per second that the programs received: of answers, those of one answer in its median time.
work_goodput() { # LOG SECONDS
    local kind size
    read -r kind size _ <<<"${scenario[work]}"
    case $kind in
    answers | connections)
        number "$1.client" p50_us | awk -v size="$(bytes "$size")" '$1 + 0 > 0 { printf "%.0f", size * 8e6 / $1; n = 1 } END { if (!n) print "null" }'
        ;;
    udp) number "$1.sink" datagrams | awk -v size="$size" -v s="$2" '$1 != "null" { printf "%.0f", $1 * size * 8 / s; n = 1 } END { if (!n) print "null" }' ;;
    *) number "$1.client" goodput_bps ;;
    esac
}

bytes() { # 500kB, 6MiB or 1448
    local text=${1%B}
    case $text in
    *i) numfmt --from=iec-i "$text" ;;
    *k) numfmt --from=si "${text%k}K" ;;
    *) numfmt --from=si "$text" ;;
    esac
}

# Of the RTTs in what ss wrote, in microseconds; null when there were none.
percentile() { # PERCENT
    grep -oE ' rtt:[0-9.]+' | cut -d: -f2 | sort -n |
        awk -v p="$1" '{ v[NR] = $1 } END { if (NR) printf "%.0f", v[int((NR - 1) * p / 100) + 1] * 1000; else print "null" }'
}

share() { # "RETRANSMITTED SENT" before and after
    awk -v a="$1" -v b="$2" 'BEGIN { split(a, x); split(b, y); r = y[1] - x[1]; n = r + y[2] - x[2]
        if (n > 0) printf "%.6f", r / n; else print "null" }'
}
