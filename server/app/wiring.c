/* `serve`: starts the parts in the order of their dependencies, waits for a signal, and stops them in reverse order.
 * The port is bound before the database is opened, so that a second start by mistake changes nothing. */
#include "app/app.h"
#include "app/events.h"

#include "base/limits.h"
#include "base/log.h"
#include "desk/bus/bus.h"
#include "desk/file/file.h"
#include "desk/file/file_space.h"
#include "desk/setting/setting.h"
#include "desk/card/card.h"
#include "desk/notice/notice.h"
#include "desk/staff/staff.h"
#include "edge/mobile/mobile.h"
#include "edge/realtime/realtime.h"
#include "edge/telegram/telegram.h"
#include "net/sio.h"

#include <errno.h>
#include <signal.h>

enum { TELEGRAM_GRACE_MS = 5000, PUSH_GRACE_MS = 2000, HTTP_GRACE_MS = 5000, DAY_MS = 24 * 3600 * 1000 };
enum { STORING_OPERATORS = 2, STORING_STRANGERS = 1, STORING_QUEUE_MAX = 64 };

static err complain(err e) {
  fprintf(stderr, "switchboard: %s\n", err_message(&e));
  return e;
}

/* Warns of settings that are accepted and have no effect yet. */
static void warn_unused(const struct app *app) {
  static const enum config_key unused[] = {CONFIG_REDIS_URL, CONFIG_OPENAI_API_KEY};
  for (size_t i = 0; i < JSON_COUNT(unused); i++)
    if (config_is_set(app->config, unused[i])) LOG_WARN("config.not_used_yet", LOG_C("name", config_name(unused[i])));
}

static err open_log(struct app *app) {
  const char *file = config_str(app->config, CONFIG_LOG_FILE);
  err e = log_open((enum log_level)config_word(app->config, CONFIG_LOG_LEVEL),
                   (enum log_format)config_word(app->config, CONFIG_LOG_FORMAT), file[0] ? file : NULL);
  config_log_notices(app->config);
  warn_unused(app);
  return e;
}

/* ---- signals: blocked in every thread, handled by the main one ---- */

static sigset_t all_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

static void block_signals(void) {
  sigset_t set = all_signals();
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ,
         SIG_IGN); /* exceeding the file size limit is a write error, like a full disk, and must not end the process */
}

