#!/usr/bin/env bash
# audit --netns all on a host of 20 namespaces and 300 processes, with one finding in one of them: every
# namespace once, all over the same window, each with its own sockets and owners; what may not be entered
# and what goes away is said and keeps no other from being audited.
# shellcheck disable=SC2317 # functions are called through check
set -u
# shellcheck source=../lab/crowd.sh
. "$(dirname "$0")/../lab/crowd.sh"
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
dir=$check_dir
netwright=build/netwright
[ -x build/netwright-san ] && netwright=build/netwright-san
traffic=build/tests/traffic
crowd_make 20 300 "$traffic" || exit 1
ip netns exec crowd-07 "$traffic" listen --port 8080 --backlog 5 --connect 6 --max-time 120 >/dev/null &
listener=$!
unshare --net sleep 120 &
unnamed=$!
unshare --net sh -c 'sleep 4' &
ip netns add leaving
touch /run/netns/left-over
sleep 1

all() { "$netwright" audit --netns all "$@" 2>"$dir/err"; }
status_is() { # STATUS COMMAND...
  local wanted=$1 status
  shift
  "$@" >"$dir/out"
  status=$?
  [ "$status" -eq "$wanted" ] && return 0
  echo "status $status: $(cat "$dir/err")" >&2
  return 1
}
says() { grep -qE "$1" "$dir/err" "$dir/out"; }
json() { # EXPRESSION
  jq -e "$1" "$dir/all.json" >/dev/null && return 0
  jq -c '[.namespaces[] | [.name, .state, .audit.window.samples, ([.audit.findings[]?.id])]]' "$dir/all.json" >&2
  return 1
}

# --- one survey, during which a namespace and a process go ----------------------------------------
(sleep 4.5; ip netns delete leaving) &
check "runs" status_is 0 all --for 6s --json
cp "$dir/out" "$dir/all.json"
check "is one document" json '.schema == "netwright.audits/1" and .unseen_processes == 0'
check "has our own namespace first, once" json '.namespaces | .[0].name == "self" and ([.[] | select(.name == "self")] | length == 1)'
check "has every name once, in order" json '[.namespaces[].name | select(startswith("crowd"))] == [range(1; 21) | tostring | "crowd-" + ("0" * (2 - length)) + .]'
check "has the one without a name, by its process" json "any(.namespaces[]; .name == \"pid $unnamed (sleep)\" and .state == \"audited\")"
check "has nothing else" json '.namespaces | length == 1 + 20 + 2 + 1 + 1'
check "holds whole audits" json 'all(.namespaces[] | select(.state != "unreadable"); .audit.schema == "netwright.audit/1" and (.audit.metrics | length > 100))'
check "of the namespaces they are said to be of" json 'all(.namespaces[] | select(.name | startswith("crowd")); .audit.host.netns == .name)'
check "over one window" json '[.namespaces[] | select(.audit) | .audit.window] | (map(.samples) | unique == [7]) and all(.seconds > 5.5 and .seconds < 6.5)'
check "each with its own connections" json 'all(.namespaces[] | select(.name | startswith("crowd")); .audit.flow_total == 2)'
check "and none where there is none" json 'all(.namespaces[] | select(.name | test("^(pid|leaving)")); .audit.flow_total == 0)'
check "each with its own processes" json '[.namespaces[] | select(.name | startswith("crowd")) | .audit.entities.flow[].process] | (map(test("^traffic \\([0-9]+\\)$")) | all) and (unique | length == 40)'
check "the finding where it is" json 'any(.namespaces[] | select(.name == "crowd-07") | .audit.findings[]; .id == "LST-01" or .id == "LST-02")'
check "and nowhere else" json 'all(.namespaces[] | select(.name != "crowd-07") | .audit.findings[]?; .id != "LST-01" and .id != "LST-02")'
check "a namespace that was deleted is gone" json 'any(.namespaces[]; .name == "leaving" and .state == "gone" and (.audit.window.samples == 7) and any(.audit.blind_spots[]; .what == "the namespace"))'
check "so is one whose process ended" json '[.namespaces[] | select((.name | test("^pid")) and .state == "gone")] | length == 1'
check "a left-over file is unreadable, with the reason" json 'any(.namespaces[]; .name == "left-over" and .state == "unreadable" and .audit == null and (.reason | test("left-over")))'
check "all others were audited" json '[.namespaces[] | select(.state == "audited")] | length == 22'
check "host facts are those of one host" json '[.namespaces[] | select(.audit) | .audit.host | [.name, .kernel, .cpus, .memory_bytes]] | unique | length == 1'
check "host counters are read once for all" json '[.namespaces[] | select(.audit) | .audit.metrics["host.memory_available_bytes"]] | length > 20 and (unique | length == 1 and .[0] > 0)'

