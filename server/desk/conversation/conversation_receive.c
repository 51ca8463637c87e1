/* What customers do: write, press start, edit, block and come back. Each runs inside the channel's transaction.
 *
 * This is the hottest code path. A known customer's text in an open conversation takes five statements: customer,
 * conversation (locked), message, conversation saved, event; nothing is read twice. A sixth, within ten seconds after the
 * conversation changed, asks whether it is a flood; once a day the customer is locked and marked, and a job asks the channel for
 * their picture. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/account/account.h"
#include "desk/names.h"
#include "desk/outbox/outbox.h"
#include "desk/source/source.h"
#include "desk/staff/staff.h"
#include "sql.h"

err inbound_first_time(db_conn *c, str channel, str account, int64_t update_id, int64_t now_ms, bool *fresh) {
  struct db_rows rows = {0};
  err e =
      DB_RUN(c, SQL_INBOUND_MARK, db_conn_arena(c), &rows, DB_S(channel), DB_S(account), DB_I(update_id), DB_I(now_ms));
  *fresh = !err_is(e) && rows.changed > 0;
  return e;
}

err inbound_last(db_conn *c, str channel, str account, int64_t since_ms, int64_t *at_ms) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_INBOUND_LAST, db_conn_arena(c), &rows, DB_S(channel), DB_S(account), DB_I(since_ms));
  *at_ms = err_is(e) || !rows.count ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

err inbound_keep_raw(db_conn *c, str channel, str account, int64_t update_id, str reason, str raw, int64_t now_ms) {
  return DB_RUN(c, SQL_INBOUND_KEEP, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), db_arg_opt(update_id),
                DB_S(reason), DB_S(raw), DB_I(now_ms));
}

err inbound_raw_recent(db_conn *c, str channel, str account, str reason, int64_t since_ms, arena *a,
                       struct inbound_raw **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_INBOUND_RAW_RECENT, a, &rows, DB_S(channel), DB_S(account), DB_S(reason), DB_I(since_ms),
                 DB_I(INBOUND_RAW_RECENT_MAX));
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct inbound_raw, *count + 1);
  for (size_t i = 0; i < *count; i++) (*out)[i] = (struct inbound_raw){db_at(&rows, i, 0)->i, db_at(&rows, i, 1)->s};
  return e;
}

err inbound_raw_forget(db_conn *c, int64_t id) {
  return DB_RUN(c, SQL_INBOUND_RAW_FORGET, db_conn_arena(c), NULL, DB_I(id));
}

/* ---- entry points ---- */

static void begin(struct conversation_tx *w, struct desk *d, db_conn *c) {
  *w = (struct conversation_tx){.c = c, .arena = db_conn_arena(c), .now_ms = desk_now(d)};
}

enum { FORGOTTEN_TOLD_MAX = 100 };
/* The customer wrote to an account that this one replaces: what waits leaves here, and the former's message ids are forgotten. So those
 * answers can no longer be changed; open panels are told of the newest, and learn of older ones when they fetch them again. */
static err move_customer(struct conversation_tx *w) {
  const struct customer_row *was = &w->before, *is = &w->customer;
  struct actor by = actor_customer(is->id);
  int64_t *ids = NULL;
  size_t count = 0;
  err e = message_answers_known(w->c, is->id, FORGOTTEN_TOLD_MAX, w->arena, &ids, &count);
  if (!err_is(e)) e = message_forget_externals(w->c, is->id);
  while (count-- > 0 && !err_is(e)) e = message_changed(w->c, ids[count], &by, w->now_ms, w->arena);
  return err_is(e) ? e : outbox_move_lane(w->c, is->channel, was->account, is->account, is->external_id);
}

static bool has_moved(const struct conversation_tx *w) {
  return w->before.id && !str_eq(w->before.account, w->customer.account);
}

/* Finds or creates the customer. Locks a row that mark_returned or tx_photo_ask will change, since the customer's lock comes
 * before the conversation's. */
static err upsert_customer(struct conversation_tx *w, const struct customer_identity *who) {
  err e = customer_upsert(w->c, who, w->now_ms, w->arena, &w->customer, &w->before);
  if (!err_is(e) && has_moved(w)) e = move_customer(w);
  bool changes = w->customer.blocked || tx_photo_due(w, who);
  return err_is(e) || !changes ? e : customer_lock(w->c, w->customer.id, w->arena, &w->customer);
}

