/* Customers in the database. A customer is read before it is written, since nearly every message comes from
 * a known customer without changes: one read instead of a write that updates the search index. */
#include "desk/customer/customer.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/customer/customer_search.h"
#include "desk/names.h"
#include "sql.h"

#include <stdlib.h>

static err only_row(err e, const struct db_rows *rows, arena *a, struct customer_row *out) {
  if (err_is(e)) return e;
  if (rows->count == 0) return err_make(ERR_NOT_FOUND);
  customer_from_cells(db_at(rows, 0, 0), a, out);
  return err_ok;
}

err customer_get(db_conn *c, int64_t id, arena *a, struct customer_row *out) {
  struct db_rows rows = {0};
  return only_row(DB_RUN(c, SQL_CUSTOMER_BY_ID, a, &rows, DB_I(id)), &rows, a, out);
}

err customer_assigned(db_conn *c, int64_t id, int64_t operator_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CUSTOMER_ASSIGNED, db_conn_arena(c), &rows, DB_I(id), DB_I(operator_id));
  return err_is(e) || rows.count ? e : err_make(ERR_NOT_FOUND);
}

err customer_lock(db_conn *c, int64_t id, arena *a, struct customer_row *out) {
  struct db_rows rows = {0};
  return only_row(DB_RUN(c, SQL_CUSTOMER_LOCK, a, &rows, DB_I(id)), &rows, a, out);
}

err customer_find(db_conn *c, str channel, str account, str external_id, arena *a, struct customer_row *out) {
  struct db_rows rows = {0};
  return only_row(DB_RUN(c, SQL_CUSTOMER_BY_EXTERNAL, a, &rows, DB_S(channel), DB_S(account), DB_S(external_id)), &rows,
                  a, out);
}

static str none_if_empty(str s) { return s.len ? s : STR_NONE; }

static bool same(str a, str b) { return a.ptr && b.ptr ? str_eq(a, b) : a.ptr == b.ptr; }

/* Someone new here who wrote to an account that this one replaces, or to one that replaces it. ERR_NOT_FOUND. */
static err inherit(db_conn *c, const struct customer_identity *who, int64_t now_ms, arena *a,
                   struct customer_row *before, struct customer_row *out) {
  struct db_rows rows = {0};
  int64_t account = 0;
  if (!str_to_i64(who->account, &account)) return err_make(ERR_NOT_FOUND); /* no account of the table */
  err e = DB_RUN(c, SQL_CUSTOMER_OF_RELATIVE, a, &rows, DB_S(who->channel), DB_I(account), DB_S(who->external_id));
  e = only_row(e, &rows, a, before);
  if (!err_is(e)) e = DB_RUN(c, SQL_CUSTOMER_MOVE, a, NULL, DB_I(before->id), DB_S(who->account), DB_I(now_ms));
  return err_is(e) ? e : customer_get(c, before->id, a, out);
}

err customer_upsert(db_conn *c, const struct customer_identity *who, int64_t now_ms, arena *a, struct customer_row *out,
                    struct customer_row *before) {
  str name = customer_name(who->name, who->username, who->external_id, a);
  str username = str_tidy_name(a, who->username, LIMIT_NAME_MAX);
  str language = none_if_empty(who->language);
  err e = customer_find(c, who->channel, who->account, who->external_id, a, out);
  if (!err_is(e)) *before = *out;
  if (e.code == ERR_NOT_FOUND) e = inherit(c, who, now_ms, a, before, out);
  bool known = !err_is(e);
  if (!known && e.code != ERR_NOT_FOUND) return e;
  if (!known) *before = (struct customer_row){0};
  bool same_premium = !who->tells_premium || out->premium == who->premium;
  /* Keep the stored language when a channel no longer sends it. */
  if (known && same(out->name, name) && same(out->username, username) && same_premium &&
      (!language.ptr || same(out->told_language, language)))
    return err_ok;
  struct db_rows rows = {0};
  return only_row(DB_RUN(c, SQL_CUSTOMER_UPSERT, a, &rows, DB_S(who->channel), DB_S(who->account),
                         DB_S(who->external_id), DB_S(name), DB_S(username), DB_S(language), DB_I(now_ms), DB_I(now_ms),
                         who->tells_premium ? DB_I(who->premium) : db_arg_opt(0)),
                  &rows, a, out);
}

