#!/usr/bin/env bash
# Profile web-server: a burst of 600 connections overflows a listener whose limit is 128, also one that
# listened before the profile came; once the application listens again, none is turned away.
# Runs beside others.
# shellcheck source=profile_effect.sh
. "$(dirname "$0")/profile_effect.sh"

lab_veth_up burst
lab_sysctl B net.core.somaxconn 128
listen() { # PORT: an application that asks for a long queue and is busy with something else
  lab_bg B "$LAB_BIN/traffic" listen --port "$1" --backlog 10000 --max-time 60
  lab_wait_port B "$1"
}
burst() { # PORT: how many of 600 connections at once found the queue full
  local before
  before=$(counter B TcpExtListenOverflows)
  lab_exec A "$LAB_BIN/traffic" connect --to "$LAB_B4" --port "$1" --count 600 --hold 1 >/dev/null
  echo $(($(counter B TcpExtListenOverflows) - before))
}

listen 8080
overflows=$(burst 8080)
expect "before: $overflows times the queue was full" test "$overflows" -gt 100
listen 8081
apply_profile B web-server
overflows=$(burst 8081)
expect "a listener from before: $overflows times" test "$overflows" -gt 100
listen 8082
overflows=$(burst 8082)
expect "one that listens since then: $overflows times" test "$overflows" -eq 0
waiting=$(lab_exec B ss -Htln 'sport = :8082' | awk '{ print $2 }')
expect "  and $waiting connections wait to be accepted" test "$waiting" -eq 600
put_back B net.core.somaxconn 128
finish
