# shellcheck shell=bash
# What a comparison of all sysctls reads, and how it tells of a difference. Source it.

# sysctls PREFIX [COMMAND...]: the sysctls below /^PREFIX/ (an extended regular expression) as COMMAND
# (ip netns exec NAME) sees them, sorted. Without what changes by itself: counts, random numbers and
# keys, the state of files; and without what is the whole machine's and shows in every namespace, which
# the labs and fixtures of tests that run beside change for a while: the congestion controls allowed and
# loaded, the sizes of the conntrack table (one of which has two names), the largest socket buffers.
sysctls() {
  local prefix=$1 machine='available_congestion|allowed_congestion|^net\.nf_conntrack_max'
  shift
  [ $# -eq 0 ] || machine+='|^net\.core\.[rw]mem_|nf_conntrack_(max|buckets)'
  "$@" sysctl -a 2>/dev/null | grep -E "^($prefix)" |
    grep -vE "_count|random|uuid|_key|secret|^fs\.(dentry-state|file-nr|inode|quota|aio-nr)|$machine" | sort
}

# same FILE FILE: the same text; where not, prints the first differences.
same() {
  local differences
  differences=$(diff "$1" "$2") && return
  head -n 10 <<<"$differences"
  return 1
}
