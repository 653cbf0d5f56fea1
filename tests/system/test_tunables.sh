#!/usr/bin/env bash
# What the catalogue says about a sysctl's scope is what this kernel does: in a namespace of its own,
# a per-namespace key can be written with its own value and holds it, and one of the host is absent,
# or shown and refused. The host's settings are the control: none has changed at the end.
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
NETWRIGHT=${NETWRIGHT:-$PWD/build/netwright}
facts=$check_dir/facts

"$NETWRIGHT" audit --for 1s --json >"$check_dir/host.json"
jq -r '.tunables | to_entries[] | select(.value != null) | .key' "$check_dir/host.json" >"$check_dir/names"
check "many are catalogued and present" test "$(wc -l <"$check_dir/names")" -gt 100

# A name, a tab and its scope per line.
xargs -n 60 "$NETWRIGHT" explain <"$check_dir/names" |
  awk '/ \(a tunable; / { name = $1 } /^  scope / { sub(/^  scope +/, ""); print name "\t" $0 }' >"$facts"
check "each has a scope" test "$(wc -l <"$facts")" -eq "$(wc -l <"$check_dir/names")"

# Writes what is there already; a line per key that is not as its scope says.
cat >"$check_dir/try" <<'SH'
while IFS=$'\t' read -r name scope; do
  file=/proc/sys/${name//.//}
  case $name in net.*) ;; *) continue ;; esac
  case $scope in
  "each network namespace has its own")
    { before=$(cat "$file") && echo "$before" >"$file" && [ "$(cat "$file")" = "$before" ]; } || echo "$name cannot be written"
    ;;
  *show*) [ -e "$file" ] && [ $((0$(stat -c %a "$file") & 0222)) -eq 0 ] || echo "$name is not read-only" ;;
  *"(initial network namespace)"*) [ ! -e "$file" ] || echo "$name is here" ;;
  *) echo "$name: unknown scope $scope" ;;
  esac
done
SH
check "a namespace can be made" unshare -n true
unshare -n bash "$check_dir/try" <"$facts" >"$check_dir/wrong" 2>&1
check "scopes are as catalogued: $(tr '\n' ',' <"$check_dir/wrong")" test ! -s "$check_dir/wrong"

# The same check must notice a wrong scope.
sed -n 's/^\(net.core.somaxconn\t\).*/\1the whole host (initial network namespace)/p
        s/^\(net.core.rmem_max\t\).*/\1each network namespace has its own/p
        s/^\(net.ipv4.tcp_sack\t\).*/\1the whole host; other network namespaces show it, and cannot write it/p' \
  "$facts" >"$check_dir/false"
unshare -n bash "$check_dir/try" <"$check_dir/false" >"$check_dir/noticed" 2>/dev/null
for key in net.core.somaxconn net.core.rmem_max net.ipv4.tcp_sack; do
  check "a wrong scope of $key is noticed" grep -q "^$key " "$check_dir/noticed"
done

"$NETWRIGHT" audit --for 1s --json >"$check_dir/after.json"
check "nothing has changed on the host" \
  diff <(jq .tunables "$check_dir/host.json") <(jq .tunables "$check_dir/after.json")
finish
