/* The outbox in the database. A step reads the row, asks the table and writes under the condition that the state is
 * still the one it asked for, so two senders cannot take the same step. */
#include "desk/outbox/outbox.h"

#include "base/limits.h"
#include "desk/names.h"
#include "sql.h"

struct stored {
  int64_t id, message_id, attempts;
  int state;
};

static void from_row(const struct db_rows *rows, size_t row, struct stored *out) {
  *out = (struct stored){
      .id = db_at(rows, row, 0)->i,
      .message_id = db_at(rows, row, 1)->i,
      .attempts = db_at(rows, row, 3)->i,
      .state = names_find(&outbox_state_names, db_at(rows, row, 2)->s),
  };
}

/* What the message shows for a state of its row. */
static int delivery_of(int state) {
  static const int deliveries[] = {[OUTBOX_QUEUED] = DELIVERY_QUEUED,
                                   [OUTBOX_SENDING] = DELIVERY_SENDING,
                                   [OUTBOX_FAILED] = DELIVERY_FAILED,
                                   [OUTBOX_UNCERTAIN] = DELIVERY_UNCERTAIN,
                                   [OUTBOX_GONE] = DELIVERY_SENT};
  return deliveries[state];
}

err outbox_add(db_conn *c, str channel, str account, str lane, int64_t message_id, int64_t now_ms) {
  return DB_RUN(c, SQL_OUTBOX_ADD, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_S(lane), DB_I(message_id),
                DB_I(now_ms), DB_I(now_ms));
}

err outbox_queued(db_conn *c, str channel, str account, int64_t after, size_t limit, arena *a, struct outbox_row **out,
                  size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_QUEUED, a, &rows, DB_S(channel), DB_S(account), DB_I(after), DB_I(limit));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct outbox_row, rows.count);
  for (size_t i = 0; i < rows.count; i++)
    (*out)[i] = (struct outbox_row){
        .id = db_at(&rows, i, 0)->i,
        .message_id = db_at(&rows, i, 1)->i,
        .attempts = db_at(&rows, i, 2)->i,
        .next_at = db_at(&rows, i, 3)->i,
        .lane = db_at(&rows, i, 4)->s,
    };
  return err_ok;
}

err outbox_claim(db_conn *c, int64_t id, int64_t now_ms, bool *claimed) {
  *claimed = false;
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  err e = DB_RUN(c, SQL_OUTBOX_CLAIM, a, &rows, DB_I(id), DB_I(now_ms));
  if (err_is(e) || rows.count == 0) return e;
  *claimed = true;
  return message_set_delivery(c, db_at(&rows, 0, 0)->i, DELIVERY_SENDING, STR_NONE, STR_NONE, now_ms, a);
}

static err load(db_conn *c, int64_t id, struct stored *row, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_BY_ID, db_conn_arena(c), &rows, DB_I(id));
  *found = !err_is(e) && rows.count > 0;
  if (*found) from_row(&rows, 0, row);
  return e;
}

/* Writes the row's next state and shows it on the message. */
static err move(db_conn *c, const struct stored *row, int next, const struct outbox_outcome *o, int64_t attempts,
                int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  struct db_arg from = DB_S(names_text(&outbox_state_names, row->state));
  err e = next == OUTBOX_GONE ? DB_RUN(c, SQL_OUTBOX_REMOVE, db_conn_arena(c), &rows, DB_I(row->id), from)
                              : DB_RUN(c, SQL_OUTBOX_MOVE, db_conn_arena(c), &rows, DB_I(row->id), from,
                                       DB_S(names_text(&outbox_state_names, next)), DB_I(attempts), DB_I(o->next_at),
                                       DB_S(o->error_code), DB_S(o->error), DB_I(now_ms));
  if (err_is(e)) return e;
  if (rows.changed == 0) return err_make(ERR_CONFLICT);
  bool dead = next == OUTBOX_FAILED || next == OUTBOX_UNCERTAIN;
  return message_set_delivery(c, row->message_id, delivery_of(next), dead ? o->error : STR_NONE, o->external_id, now_ms,
                              a);
}

err outbox_finish(db_conn *c, int64_t id, const struct outbox_outcome *o, int64_t now_ms, arena *a) {
  struct stored row;
  bool found = false;
  err e = load(c, id, &row, &found);
  if (err_is(e) || !found) return e;
  bool counts = o->step != OUTBOX_RETRY_LATER || o->counts;
  int64_t attempts = row.attempts + (counts ? 1 : 0);
  enum outbox_step step = o->step;
  if (step == OUTBOX_RETRY_LATER && counts && attempts >= LIMIT_OUTBOX_TRIES_MAX) step = OUTBOX_REFUSE;
  int next = outbox_next((enum outbox_state)row.state, step);
  if (next < 0) return err_detail(ERR_CONFLICT, NULL, "The message is not being sent.");
  return move(c, &row, next, o, attempts, now_ms, a);
}

