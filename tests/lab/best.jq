# The best of the grid's cells: their array in, its setting out. $least is what counts: the goodput, or
# the RTT of those within 10 % of the highest goodput. Of cells as good as the best within 2 %, the one
# with the lowest p95 RTT: more goodput than that is noise.
def share: if $least == "rtt" then 0.9 else 0.98 end;
(map(.goodput_bps // 0) | max) as $most
| map(select((.goodput_bps // 0) >= share * $most))
| min_by(.rtt_p95_us // infinite) | .set
