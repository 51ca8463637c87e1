/* Fetches customers' files, each with the small picture that Telegram has of it. Each is a job that is leased while it is fetched, so that only one of several nodes
 * fetches it (tg_fetch.h). Four threads, since they mostly wait for Telegram; one of them at a time checks
 * for due jobs. The lease is renewed while Telegram is waited for. Customers' pictures (tg_photo.h) are fetched while no file is due. */
#include "edge/telegram/tg_internal.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/log.h"
#include "desk/file/file_space.h"
#include "edge/telegram/in/tg_fetch.h"
#include "edge/telegram/in/tg_photo.h"
#include "edge/telegram/out/tg_pace.h"

#include <assert.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  WORKERS = 4,
  IDLE_MS = 5000,
  STORE_WAIT_MS = 1000,
  STORE_TRIES = 60,  /* after them the lease expires soon */
  VAIN_WAIT_MS = 50, /* another node has the due job */
  BACKOFF_MOST_MS = 300000,
  FETCH_TIMEOUT_MS = 180000,
  RENEW_PARTS = 3, /* of a lease */
  CANCEL_STEP_MS = 20,
};

struct worker {
  struct tg_media *media;
  pthread_t thread;
  bool threaded;
  bool ended; /* it has ended; guarded by the media's lock */
  arena *a;   /* also the tag of its calls */
};

struct tg_media {
  struct tg_session *session;
  struct desk *desk;
  struct worker workers[WORKERS];
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping, looking, woken;
  int64_t look_at_ms; /* steady */
};

static int64_t steady(const struct tg_media *m) { return clock_steady_ms(m->desk->clock); }

void tg_media_wake(struct tg_media *m) {
  pthread_mutex_lock(&m->lock);
  m->woken = true;
  pthread_cond_signal(&m->changed);
  pthread_mutex_unlock(&m->lock);
}

/* ---- one file ---- */

/* Another holder has the lease by now. */
static bool is_lost(err e) { return e.code == ERR_CONFLICT && !e.field; }

struct keeping_ctx {
  struct tg_media *media;
  const struct file_fetch *fetch;
  arena *tag; /* of the call */
};

/* A lease that another node has taken over ends the call. */
static void keep_lease(void *arg) {
  const struct keeping_ctx *k = arg;
  err e = file_fetch_renew(k->media->desk, k->fetch);
  if (is_lost(e))
    http_client_cancel(k->media->session->client, k->tag);
  else if (err_is(e))
    LOG_WARN("telegram.file_lease_not_renewed", LOG_I("file", k->fetch->id), LOG_E(e));
}

/* name: of the member of `source` that has the id. */
static struct tg_fetched ask_path(struct tg_media *m, str source, const char *name, arena *a, str *path) {
  json_t *root = json_parse_foreign(source, JSON_DEPTH_MAX);
  const json_t *v = json_object_get(root, name);
  str file_id = json_is_string(v) ? arena_dup(a, str_n(json_string_value(v), json_string_length(v))) : STR_NONE;
  json_decref(root);
  return tg_fetch_path(m->session, file_id, a, path);
}

static struct tg_fetched download(struct tg_media *m, const struct file_fetch *f, str path, const char *to, arena *a) {
  struct keeping_ctx keeping = {m, f, a};
  struct http_call_wait wait = {job_facts(JOB_FILE_FETCH)->lease_ms / RENEW_PARTS, keep_lease, &keeping};
  return tg_fetch_bytes(m->session, path, to, FETCH_TIMEOUT_MS, &wait, a);
}

/* Best effort: without it the file is shown without a picture. NULL: there is none. */
static const char *fetch_thumb(struct tg_media *m, const struct file_fetch *f, arena *a) {
  str path = STR_NONE;
  struct tg_fetched r = ask_path(m, f->source, "thumb_file_id", a, &path);
  const char *to = file_spool_path(m->desk, a);
  if (!r.why.ptr) r = download(m, f, path, to, a);
  return r.why.ptr ? NULL : to;
}

