/* The settings' routes. */
#include "base/limits.h"
#include "desk/audit/audit.h"
#include "desk/route.h"
#include "desk/setting/setting_inside.h"

struct settings {
  str greeting, greeting_ru;
};
enum { FIELD_GREETING, FIELD_GREETING_RU };
#define GREETING(member, flags, sentence) \
  { #member, JSON_STRING, flags, offsetof(struct settings, member), 0, LIMIT_GREETING_MAX, NULL, NULL, sentence }
static const struct json_field fields[] = {
    [FIELD_GREETING] = GREETING(greeting, 0, "What the bot answers to /start; empty: nothing."),
    [FIELD_GREETING_RU] = GREETING(greeting_ru, 0, "The same for customers whose Telegram speaks Russian."),
};
static JSON_SHAPE(settings_shape, "Settings", struct settings, fields, "What is set for the whole desk.");
static const struct json_field change_fields[] = {
    [FIELD_GREETING] = GREETING(greeting, JSON_TRIM | JSON_OPTIONAL, NULL),
    [FIELD_GREETING_RU] = GREETING(greeting_ru, JSON_TRIM | JSON_OPTIONAL, NULL),
};
static JSON_SHAPE(change_shape, "SettingsChange", struct settings, change_fields, "What is given is changed.");

struct change {
  arena *arena;
  const struct settings *given;
  uint64_t present;
  int64_t by, now_ms;
  str address;
  struct settings *out;
};

static err load(db_conn *c, void *ctx) {
  struct change *change = ctx;
  err e = setting_greeting(c, S("en"), change->arena, &change->out->greeting);
  if (!err_is(e)) e = setting_greeting(c, S("ru"), change->arena, &change->out->greeting_ru);
  return e;
}

static err store(db_conn *c, void *ctx) {
  struct change *change = ctx;
  err e = err_ok;
  if (change->present & 1u << FIELD_GREETING)
    e = setting_set(c, "greeting", change->given->greeting, change->by, change->now_ms);
  if (!err_is(e) && (change->present & 1u << FIELD_GREETING_RU))
    e = setting_set(c, "greeting_ru", change->given->greeting_ru, change->by, change->now_ms);
  if (!err_is(e) && change->present)
    e = audit_add(c, change->by, "settings.changed", S("settings"), STR_NONE, change->address, change->now_ms);
  return err_is(e) ? e : load(c, change);
}

static void show(struct call *c) {
  struct settings out = {0};
  struct change change = {.arena = c->arena, .out = &out};
  err e = db_read(c->desk->db, load, &change);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &settings_shape, &out);
}

static void update(struct call *c) {
  struct settings out = {0};
  struct change change = {c->arena, c->body, c->present, c->me.id, desk_now(c->desk), http_client_address(c->req),
                          &out};
  err e = desk_write(c->desk, store, &change);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &settings_shape, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/settings", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &settings_shape, .status = 200,
     .handler = show, .doc = "The settings; what was never set shows its default."},
    {HTTP_PATCH, "/api/settings", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &change_shape, .out = &settings_shape, .status = 200, .handler = update,
     .doc = "Changes the fields that are given."},
};
ROUTE_TABLE(setting_routes, routes);
