#!/usr/bin/env bash
# The command line: arguments, exit statuses, streams, help and manual, JSON, recordings, Ctrl-C, and
# that nothing is written. Needs no particular traffic.
# Runs beside others.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
# shellcheck source=sysctls.sh
. "$here/sysctls.sh"
# shellcheck source=counts.sh
. "$here/counts.sh"
NETWRIGHT=${NETWRIGHT:-$root/build/netwright}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# run STATUS DESCRIPTION ARGUMENT...: the program's exit status; output in $tmp/out and $tmp/err.
run() {
  local wanted=$1 what=$2
  shift 2
  "$NETWRIGHT" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
  status_is "$what" "$wanted" $? "$tmp/err"
}

says() { check "  says \"$1\"" grep -qF -- "$1" "$tmp/out"; }
complains() { check "  complains \"$1\"" grep -qF -- "$1" "$tmp/err"; }
json() { check "  JSON: $1" json_holds "$1"; }
# shellcheck disable=SC2317 # check invokes it
json_holds() { jq -e -s "$1" "$tmp/out" >/dev/null; }

# refused DESCRIPTION MESSAGE ARGUMENT...: status 2, nothing on stdout, one line on stderr.
refused() {
  local what=$1 message=$2
  shift 2
  run 2 "$what" "$@"
  check "  nothing on stdout" test ! -s "$tmp/out"
  check "  one line on stderr" test "$(wc -l <"$tmp/err")" -eq 1
  check "  with the program's name" grep -q '^netwright: ' "$tmp/err"
  complains "$message"
}

verbs=(apply audit confirm daemon explain flows help history lint metrics profile restore rollback rules set show snapshot status trial tune)

echo "# help and version"
run 0 "--version" --version
check "  name and number" grep -qE '^netwright [0-9]+\.[0-9]+' "$tmp/out"
run 0 "--help" --help
cp "$tmp/out" "$tmp/overview"
check "  at most 50 lines" test "$(wc -l <"$tmp/overview")" -le 50
run 0 "-h" -h
check "  is the same" cmp -s "$tmp/out" "$tmp/overview"
run 0 "help" help
check "  is the same" cmp -s "$tmp/out" "$tmp/overview"
check "  nothing on stderr" test ! -s "$tmp/err"
for verb in "${verbs[@]}"; do
  run 0 "help $verb" help "$verb"
  cp "$tmp/out" "$tmp/help.$verb"
  says "usage: netwright $verb"
  # shellcheck disable=SC2016 # awk's
  check "  80 columns" awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' "$tmp/help.$verb"
  run 0 "$verb --help" "$verb" --help
  check "  is the same" cmp -s "$tmp/out" "$tmp/help.$verb"
  check "  the overview lists $verb" grep -qE "^  $verb +[a-z]" "$tmp/overview"
done
check "the overview lists no other command" test "$(sed -n '/^commands/,/^$/p' "$tmp/overview" | grep -c '^  ')" -eq ${#verbs[@]}
run 0 "help --all" help --all
cp "$tmp/out" "$tmp/help_all"

echo "# the manual against the tables"
man=$root/man/netwright.8
options_of_help() { grep -oE '^ +(-[a-z], )?--[a-z-]+' "$1" | grep -oE -- '--[a-z-]+' | sort -u; }
options_of_manual() { grep -oE '(Fl|Fl [a-z] ,) -[a-z-]+' | sed 's/.* -/--/' | sort -u; }
options_of_help "$tmp/help_all" >"$tmp/wanted"
echo --version | sort -u - "$tmp/wanted" >"$tmp/wanted.all"
options_of_manual <"$man" >"$tmp/got"
check "the manual has every option and no other" diff "$tmp/wanted.all" "$tmp/got"
sed -n '/^commands/,/^$/s/^  \([a-z]*\) .*/\1/p' "$tmp/overview" | sort >"$tmp/wanted"
sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z]*\).*/\1/p' "$man" | sort >"$tmp/got"
check "the manual has every command and no other" diff "$tmp/wanted" "$tmp/got"
for verb in "${verbs[@]}"; do
  options_of_help "$tmp/help.$verb" | grep -v '^--help$' >"$tmp/wanted"
  awk -v verb="$verb" '/^\.Sh / { on = 0 } /^\.It Cm / { on = $3 == verb } on' \
    <(sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/p' "$man" | sed '/^Without a command/,$d') |
    options_of_manual >"$tmp/got"
  check "the manual's options of $verb" diff "$tmp/wanted" "$tmp/got"
done
grep -oE '^  [0-9]  ' "$tmp/overview" | tr -d ' ' >"$tmp/wanted"
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]\)$/\1/p' "$man" >"$tmp/got"
check "the manual's exit statuses" diff "$tmp/wanted" "$tmp/got"
check "the manual is clean" mandoc -Tlint -W warning "$man"

