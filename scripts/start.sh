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
if [ ! -f $stamp ] || [ "$(cat $stamp)" != "$now" ] || ! runs $binary; then
  rm -f $stamp
  ensure_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
  build_panel
  say "Building the server"
  build_server release
  if ! runs $binary; then # make takes the result of an interrupted build for a finished one
    rm -rf build/release
    build_server release
    runs $binary || die "The server was built, but $binary does not run: $($binary version 2>&1 || true)"
  fi
  printf '%s' "$now" >$stamp
fi
[ $build_only = no ] || exit 0

if [ $demo = no ]; then
  exec $binary serve
fi

# claim_port PORT: nothing listens there, and no other demo of this checkout has the port and its data. The lock ends with
# the demo.
claim_port() {
  exec {lock}>"build/.demo-$1.lock"
  if flock -n "$lock" && port_is_free "$1"; then port=$1; return; fi
  exec {lock}>&-
  return 1
}

# A port that the user asks for is used, or it is an error; without one, 3000 or the next free port.
choose_port() {
  local wanted=${PORT:-} candidate
  [ "$wanted" != 0 ] || wanted=$(free_port)
  for candidate in ${wanted:-$(seq 3000 3020)}; do
    if claim_port "$candidate"; then return; fi
  done
  if [ -n "$wanted" ]; then die "Port $wanted is taken by another program, or may not be used. Stop that program, or choose another port: PORT=$((wanted + 1)) scripts/start.sh --demo"; fi
  die "The ports 3000 to 3020 are all taken. Choose another: PORT=8080 scripts/start.sh --demo"
}

# The demo keeps its data apart and forgets it at every start, so that it always begins with the same stories.
choose_port
[ "${PORT:-}" = 0 ] || [ "$port" = "${PORT:-3000}" ] || echo "Port ${PORT:-3000} is taken; the demo uses $port."
data=${DEMO_DATA_DIR:-build/demo}
[ "$port" = 3000 ] || data=${DEMO_DATA_DIR:-build/demo-$port} # another demo may be running on 3000
token=123456:DEMO-TOKEN
rm -rf "$data"
mkdir -p "$data"
simulator= server=
stop_all() {
  trap - EXIT
  kill $server $simulator 2>/dev/null || true
  wait $server $simulator 2>/dev/null || true
}
trap stop_all EXIT
trap 'exit 0' INT TERM

: >"$data/simulator.log" # the shell opens it for the simulator some time after "&"; it is read at once
"$NODE" tests/telegram/simulator.ts --port "${DEMO_SIMULATOR_PORT:-0}" --token "$token" --demo >>"$data/simulator.log" 2>&1 &
simulator=$!
address=
for _ in $(seq 600); do
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
case ${HOST:-} in '' | 0.0.0.0 | ::) host=127.0.0.1 ;; *:*) host=[$HOST] ;; *) host=$HOST ;; esac
healthy() {
  "$NODE" -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(2000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "http://$host:$port/health"
}
until healthy; do
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
# Another program may answer at this port: the demo is ready only while its own server runs.
if ! kill -0 "$server" 2>/dev/null; then
  wait "$server" || code=$?
  server=
  if [ -z "${PORT:-}" ] && ! port_is_free "$port"; then # another program took the chosen port first
    stop_all
    exec {lock}>&-
    exec scripts/start.sh --demo
  fi
  exit "${code:-1}"
fi
printf '\n'
say "The demo is open at http://localhost:$port/demo"
echo "You are signed in there as its operator; the customers, and the staff's group, live at $address."
echo "A shop with the web chat on it: $address/shop.html?desk=http://localhost:$port"
echo "Ctrl+C ends all of it."
wait "$server"
