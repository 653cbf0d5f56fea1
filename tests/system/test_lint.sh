#!/usr/bin/env bash
# netwright lint: on files, on what a system would read, on the values in force of a namespace, as
# nobody. Runs the build with AddressSanitizer where one exists.
# Runs beside others.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
use_sanitizers
corpus=$here/../data/sysctl
lab_veth_up lint
ns=$(lab_ns A)
dir=$LAB_TMP/files
mkdir "$dir"

# lint STATUS DESCRIPTION ARGUMENT...: output in $dir/out and $dir/err.
lint() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" lint "$@" >"$dir/out" 2>"$dir/err" </dev/null
  status_is "$what" "$wanted" $? "$dir/err"
}
says() { if grep -qE -- "$1" "$dir/out"; then ok "  says $1"; else not_ok "  does not say $1: $(head -c 600 "$dir/out")"; fi; }
silent() { if grep -qE -- "$1" "$dir/out"; then not_ok "  says $1: $(grep -E -- "$1" "$dir/out" | head -n 2)"; else ok "  does not say $1"; fi; }
complains() { if grep -qE -- "$1" "$dir/err"; then ok "  complains $1"; else not_ok "  does not complain $1: $(cat "$dir/err")"; fi; }
json() { if jq -e "$1" "$dir/out" >/dev/null; then ok "  JSON: $1"; else not_ok "  JSON: $1"; fi; }

# --- files -----------------------------------------------------------------------------------------
lint 0 "a file full of mistakes" "$corpus/mistakes.conf"
says "mistakes.conf:4: high L-03 core-feature-off: net.ipv4.tcp_sack = 0: .*; set 1$"
says "mistakes.conf:61: low L-44 malformed-line: not of the form key = value; "
says "mistakes.conf:65: low L-45 unknown-key: .*did you mean net.ipv4.tcp_rmem\?"
says "mistakes.conf:66: info L-34 overridden: .*mistakes.conf:70 sets it to 65535"
says "^[0-9]+ findings \([0-9]+ high, .* in 1 file\..* Nothing was changed\.$"
silent ":7[1-9]:"
lint 1 "with --fail-on high" --fail-on high "$corpus/mistakes.conf"
lint 0 "with --fail-on critical" --fail-on critical "$corpus/mistakes.conf"
lint 0 "its JSON" --json "$corpus/mistakes.conf"
json '.schema == "netwright.lint/1" and (.files | length == 1)'
json '.findings | all(.[]; .id and .slug and .severity and .line > 0 and .message and .fix and .source)'
json '.findings | any(.[]; .line == 9 and .id == "L-05" and .key == "net.ipv4.tcp_mem" and .severity == "high")'
# What this host lacks is named as such and is no mistake of the file's; nothing listens here.
lint 0 "a file without mistakes" --json --netns "$ns" "$corpus/harmless.conf"
json '[.findings[] | select(.id | test("L-(35|45|46)") | not)] == []'
printf 'net.ipv4.tcp_sack = 0\n' >"$dir/a.conf"
printf 'net.ipv4.tcp_sack = 1' >"$dir/b.conf"
lint 0 "the later file wins" "$dir/a.conf" "$dir/b.conf"
silent L-03
says "a.conf:1: info L-34 .*b.conf:1 sets it to 1"
lint 1 "and the other way round" --fail-on medium "$dir/b.conf" "$dir/a.conf"
says "a.conf:1: high L-03"
lint 2 "a binary file" "$NETWRIGHT"
complains 'MiB|NUL'
lint 2 "a NUL byte" <(printf 'a.b = 1\0')
lint 3 "a missing file" "$dir/none.conf"
complains none.conf
lint 3 "a directory" "$dir"
lint 3 "a missing file among others" "$dir/none.conf" "$dir/a.conf"
complains "none.conf: opening: No such file"
says "^not read: $dir/none.conf: opening: No such file"
says "a.conf:1: high L-03"
printf 'a.b = 1\0' >"$dir/nul.conf"
lint 2 "two bad files and a good one" --json "$dir/nul.conf" "$dir/a.conf" "$dir/none.conf"
complains "2 files could not be read"
json '(.unread | length == 2) and (.unread[0].reason | test("NUL")) and (.files | length == 1)'
json '.findings | any(.[]; .id == "L-03")'
lint 2 "files and a root" --root "$dir" "$dir/a.conf"
lint 2 "a severity that is none" --fail-on urgent
"$NETWRIGHT" lint "$corpus/mistakes.conf" >/dev/full 2>"$dir/err"
if [ $? -eq 3 ]; then ok "a full disk fails"; else not_ok "a full disk does not fail"; fi

"$NETWRIGHT" explain L-06 L-44 >"$dir/out" 2>"$dir/err"
says "looks at +net.core.wmem_default"
says "^L-44 malformed-line "

