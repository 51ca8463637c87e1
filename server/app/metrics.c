/* GET /metrics in Prometheus' text format. For this machine's own scraper (a loopback peer with no proxy in between,
 * while PUBLIC_URL is absent or local), the bearer token METRICS_TOKEN or an administrator's, and the addresses of
 * METRICS_ALLOW. ENABLE_METRICS=false: 404. */
#include "app/app.h"

#include "base/log.h"
#include "desk/access/access_http.h"
#include "desk/bus/bus.h"
#include "desk/file/file.h"
#include "desk/job/job.h"
#include "edge/mobile/mobile.h"
#include "edge/mobile/push.h"
#include "edge/realtime/realtime.h"
#include "edge/telegram/telegram.h"
#include "net/sio.h"
#include "sql.h"

#include <fcntl.h>

static void family(buf *out, const char *name, const char *type, const char *help) {
  buf_printf(out, "# HELP switchboard_%s %s\n# TYPE switchboard_%s %s\n", name, help, name, type);
}

static void metric(buf *out, const char *name, const char *type, const char *help, int64_t value) {
  family(out, name, type, help);
  buf_printf(out, "switchboard_%s %lld\n", name, (long long)value);
}

static void sample(buf *out, const char *name, const char *label, const char *value, uint64_t n) {
  buf_printf(out, "switchboard_%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)n);
}

/* ---- figures of a struct of counters, in tables ---- */

struct figure {
  const char *name, *type, *help; /* a sample of a family: its label's value, NULL, NULL */
  size_t at;
};
#define AT(of, member) (offsetof(struct of, member) + 0 * sizeof(char[sizeof(((struct of *)0)->member) == 8 ? 1 : -1]))
#define COUNTER(of, member, name, help) \
  { name, "counter", help, AT(of, member) }
#define GAUGE(of, member, name, help) \
  { name, "gauge", help, AT(of, member) }
#define SAMPLE(of, member, value) \
  { value, NULL, NULL, AT(of, member) }

static int64_t figure_of(const struct figure *f, const void *stats) {
  int64_t value;
  memcpy(&value, (const char *)stats + f->at, sizeof value);
  return value;
}

static void add_figures(buf *out, const struct figure *list, size_t count, const void *stats) {
  for (size_t i = 0; i < count; i++) metric(out, list[i].name, list[i].type, list[i].help, figure_of(&list[i], stats));
}

static void add_samples(buf *out, const char *name, const char *label, const struct figure *list, size_t count,
                        const void *stats) {
  for (size_t i = 0; i < count; i++) sample(out, name, label, list[i].name, (uint64_t)figure_of(&list[i], stats));
}
#define ADD_FIGURES(out, list, stats)              add_figures(out, list, JSON_COUNT(list), stats)
#define ADD_SAMPLES(out, name, label, list, stats) add_samples(out, name, label, list, JSON_COUNT(list), stats)

static const struct figure http_figures[] = {
    COUNTER(http_stats, connections_total, "http_connections_total", "Connections accepted."),
    GAUGE(http_stats, connections_open, "http_connections_open", "Connections open now."),
    COUNTER(http_stats, refused_total, "http_connections_refused_total", "Connections refused at a limit."),
    GAUGE(http_stats, body_bytes_held, "http_body_bytes_held", "Memory of bodies being received."),
    GAUGE(http_stats, spool_bytes_held, "http_spool_bytes_held", "Disk space of uploads being received."),
    COUNTER(http_stats, requests_total, "http_requests_total", "Requests read."),
    COUNTER(http_stats, parse_errors, "http_parse_errors_total", "Requests that were not valid HTTP."),
    COUNTER(http_stats, bytes_in, "http_received_bytes_total", "Bytes read from clients."),
    COUNTER(http_stats, bytes_out, "http_sent_bytes_total", "Bytes written to clients."),
    GAUGE(http_stats, websockets_open, "websockets_open", "WebSockets open now."),
    COUNTER(http_stats, ws_frames_out, "websocket_frames_total", "Frames sent."),
    COUNTER(http_stats, ws_dropped_slow, "websocket_slow_total", "WebSockets closed because they did not read."),
};

static void add_http(buf *out, const http_server *server) {
  static const char *const classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  struct http_stats s;
  http_server_stats(server, &s);
  ADD_FIGURES(out, http_figures, &s);
  family(out, "http_responses_total", "counter", "Responses by class.");
  for (int i = 1; i < 6; i++) sample(out, "http_responses_total", "class", classes[i], s.responses_by_class[i]);
}

static const struct figure db_figures[] = {
    COUNTER(db_stats, writes, "db_writes_total", "Write functions committed."),
    COUNTER(db_stats, batches, "db_batches_total", "Commits of write functions."),
    COUNTER(db_stats, batch_us_total, "db_batch_microseconds_total", "Time spent in commits."),
    COUNTER(db_stats, read_calls, "db_reads_total", "Read functions run."),
    COUNTER(db_stats, failures, "db_failures_total", "Functions that failed."),
    COUNTER(db_stats, retries, "db_retries_total", "Functions that were run again."),
    GAUGE(db_stats, write_queue, "db_write_queue", "Write functions waiting."),
};

static void add_db(buf *out, const db *d) {
  struct db_stats s;
  db_stats(d, &s);
  ADD_FIGURES(out, db_figures, &s);
}

struct job_count_ctx {
  struct app *app;
  struct job_figures figures;
};

static err count_jobs(db_conn *c, void *ctx) {
  struct job_count_ctx *n = ctx;
  return job_figures(c, str_c(n->app->desk.holder), desk_now(&n->app->desk), &n->figures);
}

static int64_t live(const struct job_figures *f, enum job_kind kind) {
  return f->by_kind[kind][JOB_READY] + f->by_kind[kind][JOB_BEHIND] + f->by_kind[kind][JOB_LEASED];
}

static void add_jobs(buf *out, struct app *app) {
  struct job_count_ctx n = {.app = app};
  const struct job_figures *f = &n.figures;
  if (err_is(db_read(app->desk.db, count_jobs, &n))) return;
  family(out, "jobs", "gauge", "Jobs in the queue, by state.");
  for (int i = 0; i < job_state_names.count; i++)
    sample(out, "jobs", "state", job_state_names.names[i], (uint64_t)f->by_state[i]);
  family(out, "jobs_live", "gauge", "Jobs waiting or running, by kind.");
  for (int i = 0; i < job_kind_names.count; i++)
    sample(out, "jobs_live", "kind", job_kind_names.names[i], (uint64_t)live(f, (enum job_kind)i));
  int64_t due_at = f->oldest_due_at, late_ms = due_at ? desk_now(&app->desk) - due_at : 0;
  metric(out, "jobs_late_seconds", "gauge", "How long the oldest due job has been due.", late_ms / 1000);
  metric(out, "outbox_queued", "gauge", "Messages waiting to be sent.",
         live(f, JOB_ANSWER) + live(f, JOB_COPY) + live(f, JOB_NOTICE) + live(f, JOB_TOPIC) + live(f, JOB_PERSONAL) +
             live(f, JOB_CARD) - f->later[JOB_CARD]); /* a waiting customer's card is a timer until then */
  metric(out, "outbox_dead", "gauge", "Messages that failed or are uncertain.",
         f->by_kind[JOB_ANSWER][JOB_DEAD] + f->by_kind[JOB_COPY][JOB_DEAD]);
  metric(out, "push_queued", "gauge", "Push messages waiting to be sent.", f->by_kind[JOB_PUSH][JOB_READY]);
}

static const struct figure realtime_figures[] = {
    GAUGE(realtime_stats, clients, "realtime_clients", "Connected panels."),
    COUNTER(realtime_stats, replays, "realtime_replays_total", "Reconnections with a replay."),
    COUNTER(realtime_stats, refetches, "realtime_refetches_total", "Reconnections that had to reload."),
    COUNTER(realtime_stats, events_published, "realtime_events_total", "Events published."),
};

static void add_desk(buf *out, struct desk *d) {
  if (d->bus) {
    metric(out, "event_position", "counter", "The published position of the event log.", bus_position(d->bus));
    metric(out, "event_gap_wait_ms", "gauge",
           "How long the reader of the event log has been waiting for an open transaction.", bus_waiting_ms(d->bus));
  }
  if (d->realtime) {
    struct realtime_stats r;
    realtime_stats(d->realtime, &r);
    ADD_FIGURES(out, realtime_figures, &r);
  }
  metric(out, "sign_ins_waiting", "gauge", "Requests waiting for a password hash.", access_waiting(d->access));
  family(out, "log_lines_total", "counter", "Lines logged, by level.");
  static const char *const levels[] = {"debug", "info", "warn", "error"};
  for (int i = 0; i < 4; i++) sample(out, "log_lines_total", "level", levels[i], log_count((enum log_level)i));
}

static void add_files(buf *out, struct desk *d) {
  struct file_store_figures f;
  arena *a = arena_new(0);
  file_store_figures(d, a, &f);
  if (f.has_s3) {
    metric(out, "files_local", "gauge", "Contents in the local folder of this node.", f.local);
    metric(out, "files_local_bytes", "gauge", "Their bytes.", f.local_bytes);
    metric(out, "files_waiting", "gauge", "Those that wait to move to the file store.", f.wanted ? f.local : 0);
    metric(out, "files_moved_total", "counter", "Contents moved to the file store.", f.moved);
    metric(out, "files_moved_bytes_total", "counter", "Their bytes.", f.moved_bytes);
    metric(out, "file_store_failures_total", "counter", "Calls of the file store that failed.", f.failures);
    metric(out, "file_store_away", "gauge", "Whether the last call failed.", f.away);
  }
  arena_free(&a);
}

static const struct figure telegram_updates[] = {
    SAMPLE(telegram_stats, updates, "taken"),
    SAMPLE(telegram_stats, updates_known, "known"),
    SAMPLE(telegram_stats, updates_kept_raw, "kept_raw"),
    SAMPLE(telegram_stats, updates_malformed, "malformed"),
    SAMPLE(telegram_stats, updates_deferred, "deferred"),
};
static const struct figure telegram_sends[] = {
    SAMPLE(telegram_stats, sent, "sent"),
    SAMPLE(telegram_stats, refused, "refused"),
    SAMPLE(telegram_stats, retried, "retried"),
    SAMPLE(telegram_stats, uncertain, "uncertain"),
};
static const struct figure telegram_figures[] = {
    COUNTER(telegram_stats, polls_failed, "telegram_polls_failed_total", "Long polls that failed."),
    COUNTER(telegram_stats, webhook_refused, "telegram_webhook_refused_total", "Webhook requests without the secret."),
    COUNTER(telegram_stats, flood_waits, "telegram_flood_waits_total", "Times that Telegram asked to wait."),
    COUNTER(telegram_stats, files_failed, "telegram_files_failed_total", "Files that could not be fetched."),
    GAUGE(telegram_stats, in_flight, "telegram_in_flight", "Messages being sent now."),
};

static void add_of_bots(buf *out, const char *name, const char *label, const struct figure *list, size_t count,
                        const struct telegram_stats *bots, size_t bot_count) {
  for (size_t i = 0; i < bot_count; i++)
    for (size_t j = 0; j < count; j++) {
      buf_printf(out, "switchboard_%s{bot=\"%s\"", name, bots[i].bot);
      if (label) buf_printf(out, ",%s=\"%s\"", label, list[j].name);
      buf_printf(out, "} %lld\n", (long long)figure_of(&list[j], &bots[i]));
    }
}

static void add_telegram(buf *out, struct telegram *t) {
  struct telegram_stats bots[TELEGRAM_STATS_MAX];
  size_t count = telegram_stats(t, bots, TELEGRAM_STATS_MAX);
  family(out, "telegram_updates_total", "counter", "Updates by outcome.");
  add_of_bots(out, "telegram_updates_total", "outcome", telegram_updates, JSON_COUNT(telegram_updates), bots, count);
  family(out, "telegram_sends_total", "counter", "Outgoing messages by outcome.");
  add_of_bots(out, "telegram_sends_total", "outcome", telegram_sends, JSON_COUNT(telegram_sends), bots, count);
  for (size_t i = 0; i < JSON_COUNT(telegram_figures); i++) {
    const struct figure *f = &telegram_figures[i];
    family(out, f->name, f->type, f->help);
    add_of_bots(out, f->name, NULL, f, 1, bots, count);
  }
  family(out, "telegram_circuit", "gauge", "0 closed, 1 open, 2 probing, 3 half open.");
  for (size_t i = 0; i < count; i++)
    buf_printf(out, "switchboard_telegram_circuit{bot=\"%s\"} %d\n", bots[i].bot, bots[i].circuit);
}

static const struct figure pushes[] = {
    SAMPLE(push_stats, sent, "sent"),
    SAMPLE(push_stats, tokens_removed, "token_removed"),
    SAMPLE(push_stats, retried, "retried"),
    SAMPLE(push_stats, refused, "refused"),
};
static const struct figure socketio_sessions[] = {
    SAMPLE(sio_stats, eio.polling_open, "polling"),
    SAMPLE(sio_stats, eio.websockets_open, "websocket"),
};
static const struct figure socketio_figures[] = {
    COUNTER(sio_stats, events_in, "socketio_events_total", "Events that apps sent."),
    COUNTER(sio_stats, packets_out, "socketio_packets_total", "Events and answers sent to apps."),
    COUNTER(sio_stats, parse_errors, "socketio_parse_errors_total", "Connections ended for invalid packets."),
    COUNTER(sio_stats, eio.ping_timeouts, "socketio_ping_timeouts_total", "Connections ended by a ping timeout."),
    COUNTER(sio_stats, eio.dropped_slow, "socketio_slow_total", "Connections ended because they did not read."),
};

static void add_apps(buf *out, const struct mobile *m, const sio_server *io) {
  struct push_stats p;
  struct sio_stats s;
  mobile_push_stats(m, &p);
  sio_server_stats(io, &s);
  family(out, "push_total", "counter", "Push messages by outcome.");
  ADD_SAMPLES(out, "push_total", "outcome", pushes, &p);
  family(out, "socketio_sessions", "gauge", "Connections of apps open now, by transport.");
  ADD_SAMPLES(out, "socketio_sessions", "transport", socketio_sessions, &s);
  ADD_FIGURES(out, socketio_figures, &s);
}

/* The second number of /proc/self/statm: resident pages. */
static int64_t resident_bytes(void) {
  char text[128];
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text);
  close(fd);
  str rest = str_n(text, n > 0 ? (size_t)n : 0);
  int64_t pages = 0;
  str_cut(&rest, ' ');
  str_to_i64(str_cut(&rest, ' '), &pages);
  return pages * sysconf(_SC_PAGESIZE);
}

