#!/usr/bin/env bash
# Fails on an include that goes against the layers: a file may include from its own folder and from
# those to its left, and nothing includes from tests/.
set -u
cd "$(dirname "$0")/../.." || exit 1
order=(base host measure tunables rules profiles apply tune daemon cli)

rank() {
  local i
  for i in "${!order[@]}"; do
    [ "${order[$i]}" = "$1" ] && { echo "$i"; return; }
  done
  echo -1
}

bad=0
while IFS=: read -r file line text; do
  from=${file#src/}
  from=${from%%/*}
  [ "$from" = main.c ] && continue
  to=${text#*\"}
  to=${to%%\"*}
  to=${to%%/*}
  from_rank=$(rank "$from") to_rank=$(rank "$to")
  if [ "$from_rank" -lt 0 ] || [ "$to_rank" -lt 0 ]; then
    echo "$file:$line: '$from' includes from '$to': not a layer (${order[*]})"
    bad=1
  elif [ "$to_rank" -gt "$from_rank" ]; then
    echo "$file:$line: $from must not include from $to, which is to its right (${order[*]})"
    bad=1
  fi
done < <(grep -nE '^#include "' -r src --include='*.c' --include='*.h')
[ "$bad" -eq 0 ] && echo "layers: ok"
exit "$bad"
