#!/usr/bin/env bash
# netwright profile import: TuneD's own profiles and sysctl files become profiles that load, with every
# line that stayed behind named.
# Runs beside others.
# shellcheck disable=SC2034 # for audit.sh
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
use_sanitizers
lab_veth_up import
ns=$(lab_ns A)
dir=$LAB_TMP/import
mkdir "$dir"

# import STATUS DESCRIPTION ARGUMENT...: the profile in $dir/out.conf, the rest in $dir/err.
import() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" profile import "$@" >"$dir/out.conf" 2>"$dir/err" </dev/null
  status_is "$what" "$wanted" $? "$dir/err"
}
sets() { if grep -qF -- "$1" "$dir/out.conf"; then ok "  sets $1"; else not_ok "  does not set $1: $(grep tunable "$dir/out.conf")"; fi; }
complains() { if grep -qE -- "$1" "$dir/err"; then ok "  says $1"; else not_ok "  does not say $1: $(head -c 600 "$dir/err")"; fi; }
silent() { if grep -qE -- "$1" "$dir/err"; then not_ok "  says $1: $(grep -E -- "$1" "$dir/err" | head -n 2)"; else ok "  does not say $1"; fi; }
loads() {
  if "$NETWRIGHT" profile check "$dir/out.conf" >"$dir/check" 2>"$dir/check.err"; then
    ok "  is a profile that loads"
  else
    not_ok "  does not load: $(cat "$dir/check.err")"
  fi
}

# --- TuneD's own -------------------------------------------------------------------------------------
for name in network-throughput network-latency throughput-performance hpc-compute; do
  import 0 "TuneD's $name" "$name"
  loads
  sets "name = \"tuned-$name\""
  complains 'not carried over: .*/tuned.conf:[0-9]+: \[cpu\] governor=performance: '
  complains '^[0-9]+ settings carried over, [0-9]+ lines not. Nothing was changed.$'
done
import 0 "network-throughput where the limits are those of Linux 6.18" --netns "$ns" network-throughput
sets 'tunable = "net.ipv4.tcp_rmem"; set = "4096 '
sets 'tunable = "net.core.somaxconn"; raise_to = "2048"'
ip netns exec "$ns" sysctl -qw "net.ipv4.tcp_rmem=4096 131072 33554432"
import 0 "and its note" --netns "$ns" network-throughput
complains 'look at: .*network-throughput/tuned.conf:[0-9]+: net.ipv4.tcp_rmem=.*: shrinks net.ipv4.tcp_rmem\[2\] from 33554432 to 16777216'
if grep -qE '^# .*shrinks net.ipv4.tcp_rmem\[2\]' "$dir/out.conf"; then ok "  in the file, too"; else not_ok "  not in the file"; fi
ip netns exec "$ns" sysctl -qw "net.ipv4.tcp_rmem=4096 16384 6291456"
import 0 "the control: where they are lower" --netns "$ns" network-throughput
silent 'shrinks net.ipv4.tcp_rmem'
import 0 "by its file" /usr/lib/tuned/hpc-compute/tuned.conf
sets 'tunable = "net.core.busy_read"; set = "50us"'
complains 'not carried over: .*hpc-compute/tuned.conf:[0-9]+: \[vm\] transparent_hugepages=always: '

# --- both layouts, and the directory beside ----------------------------------------------------------
mkdir -p "$dir/root/usr/lib/tuned/profiles/parent" "$dir/root/etc/tuned/child"
printf '[sysctl]\nnet.ipv4.tcp_fin_timeout=20\n' >"$dir/root/usr/lib/tuned/profiles/parent/tuned.conf"
printf '[main]\nsummary=A child\ninclude=parent\n[sysctl]\nnet.ipv4.tcp_sack=0\n' >"$dir/root/etc/tuned/child/tuned.conf"
import 0 "a child and its parent, of either layout" --root "$dir/root" child
sets 'tunable = "net.ipv4.tcp_fin_timeout"; set = "20s"'
complains 'look at: .*child/tuned.conf:5: net.ipv4.tcp_sack=0: L-03'
loads
mkdir -p "$dir/beside/a" "$dir/beside/b"
printf '[main]\ninclude=b\n' >"$dir/beside/a/tuned.conf"
printf '[sysctl]\nnet.ipv4.tcp_fin_timeout=25\n' >"$dir/beside/b/tuned.conf"
import 0 "a file and what stands beside it" "$dir/beside/a/tuned.conf"
sets 'set = "25s"'

