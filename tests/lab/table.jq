# The matrix as a Markdown table: all results slurped in, text out.

def mbit: if . == null then "-" else "\(. / 1e5 | round / 10) Mbit/s" end;
def ms: if . == null then "-" else "\(. / 100 | round / 10) ms" end;
def percent: if . == null then "-" else "\(. * 1e4 | round / 100) %" end;
def cell: if .goodput_bps == null then "-" else "\(.goodput_bps | mbit), \(.rtt_p95_us | ms), \(.retransmit_ratio | percent)" end;
def ratio: if . == null then "-" else . * 1000 | round / 1000 end;
def settings: if length == 0 then "nothing" else map(sub("^(?<host>[AB]) net/ipv4/"; "\(.host) ")) | join("; ") end;
def numbers_of(f): map(f | numbers);
def middle: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
  else (.[length / 2 - 1] + .[length / 2]) / 2 end;

map(select(any(.checks[]; .what == "settings left changed = 0") | not)) as $tuned
| "Goodput, 95th percentile of the RTT, retransmitted segments: medians of \(map(.columns.baseline.runs | length) | max) measurements in turn.\n",
  "| scenario | baseline | netwright | TuneD network-throughput | best by hand | netwright / best | RTT / best |",
  "|---|---|---|---|---|---|---|",
  (.[] | "| \(.scenario) | \(.columns.baseline.median | cell) | \(.columns.netwright.median | cell) | \(.columns.tuned.median | cell) | \(
    .columns.best.median | cell) | \(.ratios.goodput | ratio) | \(.ratios.rtt | ratio) |"),
  "",
  "| scenario | best by hand | netwright left set | trials | seconds | CPUs waited for | not as expected |",
  "|---|---|---|---|---|---|---|",
  (.[] | "| \(.scenario) | \(.columns.best.set | gsub("net\\.ipv4\\."; "")) | \(.tuning.changed | settings) | \(.tuning.trials) | \(
    .tuning.seconds) | \([.columns[].runs[].cpu_waited | numbers] | middle | percent) | \([.checks[] | select(.ok | not) | "\(.what): \(.got | if type == "number" then ratio else . end)"] | join("; ")) |"),
  "",
  (if $tuned == [] then empty else
    "Of \($tuned | length) scenarios that something can be done about: netwright / best median \($tuned | numbers_of(.ratios.goodput) | middle | ratio
    ), worst \($tuned | numbers_of(.ratios.goodput) | min | ratio); RTT / best worst \($tuned | numbers_of(.ratios.rtt) | max | ratio)." end),
  "Expectations met: \([.[].checks[] | select(.ok)] | length) of \([.[].checks[]] | length)."