err outbox_recover(db_conn *c, str channel, str account, int64_t now_ms, arena *a, int64_t *count) {
  *count = 0;
  const struct outbox_outcome lost = {
      .step = OUTBOX_LOSE_TRACK,
      .error_code = S("uncertain"),
      .error = S("The server stopped while this was being sent; it may have arrived."),
  };
  int64_t last = 0;
  for (;;) {
    struct db_rows rows = {0};
    err e = DB_RUN(c, SQL_OUTBOX_STUCK, a, &rows, DB_S(channel), DB_S(account), DB_I(last));
    if (err_is(e) || rows.count == 0) return e;
    for (size_t i = 0; i < rows.count; i++) {
      struct stored row;
      from_row(&rows, i, &row);
      e = move(c, &row, outbox_next(OUTBOX_SENDING, OUTBOX_LOSE_TRACK), &lost, row.attempts + 1, now_ms, a);
      if (err_is(e)) return e;
      last = row.id;
      ++*count;
    }
  }
}

/* ---- for people ---- */

static err retry_row(db_conn *c, const struct stored *row, int64_t now_ms, arena *a) {
  int next = outbox_next((enum outbox_state)row->state, OUTBOX_RETRY_BY_PERSON);
  if (next < 0) return err_make(ERR_NOT_RETRYABLE);
  return move(c, row, next, &(struct outbox_outcome){.step = OUTBOX_RETRY_BY_PERSON}, 0, now_ms, a);
}

err outbox_retry(db_conn *c, int64_t id, int64_t now_ms, arena *a, int64_t *message_id) {
  struct stored row;
  bool found = false;
  err e = load(c, id, &row, &found);
  if (err_is(e)) return e;
  if (!found) return err_make(ERR_NOT_FOUND);
  *message_id = row.message_id;
  return retry_row(c, &row, now_ms, a);
}

err outbox_retry_message(db_conn *c, int64_t message_id, int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_BY_MESSAGE, a, &rows, DB_I(message_id));
  if (err_is(e)) return e;
  if (rows.count > 0) {
    struct stored row;
    from_row(&rows, 0, &row);
    return retry_row(c, &row, now_ms, a);
  }
  struct message_row m;
  e = message_get(c, message_id, a, &m);
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_OUTBOX_ADD_AGAIN, a, &rows, DB_I(message_id), DB_I(now_ms), DB_I(now_ms));
  if (err_is(e)) return e;
  if (rows.changed == 0) return err_make(ERR_NOT_RETRYABLE);
  return message_set_delivery(c, message_id, DELIVERY_QUEUED, STR_NONE, STR_NONE, now_ms, a);
}

err outbox_dismiss(db_conn *c, int64_t id) {
  struct stored row;
  bool found = false;
  err e = load(c, id, &row, &found);
  if (err_is(e)) return e;
  if (!found || (row.state != OUTBOX_FAILED && row.state != OUTBOX_UNCERTAIN)) return err_make(ERR_NOT_FOUND);
  return DB_RUN(c, SQL_OUTBOX_REMOVE, db_conn_arena(c), NULL, DB_I(id),
                DB_S(names_text(&outbox_state_names, row.state)));
}

static str or_else(str s, str fallback) { return s.ptr ? s : fallback; }

err outbox_dead(db_conn *c, int64_t before, size_t limit, arena *a, struct dead_letter **out, size_t *count,
                bool *more) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_DEAD, a, &rows, DB_I(before ? before : INT64_MAX), DB_I(limit + 1));
  if (err_is(e)) return e;
  *more = rows.count > limit;
  *count = *more ? limit : rows.count;
  *out = arena_array(a, struct dead_letter, *count);
  int64_t *ids = arena_array(a, int64_t, *count);
  for (size_t i = 0; i < *count; i++) ids[i] = db_at(&rows, i, 1)->i;
  struct message_row *messages = NULL;
  e = message_get_many(c, ids, *count, a, &messages);
  for (size_t i = 0; i < *count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    bool uncertain = names_find(&outbox_state_names, cell[2].s) == OUTBOX_UNCERTAIN;
    (*out)[i] = (struct dead_letter){
        .id = cell[0].i,
        .message = &messages[i],
        .attempts = cell[3].i,
        .error_code = or_else(cell[4].s, uncertain ? S("uncertain") : S("failed")),
        .error = or_else(cell[5].s, S("")),
        .failed_at = cell[6].i,
        .customer_name = cell[7].s,
    };
  }
  return e;
}
