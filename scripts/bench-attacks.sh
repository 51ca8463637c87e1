#!/usr/bin/env bash
# Memory and disk use under unauthenticated request bodies, whether an operator's body is accepted beside them, and whether
# a new client can connect beside silent connections and sockets; in about a minute a binary. It only prints figures and never fails because of one.
#   scripts/bench-attacks.sh                    the release binary, which is built when needed
#   scripts/bench-attacks.sh BINARY [BASELINE]  these binaries, one after the other, side by side
. "$(dirname "$0")/lib.sh"
npm_install tests
if [ $# -eq 0 ]; then
  ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
  build_panel
  build_server release
  set -- "$ROOT/build/release/switchboard"
fi
exec "$NODE" bench/attacks/run.ts "$@"
