/* Resolves a commit in doubt: the connection was lost while its COMMIT was in flight. The server knows the outcome by
 * the transaction's id, which is taken at BEGIN.
 *
 * DOUBT.md explains the steps. Non-goal: a failover to a standby that had not received the commit. */
#include "db/postgres_internal.h"

#include "base/log.h"

#include <string.h>

enum { PATIENCE_MS = 30000, LOOK_MS = 20, BACKEND_GRACE_MS = 500 };

enum status { STATUS_COMMITTED, STATUS_ABORTED, STATUS_IN_PROGRESS, STATUS_NONE /* no answer */ };

static PGresult *ask(struct postgres_conn *c, const char *sql, const struct postgres_doubt *doubt) {
  char pid[12];
  snprintf(pid, sizeof pid, "%d", doubt->backend_pid);
  const char *values[] = {doubt->xid, pid};
  return PQexecParams(c->pg, sql, strstr(sql, "$2") ? 2 : 1, NULL, values, NULL, NULL, 0);
}

static enum status ask_status(struct postgres_conn *c, const struct postgres_doubt *doubt) {
  enum status status = STATUS_NONE;
  PGresult *r = ask(c, "SELECT pg_xact_status($1::xid8)", doubt);
  if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
    str word = str_c(PQgetvalue(r, 0, 0));
    if (str_eq(word, S("committed")))
      status = STATUS_COMMITTED;
    else if (str_eq(word, S("aborted")))
      status = STATUS_ABORTED;
    else if (str_eq(word, S("in progress")))
      status = STATUS_IN_PROGRESS;
  } else if (PQstatus(c->pg) == CONNECTION_OK) {
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (state && strcmp(state, "22023") == 0) status = STATUS_ABORTED; /* "in the future": the id was lost in a crash */
  }
  PQclear(r);
  return status;
}

/* Whether the id left traces that survived the crash; POSTGRES_UNKNOWN when that can no longer be determined. */
static enum postgres_verdict ask_recovery(struct postgres_conn *c, const struct postgres_doubt *doubt) {
  enum postgres_verdict verdict = POSTGRES_UNKNOWN;
  /* A checkpoint at rest (recovery or shutdown) has its redo point at its own position. */
  PGresult *r = ask(c,
                    "SELECT redo_lsn = checkpoint_lsn, split_part(next_xid, ':', 1)::numeric * 4294967296 + "
                    "split_part(next_xid, ':', 2)::numeric > $1::numeric FROM pg_control_checkpoint()",
                    doubt);
  if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && PQgetvalue(r, 0, 0)[0] == 't')
    verdict = PQgetvalue(r, 0, 1)[0] == 't' ? POSTGRES_COMMITTED : POSTGRES_ABORTED;
  PQclear(r);
  return verdict;
}

static void end_backend(struct postgres_conn *c, const struct postgres_doubt *doubt) {
  PQclear(ask(c,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $2::int AND "
              "backend_xid = $1::xid8::xid",
              doubt));
}

/* Queries once; false when there is no answer yet. */
static bool look(struct postgres_conn *c, const struct postgres_doubt *doubt, bool impatient,
                 enum postgres_verdict *verdict) {
  if (err_is(postgres_conn_ensure(c, 5))) return false;
  enum status status = ask_status(c, doubt);
  bool crashed = strcmp(c->incarnation, doubt->incarnation) != 0;
  if (status == STATUS_NONE) {
    postgres_conn_close(c);
    return false;
  }
  if (status == STATUS_IN_PROGRESS && !crashed) {
    if (impatient) end_backend(c, doubt);
    return false;
  }
  if (status != STATUS_COMMITTED)
    *verdict = POSTGRES_ABORTED; /* an id in progress after a crash belongs to another transaction */
  else
    *verdict = crashed ? ask_recovery(c, doubt) : POSTGRES_COMMITTED;
  return true;
}

enum postgres_verdict postgres_resolve(struct postgres_conn *c, const struct postgres_doubt *doubt) {
  static const char *const words[] = {"committed", "aborted", "unknown"};
  enum postgres_verdict verdict = POSTGRES_UNKNOWN;
  int64_t started = thread_now_ms();
  postgres_conn_close(c);
  for (;;) {
    int64_t waited = thread_now_ms() - started;
    if (look(c, doubt, waited > BACKEND_GRACE_MS, &verdict) || waited > PATIENCE_MS) break;
    db_sleep_ms(LOOK_MS);
  }
  LOG_WARN("db.commit_in_doubt", LOG_C("outcome", words[verdict]), LOG_I("took_ms", thread_now_ms() - started));
  return verdict;
}
