# Shared by the scripts: where things are, what Debian packages are needed, and how each part is built when it has
# changed. Sourced, never run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
TOOLCHAIN=$ROOT/tools/node/node_modules/.bin # the pinned node and npm
NODE=$TOOLCHAIN/node
export NODE
export NODE_DISABLE_COMPILE_CACHE=1 # npm and tsc would leave theirs in /tmp

BUILD_PACKAGES=(gcc make pkg-config libc6-dev libcurl4-openssl-dev libjansson-dev libsqlite3-dev libpq-dev libsodium-dev
  libjwt-dev libmagic-dev libssl-dev zlib1g-dev libcrypt-dev ca-certificates)
command -v npm >/dev/null || BUILD_PACKAGES+=(curl) # fetches Node
RUN_PACKAGES=(libvips-tools)
TEST_PACKAGES=(git sqlite3 libcmocka-dev postgresql-15 postgresql-client-15 redis-server caddy chromium fonts-noto-core
  fonts-noto-color-emoji clang-format cppcheck procps curl swift-proxy swift-account swift-container swift-object
  memcached ffmpeg)
FUZZ_PACKAGES=(clang libclang-rt-14-dev)

# memory_folder: makes a folder in memory for what tests write, and prints its name; nothing where there is no room or no
# program can run there. A test makes databases of its own, and most of its time on a disk is waiting for their fsyncs.
MEMORY_FOLDER_MB=4096
memory_folder() {
  local shm=/dev/shm free ram folder
  [ "$(stat -f -c %T $shm 2>/dev/null)" = tmpfs ] || return 0
  free=$(df -m --output=avail $shm | tail -n 1)
  ram=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
  [ "$free" -ge $MEMORY_FOLDER_MB ] && [ "$ram" -ge $((MEMORY_FOLDER_MB * 3 / 2)) ] || return 0
  folder=$(mktemp -d $shm/switchboard-XXXXXX)
  chmod 755 "$folder" # PostgreSQL runs as another user
  printf '#!/bin/sh\n' >"$folder/program"
  chmod 755 "$folder/program"
  if "$folder/program" 2>/dev/null; then rm "$folder/program" && printf '%s' "$folder"; else rm -r "$folder"; fi
}

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# need_root: this user is root or has sudo, or is told to have the whole of `advice` run by an administrator.
need_root() {
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    die "Packages are missing, and this user is neither root nor has sudo. Run this as root, then start again:
  $advice"
}

