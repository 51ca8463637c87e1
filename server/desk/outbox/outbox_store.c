/* The outbox in the database: jobs of its kinds, and the effect of their outcomes on messages. */
#include "desk/outbox/outbox.h"

#include "base/log.h"
#include "desk/file/file.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>
#include <stddef.h>

static const enum job_kind kinds[] = {
    [OUTBOX_ANSWER] = JOB_ANSWER, [OUTBOX_COPY] = JOB_COPY,   [OUTBOX_NOTICE] = JOB_NOTICE,
    [OUTBOX_CHANGE] = JOB_CHANGE, [OUTBOX_TOPIC] = JOB_TOPIC, [OUTBOX_PERSONAL] = JOB_PERSONAL,
    [OUTBOX_CARD] = JOB_CARD,
};
enum {
  LOST_MAX = 100,
  LEASE_MOST_MS = 400000, /* with the difference of the nodes' clocks */
  UNKNOWN_WAIT_MS = 60000
};

/* The payload of an outbox job; its subject is the message. */
struct payload {
  int64_t part, thread_id, operator_id;
  int64_t notice;
  str note, reply_to, buttons, edits;
  bool repeat;
  int what;
};
#define AT(member) offsetof(struct payload, member)
static const struct json_field payload_fields[] = {
    {.name = "part", .type = JSON_INT, .offset = AT(part)},
    {.name = "note", .type = JSON_STRING, .offset = AT(note)},
    {.name = "reply_to", .type = JSON_STRING, .offset = AT(reply_to)},
    {.name = "repeat", .type = JSON_BOOL, .offset = AT(repeat)},
    {.name = "what",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL,
     .offset = AT(what),
     .names = &message_change_what_names},
    {.name = "thread", .type = JSON_INT, .offset = AT(thread_id)},
    {.name = "buttons", .type = JSON_STRING, .offset = AT(buttons)},
    {.name = "operator", .type = JSON_INT, .offset = AT(operator_id)},
    {.name = "notice", .type = JSON_INT, .offset = AT(notice)},
    {.name = "edits", .type = JSON_STRING, .offset = AT(edits)},
};
#undef AT
static JSON_SHAPE(payload_shape, "OutboxPayload", struct payload, payload_fields, NULL);

