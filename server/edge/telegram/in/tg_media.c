/* Fetches customers' files, each with the small picture that Telegram has of it. Each is a job that is leased while it is fetched, so that only one of several nodes
 * fetches it: getFile returns a path valid for at least an hour (Bot API, getFile), the
 * bytes are streamed into the store's temporary folder, from where the store takes them. Every try requests a
 * new path, so expiry does not matter; a path is accepted only below the token's own folder
 * (tg_address.h, tg_local.h). Four threads, since they mostly wait for Telegram; one of them at a time checks
 * for due jobs. The lease is renewed while Telegram is waited for. */
#include "edge/telegram/tg_internal.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/log.h"
#include "desk/file/file_space.h"
#include "edge/telegram/tg_address.h"
#include "edge/telegram/in/tg_local.h"
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
  REFUSED_WAIT_MS = 30000,
  WAIT_MOST_S = FILE_FETCH_WAIT_MOST_MS / 1000 - 10,
  ASK_TIMEOUT_MS = 20000,
  FETCH_TIMEOUT_MS = 180000,
  RENEW_PARTS = 3,                /* of a lease */
  FILE_MAX_BYTES_HERE = 20 << 20, /* the limit of getFile for bots */
  ANSWER_MAX_BYTES = 64 << 10,
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

struct fetched {
  err e;           /* of the store */
  bool final;      /* no more tries */
  int64_t wait_ms; /* before the next; -1: by the number of tries */
  int reason;      /* enum file_error */
  str why;         /* set when it failed */
};

static str text_at(const json_t *root, const char *key, arena *a) {
  const json_t *v = json_object_get(root, key);
  return json_is_string(v) ? arena_dup(a, str_n(json_string_value(v), json_string_length(v))) : STR_NONE;
}

static struct fetched failed(bool final, str why) {
  return (struct fetched){.final = final, .wait_ms = -1, .reason = final ? FILE_GONE : FILE_UNREACHABLE, .why = why};
}

static struct fetched too_large(enum file_error reason, str why) {
  return (struct fetched){.final = true, .reason = reason, .why = why};
}

