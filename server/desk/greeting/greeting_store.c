/* See greeting.h. */
#include "desk/greeting/greeting.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/setting/setting.h"
#include "sql.h"

#define PERSON(q)   DB_S((q)->channel), DB_S((q)->account), DB_S((q)->external_id)
#define PLACEHOLDER S("{user_name}")

enum { ISOLATION_BYTES = 6 }; /* bytes of the two marks around a name */

str greeting_fill(str text, str name, arena *a) {
  name = str_tidy_name(a, name, LIMIT_NAME_MAX);
  for (size_t at = 0; at + PLACEHOLDER.len <= text.len; at++) {
    if (!str_eq(str_sub(text, at, at + PLACEHOLDER.len), PLACEHOLDER)) continue;
    size_t head = at;
    if (!name.len && head && text.ptr[head - 1] == ' ') head--;
    if (!name.len && head && text.ptr[head - 1] == ',') head--;
    buf out;
    buf_init(&out, text.len + name.len + ISOLATION_BYTES);
    buf_add(&out, str_sub(text, 0, head));
    buf_add_isolated(&out, name);
    buf_add(&out, str_sub(text, at + PLACEHOLDER.len, text.len));
    str filled = arena_dup(a, buf_borrow(&out));
    buf_free(&out);
    return str_or_empty(filled);
  }
  return text;
}

static err day_of(struct desk *d, db_conn *c, char day[ZONE_DAY_SIZE]) {
  str name = STR_NONE;
  err e = setting_time_zone(c, db_conn_arena(c), &name);
  if (!err_is(e)) zone_day(name, desk_now(d), day);
  return e;
}

err greeting_wanted(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *wanted) {
  char day[ZONE_DAY_SIZE];
  struct db_rows rows = {0};
  str text = STR_NONE;
  *wanted = false;
  err e = day_of(d, c, day);
  if (!err_is(e)) e = DB_RUN(c, SQL_GREETING_OF_DAY, db_conn_arena(c), &rows, PERSON(ask), DB_S(str_c(day)));
  if (err_is(e) || rows.count) return e;
  e = setting_daily_greeting(c, ask->language, db_conn_arena(c), &text);
  *wanted = !err_is(e) && text.len > 0;
  return e;
}

err greeting_give(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *given) {
  char day[ZONE_DAY_SIZE];
  arena *a = db_conn_arena(c);
  struct db_rows rows = {0};
  str text = STR_NONE;
  *given = false;
  err e = day_of(d, c, day);
  if (!err_is(e)) e = setting_daily_greeting(c, ask->language, a, &text);
  if (err_is(e) || text.len == 0) return e;
  e = DB_RUN(c, SQL_GREETING_GIVE, a, &rows, PERSON(ask), DB_S(str_c(day)), DB_S(greeting_fill(text, ask->name, a)),
             DB_I(desk_now(d)));
  *given = !err_is(e) && rows.changed > 0;
  return e;
}

err greeting_list(db_conn *c, const struct greeting_ask *ask, int64_t from_ms, size_t limit, arena *a,
                  struct greeting_row **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_GREETING_LIST, a, &rows, PERSON(ask), DB_I(from_ms), DB_I(limit));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct greeting_row, rows.count);
  for (size_t i = 0; i < rows.count; i++)
    (*out)[i] = (struct greeting_row){db_at(&rows, i, 0)->s, db_at(&rows, i, 1)->i};
  return err_ok;
}

err greeting_rename(db_conn *c, str channel, str account, str external_id, str to) {
  return DB_RUN(c, SQL_GREETING_RENAME, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_S(external_id),
                DB_S(to));
}
