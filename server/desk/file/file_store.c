/* Files' rows in the database; their bytes are in file_bytes.c. */
#include "desk/file/file_internal.h"

#include "base/str_bidi.h"
#include "desk/names.h"
#include "sql.h"

/* Old rows may have unclean names: drop directional controls on reading, too. */
static void from_row(const struct db_rows *rows, size_t row, arena *a, struct file_row *out) {
  const struct db_cell *cell = db_at(rows, row, 0);
  *out = (struct file_row){
      .id = cell[COL_FILE_ID].i,
      .state = names_find(&file_state_names, cell[COL_FILE_STATE].s),
      .name = str_drop_bidi_controls(a, cell[COL_FILE_NAME].s),
      .mime = cell[COL_FILE_MIME].s,
      .size_bytes = cell[COL_FILE_SIZE_BYTES].i,
      .width = cell[COL_FILE_WIDTH].i,
      .height = cell[COL_FILE_HEIGHT].i,
      .storage_key = cell[COL_FILE_STORAGE_KEY].s,
      .thumb_key = cell[COL_FILE_THUMB_KEY].s,
      .source = cell[COL_FILE_SOURCE].s,
      .duration_ms = cell[COL_FILE_DURATION_MS].i,
      .preview = cell[COL_FILE_PREVIEW].s,
  };
  if (out->state == FILE_FAILED) out->error = names_find(&file_error_names, cell[COL_FILE_ERROR_CODE].s);
}

str file_fetch_queue(str channel, str account, arena *a) {
  return arena_printf(a, "file/%.*s/%.*s", STR_ARG(channel), STR_ARG(account));
}

static err add_fetch(db_conn *c, const struct file_row *f, str channel, str account, int64_t now_ms) {
  const struct job_new job = {.kind = JOB_FILE_FETCH,
                              .queue = file_fetch_queue(channel, account, db_conn_arena(c)),
                              .due_at = now_ms,
                              .subject = SUBJECT_FILE,
                              .subject_id = f->id};
  return job_add(c, &job, now_ms, NULL);
}

err file_insert(db_conn *c, struct file_row *f, str channel, str account, int64_t now_ms) {
  struct db_rows rows = {0};
  str name = str_or_empty(f->name), mime = f->mime.ptr ? f->mime : S("application/octet-stream");
  err e = DB_RUN(c, SQL_FILE_INSERT, db_conn_arena(c), &rows, DB_S(names_text(&file_state_names, f->state)), DB_S(name),
                 DB_S(mime), DB_I(f->size_bytes), db_arg_opt(f->width), db_arg_opt(f->height), DB_S(f->storage_key),
                 DB_S(f->thumb_key), DB_S(channel), DB_S(account), DB_S(f->source), DB_I(now_ms),
                 db_arg_opt(f->duration_ms), DB_S(f->preview), db_arg_opt(f->thumb_bytes));
  if (err_is(e)) return e;
  f->id = db_at(&rows, 0, 0)->i;
  if (f->claim) e = file_claim_stored(c, f->claim);
  if (!err_is(e) && f->thumb_claim) e = file_claim_stored(c, f->thumb_claim);
  if (err_is(e)) return e;
  if (f->state != FILE_PENDING) return err_ok;
  e = add_fetch(c, f, channel, account, now_ms);
  if (e.code != ERR_QUEUE_FULL) return e;
  bool changed; /* the file's message must not be refused */
  f->state = FILE_FAILED;
  f->error = FILE_BACKLOG;
  return file_set_failed(c, f->id, FILE_BACKLOG, S("Too many files are waiting to be fetched."), &changed);
}

err file_assigned(db_conn *c, int64_t id, int64_t operator_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_ASSIGNED, db_conn_arena(c), &rows, DB_I(id), DB_I(operator_id));
  return err_is(e) || rows.count ? e : err_make(ERR_NOT_FOUND);
}

err file_get(db_conn *c, int64_t id, arena *a, struct file_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_BY_ID, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_row(&rows, 0, a, out);
  return err_ok;
}

err file_share(db_conn *c, int64_t id, arena *a, struct file_row *out) {
  err e = file_get(c, id, a, out);
  if (err_is(e)) return e;
  if (out->state != FILE_READY) return err_make(ERR_NOT_FOUND);
  out->id = 0;
  return err_ok;
}

err file_came_from(db_conn *c, int64_t id, str channel, str account, bool *here) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_CAME_FROM, db_conn_arena(c), &rows, DB_I(id), DB_S(channel), DB_S(account));
  *here = !err_is(e) && rows.count > 0;
  return e;
}

err file_attach(db_conn *c, int64_t message_id, int64_t position, int64_t file_id) {
  return DB_RUN(c, SQL_FILE_ATTACH, db_conn_arena(c), NULL, DB_I(message_id), DB_I(position), DB_I(file_id));
}

static void with_owners(const struct db_rows *rows, arena *a, struct file_row **out, int64_t **owners, size_t *count) {
  *count = rows->count;
  *out = arena_array(a, struct file_row, rows->count);
  *owners = arena_array(a, int64_t, rows->count);
  for (size_t i = 0; i < rows->count; i++) {
    from_row(rows, i, a, &(*out)[i]);
    (*owners)[i] = db_at(rows, i, COL_FILE_COUNT)->i;
  }
}

err file_of_messages(db_conn *c, const int64_t *wanted, size_t wanted_count, arena *a, struct file_row **out,
                     int64_t **message_ids, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_OF_MESSAGES, a, &rows, DB_S(names_ids(a, wanted, wanted_count)));
  if (!err_is(e)) with_owners(&rows, a, out, message_ids, count);
  return e;
}

