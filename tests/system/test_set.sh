#!/usr/bin/env bash
# set, tune's plans and apply: what is written is what was announced, is read back, and is put back.
# Runs beside others.
set -u
# shellcheck source=change.sh
. "$(dirname "$0")/change.sh"

new_namespace set
rmem=$(value_of net.ipv4.tcp_rmem)
somaxconn=$(value_of net.core.somaxconn)
keepalive=$(value_of net.ipv4.tcp_keepalive_time)
read -r low middle _ <<<"$rmem"

# Lines "KEY VALUE" of the writes below /proc/sys that a command makes, in their order.
traced() { # OUTPUT ARGUMENT...
  local to=$1
  shift
  strace -f -s 400 -e trace=openat,write,pwrite64 -o "$tmp/trace" \
    "$NETWRIGHT" "$@" --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
  awk '
    /openat\(/ { if (match($0, /"\/proc\/sys\/[^"]*"/)) name = substr($0, RSTART + 11, RLENGTH - 12); else name = "" 
                 fd = $NF; if (name != "" && /O_WRONLY|O_RDWR/) path[$1 " " fd] = name; else delete path[$1 " " fd] }
    /write(64)?\(/ { n = $0; sub(/^[0-9]+ +p?write(64)?\(/, "", n); fd = n; sub(/,.*/, "", fd)
                     if (($1 " " fd) in path) { v = n; sub(/^[0-9]+, "/, "", v); sub(/"(, [0-9]+)+\).*/, "", v); sub(/\\n$/, "", v)
                       k = path[$1 " " fd]; gsub("/", ".", k); print k, v } }' "$tmp/trace" >"$to"
}

echo "# mistakes create nothing"
for bad in net.core.somaxconn net.core.somaxconn= net.core.somaxcon=1 net.core.somaxconn=-1 \
  net.core.somaxconn=0x10 net.core.somaxconn=010 "net.core.somaxconn=1 2" net.core.somaxconn=1x \
  "net.ipv4.tcp_rmem=4096 131072" "net.ipv4.tcp_rmem=6291456 131072 4096" \
  "net.ipv4.tcp_rmem[3]=1" "net.ipv4.tcp_rmem[2=1" net.ipv4.tcp_congestion_control= \
  ../../etc/passwd=1 =1; do
  run 2 "set '$bad'" set --netns "$ns" "$bad"
  check "  nothing on stdout" test ! -s "$tmp/out"
  check "  one line on stderr" test "$(wc -l <"$tmp/err")" -eq 1
done
run 7 "a congestion control that this kernel lacks" set --netns "$ns" net.ipv4.tcp_congestion_control=none-such
complains "none-such"
run 2 "set without anything" set
run 2 "one good and one bad" set --netns "$ns" net.core.somaxconn=8192 net.core.somaxcon=1
complains "did you mean"
run 2 "two values for the same" set --netns "$ns" net.core.somaxconn=8192 net.core.somaxconn=4000
(cd "$tmp" && "$NETWRIGHT" set --netns "$ns" net.core.somaxconn=8192 --state-dir x) >"$tmp/out" 2>"$tmp/err"
check "a relative journal: status 2" test $? -eq 2
check "  which is not made" test ! -e "$tmp/x"
run 2 "a namespace that is none" set --netns netwright-none net.core.somaxconn=8192
run 2 "a deadline out of range" set --netns "$ns" net.core.somaxconn=8192 --confirm 2h
check "no journal was made" test ! -e "$state"
holds net.core.somaxconn "$somaxconn"

echo "# a dry run"
wishes=(net.core.somaxconn=8192 "net.ipv4.tcp_rmem[2]=64MiB" net.ipv4.tcp_keepalive_time=600)
run 0 "set --dry-run" set --netns "$ns" "${wishes[@]}" --dry-run
says "net.core.somaxconn"
says "$somaxconn -> 8192"
says "$rmem -> $low $middle 67108864"
says "for new connections only"
says "Nothing was written"
check "no journal was made" test ! -e "$state"
run 0 "as JSON" set --netns "$ns" "${wishes[@]}" -n --json
json '.schema == "netwright.plan/1" and (.changes | length == 3)'
cp "$tmp/out" "$tmp/plan.json"
jq -r '.changes[] | .tunable + " " + .to' "$tmp/plan.json" >"$tmp/planned"
traced "$tmp/written" set --netns "$ns" "${wishes[@]}" --dry-run
check "writes nothing" test ! -s "$tmp/written"

echo "# set and rollback"
traced "$tmp/written" set --netns "$ns" "${wishes[@]}"
check "writes exactly what the dry run listed, in that order" diff "$tmp/planned" "$tmp/written"
id=$(last_id)
check "a transaction" test -n "$id"
says "written and read back"
says "undo: netwright rollback $id --state-dir $state"
silent
holds net.core.somaxconn 8192
holds net.ipv4.tcp_rmem "$low $middle 67108864"
holds net.ipv4.tcp_keepalive_time 600
run 0 "status" status
says "in force"
says "$somaxconn -> 8192"
run 0 "history" history
says "kept"
run 0 "show" show "$id"
says "$somaxconn -> 8192"
says "netwright set --netns $ns"
run 0 "show --json" show "$id" --json
json '.schema == "netwright.transaction/1" and .transaction.state == "kept"'
json '.transaction.changes | length == 3 and all(.[]; .outcome == "written" and .read_back == .to)'
run 2 "show of a transaction that is none" show 4711
run 2 "show of no number" show x

echo "# nothing to do"
traced "$tmp/written" set --netns "$ns" "${wishes[@]}"
check "a satisfied plan writes nothing" test ! -s "$tmp/written"
says "3 settings hold already"
run 0 "history" history --json
json '.schema == "netwright.history/1" and (.transactions | length == 1)'
run 0 "JSON of it" set --netns "$ns" "${wishes[@]}" --json
json '.transaction == null and .satisfied == 3'

run 0 "rollback --dry-run" rollback --dry-run --json
jq -r '.changes[] | .tunable + " " + .to' "$tmp/out" >"$tmp/planned.back"
traced "$tmp/written" rollback
check "rollback writes exactly what its dry run listed, in that order" diff "$tmp/planned.back" "$tmp/written"
check "rollback writes in reverse order" diff <(tac "$tmp/written" | cut -d' ' -f1) <(cut -d' ' -f1 "$tmp/planned")
holds net.core.somaxconn "$somaxconn"
holds net.ipv4.tcp_rmem "$rmem"
holds net.ipv4.tcp_keepalive_time "$keepalive"
check "the transaction is rolled back" test "$(state_of "$id")" = rolled-back
run 3 "rollback once more" rollback
complains "nothing to put back"
run 0 "of this very one: it is so already" rollback "$id"
says "rolled-back"
run 0 "of all" rollback --all
run 0 "status" status
says "Nothing that netwright changed is in force"

echo "# a plan from a file"
run 0 "apply --dry-run" apply --plan "$tmp/plan.json" --dry-run --json
check "  is the same plan" diff <(jq .changes "$tmp/plan.json") <(jq .changes "$tmp/out")
run 0 "apply" apply --plan "$tmp/plan.json"
holds net.ipv4.tcp_keepalive_time 600
run 0 "apply again" apply --plan "$tmp/plan.json"
says "3 settings hold already"
run 0 "rollback" rollback
sleep 60 &
process=$!
run 0 "a plan for a process as well" set --netns "$ns" net.core.somaxconn=8192 "rlimit:$process/nofile=512" -n --json
cp "$tmp/out" "$tmp/process.json"
kill "$process" && wait "$process" 2>/dev/null
run 0 "apply, when it has ended" apply --plan "$tmp/process.json"
complains "not changed: rlimit:$process/nofile"
says "1 change,"
holds net.core.somaxconn 8192
run 0 "rollback" rollback
jq '.changes |= map(select(.kind == "rlimit"))' "$tmp/process.json" >"$tmp/alone.json"
run 3 "apply, when there was nothing else" apply --plan "$tmp/alone.json"
complains "nothing that it changes is there any more"
write_value net.ipv4.tcp_keepalive_time 7000
run 4 "apply to what has changed since" apply --plan "$tmp/plan.json"
complains "the plan was made when it held $keepalive"
holds net.core.somaxconn "$somaxconn"
write_value net.ipv4.tcp_keepalive_time "$keepalive"
for edit in '.schema = "netwright.audit/1"' '.host = "elsewhere"' 'del(.changes)' '.changes = {}' \
  '.changes[0].to = "-1"' '.changes[0].tunable = "../../etc/passwd"' '.changes[0].tunable = 7' \
  'del(.changes[0].from)' '.changes[0].to = null' '.netns_cookie = "x"'; do
  jq "$edit" "$tmp/plan.json" >"$tmp/edited.json"
  run 2 "a plan with $edit" apply --plan "$tmp/edited.json"
done
jq '.changes[0].identity = "netns 1"' "$tmp/plan.json" >"$tmp/edited.json"
run 4 "a plan for another target" apply --plan "$tmp/edited.json"
head -c 100 "$tmp/plan.json" >"$tmp/edited.json"
run 2 "half a plan" apply --plan "$tmp/edited.json"
run 3 "no plan" apply --plan "$tmp/none.json"
run 2 "apply without a plan" apply
holds net.core.somaxconn "$somaxconn"
ip netns delete "$ns" && ip netns add "$ns"
run 3 "a plan of a namespace whose name another one has now" apply --plan "$tmp/plan.json"
holds net.core.somaxconn "$somaxconn"
somaxconn=$(value_of net.core.somaxconn)

echo "# tune, with rules that always have something to change"
mkdir "$tmp/rules"
cat >"$tmp/rules/site.conf" <<'RULE'
rules = ( {
  id = "SITE-01"; slug = "always"; scope = "host"; class = "test"; title = "Always.";
  when = "host.cpus >= 1"; severity_ceiling = "medium"; evidence = [ "host.cpus" ];
  set = ( { tunable = "net.ipv4.tcp_rmem[2]"; to = "2 * current"; },
          { tunable = "net.core.somaxconn"; to = "8192"; } );
  why = "A test."; risk = "None."; source = "this test";
}, {
  id = "SITE-02"; slug = "as-well"; scope = "host"; class = "test"; title = "As well.";
  when = "host.cpus >= 1"; severity_ceiling = "low"; evidence = [ "host.cpus" ];
  set = ( { tunable = "net.core.somaxconn"; to = "9999"; }, { tunable = "net.ipv4.tcp_retries2"; to = "9"; } );
  why = "A test."; risk = "None."; source = "this test";
}, {
  id = "SITE-03"; slug = "merely-so"; scope = "host"; class = "test"; title = "Merely so.";
  when = "host.cpus >= 1"; severity_ceiling = "info"; evidence = [ "host.cpus" ];
  set = ( { tunable = "net.ipv4.tcp_keepalive_time"; to = "60s"; } );
  why = "A test."; risk = "None."; source = "this test";
}, {
  id = "SITE-05"; slug = "elsewhere"; scope = "host"; class = "test"; title = "Elsewhere.";
  when = "host.cpus >= 1"; severity_ceiling = "info"; evidence = [ "host.cpus" ];
  set = ( { tunable = "link:lo/txqueuelen"; to = "4321"; } );
  why = "A test."; risk = "None."; source = "this test";
}, {
  id = "SITE-04"; slug = "not-ours"; scope = "host"; class = "test"; title = "Not ours.";
  when = "host.cpus >= 1"; severity_ceiling = "low"; evidence = [ "host.cpus" ]; advice = "Ask somebody.";
  why = "A test."; risk = "None."; source = "this test";
}, {
  id = "SITE-06"; slug = "nobodys"; scope = "host"; class = "test"; title = "Nobody's.";
  when = "host.cpus >= 1"; severity_ceiling = "low"; evidence = [ "host.cpus" ];
  why = "A test."; risk = "None."; source = "this test";
} );
RULE
tune=(tune --netns "$ns" --for 1s --rules "$tmp/rules")
rmem=$(value_of net.ipv4.tcp_rmem)
read -r low middle high <<<"$rmem"
retries=$(value_of net.ipv4.tcp_retries2)
run 2 "tune of a rule that is none" "${tune[@]}" --only SITE-99
run 2 "tune exporting with a deadline" "${tune[@]}" --export commands --confirm 5s
run 2 "tune exporting with windows of trials" "${tune[@]}" --export commands --window 1s
run 2 "tune --confirm with pairs of windows" "${tune[@]}" --confirm 5s --pairs 6
run 2 "tune with too few pairs" "${tune[@]}" --pairs 5
run 2 "tune exporting what is no form" "${tune[@]}" --export toml
run 0 "tune --dry-run" "${tune[@]}" -n
check "  the findings" grep -qE '^MEDIUM +SITE-01' "$tmp/out"
check "  also what no setting helps" grep -qE '^LOW +SITE-04' "$tmp/out"
check "  by its advice, where it has some" grep -qE '^ +do +nothing by itself: see the advice' "$tmp/out"
check "  and as such, where it has none" [ "$(grep -cF 'nothing that this host can set helps' "$tmp/out")" -eq 1 ]
says "$rmem -> $low $middle $((2 * high))"
says "Nothing was written"
run 0 "as JSON" "${tune[@]}" -n --json --only=SITE-0{1,2}
cp "$tmp/out" "$tmp/tuned.json"
json '[.changes[] | .tunable + "=" + .to] | index("net.core.somaxconn=8192") and index("net.ipv4.tcp_retries2=9")'
json 'all(.changes[]; .tunable != "net.ipv4.tcp_keepalive_time")'
json '[.changes[] | select(.tunable == "net.core.somaxconn") | .why] == ["SITE-01 always"]'
run 0 "one rule alone" "${tune[@]}" -n --json --only as-well
json '[.changes[].to] == ["9"]' # somaxconn is SITE-01's, which is more severe
run 0 "tune --export commands" "${tune[@]}" --export commands --only=SITE-0{1,2}
check "  one command for each" test "$(grep -c "^ip netns exec $ns sysctl -w " "$tmp/out")" = 3
check "  which work" sh -c ". $tmp/out >/dev/null"
holds net.ipv4.tcp_rmem "$low $middle $((2 * high))"
holds net.core.somaxconn 8192
write_value net.ipv4.tcp_rmem "$rmem"
write_value net.core.somaxconn "$somaxconn"
write_value net.ipv4.tcp_retries2 "$retries"
run 0 "tune --export commands, of a link" "${tune[@]}" --export commands --only SITE-05
says "netwright set --netns $ns link:lo/txqueuelen=4321"
printf '#!/bin/sh\nexec "%s" "$@" --state-dir "%s"\n' "$NETWRIGHT" "$state" >"$tmp/netwright"
chmod +x "$tmp/netwright"
check "  which works" env PATH="$tmp:$PATH" sh -c ". $tmp/out >/dev/null"
check "  and sets it" sh -c "ip -n $ns link show lo | grep -qw 'qlen 4321'"
run 0 "  it holds then, and needs none" "${tune[@]}" --export commands --only SITE-05
check "  no command" sh -c "! grep -q 'netwright set' $tmp/out"
run 0 "  rollback" rollback
run 7 "tune --export sysctl.d, which would set another namespace" "${tune[@]}" --export sysctl.d --only=SITE-0{1,2}
complains "the files that set it at boot set the initial network namespace, and this is another; use --export commands"
check "  prints no file" test ! -s "$tmp/out"
if [ -e /proc/sys/net/core/netdev_max_backlog ]; then
  run 0 "tune --export sysctl.d" tune --for 1s --rules "$tmp/rules" --export sysctl.d --only=SITE-0{1,2}
  read -r host_low host_middle host_high < <(sysctl -n net.ipv4.tcp_rmem)
  says "# SITE-01 always; was $host_low $host_middle $host_high"
  ip netns exec "$ns" sysctl -q -p "$tmp/out" >/dev/null
  holds net.ipv4.tcp_rmem "$host_low $host_middle $((2 * host_high))"
fi
write_value net.ipv4.tcp_rmem "$rmem"
write_value net.core.somaxconn "$somaxconn"
write_value net.ipv4.tcp_retries2 "$retries"
timeout --foreground --preserve-status -s INT 2 "$NETWRIGHT" tune --netns "$ns" --rules "$tmp/rules" --for 30s \
  --state-dir "$state" >"$tmp/out" 2>"$tmp/err"
check "an interrupted observation: status 3" test $? -eq 3
complains "nothing was changed"
holds net.core.somaxconn "$somaxconn"
run 0 "tune" "${tune[@]}" --no-trial --only=SITE-0{1,2}
holds net.core.somaxconn 8192
holds net.ipv4.tcp_rmem "$low $middle $((2 * high))"
run 0 "rollback" rollback
run 0 "apply its plan" apply --plan "$tmp/tuned.json" -q
holds net.ipv4.tcp_retries2 9
run 0 "rollback" rollback
holds net.core.somaxconn "$somaxconn"
holds net.ipv4.tcp_rmem "$rmem"
holds net.ipv4.tcp_retries2 "$retries"
holds net.ipv4.tcp_keepalive_time "$keepalive"

echo "# what the catalogue does not know"
key=net.ipv4.icmp_ignore_bogus_error_responses
now=$(value_of $key)
run 2 "without the option" set --netns "$ns" $key=0
run 2 "by the name of its kind" set --netns "$ns" uncatalogued:$key=0
complains "--uncatalogued"
run 2 "with a deadline" set --netns "$ns" --uncatalogued $key=0 --confirm 10s
run 2 "one that is known" set --netns "$ns" --uncatalogued net.core.somaxconn=8192
run 2 "the switch that no namespace can take back" set --netns "$ns" --uncatalogued net.netfilter.nf_hooks_lwtunnel=1
run 2 "no key at all" set --netns "$ns" --uncatalogued ../../etc/passwd=1
run 0 "set --uncatalogued" set --netns "$ns" --uncatalogued $key=0
holds $key 0
run 0 "rollback" rollback
holds $key "$now"
run 0 "a plan for it" set --netns "$ns" --uncatalogued $key=0 -n --json
cp "$tmp/out" "$tmp/edited.json"
run 2 "is not taken from a file" apply --plan "$tmp/edited.json"

echo "# output that cannot be written"
"$NETWRIGHT" set --netns "$ns" net.core.somaxconn=8192 --state-dir "$state" >/dev/full 2>"$tmp/err"
check "a full disk for the report: status 4" test $? -eq 4
holds net.core.somaxconn 8192
run 0 "and the change is known" rollback
holds net.core.somaxconn "$somaxconn"
run 0 "quietly" set --netns "$ns" net.core.somaxconn=8192 -q
check "  nothing on stdout" test ! -s "$tmp/out"
silent
finish
