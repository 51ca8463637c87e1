#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own: scripts/with-postgres.sh make V=asan unit
# The cluster lives in a temporary directory on a free loopback port and is gone afterwards, however the command ends;
# several may run at once. The command finds in its environment
#   TEST_POSTGRES_URL       postgresql://switchboard:…@127.0.0.1:PORT/postgres, a superuser of this cluster only
#   TEST_POSTGRES_RESTART   a command that restarts the server: its argument is pg_ctl's mode (fast, immediate)
# TEST_POSTGRES_FSYNC=on makes commits durable, for benchmarks; off is faster and enough for tests. Passwords are checked by MD5,
# since a test opens a dozen connections and SCRAM costs milliseconds for each.
# TEST_POSTGRES_BIN names the directory of the server's programs.
set -euo pipefail

[ $# -gt 0 ] || { sed -n '2,9s/^# //p' "$0" >&2; exit 2; }
bin=${TEST_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$bin/postgres" ] || { echo "with-postgres.sh: there is no PostgreSQL server (apt-get install postgresql)" >&2; exit 2; }
fsync=${TEST_POSTGRES_FSYNC:-off}

# The server refuses to run as root.
as_owner() { if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u "${owner}" -- "$@"); else "$@"; fi; }
owner=postgres
if [ "$(id -u)" -eq 0 ] && ! id postgres >/dev/null 2>&1; then owner=nobody; fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/with-postgres-XXXXXX")
child=
clean_up() {
  status=$?
  trap '' INT TERM HUP
  if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null || true; fi
  if [ -f "$dir/data/postmaster.pid" ]; then as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true; fi
  rm -rf "$dir"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

chmod 755 "$dir"
if [ "$(id -u)" -eq 0 ]; then chown "$owner" "$dir"; fi
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" > "$dir/password"
if [ "$(id -u)" -eq 0 ]; then chown "$owner" "$dir/password"; fi
chmod 600 "$dir/password"
as_owner "$bin/initdb" -D "$dir/data" -U switchboard --pwfile="$dir/password" --auth=md5 -E UTF8 --locale=C.UTF-8 \
  --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
as_owner tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
password_encryption = md5
wal_level = minimal
max_wal_senders = 0
unix_socket_directories = ''
max_connections = 100
shared_buffers = 64MB
fsync = $fsync
full_page_writes = $fsync
autovacuum_naptime = 10s
max_wal_size = 1GB
log_min_messages = warning
log_min_error_statement = panic
CONF

# A free port may be taken by another run between the look and the start: then the next one is tried.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  return 1
}
started=
for _ in 1 2 3 4 5; do
  port=$(free_port)
  if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -o "-p $port" -w -t 60 start >/dev/null 2>&1; then
    started=yes
    break
  fi
done
[ -n "$started" ] || { cat "$dir/data/server.log" >&2; exit 1; }

# Restarting is the owner's; the command may be of another user, or root.
cat > "$dir/restart" <<RESTART
#!/bin/sh
cd /
if [ "\$(id -u)" -eq 0 ]; then set -- runuser -u $owner -- "$bin/pg_ctl" -m "\${1:-fast}"; else set -- "$bin/pg_ctl" -m "\${1:-fast}"; fi
exec "\$@" -D "$dir/data" -l "$dir/data/server.log" -o "-p $port" -w -t 60 restart >/dev/null 2>&1
RESTART
chmod 755 "$dir/restart"

export TEST_POSTGRES_URL="postgresql://switchboard:$password@127.0.0.1:$port/postgres"
export TEST_POSTGRES_RESTART="$dir/restart"
"$@" &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
