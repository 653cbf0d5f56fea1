#!/usr/bin/env bash
# Profiles: every one applies in a namespace, verifies, and is put back without a difference; one after
# another leaves nothing of the first; what only the whole host has; broken ones change nothing; and a
# bulk transfer gains what it is meant to.
# shellcheck disable=SC2317 # functions are called through check
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"
# shellcheck source=sysctls.sh
. "$(dirname "$0")/sysctls.sh"

profiles=(base bulk-wan container-host database-cache desktop http-client low-latency mobile-clients
  reverse-proxy router-nat udp-quic-dns video-streaming web-server websocket-realtime)

# All that the namespace $ns has set: sysctls, routes, links, queueing disciplines.
dump() {
  sysctls 'net\.' ip netns exec "$ns"
  for family in -4 -6; do ip netns exec "$ns" ip -d "$family" route show table all; done
  ip netns exec "$ns" ip -d link
  ip netns exec "$ns" tc -d qdisc show
}

echo "# the list"
run 0 "profile list" profile list --json
check "has the fourteen" test "$(jq -r '.profiles[].name' "$tmp/out" | xargs)" = "${profiles[*]}"
run 0 "profile" profile
says "web-server"
run 2 "a profile that is none" profile show web-servr
complains "did you mean web-server?"
run 2 "an action that is none" profile lst
complains "did you mean list?"
run 2 "show without a name" profile show
complains "profile show NAME"
run 0 "nothing is in force" profile active
says "No profile is in force here."
check "no journal was made" test ! -e "$state"

echo "# each one: applied, verified, put back"
new_namespace each
ip -n "$ns" link set lo up
ip -n "$ns" link add e0 type veth peer name e1
ip -n "$ns" link set e0 addrgenmode none
ip -n "$ns" link set e1 addrgenmode none
ip -n "$ns" link set e1 up
ip -n "$ns" link set e0 up
ip -n "$ns" address add 192.0.2.1/24 dev e0
for profile in "${profiles[@]}"; do
  run 0 "show $profile" profile show "$profile" --netns "$ns" --json
  json '.name == "'"$profile"'" and (.settings | length > 5) and all(.settings[]; (.state == "left-out") == (.reason != null))'
  dump >"$tmp/before"
  run 0 "apply $profile --dry-run" apply "$profile" --netns "$ns" --dry-run
  dump >"$tmp/after"
  check "  writes nothing" same "$tmp/before" "$tmp/after"
  run 0 "apply $profile" apply "$profile" --netns "$ns"
  run 0 "  verify" profile verify "$profile" --netns "$ns"
  run 0 "  diff" profile diff "$profile" --netns "$ns"
  run 0 "  active" profile active --netns "$ns" --json
  json '.profile == "'"$profile"'"'
  run 0 "  applied again" apply "$profile" --netns "$ns" --json
  json '.transaction == null'
  run 0 "  rollback" rollback
  dump >"$tmp/after"
  check "  leaves no difference" same "$tmp/before" "$tmp/after"
done

echo "# one beside another"
run 1 "diff of two" profile diff base low-latency --netns "$ns"
says "net.ipv4.tcp_notsent_lowat  - | lower_to 16384"
run 1 "  the other way round" profile diff low-latency base --netns "$ns"
says "net.ipv4.tcp_notsent_lowat  lower_to 16384 | -"
run 1 "  as JSON" profile diff base low-latency --netns "$ns" --json
json '.schema == "netwright.profile-diff/1" and .profiles == ["base", "low-latency"] and
  any(.differences[]; .tunable == "net.ipv4.tcp_notsent_lowat" and .first == null and
    .second.mode == "lower_to" and .second.value == "16384" and .second.reason == null) and
  any(.differences[]; .second.value == null and .second.reason != null) and
  all(.differences[]; .tunable != "net.ipv4.tcp_sack")'
run 0 "  of one and itself" profile diff base base --netns "$ns"
says "base and base come to the same here."
run 0 "  as JSON" profile diff base base --netns "$ns" --json
json '.differences == []'