static struct tg_fetched fetch(struct tg_media *m, const struct file_fetch *f, arena *a) {
  str path = STR_NONE;
  int64_t began_ms = steady(m);
  err full = file_space_check(m->desk, false, f->size_bytes);
  if (err_is(full)) /* the message is there; what it carries can be fetched again when there is room */
    return (struct tg_fetched){
        .final = true, .reason = FILE_STORE_FULL, .why = arena_dup(a, str_c(err_message(&full)))};
  struct tg_fetched r = ask_path(m, f->source, "file_id", a, &path);
  if (r.why.ptr) return r;
  const char *to = file_spool_path(m->desk, a);
  r = download(m, f, path, to, a);
  if (r.why.ptr) return r;
  bool late = steady(m) - began_ms > job_facts(JOB_FILE_FETCH)->lease_ms / RENEW_PARTS;
  if (late) keep_lease(&(struct keeping_ctx){m, f, a}); /* storing takes its time, too */
  struct stat s;
  if (stat(to, &s) != 0 || s.st_size == 0) {
    unlink(to);
    return (struct tg_fetched){.final = true, .reason = FILE_EMPTY, .why = S("Telegram gave a file without content.")};
  }
  const char *thumb = fetch_thumb(m, f, a);
  r.e = file_fetched(m->desk, f, to, thumb);
  err e = r.e;
  if (thumb) unlink(thumb); /* consumed if the file was stored */
  if (!err_is(e) || is_lost(e)) return r;
  unlink(to);
  /* If the store refuses the bytes, another copy would be refused too. */
  if (e.code == ERR_STORE_FULL)
    return (struct tg_fetched){.final = true, .reason = FILE_STORE_FULL, .why = arena_dup(a, str_c(err_message(&e)))};
  bool theirs = e.code == ERR_TOO_LARGE || e.code == ERR_UNSUPPORTED_TYPE || e.code == ERR_INVALID_FIELD;
  str why = arena_dup(a, str_c(err_message(&e)));
  return e.code == ERR_TOO_LARGE ? tg_fetch_too_large(FILE_TOO_LARGE_HERE, why) : tg_fetch_failed(theirs, why);
}

static bool is_stopping(struct tg_media *m) {
  pthread_mutex_lock(&m->lock);
  bool stopping = m->stopping;
  pthread_mutex_unlock(&m->lock);
  return stopping;
}

/* False when stopping. */
static bool wait_for_store(struct tg_media *m) {
  int64_t until_ms = thread_now_ms() + STORE_WAIT_MS;
  pthread_mutex_lock(&m->lock);
  while (!m->stopping && thread_cond_wait_until(&m->changed, &m->lock, until_ms)) continue;
  bool go_on = !m->stopping;
  pthread_mutex_unlock(&m->lock);
  return go_on;
}

static void give_back(struct tg_media *m, const struct file_fetch *f) {
  err e = file_fetch_give_back(m->desk, f);
  if (err_is(e) && !is_lost(e)) LOG_WARN("telegram.file_not_released", LOG_I("file", f->id), LOG_E(e));
}

