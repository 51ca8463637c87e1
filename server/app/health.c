/* GET /health: the process is alive. GET /health/ready: it can work, proven by committing a small row, as every
 * message would be; 503 with the reason when that fails, and 200 again when it succeeds. Trouble with the bot is
 * reported but does not make the process unready: operators still read and write, and nothing is lost.
 *
 * A commit costs a sync of the disk, so all requests within PROBE_EVERY_MS share one, and no request waits for a
 * hanging one. */
#include "app/app.h"

#include "base/thread.h"
#include "desk/setting/setting.h"
#include "edge/telegram/telegram.h"

enum { PROBE_EVERY_MS = 1000, PROBE_PATIENCE_MS = 2000 };

struct health {
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool running;
  int64_t started_ms, ended_ms; /* of the last probe, by the monotonic clock; ended 0: none yet */
  err outcome;
};

struct health *health_new(void) {
  struct health *h = mem_alloc(sizeof *h);
  pthread_mutex_init(&h->lock, NULL);
  thread_cond_init(&h->done);
  return h;
}

/* Call after the database is closed: a hanging probe has then ended. */
void health_free(struct health **h) {
  if (!*h) return;
  pthread_cond_destroy(&(*h)->done);
  pthread_mutex_destroy(&(*h)->lock);
  mem_free(h);
}

static err write_row(db_conn *c, void *ctx) {
  const struct app *app = ctx;
  return setting_set(c, "write_probe", S(""), 0, desk_now(&app->desk));
}

static void probed(err e, void *ctx) {
  struct health *h = ((struct app *)ctx)->health;
  pthread_mutex_lock(&h->lock);
  h->running = false;
  h->outcome = e;
  h->ended_ms = thread_now_ms();
  pthread_cond_broadcast(&h->done);
  pthread_mutex_unlock(&h->lock);
}

/* Called with the lock held. */
static void start_probe(struct app *app) {
  struct health *h = app->health;
  h->running = true;
  h->started_ms = thread_now_ms();
  pthread_mutex_unlock(&h->lock);
  err e = db_write_async(app->desk.db, write_row, app, probed); /* no wake-up needed: it is not an event */
  if (err_is(e)) probed(e, app);
  pthread_mutex_lock(&h->lock);
}

static err can_commit(struct app *app) {
  struct health *h = app->health;
  pthread_mutex_lock(&h->lock);
  if (!h->running && (!h->ended_ms || thread_now_ms() - h->started_ms >= PROBE_EVERY_MS)) start_probe(app);
  int64_t until_ms = h->started_ms + PROBE_PATIENCE_MS;
  bool in_time = true;
  while (h->running && in_time) in_time = thread_cond_wait_until(&h->done, &h->lock, until_ms);
  err e = h->running ? err_detail(ERR_UNAVAILABLE, NULL, "A commit takes longer than %d s.", PROBE_PATIENCE_MS / 1000)
                     : h->outcome;
  pthread_mutex_unlock(&h->lock);
  return e;
}

static void alive(struct call *c) {
  buf out;
  buf_init(&out, 64);
  buf_add(&out, S("{\"status\":\"ok\"}"));
  call_reply_json(c, 200, &out);
}

static void ready(struct call *c) {
  err e = db_ping(c->desk->db);
  if (!err_is(e)) e = can_commit(app_of(c));
  buf out;
  buf_init(&out, 4096);
  buf_printf(&out, "{\"status\":\"%s\",\"database\":", err_is(e) ? "unavailable" : "ok");
  buf_add_json_string(&out, err_is(e) ? str_c(err_message(&e)) : S("ok"));
  buf_printf(&out, ",\"bot\":\"%s\"", telegram_state(c->desk->edges[CHANNEL_TELEGRAM]));
  if (err_is(e)) { /* also in the form of every error */
    buf_printf(&out, ",\"error\":{\"code\":\"%s\",\"message\":", err_text(e.code));
    buf_add_json_string(&out, str_c(err_message(&e)));
    buf_add(&out, S("},\"message\":"));
    buf_add_json_string(&out, str_c(err_message(&e)));
  }
  buf_add_char(&out, '}');
  if (err_is(e)) http_add_header(c->req, S("Retry-After"), S("1"));
  call_reply_json(c, err_is(e) ? 503 : 200, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/health", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = alive,
     .doc = "The process is alive."},
    {HTTP_GET, "/health/ready", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = ready,
     .doc = "The process can work: the database answers and commits; else 503 with the reason."},
};
ROUTE_TABLE(health_routes, routes);