# --- what a system would read ------------------------------------------------------------------------
root=$dir/root
mkdir -p "$root/etc/sysctl.d" "$root/usr/lib/sysctl.d" "$root/run/sysctl.d"
echo 'net.ipv4.tcp_fin_timeout = 1' >"$root/usr/lib/sysctl.d/50-a.conf"
echo 'net.ipv4.tcp_fin_timeout = 30' >"$root/etc/sysctl.d/50-a.conf"
echo 'net.ipv4.tcp_rfc1337 = 1' >"$root/run/sysctl.d/60-b.conf"
echo 'net.ipv4.tcp_rfc1337 = 0' >"$root/etc/sysctl.conf"
lint 0 "a system below a root" --root "$root"
silent L-09
says "^/run/sysctl.d/60-b.conf:1: info L-34 overridden: .*: counts at boot alone, .*/etc/sysctl.conf:1 counts"
says "^/run/sysctl.d/60-b.conf:1: info L-27 rfc1337"
says "^/etc/sysctl.conf:1: info L-47 not-at-boot"
says "in 3 files\."
ln -s ../sysctl.conf "$root/etc/sysctl.d/99-sysctl.conf"
lint 0 "with a link" --root "$root"
silent L-47
says "^/run/sysctl.d/60-b.conf:1: info L-34 overridden: .*has no effect: /etc/sysctl.d/99-sysctl.conf:1 sets it to 0"
silent L-27
ln -s /nonexistent/a.conf "$root/etc/sysctl.d/10-nowhere.conf"
cp "$dir/nul.conf" "$root/etc/sysctl.d/11-nul.conf"
lint 3 "with a link to nothing and a binary file" --root "$root"
says "^not read: .*/etc/sysctl.d/10-nowhere.conf: is a link that leads nowhere; mend or remove it$"
says "^not read: /etc/sysctl.d/11-nul.conf: holds a NUL byte"
says "^/run/sysctl.d/60-b.conf:1: info L-34"
says "in 3 files\."
complains "2 files could not be read, /etc/sysctl.d/10-nowhere.conf the first"
rm "$root/etc/sysctl.d/"1[01]-*
lint 0 "an empty system" --root "$dir/none"
says "^0 findings in 0 files\."

# --- the values in force -----------------------------------------------------------------------------
lint 0 "a namespace" --netns "$ns" --json
json '[.findings[] | select(.file == null and .id == "L-03")] == []'
ip netns exec "$ns" sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_sack; echo "8192 131072 4096" >/proc/sys/net/ipv4/tcp_rmem'
lint 1 "with selective acknowledgements off" --netns "$ns" --fail-on high
says "^in force: high L-03 core-feature-off: net.ipv4.tcp_sack = 0"
says "^in force: medium L-30 vector-order: net.ipv4.tcp_rmem = 8192 131072 4096"
lint 0 "the host itself is not concerned" --json
json '[.findings[] | select(.file == null and .key == "net.ipv4.tcp_sack")] == []'
# What lint says the kernel refuses, it refuses, and nothing else.
for setting in tcp_sack=yes 'tcp_sack="1"' tcp_sack=0x1 tcp_sack=08 tcp_fin_timeout=30s tcp_fin_timeout=036 \
  'tcp_rmem=4096,131072,33554432' 'tcp_rmem=4096 131072 32M' 'tcp_rmem=4096 0x20000 33554432' 'tcp_retries2=15;' \
  tcp_retries2=00000000000000000015 tcp_retries2=000000000000000000015 'tcp_keepalive_time=2h'; do
  echo "net.ipv4.$setting" >"$dir/value.conf"
  taken=0
  ip netns exec "$ns" sh -c "echo '${setting#*=}' 2>/dev/null >/proc/sys/net/ipv4/${setting%%=*}" 2>/dev/null || taken=1
  "$NETWRIGHT" lint --netns "$ns" --json "$dir/value.conf" >"$dir/out"
  said=$(jq '[.findings[] | select(.id == "L-48")] | length' "$dir/out")
  if [ "$said" = "$taken" ]; then ok "$setting: refused $taken, as lint says"; else not_ok "$setting: refused $taken, lint says $said"; fi
done
echo 'net.core.netdev_budget = 600' >"$dir/host.conf"
lint 0 "a host's key in a namespace" --netns "$ns" "$dir/host.conf"
says "host.conf:1: info L-35 host-only-key"
echo 'net.core.wmem_max = 4194304' >"$dir/shown.conf"
lint 0 "a host's key that a namespace shows" --netns "$ns" "$dir/shown.conf"
says "shown.conf:1: info L-35 host-only-key: net.core.wmem_max = 4194304: .*only the initial one can set it"
lint 0 "and on the host" "$dir/shown.conf"
silent L-35
lint 0 "and the first on the host" "$dir/host.conf"
says "^0 findings"

# --- without rights, and without writing ---------------------------------------------------------------
cp "$here/../../build/netwright" "$dir/netwright"
chmod 755 "$LAB_TMP" "$dir" "$dir/netwright"
chmod 600 "$dir/b.conf"
setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/netwright" lint "$dir/a.conf" >"$dir/out" 2>"$dir/err"
says "a.conf:1: high L-03"
setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/netwright" lint "$dir/b.conf" >"$dir/out" 2>"$dir/err"
status=$?
if [ "$status" -eq 6 ]; then ok "a file that may not be read: status 6"; else not_ok "a file that may not be read: status $status"; fi
complains b.conf
strace -f -o "$dir/trace" -e trace=open,openat,creat "$dir/netwright" lint >/dev/null 2>&1
if grep -qE 'O_WRONLY|O_RDWR|O_CREAT' "$dir/trace"; then not_ok "lint opens something for writing"; else ok "lint opens nothing for writing"; fi

finish
