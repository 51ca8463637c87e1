#!/usr/bin/env bash
# Memory and disk under bodies that nobody may send, whether an operator's body is taken beside strangers', and whether a
# newcomer gets in beside silent connections and sockets; in about a minute a binary. It prints and judges nothing.
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
