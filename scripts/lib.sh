# Shared by the scripts: where things are, what Debian packages are needed, and how each part is built when it has
# changed. Sourced, never run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
TOOLCHAIN=$ROOT/tools/node/node_modules/.bin # the pinned node and npm
NODE=$TOOLCHAIN/node
export NODE

BUILD_PACKAGES=(gcc make pkg-config libc6-dev libcurl4-openssl-dev libjansson-dev libsqlite3-dev libpq-dev libsodium-dev
  libjwt-dev libmagic-dev libssl-dev zlib1g-dev libcrypt-dev ca-certificates)
RUN_PACKAGES=(libvips-tools)
TEST_PACKAGES=(git sqlite3 libcmocka-dev postgresql-15 postgresql-client-15 redis-server caddy chromium fonts-noto-core
  fonts-noto-color-emoji clang-format cppcheck procps curl)
FUZZ_PACKAGES=(clang libclang-rt-14-dev)

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "Packages are missing and this is neither root nor has sudo. As root, run: $*"; fi
}

# Installs what is missing of the packages given; asks apt nothing when all are there.
ensure_packages() {
  local missing=() package
  local installed
  installed=$({ dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true; } | awk '$1 == "ii" { print $2 }')
  for package in "$@"; do
    grep -qx "$package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The pinned Node and npm, installed by the machine's own npm, whatever its age.
ensure_node() {
  local stamp=tools/node/node_modules/.installed lock
  lock=$(sha256sum <tools/node/package-lock.json)
  [ -f $stamp ] && [ "$(cat $stamp)" = "$lock" ] && return 0
  # Any npm will do to fetch ours; one from elsewhere is not replaced by Debian's.
  command -v npm >/dev/null || ensure_packages nodejs npm
  say "Installing Node"
  (cd tools/node && npm ci --no-audit --no-fund --loglevel=error)
  # The package brings its binary by an install script, which newer versions of npm hold back.
  "$NODE" --version >/dev/null 2>&1 || (cd tools/node/node_modules/node && node installArchSpecificPackage)
  "$NODE" --version >/dev/null || die "Node from the npm package 'node' does not run on this machine."
  printf '%s' "$lock" >$stamp
}

# npm_install DIR: the lock file's packages, once for each state of the lock file.
npm_install() {
  local dir=$1 stamp=$1/node_modules/.installed lock
  ensure_node
  lock=$(sha256sum <"$dir/package-lock.json")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ] && return 0
  say "Installing npm packages of $dir"
  (cd "$dir" && PATH=$TOOLCHAIN:$PATH npm ci --no-audit --no-fund --loglevel=error)
  printf '%s' "$lock" >"$stamp"
}

# Names, sizes and times of everything that the product is built from: cheap to take, different when anything changed.
sources_stamp() {
  find Makefile server spec tools scripts web tests/telegram -path '*/node_modules' -prune -o -path web/dist -prune -o \
    -type f -printf '%p %s %T@\n' | LC_ALL=C sort | sha256sum
}

build_panel() {
  npm_install web
  local stamp=web/dist/.built now
  now=$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  say "Building the panel"
  (cd web && PATH=$TOOLCHAIN:$PATH npm run build --silent)
  printf '%s' "$now" >"$stamp"
}

jobs_count() { nproc 2>/dev/null || echo 2; }

build_server() { # build_server VARIANT [TARGET…]
  local variant=$1
  shift
  make -s -j"$(jobs_count)" V="$variant" "${@:-binary}"
}

free_port() {
  "$NODE" -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}