/* What happened, as a line that lists nothing. */
static err add_quiet_line(struct conversation_tx *w, int action, str text, str external_id) {
  struct message_row out;
  struct message_new line = {
      .direction = MESSAGE_SYSTEM,
      .kind = MESSAGE_SYSTEM_MESSAGE,
      .by = actor_customer(w->customer.id),
      .action = action,
      .text = text,
      .external_id = external_id,
      .delivery = -1,
      .created_at = w->now_ms,
  };
  return tx_add_unlisted(w, &line, &out);
}

static err add_profile_line(struct conversation_tx *w, int action, str text) {
  return add_quiet_line(w, action, text, STR_NONE);
}

static str two_lines(arena *a, str one, str other) {
  return arena_concat(a, arena_concat(a, str_or_empty(one), S("\n")), str_or_empty(other));
}

/* Only the username or the id stands for a name that the channel does not know. */
static bool has_name(const struct customer_row *who) {
  return !str_eq(who->name, who->external_id) && !str_eq(who->name, str_or_empty(who->username));
}

static str name_of(struct conversation_tx *w, str account) {
  int64_t id = 0;
  struct account_row row;
  bool known = str_to_i64(account, &id) && !err_is(account_get(w->c, id, w->arena, &row));
  return known && row.username.len ? arena_concat(w->arena, S("@"), row.username) : account;
}

/* What the channel tells anew of a known customer. */
static err note_profile(struct conversation_tx *w) {
  const struct customer_row *was = &w->before, *is = &w->customer;
  if (!was->id || !w->last_message_id) return err_ok;
  err e = err_ok;
  if (has_moved(w))
    e = add_profile_line(w, ACTION_MOVED, two_lines(w->arena, name_of(w, was->account), name_of(w, is->account)));
  if (!err_is(e) && has_name(was) && has_name(is) && !str_eq(was->name, is->name))
    e = add_profile_line(w, ACTION_RENAMED, two_lines(w->arena, was->name, is->name));
  if (!err_is(e) && !str_eq(str_or_empty(was->username), str_or_empty(is->username)))
    e = add_profile_line(w, ACTION_USERNAME, two_lines(w->arena, was->username, is->username));
  if (!err_is(e) && was->premium != is->premium)
    e = add_profile_line(w, ACTION_PREMIUM, is->premium ? STR_NONE : S("0"));
  if (!err_is(e) && was->told_language.ptr && !str_eq(was->told_language, str_or_empty(is->told_language)))
    e = add_profile_line(w, ACTION_LANGUAGE, two_lines(w->arena, was->told_language, is->told_language));
  return e;
}

/* Records that a customer who had blocked the channel is back. */
static err mark_returned(struct conversation_tx *w) {
  bool changed = false;
  if (!w->customer.blocked) return err_ok;
  err e = customer_set_reach(w->c, w->customer.id, CUSTOMER_REACHABLE, w->now_ms, &changed);
  w->customer.blocked = w->customer.deactivated = false;
  w->customer.blocked_at = w->customer.deactivated_at = 0;
  return err_is(e) || !changed ? e : tx_system_message(w, ACTION_UNBLOCKED, STR_NONE, STR_NONE);
}

/* Somebody of the staff whose operator is deactivated. Looked for once, when a customer has no message yet. */
static err check_not_barred(struct conversation_tx *w) {
  bool barred = false;
  if (w->last_message_id) return err_ok;
  err e = staff_is_barred(w->c, w->customer.channel, w->customer.external_id, &barred);
  return err_is(e) || !barred ? e : err_detail(ERR_FORBIDDEN, NULL, "A deactivated operator is no customer.");
}

/* Opens or reopens the conversation. */
static err open_conversation(struct conversation_tx *w) {
  struct actor by = actor_customer(w->customer.id);
  err e = tx_command(w, COMMAND_CUSTOMER_WRITES, &by, 0, false);
  return err_is(e) ? e : mark_returned(w);
}

/* A known message must change nothing. The insert detects it, so check first only where a system message would be
 * written before the insert. */
static err known_already(struct conversation_tx *w, str external_id, int64_t *known) {
  *known = 0;
  bool lines = w->row.status == CONVERSATION_CLOSED || w->row.status == CONVERSATION_SNOOZED || w->customer.blocked;
  if (!lines || !external_id.ptr) return err_ok;
  return message_id_by_external(w->c, w->row.id, external_id, known);
}

