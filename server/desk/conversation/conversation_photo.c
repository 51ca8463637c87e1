/* The picture that a customer has in the channel. A job asks the channel when the customer writes, at most once a day. The picture
 * is stored before anything changes, and becomes theirs in the transaction that ends the job, so the former one is shown until
 * then. A picture that is theirs no more is left to file_collect.
 *
 * Non-goals: the history of pictures; a picture of somebody who does not write. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/file/file.h"
#include "desk/job/job.h"
#include "sql.h"

enum { LOST_AT_ONCE = 10, ENDED_AT_ONCE = 10, STRANDED_MS = CONVERSATION_PHOTO_WAIT_MOST_MS + JOB_CLOCKS_DIFFER_MS };

str conversation_photo_queue(str channel, str account, arena *a) {
  return arena_printf(a, "photo/%.*s/%.*s", STR_ARG(channel), STR_ARG(account));
}

/* ---- asking ---- */

bool tx_photo_due(const struct conversation_tx *w, const struct customer_identity *who) {
  const struct customer_row *of = &w->customer;
  int64_t since_ms = w->now_ms - of->photo_asked_at; /* below 0: the clock was set back */
  return who->has_photo && !of->banned_at && (since_ms < 0 || since_ms >= CONVERSATION_PHOTO_EVERY_MS);
}

err tx_photo_ask(struct conversation_tx *w) {
  struct customer_row *of = &w->customer;
  if (w->row.spam_at) return err_ok;
  const struct job_new job = {.kind = JOB_PHOTO,
                              .queue = conversation_photo_queue(of->channel, of->account, w->arena),
                              .due_at = w->now_ms,
                              .subject = SUBJECT_CUSTOMER,
                              .subject_id = of->id,
                              .unique_key = arena_printf(w->arena, "customer/%lld", (long long)of->id)};
  err e = job_unless_full(job_add(w->c, &job, w->now_ms, NULL));
  if (e.code == ERR_CONFLICT) e = err_ok; /* the former job still waits */
  of->photo_asked_at = w->now_ms;
  return err_is(e) ? e : customer_photo_asked(w->c, of->id, w->now_ms);
}

/* ---- taking ---- */

err conversation_photo_next_due(db_conn *c, str queue, int64_t now_ms, int64_t *due_at) {
  err e = job_next_due(c, queue, due_at);
  if (*due_at != INT64_MAX && *due_at > now_ms + STRANDED_MS) *due_at = now_ms; /* see take */
  return e;
}

/* The next message of the customer a day later asks again, so no dead letter is kept. */
static err again(db_conn *c, const struct job *job, const struct job_failure *f, int64_t now_ms, bool *final) {
  *final = false;
  err e = job_again(c, job, f, now_ms, final);
  return err_is(e) || !*final ? e : job_dismiss(c, job->id);
}

