/* See account.h. */
#include "desk/account/account.h"

#include "desk/names.h"
#include "desk/setting/setting.h"
#include "sql.h"

#include <inttypes.h>

static const char *const sources[] = {[ACCOUNT_OF_PANEL] = "panel", [ACCOUNT_OF_ENVIRONMENT] = "environment"};
static const struct json_enum source_names = {.name = "AccountSource", .names = sources, .count = JSON_COUNT(sources)};

static const char *const contacts[] = {
    [ACCOUNT_CONTACT_NONE] = "none", [ACCOUNT_CONTACT_BUTTON] = "button", [ACCOUNT_CONTACT_SUM] = "sum"};
const struct json_enum account_first_contact_names = {
    .name = "FirstContact", .names = contacts, .count = JSON_COUNT(contacts)};

#define TOKEN_KEY S("account_token/")
#define PROXY_KEY S("account_proxy/")

static void from_cells(const struct db_cell *cell, struct account_row *out) {
  *out = (struct account_row){
      .id = cell[COL_ACCOUNT_ID].i,
      .position = cell[COL_ACCOUNT_POSITION].i,
      .channel = cell[COL_ACCOUNT_CHANNEL].s,
      .name = cell[COL_ACCOUNT_NAME].s,
      .username = cell[COL_ACCOUNT_USERNAME].s,
      .source = names_find(&source_names, cell[COL_ACCOUNT_SOURCE].s),
      .paused = cell[COL_ACCOUNT_PAUSED].i != 0,
      .updates = cell[COL_ACCOUNT_UPDATES].s,
      .api_url = cell[COL_ACCOUNT_API_URL].s,
      .greeting = cell[COL_ACCOUNT_GREETING].s,
      .greeting_ru = cell[COL_ACCOUNT_GREETING_RU].s,
      .first_contact = names_find(&account_first_contact_names, cell[COL_ACCOUNT_FIRST_CONTACT].s),
      .check_text = cell[COL_ACCOUNT_CHECK_TEXT].s,
      .check_text_ru = cell[COL_ACCOUNT_CHECK_TEXT_RU].s,
      .block_text = cell[COL_ACCOUNT_BLOCK_TEXT].s,
      .block_text_ru = cell[COL_ACCOUNT_BLOCK_TEXT_RU].s,
      .state = cell[COL_ACCOUNT_STATE].s,
      .error = cell[COL_ACCOUNT_ERROR].s,
      .fallback = cell[COL_ACCOUNT_FALLBACK].i != 0,
      .checked_at = cell[COL_ACCOUNT_CHECKED_AT].i,
      .fence = cell[COL_ACCOUNT_FENCE].i,
      .successor_id = cell[COL_ACCOUNT_SUCCESSOR_ID].i,
      .removed_at = cell[COL_ACCOUNT_REMOVED_AT].i,
      .created_at = cell[COL_ACCOUNT_CREATED_AT].i,
      .updated_at = cell[COL_ACCOUNT_UPDATED_AT].i,
  };
}

static void from_row(const struct db_rows *rows, size_t row, struct account_row *out) {
  from_cells(db_at(rows, row, 0), out);
  out->holder = db_at(rows, row, rows->columns - 2)->s;
  out->lease_until = db_at(rows, row, rows->columns - 1)->i;
}

err account_list(db_conn *c, str channel, bool removed, arena *a, struct account_row **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_ACCOUNT_LIST, a, &rows, DB_S(channel), DB_I(removed));
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct account_row, *count + 1);
  for (size_t i = 0; i < *count; i++) from_row(&rows, i, &(*out)[i]);
  return e;
}

err account_get(db_conn *c, int64_t id, arena *a, struct account_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_ACCOUNT_BY_ID, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (!rows.count) return err_make(ERR_NOT_FOUND);
  from_row(&rows, 0, out);
  return err_ok;
}

err account_add(db_conn *c, const struct account_row *row, int64_t now_ms) {
  struct db_rows places = {0}, added = {0};
  arena *a = db_conn_arena(c);
  err e = DB_RUN(c, SQL_ACCOUNT_PLACES, a, &places, DB_S(row->channel));
  if (err_is(e)) return e;
  if (db_at(&places, 0, 0)->i >= ACCOUNTS_MAX)
    return err_detail(ERR_INVALID_FIELD, "token", "A desk can have %d bots.", ACCOUNTS_MAX);
  int64_t position = row->position ? row->position : db_at(&places, 0, 1)->i + 1;
  e = DB_RUN(c, SQL_ACCOUNT_ADD, a, &added, DB_I(row->id), DB_S(row->channel), DB_I(position),
             DB_S(str_or_empty(row->name)), DB_S(str_or_empty(row->username)),
             DB_S(names_text(&source_names, row->source)), DB_S(row->updates.ptr ? row->updates : S("auto")),
             DB_S(row->api_url), DB_I(now_ms));
  return err_is(e) || added.changed ? e : err_make(ERR_CONFLICT);
}

