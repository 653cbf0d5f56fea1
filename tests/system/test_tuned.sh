#!/usr/bin/env bash
# tuned-profiles/ with the real TuneD: each is what its profile makes, loads without a warning, sets
# exactly what `netwright profile show` resolves, verifies, and goes without a trace.
#
# What a network namespace has is tried in one of the test's own; what only the machine has, there, with
# a record of the values that the lab puts back even after a SIGKILL.
# shellcheck disable=SC2034,SC2317 # for audit.sh; functions are called by other shells
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=../lab/host_settings.sh
. "$here/../lab/host_settings.sh"
lab_veth_up tuned
root=$(cd "$here/../.." && pwd)
profiles=$root/tuned-profiles
dir=$LAB_TMP/tuned
mkdir "$dir" "$dir/bin"
# The helper finds the program under test by its name.
ln -s "$(readlink -f "$NETWRIGHT")" "$dir/bin/netwright"
export PATH=$dir/bin:$PATH
setting_lines='^(net|vm|kernel|fs)[.][^=]*='

# --- what is checked in ----------------------------------------------------------------------------
for conf in "$root"/profiles/*.conf; do
  name=${conf##*/}
  name=${name%.conf}
  if netwright profile export "$name" 2>"$dir/err" | diff - "$profiles/netwright-$name/tuned.conf" >"$dir/diff" &&
    [ -x "$profiles/netwright-$name/value" ]; then
    ok "netwright-$name is current"
  else
    not_ok "netwright-$name is not what profiles/$name.conf says now: run 'make tuned-profiles' and check: $(head -n 5 "$dir/diff")"
  fi
done
names=()
for path in "$profiles"/netwright-*/; do
  name=${path%/}
  names+=("${name##*/netwright-}")
  [ -f "$root/profiles/${names[-1]}.conf" ] || not_ok "$path has no profile: delete it"
done
if grep -hE '^\[' "$profiles"/*/tuned.conf | grep -vE '^\[(main|variables|sysctl|net|sysfs)\]$' | grep -q .; then
  not_ok "there are sections other than main, variables, sysctl, net and sysfs"
else
  ok "no section runs programs, loads modules or changes how the machine starts"
fi

# --- what the helper is told -------------------------------------------------------------------------
# answers STATUS PATTERN ARGUMENT...: of `netwright profile`, in a namespace whose limits are low.
answers() {
  local wanted=$1 pattern=$2 said status
  shift 2
  # shellcheck disable=SC2016 # the inner shell expands them
  said=$(unshare --net bash -c 'sysctl -qw net.ipv4.tcp_rmem="4096 131072 6291456"; exec netwright profile "$@"' _ "$@" 2>&1)
  status=$?
  if [ "$status" -eq "$wanted" ] && grep -qE -- "$pattern" <<<"$said"; then
    ok "profile $*: status $wanted, $pattern"
  else
    not_ok "profile $*: status $status, not $wanted, or not $pattern: $said"
  fi
}
answers 0 '^4096 131072 33554432$' value base net.ipv4.tcp_rmem
answers 0 '^1$' value base net.ipv4.tcp_sack
answers 2 'does not set it; netwright profile show base' value base net.ipv4.tcp_fastopen
answers 2 'without an element' value base 'net.ipv4.tcp_rmem[2]'
answers 2 'did you mean' value bulk-wam net.ipv4.tcp_rmem
answers 2 'profile value NAME SYSCTL' value base
answers 2 'rtt' value bulk-wan net.ipv4.tcp_rmem --input rtt=100MiB
answers 7 'has no such key|does not exist' value container-host net.core.netdev_max_backlog
answers 2 'did you mean' export bulk-wam
answers 0 '^not expressed: .*nf_conntrack_max: ' export router-nat

# --- one session of TuneD ----------------------------------------------------------------------------
# Keys that a network namespace has for itself: those it can write.
grep -hoE "$setting_lines" "$profiles"/*/tuned.conf | tr -d = | sort -u >"$dir/all-keys"
# shellcheck disable=SC2016 # the inner shell expands them
unshare --net bash -c 'while read -r key; do
  mode=$(stat -c %a "/proc/sys/${key//.//}" 2>/dev/null) && [ $((0$mode & 0200)) -ne 0 ] && [[ $key == net.* ]] && echo "$key"
