/* See notice.h: the rows and their jobs. */
#include "desk/names.h"
#include "desk/notice/notice.h"
#include "desk/outbox/outbox.h"
#include "sql.h"

#include <stdatomic.h>
#include <stddef.h>

enum { LOOK_MS = 2000, TOLD_AT_ONCE = 50 };

/* ---- whether anybody wants notices ---- */

struct notice_watch {
  atomic_int_fast64_t looked_at;
  atomic_bool any;
};

struct notice_watch *notice_watch_new(void) {
  return mem_alloc(sizeof(struct notice_watch));
}
void notice_watch_free(struct notice_watch **w) { mem_free(w); }

void notice_watch_again(struct desk *d) {
  if (d->notices) atomic_store(&d->notices->looked_at, 0);
}

static err anybody(struct desk *d, db_conn *c, int64_t now_ms, bool *any) {
  struct notice_watch *w = d->notices;
  *any = false;
  if (!w) return err_ok;
  int64_t looked_at = atomic_load(&w->looked_at);
  if (looked_at && now_ms >= looked_at && now_ms - looked_at < LOOK_MS) return *any = atomic_load(&w->any), err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_ANY_WISH, db_conn_arena(c), &rows);
  if (err_is(e)) return e;
  *any = rows.count > 0;
  atomic_store(&w->any, *any);
  atomic_store(&w->looked_at, now_ms);
  return err_ok;
}

/* ---- wishes ---- */

static int minutes(const struct db_cell *cell) { return cell->null ? -1 : (int)cell->i; }

err notice_wish_get(db_conn *c, int64_t operator_id, arena *a, struct notice_wish *out) {
  struct db_rows rows = {0};
  *out = (struct notice_wish){.quiet_from = -1, .quiet_to = -1, .time_zone = S("UTC"), .language = S("en")};
  err e = DB_RUN(c, SQL_NOTICE_WISH_GET, a, &rows, DB_I(operator_id));
  if (err_is(e) || !rows.count) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct notice_wish){cell[0].i != 0,    cell[1].i != 0, cell[2].i != 0, minutes(&cell[3]),
                              minutes(&cell[4]), cell[5].s,      cell[6].s,      cell[7].i};
  return err_ok;
}

err notice_wish_set(db_conn *c, int64_t operator_id, const struct notice_wish *w, int64_t now_ms) {
  bool quiet = w->quiet_from >= 0 && w->quiet_to >= 0;
  return DB_RUN(c, SQL_NOTICE_WISH_SET, db_conn_arena(c), NULL, DB_I(operator_id), DB_I(w->waiting), DB_I(w->assigned),
                DB_I(w->answered), quiet ? DB_I(w->quiet_from) : DB_NULL, quiet ? DB_I(w->quiet_to) : DB_NULL,
                DB_S(w->time_zone), DB_S(w->language), DB_I(now_ms));
}

struct address {
  str channel, account, chat_id; /* absent: the operator has no private chat with the desk */
};

static err address_of(db_conn *c, int64_t operator_id, arena *a, struct address *out, bool *linked) {
  struct db_rows rows = {0};
  *out = (struct address){0};
  err e = DB_RUN(c, SQL_NOTICE_ACCOUNTS, a, &rows, DB_I(operator_id));
  *linked = !err_is(e) && rows.count > 0;
  if (!*linked) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  if (cell[3].i) *out = (struct address){cell[0].s, cell[1].s, cell[2].s};
  return err_ok;
}

err notice_reach_of(db_conn *c, int64_t operator_id, enum notice_reach *out) {
  arena *a = db_conn_arena(c);
  struct notice_wish wish;
  struct address to;
  bool linked = false;
  err e = notice_wish_get(c, operator_id, a, &wish);
  if (!err_is(e)) e = address_of(c, operator_id, a, &to, &linked);
  if (err_is(e)) return e;
  *out = !linked ? NOTICE_UNLINKED : !to.chat_id.ptr ? NOTICE_NO_CHAT : wish.blocked_at ? NOTICE_BLOCKED : NOTICE_READY;
  return err_ok;
}

