/* The settings' routes. */
#include "base/limits.h"
#include "base/zone.h"
#include "desk/audit/audit.h"
#include "desk/route.h"
#include "desk/setting/setting_internal.h"
#include "net/addr.h"

enum { PROXIES_TEXT_MAX = 1000 };
struct settings {
  str greeting, greeting_ru, daily_greeting, daily_greeting_ru, time_zone, untrusted_proxies;
};
#define SETTING(member, flags, max, sentence) \
  { #member, JSON_STRING, flags, offsetof(struct settings, member), 0, max, NULL, NULL, sentence }
static const struct json_field fields[] = {
    SETTING(greeting, 0, LIMIT_GREETING_MAX, "The answer to a customer who starts a chat; empty: none."),
    SETTING(greeting_ru, 0, LIMIT_GREETING_MAX, "The same for customers who speak Russian."),
    SETTING(daily_greeting, 0, LIMIT_GREETING_MAX,
            "The greeting that an app shows once a day; {user_name} is the customer's name; empty: none."),
    SETTING(daily_greeting_ru, 0, LIMIT_GREETING_MAX,
            "The same for customers who speak Russian, or whose language is unknown."),
    SETTING(time_zone, 0, ZONE_NAME_MAX, "The time zone of the desk's days: UTC, +03:00 or Europe/Moscow."),
    SETTING(untrusted_proxies, 0, PROXIES_TEXT_MAX,
            "Addresses of proxies in front that TRUSTED_PROXIES does not name, separated by spaces; the prefix silent: "
            "marks "
            "a proxy that forwards requests without the client's address."),
};
static JSON_SHAPE(settings_shape, "Settings", struct settings, fields, "The settings of the whole desk.");
/* What the caller has seen: compared as it stands. */
static const struct json_field expected_fields[] = {
    SETTING(greeting, JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(greeting_ru, JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(daily_greeting, JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(daily_greeting_ru, JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(time_zone, JSON_OPTIONAL, ZONE_NAME_MAX, NULL),
};
static JSON_SHAPE(expected_shape, "SettingsExpected", struct settings, expected_fields, NULL);

struct change_body {
  struct settings given; /* the first: its fields have the same places in both */
  const struct settings *expected;
};
static const struct json_field change_fields[] = {
    SETTING(greeting, JSON_TRIM | JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(greeting_ru, JSON_TRIM | JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(daily_greeting, JSON_TRIM | JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    SETTING(daily_greeting_ru, JSON_TRIM | JSON_OPTIONAL, LIMIT_GREETING_MAX, NULL),
    {"time_zone", JSON_STRING, JSON_TRIM | JSON_OPTIONAL, offsetof(struct settings, time_zone), 0, ZONE_NAME_MAX, NULL,
     NULL, NULL, NULL, "A time zone's name: UTC, +03:00 or Europe/Moscow."},
    {.name = "expected",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct change_body, expected),
     .shape = &expected_shape,
     .doc =
         "What the caller last saw; 409 conflict when one of these fields is another by now, and nothing is changed."},
};
enum { SETTINGS = JSON_COUNT(expected_fields) }; /* of change_fields, in the same order */
static JSON_SHAPE(change_shape, "SettingsChange", struct change_body, change_fields, "Changes the given fields.");

struct change_ctx {
  arena *arena;
  const struct change_body *given;
  uint64_t present;
  int64_t by, now_ms;
  str address;
  struct settings *out;
};

/* Only proxies of private networks and silent ones: elsewhere any client can send a proxy's headers. */
static err load_proxies(db_conn *c, arena *a, str *out) {
  str rest;
  err e = setting_get(c, SETTING_UNTRUSTED_PROXIES, a, &rest);
  *out = S("");
  while (!err_is(e) && rest.len) {
    struct net_addr peer;
    str one = str_cut(&rest, ' ');
    if (!str_starts(one, S(SETTING_PROXY_SILENT)) && !(net_addr_parse(one, &peer) && net_addr_is_private(&peer)))
      continue;
    *out = arena_printf(a, "%.*s%s%.*s", STR_ARG(*out), out->len ? " " : "", STR_ARG(one));
  }
  return e;
}

static err load(db_conn *c, void *ctx) {
  struct change_ctx *change = ctx;
  struct settings *out = change->out;
  err e = setting_greeting(c, S("en"), change->arena, &out->greeting);
  if (!err_is(e)) e = setting_greeting(c, S("ru"), change->arena, &out->greeting_ru);
  if (!err_is(e)) e = setting_daily_greeting(c, S("en"), change->arena, &out->daily_greeting);
  if (!err_is(e)) e = setting_daily_greeting(c, S("ru"), change->arena, &out->daily_greeting_ru);
  if (!err_is(e)) e = setting_time_zone(c, change->arena, &out->time_zone);
  return err_is(e) ? e : load_proxies(c, change->arena, &out->untrusted_proxies);
}

static err check_expected(db_conn *c, struct change_ctx *change) {
  err e = load(c, change);
  for (size_t i = 0; i < SETTINGS && !err_is(e); i++) {
    size_t at = expected_fields[i].offset;
    const str *expected = (const void *)((const char *)change->given->expected + at);
    const str *now = (const void *)((const char *)change->out + at);
    if (expected->ptr && !str_eq(*expected, *now))
      e = err_detail(ERR_CONFLICT, expected_fields[i].name, "Somebody else has changed this setting meanwhile.");
  }
  return e;
}

/* A setting's key in the database is its field name. */
static err store(db_conn *c, void *ctx) {
  struct change_ctx *change = ctx;
  change->present &= (UINT64_C(1) << SETTINGS) - 1;
  err e = change->given->expected ? check_expected(c, change) : err_ok;
  for (size_t i = 0; i < SETTINGS && !err_is(e); i++) {
    if (!(change->present & 1u << i)) continue;
    const str *value = (const void *)((const char *)change->given + change_fields[i].offset);
    e = setting_set(c, change_fields[i].name, *value, change->by, change->now_ms);
  }
  if (!err_is(e) && change->present)
    e = audit_add(c, actor_operator(change->by), AUDIT_SETTINGS_CHANGED, S("settings"), STR_NONE, change->address,
                  change->now_ms);
  return err_is(e) ? e : load(c, change);
}

static err check(const struct settings *given) {
  if (!given->time_zone.len || zone_known(given->time_zone)) return err_ok;
  return err_detail(ERR_INVALID_FIELD, "time_zone", "This time zone does not exist. Use UTC, +03:00 or Europe/Moscow.");
}

static void show(struct call *c) {
  struct settings out = {0};
  struct change_ctx change = {.arena = c->arena, .out = &out};
  err e = db_read(c->desk->db, load, &change);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &settings_shape, &out);
}

static void update(struct call *c) {
  struct settings out = {0};
  struct change_ctx change = {c->arena, c->body, c->present, c->me.id, desk_now(c->desk), http_client_address(c->req),
                              &out};
  err e = check(&change.given->given);
  if (!err_is(e)) e = desk_write(c->desk, store, &change);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &settings_shape, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/settings", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &settings_shape, .status = 200,
     .handler = show, .doc = "The settings, with defaults for those never set."},
    {HTTP_PATCH, "/api/settings", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &change_shape, .out = &settings_shape, .status = 200, .handler = update, .fails = FAILS(CONFLICT),
     .doc = "Changes the given fields."},
};
ROUTE_TABLE(setting_routes, routes);
