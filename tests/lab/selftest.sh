#!/usr/bin/env bash
# Tests the lab itself: does the emulated link have the rate, delay, queue and loss it was asked
# for, do the traffic verbs do what they say, and is everything undone afterwards, even after a
# SIGKILL. Needs root. Last line: "N passed, N failed"; status 1 on failures.
# shellcheck disable=SC2153 # LAB_* come from lab.sh

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$here/lab.sh"

passed=0
failed=0

check() { # DESCRIPTION CONDITION(arithmetic)
    if (($2)); then
        passed=$((passed + 1))
        echo "ok      $1"
    else
        failed=$((failed + 1))
        echo "FAILED  $1: $2"
    fi
}

# A number out of "key=value ..."; without decimals. 0 when there is none: the check then fails.
field() { # LINE KEY
    local value
    value=$(sed -n "s/^\(.* \)\?$2=\([0-9]*\).*/\2/p" <<<"$1")
    echo "${value:-0}"
}

traffic() { # A|B ARGUMENT...
    local host=$1
    shift
    lab_exec "$host" "$LAB_BIN/traffic" "$@"
}

start_sink() { # [OPTION...]
    lab_bg B "$LAB_BIN/traffic" sink --port 5001 "$@" >"$LAB_TMP/sink"
    lab_wait_port B 5001
}

# Enough for 1 Gbit/s x 100 ms with a full queue.
large_buffers() {
    lab_sysctl A net.ipv4.tcp_wmem "4096 16384 67108864"
    lab_sysctl B net.ipv4.tcp_rmem "4096 131072 67108864"
}

test_line_rate() {
    local line
    lab_up fast 1gbit 50ms 12.5MB 0%
    large_buffers
    start_sink
    line=$(traffic A source --to "$LAB_B4" --port 5001 --time 7 --omit 3)
    # 944 of 953.9 Mbit/s (1448 of 1518 bytes): 99 %.
    check "1 Gbit/s x 100 ms, cubic: 99 % of the line" "$(field "$line" goodput_bps) >= 944000000"
    check "its minimum RTT is 100 ms" \
        "$(field "$line" min_rtt_us) >= 100000 && $(field "$line" min_rtt_us) < 105000"
    lab_down fast
}

test_loss() {
    local line segments lost
    lab_up loss 100mbit 10ms 250kB 3% --seed 42
    lab_cc bbr # fast in spite of losses, so that there are many segments
    start_sink -6
    line=$(traffic A source --to "$LAB_B6" --port 5001 --time 4)
    segments=$(lab_wan_stat "a->b" segments)
    lost=$(lab_wan_stat "a->b" random_losses)
    check "3 % random loss over IPv6 is 2.5 to 3.5 % of $segments segments" \
        "$segments > 5000 && $lost * 1000 > $segments * 25 && $lost * 1000 < $segments * 35"
    check "bbr still gets 60 Mbit/s" "$(field "$line" goodput_bps) > 60000000"
    lab_down loss
}

test_queue() {
    local line
    lab_up bloat 20mbit 20ms 1MB 0%
    start_sink
    line=$(traffic A source --to "$LAB_B4" --port 5001 --time 6 --omit 3)
    check "a 1 MB queue at 20 Mbit/s holds 0.4 s" \
        "$(field "$line" rtt_us) > 280000 && $(field "$line" rtt_us) < 460000"
    check "20 Mbit/s: 18.7 to 19.1 Mbit/s of payload" \
        "$(field "$line" goodput_bps) > 18700000 && $(field "$line" goodput_bps) < 19100000"
    lab_down bloat
    lab_up shallow 100mbit 20ms 25kB 0%
    lab_cc bbr
    start_sink
    line=$(traffic A source --to "$LAB_B4" --port 5001 --time 5 --omit 2)
    check "a 25 KB queue drops segments of bbr" "$(lab_wan_stat "a->b" tail_drops) > 100"
    check "bbr still gets 75 Mbit/s" "$(field "$line" goodput_bps) > 75000000"
    lab_down shallow
}

