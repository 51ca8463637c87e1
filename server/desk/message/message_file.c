/* Fetching pending files: leasing one, and its outcome, with message_update for every message with the file. Each
 * outcome ends the lease in its own transaction, so a file is ready, failed or pending exactly as its job says. */
#include "desk/audit/audit.h"
#include "desk/message/message.h"

enum { LOST_AT_ONCE = 10, GONE_AT_ONCE = 10 };

static const struct actor nobody = {.kind = ACTOR_SYSTEM};

static err emit_update(db_conn *c, int64_t file_id, const struct actor *by, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  int64_t *ids = NULL;
  size_t count = 0;
  err e = file_messages(c, file_id, a, &ids, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = message_changed(c, ids[i], by, now_ms, a);
  return e;
}

static err fail_for_good(db_conn *c, int64_t file_id, const struct file_failure *why, int64_t now_ms) {
  bool changed = false;
  err e = file_set_failed(c, file_id, why->reason, why->words, &changed);
  return err_is(e) || !changed ? e : emit_update(c, file_id, &nobody, now_ms);
}

/* *final: its tries are used up. The file stores the reason, so no dead letter is kept. */
static err again(db_conn *c, const struct job *job, const struct file_failure *why, int64_t next_at_ms, int64_t now_ms,
                 bool *final) {
  const struct job_failure f = {.due_at = next_at_ms, .counts = true, .error = why->words};
  err e = job_again(c, job, &f, now_ms, final);
  if (err_is(e) || !*final) return e;
  e = job_dismiss(c, job->id);
  return err_is(e) ? e : fail_for_good(c, job->subject_id, why, now_ms);
}

/* ---- taking ---- */

struct taking_ctx {
  struct desk *desk;
  str queue;
  arena *arena;
  struct file_fetch *out;
  bool any;
};

static err give_back_lost(db_conn *c, str queue, str holder, int64_t now_ms) {
  struct job *lost = NULL;
  size_t count = 0;
  bool final = false;
  const struct file_failure stopped = {FILE_UNREACHABLE, S("The server stopped while this was being fetched.")};
  err e = job_take_lost(c, queue, holder, LOST_AT_ONCE, now_ms, db_conn_arena(c), &lost, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = again(c, &lost[i], &stopped, now_ms, now_ms, &final);
  return e;
}

/* Sets *any to false if the file no longer needs fetching; the job has then ended. */
static err look_at(db_conn *c, struct taking_ctx *t, const struct job *job) {
  struct file_row file = {0};
  err e = file_get(c, job->subject_id, t->arena, &file);
  bool gone = e.code == ERR_NOT_FOUND;
  if (err_is(e) && !gone) return e;
  if (gone || file.state != FILE_PENDING) return job_done(c, job);
  *t->out = (struct file_fetch){.job = *job,
                                .id = file.id,
                                .source = file.source,
                                .size_bytes = file.size_bytes,
                                .duration_ms = file.duration_ms};
  t->any = true;
  return err_ok;
}

static err take(db_conn *c, void *arg) {
  struct taking_ctx *t = arg;
  int64_t now_ms = desk_now(t->desk);
  str holder = str_c(t->desk->holder);
  t->any = false;
  err e = job_free_stranded(c, t->queue, FILE_FETCH_STRANDED_MS, now_ms);
  if (!err_is(e)) e = give_back_lost(c, t->queue, holder, now_ms);
  for (int i = 0; i < GONE_AT_ONCE && !err_is(e) && !t->any; i++) {
    struct job *job = NULL;
    size_t count = 0;
    e = job_take(c, t->queue, holder, 1, now_ms, t->arena, &job, &count);
    if (err_is(e) || count == 0) break;
    e = look_at(c, t, job);
  }
  return e;
}

err file_fetch_take(struct desk *d, str queue, arena *a, struct file_fetch *out, bool *any) {
  struct taking_ctx t = {.desk = d, .queue = queue, .arena = a, .out = out};
  err e = desk_write(d, take, &t);
  *any = !err_is(e) && t.any;
  return e;
}

/* ---- outcomes ---- */

struct outcome_ctx {
  struct desk *desk;
  const struct file_fetch *fetch;
  int64_t next_at_ms;
  const struct file_row *kept;
  const struct file_failure *why;
  bool final, changed;
};

static err apply_kept(db_conn *c, void *arg) {
  struct outcome_ctx *o = arg;
  err e = job_done(c, &o->fetch->job);
  if (!err_is(e)) e = file_set_ready(c, o->fetch->id, o->kept, &o->changed);
  return err_is(e) || !o->changed ? e : emit_update(c, o->fetch->id, &nobody, desk_now(o->desk));
}

err file_fetched(struct desk *d, const struct file_fetch *f, const char *spooled_path, const char *thumb_path) {
  arena *a = arena_new(0);
  struct file_row kept = {0};
  err e = file_keep(d, spooled_path, a, &kept);
  if (!err_is(e) && thumb_path) file_keep_thumb(d, thumb_path, a, &kept);
  kept.duration_ms = f->duration_ms;
  if (!err_is(e)) file_describe(d, a, &kept);
  if (!err_is(e)) {
    struct outcome_ctx o = {.desk = d, .fetch = f, .kept = &kept};
    e = desk_write(d, apply_kept, &o);
    file_release(d, &kept, 1, !err_is(e) && o.changed); /* its row may have been deleted meanwhile */
  }
  arena_free(&a);
  return e;
}

static err apply_failed(db_conn *c, void *arg) {
  struct outcome_ctx *o = arg;
  int64_t now_ms = desk_now(o->desk);
  o->final = o->next_at_ms == 0;
  if (!o->final) return again(c, &o->fetch->job, o->why, o->next_at_ms, now_ms, &o->final);
  err e = job_done(c, &o->fetch->job);
  return err_is(e) ? e : fail_for_good(c, o->fetch->id, o->why, now_ms);
}

err file_fetch_failed(struct desk *d, const struct file_fetch *f, const struct file_failure *why, int64_t next_at_ms,
                      bool *final) {
  struct outcome_ctx o = {.desk = d, .fetch = f, .why = why, .next_at_ms = next_at_ms};
  err e = desk_write(d, apply_failed, &o);
  *final = o.final;
  return e;
}

err file_fetch_again(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms) {
  bool changed = false;
  err e = file_set_pending(c, id, now_ms, &changed);
  return err_is(e) || !changed ? e : emit_update(c, id, by, now_ms);
}

static err apply_given_back(db_conn *c, void *arg) {
  const struct outcome_ctx *o = arg;
  int64_t now_ms = desk_now(o->desk);
  return job_again(c, &o->fetch->job, &(struct job_failure){.due_at = now_ms}, now_ms, NULL);
}

err file_fetch_give_back(struct desk *d, const struct file_fetch *f) {
  return desk_write(d, apply_given_back, &(struct outcome_ctx){.desk = d, .fetch = f});
}

static err apply_renewed(db_conn *c, void *arg) {
  const struct outcome_ctx *o = arg;
  return job_renew(c, &o->fetch->job, desk_now(o->desk));
}

err file_fetch_renew(struct desk *d, const struct file_fetch *f) {
  return db_write(d->db, apply_renewed,
                  &(struct outcome_ctx){.desk = d, .fetch = f}); /* nothing that anybody waits for */
}

err file_fetch_give_up(db_conn *c, str queue, str holder, str error, size_t limit, int64_t now_ms, size_t *count) {
  struct job *jobs = NULL;
  *count = 0;
  err e = give_back_lost(c, queue, holder, now_ms);
  if (!err_is(e)) e = job_hurry_queue(c, queue, now_ms);
  if (!err_is(e)) e = job_take(c, queue, holder, limit, now_ms, db_conn_arena(c), &jobs, count);
  for (size_t i = 0; i < *count && !err_is(e); i++) {
    e = job_done(c, &jobs[i]);
    if (!err_is(e)) e = fail_for_good(c, jobs[i].subject_id, &(struct file_failure){FILE_GONE, error}, now_ms);
  }
  return e;
}

/* ---- retention ---- */

struct told_ctx {
  int64_t now_ms;
};

static err tell_removed(db_conn *c, int64_t id, void *arg) {
  const struct told_ctx *t = arg;
  return emit_update(c, id, &nobody, t->now_ms);
}

struct noting_ctx {
  int64_t now_ms;
  str detail;
};

static err note_removed(db_conn *c, void *arg) {
  const struct noting_ctx *n = arg;
  return audit_add(c, nobody, AUDIT_FILES_REMOVED, S("files"), n->detail, STR_NONE, n->now_ms);
}

err message_remove_old_files(struct desk *d, int64_t kept_days, bool *more) {
  enum { BATCH = 200 };
  static const int64_t day_ms = 24 * 3600 * 1000;
  struct told_ctx t = {desk_now(d)};
  int removed = 0;
  err e = file_remove_old(d, t.now_ms - kept_days * day_ms, BATCH, tell_removed, &t, &removed, more);
  if (!removed) return e;
  arena *a = arena_new(0);
  struct noting_ctx n = {t.now_ms, arena_printf(a, "files=%d kept_days=%lld", removed, (long long)kept_days)};
  err noted = desk_write(d, note_removed, &n);
  arena_free(&a);
  return err_is(e) ? e : noted;
}
