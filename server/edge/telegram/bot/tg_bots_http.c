/* The routes of several bots: see tg_state_http.c for those of the first one. Tokens and proxies are read and never shown. */
#include "base/limits.h"
#include "desk/account/account.h"
#include "desk/route.h"
#include "edge/telegram/bot/tg_state.h"
#include "edge/telegram/telegram.h"

enum { ADDRESS_MAX = 500 };

static const char url_pattern[] = "^(https?://[^ /?#]+[^ ?#]*)?$";
static const char proxy_pattern[] = "^((https?|socks4a?|socks5h?)://[^ ]+)?$";

struct new_body {
  str token, api_url, proxy;
};
static const struct json_field new_fields[] = {
    {"token", JSON_STRING, JSON_REQUIRED | JSON_TRIM | JSON_SECRET, offsetof(struct new_body, token), 1, 256, NULL,
     NULL, "As @BotFather gives it: 123456:ABC…"},
    {"api_url", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM, offsetof(struct new_body, api_url), 0,
     ADDRESS_MAX, NULL, NULL, "Its Bot API server; null or absent: the configured one.", url_pattern},
    {"proxy", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM | JSON_SECRET, offsetof(struct new_body, proxy), 0,
     ADDRESS_MAX, NULL, NULL, "http://, https://, socks5:// or socks5h://; null or absent: the configured one.",
     proxy_pattern},
};
static JSON_SHAPE(new_shape, "NewBot", struct new_body, new_fields, "A bot to connect.");

struct change_body {
  str token, api_url, proxy, greeting, greeting_ru, check_text, check_text_ru, block_text, block_text_ru;
  bool paused;
  int updates, first_contact;
  int64_t successor_id;
};
enum {
  CHANGE_TOKEN,
  CHANGE_API_URL,
  CHANGE_PROXY,
  CHANGE_GREETING,
  CHANGE_GREETING_RU,
  CHANGE_PAUSED,
  CHANGE_UPDATES,
  CHANGE_SUCCESSOR_ID,
  CHANGE_FIRST_CONTACT,
  CHANGE_CHECK_TEXT,
  CHANGE_CHECK_TEXT_RU,
  CHANGE_BLOCK_TEXT,
  CHANGE_BLOCK_TEXT_RU
};
static const struct json_field change_fields[] = {
    [CHANGE_TOKEN] = {"token", JSON_STRING, JSON_OPTIONAL | JSON_TRIM | JSON_SECRET,
                      offsetof(struct change_body, token), 1, 256, NULL, NULL, "A new token of the same bot.", NULL,
                      "A token of this bot; required with a new address or proxy, which gets it."},
    [CHANGE_API_URL] = {"api_url", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                        offsetof(struct change_body, api_url), 0, ADDRESS_MAX, NULL, NULL, "null: the configured one.",
                        url_pattern},
    [CHANGE_PROXY] = {"proxy", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM | JSON_SECRET,
                      offsetof(struct change_body, proxy), 0, ADDRESS_MAX, NULL, NULL, "null: the configured one.",
                      proxy_pattern},
    [CHANGE_GREETING] = {"greeting", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                         offsetof(struct change_body, greeting), 0, LIMIT_GREETING_MAX, NULL, NULL,
                         "null: the desk's; empty: none."},
    [CHANGE_GREETING_RU] = {"greeting_ru", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                            offsetof(struct change_body, greeting_ru), 0, LIMIT_GREETING_MAX, NULL, NULL,
                            "null: the desk's; empty: none."},
    [CHANGE_PAUSED] = {"paused", JSON_BOOL, JSON_OPTIONAL, offsetof(struct change_body, paused), 0, 0, NULL, NULL,
                       NULL},
    [CHANGE_UPDATES] = {"updates", JSON_ENUM, JSON_OPTIONAL, offsetof(struct change_body, updates), 0, 0, NULL,
                        &bot_updates_names, NULL, NULL, "webhook only if TELEGRAM_WEBHOOK_URL is set."},
    [CHANGE_SUCCESSOR_ID] = {"successor_id", JSON_ID, JSON_NULLABLE | JSON_OPTIONAL,
                             offsetof(struct change_body, successor_id), 0, 0, NULL, NULL,
                             "The bot that replaces this one, which may have been removed already; null: none.", NULL,
                             "A connected bot that this one does not replace."},
    [CHANGE_FIRST_CONTACT] = {"first_contact", JSON_ENUM, JSON_OPTIONAL, offsetof(struct change_body, first_contact), 0,
                              0, NULL, &account_first_contact_names,
                              "What a new customer must do before the desk sees their messages."},
    [CHANGE_CHECK_TEXT] = {"check_text", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                           offsetof(struct change_body, check_text), 0, LIMIT_GREETING_MAX, NULL, NULL,
                           "null or empty: the default."},
    [CHANGE_CHECK_TEXT_RU] = {"check_text_ru", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                              offsetof(struct change_body, check_text_ru), 0, LIMIT_GREETING_MAX, NULL, NULL,
                              "null or empty: the default."},
    [CHANGE_BLOCK_TEXT] = {"block_text", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                           offsetof(struct change_body, block_text), 0, LIMIT_GREETING_MAX, NULL, NULL,
                           "null or empty: none."},
    [CHANGE_BLOCK_TEXT_RU] = {"block_text_ru", JSON_STRING, JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM,
                              offsetof(struct change_body, block_text_ru), 0, LIMIT_GREETING_MAX, NULL, NULL,
                              "null or empty: none."},
};
static JSON_SHAPE(change_shape, "BotChange", struct change_body, change_fields, "Changes the given fields.");

