#!/usr/bin/env bash
# How fast an app's messages are taken, beside a server in Node that does the same; in about a minute. Judges nothing.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
npm_install tests
build_panel
build_server release
mkdir -p build/release/bench
gcc -std=gnu2x -D_GNU_SOURCE -O2 -Wall -Wextra -o build/release/bench/load bench/load.c
exec "$NODE" bench/apps/run.ts "$@"