err notice_blocked(db_conn *c, int64_t operator_id, int64_t now_ms) {
  struct db_rows rows = {0};
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  err e = DB_RUN(c, SQL_NOTICE_BLOCK, db_conn_arena(c), &rows, DB_I(operator_id), DB_I(now_ms));
  if (!err_is(e)) e = DB_RUN(c, SQL_NOTICE_END_ALL, db_conn_arena(c), NULL, DB_I(operator_id));
  return err_is(e) || !rows.changed ? e : operator_changed(c, operator_id, &nobody, now_ms);
}

err notice_unblocked(db_conn *c, str channel, str external_id, int64_t now_ms) {
  struct db_rows rows = {0};
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  err e = DB_RUN(c, SQL_NOTICE_UNBLOCK, db_conn_arena(c), &rows, DB_S(channel), DB_S(external_id));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) e = operator_changed(c, db_at(&rows, i, 0)->i, &nobody, now_ms);
  return e;
}

/* ---- rows ---- */

static void from_cells(const struct db_cell *cell, struct notice_row *out) {
  *out = (struct notice_row){
      .conversation_id = cell[COL_NOTICE_CONVERSATION_ID].i,
      .operator_id = cell[COL_NOTICE_OPERATOR_ID].i,
      .kind = names_find(&notice_kind_names, cell[COL_NOTICE_KIND].s),
      .channel = cell[COL_NOTICE_CHANNEL].s,
      .account = cell[COL_NOTICE_ACCOUNT].s,
      .chat_id = cell[COL_NOTICE_CHAT_ID].s,
      .external_id = cell[COL_NOTICE_EXTERNAL_ID].s,
      .counted = cell[COL_NOTICE_COUNTED].i,
      .changes = cell[COL_NOTICE_CHANGES].i,
      .sent_at = cell[COL_NOTICE_SENT_AT].i,
      .begun = cell[COL_NOTICE_BEGUN].i,
  };
}

#define KEY(row) \
  DB_I((row)->conversation_id), DB_I((row)->operator_id), DB_S(names_text(&notice_kind_names, (row)->kind))

/* at_once: the reason may be gone, which is said without a wait. */
static err queue(db_conn *c, const struct notice_row *row, bool at_once, int64_t now_ms) {
  int64_t due_at = row->external_id.ptr ? row->sent_at + NOTICE_EDIT_MS : now_ms + NOTICE_GATHER_MS;
  if (row->external_id.ptr && (at_once || due_at < now_ms)) due_at = now_ms;
  struct outbox_personal to = {row->channel,         row->account,     row->chat_id,
                               row->conversation_id, row->operator_id, row->kind};
  return outbox_add_personal(c, &to, due_at, now_ms);
}

static err begin(db_conn *c, const struct notice_news *n, int64_t operator_id, int kind, int64_t now_ms) {
  struct address to;
  bool linked = false;
  err e = address_of(c, operator_id, db_conn_arena(c), &to, &linked);
  if (err_is(e) || !to.chat_id.ptr) return e;
  struct notice_row row = {.conversation_id = n->conversation_id,
                           .operator_id = operator_id,
                           .kind = kind,
                           .channel = to.channel,
                           .account = to.account,
                           .chat_id = to.chat_id};
  e = DB_RUN(c, SQL_NOTICE_BEGIN, db_conn_arena(c), NULL, KEY(&row), DB_S(to.channel), DB_S(to.account),
             DB_S(to.chat_id), DB_I(n->inbound_count), DB_I(now_ms));
  return err_is(e) ? e : queue(c, &row, false, now_ms);
}

