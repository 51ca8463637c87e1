#!/usr/bin/env bash
# Replies a second through the outbox, and how close the limit of 30 a second is held: `scripts/bench-replies.sh [--replies N --chats N --rounds N --seconds N]`.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
ensure_node
build_server release
"$NODE" bench/replies.ts "$@"
