#!/usr/bin/env bash
# What goes wrong while changing: journals that cannot be used, keys that cannot be written or lose
# what is written, locks, signals. Every refusal leaves everything as it was.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace fail
somaxconn=$(value_of net.core.somaxconn)
retries=$(value_of net.ipv4.tcp_retries2)
unchanged() {
  holds net.core.somaxconn "$somaxconn"
  holds net.ipv4.tcp_retries2 "$retries"
}
change=(set --netns "$ns" net.core.somaxconn=8192 net.ipv4.tcp_retries2=9)

echo "# journals that cannot be used"
mkdir "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$tmp/link"
state=$tmp/link
run 3 "a symbolic link for a directory" "${change[@]}"
complains "$tmp/link"
check "  nothing was made behind it" test -z "$(ls -A "$tmp/elsewhere")"
unchanged
mkdir -m 0777 "$tmp/open"
state=$tmp/open
run 3 "a directory that is open to all" "${change[@]}"
unchanged
mkdir -m 0700 "$tmp/theirs"
chown 65534 "$tmp/theirs"
state=$tmp/theirs
run 3 "a directory of somebody else" "${change[@]}"
unchanged
state=/proc/netwright
run 3 "a place where nothing can be made" "${change[@]}"
unchanged
mkdir "$tmp/full"
mount -t tmpfs -o size=8k,mode=0700 tmpfs "$tmp/full"
state=$tmp/full
run 3 "a full disk" "${change[@]}"
complains "$tmp/full"
unchanged
umount "$tmp/full"