# --- the other options --------------------------------------------------------------------------
# The pairs listen on ports that the kernel chose, which is a finding (PORT-04) unless they are reserved.
ip netns exec crowd-08 sysctl -q -w net.ipv4.ip_local_reserved_ports=32768-60999
severity=$(jq -r '[.namespaces[] | select(.name == "crowd-07") | .audit.findings[] | select(.id | startswith("LST-")) | .severity][0]' "$dir/all.json")
check "--fail-on sees a finding in any of them" status_is 1 all --for 2s -q --fail-on "$severity"
check "--quiet prints its section and no summary" sh -c "grep -q '== network namespace crowd-07 ==' $dir/out && ! grep -qE '== network namespace crowd-08 ==|== all ' $dir/out"
check "--fail-on is content where there is none" status_is 0 all --for 1s -q --fail-on critical
check "--filter holds in all of them" status_is 0 all --for 2s --json --filter 'sport 7000'
cp "$dir/out" "$dir/filtered.json"
check "and leaves one flow each" jq -e 'all(.namespaces[] | select(.name | startswith("crowd")); .audit.flow_total == 1)' "$dir/filtered.json"
kill "$listener"
check "text" status_is 0 all --for 2s --compare "$dir/all.json"
check "ends with a summary" says '^2[0-9] network namespaces: 2[0-9] audited, 1 unreadable; .*Nothing was changed'
check "that has a row for each" test "$(grep -cE '^  crowd-[0-9]+ +audited +2 +1 ' "$dir/out")" -eq 20
check "the comparison is per namespace" sh -c "sed -n '/== network namespace crowd-07/,/== network namespace crowd-08/p' $dir/out | grep -qE 'gone +LST-'"
check "and nobody else's" sh -c "sed '/== network namespace crowd-07/,/== network namespace crowd-08/d' $dir/out | { ! grep -qE 'gone +LST-'; }"
check "a namespace that went is named" says 'not there any more: .*leaving'
check "one namespace compares with its part" status_is 0 "$netwright" audit --netns crowd-07 --for 1s --compare "$dir/all.json"
check "and says so" says 'gone +LST-'
check "not with a part that is missing" status_is 2 "$netwright" audit --netns crowd-07 --for 1s --compare <(jq '.namespaces |= map(select(.name != "crowd-07"))' "$dir/all.json")
check "all compare with the audit of one" status_is 0 all --for 1s --json --compare <(jq '.namespaces[] | select(.name == "crowd-07") | .audit' "$dir/all.json")
check "where it is that one's" jq -e '[.namespaces[] | select(any(.audit.comparison.findings[]?; .change == "gone" and (.id | startswith("LST-")))) | .name] == ["crowd-07"]' "$dir/out"
check "a damaged file is refused" status_is 2 all --for 1s --compare <(jq 'del(.namespaces[3].name)' "$dir/all.json")
check "--record is refused" status_is 2 all --for 1s --record "$dir/no.nwr"
check "with a reason, and no file" sh -c "grep -q -- '--record' $dir/err && [ ! -e $dir/no.nwr ]"
check "--replay is refused" status_is 2 all --replay tests/data/healthy-idle-ipv4.nwr
check "flows looks at one" sh -c "$netwright flows --netns all 2>&1 | grep -q 'only netwright audit'"

# --- few descriptors: those that can be watched are, in full ----------------------------------------
few() { prlimit --nofile=120:120 "$netwright" audit --netns all --for 1s --json 2>"$dir/err"; }
check "with few open files allowed it runs" status_is 0 few
cp "$dir/out" "$dir/all.json"
check "audits as many as it can" json '[.namespaces[] | select(.state == "audited")] | length >= 5 and length < 20'
check "and those completely" json 'all(.namespaces[] | select(.audit); .audit.blind_spots == [] and .audit.window.samples == 2)'
check "and says why not the others" json '[.namespaces[] | select(.state == "unreadable" and (.reason | test("ulimit")))] | length > 3'

# --- Ctrl-C, and no privilege -------------------------------------------------------------------
env --default-signal=INT "$netwright" audit --netns all --for 60s --json >"$dir/all.json" 2>"$dir/err" &
pid=$!
sleep 3
kill -INT "$pid"
check "Ctrl-C ends all of them early" wait "$pid"
check "and they say so" json 'all(.namespaces[] | select(.audit); .audit.window.interrupted and .audit.window.seconds < 30)'

chmod 755 "$dir" && cp build/netwright "$dir/plain"
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/plain" audit --netns all --for 1s "$@" 2>"$dir/err"; }
check "without privilege it runs" status_is 0 nobody --json
cp "$dir/out" "$dir/all.json"
check "and audits its own namespace" json '.namespaces[0] | .name == "self" and .state == "audited" and .audit.window.samples == 2'
check "the others are unreadable, with the reason" json '[.namespaces[] | select(.name | startswith("crowd"))] | length == 20 and all(.state == "unreadable" and (.reason | test("root")))'
check "processes that it may not ask about are counted" json '.unseen_processes > 300'
finish
