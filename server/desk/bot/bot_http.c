/* The bot's routes. The token is read, handed to the channel's edge and forgotten. */
#include "desk/bot/bot.h"
#include "desk/route.h"

struct token_body {
  str token;
};
static const struct json_field token_fields[] = {
    {"token", JSON_STRING, JSON_REQUIRED | JSON_TRIM | JSON_SECRET, offsetof(struct token_body, token), 1, 256, NULL,
     NULL, "As the channel's own administration gives it: 123456:ABC…"},
};
static JSON_SHAPE(token_shape, "BotToken", struct token_body, token_fields, "A bot's token.");

static void answer(struct call *c, err e, const struct bot_info *info) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &bot_shape, info);
}

static void show(struct call *c) {
  struct bot_info info = {.state = BOT_UNSET, .mode = BOT_POLLING};
  if (c->desk->bot) c->desk->bot->info(c->desk->bot->self, c->arena, &info);
  answer(c, err_ok, &info);
}

static void set_token(struct call *c) {
  const struct token_body *body = c->body;
  struct bot_info info = {0};
  err e = err_make(ERR_BOT_UNREACHABLE);
  if (c->desk->bot) e = c->desk->bot->set_token(c->desk->bot->self, body->token, c->me.id, c->arena, &info);
  answer(c, e, &info);
}

static void clear_token(struct call *c) {
  struct bot_info info = {.state = BOT_UNSET, .mode = BOT_POLLING};
  err e = err_ok;
  if (c->desk->bot) e = c->desk->bot->clear_token(c->desk->bot->self, c->me.id, c->arena, &info);
  answer(c, e, &info);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/bot", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .out = &bot_shape, .status = 200,
     .handler = show, .doc = "The bot's state."},
    {HTTP_PUT, "/api/bot/token", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &token_shape,
     .out = &bot_shape, .status = 200, .handler = set_token,
     .doc = "Asks Telegram about the token, and with its consent keeps it sealed and switches over at once."},
    {HTTP_DELETE, "/api/bot/token", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .out = &bot_shape, .status = 200,
     .handler = clear_token, .doc = "Forgets the token; the bot stops."},
};
ROUTE_TABLE(bot_routes, routes);