static void attempt(struct tg_media *m, const struct file_fetch *f, arena *a) {
  struct tg_counters *n = m->session->owner->counters;
  struct tg_fetched r = fetch(m, f, a);
  if (is_lost(r.e)) return; /* another node has it */
  if (!r.why.ptr) {
    TG_COUNT(n, files_fetched);
    return;
  }
  if (is_stopping(m)) { /* this process cancelled it */
    give_back(m, f);
    return;
  }
  int64_t tries = f->job.attempts + 1, now_ms = desk_now(m->desk);
  int64_t wait_ms = r.wait_ms >= 0 ? r.wait_ms : tg_backoff_ms((int)tries, BACKOFF_MOST_MS, m->desk->rand);
  bool final = false;
  err e = err_ok;
  int stores = 0;
  const struct file_failure why = {r.reason, r.why};
  do e = file_fetch_failed(m->desk, f, &why, r.final ? 0 : now_ms + wait_ms, &final);
  while (err_is(e) && !is_lost(e) && ++stores < STORE_TRIES && wait_for_store(m));
  if (err_is(e)) LOG_WARN("telegram.file_outcome_not_stored", LOG_I("file", f->id), LOG_E(e)); /* its lease runs out */
  LOG_WARN("telegram.file_not_fetched", LOG_I("file", f->id), LOG_I("tries", tries), LOG_I("final", final),
           LOG_S("why", r.why));
  if (final) TG_COUNT(n, files_failed);
}

/* ---- one customer's picture ---- */

static void attempt_photo(struct tg_media *m, const struct customer_photo *p, arena *a) {
  struct tg_photo_outcome r = tg_photo_fetch(m->session, p, a);
  if (!r.why.ptr) return;
  bool final = false, stopping = is_stopping(m); /* then this process cancelled it */
  int64_t now_ms = desk_now(m->desk);
  int64_t wait_ms =
      r.wait_ms >= 0 ? r.wait_ms : tg_backoff_ms((int)p->job.attempts + 1, BACKOFF_MOST_MS, m->desk->rand);
  const struct job_failure f = {
      .due_at = stopping ? now_ms : now_ms + wait_ms, .counts = !stopping && !r.waits, .error = r.why};
  err e = conversation_photo_failed(m->desk, p, &f, &final);
  if (err_is(e)) LOG_WARN("telegram.photo_outcome_not_stored", LOG_I("customer", p->customer_id), LOG_E(e));
  LOG_INFO("telegram.photo_not_fetched", LOG_I("customer", p->customer_id), LOG_I("final", final), LOG_S("why", r.why));
}

/* ---- the workers ---- */

struct due_ctx {
  struct tg_media *media;
  str queue, photo_queue;
  int64_t at, photo_at;
};

static err read_due(db_conn *c, void *arg) {
  struct due_ctx *d = arg;
  int64_t now_ms = desk_now(d->media->desk);
  err e = file_fetch_next_due(c, d->queue, now_ms, &d->at);
  return err_is(e) ? e : conversation_photo_next_due(c, d->photo_queue, now_ms, &d->photo_at);
}

/* What a worker has to do: a file, a customer's picture, or neither. */
struct task {
  bool is_file, is_photo;
  struct file_fetch file;
  struct customer_photo photo;
};

/* Sleeps until it is this worker's turn to check; false when stopping. */
static bool wait_for_turn(struct tg_media *m) {
  pthread_mutex_lock(&m->lock);
  while (!m->stopping) {
    int64_t left_ms = m->look_at_ms - steady(m);
    if (!m->looking && (m->woken || left_ms <= 0)) break;
    thread_cond_wait_ms(&m->changed, &m->lock, m->looking || left_ms > IDLE_MS ? IDLE_MS : left_ms);
  }
  bool turn = !m->stopping;
  if (turn) m->looking = true, m->woken = false;
  pthread_mutex_unlock(&m->lock);
  return turn;
}

