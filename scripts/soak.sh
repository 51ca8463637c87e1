#!/usr/bin/env bash
# What scripts/test.sh does in seconds, for hours: the crash test with many more kills, and the faults, over and over,
# until the time is over or something breaks.
#   scripts/soak.sh [MINUTES]     60 when not given; CRASH_KILLS and CRASH_CUSTOMERS are taken from the environment
. "$(dirname "$0")/lib.sh"

minutes=${1:-60}
export CRASH_KILLS=${CRASH_KILLS:-60} CRASH_CUSTOMERS=${CRASH_CUSTOMERS:-500}
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build_panel
npm_install tests
build_server release binary conformance
export PATH=$TOOLCHAIN:$PATH

started=$SECONDS rounds=0
while [ $((SECONDS - started)) -lt $((minutes * 60)) ]; do
  rounds=$((rounds + 1))
  say "Round $rounds, after $(((SECONDS - started) / 60)) minutes"
  scripts/with-postgres.sh node --test tests/crash/*.test.ts tests/blackbox/faults.test.ts ||
    die "broken in round $rounds, after $((SECONDS - started)) seconds"
done
say "$rounds rounds in $minutes minutes, nothing broke"
