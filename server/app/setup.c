/* The first steps of every command. Errors here are for the person at the terminal: one plain sentence on stderr. */
#include "app/app.h"

#include "app/migrations.h"
#include "base/log.h"
#include "desk/file/file.h"
#include "net/s3.h"
#include "sql.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>

extern char **environ;

enum { RETRY_FIRST_S = 1, RETRY_MOST_S = 10 };

static str cli_text(const struct app *app, enum config_key key) { return str_c(config_str(app->config, key)); }

static const char *default_url(struct app *app) {
  str host = cli_text(app, CONFIG_HOST);
  bool everywhere = !host.len || str_eq(host, S("0.0.0.0")) || str_eq(host, S("::")) || str_eq(host, S("127.0.0.1"));
  bool v6 = str_contains(host, S(":"));
  return arena_printf(app->arena, v6 && !everywhere ? "http://[%.*s]:%lld" : "http://%.*s:%lld",
                      STR_ARG(everywhere ? S("localhost") : host), (long long)config_int(app->config, CONFIG_PORT))
      .ptr;
}

static bool has_star(struct config_list origins) {
  for (size_t i = 0; i < origins.count; i++)
    if (str_eq(origins.items[i], S("*"))) return true;
  return false;
}

static err check_blocks(const struct app *app, enum config_key key, struct net_blocks *out) {
  err e = net_blocks_parse(config_str(app->config, key), out);
  return err_is(e) ? err_detail(ERR_INVALID_FIELD, config_name(key), "%s", err_message(&e)) : err_ok;
}

bool setup_config(struct app *app) {
  app->arena = arena_new(0);
  err e = config_load((const char *const *)environ, ".env", &app->config);
  if (!err_is(e)) e = check_blocks(app, CONFIG_TRUSTED_PROXIES, &app->trusted_proxies);
  if (!err_is(e)) e = check_blocks(app, CONFIG_METRICS_ALLOW, &app->metrics_allow);
  if (err_is(e)) {
    fprintf(stderr, "switchboard: %s%s%s\n", e.field ? e.field : "", e.field ? ": " : "", err_message(&e));
    return false;
  }
  app->data_dir = config_str(app->config, CONFIG_DATA_DIR);
  app->files_dir = config_str(app->config, CONFIG_STORAGE_LOCAL_PATH);
  app->database_url = config_str(app->config, CONFIG_DATABASE_URL);
  str public_url = cli_text(app, CONFIG_PUBLIC_URL), demo = cli_text(app, CONFIG_DEMO_URL);
  app->public_url = config_is_set(app->config, CONFIG_PUBLIC_URL) ? public_url.ptr : default_url(app);
  app->https = str_starts(public_url, S("https://"));
  str_cut(&public_url, '/'), str_cut(&public_url, '/'); /* the scheme */
  app->is_public = public_url.len && !proxies_host_is_local(str_sub(public_url, 0, str_index(public_url, '/', 0)));
  app->any_origin = has_star(config_list(app->config, CONFIG_ALLOWED_ORIGINS));
  struct config_list sites = config_list(app->config, CONFIG_WIDGET_ORIGINS);
  app->any_widget_origin = sites.count == 0 || has_star(sites);
  app->desk = (struct desk){
      .clock = &clock_system,
      .rand = &rand_system,
      .files_dir = app->files_dir,
      .public_url = app->public_url,
      .demo_url = demo.len ? demo.ptr : NULL,
      .demo_login = demo.len ? config_str(app->config, CONFIG_ADMIN_EMAIL) : NULL,
      .demo_password = demo.len ? config_str(app->config, CONFIG_ADMIN_PASSWORD) : NULL,
      .version = APP_VERSION,
      .secret_key = app->secret_key,
      .session_ms = config_int(app->config, CONFIG_JWT_EXPIRATION) * 1000,
      .upload_max_mb = (int)config_int(app->config, CONFIG_UPLOAD_MAX_MB),
      .flood_messages = (int)config_int(app->config, CONFIG_FLOOD_MESSAGES),
  };
  return true;
}

/* ---- the data folder ---- */

/* Creates a folder and its parents. */
static err make_dir(struct app *app, const char *setting, const char *wanted) {
  str path = str_c(wanted);
  for (size_t at = 1; at <= path.len; at++) {
    if (at < path.len && path.ptr[at] != '/') continue;
    const char *folder = arena_cstr(app->arena, str_sub(path, 0, at));
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
      return err_detail(ERR_INTERNAL, setting, "The folder %.80s cannot be created: %s.", folder, strerror(errno));
  }
  if (access(wanted, W_OK | X_OK) == 0) return err_ok;
  if (errno == EACCES)
    return err_detail(ERR_INTERNAL, setting, "The folder %.80s is not writable by this user.", wanted);
  return err_detail(ERR_INTERNAL, setting, "The folder %.80s cannot be written to: %s.", wanted, strerror(errno));
}

err setup_data_dir(struct app *app) {
  app->spool_dir = arena_printf(app->arena, "%s/tmp", app->files_dir).ptr;
  err e = make_dir(app, "DATA_DIR", app->data_dir);
  if (!err_is(e)) e = make_dir(app, "STORAGE_LOCAL_PATH", app->files_dir);
  return err_is(e) ? e : make_dir(app, "STORAGE_LOCAL_PATH", app->spool_dir);
}