test_smooth() {
    local line rtt
    lab_up smooth 100mbit 25ms 1.25MB 0%
    start_sink
    line=$(traffic A source --to "$LAB_B4" --port 5001 --rate 20mbit --time 4 --omit 2)
    check "a paced flow gets its 20 Mbit/s" \
        "$(field "$line" goodput_bps) > 19000000 && $(field "$line" goodput_bps) < 21000000"
    rtt=$(field "$line" rtt_us)
    check "and does not inflate its RTT by 10 %" \
        "$rtt > 0 && $rtt * 10 < $(field "$line" min_rtt_us) * 11"
    check "no segment was lost" "$(field "$line" segments_retransmitted) == 0"
    line=$(traffic A source --to "$LAB_B4" --port 5001 --burst 100kB --every 100 --time 2.05)
    check "bursts: 21 of 100 kB in 2 s" "$(field "$line" bytes) == 2100000"
    lab_down smooth
}

test_change() {
    local line
    lab_up change 100mbit 10ms 250kB 0% --then-delay 40ms --then-rate 10mbit --then-loss 2% --seed 42
    start_sink
    lab_change
    sleep 0.2
    line=$(traffic A source --to "$LAB_B4" --port 5001 --time 2)
    check "a changed link is slower" \
        "$(field "$line" goodput_bps) > 0 && $(field "$line" goodput_bps) < 10000000"
    check "and longer" "$(field "$line" min_rtt_us) > 80000 && $(field "$line" min_rtt_us) < 90000"
    check "and loses" "$(lab_wan_stat "a->b" random_losses) > 0"
    lab_change
    sleep 0.2
    line=$(traffic A source --to "$LAB_B4" --port 5001 --time 1.5)
    check "changed back, it is as fast as before" "$(field "$line" goodput_bps) > 60000000"
    check "and as short" "$(field "$line" min_rtt_us) > 20000 && $(field "$line" min_rtt_us) < 25000"
    lab_down change
}

test_neighbours() {
    local line
    lab_up next 20mbit 10ms 100kB 0%
    lab_add_neighbours
    lab_sysctl A net.ipv4.tcp_wmem "4096 16384 16384" # A's and B's settings are not theirs
    lab_sysctl B net.ipv4.tcp_rmem "4096 16384 16384"
    lab_bg D "$LAB_BIN/traffic" sink --port 5001 >/dev/null
    lab_wait_port D 5001
    line=$(traffic C source --to "$LAB_D4" --port 5001 --time 2 --omit 1)
    check "neighbours share the link" \
        "$(field "$line" goodput_bps) > 15000000 && $(field "$line" goodput_bps) < 20000000"
    check "and its delay" "$(field "$line" min_rtt_us) > 20000"
    lab_down next
    check "and go with it" "$(ip netns list | grep -c "^nwt-$$-next-") == 0"
}

test_verbs() {
    local line before after
    lab_veth_up lan
    lab_bg B "$LAB_BIN/traffic" sink --port 5001 --slow 100kB >"$LAB_TMP/sink"
    lab_wait_port B 5001
    traffic A source --to "$LAB_B4" --port 5001 --time 2 >/dev/null
    lab_stop "$LAB_PID"
    line=$(tail -n 1 "$LAB_TMP/sink")
    check "a slow sink reads 100 kB/s" \
        "$(field "$line" bytes) > 150000 && $(field "$line" bytes) < 250000"

    lab_bg B "$LAB_BIN/traffic" sink --port 5002 -6 --stall >"$LAB_TMP/sink"
    lab_wait_port B 5002
    traffic A source --to "$LAB_B6" --port 5002 --time 1 >/dev/null
    lab_stop "$LAB_PID"
    line=$(tail -n 1 "$LAB_TMP/sink")
    check "a stalled sink accepts and reads nothing" \
        "$(field "$line" bytes) == 0 && $(field "$line" connections) == 1"

    lab_bg B "$LAB_BIN/traffic" listen --port 5003 --backlog 5 >/dev/null
    lab_wait_port B 5003
    before=$(overflows)
    traffic A connect --to "$LAB_B4" --port 5003 --count 20 --hold 2 --every 100 >/dev/null
    after=$(overflows)
    check "a full listener overflows all the time" "$after - $before > 20"

    lab_bg B "$LAB_BIN/traffic" respond --port 5004 --size 100kB >/dev/null
    lab_wait_port B 5004
    line=$(traffic A request --to "$LAB_B4" --port 5004 --every 1 --count 100 --reconnect)
    check "100 requests are answered" \
        "$(field "$line" requests) == 100 && $(field "$line" p50_us) > 0"
    lab_down lan
}

