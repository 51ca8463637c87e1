#!/usr/bin/env bash
# Starts Switchboard from a checkout, on a fresh Debian 12 too: installs what is missing, builds what has changed,
# and serves. Nothing changed since the last start: no network, up within two seconds.
#   scripts/start.sh          with your own bot (set the token in the panel, or TELEGRAM_BOT_TOKEN)
#   scripts/start.sh --demo   with a simulated Telegram and a few lively customers; needs no token
#   scripts/start.sh --build  installs and builds only
. "$(dirname "$0")/lib.sh"

demo=no build_only=no
for argument in "$@"; do
  case $argument in
    --demo) demo=yes ;;
    --build) build_only=yes ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "I do not know '$argument'. Try --demo, --build or --help." ;;
  esac
done

binary=build/release/switchboard
stamp=build/.started
now=$(sources_stamp)
if [ ! -x $binary ] || [ ! -f $stamp ] || [ "$(cat $stamp)" != "$now" ]; then
  ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
  build_panel
  say "Building the server"
  build_server release
  printf '%s' "$now" >$stamp
fi
[ $build_only = no ] || exit 0

if [ $demo = no ]; then
  exec $binary serve
fi

# The demo keeps its data apart and forgets it at every start, so that it always begins with the same stories.
port=${PORT:-3000}
data=${DEMO_DATA_DIR:-build/demo}
token=123456:DEMO-TOKEN
rm -rf "$data"
mkdir -p "$data"
"$NODE" tests/telegram/simulator.ts --port "${DEMO_SIMULATOR_PORT:-0}" --token "$token" --demo >"$data/simulator.log" 2>&1 &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true' EXIT
address=
for _ in $(seq 100); do
  address=$(sed -n 's/^telegram-simulator listening on //p' "$data/simulator.log")
  [ -z "$address" ] && kill -0 "$simulator" 2>/dev/null || break
  sleep 0.1
done
[ -n "$address" ] || die "The Telegram simulator did not start: $(cat "$data/simulator.log")"
env -u TELEGRAM_WEBHOOK_URL DATA_DIR="$data" DATABASE_URL="sqlite:$data/switchboard.db" PORT="$port" \
  TELEGRAM_API_URL="$address" TELEGRAM_BOT_TOKEN="$token" TELEGRAM_GROUP_CHAT_ID=-1001000000001 DEMO_URL="$address" \
  MOBILE_API_AUTH=key MOBILE_APP_KEY=demo-app-key \
  ADMIN_EMAIL=demo@switchboard.example ADMIN_PASSWORD=switchboard-demo LOG_LEVEL="${LOG_LEVEL:-warn}" $binary serve &
server=$!
say_when_ready() {
  local i
  for i in $(seq 200); do
    "$NODE" -e "fetch('http://127.0.0.1:$port/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))" && break
    kill -0 "$server" 2>/dev/null || return 0
    sleep 0.1
  done
  printf '\n'
  say "The demo is open at http://localhost:$port/demo"
  echo "You are signed in there as its operator; the customers, and the staff's group, live at $address."
  echo "A shop with the web chat on it: $address/shop.html?desk=http://localhost:$port"
  echo "Ctrl+C ends all of it."
}
say_when_ready &
trap 'kill "$server" "$simulator" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM
wait "$server"
