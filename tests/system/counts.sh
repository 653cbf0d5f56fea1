# shellcheck shell=bash
# What all system tests share: `ok` and `not_ok` tell and count what held and what did not, `check` asks
# a command, `status_is` looks at an exit status, `finish` prints the counts and ends. Source it.
#
# Where FAMILY is set, 4 or 6, it stands before what is told.

passed=0
failed=0

ok() {
  passed=$((passed + 1))
  echo "ok   ${FAMILY:+[IPv$FAMILY] }$*"
}

not_ok() {
  failed=$((failed + 1))
  echo "FAIL ${FAMILY:+[IPv$FAMILY] }$*"
}

# check DESCRIPTION COMMAND...: the command must succeed.
check() {
  local what=$1
  shift
  if "$@"; then ok "$what"; else not_ok "$what: $*"; fi
}

# ERRORS is the file with what was said on stderr.
status_is() { # DESCRIPTION WANTED STATUS ERRORS
  if [ "$3" -eq "$2" ]; then ok "$1: status $3"; else not_ok "$1: status $3, not $2: $(head -c 300 "$4")"; fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}