static struct message_new inbound_row(const struct inbound_message *m, arena *a, int64_t now_ms) {
  return (struct message_new){
      .direction = MESSAGE_IN,
      .kind = m->kind,
      .text = m->text,
      .entities_json = m->entities_json,
      .album = m->album,
      .content = m->content,
      .external_id = m->external_id,
      .raw = m->raw,
      .forward_json = m->forward_json,
      .media_json = m->media_json,
      .headline = m->headline,
      .details_json = message_details_encode(a, &m->details),
      .action = -1,
      .delivery = -1,
      .files = m->files,
      .file_count = m->file_count,
      .channel = m->from.channel,
      .account = m->from.account,
      /* A message of which only the edit was received is stored at the edit's time. */
      .created_at = m->sent_at_ms > 0 && m->sent_at_ms < now_ms && !m->edited ? m->sent_at_ms : now_ms,
      .edited_at = m->edited ? now_ms : 0,
      .stated_at = m->edited ? m->edited_at_ms : 0,
      .stated_no = m->edited ? m->edit_no : 0,
  };
}

static struct message_state state_of(const struct inbound_message *m, arena *a) {
  for (size_t i = 0; i < m->file_count; i++) m->files[i].id = 0; /* set by a run that was rolled back */
  return (struct message_state){
      .kind = m->kind,
      .text = m->text,
      .entities_json = m->entities_json,
      .content = m->content,
      .media_json = m->media_json,
      .headline = m->headline,
      .details_json = message_details_encode(a, &m->details),
      .raw = m->raw,
      .files = m->files,
      .file_count = m->file_count,
      .channel = m->from.channel,
      .account = m->from.account,
      .same = m->same,
      .stated_at = m->edited_at_ms,
      .stated_no = m->edit_no,
  };
}

/* An edit may overtake the message itself. */
static err known_message(struct conversation_tx *w, const struct inbound_message *m, int64_t message_id) {
  if (m->edited) return err_ok;
  struct message_state first = state_of(m, w->arena);
  return message_add_first(w->c, message_id, &first, w->now_ms);
}

err conversation_receive(struct desk *d, db_conn *c, const struct inbound_message *m, int64_t *message_id) {
  int64_t ignored;
  if (!message_id) message_id = &ignored;
  *message_id = 0;
  struct conversation_tx w;
  begin(&w, d, c);
  err e = upsert_customer(&w, &m->from);
  if (!err_is(e)) e = tx_open(&w, CONVERSATION_WAITING);
  if (!err_is(e)) e = check_not_barred(&w);
  if (!err_is(e)) e = known_already(&w, m->external_id, message_id);
  if (err_is(e)) return e;
  if (*message_id) return known_message(&w, m, *message_id);
  struct message_new row = inbound_row(m, w.arena, w.now_ms);
  struct tx_screening screening;
  row.by = actor_customer(w.customer.id);
  e = note_profile(&w);
  if (!err_is(e)) e = tx_screen(&w, d, &row, &screening);
  if (!err_is(e)) e = open_conversation(&w);
  if (!err_is(e) && m->reply_to_external_id.ptr)
    e = message_id_by_external(c, w.row.id, m->reply_to_external_id, &row.reply_to_id);
  if (err_is(e)) return e;
  for (size_t i = 0; i < row.file_count; i++) row.files[i].id = 0; /* set by a run that was rolled back */
  struct message_row out;
  e = tx_message(&w, &row, &out);
  if (e.code == ERR_CONFLICT) {
    e = message_id_by_external(c, w.row.id, m->external_id, message_id);
    return err_is(e) ? e : known_message(&w, m, *message_id);
  }
  if (err_is(e)) return e;
  *message_id = out.id;
  bool copied = !w.row.spam_at;
  e = tx_screened(&w, d, &screening);
  if (!err_is(e) && copied) e = staff_copy(d, c, &out, w.now_ms);
  if (!err_is(e) && tx_photo_due(&w, &m->from)) e = tx_photo_ask(&w);
  if (!err_is(e)) e = tx_save(&w);
  return err_is(e) ? e : tx_tell(d, &w, 0);
}

