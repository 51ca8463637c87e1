/* What the channel makes of contents that the desk has sent: the votes of polls, the value of dice; see message.h. */
#include "desk/message/message.h"

#include "sql.h"

err message_poll_note(db_conn *c, const struct message_poll_ref *poll, int64_t message_id) {
  return DB_RUN(c, SQL_MESSAGE_POLL_NOTE, db_conn_arena(c), NULL, DB_S(poll->channel), DB_S(poll->account),
                DB_S(poll->id), DB_I(message_id));
}

/* The words stay as they were sent. False: the votes are not those of this poll. */
static bool count_votes(struct message_poll *poll, const struct message_poll *told, arena *a) {
  const struct message_poll_option *sent = poll->options.items, *counted = told->options.items;
  struct message_poll_option *options = arena_array(a, struct message_poll_option, poll->options.count);
  if (poll->options.count != told->options.count) return false;
  for (size_t i = 0; i < poll->options.count; i++) {
    options[i] = sent[i];
    options[i].voters = counted[i].voters;
  }
  poll->options.items = options;
  poll->voters = told->voters;
  poll->closed = told->closed;
  return true;
}

/* *json: the new details, unless nothing changes. */
static void merge(str stored, str told_json, arena *a, str *json) {
  struct message_details details;
  struct message_poll poll, told;
  message_details_decode(stored, &details);
  if (!details.poll.ptr || !told_json.ptr) return;
  if (err_is(json_decode(&message_poll_shape, details.poll, a, &poll, NULL))) return;
  if (err_is(json_decode(&message_poll_shape, told_json, a, &told, NULL)) || !count_votes(&poll, &told, a)) return;
  str whole = message_detail(a, &message_poll_shape, &poll);
  if (!whole.ptr || str_eq(whole, details.poll)) return;
  details.poll = whole;
  *json = message_details_encode(a, &details);
}

err message_poll_voted(db_conn *c, const struct message_poll_ref *poll, str told, int64_t stated_no, int64_t now_ms,
                       arena *a, int64_t *message_id, bool *changed) {
  struct db_rows rows = {0};
  str details = STR_NONE;
  *changed = false;
  *message_id = 0;
  err e = DB_RUN(c, SQL_MESSAGE_POLL_LOCK, a, &rows, DB_S(poll->channel), DB_S(poll->account), DB_S(poll->id));
  if (err_is(e) || rows.count == 0) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *message_id = cell[0].i;
  bool recent = !cell[3].null && now_ms - cell[3].i < MESSAGE_POLL_ORDER_MS;
  if (stated_no == cell[1].i || (recent && stated_no < cell[1].i)) return err_ok;
  e = DB_RUN(c, SQL_MESSAGE_POLL_STATED, a, NULL, DB_S(poll->channel), DB_S(poll->account), DB_S(poll->id),
             DB_I(stated_no));
  merge(cell[2].s, told, a, &details);
  if (err_is(e) || !details.ptr) return e;
  *changed = true;
  return DB_RUN(c, SQL_MESSAGE_SET_DETAILS, a, NULL, DB_I(*message_id), DB_S(details));
}

err message_dice_drawn(db_conn *c, int64_t message_id, int64_t value, arena *a) {
  struct message_row m;
  struct message_dice dice;
  err e = message_get(c, message_id, a, &m);
  if (err_is(e) || !m.details.dice.ptr) return e;
  if (err_is(json_decode(&message_dice_shape, m.details.dice, a, &dice, NULL)) || dice.value == value) return err_ok;
  dice.value = value;
  str whole = message_detail(a, &message_dice_shape, &dice);
  if (!whole.ptr) return err_ok;
  m.details.dice = whole;
  return DB_RUN(c, SQL_MESSAGE_SET_DETAILS, a, NULL, DB_I(message_id), DB_S(message_details_encode(a, &m.details)));
}
