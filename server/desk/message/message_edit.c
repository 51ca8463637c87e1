/* Edits: a message gets a new state, and the earlier version is stored completely. */
#include "desk/message/message_internal.h"

#include "desk/names.h"
#include "sql.h"

static bool same(const struct message_state *to, str content, str one, str other) {
  return to->same ? to->same(content, one, other) : str_eq(one, other);
}

static bool same_files(const struct message_row *old, const struct message_state *to) {
  const struct file_row *files = old->files.items;
  if (old->files.count != to->file_count) return false;
  for (size_t i = 0; i < to->file_count; i++)
    if (!same(to, STR_NONE, files[i].source, to->files[i].source)) return false;
  return true;
}

/* For a kind that is shown from the channel's JSON, messages are equal if that JSON is. */
static err same_raw(db_conn *c, const struct message_row *old, const struct message_state *to, arena *a,
                    bool *is_same) {
  *is_same = true;
  if (!to->content.ptr) return err_ok;
  str raw = STR_NONE;
  err e = message_raw(c, old->id, a, &raw);
  if (err_is(e) && e.code != ERR_NOT_FOUND) return e;
  *is_same = same(to, to->content, raw, to->raw);
  return err_ok;
}

static bool same_words(const struct message_row *old, const struct message_state *to) {
  str entities = message_entities_stored(to->entities_json);
  return old->kind == to->kind && str_eq(old->text, str_or_empty(to->text)) && str_eq(old->content, to->content) &&
         str_eq(old->entities_json, entities.ptr ? entities : S("[]")) && str_eq(old->headline, to->headline) &&
         str_eq(old->buttons_json, to->buttons_json);
}

/* The row's details are slices of one text in the order of details.tbl, as encoding them writes it. */
static bool same_details(const struct message_row *old, const struct message_state *to, arena *a) {
  return str_eq(message_details_encode(a, &old->details), to->details_json);
}

static err make_room(db_conn *c, int64_t id) {
  return DB_RUN(c, SQL_MESSAGE_THIN_HISTORY, db_conn_arena(c), NULL, DB_I(id), DB_I(MESSAGE_VERSIONS_MAX / 2),
                DB_I(MESSAGE_VERSIONS_MAX));
}

static err keep_version(db_conn *c, int64_t id, int64_t operator_id, int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  err e = make_room(c, id);
  if (!err_is(e)) e = DB_RUN(c, SQL_MESSAGE_KEEP_VERSION, a, &rows, DB_I(id), DB_I(now_ms), db_arg_opt(operator_id));
  return err_is(e) ? e : file_keep_version(c, db_at(&rows, 0, 0)->i, id);
}

/* Stores a state overtaken by a later one, without an event. */
static err keep_overtaken(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms) {
  const struct db_arg version[COL_MESSAGE_VERSION_COUNT] = {
      [COL_MESSAGE_VERSION_MESSAGE_ID] = DB_I(id),
      [COL_MESSAGE_VERSION_KIND] = DB_S(names_text(&message_kind_names, to->kind)),
      [COL_MESSAGE_VERSION_CONTENT] = DB_S(to->content),
      [COL_MESSAGE_VERSION_MEDIA] = DB_S(to->media_json),
      [COL_MESSAGE_VERSION_TEXT] = DB_S(str_or_empty(to->text)),
      [COL_MESSAGE_VERSION_ENTITIES] = DB_S(message_entities_stored(to->entities_json)),
      [COL_MESSAGE_VERSION_RAW] = DB_S(to->raw),
      [COL_MESSAGE_VERSION_REPLACED_AT] = DB_I(now_ms),
      [COL_MESSAGE_VERSION_STATED_AT] = db_arg_opt(to->stated_at),
      [COL_MESSAGE_VERSION_STATED_NO] = db_arg_opt(to->stated_no),
      [COL_MESSAGE_VERSION_HEADLINE] = DB_S(to->headline),
      [COL_MESSAGE_VERSION_DETAILS] = DB_S(to->details_json),
      [COL_MESSAGE_VERSION_BUTTONS] = DB_S(to->buttons_json),
  };
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  err e = make_room(c, id);
  if (!err_is(e)) e = db_run(c, SQL_MESSAGE_KEEP_STATE, version, COL_MESSAGE_VERSION_COUNT, a, &rows);
  for (size_t i = 0; i < to->file_count && !err_is(e); i++) {
    e = file_insert(c, &to->files[i], to->channel, to->account, now_ms);
    if (!err_is(e)) e = file_attach_version(c, db_at(&rows, 0, 0)->i, (int64_t)i, to->files[i].id);
  }
  return e;
}

