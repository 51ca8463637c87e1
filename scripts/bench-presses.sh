#!/usr/bin/env bash
# How fast presses of buttons are answered at 200/s: `scripts/bench-presses.sh [--rate N --seconds N --customers N]`.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
ensure_node
build_server release
"$NODE" bench/presses.ts "$@"
