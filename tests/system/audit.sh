# shellcheck shell=bash
# What the tests of provoked situations share: run audits in a lab, look into their JSON, and compare
# it with an independent reading (ss, /proc). Source it; needs root.
#
# Each situation runs over IPv4 and IPv6 at the same time, in labs of their own: situation_families
# starts the script once per family, with FAMILY set to 4 or 6.
#
# With NETWRIGHT_RECORD_DIR set, every audit also leaves its recording there.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NETWRIGHT=${NETWRIGHT:-$here/../../build/netwright}
# shellcheck source=counts.sh
. "$here/counts.sh"
# shellcheck source=../lab/lab.sh
. "$here/../lab/lab.sh"

six=() # the option that makes the traffic tool listen on IPv6
[ "${FAMILY:-4}" = 4 ] || six=(-6)

# The build with the sanitizers, where there is one: what they find ends it with status 99.
use_sanitizers() {
  [ ! -x "$here/../../build/netwright-san" ] || NETWRIGHT=$here/../../build/netwright-san
  export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
}

# Shows what a child process has written and adds its last line, "N passed, M failed", to our counts.
add_counts() { # WHAT FILE
  local counts
  grep -vE '^[0-9]+ passed, [0-9]+ failed$' "$2"
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1)
  if [ -z "$counts" ]; then
    echo "FAIL $1 did not finish"
    failed=$((failed + 1))
    return
  fi
  # shellcheck disable=SC2086 # split into words
  set -- ${counts//,/}
  passed=$((passed + $1)) failed=$((failed + $3))
}

# Runs this script for both families side by side and adds up, when FAMILY is not set yet.
situation_families() { # SCRIPT
  local family dir
  [ -z "${FAMILY:-}" ] || return 0
  dir=$(mktemp -d) || exit 1
  for family in 4 6; do
    FAMILY=$family bash "$1" >"$dir/$family" 2>&1 </dev/null &
  done
  wait
  for family in 4 6; do
    add_counts "the IPv$family half" "$dir/$family"
  done
  rm -rf "$dir"
  finish
}

# The other side's address and prefix in this family.
address_of() { # A|B
  local name=LAB_$1$FAMILY
  echo "${!name}"
}
path_of() { # A|B
  local name=LAB_NET_$1$FAMILY
  echo "${!name}"
}

# --- audits ------------------------------------------------------------------------------------

# Starts an audit of a host in the background: its JSON goes to $LAB_TMP/NAME.json, and an
# independent reading of the same window to NAME.before and NAME.after.
audit_start() { # A|B NAME SECONDS [OPTION...]
  local host=$1 name=$2 seconds=$3 ns options=()
  shift 3
  ns=$(lab_ns "$host")
  [ -z "${NETWRIGHT_RECORD_DIR:-}" ] ||
    options=(--record "$NETWRIGHT_RECORD_DIR/$name-ipv$FAMILY.nwr")
  (
    reading "$ns" >"$LAB_TMP/$name.before"
    sample "$ns" >"$LAB_TMP/$name.samples" &
    sampler=$!
    "$NETWRIGHT" audit --netns "$ns" --for "${seconds}s" --json "${options[@]}" "$@" \
      >"$LAB_TMP/$name.json" 2>"$LAB_TMP/$name.err"
    echo $? >"$LAB_TMP/$name.status"
    kill "$sampler"
    reading "$ns" >"$LAB_TMP/$name.after"
  ) &
  audit_pids+=($!)
}
audit_pids=()

audit_wait() { # NAME...
  local name
  wait "${audit_pids[@]}"
  audit_pids=()
  for name; do
    if [ "$(cat "$LAB_TMP/$name.status" 2>/dev/null)" = 0 ] && jq -e . "$LAB_TMP/$name.json" >/dev/null 2>&1; then
      ok "$name: the audit ended with status 0 and JSON"
    else
      not_ok "$name: audit status $(cat "$LAB_TMP/$name.status" 2>/dev/null): $(cat "$LAB_TMP/$name.err")"
      echo '{}' >"$LAB_TMP/$name.json"
    fi
  done
}

# A question to an audit's JSON; the answer must be true.
expect_json() { # NAME DESCRIPTION JQ-EXPRESSION
  if jq -e "$3" "$LAB_TMP/$1.json" >/dev/null 2>&1; then
    ok "$1: $2"
  else
    not_ok "$1: $2 (jq: $3)"
    jq -c '[.findings[]? | {id, severity, entity}], [.entities.path[]? | {name, limiter: .metrics["path.limiter"]}]' "$LAB_TMP/$1.json" 2>&1
    jq -c '.entities.path[0].metrics' "$LAB_TMP/$1.json" 2>&1
  fi
}

expect_finding() { # NAME ID
  expect_json "$1" "reports $2" "any(.findings[]; .id == \"$2\")"
}

expect_no_finding() { # NAME ID-REGEX
  expect_json "$1" "does not report $2" "all(.findings[]; .id | test(\"^($2)\$\") | not)"
}

expect_nothing_above_low() { # NAME
  expect_json "$1" "finds nothing above low" 'all(.findings[]; .severity == "info" or .severity == "low")'
}

expect_limiter() { # NAME LIMITER
  expect_json "$1" "the busiest path is limited by: $2" ".entities.path[0].metrics[\"path.limiter\"] == \"$2\""
}

# --- the independent reading ---------------------------------------------------------------------

