#!/usr/bin/env bash
# Everything that looks at the sources without running them. Ends with status 1 if anything is found.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
step() { printf '== %s\n' "$1"; }
found() { bad=1; }

mapfile -t c_files < <(git ls-files 'src/*.c' 'man/*.c' 'tests/*.c')
mapfile -t src_files < <(git ls-files 'src/*.c')
mapfile -t headers < <(git ls-files 'src/*.h')
mapfile -t shells < <(git ls-files '*.sh' .ci/run tuned-profiles/value)

step "house rules"
if grep -nE '\b(atoi|atol|strtok|sprintf|vsprintf|strcpy|strcat|system|popen|alloca|gets)\(' "${src_files[@]}" "${headers[@]}"; then
  echo "these calls are banned: see CONTRIBUTING.md"
  found
fi
awk 'FNR == 1 && NR > 1 && n > 500 { print file ": " n " lines; 500 at most"; bad = 1 }
     { file = FILENAME; n = FNR }
     length($0) > 400 { print FILENAME ":" FNR ": line of " length($0) " characters"; bad = 1 }
     END { if (n > 500) { print file ": " n " lines; 500 at most"; bad = 1 } exit bad }' \
  "${c_files[@]}" "${headers[@]}" || found

step "headers stand alone"
for header in "${headers[@]}"; do
  # shellcheck disable=SC2046 # flags, to be split
  gcc -std=c17 -D_GNU_SOURCE -Isrc -fsyntax-only -Wall -Wextra -Werror -x c $(pkg-config --cflags libnl-3.0 libconfig jansson) \
    -include "$header" /dev/null || found
done

step "clang-format"
clang-format --dry-run -Werror "${c_files[@]}" "${headers[@]}" || found

step "shellcheck"
shellcheck -x -P SCRIPTDIR "${shells[@]}" || found

step "manual"
mandoc -Tlint -W warning man/*.[578] || found

step "compiler warnings"
make --no-print-directory -s DEV=1 B=build/lint -j2 all || found

step "cppcheck"
cppcheck --quiet --std=c17 --language=c -Isrc --inline-suppr --error-exitcode=1 -j2 \
  --enable=warning,portability,performance --suppressions-list=tests/lint/cppcheck.txt \
  "${src_files[@]}" || found

step "clang-tidy"
flags="-std=c17 -D_GNU_SOURCE -Isrc $(pkg-config --cflags libnl-3.0 libconfig jansson)"
# shellcheck disable=SC2016 # the inner shell expands them
printf '%s\0' "${src_files[@]}" | xargs -0 -P2 -n4 sh -c '
  flags=$1; shift
  clang-tidy --quiet --warnings-as-errors="*" --config-file=tests/lint/clang-tidy.yaml "$@" -- $flags 2>/dev/null
' sh "$flags" || found

[ "$bad" -eq 0 ] && echo "lint: ok"
exit "$bad"
