#!/usr/bin/env bash
# Datagrams to a port where nothing listens: UDP-03. The control sends a few of them.
# Runs beside others.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# Datagrams from A to a closed port of B for some seconds, so many at a time.
datagrams() { # SECONDS BURST
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_bg A bash -c 'exec 2>/dev/null; end=$((SECONDS + $3))
    while ((SECONDS < end)); do
      for ((i = 0; i < $2; i++)); do printf x >"/dev/udp/$1/9"; done
      sleep 0.1
    done' - "$(address_of B)" "$2" "$1"
  sleep 0.5
}

lab_veth_up udp
datagrams 7 40
audit_start B udp-closed-port 4
audit_wait udp-closed-port
expect_finding udp-closed-port UDP-03
expect_nothing_above_low udp-closed-port
lab_stop "$LAB_PID"

datagrams 6 1
audit_start B udp-few 3
audit_wait udp-few
expect_no_finding udp-few "UDP-.*"
finish