err account_save(db_conn *c, const struct account_row *row, int64_t now_ms) {
  return DB_RUN(c, SQL_ACCOUNT_SAVE, db_conn_arena(c), NULL, DB_I(row->id),
                DB_S(names_text(&source_names, row->source)), DB_I(row->paused), DB_S(row->updates), DB_S(row->api_url),
                DB_S(row->greeting), DB_S(row->greeting_ru), DB_I(now_ms),
                DB_S(names_text(&account_first_contact_names, row->first_contact)), DB_S(row->check_text),
                DB_S(row->check_text_ru), DB_S(row->block_text), DB_S(row->block_text_ru));
}

/* ---- secrets ---- */

static const char *key_of(arena *a, int64_t id, enum account_secret which) {
  str prefix = which == ACCOUNT_TOKEN ? TOKEN_KEY : PROXY_KEY;
  return arena_cstr(a, arena_printf(a, "%.*s%" PRId64, STR_ARG(prefix), id));
}

err account_get_secret(struct desk *d, db_conn *c, int64_t id, enum account_secret which, arena *a, str *out) {
  err e = setting_get_secret(d, c, key_of(a, id, which), a, out);
  if (!out->len) *out = STR_NONE;
  return e;
}

err account_set_secret(struct desk *d, db_conn *c, int64_t id, enum account_secret which, str value, int64_t by,
                       arena *a) {
  const char *key = key_of(a, id, which);
  if (!value.len) return setting_remove(c, key);
  return setting_set_secret(d, c, key, value, by, desk_now(d), a);
}

str account_secret_name(str setting) {
  if (str_starts(setting, TOKEN_KEY)) return S("the token of an account");
  return str_starts(setting, PROXY_KEY) ? S("the proxy of an account") : STR_NONE;
}

err account_set_successor(db_conn *c, const struct account_row *row, int64_t successor_id, int64_t now_ms) {
  struct account_row next;
  for (int64_t id = successor_id, steps = 0; id; id = next.successor_id) {
    err e = account_get(c, id, db_conn_arena(c), &next);
    if (err_is(e) && e.code != ERR_NOT_FOUND) return e;
    bool there = !err_is(e) && str_eq(next.channel, row->channel) && (steps++ > 0 || !next.removed_at);
    if (!there) return err_detail(ERR_INVALID_FIELD, "successor_id", "There is no such account.");
    if (id == row->id || steps > ACCOUNT_CHAIN_MAX)
      return err_detail(ERR_INVALID_FIELD, "successor_id", "An account cannot replace itself.");
  }
  return DB_RUN(c, SQL_ACCOUNT_SET_SUCCESSOR, db_conn_arena(c), NULL, DB_I(row->id), db_arg_opt(successor_id),
                DB_I(now_ms));
}

err account_remove(db_conn *c, int64_t id, int64_t successor_id, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  err e = DB_RUN(c, SQL_ACCOUNT_REMOVE, a, NULL, DB_I(id), DB_I(now_ms), db_arg_opt(successor_id));
  if (!err_is(e)) e = DB_RUN(c, SQL_ACCOUNT_LEASE_DROP, a, NULL, DB_I(id));
  if (!err_is(e)) e = setting_remove(c, key_of(a, id, ACCOUNT_TOKEN));
  return err_is(e) ? e : setting_remove(c, key_of(a, id, ACCOUNT_PROXY));
}

err account_set_state(db_conn *c, const struct account_row *row) {
  return DB_RUN(c, SQL_ACCOUNT_SET_STATE, db_conn_arena(c), NULL, DB_I(row->id), DB_S(str_or_empty(row->name)),
                DB_S(str_or_empty(row->username)), DB_S(row->state), DB_S(row->error), db_arg_opt(row->checked_at),
                DB_I(row->fallback));
}