# --- interfaces, which apply in the namespace ----------------------------------------------------------
printf '[net]\ndevices=lan0\nmtu=1400\nfeatures=gro off\n[sysfs]\n/sys/class/net/lan0/tx_queue_len=900\n' >"$dir/tuned.conf"
import 0 "interfaces that it names" --netns "$ns" "$dir/tuned.conf"
sets 'tunable = "link:lan0/mtu"; set = "1400B"'
loads
mkdir "$dir/links"
cp "$dir/out.conf" "$dir/links/links.conf"
if "$NETWRIGHT" apply tuned-import --profiles "$dir/links" --netns "$ns" --state-dir "$dir/state" >"$dir/applied" 2>&1 &&
  ip -n "$ns" link show dev lan0 | grep -q 'mtu 1400 .* qlen 900'; then
  ok "  applies"
else
  not_ok "  does not apply: $(cat "$dir/applied")"
fi
"$NETWRIGHT" rollback --state-dir "$dir/state" >"$dir/applied" 2>&1 || not_ok "  rollback: $(cat "$dir/applied")"
rm "$dir/tuned.conf"

# --- what grows without end ---------------------------------------------------------------------------
# shellcheck disable=SC2016 # TuneD expands them
{
  printf '[variables]\nv0=12345678\n'
  for ((i = 1; i < 60; i++)); do printf 'v%d=${v%d}${v%d}\n' "$i" $((i - 1)) $((i - 1)); done
  printf '[sysctl]\nnet.core.busy_read=${v59}\n'
} >"$dir/grows.conf"
import 2 "variables that double each other" "$dir/grows.conf"
complains 'grows.conf:12: variable v10 is longer than 4096 bytes'

# --- sysctl files ------------------------------------------------------------------------------------
printf 'net.core.somaxconn = 8192\nkernel.sysrq = 1\nnet.ipv4.tcp_tw_recycle = 1\n' >"$dir/90-web.conf"
import 0 "a sysctl file" "$dir/90-web.conf"
sets 'name = "sysctl-90-web"'
sets 'tunable = "net.core.somaxconn"; set = "8192"'
complains '90-web.conf:2: kernel.sysrq=1: is not in .*catalogue'
complains '90-web.conf:3: net.ipv4.tcp_tw_recycle=1: '
loads
printf 'net.core.somaxconn = 16384\n' >"$dir/99-more.conf"
import 0 "two of them" "$dir/90-web.conf" "$dir/99-more.conf"
sets 'set = "16384"'
complains '90-web.conf:1: net.core.somaxconn=8192: .*99-more.conf:1 sets it again'

# --- what cannot be imported -------------------------------------------------------------------------
import 2 "a profile that is nowhere" none-such
complains 'no TuneD profile none-such'
printf '[sysctl]\njunk\n' >"$dir/tuned.conf"
import 2 "a file that TuneD rejects" "$dir/tuned.conf"
complains 'tuned.conf:2: '
import 3 "a missing file" "$dir/none.conf"
import 2 "nothing"
import 2 "two profiles of TuneD's" network-latency network-throughput
if [ -s "$dir/out.conf" ]; then not_ok "an error prints a profile"; else ok "an error prints no profile"; fi
strace -f -o "$dir/trace" -e trace=open,openat,creat "$here/../../build/netwright" profile import network-throughput >/dev/null 2>&1
if grep -qE 'O_WRONLY|O_RDWR|O_CREAT' "$dir/trace"; then not_ok "import opens something for writing"; else ok "import opens nothing for writing"; fi
finish