static str encode(arena *a, const struct payload *p) {
  bool empty = !p->part && !p->note.len && !p->reply_to.len && !p->repeat && p->what < 0 && !p->thread_id &&
               !p->buttons.len && !p->edits.len && !p->operator_id;
  if (empty) return STR_NONE;
  buf b;
  buf_init(&b, JOB_PAYLOAD_MAX + 1);
  json_encode_stored(&b, &payload_shape, p);
  str text = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

static str queue_of(arena *a, str channel, str account) {
  return arena_printf(a, "outbox/%.*s/%.*s", STR_ARG(channel), STR_ARG(account));
}

static int purpose_of(int kind) {
  for (size_t i = 0; i < JSON_COUNT(kinds); i++)
    if ((int)kinds[i] == kind) return (int)i;
  return -1;
}

enum reading {
  READ,
  UNKNOWN,    /* a kind of a newer version */
  UNREADABLE, /* the payload; purpose and message are read all the same */
};
static const str unreadable =
    STR_INIT("The queue's entry for this message cannot be read."); /* the panel translates it */

static enum reading read_row(const struct job *j, arena *a, struct outbox_row *out) {
  struct payload p = {.what = -1};
  *out = (struct outbox_row){.job = *j, .purpose = purpose_of(j->kind), .message_id = j->subject_id};
  bool of_conversation = out->purpose == OUTBOX_TOPIC || out->purpose == OUTBOX_PERSONAL;
  if (of_conversation) out->conversation_id = j->subject_id, out->message_id = 0;
  if (out->purpose == OUTBOX_CARD) out->customer_id = j->subject_id, out->message_id = 0;
  if (out->purpose < 0) return UNKNOWN;
  if (j->payload.ptr && err_is(json_decode(&payload_shape, j->payload, a, &p, NULL))) return UNREADABLE;
  out->part = p.part;
  out->what = p.what;
  if (out->purpose == OUTBOX_CHANGE && p.what < 0) return UNREADABLE;
  out->thread_id = p.thread_id;
  out->operator_id = p.operator_id;
  out->notice = (int)p.notice;
  out->buttons = p.buttons;
  out->edits = p.edits;
  bool marked = str_eq(p.note, S("repeat")); /* as earlier versions said it, in place of the note */
  out->repeat = p.repeat || marked;
  out->note = marked ? STR_NONE : p.note;
  out->reply_to = p.reply_to;
  return READ;
}

static str copy_of(arena *a, str s) { return s.ptr ? arena_dup(a, s) : STR_NONE; }

void outbox_row_dup(arena *a, const struct outbox_row *row, struct outbox_row *out) {
  *out = *row;
  str *texts[] = {&out->job.queue, &out->job.lane, &out->job.batch, &out->job.payload, &out->job.error_code,
                  &out->job.error, &out->note,     &out->reply_to,  &out->buttons,     &out->edits};
  for (size_t i = 0; i < JSON_COUNT(texts); i++) *texts[i] = copy_of(a, *texts[i]);
}

/* ---- adding ---- */

err outbox_add_extra(db_conn *c, str channel, str account, str lane, int64_t message_id,
                     const struct outbox_extra *extra, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct payload p = {.part = extra->part,
                      .note = extra->note,
                      .reply_to = extra->reply_to,
                      .repeat = extra->repeat,
                      .thread_id = extra->thread_id,
                      .buttons = extra->buttons,
                      .edits = extra->edits,
                      .what = -1};
  bool plain = extra->purpose != OUTBOX_NOTICE && extra->part == 0 && !extra->note.ptr;
  struct job_new n = {
      .kind = kinds[extra->purpose],
      .queue = queue_of(a, channel, account),
      .lane = lane,
      .batch = plain ? extra->album : STR_NONE,
      .due_at = extra->next_at,
      .subject = message_id ? SUBJECT_MESSAGE : SUBJECT_NONE,
      .subject_id = message_id,
      .payload = encode(a, &p),
  };
  return job_add(c, &n, now_ms, NULL);
}

err outbox_add_topic(db_conn *c, str channel, str account, int64_t conversation_id, int64_t due_at, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  long long id = conversation_id;
  struct job_new n = {
      .kind = JOB_TOPIC,
      .queue = queue_of(a, channel, account),
      .lane = arena_printf(a, "%.*s%lld", STR_ARG(OUTBOX_STAFF_TOPICS), id),
      .due_at = due_at,
      .subject = SUBJECT_CONVERSATION,
      .subject_id = conversation_id,
      .unique_key = arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(channel), STR_ARG(account), id),
  };
  return job_add(c, &n, now_ms, NULL);
}

err outbox_add_card(db_conn *c, const struct outbox_card *card, int64_t due_at, bool hurry, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct job_new n = {
      .kind = JOB_CARD,
      .queue = queue_of(a, card->channel, card->account),
      .lane = arena_printf(a, "%.*s%.*s/card", STR_ARG(OUTBOX_ASIDE), STR_ARG(card->recipient)),
      .due_at = due_at,
      .subject = SUBJECT_CUSTOMER,
      .subject_id = card->customer_id,
      .unique_key = arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(card->channel), STR_ARG(card->account),
                                 (long long)card->customer_id),
  };
  err e = job_add(c, &n, now_ms, NULL);
  if (e.code != ERR_CONFLICT) return job_unless_full(e);
  return hurry ? outbox_hurry_lane(c, card->channel, card->account, n.lane) : err_ok;
}

err outbox_add_personal(db_conn *c, const struct outbox_personal *to, int64_t due_at, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct payload p = {.operator_id = to->operator_id, .notice = to->kind, .what = -1};
  struct job_new n = {
      .kind = JOB_PERSONAL,
      .queue = queue_of(a, to->channel, to->account),
      .lane = arena_printf(a, "%.*s%.*s/%lld", STR_ARG(OUTBOX_ASIDE), STR_ARG(to->recipient),
                           (long long)to->conversation_id),
      .due_at = due_at,
      .subject = SUBJECT_CONVERSATION,
      .subject_id = to->conversation_id,
      .payload = encode(a, &p),
      .unique_key = arena_printf(a, "%.*s/%.*s/%lld/%lld/%d", STR_ARG(to->channel), STR_ARG(to->account),
                                 (long long)to->conversation_id, (long long)to->operator_id, to->kind),
  };
  err e = job_add(c, &n, now_ms, NULL);
  return e.code == ERR_CONFLICT ? err_ok : job_unless_full(e);
}