err account_touch(db_conn *c, int64_t id, int64_t now_ms) {
  return DB_RUN(c, SQL_ACCOUNT_TOUCH, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
}

err account_greeting(db_conn *c, str channel, str account, str language, arena *a, str *out) {
  int64_t id = 0;
  struct db_rows rows = {0};
  *out = STR_NONE;
  if (str_to_i64(account, &id)) {
    err e = DB_RUN(c, SQL_ACCOUNT_GREETING, a, &rows, DB_I(id), DB_S(channel));
    if (err_is(e)) return e;
    if (rows.count) *out = db_at(&rows, 0, setting_is_russian(language) ? 1 : 0)->s;
  }
  return out->ptr ? err_ok : setting_greeting(c, language, a, out);
}

err account_contact(db_conn *c, str channel, str account, str language, arena *a, struct account_contact *out) {
  int64_t id = 0;
  struct db_rows rows = {0};
  *out = (struct account_contact){.first_contact = ACCOUNT_CONTACT_NONE};
  if (!str_to_i64(account, &id)) return err_ok;
  err e = DB_RUN(c, SQL_ACCOUNT_CONTACT, a, &rows, DB_I(id), DB_S(channel));
  if (err_is(e) || !rows.count) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  int russian = setting_is_russian(language) ? 1 : 0;
  out->first_contact = names_find(&account_first_contact_names, cell[0].s);
  out->check_text = cell[1 + russian].s;
  out->block_text = cell[3 + russian].s;
  return err_ok;
}

/* ---- what the channel shall show ---- */

err account_profile_get(db_conn *c, int64_t id, arena *a, str *wanted) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_ACCOUNT_PROFILE_GET, a, &rows, DB_I(id));
  *wanted = err_is(e) || !rows.count ? STR_NONE : db_at(&rows, 0, 0)->s;
  return e;
}

err account_profile_set(db_conn *c, int64_t id, str wanted, int64_t now_ms) {
  return DB_RUN(c, SQL_ACCOUNT_PROFILE_SET, db_conn_arena(c), NULL, DB_I(id), DB_S(wanted), DB_I(now_ms));
}

err account_profile_wait(db_conn *c, int64_t id, str part, str language, int64_t *until_ms) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_ACCOUNT_PROFILE_WAIT, db_conn_arena(c), &rows, DB_I(id), DB_S(part), DB_S(language));
  *until_ms = err_is(e) || !rows.count ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err account_profile_set_wait(db_conn *c, int64_t id, str part, str language, int64_t until_ms) {
  return DB_RUN(c, SQL_ACCOUNT_PROFILE_SET_WAIT, db_conn_arena(c), NULL, DB_I(id), DB_S(part), DB_S(language),
                DB_I(until_ms));
}

/* ---- the lease ---- */

err account_lease(db_conn *c, int64_t id, str holder, int64_t until_ms, int64_t now_ms, int64_t *fence) {
  arena *a = db_conn_arena(c);
  struct db_rows rows = {0}, raised = {0};
  *fence = 0;
  err e = DB_RUN(c, SQL_ACCOUNT_LEASE_OF, a, &rows, DB_I(id));
  if (err_is(e) || !rows.count || db_at(&rows, 0, 3)->i) return e;
  str present = db_at(&rows, 0, 0)->s;
  bool ours = str_eq(present, holder);
  if (!ours && present.ptr && db_at(&rows, 0, 1)->i > now_ms) return err_ok;
  e = DB_RUN(c, SQL_ACCOUNT_LEASE_SET, a, NULL, DB_I(id), DB_S(holder), DB_I(until_ms));
  if (!err_is(e) && !ours) e = DB_RUN(c, SQL_ACCOUNT_FENCE_RAISE, a, &raised, DB_I(id));
  if (!err_is(e)) *fence = ours ? db_at(&rows, 0, 2)->i : db_at(&raised, 0, 0)->i;
  return e;
}

err account_release(db_conn *c, int64_t id, str holder) {
  return DB_RUN(c, SQL_ACCOUNT_RELEASE, db_conn_arena(c), NULL, DB_S(holder), DB_I(id));
}

err account_expire_leases_of_earlier_runs(db_conn *c, str holder) {
  return DB_RUN(c, SQL_ACCOUNT_EXPIRE_LEASES_OF_EARLIER_RUNS, db_conn_arena(c), NULL, DB_S(desk_holder_prefix(holder)),
                DB_S(holder));
}

err account_fence_holds(db_conn *c, int64_t id, int64_t fence, bool *holds) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_ACCOUNT_FENCE, db_conn_arena(c), &rows, DB_I(id), DB_I(fence));
  *holds = !err_is(e) && rows.count > 0;
  return e;
}
