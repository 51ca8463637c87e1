/* Sources in the database. */
#include "desk/source/source.h"

#include "sql.h"

static void from_cells(const struct db_cell *cell, struct source_row *out) {
  *out = (struct source_row){
      .id = cell[COL_SOURCE_ID].i,
      .payload = cell[COL_SOURCE_PAYLOAD].s,
      .name = cell[COL_SOURCE_NAME].s,
      .tag = cell[COL_SOURCE_TAG].s,
      .language = cell[COL_SOURCE_LANGUAGE].s,
  };
}

/* ["a","ab","abc"]: a payload has only letters, digits, "_" and "-", so nothing needs quoting. */
static str beginnings(arena *a, str payload) {
  buf b;
  buf_init(&b, (size_t)SOURCE_PAYLOAD_MAX * (SOURCE_PAYLOAD_MAX + 4));
  for (size_t n = 1; n <= payload.len; n++) {
    buf_add(&b, n > 1 ? S(",") : S("["));
    buf_add_json_string(&b, str_sub(payload, 0, n));
  }
  buf_add_char(&b, ']');
  str list = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return list;
}

err source_of_payload(db_conn *c, str payload, arena *a, struct source_row *out, bool *found) {
  struct db_rows rows = {0};
  *found = false;
  if (payload.len == 0 || payload.len > SOURCE_PAYLOAD_MAX) return err_ok;
  err e = DB_RUN(c, SQL_SOURCE_OF_PAYLOAD, a, &rows, DB_S(beginnings(a, payload)));
  *found = !err_is(e) && rows.count > 0;
  if (*found) from_cells(db_at(&rows, 0, 0), out);
  return e;
}

err source_list(db_conn *c, arena *a, struct source_row **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_SOURCE_LIST, a, &rows, DB_I(SOURCES_MAX));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct source_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) from_cells(db_at(&rows, i, 0), &(*out)[i]);
  return err_ok;
}

static str or_none(str s) { return s.len ? s : STR_NONE; }

#define VALUES(row) DB_S((row)->payload), DB_S((row)->name), DB_S(or_none((row)->tag)), DB_S(or_none((row)->language))

static err taken(void) { return err_detail(ERR_CONFLICT, "payload", "Another source has this payload."); }

static err check_room(db_conn *c) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_SOURCE_COUNT, db_conn_arena(c), &rows);
  if (err_is(e) || db_at(&rows, 0, 0)->i <= SOURCES_MAX) return e;
  return err_detail(ERR_INVALID_FIELD, "payload", "There can be at most %d sources.", SOURCES_MAX);
}

err source_add(db_conn *c, const struct source_row *row, int64_t now_ms, int64_t *id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_SOURCE_ADD, db_conn_arena(c), &rows, VALUES(row), DB_I(now_ms), DB_I(now_ms));
  if (err_is(e)) return e;
  if (rows.count == 0) return taken();
  *id = db_at(&rows, 0, 0)->i;
  return check_room(c);
}

err source_change(db_conn *c, const struct source_row *row, int64_t now_ms) {
  struct db_rows rows = {0}, changed = {0};
  arena *a = db_conn_arena(c);
  err e = DB_RUN(c, SQL_SOURCE_BY_PAYLOAD, a, &rows, DB_S(row->payload));
  if (!err_is(e) && rows.count && db_at(&rows, 0, 0)->i != row->id) return taken();
  if (!err_is(e)) e = DB_RUN(c, SQL_SOURCE_CHANGE, a, &changed, DB_I(row->id), VALUES(row), DB_I(now_ms));
  return err_is(e) || changed.changed ? e : err_make(ERR_NOT_FOUND);
}

err source_remove(db_conn *c, int64_t id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_SOURCE_REMOVE, db_conn_arena(c), &rows, DB_I(id));
  return err_is(e) || rows.changed ? e : err_make(ERR_NOT_FOUND);
}

err source_import(db_conn *c, const struct source_row *list, size_t count, int64_t now_ms) {
  err e = err_ok;
  for (size_t i = 0; i < count && !err_is(e); i++)
    e = DB_RUN(c, SQL_SOURCE_PUT, db_conn_arena(c), NULL, VALUES(&list[i]), DB_I(now_ms), DB_I(now_ms));
  return err_is(e) ? e : check_room(c);
}