struct stated {
  int64_t at, no; /* 0: unknown */
};

static err last_stated(db_conn *c, int64_t id, struct stated *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_STATED_AT, db_conn_arena(c), &rows, DB_I(id));
  *out = (struct stated){0, 0};
  if (!err_is(e) && rows.count) *out = (struct stated){db_at(&rows, 0, 0)->i, db_at(&rows, 0, 1)->i};
  return e;
}

static bool is_overtaken(const struct message_state *to, const struct stated *last) {
  if (to->stated_at <= 0 || to->stated_at > last->at) return false;
  return to->stated_at < last->at || (to->stated_no > 0 && to->stated_no < last->no);
}

/* No visible change, but the latest state: an older edit that arrives later changes nothing. */
static err restate(db_conn *c, int64_t id, const struct message_state *to) {
  if (to->stated_at <= 0) return err_ok;
  return DB_RUN(c, SQL_MESSAGE_RESTATE, db_conn_arena(c), NULL, DB_I(id), DB_I(to->stated_at),
                db_arg_opt(to->stated_no));
}

static err replace_files(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms) {
  struct message_files files = {to->files, to->file_count, to->channel, to->account, now_ms};
  err e = file_detach_all(c, id);
  return err_is(e) ? e : message_attach_files(c, id, &files);
}

static err replace_raw(db_conn *c, int64_t id, str raw) {
  err e = DB_RUN(c, SQL_MESSAGE_RAW_DELETE, db_conn_arena(c), NULL, DB_I(id));
  return err_is(e) || !raw.ptr ? e : message_add_raw(c, id, raw);
}

static err replace_state(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms) {
  enum { ID, FIRST };
  const struct db_arg state[FIRST + COL_MESSAGE_STATE_COUNT] = {
      [ID] = DB_I(id),
      [FIRST + COL_MESSAGE_STATE_KIND] = DB_S(names_text(&message_kind_names, to->kind)),
      [FIRST + COL_MESSAGE_STATE_TEXT] = DB_S(str_or_empty(to->text)),
      [FIRST + COL_MESSAGE_STATE_ENTITIES] = DB_S(message_entities_stored(to->entities_json)),
      [FIRST + COL_MESSAGE_STATE_CONTENT] = DB_S(to->content),
      [FIRST + COL_MESSAGE_STATE_MEDIA] = DB_S(to->media_json),
      [FIRST + COL_MESSAGE_STATE_FILE_COUNT] = DB_I(to->file_count),
      [FIRST + COL_MESSAGE_STATE_EDITED_AT] = DB_I(now_ms),
      [FIRST + COL_MESSAGE_STATE_STATED_AT] = db_arg_opt(to->stated_at),
      [FIRST + COL_MESSAGE_STATE_STATED_NO] = db_arg_opt(to->stated_no),
      [FIRST + COL_MESSAGE_STATE_HEADLINE] = DB_S(to->headline),
      [FIRST + COL_MESSAGE_STATE_DETAILS] = DB_S(to->details_json),
      [FIRST + COL_MESSAGE_STATE_BUTTONS] = DB_S(to->buttons_json),
  };
  return db_run(c, SQL_MESSAGE_REPLACE_STATE, state, FIRST + COL_MESSAGE_STATE_COUNT, db_conn_arena(c), NULL);
}

err message_edit(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms, arena *a, bool *changed) {
  *changed = false;
  struct message_row old;
  struct stated last;
  bool is_same_raw = true;
  err e = message_get(c, id, a, &old);
  if (!err_is(e)) e = last_stated(c, id, &last);
  if (err_is(e)) return e;
  if (is_overtaken(to, &last)) return keep_overtaken(c, id, to, now_ms);
  bool files_stay = same_files(&old, to);
  if (files_stay && same_words(&old, to) && same_details(&old, to, a)) {
    e = same_raw(c, &old, to, a, &is_same_raw);
    if (err_is(e)) return e;
    if (is_same_raw) return restate(c, id, to);
  }
  e = keep_version(c, id, to->operator_id, now_ms, a);
  if (!err_is(e)) e = replace_state(c, id, to, now_ms);
  if (!err_is(e) && !files_stay) e = replace_files(c, id, to, now_ms);
  if (!err_is(e)) e = replace_raw(c, id, to->raw);
  *changed = !err_is(e);
  return e;
}

