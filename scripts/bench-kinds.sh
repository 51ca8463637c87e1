#!/usr/bin/env bash
# Updates a second by kind, through the webhook: `scripts/bench-kinds.sh [--updates N --customers N --rounds N --connections N]`.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
ensure_node
build_server release
"$NODE" bench/kinds.ts "$@"
