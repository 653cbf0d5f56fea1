#!/usr/bin/env bash
# Lints of the values in force as findings of an audit: text, JSON, --fail-on, ignore, --compare, replay.
# The control is the same host with the kernel's own values.
FAMILY=4
# shellcheck source=audit.sh
. "$(dirname "$0")/audit.sh"
use_sanitizers
lab_veth_up lints
ns=$(lab_ns A)
dir=$LAB_TMP/files
mkdir "$dir"

# status STATUS DESCRIPTION AUDIT-OPTION...: output in $dir/out.
status() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" audit "$@" >"$dir/out" 2>"$dir/err" </dev/null
  status_is "$what" "$wanted" $? "$dir/err"
}
says() { if grep -qE -- "$1" "$dir/out"; then ok "  says $1"; else not_ok "  does not say $1: $(head -c 900 "$dir/out")"; fi; }
json() { if jq -e "$1" "$dir/out" >/dev/null; then ok "  JSON: $1"; else not_ok "  JSON: $1: $(jq -c '.findings[] | {id, entity}' "$dir/out")"; fi; }

# The lab itself sets tcp_no_metrics_save, L-19.
status 0 "a default host" --netns "$ns" --for 1s --json --fail-on low
json 'all(.findings[]; .severity == "info")'
cp "$dir/out" "$dir/old.json"

lab_bg A "$LAB_BIN/traffic" sink --port 8080 --max-time 120
lab_wait_port A 8080
lab_sysctl A net.ipv4.tcp_retries2 3
lab_sysctl A net.ipv4.tcp_frto 0
lab_sysctl A net.ipv4.tcp_early_retrans 0
lab_sysctl A net.ipv4.tcp_abort_on_overflow 1
lab_sysctl A net.core.somaxconn 65535
lab_sysctl A net.ipv4.ip_local_port_range "1024 65535"
status 1 "a host with mistakes" --netns "$ns" --for 1s --json --fail-on low --record "$dir/r.nwr"
json 'any(.findings[]; .id == "L-17" and .severity == "low" and .scope == "setting" and .entity == "net.ipv4.tcp_retries2" and .evidence[0].value == 3 and (.advice | contains("at least 8")) and .source != null)'
json '[.findings[] | select(.id == "L-36") | .entity] == ["net.ipv4.tcp_frto", "net.ipv4.tcp_early_retrans"]'
json 'any(.findings[]; .id == "L-14" and .severity == "info")'
json 'any(.findings[]; .id == "L-21" and .slug == "port-range-meets-listeners")'
json 'any(.findings[]; .id == "LST-06") and all(.findings[]; .id != "L-28")' # a rule has said it
jq -S '[.findings[] | {id, entity, severity, title}]' "$dir/out" >"$dir/live"
status 0 "not at medium" --netns "$ns" --for 1s --fail-on high
says '^LOW +L-17 +few-retries2 +setting net.ipv4.tcp_retries2$'
says 'net.ipv4.tcp_retries2 = 3: connections die'
status 0 "the recording" --replay "$dir/r.nwr" --json
if jq -S '[.findings[] | {id, entity, severity, title}]' "$dir/out" | cmp -s - "$dir/live"; then
  ok "  says the same"
else
  not_ok "  says something else: $(jq -c '[.findings[] | {id, entity}]' "$dir/out")"
fi

status 0 "compared with before" --netns "$ns" --for 1s --json --compare "$dir/old.json"
json 'any(.comparison.findings[]; .change == "appeared" and .id == "L-17" and .entity == "net.ipv4.tcp_retries2")'
json '[.comparison.findings[] | select(.id == "L-36" and .change == "appeared")] | length == 2'
json 'any(.comparison.findings[]; .change == "same" and .id == "L-19")'

echo 'ignore = ( { id = "L-17"; why = "a satellite"; }, { id = "L-36"; entity = "*_frto"; why = "wired"; } );' >"$dir/conf"
status 0 "with some ignored" --netns "$ns" --for 1s --json --config "$dir/conf"
json 'all(.findings[]; .id != "L-17") and ([.findings[] | select(.id == "L-36")] | length == 1)'
json '[.ignored[] | {id, entity, why}] == [{id: "L-17", entity: "net.ipv4.tcp_retries2", why: "a satellite"}, {id: "L-36", entity: "net.ipv4.tcp_frto", why: "wired"}]'

lab_sysctl A net.ipv4.ip_local_reserved_ports 8080
status 0 "with the port reserved" --netns "$ns" --for 1s --json
json 'all(.findings[]; .id != "L-21")'
status 0 "with only some sockets looked at" --netns "$ns" --for 1s --json --filter 'port 9'
json 'all(.findings[]; .id != "L-14" and .id != "L-21") and any(.unjudged[]; .id == "L-14") and any(.unjudged[]; .id == "L-21")'
finish