err outbox_add(db_conn *c, str channel, str account, str lane, int64_t message_id, int64_t now_ms) {
  return outbox_add_extra(c, channel, account, lane, message_id, &(struct outbox_extra){.purpose = OUTBOX_ANSWER},
                          now_ms);
}

err outbox_add_change(db_conn *c, str channel, str account, str lane, int64_t message_id, int what, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct payload p = {.what = what};
  struct job_new n = {
      .kind = JOB_CHANGE,
      .queue = queue_of(a, channel, account),
      .lane = lane,
      .subject = SUBJECT_MESSAGE,
      .subject_id = message_id,
      .payload = encode(a, &p),
      .unique_key = arena_printf(a, "%lld/%d", (long long)message_id, what),
  };
  err e = job_add(c, &n, now_ms, NULL);
  return e.code == ERR_CONFLICT ? err_ok : e;
}

/* Queues a notice to the staff room that an answer written there has failed. */
static err tell_failure(db_conn *c, int64_t message_id, int64_t now_ms) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_WRITTEN_IN_ROOM, db_conn_arena(c), &rows, DB_I(message_id));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    struct outbox_extra notice = {.purpose = OUTBOX_NOTICE, .reply_to = cell[2].s, .thread_id = cell[3].i};
    e = job_unless_full(outbox_add_extra(c, cell[0].s, cell[1].s, OUTBOX_STAFF_LANE, message_id, &notice, now_ms));
  }
  return e;
}

err outbox_delete_copies(db_conn *c, int64_t message_id, int64_t now_ms) {
  struct db_rows rows = {0};
  struct outbox_extra gone = {.purpose = OUTBOX_COPY, .note = OUTBOX_NOTE_DELETED};
  err e = DB_RUN(c, SQL_OUTBOX_ROOMS, db_conn_arena(c), &rows, DB_I(message_id));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    e = job_unless_full(outbox_add_extra(c, cell[0].s, cell[1].s, OUTBOX_STAFF_LANE, message_id, &gone, now_ms));
  }
  return e;
}

/* ---- ending a lease ---- */

static const struct actor sender = {.kind = ACTOR_SYSTEM}; /* the actor of automatic changes */

/* Ids are the account's own. Of a customer who has moved to another one (move_customer) an id that comes late would stand for
 * another message there. */
static err keep_own_id(db_conn *c, const struct outbox_row *row, str *external_id) {
  struct db_rows rows = {0};
  if (!external_id->ptr) return err_ok;
  err e = DB_RUN(c, SQL_OUTBOX_CUSTOMER_ACCOUNT, db_conn_arena(c), &rows, DB_I(row->message_id));
  if (err_is(e) || !rows.count) return e;
  const struct db_cell *to = db_at(&rows, 0, 0);
  if (!str_eq(queue_of(db_conn_arena(c), to[0].s, to[1].s), row->job.queue)) *external_id = STR_NONE;
  return err_ok;
}

static err show(db_conn *c, const struct outbox_row *row, enum outbox_end end, const struct outbox_outcome *o,
                const struct actor *by, int64_t now_ms, arena *a) {
  static const int deliveries[] = {[OUTBOX_DONE] = DELIVERY_SENT,
                                   [OUTBOX_AGAIN] = DELIVERY_QUEUED,
                                   [OUTBOX_FAILED] = DELIVERY_FAILED,
                                   [OUTBOX_UNCERTAIN] = DELIVERY_UNCERTAIN};
  bool dead = end == OUTBOX_FAILED || end == OUTBOX_UNCERTAIN;
  if (row->purpose == OUTBOX_COPY && dead) return job_dead_changed(c, JOB_COPY, by, now_ms);
  if (row->purpose != OUTBOX_ANSWER) return err_ok;
  if (end == OUTBOX_AGAIN && o->asked) return message_set_waiting(c, row->message_id, o->next_at, by, now_ms, a);
  str id = o->external_id;
  err e = keep_own_id(c, row, &id);
  if (!err_is(e))
    e = message_set_delivery(c, row->message_id, deliveries[end], dead ? o->error : STR_NONE, id, by, now_ms, a);
  return err_is(e) || !dead ? e : tell_failure(c, row->message_id, now_ms);
}

