#!/usr/bin/env bash
# The manual pages of the tables say what the program says: checked in as they are made now, with every
# rule, lint, metric and tunable; and what they show as an example works.
# Runs beside others.
# shellcheck disable=SC2317 # functions are called through check
set -u
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
dir=$check_dir
netwright=build/netwright
generate=build/man/generate

is_current() { # PAGE
  "$generate" "$1.in" | diff "$1" - >"$dir/diff" && return 0
  echo "$1 is not what its table says now: run 'make man' and check the page in: $(head -n 5 "$dir/diff")" >&2
  return 1
}
# Each name of a list begins an entry of the page, and there are no more entries.
has_entries() { # PAGE NAMES-FILE
  sed -n 's/^\.It "\([^ ]*\) .*(a .*"$/\1/p' "$1" | sort >"$dir/entries"
  sort -u "$2" | diff - "$dir/entries" >&2
}

for template in man/*.in; do
  page=${template%.in}
  check "$page is current" is_current "$page"
  check "$page is well-formed" sh -c "! mandoc -Tlint -W warning $page | grep ."
done
sed 's/^@metrics@$/@metric@/' man/netwright-metrics.7.in >"$dir/typo.in"
check "a table that does not exist is an error" sh -c "! $generate $dir/typo.in"
check "a template that does not exist is an error" sh -c "! $generate $dir/none.in"

"$netwright" metrics --json | jq -r '.metrics[].name' >"$dir/metrics"
check "there are metrics" test "$(wc -l <"$dir/metrics")" -gt 100
check "netwright-metrics(7) has each" has_entries man/netwright-metrics.7 "$dir/metrics"
{
  "$netwright" rules --json | jq -r '.rules[].id'
  grep -ohE '"L-[0-9]+"' src/rules/lint_table.c src/rules/lint_lines.c | tr -d '"'
} >"$dir/rules"
check "there are rules and lints" sh -c "grep -q ^L- $dir/rules && grep -q ^RCV- $dir/rules"
check "netwright-rules(5) has each" has_entries man/netwright-rules.5 "$dir/rules"
# Patterns too, which an audit does not read.
grep -ohE '^[A-Z]+\("[a-z][^"]*"' src/tunables/catalogue_*.inc | cut -d'"' -f2 >"$dir/tunables"
check "there are tunables" test "$(wc -l <"$dir/tunables")" -gt 200
sed -n 's/.*ROW[A-Z_]*("\([a-z]*\)".*/rlimit:\1/p' src/tunables/rlimit.c >>"$dir/tunables"
check "there are limits" grep -q '^rlimit:nofile$' "$dir/tunables"
tr -s '\n\t' ' ' <src/tunables/socket_option.c | # a row may be broken before its name
  grep -oE '(ROW\(|WORD_ROW\( ?[A-Z_]+, )"[a-z_]+"' | sed 's/.*"\(.*\)"/socket:\1/' >>"$dir/tunables"
check "there are options of connections" grep -q '^socket:keepalive_idle$' "$dir/tunables"
sed -n 's/^\tROW("\([a-z_]*\)".*/route:*\/\1/p' src/tunables/route.c >>"$dir/tunables"
check "there are metrics of routes" grep -q '^route:\*/congctl$' "$dir/tunables"
sed -n 's/^\tROW("\([a-z]*\)".*/link:*\/\1/p; s/^\tNUMBER("\([a-z0-9_]*\)".*/link:*\/\1/p
  s/^\tCHANNELS("\([a-z]*\)".*/link:*\/channels.\1/p; s/^\tOFFLOAD("\([a-z0-9]*\)".*/link:*\/offload.\1/p' src/tunables/link.c >>"$dir/tunables"
check "there are settings of links" grep -q '^link:\*/offload.tso6$' "$dir/tunables"
check "netwright-tunables(7) has each" has_entries man/netwright-tunables.7 "$dir/tunables"

# The text of one entry, whatever its lines: the page against explain.
words() { tr -s ' \n' ' ' | sed 's/^ //; s/ $//'; }
entry() { # PAGE NAME
  sed -n "/^\.It \"$2 /,/^\.El/p" "$1" | sed 's/^\.It "\(.*\)"$/\1/; s/^\.It //; /^\.[BE]l/d; s/^\\&//; s/\\e/\\/g' | words
}
agrees() { # PAGE NAME
  "$netwright" explain "$2" | sed '/^  now /,/^  [a-z]/{ /^  now /d; /^   /d; }; /^  defined in /d' | words >"$dir/explained"
  entry "$1" "$2" | diff - "$dir/explained" >&2
}
for id in RCV-02 LST-01; do check "explain $id agrees" agrees man/netwright-rules.5 "$id"; done
check "explain path.min_rtt agrees" agrees man/netwright-metrics.7 path.min_rtt
check "explain net.ipv4.tcp_rmem agrees" agrees man/netwright-tunables.7 net.ipv4.tcp_rmem
check "explain rlimit:nofile agrees" agrees man/netwright-tunables.7 rlimit:nofile
check "explain socket:rcvbuf agrees" agrees man/netwright-tunables.7 socket:rcvbuf

# The example of netwright-rules(5) is a rule book.
mkdir "$dir/rules.d"
sed -n '/^rules = ($/,/^);$/p' man/netwright-rules.5 >"$dir/rules.d/site.conf"
check "the example can be read" sh -c "$netwright rules --rules $dir/rules.d | grep -q '^SITE-01'"
check "and be judged" sh -c "$netwright audit --rules $dir/rules.d --replay tests/data/random-loss-ipv4.nwr --json | jq -e 'any(.findings[]; .id == \"SITE-01\")'"
check "and is silent where it should be" sh -c "$netwright audit --rules $dir/rules.d --replay tests/data/no-loss-ipv4.nwr --json | jq -e 'all(.findings[], .unjudged[]; .id != \"SITE-01\")'"
finish
