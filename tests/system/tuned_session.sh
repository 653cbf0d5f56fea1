#!/usr/bin/env bash
# The real TuneD with one profile, once: tuned_session.sh WORK NAME [KEYS-FILE]. To be run in a mount
# namespace of its own (unshare --mount --propagation private) and in whichever network namespace is
# meant: nothing below /etc or /run of the machine changes, and no D-Bus and no systemd are needed.
#
# WORK/profile is the profile's directory. Left in WORK: shown (what the command in $TUNED_ASIDE
# printed), before, applied and after (values), log, verified. TuneD's exit status is 0 whatever
# happened, and it says "applied" when every key failed: only its log, its verification, asked for over
# its socket, and the values themselves count.
set -u
work=$1 name=$2 keys=${3:-}

# "key = value" with single blanks: of KEYS-FILE, or every sysctl below net that can be written here.
# A flush is no setting, and a secret cannot be read.
dump() {
  if [ -n "$keys" ]; then
    sed 's|\.|/|g; s|^|/proc/sys/|' "$keys"
  else
    find /proc/sys/net -type f -perm -200 ! -name flush ! -name stable_secret
  fi | xargs grep -sH '' | sort | sed 's|^/proc/sys/||; s/[[:blank:]]\+/ /g; s/ $//' |
    awk '{ at = index($0, ":"); key = substr($0, 1, at - 1); gsub("/", ".", key); print key " = " substr($0, at + 1) }'
}

ask() { # METHOD
  timeout 30 python3 - "$1" <<'END'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(25)
s.connect("/run/tuned/tuned.sock")
s.sendall(json.dumps({"jsonrpc": "2.0", "method": sys.argv[1], "id": 1}).encode())
s.shutdown(socket.SHUT_WR)
answer = b""
while True:
    part = s.recv(65536)
    if not part:
        break
    answer += part
print(json.loads(answer).get("result"))
END
}

mkdir -p "$work/etc/profiles" /run/tuned
cat >"$work/etc/tuned-main.conf" <<END
daemon = 1
dynamic_tuning = 0
sleep_interval = 1
update_interval = 0
recommend_command = 0
reapply_sysctl = 0
enable_dbus = 0
enable_unix_socket = 1
unix_socket_path = /run/tuned/tuned.sock
unix_socket_signal_paths =
unix_socket_ownership = -1 -1
unix_socket_permissions = 0o600
connections_backlog = 16
END
cp -rL "$work/profile" "$work/etc/$name"          # TuneD before 2.23
cp -rL "$work/profile" "$work/etc/profiles/$name" # and since
mount --bind "$work/etc" /etc/tuned && mount -t tmpfs tmpfs /run/tuned || exit 1

${TUNED_ASIDE:-true} >"$work/shown"
dump >"$work/before"
tuned --log "$work/log" --profile "$name" >"$work/out" 2>&1 &
pid=$!
# Verification waits for the profile; only that TuneD listens has to be waited for.
for ((i = 0; i < 600; i++)); do
  grep -Eqs "static tuning from profile .* applied|Cannot set initial profile" "$work/log" &&
    [ -S /run/tuned/tuned.sock ] && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.05
done
dump >"$work/applied"
ask verify_profile >"$work/verified" 2>"$work/verified.err"
kill -TERM "$pid"
wait "$pid"
dump >"$work/after"
