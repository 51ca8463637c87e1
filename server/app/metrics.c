/* GET /metrics in Prometheus' text format. For this machine's own scraper (a loopback peer with no proxy in between,
 * while PUBLIC_URL is absent or local), the bearer token METRICS_TOKEN or an administrator's, and the addresses of
 * METRICS_ALLOW. ENABLE_METRICS=false: 404. */
#include "app/app.h"

#include "base/log.h"
#include "desk/access/access_http.h"
#include "desk/bus/bus.h"
#include "desk/job/job.h"
#include "edge/mobile/mobile.h"
#include "edge/mobile/push.h"
#include "edge/realtime/realtime.h"
#include "edge/telegram/telegram.h"
#include "net/sio.h"
#include "sql.h"

#include <fcntl.h>

static void metric(buf *out, const char *name, const char *type, const char *help, int64_t value) {
  buf_printf(out, "# HELP switchboard_%s %s\n# TYPE switchboard_%s %s\nswitchboard_%s %lld\n", name, help, name, type,
             name, (long long)value);
}

static void family(buf *out, const char *name, const char *type, const char *help) {
  buf_printf(out, "# HELP switchboard_%s %s\n# TYPE switchboard_%s %s\n", name, help, name, type);
}

static void sample(buf *out, const char *name, const char *label, const char *value, uint64_t n) {
  buf_printf(out, "switchboard_%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)n);
}

static void add_http(buf *out, const http_server *server) {
  struct http_stats s;
  http_server_stats(server, &s);
  metric(out, "http_connections_total", "counter", "Connections accepted.", (int64_t)s.connections_total);
  metric(out, "http_connections_open", "gauge", "Connections open now.", (int64_t)s.connections_open);
  metric(out, "http_connections_refused_total", "counter", "Connections refused at a limit.", (int64_t)s.refused_total);
  metric(out, "http_body_bytes_held", "gauge", "Memory of bodies being received.", (int64_t)s.body_bytes_held);
  metric(out, "http_spool_bytes_held", "gauge", "Disk space of uploads being received.", (int64_t)s.spool_bytes_held);
  metric(out, "http_requests_total", "counter", "Requests read.", (int64_t)s.requests_total);
  metric(out, "http_parse_errors_total", "counter", "Requests that were not valid HTTP.", (int64_t)s.parse_errors);
  family(out, "http_responses_total", "counter", "Responses by class.");
  static const char *const classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (int i = 1; i < 6; i++) sample(out, "http_responses_total", "class", classes[i], s.responses_by_class[i]);
  metric(out, "http_received_bytes_total", "counter", "Bytes read from clients.", (int64_t)s.bytes_in);
  metric(out, "http_sent_bytes_total", "counter", "Bytes written to clients.", (int64_t)s.bytes_out);
  metric(out, "websockets_open", "gauge", "WebSockets open now.", (int64_t)s.websockets_open);
  metric(out, "websocket_frames_total", "counter", "Frames sent.", (int64_t)s.ws_frames_out);
  metric(out, "websocket_slow_total", "counter", "WebSockets closed because they did not read.",
         (int64_t)s.ws_dropped_slow);
}

static void add_db(buf *out, const db *d) {
  struct db_stats s;
  db_stats(d, &s);
  metric(out, "db_writes_total", "counter", "Write functions committed.", (int64_t)s.writes);
  metric(out, "db_batches_total", "counter", "Commits of write functions.", (int64_t)s.batches);
  metric(out, "db_batch_microseconds_total", "counter", "Time spent in commits.", (int64_t)s.batch_us_total);
  metric(out, "db_reads_total", "counter", "Read functions run.", (int64_t)s.read_calls);
  metric(out, "db_failures_total", "counter", "Functions that failed.", (int64_t)s.failures);
  metric(out, "db_retries_total", "counter", "Functions that were run again.", (int64_t)s.retries);
  metric(out, "db_write_queue", "gauge", "Write functions waiting.", (int64_t)s.write_queue);
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
         live(f, JOB_ANSWER) + live(f, JOB_COPY) + live(f, JOB_NOTICE));
  metric(out, "outbox_dead", "gauge", "Messages that failed or are uncertain.",
         f->by_kind[JOB_ANSWER][JOB_DEAD] + f->by_kind[JOB_COPY][JOB_DEAD]);
  metric(out, "push_queued", "gauge", "Push messages waiting to be sent.", f->by_kind[JOB_PUSH][JOB_READY]);
}

