/* Reads conversations, one or several by ids, and saves one. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/names.h"
#include "sql.h"

static const struct customer_row *customer_from(const struct db_cell *cell, arena *a) {
  struct customer_row *customer = arena_new_of(a, struct customer_row);
  customer_from_cells(cell, a, customer);
  return customer;
}

static const struct conversation_last *last_from(int64_t id, const struct db_cell *cell, arena *a) {
  if (!id || cell[COL_CONVERSATION_LAST_DIRECTION].null) return NULL;
  struct conversation_last *last = arena_new_of(a, struct conversation_last);
  int kind = names_find(&message_kind_names, cell[COL_CONVERSATION_LAST_KIND].s);
  str content = cell[COL_CONVERSATION_LAST_CONTENT].s, action = cell[COL_CONVERSATION_LAST_ACTION].s;
  *last = (struct conversation_last){
      .id = id,
      .direction = names_find(&message_direction_names, cell[COL_CONVERSATION_LAST_DIRECTION].s),
      .kind = kind,
      .preview = message_preview_of(kind, str_or_empty(cell[COL_CONVERSATION_LAST_PREVIEW].s), content,
                                    cell[COL_CONVERSATION_LAST_HEADLINE].s, a),
      .content = action.ptr ? action : content,
      .delivery = names_find(&message_delivery_names, cell[COL_CONVERSATION_LAST_DELIVERY].s),
      .created_at = cell[COL_CONVERSATION_LAST_CREATED_AT].i,
      .retry_at = cell[COL_CONVERSATION_LAST_RETRY_AT].i,
  };
  return last;
}

/* A whole row: conversation, customer, last message, the reader's mark. */
static void from_row(const struct db_rows *rows, size_t row, int64_t for_operator, arena *a,
                     struct conversation_row *out) {
  const struct db_cell *cell = db_at(rows, row, 0), *customer = cell + COL_CONVERSATION_COUNT;
  const struct db_cell *last = customer + COL_CUSTOMER_COUNT, *mark = last + COL_CONVERSATION_LAST_COUNT;
  conversation_from_cells(cell, out);
  out->customer = customer_from(customer, a);
  out->last_message = last_from(cell[COL_CONVERSATION_LAST_MESSAGE_ID].i, last, a);
  if (for_operator) out->read_count = mark->i;
}

err conversation_get(db_conn *c, int64_t id, int64_t for_operator, arena *a, struct conversation_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_BY_ID, a, &rows, DB_I(id), DB_I(for_operator));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_row(&rows, 0, for_operator, a, out);
  return err_ok;
}

err conversation_may(const struct actor *who, enum permission p, int64_t id, int64_t assignee_id) {
  struct subject about = {.kind = SUBJECT_CONVERSATION, .id = id, .owner_id = assignee_id};
  if (!may(who, MAY_CONVERSATION_READ, &about)) return err_make(ERR_NOT_FOUND);
  return may(who, p, &about) ? err_ok : err_make(ERR_FORBIDDEN);
}

err conversation_subject(db_conn *c, const struct actor *who, enum permission p, int64_t id, struct subject *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_OWNER, db_conn_arena(c), &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  *out = (struct subject){SUBJECT_CONVERSATION, id, db_at(&rows, 0, 0)->i};
  return conversation_may(who, p, id, out->owner_id);
}

err conversation_show(db_conn *c, const struct actor *who, enum permission p, int64_t id, arena *a,
                      struct conversation_row *out) {
  err e = conversation_get(c, id, actor_operator_id(who), a, out);
  return err_is(e) ? e : conversation_may(who, p, id, out->assignee_id);
}

err conversation_first_unread(db_conn *c, const struct conversation_row *row, int64_t *message_id) {
  int64_t unread = row->inbound_count - row->read_count;
  *message_id = 0;
  if (row->read_count < 0 || unread <= 0) return err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_UNREAD_NTH, db_conn_arena(c), &rows, DB_I(row->id), DB_I(unread - 1));
  if (!err_is(e) && rows.count) *message_id = db_at(&rows, 0, 0)->i;
  return e;
}

err conversation_read(db_conn *c, const int64_t *ids, size_t count, int64_t for_operator, arena *a,
                      struct conversation_row **out, size_t *found) {
  struct db_rows rows = {0};
  err e = err_ok;
  if (count) e = DB_RUN(c, SQL_CONVERSATION_BY_IDS, a, &rows, DB_S(names_ids(a, ids, count)), DB_I(for_operator));
  if (err_is(e)) return e;
  *found = rows.count;
  *out = arena_array(a, struct conversation_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) from_row(&rows, i, for_operator, a, &(*out)[i]);
  return err_ok;
}

static struct db_arg arg_of_word(int value, const struct json_enum *names) { return DB_S(names_text(names, value)); }
#define ARG_WORD(value, words)     arg_of_word(value, words)
#define ARG_OPERATOR(value, words) db_arg_opt(value)
#define ARG_NUMBER(value, words)   DB_I(value)
#define ARG_TIME(value, words)     db_arg_opt(value)
err conversation_save(db_conn *c, const struct conversation_row *row, int64_t last_message_id) {
  const struct db_arg args[] = {
      DB_I(row->id),
      db_arg_opt(last_message_id),
#define COLUMN(NOUN, ...) COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(id, text, type, presence, access, column, words, sentence) \
  ARG_##type(row->column, words),
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
  };
  return db_run(c, SQL_CONVERSATION_SAVE, args, JSON_COUNT(args), db_conn_arena(c), NULL);
}