echo "# what is longer than most values"
long=$(seq -s, 10000 2 10400)
write_value net.ipv4.ip_local_reserved_ports "$long"
mkdir "$tmp/long"
printf 'profile = { name = "long"; summary = "s"; settings = (
{ tunable = "net.ipv4.ip_local_reserved_ports"; set = "10000"; why = "w"; source = "s"; } ); };\n' >"$tmp/long/long.conf"
run 0 "show" profile show long --profiles "$tmp/long" --netns "$ns" --json
json '.settings[0] | .state == "differs" and .present == "'"$long"'"'
write_value net.ipv4.ip_local_reserved_ports ""

echo "# drift is named"
run 0 "apply web-server" apply web-server --netns "$ns"
write_value net.ipv4.tcp_fin_timeout 45
run 1 "verify" profile verify web-server --netns "$ns"
says "net.ipv4.tcp_fin_timeout  45 -> 30"
says "1 difference"
run 1 "as JSON" profile verify web-server --netns "$ns" --json
json '.holds == false and [.drift[].tunable] == ["net.ipv4.tcp_fin_timeout"]'
write_value net.ipv4.tcp_fin_timeout 20
run 0 "less is as good" profile verify web-server --netns "$ns"
write_value net.ipv4.tcp_fin_timeout 30
run 0 "rollback" rollback

echo "# one after another: nothing of the first stays, and nothing is lost"
dump >"$tmp/before"
ports=$(value_of net.ipv4.ip_local_port_range)
run 0 "apply http-client" apply http-client --netns "$ns"
holds net.ipv4.ip_local_port_range "10000 65535"
dump >"$tmp/alone.http"
first=$("$NETWRIGHT" profile active --netns "$ns" --state-dir "$state" --json | jq .transaction)
run 0 "then low-latency" apply low-latency --netns "$ns"
says "back to what was before others"
holds net.ipv4.ip_local_port_range "$ports"
holds net.ipv4.tcp_notsent_lowat 16384
run 0 "which is in force" profile active --netns "$ns"
says "low-latency since"
dump >"$tmp/switched"
run 4 "the first cannot be rolled back below it" rollback "$first"
complains "roll that one back first"
run 4 "  and with --dry-run" rollback "$first" --dry-run
complains "roll that one back first"
dump >"$tmp/after"
check "  and nothing is changed" same "$tmp/switched" "$tmp/after"
write_value net.ipv4.tcp_keepalive_time 999
run 0 "then reverse-proxy, less strict about what waits" apply reverse-proxy --netns "$ns"
holds net.ipv4.tcp_notsent_lowat 131072
holds net.ipv4.tcp_keepalive_time 120
run 0 "rollback" rollback
holds net.ipv4.tcp_keepalive_time 999
write_value net.ipv4.tcp_keepalive_time 7200
dump >"$tmp/after"
check "  is low-latency again" same "$tmp/switched" "$tmp/after"
run 0 "low-latency is in force" profile active --netns "$ns"
says "low-latency since"
run 0 "back to the first" apply http-client --netns "$ns"
holds net.ipv4.tcp_fin_timeout 15
run 0 "rollback --all" rollback --all
dump >"$tmp/after"
check "  and nothing is left" same "$tmp/before" "$tmp/after"
run 0 "low-latency alone" apply low-latency --netns "$ns"
dump >"$tmp/after"
check "  is what it was after another one" same "$tmp/switched" "$tmp/after"
run 0 "rollback" rollback

echo "# two at the same moment: the later one follows the earlier one"
# low-latency has worked out what it wants when http-client comes first to the lock.
strace -qq -o /dev/null -e trace=flock -e inject=flock:delay_enter=2000000:when=1 \
  "$NETWRIGHT" apply low-latency --netns "$ns" --state-dir "$state" >"$tmp/second" 2>"$tmp/err" &
