#!/usr/bin/env bash
# Broken rules, damaged recordings, namespaces that vanish, files that are missing, a full disk, a user
# without rights, Ctrl-C: a clear message or an unknown metric, the right exit status, never a crash.
# Runs the build with AddressSanitizer where one exists, so that silent damage shows as well.
# Runs beside others.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
use_sanitizers

# expect_exit STATUS "REGEX on stderr" DESCRIPTION COMMAND...
expect_exit() {
  local wanted=$1 regex=$2 what=$3 status
  shift 3
  "$@" >"$LAB_TMP/out" 2>"$LAB_TMP/err" </dev/null
  status=$?
  if [ "$status" -ne "$wanted" ]; then
    not_ok "$what: exit status $status, not $wanted: $(head -c 300 "$LAB_TMP/err")"
  elif [ -n "$regex" ] && ! grep -qE "$regex" "$LAB_TMP/err"; then
    not_ok "$what: stderr does not match /$regex/: $(head -c 300 "$LAB_TMP/err")"
  else
    ok "$what"
  fi
}

lab_veth_up bad
ns=$(lab_ns A)
audit=("$NETWRIGHT" audit --netns "$ns" --for 1s)

# --- rules -------------------------------------------------------------------------------------
rules=$LAB_TMP/rules
mkdir "$rules"
rule() { # expression -> a rule file with it
  printf 'rules = ( { id = "T-01"; slug = "t"; scope = "path"; class = "t"; title = "t";\n  when = "%s";\n  severity_ceiling = "low"; why = "w"; risk = "r"; source = "s"; } );\n' "$1" >"$rules/t.conf"
}
printf 'rules = ( { id = "T-01"; ' >"$rules/t.conf"
expect_exit 2 't.conf:[0-9]+' "an unfinished rule file" "${audit[@]}" --rules "$rules"
rule 'path.min_rtt > 10KiB'
expect_exit 2 't.conf:2.*column.*(bytes.*seconds|seconds.*bytes)' "bytes compared with seconds" "${audit[@]}" --rules "$rules"
rule 'path.min_rt > 10ms'
expect_exit 2 't.conf:2.*column.*path.min_rtt' "an unknown metric, the nearest suggested" "${audit[@]}" --rules "$rules"
rule "$(printf '%0.s(' $(seq 2000))1"
expect_exit 2 't.conf' "two thousand parentheses" "${audit[@]}" --rules "$rules"
rule "sysctl('net.netfilter.nf_hooks_lwtunnel') == 1"
expect_exit 2 't.conf:2' "a key outside the catalogue" "${audit[@]}" --rules "$rules"
head -c 3000000 /dev/zero | tr '\0' 'x' >"$rules/t.conf"
expect_exit 2 't.conf' "a file of three megabytes" "${audit[@]}" --rules "$rules"
printf '\0\0\0rules\377' >"$rules/t.conf"
expect_exit 2 't.conf' "a binary file" "${audit[@]}" --rules "$rules"
printf '@include "/etc/passwd"\n' >"$rules/t.conf"
expect_exit 2 't.conf' "an include" "${audit[@]}" --rules "$rules"
expect_exit 2 'nosuch' "a missing directory" "${audit[@]}" --rules "$LAB_TMP/nosuch"
rule 'path.min_rtt > 10ms'
expect_exit 0 '' "and a good rule" "${audit[@]}" --rules "$rules"

# --- recordings ----------------------------------------------------------------------------------
good=$LAB_TMP/good.nwr
expect_exit 0 '' "recording" "${audit[@]}" --record "$good"
expect_exit 0 '' "replaying" "$NETWRIGHT" audit --replay "$good"
size=$(stat -c %s "$good")
crashes=0 accepted=0
for cut in 0 1 9 10 100 $((size / 3)) $((size / 2)) $((size - 9)) $((size - 1)); do
  head -c "$cut" "$good" >"$LAB_TMP/cut.nwr"
  "$NETWRIGHT" audit --replay "$LAB_TMP/cut.nwr" >/dev/null 2>"$LAB_TMP/err"
  case $? in 2) ;; 0) accepted=$((accepted + 1)) ;; *) crashes=$((crashes + 1)) ;; esac
done
if [ "$crashes$accepted" = 00 ]; then ok "nine truncated recordings are refused"; else
  not_ok "truncated recordings: $crashes crashes, $accepted accepted"; fi
# Flipped bits, in the compressed file and in the plain one: a checksum notices, or nothing that was
# protected changed. Fixed places, so that a failure can be repeated.
zcat "$good" >"$LAB_TMP/plain.nwr"
for file in good plain; do
  crashes=0
  size=$(stat -c %s "$LAB_TMP/$file.nwr")
  for i in $(seq 60); do
    cp "$LAB_TMP/$file.nwr" "$LAB_TMP/flip.nwr"
    at=$((i * 7919 * 31 % size))
    byte=$(od -An -tu1 -j "$at" -N 1 "$LAB_TMP/flip.nwr")
    printf '%b' "\\x$(printf %02x $((byte ^ (1 << (i % 8)))))" |
      dd of="$LAB_TMP/flip.nwr" bs=1 seek="$at" conv=notrunc status=none
    "$NETWRIGHT" audit --replay "$LAB_TMP/flip.nwr" >/dev/null 2>"$LAB_TMP/err"
    case $? in 0 | 2) ;; *) crashes=$((crashes + 1)) ;; esac
  done
  if [ "$crashes" -eq 0 ]; then ok "sixty flipped bits ($file): accepted or refused, no crash"; else
    not_ok "flipped bits ($file): $crashes crashes"; fi