/* NULL before the channel is created. */
static struct telegram *telegram_of(struct call *c) { return c->desk->edges[CHANNEL_TELEGRAM]; }

static struct tg_requester requester_of(struct call *c) {
  return (struct tg_requester){c->me.id, http_client_address(c->req), c->arena};
}

static void answer(struct call *c, err e, const struct bot_info *info) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, c->route->status, &bot_shape, info);
}

/* Settings are for those who may change them. */
static bool wants_details(struct call *c) {
  struct actor me = operator_actor(&c->me);
  return may_reach(&me, MAY_BOT_MANAGE) == REACH_ALL;
}

static void list(struct call *c) {
  struct bot_list bots = {0};
  bool removed = str_eq(call_query(c, "removed"), S("true"));
  err e = telegram_of(c) ? tg_list(telegram_of(c), removed, wants_details(c), c->arena, &bots) : err_ok;
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_list(c, &bot_shape, bots.items, bots.count, STR_NONE);
}

static void show(struct call *c) {
  struct bot_info info = {0};
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_show(telegram_of(c), c->id, wants_details(c), c->arena, &info);
  answer(c, e, &info);
}

static void add(struct call *c) {
  const struct new_body *body = c->body;
  struct bot_info info = {0};
  struct tg_requester requester = requester_of(c);
  struct bot_change change = {.token = body->token, .set_token = true, .api_url = body->api_url, .proxy = body->proxy};
  err e = err_make(ERR_BOT_UNREACHABLE);
  if (telegram_of(c)) e = tg_add(telegram_of(c), &change, &requester, &info);
  answer(c, e, &info);
}

static bool given(struct call *c, int field) { return (c->present & UINT64_C(1) << field) != 0; }

/* A new address or proxy is given the token, so whoever sets one must know it: a session alone, even an administrator's, does
 * not carry a stored token away. */
static bool carries_away(const struct bot_change *w) {
  bool elsewhere = (w->set_api_url && w->api_url.len) || (w->set_proxy && w->proxy.len);
  return elsewhere && !w->set_token;
}

