# shellcheck shell=bash disable=SC2154 # lab_* are of lab.sh
# Settings that only the machine's own network namespace has (net.ipv4.tcp_mem), changed by a test, or
# by a program that it runs (host_note), and put back however it ends: at once by host_restore, on exit by the lab's traps, after a SIGKILL by the
# next test that uses the lab. Source lab.sh first, and make a lab before the first change.
#
# They concern every program of the machine: keep the time short, and choose values that only the
# test's own traffic meets. One test at a time may change any.

host_lock=

# Notes that something else is about to make VALUE of KEY: the old value is on file from here on.
host_note() { # KEY VALUE
    local path=/proc/sys/${1//./\/}
    [[ -w $path ]] || lab_fail "$1 cannot be written here: run in the machine's own network namespace"
    if [[ -z $host_lock ]]; then
        exec {host_lock}>>"$lab_run_dir/host-settings.lock"
        flock -w 120 "$host_lock" || lab_fail "another test has changed the machine's settings for 120 s"
    fi
    echo "sysctl $path|$2|$(tr '\t' ' ' <"$path")" >>"$lab_record"
}

# Writes KEY and checks that it took.
host_set() { # KEY VALUE
    local path=/proc/sys/${1//./\/} got
    host_note "$1" "$2"
    echo "$2" >"$path" || lab_fail "cannot set $1 to \"$2\""
    got=$(tr '\t' ' ' <"$path")
    [[ $got == "$2" ]] || lab_fail "$1 became \"$got\", not \"$2\""
}

# Puts everything back now.
host_restore() {
    lab_locked lab_restore_settings "$lab_record"
    [[ -z $host_lock ]] || exec {host_lock}>&-
    host_lock=
}