/* ---- the database ---- */

err setup_migrate(struct app *app, bool quiet) {
  struct db_migrate_report report;
  for (unsigned wait_s = RETRY_FIRST_S;; wait_s = wait_s * 2 < RETRY_MOST_S ? wait_s * 2 : RETRY_MOST_S) {
    err e = db_migrate(app->database_url, migrations, migration_count, &clock_system, &report);
    if (e.code != ERR_UNAVAILABLE) {
      if (!err_is(e) && !quiet)
        LOG_INFO("db.migrated", LOG_I("applied", report.applied), LOG_I("current", report.current));
      return e;
    }
    LOG_WARN("db.unreachable", LOG_E(e), LOG_I("again_in_s", wait_s));
    sleep(wait_s); /* the default action of a signal still ends the process here */
  }
}

err setup_open(struct app *app) {
  struct db_config options = {
      .url = app->database_url, .statements = sql_statements, .statement_count = SQL_COUNT, .clock = &clock_system};
  enum guard_key source;
  err e = db_open(&options, &app->desk.db);
  if (!err_is(e)) e = app->only_looks ? guard_read_key(app, &source) : guard_settle_key(app);
  if (err_is(e)) return e;
  app->desk.access = access_new(app->desk.clock, app->desk.rand, app->secret_key, app->desk.session_ms);
  enum { WORD_AUTO, WORD_TRUE, WORD_FALSE }; /* in the order of config.tbl */
  int word = config_word(app->config, CONFIG_COOKIE_SECURE);
  bool always = word == WORD_TRUE || (word == WORD_AUTO && app->https);
  access_set_public(app->desk.access, app->is_public);
  bool limited = config_bool(app->config, CONFIG_RATE_LIMITS);
  access_set_rates(app->desk.access, limited);
  if (!limited) LOG_WARN("rate_limits.off", LOG_C("setting", "RATE_LIMITS"));
  access_set_secure(app->desk.access, always ? SECURE_ALWAYS : word == WORD_FALSE ? SECURE_NEVER : SECURE_BY_REQUEST);
  return err_ok;
}

void setup_store(struct app *app) {
  const config *k = app->config;
  bool wanted = str_eq(cli_text(app, CONFIG_STORAGE_BACKEND), S("s3"));
  if (!wanted && (!config_is_set(k, CONFIG_S3_BUCKET) || !config_is_set(k, CONFIG_S3_ACCESS_KEY) ||
                  !config_is_set(k, CONFIG_S3_SECRET_KEY)))
    return;
  struct s3_config bucket = {.endpoint = config_str(k, CONFIG_S3_ENDPOINT),
                             .region = config_str(k, CONFIG_S3_REGION),
                             .bucket = config_str(k, CONFIG_S3_BUCKET),
                             .access_key = config_str(k, CONFIG_S3_ACCESS_KEY),
                             .secret_key = config_str(k, CONFIG_S3_SECRET_KEY),
                             .path_style = config_bool(k, CONFIG_S3_PATH_STYLE),
                             .rand = &rand_system,
                             .user_agent = "Switchboard/" APP_VERSION};
  file_store_open(&app->desk, &(struct file_store_config){.s3 = &bucket, .wanted = wanted});
}

/* ---- a one-time password at the terminal ---- */

static void frame_edge(buf *out, const char *left, size_t width, const char *right) {
  buf_add(out, str_c(left));
  for (size_t i = 0; i < width; i++) buf_add(out, S("─"));
  buf_printf(out, "%s\n", right);
}

static void frame_line(buf *out, size_t width, str text) {
  buf_printf(out, "│  %.*s", STR_ARG(text));
  for (size_t i = text.len + 2; i < width; i++) buf_add_char(out, ' ');
  buf_add(out, S("│\n"));
}

void setup_print_password(const struct app *app, const char *whose, str login, str password) {
  const str lines[] = {
      str_c(whose),
      S(""),
      arena_printf(app->arena, "login %.*s   one-time password %.*s", STR_ARG(login), STR_ARG(password)),
      S(""),
      S("Shown only now. Change it at the first sign-in:"),
      str_c(app->public_url),
  };
  enum { LINES = sizeof lines / sizeof lines[0] };
  size_t width = 0;
  for (int i = 0; i < LINES; i++) width = lines[i].len + 4 > width ? lines[i].len + 4 : width;
  buf out;
  buf_init(&out, 16 << 10);
  buf_add(&out, S("\n"));
  frame_edge(&out, "┌", width, "┐");
  for (int i = 0; i < LINES; i++) frame_line(&out, width, lines[i]);
  frame_edge(&out, "└", width, "┘");
  buf_add(&out, S("\n"));
  fwrite(out.ptr, 1, out.len, stdout); /* in one piece, so that no log line comes in between */
  fflush(stdout);
  buf_free(&out);
}

void setup_free(struct app *app) {
  file_store_close(&app->desk);
  db_close(&app->desk.db);
  access_free(&app->desk.access);
  net_blocks_free(&app->metrics_allow);
  net_blocks_free(&app->trusted_proxies);
  config_free(&app->config);
  arena_free(&app->arena);
  sodium_memzero(app->secret_key, sizeof app->secret_key);
  guard_unlock(app); /* last: another process may start then */
}
