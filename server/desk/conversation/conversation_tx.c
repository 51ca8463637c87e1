/* See conversation_tx_internal.h. */
#include "desk/conversation/conversation_tx_internal.h"

#include "base/clock.h"
#include "desk/card/card.h"
#include "desk/job/job.h"
#include "desk/names.h"
#include "desk/notice/notice.h"
#include "sql.h"

#include <assert.h>

static void set_row(struct conversation_tx *w, const struct db_cell *cell) {
  conversation_from_cells(cell, &w->row);
  w->row.customer = &w->customer;
  w->last_message_id = cell[COL_CONVERSATION_LAST_MESSAGE_ID].i;
  w->was = (struct conversation_state){w->row.status, w->row.assignee_id, w->row.snoozed_until};
  w->was_inbound_count = w->row.inbound_count;
  w->was_spam = w->row.spam_at != 0;
}

err tx_lock(struct conversation_tx *w, db_conn *c, int64_t conversation_id, int64_t now_ms, arena *a) {
  *w = (struct conversation_tx){.c = c, .arena = a, .now_ms = now_ms};
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_LOCK, a, &rows, DB_I(conversation_id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  const struct db_cell *cell = db_at(&rows, 0, 0);
  set_row(w, cell);
  customer_from_cells(cell + COL_CONVERSATION_COUNT, a, &w->customer);
  return err_ok;
}

err tx_lock_of_customer(struct conversation_tx *w, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONVERSATION_LOCK_OF_CUSTOMER, w->arena, &rows, DB_I(w->customer.id));
  *found = !err_is(e) && rows.count > 0;
  if (*found) set_row(w, db_at(&rows, 0, 0));
  return e;
}

err tx_open(struct conversation_tx *w, int status) {
  bool found = false;
  err e = tx_lock_of_customer(w, &found);
  if (err_is(e) || found) return e;
  struct db_rows rows = {0};
  e = DB_RUN(w->c, SQL_CONVERSATION_OPEN, w->arena, &rows, DB_I(w->customer.id), DB_I(w->now_ms), DB_I(w->now_ms),
             DB_S(names_text(&conversation_status_names, status)));
  if (!err_is(e)) set_row(w, db_at(&rows, 0, 0));
  return e;
}

/* The list is ordered by updated_at, which never goes back even when the clock does. */
static void touch(struct conversation_tx *w) {
  if (w->row.updated_at < w->now_ms) w->row.updated_at = w->now_ms;
  w->changed = true;
}

static void show_last(struct conversation_tx *w, const struct message_row *m) {
  w->last = (struct conversation_last){
      .id = m->id,
      .direction = m->direction,
      .kind = m->kind,
      .preview = message_preview(m, w->arena),
      .content = m->action >= 0 ? names_text(&message_action_names, m->action) : m->content,
      .delivery = m->delivery,
      .created_at = m->created_at,
  };
  w->row.last_message = &w->last;
  w->last_message_id = m->id;
  w->last_album = m->album;
}

/* If this transaction added no message, the event needs the last one from the database. */
static err load_last(struct conversation_tx *w) {
  if (w->row.last_message || !w->last_message_id) return err_ok;
  struct message_row m;
  err e = message_get(w->c, w->last_message_id, w->arena, &m);
  if (!err_is(e)) show_last(w, &m);
  return e;
}

/* The list shows the last message. A system message replaces only another system message; a picture
 * without text does not replace the text of its album. Both are shown if there is nothing else. */
static err set_last(struct conversation_tx *w, const struct message_row *m) {
  bool notice = !message_kind_facts(m->kind)->counts, part = m->album.len > 0 && m->text.len == 0;
  touch(w);
  err e = notice || part ? load_last(w) : err_ok;
  if (err_is(e)) return e;
  bool says_something = w->row.last_message && message_kind_facts(w->last.kind)->counts;
  bool in_view = says_something && (notice || (part && str_eq(w->last_album, m->album)));
  if (!in_view) show_last(w, m);
  return err_ok;
}