static struct fetched refused(const struct tg_answer *answer) {
  switch (tg_classify(answer)) {
    case TG_REFUSED:
      return str_contains(answer->description, S("file is too big")) ? too_large(FILE_TOO_LARGE, answer->description)
                                                                     : failed(true, answer->description);
    case TG_BLOCKED: return failed(true, answer->description);
    case TG_FILE_UNKNOWN: /* or only unavailable for now: the answer does not say which */
      return (struct fetched){.wait_ms = -1, .reason = FILE_GONE, .why = answer->description};
    case TG_BAD_TOKEN:
      return (struct fetched){.wait_ms = REFUSED_WAIT_MS, .reason = FILE_UNREACHABLE, .why = answer->description};
    case TG_WAIT: {
      int64_t wait_s = answer->retry_after_s > 0 ? answer->retry_after_s : 5;
      return (struct fetched){.wait_ms = (wait_s < WAIT_MOST_S ? wait_s : WAIT_MOST_S) * 1000,
                              .reason = FILE_UNREACHABLE,
                              .why = answer->description};
    }
    default: return failed(false, answer->description);
  }
}

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
static struct fetched ask_path(struct tg_media *m, str source, const char *name, arena *a, str *path) {
  json_t *root = json_parse_foreign(source, JSON_DEPTH_MAX);
  str file_id = text_at(root, name, a);
  json_decref(root);
  if (!file_id.len) return failed(true, S("Telegram's id of this file is missing."));
  buf body;
  buf_init(&body, 4096);
  buf_add(&body, S("{\"file_id\":"));
  buf_add_json_string(&body, file_id);
  buf_add_char(&body, '}');
  struct tg_session *s = m->session;
  struct tg_answer answer = tg_api_call(s->client, tg_api_url(s->api_url, str_c(s->token), "getFile", a),
                                        buf_borrow(&body), ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
  buf_free(&body);
  if (tg_classify(&answer) != TG_DONE) return refused(&answer);
  root = json_parse_foreign(answer.result, JSON_DEPTH_MAX);
  *path = text_at(root, "file_path", a);
  json_decref(root);
  if (!path->len) return failed(false, S("Telegram gave no path for this file."));
  return (struct fetched){0};
}

/* A local Bot API server gives the absolute path of a file on this machine and serves no downloads. */
static struct fetched take_local(struct tg_media *m, str path, const char *to) {
  const char *why = NULL;
  const struct tg_session *s = m->session;
  enum tg_local result = tg_local_copy(s->owner->local_files, str_c(s->account), path, to, FILE_STORED_MAX_BYTES, &why);
  if (result == TG_LOCAL_TOO_LARGE) return too_large(FILE_TOO_LARGE_HERE, str_c(why));
  return result == TG_LOCAL_COPIED ? (struct fetched){0} : failed(result == TG_LOCAL_REFUSED, str_c(why));
}

static struct fetched download(struct tg_media *m, const struct file_fetch *f, str path, const char *to, arena *a) {
  struct tg_session *s = m->session;
  if (str_starts(path, S("/"))) return take_local(m, path, to);
  if (!tg_file_path_is_plain(path)) return failed(true, S("The Bot API gave a path that no file has."));
  struct http_call_request request = {
      .method = "GET",
      .url = tg_file_url(s->api_url, str_c(s->token), path, a),
      .timeout_ms = FETCH_TIMEOUT_MS,
      .answer_max_bytes = FILE_MAX_BYTES_HERE,
      .save_path = to,
  };
  struct keeping_ctx keeping = {m, f, a};
  struct http_call_wait wait = {job_facts(JOB_FILE_FETCH)->lease_ms / RENEW_PARTS, keep_lease, &keeping};
  struct http_call_result r = http_client_do_while(s->client, &request, &wait, a);
  bool whole = r.outcome == CALL_ANSWERED && r.status >= 200 && r.status < 300;
  if (whole) return (struct fetched){0};
  if (r.outcome == CALL_ANSWERED) return failed(false, arena_printf(a, "HTTP %d", r.status));
  return failed(false, arena_dup(a, str_c(r.error)));
}

/* Best effort: without it the file is shown without a picture. NULL: there is none. */
static const char *fetch_thumb(struct tg_media *m, const struct file_fetch *f, arena *a) {
  str path = STR_NONE;
  struct fetched r = ask_path(m, f->source, "thumb_file_id", a, &path);
  const char *to = file_spool_path(m->desk, a);
  if (!r.why.ptr) r = download(m, f, path, to, a);
  return r.why.ptr ? NULL : to;
}

static struct fetched fetch(struct tg_media *m, const struct file_fetch *f, arena *a) {
  str path = STR_NONE;
  int64_t began_ms = steady(m);
  err full = file_space_check(m->desk, false, f->size_bytes);
  if (err_is(full)) /* the message is there; what it carries can be fetched again when there is room */
    return (struct fetched){.final = true, .reason = FILE_STORE_FULL, .why = arena_dup(a, str_c(err_message(&full)))};
  struct fetched r = ask_path(m, f->source, "file_id", a, &path);
  if (r.why.ptr) return r;
  const char *to = file_spool_path(m->desk, a);
  r = download(m, f, path, to, a);
  if (r.why.ptr) return r;
  bool late = steady(m) - began_ms > job_facts(JOB_FILE_FETCH)->lease_ms / RENEW_PARTS;
  if (late) keep_lease(&(struct keeping_ctx){m, f, a}); /* storing takes its time, too */
  struct stat s;
  if (stat(to, &s) != 0 || s.st_size == 0) {
    unlink(to);
    return (struct fetched){.final = true, .reason = FILE_EMPTY, .why = S("Telegram gave a file without content.")};
  }
  const char *thumb = fetch_thumb(m, f, a);
  r.e = file_fetched(m->desk, f, to, thumb);
  err e = r.e;
  if (thumb) unlink(thumb); /* consumed if the file was stored */
  if (!err_is(e) || is_lost(e)) return r;
  unlink(to);
  /* If the store refuses the bytes, another copy would be refused too. */
  if (e.code == ERR_STORE_FULL)
    return (struct fetched){.final = true, .reason = FILE_STORE_FULL, .why = arena_dup(a, str_c(err_message(&e)))};
  bool theirs = e.code == ERR_TOO_LARGE || e.code == ERR_UNSUPPORTED_TYPE || e.code == ERR_INVALID_FIELD;
  str why = arena_dup(a, str_c(err_message(&e)));
  return e.code == ERR_TOO_LARGE ? too_large(FILE_TOO_LARGE_HERE, why) : failed(theirs, why);
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
  struct fetched r = fetch(m, f, a);
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

/* ---- the workers ---- */

struct due_ctx {
  struct tg_media *media;
  str queue;
  int64_t at;
};

static err read_due(db_conn *c, void *arg) {
  struct due_ctx *d = arg;
  return file_fetch_next_due(c, d->queue, desk_now(d->media->desk), &d->at);
}

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
static err choose(struct tg_media *m, arena *a, struct file_fetch *out, bool *any, int64_t *wait_ms) {
  struct due_ctx due = {.media = m, .queue = file_fetch_queue(TG_CHANNEL, str_c(m->session->account), a)};
  err e = db_read(m->desk->db, read_due, &due);
  *any = false;
  *wait_ms = STORE_WAIT_MS;
  if (err_is(e)) return e;
  int64_t left_ms = due.at == INT64_MAX ? IDLE_MS : due.at - desk_now(m->desk);
  *wait_ms = left_ms < IDLE_MS ? left_ms : IDLE_MS;
  if (left_ms > 0) return err_ok;
  e = file_fetch_take(m->desk, due.queue, a, out, any);
  *wait_ms = err_is(e) ? STORE_WAIT_MS : *any ? 0 : VAIN_WAIT_MS;
  return e;
}

/* One check, and the file that it returned. */
static void turn(struct tg_media *m, struct worker *w) {
  struct file_fetch file;
  bool any;
  int64_t wait_ms;
  err e = choose(m, w->a, &file, &any, &wait_ms);
  if (err_is(e)) LOG_WARN("telegram.files_not_found_again", LOG_E(e));
  pthread_mutex_lock(&m->lock);
  m->looking = false;
  m->look_at_ms = steady(m) + wait_ms;
  pthread_cond_signal(&m->changed); /* there may be more for the next worker */
  pthread_mutex_unlock(&m->lock);
  if (any) attempt(m, &file, w->a);
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