static str payload_of_repeat(arena *a, const struct outbox_row *row) {
  return encode(a, &(struct payload){.part = row->part,
                                     .note = row->note,
                                     .reply_to = row->reply_to,
                                     .repeat = true,
                                     .thread_id = row->thread_id,
                                     .what = -1});
}

static err tell_change(db_conn *c, const struct outbox_row *row, int64_t now_ms, arena *a) {
  return message_changed(c, row->message_id, &sender, now_ms, a);
}

/* One that was requested again meanwhile is done again. */
static err settle_change(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, bool last,
                         int64_t now_ms, arena *a) {
  struct job job = row->job;
  bool again = !last && outbox_end_of(OUTBOX_CHANGE, o->step, false) == OUTBOX_AGAIN;
  struct job_failure wait = {.due_at = o->next_at, .counts = o->counts, .error_code = o->error_code, .error = o->error};
  if (again) return job_again(c, &job, &wait, now_ms, NULL);
  err e = job_renew(c, &job, now_ms); /* the lease is still held, so the outcome counts */
  str error = o->step == OUTBOX_SENT ? STR_NONE : str_or_empty(o->error);
  if (!err_is(e))
    e = message_change_end(c, row->message_id, (enum message_change_what)row->what, row->no, error, now_ms, &again);
  if (err_is(e)) return e.code == ERR_NOT_FOUND ? job_done(c, &job) : e;
  if (again) return job_again(c, &job, &(struct job_failure){.due_at = now_ms}, now_ms, NULL);
  e = job_done(c, &job);
  if (!err_is(e) && row->what == CHANGE_DELETE && !error.ptr) e = outbox_delete_copies(c, row->message_id, now_ms);
  if (!err_is(e) && row->what == CHANGE_EDIT && error.ptr) e = tell_failure(c, row->message_id, now_ms);
  return err_is(e) ? e : tell_change(c, row, now_ms, a);
}

static err settle(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, int64_t now_ms, arena *a) {
  bool counts = o->step != OUTBOX_RETRY_LATER || o->counts;
  bool last = counts && row->job.attempts + 1 >= job_facts(kinds[row->purpose])->tries;
  if (row->purpose == OUTBOX_CHANGE) return settle_change(c, row, o, last, now_ms, a);
  enum outbox_end end = outbox_end_of((enum outbox_purpose)row->purpose, o->step, last);
  struct job_failure again = {.due_at = o->next_at, .counts = counts, .error_code = o->error_code, .error = o->error};
  struct job job = row->job; /* the row stays as it is, since this transaction may run again */
  err e = err_ok;
  switch (end) {
    case OUTBOX_DONE: e = job_done(c, &job); break;
    case OUTBOX_REPEATED: e = job_set_payload(c, &job, payload_of_repeat(db_conn_arena(c), row)); /* fallthrough */
    case OUTBOX_AGAIN:
      if (!err_is(e)) e = job_again(c, &job, &again, now_ms, NULL);
      break;
    case OUTBOX_FAILED: e = job_bury(c, &job, o->error_code.len ? o->error_code : S("failed"), o->error, now_ms); break;
    case OUTBOX_UNCERTAIN: e = job_bury(c, &job, S("uncertain"), o->error, now_ms); break;
  }
  return err_is(e) ? e : show(c, row, end, o, &sender, now_ms, a);
}

/* The caller no longer has the lease. */
static err settle_late(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, int64_t now_ms,
                       arena *a) {
  struct job now;
  err e = job_get(c, row->job.id, db_conn_arena(c), &now);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (err_is(e)) return e;
  bool called_lost = now.state == JOB_DEAD && now.fence == row->job.fence + 1 && str_eq(now.error_code, S("uncertain"));
  bool waits_again = now.state == JOB_READY || now.state == JOB_BEHIND; /* requested by a person */
  if (o->step != OUTBOX_SENT || row->purpose != OUTBOX_ANSWER || !(called_lost || waits_again))
    return err_detail(ERR_CONFLICT, NULL, "The message is not being sent.");
  e = called_lost ? job_dismiss(c, now.id) : job_cancel(c, JOB_ANSWER, SUBJECT_MESSAGE, row->message_id, NULL);
  return err_is(e) ? e : show(c, row, OUTBOX_DONE, o, &sender, now_ms, a);
}