echo "# mistakes"
refused "an unknown command" 'did you mean audit?' audti
refused "a command far from all" 'netwright help lists all' xyzzyxyzzy
refused "an unknown option" 'did you mean --json?' audit --jsno
refused "an unknown option without a command" 'did you mean --netns?' --netsn x
refused "an abbreviation" 'unknown option --js' audit --js
refused "an unknown letter" 'unknown option -x' -x
refused "another command's option" 'unknown option --limit' audit --limit 3
refused "a missing argument" '--for needs an argument: DURATION' audit --for
refused "a duration that is none" '"soon" is not a duration' audit --for soon
refused "a duration out of range" 'outside 1s to 1h' audit --for 2h
refused "a severity that is none" 'info, low, medium, high, critical' --fail-on urgent
refused "an operand" 'unexpected "now"' audit now
refused "a command after options" 'the command comes first: netwright flows' --json flows
refused "a severity that drives a terminal" '"?[31mred" is none of' --fail-on "$(printf '\033[31mred')"
refused "help for nothing" 'did you mean rules?' help ruels
refused "explain without a name" 'names nothing' explain
refused "explain an unknown rule" 'did you mean RCV-02?' explain RCV-20
refused "explain an unknown metric" 'did you mean path.min_rtt?' explain path.minrtt
refused "explain an element that is not there" 'its 3 elements are [0] to [2]' explain 'net.ipv4.tcp_rmem[3]'
refused "explain with junk after the index" 'is no index' explain 'net.ipv4.tcp_rmem[99]junk'
refused "explain an element of a single value" 'leave the index out' explain 'net.core.somaxconn[0]'
refused "explain an interface that cannot be" 'no such rule, metric or tunable' explain 'net.ipv4.conf./..rp_filter'
refused "explain an unknown tunable" 'did you mean net.ipv4.tcp_rmem?' explain net.ipv4.tcp_rmen
for option in "--for 5s" "--netns x" "--record y"; do
  # shellcheck disable=SC2086 # two words
  refused "--replay with $option" "${option%% *} cannot be combined with --replay" \
    audit --replay "$tmp/none" $option
done
start=$SECONDS
refused "a filter with a mistake" 'filter' audit --filter 'dst 10.0.0.0/8 and'
refused "a directory of rules that is missing" 'no such directory' --rules "$tmp/none"
mkdir "$tmp/rules"
printf 'rules = ( { id = "X-01"; } );\n' >"$tmp/rules/10-bad.conf"
refused "a rule with missing settings" '10-bad.conf' --rules "$tmp/rules"
refused "a rule with missing settings, listed" '10-bad.conf' rules --rules "$tmp/rules"
printf 'rules = (\n{ id = \n' >"$tmp/rules/10-bad.conf"
refused "a rule book that does not parse" '10-bad.conf:' rules --rules "$tmp/rules"
echo "this is no recording" >"$tmp/damaged.nwr"
refused "a damaged recording" 'damaged.nwr' audit --replay "$tmp/damaged.nwr"
check "mistakes do not wait for an observation" test $((SECONDS - start)) -lt 5
run 3 "a recording that is missing" audit --replay "$tmp/none.nwr"
complains none.nwr
start=$SECONDS
run 3 "a recording that cannot be created" audit --record "$tmp/none/a.nwr"
complains none/a.nwr
check "  at once" test $((SECONDS - start)) -lt 5
run 2 "a namespace that is missing" audit --netns netwright-none
complains netwright-none
check "  nothing on stdout" test ! -s "$tmp/out"

