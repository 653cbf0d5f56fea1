#!/usr/bin/env bash
# audit --compare: what appeared, got worse or better, stayed and went, judged on recordings; and files
# that are no earlier audit.
# Runs beside others.
# shellcheck disable=SC2317 # functions are called through check
set -u
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
dir=$check_dir
netwright=build/netwright
audit() { # RECORDING [OPTION...]
  local recording=$1
  shift
  "$netwright" audit --replay "tests/data/$recording.nwr" "$@"
}
# The rows of the comparison, but for lints of the settings, as "change id entity before now".
rows() { jq -r '.comparison.findings[] | select(.id | startswith("L-") | not) | [.change, .id, .entity, .before // "-", .now // "-"] | join(" ")' "$dir/new.json"; }
compares_as() { # EXPECTED-ROWS RECORDING OLD.json
  audit "$2" --json --compare "$3" >"$dir/new.json" || return 1
  [ "$(rows)" = "$1" ] && return 0
  echo "got: $(rows)" >&2
  return 1
}
refuses() { # REGEX FILE
  local status
  audit healthy-idle-ipv4 --compare "$2" >/dev/null 2>"$dir/message"
  status=$?
  [ "$status" -eq "${3:-2}" ] && grep -qE "$1" "$dir/message" && return 0
  echo "status $status: $(cat "$dir/message")" >&2
  return 1
}

audit listener-own-backlog-ipv4 --json >"$dir/old.json" || exit 1
jq '.findings[].severity = "low"' "$dir/old.json" >"$dir/milder.json"
jq '.findings[].severity = "critical"' "$dir/old.json" >"$dir/graver.json"
now=$(jq -r '.findings[] | select(.id == "LST-01") | .severity' "$dir/old.json")

check "the same audit is the same" compares_as "same LST-01 0.0.0.0:8080 $now $now" listener-own-backlog-ipv4 "$dir/old.json"
check "more severe is worse" compares_as "worse LST-01 0.0.0.0:8080 low $now" listener-own-backlog-ipv4 "$dir/milder.json"
check "less severe is better" compares_as "better LST-01 0.0.0.0:8080 critical $now" listener-own-backlog-ipv4 "$dir/graver.json"
check "gone on an idle host" compares_as "gone LST-01 0.0.0.0:8080 $now -" healthy-idle-ipv4 "$dir/old.json"
check "another entity is another finding" compares_as "appeared LST-01 0.0.0.0:8081 - $now
gone LST-01 0.0.0.0:8080 $now -" listener-somaxconn-ipv4 "$dir/old.json"
check "text says it too" sh -c "$netwright audit --replay tests/data/healthy-idle-ipv4.nwr --compare $dir/old.json | grep -E 'gone +LST-01 +$now +0.0.0.0:8080'"
check "without --compare there is no comparison" jq -e 'has("comparison") | not' "$dir/old.json"

check "the same host and namespace" sh -c "$netwright audit --replay tests/data/listener-own-backlog-ipv4.nwr --compare $dir/old.json >$dir/out && ! grep -q 'another' $dir/out"
jq '.host.name = "web-9"' "$dir/old.json" >"$dir/elsewhere.json"
jq '.host.netns = "blue"' "$dir/old.json" >"$dir/blue.json"
jq 'del(.host)' "$dir/old.json" >"$dir/nowhere.json"
check "another host is named" sh -c "$netwright audit --replay tests/data/listener-own-backlog-ipv4.nwr --compare $dir/elsewhere.json | grep -q 'That audit is of another host: web-9, and this one of '"
check "another namespace is named" sh -c "$netwright audit --replay tests/data/listener-own-backlog-ipv4.nwr --compare $dir/blue.json | grep -q 'That audit is of another network namespace: blue, and'"
place() { # HOST NETNS OLD.json
  audit listener-own-backlog-ipv4 --json --compare "$3" | jq -e ".comparison | .other_host == $1 and .other_netns == $2"
}
check "JSON: the same" place false false "$dir/old.json"
check "JSON: another host" place true false "$dir/elsewhere.json"
check "JSON: another namespace" place false true "$dir/blue.json"
check "JSON: the file does not say" place false false "$dir/nowhere.json"

printf 'hello' >"$dir/text"
printf '{"schema": "netwright.flows/1", "findings": []}' >"$dir/flows.json"
printf '{"schema": "netwright.audit/1", "findings": [{"id": "A"}]}' >"$dir/cut.json"
head -c 2000 "$dir/old.json" >"$dir/half.json"
: >"$dir/empty"
for file in text flows.json cut.json half.json empty; do
  check "refuses $file" refuses "$file: " "$dir/$file"
done
check "refuses a missing file" refuses "nosuch.json" "$dir/nosuch.json" 3
finish