err outbox_finish(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, int64_t now_ms, arena *a) {
  err e = settle(c, row, o, now_ms, a);
  return e.code == ERR_CONFLICT ? settle_late(c, row, o, now_ms, a) : e;
}

err outbox_put_back(db_conn *c, const struct outbox_row *row, int64_t due_at, int64_t now_ms) {
  struct job_failure wait = {.due_at = due_at, .error_code = row->job.error_code, .error = row->job.error};
  return job_again(c, &row->job, &wait, now_ms, NULL);
}

err outbox_drop(db_conn *c, const struct outbox_row *row) { return job_done(c, &row->job); }

/* ---- taking ---- */

err outbox_start(db_conn *c, const struct outbox_sender *s, int64_t now_ms) {
  return job_wait_anew(c, queue_of(db_conn_arena(c), s->channel, s->account), LEASE_MOST_MS, now_ms);
}

err outbox_next_due(db_conn *c, str channel, str account, int64_t *due_at) {
  return job_next_due(c, queue_of(db_conn_arena(c), channel, account), due_at);
}

err outbox_next_lost(db_conn *c, str channel, str account, int64_t *expires_at) {
  return job_next_lost(c, queue_of(db_conn_arena(c), channel, account), expires_at);
}

/* It would be unreadable at the next try too. */
static err refuse_unreadable(db_conn *c, const struct outbox_row *row, int64_t now_ms, arena *a) {
  const struct outbox_outcome o = {.step = OUTBOX_REFUSE, .error_code = S("unreadable"), .error = unreadable};
  LOG_ERROR("outbox.unreadable", LOG_I("job", row->job.id));
  return settle(c, row, &o, now_ms, a);
}

static err settle_lost(db_conn *c, const struct outbox_sender *s, str queue, int64_t now_ms) {
  struct job *lost;
  size_t count;
  arena *a = db_conn_arena(c);
  const struct outbox_outcome o = {
      .step = OUTBOX_LOSE_TRACK,
      .next_at = now_ms,
      .error_code = S("uncertain"),
      .error = S("The server stopped while this was being sent; it may have arrived."),
  };
  err e = job_take_lost(c, queue, s->holder, LOST_MAX, now_ms, a, &lost, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    struct outbox_row row;
    switch (read_row(&lost[i], a, &row)) {
      case READ: e = settle(c, &row, &o, now_ms, a); break;
      case UNKNOWN: e = outbox_put_back(c, &row, now_ms + UNKNOWN_WAIT_MS, now_ms); break;
      case UNREADABLE:
        e = row.purpose == OUTBOX_ANSWER ? settle(c, &row, &o, now_ms, a) : refuse_unreadable(c, &row, now_ms, a);
    }
  }
  if (!err_is(e) && count) LOG_WARN("outbox.lost", LOG_S("queue", queue), LOG_I("rows", (int64_t)count));
  return e;
}

struct taking_ctx {
  db_conn *c;
  str holder;
  int64_t now_ms;
  arena *a;
  struct outbox_row *rows;
  size_t count;
};

static err keep(struct taking_ctx *t, const struct job *j) {
  struct outbox_row *row = &t->rows[t->count];
  switch (read_row(j, t->a, row)) {
    case UNKNOWN: return outbox_put_back(t->c, row, t->now_ms + UNKNOWN_WAIT_MS, t->now_ms);
    case UNREADABLE: return refuse_unreadable(t->c, row, t->now_ms, t->a);
    case READ: t->count++;
  }
  return err_ok;
}

/* The last of `batch` jobs that were taken together. A copy's album arrived photo by photo, so other messages may
 * be in between. */
