/* Connecting to PostgreSQL, and the settings of every session. */
#include "db/postgres_internal.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum { OLDEST_VERSION = 130000 }; /* pg_current_xact_id and pg_xact_status */

/* Commits must be on disk when they are acknowledged, even if the server's default is asynchronous; a stronger setting
 * (a synchronous standby's) is left alone. Waiting for locks is bounded, since a function can be run again. */
static const char session_setup[] = "SET TIME ZONE 'UTC'; SET lock_timeout = 5000; SET statement_timeout = 60000;"
                                    "SET idle_in_transaction_session_timeout = 60000; SET bytea_output = 'hex';"
                                    "SELECT set_config('synchronous_commit', 'on', false)"
                                    " WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/* libpq's error message about a bad URL would contain the password. */
static err check_address(const char *url) {
  char *complaint = NULL;
  PQconninfoOption *parsed = PQconninfoParse(url, &complaint);
  PQfreemem(complaint);
  if (!parsed)
    return err_detail(ERR_INVALID_FIELD, "DATABASE_URL",
                      "DATABASE_URL is not a valid PostgreSQL URL (is a character in the password not "
                      "percent-encoded?)");
  PQconninfoFree(parsed);
  return err_ok;
}

static err unreachable(const PGconn *pg) {
  const char *host = pg ? PQhost(pg) : NULL;
  const char *message = pg ? PQerrorMessage(pg) : "out of memory";
  str line = str_trim(str_c(message));
  line = str_sub(line, 0, str_index(line, '\n', 0));
  return err_detail(ERR_UNAVAILABLE, NULL, "PostgreSQL at %.60s: %.*s", host ? host : "?", STR_ARG(line));
}

static void ignore_notice(void *arg, const char *message) { (void)arg, (void)message; }

err postgres_connect(const char *url, int timeout_s, PGconn **out) {
  *out = NULL;
  err e = check_address(url);
  if (err_is(e)) return e;
  char timeout[12];
  snprintf(timeout, sizeof timeout, "%d", timeout_s);
  /* Options in the URL come later and take precedence. A silent network is detected within half a minute. */
  const char *const keys[] = {"fallback_application_name", "connect_timeout",  "keepalives_idle",
                              "keepalives_interval",       "keepalives_count", "tcp_user_timeout",
                              "client_encoding",           "dbname",           NULL};
  const char *const values[] = {"switchboard", timeout, "15", "5", "3", "30000", "UTF8", url, NULL};
  PGconn *pg = PQconnectdbParams(keys, values, 1);
  PGresult *r = NULL;
  if (pg) PQsetNoticeProcessor(pg, ignore_notice, NULL);
  if (!pg || PQstatus(pg) != CONNECTION_OK) {
    e = unreachable(pg);
  } else if (PQserverVersion(pg) < OLDEST_VERSION) {
    e = err_detail(ERR_UNAVAILABLE, NULL, "PostgreSQL 13 or newer is required, this is %d",
                   PQserverVersion(pg) / 10000);
  } else {
    r = PQexec(pg, session_setup);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) e = unreachable(pg);
  }
  PQclear(r);
  if (err_is(e)) {
    PQfinish(pg);
    return e;
  }
  *out = pg;
  return e;
}

/* A serializable transaction that reads a table by a sequential scan conflicts with every write to the table; one that reads
 * by an index conflicts on the pages it read. A planner with statistics from an empty table would choose the scan. Where a
 * scan remains, its penalty makes the server compile the plan each time (JIT), which takes 20 ms: so that is off. */
static void prefer_indexes(PGconn *pg) { PQclear(PQexec(pg, "SET enable_seqscan = off; SET jit = off")); }

/* The readers of the event log in all processes wait for every open transaction that has an id: the writers' and that of
 * another reader which asks for the horizon. So both kinds of sessions get the limit (desk/bus/README.md). */
static void limit_idle(const struct postgres_conn *c) {
  char sql[64];
  snprintf(sql, sizeof sql, "SET idle_in_transaction_session_timeout = %d", c->side->idle_max_ms);
  PQclear(PQexec(c->pg, sql));
}

/* Crash recovery resets the server's statistics, a clean restart keeps them: their reset time identifies the span
 * between two crashes. */
static void read_incarnation(struct postgres_conn *c) {
  PGresult *r = PQexec(c->pg, "SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter");
  bool known = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
  snprintf(c->incarnation, sizeof c->incarnation, "%s", known ? PQgetvalue(r, 0, 0) : "");
  PQclear(r);
}

err postgres_conn_ensure(struct postgres_conn *c, int timeout_s) {
  assert(c->base.magic == DB_CONN_MAGIC);
  if (c->pg) return err_ok;
  err e = postgres_connect(c->side->url, timeout_s, &c->pg);
  if (err_is(e)) {
    /* All threads fail while the server is down: log one line every five seconds. */
    int64_t now = thread_now_ms(), last = atomic_load(&c->side->complained_ms);
    if (now - last >= DB_PATIENCE_MS && atomic_compare_exchange_strong(&c->side->complained_ms, &last, now))
      LOG_WARN("db.unreachable", LOG_E(e));
    return e;
  }
  if (c->writes) prefer_indexes(c->pg);
  limit_idle(c);
  c->backend_pid = PQbackendPID(c->pg);
  read_incarnation(c);
  return err_ok;
}

void postgres_conn_close(struct postgres_conn *c) {
  PQfinish(c->pg);
  c->pg = NULL;
  db_texts_clear(&c->texts);
  memset(c->composed_parameters, 0, sizeof c->composed_parameters);
  memset(c->prepared, 0, (size_t)c->base.db->statement_count * sizeof *c->prepared);
}