static err give_back_lost(db_conn *c, str queue, str holder, int64_t now_ms) {
  struct job *lost = NULL;
  size_t count = 0;
  bool final = false;
  const struct job_failure stopped = {
      .due_at = now_ms, .counts = true, .error = S("The server stopped while this was being fetched.")};
  err e = job_take_lost(c, queue, holder, LOST_AT_ONCE, now_ms, db_conn_arena(c), &lost, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = again(c, &lost[i], &stopped, now_ms, &final);
  return e;
}

/* Whether the customer writes to this account, is not blocked, and their conversation is not spam. */
static err may_ask(db_conn *c, const struct customer_row *of, str queue, bool *may) {
  arena *a = db_conn_arena(c);
  struct db_rows spam = {0};
  *may = !of->banned_at && !of->blocked && str_eq(queue, conversation_photo_queue(of->channel, of->account, a));
  err e = *may ? DB_RUN(c, SQL_CONVERSATION_SPAM_OF_CUSTOMER, a, &spam, DB_I(of->id)) : err_ok;
  *may = *may && !err_is(e) && spam.count == 0;
  return e;
}

struct taking_ctx {
  struct desk *desk;
  str queue;
  arena *arena;
  struct customer_photo *out;
  bool any;
};

static err look_at(db_conn *c, struct taking_ctx *t, const struct job *job) {
  struct customer_row of = {0};
  bool may = false;
  err e = customer_get(c, job->subject_id, t->arena, &of);
  bool gone = e.code == ERR_NOT_FOUND;
  if (err_is(e) && !gone) return e;
  e = gone ? err_ok : may_ask(c, &of, t->queue, &may);
  if (err_is(e)) return e;
  if (!may) return job_done(c, job);
  *t->out = (struct customer_photo){
      .job = *job, .customer_id = of.id, .external_id = of.external_id, .key = of.photo_id ? of.photo_key : STR_NONE};
  t->any = true;
  return err_ok;
}

static err take(db_conn *c, void *arg) {
  struct taking_ctx *t = arg;
  int64_t now_ms = desk_now(t->desk);
  str holder = str_c(t->desk->holder);
  t->any = false;
  err e = job_free_stranded(c, t->queue, STRANDED_MS, now_ms);
  if (!err_is(e)) e = give_back_lost(c, t->queue, holder, now_ms);
  for (int i = 0; i < ENDED_AT_ONCE && !err_is(e) && !t->any; i++) {
    struct job *job = NULL;
    size_t count = 0;
    e = job_take(c, t->queue, holder, 1, now_ms, t->arena, &job, &count);
    if (err_is(e) || count == 0) break;
    e = look_at(c, t, job);
  }
  return e;
}

err conversation_photo_take(struct desk *d, str queue, arena *a, struct customer_photo *out, bool *any) {
  struct taking_ctx t = {.desk = d, .queue = queue, .arena = a, .out = out};
  err e = desk_write(d, take, &t);
  *any = !err_is(e) && t.any;
  return e;
}

/* ---- outcomes ---- */

struct outcome_ctx {
  struct desk *desk;
  const struct customer_photo *photo;
  struct file_row *kept; /* NULL: no picture */
  str key;
  const struct job_failure *failure;
  bool final, stored;
};

static err tell(struct conversation_tx *w) {
  bool found = false;
  err e = tx_lock_of_customer(w, &found);
  if (err_is(e) || !found) return e;
  e = conversation_get(w->c, w->row.id, 0, w->arena, &w->row);
  return err_is(e) ? e : tx_event(w, EVENT_CHAT_UPDATE, NULL);
}

static err change(db_conn *c, void *arg) {
  struct outcome_ctx *o = arg;
  struct conversation_tx w = {
      .c = c, .arena = db_conn_arena(c), .now_ms = desk_now(o->desk), .by = {.kind = ACTOR_SYSTEM}};
  o->stored = false;
  err e = customer_lock(c, o->photo->customer_id, w.arena, &w.customer); /* first, as when a message comes */
  bool gone = e.code == ERR_NOT_FOUND;
  if (!err_is(e) || gone) e = job_done(c, &o->photo->job);
  if (err_is(e) || gone || (!o->kept && !w.customer.photo_id)) return e;
  if (o->kept) e = file_insert(c, o->kept, w.customer.channel, w.customer.account, w.now_ms);
  if (!err_is(e)) e = customer_set_photo(c, w.customer.id, o->kept ? o->kept->id : 0, o->key, w.now_ms);
  o->stored = !err_is(e) && o->kept;
  return err_is(e) ? e : tell(&w);
}

static err store(struct outcome_ctx *o, const char *spooled_path, arena *a) {
  struct file_row *kept = arena_new_of(a, struct file_row);
  err e = file_keep(o->desk, spooled_path, a, kept);
  if (err_is(e)) return e;
  bool picture = str_starts(kept->mime, S("image/"));
  kept->name = S("photo");
  o->kept = kept;
  if (picture) file_describe(o->desk, a, kept);
  e = picture ? desk_write(o->desk, change, o) : err_make(ERR_UNSUPPORTED_TYPE);
  file_release(o->desk, kept, 1, !err_is(e) && o->stored);
  return e;
}

err conversation_photo_set(struct desk *d, const struct customer_photo *p, const char *spooled_path, str key) {
  arena *a = arena_new(0);
  err e = store(&(struct outcome_ctx){.desk = d, .photo = p, .key = key}, spooled_path, a);
  arena_free(&a);
  return e;
}

err conversation_photo_remove(struct desk *d, const struct customer_photo *p) {
  return desk_write(d, change, &(struct outcome_ctx){.desk = d, .photo = p});
}

static err end(db_conn *c, void *arg) {
  const struct outcome_ctx *o = arg;
  return job_done(c, &o->photo->job);
}

err conversation_photo_keep(struct desk *d, const struct customer_photo *p) {
  return desk_write(d, end, &(struct outcome_ctx){.desk = d, .photo = p});
}

static err fail(db_conn *c, void *arg) {
  struct outcome_ctx *o = arg;
  return again(c, &o->photo->job, o->failure, desk_now(o->desk), &o->final);
}

err conversation_photo_failed(struct desk *d, const struct customer_photo *p, const struct job_failure *f,
                              bool *final) {
  struct outcome_ctx o = {.desk = d, .photo = p, .failure = f};
  err e = desk_write(d, fail, &o);
  *final = o.final;
  return e;
}

err conversation_photo_give_up(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, size_t *count) {
  struct job *jobs = NULL;
  *count = 0;
  err e = give_back_lost(c, queue, holder, now_ms);
  if (!err_is(e)) e = job_hurry_queue(c, queue, now_ms);
  if (!err_is(e)) e = job_take(c, queue, holder, limit, now_ms, db_conn_arena(c), &jobs, count);
  for (size_t i = 0; i < *count && !err_is(e); i++) e = job_done(c, &jobs[i]);
  return e;
}