static void add_process(buf *out, const struct app *app) {
  family(out, "build_info", "gauge", "The running version.");
  buf_printf(out, "switchboard_build_info{version=\"%s\",engine=\"%s\"} 1\n", app->desk.version,
             db_engine_of(app->desk.db) == DB_SQLITE ? "sqlite" : "postgres");
  metric(out, "process_resident_bytes", "gauge", "Memory in use.", resident_bytes());
  metric(out, "process_start_seconds", "gauge", "When the process started, in seconds since 1970.",
         app->started_ms / 1000);
}

static bool is_loopback(str address) {
  struct net_addr a;
  return net_addr_parse(address, &a) && net_addr_is_loopback(&a);
}

/* A proxy on the same machine is a loopback peer too. It is recognised by its headers, or by the name in Host, which
 * it forwards; the Host check also stops a page whose own name resolves to this machine. */
static bool from_this_machine(http_req *req) {
  return http_way_of(req) == HTTP_WAY_DIRECT && is_loopback(http_peer_address(req)) &&
         proxies_host_is_local(http_header_of(req, S("host")));
}

static bool from_allowed_address(const struct app *app, http_req *req) {
  struct net_addr client;
  if (http_way_of(req) == HTTP_WAY_UNTRUSTED_PROXY || !net_addr_parse(http_client_address(req), &client)) return false;
  return net_blocks_have(&app->metrics_allow, &client) && (!net_addr_is_loopback(&client) || from_this_machine(req));
}

