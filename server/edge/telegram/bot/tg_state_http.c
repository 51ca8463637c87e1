/* The routes of the first bot and of the staff group. The token is read, checked and not kept. */
#include "desk/route.h"
#include "edge/telegram/telegram.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/bot/tg_state.h"

struct token_body {
  str token;
};
static const struct json_field token_fields[] = {
    {"token", JSON_STRING, JSON_REQUIRED | JSON_TRIM | JSON_SECRET, offsetof(struct token_body, token), 1, 256, NULL,
     NULL, "As @BotFather gives it: 123456:ABC…"},
};
static JSON_SHAPE(token_shape, "BotToken", struct token_body, token_fields, "A bot's token.");

static void answer(struct call *c, err e, const struct bot_info *info) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &bot_shape, info);
}

/* NULL before the channel is created. */
static struct telegram *telegram_of(struct call *c) { return c->desk->edges[CHANNEL_TELEGRAM]; }

static void show(struct call *c) {
  struct bot_info info = {.state = BOT_UNSET, .mode = BOT_POLLING};
  if (telegram_of(c)) tg_info(telegram_of(c), c->arena, &info);
  answer(c, err_ok, &info);
}

static void set_token(struct call *c) {
  const struct token_body *body = c->body;
  struct bot_info info = {0};
  err e = err_make(ERR_BOT_UNREACHABLE);
  if (telegram_of(c))
    e = tg_set_token(telegram_of(c), body->token, c->me.id, http_client_address(c->req), c->arena, &info);
  answer(c, e, &info);
}

static void clear_token(struct call *c) {
  struct bot_info info = {.state = BOT_UNSET, .mode = BOT_POLLING};
  err e = err_ok;
  if (telegram_of(c)) e = tg_clear_token(telegram_of(c), c->me.id, http_client_address(c->req), c->arena, &info);
  answer(c, e, &info);
}

struct group_body {
  str chat_id, note_prefix;
  int mode;
};
static const struct json_field group_fields[] = {
    {"chat_id", JSON_STRING, JSON_REQUIRED | JSON_NULLABLE | JSON_TRIM, offsetof(struct group_body, chat_id), 0, 32,
     NULL, NULL, "A group's id in Telegram, below 0; null for no group.", "^(-[1-9][0-9]{0,17})?$",
     "A group that the bot is in."},
    {.name = "mode",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct group_body, mode),
     .names = &group_mode_names,
     .doc = "plain unless it is given. topics: the group must have them, and the bot must be allowed to manage them."},
    {.name = "note_prefix",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct group_body, note_prefix),
     .max = TG_NOTE_PREFIX_UNITS,
     .doc = "Messages in topics that begin with it stay in the group; empty: none do. Unchanged unless it is given."},
};
static JSON_SHAPE(group_body_shape, "StaffGroupBody", struct group_body, group_fields, "Which group is the staff's.");

static void answer_group(struct call *c, err e, const struct group_info *info) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &group_shape, info);
}

static void show_group(struct call *c) {
  struct group_info info = {.source = -1};
  err e = telegram_of(c) ? tg_show_group(telegram_of(c), c->arena, &info) : err_ok;
  answer_group(c, e, &info);
}

static void set_group(struct call *c) {
  const struct group_body *body = c->body;
  struct group_choice choice = {.chat_id = body->chat_id.ptr ? body->chat_id : S(""),
                                .mode = body->mode == GROUP_TOPICS ? GROUP_TOPICS : GROUP_PLAIN,
                                .note_prefix = body->note_prefix};
  struct group_info info = {.source = -1};
  err e = err_make(ERR_BOT_UNREACHABLE);
  if (telegram_of(c)) e = tg_set_group(telegram_of(c), &choice, c->me.id, http_client_address(c->req), c->arena, &info);
  answer_group(c, e, &info);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/bot", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &bot_shape, .status = 200,
     .handler = show, .doc = "The first bot's state."},
    {HTTP_PUT, "/api/bot/token", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &token_shape,
     .out = &bot_shape, .status = 200, .handler = set_token,
     .fails = FAILS(BOT_TOKEN_INVALID) | FAILS(BOT_UNREACHABLE) | FAILS(BOT_CONNECTED),
     .doc = "Asks Telegram about the token, and with its consent keeps it sealed and switches the first bot over at "
            "once."},
    {HTTP_DELETE, "/api/bot/token", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .out = &bot_shape, .status = 200,
     .handler = clear_token, .doc = "Forgets the first bot's token; it stops, and what must be sent waits."},
    {HTTP_GET, "/api/channels/telegram/group", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &group_shape,
     .status = 200, .handler = show_group, .doc = "The staff's group, how it stands, and those that could be chosen."},
    {HTTP_PUT, "/api/channels/telegram/group", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &group_body_shape, .out = &group_shape, .status = 200, .handler = set_group, .fails = FAILS(BOT_UNREACHABLE),
     .doc = "Asks Telegram about the group, and with its consent sends there what is said from now on."},
};
ROUTE_TABLE(telegram_panel_routes, routes);