second=$!
sleep 1
run 0 "apply http-client, which is faster" apply http-client --netns "$ns"
check "  before the other had the lock" test ! -s "$tmp/second"
wait "$second"
check "apply low-latency: status 0" test $? -eq 0
check "  puts back what only the first one set" grep -q "back to what was before others" "$tmp/second"
dump >"$tmp/after"
check "  and nothing of it is left" same "$tmp/switched" "$tmp/after"
run 0 "rollback" rollback
dump >"$tmp/after"
check "  leads to the first" same "$tmp/alone.http" "$tmp/after"
run 0 "rollback" rollback
dump >"$tmp/after"
check "  and that to nothing" same "$tmp/before" "$tmp/after"

echo "# another namespace is not concerned"
other=$ns
run 0 "apply web-server" apply web-server --netns "$ns"
new_namespace other
run 0 "nothing is in force there" profile active --netns "$ns" --json
json '.profile == null'
run 0 "apply low-latency there" apply low-latency --netns "$ns"
ns=$other
run 0 "web-server is in force here" profile active --netns "$ns" --json
json '.profile == "web-server"'
run 0 "rollback --all" rollback --all

echo "# inputs, and a deadline"
run 0 "bulk-wan for a fat path" apply bulk-wan --netns "$ns" --input rate=10Gbit --input rtt=100ms --input flows=1 --confirm 1min
run 5 "another one meanwhile" apply base --netns "$ns"
run 0 "verify, before it is confirmed" profile verify bulk-wan --netns "$ns" --json
json '.inputs == ["rate=10Gbit", "rtt=100ms", "flows=1"]'
run 0 "confirm" confirm
run 0 "verify, with the inputs" profile verify bulk-wan --netns "$ns" --input rate=10Gbit --input flows=1
says "holds, with rate=10Gbit, flows=1."
run 0 "  and without: those it was applied with" profile verify bulk-wan --netns "$ns"
says "All that profile bulk-wan sets here holds, with rate=10Gbit, rtt=100ms, flows=1 of transaction"
run 0 "  as JSON" profile verify bulk-wan --netns "$ns" --json
json '.inputs == ["rate=10Gbit", "rtt=100ms", "flows=1"] and .inputs_of > 0'
run 1 "  others, given, are not those" profile verify bulk-wan --netns "$ns" --input rate=40Gbit --input rtt=200ms --json
json '.inputs == ["rate=40Gbit", "rtt=200ms"] and .inputs_of == null and (.drift | length > 0)'
run 0 "  another profile has none" profile verify base --netns "$ns" --json
json '.inputs == [] and .inputs_of == null'
rmem=$(value_of net.ipv4.tcp_rmem)
read -r least default most <<<"$rmem"
write_value net.ipv4.tcp_rmem "$least $default $((most / 2))"
run 1 "  a drift that the defaults would not show" profile verify bulk-wan --netns "$ns"
says "1 difference from profile bulk-wan, with rate=10Gbit, rtt=100ms, flows=1 of transaction"
run 1 "  diff likewise" profile diff bulk-wan --netns "$ns"
write_value net.ipv4.tcp_rmem "$rmem"
cp "$NETWRIGHT" "$tmp/netwright"
chmod 711 "$tmp"
setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/netwright" profile verify base --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
check "who may not read the journal: status 0 or 1" test $? -le 1
complains "base is held against the defaults of its inputs"
says "profile base"
run 0 "smaller again, as one transaction" apply bulk-wan --netns "$ns" --input rate=1Gbit --input rtt=10ms --input flows=1
dump >"$tmp/after"
run 0 "rollback --all" rollback --all
run 0 "the smaller one alone" apply bulk-wan --netns "$ns" --input rate=1Gbit --input rtt=10ms --input flows=1
run 0 "which it is verified with" profile verify bulk-wan --netns "$ns"
dump >"$tmp/alone"
check "  is the same" same "$tmp/after" "$tmp/alone"
run 0 "rollback --all" rollback --all
dump >"$tmp/after"
check "no difference is left" same "$tmp/before" "$tmp/after"

