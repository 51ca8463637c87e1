/* The outbox in the database. A step reads the row, asks the table and writes under the condition that the state is
 * still the one it asked for, so two senders cannot take the same step. */
#include "desk/outbox/outbox.h"

#include "base/limits.h"
#include "desk/names.h"
#include "sql.h"

struct stored {
  int64_t id, message_id, attempts;
  int state, purpose;
};

static void from_row(const struct db_rows *rows, size_t row, struct stored *out) {
  *out = (struct stored){
      .id = db_at(rows, row, 0)->i,
      .message_id = db_at(rows, row, 1)->i,
      .attempts = db_at(rows, row, 3)->i,
      .state = names_find(&outbox_state_names, db_at(rows, row, 2)->s),
      .purpose = names_find(&outbox_purpose_names, db_at(rows, row, 4)->s),
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

err outbox_add_extra(db_conn *c, str channel, str account, str lane, int64_t message_id,
                     const struct outbox_extra *extra, int64_t now_ms) {
  return DB_RUN(c, SQL_OUTBOX_ADD_EXTRA, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_S(lane),
                db_arg_opt(message_id), DB_S(names_text(&outbox_purpose_names, extra->purpose)), DB_I(extra->part),
                DB_S(extra->note), DB_S(extra->reply_to), DB_I(extra->next_at), DB_I(now_ms), DB_I(now_ms));
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
        .purpose = names_find(&outbox_purpose_names, db_at(&rows, i, 5)->s),
        .part = db_at(&rows, i, 6)->i,
        .note = db_at(&rows, i, 7)->s,
    };
  return err_ok;
}

err outbox_claim(db_conn *c, int64_t id, int64_t now_ms, arena *a, struct outbox_row *out, bool *claimed) {
  *claimed = false;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_CLAIM, a, &rows, DB_I(id), DB_I(now_ms));
  if (err_is(e) || rows.count == 0) return e;
  *claimed = true;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct outbox_row){
      .id = id,
      .message_id = cell[0].i,
      .purpose = names_find(&outbox_purpose_names, cell[1].s),
      .part = cell[2].i,
      .note = cell[3].s,
      .reply_to = cell[4].s,
      .attempts = cell[5].i,
  };
  if (out->purpose != OUTBOX_ANSWER) return err_ok;
  return message_set_delivery(c, out->message_id, DELIVERY_SENDING, STR_NONE, STR_NONE, now_ms, db_conn_arena(c));
}

err outbox_drop(db_conn *c, int64_t id) { return DB_RUN(c, SQL_OUTBOX_DROP, db_conn_arena(c), NULL, DB_I(id)); }

err outbox_drop_lane(db_conn *c, str channel, str lane) {
  return DB_RUN(c, SQL_OUTBOX_DROP_LANE, db_conn_arena(c), NULL, DB_S(channel), DB_S(lane));
}

err outbox_hurry_lane(db_conn *c, str channel, str account, str lane) {
  return DB_RUN(c, SQL_OUTBOX_HURRY_LANE, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_S(lane));
}

err outbox_count_lane(db_conn *c, str channel, str account, str lane, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_COUNT_LANE, db_conn_arena(c), &rows, DB_S(channel), DB_S(account), DB_S(lane));
  *count = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err outbox_sending_lane(db_conn *c, str channel, str account, str lane, bool *sending) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_SENDING_LANE, db_conn_arena(c), &rows, DB_S(channel), DB_S(account), DB_S(lane));
  *sending = !err_is(e) && rows.count > 0;
  return e;
}

static err load(db_conn *c, int64_t id, struct stored *row, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_BY_ID, db_conn_arena(c), &rows, DB_I(id));
  *found = !err_is(e) && rows.count > 0;
  if (*found) from_row(&rows, 0, row);
  return e;
}

/* Queues a notice to the staff room that an answer written there has failed. */
static err tell_failure(db_conn *c, int64_t message_id, int64_t now_ms) {
  return DB_RUN(c, SQL_OUTBOX_ADD_FAILURE, db_conn_arena(c), NULL, DB_I(message_id), DB_S(OUTBOX_STAFF_LANE),
                DB_I(now_ms), DB_I(now_ms));
}

/* Writes the row's next state and shows an answer's on its message. */
static err move(db_conn *c, const struct stored *row, int next, const struct outbox_outcome *o, int64_t attempts,
                int64_t now_ms, arena *a) {
  struct db_rows rows = {0};
  bool repeats = row->purpose == OUTBOX_COPY && o->step == OUTBOX_LOSE_TRACK;
  struct db_arg from = DB_S(names_text(&outbox_state_names, row->state));
  err e = next == OUTBOX_GONE ? DB_RUN(c, SQL_OUTBOX_REMOVE, db_conn_arena(c), &rows, DB_I(row->id), from)
                              : DB_RUN(c, SQL_OUTBOX_MOVE, db_conn_arena(c), &rows, DB_I(row->id), from,
                                       DB_S(names_text(&outbox_state_names, next)), DB_I(attempts), DB_I(o->next_at),
                                       DB_S(o->error_code), DB_S(o->error), DB_I(now_ms),
                                       DB_S(repeats ? OUTBOX_NOTE_REPEAT : STR_NONE));
  if (err_is(e)) return e;
  if (rows.changed == 0) return err_make(ERR_CONFLICT);
  if (row->purpose != OUTBOX_ANSWER) return err_ok;
  bool dead = next == OUTBOX_FAILED || next == OUTBOX_UNCERTAIN;
  e = message_set_delivery(c, row->message_id, delivery_of(next), dead ? o->error : STR_NONE, o->external_id, now_ms,
                           a);
  return err_is(e) || !dead ? e : tell_failure(c, row->message_id, now_ms);
}

/* The next state of a staff room row, see outbox.h; -1 when the step is not allowed. */
static int next_of(const struct stored *row, enum outbox_step step) {
  int next = outbox_next((enum outbox_state)row->state, step);
  bool ends = next == OUTBOX_FAILED || next == OUTBOX_UNCERTAIN;
  if (row->purpose == OUTBOX_NOTICE && ends) return OUTBOX_GONE;
  return row->purpose == OUTBOX_COPY && next == OUTBOX_UNCERTAIN ? OUTBOX_QUEUED : next;
}

err outbox_finish(db_conn *c, int64_t id, const struct outbox_outcome *o, int64_t now_ms, arena *a) {
  struct stored row;
  bool found = false;
  err e = load(c, id, &row, &found);
  if (err_is(e) || !found) return e;
  bool counts = o->step != OUTBOX_RETRY_LATER || o->counts;
  int64_t attempts = row.attempts + (counts ? 1 : 0);
  enum outbox_step step = o->step;
  bool again = step == OUTBOX_RETRY_LATER || (step == OUTBOX_LOSE_TRACK && row.purpose == OUTBOX_COPY);
  if (again && counts && attempts >= LIMIT_OUTBOX_TRIES_MAX) step = OUTBOX_REFUSE;
  int next = next_of(&row, step);
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
      e = move(c, &row, next_of(&row, OUTBOX_LOSE_TRACK), &lost, row.attempts + 1, now_ms, a);
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
        .purpose = names_find(&outbox_purpose_names, cell[8].s),
    };
  }
  return e;
}
