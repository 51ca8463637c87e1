#!/usr/bin/env bash
# Runs unit test binaries given as arguments and prints one line each and "N passed, N failed" at the end.
set -u
passed=0 failed=0
for binary in "$@"; do
  output=$(CMOCKA_MESSAGE_OUTPUT=TAP "$binary" 2>&1)
  code=$?
  ok=$(grep -c '^ok ' <<<"$output")
  bad=$(grep -c '^not ok ' <<<"$output")
  [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  passed=$((passed + ok)) failed=$((failed + bad))
  if [ "$bad" -gt 0 ] || [ "$code" -ne 0 ]; then
    printf '%s: %d passed, %d failed (exit %d)\n%s\n' "${binary##*/}" "$ok" "$bad" "$code" "$output"
  else
    printf '%s: %d passed\n' "${binary##*/}" "$ok"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
