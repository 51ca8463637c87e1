/* Migrations on PostgreSQL. One advisory lock is held from the first query to the end, so that of several starting
 * processes one works and the others find nothing to do. Each file is one transaction. */
#include "db/migrate_internal.h"
#include "db/postgres_internal.h"

#include "base/log.h"

#include <string.h>

/* "switchbd" as a number, to avoid other programs' locks. */
#define LOCK_KEY "8320234785195188836"

enum { ATTEMPTS = 8 };

static err failed(PGconn *pg, const PGresult *r, const char *what) {
  const char *message = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
  enum err_code code = PQstatus(pg) == CONNECTION_OK ? ERR_INTERNAL : ERR_UNAVAILABLE;
  return err_detail(code, NULL, "%s: %s", what, message ? message : "the connection was lost");
}

static err run(PGconn *pg, const char *sql, const char *what) {
  PGresult *r = PQexec(pg, sql);
  ExecStatusType status = PQresultStatus(r);
  err e = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? err_ok : failed(pg, r, what);
  PQclear(r);
  return e;
}

static err open_session(const char *url, bool create, void **session) {
  (void)create; /* the administrator creates the database itself */
  PGconn *pg = NULL;
  err e = err_ok;
  for (int i = 0; i < ATTEMPTS; i++) {
    e = postgres_connect(url, 5, &pg);
    if (e.code != ERR_UNAVAILABLE) break;
    LOG_WARN("db.unreachable", LOG_E(e));
    if (i + 1 < ATTEMPTS) db_sleep_ms(20 << i);
  }
  if (err_is(e)) return e;
  *session = pg;
  return err_ok;
}

static void close_session(void **session) {
  PQfinish(*session);
  *session = NULL;
}

static err prepare(void *session) {
  err e = run(session, "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock(" LOCK_KEY ")",
              "cannot take the migrations' lock");
  return err_is(e) ? e : run(session, MIGRATE_TABLE, "cannot create schema_migration");
}

static err begin(void *session) { return run(session, "BEGIN", "cannot begin a migration"); }

static err applied(void *session, arena *a, struct migrate_applied **list, size_t *count) {
  PGconn *pg = session;
  *count = 0;
  PGresult *r = PQexec(pg, "SELECT to_regclass('schema_migration') IS NOT NULL");
  bool there = PQresultStatus(r) == PGRES_TUPLES_OK && PQgetvalue(r, 0, 0)[0] == 't';
  bool asked = PQresultStatus(r) == PGRES_TUPLES_OK;
  err e = asked ? err_ok : failed(pg, r, "cannot look for schema_migration");
  PQclear(r);
  if (!there) return e;
  r = PQexec(pg, MIGRATE_LIST);
  if (PQresultStatus(r) == PGRES_TUPLES_OK) {
    *count = (size_t)PQntuples(r);
    *list = arena_array(a, struct migrate_applied, *count + 1);
    for (size_t i = 0; i < *count; i++) {
      struct migrate_applied *m = &(*list)[i];
      int64_t number = 0;
      (void)str_to_i64(str_c(PQgetvalue(r, (int)i, 0)), &number);
      m->number = (int)number;
      m->name = arena_cstr(a, str_c(PQgetvalue(r, (int)i, 1)));
      snprintf(m->checksum, sizeof m->checksum, "%s", PQgetvalue(r, (int)i, 2));
    }
  } else {
    e = failed(pg, r, "cannot read schema_migration");
  }
  PQclear(r);
  return e;
}

/* The position counts characters from 1; a migration is nearly all ASCII. */
static int line_of(const char *text, const char *position) {
  int64_t at = 0;
  int line = 1;
  if (!position || !str_to_i64(str_c(position), &at)) return 0;
  for (int64_t i = 0; i + 1 < at && text[i]; i++) line += text[i] == '\n';
  return line;
}

static err execute(void *session, const char *name, const char *text) {
  PGconn *pg = session;
  PGresult *r = PQexec(pg, text);
  ExecStatusType status = PQresultStatus(r);
  err e = err_ok;
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    char what[120];
    snprintf(what, sizeof what, "migration %.60s, line %d", name,
             line_of(text, r ? PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION) : NULL));
    e = failed(pg, r, what);
  } else if (PQtransactionStatus(pg) != PQTRANS_INTRANS) {
    e = err_detail(ERR_INTERNAL, NULL, "migration %.60s ends its transaction itself", name);
  }
  PQclear(r);
  return e;
}

static err mark(void *session, const struct migrate_applied *m, int64_t now_ms) {
  PGconn *pg = session;
  char number[12], now[24];
  snprintf(number, sizeof number, "%d", m->number);
  snprintf(now, sizeof now, "%lld", (long long)now_ms);
  const char *values[] = {number, m->name, m->checksum, now};
  PGresult *r = PQexecParams(pg, MIGRATE_MARK, 4, NULL, values, NULL, NULL, 0);
  err e = PQresultStatus(r) == PGRES_COMMAND_OK ? err_ok : failed(pg, r, "cannot write schema_migration");
  PQclear(r);
  return e;
}

static err commit(void *session) { return run(session, "COMMIT", "cannot commit a migration"); }

static void roll_back(void *session) {
  if (PQtransactionStatus(session) == PQTRANS_INTRANS || PQtransactionStatus(session) == PQTRANS_INERROR)
    PQclear(PQexec(session, "ROLLBACK"));
}

const struct migrate_engine migrate_postgres = {open_session, close_session, prepare, begin,    applied,
                                                execute,      mark,          commit,  roll_back};
