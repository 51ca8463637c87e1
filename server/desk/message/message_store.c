/* Messages in the database. Files and quotes of any number of messages take one statement each, and none when no
 * message has any. Every visible change appends message_update with the whole message. */
#include "desk/message/message_internal.h"

#include "base/limits.h"
#include "desk/bus/bus.h"
#include "desk/message/message_channel.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>

/* In rows older than the actor columns, direction and operator imply the actor. */
static void set_actor(struct message_row *m, const struct db_cell *cell) {
  int kind = names_find(&actor_names, cell[COL_MESSAGE_ACTOR].s);
  m->actor = kind >= 0                    ? kind
             : m->operator_id             ? ACTOR_OPERATOR
             : m->direction == MESSAGE_IN ? ACTOR_CUSTOMER
                                          : ACTOR_SYSTEM;
  m->actor_id = kind >= 0 ? cell[COL_MESSAGE_ACTOR_ID].i : m->operator_id;
}

static void from_row(const struct db_rows *rows, size_t row, arena *a, struct message_row *m) {
  const struct db_cell *cell = db_at(rows, row, 0);
  *m = (struct message_row){
      .id = cell[COL_MESSAGE_ID].i,
      .conversation_id = cell[COL_MESSAGE_CONVERSATION_ID].i,
      .direction = names_find(&message_direction_names, cell[COL_MESSAGE_DIRECTION].s),
      .kind = names_find(&message_kind_names, cell[COL_MESSAGE_KIND].s),
      .operator_id = cell[COL_MESSAGE_OPERATOR_ID].i,
      .text = str_or_empty(cell[COL_MESSAGE_TEXT].s),
      .entities_json = cell[COL_MESSAGE_ENTITIES].s.ptr ? cell[COL_MESSAGE_ENTITIES].s : S("[]"),
      .reply_to_id = cell[COL_MESSAGE_REPLY_TO_ID].i,
      .album = cell[COL_MESSAGE_ALBUM].s,
      .content = cell[COL_MESSAGE_CONTENT].s,
      .action = names_find(&message_action_names, cell[COL_MESSAGE_ACTION].s),
      .target_operator_id = cell[COL_MESSAGE_TARGET_OPERATOR_ID].i,
      .client_id = cell[COL_MESSAGE_CLIENT_ID].s,
      .external_id = cell[COL_MESSAGE_EXTERNAL_ID].s,
      .file_count = cell[COL_MESSAGE_FILE_COUNT].i,
      .delivery = names_find(&message_delivery_names, cell[COL_MESSAGE_DELIVERY].s),
      .delivery_error = cell[COL_MESSAGE_DELIVERY_ERROR].s,
      .created_at = cell[COL_MESSAGE_CREATED_AT].i,
      .edited_at = cell[COL_MESSAGE_EDITED_AT].i,
      .origin = names_find(&message_origin_names, cell[COL_MESSAGE_ORIGIN].s),
      .forward_json = cell[COL_MESSAGE_FORWARD].s,
      .media_json = cell[COL_MESSAGE_MEDIA].s,
      .headline = cell[COL_MESSAGE_HEADLINE].s,
      .buttons_json = cell[COL_MESSAGE_BUTTONS].s,
      .silent = cell[COL_MESSAGE_SILENT].i != 0,
      .protected = cell[COL_MESSAGE_PROTECTED].i != 0,
      .link_preview = names_find(&message_link_preview_names, cell[COL_MESSAGE_LINK_PREVIEW].s),
      .sent_at = cell[COL_MESSAGE_SENT_AT].i,
      .deleted_at = cell[COL_MESSAGE_DELETED_AT].i,
      .pinned = cell[COL_MESSAGE_PINNED].i != 0,
      .changes_json = cell[COL_MESSAGE_CHANGES].s,
      .change_json = message_change_shown(cell[COL_MESSAGE_CHANGES].s, a),
      .reactions_json = cell[COL_MESSAGE_REACTIONS].s,
      .retry_at = cell[COL_MESSAGE_RETRY_AT].i,
  };
  message_details_decode(cell[COL_MESSAGE_DETAILS].s, &m->details);
  set_actor(m, cell);
}

/* ---- files and quotes ---- */

static struct message_row *find_message(struct message_row *list, size_t count, int64_t id) {
  for (size_t i = 0; i < count; i++)
    if (list[i].id == id) return &list[i];
  return NULL;
}

