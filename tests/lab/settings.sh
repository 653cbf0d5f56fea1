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

# LAB_TUNER: "tune" runs it again and again on the two hosts in turn, until it leaves both as they are.
# Both tell by what tuned_by was called.
tune_by_netwright() { # SECONDS
    local host changed=1 end=$((SECONDS + $1)) before
    tuning_trials=0
    while ((changed && SECONDS < end)); do
        changed=0
        for host in B A; do
            ((SECONDS < end)) || break
            before=$(host_settings "$host")
            netwright_once "$host"
            [[ $(host_settings "$host") == "$before" ]] || changed=1 tuning_trials=$((tuning_trials + 1))
        done
    done
}

netwright_once() { # HOST
    lab_bg "$1" "$NETWRIGHT" tune --for 10s --quiet --state-dir "$LAB_TMP/state-$1" >>"$tuner_log" 2>&1
    wait "$LAB_PID"
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