/* Reads first: most checks find nothing, and a write would cost an fsync each time. *wait_ms: until the next check. */
static err choose(struct tg_media *m, arena *a, struct task *out, int64_t *wait_ms) {
  str account = str_c(m->session->account);
  struct due_ctx due = {.media = m,
                        .queue = file_fetch_queue(TG_CHANNEL, account, a),
                        .photo_queue = conversation_photo_queue(TG_CHANNEL, account, a)};
  err e = db_read(m->desk->db, read_due, &due);
  *out = (struct task){0};
  *wait_ms = STORE_WAIT_MS;
  if (err_is(e)) return e;
  int64_t now_ms = desk_now(m->desk), first = due.at < due.photo_at ? due.at : due.photo_at;
  int64_t left_ms = first == INT64_MAX ? IDLE_MS : first - now_ms;
  *wait_ms = left_ms < IDLE_MS ? left_ms : IDLE_MS;
  if (left_ms > 0) return err_ok;
  if (due.at <= now_ms) e = file_fetch_take(m->desk, due.queue, a, &out->file, &out->is_file);
  if (!err_is(e) && !out->is_file && due.photo_at <= now_ms)
    e = conversation_photo_take(m->desk, due.photo_queue, a, &out->photo, &out->is_photo);
  *wait_ms = err_is(e) ? STORE_WAIT_MS : out->is_file || out->is_photo ? 0 : VAIN_WAIT_MS;
  return e;
}

/* One check, and what it returned. */
static void turn(struct tg_media *m, struct worker *w) {
  struct task task;
  int64_t wait_ms;
  err e = choose(m, w->a, &task, &wait_ms);
  if (err_is(e)) LOG_WARN("telegram.files_not_found_again", LOG_E(e));
  pthread_mutex_lock(&m->lock);
  m->looking = false;
  m->look_at_ms = steady(m) + wait_ms;
  pthread_cond_signal(&m->changed); /* there may be more for the next worker */
  pthread_mutex_unlock(&m->lock);
  if (task.is_file) attempt(m, &task.file, w->a);
  if (task.is_photo) attempt_photo(m, &task.photo, w->a);
}

static void *run(void *arg) {
  struct worker *w = arg;
  struct tg_media *m = w->media;
  while (wait_for_turn(m)) {
    turn(m, w);
    arena_reset(w->a);
  }
  pthread_mutex_lock(&m->lock);
  w->ended = true;
  pthread_cond_broadcast(&m->changed);
  pthread_mutex_unlock(&m->lock);
  return NULL;
}

/* ---- start and stop ---- */

struct tg_media *tg_media_new(struct tg_session *session) {
  struct tg_media *m = mem_alloc(sizeof *m);
  m->session = session;
  m->desk = session->desk;
  pthread_mutex_init(&m->lock, NULL);
  thread_cond_init(&m->changed);
  for (int i = 0; i < WORKERS; i++) m->workers[i] = (struct worker){.media = m, .a = arena_new(0)};
  return m;
}

void tg_media_start(struct tg_media *m) {
  for (int i = 0; i < WORKERS; i++) {
    m->workers[i].threaded = thread_start(&m->workers[i].thread, "tg-media", TG_STACK_BYTES, run, &m->workers[i]);
    if (!m->workers[i].threaded) mem_exhausted(0);
  }
}

/* As with the session's thread: a call that has not started is not affected by a cancel. */
static void join(struct tg_media *m, struct worker *w) {
  for (bool ended = false; !ended;) {
    http_client_cancel(m->session->client, w->a);
    pthread_mutex_lock(&m->lock);
    if (!w->ended) thread_cond_wait_ms(&m->changed, &m->lock, CANCEL_STEP_MS);
    ended = w->ended;
    pthread_mutex_unlock(&m->lock);
  }
  pthread_join(w->thread, NULL);
}

void tg_media_stop(struct tg_media *m) {
  pthread_mutex_lock(&m->lock);
  m->stopping = true;
  pthread_cond_broadcast(&m->changed);
  pthread_mutex_unlock(&m->lock);
  for (int i = 0; i < WORKERS; i++)
    if (m->workers[i].threaded) {
      join(m, &m->workers[i]);
      m->workers[i].threaded = false;
    }
}

void tg_media_free(struct tg_media **media) {
  struct tg_media *m = *media;
  if (!m) return;
  for (int i = 0; i < WORKERS; i++) arena_free(&m->workers[i].a);
  pthread_cond_destroy(&m->changed);
  pthread_mutex_destroy(&m->lock);
  mem_free(media);
}
