#!/usr/bin/env bash
# The latency of other calls while 24 people sign in: `scripts/bench-sign-in.sh [COMMIT]`, with an older commit beside it in the
# same run. It only prints figures and never fails because of one.
. "$(dirname "$0")/lib.sh"
ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
ensure_node
build_server release
old=
if [ $# -gt 0 ]; then
  old=$(mktemp -d)
  trap 'rm -rf "$old"' EXIT
  git archive "$1" | tar x -C "$old"
  make -s -C "$old" -j "$(jobs_count)" V=release NODE="$NODE" binary
fi
for round in 1 2; do
  [ -z "$old" ] || SWITCHBOARD_BINARY=$old/build/release/switchboard "$NODE" bench/sign-in.ts --name "$1"
  "$NODE" bench/sign-in.ts --name now
done
