/* Translates settings written for other support desks. */
#include "base/config_internal.h"

#include <string.h>

bool config_is_placeholder(str value) {
  static const char *const starts[] = {
      "your_", "your-", "<your", "http://your-domain", "https://your-domain", "http://your_", "https://your_"};
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
    if (str_starts(value, str_c(starts[i]))) return true;
  return false;
}

/* "info,some_module=debug": the part without a module. */
static str level_of_directives(str value) {
  for (str rest = value; rest.ptr;) {
    str part = str_trim(str_cut(&rest, ','));
    if (part.len && !str_contains(part, S("="))) return part;
  }
  return S("info");
}

str config_from_alias(str name, str value, arena *a) {
  if (str_eq(name, S("SESSION_DAYS"))) return arena_printf(a, "%.*sd", STR_ARG(value));
  if (str_eq(name, S("RUST_LOG"))) return level_of_directives(value);
  if (str_eq(name, S("DOMAIN")) && !str_contains(value, S("://")))
    return arena_printf(a, "https://%.*s", STR_ARG(value));
  return value;
}

static const struct database_pieces {
  const char *host, *port, *name, *user, *password;
} pieces[] = {
    {"DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"},
    {"POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"},
};

bool config_is_database_piece(str name) {
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    const char *const all[] = {pieces[i].host, pieces[i].port, pieces[i].name, pieces[i].user, pieces[i].password};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
      if (str_eq(name, str_c(all[k]))) return true;
  }
  return false;
}

str config_compose_database(config_find find, void *user, arena *a) {
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    str host = find(user, pieces[i].host), port = find(user, pieces[i].port), name = find(user, pieces[i].name);
    str login = find(user, pieces[i].user), password = find(user, pieces[i].password);
    if (!host.len && !name.len) continue; /* a user alone names no database */
    buf b;
    buf_init(&b, CONFIG_VALUE_MAX_BYTES);
    buf_add(&b, S("postgresql://"));
    buf_add_url_escaped(&b, login);
    if (password.len) buf_add_char(&b, ':');
    buf_add_url_escaped(&b, password);
    if (login.len || password.len) buf_add_char(&b, '@');
    buf_add(&b, host.len ? host : S("localhost"));
    if (port.len) buf_add_char(&b, ':');
    buf_add(&b, port);
    buf_add_char(&b, '/');
    buf_add_url_escaped(&b, name.len ? name : login);
    str url = arena_dup(a, buf_borrow(&b));
    buf_free(&b);
    return url;
  }
  return STR_NONE;
}

bool config_normalise_database(str url, arena *a, str *out) {
  size_t colon = str_index(url, ':', 0);
  str scheme = str_sub(url, 0, colon), rest = str_sub(url, colon + 1, url.len);
  scheme = str_sub(scheme, 0, str_index(scheme, '+', 0)); /* the driver suffix does not matter here */
  if (colon == url.len) return false;
  if (str_eq(scheme, S("sqlite"))) {
    if (str_starts(rest, S("//"))) rest = str_sub(rest, 2, rest.len);
    if (rest.len == 0) return false;
    *out = arena_printf(a, "sqlite:%.*s", STR_ARG(rest));
    return true;
  }
  if ((!str_eq(scheme, S("postgresql")) && !str_eq(scheme, S("postgres"))) || !str_starts(rest, S("//"))) return false;
  *out = arena_printf(a, "postgresql:%.*s", STR_ARG(rest));
  return true;
}
