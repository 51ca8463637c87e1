#!/usr/bin/env bash
# Figures of the apps' POST /send_message, JSON and with a photo of 1 MB, with a Node service that does the same in the same
# run; in about three minutes. It only prints figures and never fails because of one. See bench/apps/run.ts for the options.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
npm_install tests
build_panel
build_server release
mkdir -p build/release/bench
gcc -std=gnu2x -D_GNU_SOURCE -O2 -Wall -Wextra -I. -o build/release/bench/load bench/load.c
exec "$NODE" bench/apps/run.ts "$@"
