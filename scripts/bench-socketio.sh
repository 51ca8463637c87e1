#!/usr/bin/env bash
# Figures of the Socket.IO server, with the npm package socket.io doing the same in the same run; in half a minute.
# It only prints figures and never fails because of one.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}"
npm_install tests
build_server release conformance
gcc -std=gnu2x -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I. -o build/release/socketio_bench bench/socketio/socketio_bench.c \
  -include server/base/banned.h
exec build/release/socketio_bench build/release/switchboard-conformance "$NODE" bench/socketio/node-server.mjs tests