static void add_desk(buf *out, struct desk *d) {
  if (d->bus)
    metric(out, "event_position", "counter", "The published position of the event log.", bus_position(d->bus));
  if (d->realtime) {
    struct realtime_stats r;
    realtime_stats(d->realtime, &r);
    metric(out, "realtime_clients", "gauge", "Connected panels.", r.clients);
    metric(out, "realtime_replays_total", "counter", "Reconnections with a replay.", r.replays);
    metric(out, "realtime_refetches_total", "counter", "Reconnections that had to reload.", r.refetches);
    metric(out, "realtime_events_total", "counter", "Events published.", r.events_published);
  }
  metric(out, "sign_ins_waiting", "gauge", "Requests waiting for a password hash.", access_waiting(d->access));
  family(out, "log_lines_total", "counter", "Lines logged, by level.");
  static const char *const levels[] = {"debug", "info", "warn", "error"};
  for (int i = 0; i < 4; i++) sample(out, "log_lines_total", "level", levels[i], log_count((enum log_level)i));
}

static void add_telegram(buf *out, struct telegram *t) {
  struct telegram_stats s;
  telegram_stats(t, &s);
  family(out, "telegram_updates_total", "counter", "Updates by outcome.");
  sample(out, "telegram_updates_total", "outcome", "taken", s.updates);
  sample(out, "telegram_updates_total", "outcome", "known", s.updates_known);
  sample(out, "telegram_updates_total", "outcome", "kept_raw", s.updates_kept_raw);
  sample(out, "telegram_updates_total", "outcome", "malformed", s.updates_malformed);
  sample(out, "telegram_updates_total", "outcome", "deferred", s.updates_deferred);
  family(out, "telegram_sends_total", "counter", "Outgoing messages by outcome.");
  sample(out, "telegram_sends_total", "outcome", "sent", s.sent);
  sample(out, "telegram_sends_total", "outcome", "refused", s.refused);
  sample(out, "telegram_sends_total", "outcome", "retried", s.retried);
  sample(out, "telegram_sends_total", "outcome", "uncertain", s.uncertain);
  metric(out, "telegram_polls_failed_total", "counter", "Long polls that failed.", (int64_t)s.polls_failed);
  metric(out, "telegram_webhook_refused_total", "counter", "Webhook requests without the secret.",
         (int64_t)s.webhook_refused);
  metric(out, "telegram_flood_waits_total", "counter", "Times that Telegram asked to wait.", (int64_t)s.flood_waits);
  metric(out, "telegram_files_failed_total", "counter", "Files that could not be fetched.", (int64_t)s.files_failed);
  metric(out, "telegram_in_flight", "gauge", "Messages being sent now.", s.in_flight);
  metric(out, "telegram_circuit", "gauge", "0 closed, 1 open, 2 probing, 3 half open.", s.circuit);
}

static void add_apps(buf *out, const struct mobile *m, const sio_server *io) {
  struct push_stats p;
  struct sio_stats s;
  mobile_push_stats(m, &p);
  family(out, "push_total", "counter", "Push messages by outcome.");
  sample(out, "push_total", "outcome", "sent", p.sent);
  sample(out, "push_total", "outcome", "token_removed", p.tokens_removed);
  sample(out, "push_total", "outcome", "retried", p.retried);
  sample(out, "push_total", "outcome", "refused", p.refused);
  sio_server_stats(io, &s);
  family(out, "socketio_sessions", "gauge", "Connections of apps open now, by transport.");
  sample(out, "socketio_sessions", "transport", "polling", (uint64_t)s.eio.polling_open);
  sample(out, "socketio_sessions", "transport", "websocket", (uint64_t)s.eio.websockets_open);
  metric(out, "socketio_events_total", "counter", "Events that apps sent.", s.events_in);
  metric(out, "socketio_packets_total", "counter", "Events and answers sent to apps.", s.packets_out);
  metric(out, "socketio_parse_errors_total", "counter", "Connections ended for invalid packets.", s.parse_errors);
  metric(out, "socketio_ping_timeouts_total", "counter", "Connections ended by a ping timeout.", s.eio.ping_timeouts);
  metric(out, "socketio_slow_total", "counter", "Connections ended because they did not read.", s.eio.dropped_slow);
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
  buf_printf(out,
             "# HELP switchboard_build_info The running version.\n# TYPE switchboard_build_info gauge\n"
             "switchboard_build_info{version=\"%s\",engine=\"%s\"} 1\n",
             app->desk.version, db_engine_of(app->desk.db) == DB_SQLITE ? "sqlite" : "postgres");
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