static bool is_metrics_token(const struct app *app, str bearer) {
  str token = str_c(config_str(app->config, CONFIG_METRICS_TOKEN));
  return token.len && str_eq_constant_time(token, bearer);
}

static err check_allowed(struct call *c) {
  const struct app *app = app_of(c);
  str session_token, bearer;
  struct access_identity who;
  if (!config_bool(app->config, CONFIG_ENABLE_METRICS)) return err_make(ERR_NOT_FOUND);
  /* If clients come from elsewhere, a local peer may be a proxy that cannot be recognised. */
  if ((!app->is_public && from_this_machine(c->req)) || from_allowed_address(app, c->req)) return err_ok;
  access_credentials(c->req, &session_token, &bearer);
  if (bearer.ptr && is_metrics_token(app, bearer)) return err_ok;
  err e = bearer.ptr ? access_identify(c->desk, STR_NONE, bearer, c->arena, &who) : err_make(ERR_UNAUTHORIZED);
  struct actor asks = operator_actor(&who.operator);
  if (!err_is(e) && may(&asks, MAY_SETTING_MANAGE, NULL)) return err_ok;
  if (err_is(e) && e.code != ERR_UNAUTHORIZED) return e;
  if (app->is_public)
    return err_detail(
        ERR_FORBIDDEN, NULL,
        "Since PUBLIC_URL is not this machine's own, set METRICS_TOKEN and send it as a bearer token, or list "
        "the scraper's address in METRICS_ALLOW. An administrator's bearer token works too.");
  return err_detail(
      ERR_FORBIDDEN, NULL,
      "Metrics are available to this machine without a proxy in between, to a bearer token (METRICS_TOKEN or an "
      "administrator's), and to the addresses of METRICS_ALLOW.");
}

static void show(struct call *c) {
  err e = check_allowed(c);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  buf out;
  buf_init(&out, 256 << 10);
  add_process(&out, app_of(c));
  add_http(&out, app_of(c)->server);
  add_db(&out, c->desk->db);
  add_desk(&out, c->desk);
  add_files(&out, c->desk);
  add_jobs(&out, app_of(c));
  if (app_of(c)->telegram) add_telegram(&out, app_of(c)->telegram);
  if (app_of(c)->mobile && app_of(c)->io) add_apps(&out, app_of(c)->mobile, app_of(c)->io);
  http_add_header(c->req, S("Cache-Control"), S("no-store"));
  http_reply_take(c->req, 200, S("text/plain; version=0.0.4; charset=utf-8"), &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/metrics", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = show,
     .fails = FAILS(FORBIDDEN) | FAILS(NOT_FOUND),
     .doc =
         "Metrics for Prometheus: for this machine, METRICS_TOKEN, an administrator's bearer token, or METRICS_ALLOW."},
};
ROUTE_TABLE(metrics_routes, routes);
