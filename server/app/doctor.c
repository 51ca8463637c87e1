/* `doctor`: checks the common causes of trouble, one line each: "ok    …" or "WRONG …" with what to do. It
 * changes nothing, but with --repair it marks bots whose webhook is wrong as changed, so that the running server sets them up
 * again. Exit code 0 when nothing is wrong. URLs with the bot's token are never printed. */
#include "app/app.h"

#include "app/migrations.h"
#include "base/jansson.h"
#include "base/log.h"
#include "base/seal.h"
#include "desk/account/account.h"
#include "desk/file/file.h"
#include "desk/job/job.h"
#include "desk/setting/setting.h"
#include "edge/telegram/telegram.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { ANSWER_MAX_BYTES = 256 << 10, SKEW_MAX_MS = 30 * 1000, DISK_LOW_MB = 500, TIMEOUT_S = 10 };

struct doctor {
  struct app app;
  int wrong;
  bool repairs;
  const char *bot, *api, *proxy; /* the bot that is checked: its name in messages, its own server and proxy; "": none */
  const struct account_row *row; /* the same bot; NULL: known from the environment only */
  bool webhook_wrong;            /* of the same bot */
};

static void good(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void good(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("ok    ", stdout);
  vprintf(format, args);
  fputc('\n', stdout);
  va_end(args);
}

static void bad(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void bad(struct doctor *d, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("WRONG ", stdout);
  vprintf(format, args);
  fputc('\n', stdout);
  va_end(args);
  d->wrong++;
}

/* ---- this machine ---- */

static void check_configuration(struct doctor *d) {
  good("configuration: address %s, database %s", d->app.public_url,
       str_starts(str_c(d->app.database_url), S("sqlite:")) ? "SQLite" : "PostgreSQL");
  for (size_t i = 0; i < config_notice_count(d->app.config); i++)
    printf("note  configuration: %s\n", config_notice(d->app.config, i));
}

static void check_mode(struct doctor *d, const char *path, bool must_exist, mode_t too_much, const char *advice) {
  struct stat s;
  if (stat(path, &s) != 0) {
    if (must_exist) bad(d, "%s: %s. The first `serve` creates it.", path, strerror(errno));
    return;
  }
  if (s.st_mode & too_much)
    bad(d, "%s can be read by others (mode %03o): chmod %s %s", path, (unsigned)s.st_mode & 0777, advice, path);
  else
    good("permissions of %s: %03o", path, (unsigned)s.st_mode & 0777);
}

static void check_files(struct doctor *d) {
  arena *a = d->app.arena;
  check_mode(d, d->app.data_dir, true, 077, "700");
  check_mode(d, arena_printf(a, "%s/secret.key", d->app.data_dir).ptr, false, 077, "600");
  check_mode(d, ".env", false, 077, "600");
  int written = access(d->app.data_dir, W_OK | X_OK) == 0 ? 0 : errno;
  if (written == EACCES)
    bad(d, "%s is not writable by this user: chown it to the user that runs the server", d->app.data_dir);
  else if (written && written != ENOENT)
    bad(d, "%s cannot be written to: %s", d->app.data_dir, strerror(written));
  for (str rest = str_c(config_str(d->app.config, CONFIG_TELEGRAM_LOCAL_FILES)); rest.len;) {
    str local = str_trim(str_cut(&rest, ',')), path = local;
    if (!str_starts(path, S("/"))) (void)str_cut(&path, '=');
    if (!str_starts(path, S("/")) || access(arena_cstr(a, path), R_OK | X_OK) != 0)
      bad(d, "TELEGRAM_LOCAL_FILES: %.*s must be an absolute path to a folder that this user can read",
          STR_ARG(path.len ? path : local));
  }
  struct statvfs disk;
  if (statvfs(d->app.data_dir, &disk) != 0) return;
  uint64_t free_mb = (uint64_t)disk.f_bavail * disk.f_frsize >> 20;
  if (free_mb < DISK_LOW_MB)
    bad(d, "disk: %llu MB are free at %s, which is too little: free some space", (unsigned long long)free_mb,
        d->app.data_dir);
  else
    good("disk: %llu MB free at %s", (unsigned long long)free_mb, d->app.data_dir);
}

/* The programs that read what strangers send. */
static void check_media(void) {
  static const char *const programs[][2] = {
      {"/usr/bin/vipsthumbnail", "libvips-tools"}, {"/usr/bin/ffmpeg", "ffmpeg"}, {"/usr/bin/ffprobe", "ffmpeg"}};
  for (size_t i = 0; i < JSON_COUNT(programs); i++)
    if (access(programs[i][0], X_OK) != 0)
      printf("note  previews: %s is not installed, so some are missing: apt-get install %s\n", programs[i][0],
             programs[i][1]);
  const char *lacks = file_sandbox_lacks();
  if (lacks)
    printf(
        "note  previews: %s, so the programs that make previews are less confined: a manipulated picture or video that "
        "takes one over could do more as this user. Linux 5.13 or later has both\n",
        lacks);
  else
    good("previews: the programs that make them reach no other file, no network and no process");
}

static bool check_database(struct doctor *d) {
  int pending = 0;
  err e = db_migrate_check(d->app.database_url, migrations, migration_count, &pending);
  if (err_is(e)) {
    bad(d, "database: %s%s", err_message(&e),
        e.code == ERR_CONFLICT ? ". Start the newer version of Switchboard"
                               : ". Check DATABASE_URL and whether the database server runs");
    return false;
  }
  if (pending)
    bad(d, "database: %d migrations are pending: run `switchboard migrate`, or `serve`, which does the same", pending);
  else
    good("database: reachable, schema up to date");
  return pending == 0;
}

/* ---- Telegram ---- */

struct answer {
  buf body;
  long status;
  int64_t date_ms; /* of its Date header; 0: none */
  CURLcode code;
};

static size_t take_body(char *bytes, size_t size, size_t n, void *user) {
  buf_add(&((struct answer *)user)->body, str_n(bytes, size * n));
  return size * n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *user) {
  str line = str_n(bytes, size * n);
  if (line.len > 5 && str_eq_ignore_case(str_sub(line, 0, 5), S("date:")))
    clock_parse_http(str_trim(str_sub(line, 5, line.len)), &((struct answer *)user)->date_ms);
  return size * n;
}

static void fetch(const char *url, const char *proxy, struct answer *out) {
  *out = (struct answer){.code = CURLE_FAILED_INIT};
  buf_init(&out->body, ANSWER_MAX_BYTES);
  CURL *curl = curl_easy_init();
  if (!curl) return;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (proxy) curl_easy_setopt(curl, CURLOPT_PROXY, proxy);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, out);
  out->code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
  curl_easy_cleanup(curl);
}

static void ask(struct doctor *d, const char *token, const char *method, struct answer *out) {
  const char *api = d->api[0] ? d->api : config_str(d->app.config, CONFIG_TELEGRAM_API_URL);
  const char *proxy = d->proxy[0] ? d->proxy : config_str(d->app.config, CONFIG_TELEGRAM_PROXY);
  fetch(arena_printf(d->app.arena, "%s/bot%s/%s", api, token, method).ptr, proxy[0] ? proxy : NULL, out);
}

struct bot_answer {
  str username, url, last_error_message, title, allowed_updates;
  int64_t pending, last_error_date, id;
};
static const struct json_field result_fields[] = {
    {"username", JSON_STRING, 0, offsetof(struct bot_answer, username), 0, 0, NULL, NULL, NULL},
    {"url", JSON_STRING, 0, offsetof(struct bot_answer, url), 0, 0, NULL, NULL, NULL},
    {"last_error_message", JSON_STRING, 0, offsetof(struct bot_answer, last_error_message), 0, 0, NULL, NULL, NULL},
    {"last_error_date", JSON_INT, 0, offsetof(struct bot_answer, last_error_date), 0, INT64_MAX, NULL, NULL, NULL},
    {"allowed_updates", JSON_RAW, 0, offsetof(struct bot_answer, allowed_updates), 0, 4096, NULL, NULL, NULL},
    {"title", JSON_STRING, 0, offsetof(struct bot_answer, title), 0, 0, NULL, NULL, NULL},
    {"id", JSON_INT, 0, offsetof(struct bot_answer, id), 0, 0, NULL, NULL, NULL},
    {"pending_update_count", JSON_INT, 0, offsetof(struct bot_answer, pending), 0, INT64_MAX, NULL, NULL, NULL},
};
static JSON_SHAPE(result_shape, "TelegramResult", struct bot_answer, result_fields, NULL);
struct envelope {
  const struct bot_answer *result;
};
static const struct json_field envelope_fields[] = {
    {"result", JSON_OBJECT, JSON_REQUIRED, offsetof(struct envelope, result), 0, 0, &result_shape, NULL, NULL},
};
static JSON_SHAPE(envelope_shape, "TelegramAnswer", struct envelope, envelope_fields, NULL);

static const struct bot_answer *result_of(struct doctor *d, const struct answer *a) {
  struct envelope e;
  if (a->code != CURLE_OK || a->status != 200) return NULL;
  return err_is(json_decode(&envelope_shape, buf_borrow(&a->body), d->app.arena, &e, NULL)) ? NULL : e.result;
}

static void check_clock(struct doctor *d, const struct answer *a) {
  if (!a->date_ms) return;
  int64_t skew = clock_now_ms(&clock_system) - a->date_ms;
  if (skew > SKEW_MAX_MS || skew < -SKEW_MAX_MS)
    bad(d, "clock: %lld s off compared with Telegram's: enable time synchronisation (timedatectl set-ntp true)",
        (long long)skew / 1000);
  else
    good("clock: agrees with Telegram's");
}

/* "at 14:05 UTC, Tue 3 Nov 2026", as HTTP writes it */
static str when(struct doctor *d, int64_t at_s) {
  char text[CLOCK_HTTP_SIZE];
  return arena_dup(d->app.arena, clock_format_http(at_s * 1000, text));
}

static void webhook_bad(struct doctor *d, str what) {
  d->webhook_wrong = true;
  bad(d, "webhook%s: %.*s", d->bot, STR_ARG(what));
}

/* What is wrong, in words; absent: nothing. */
static str webhook_trouble(struct doctor *d, const struct bot_answer *info, const char *wanted, int64_t id) {
  arena *a = d->app.arena;
  str host = telegram_webhook_host(info->url);
  if (info->url.len && !wanted[0])
    return arena_printf(a,
                        "Telegram delivers this bot's updates to %.*s, but %s. If another server uses this token, stop "
                        "it or get a new token from @BotFather; otherwise `serve` removes the webhook and polls",
                        STR_ARG(host),
                        d->row && str_eq(d->row->updates, S("polling")) ? "it is set to polling in the panel"
                                                                        : "TELEGRAM_WEBHOOK_URL is not set");
  if (info->url.len && !telegram_webhook_is(wanted, id, info->url))
    return arena_printf(a,
                        "another server uses this token: Telegram delivers the updates to %.*s, not to "
                        "TELEGRAM_WEBHOOK_URL. Stop that server, or get a new token from @BotFather",
                        STR_ARG(host));
  if (info->url.len && !telegram_webhook_asks_for_ours(info->allowed_updates))
    return S("it asks Telegram for other kinds of update than this version needs. `serve` sets it again within a "
             "minute; if it does not, look for another server with this token");
  if (wanted[0] && d->row && d->row->fallback)
    return arena_printf(a,
                        "%.*s Updates come by polling until it works. Check TELEGRAM_WEBHOOK_URL, the certificate and "
                        "the proxy in front",
                        STR_ARG(d->row->error));
  if (info->last_error_message.len && info->pending > 0)
    return arena_printf(a, "Telegram could not deliver: %.*s (%lld updates wait; the last try: %.*s)",
                        STR_ARG(info->last_error_message), (long long)info->pending,
                        STR_ARG(when(d, info->last_error_date)));
  return STR_NONE;
}

static void check_webhook(struct doctor *d, const char *token, int64_t id) {
  struct answer a;
  ask(d, token, "getWebhookInfo", &a);
  const struct bot_answer *info = result_of(d, &a);
  bool polls = d->row && str_eq(d->row->updates, S("polling"));
  const char *wanted = polls ? "" : config_str(d->app.config, CONFIG_TELEGRAM_WEBHOOK_URL);
  str trouble = info ? webhook_trouble(d, info, wanted, id) : S("Telegram did not answer");
  if (trouble.ptr)
    webhook_bad(d, trouble);
  else
    good("webhook: %s, %lld updates waiting%s",
         info->url.len ? "set"
         : wanted[0]   ? "none yet, `serve` sets it"
                       : "none, updates come by long polling",
         (long long)info->pending,
         info->last_error_message.len
             ? arena_printf(d->app.arena, "; the last failed delivery was on %.*s: %.*s",
                            STR_ARG(when(d, info->last_error_date)), STR_ARG(info->last_error_message))
                   .ptr
             : "");
  buf_free(&a.body);
}

static err touch(db_conn *c, void *arg) {
  struct doctor *d = arg;
  return account_touch(c, d->row->id, clock_now_ms(&clock_system));
}

/* The running server follows the row within seconds. */
static void repair_webhook(struct doctor *d) {
  if (!d->repairs || !d->webhook_wrong || !d->row || !d->row->id) return;
  err e = db_write(d->app.desk.db, touch, d);
  if (err_is(e))
    bad(d, "webhook%s: not repaired: %s", d->bot, err_message(&e));
  else
    printf("note  webhook%s: the running server sets it up again within a few seconds. Run `switchboard doctor` then\n",
           d->bot);
}

struct readiness {
  str bot;
};
static const struct json_field readiness_fields[] = {
    {"bot", JSON_STRING, 0, offsetof(struct readiness, bot), 0, 0, NULL, NULL, NULL},
};
static JSON_SHAPE(readiness_shape, "Readiness", struct readiness, readiness_fields, NULL);

/* Only a polling server detects that another one polls too, so ask the running server. */
static void check_other_poller(struct doctor *d) {
  struct answer a;
  struct readiness ready = {0};
  str host = str_c(config_str(d->app.config, CONFIG_HOST));
  if (str_eq(host, S("0.0.0.0")) || str_eq(host, S("::"))) host = S("localhost");
  bool bare = str_contains(host, S(":")); /* an IPv6 address */
  const char *url = arena_printf(d->app.arena, "http://%s%.*s%s:%lld/health/ready", bare ? "[" : "", STR_ARG(host),
                                 bare ? "]" : "", (long long)config_int(d->app.config, CONFIG_PORT))
                        .ptr;
  fetch(url, NULL, &a);
  bool read =
      a.code == CURLE_OK && !err_is(json_decode(&readiness_shape, buf_borrow(&a.body), d->app.arena, &ready, NULL));
  if (read && str_eq(ready.bot, S("conflict")))
    bad(d, "bot: another server uses this token and takes its updates. Stop that server, or get a new token from "
           "@BotFather and set it in the panel");
  buf_free(&a.body);
}

static void check_topics(struct doctor *d, const char *token, str chat_id, const struct answer *chat, str title) {
  struct answer member;
  str bot_id = str_c(token);
  bot_id = str_cut(&bot_id, ':');
  ask(d, token,
      arena_printf(d->app.arena, "getChatMember?chat_id=%.*s&user_id=%.*s", STR_ARG(chat_id), STR_ARG(bot_id)).ptr,
      &member);
  str trouble = telegram_topics_trouble(buf_borrow(&chat->body), buf_borrow(&member.body));
  if (trouble.ptr)
    bad(d, "staff group: %.*s: %.*s What goes there waits", STR_ARG(title), STR_ARG(trouble));
  else
    good("staff group: %.*s, with topics", STR_ARG(title));
  buf_free(&member.body);
}

/* The staff group; absent, empty or 0: none. */
static void check_group(struct doctor *d, const char *token, str chat_id, bool topics) {
  struct answer a;
  if (!chat_id.len || str_eq(chat_id, S("0"))) return;
  ask(d, token, arena_printf(d->app.arena, "getChat?chat_id=%.*s", STR_ARG(chat_id)).ptr, &a);
  const struct bot_answer *chat = result_of(d, &a);
  if (chat && topics)
    check_topics(d, token, chat_id, &a, chat->title);
  else if (chat)
    good("staff group: %.*s", STR_ARG(chat->title));
  else
    bad(d,
        "staff group: Telegram does not let the bot into %.*s (status %ld). Add the bot to the group, or choose "
        "another "
        "in the panel under Bot",
        STR_ARG(chat_id), a.status);
  buf_free(&a.body);
}

/* A Bot API server with --local keeps each bot's files in a folder that has the token as its name, which is not printed. */
static void check_local_files(struct doctor *d, const char *token, int64_t id) {
  arena *a = d->app.arena;
  str account = arena_printf(a, "%lld", (long long)id);
  str folder = telegram_local_folder(str_c(config_str(d->app.config, CONFIG_TELEGRAM_LOCAL_FILES)), account);
  if (!folder.ptr || access(arena_cstr(a, folder), R_OK | X_OK) != 0) return;
  bool whole = str_ends(folder, str_c(token)) ||
               access(arena_printf(a, "%.*s/%s", STR_ARG(folder), token).ptr, R_OK | X_OK) == 0;
  if (whole)
    good("local files%s: in %.*s", d->bot, STR_ARG(folder));
  else
    printf(
        "note  local files%s: this bot has no folder in %.*s that this user can read. If its Bot API server runs with "
        "--local, mount that server's folder here under the same path, on every node that runs Switchboard; else "
        "large files fail there\n",
        d->bot, STR_ARG(folder));
}

static void check_bot(struct doctor *d, const char *token, str group, bool topics) {
  struct answer a;
  ask(d, token, "getMe", &a);
  const struct bot_answer *me = result_of(d, &a);
  if (a.code != CURLE_OK)
    bad(d, "bot token%s: Telegram cannot be reached (%s). Check TELEGRAM_API_URL, TELEGRAM_PROXY and the network",
        d->bot, curl_easy_strerror(a.code));
  else if (!me)
    bad(d, "bot token%s: Telegram refuses the token (status %ld). Get one from @BotFather and set it in the panel",
        d->bot, a.status);
  else
    good("bot token: known to Telegram as @%.*s", STR_ARG(me->username));
  check_clock(d, &a);
  if (me) check_webhook(d, token, me->id);
  if (me) repair_webhook(d);
  if (me) check_other_poller(d);
  if (me) check_local_files(d, token, me->id);
  if (me) check_group(d, token, group, topics);
  buf_free(&a.body);
}

/* A proxy in a private network is certainly a proxy; elsewhere any client may claim to be one. */
static void check_proxies(struct doctor *d, str noted) {
  int named = 0;
  for (str rest = noted; rest.len;) {
    struct net_addr peer;
    str address = str_cut(&rest, ' ');
    if (str_starts(address, S(PROXIES_SILENT))) {
      named++;
      address = str_sub(address, sizeof PROXIES_SILENT - 1, address.len);
      bad(d,
          "proxy: %.*s forwards requests without the client's address: all its clients count as one address and are "
          "limited "
          "together. Configure it to set X-Forwarded-For to the client's address",
          STR_ARG(address));
      continue;
    }
    if (!net_addr_parse(address, &peer) || net_blocks_have(&d->app.trusted_proxies, &peer)) continue;
    named++;
    if (net_addr_is_private(&peer))
      bad(d,
          "proxy: %.*s forwards requests, but TRUSTED_PROXIES does not name it: all its clients count as one address "
          "and "
          "are limited together. Add it: TRUSTED_PROXIES=%s,%.*s",
          STR_ARG(address), config_str(d->app.config, CONFIG_TRUSTED_PROXIES), STR_ARG(address));
    else
      printf("note  proxy: %.*s sends a proxy's header. If it is your proxy, add it to TRUSTED_PROXIES\n",
             STR_ARG(address));
  }
  if (!named) good("proxy: none in front that TRUSTED_PROXIES does not name");
}

struct wanted_ctx {
  struct doctor *doctor;
  str group, group_bot, group_mode, proxies, held;
  struct account_row *bots;
  str *tokens, *ways; /* ways: their proxies */
  size_t count;
};

/* A token in the environment belongs to the account that says so. Before the first `serve` of this version the token is where an
 * earlier one kept it. */
static err read_tokens(db_conn *c, struct wanted_ctx *w) {
  struct desk *desk = &w->doctor->app.desk;
  arena *a = w->doctor->app.arena;
  str env = str_c(config_str(w->doctor->app.config, CONFIG_TELEGRAM_BOT_TOKEN));
  err e = account_list(c, S("telegram"), false, a, &w->bots, &w->count);
  w->tokens = arena_array(a, str, w->count + 1);
  w->ways = arena_array(a, str, w->count + 1);
  for (size_t i = 0; i < w->count && !err_is(e); i++) {
    e = account_get_secret(desk, c, w->bots[i].id, ACCOUNT_TOKEN, a, &w->tokens[i]);
    if (w->bots[i].source == ACCOUNT_OF_ENVIRONMENT) w->tokens[i] = env;
    if (!err_is(e)) e = account_get_secret(desk, c, w->bots[i].id, ACCOUNT_PROXY, a, &w->ways[i]);
  }
  if (err_is(e) || w->count) return e;
  e = setting_get_secret(desk, c, "telegram_token", a, &w->tokens[0]);
  if (!w->tokens[0].ptr) w->tokens[0] = env;
  w->ways[0] = STR_NONE;
  w->bots[0] = (struct account_row){0};
  w->count = w->tokens[0].len > 0;
  return e;
}

static err read_choices(db_conn *c, void *ctx) {
  struct wanted_ctx *w = ctx;
  err e = read_tokens(c, w);
  if (!err_is(e)) e = setting_get(c, "staff_group_bot", w->doctor->app.arena, &w->group_bot);
  if (!err_is(e)) e = setting_get(c, "staff_group", w->doctor->app.arena, &w->group);
  if (!err_is(e)) e = setting_get(c, SETTING_FILES_HELD, w->doctor->app.arena, &w->held);
  if (!err_is(e)) e = setting_get(c, "staff_group_mode", w->doctor->app.arena, &w->group_mode);
  return err_is(e) ? e : proxies_noted(c, w->doctor->app.arena, &w->proxies);
}

static void check_key(struct doctor *d) {
  enum guard_key source;
  str lost[8], all = S("");
  size_t count = 0;
  err e = guard_read_key(&d->app, &source);
  if (!err_is(e)) e = guard_lost_values(&d->app, lost, JSON_COUNT(lost), &count);
  for (size_t i = 0; i < count; i++)
    all = arena_printf(d->app.arena, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "", STR_ARG(lost[i]));
  if (err_is(e))
    bad(d, "secret key: %s", err_message(&e));
  else if (count)
    bad(d,
        "secret key: %s, and these are lost without the right one: %.*s. Restore the right key, or give them up: "
        "start once with `switchboard serve --accept-new-key`",
        source == GUARD_KEY_NONE ? "there is none" : "it is not this installation's", STR_ARG(all));
  else
    good("secret key: %s",
         source == GUARD_KEY_NONE ? "none yet, created by the first `serve`" : "decrypts the sealed values");
}

/* ---- the queue ---- */

enum { DEAD_JOBS_MAX = 20 };

struct dead_jobs_ctx {
  struct doctor *doctor;
  struct job *jobs;
  size_t count;
};

static err read_dead_jobs(db_conn *c, void *ctx) {
  struct dead_jobs_ctx *x = ctx;
  return job_dead(c, INT64_MAX, DEAD_JOBS_MAX, x->doctor->app.arena, &x->jobs, &x->count);
}

static void check_jobs(struct doctor *d) {
  struct dead_jobs_ctx x = {.doctor = d};
  err e = db_read(d->app.desk.db, read_dead_jobs, &x);
  if (err_is(e)) bad(d, "background jobs: %s", err_message(&e));
  for (size_t i = 0; i < x.count; i++) {
    const struct job *j = &x.jobs[i];
    const char *kind = j->kind >= 0 ? job_kind_names.names[j->kind] : "of another version";
    bad(d, "background job %lld, %s: given up after %lld tries: %.*s. Retry it in the panel under Failures",
        (long long)j->id, kind, (long long)j->attempts, STR_ARG(j->error));
  }
  if (!x.count && !err_is(e)) good("background jobs: none has been given up");
}

/* ---- files ---- */

static void check_store(struct doctor *d, str held) {
  struct file_store_figures f;
  struct desk *desk = &d->app.desk;
  bool more = false;
  setup_store(&d->app);
  if (!desk->store) {
    good("file store: the folder %s", d->app.files_dir);
    return;
  }
  err e = file_store_check(desk, d->app.arena);
  (void)file_move_waiting(desk, true, &more); /* counts */
  file_store_figures(desk, d->app.arena, &f);
  if (err_is(e))
    bad(d, "file store: %s %lld files (%.1f MB) are in %s%s", err_message(&e), (long long)f.local,
        (double)f.local_bytes / 1048576.0, d->app.files_dir, f.wanted ? " and move when the store can be used" : "");
  else
    good("file store: the S3 bucket %s can be used%s; %lld files (%.1f MB) are in %s",
         config_str(d->app.config, CONFIG_S3_BUCKET), f.wanted ? "" : ", but STORAGE_BACKEND is local",
         (long long)f.local, (double)f.local_bytes / 1048576.0, d->app.files_dir);
  if (f.wanted && held.ptr)
    bad(d, "file store: files are kept here since `storage move s3 local`, but STORAGE_BACKEND is s3. Set it to local, "
           "or run "
           "`switchboard storage move local s3`");
}

static void check_one(struct doctor *d, const struct wanted_ctx *w, size_t i) {
  const struct account_row *row = &w->bots[i];
  arena *a = d->app.arena;
  str account = arena_printf(a, "%lld", (long long)row->id);
  bool sends_to_group = w->group_bot.ptr ? str_eq(w->group_bot, account) : i == 0;
  d->bot = w->count > 1 ? arena_printf(a, " of bot %.*s", STR_ARG(account)).ptr : "";
  d->row = row->id ? row : NULL;
  d->webhook_wrong = false;
  d->api = row->api_url.ptr ? arena_cstr(a, row->api_url) : "";
  d->proxy = w->ways[i].ptr ? arena_cstr(a, w->ways[i]) : "";
  if (row->paused)
    good("bot token%s: paused in the panel", d->bot);
  else if (w->tokens[i].len)
    check_bot(d, arena_cstr(a, w->tokens[i]), sends_to_group ? w->group : STR_NONE, str_eq(w->group_mode, S("topics")));
  else
    bad(d, "bot token%s: none. Get one from @BotFather and set it in the panel under Bots", d->bot);
}

static void check_telegram(struct doctor *d, bool database_ready) {
  struct wanted_ctx w = {.doctor = d};
  d->app.only_looks = true;
  err e = database_ready ? setup_open(&d->app) : err_ok;
  if (err_is(e)) bad(d, "desk: %s", err_message(&e));
  if (database_ready && !err_is(e)) {
    check_key(d);
    check_jobs(d);
    db_read(d->app.desk.db, read_choices, &w);
  }
  if (database_ready) check_proxies(d, w.proxies);
  if (database_ready) check_store(d, w.held);
  if (!w.group.ptr) w.group = str_c(config_str(d->app.config, CONFIG_TELEGRAM_GROUP_CHAT_ID));
  for (size_t i = 0; i < w.count; i++) check_one(d, &w, i);
  str env = str_c(config_str(d->app.config, CONFIG_TELEGRAM_BOT_TOKEN));
  if (!database_ready && env.len)
    check_bot(d, arena_cstr(d->app.arena, env), w.group, str_eq(w.group_mode, S("topics")));
  else if (!w.count)
    bad(d, "bot token: none yet. Get one from @BotFather and set it in the panel under Bots");
}

int doctor_run(bool repairs) {
  struct doctor d = {.bot = "", .api = "", .proxy = "", .repairs = repairs};
  if (!setup_config(&d.app)) return 1;
  log_open(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  check_configuration(&d);
  check_files(&d);
  check_media();
  bool database_ready = check_database(&d);
  check_telegram(&d, database_ready);
  setup_free(&d.app);
  curl_global_cleanup();
  if (d.wrong) printf("%d %s wrong.\n", d.wrong, d.wrong == 1 ? "thing is" : "things are");
  return d.wrong ? 1 : 0;
}