err file_detach_all(db_conn *c, int64_t message_id) {
  return DB_RUN(c, SQL_FILE_DETACH_ALL, db_conn_arena(c), NULL, DB_I(message_id));
}

err file_keep_version(db_conn *c, int64_t edit_id, int64_t message_id) {
  return DB_RUN(c, SQL_FILE_KEEP_VERSION, db_conn_arena(c), NULL, DB_I(edit_id), DB_I(message_id));
}

err file_attach_version(db_conn *c, int64_t edit_id, int64_t position, int64_t file_id) {
  return DB_RUN(c, SQL_FILE_ATTACH_VERSION, db_conn_arena(c), NULL, DB_I(edit_id), DB_I(position), DB_I(file_id));
}

err file_of_versions(db_conn *c, int64_t message_id, arena *a, struct file_row **out, int64_t **edit_ids,
                     size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_OF_VERSIONS, a, &rows, DB_I(message_id));
  if (!err_is(e)) with_owners(&rows, a, out, edit_ids, count);
  return e;
}

err file_fetch_next_due(db_conn *c, str queue, int64_t now_ms, int64_t *due_at) {
  err e = job_next_due(c, queue, due_at);
  if (*due_at != INT64_MAX && *due_at > now_ms + FILE_FETCH_STRANDED_MS) *due_at = now_ms; /* see file_fetch_take */
  return e;
}

err file_set_ready(db_conn *c, int64_t id, const struct file_row *kept, bool *changed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_READY, db_conn_arena(c), &rows, DB_I(id), DB_S(kept->mime), DB_I(kept->size_bytes),
                 db_arg_opt(kept->width), db_arg_opt(kept->height), DB_S(kept->storage_key), DB_S(kept->thumb_key),
                 db_arg_opt(kept->duration_ms), DB_S(kept->preview), db_arg_opt(kept->thumb_bytes));
  *changed = !err_is(e) && rows.changed > 0;
  if (*changed && kept->claim) e = file_claim_stored(c, kept->claim);
  return !err_is(e) && *changed && kept->thumb_claim ? file_claim_stored(c, kept->thumb_claim) : e;
}

err file_set_failed(db_conn *c, int64_t id, int reason, str error, bool *changed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_FAILED, db_conn_arena(c), &rows, DB_I(id), DB_S(error),
                 DB_S(names_text(&file_error_names, reason)));
  *changed = !err_is(e) && rows.changed > 0;
  return e;
}

err file_set_pending(db_conn *c, int64_t id, int64_t now_ms, bool *changed) {
  struct db_rows rows = {0};
  struct file_row f = {0};
  *changed = false;
  err e = file_get(c, id, db_conn_arena(c), &f);
  if (err_is(e) || f.state != FILE_FAILED) return e;
  e = DB_RUN(c, SQL_FILE_PENDING, db_conn_arena(c), &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0 || !db_at(&rows, 0, 0)->s.ptr) return err_make(ERR_NOT_RETRYABLE);
  *changed = true;
  return add_fetch(c, &f, db_at(&rows, 0, 0)->s, db_at(&rows, 0, 1)->s, now_ms);
}

err file_set_thumb(db_conn *c, const struct file_row *made, bool *changed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_SET_THUMB, db_conn_arena(c), &rows, DB_I(made->id), DB_S(made->thumb_key),
                 DB_S(made->preview), db_arg_opt(made->thumb_bytes));
  *changed = !err_is(e) && rows.changed > 0;
  return *changed && made->thumb_claim ? file_claim_stored(c, made->thumb_claim) : e;
}

err file_waits(db_conn *c, int64_t message_id, bool *waits) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_WAITS, db_conn_arena(c), &rows, DB_I(message_id));
  *waits = !err_is(e) && rows.count > 0;
  return e;
}

err file_removed_of(db_conn *c, int64_t message_id, bool *removed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_REMOVED_OF, db_conn_arena(c), &rows, DB_I(message_id));
  *removed = !err_is(e) && rows.count > 0;
  return e;
}

err file_messages(db_conn *c, int64_t id, arena *a, int64_t **message_ids, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_MESSAGES, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  *count = rows.count;
  *message_ids = arena_array(a, int64_t, rows.count);
  for (size_t i = 0; i < rows.count; i++) (*message_ids)[i] = db_at(&rows, i, 0)->i;
  return err_ok;
}

err file_keys(db_conn *c, int64_t after, int64_t limit, arena *a, int64_t **ids, str **keys, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_KEYS, a, &rows, DB_I(after), DB_I(limit));
  *count = 0;
  if (err_is(e)) return e;
  *ids = arena_array(a, int64_t, 2 * rows.count);
  *keys = arena_array(a, str, 2 * rows.count);
  for (size_t row = 0; row < rows.count; row++)
    for (size_t column = 1; column <= 2; column++) {
      str key = db_at(&rows, row, column)->s;
      if (!key.ptr || (column == 2 && str_eq(key, db_at(&rows, row, 1)->s))) continue;
      (*ids)[*count] = db_at(&rows, row, 0)->i;
      (*keys)[(*count)++] = key;
    }
  return e;
}

err file_last_id(db_conn *c, int64_t *id) {
  struct db_rows rows = {0};
  err e = db_run(c, SQL_FILE_LAST_ID, NULL, 0, db_conn_arena(c), &rows);
  *id = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}