echo "# broken ones: file, line, what to do, status 2, and nothing is changed"
mkdir "$tmp/own"
profile() { # TEXT: a profile of one's own
  printf 'profile = { name = "own"; summary = "s";\n%s\n};\n' "$1" >"$tmp/own/own.conf"
}
setting() { # TUNABLE MODE-AND-VALUE
  profile "settings = ( { tunable = \"$1\";
$2; why = \"w\"; source = \"s\"; } );"
}
refused() { # WHAT MESSAGE
  run 2 "$1: check" profile check "$tmp/own/own.conf" --netns "$ns"
  complains "own.conf:$2"
  run 2 "$1: apply" apply own --profiles "$tmp/own" --netns "$ns"
  complains "own.conf:$2"
  check "  one line on stderr" test "$(wc -l <"$tmp/err")" -eq 1
}
profile 'include = "own";'
refused "a cycle" "2: include: leads back: own includes own"
profile 'include = "bse";'
refused "an include that is not there" "2: include: no profile is called"
setting net.core.somaxcon 'set = "1"'
refused "an unknown tunable" "2: tunable:"
setting net.netfilter.nf_hooks_lwtunnel 'set = "1"'
refused "one that is not catalogued" "2: tunable:"
setting net.ipv4.tcp_fin_timeout 'set = "64KiB"'
refused "a wrong unit" "3: set of net.ipv4.tcp_fin_timeout: is bytes"
setting net.core.somaxconn 'raise_to = "host.memory_total / 1B"'
refused "a value out of range here" "3: raise_to of net.core.somaxconn: comes to"
for name in 'socket:prot 443/nodelay' 'socket:dst 300.0.0.0/8/nodelay' route:10.0.0.0/99/initcwnd \
  route:banana/initcwnd link:a/b/mtu rlimit:cgroup=../x/nofile; do
  value=1
  [ "${name##*/}" != mtu ] || value=1500B
  [ "${name##*/}" != initcwnd ] || value=20seg
  setting "$name" "set = \"$value\""
  refused "$name" "2: tunable: $name: "
done
for name in 'socket:port 443/nodelay' route:default@table:777/initcwnd link:none0/qdisc; do
  value=1
  [ "${name##*/}" != initcwnd ] || value=20seg
  [ "${name##*/}" != qdisc ] || value="'fq'"
  setting "$name" "set = \"$value\""
  run 0 "$name, which is not here: check" profile check "$tmp/own/own.conf" --netns "$ns"
  says "left out"
  run 0 "  apply" apply own --profiles "$tmp/own" --netns "$ns"
done
for value in nonsense "'nonsense'" "'f q!'"; do
  setting link:e0/qdisc "set = \"$value\""
  refused "qdisc $value" "3: set of link:e0/qdisc: "
done
setting route:192.0.2.0/24/congctl "set = \"'b b!'\""
refused "congctl b b!" "3: set of route:192.0.2.0/24/congctl: "
profile 'settings = ( { tunable = "net.core.somaxconn"; set = "1"; why = "w"; source = "s"; },
{ tunable = "net.core.somaxconn"; set = "2"; why = "w"; source = "s"; } );'
refused "a setting twice" "3: settings 2: net.core.somaxconn is in line 2 already"
echo 'not a configuration' >"$tmp/own/own.conf"
refused "no configuration" "1: syntax error"
run 2 "a file that is not there" profile check "$tmp/own/none.conf"
run 2 "a directory that is not there" profile list --profiles "$tmp/none"
run 2 "an input that it does not have" apply bulk-wan --netns "$ns" --input rt=1s
complains "did you mean rtt"
run 2 "an input of another unit" apply bulk-wan --netns "$ns" --input rtt=1MiB
run 2 "a profile and a plan" apply bulk-wan --plan "$tmp/plan.json"
run 2 "neither" apply
dump >"$tmp/after"
check "nothing was changed" same "$tmp/before" "$tmp/after"