echo "# output that cannot be written"
for arguments in --version help "rules" "rules --json" "audit --for 1s" "audit --for 1s --json"; do
  # shellcheck disable=SC2086 # words
  "$NETWRIGHT" $arguments >/dev/full 2>"$tmp/err"
  check "a full disk fails: $arguments" test $? -eq 3
  complains "standard output"
done
"$NETWRIGHT" help >&- 2>"$tmp/err"
check "a closed stdout fails" test $? -eq 3

echo "# rules, metrics, explain"
run 0 rules rules
check "  sorted by id" sh -c "tail -n +2 '$tmp/out' | cut -d' ' -f1 | LC_ALL=C sort -C"
cp "$tmp/out" "$tmp/rules.txt"
run 0 "rules --json" rules --json
json '.[0].schema == "netwright.rules/1"'
check "  as many as in the text" test "$(jq '.rules | length' "$tmp/out")" -eq $(($(wc -l <"$tmp/rules.txt") - 1))
jq -r '.rules[].id' "$tmp/out" >"$tmp/ids"
# shellcheck disable=SC2046 # one word per rule
run 0 "every rule can be explained" explain $(head -n 60 "$tmp/ids")
check "  each with a reason and a source" test "$(grep -c '^  why ' "$tmp/out")" -eq "$(grep -c '^  source ' "$tmp/out")"
run 0 "a rule by its slug" explain "$(jq -r '.rules[0].slug' <("$NETWRIGHT" rules --json))"
run 0 "metrics --json" metrics --json
json '.[0].metrics | length > 50 and all(.[]; .meaning != "" and .source != "" and has("value"))'
json '.[0].metrics | all(.[]; (.value == null) == has("unknown"))'
json '.[0].metrics[] | select(.name == "host.cpus") | .value == '"$(nproc --all 2>/dev/null || nproc)"' or .value >= 1'
run 0 metrics metrics
check "  every metric on a line" test "$(grep -cE '^[a-z]+\.[a-z0-9_]+ ' "$tmp/out")" -gt 50
check "  no escape sequences" sh -c "! grep -q \$(printf '\\033') '$tmp/out'"
run 0 "a metric and a tunable" explain host.memory_total 'net.ipv4.tcp_rmem[2]'
says "$(tr '\t' ' ' </proc/sys/net/ipv4/tcp_rmem)"
says "a metric of the host"
run 0 "a tunable with side effects" explain net.ipv4.ip_forward net.core.rmem_max net.ipv4.conf.eth0.rp_filter
says "  also        Resets the settings below net.ipv4.conf"
says "  reversible  no"
says "  needs       CAP_NET_ADMIN or uid 0"
says "the whole host; other network namespaces show it, and cannot write it"
says "each interface of each network namespace has its own"

echo "# audit"
sysctls 'net\.' >"$tmp/sysctl.before"
run 0 "audit" audit --for 2s --record "$tmp/a.nwr"
says "Nothing was changed."
says "on $(cat /proc/sys/kernel/hostname) (Linux $(uname -r)"
check "  nothing on stderr" test ! -s "$tmp/err"
# shellcheck disable=SC2016 # awk's
check "  wrapped at 100 columns, but for commands and tables" \
  awk 'length($0) > 100 && !/sysctl -w/ && !/^  / { print; bad = 1 } END { exit bad }' "$tmp/out"