as_root() { # as_root COMMAND…
  need_root
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the given packages that are missing; does not call apt when none is.
ensure_packages() {
  local missing=() package installed advice
  installed=$({ dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true; } | awk '$1 == "ii" { print $2 }')
  for package in "$@"; do
    grep -qx "$package" <<<"$installed" || [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  advice="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  need_root
  say "Installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # On a minimal Debian debconf warns that it asks its questions late; it asks none here.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" 2>&1 >/dev/null |
    { grep -v '^debconf: delaying package configuration' || true; } >&2
}

# ---- Node ----
# Debian's Node is too old for today's Vite, and its npm brings 387 packages. So Node and npm are two archives of the npm
# registry, checked against the lock file of tools/node and unpacked; no npm has to be there before.

NPM_MACHINE_FILES=(/etc/npmrc /usr/etc/npmrc) # where Debian's npm and others look for the machine's own configuration

# npm_machine_file: that of them which this machine has, or nothing. The pinned npm would look beside itself instead.
npm_machine_file() {
  local file
  for file in "${npm_config_globalconfig:-${NPM_CONFIG_GLOBALCONFIG:-}}" "${NPM_MACHINE_FILES[@]}"; do
    if [ -r "$file" ]; then printf '%s' "$file"; return; fi
  done
}

# pinned_npm ARGUMENT…: the pinned npm, with the configuration of this user and this machine (mirror, certificates).
pinned_npm() {
  local file
  file=$(npm_machine_file)
  env ${file:+"npm_config_globalconfig=$file"} PATH="$TOOLCHAIN:$PATH" npm "$@"
}

# The registry's address, as npm would find it. This repository does not name one: a machine with a mirror names that
# in its npm configuration; any other gets npm's own default, out of Debian's npm package (0.7 MB, unpacked and not
# installed).
npm_registry() {
  local address=${npm_config_registry:-${NPM_CONFIG_REGISTRY:-}} file folder
  for file in "${npm_config_userconfig:-${HOME:-/root}/.npmrc}" "$(npm_machine_file)"; do
    [ -z "$address" ] && [ -r "$file" ] || continue
    address=$(sed -n 's/^registry *= *"\{0,1\}\([^" ]*\).*/\1/p' "$file" | tail -n 1)
  done
  if [ -z "$address" ]; then
    folder=$(mktemp -d)
    [ -n "$(apt-cache show npm 2>/dev/null)" ] || advice="apt-get update" as_root apt-get update -qq
    (cd "$folder" && apt-get download -qq npm && dpkg-deb -x npm_*.deb .) >/dev/null 2>&1 || true
    address=$({ grep -rhoE --include=definitions.js "default: 'https://[^']+/'" "$folder" || true; } | cut -d "'" -f 2 | head -n 1)
    rm -rf "$folder"
  fi
  [ -n "$address" ] || die "The npm registry's address is not known. Set npm_config_registry to it."
  printf '%s' "${address%/}"
}

# fetch_pinned PACKAGE TARGET: the archive that tools/node/package-lock.json pins. npm fetches it where there is one, with
# all that its configuration says; else curl.
fetch_pinned() {
  local package=$1 target=$2 version integrity given registry=${registry:-}
  read -r version integrity < <(awk -v key="\"node_modules/$package\":" '$1 == key { on = 1 }
    on && $1 == "\"version\":" { gsub(/[",]/, "", $2); version = $2 }
    on && $1 == "\"integrity\":" { gsub(/[",]/, "", $2); sub(/^sha512-/, "", $2); print version, $2; exit }' tools/node/package-lock.json)
  [ -n "${integrity:-}" ] || die "tools/node/package-lock.json does not pin $package."
  if command -v npm >/dev/null; then
    (cd "${target%/*}" && npm pack --silent "$package@$version" >/dev/null && mv "$package-$version.tgz" "$target")
  else
    [ -n "$registry" ] || registry=$(npm_registry)
    curl -fsSL --retry 3 -o "$target" "$registry/$package/-/$package-$version.tgz" ||
      die "$package could not be fetched from the npm registry at $registry."
  fi
  given=$(sha512sum "$target" | cut -d ' ' -f 1)
  [ "$given" = "$(base64 -d <<<"$integrity" | od -An -v -tx1 | tr -d ' \n')" ] ||
    die "$package from the npm registry is not the archive that tools/node/package-lock.json pins."
}

# Installs the pinned Node and npm atomically: unpacks them beside their place and moves them there.
ensure_node() {
  local folder=tools/node/node_modules work=$ROOT/tools/node/new cpu lock
  lock=$(sha256sum <tools/node/package-lock.json)
  [ -f $folder/.installed ] && [ "$(cat $folder/.installed)" = "$lock" ] && return 0
  case $(uname -m) in
    x86_64) cpu=x64 ;;
    aarch64) cpu=arm64 ;;
    *) die "The npm registry has no Node for this processor, $(uname -m)." ;;
  esac
  say "Installing Node"
  rm -rf "$work"
  mkdir -p "$work/modules/.bin" "$work/modules/npm" "$work/modules/node/bin"
  fetch_pinned "node-linux-$cpu" "$work/node.tgz"
  fetch_pinned npm "$work/npm.tgz"
  tar -xzf "$work/node.tgz" -C "$work/modules/node/bin" --strip-components=2 --no-same-owner package/bin/node
  tar -xzf "$work/npm.tgz" -C "$work/modules/npm" --strip-components=1 --no-same-owner
  ln -s ../node/bin/node "$work/modules/.bin/node"
  ln -s ../npm/bin/npm-cli.js "$work/modules/.bin/npm"
  ln -s ../npm/bin/npx-cli.js "$work/modules/.bin/npx"
  "$work/modules/.bin/node" --version >/dev/null || die "Node of the npm registry does not run on this machine."
  printf '%s' "$lock" >"$work/modules/.installed"
  rm -rf $folder
  mv "$work/modules" $folder
  rm -rf "$work"
}

# npm_install DIR: the lock file's packages, once for each state of the lock file.
npm_install() {
  local dir=$1 stamp=$1/node_modules/.installed lock
  ensure_node
  lock=$(sha256sum <"$dir/package-lock.json")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ] && return 0
  rm -f "$stamp"
  say "Installing npm packages of $dir"
  (cd "$dir" && pinned_npm ci --no-audit --no-fund --no-update-notifier --loglevel=error)
  printf '%s' "$lock" >"$stamp"
}

# ---- building ----
# A stamp records the inputs of a build. It is removed before the build and written again after a check of the result, so that
# the next run repeats a build that was interrupted.

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
  [ -s web/dist/index.html ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  rm -f "$stamp"
  say "Building the panel"
  (cd web && PATH=$TOOLCHAIN:$PATH npm run build --silent)
  [ -s web/dist/index.html ] || die "The panel was built, but web/dist/index.html is not there."
  printf '%s' "$now" >"$stamp"
}

jobs_count() { nproc 2>/dev/null || echo 2; }

build_server() { # build_server VARIANT [TARGET…]
  local variant=$1
  shift
  make -s -j"$(jobs_count)" V="$variant" "${@:-binary}"
}

runs() { "$1" version >/dev/null 2>&1; } # runs BINARY: it is whole

free_port() {
  "$NODE" -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

# port_is_free PORT: nothing listens there, on the address of HOST.
port_is_free() {
  "$NODE" -e 'require("node:net").createServer().on("error",()=>process.exit(1)).listen(process.argv[1],process.argv[2],()=>process.exit(0))' \
    "$1" "${HOST:-127.0.0.1}"
}