err message_read_again(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms, bool *changed) {
  struct db_rows rows = {0};
  struct message_files files = {to->files, to->file_count, to->channel, to->account, now_ms};
  err e = DB_RUN(c, SQL_MESSAGE_READ_AGAIN, db_conn_arena(c), &rows, DB_I(id),
                 DB_S(names_text(&message_kind_names, to->kind)), DB_S(str_or_empty(to->text)),
                 DB_S(message_entities_stored(to->entities_json)), DB_S(to->media_json), DB_I(to->file_count),
                 DB_S(to->headline), DB_S(to->details_json));
  *changed = !err_is(e) && rows.changed > 0;
  if (!*changed) return e;
  e = message_attach_files(c, id, &files);
  return err_is(e) ? e : replace_raw(c, id, to->raw);
}

err message_add_first(db_conn *c, int64_t id, const struct message_state *first, int64_t now_ms) {
  struct stated last;
  err e = last_stated(c, id, &last);
  return err_is(e) || !last.at ? e : keep_overtaken(c, id, first, now_ms);
}

err message_answers_known(db_conn *c, int64_t customer_id, size_t max, arena *a, int64_t **ids, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_ANSWERS_KNOWN, a, &rows, DB_I(customer_id), DB_I(max));
  *count = err_is(e) ? 0 : rows.count;
  *ids = arena_array(a, int64_t, *count + 1);
  for (size_t i = 0; i < *count; i++) (*ids)[i] = db_at(&rows, i, 0)->i;
  return e;
}

err message_forget_externals(db_conn *c, int64_t customer_id) {
  return DB_RUN(c, SQL_MESSAGE_FORGET_EXTERNALS, db_conn_arena(c), NULL, DB_I(customer_id));
}

err message_forget_external(db_conn *c, int64_t id) {
  return DB_RUN(c, SQL_MESSAGE_FORGET_EXTERNAL, db_conn_arena(c), NULL, DB_I(id));
}

/* ---- reading ---- */

static void version_from(const struct db_cell *cell, struct message_edit_row *out) {
  str entities = cell[COL_MESSAGE_EDIT_ENTITIES].s;
  *out = (struct message_edit_row){
      .id = cell[COL_MESSAGE_EDIT_ID].i,
      .kind = names_find(&message_kind_names, cell[COL_MESSAGE_EDIT_KIND].s),
      .content = cell[COL_MESSAGE_EDIT_CONTENT].s,
      .media_json = cell[COL_MESSAGE_EDIT_MEDIA].s,
      .text = str_or_empty(cell[COL_MESSAGE_EDIT_TEXT].s),
      .entities_json = entities.ptr ? entities : S("[]"),
      .replaced_at = cell[COL_MESSAGE_EDIT_REPLACED_AT].i,
      .headline = cell[COL_MESSAGE_EDIT_HEADLINE].s,
      .buttons_json = cell[COL_MESSAGE_EDIT_BUTTONS].s,
      .replaced_by = cell[COL_MESSAGE_EDIT_OPERATOR_ID].i,
  };
  message_details_decode(cell[COL_MESSAGE_EDIT_DETAILS].s, &out->details);
}

err message_edits(db_conn *c, int64_t id, arena *a, struct message_edit_row **out, size_t *count) {
  struct db_rows rows = {0};
  struct file_row *files = NULL;
  int64_t *edit_ids = NULL;
  size_t file_count = 0;
  err e = DB_RUN(c, SQL_MESSAGE_EDITS, a, &rows, DB_I(id), DB_I(MESSAGE_VERSIONS_MAX));
  if (!err_is(e)) e = file_of_versions(c, id, a, &files, &edit_ids, &file_count);
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct message_edit_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) {
    struct message_edit_row *version = &(*out)[i];
    version_from(db_at(&rows, i, 0), version);
    for (size_t at = 0; at < file_count; at++) {
      if (edit_ids[at] != version->id) continue;
      if (!version->files.items) version->files.items = &files[at];
      version->files.count++; /* the rows of one version are consecutive */
    }
  }
  return err_ok;
}
