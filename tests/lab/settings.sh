# shellcheck shell=bash disable=SC2154 # LAB_* and scenario are of lab.sh and scenario.sh
# What the lab's hosts are set to: by hand, by TuneD, by netwright; and what differs afterwards. Each
# acts on both hosts of the current lab. Source lab.sh, scenario.sh and workload.sh first.

NETWRIGHT=${NETWRIGHT:-$LAB_BIN/../netwright}

# One setting on both hosts; KEY[2] is the third number of a vector, and sizes may be written 6MiB.
set_by_hand() { # KEY VALUE
    local key=${1%"["*} index=${1##*"["} value=$2 host numbers
    [[ $value != *iB ]] || value=$(bytes "$value")
    for host in A B; do
        numbers=("$value")
        if [[ $1 == *"["* ]]; then
            read -ra numbers < <(lab_exec "$host" cat "/proc/sys/$(tr ./ /. <<<"$key")")
            numbers[${index%"]"}]=$value
        fi
        lab_sysctl "$host" "$key" "${numbers[*]}"
    done
}

set_start() {
    local key value
    [[ -n ${scenario[start]:-} ]] || return 0
    while read -r key value; do set_by_hand "$key" "$value"; done <<<"${scenario[start]}"
}

set_cell() { # "KEY=VALUE KEY=VALUE"
    local setting
    for setting in $1; do set_by_hand "${setting%=*}" "${setting##*=}"; done
}

# --- TuneD ---------------------------------------------------------------------------------------

# What its network-throughput sets of the network, by TuneD itself. Not its parent, which sets the
# machine's CPUs, disks and memory. Status 1 when there is no TuneD.
set_by_tuned() {
    local stock work=$LAB_TMP/tuned host
    command -v tuned >/dev/null || return 1
    for stock in /usr/lib/tuned{/profiles,}/network-throughput/tuned.conf; do
        [[ ! -e $stock ]] || break
    done
    [[ -e $stock ]] || return 1
    mkdir -p "$work"/{lab,profiles/lab}
    { echo "[sysctl]" && grep '^net\.' "$stock"; } | tee "$work/lab/tuned.conf" >"$work/profiles/lab/tuned.conf"
    # One shot: applies, ends, and puts nothing back.
    printf '%s\n' "daemon = 0" "dynamic_tuning = 0" "reapply_sysctl = 0" >"$work/tuned-main.conf"
    for host in A B; do
        # shellcheck disable=SC2016 # the inner shell expands them
        lab_exec "$host" unshare --mount --propagation private bash -c '
            mkdir -p /run/tuned && mount --bind "$1" /etc/tuned && mount -t tmpfs tmpfs /run/tuned &&
            exec tuned --log "$1/log" --profile lab' - "$work" >/dev/null 2>&1
        tuned_took "$host" "$work/lab/tuned.conf"
    done
}

# TuneD's exit status says nothing.
tuned_took() { # HOST PROFILE
    local key value now
    while IFS='=' read -r key value; do
        now=$(lab_exec "$1" cat "/proc/sys/$(tr ./ /. <<<"${key% }")")
        [[ "${now//[[:space:]]/ }" == "$(tr -d '"' <<<"${value# }")" ]] ||
            lab_fail "TuneD left $key at \"$now\" on host $1, not $value: $(tail -n 3 "$LAB_TMP/tuned/log")"
    done < <(grep '^net\.' "$2")
}

# --- netwright -----------------------------------------------------------------------------------

# What tunes in netwright's column is LAB_TUNER:
#   daemon   a daemon on each host
#   tune     "netwright tune" on the two hosts in turn
# tuner_start, then tuner_wait as often as wanted, then tuner_stop; $tuning_trials counts what was tried.
tuner_start() {
    tuning_trials=0
    [[ $LAB_TUNER == tune ]] || daemons_start
}

# Until there is nothing left to try, or the time is over.
tuner_wait() { # SECONDS
    if [[ $LAB_TUNER == tune ]]; then tune_in_turn "$1"; else daemons_wait "$1"; fi
}

tuner_stop() {
    [[ $LAB_TUNER == tune ]] || lab_kill "${daemon_pids[@]}"
}

# Trials are the defaults; audits are shorter, so that eight trials fit into the time, but hold what CC-01 needs
# of four flows, 30 s of sending, and there are more in a row: what the daemon at the other end tries by turns
# is no finding here. With LAB_QUICK the windows are as short as the limiters of flows allow, and more:
# one in which a connection ends may tell too little.
daemon_config='interval = "15s"; sample = "1s"; patience = 5; on_exit = "keep";'
daemon_quiet_audits=12 # longer than it leaves alone, at first, what it has put back
if [[ -n ${LAB_QUICK:-} ]]; then
    daemon_config='interval = "10s"; sample = "1s"; window = "4s"; settle = "2s"; pairs = 8; on_exit = "keep";'
    daemon_quiet_audits=6
fi
declare -A daemon_pids=() daemon_tried=() daemon_audits=() # by host; its newest trial, and the audits until then

# Its lines, with how many seconds the tuning has lasted.
log_of() { # HOST
    local line start=$SECONDS
    while IFS= read -r line; do echo "$1 $((SECONDS - start)) s: $line"; done >>"$tuner_log"
}

daemons_start() {
    local host
    for host in A B; do
        echo "daemon = { $daemon_config netns = [\"$(lab_ns "$host")\"]; };" >"$LAB_TMP/$host.conf"
        mkdir -p "$LAB_TMP/state-$host"
        lab_bg "$host" "$NETWRIGHT" daemon --config "$LAB_TMP/$host.conf" --state-dir "$LAB_TMP/state-$host" \
            2> >(log_of "$host")
        daemon_pids[$host]=$LAB_PID daemon_tried[$host]=0
    done
}

daemons_wait() { # SECONDS
    local host quiet='' end=$((SECONDS + $1))
    daemon_audits=()
    while ((SECONDS < end)) && [[ -z $quiet ]]; do
        sleep 1
        quiet=yes
        for host in A B; do
            kill -0 "${daemon_pids[$host]}" 2>/dev/null || lab_fail "the daemon on $host ended: $(tail -n 3 "$tuner_log")"
            daemon_is_quiet "$host" || quiet=
        done
    done
}

# Whether it has tried nothing for some audits, nor the other one: what that has changed may be found here next.
daemon_is_quiet() { # HOST
    local audits tried doing
    read -r audits tried doing < <(jq -r '"\(.audits) \(.trials[0].utc_s // 0) \(.doing)"' "$LAB_TMP/state-$1/daemon.json" 2>/dev/null)
    [[ -n $audits ]] || return 1
    if [[ $tried != "${daemon_tried[$1]}" ]]; then
        tuning_trials=$((tuning_trials + 1))
        daemon_tried[$1]=$tried
        daemon_audits=()
    fi
    [[ $doing != trying* ]] || daemon_audits=()
    : "${daemon_audits[$1]:=$audits}"
    ((audits >= daemon_audits[$1] + daemon_quiet_audits))
}

tune_in_turn() { # SECONDS
    local host changed=1 end=$((SECONDS + $1)) before
    while ((changed && SECONDS < end)); do
        changed=0
        for host in B A; do
            ((SECONDS < end)) || break
            before=$(host_settings "$host")
            netwright_once "$host"
            [[ $(host_settings "$host") == "$before" ]] || changed=1
        done
    done
}

netwright_once() { # HOST
    lab_bg "$1" "$NETWRIGHT" tune --window 4s --json --state-dir "$LAB_TMP/state-$1" >"$LAB_TMP/tune.json" 2> >(log_of "$1")
    wait "$LAB_PID"
    jq -c --arg host "$1" '.trials[]? | {host: $host} + .' "$LAB_TMP/tune.json" >"$LAB_TMP/tune.trials"
    tuning_trials=$((tuning_trials + $(wc -l <"$LAB_TMP/tune.trials")))
    cat "$LAB_TMP/tune.trials" >>"$tuner_log"
}

# --- what is set -----------------------------------------------------------------------------------

# Every sysctl of the network that can be written on a host (a flush is no setting, a secret cannot be
# read), its routes and its queues.
host_settings() { # HOST
    lab_exec "$1" bash -c '
        find /proc/sys/net -type f -perm -200 ! -name flush ! -name stable_secret -print0 | sort -z |
            xargs -0 grep -sH "" | sed "s|^/proc/sys/||; s/[[:blank:]]\+/ /g; s/:/ /"
        ip route show table all; ip -6 route show table all; tc qdisc show; ip -o link show'
}
