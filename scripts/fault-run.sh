#!/usr/bin/env bash
# Many messages each way while calls of Telegram are lost, garbled and refused, the object store is down, the disk is full and the
# database restarts: tests/crash/faults.test.ts, on both databases. scripts/test.sh runs it with 150 messages.
#   scripts/fault-run.sh [MESSAGES]     10000 when not given: about a quarter of an hour, since a bot sends 30 messages a second
. "$(dirname "$0")/lib.sh"

export FAULT_MESSAGES=${1:-10000}
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build_panel
npm_install tests
build_server release binary
export PATH=$TOOLCHAIN:$PATH
scripts/with-postgres.sh node --test --test-concurrency=1 tests/crash/faults.test.ts
