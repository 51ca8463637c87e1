#!/usr/bin/env bash
# The static checks: floors, cycles between slices, banned words, format, lint. Each is one case of the closing line.
. "$(dirname "$0")/lib.sh"
passed=0 failed=0
guard() { # guard NAME COMMAND…
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok   $name"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n%s\n' "$name" "$output"
  fi
}

c_files() { git ls-files 'server/*.c' 'server/*.h' 'fuzz/*.c' 'tests/conformance/*.c' 'bench/*.c' | grep -v server/base/banned.h; }
check_format() { c_files | xargs clang-format --dry-run --Werror; }
check_length() { c_files | xargs wc -l | awk '$2 != "total" && $1 > 850 { print $2 " has " $1 " lines"; bad = 1 } END { exit bad }'; }
check_words() { ! git grep -nwE 'TODO|FIXME|XXX|HACK' -- '*.c' '*.h' '*.ts' '*.tsx' '*.sh' '*.sql' ':!scripts/check.sh'; }
check_paths() { ! git grep -nE '/(home|root|work)/[a-z]+/' -- ':!*.lock' ':!*package-lock.json' ':!scripts/check.sh'; }
check_lock() { ! git grep -nE '"resolved"' -- '*package-lock.json'; }
check_tables() { # every statement has a name of its own, every slice a README
  local dir bad=0
  for dir in server/*/ server/desk/*/ server/edge/*/; do
    [ -n "$(git ls-files "$dir" | head -1)" ] || continue
    case $dir in server/migrations/) continue ;; esac
    [ -f "$dir/README.md" ] || { echo "$dir has no README.md"; bad=1; }
  done
  return $bad
}
check_cppcheck() {
  cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr -j "$(jobs_count)" \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=preprocessorErrorDirective \
    --suppress=syntaxError --suppress=unknownMacro -D_GNU_SOURCE -Iserver -I. $(git ls-files 'server/*.c' | grep -v _test.c)
}
check_sandbox() { # as on a machine for which there is no filter of system calls
  sed 's/defined(__x86_64__)/0/; s/defined(__aarch64__)/0/' server/desk/file/file_sandbox.c |
    gcc -std=gnu2x -Wall -Wextra -Werror -D_GNU_SOURCE -Iserver -I. -include base/banned.h -fsyntax-only -x c -
}

guard "no room includes one above it, no circle of slices" awk -f tools/floors.awk $(git ls-files 'server/*.c' 'server/*.h')
guard "the desk names no channel" awk -f tools/channels.awk spec/channels.tbl $(git ls-files server/desk server/net server/db | grep -v _test.c)
guard "the code is formatted" check_format
guard "no file is longer than a thing should be" check_length
guard "nothing is left for later in the code" check_words
guard "no path of a machine is written down" check_paths
guard "lock files name no registry" check_lock
guard "every room has a README" check_tables
guard "the sandbox builds for every machine" check_sandbox
guard "cppcheck finds nothing" check_cppcheck
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
