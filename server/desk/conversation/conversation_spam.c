/* Spam: conversations that the usual lists leave out, and that nothing reports. Their messages are stored like any other.
 *
 * A flood is judged by the times at which the customer wrote, so what arrives at once after a downtime is none. Almost every message
 * is cleared by the conversation's row alone; only one that follows another within the window asks for an older message. What the
 * customer did in one act counts once: an album, or messages that they forwarded together. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/audit/audit.h"
#include "desk/job/job.h"
#include "desk/staff/staff.h"
#include "desk/staff/staff_topic.h"
#include "sql.h"

#include <inttypes.h>

enum { WITHDRAWN_MAX = 100 }; /* copies: more are seldom queued of one conversation */
/* Messengers forward at most 100 messages at once, and put at most 10 into an album. */
enum { FORWARDED_AT_ONCE = 100, OF_ALBUM = 10, FORWARDED_APART_MS = 2000 };

struct written { /* a message of the customer, as far as it shows what belongs together */
  int64_t at;
  str album;
  bool forwarded;
};

static bool is_one_act(const struct written *a, const struct written *b) {
  int64_t apart = a->at > b->at ? a->at - b->at : b->at - a->at;
  if (a->album.len && str_eq(a->album, b->album)) return true;
  return a->forwarded && b->forwarded && apart <= FORWARDED_APART_MS;
}

static bool is_near(int64_t at, int64_t other) {
  return at - other > -CONVERSATION_FLOOD_MS && at - other < CONVERSATION_FLOOD_MS;
}

/* Counts what the customer did in the window that ends with `last`. So many rows that they would not be read are a flood. */
static err count_acts(struct conversation_tx *w, struct written last, int64_t most, bool *more) {
  struct db_rows rows = {0};
  const int64_t newest = last.at, limit = FORWARDED_AT_ONCE + most * OF_ALBUM;
  int64_t acts = 1, near = 0;
  err e = DB_RUN(w->c, SQL_CONVERSATION_WRITTEN_LATELY, w->arena, &rows, DB_I(w->row.id), DB_I(limit));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    struct written m = {cell[0].i, cell[1].s, cell[2].i != 0};
    if (!is_near(newest, m.at)) continue;
    near++;
    if (!is_one_act(&last, &m)) acts++;
    last = m;
  }
  *more = acts > most || near >= limit;
  return e;
}

err tx_is_flood(struct conversation_tx *w, const struct desk *d, const struct message_new *m, bool *is) {
  struct db_rows rows = {0};
  int64_t most = d->flood_messages;
  *is = false;
  bool calm = w->row.inbound_count < most || w->row.updated_at <= m->created_at - CONVERSATION_FLOOD_MS;
  if (!most || w->row.spam_at || calm) return err_ok;
  err e = DB_RUN(w->c, SQL_CONVERSATION_WRITTEN_NTH, w->arena, &rows, DB_I(w->row.id), DB_I(most - 1));
  if (err_is(e) || !rows.count || !is_near(m->created_at, db_at(&rows, 0, 0)->i)) return e;
  return count_acts(w, (struct written){m->created_at, m->album, m->forward_json.len > 0}, most, is);
}

/* Copies for the staff room that have not left. */
static err withdraw_copies(struct conversation_tx *w) {
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONVERSATION_WRITTEN_LAST, w->arena, &rows, DB_I(w->row.id), DB_I(WITHDRAWN_MAX));
  for (size_t i = 0; i < rows.count && !err_is(e); i++)
    e = job_cancel(w->c, JOB_COPY, SUBJECT_MESSAGE, db_at(&rows, i, 0)->i, NULL);
  return e;
}

void tx_set_spam(struct conversation_tx *w, enum conversation_spam_reason why) {
  if (!w->row.spam_at) w->row.spam_at = w->now_ms;
  w->row.spam_reason = (int)why;
  w->changed = true;
}

static err add_line(struct conversation_tx *w, const struct actor *by, int action) {
  struct message_row out;
  struct message_new line = {.direction = MESSAGE_SYSTEM,
                             .kind = MESSAGE_SYSTEM_MESSAGE,
                             .by = *by,
                             .action = action,
                             .delivery = -1,
                             .created_at = w->now_ms};
  return tx_add_unlisted(w, &line, &out);
}

