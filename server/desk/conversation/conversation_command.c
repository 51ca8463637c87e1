/* The operators' commands on a conversation except replies: take, assign, unassign, close, reopen, mark as read. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/access/access.h"
#include "desk/job/job.h"
#include "desk/operator/operator.h"
#include "desk/staff/staff_topic.h"
#include "sql.h"

struct commanding_ctx {
  struct desk *desk;
  const struct conversation_command *command; /* one of the two */
  const struct conversation_change *change;
  arena *arena;
  struct conversation_row *out;
};

static bool may_give(const struct conversation_tx *w, const struct actor *by) {
  return may(by, MAY_CONVERSATION_ASSIGN, &(struct subject){SUBJECT_CONVERSATION, w->row.id, w->row.assignee_id});
}

static err assign(struct conversation_tx *w, const struct actor *by, int64_t target) {
  if (!may_give(w, by)) /* an operator without the right to assign may still take */
    return target == actor_operator_id(by) ? tx_command(w, COMMAND_TAKE, by, 0, false) : err_make(ERR_FORBIDDEN);
  struct operator_row operator= {0};
  err e = operator_get(w->c, target, w->arena, &operator);
  bool unknown = e.code == ERR_NOT_FOUND || (!err_is(e) && !operator.active);
  if (unknown) return err_detail(ERR_INVALID_FIELD, "assignee_id", "There is no such active operator.");
  return err_is(e) ? e : tx_command(w, COMMAND_ASSIGN, by, target, false);
}

static err unassign(struct conversation_tx *w, const struct actor *by) {
  if (w->row.assignee_id && !may_give(w, by)) return err_make(ERR_FORBIDDEN);
  return tx_command(w, COMMAND_UNASSIGN, by, 0, false);
}

static err snooze(struct conversation_tx *w, const struct actor *by, int64_t until) {
  static const int64_t most_ms = CONVERSATION_SNOOZE_MAX_DAYS * INT64_C(24) * 3600 * 1000;
  if (until && (until <= w->now_ms || until > w->now_ms + most_ms))
    return err_detail(ERR_INVALID_FIELD, "until", "This must be a time in the future, at most a year ahead.");
  return tx_command(w, COMMAND_SNOOZE, by, until, false);
}

static err apply_command(struct conversation_tx *w, const struct conversation_command *o) {
  switch (o->command) {
    case COMMAND_ASSIGN: return assign(w, &o->by, o->target);
    case COMMAND_UNASSIGN: return unassign(w, &o->by);
    case COMMAND_SNOOZE: return snooze(w, &o->by, o->target);
    default: return tx_command(w, o->command, &o->by, 0, o->force);
  }
}

static err become_active(struct conversation_tx *w, const struct actor *by) {
  err e = w->row.status == CONVERSATION_CLOSED || w->row.status == CONVERSATION_SNOOZED
              ? tx_command(w, COMMAND_REOPEN, by, 0, false)
              : err_ok;
  return err_is(e) || w->row.status == CONVERSATION_ACTIVE ? e : tx_command(w, COMMAND_TAKE, by, 0, false);
}

static err become_waiting(struct conversation_tx *w, const struct actor *by) {
  bool rests = w->row.status == CONVERSATION_CLOSED || w->row.status == CONVERSATION_SNOOZED;
  err e =
      rests ? tx_command(w, COMMAND_REOPEN, by, 0, false) : err_ok; /* with its line, also where nobody is unassigned */
  return err_is(e) || w->row.status == CONVERSATION_WAITING ? e : unassign(w, by);
}

static err apply_change(struct conversation_tx *w, const struct conversation_change *p) {
  err e = err_ok;
  if (p->set_assignee && p->assignee_id != w->row.assignee_id) {
    e = p->assignee_id ? assign(w, &p->by, p->assignee_id) : unassign(w, &p->by);
  }
  bool as_is = !p->set_status || (p->status == w->row.status && !p->set_until);
  if (err_is(e) || as_is) return e;
  switch (p->status) {
    case CONVERSATION_SNOOZED: return snooze(w, &p->by, p->snoozed_until);
    case CONVERSATION_CLOSED: return tx_command(w, COMMAND_CLOSE, &p->by, 0, false);
    case CONVERSATION_ACTIVE: return become_active(w, &p->by);
    case CONVERSATION_WAITING: return become_waiting(w, &p->by);
    default: return err_detail(ERR_INVALID_FIELD, "status", "The status can be waiting, active, snoozed or closed.");
  }
}

