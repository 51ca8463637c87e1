/* See db_check.h: EXPLAIN QUERY PLAN on SQLite; on PostgreSQL the generic plan of a prepared statement, with sequential
 * scans made so expensive that one remains only without a usable index. */
#include "db/db_check.h"

#include "db/postgres_internal.h"
#include "db/sqlite_internal.h"

#include <string.h>

/* "a b" + "c" → "a b c", each once */
static str add_word(arena *a, str words, str word) {
  for (str rest = words; rest.ptr;) {
    if (str_eq(str_cut(&rest, ' '), word)) return words;
  }
  return words.ptr ? arena_printf(a, "%.*s %.*s", STR_ARG(words), STR_ARG(word)) : arena_dup(a, word);
}

static bool has_word(str words, str word) {
  while (words.ptr)
    if (str_eq(str_cut(&words, ' '), word)) return true;
  return false;
}

/* The word that follows a prefix in a line; absent when the line does not begin with it. */
static str word_after(str line, str prefix) {
  if (!str_starts(line, prefix)) return STR_NONE;
  str rest = str_sub(line, prefix.len, line.len);
  return str_cut(&rest, ' ');
}

/* ---- SQLite ---- */

/* Scans of intermediate results do not count: "CO-ROUTINE x", "MATERIALIZE x", "(subquery-2)". */
static void read_sqlite_line(arena *a, str line, str *made, struct db_plan *plan) {
  str name = word_after(line, S("CO-ROUTINE "));
  if (!name.ptr) name = word_after(line, S("MATERIALIZE "));
  if (name.ptr) *made = add_word(a, *made, name);
  plan->plan = arena_printf(a, "%.*s%.*s\n", STR_ARG(plan->plan), STR_ARG(line));
  name = word_after(line, S("SCAN "));
  if (!name.ptr || str_starts(name, S("(")) || has_word(*made, name)) return;
  if (str_starts(line, S("SCAN CONSTANT ROW")) || str_contains(line, S(" VIRTUAL TABLE "))) return;
  str *to = str_contains(line, S(" USING ")) ? &plan->walks : &plan->scans;
  *to = add_word(a, *to, name);
}

static void explain_sqlite(sqlite3 *handle, const struct db_statement *s, arena *a, struct db_plan *plan) {
  sqlite3_stmt *asked = NULL;
  str made = STR_NONE;
  str question = arena_printf(a, "EXPLAIN QUERY PLAN %s", s->sqlite);
  if (sqlite3_prepare_v2(handle, question.ptr, -1, &asked, NULL) != SQLITE_OK)
    plan->problem = err_detail(ERR_INTERNAL, NULL, "%s", sqlite3_errmsg(handle));
  while (asked && sqlite3_step(asked) == SQLITE_ROW)
    read_sqlite_line(a, arena_dup(a, str_c((const char *)sqlite3_column_text(asked, 3))), &made, plan);
  sqlite3_finalize(asked);
}

static err explain_all_sqlite(const char *path, int count, const struct db_statement *statements, arena *a,
                              struct db_plan *plans) {
  sqlite3 *handle = NULL;
  err e = sqlite_handle_open(path, false, &handle);
  for (int i = 0; i < count && !err_is(e); i++) explain_sqlite(handle, &statements[i], a, &plans[i]);
  sqlite_handle_close(&handle);
  return e;
}

/* ---- PostgreSQL ---- */

static void read_postgres_line(arena *a, str line, struct db_plan *plan) {
  plan->plan = arena_printf(a, "%.*s%.*s\n", STR_ARG(plan->plan), STR_ARG(line));
  const char *scan = line.len ? memmem(line.ptr, line.len, "Seq Scan on ", 12) : NULL;
  if (!scan) return;
  str rest = str_sub(line, (size_t)(scan - line.ptr) + 12, line.len);
  plan->scans = add_word(a, plan->scans, str_cut(&rest, ' '));
}

static void explain_postgres(PGconn *pg, const struct db_statement *s, arena *a, struct db_plan *plan) {
  int parameters = db_count_parameters(s->postgres);
  str question = S("EXPLAIN (COSTS OFF) EXECUTE asked");
  PGresult *r = PQprepare(pg, "asked", s->postgres, 0, NULL);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) goto done;
  PQclear(r);
  for (int i = 0; i < parameters; i++) question = arena_concat(a, question, i ? S(", NULL") : S(" (NULL"));
  if (parameters) question = arena_concat(a, question, S(")"));
  r = PQexec(pg, arena_cstr(a, question));
  for (int i = 0; i < PQntuples(r); i++) read_postgres_line(a, arena_dup(a, str_c(PQgetvalue(r, i, 0))), plan);
done:
  if (PQresultStatus(r) != PGRES_TUPLES_OK)
    plan->problem = err_detail(ERR_INTERNAL, NULL, "%s", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
  PQclear(r);
  PQclear(PQexec(pg, "DEALLOCATE ALL"));
}

static err explain_all_postgres(const char *url, int count, const struct db_statement *statements, arena *a,
                                struct db_plan *plans) {
  PGconn *pg = NULL;
  err e = postgres_connect(url, 5, &pg);
  if (err_is(e)) return e;
  PQclear(PQexec(pg, "SET enable_seqscan = off"));
  PQclear(PQexec(pg, "SET plan_cache_mode = force_generic_plan"));
  for (int i = 0; i < count; i++) explain_postgres(pg, &statements[i], a, &plans[i]);
  PQfinish(pg);
  return err_ok;
}

err db_explain(const char *url, const struct db_statement *statements, int count, arena *a, struct db_plan *plans) {
  struct db_target target;
  err e = db_target_parse(url, &target);
  if (err_is(e)) return e;
  for (int i = 0; i < count; i++) plans[i] = (struct db_plan){.statement = statements[i].name};
  return target.engine == DB_SQLITE ? explain_all_sqlite(target.url, count, statements, a, plans)
                                    : explain_all_postgres(target.url, count, statements, a, plans);
}
