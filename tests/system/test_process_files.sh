#!/usr/bin/env bash
# A process that has most of the descriptors open that it may have: FD-02 names it and the command that
# helps. The controls: the same process with a wider limit, and the other host, where it does not run.
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
situation_families "$0"

# A process on A with COUNT descriptors beside the first three, of LIMIT.
hold_descriptors() { # COUNT LIMIT
  # shellcheck disable=SC2016 # the inner shell expands them
  lab_bg A bash -c 'ulimit -Sn "$2"; for ((i = 0; i < $1; i++)); do exec {fd}</dev/null; done; exec sleep 60' - "$1" "$2"
  sleep 0.5
}

lab_veth_up files
hold_descriptors 53 64
pid=$LAB_PID
open=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
audit_start A files-near-limit 2
audit_start B files-elsewhere 2
audit_wait files-near-limit files-elsewhere
n=files-near-limit
expect_finding $n FD-02
expect_no_finding $n "FD-0[13]"
expect_json $n "names the process" "any(.findings[] | select(.id == \"FD-02\"); .entity == \"sleep ($pid)\")"
expect_json $n "gives the command" \
  "any(.findings[] | select(.id == \"FD-02\"); .advice | contains(\"prlimit --pid $pid --nofile=128:\"))"
expect_json $n "and netwright's own" \
  "any(.findings[] | select(.id == \"FD-02\"); .advice | contains(\"netwright set rlimit:$pid/nofile=128\"))"
expect_evidence $n FD-02 process.descriptors "$open" 0
expect_evidence $n FD-02 process.soft_limit 64 0
expect_no_finding files-elsewhere "FD-.*"

# What is advised helps.
prlimit --pid "$pid" --nofile=128:
audit_start A files-raised 1
audit_wait files-raised
expect_no_finding files-raised "FD-.*"
lab_stop "$pid"

hold_descriptors 53 1024
audit_start A files-few 1
audit_wait files-few
expect_no_finding files-few "FD-.*"
expect_nothing_above_low files-few
finish
