# shellcheck shell=bash disable=SC2034,SC2317 # for audit.sh; functions are called through expect
# What the tests of the profiles' effects share: a load on one host of the lab before and after a profile,
# and that what the profile set is put back. Source it; needs root.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "${BASH_SOURCE[0]}")/audit.sh"

netwright() { "$NETWRIGHT" "$@" --state-dir "$LAB_TMP/state" 2>>"$LAB_TMP/err" >>"$LAB_TMP/out"; }

expect() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  if "$@"; then ok "$what"; else not_ok "$what: $(tail -n 2 "$LAB_TMP/err" 2>/dev/null)"; fi
}

# Applies a profile to a host, and verifies it.
apply_profile() { # A|B PROFILE [OPTION...]
  local host=$1 profile=$2
  shift 2
  expect "$profile applied on $host" netwright apply "$profile" --netns "$(lab_ns "$host")" "$@"
  expect "  and verified" netwright profile verify "$profile" --netns "$(lab_ns "$host")" "$@"
}

# Rolls everything back; after that KEY of a host has to be VALUE again.
put_back() { # [A|B KEY VALUE]...
  expect "put back" netwright rollback --all
  while (($# > 0)); do
    expect "  $2 is $3 again" test "$(lab_exec "$1" sysctl -n "$2" | tr '\t' ' ')" = "$3"
    shift 3
  done
}

# A comparison of numbers: holds 'a > 1.5 * b' a=3 b=2
holds() { # CONDITION NAME=NUMBER...
  local condition=$1 options=() assignment
  shift
  for assignment; do options+=(-v "$assignment"); done
  awk "${options[@]}" "BEGIN { exit !($condition) }"
}

# One of the counters of a host: TcpExtListenOverflows.
counter() { # A|B NAME
  lab_exec "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# NAME=VALUE of a line such as "traffic" prints.
field() { # NAME
  grep -oE "\b$1=[0-9.]+" | tail -n 1 | cut -d= -f2
}