done' <"$dir/all-keys" >"$dir/namespace-keys"

# prepare WORK NAME GREP-OPTION: the profile with only the sysctls that are (no option) or are not (-v)
# a namespace's own. False when none is left.
prepare() {
  local work=$1 path=$profiles/netwright-$2
  mkdir "$work"
  cp -rL "$path" "$work/profile"
  grep -oE "$setting_lines" "$path/tuned.conf" | tr -d = | grep -Fx ${3:+"$3"} -f "$dir/namespace-keys" >"$work/keys"
  awk -F= -v keys="$work/keys" '
    BEGIN { while ((getline line < keys) > 0) wanted[line] = 1 }
    !/^(net|vm|kernel|fs)[.][^=]*=/ || ($1 in wanted)' "$path/tuned.conf" >"$work/profile/tuned.conf"
  [ -s "$work/keys" ]
}

# "key<TAB>element<TAB>value" of each setting, from the JSON of profile show; a value of null is left out.
settings_shown() { # WORK
  jq -r '.settings[]
    | (.tunable | capture("^(?<key>[^\\[]*)(\\[(?<element>[0-9]+)\\])?$"))
      + { value: (if .state == "differs" then .value else .present end) }
    | "\(.key)\t\(.element // "-")\t\(.value)"' "$1/shown"
}

# Settings that are not as shown, and anything else that is not as it was.
wrong_values() { # WORK
  settings_shown "$1" | awk -F '\t' -v work="$1" '
    function load(file, into,   line, at) {
      while ((getline line < (work "/" file)) > 0) { at = index(line, " ="); into[substr(line, 1, at - 1)] = substr(line, at + 3) }
    }
    BEGIN {
      load("before", before); load("applied", now)
      while ((getline line < (work "/keys")) > 0) ours[line] = 1
    }
    ($1 in ours) {
      compared[$1] = 1
      if ($3 == "null") next
      split(now[$1], words, " ")
      got = $2 == "-" ? now[$1] : words[$2 + 1]
      if (got != $3) print $1 " [" $2 "] is " got ", and not " $3
      told[$1, $2] = 1
    }
    END {
      for (key in ours) if (!(key in compared)) print key " is not in what profile show says"
      for (key in now) {
        n = split(now[key], a, " "); split(before[key], b, " ")
        for (i = 1; i <= n; i++)
          if (a[i] != b[i] && !((key, "-") in told) && !((key, i - 1) in told)) print key " [" i - 1 "] became " a[i] ", and was " b[i]
      }
    }'
}

problems() { # WORK NAME
  grep -q "static tuning from profile 'netwright-$2' applied" "$1/log" || echo "not applied: $(tail -n 3 "$1/log" "$1/out")"
  grep -E " (ERROR|WARNING|CRITICAL) |skipped, missing" "$1/log"
  [ "$(cat "$1/verified")" = True ] || echo "not verified: $(cat "$1/verified" "$1/verified.err")"
  diff "$1/before" "$1/after" | sed 's/^/left behind: /'
  wrong_values "$1"
}

judge() { # WORK NAME DESCRIPTION
  problems "$1" "$2" >"$1/problems"
  if [ -s "$1/problems" ]; then
    not_ok "$3: $(head -n 6 "$1/problems")"
  else
    ok "$3: $(wc -l <"$1/keys") keys as shown, verified, rolled back"
  fi
}

session() { # WORK NAME [KEYS-FILE]
  TUNED_ASIDE="netwright profile show --json $2" bash "$here/tuned_session.sh" "$1" "netwright-$2" ${3:+"$3"}
}
export here
export -f session
in_namespace() { # WORK NAME
  # shellcheck disable=SC2016 # the inner shell expands them
  unshare --net --mount --propagation private bash -c 'ip link set lo up; session "$@"' _ "$@"
}

# --- in namespaces -----------------------------------------------------------------------------------
for name in "${names[@]}"; do
  prepare "$dir/$name" "$name" "" || continue
  in_namespace "$dir/$name" "$name" &
  # A few at a time: they mostly wait for TuneD's clock.
  while [ "$(jobs -rp | wc -l)" -ge 4 ]; do wait -n; done
