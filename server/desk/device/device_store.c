/* See device.h. */
#include "desk/device/device_internal.h"

#include "sql.h"

#define OWNER(o) DB_S((o)->channel), DB_S((o)->account), DB_S((o)->external_id)

err device_register(db_conn *c, const struct device_owner *owner, const struct device_row *device, int64_t now_ms,
                    int64_t *count) {
  arena *a = db_conn_arena(c);
  str id = str_or_empty(device->device_id);
  err e = err_ok;
  if (id.len) e = DB_RUN(c, SQL_DEVICE_REPLACE, a, NULL, OWNER(owner), DB_S(id), DB_S(device->token));
  if (!err_is(e))
    e = DB_RUN(c, SQL_DEVICE_UPSERT, a, NULL, OWNER(owner), DB_S(id), DB_S(device->token),
               DB_S(str_or_empty(device->platform)), DB_I(now_ms), DB_I(now_ms));
  if (!err_is(e)) e = DB_RUN(c, SQL_DEVICE_TRIM, a, NULL, OWNER(owner), DB_I(DEVICES_PER_CUSTOMER));
  return err_is(e) ? e : device_count(c, owner, count);
}

err device_count(db_conn *c, const struct device_owner *owner, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_DEVICE_COUNT, db_conn_arena(c), &rows, OWNER(owner));
  *count = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err device_present(db_conn *c, const struct device_owner *owner, int64_t now_ms) {
  return DB_RUN(c, SQL_DEVICE_PRESENT, db_conn_arena(c), NULL, OWNER(owner), DB_I(now_ms));
}

err device_rename_presence(db_conn *c, const struct device_owner *owner, str external_id) {
  return DB_RUN(c, SQL_DEVICE_RENAME_PRESENCE, db_conn_arena(c), NULL, OWNER(owner), DB_S(external_id));
}

err device_list(db_conn *c, const struct device_owner *owner, arena *a, struct device_list *out) {
  struct db_rows rows = {0}, seen = {0};
  err e = DB_RUN(c, SQL_DEVICE_LIST, a, &rows, OWNER(owner), DB_I(DEVICES_PER_CUSTOMER));
  if (!err_is(e)) e = DB_RUN(c, SQL_DEVICE_PRESENCE, a, &seen, OWNER(owner));
  if (err_is(e)) return e;
  struct device_view *views = arena_array(a, struct device_view, rows.count + 1);
  for (size_t i = 0; i < rows.count; i++)
    views[i] = (struct device_view){str_or_empty(db_at(&rows, i, 0)->s), db_at(&rows, i, 1)->i, db_at(&rows, i, 2)->i};
  *out = (struct device_list){seen.count ? db_at(&seen, 0, 0)->i : 0, {views, rows.count}};
  return err_ok;
}

err device_forget(db_conn *c, int64_t id) { return DB_RUN(c, SQL_DEVICE_FORGET, db_conn_arena(c), NULL, DB_I(id)); }

err push_add(db_conn *c, const struct device_owner *owner, int64_t message_id, int64_t now_ms) {
  return DB_RUN(c, SQL_PUSH_ADD, db_conn_arena(c), NULL, OWNER(owner), DB_I(message_id), DB_I(now_ms));
}

err push_due(db_conn *c, str channel, str account, int64_t now_ms, size_t limit, arena *a, struct push_row **out,
             size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_PUSH_DUE, a, &rows, DB_S(channel), DB_S(account), DB_I(now_ms), DB_I(limit));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct push_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    (*out)[i] = (struct push_row){.id = cell[0].i,
                                  .device_id = cell[1].i,
                                  .message_id = cell[2].i,
                                  .attempts = cell[3].i,
                                  .token = cell[4].s,
                                  .platform = str_or_empty(cell[5].s),
                                  .external_id = cell[6].s};
  }
  return err_ok;
}

err push_claim(db_conn *c, int64_t id, int64_t until_ms) {
  return DB_RUN(c, SQL_PUSH_CLAIM, db_conn_arena(c), NULL, DB_I(id), DB_I(until_ms));
}

err push_release(db_conn *c) { return db_run(c, SQL_PUSH_RELEASE, NULL, 0, db_conn_arena(c), NULL); }

err push_done(db_conn *c, int64_t id) { return DB_RUN(c, SQL_PUSH_DONE, db_conn_arena(c), NULL, DB_I(id)); }

err push_later(db_conn *c, int64_t id, int64_t next_at_ms) {
  return DB_RUN(c, SQL_PUSH_LATER, db_conn_arena(c), NULL, DB_I(id), DB_I(next_at_ms));
}
