#!/usr/bin/env bash
# Builds the release binary and prints the figures; see bench/run.ts for the options.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" sqlite3
build_panel
build_server release
mkdir -p build/release/bench
gcc -std=gnu2x -D_GNU_SOURCE -O2 -Wall -Wextra -I. -o build/release/bench/load bench/load.c
exec "$NODE" bench/run.ts "$@"