static err keep_with_rest(struct taking_ctx *t, const struct job *j, size_t batch) {
  struct job *more;
  size_t count = 0;
  err e = keep(t, j);
  if (!err_is(e) && j->kind == JOB_COPY)
    e = job_take_batch(t->c, j, t->holder, JOB_BATCH_MAX - batch, t->now_ms, t->a, &more, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = keep(t, &more[i]);
  return e;
}

err outbox_take(db_conn *c, const struct outbox_sender *s, size_t limit, int64_t now_ms, arena *a,
                struct outbox_row **out, size_t *count) {
  str queue = queue_of(a, s->channel, s->account);
  struct job *jobs;
  size_t job_count = 0;
  struct taking_ctx t = {.c = c, .holder = s->holder, .now_ms = now_ms, .a = a};
  err e = settle_lost(c, s, queue, now_ms);
  if (!err_is(e) && limit) e = job_take(c, queue, s->holder, limit, now_ms, a, &jobs, &job_count);
  if (job_count) t.rows = arena_array(a, struct outbox_row, job_count * JOB_BATCH_MAX);
  for (size_t i = 0, batch = 1; i < job_count && !err_is(e); i++, batch++) {
    bool last = i + 1 == job_count || !str_eq(jobs[i + 1].lane, jobs[i].lane);
    e = last ? keep_with_rest(&t, &jobs[i], batch) : keep(&t, &jobs[i]);
    if (last) batch = 0;
  }
  *out = t.rows;
  *count = err_is(e) ? 0 : t.count;
  return e;
}

err outbox_begin(db_conn *c, const struct outbox_row *row, int64_t now_ms) {
  if (row->purpose != OUTBOX_ANSWER) return err_ok;
  return message_set_delivery(c, row->message_id, DELIVERY_SENDING, STR_NONE, STR_NONE, &sender, now_ms,
                              db_conn_arena(c));
}

/* What was never sent needs no change: its text is the new one already. Of one that may have arrived nobody knows the id. */
err outbox_begin_change(db_conn *c, struct outbox_row *row, const struct message_row *m, int64_t now_ms, bool *go) {
  arena *a = db_conn_arena(c);
  bool again = false, waits = message_change_waits(m, (enum message_change_what)row->what, a, &row->no);
  bool arrived = m->external_id.ptr && (m->direction == MESSAGE_IN || m->delivery == DELIVERY_SENT);
  *go = waits && arrived;
  if (*go) return err_ok;
  str error = STR_NONE;
  if (m->delivery == DELIVERY_UNCERTAIN)
    error = S("It is not known whether this message has arrived, so it cannot be changed.");
  else if (m->delivery == DELIVERY_SENT ||
           m->direction == MESSAGE_IN) /* its id was forgotten: see message_forget_externals */
    error = S("This message belongs to an account that was replaced, so it cannot be changed.");
  bool gone = row->what == CHANGE_DELETE && waits && !error.ptr; /* was never sent */
  err e = err_ok;
  if (gone) e = outbox_withdraw(c, m->id, &sender, now_ms);
  if (gone && !err_is(e)) e = message_withdraw(c, m->id, now_ms);
  if (!gone && waits)
    e = message_change_end(c, m->id, (enum message_change_what)row->what, row->no, error, now_ms, &again);
  if (!err_is(e)) e = job_done(c, &row->job);
  return err_is(e) || !waits ? e : tell_change(c, row, now_ms, a);
}

err outbox_withdraw(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms) {
  int64_t dead = 0;
  err e = job_cancel(c, JOB_ANSWER, SUBJECT_MESSAGE, message_id, NULL);
  if (!err_is(e)) e = job_dismiss_of(c, JOB_ANSWER, SUBJECT_MESSAGE, message_id, &dead);
  return err_is(e) || !dead ? e : job_dead_changed(c, JOB_ANSWER, by, now_ms);
}

err outbox_may_have_left(db_conn *c, int64_t message_id, bool *may) {
  struct job j;
  struct outbox_row row;
  *may = false;
  err e = job_find(c, JOB_ANSWER, SUBJECT_MESSAGE, message_id, db_conn_arena(c), &j);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) *may = read_row(&j, db_conn_arena(c), &row) == READ && row.repeat;
  return e;
}

/* ---- for an account that no longer sends ---- */

err outbox_other_accounts(db_conn *c, str channel, str account, arena *a, str **out, size_t *count) {
  str prefix = queue_of(a, channel, S("")), own = queue_of(a, channel, account), *queues = NULL;
  size_t queue_count = 0;
  err e = job_queues(c, prefix, a, &queues, &queue_count);
  *out = queues;
  *count = 0;
  for (size_t i = 0; i < queue_count && !err_is(e); i++)
    if (!str_eq(queues[i], own)) (*out)[(*count)++] = str_sub(queues[i], prefix.len, queues[i].len);
  return e;
}

