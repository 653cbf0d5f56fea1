# shellcheck shell=bash
# What the tests without a lab share: `check DESCRIPTION COMMAND...` passes when the command does, and
# `checks_done` prints the counts and ends. Source it; it changes to the root of the tree.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
passed=0
failed=0
check_dir=$(mktemp -d) || exit 1
trap 'rm -rf "$check_dir"' EXIT

check() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  if "$@" >"$check_dir/check.out" 2>"$check_dir/check.err" </dev/null; then
    passed=$((passed + 1))
    echo "ok   $what"
  else
    failed=$((failed + 1))
    echo "FAIL $what: $(head -c 300 "$check_dir/check.err")"
  fi
}

checks_done() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}
