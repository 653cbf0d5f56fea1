# shellcheck shell=bash
# What the tests without a lab share: `check` (counts.sh), but silent, so that only a failure shows what
# the command said. Source it; it changes to the root of the tree.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=counts.sh
. tests/system/counts.sh
check_dir=$(mktemp -d) || exit 1
trap 'rm -rf "$check_dir"' EXIT

check() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  if "$@" >"$check_dir/check.out" 2>"$check_dir/check.err" </dev/null; then
    ok "$what"
  else
    not_ok "$what: $(head -c 300 "$check_dir/check.err")"
  fi
}