state=$tmp/state
run 0 "a journal with something in it" "${change[@]}"
id=$(last_id)
cp -a "$state" "$tmp/good"
damage() { # DESCRIPTION COMMAND...: the journal is damaged, and every verb says so
  local what=$1
  shift
  rm -rf "$tmp/bad"
  cp -a "$tmp/good" "$tmp/bad"
  "$@"
  state=$tmp/bad
  for verb in "set --netns $ns net.core.somaxconn=9000" rollback status history "show $id"; do
    # shellcheck disable=SC2086 # words
    "$NETWRIGHT" $verb --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
    check "$what: ${verb%% *} fails" test $? -eq 3
    check "  and says why, in one line" test "$(wc -l <"$tmp/err")" -eq 1
  done
  holds net.core.somaxconn 8192
  state=$tmp/state
}
database=$(cd "$state" && ls ./*.db)
damage "garbage" sh -c "head -c 5000 /dev/urandom >'$tmp/bad/$database'"
damage "half of it" sh -c "truncate -s 2500 '$tmp/bad/$database'"
damage "another program's" sh -c "rm '$tmp/bad/$database'; sqlite3 '$tmp/bad/$database' 'create table t (x)' 2>/dev/null || python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"create table t (x)\"); c.commit()' '$tmp/bad/$database'; chmod 600 '$tmp/bad/$database'"
run 0 "the good one still works" rollback
unchanged

echo "# one damaged record among others"
state=$tmp/records
sql() { # STATEMENT: as somebody with a SQLite shell would
  python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' \
    "$state/state.db" "$1"
}
run 0 "the first change" "${change[@]}"
bad=$(last_id)
run 0 "is put back" rollback
run 0 "the second" set --netns "$ns" net.ipv4.tcp_fin_timeout=31
second=$(last_id)
sql "UPDATE changes SET note = 'x' WHERE transaction_id = $bad"
run 4 "history" history
complains "transaction $bad is not as netwright wrote it"
check "  has the other one" test "$(grep -c "kept" "$tmp/out")" = 1
run 4 "history --json" history --json
json ".unreadable | length == 1 and .[0].id == $bad"
json ".transactions | map(.id) == [$second]"
run 0 "status, which it does not concern" status
says "transaction $second"
run 4 "show" show "$bad"
complains "transaction $bad is not as"
run 4 "rollback" rollback "$bad"
complains "transaction $bad is not as"
run 0 "a change of the same settings" "${change[@]}"
silent
run 0 "a dry run" "${change[@]}" --dry-run
run 0 "rollback" rollback
unchanged

sql "UPDATE transactions SET reason = 'x' WHERE id = $second"
run 4 "one that is in force" status
complains "transaction $second is not as"
run 0 "a change beside it" "${change[@]}"
complains "transaction $second is not as"
run 4 "rollback --all, of all but it" rollback --all
complains "transaction $second is not as"
run 4 "confirm of it" confirm "$second"
run 4 "show, of what can be read" show "$second"
says "put back: netwright set --netns $ns net.ipv4.tcp_fin_timeout=60 --state-dir $state"
complains "netwright show $second names what of it can be read"
unchanged
holds net.ipv4.tcp_fin_timeout 31

sql "UPDATE transactions SET state = 'applying' WHERE id = $second"
run 3 "one that may be half done, and its setting" set --netns "$ns" net.ipv4.tcp_fin_timeout=32
complains "net.ipv4.tcp_fin_timeout: what it held before may be known to a damaged record alone"
holds net.ipv4.tcp_fin_timeout 31
run 0 "another setting" "${change[@]}"
run 0 "rollback" rollback "$(last_id)"
run 3 "profile apply, which has that setting" apply http-client --netns "$ns"
complains "damaged record alone"
sql "UPDATE transactions SET state = 'wild', boot_id = '' WHERE id = $second"
run 0 "still only that one: what it changed can be read, but not when" "${change[@]}" --dry-run
run 3 "which blocks everything" "${change[@]}"
unchanged
write_value net.ipv4.tcp_fin_timeout 60
rm -r "$state"
old=$(value_of net.core.somaxconn)
run 0 "two settings until a deadline" set --netns "$ns" net.ipv4.tcp_fin_timeout=31 net.core.somaxconn=8192 --confirm 2s
sql "UPDATE changes SET name = 'net.ipv4.tcp_fin_timeous' WHERE name LIKE '%fin_timeout'"
for _ in {1..50}; do
  [ "$(value_of net.core.somaxconn)" = "$old" ] && break
  sleep 0.1
done
holds net.core.somaxconn "$old"
holds net.ipv4.tcp_fin_timeout 31
run 4 "status says so" status
complains "transaction 1 is not as netwright wrote it"
run 0 "so does a change of the same" set --netns "$ns" net.ipv4.tcp_fin_timeout=32
complains "transaction 1 is not as netwright wrote it"
write_value net.ipv4.tcp_fin_timeout 60
state=$tmp/state

echo "# a result that reaches nobody"
for verb in set "set --json"; do
  # shellcheck disable=SC2086 # words
  "$NETWRIGHT" $verb --netns "$ns" net.core.somaxconn=8192 --state-dir "$state" >/dev/full 2>"$tmp/err"
  check "$verb >/dev/full: status 4" test $? -eq 4
  complains "No space left on device), but transaction $("$NETWRIGHT" history --limit 1 --json --state-dir "$state" | jq '.transactions[0].id') is kept"
  holds net.core.somaxconn 8192
  "$NETWRIGHT" rollback --state-dir "$state" >/dev/full 2>"$tmp/err"
  check "rollback >/dev/full: status 4" test $? -eq 4
  complains "is rolled-back"
  unchanged
done
"$NETWRIGHT" set --netns "$ns" net.core.somaxconn=8192 --confirm 1min -q --state-dir "$state" 2>"$tmp/err"
"$NETWRIGHT" confirm --state-dir "$state" >/dev/full 2>"$tmp/err"
check "confirm >/dev/full: status 4" test $? -eq 4
complains "is kept"
run 0 "rollback" rollback
"$NETWRIGHT" history --state-dir "$state" >/dev/full 2>"$tmp/err"
check "history >/dev/full, which changes nothing: status 3" test $? -eq 3

echo "# keys that cannot be written"
run 7 "a key that is read-only here" set --netns "$ns" net.core.rmem_max=4194304
check "  one line on stderr" test "$(wc -l <"$tmp/err")" -eq 1
setpriv --reuid=65534 --regid=65534 --clear-groups true &&
  cp "$NETWRIGHT" "$tmp/netwright" && chmod 755 "$tmp" "$tmp/netwright"
setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/netwright" set net.core.somaxconn=8192 \
  --state-dir "$tmp/nobody" >"$tmp/out" 2>"$tmp/err"
check "as nobody: status 6" test $? -eq 6
# In the namespace and in a mount namespace of its own, with something bound over one key.
bound() { # FILE KEY ARGUMENT...
  local file=$1 key=$2
  shift 2
  # shellcheck disable=SC2016 # the inner shell's
  ip netns exec "$ns" unshare -m sh -c '
    mount --bind "$1" "/proc/sys/$2" || exit 99
    shift 2
    exec "$@"' sh "$file" "$key" "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
}
before=$(value_of net.ipv4.tcp_retries2)
bound /dev/null net/ipv4/tcp_retries2 set net.core.somaxconn=8192 net.ipv4.tcp_retries2=9
check "a key that is bound over: not status 0" test $? -ne 0
unchanged
bound /dev/full net/ipv4/tcp_retries2 set net.core.somaxconn=8192 net.ipv4.tcp_retries2=9
check "a key that refuses writes: not status 0" test $? -ne 0
unchanged
echo "$before" >"$tmp/fake"
ip netns exec "$ns" unshare -m sh -c "mount --bind '$tmp/fake' /proc/sys/net/ipv4/tcp_retries2 &&
  mount -o remount,bind,ro /proc/sys/net/ipv4/tcp_retries2 &&
  exec '$NETWRIGHT' set net.core.somaxconn=8192 net.ipv4.tcp_retries2=9 --state-dir '$state'" >"$tmp/out" 2>"$tmp/err"
check "a key on a read-only mount: not status 0" test $? -ne 0
unchanged

echo "# a write that the kernel refuses after it changed something"
# The N-th write of the program that goes to /proc/sys fails: everything is put back.
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
  strace -f -qq -e trace=write,pwrite64 -e inject=write:error=EIO:when="$n" -o /dev/null \
    "$NETWRIGHT" "${change[@]}" -q --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  status=$?
  if [ "$status" -eq 0 ]; then
    "$NETWRIGHT" rollback -q --state-dir "$state" 2>"$tmp/err" || not_ok "rollback after write $n: $(cat "$tmp/err")"
  fi
  now="$(value_of net.core.somaxconn) $(value_of net.ipv4.tcp_retries2)"
  check "write $n fails: status $status and everything as it was" test "$now" = "$somaxconn $retries"
done

echo "# killed in the middle"
run 0 "a change" "${change[@]}" --dry-run --json
first=$(jq -r '.changes[0].tunable' "$tmp/out")
# The writes below /proc/sys are the only ones that write(2) makes here.
strace -f -qq -e trace=write -e inject=write:signal=SIGKILL:when=2 -o /dev/null \
  "$NETWRIGHT" "${change[@]}" -q --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
check "killed at its second write" test $? -eq 137
check "  the first one is made" test "$(value_of "$first")" != "$([ "$first" = net.core.somaxconn ] && echo "$somaxconn" || echo "$retries")"
run 0 "status" status
says "interrupted: put back by the next command that changes anything"
run 0 "status --json" status --json
json '(.interrupted | length == 1) and .running == [] and .lock == null and .interrupted[0].state == "applying"'
id=$(jq -r '.interrupted[0].id' "$tmp/out")
check "  and puts nothing back itself" test "$(value_of "$first")" != "$([ "$first" = net.core.somaxconn ] && echo "$somaxconn" || echo "$retries")"
run 0 "a dry run" "${change[@]}" -n
complains "transaction $id is not finished"
run 0 "the next change" set --netns "$ns" net.ipv4.tcp_fin_timeout=31
complains "transaction $id of an earlier run is now failed"
unchanged
run 0 "rollback" rollback

echo "# two at once"
mkdir -p "$state"
run 0 "a change" "${change[@]}"
run 0 "is put back" rollback
flock -F "$state" sleep 6 &
holder=$!
sleep 0.3
start=$SECONDS
run 5 "while another one holds the lock" "${change[@]}" --lock-timeout 1s
check "  within its time" test $((SECONDS - start)) -le 3
unchanged
run 0 "reading goes on" status
run 0 "and --dry-run" "${change[@]}" --dry-run
kill "$holder" 2>/dev/null
wait "$holder" 2>/dev/null
strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=1500000 \
  "$NETWRIGHT" "${change[@]}" -q --state-dir "$state" 2>"$tmp/first" &
first=$!
sleep 0.7
rm -f "$state/lock" # which somebody tidies up
run 5 "two real ones" set --netns "$ns" net.core.somaxconn=9000 --lock-timeout 1s
complains "another netwright is changing settings"
wait "$first"
check "the first one ends well" test $? -eq 0
holds net.core.somaxconn 8192
run 0 "rollback" rollback

strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=300000 \
  "$NETWRIGHT" "${change[@]}" -q --state-dir "$state" 2>"$tmp/first" &
first=$!
sleep 0.7
run 0 "one that waits for the other, and has the last word" set --netns "$ns" net.core.somaxconn=9000 --lock-timeout 20s
says "8192 -> 9000"
wait "$first"
holds net.core.somaxconn 9000
run 0 "rollback" rollback --all
unchanged

echo "# signals"
for signal in INT TERM HUP; do
  strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=500000 \
    env --default-signal=INT,HUP,TERM "$NETWRIGHT" "${change[@]}" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" &
  tracer=$!
  sleep 1
  pid=$(pgrep -P "$tracer" | head -n 1)
  kill -"$signal" "$pid"
  kill -"$signal" "$pid"
  wait "$tracer"
  check "SIG$signal in the middle, twice: status 3" test $? -eq 3
  unchanged
done
finish