err customer_came(db_conn *c, struct customer_row *row, const struct customer_origin *from, int64_t now_ms,
                  bool *changed) {
  *changed = from->payload.len > 0 && (!row->start_payload.ptr || (!row->source.ptr && from->source.ptr));
  if (!*changed) return err_ok;
  row->start_payload = from->payload;
  row->source = from->source;
  row->source_tag = from->tag;
  if (from->language.ptr) row->language = from->language;
  return DB_RUN(c, SQL_CUSTOMER_CAME, db_conn_arena(c), NULL, DB_I(row->id), DB_S(from->payload), DB_S(from->source),
                DB_S(from->tag), DB_S(from->language), DB_I(now_ms));
}

err customer_rename_external(db_conn *c, int64_t id, str external_id, int64_t now_ms) {
  return DB_RUN(c, SQL_CUSTOMER_RENAME_EXTERNAL, db_conn_arena(c), NULL, DB_I(id), DB_S(external_id), DB_I(now_ms));
}

err customer_set_reach(db_conn *c, int64_t id, enum customer_reach reach, int64_t now_ms, bool *changed) {
  static const enum sql_id statements[] = {[CUSTOMER_BLOCKED] = SQL_CUSTOMER_BLOCK,
                                           [CUSTOMER_REACHABLE] = SQL_CUSTOMER_UNBLOCK,
                                           [CUSTOMER_DEACTIVATED] = SQL_CUSTOMER_DEACTIVATE};
  struct db_rows rows = {0};
  err e = DB_RUN(c, statements[reach], db_conn_arena(c), &rows, DB_I(id), DB_I(now_ms));
  *changed = !err_is(e) && rows.changed > 0;
  return e;
}

err customer_ban(db_conn *c, int64_t id, int64_t operator_id, int64_t now_ms, bool *changed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CUSTOMER_BAN, db_conn_arena(c), &rows, DB_I(id), db_arg_opt(operator_id), DB_I(now_ms));
  *changed = !err_is(e) && rows.changed > 0;
  return e;
}

err customer_unban(db_conn *c, int64_t id, int64_t now_ms, bool *changed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CUSTOMER_UNBAN, db_conn_arena(c), &rows, DB_I(id), DB_I(now_ms));
  *changed = !err_is(e) && rows.changed > 0;
  return e;
}

err customer_ban_told(db_conn *c, int64_t id) {
  return DB_RUN(c, SQL_CUSTOMER_BAN_TOLD, db_conn_arena(c), NULL, DB_I(id));
}

err customer_photo_asked(db_conn *c, int64_t id, int64_t now_ms) {
  return DB_RUN(c, SQL_CUSTOMER_PHOTO_ASKED, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
}

err customer_set_photo(db_conn *c, int64_t id, int64_t file_id, str key, int64_t now_ms) {
  return DB_RUN(c, SQL_CUSTOMER_SET_PHOTO, db_conn_arena(c), NULL, DB_I(id), db_arg_opt(file_id), DB_S(key),
                DB_I(now_ms));
}

/* The customer id in a query; 0 if it is none. */
static int64_t id_in(str query) {
  int64_t id;
  return str_to_i64(str_trim(query), &id) && id > 0 ? id : 0;
}

err customer_search(db_conn *c, str query, size_t max, arena *a, int64_t **ids, size_t *count, bool *more) {
  struct db_rows rows = {0};
  str match = customer_search_match(query, db_conn_engine(c), a);
  err e = match.len ? DB_RUN(c, SQL_CUSTOMER_SEARCH, a, &rows, DB_S(match), DB_I(max + 1)) : err_ok;
  *ids = arena_array(a, int64_t, rows.count + 1);
  *count = 0;
  *more = rows.count > max;
  if (id_in(query)) (*ids)[(*count)++] = id_in(query);
  for (size_t i = 0; i < rows.count && i < max; i++) (*ids)[(*count)++] = db_at(&rows, i, 0)->i;
  return e;
}

static int by_value(const void *x, const void *y) {
  int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
  return (a > b) - (a < b);
}

err customer_search_among(db_conn *c, str query, const int64_t *ids, size_t count, arena *a, bool *found) {
  str match = customer_search_match(query, db_conn_engine(c), a);
  struct db_rows rows = {0};
  if (match.len) {
    err e = DB_RUN(c, SQL_CUSTOMER_SEARCH_AMONG, a, &rows, DB_S(match), DB_S(names_ids(a, ids, count)));
    if (err_is(e)) return e;
  }
  int64_t *hits = arena_array(a, int64_t, rows.count);
  for (size_t i = 0; i < rows.count; i++) hits[i] = db_at(&rows, i, 0)->i;
  qsort(hits, rows.count, sizeof *hits, by_value);
  for (size_t i = 0; i < count; i++)
    found[i] = ids[i] == id_in(query) || bsearch(&ids[i], hits, rows.count, sizeof *hits, by_value);
  return err_ok;
}
