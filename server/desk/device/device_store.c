/* See device.h. */
#include "desk/device/device_internal.h"

#include "sql.h"

#define OWNER(o) DB_S((o)->channel), DB_S((o)->account), DB_S((o)->external_id)

/* Removes queued jobs of devices that have just been removed; a leased job ends at its next step. */
static err drop_pushes(db_conn *c, const struct db_rows *devices) {
  err e = err_ok;
  for (size_t i = 0; i < devices->count && !err_is(e); i++)
    e = job_cancel(c, JOB_PUSH, SUBJECT_DEVICE, db_at(devices, i, 0)->i, NULL);
  return e;
}

err device_register(db_conn *c, const struct device_owner *owner, const struct device_row *device, int64_t now_ms,
                    int64_t *count) {
  arena *a = db_conn_arena(c);
  str id = str_or_empty(device->device_id);
  struct db_rows replaced = {0}, trimmed = {0};
  err e = err_ok;
  if (id.len) e = DB_RUN(c, SQL_DEVICE_REPLACE, a, &replaced, OWNER(owner), DB_S(id), DB_S(device->token));
  if (!err_is(e)) e = drop_pushes(c, &replaced);
  if (!err_is(e))
    e = DB_RUN(c, SQL_DEVICE_UPSERT, a, NULL, OWNER(owner), DB_S(id), DB_S(device->token),
               DB_S(str_or_empty(device->platform)), DB_I(now_ms), DB_I(now_ms));
  if (!err_is(e)) e = DB_RUN(c, SQL_DEVICE_TRIM, a, &trimmed, OWNER(owner), DB_I(DEVICES_PER_CUSTOMER));
  if (!err_is(e)) e = drop_pushes(c, &trimmed);
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

err device_forget(db_conn *c, int64_t id) {
  err e = DB_RUN(c, SQL_DEVICE_FORGET, db_conn_arena(c), NULL, DB_I(id));
  return err_is(e) ? e : job_cancel(c, JOB_PUSH, SUBJECT_DEVICE, id, NULL);
}