static err bury_unknown(db_conn *c, const struct job *j, str error_code, str error, int64_t now_ms) {
  err e = job_bury(c, j, error_code, error, now_ms);
  return err_is(e) ? e : job_dead_changed(c, j->kind, &sender, now_ms);
}

err outbox_give_up(db_conn *c, const struct outbox_sender *s, str error_code, str error, size_t limit, int64_t now_ms,
                   size_t *count) {
  arena *a = db_conn_arena(c);
  str queue = queue_of(a, s->channel, s->account);
  const struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error_code = error_code, .error = error};
  struct job *jobs = NULL;
  *count = 0;
  err e = settle_lost(c, s, queue, now_ms);
  if (!err_is(e)) e = job_hurry_queue(c, queue, now_ms);
  if (!err_is(e)) e = job_take(c, queue, s->holder, limit, now_ms, a, &jobs, count);
  for (size_t i = 0; i < *count && !err_is(e); i++) {
    struct outbox_row row;
    if (read_row(&jobs[i], a, &row) == UNKNOWN)
      e = bury_unknown(c, &jobs[i], error_code, error, now_ms);
    else
      e = row.purpose == OUTBOX_ANSWER || row.purpose == OUTBOX_CHANGE ? settle(c, &row, &refused, now_ms, a)
                                                                       : outbox_drop(c, &row);
  }
  return e;
}

/* ---- for a lane ---- */

err outbox_move_lane(db_conn *c, str channel, str from, str to, str lane) {
  arena *a = db_conn_arena(c);
  return job_move_lane(c, queue_of(a, channel, from), queue_of(a, channel, to), lane);
}

err outbox_hurry_lane(db_conn *c, str channel, str account, str lane) {
  return job_hurry_lane(c, queue_of(db_conn_arena(c), channel, account), lane);
}

err outbox_count_lane(db_conn *c, str channel, str account, str lane, int64_t *count) {
  int64_t leased;
  return job_count_lane(c, queue_of(db_conn_arena(c), channel, account), lane, count, &leased);
}

err outbox_sending_lane(db_conn *c, str channel, str account, str lane, bool *sending) {
  int64_t live, leased;
  err e = job_count_lane(c, queue_of(db_conn_arena(c), channel, account), lane, &live, &leased);
  *sending = leased > 0;
  return e;
}

err outbox_drop_lane(db_conn *c, str channel, str lane) {
  return job_clear_lane(c, queue_of(db_conn_arena(c), channel, S("")), lane);
}

err outbox_expire_copies(db_conn *c, int64_t before_ms, size_t limit, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_EXPIRE_COPIES, db_conn_arena(c), &rows, DB_I(before_ms), DB_I(limit));
  *count = err_is(e) ? 0 : (int64_t)rows.count;
  return err_is(e) ? e : job_removed(c, &rows); /* usually all of one lane */
}

/* ---- for operators ---- */

static err load(db_conn *c, int64_t id, arena *a, struct outbox_row *row, bool *readable) {
  struct job j;
  err e = job_get(c, id, a, &j);
  if (err_is(e)) return e;
  enum reading reading = read_row(&j, a, row);
  *readable = reading == READ;
  return reading == UNKNOWN ? err_make(ERR_NOT_FOUND) : err_ok;
}

/* Without its bytes it would arrive as something else. */
static err check_files(db_conn *c, int purpose, int64_t message_id) {
  bool removed = false;
  if (purpose != OUTBOX_ANSWER) return err_ok;
  err e = file_removed_of(c, message_id, &removed);
  return !err_is(e) && removed ? err_make(ERR_FILE_REMOVED) : e;
}

static err retry_row(db_conn *c, const struct outbox_row *row, const struct actor *by, int64_t now_ms, arena *a) {
  arena *own = db_conn_arena(c);
  bool uncertain = row->purpose == OUTBOX_ANSWER && str_eq(row->job.error_code, S("uncertain"));
  err e = err_ok;
  if (uncertain) e = DB_RUN(c, SQL_OUTBOX_MARK_REPEAT, own, NULL, DB_I(row->job.id), DB_S(payload_of_repeat(own, row)));
  if (!err_is(e)) e = job_revive(c, row->job.id, now_ms);
  if (!err_is(e) && row->purpose != OUTBOX_ANSWER) e = job_dead_changed(c, row->job.kind, by, now_ms);
  return err_is(e) ? e : show(c, row, OUTBOX_AGAIN, &(struct outbox_outcome){0}, by, now_ms, a);
}