static int64_t id_with_files(const struct message_row *m) { return m->file_count > 0 ? m->id : 0; }
static int64_t id_quoted(const struct message_row *m) { return m->reply_to_id; }

/* The ids that `of` gives for the messages, without zeros. */
static size_t collect(const struct message_row *list, size_t count, int64_t (*of)(const struct message_row *m),
                      arena *a, int64_t **ids) {
  size_t n = 0;
  *ids = arena_array(a, int64_t, count);
  for (size_t i = 0; i < count; i++) {
    int64_t id = of(&list[i]);
    if (id > 0) (*ids)[n++] = id;
  }
  return n;
}

static err load_files(db_conn *c, struct message_row *list, size_t count, arena *a) {
  int64_t *wanted = NULL;
  size_t n = collect(list, count, id_with_files, a, &wanted);
  if (n == 0) return err_ok;
  struct file_row *files = NULL;
  int64_t *message_ids = NULL;
  size_t file_count = 0;
  err e = file_of_messages(c, wanted, n, a, &files, &message_ids, &file_count);
  if (err_is(e)) return e;
  for (size_t i = 0; i < file_count; i++) {
    struct message_row *m = find_message(list, count, message_ids[i]);
    if (!m->files.items) m->files.items = &files[i];
    m->files.count++; /* the rows of one message are consecutive */
  }
  return err_ok;
}

static err load_quotes(db_conn *c, struct message_row *list, size_t count, arena *a) {
  int64_t *wanted = NULL;
  size_t n = collect(list, count, id_quoted, a, &wanted);
  if (n == 0) return err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_QUOTES, a, &rows, DB_S(names_ids(a, wanted, n)), DB_I(LIMIT_PREVIEW_MAX));
  if (err_is(e)) return e;
  struct message_reply_quote *quotes = arena_array(a, struct message_reply_quote, rows.count);
  for (size_t i = 0; i < rows.count; i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    int kind = names_find(&message_kind_names, cell[COL_MESSAGE_QUOTE_KIND].s);
    str content = cell[COL_MESSAGE_QUOTE_CONTENT].s, headline = cell[COL_MESSAGE_QUOTE_HEADLINE].s;
    quotes[i] = (struct message_reply_quote){
        .id = cell[COL_MESSAGE_QUOTE_ID].i,
        .direction = names_find(&message_direction_names, cell[COL_MESSAGE_QUOTE_DIRECTION].s),
        .kind = kind,
        .content = content,
        .preview = message_preview_of(kind, str_or_empty(cell[COL_MESSAGE_QUOTE_TEXT].s), content, headline, a),
    };
    for (size_t k = 0; k < count; k++)
      if (list[k].reply_to_id == quotes[i].id) list[k].reply_to = &quotes[i];
  }
  return err_ok;
}

static err load_parts(db_conn *c, struct message_row *list, size_t count, arena *a) {
  err e = load_files(c, list, count, a);
  return err_is(e) ? e : load_quotes(c, list, count, a);
}

/* ---- writing ---- */

static int origin_of(const struct message_new *m) { return m->in_staff_group ? ORIGIN_STAFF_GROUP : -1; }

/* The column's value: absent for "auto". */
static str preview_of(const struct message_new *m) {
  return m->link_preview > LINK_PREVIEW_AUTO ? names_text(&message_link_preview_names, m->link_preview) : STR_NONE;
}

