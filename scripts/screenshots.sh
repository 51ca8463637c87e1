#!/usr/bin/env bash
# Makes the pictures in docs/screenshots anew, from the demo's customers: takes about two minutes.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" chromium fonts-noto-core fonts-noto-color-emoji
build_panel
build_server release binary
npm_install tests
export PATH=$TOOLCHAIN:$PATH
exec node tests/browser/screenshots.ts docs/screenshots
