/* Settings in the database. Secrets are sealed with the process's key; one that cannot be opened (the key has changed)
 * counts as not set and is logged. */
#include "desk/setting/setting_internal.h"

#include "base/log.h"
#include "base/seal.h"
#include "desk/bus/bus.h"
#include "sql.h"

err setting_get(db_conn *c, const char *key, arena *a, str *out) {
  struct db_rows rows;
  *out = STR_NONE;
  err e = DB_RUN(c, SQL_SETTING_GET, a, &rows, DB_S(str_c(key)));
  if (!err_is(e) && rows.count) *out = db_at(&rows, 0, 0)->s;
  return e;
}

/* Contains the setting's name and not its value, which not every receiver may read. */
struct event_setting_change {
  str key;
};
static const struct json_field change_fields[] = {
    {.name = "key", .type = JSON_STRING, .offset = offsetof(struct event_setting_change, key)},
};
JSON_SHAPE(event_setting_change_shape, "SettingChangeEvent", struct event_setting_change, change_fields,
           "An operator has changed a setting; panels that show it fetch it.");

err setting_set(db_conn *c, const char *key, str value, int64_t by, int64_t now_ms) {
  err e =
      DB_RUN(c, SQL_SETTING_SET, db_conn_arena(c), NULL, DB_S(str_c(key)), DB_S(value), DB_I(now_ms), db_arg_opt(by));
  if (err_is(e) || !by) return e; /* the server's own notes need no event */
  struct event_about about = {.by = actor_operator(by)};
  return emit_setting_change(c, &about, &(struct event_setting_change){str_c(key)}, now_ms);
}

err setting_remove(db_conn *c, const char *key) {
  return DB_RUN(c, SQL_SETTING_REMOVE, db_conn_arena(c), NULL, DB_S(str_c(key)));
}

err setting_greeting(db_conn *c, str language, arena *a, str *out) {
  bool russian = setting_is_russian(language);
  err e = setting_get(c, russian ? "greeting_ru" : "greeting", a, out);
  if (!err_is(e) && !out->ptr) *out = str_c(russian ? setting_default_greeting_ru : setting_default_greeting);
  return e;
}

err setting_daily_greeting(db_conn *c, str language, arena *a, str *out) {
  bool russian = !language.len || setting_is_russian(language);
  err e = setting_get(c, russian ? "daily_greeting_ru" : "daily_greeting", a, out);
  if (!err_is(e) && !out->ptr) *out = str_c(russian ? setting_default_daily_ru : setting_default_daily);
  return e;
}

err setting_time_zone(db_conn *c, arena *a, str *out) {
  err e = setting_get(c, "time_zone", a, out);
  if (!err_is(e) && !out->len) *out = S("UTC");
  return e;
}

/* The setting's key is the context, so a sealed text moved to another row cannot be decrypted. */
static void key_of(const struct desk *d, struct seal_key *out) {
  seal_key_derive(str_n(d->secret_key, 32), "setting", out);
}

err setting_get_secret(struct desk *d, db_conn *c, const char *key, arena *a, str *out) {
  str sealed;
  *out = STR_NONE;
  err e = setting_get(c, key, a, &sealed);
  if (err_is(e) || !sealed.ptr) return e;
  struct seal_key seal;
  key_of(d, &seal);
  if (!seal_open(&seal, sealed, str_c(key), a, out)) LOG_WARN("setting.sealed_by_another_key", LOG_C("key", key));
  seal_key_wipe(&seal);
  return err_ok;
}

err setting_set_secret(struct desk *d, db_conn *c, const char *key, str value, int64_t by, int64_t now_ms, arena *a) {
  struct seal_key seal;
  key_of(d, &seal);
  str sealed = seal_make(&seal, d->rand, value, str_c(key), a);
  seal_key_wipe(&seal);
  return setting_set(c, key, sealed, by, now_ms);
}

err setting_unreadable(struct desk *d, db_conn *c, arena *a, str *keys, size_t max, size_t *count) {
  struct db_rows rows;
  struct seal_key seal;
  *count = 0;
  err e = DB_RUN(c, SQL_SETTING_SEALED, a, &rows);
  key_of(d, &seal);
  for (size_t i = 0; !err_is(e) && i < rows.count && *count < max; i++) {
    str key = db_at(&rows, i, 0)->s, value = db_at(&rows, i, 1)->s, plain;
    if (seal_is_sealed(value) && !seal_open(&seal, value, key, a, &plain)) keys[(*count)++] = key;
  }
  seal_key_wipe(&seal);
  return e;
}
