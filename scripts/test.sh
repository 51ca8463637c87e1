#!/usr/bin/env bash
# Runs every test, on a fresh Debian 12 too, and ends with "N passed, N failed". Each step's own line of that form is
# counted; a step that prints none, or ends badly with no failure counted, counts as one failure.
#   scripts/test.sh          everything
#   scripts/test.sh STEP…    only these steps; scripts/test.sh --list names them
. "$(dirname "$0")/lib.sh"

steps=(guards scripts unit rooms threads corpus panel simulator socketio chaos blackbox mobile browser crash)
if [ "${1:-}" = --list ]; then printf '%s\n' "${steps[@]}"; exit 0; fi
node_only=no
if [ "${1:-}" = --node ]; then # scripts/test.sh --node FILE…: these test files, inside what another step has set up
  shift
  node_only=yes
fi
[ $node_only = yes ] || [ $# -eq 0 ] || steps=("$@")

ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build_panel
npm_install tests
export PATH=$TOOLCHAIN:$PATH # the pinned Node before the machine's
memory=
if [ -z "${TMPDIR:-}" ]; then
  memory=$(memory_folder)
  [ -z "$memory" ] || export TMPDIR=$memory
fi
work=$(mktemp -d)
trap 'rm -rf "$work" ${memory:+"$memory"}' EXIT
trap 'exit 130' INT # Ctrl+C ends the run, not one step of it
trap 'exit 143' TERM HUP
passed=0 failed=0 report=()

# node_tests FILE… : three files at once or more, since they mostly wait.
node_tests() { node tests/run.ts "${at_once:-3}" "$@"; }

step_guards() { scripts/check.sh; }
step_scripts() { build_server release binary && node_tests tests/scripts/*.test.ts; }
step_unit() {
  build_server asan tests && scripts/with-postgres.sh make -s V=asan unit
}
step_rooms() { build_server asan lib && scripts/circles.sh build/asan; }
step_threads() {
  local name tests=() # of code with threads of its own
  for name in net/http_test net/gone_test net/admit_test net/ws_test net/server_test net/sio_test net/http_client_test db/db_test db/committer_test db/postgres_test \
    edge/telegram/out/tg_send_test edge/telegram/in/tg_ingest_test; do
    tests+=("build/tsan/test/$name")
  done
  build_server tsan "${tests[@]}" && scripts/with-postgres.sh scripts/unit.sh "${tests[@]}"
}
step_corpus() { build_server asan replay && scripts/replay.sh; }
step_panel() { # vitest's own summary turned into our closing line
  (cd web && npm run check --silent) || return 1
  local code=0
  (cd web && NO_COLOR=1 npm test --silent) >"$work/vitest" 2>&1 || code=$?
  cat "$work/vitest"
  awk '$1 == "Tests" { for (i = 2; i < NF; i++) { if ($(i + 1) ~ /^passed/) p = $i; if ($(i + 1) ~ /^failed/) f = $i } }
    END { print p + 0 " passed, " f + 0 " failed" }' "$work/vitest"
  return "$code"
}
step_simulator() { (cd tests && node_modules/.bin/tsc --noEmit) && at_once=2 node_tests tests/telegram/*.test.ts; }
step_socketio() { # the protocols' cases and the real client, against three builds; the closing line is their sum
  local build code=0
  for build in release asan tsan; do
    build_server $build conformance
    SWITCHBOARD_CONFORMANCE=$ROOT/build/$build/switchboard-conformance at_once=2 node_tests tests/socketio/*.test.ts | tee -a "$work/socketio" || code=$?
  done
  awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3 } END { print p " passed, " f " failed" }' "$work/socketio"
  return $code
}
step_chaos() { # clients that break off anywhere, against the builds that see every misuse of memory
  build_server asan binary conformance && SWITCHBOARD_BINARY=$ROOT/build/asan/switchboard node_tests tests/chaos/*.test.ts
}
step_blackbox() {
  build_server release binary conformance && build_server asan binary &&
    scripts/with-postgres.sh "$0" --node tests/blackbox/*.test.ts
}
step_mobile() {
  build_server release binary && scripts/with-postgres.sh "$0" --node tests/mobile/*.test.ts
}
step_browser() { build_server release binary && node_tests tests/browser/*.test.ts; }
step_crash() { # one by one, since they restart the database that they share
  build_server release binary && TEST_FILES_AT_ONCE=1 scripts/with-postgres.sh "$0" --node tests/crash/*.test.ts
}

if [ $node_only = yes ]; then
  at_once=${TEST_FILES_AT_ONCE:-5} # they wait more than the others
  node_tests "$@"
  exit
fi

for step in "${steps[@]}"; do
  say "== $step"
  started=$SECONDS
  set +e
  (set -e; "step_$step") 2>&1 | tee "$work/out"
  code=${PIPESTATUS[0]}
  set -e
  read -r p f < <(awk '/^([a-z]+: )?[0-9]+ passed, [0-9]+ failed/ { line = $0 } END {
    sub(/^[a-z]+: /, "", line); split(line, w, /[ ,]+/); print w[1] + 0, w[3] + 0 }' "$work/out")
  if [ "$code" -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f)) -eq 0 ]; then f=$((f + 1)); fi
  passed=$((passed + p)) failed=$((failed + f))
  report+=("$(printf '%-10s %5d passed %3d failed  %4d s' "$step" "$p" "$f" $((SECONDS - started)))")
done

printf '\n'
printf '%s\n' "${report[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