static err run(db_conn *c, void *arg) {
  struct commanding_ctx *o = arg;
  int64_t id = o->command ? o->command->conversation_id : o->change->conversation_id;
  const struct actor *by = o->command ? &o->command->by : &o->change->by;
  struct conversation_tx w;
  err e = tx_lock(&w, c, id, desk_now(o->desk), o->arena);
  if (!err_is(e)) e = conversation_may(by, MAY_CONVERSATION_WRITE, id, w.row.assignee_id);
  if (!err_is(e)) e = o->command ? apply_command(&w, o->command) : apply_change(&w, o->change);
  if (!err_is(e)) e = tx_save(&w);
  if (!err_is(e)) e = staff_topic_touch(o->desk, c, id, w.now_ms);
  if (!err_is(e)) e = tx_tell(o->desk, &w, actor_operator_id(by));
  return err_is(e) ? e : conversation_get(c, id, actor_operator_id(by), o->arena, o->out);
}

err conversation_command_in(struct desk *d, db_conn *c, const struct conversation_command *o, arena *a,
                            struct conversation_row *out) {
  return run(c, &(struct commanding_ctx){.desk = d, .command = o, .arena = a, .out = out});
}

err conversation_command(struct desk *d, const struct conversation_command *o, arena *a, struct conversation_row *out) {
  return desk_write(d, run, &(struct commanding_ctx){.desk = d, .command = o, .arena = a, .out = out});
}

err conversation_change(struct desk *d, const struct conversation_change *p, arena *a, struct conversation_row *out) {
  return desk_write(d, run, &(struct commanding_ctx){.desk = d, .change = p, .arena = a, .out = out});
}

/* ---- another owner, without a command ---- */

err conversation_hand_over(struct desk *d, db_conn *c, int64_t id, int64_t to, const struct actor *by) {
  struct conversation_tx w;
  err e = tx_lock(&w, c, id, desk_now(d), db_conn_arena(c));
  if (err_is(e)) return e;
  w.by = *by;
  w.former_assignee_id = w.row.assignee_id;
  w.row.assignee_id = to;
  w.changed = true;
  e = tx_save(&w);
  if (!err_is(e)) e = conversation_get(c, id, 0, w.arena, &w.row);
  return err_is(e) ? e : tx_event(&w, EVENT_CHAT_UPDATE, NULL);
}

/* ---- waking by time ---- */

err conversation_wake(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)user;
  struct conversation_tx w;
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  err e = tx_lock(&w, c, j->subject_id, desk_now(d), db_conn_arena(c));
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (err_is(e) || !w.row.snoozed_until) return e;
  if (w.row.snoozed_until > w.now_ms) { /* snoozed again since the job was taken */
    *again_at = w.row.snoozed_until;
    return err_ok;
  }
  e = tx_command(&w, COMMAND_WAKE, &nobody, 0, false);
  if (!err_is(e) && w.row.assignee_id) e = tx_mark_unread(&w, w.row.assignee_id);
  if (!err_is(e)) e = tx_save(&w);
  if (!err_is(e)) e = staff_topic_touch(d, c, w.row.id, w.now_ms);
  return err_is(e) ? e : tx_tell(d, &w, 0);
}

/* ---- reading ---- */

struct reading_ctx {
  struct desk *desk;
  const struct actor *by;
  int64_t conversation_id, message_id, read_count;
};

static err mark(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct conversation_tx w = {.c = c, .arena = db_conn_arena(c), .now_ms = desk_now(r->desk)};
  w.row.id = r->conversation_id;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_UNREAD_BEHIND, w.arena, &rows, DB_I(r->conversation_id),
                 DB_I(r->message_id ? r->message_id : INT64_MAX), DB_I(actor_operator_id(r->by)));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  w.row.assignee_id = db_at(&rows, 0, 3)->i;
  e = conversation_may(r->by, MAY_CONVERSATION_READ, w.row.id, w.row.assignee_id);
  if (err_is(e)) return e;
  int64_t seen = db_at(&rows, 0, 0)->i - db_at(&rows, 0, 1)->i;
  r->read_count = db_at(&rows, 0, 2)->i;
  if (seen <= r->read_count) return err_ok;
  r->read_count = seen;
  return tx_mark_read(&w, r->by, seen);
}

err conversation_mark_read(struct desk *d, int64_t conversation_id, const struct actor *by, int64_t message_id,
                           int64_t *read_count) {
  struct reading_ctx r = {d, by, conversation_id, message_id, 0};
  err e = desk_write(d, mark, &r);
  *read_count = r.read_count;
  return e;
}