echo "# one's own"
setting net.core.somaxconn 'raise_to = "8192"'
run 0 "check" profile check "$tmp/own/own.conf" --netns "$ns"
says "4096 -> 8192"
run 0 "apply" apply own --profiles "$tmp/own" --netns "$ns"
holds net.core.somaxconn 8192
run 0 "rollback" rollback
profile 'inputs = { n = "1000"; }; settings = ( { tunable = "net.core.somaxconn"; set = "n"; why = "w"; source = "s"; } );'
run 0 "apply with an input" apply own --profiles "$tmp/own" --netns "$ns" --input n=777
run 0 "  verify" profile verify own --profiles "$tmp/own" --netns "$ns"
says "holds, with n=777 of transaction"
setting net.core.somaxconn 'set = "777"'
run 2 "  verify, which has lost it" profile verify own --profiles "$tmp/own" --netns "$ns"
complains "own has no inputs; transaction"
run 0 "rollback" rollback
profile 'include = "base";'
sed -i 's/"own"/"base"/' "$tmp/own/own.conf"
run 0 "takes the place of the built-in one" profile list --profiles "$tmp/own" --json
json 'any(.profiles[]; .name == "base" and (.file | endswith("own.conf")))'

echo "# the example of the manual"
sed -n '/^profile = {$/,/^};$/p' "$here/../../man/netwright-profile.5" >"$tmp/own/own.conf"
run 0 "check" profile check "$tmp/own/own.conf" --netns "$ns" --json
json '.name == "video-origin" and any(.settings[]; .tunable == "net.core.somaxconn" and .value == "8192")'

echo "# suggestions, from recordings: with reasons, and silence on a host that idles"
suggested() { # RECORDING JQ-CONDITION
  run 0 "suggest, $1" profile suggest --replay "$here/../data/$1.nwr" --json
  json "$2"
}
suggested receive-capped-sender-ipv4 '.profiles[0] | .profile == "bulk-wan" and (.reasons | length > 0)'
suggested listener-accepting-ipv4 '[.profiles[].profile] == ["web-server"]'
suggested udp-bursts-ipv4 '[.profiles[].profile] == ["udp-quic-dns"]'
suggested healthy-idle-ipv4 '.profiles == []'
suggested healthy-lan-sender-ipv4 'all(.profiles[]; .profile != "bulk-wan")'
run 0 "in words" profile suggest --replay "$here/../data/listener-accepting-ipv4.nwr"
says "next: netwright profile show web-server"
run 0 "in words" profile suggest --replay "$here/../data/healthy-idle-ipv4.nwr"
says "base fits every host"
profile 'suggest = ( { when = "path.flows > 1"; because = "b"; } );'
refused "a sign about one path" "2: when, column 1"

echo "# what only the whole host has"
profile_of_host() {
  printf 'profile = { name = "host"; summary = "s"; settings = (
{ tunable = "net.core.netdev_max_backlog"; raise_to = "%s"; why = "w"; source = "s"; } ); };\n' "$1" >"$tmp/own/own.conf"
}
key=/proc/sys/net/core/netdev_max_backlog
if [ -w "$key" ]; then
  old=$(<"$key")
  trap 'echo "$old" >"$key"; clean_up' EXIT
  profile_of_host $((old + 24))
  run 0 "apply" apply host --profiles "$tmp/own"
  check "  is set" test "$(<"$key")" -eq $((old + 24))
  run 0 "  verify" profile verify host --profiles "$tmp/own"
  run 0 "  rollback" rollback
  check "  is as it was" test "$(<"$key")" -eq "$old"
  profile_of_host $((old - 24))
  run 0 "what is more already" apply host --profiles "$tmp/own"
  says "holds already"
  check "  is kept" test "$(<"$key")" -eq "$old"
  trap clean_up EXIT
fi
run 0 "in a namespace" profile show host --profiles "$tmp/own" --netns "$ns" --json
json '.settings[0] | .state == "left-out" and (.reason | contains("initial network namespace"))'
finish
