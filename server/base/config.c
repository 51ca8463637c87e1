/* See config.h. This file decides which value counts. config_value.c reads a value, config_compat.c maps other programs'
 * names, config_env.c reads the .env format. */
#include "base/config_internal.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { CONFIG_MAGIC = 0x434f4e46, NOTICES_MAX = 64 };

const struct setting config_settings[CONFIG_COUNT] = {
#define SETTING(name, type, fallback, secret, words, min, max, aliases, meaning) \
  [CONFIG_##name] = {#name, SETTING_##type, fallback, secret, words, min, max, aliases, meaning},
#define IGNORED(name, why)
#include "base/config.tbl"
#undef SETTING
#undef IGNORED
};

static const struct {
  const char *name, *why;
} ignored[] = {
#define SETTING(name, type, fallback, secret, words, min, max, aliases, meaning)
#define IGNORED(name, why) {#name, why},
#include "base/config.tbl"
#undef SETTING
#undef IGNORED
};
enum { IGNORED_COUNT = sizeof ignored / sizeof ignored[0] };

struct config {
  uint32_t magic;
  arena *a;
  const char *const *environment;
  struct config_pair *pairs; /* of the .env */
  size_t pair_count;
  struct setting_value values[CONFIG_COUNT];
  const char *notices[NOTICES_MAX];
  size_t notice_count;
};

static void __attribute__((format(printf, 2, 3))) notice(config *c, const char *format, ...) {
  if (c->notice_count == NOTICES_MAX) return;
  va_list args;
  va_start(args, format);
  c->notices[c->notice_count++] = arena_vprintf(c->a, format, args).ptr;
  va_end(args);
}

/* ---- where values come from ---- */

static str find_in_environment(const config *c, str name) {
  for (const char *const *e = c->environment; e && *e; e++) {
    str pair = str_c(*e);
    if (pair.len > name.len && pair.ptr[name.len] == '=' && str_starts(pair, name))
      return str_sub(pair, name.len + 1, pair.len);
  }
  return STR_NONE;
}

static str find_in_file(const config *c, str name) {
  for (size_t i = c->pair_count; i-- > 0;) /* the last one counts */
    if (str_eq(c->pairs[i].name, name)) return c->pairs[i].value;
  return STR_NONE;
}

static str find_anywhere(void *user, const char *name) {
  str found = find_in_environment(user, str_c(name));
  return found.len ? found : find_in_file(user, str_c(name));
}

struct choice {
  str name, value;
};

/* Whether a value is a real one and no placeholder. */
static bool is_meant(config *c, enum config_key key, str name, str value) {
  if (value.len == 0) return false;
  if (config_is_placeholder(value)) {
    notice(c, "%.*s still holds the example's placeholder: treated as not set", STR_ARG(name));
    return false;
  }
  if (key != CONFIG_TELEGRAM_BOT_TOKEN) return true;
  str rest = value, id = str_cut(&rest, ':');
  uint64_t n;
  if (str_to_u64(id, &n) && rest.len && !str_contains(rest, S(" ")) && !str_contains(rest, S("/"))) return true;
  notice(c, "%.*s is not a bot token (123456:ABC…): treated as not set", STR_ARG(name));
  return false;
}

/* The environment takes precedence over the file; within each, the primary name over its aliases, in their order. */
static struct choice choose(config *c, enum config_key key) {
  const struct setting *s = &config_settings[key];
  struct choice chosen = {0};
  for (int source = 0; source < 2; source++) {
    str rest = str_c(s->aliases);
    for (str name = str_c(s->name); name.ptr; name = rest.len ? str_cut(&rest, ' ') : STR_NONE) {
      str value = str_trim(source == 0 ? find_in_environment(c, name) : find_in_file(c, name));
      if (chosen.name.ptr && str_eq(name, chosen.name)) continue; /* the environment overrides the file */
      if (value.len == 0 || (chosen.name.ptr && config_is_placeholder(value))) continue;
      if (!is_meant(c, key, name, value)) continue;
      value = config_from_alias(name, value, c->a);
      if (!chosen.name.ptr)
        chosen = (struct choice){name, value};
      else if (!str_eq(value, chosen.value))
        notice(c, "%.*s is ignored: %.*s has another value", STR_ARG(name), STR_ARG(chosen.name));
    }
  }
  return chosen;
}

static err read_file(const char *path, arena *a, str *out) {
  *out = STR_NONE;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return err_ok;
  if (fd < 0) return err_detail(ERR_INVALID_FIELD, NULL, "cannot read .env: %s", strerror(errno));
  char *text = arena_alloc(a, CONFIG_ENV_FILE_MAX_BYTES + 1);
  size_t n = 0;
  err e = err_ok;
  while (n <= CONFIG_ENV_FILE_MAX_BYTES) {
    ssize_t got = read(fd, text + n, CONFIG_ENV_FILE_MAX_BYTES + 1 - n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) e = err_detail(ERR_INVALID_FIELD, NULL, "cannot read .env: %s", strerror(errno));
    if (got <= 0) break;
    n += (size_t)got;
  }
  close(fd);
  *out = (str){text, n};
  return e;
}

/* ---- rules over several values ---- */

static str text_of(const config *c, enum config_key key) { return c->values[key].text; }

static void set_text(config *c, enum config_key key, str text) { c->values[key].text = arena_dup(c->a, text); }

static err settle_database(config *c) {
  struct setting_value *v = &c->values[CONFIG_DATABASE_URL];
  if (!v->given) {
    str composed = config_compose_database(find_anywhere, c, c->a);
    v->given = composed.ptr != NULL;
    v->text = v->given ? composed : arena_printf(c->a, "sqlite:%s/switchboard.db", text_of(c, CONFIG_DATA_DIR).ptr);
  }
  if (config_normalise_database(v->text, c->a, &v->text)) return err_ok;
  return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL must be sqlite:PATH or postgresql://…");
}

static err check_scheme(const config *c, enum config_key key, const char *schemes) {
  str text = text_of(c, key);
  if (text.len == 0) return err_ok;
  for (str rest = str_c(schemes); rest.ptr;) {
    str scheme = str_cut(&rest, ' ');
    if (str_starts(text, scheme) && text.len > scheme.len) return err_ok;
  }
  return err_detail(ERR_INVALID_FIELD, config_name(key), "%s must begin with one of: %s", config_name(key), schemes);
}

static err check_storage(const config *c) {
  static const enum config_key needed[] = {CONFIG_S3_BUCKET, CONFIG_S3_ACCESS_KEY, CONFIG_S3_SECRET_KEY};
  if (!str_eq(text_of(c, CONFIG_STORAGE_BACKEND), S("s3"))) return err_ok;
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
    if (text_of(c, needed[i]).len == 0)
      return err_detail(ERR_MISSING_FIELD, config_name(needed[i]), "STORAGE_BACKEND=s3 needs %s",
                        config_name(needed[i]));
  return err_ok;
}

static void settle_addresses(config *c) {
  str host = text_of(c, CONFIG_HOST), url = text_of(c, CONFIG_PUBLIC_URL),
      hook = text_of(c, CONFIG_TELEGRAM_WEBHOOK_URL);
  bool any = str_eq(host, S("0.0.0.0")) || str_eq(host, S("::")) || str_eq(host, S("[::]"));
  bool bare_v6 = !any && str_contains(host, S(":")) && !str_starts(host, S("["));
  if (url.len == 0)
    c->values[CONFIG_PUBLIC_URL].text =
        arena_printf(c->a, "http://%s%s%s:%s", bare_v6 ? "[" : "", any ? "localhost" : host.ptr, bare_v6 ? "]" : "",
                     text_of(c, CONFIG_PORT).ptr);
  size_t from = str_starts(hook, S("https://")) ? 8 : 7;
  if (hook.len && str_index(hook, '/', from) == hook.len)
    set_text(c, CONFIG_TELEGRAM_WEBHOOK_URL, arena_concat(c->a, hook, S("/webhook/telegram")));
  if (text_of(c, CONFIG_STORAGE_LOCAL_PATH).len == 0)
    c->values[CONFIG_STORAGE_LOCAL_PATH].text = arena_printf(c->a, "%s/files", text_of(c, CONFIG_DATA_DIR).ptr);
}

static err settle(config *c) {
  settle_addresses(c);
  err e = settle_database(c);
  if (!err_is(e)) e = check_scheme(c, CONFIG_REDIS_URL, "redis:// rediss:// unix:");
  if (!err_is(e))
    e = check_scheme(c, CONFIG_TELEGRAM_PROXY, "http:// https:// socks4:// socks4a:// socks5:// socks5h://");
  if (!err_is(e)) e = check_storage(c);
  str secret = text_of(c, CONFIG_SECRET_KEY);
  if (secret.len > 0 && secret.len < 32)
    notice(c, "SECRET_KEY has fewer than 32 characters: use a longer one, for example from `openssl rand -hex 32`");
  str metrics = text_of(c, CONFIG_METRICS_TOKEN);
  if (metrics.len > 0 && metrics.len < 16)
    notice(c, "METRICS_TOKEN has fewer than 16 characters: use a longer one, for example from `openssl rand -hex 32`");
  if (find_anywhere(c, "ALLOWED_ORIGINS").len && !text_of(c, CONFIG_WIDGET_ORIGINS).len)
    notice(c, "ALLOWED_ORIGINS no longer limits which sites may show the web chat, so every site may: list them in "
              "WIDGET_ORIGINS, or * for all, and remove them from ALLOWED_ORIGINS");
  return e;
}

static bool is_known(str name) {
  for (int key = 0; key < CONFIG_COUNT; key++) {
    if (str_eq(name, str_c(config_settings[key].name))) return true;
    for (str rest = str_c(config_settings[key].aliases); rest.len;)
      if (str_eq(name, str_cut(&rest, ' '))) return true;
  }
  for (int i = 0; i < IGNORED_COUNT; i++)
    if (str_eq(name, str_c(ignored[i].name))) return true;
  return config_is_database_piece(name);
}

static void note_useless_names(config *c) {
  for (int i = 0; i < IGNORED_COUNT; i++)
    if (find_anywhere(c, ignored[i].name).len) notice(c, "%s is ignored: %s", ignored[i].name, ignored[i].why);
  for (size_t i = 0; i < c->pair_count; i++)
    if (!is_known(c->pairs[i].name))
      notice(c, ".env line %d: %.80s is not a setting of this server", c->pairs[i].line,
             arena_cstr(c->a, str_sub(c->pairs[i].name, 0, 80)));
}

static err load(config *c, const char *env_path) {
  str file = STR_NONE;
  err e = env_path ? read_file(env_path, c->a, &file) : err_ok;
  if (!err_is(e)) e = config_parse_env(file, c->a, &c->pairs, &c->pair_count);
  for (int key = 0; key < CONFIG_COUNT && !err_is(e); key++) {
    const struct setting *s = &config_settings[key];
    struct choice chosen = choose(c, (enum config_key)key);
    bool given = chosen.name.ptr != NULL;
    if (given || s->fallback[0])
      e = config_read_value(s, given ? chosen.name : str_c(s->name), given ? chosen.value : str_c(s->fallback), c->a,
                            &c->values[key]);
    else
      c->values[key].text = S("");
    c->values[key].given = given;
  }
  if (!err_is(e)) e = settle(c);
  if (!err_is(e)) note_useless_names(c);
  return e;
}

err config_load(const char *const *environment, const char *env_path, config **out) {
  config *c = mem_alloc(sizeof *c);
  c->magic = CONFIG_MAGIC;
  c->a = arena_new(0);
  c->environment = environment;
  err e = load(c, env_path);
  c->environment = NULL; /* borrowed only while loading */
  if (err_is(e)) config_free(&c);
  *out = c;
  return e;
}

void config_free(config **c) {
  if (!*c) return;
  assert((*c)->magic == CONFIG_MAGIC);
  (*c)->magic = 0;
  arena_free(&(*c)->a);
  mem_free(c);
}

/* ---- reading ---- */

static const struct setting_value *value_of(const config *c, enum config_key key) {
  assert(c->magic == CONFIG_MAGIC && (int)key >= 0 && key < CONFIG_COUNT);
  return &c->values[key];
}

const char *config_str(const config *c, enum config_key key) { return value_of(c, key)->text.ptr; }

int64_t config_int(const config *c, enum config_key key) {
  assert(config_settings[key].type == SETTING_INT || config_settings[key].type == SETTING_DURATION);
  return value_of(c, key)->number;
}

bool config_bool(const config *c, enum config_key key) {
  assert(config_settings[key].type == SETTING_BOOL);
  return value_of(c, key)->number != 0;
}

int config_word(const config *c, enum config_key key) {
  assert(config_settings[key].type == SETTING_WORD);
  return (int)value_of(c, key)->number;
}

struct config_list config_list(const config *c, enum config_key key) {
  assert(config_settings[key].type == SETTING_LIST || config_settings[key].type == SETTING_ORIGINS);
  return value_of(c, key)->list;
}

bool config_is_set(const config *c, enum config_key key) { return value_of(c, key)->given; }

const char *config_name(enum config_key key) { return config_settings[key].name; }

size_t config_notice_count(const config *c) { return c->notice_count; }

const char *config_notice(const config *c, size_t i) {
  assert(i < c->notice_count);
  return c->notices[i];
}

void config_log_notices(const config *c) {
  for (size_t i = 0; i < c->notice_count; i++) LOG_WARN("config.notice", LOG_C("text", c->notices[i]));
}

/* ---- printing ---- */

void config_print_markdown(buf *out) {
  buf_add(out, S("| Name | Default | Meaning | Also accepted as |\n|---|---|---|---|\n"));
  for (int key = 0; key < CONFIG_COUNT; key++) {
    const struct setting *s = &config_settings[key];
    const char *tick = s->fallback[0] ? "`" : "";
    buf_printf(out, "| `%s` | %s%s%s | %s", s->name, tick, s->fallback, tick, s->meaning);
    if (s->words[0]) {
      const char *between = " One of ";
      for (str rest = str_c(s->words); rest.len; between = ", ") {
        str word = str_cut(&rest, ' ');
        buf_printf(out, "%s`%.*s`", between, STR_ARG(word));
      }
      buf_add_char(out, '.');
    }
    buf_add(out, S(" | "));
    const char *between = "";
    for (str rest = str_c(s->aliases); rest.len; between = ", ") {
      str alias = str_cut(&rest, ' ');
      buf_printf(out, "%s`%.*s`", between, STR_ARG(alias));
    }
    buf_add(out, S(" |\n"));
  }
}

void config_print_values(const config *c, buf *out) {
  for (int key = 0; key < CONFIG_COUNT; key++) {
    const struct setting_value *v = value_of(c, (enum config_key)key);
    bool hidden = config_settings[key].secret && v->text.len > 0;
    bool plain = key == CONFIG_DATABASE_URL && str_starts(v->text, S("sqlite:"));
    buf_printf(out, "%s=%s\n", config_settings[key].name, hidden && !plain ? "(set)" : v->text.ptr);
  }
}