/* One more message of the customer: in the notice that the operator has not read yet, else in a new one. */
static err go_on(db_conn *c, const struct notice_news *n, int64_t now_ms) {
  struct db_rows rows = {0};
  struct notice_row row = {
      .conversation_id = n->conversation_id, .operator_id = n->assignee_id, .kind = NOTICE_ANSWERED};
  err e = DB_RUN(c, SQL_NOTICE_READ, db_conn_arena(c), &rows, KEY(&row));
  if (err_is(e)) return e;
  const struct db_cell *cell = rows.count ? db_at(&rows, 0, 0) : NULL;
  if (!cell || cell[5].i) return begin(c, n, n->assignee_id, NOTICE_ANSWERED, now_ms);
  row.external_id = cell[0].s;
  row.sent_at = cell[1].i;
  row.channel = cell[2].s;
  row.account = cell[3].s;
  row.chat_id = cell[4].s;
  e = DB_RUN(c, SQL_NOTICE_CHANGE, db_conn_arena(c), NULL, KEY(&row));
  return err_is(e) ? e : queue(c, &row, false, now_ms);
}

/* ---- everybody: a job, so that a customer's message does not wait for a row of each operator ---- */

struct telling {
  int64_t by, after; /* told so far: the operators up to this id */
};
static const struct json_field telling_fields[] = {
    {.name = "by", .type = JSON_INT, .offset = offsetof(struct telling, by)},
    {.name = "after", .type = JSON_INT, .offset = offsetof(struct telling, after)},
};
static JSON_SHAPE(telling_shape, "NoticeWaitingPayload", struct telling, telling_fields, NULL);

static str telling_encode(arena *a, const struct telling *t) {
  buf b;
  buf_init(&b, JOB_PAYLOAD_MAX + 1);
  json_encode_stored(&b, &telling_shape, t);
  str text = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

static err tell_everybody(db_conn *c, const struct notice_news *n, int64_t now_ms) {
  struct job_new job = {
      .kind = JOB_NOTICE_WAITING,
      .queue = S(JOB_QUEUE_DESK),
      .subject = SUBJECT_CONVERSATION,
      .subject_id = n->conversation_id,
      .payload = telling_encode(db_conn_arena(c), &(struct telling){.by = n->by}),
  };
  return job_unless_full(job_add(c, &job, now_ms, NULL));
}

err notice_tell_waiting(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)user;
  arena *a = db_conn_arena(c);
  int64_t now_ms = desk_now(d);
  struct telling t = {0};
  struct db_rows waits = {0}, rows = {0};
  err e = json_decode(&telling_shape, j->payload, a, &t, NULL);
  if (!err_is(e)) e = DB_RUN(c, SQL_NOTICE_STILL_WAITS, a, &waits, DB_I(j->subject_id));
  if (err_is(e) || !waits.count) return e;
  struct notice_news n = {.conversation_id = j->subject_id, .inbound_count = db_at(&waits, 0, 0)->i};
  e = DB_RUN(c, SQL_NOTICE_OF_WAITING, a, &rows, DB_I(t.after), DB_I(TOLD_AT_ONCE));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    t.after = db_at(&rows, i, 0)->i;
    if (t.after != t.by) e = begin(c, &n, t.after, NOTICE_WAITING, now_ms);
  }
  if (err_is(e) || rows.count < TOLD_AT_ONCE) return e;
  struct job job = *j;
  *again_at = now_ms;
  return job_set_payload(c, &job, telling_encode(a, &t));
}

static err tell_owner(db_conn *c, const struct notice_news *n, int64_t now_ms) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_OF_OWNER, db_conn_arena(c), &rows, DB_I(n->assignee_id));
  if (err_is(e) || !rows.count) return e;
  const struct db_cell *wants = db_at(&rows, 0, 0);
  if (n->assigned && wants[0].i) return begin(c, n, n->assignee_id, NOTICE_ASSIGNED, now_ms);
  return n->wrote && wants[1].i ? go_on(c, n, now_ms) : err_ok;
}

static err change_all(db_conn *c, int64_t conversation_id, int64_t now_ms) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_CHANGE_ALL, db_conn_arena(c), &rows, DB_I(conversation_id));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    struct notice_row row;
    from_cells(db_at(&rows, i, 0), &row);
    if (row.kind >= 0) e = queue(c, &row, true, now_ms);
  }
  return e;
}