/* A blocked customer is not greeted, but told. */
static err greet(struct conversation_tx *w) {
  str text = STR_NONE;
  const struct customer_row *to = &w->customer;
  if (to->banned_at) return tx_tell_block(w);
  err e = account_greeting(w->c, to->channel, to->account, to->language, w->arena, &text);
  return err_is(e) || text.len == 0 ? e : tx_say(w, text, STR_NONE);
}

/* Adds the start: it lists a new conversation and does not move an older one in the list. */
static err note_start(struct conversation_tx *w, bool is_new, str payload, str external_id) {
  return is_new ? tx_system_message(w, ACTION_STARTED, payload, external_id)
                : add_quiet_line(w, ACTION_STARTED, payload, external_id);
}

/* What the link's payload tells; before the greeting, which is in the language that the source may have. */
static err note_origin(struct conversation_tx *w, str payload) {
  struct source_row source = {0};
  bool found = false, changed = false;
  if (!payload.len) return err_ok;
  err e = source_of_payload(w->c, payload, w->arena, &source, &found);
  struct customer_origin from = {payload, source.name, source.tag, source.language};
  return err_is(e) ? e : customer_came(w->c, &w->customer, &from, w->now_ms, &changed);
}

err conversation_started(struct desk *d, db_conn *c, const struct inbound_message *m, str payload) {
  struct conversation_tx w;
  begin(&w, d, c);
  err e = upsert_customer(&w, &m->from);
  if (!err_is(e)) e = tx_open(&w, CONVERSATION_SNOOZED);
  int64_t known = 0;
  if (!err_is(e) && m->external_id.ptr) e = message_id_by_external(c, w.row.id, m->external_id, &known);
  if (!err_is(e) && !known) e = check_not_barred(&w);
  if (err_is(e) || known) return e;
  e = note_origin(&w, payload);
  if (!err_is(e)) e = note_profile(&w);
  if (!err_is(e)) e = mark_returned(&w);
  if (!err_is(e)) e = note_start(&w, !w.last_message_id, payload, m->external_id);
  if (!err_is(e) && w.customer.banned_at && !w.row.spam_at) tx_set_spam(&w, SPAM_BLOCKED);
  if (!err_is(e)) e = greet(&w);
  return err_is(e) ? e : tx_save(&w);
}

err conversation_noted(struct desk *d, db_conn *c, const struct inbound_message *m, bool *kept) {
  struct conversation_tx w;
  begin(&w, d, c);
  *kept = false;
  err e = customer_find(c, m->from.channel, m->from.account, m->from.external_id, w.arena, &w.customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) e = tx_lock_of_customer(&w, kept);
  if (err_is(e) || !*kept) return e;
  struct message_new row = inbound_row(m, w.arena, w.now_ms);
  row.by = actor_customer(w.customer.id);
  row.direction = MESSAGE_SYSTEM;
  row.kind = MESSAGE_SERVICE;
  struct message_row out;
  e = tx_add_unlisted(&w, &row, &out);
  return e.code == ERR_CONFLICT ? err_ok : e;
}

/* The list shows the last message's text: emit the conversation again if that message was edited. */
static err emit_edited(struct desk *d, db_conn *c, int64_t message_id, int64_t conversation_id,
                       const struct actor *by) {
  arena *a = db_conn_arena(c);
  err e = message_changed(c, message_id, by, desk_now(d), a);
  if (!err_is(e)) e = message_quoters_changed(c, message_id, by, desk_now(d), a);
  struct db_rows rows = {0};
  if (!err_is(e)) e = DB_RUN(c, SQL_CONVERSATION_IS_LAST, a, &rows, DB_I(conversation_id), DB_I(message_id));
  if (err_is(e) || rows.count == 0) return e;
  struct conversation_tx w;
  begin(&w, d, c);
  w.by = *by;
  e = conversation_get(c, conversation_id, 0, a, &w.row);
  return err_is(e) ? e : tx_event(&w, EVENT_CHAT_UPDATE, NULL);
}

static err receive_edited(struct desk *d, db_conn *c, const struct inbound_message *m) {
  struct inbound_message late = *m;
  late.edited = true;
  return conversation_receive(d, c, &late, NULL);
}

/* An edit turned a system message (a press of start) into text: stores it as a new message with the same external
 * id. */
static err system_message_edited(struct desk *d, db_conn *c, const struct inbound_message *m,
                                 int64_t system_message_id) {
  err e = message_forget_external(c, system_message_id);
  return err_is(e) ? e : receive_edited(d, c, m);
}

