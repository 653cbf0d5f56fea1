#!/usr/bin/env bash
# Profile http-client: connections that are over keep their local port for a minute, so that as many as
# there are ports use them up. With the profile there are more, and each can be used again after a second.
# The range here is a small one: with the kernel's 28 232 ports the same takes longer.
# Runs beside others.
# shellcheck disable=SC2317 # functions are called through expect
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_veth_up ports
lab_sysctl A net.ipv4.ip_local_port_range "32768 34767"
lab_bg B "$LAB_BIN/traffic" respond --port 8080 --size 64 --max-time 120
lab_wait_port B 8080
requests() { # COUNT MS: each on a connection of its own, which the client closes
  lab_exec A "$LAB_BIN/traffic" request --to "$LAB_B4" --port 8080 --count "$1" --every "$2" --reconnect \
    >"$LAB_TMP/requests" 2>&1
}
run_out() {
  ! requests "$@" && grep -q "Cannot assign requested address" "$LAB_TMP/requests"
}

expect "before: 2000 ports do not last for 2500 connections" run_out 2500 0
apply_profile A http-client
expect "with the profile: 8000 connections more, at once" requests 8000 0
expect "  each was answered" grep -q "requests=8000 " "$LAB_TMP/requests"
# All but 2000 ports taken away again: what is left is to use them anew. A port rests for a second; what a busy
# machine delays comes in a burst, for which there are ports for four seconds.
lab_sysctl A net.ipv4.ip_local_reserved_ports "10000-32767,34768-65535"
sleep 2 # a fast machine had all of them in use within the last second
expect "of the same 2000 ports: 3000 connections, five hundred in a second" requests 3000 2
lab_sysctl A net.ipv4.tcp_tw_reuse 0
expect "  which only net.ipv4.tcp_tw_reuse makes possible" run_out 3000 2
lab_sysctl A net.ipv4.tcp_tw_reuse 1
put_back A net.ipv4.ip_local_port_range "32768 34767" A net.ipv4.tcp_tw_reuse 2
finish