static err add_system_message(struct conversation_tx *w, struct message_new *new, enum event_type type) {
  new->conversation_id = w->row.id;
  new->direction = MESSAGE_SYSTEM;
  new->kind = MESSAGE_SYSTEM_MESSAGE;
  new->delivery = -1;
  new->created_at = w->now_ms;
  struct message_row m;
  err e = message_insert(w->c, new, w->arena, &m);
  if (!err_is(e)) e = set_last(w, &m);
  return err_is(e) ? e : tx_event(w, type, &m);
}

err tx_system_message(struct conversation_tx *w, int action, str text, str external_id) {
  struct actor by = actor_customer(w->customer.id); /* blocking, starting: reported by the channel about the customer */
  return add_system_message(w,
                            &(struct message_new){.by = by, .action = action, .text = text, .external_id = external_id},
                            EVENT_NEW_MESSAGE);
}

/* Appends chat_status_change for a change without a system message: a snoozed conversation wakes. */
static err emit_status(struct conversation_tx *w) {
  err e = load_last(w);
  if (err_is(e)) return e;
  touch(w);
  return tx_event(w, EVENT_CHAT_STATUS_CHANGE, NULL);
}

/* Sets the wake job to the time, or removes it without one. A job that is running now checks the time itself. */
static err schedule_wake(struct conversation_tx *w) {
  err e = job_cancel(w->c, JOB_WAKE_CONVERSATION, SUBJECT_CONVERSATION, w->row.id, NULL);
  if (err_is(e) || !w->row.snoozed_until) return e;
  struct job_new n = {.kind = JOB_WAKE_CONVERSATION,
                      .queue = S(JOB_QUEUE_DESK),
                      .due_at = w->row.snoozed_until,
                      .subject = SUBJECT_CONVERSATION,
                      .subject_id = w->row.id,
                      .unique_key = arena_printf(w->arena, "%lld", (long long)w->row.id)};
  e = job_add(w->c, &n, w->now_ms, NULL);
  if (e.code == ERR_QUEUE_FULL) return err_retry(ERR_OVERLOADED, e.retry_ms); /* its text is about messages */
  return e.code == ERR_CONFLICT ? err_ok : e;
}

static str iso_of(int64_t ms, arena *a) {
  char text[CLOCK_ISO_SIZE];
  return ms ? arena_dup(a, clock_format_iso(ms, text)) : STR_NONE;
}

/* The command's system message, with chat_status_change. */
static err add_command_message(struct conversation_tx *w, int action, const struct actor *by, int64_t target) {
  struct message_new m = {
      .action = action,
      .by = *by,
      .text = action == ACTION_SNOOZED ? iso_of(w->row.snoozed_until, w->arena) : STR_NONE,
      .target_operator_id = action == ACTION_ASSIGNED ? target : 0,
  };
  return add_system_message(w, &m, EVENT_CHAT_STATUS_CHANGE);
}

err tx_command(struct conversation_tx *w, enum conversation_verb command, const struct actor *by, int64_t target,
               bool force) {
  struct conversation_decision decision;
  struct conversation_state now = {w->row.status, w->row.assignee_id, w->row.snoozed_until};
  err e = conversation_decide(now, command, actor_operator_id(by), target, force, &decision);
  if (err_is(e) || !decision.changed) return e;
  w->by = *by;
  w->former_assignee_id = decision.next.assignee_id != now.assignee_id ? now.assignee_id : 0;
  w->row.status = decision.next.status;
  w->row.assignee_id = decision.next.assignee_id;
  w->row.closed_at = w->row.status == CONVERSATION_CLOSED ? w->now_ms : 0;
  if (w->row.closed_at) w->row.waiting_since = 0;
  w->row.snoozed_until = decision.next.snoozed_until;
  if (w->row.snoozed_until != now.snoozed_until) e = schedule_wake(w);
  if (err_is(e)) return e;
  e = decision.system_message < 0 ? emit_status(w) : add_command_message(w, decision.system_message, by, target);
  w->former_assignee_id = 0;
  return e;
}