static err insert_row(db_conn *c, const struct message_new *m, int64_t *id) {
  const struct db_arg row[COL_MESSAGE_NEW_COUNT] = {
      [COL_MESSAGE_NEW_CONVERSATION_ID] = DB_I(m->conversation_id),
      [COL_MESSAGE_NEW_DIRECTION] = DB_S(names_text(&message_direction_names, m->direction)),
      [COL_MESSAGE_NEW_KIND] = DB_S(names_text(&message_kind_names, m->kind)),
      [COL_MESSAGE_NEW_OPERATOR_ID] = db_arg_opt(actor_operator_id(&m->by)),
      [COL_MESSAGE_NEW_TEXT] = DB_S(str_or_empty(m->text)),
      [COL_MESSAGE_NEW_ENTITIES] = DB_S(message_entities_stored(m->entities_json)),
      [COL_MESSAGE_NEW_REPLY_TO_ID] = db_arg_opt(m->reply_to_id),
      [COL_MESSAGE_NEW_ALBUM] = DB_S(m->album),
      [COL_MESSAGE_NEW_CONTENT] = DB_S(m->content),
      [COL_MESSAGE_NEW_ACTION] = DB_S(names_text(&message_action_names, m->action)),
      [COL_MESSAGE_NEW_TARGET_OPERATOR_ID] = db_arg_opt(m->target_operator_id),
      [COL_MESSAGE_NEW_CLIENT_ID] = DB_S(m->client_id),
      [COL_MESSAGE_NEW_EXTERNAL_ID] = DB_S(m->external_id),
      [COL_MESSAGE_NEW_FILE_COUNT] = DB_I(m->file_count),
      [COL_MESSAGE_NEW_DELIVERY] = DB_S(names_text(&message_delivery_names, m->delivery)),
      [COL_MESSAGE_NEW_CREATED_AT] = DB_I(m->created_at),
      [COL_MESSAGE_NEW_ORIGIN] = DB_S(names_text(&message_origin_names, origin_of(m))),
      [COL_MESSAGE_NEW_FORWARD] = DB_S(m->forward_json),
      [COL_MESSAGE_NEW_MEDIA] = DB_S(m->media_json),
      [COL_MESSAGE_NEW_EDITED_AT] = db_arg_opt(m->edited_at),
      [COL_MESSAGE_NEW_STATED_AT] = db_arg_opt(m->stated_at),
      [COL_MESSAGE_NEW_STATED_NO] = db_arg_opt(m->stated_no),
      [COL_MESSAGE_NEW_ACTOR] = DB_S(names_text(&actor_names, m->by.kind)),
      [COL_MESSAGE_NEW_ACTOR_ID] = db_arg_opt(m->by.id),
      [COL_MESSAGE_NEW_HEADLINE] = DB_S(m->headline),
      [COL_MESSAGE_NEW_DETAILS] = DB_S(m->details_json),
      [COL_MESSAGE_NEW_BUTTONS] = DB_S(m->buttons_json),
      [COL_MESSAGE_NEW_SILENT] = db_arg_opt(m->silent),
      [COL_MESSAGE_NEW_PROTECTED] = db_arg_opt(m->protected),
      [COL_MESSAGE_NEW_LINK_PREVIEW] = DB_S(preview_of(m)),
  };
  struct db_rows rows = {0};
  err e = db_run(c, SQL_MESSAGE_INSERT, row, COL_MESSAGE_NEW_COUNT, db_conn_arena(c), &rows);
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_CONFLICT);
  *id = db_at(&rows, 0, 0)->i;
  return err_ok;
}

err message_attach_files(db_conn *c, int64_t message_id, const struct message_files *f) {
  for (size_t i = 0; i < f->count; i++) {
    err e = f->list[i].id ? err_ok : file_insert(c, &f->list[i], f->channel, f->account, f->created_at);
    if (!err_is(e)) e = file_attach(c, message_id, (int64_t)i, f->list[i].id);
    if (err_is(e)) return e;
  }
  return err_ok;
}

err message_add_raw(db_conn *c, int64_t message_id, str raw) {
  return DB_RUN(c, SQL_MESSAGE_RAW_INSERT, db_conn_arena(c), NULL, DB_I(message_id), DB_S(raw));
}

err message_insert(db_conn *c, struct message_new *m, arena *a, struct message_row *out) {
  int64_t id = 0;
  err e = insert_row(c, m, &id);
  struct message_files files = {m->files, m->file_count, m->channel, m->account, m->created_at};
  if (!err_is(e) && m->file_count) e = message_attach_files(c, id, &files);
  if (!err_is(e) && m->raw.ptr) e = message_add_raw(c, id, m->raw);
  if (err_is(e)) return e;
  str entities = message_entities_stored(m->entities_json);
  *out = (struct message_row){
      .id = id,
      .conversation_id = m->conversation_id,
      .direction = m->direction,
      .kind = m->kind,
      .operator_id = actor_operator_id(&m->by),
      .actor = m->by.kind,
      .actor_id = m->by.id,
      .text = str_or_empty(m->text),
      .entities_json = entities.ptr ? entities : S("[]"),
      .files = {m->file_count ? m->files : NULL, m->file_count},
      .album = m->album,
      .content = m->content,
      .forward_json = m->forward_json,
      .media_json = m->media_json,
      .headline = m->headline,
      .client_id = m->client_id,
      .action = m->action,
      .target_operator_id = m->target_operator_id,
      .delivery = m->delivery,
      .origin = origin_of(m),
      .external_id = m->external_id,
      .created_at = m->created_at,
      .edited_at = m->edited_at,
      .reply_to_id = m->reply_to_id,
      .file_count = (int64_t)m->file_count,
      .buttons_json = m->buttons_json,
      .silent = m->silent,
      .protected = m->protected,
      .link_preview = m->link_preview > LINK_PREVIEW_AUTO ? m->link_preview : -1,
  };
  message_details_decode(m->details_json, &out->details);
  return load_quotes(c, out, 1, a);
}