check "  no escape sequences" sh -c "! grep -q \$(printf '\\033') '$tmp/out'"
cp "$tmp/out" "$tmp/a.txt"
sysctls 'net\.' >"$tmp/sysctl.after"
check "the sysctls are as before" same "$tmp/sysctl.before" "$tmp/sysctl.after"
run 0 "replay" audit --replay "$tmp/a.nwr"
check "  is the same text" diff "$tmp/a.txt" "$tmp/out"
run 0 "replay without root" audit --replay "$tmp/a.nwr" --json
cp "$tmp/out" "$tmp/a.json"
json '.[0].schema == "netwright.audit/1"'
json '.[0] | [has("version", "host", "window", "metrics", "unknown", "entities", "findings", "unjudged", "blind_spots", "tunables")] | all'
json '.[0].window | .samples == 3 and .seconds > 1.8 and .seconds < 2.5 and .interrupted == false'
json '.[0].window.start_utc | fromdateiso8601 > 1.6e9'
json '.[0] | [.metrics | to_entries[] | select(.value == null) | .key] - (.unknown | keys) == []'
json '.[0] | (.unknown | keys) - [.metrics | to_entries[] | select(.value == null) | .key] == []'
json '.[0].tunables["net.ipv4.tcp_rmem"] == "'"$(tr '\t' ' ' </proc/sys/net/ipv4/tcp_rmem)"'"'
json '.[0].entities.link | any(.[]; .name == "lo")'
json '.[0].findings | all(.[]; .id and .slug and .severity and .title and (.entities | length > 0) and (.evidence | type == "array"))'
run 0 "replay with details" audit --replay "$tmp/a.nwr" -v
says "Nothing was changed."
run 0 "replay, findings only" audit --replay "$tmp/a.nwr" -q
check "  no summary" sh -c "! grep -q 'Nothing was changed' '$tmp/out'"
findings=$(jq '.findings | length' "$tmp/a.json")
status=0
[ "$findings" -eq 0 ] || status=1
run "$status" "--fail-on info with $findings findings" audit --replay "$tmp/a.nwr" --fail-on info
run "$status" "without a command" --replay "$tmp/a.nwr" --fail-on=info
mkdir "$tmp/always"
cat >"$tmp/always/site.conf" <<'RULE'
rules = ( {
  id = "SITE-01"; slug = "always"; scope = "host"; class = "test";
  title = "This host has {host.cpus} CPUs.";
  when = "host.cpus >= 1"; severity_ceiling = "high";
  evidence = [ "host.cpus", "host.memory_total" ];
  set = ( { tunable = "net.ipv4.tcp_rmem[2]"; to = "2 * current"; note = "twice as much"; } );
  why = "A test."; risk = "None."; source = "tests/system/test_cli.sh";
} );
RULE
run 1 "a rule of one's own" audit --replay "$tmp/a.nwr" --fail-on high --rules "$tmp/always"
check "  its first line" grep -qE '^HIGH     SITE-01  always +host ' "$tmp/out"
says "evidence  CPUs"
read -r low middle high < <(jq -r '.tunables["net.ipv4.tcp_rmem"]' "$tmp/a.json")
says "sysctl -w net.ipv4.tcp_rmem=\"$low $middle $((2 * high))\""
says "1 high"
check "  no colours" sh -c "! grep -q \$(printf '\\033') '$tmp/out'"
run 0 "below the severity" audit --replay "$tmp/a.nwr" --fail-on critical --rules "$tmp/always"
check "  commands are for the recorded host" grep -q "^to apply by hand on $(jq -r .host.name "$tmp/a.json"):" "$tmp/out"
run 1 "colours when asked for" audit --replay "$tmp/a.nwr" --fail-on high --rules "$tmp/always" --color always
check "  around the severity" grep -q "$(printf '\033')\[31mHIGH" "$tmp/out"
run 0 "its JSON" audit --replay "$tmp/a.nwr" --rules "$tmp/always" --json
json '.[0].findings[] | select(.id == "SITE-01") | .changes == [{tunable: "net.ipv4.tcp_rmem", element: 2, scope: "netns", from: '"$high"', to: '"$((2 * high))"', unit: "bytes", why: "twice as much"}]'
json '.[0].findings[] | select(.id == "SITE-01") | .evidence[0].value == '"$(jq '.host.cpus' "$tmp/a.json")"
run 0 "a rule of one's own, explained" explain --rules "$tmp/always" SITE-01
says "net.ipv4.tcp_rmem[2] = 2 * current"

printf 'netwright-recording 1\nsample 1 0 0 - 1\n\nend 2 0 0 - -\n\n' >"$tmp/empty.nwr"
run 0 "a recording that knows nothing" audit --replay "$tmp/empty.nwr" --json
json '.[0] | .host.euid == null and .host.cpus == null and .window.start_utc == null'
json '.[0].metrics["tcp.sockets"] == null'

echo "# flows"
run 0 flows flows --for 1s
check "  a last line" grep -qE '^[0-9]+ active flows? in [0-9.]+ s' "$tmp/out"
run 0 "flows --json" flows --for 1s --json
json '.[0].schema == "netwright.flows/1"'
run 0 "flows of a process that is none" flows --for 1s --filter 'pid 2147483647'
says "not seen: sockets of process 2147483647: No such process"
run 0 "flows of a recording" flows --replay "$tmp/a.nwr" --sort rtt --limit 1

