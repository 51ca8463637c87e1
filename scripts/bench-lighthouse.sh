#!/usr/bin/env bash
# Prints Lighthouse's figures, as a phone and as a desktop: the panel's sign-in, signed in the inbox and a chat, and a page
# with the chat widget open.
#   scripts/bench-lighthouse.sh [--runs N] [--page NAME]… [--as phone|desktop] [--reports DIR]
# Of N runs the middle one is shown. DIR gets one HTML report a page.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" chromium fonts-noto-core
build_panel
build_server release
npm_install bench/lighthouse
export CHROME_PATH=${CHROME_PATH:-/usr/bin/chromium}
exec "$NODE" bench/lighthouse/run.ts "$@"