/* Emits message_update for a row of a message followed by @message_behind@. */
static err emit_update(db_conn *c, const struct db_rows *rows, const struct actor *by, int64_t now_ms, arena *a) {
  if (rows->count == 0) return err_make(ERR_NOT_FOUND);
  struct message_row m;
  from_row(rows, 0, a, &m);
  err e = load_parts(c, &m, 1, a);
  if (err_is(e)) return e;
  const struct db_cell *behind = db_at(rows, 0, COL_MESSAGE_COUNT);
  m.can = message_can_of(&m, behind[COL_MESSAGE_BEHIND_CHANNEL].s, now_ms);
  struct event_about about = {.id = m.conversation_id,
                              .owner_id = behind[COL_MESSAGE_BEHIND_ASSIGNEE_ID].i,
                              .by = *by,
                              .customer = {behind[COL_MESSAGE_BEHIND_CHANNEL].s, behind[COL_MESSAGE_BEHIND_ACCOUNT].s,
                                           behind[COL_MESSAGE_BEHIND_EXTERNAL_ID].s}};
  return emit_message_update(c, &about, &(struct event_message_update){&m}, now_ms);
}

err message_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_WITH_BEHIND, a, &rows, DB_I(id));
  return err_is(e) ? e : emit_update(c, &rows, by, now_ms, a);
}

err message_quoters_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_QUOTERS, a, &rows, DB_I(id), DB_I(MESSAGE_QUOTERS_MAX));
  for (size_t i = rows.count; i-- > 0 && !err_is(e);) e = message_changed(c, db_at(&rows, i, 0)->i, by, now_ms, a);
  return e;
}

static err deliver(db_conn *c, int64_t id, int delivery, str error, str external_id, int64_t retry_at,
                   const struct actor *by, int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_DELIVER, a, &rows, DB_I(id), DB_S(names_text(&message_delivery_names, delivery)),
                 DB_S(error), DB_S(external_id), DB_I(now_ms), db_arg_opt(retry_at));
  if (err_is(e) || !rows.count) return err_is(e) ? e : err_make(ERR_NOT_FOUND);
  struct message_row m;
  from_row(&rows, 0, a, &m);
  bool brief = delivery == DELIVERY_SENDING && !m.file_count;
  return brief ? err_ok : emit_update(c, &rows, by, now_ms, a);
}

err message_set_delivery(db_conn *c, int64_t id, int delivery, str error, str external_id, const struct actor *by,
                         int64_t now_ms, arena *a) {
  return deliver(c, id, delivery, error, external_id, 0, by, now_ms, a);
}

err message_set_waiting(db_conn *c, int64_t id, int64_t retry_at, const struct actor *by, int64_t now_ms, arena *a) {
  return deliver(c, id, DELIVERY_QUEUED, STR_NONE, STR_NONE, retry_at, by, now_ms, a);
}

/* ---- reading ---- */

static err only_row(db_conn *c, err e, const struct db_rows *rows, arena *a, struct message_row *out) {
  if (err_is(e)) return e;
  if (rows->count == 0) return err_make(ERR_NOT_FOUND);
  from_row(rows, 0, a, out);
  return load_parts(c, out, 1, a);
}

err message_get(db_conn *c, int64_t id, arena *a, struct message_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_BY_ID, a, &rows, DB_I(id));
  return only_row(c, e, &rows, a, out);
}

err message_subject(db_conn *c, int64_t id, struct subject *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_OWNER, db_conn_arena(c), &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct subject){.kind = SUBJECT_CONVERSATION, .id = cell[0].i, .owner_id = cell[1].i};
  return err_ok;
}