static err message_edited(struct desk *d, db_conn *c, const struct inbound_message *m, int64_t message_id,
                          int64_t conversation_id, bool spam, const struct actor *by) {
  bool changed = false;
  struct message_state to = state_of(m, db_conn_arena(c));
  err e = message_edit(c, message_id, &to, desk_now(d), db_conn_arena(c), &changed);
  if (err_is(e) || !changed) return e;
  e = emit_edited(d, c, message_id, conversation_id, by);
  return err_is(e) || m->moves || spam ? e : staff_copy_edit(d, c, message_id, desk_now(d));
}

err conversation_edited(struct desk *d, db_conn *c, const struct inbound_message *m) {
  arena *a = db_conn_arena(c);
  struct customer_row customer;
  err e = customer_find(c, m->from.channel, m->from.account, m->from.external_id, a, &customer);
  if (e.code == ERR_NOT_FOUND) return receive_edited(d, c, m);
  if (err_is(e)) return e;
  struct db_rows rows = {0};
  e = DB_RUN(c, SQL_CONVERSATION_MESSAGE_OF_CUSTOMER, a, &rows, DB_I(customer.id), DB_S(m->external_id));
  if (err_is(e)) return e;
  if (rows.count == 0) return receive_edited(d, c, m);
  const struct db_cell *found = db_at(&rows, 0, 0);
  struct actor by = actor_customer(customer.id);
  switch (names_find(&message_direction_names, found[2].s)) {
    case MESSAGE_IN: return message_edited(d, c, m, found[0].i, found[1].i, found[3].i != 0, &by);
    case MESSAGE_SYSTEM: return system_message_edited(d, c, m, found[0].i);
    default: return err_ok; /* customers cannot edit answers */
  }
}

err conversation_placeholders(db_conn *c, str channel, int64_t after, int64_t limit, arena *a,
                              struct conversation_placeholder **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_PLACEHOLDERS, a, &rows, DB_I(after), DB_S(channel), DB_I(limit));
  *count = rows.count;
  *out = arena_array(a, struct conversation_placeholder, rows.count);
  for (size_t i = 0; i < rows.count; i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    (*out)[i] = (struct conversation_placeholder){cell[0].i, cell[1].i, cell[2].s, cell[3].s};
  }
  return e;
}

err conversation_read_again(struct desk *d, db_conn *c, const struct conversation_placeholder *p,
                            const struct inbound_message *m) {
  bool changed = false;
  struct actor nobody = {0};
  struct message_state to = state_of(m, db_conn_arena(c));
  err e = message_read_again(c, p->id, &to, desk_now(d), &changed);
  return err_is(e) || !changed ? e : emit_edited(d, c, p->id, p->conversation_id, &nobody);
}

err conversation_reachable(struct desk *d, db_conn *c, str channel, str account, str external_id,
                           enum customer_reach reach) {
  static const int lines[] = {[CUSTOMER_BLOCKED] = ACTION_BLOCKED,
                              [CUSTOMER_REACHABLE] = ACTION_UNBLOCKED,
                              [CUSTOMER_DEACTIVATED] = ACTION_DEACTIVATED};
  struct conversation_tx w;
  begin(&w, d, c);
  err e = customer_find(c, channel, account, external_id, w.arena, &w.customer);
  bool same =
      reach == CUSTOMER_DEACTIVATED ? w.customer.deactivated : w.customer.blocked == (reach != CUSTOMER_REACHABLE);
  if (e.code == ERR_NOT_FOUND || (!err_is(e) && same)) return err_ok;
  bool changed = false, found = false;
  if (!err_is(e)) e = customer_set_reach(c, w.customer.id, reach, w.now_ms, &changed);
  if (err_is(e) || !changed) return e;
  w.customer.blocked = reach != CUSTOMER_REACHABLE;
  w.customer.blocked_at = w.customer.blocked ? w.now_ms : 0;
  w.customer.deactivated = reach == CUSTOMER_DEACTIVATED;
  w.customer.deactivated_at = w.customer.deactivated ? w.now_ms : 0;
  e = tx_lock_of_customer(&w, &found);
  if (err_is(e) || !found) return e;
  e = tx_system_message(&w, lines[reach], STR_NONE, STR_NONE);
  return err_is(e) ? e : tx_save(&w);
}
