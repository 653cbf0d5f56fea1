#!/usr/bin/env bash
# `ignore` of netwright.conf, judged on a recording: the finding is gone, counted, and listed with its
# reason; a broken file is an error before anything is observed.
# Runs beside others.
# shellcheck disable=SC2317 # functions are called through check
set -u
# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
dir=$check_dir
audit() { build/netwright audit --replay tests/data/listener-own-backlog-ipv4.nwr --config "$dir/conf" "$@"; }
answers() { # JQ-EXPRESSION
  audit --json | jq -e "$1"
}
status_is() { # STATUS AUDIT-OPTION...
  local wanted=$1
  shift
  audit "$@" >/dev/null
  [ $? -eq "$wanted" ]
}
prints() { # REGEX AUDIT-OPTION...
  local regex=$1
  shift
  audit "$@" 2>&1 | grep -qE "$regex"
}

: >"$dir/conf"
check "an empty file ignores nothing" answers 'any(.findings[]; .id == "LST-01") and .ignored == []'
check "so --fail-on fails" status_is 1 --fail-on low
echo 'ignore = ( { id = "LST-01"; entity = "*:8080"; why = "a test server"; } );' >"$dir/conf"
check "an ignored finding is gone" answers 'all(.findings[]; .id | startswith("LST") | not)'
check "and stands under ignored, with the reason" answers '.ignored == [{id: "LST-01", entity: "0.0.0.0:8080", severity: "high", why: "a test server"}]'
check "--fail-on does not count it" status_is 0 --fail-on low
check "the text counts it" prints '1 ignored by configuration'
check "and lists it with -v" prints 'LST-01 +0.0.0.0:8080 \(high\): a test server' -v
echo 'ignore = ( { id = "LST-01"; entity = "*:9090"; why = "another one"; } );' >"$dir/conf"
check "another entity is not ignored" answers 'any(.findings[]; .id == "LST-01")'
echo 'ignore = ( { id = "LST-01"; } );' >"$dir/conf"
check "a reason is required" prints 'conf:1: .*why'
check "with status 2" status_is 2
echo 'ignore = ( { id = "LL-08"; why = "a typo"; } );' >"$dir/conf"
check "an unknown id is refused, with the nearest" prints 'conf: ignore: no rule or lint has the id "LL-08"; did you mean L-08\?'
check "with status 2" status_is 2
echo 'ignore = ( { id = "NOPE-*"; why = "a pattern of nothing"; } );' >"$dir/conf"
check "so is a pattern that nothing matches" prints 'no rule or lint has the id "NOPE-\*"; netwright rules lists'
echo 'ignore = ( { id = "L-*"; why = "all lints"; }, { id = "L-34"; why = "of a line"; }, { id = "ECN-01"; why = "a rule"; } );' >"$dir/conf"
check "patterns, lints and rules are known" status_is 0
rm "$dir/conf"
check "a file that was asked for must exist" status_is 3
finish
