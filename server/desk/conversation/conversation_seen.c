/* For channels that show customers their conversation: finding it, what they have seen, a file's owner. */
#include "desk/conversation/conversation_tx_internal.h"

#include "sql.h"

err conversation_of_customer(db_conn *c, int64_t customer_id, int64_t *id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_OF_CUSTOMER, db_conn_arena(c), &rows, DB_I(customer_id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  *id = db_at(&rows, 0, 0)->i;
  return err_ok;
}

err conversation_seen_by_customer(struct desk *d, db_conn *c, str channel, str account, str external_id,
                                  int64_t message_id) {
  struct conversation_tx w = {.c = c, .arena = db_conn_arena(c), .now_ms = desk_now(d)};
  bool found = false;
  err e = customer_find(c, channel, account, external_id, w.arena, &w.customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) e = tx_lock_of_customer(&w, &found);
  if (err_is(e) || !found) return e;
  struct db_rows rows = {0};
  e = DB_RUN(c, SQL_CONVERSATION_SEEN, w.arena, &rows, DB_I(w.row.id), DB_I(message_id ? message_id : INT64_MAX),
             DB_I(w.now_ms));
  if (err_is(e) || rows.count == 0) return e;
  w.by = actor_customer(w.customer.id);
  e = conversation_get(c, w.row.id, 0, w.arena, &w.row);
  return err_is(e) ? e : tx_event(&w, EVENT_CHAT_UPDATE, NULL);
}

err conversation_unseen(db_conn *c, int64_t id, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_UNSEEN, db_conn_arena(c), &rows, DB_I(id), DB_I(CONVERSATION_COUNT_CAP));
  *count = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err conversation_customer_of_file(db_conn *c, int64_t file_id, arena *a, struct customer_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_CUSTOMER_OF_FILE, a, &rows, DB_I(file_id));
  if (err_is(e)) return e;
  return rows.count ? customer_get(c, db_at(&rows, 0, 0)->i, a, out) : err_make(ERR_NOT_FOUND);
}
