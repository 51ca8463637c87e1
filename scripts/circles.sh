#!/usr/bin/env bash
# Fails on a dependency cycle between files of a room (a folder of server/edge or server/desk, and server/db), found by the
# symbols of a build without link-time optimisation: scripts/circles.sh [BUILD]; the default is build/asan.
. "$(dirname "$0")/lib.sh"
build=${1:-build/asan}
objects=$(find "$build/server/db" "$build/server/desk" "$build/server/edge" -name '*.o' ! -name '*_test.o' | sort)
[ -n "$objects" ] || die "$build holds no object files: make V=${build##*/} lib"
# Subfolders of a room are the same room. Files that are gone may have left objects behind.
for object in $objects; do
  source=${object#"$build"/}
  source=${source%.o}.c
  [ -f "$source" ] || continue
  room=$(cut -d/ -f2-3 <<<"${source%/*}")
  nm -g --defined-only "$object" | awk -v r="$room" -v f="$source" '$3 !~ /^__/ { print r, f, $3, "def" }'
  nm -u "$object" | awk -v r="$room" -v f="$source" '$2 !~ /^__/ { print r, f, $2, "use" }'
done | awk -f tools/circles.awk && echo "1 passed, 0 failed" || { echo "0 passed, 1 failed"; exit 1; }
