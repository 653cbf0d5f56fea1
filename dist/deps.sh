#!/bin/sh
# Installs the Debian packages that a task needs and that are missing: deps.sh build [check] [lint].
# Says nothing and changes nothing when all is there.
set -eu

build="gcc make pkg-config libnl-3-dev libnl-genl-3-dev libconfig-dev libjansson-dev zlib1g-dev libsqlite3-dev"
check="check iproute2 iperf3 jq mandoc strace util-linux procps tuned python3"
lint="clang clang-tidy clang-format libclang-rt-14-dev cppcheck shellcheck"

wanted=""
for task; do
  case $task in
    build) wanted="$wanted $build" ;;
    check) wanted="$wanted $check" ;;
    lint) wanted="$wanted $lint" ;;
    *) echo "deps.sh: unknown task '$task' (build, check, lint)" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  # Not Debian: the build says itself what it misses; these are the names to look for.
  command -v pkg-config >/dev/null 2>&1 &&
    pkg-config --exists libnl-3.0 libnl-genl-3.0 libconfig jansson zlib sqlite3 && exit 0
  echo "deps.sh: this is not Debian; install the equivalents of:$wanted" >&2
  exit 1
fi

missing=""
for package in $wanted; do
  # pkgconf provides pkg-config, and a provided package has no status of its own.
  case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
    installed) ;;
    *)
      if [ "$package" != pkg-config ] || ! command -v pkg-config >/dev/null 2>&1; then
        missing="$missing $package"
      fi
      ;;
  esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "deps.sh: missing packages:$missing" >&2
  echo "deps.sh: run as root, or first: sudo apt-get install$missing" >&2
  exit 1
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names, to be split
apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086
  apt-get install -y -q --no-install-recommends $missing >/dev/null
}
