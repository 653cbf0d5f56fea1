#!/usr/bin/env bash
# What only the machine's own namespace has of each profile: applied there, verified and rolled back without
# a difference. The rest of each is tried in a namespace, test_profiles.sh. The lab puts back what was
# before even after a SIGKILL.
# shellcheck disable=SC2034 # for audit.sh
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
# shellcheck source=../lab/host_settings.sh
. "$here/../lab/host_settings.sh"
# shellcheck source=sysctls.sh
. "$here/sysctls.sh"
lab_veth_up host
dir=$LAB_TMP/host
mkdir -p "$dir/profiles"
if [ ! -w /proc/sys/net/core/netdev_max_backlog ]; then
  ok "this is not the machine's own namespace: nothing to try"
  finish
fi

netwright() { "$NETWRIGHT" "$@" --state-dir "$dir/state" 2>"$dir/err" </dev/null; }

# run STATUS DESCRIPTION ARGUMENT...: output to $dir/out.
run() {
  local wanted=$1 what=$2
  shift 2
  netwright "$@" >"$dir/out"
  status_is "$what" "$wanted" $? "$dir/err"
}

# A profile "host" of those settings of one that a namespace leaves to the machine, with its inputs.
# False when there are none.
make_profile() { # NAME
  netwright profile show "$1" --json --netns "$(lab_ns A)" |
    jq -r '[.settings[] | select(.state == "left-out" and (.reason | test("initial network namespace")))] as $settings
      | if $settings == [] then "" else
        "profile = { name = \"host\"; summary = \"s\";\n inputs = {",
        (.inputs[] | " \(.name) = \(.default | @json);"),
        " };\n settings = (",
        ([$settings[] | " { tunable = \(.tunable | @json); \(.mode) = \(.formula | @json);"
          + (if .when then " when = \(.when | @json);" else "" end)
          + " why = \"w\"; source = \"s\"; }"] | join(",\n")),
        " ); };" end' >"$dir/profiles/host.conf"
  grep -q tunable "$dir/profiles/host.conf"
}

# Sysctls of the machine but for those of interfaces; its routes, and the links that are not some test's
# own.
dump() {
  local device
  sysctls '(net|fs|vm)\.' |
    awk '!/^net\.ipv[46]\.(conf|neigh)\./ || /^net\.ipv[46]\.(conf|neigh)\.(all|default)\./'
  for device in lo $(ip -o route show default | grep -oE 'dev [^ ]+' | cut -d' ' -f2); do
    ip -d link show dev "$device"
    tc qdisc show dev "$device"
  done
  ip route show
  ip -6 route show
}

applied=0
for conf in "$here/../../profiles"/*.conf; do
  name=${conf##*/}
  name=${name%.conf}
  make_profile "$name" || continue
  run 0 "$name: the plan" apply host --profiles "$dir/profiles" --dry-run --json
  cp "$dir/out" "$dir/plan"
  while IFS='|' read -r key value; do host_note "$key" "$value"; done \
    < <(jq -r '.changes[] | "\(.tunable)|\(.to)"' "$dir/plan")
  changes=$(jq '.changes | length' "$dir/plan")
  dump >"$dir/before"
  run 0 "  $changes changes applied" apply host --profiles "$dir/profiles"
  dump >"$dir/applied"
  if [ "$(diff "$dir/before" "$dir/applied" | grep -c '^>')" -eq "$changes" ]; then
    ok "  and nothing else became different"
  else
    not_ok "  $changes changes are: $(diff "$dir/before" "$dir/applied" | head -n 20)"
  fi
  run 0 "  verified" profile verify host --profiles "$dir/profiles"
  [ "$changes" -eq 0 ] || run 0 "  rolled back" rollback
  dump >"$dir/after"
  host_restore
  if diff "$dir/before" "$dir/after" >"$dir/difference"; then
    ok "  and no difference is left"
  else
    not_ok "  left behind: $(head -n 6 "$dir/difference")"
  fi
  applied=$((applied + changes))
done
if [ "$applied" -gt 0 ]; then ok "$applied changes of the machine in all"; else not_ok "nothing was changed anywhere"; fi
finish