static void change(struct call *c) {
  const struct change_body *body = c->body;
  struct bot_info info = {0};
  struct tg_requester requester = requester_of(c);
  struct bot_change change = {
      .token = body->token,
      .api_url = body->api_url,
      .proxy = body->proxy,
      .greeting = body->greeting,
      .greeting_ru = body->greeting_ru,
      .paused = body->paused,
      .updates = body->updates,
      .successor_id = body->successor_id,
      .first_contact = body->first_contact,
      .check_text = body->check_text,
      .check_text_ru = body->check_text_ru,
      .block_text = body->block_text,
      .block_text_ru = body->block_text_ru,
      .set_token = given(c, CHANGE_TOKEN),
      .set_api_url = given(c, CHANGE_API_URL),
      .set_proxy = given(c, CHANGE_PROXY),
      .set_greeting = given(c, CHANGE_GREETING),
      .set_greeting_ru = given(c, CHANGE_GREETING_RU),
      .set_paused = given(c, CHANGE_PAUSED),
      .set_updates = given(c, CHANGE_UPDATES),
      .set_successor_id = given(c, CHANGE_SUCCESSOR_ID),
      .set_first_contact = given(c, CHANGE_FIRST_CONTACT),
      .set_check_text = given(c, CHANGE_CHECK_TEXT),
      .set_check_text_ru = given(c, CHANGE_CHECK_TEXT_RU),
      .set_block_text = given(c, CHANGE_BLOCK_TEXT),
      .set_block_text_ru = given(c, CHANGE_BLOCK_TEXT_RU),
  };
  err e = err_make(ERR_NOT_FOUND);
  if (carries_away(&change))
    e = err_detail(ERR_MISSING_FIELD, "token", "A new address or proxy gets the token: enter it again.");
  else if (telegram_of(c))
    e = tg_change(telegram_of(c), c->id, &change, &requester, &info);
  answer(c, e, &info);
}

static void show_webhook(struct call *c) {
  struct webhook_info info = {0};
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_show_webhook(telegram_of(c), c->id, c->arena, &info);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &webhook_info_shape, &info);
}

static void repair(struct call *c) {
  struct bot_info info = {0};
  struct tg_requester requester = requester_of(c);
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_repair(telegram_of(c), c->id, &requester, &info);
  answer(c, e, &info);
}

static void remove_it(struct call *c) {
  struct tg_requester requester = requester_of(c);
  err e = err_make(ERR_NOT_FOUND);
  if (telegram_of(c)) e = tg_remove(telegram_of(c), c->id, &requester);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static const char *const removed_words[] = {"true", "false", NULL};
static const struct route_query list_query[] = {
    {"removed", "true: also bots that were removed from the desk, whose conversations remain", QUERY_WORD,
     .words = removed_words},
    {NULL, NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/bots", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &bot_shape,
     .out_list = true, .status = 200, .handler = list, .query = list_query,
     .doc = "The desk's bots, the first one first."},
    {HTTP_POST, "/api/bots", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &new_shape,
     .out = &bot_shape, .status = 201, .handler = add,
     .fails = FAILS(BOT_TOKEN_INVALID) | FAILS(BOT_UNREACHABLE) | FAILS(BOT_CONNECTED),
     .doc = "Asks Telegram about the token, and with its consent connects the bot, beside those that are connected. "
            "409 if it is connected already."},
    {HTTP_GET, "/api/bots/:id", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &bot_shape,
     .status = 200, .handler = show, .doc = "One bot, by its id in Telegram."},
    {HTTP_PATCH, "/api/bots/:id", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &change_shape,
     .out = &bot_shape, .status = 200, .handler = change, .fails = FAILS(BOT_TOKEN_INVALID) | FAILS(BOT_UNREACHABLE),
     .doc = "Changes a bot. Of a token, an address or a proxy Telegram is asked first; if that fails, nothing is "
            "changed."},
    {HTTP_GET, "/api/bots/:id/webhook", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .out = &webhook_info_shape,
     .status = 200, .handler = show_webhook, .fails = FAILS(BOT_UNREACHABLE),
     .doc = "Asks Telegram how the bot's webhook is."},
    {HTTP_POST, "/api/bots/:id/repair", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .out = &bot_shape, .status = 200,
     .handler = repair,
     .doc = "Greets Telegram again and sets the webhook again, or polls, without the wait after earlier failures."},
    {HTTP_DELETE, "/api/bots/:id", GUARD_ROLE, MAY_BOT_MANAGE, RATE_WRITE, .status = 204, .handler = remove_it,
     .doc = "Removes a bot from the desk. Answers that wait for its customers fail with that reason; its conversations "
            "remain."},
};
ROUTE_TABLE(telegram_bots_routes, routes);