done
echo 'hello' >"$LAB_TMP/text.nwr"
expect_exit 2 'not a netwright recording|recording' "a file that is no recording" "$NETWRIGHT" audit --replay "$LAB_TMP/text.nwr"
expect_exit 3 'nosuch' "a recording that does not exist" "$NETWRIGHT" audit --replay "$LAB_TMP/nosuch.nwr"

# --- namespaces ----------------------------------------------------------------------------------
expect_exit 2 'nosuchns' "a namespace that does not exist" "$NETWRIGHT" audit --netns nosuchns --for 1s
ip netns add "nwt-$$-gone" && echo "netns nwt-$$-gone" >>"$lab_record"
"$NETWRIGHT" audit --netns "nwt-$$-gone" --for 3s --json >"$LAB_TMP/gone.json" 2>"$LAB_TMP/err" &
pid=$!
sleep 1.5
ip netns delete "nwt-$$-gone"
wait "$pid"
status=$?
if [ "$status" -eq 0 ] && jq -e 'any(.blind_spots[]; .reason + .what | test("deleted|gone"))' "$LAB_TMP/gone.json" >/dev/null; then
  ok "a namespace deleted in the middle: reported, status 0"
else
  not_ok "a namespace deleted in the middle: status $status, $(jq -c .blind_spots "$LAB_TMP/gone.json") $(cat "$LAB_TMP/err")"
fi

# --- missing files, rights and space ----------------------------------------------------------------
mkdir "$LAB_TMP/empty"
# shellcheck disable=SC2016
expect_exit 0 '' "no /proc/pressure, empty /proc/stat and /proc/meminfo" unshare -m bash -c '
  mount --bind "$1" /proc/pressure && mount --bind /dev/null /proc/stat && mount --bind /dev/null /proc/meminfo &&
  exec "$2" audit --for 1s --json' - "$LAB_TMP/empty" "$NETWRIGHT"
if jq -e '.metrics["host.psi_memory_some"] == null and .metrics["host.cpu_busy"] == null' "$LAB_TMP/out" >/dev/null; then
  ok "what they would have told is unknown"
else
  not_ok "missing files: $(jq -c '[.metrics["host.psi_memory_some"], .metrics["host.cpu_busy"]]' "$LAB_TMP/out")"
fi
cp "$here/../../build/netwright" "$LAB_TMP/netwright"
chmod 755 "$LAB_TMP" "$LAB_TMP/netwright"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
"$LAB_BIN/traffic" sink --port 5999 --max-time 10 >/dev/null 2>&1 &
sleep 0.3
"$LAB_BIN/traffic" source --to 127.0.0.1 --port 5999 --time 4 --rate 1000000 >/dev/null 2>&1 &
expect_exit 0 '' "as nobody" "${nobody[@]}" "$LAB_TMP/netwright" audit --for 1s
if grep -qi 'root' "$LAB_TMP/out"; then ok "says what root would have seen"; else
  not_ok "as nobody, it does not say what it could not see: $(cat "$LAB_TMP/out")"; fi
expect_exit 6 "$ns" "as nobody, another namespace" "${nobody[@]}" "$LAB_TMP/netwright" audit --netns "$ns" --for 1s
expect_exit 3 'No space|space' "standard output is full" bash -c "\"$NETWRIGHT\" audit --replay \"$good\" >/dev/full"
mkdir "$LAB_TMP/small"
# shellcheck disable=SC2016
expect_exit 3 'space' "no space for the recording" unshare -m bash -c '
  mount -t tmpfs -o size=4k none "$1" && "$2" audit --for 1s --record "$1/r.nwr"; s=$?
  [ -z "$(ls -A "$1")" ] || { echo "left behind: $(ls -A "$1")" >&2; exit 98; }; exit $s' - "$LAB_TMP/small" "$NETWRIGHT"

# --- Ctrl-C --------------------------------------------------------------------------------------------
# A background job of a script starts with SIGINT ignored, which netwright respects.
env --default-signal=INT "$NETWRIGHT" audit --netns "$ns" --for 30s --json >"$LAB_TMP/int.json" 2>"$LAB_TMP/err" &
pid=$!
sleep 2.3
kill -INT "$pid"
wait "$pid"
status=$?
if [ "$status" -eq 0 ] && jq -e '.window.interrupted == true and .window.seconds > 1 and .window.seconds < 5' "$LAB_TMP/int.json" >/dev/null; then
  ok "Ctrl-C ends the window early and still reports"
else
  not_ok "Ctrl-C: status $status, $(jq -c .window "$LAB_TMP/int.json") $(cat "$LAB_TMP/err")"
fi
finish
