#!/usr/bin/env bash
# Runs the kept fuzz corpora through the parsers, built with the sanitizers. Each file is one case.
. "$(dirname "$0")/lib.sh"
passed=0 failed=0
for driver in build/asan/replay/fuzz_*; do
  name=${driver##*/fuzz_}
  [ -d "fuzz/corpus/$name" ] || { echo "$name: no corpus"; failed=$((failed + 1)); continue; }
  count=$(find "fuzz/corpus/$name" -type f | wc -l)
  if output=$("$driver" "fuzz/corpus/$name" 2>&1); then
    passed=$((passed + count))
    echo "$name: $count inputs"
  else
    failed=$((failed + 1))
    printf '%s: FAILED\n%s\n' "$name" "$output"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
