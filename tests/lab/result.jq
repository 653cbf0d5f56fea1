# The result of a scenario, with what came of its expectations: slurped files in, one object out.

def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
  else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def column: { runs: ., median: (map(to_entries[]) | group_by(.key)
  | map({ key: .[0].key, value: (map(.value | numbers) | median) }) | from_entries) };
def ratio(a; b): if a != null and b != null and b > 0 then a / b else null end;
def rounded: if . == null then "unknown" else . * 1000 | round / 1000 | tostring end;
def at_least(what; got; want): { what: what, got: got, ok: (got != null and got >= want) };
def at_most(what; got; want): { what: what, got: got, ok: (got != null and got <= want) };
def severe: . == "medium" or . == "high" or . == "critical";

def expectation($r):
  split(" ") as $word
  | if $word[0] == "best" then at_least("goodput of netwright / best by hand >= \($word[1])"; $r.ratios.goodput; $word[1] | tonumber)
  elif $word[0] == "gain" then at_least("goodput of netwright / baseline >= \($word[1])"; $r.ratios.gain; $word[1] | tonumber)
  elif $word[0] == "trials" then at_most("trials <= \($word[1])"; $r.tuning.trials; $word[1] | tonumber)
  elif $word[0] == "unchanged" then at_most("settings left changed = 0"; $r.tuning.changed | length; 0)
  elif $word[0] == "neighbour" then
    at_least("goodput of the neighbour / beside \($word[2]) >= \($word[1])";
      ratio($r.columns.netwright.median.beside_bps; $r.columns[$word[2]].median.beside_bps); $word[1] | tonumber)
  else { what: "expect = \(.)", got: "not a known expectation", ok: false } end;

def found($audits): split(" ") as [$host, $rule]
  | { what: "finding \($rule) on \($host)", got: ([$audits[$host].findings[]?.id] | unique | join(" ")),
      ok: any($audits[$host].findings[]?; .id == $rule) };
def healthy($audits): . as $host
  | [$audits[$host].findings[]? | select(.severity | severe) | .id] as $ids
  | { what: "no finding above low on \($host)", got: ($ids | join(" ")),
      ok: ($audits[$host].findings != null and ($ids | length) == 0) };
def lines: (. // "") | split("\n") | map(select(. != ""));

{ schema: "netwright.lab/1", scenario: $name, text: $text, quick: ($quick == "1"), about: $about, version: $version, tuner: $tuner,
  utc: (now | todate), load: $load,
  columns: { baseline: ($base | column), netwright: ($ours | column), tuned: ($tuned | column),
    best: (($hand | column) + { set: $best }) },
  grid: $cells, tuning: { trials: $trials, seconds: $seconds, changed: ($changed | lines) },
  findings: ($audits | map_values([.findings[]? | "\(.id) \(.severity)"])) }
| .ratios = {
    goodput: ratio(.columns.netwright.median.goodput_bps; .columns.best.median.goodput_bps),
    rtt: ratio(.columns.netwright.median.rtt_p95_us; .columns.best.median.rtt_p95_us),
    gain: ratio(.columns.netwright.median.goodput_bps; .columns.baseline.median.goodput_bps) }
| . as $r
| ($expect | lines) as $expect
| .checks = [($find | lines)[] | found($audits)] + [($healthy | lines)[] | healthy($audits)] + [$expect[] | expectation($r)]
    + (if any($expect[]; . == "unchanged") then [] else
        [at_least("goodput of netwright / best by hand >= 0.9"; $r.ratios.goodput; 0.9),
          at_most("p95 RTT of netwright / best by hand <= 1.25"; $r.ratios.rtt; 1.25)] end)
