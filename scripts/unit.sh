#!/usr/bin/env bash
# Runs unit test binaries given as arguments and prints one line each and "N passed, N failed" at the end. One more runs at
# once than there are processors, since they often wait; the longest begin first. One that restarts the shared PostgreSQL runs
# after them, alone. One that takes 5 minutes hangs, and has failed. A skipped test, which cmocka's TAP calls "not ok # SKIP",
# counts as neither.
set -u
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
name_of() { local name=${1#*/*/*/}; printf '%s' "${name//\//.}"; } # build/asan/test/net/ws_test: net.ws_test
run() {
  local started=$SECONDS
  CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 300 "$1" >"$results/$(name_of "$1")" 2>&1
  echo $? >"$results/$(name_of "$1").code"
  echo $((SECONDS - started)) >"$results/$(name_of "$1").seconds"
}

at_once=$(($(nproc) + 1)) running=0 long=() short=() alone=()
for binary in "$@"; do
  case $binary in
    */postgres_test) alone+=("$binary") ;;
    */tg_send_test | */reach_test | */access_test | */conversation_list_test | */file_media_test | */routes_test | */upgrade_large_test)
      long+=("$binary") ;;
    *) short+=("$binary") ;;
  esac
done
for binary in "${long[@]}" "${short[@]}"; do
  if [ "$running" -ge "$at_once" ]; then wait -n; else running=$((running + 1)); fi
  run "$binary" &
done
wait
for binary in "${alone[@]}"; do run "$binary"; done

passed=0 failed=0
for binary in "$@"; do
  name=$(name_of "$binary")
  code=$(cat "$results/$name.code")
  ok=$(grep -c '^ok ' "$results/$name")
  bad=$(grep '^not ok ' "$results/$name" | grep -vc '^not ok [0-9]* # SKIP')
  [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  passed=$((passed + ok)) failed=$((failed + bad))
  if [ "$bad" -gt 0 ] || [ "$code" -ne 0 ]; then
    printf '%s: %d passed, %d failed (exit %d)\n' "$name" "$ok" "$bad" "$code"
    cat "$results/$name"
  else
    printf '%s: %d passed, %d s\n' "$name" "$ok" "$(cat "$results/$name.seconds")"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