/* The job is gone, since it was dismissed. */
static err add_again(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms, arena *a) {
  struct message_row m;
  struct db_rows rows = {0};
  err e = message_get(c, message_id, a, &m);
  if (!err_is(e)) e = DB_RUN(c, SQL_OUTBOX_RECIPIENT, a, &rows, DB_I(message_id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_RETRYABLE);
  const struct db_cell *to = db_at(&rows, 0, 0);
  struct outbox_extra again = {.purpose = OUTBOX_ANSWER, .repeat = m.delivery == DELIVERY_UNCERTAIN};
  e = outbox_add_extra(c, to[0].s, to[1].s, to[2].s, message_id, &again, now_ms);
  return err_is(e) ? e : message_set_delivery(c, message_id, DELIVERY_QUEUED, STR_NONE, STR_NONE, by, now_ms, a);
}

/* An unreadable dead letter: an answer needs nothing of it. */
static err replace(db_conn *c, const struct outbox_row *row, const struct actor *by, int64_t now_ms, arena *a) {
  if (row->purpose != OUTBOX_ANSWER || row->job.state != JOB_DEAD) return err_make(ERR_NOT_RETRYABLE);
  err e = job_dismiss(c, row->job.id);
  return err_is(e) ? e : add_again(c, row->message_id, by, now_ms, a);
}

err outbox_retry(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a, struct outbox_ref *of) {
  struct outbox_row row;
  bool readable;
  err e = load(c, id, a, &row, &readable);
  if (err_is(e)) return e;
  *of = (struct outbox_ref){row.job.kind, row.message_id};
  e = check_files(c, row.purpose, row.message_id);
  if (err_is(e)) return e;
  return readable ? retry_row(c, &row, by, now_ms, a) : replace(c, &row, by, now_ms, a);
}

err outbox_retry_message(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms, arena *a) {
  struct job j;
  struct outbox_row row;
  err e = check_files(c, OUTBOX_ANSWER, message_id);
  if (err_is(e)) return e;
  e = job_find(c, JOB_ANSWER, SUBJECT_MESSAGE, message_id, a, &j);
  if (e.code == ERR_NOT_FOUND) return add_again(c, message_id, by, now_ms, a);
  if (err_is(e)) return e;
  return read_row(&j, a, &row) == READ ? retry_row(c, &row, by, now_ms, a) : replace(c, &row, by, now_ms, a);
}

err outbox_dismiss(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, struct outbox_ref *of) {
  struct outbox_row row;
  bool readable;
  err e = load(c, id, db_conn_arena(c), &row, &readable);
  if (!err_is(e)) e = job_dismiss(c, id);
  if (err_is(e)) return e;
  *of = (struct outbox_ref){row.job.kind, row.message_id};
  return job_dead_changed(c, row.job.kind, by, now_ms);
}

err outbox_dead(db_conn *c, int64_t assignee, int64_t before, size_t limit, arena *a, struct dead_letter **out,
                size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OUTBOX_DEAD, a, &rows, DB_I(before), DB_I(limit), DB_I(assignee));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct dead_letter, *count);
  int64_t *ids = arena_array(a, int64_t, *count);
  for (size_t i = 0; i < *count; i++) ids[i] = db_at(&rows, i, 1)->i;
  struct message_row *messages = NULL;
  e = message_get_many(c, ids, *count, a, &messages);
  for (size_t i = 0; i < *count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    (*out)[i] = (struct dead_letter){
        .id = cell[0].i,
        .message = &messages[i],
        .purpose = purpose_of(names_find(&job_kind_names, cell[2].s)),
        .attempts = cell[3].i,
        .error_code = str_or_empty(cell[4].s),
        .error = str_or_empty(cell[5].s),
        .failed_at = cell[6].i,
        .customer_name = cell[7].s,
    };
  }
  return e;
}