err message_get_many(db_conn *c, const int64_t *ids, size_t count, arena *a, struct message_row **out) {
  *out = arena_array(a, struct message_row, count);
  if (count == 0) return err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_BY_IDS, a, &rows, DB_S(names_ids(a, ids, count)));
  if (err_is(e)) return e;
  for (size_t i = 0; i < rows.count; i++) {
    struct message_row m;
    from_row(&rows, i, a, &m);
    for (size_t k = 0; k < count; k++)
      if (ids[k] == m.id) (*out)[k] = m;
  }
  return load_parts(c, *out, count, a);
}

err message_by_external(db_conn *c, int64_t conversation_id, str external_id, arena *a, struct message_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_BY_EXTERNAL, a, &rows, DB_I(conversation_id), DB_S(external_id));
  return only_row(c, e, &rows, a, out);
}

err message_by_client(db_conn *c, int64_t operator_id, str client_id, arena *a, struct message_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_BY_CLIENT, a, &rows, DB_I(operator_id), DB_S(client_id));
  return only_row(c, e, &rows, a, out);
}

err message_id_by_external(db_conn *c, int64_t conversation_id, str external_id, int64_t *id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_ID_BY_EXTERNAL, db_conn_arena(c), &rows, DB_I(conversation_id), DB_S(external_id));
  *id = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->i : 0;
  return e;
}

/* The first `count` rows as a page from old to new. newest_first: the order of the rows. */
static err take_page(db_conn *c, const struct db_rows *rows, size_t count, bool newest_first, arena *a,
                     struct message_row **out) {
  *out = arena_array(a, struct message_row, count);
  for (size_t i = 0; i < count; i++) from_row(rows, i, a, &(*out)[newest_first ? count - 1 - i : i]);
  return load_parts(c, *out, count, a);
}

err message_page(db_conn *c, int64_t conversation_id, int64_t before, int64_t after, size_t limit, arena *a,
                 struct message_row **out, size_t *count, bool *more) {
  assert(limit > 0 && limit <= LIMIT_PAGE_MAX);
  if (before == 0) before = INT64_MAX;
  struct db_rows rows = {0};
  err e = after ? DB_RUN(c, SQL_MESSAGE_PAGE_AFTER, a, &rows, DB_I(conversation_id), DB_I(after), DB_I(before),
                         DB_I(limit + 1))
                : DB_RUN(c, SQL_MESSAGE_PAGE_BEFORE, a, &rows, DB_I(conversation_id), DB_I(before), DB_I(limit + 1));
  if (err_is(e)) return e;
  *more = rows.count > limit;
  *count = *more ? limit : rows.count;
  return take_page(c, &rows, *count, !after, a, out);
}

err message_page_shown(db_conn *c, int64_t conversation_id, int64_t before, int64_t after, size_t limit, arena *a,
                       struct message_row **out, size_t *count) {
  struct db_rows rows = {0};
  err e = after ? DB_RUN(c, SQL_MESSAGE_SHOWN_AFTER, a, &rows, DB_I(conversation_id), DB_I(after), DB_I(limit))
                : DB_RUN(c, SQL_MESSAGE_SHOWN_BEFORE, a, &rows, DB_I(conversation_id),
                         DB_I(before ? before : INT64_MAX), DB_I(limit));
  if (err_is(e)) return e;
  *count = rows.count;
  return take_page(c, &rows, rows.count, !after, a, out);
}

err message_raw(db_conn *c, int64_t id, arena *a, str *raw) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_RAW_BY_ID, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  *raw = db_at(&rows, 0, 0)->s;
  return err_ok;
}

err message_count_presses(db_conn *c, int64_t id, int64_t since_ms, int64_t most, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_MESSAGE_COUNT_PRESSES, db_conn_arena(c), &rows, DB_I(id), DB_I(since_ms), DB_I(most));
  *count = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err message_last_press(db_conn *c, int64_t id, arena *a, str *data) {
  struct db_rows rows = {0};
  *data = STR_NONE;
  err e = DB_RUN(c, SQL_MESSAGE_LAST_PRESS, a, &rows, DB_I(id));
  if (err_is(e) || rows.count == 0) return e;
  struct message_details details;
  struct message_press press;
  message_details_decode(db_at(&rows, 0, 0)->s, &details);
  if (details.press.ptr && !err_is(json_decode(&message_press_shape, details.press, a, &press, NULL)))
    *data = press.data;
  return err_ok;
}
