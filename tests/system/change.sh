# shellcheck shell=bash
# What the tests of changes share: the program as a person uses it, on namespaces that the test makes
# and deletes, with a journal of its own. Source it; needs root.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NETWRIGHT=${NETWRIGHT:-$here/../../build/netwright}
NETWRIGHT=$(realpath "$NETWRIGHT")
# shellcheck source=counts.sh
. "$here/counts.sh"
tmp=$(mktemp -d) || exit 1
state=$tmp/state
namespaces=()

clean_up() {
  local ns
  for ns in "${namespaces[@]}"; do ip netns delete "$ns" 2>/dev/null; done
  umount "$tmp"/full 2>/dev/null
  rm -rf "$tmp"
}
trap clean_up EXIT

# A namespace NAME of this process; its full name is in $ns.
new_namespace() { # NAME
  ns=nwt$$-$1
  ip netns add "$ns" || exit 1
  namespaces+=("$ns")
}

# Of the namespace $ns, blanks instead of tabs.
value_of() { # KEY
  ip netns exec "$ns" sysctl -n "$1" | tr '\t' ' '
}

write_value() { # KEY VALUE
  ip netns exec "$ns" sysctl -q -w "$1=$2"
}

holds() { # KEY VALUE
  local now
  now=$(value_of "$1")
  if [ "$now" = "$2" ]; then ok "  $1 is $2"; else not_ok "  $1 is $now, not $2"; fi
}

# run STATUS DESCRIPTION VERB ARGUMENT...: the program on the test's journal; output in $tmp/out and
# $tmp/err.
run() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err" </dev/null
  status_is "$what" "$wanted" $? "$tmp/err"
}

says() { check "  says \"$1\"" grep -qF -- "$1" "$tmp/out"; }
complains() { check "  complains \"$1\"" grep -qF -- "$1" "$tmp/err"; }
silent() { check "  nothing on stderr" test ! -s "$tmp/err"; }
json() { check "  JSON: $1" json_holds "$1"; }
json_holds() { jq -e "$1" "$tmp/out" >/dev/null; }

# The number of the transaction that the last command printed.
last_id() {
  grep -oE '^transaction [0-9]+' "$tmp/out" | head -n 1 | cut -d' ' -f2
}

state_of() { # ID
  "$NETWRIGHT" show "$1" --json --state-dir "$state" | jq -r .transaction.state
}

# eventually SECONDS DESCRIPTION COMMAND...: the command succeeds within that time.
eventually() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$until" ]; then
      not_ok "$what: $*"
      return
    fi
    sleep 0.1
  done
  ok "$what"
}
