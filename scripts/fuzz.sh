#!/usr/bin/env bash
# Fuzzes each parser for some seconds (default 60) with libFuzzer; new inputs go to build/fuzz/corpus, crashers to
# build/fuzz/crash. A crasher that is fixed is moved to fuzz/corpus/NAME under a name that says what it was.
#   scripts/fuzz.sh [SECONDS] [NAME…]
. "$(dirname "$0")/lib.sh"
seconds=${1:-60}
shift || true
ensure_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
build_server fuzz fuzzers
mkdir -p build/fuzz/crash
for driver in build/fuzz/fuzz/fuzz_*; do
  case $driver in *.*) continue ;; esac
  name=${driver##*/fuzz_}
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  mkdir -p "build/fuzz/corpus/$name"
  say "$name for $seconds s"
  "$driver" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/crash/$name-" \
    "build/fuzz/corpus/$name" "fuzz/corpus/$name"
done