echo "# an observation ended early"
# --foreground: else timeout signals its process group as well, and a second signal ends the program.
start=$SECONDS
timeout --foreground --preserve-status -s INT 3 "$NETWRIGHT" audit --for 50s --json >"$tmp/out" 2>"$tmp/err"
check "Ctrl-C: status 0" test $? -eq 0
check "  at once" test $((SECONDS - start)) -lt 8
json '.[0].window | .interrupted and .seconds > 1 and .seconds < 8'
timeout --foreground --preserve-status -s TERM 3 "$NETWRIGHT" audit --for 50s >"$tmp/out" 2>"$tmp/err"
check "SIGTERM: status 0" test $? -eq 0
says "(interrupted)"
mkdir "$tmp/hup"
timeout --foreground --preserve-status -s HUP 3 "$NETWRIGHT" audit --for 50s --record "$tmp/hup/r.nwr" >"$tmp/out" 2>"$tmp/err"
check "a hang-up: status 0" test $? -eq 0
check "  the recording is complete, and nothing else is left" test "$(ls "$tmp/hup")" = r.nwr
"$NETWRIGHT" audit --for 3s >"$tmp/out" 2>&1 & # a job in the background ignores SIGINT
sleep 1
kill -INT $!
wait $!
check "an ignored SIGINT stays ignored" grep -q '^observed 3' "$tmp/out"
if command -v script >/dev/null; then
  TERM=xterm script -qec "'$NETWRIGHT' audit --for 2s >'$tmp/out'" "$tmp/tty" >/dev/null </dev/null
  check "progress on a terminal" grep -q 'observing [0-9.]*/2 s' "$tmp/tty"
  check "  is erased" sh -c "tail -c 20 '$tmp/tty' | grep -q . ; grep -q \$(printf '\\033')'\[K' '$tmp/tty'"
  TERM=dumb script -qec "'$NETWRIGHT' audit --for 1s >'$tmp/out'" "$tmp/tty" >/dev/null </dev/null
  check "none on a dumb terminal" sh -c "! grep -q observing '$tmp/tty'"
  TERM=xterm COLUMNS=60 script -qec "stty cols 60; '$NETWRIGHT' audit --replay '$tmp/a.nwr' --rules '$tmp/always'" "$tmp/tty" >/dev/null </dev/null
  check "colours on a terminal" grep -q "$(printf '\033')\[31mHIGH" "$tmp/tty"
  TERM=xterm NO_COLOR=1 script -qec "'$NETWRIGHT' audit --replay '$tmp/a.nwr' --rules '$tmp/always'" "$tmp/tty" >/dev/null </dev/null
  check "but not with NO_COLOR" sh -c "! grep -q \$(printf '\\033')'\[31m' '$tmp/tty'"
fi

echo "# without root, and without writing"
if [ "$(id -u)" -eq 0 ]; then
  cp "$NETWRIGHT" "$tmp/netwright"
  chmod 755 "$tmp" "$tmp/netwright"
  setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/netwright" audit --for 1s >"$tmp/out" 2>"$tmp/err"
  check "an audit as nobody: status 0" test $? -eq 0
  says "Nothing was changed."
  setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/netwright" audit --netns 1 --for 1s >"$tmp/out" 2>"$tmp/err"
  check "another's namespace as nobody: status 6" test $? -eq 6
fi
strace -f -o "$tmp/trace" -e trace=open,openat,creat,rename,unlink,mkdir,sendto,sendmsg,connect,setsockopt \
  "$NETWRIGHT" audit --for 1s >/dev/null 2>&1
check "an audit opens nothing for writing" sh -c "! grep -E 'O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ +(creat|rename|unlink|mkdir)\(' '$tmp/trace'"
check "an audit reads /proc" grep -q '/proc/net/snmp\|proc/.*net/snmp' "$tmp/trace"
check "an audit talks to nobody but the kernel" sh -c "! grep -E 'connect\(.*AF_INET|send(to|msg)\(.*AF_INET' '$tmp/trace'"

finish
