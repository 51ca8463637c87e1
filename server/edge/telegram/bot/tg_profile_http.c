/* The routes of a bot's profile. */
#include "desk/route.h"
#include "edge/telegram/bot/tg_profile.h"
#include "edge/telegram/telegram.h"

static struct telegram *telegram_of(struct call *c) { return c->desk->edges[CHANNEL_TELEGRAM]; }

static struct tg_requester requester_of(struct call *c) {
  return (struct tg_requester){c->me.id, http_client_address(c->req), c->arena};
}

static void show(struct call *c) {
  struct bot_profile out = {0};
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_profile_show(telegram_of(c), c->id, c->arena, &out);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &bot_profile_shape, &out);
}

static void set(struct call *c) {
  struct tg_requester requester = requester_of(c);
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_profile_set(telegram_of(c), c->id, c->body, &requester);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static void push(struct call *c) {
  static const struct profile_push_request all = {.part = -1};
  struct tg_requester requester = requester_of(c);
  struct profile_push out = {0};
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_profile_push(telegram_of(c), c->id, c->body ? c->body : &all, &requester, &out);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &profile_push_shape, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/bots/:id/profile", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .out = &bot_profile_shape,
     .status = 200, .handler = show, .fails = FAILS(BOT_UNREACHABLE),
     .doc = "What the desk wants Telegram to show of the bot, beside what Telegram says that it shows."},
    {HTTP_PUT, "/api/bots/:id/profile", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &profile_settings_shape, .status = 204, .handler = set,
     .doc = "Replaces what the desk wants. Telegram is not told before it is pushed."},
    {HTTP_POST, "/api/bots/:id/profile/push", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &profile_push_request_shape, .in_optional = true, .out = &profile_push_shape, .status = 200, .handler = push,
     .fails = FAILS(BOT_UNREACHABLE), .doc = "Pushes the differences to Telegram, one after another."},
};
ROUTE_TABLE(telegram_profile_routes, routes);