overflows() {
    # shellcheck disable=SC2016 # awk's own variables
    lab_exec B awk '/^TcpExt:/ { if (!n) { for (i = 1; i <= NF; i++) if ($i == "ListenOverflows")
        n = i } else print $n }' /proc/net/netstat
}

test_pairs() {
    local count tries
    lab_veth_up pairs
    lab_bg A "$LAB_BIN/traffic" pairs --count 12000 >"$LAB_TMP/pairs"
    for ((tries = 0; tries < 200; tries++)); do
        ! grep -qx ready "$LAB_TMP/pairs" || break
        sleep 0.05
    done
    count=$(lab_exec A ss -Htn state established | wc -l)
    check "12000 pairs are 24000 sockets" "$count == 24000"
    lab_down pairs
}

# A usage error must have status 2, whatever is wrong with the number.
test_usage() {
    local bad refused=0
    for bad in "" x 1x -1 +1 0x10 1e9 nan inf " 1" 1..2 999999999999999999; do
        "$LAB_BIN/traffic" sink --port "$bad" 2>/dev/null
        [[ $? != 2 ]] || refused=$((refused + 1))
    done
    check "12 malformed ports are refused" "refused == 12"
}

exists() { # PATH; prints 1 or 0, for check
    if [[ -e $1 ]]; then echo 1; else echo 0; fi
}

allows() { # CONGESTION-CONTROL
    if [[ " $(<"$lab_cc_allowed") " == *" $1 "* ]]; then echo 1; else echo 0; fi
}

# A test of its own, with a lab of its own: prints its pid, then sleeps for SECONDS.
run_test() { # SECONDS
    # shellcheck disable=SC2016
    bash -c '. "$1/lab.sh"; lab_up other 1gbit 1ms 1MB 0%; lab_bg A sleep 60
        echo $$; sleep "$2"' - "$here" "$1" 2>/dev/null
}

test_teardown() {
    local victim signal same=0
    lab_down_all
    check "no namespace of ours is left" "$(ip netns list | grep -c "^nwt-$$-") == 0"
    for signal in TERM KILL; do
        exec 3< <(run_test 3)
        read -r victim <&3
        run_test 0 >/dev/null # repairs what it finds, and must not find fault with the first
        check "a second test at the same time leaves the first alone" \
            "$(exists "/run/netns/nwt-$victim-other-a") && $(allows cubic)"
        kill "-$signal" "$victim"
        while [[ -e /proc/$victim ]]; do sleep 0.1; done
        # What it left is undone by whoever uses the lab next.
        [[ $signal != KILL ]] || run_test 0 >/dev/null
        check "after SIG$signal its namespaces are gone" \
            "$(exists "/run/netns/nwt-$victim-other-a") == 0"
    done
    [[ $(<"$lab_cc_allowed") != "$allowed_at_start" ]] || same=1
    check "the congestion control list is as before, or still in use" \
        "$same || $(exists "$lab_run_dir/cc")"
}

# What the list was before any lab: another test may be running right now.
allowed_at_start=$(<"$lab_cc_allowed")
[[ ! -s $lab_run_dir/cc ]] || read -r allowed_at_start <"$lab_run_dir/cc"

test_usage
test_line_rate
test_loss
test_queue
test_smooth
test_change
test_neighbours
test_verbs
test_pairs
test_teardown
echo "$passed passed, $failed failed"
((failed == 0))
