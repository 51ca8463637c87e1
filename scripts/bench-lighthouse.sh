#!/usr/bin/env bash
# Prints Lighthouse's figures for the panel: sign-in, and signed in the inbox and a chat, as a phone and as a desktop.
#   scripts/bench-lighthouse.sh [--reports DIR]     DIR gets one HTML report a page
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" chromium fonts-noto-core
build_panel
build_server release
npm_install bench/lighthouse
export CHROME_PATH=${CHROME_PATH:-/usr/bin/chromium}
exec "$NODE" bench/lighthouse/run.ts "$@"