err tx_note_spam(struct conversation_tx *w, const struct desk *d, const struct actor *by, int action) {
  w->changed = true;
  err e = d->staff ? withdraw_copies(w) : err_ok;
  return err_is(e) ? e : add_line(w, by, action);
}

/* The newest messages of the customer, in order. */
static err copy_held(struct conversation_tx *w, struct desk *d) {
  struct db_rows rows = {0};
  struct message_row *held = NULL;
  err e = DB_RUN(w->c, SQL_CONVERSATION_WRITTEN_LAST, w->arena, &rows, DB_I(w->row.id), DB_I(WITHDRAWN_MAX));
  if (err_is(e)) return e;
  int64_t *ids = arena_array(w->arena, int64_t, rows.count + 1);
  for (size_t i = 0; i < rows.count; i++) ids[i] = db_at(&rows, rows.count - 1 - i, 0)->i;
  e = message_get_many(w->c, ids, rows.count, w->arena, &held);
  for (size_t i = 0; i < rows.count && !err_is(e); i++) e = staff_copy(d, w->c, &held[i], w->now_ms);
  return e;
}

err tx_release(struct conversation_tx *w, struct desk *d, const struct actor *by, int action) {
  bool held = w->row.spam_reason == SPAM_UNPROVEN, customers = by->kind == ACTOR_CUSTOMER;
  w->row.spam_at = 0;
  w->row.spam_reason = -1;
  w->changed = true;
  err e = customers ? tx_system_message(w, action, STR_NONE, STR_NONE) : add_line(w, by, action);
  if (!err_is(e) && held && d->staff) e = copy_held(w, d);
  return err_is(e) ? e : staff_topic_touch(d, w->c, w->row.id, w->now_ms);
}

struct marking_ctx {
  struct desk *desk;
  const struct conversation_spam *order;
  arena *arena;
  struct conversation_row *out;
};

static err note(struct marking_ctx *m, struct conversation_tx *w) {
  const struct conversation_spam *o = m->order;
  bool held = w->row.spam_reason == SPAM_UNPROVEN;
  enum audit_action what = o->spam ? AUDIT_SPAM_MARKED : held ? AUDIT_CUSTOMER_LET_IN : AUDIT_SPAM_CLEARED;
  w->by = o->by;
  if (o->spam) tx_set_spam(w, SPAM_MARKED);
  err e = o->spam ? tx_note_spam(w, m->desk, &o->by, ACTION_SPAM)
                  : tx_release(w, m->desk, &o->by, held ? ACTION_PASSED : ACTION_NOT_SPAM);
  if (!err_is(e)) e = tx_save(w);
  if (!err_is(e)) e = tx_tell(m->desk, w, actor_operator_id(&o->by));
  if (err_is(e)) return e;
  str target = arena_printf(w->arena, "conversation:%" PRId64, w->row.id);
  return audit_add(w->c, o->by, what, target, STR_NONE, o->address, w->now_ms);
}

static err mark(db_conn *c, void *arg) {
  struct marking_ctx *m = arg;
  const struct conversation_spam *o = m->order;
  struct conversation_tx w;
  err e = tx_lock(&w, c, o->conversation_id, desk_now(m->desk), m->arena);
  if (!err_is(e)) e = conversation_may(&o->by, MAY_CONVERSATION_WRITE, w.row.id, w.row.assignee_id);
  if (!err_is(e) && !o->spam && w.row.spam_reason == SPAM_BLOCKED)
    return err_detail(ERR_CONFLICT, "spam", "The customer is blocked. Unblock them instead.");
  if (!err_is(e) && o->spam != (w.row.spam_at != 0)) e = note(m, &w);
  return err_is(e) ? e : conversation_get(c, w.row.id, actor_operator_id(&o->by), m->arena, m->out);
}

err conversation_spam(struct desk *d, const struct conversation_spam *o, arena *a, struct conversation_row *out) {
  return desk_write(d, mark, &(struct marking_ctx){.desk = d, .order = o, .arena = a, .out = out});
}