# One line of sums over the namespace's established sockets as ss shows them, and counters of /proc:
# "KEY VALUE" pairs.
reading() { # NAMESPACE
  ip netns exec "$1" ss -Htinm state established 2>/dev/null | awk '
    function field(name,   v) {
      if (match($0, "[ (,]" name ":?[0-9.]+")) {
        v = substr($0, RSTART + 1, RLENGTH - 1); sub(name ":?", "", v); return v + 0
      }
      return 0
    }
    /skmem:/ {
      rb = field("rb"); tb = field("tb"); if (rb > rcvbuf) rcvbuf = rb; if (tb > sndbuf) sndbuf = tb
      acked += field("bytes_acked"); sent += field("bytes_sent"); retrans += field("bytes_retrans")
      received += field("bytes_received"); busy += field("busy"); rwnd += field("rwnd_limited")
      w = field("snd_wnd"); if (w > wnd) wnd = w
      m = field("minrtt"); if (m > 0 && (min == 0 || m < min)) min = m
    }
    END {
      printf "rcvbuf %.0f\nsndbuf %.0f\nacked %.0f\nsent %.0f\nretrans %.0f\nreceived %.0f\n", rcvbuf, sndbuf, acked, sent, retrans, received
      printf "busy_ms %.0f\nrwnd_ms %.0f\nsnd_wnd %.0f\nmin_rtt_ms %.3f\n", busy, rwnd, wnd, min
    }'
  # The longest accept queue and its backlog.
  ip netns exec "$1" ss -Htnl | awk '$2 > queue || !seen { queue = $2; backlog = $3; seen = 1 } END { print "queue", queue + 0; print "backlog", backlog + 0 }'
  ip netns exec "$1" cat /proc/net/snmp /proc/net/netstat | awk '
    $1 == group { for (i = 2; i <= NF; i++) print tolower(name[i]), $i; group = ""; next }
    { group = $1; for (i = 2; i <= NF; i++) name[i] = $i }' |
    grep -E '^(retranssegs|tcporigdatasent|listenoverflows|tcptimeouts|tcpreqqfull[a-z]*|syncookiessent|tcptimewaitoverflow) '
}

# What ss shows twice a second, until killed: "rtt MS" for each socket, and "at TIME ACKED RECEIVED",
# sums of bytes.
sample() { # NAMESPACE
  while :; do
    ip netns exec "$1" ss -Htin state established 2>/dev/null | awk '
      function field(name) { return match($0, " " name ":[0-9.]+") ? substr($0, RSTART + length(name) + 2, RLENGTH) + 0 : 0 }
      / rtt:/ { print "rtt", field("rtt"); acked += field("bytes_acked"); received += field("bytes_received") }
      END { "date +%s.%N" | getline now; printf "at %s %.0f %.0f\n", now, acked, received }'
    sleep 0.5
  done
}

# The median of the RTTs, in microseconds.
read_median_rtt() { # NAME
  awk '$1 == "rtt" { print $2 }' "$LAB_TMP/$1.samples" | sort -n |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] * 1000 }'
}

# Bits per second that were acknowledged or received, between the first and the last of those samples
# within the audit's own window: what happens before and after it, slow start or a busy machine, is
# not what the audit has seen. The window's begin is told in whole seconds.
read_rate() { # NAME acked|received
  awk -v from="$(date -d "$(jq -r .window.start_utc "$LAB_TMP/$1.json")" +%s)" \
    -v seconds="$(jq -r .window.seconds "$LAB_TMP/$1.json")" -v column="$([ "$2" = acked ] && echo 3 || echo 4)" '
    $1 == "at" && $2 >= from + 1 && $2 <= from + seconds {
      if (!n++) { t0 = $2; v0 = $column }
      t1 = $2; v1 = $column
    }
    END { printf "%.0f", (t1 > t0 ? (v1 - v0) * 8 / (t1 - t0) : 0) }' "$LAB_TMP/$1.samples"
}

read_value() { # NAME before|after KEY
  awk -v key="$3" '$1 == key { print $2; exit }' "$LAB_TMP/$1.$2"
}

# The gain of a counter between the two readings.
read_gain() { # NAME KEY
  awk -v key="$2" '$1 == key { v[FILENAME] = $2 } END { printf "%.6f", v[ARGV[2]] - v[ARGV[1]] }' \
    "$LAB_TMP/$1.before" "$LAB_TMP/$1.after"
}

# A number in a finding's evidence against an independent one, within a relative error (plus an
# absolute slack, for shares and ratios near zero).
expect_evidence() { # NAME ID METRIC INDEPENDENT RELATIVE-ERROR [SLACK]
  local value
  value=$(jq -r "[.findings[] | select(.id == \"$2\") | .evidence[] | select(.metric == \"$3\") | .value][0] // \"absent\"" "$LAB_TMP/$1.json")
  if awk -v a="$value" -v b="$4" -v e="$5" -v s="${6:-0}" '
    BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "absent" && a + 0 == a && d <= e * (b < 0 ? -b : b) + s) }'; then
    ok "$1: $2 says $3 = $value, read independently: $4"
  else
    not_ok "$1: $2 says $3 = $value, but an independent reading gives $4 (allowed $5 relative, ${6:-0} absolute)"
  fi
}

# --- traffic -------------------------------------------------------------------------------------

# A bulk transfer from A to B for SECONDS; returns once it is under way for WARM seconds.
bulk() { # PORT SECONDS WARM [SOURCE-OPTION...]
  local port=$1 seconds=$2 warm=$3
  shift 3
  lab_bg B "$LAB_BIN/traffic" sink "${six[@]}" --port "$port" --max-time $((seconds + 20))
  lab_wait_port B "$port"
  lab_bg A "$LAB_BIN/traffic" source --to "$(address_of B)" --port "$port" --time "$seconds" "$@"
  sleep "$warm"
}