err notice_tell(struct desk *d, db_conn *c, const struct notice_news *n) {
  int64_t now_ms = desk_now(d);
  bool any = false;
  if (!n->waiting && !n->wrote && !n->assigned && !n->changed) return err_ok;
  err e = anybody(d, c, now_ms, &any);
  if (err_is(e) || !any) return e;
  if (n->changed) e = change_all(c, n->conversation_id, now_ms);
  if (!err_is(e) && n->waiting) e = tell_everybody(c, n, now_ms);
  return err_is(e) || !n->assignee_id ? e : tell_owner(c, n, now_ms);
}

/* ---- for the sender ---- */

err notice_get(db_conn *c, int64_t conversation_id, int64_t operator_id, int kind, arena *a, struct notice_row *out,
               bool *found) {
  struct db_rows rows = {0};
  struct notice_row key = {.conversation_id = conversation_id, .operator_id = operator_id, .kind = kind};
  err e = DB_RUN(c, SQL_NOTICE_GET, a, &rows, KEY(&key));
  *found = !err_is(e) && rows.count > 0;
  if (*found) from_cells(db_at(&rows, 0, 0), out);
  return e;
}

err notice_of_message(db_conn *c, const struct notice_place *at, int64_t *conversation_id, bool *closed) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_OF_MESSAGE, db_conn_arena(c), &rows, DB_S(at->channel), DB_S(at->account),
                 DB_S(at->chat_id), DB_S(at->external_id));
  bool found = !err_is(e) && rows.count > 0;
  *conversation_id = found ? db_at(&rows, 0, 0)->i : 0;
  *closed = found && db_at(&rows, 0, 1)->i;
  return e;
}

err notice_forget(db_conn *c, int64_t before_ms, size_t limit, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_FORGET, db_conn_arena(c), &rows, DB_I(before_ms), DB_I((int64_t)limit));
  *count = err_is(e) ? 0 : rows.changed;
  return e;
}

err notice_drop(db_conn *c, const struct notice_row *row) {
  return DB_RUN(c, SQL_NOTICE_DROP, db_conn_arena(c), NULL, KEY(row), DB_I(row->changes));
}

/* What has happened since the row was read waits for a job of its own. */
static err go_on_if_changed(db_conn *c, const struct notice_row *row, bool at_once, int64_t now_ms) {
  struct notice_row now;
  bool found = false;
  err e = notice_get(c, row->conversation_id, row->operator_id, row->kind, db_conn_arena(c), &now, &found);
  return err_is(e) || !found || now.changes == row->changes ? e : queue(c, &now, at_once, now_ms);
}

err notice_sent(db_conn *c, const struct notice_row *row, str external_id, bool over, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  err e = err_ok;
  if (!row->external_id.ptr)
    e = DB_RUN(c, SQL_NOTICE_REMEMBER, a, NULL, DB_S(row->channel), DB_S(row->account), DB_S(row->chat_id),
               DB_S(external_id), DB_I(row->conversation_id), DB_I(now_ms));
  if (!err_is(e) && over) e = notice_drop(c, row);
  if (!err_is(e)) e = DB_RUN(c, SQL_NOTICE_SENT, a, NULL, KEY(row), DB_S(external_id), DB_I(now_ms), DB_I(row->begun));
  return err_is(e) ? e : go_on_if_changed(c, row, over, now_ms);
}

err notice_lost(db_conn *c, const struct notice_row *row, int64_t now_ms) {
  err e = notice_drop(c, row);
  if (!err_is(e)) e = DB_RUN(c, SQL_NOTICE_LOST, db_conn_arena(c), NULL, KEY(row), DB_I(row->begun));
  return err_is(e) ? e : go_on_if_changed(c, row, false, now_ms);
}

err notice_operator_of(db_conn *c, str channel, str external_id, arena *a, struct operator_row *out, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_NOTICE_OPERATOR, a, &rows, DB_S(channel), DB_S(external_id));
  *found = !err_is(e) && rows.count > 0;
  if (*found) e = operator_get(c, db_at(&rows, 0, 0)->i, a, out);
  *found = *found && !err_is(e) && out->active;
  return e;
}