err tx_add_unlisted(struct conversation_tx *w, struct message_new *m, struct message_row *out) {
  m->conversation_id = w->row.id;
  err e = message_insert(w->c, m, w->arena, out);
  if (!err_is(e)) e = load_last(w);
  return err_is(e) ? e : tx_event(w, EVENT_NEW_MESSAGE, out);
}

/* An answer counts when it is written: if it cannot be delivered, the operators see that. Automatic ones do not count. A message
 * may arrive after a later one. */
static void note_waiting(struct conversation_tx *w, const struct message_row *m) {
  int64_t *since = &w->row.waiting_since;
  bool automatic = m->actor == ACTOR_SYSTEM || m->actor == ACTOR_RULE;
  if (m->direction == MESSAGE_OUT && !automatic) *since = 0;
  bool writes = m->direction == MESSAGE_IN && message_kind_facts(m->kind)->counts;
  if (writes && (!*since || m->created_at < *since)) *since = m->created_at;
}

err tx_message(struct conversation_tx *w, struct message_new *m, struct message_row *out) {
  m->conversation_id = w->row.id;
  err e = message_insert(w->c, m, w->arena, out);
  if (err_is(e)) return e;
  if (m->direction == MESSAGE_IN && message_kind_facts(m->kind)->counts) w->row.inbound_count++;
  note_waiting(w, out);
  e = set_last(w, out);
  return err_is(e) ? e : tx_event(w, EVENT_NEW_MESSAGE, out);
}

static err emit_read(struct conversation_tx *w, const struct actor *by, int64_t operator_id, int64_t read_count) {
  struct event_about about = {
      .id = w->row.id, .owner_id = w->row.assignee_id, .by = *by, .audience = {AUDIENCE_OPERATOR, operator_id}};
  return emit_conversation_read(w->c, &about, &(struct event_conversation_read){w->row.id, operator_id, read_count},
                                w->now_ms);
}

err tx_mark_unread(struct conversation_tx *w, int64_t operator_id) {
  struct db_rows rows = {0};
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  int64_t read_count = w->row.inbound_count - 1;
  if (read_count < 0) return err_ok;
  err e = DB_RUN(w->c, SQL_CONVERSATION_UNMARK, w->arena, &rows, DB_I(operator_id), DB_I(w->row.id), DB_I(read_count),
                 DB_I(w->now_ms));
  return err_is(e) || rows.changed == 0 ? e : emit_read(w, &nobody, operator_id, read_count);
}

err tx_mark_read(struct conversation_tx *w, const struct actor *by, int64_t read_count) {
  int64_t reader = actor_operator_id(by);
  if (!reader || read_count <= 0) return err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONVERSATION_MARK, w->arena, &rows, DB_I(reader), DB_I(w->row.id), DB_I(read_count),
                 DB_I(w->now_ms));
  return err_is(e) || rows.changed == 0 ? e : emit_read(w, by, reader, read_count);
}

err tx_save(struct conversation_tx *w) {
  if (!w->changed) return err_ok;
  w->changed = false;
  return conversation_save(w->c, &w->row, w->last_message_id);
}

err tx_tell(struct desk *d, struct conversation_tx *w, int64_t by) {
  bool spam = w->row.spam_at != 0, waits = w->row.status == CONVERSATION_WAITING && !w->row.assignee_id && !spam;
  bool began = w->was.status != CONVERSATION_WAITING || !w->was_inbound_count || w->was_spam;
  struct notice_news news = {
      .conversation_id = w->row.id,
      .assignee_id = w->row.assignee_id,
      .inbound_count = w->row.inbound_count,
      .by = by,
      .wrote = w->row.inbound_count > w->was_inbound_count && !spam,
      .waiting = waits && began,
      .assigned = w->row.assignee_id && w->row.assignee_id != w->was.assignee_id && w->row.assignee_id != by,
      .changed = w->row.status != w->was.status || w->row.assignee_id != w->was.assignee_id || spam != w->was_spam,
  };
  err e = notice_tell(d, w->c, &news);
  const struct customer_row *to = &w->customer;
  bool shown = (news.changed || news.waiting) && !spam;
  return err_is(e) || !shown ? e : card_touch(d, w->c, to->id, to->channel, to->account, to->external_id);
}