done
wait
for name in "${names[@]}"; do
  [ -s "$dir/$name/keys" ] && judge "$dir/$name" "$name" "netwright-$name in a namespace"
done

# From the limits of another kernel: an element that is more already stays, the others grow.
work=$dir/base-lower
if prepare "$work" base ""; then
  # shellcheck disable=SC2016 # the inner shell expands them
  unshare --net --mount --propagation private bash -c 'sysctl -qw net.core.somaxconn=128 net.ipv4.tcp_rmem="16384 131072 6291456"
    session "$@"' _ "$work" base
  judge "$work" base "netwright-base from lower limits"
  if grep -qx "net.ipv4.tcp_rmem = 16384 131072 33554432" "$work/applied" && grep -qx "net.core.somaxconn = 4096" "$work/applied"; then
    ok "  and raises what is lower, and only that"
  else
    not_ok "  and does not raise: $(grep -E "tcp_rmem|somaxconn" "$work/applied")"
  fi
fi

# A profile of the user's own, with another input: the variable of the parent counts.
work=$dir/own
if prepare "$work" bulk-wan ""; then
  mv "$work/profile" "$work/parent"
  mkdir "$work/profile" "$work/etc"
  cp -rL "$work/parent" "$work/etc/netwright-bulk-wan"
  mkdir "$work/etc/profiles"
  cp -rL "$work/parent" "$work/etc/profiles/netwright-bulk-wan"
  printf '[main]\ninclude=netwright-bulk-wan\n[variables]\nrtt=170ms\nrate=1Gbit\n' >"$work/profile/tuned.conf"
  # shellcheck disable=SC2016 # the inner shell expands them
  TUNED_ASIDE="netwright profile show --json --input rtt=170ms --input rate=1Gbit bulk-wan" \
    unshare --net --mount --propagation private bash -c 'sysctl -qw net.ipv4.tcp_rmem="4096 131072 6291456"
      bash "$here/tuned_session.sh" "$@"' _ "$work" netwright-own
  judge "$work" own "a profile that includes netwright-bulk-wan, with its own inputs"
  most=$(sed -n 's/^net.ipv4.tcp_rmem = .* //p' "$work/applied")
  if [ "$most" -gt $((2 * 170 * 125000)) ]; then ok "  has buffers for 1 Gbit/s and 170 ms"; else not_ok "  has buffers of $most bytes"; fi
fi

# --- on the machine ----------------------------------------------------------------------------------
# Notes what TuneD is about to write, so that the lab puts it back if neither of us can.
note_all() { # WORK NAME
  local key element value
  netwright profile show --json "$2" >"$1/shown"
  while IFS=$'\t' read -r key element value; do
    if [ "$element" != - ] || [ "$value" = null ] || ! grep -Fxq "$key" "$1/keys"; then continue; fi
    host_note "$key" "$value"
  done < <(settings_shown "$1")
}
for name in "${names[@]}"; do
  work=$dir/host-$name
  prepare "$work" "$name" -v || continue
  note_all "$work" "$name"
  unshare --mount --propagation private bash -c 'session "$@"' _ "$work" "$name" "$work/keys"
  host_restore
  judge "$work" "$name" "netwright-$name on the machine"
done

# --- controls: what must not pass --------------------------------------------------------------------
# broken NAME SED-SCRIPT PATTERN: the profile base, changed, fails with PATTERN.
broken() {
  local work=$dir/$1
  prepare "$work" base "" || return
  sed -i "$2" "$work/profile/tuned.conf"
  in_namespace "$work" base
  problems "$work" base >"$work/problems"
  if grep -qE "$3" "$work/problems"; then ok "$1 is noticed: $3"; else not_ok "$1 is not noticed: $(head -n 3 "$work/problems")"; fi
}
broken mistyped-key 's/tcp_sack=/tcp_sackk=/' 'ERROR.*tcp_sackk'
broken wrong-value 's/tcp_frto=2/tcp_frto=1/' 'tcp_frto \[-\] is 1, and not 2'
broken not-a-tuned.conf 's/^\[sysctl\]/[sysctl]\njunk/' 'not applied'
# shellcheck disable=SC2016 # TuneD expands it
broken missing-helper 's/tcp_sack=1/tcp_sack=${f:exec:${i:PROFILE_DIR}\/none}/' 'not verified'
finish