static void wait_for_end(void) {
  sigset_t set = all_signals();
  for (int number = 0; sigwait(&set, &number) == 0;) {
    if (number != SIGHUP) {
      LOG_INFO("app.stopping", LOG_C("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
      return;
    }
    log_reopen();
    LOG_INFO("app.log_reopened");
  }
}

static void end_at_once(int number) { _exit(128 + number); }

/* From now on a second signal ends the process: everything acknowledged is on disk. */
static void end_at_second_signal(void) {
  struct sigaction action = {.sa_handler = end_at_once};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigset_t set = all_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- the parts ---- */

/* An upload of the allowed size must always fit, even into the half for unauthenticated senders: in the
 * open mode of the apps' API no sender is authenticated. */
static void bound_bodies(const struct app *app, struct http_config *options) {
  enum { ALBUM_BYTES = LIMIT_PHOTOS_MAX * LIMIT_PHOTO_MAX_BYTES + LIMIT_JSON_BODY_MAX };
  uint64_t upload = ((uint64_t)config_int(app->config, CONFIG_UPLOAD_MAX_MB) + 1) << 20;
  if (upload < ALBUM_BYTES) upload = ALBUM_BYTES;
  options->body_memory_max = (uint64_t)config_int(app->config, CONFIG_BODY_MEMORY_MAX_MB) << 20;
  options->spool_max = (uint64_t)config_int(app->config, CONFIG_SPOOL_MAX_MB) << 20;
  if (options->spool_max < 2 * upload) options->spool_max = 2 * upload;
  options->spool_per_address = options->spool_max / 4 > 2 * upload ? options->spool_max / 4 : 2 * upload;
}

static err open_server(struct app *app) {
  struct http_config options = {
      .host = config_str(app->config, CONFIG_HOST),
      .port = (uint16_t)config_int(app->config, CONFIG_PORT),
      .loops = (int)config_int(app->config, CONFIG_LOOPS),
      .workers = (int)config_int(app->config, CONFIG_WORKERS),
      .connections_max = (size_t)config_int(app->config, CONFIG_MAX_CONNECTIONS),
      .connections_per_address = (size_t)config_int(app->config, CONFIG_MAX_CONNECTIONS_PER_ADDRESS),
      .spool_dir = app->spool_dir,
      .trusted_proxies = config_str(app->config, CONFIG_TRUSTED_PROXIES),
      .clock = &clock_system,
      .route = dispatch_route,
      .user = app,
  };
  bound_bodies(app, &options);
  app->router = router_new(route_tables);
  app->proxies = proxies_new();
  app->health = health_new();
  err e = http_server_new(&options, &app->server);
  if (err_is(e)) return e;
  if (!config_is_set(app->config, CONFIG_PUBLIC_URL) && config_int(app->config, CONFIG_PORT) == 0)
    app->desk.public_url = app->public_url =
        arena_printf(app->arena, "http://localhost:%d", http_server_port(app->server)).ptr;
  return err_ok;
}

static err ensure_admin(struct app *app) {
  err e = operator_ensure_admin(&app->desk, str_c(config_str(app->config, CONFIG_ADMIN_EMAIL)),
                                str_c(config_str(app->config, CONFIG_ADMIN_PASSWORD)), app->arena, &app->first_password,
                                &app->first_login);
  if (e.code == ERR_WEAK_PASSWORD) return err_detail(ERR_WEAK_PASSWORD, NULL, "ADMIN_PASSWORD: %s", err_message(&e));
  return e;
}

/* After the last line of the start, or before its error: the password is already stored, and this
 * is the only place that shows it; never the log file. */
static void show_first_administrator(struct app *app) {
  if (app->first_password.ptr)
    setup_print_password(app, "The first administrator", app->first_login, app->first_password);
  else if (app->first_login.ptr)
    printf("First administrator: login %.*s with the password of ADMIN_PASSWORD\n", STR_ARG(app->first_login));
  fflush(stdout);
}

static void publish(const struct bus_event *events, size_t count, void *arg) {
  struct app *app = arg;
  realtime_publish(events, count, app->desk.realtime);
  mobile_publish(app->mobile, events, count);
}

static void broadcast(void *arg, int event_type, const struct subject *about, const struct json_shape *shape,
                      const void *data) {
  struct app *app = arg;
  realtime_broadcast(app->desk.realtime, event_type, about, shape, data);
  mobile_broadcast(app->mobile, event_type, data);
}

static void show_activity(void *arg, str channel, str account, str external_id, int activity) {
  struct app *app = arg;
  if (str_eq(channel, S("telegram"))) telegram_show_activity(app->telegram, account, external_id, activity);
}

static err open_realtime(struct app *app) {
  struct bus_config bus = {.desk = &app->desk,
                           .publish = publish,
                           .user = app,
                           .expand = event_expand,
                           .name_actor = message_name_actor,
                           .retention_ms = config_int(app->config, CONFIG_EVENT_RETENTION_DAYS) * DAY_MS};
  err e = bus_new(&bus, &app->desk.bus);
  if (err_is(e)) return e;
  struct realtime_config realtime = {
      .desk = &app->desk, .server = app->server, .allowed_origins = config_str(app->config, CONFIG_ALLOWED_ORIGINS)};
  app->desk.realtime = realtime_new(&realtime);
  access_on_session_end(app->desk.access, realtime_session_ended, app->desk.realtime);
  app->desk.broadcast = broadcast;
  app->desk.broadcast_arg = app;
  return err_ok;
}

/* Something was queued: every channel's sender checks its own queue. */
static void wake_senders(void *arg) {
  struct app *app = arg;
  telegram_wake(app->telegram);
  mobile_wake(app->mobile);
  jobs_wake(app->jobs);
}

static void make_mobile(struct app *app) {
  struct sio_config io = {.eio = {.path = "/socket.io/",
                                  .origin_allowed = dispatch_channel_origin,
                                  .allow = mobile_socket_allow,
                                  .user = &app->desk,
                                  .free_data = mobile_socket_free_data},
                          .rooms_max = MOBILE_SOCKET_ROOMS_MAX};
  app->io = sio_server_new(app->server, &io);
  struct mobile_config options = {.desk = &app->desk,
                                  .client = app->client,
                                  .auth = (enum mobile_auth)config_word(app->config, CONFIG_MOBILE_API_AUTH),
                                  .visitors = config_bool(app->config, CONFIG_WIDGET_VISITORS),
                                  .quota = {config_int(app->config, CONFIG_WIDGET_PHOTOS_MB_EACH),
                                            config_int(app->config, CONFIG_WIDGET_PHOTOS_MB_ALL),
                                            config_int(app->config, CONFIG_WIDGET_WORDS_MB_ALL)},
                                  .app_key = config_str(app->config, CONFIG_MOBILE_APP_KEY),
                                  .signing_secret = config_str(app->config, CONFIG_MOBILE_SIGNING_SECRET),
                                  .fcm_account_path = config_str(app->config, CONFIG_FCM_SERVICE_ACCOUNT_PATH),
                                  .fcm_endpoint = config_str(app->config, CONFIG_FCM_ENDPOINT),
                                  .push_title = config_str(app->config, CONFIG_MOBILE_PUSH_TITLE),
                                  .io = app->io,
                                  .pool = http_server_pool(app->server)};
  app->mobile = mobile_new(&options);
  app->desk.edges[CHANNEL_MOBILE] = app->mobile;
}

static void make_telegram(struct app *app) {
  const char *proxy = config_str(app->config, CONFIG_TELEGRAM_PROXY);
  struct http_client_config client = {.proxy = proxy[0] ? proxy : NULL, .user_agent = "Switchboard/" APP_VERSION};
  app->client = http_client_new(&client);
  struct telegram_config options = {.desk = &app->desk,
                                    .client = app->client,
                                    .api_url = config_str(app->config, CONFIG_TELEGRAM_API_URL),
                                    .token = config_str(app->config, CONFIG_TELEGRAM_BOT_TOKEN),
                                    .user_agent = "Switchboard/" APP_VERSION,
                                    .webhook_url = config_str(app->config, CONFIG_TELEGRAM_WEBHOOK_URL),
                                    .group_chat_id = config_str(app->config, CONFIG_TELEGRAM_GROUP_CHAT_ID),
                                    .local_files = config_str(app->config, CONFIG_TELEGRAM_LOCAL_FILES),
                                    .per_second = (int)config_int(app->config, CONFIG_TELEGRAM_MESSAGES_PER_SECOND)};
  app->desk.staff = staff_new();
  app->desk.notices = notice_watch_new();
  app->desk.cards = card_watch_new();
  app->telegram = telegram_new(&options);
  app->desk.edges[CHANNEL_TELEGRAM] = app->telegram;
}

/* The lock on the data folder shows that the processes are gone which held them. */
static err expire_earlier_leases(db_conn *c, void *arg) {
  const struct desk *d = arg;
  return job_expire_leases_of_earlier_runs(c, str_c(d->holder));
}

static err unhold(db_conn *c, void *arg) {
  (void)arg;
  return setting_remove(c, SETTING_FILES_HELD);
}

/* Wrong settings end the start, since files would wait forever. A store that cannot be reached does not: files stay local. */
static err open_store(struct app *app) {
  setup_store(app);
  file_space_open(&app->desk);
  err e = file_store_check(&app->desk, app->arena);
  bool wanted = str_eq(str_c(config_str(app->config, CONFIG_STORAGE_BACKEND)), S("s3"));
  if (err_is(e) && e.field && wanted)
    return err_detail(ERR_INVALID_FIELD, e.field,
                      "%s Check S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY.", err_message(&e));
  e = wanted ? err_ok : db_write(app->desk.db, unhold, NULL); /* the configuration says it now */
  return err_is(e) ? e : file_store_start(&app->desk);
}

/* Creates all channels before starting one, since any write wakes them all and the log's reader notifies them. */
static err open_channels(struct app *app) {
  make_telegram(app);
  make_mobile(app);
  app->jobs = jobs_new(app);
  app->desk.outbox_wake_arg = app;
  app->desk.outbox_wake = wake_senders;
  app->desk.activity_arg = app;
  app->desk.show_activity = show_activity;
  err e = bus_start(app->desk.bus);
  if (!err_is(e)) e = telegram_start(app->telegram);
  return err_is(e) ? e : mobile_start(app->mobile);
}

static err open_all(struct app *app) {
  err e = open_server(app);
  if (!err_is(e)) e = setup_open(app);
  if (!err_is(e)) e = proxies_forget(app);
  if (!err_is(e)) e = ensure_admin(app);
  if (!err_is(e)) e = open_store(app);
  if (err_is(e)) return e;
  file_clean_spool(&app->desk);
  e = db_write(app->desk.db, expire_earlier_leases, &app->desk);
  if (!err_is(e)) e = open_realtime(app);
  if (!err_is(e)) e = open_channels(app);
  app->storing[APP_STORING_OPERATORS] = net_pool_new(STORING_OPERATORS, STORING_QUEUE_MAX);
  app->storing[APP_STORING_STRANGERS] = net_pool_new(STORING_STRANGERS, STORING_QUEUE_MAX);
  if (!err_is(e)) e = http_server_start(app->server);
  if (err_is(e)) return e;
  app->serving = true;
  return jobs_start(app->jobs);
}

/* Each part may be absent, since the start may have failed halfway. */
static void close_all(struct app *app) {
  file_store_stop(&app->desk);
  jobs_stop(app->jobs);
  if (app->telegram) telegram_stop(app->telegram, TELEGRAM_GRACE_MS);
  if (app->mobile) mobile_stop(app->mobile, PUSH_GRACE_MS);
  if (app->io && app->serving) sio_server_stop(app->io);
  if (app->server) http_server_stop(app->server, HTTP_GRACE_MS);
  for (int i = 0; i < APP_STORING_LANES; i++) net_pool_free(&app->storing[i]);
  access_stop(app->desk.access);
  if (app->desk.bus) bus_free(&app->desk.bus);
  if (app->server) http_server_settle(app->server); /* delivers events read from the log after the loops ended */
  if (app->desk.realtime) realtime_free(&app->desk.realtime);
  if (app->client) http_client_free(&app->client, 0);
  db_close(&app->desk.db);
  if (app->server) http_server_settle(app->server); /* delivers what the last commits posted */
  if (app->telegram) telegram_free(&app->telegram);
  if (app->mobile) mobile_free(&app->mobile);
  jobs_free(&app->jobs);
  staff_free(&app->desk.staff);
  notice_watch_free(&app->desk.notices);
  card_watch_free(&app->desk.cards);
  if (app->io) sio_server_free(&app->io);
  http_server_free(&app->server);
  router_free(&app->router);
  proxies_free(&app->proxies);
  health_free(&app->health);
  file_space_close(&app->desk);
}

static err prepare(struct app *app) {
  err e = open_log(app);
  if (!err_is(e)) e = setup_data_dir(app);
  if (!err_is(e)) e = guard_lock(app);
  if (!err_is(e)) e = node_settle(app);
  return err_is(e) ? e : setup_migrate(app, true);
}

int serve_run(const struct serve_options *options) {
  struct app app = {.started_ms = clock_now_ms(&clock_system),
                    .started_us = clock_measure_us(),
                    .accept_new_key = options->accept_new_key,
                    .accept_empty_database = options->accept_empty_database};
  file_sandbox_hide_server();
  bool ready = setup_config(&app);
  err e = err_ok;
  if (ready) e = prepare(&app);
  if (ready && !err_is(e)) {
    block_signals();
    e = open_all(&app);
    if (!err_is(e)) {
      LOG_INFO("app.ready", LOG_C("version", APP_VERSION),
               LOG_I("took_ms", (clock_measure_us() - app.started_us) / 1000));
      printf("Switchboard is ready: %s\n", app.public_url);
      show_first_administrator(&app);
      wait_for_end();
    } else {
      show_first_administrator(&app);
    }
    end_at_second_signal();
    close_all(&app);
  }
  if (err_is(e)) complain(e);
  setup_free(&app);
  if (ready && !err_is(e)) LOG_INFO("app.stopped");
  log_close();
  return ready && !err_is(e) ? 0 : 1;
}
