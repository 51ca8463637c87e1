#!/usr/bin/env bash
# Files through the server, in MB/s, its memory meanwhile, and thumbnails a second: `scripts/bench-media.sh [--files N --mb N --rounds N]`.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" sqlite3 ffmpeg
ensure_node
build_server release
"$NODE" bench/media.ts "$@"
