/* What administrators do with the bots, and what a start makes of the environment and of an earlier version's settings. Every
 * change is a row of `account` first; then this process follows it (tg_bots_follow), and the others do soon. */
#include "edge/telegram/bot/tg_bots_internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str_bidi.h"
#include "desk/audit/audit.h"
#include "desk/names.h"
#include "desk/setting/setting.h"
#include "edge/telegram/tg_address.h"

#include <assert.h>
#include <inttypes.h>

enum { ANSWER_MAX_BYTES = 1 << 20 };

static const char former_token[] = "telegram_token", former_account[] = "telegram_account";

/* ---- asking Telegram ---- */

static err wrong_token(str words) {
  return err_detail(ERR_BOT_TOKEN_INVALID, "token", "Telegram does not know this token: %.*s", STR_ARG(words));
}

/* The account of a token that has its form. */
static int64_t id_of(str token) {
  str account = STR_NONE;
  int64_t id = 0;
  if (tg_token_is_formed(token, &account)) str_to_i64(account, &id);
  return id;
}

struct endpoint { /* a Bot API server, and the proxy on the way there */
  str api_url, proxy;
};

/* NULL: the shared client will do. */
static http_client *client_of(const struct telegram *t, str proxy, arena *a) {
  if (!proxy.len) return NULL;
  return http_client_new(&(struct http_client_config){.proxy = arena_cstr(a, proxy), .user_agent = t->user_agent});
}

/* A call through the endpoint that the bot would use. */
static struct tg_answer call_by(struct telegram *t, str token, const struct endpoint *endpoint, const char *method,
                                str body, arena *a) {
  http_client *client = client_of(t, endpoint->proxy, a);
  const char *api_url = endpoint->api_url.len ? arena_cstr(a, endpoint->api_url) : t->api_url;
  struct tg_answer answer = tg_api_call(client ? client : t->client, tg_api_url(api_url, token, method, a), body,
                                        TG_ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
  if (client) http_client_free(&client, 0);
  return answer;
}

/* Of an address or a proxy that somebody entered, one sentence for a closed port, another program behind it and silence: the
 * answer must not tell what runs in the server's network. */
static err unreachable(const struct endpoint *endpoint, str words) {
  if (endpoint->api_url.len || endpoint->proxy.len)
    return err_detail(ERR_BOT_UNREACHABLE, endpoint->api_url.len ? "api_url" : "proxy", "%s", TG_NO_SERVER);
  return err_detail(ERR_BOT_UNREACHABLE, NULL, "Telegram cannot be reached: %.*s", STR_ARG(words));
}

/* getMe, through the endpoint that the bot would use. */
static err ask(struct telegram *t, str token, const struct endpoint *endpoint, arena *a, struct tg_me *me) {
  str account = STR_NONE;
  if (!tg_token_is_formed(token, &account)) return wrong_token(S("a token looks like 123456:ABC-DEF"));
  struct tg_answer answer = call_by(t, token, endpoint, "getMe", STR_NONE, a);
  switch (tg_classify(&answer)) {
    case TG_DONE:
      if (tg_me_read(answer.result, a, me)) return err_ok;
      return unreachable(endpoint, S("TELEGRAM_API_URL is not the Bot API."));
    case TG_BAD_TOKEN:
    case TG_REFUSED:
      if (answer.telegram || !endpoint->api_url.len) return wrong_token(tg_answer_words(&answer));
      return unreachable(endpoint, STR_NONE);
    default: return unreachable(endpoint, tg_answer_words(&answer));
  }
}

/* ---- changes ---- */

struct change_ctx {
  struct telegram *t;
  const struct bot_change *change;
  const struct tg_requester *requester;
  const struct tg_me *me; /* what Telegram said; NULL: it was not asked */
  int64_t id;             /* of the bot that is changed, or added */
  int64_t replaced_id;    /* 0: none */
  bool first_only;        /* the token of the first bot, whichever it is */
};

static str name_or_none(str s) { return s.len ? s : STR_NONE; }

static str target_of(arena *a, int64_t id) { return arena_printf(a, "bot:%" PRId64, id); }

static err note(db_conn *c, const struct change_ctx *ch, enum audit_action action, str detail) {
  return audit_add(c, actor_operator(ch->requester->by), action, target_of(db_conn_arena(c), ch->id), detail,
                   ch->requester->address, desk_now(ch->t->desk));
}

static err set_secret(db_conn *c, const struct change_ctx *ch, enum account_secret which, str value) {
  return account_set_secret(ch->t->desk, c, ch->id, which, value, ch->requester->by, db_conn_arena(c));
}

static str detail_of_me(const struct change_ctx *ch, arena *a) {
  return ch->me && ch->me->username.len ? arena_printf(a, "@%.*s", STR_ARG(ch->me->username)) : STR_NONE;
}

static err connected(void) {
  err e = err_make(ERR_BOT_CONNECTED);
  e.field = "token";
  return e;
}

static err add_row(db_conn *c, const struct change_ctx *ch, int64_t position) {
  struct account_row row = {.id = ch->id,
                            .channel = TG_CHANNEL,
                            .position = position,
                            .name = ch->me->name,
                            .username = ch->me->username,
                            .source = ACCOUNT_OF_PANEL,
                            .api_url = ch->change->api_url.len ? ch->change->api_url : STR_NONE};
  err e = account_add(c, &row, desk_now(ch->t->desk));
  if (e.code == ERR_CONFLICT) e = connected();
  if (!err_is(e)) e = set_secret(c, ch, ACCOUNT_TOKEN, ch->change->token);
  return err_is(e) ? e : set_secret(c, ch, ACCOUNT_PROXY, ch->change->proxy);
}

static err add(db_conn *c, void *arg) {
  const struct change_ctx *ch = arg;
  err e = add_row(c, ch, 0);
  return err_is(e) ? e : note(c, ch, AUDIT_BOT_ADDED, detail_of_me(ch, db_conn_arena(c)));
}

static err load_any(db_conn *c, int64_t id, struct account_row *row) {
  err e = account_get(c, id, db_conn_arena(c), row);
  return !err_is(e) && !str_eq(row->channel, TG_CHANNEL) ? err_make(ERR_NOT_FOUND) : e;
}

static err load(db_conn *c, int64_t id, struct account_row *row) {
  err e = load_any(c, id, row);
  return !err_is(e) && row->removed_at ? err_make(ERR_NOT_FOUND) : e;
}

/* Which fields change, for the audit: never their values. */
static str detail_of(const struct bot_change *w, arena *a) {
  const struct {
    bool set;
    const char *name;
  } fields[] = {{w->set_api_url, "api_url"},
                {w->set_proxy, "proxy"},
                {w->set_greeting, "greeting"},
                {w->set_greeting_ru, "greeting_ru"},
                {w->set_first_contact, "first_contact"},
                {w->set_check_text, "check_text"},
                {w->set_check_text_ru, "check_text_ru"},
                {w->set_block_text, "block_text"},
                {w->set_block_text_ru, "block_text_ru"},
                {w->set_paused, "paused"},
                {w->set_updates, "updates"},
                {w->set_successor_id, "successor_id"}};
  str all = S("");
  for (size_t i = 0; i < JSON_COUNT(fields); i++)
    if (fields[i].set) all = arena_printf(a, "%.*s%s%s", STR_ARG(all), all.len ? " " : "", fields[i].name);
  return all;
}

/* Of a removed bot too: its customers may still come. */
static err name_successor(db_conn *c, void *arg) {
  const struct change_ctx *ch = arg;
  struct account_row row;
  err e = load_any(c, ch->id, &row);
  if (!err_is(e)) e = account_set_successor(c, &row, ch->change->successor_id, desk_now(ch->t->desk));
  return err_is(e) ? e : note(c, ch, AUDIT_BOT_CHANGED, detail_of(ch->change, db_conn_arena(c)));
}

static void set_texts(const struct bot_change *w, struct account_row *row) {
  if (w->set_first_contact) row->first_contact = w->first_contact;
  if (w->set_check_text) row->check_text = name_or_none(w->check_text);
  if (w->set_check_text_ru) row->check_text_ru = name_or_none(w->check_text_ru);
  if (w->set_block_text) row->block_text = name_or_none(w->block_text);
  if (w->set_block_text_ru) row->block_text_ru = name_or_none(w->block_text_ru);
}

static err change_row(db_conn *c, void *arg) {
  const struct change_ctx *ch = arg;
  const struct bot_change *w = ch->change;
  struct account_row row;
  arena *a = db_conn_arena(c);
  err e = load(c, ch->id, &row);
  if (err_is(e)) return e;
  if (w->set_token) row.source = ACCOUNT_OF_PANEL;
  if (w->set_paused) row.paused = w->paused;
  if (w->set_updates) row.updates = str_c(bot_updates_names.names[w->updates]);
  if (w->set_api_url) row.api_url = w->api_url.len ? w->api_url : STR_NONE;
  if (w->set_greeting) row.greeting = w->greeting;
  if (w->set_greeting_ru) row.greeting_ru = w->greeting_ru;
  set_texts(w, &row);
  if (w->set_successor_id) e = account_set_successor(c, &row, w->successor_id, desk_now(ch->t->desk));
  if (!err_is(e)) e = account_save(c, &row, desk_now(ch->t->desk));
  if (!err_is(e) && w->set_token) e = set_secret(c, ch, ACCOUNT_TOKEN, w->token);
  if (!err_is(e) && w->set_proxy) e = set_secret(c, ch, ACCOUNT_PROXY, w->proxy);
  if (!err_is(e) && w->set_token) e = note(c, ch, AUDIT_BOT_TOKEN_SET, detail_of_me(ch, a));
  str detail = detail_of(w, a);
  return err_is(e) || !detail.len ? e : note(c, ch, AUDIT_BOT_CHANGED, detail);
}

static err remove_row(db_conn *c, void *arg) {
  struct change_ctx *ch = arg;
  struct account_row row;
  err e = load(c, ch->id, &row);
  if (!err_is(e)) e = account_remove(c, ch->id, 0, desk_now(ch->t->desk));
  str name = !err_is(e) && row.username.len ? arena_printf(db_conn_arena(c), "@%.*s", STR_ARG(row.username)) : STR_NONE;
  return err_is(e) ? e : note(c, ch, AUDIT_BOT_REMOVED, name);
}

/* With the lock of the switching held, after the commit: what fails here fails no request, because the thread of
 * tg_telegram.c follows the table again within seconds. */
static void follow(const struct change_ctx *ch) {
  err e = tg_bots_follow(ch->t, ch->me ? ch->id : 0, ch->me);
  if (err_is(e)) LOG_WARN("telegram.accounts_not_followed", LOG_E(e));
  struct tg_bot *bot = tg_bots_find(ch->t, ch->id), *replaced = tg_bots_find(ch->t, ch->replaced_id);
  if (replaced) tg_bot_publish(replaced, ch->requester->by);
  if (bot) tg_bot_publish(bot, ch->requester->by);
}

static err run(struct change_ctx *ch, db_fn fn) {
  struct telegram *t = ch->t;
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->switching);
  err e = desk_write(t->desk, fn, ch);
  if (!err_is(e)) follow(ch);
  pthread_mutex_unlock(&t->switching);
  return e;
}

/* ---- the first bot's token ---- */

static err first_row(db_conn *c, struct account_row *out, bool *any) {
  struct account_row *rows = NULL;
  size_t count = 0;
  err e = account_list(c, TG_CHANNEL, false, db_conn_arena(c), &rows, &count);
  *any = !err_is(e) && count > 0;
  if (*any) *out = rows[0];
  return e;
}

/* Another bot takes the place of the first. */
static err replace_first(db_conn *c, struct change_ctx *ch, const struct account_row *first, bool any) {
  int64_t now_ms = desk_now(ch->t->desk);
  struct account_row own;
  err e = account_get(c, ch->id, db_conn_arena(c), &own);
  bool there = !err_is(e) && !own.removed_at;
  if (err_is(e) && e.code != ERR_NOT_FOUND) return e;
  if (there) return connected();
  ch->replaced_id = any ? first->id : 0;
  e = any ? account_remove(c, first->id, ch->id, now_ms) : err_ok;
  if (!err_is(e)) e = add_row(c, ch, any ? first->position : 0);
  return err_is(e) ? e : note(c, ch, AUDIT_BOT_TOKEN_SET, detail_of_me(ch, db_conn_arena(c)));
}

static err set_first_token(db_conn *c, void *arg) {
  struct change_ctx *ch = arg;
  struct account_row first;
  bool any = false;
  ch->replaced_id = 0;
  err e = first_row(c, &first, &any);
  if (err_is(e)) return e;
  return any && first.id == ch->id ? change_row(c, ch) : replace_first(c, ch, &first, any);
}

static err clear_first_token(db_conn *c, void *arg) {
  struct change_ctx *ch = arg;
  struct account_row first;
  bool any = false;
  err e = first_row(c, &first, &any);
  if (err_is(e) || !any) return e;
  ch->id = first.id;
  first.source = ACCOUNT_OF_PANEL; /* the environment's does not come back by itself */
  e = account_save(c, &first, desk_now(ch->t->desk));
  if (!err_is(e)) e = set_secret(c, ch, ACCOUNT_TOKEN, STR_NONE);
  return err_is(e) ? e : note(c, ch, AUDIT_BOT_TOKEN_CLEARED, STR_NONE);
}

/* The endpoint of the first bot; the configured one without a bot. */
struct endpoint_ctx {
  struct telegram *t;
  int64_t id; /* 0: the first */
  struct endpoint endpoint;
  str token;
  int64_t position;
  bool any, polls; /* polls: always */
  arena *a;
};

static err read_endpoint(db_conn *c, void *arg) {
  struct endpoint_ctx *w = arg;
  struct account_row row = {0};
  err e = w->id ? load(c, w->id, &row) : first_row(c, &row, &w->any);
  if (w->id) w->any = !err_is(e);
  if (err_is(e) || !w->any) return e;
  w->position = row.position;
  w->polls = str_eq(row.updates, str_c(bot_updates_names.names[BOT_ALWAYS_POLLING]));
  w->endpoint.api_url = row.api_url.len ? arena_dup(w->a, row.api_url) : STR_NONE;
  e = account_get_secret(w->t->desk, c, row.id, ACCOUNT_PROXY, w->a, &w->endpoint.proxy);
  if (!err_is(e)) e = account_get_secret(w->t->desk, c, row.id, ACCOUNT_TOKEN, w->a, &w->token);
  if (!err_is(e) && row.source == ACCOUNT_OF_ENVIRONMENT && w->t->env_token)
    w->token = arena_dup(w->a, str_c(w->t->env_token));
  return e;
}

/* ---- several calls ---- */

static bool take_road(struct telegram *t, int64_t id) {
  int64_t *free_one = NULL;
  bool busy = false;
  pthread_mutex_lock(&t->lock);
  for (size_t i = 0; i < ROADS_MAX; i++) {
    busy |= t->roads[i] == id;
    if (!t->roads[i]) free_one = &t->roads[i];
  }
  if (!busy && free_one) *free_one = id;
  pthread_mutex_unlock(&t->lock);
  return !busy && free_one;
}

err tg_road_open(struct telegram *t, int64_t id, arena *a, struct tg_road *out) {
  struct endpoint_ctx w = {.t = t, .id = id, .a = a};
  *out = (struct tg_road){.telegram = t, .id = id, .until_ms = clock_steady_ms(t->desk->clock) + ROAD_MOST_MS};
  err e = db_read(t->desk->db, read_endpoint, &w);
  if (err_is(e)) return e;
  if (!take_road(t, id))
    return err_detail(ERR_OVERLOADED, NULL, "Telegram is being asked about a bot already. Try again in a few seconds.");
  out->open = true;
  out->api_url = w.endpoint.api_url, out->proxy = w.endpoint.proxy, out->token = w.token;
  out->own_client = client_of(t, out->proxy, a);
  return err_ok;
}

void tg_road_close(struct tg_road *road) {
  if (road->own_client) http_client_free(&road->own_client, 0);
  if (!road->open) return;
  struct telegram *t = road->telegram;
  pthread_mutex_lock(&t->lock);
  for (size_t i = 0; i < ROADS_MAX; i++)
    if (t->roads[i] == road->id) t->roads[i] = 0;
  pthread_mutex_unlock(&t->lock);
  road->open = false;
}

struct tg_answer tg_road_call(const struct tg_road *road, const char *method, str body, arena *a) {
  struct telegram *t = road->telegram;
  int64_t left_ms = road->until_ms - clock_steady_ms(t->desk->clock);
  if (left_ms <= 0)
    return (struct tg_answer){
        .outcome = CALL_NOT_SENT, .retry_after_s = -1, .description = S("it answers too slowly.")};
  const char *api_url = road->api_url.len ? arena_cstr(a, road->api_url) : t->api_url;
  return tg_api_call(road->own_client ? road->own_client : t->client, tg_api_url(api_url, road->token, method, a), body,
                     left_ms < TG_ASK_TIMEOUT_MS ? (long)left_ms : TG_ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
}

err tg_road_unreachable(const struct tg_road *road, str words) {
  return unreachable(&(struct endpoint){road->api_url, road->proxy}, words);
}

err tg_set_token(struct telegram *t, str token, int64_t by, str address, arena *a, struct bot_info *out) {
  struct endpoint_ctx w = {.t = t, .a = a};
  struct tg_me me;
  err e = db_read(t->desk->db, read_endpoint, &w);
  if (!err_is(e)) e = ask(t, token, &w.endpoint, a, &me);
  if (err_is(e)) return e;
  struct bot_change change = {.token = token,
                              .set_token = true,
                              .api_url = w.endpoint.api_url,
                              .proxy = w.endpoint.proxy /* of one that replaces it */};
  struct tg_requester requester = {by, address, a};
  struct change_ctx ch = {.t = t, .change = &change, .requester = &requester, .me = &me, .id = id_of(token)};
  e = run(&ch, set_first_token);
  tg_info(t, a, out);
  return e;
}

err tg_clear_token(struct telegram *t, int64_t by, str address, arena *a, struct bot_info *out) {
  struct tg_requester requester = {by, address, a};
  struct change_ctx ch = {.t = t, .change = &(struct bot_change){.paused = false}, .requester = &requester};
  err e = run(&ch, clear_first_token);
  tg_info(t, a, out);
  return e;
}

/* ---- reading ---- */

struct reading_ctx {
  struct telegram *t;
  bool removed, details;
  int64_t id; /* 0: all */
  arena *a;
  struct bot_list *out;
};

/* socks5h://user:secret@host as socks5h://user@host */
static str without_password(str proxy, arena *a) {
  size_t at = str_index(proxy, '@', 0), scheme = str_index(proxy, ':', 0);
  if (at == proxy.len || scheme >= at) return proxy;
  size_t colon = str_index(proxy, ':', scheme + 1);
  return colon < at ? arena_concat(a, str_sub(proxy, 0, colon), str_sub(proxy, at, proxy.len)) : proxy;
}

static err read_settings(db_conn *c, const struct reading_ctx *r, const struct account_row *row, struct bot_info *out) {
  struct bot_settings *s = arena_new_of(r->a, struct bot_settings);
  *s = (struct bot_settings){.api_url = row->api_url,
                             .greeting = row->greeting,
                             .greeting_ru = row->greeting_ru,
                             .first_contact = row->first_contact,
                             .check_text = row->check_text,
                             .check_text_ru = row->check_text_ru,
                             .block_text = row->block_text,
                             .block_text_ru = row->block_text_ru,
                             .updates = names_find(&bot_updates_names, row->updates),
                             .webhook_possible = r->t->webhook_url != NULL,
                             .from_environment = row->source == ACCOUNT_OF_ENVIRONMENT};
  err e = account_get_secret(r->t->desk, c, row->id, ACCOUNT_PROXY, r->a, &s->proxy);
  if (s->proxy.ptr) s->proxy = without_password(s->proxy, r->a);
  out->settings = s;
  return e;
}

static err read_bots(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct account_row *rows = NULL;
  size_t count = 0;
  err e = account_list(c, TG_CHANNEL, r->removed, r->a, &rows, &count);
  r->out->items = arena_array(r->a, struct bot_info, count + 1);
  r->out->count = 0;
  for (size_t i = 0; i < count && !err_is(e); i++) {
    struct account_row *row = &rows[i];
    if (r->id && row->id != r->id) continue;
    struct bot_info *info = &r->out->items[r->out->count++];
    bool known = tg_info_of(r->t, row->id, r->a, info);
    if (!known) *info = (struct bot_info){.state = BOT_CONNECTING, .id = row->id, .position = row->position};
    info->removed = row->removed_at != 0;
    info->successor_id = row->successor_id;
    if (!info->username.ptr) info->username = str_tidy_name(r->a, row->username, LIMIT_NAME_MAX);
    if (!info->name.ptr) info->name = str_tidy_name(r->a, row->name, LIMIT_NAME_MAX);
    if (r->details && !info->removed) e = read_settings(c, r, row, info);
  }
  return e;
}

/* ---- several ---- */

err tg_add(struct telegram *t, const struct bot_change *change, const struct tg_requester *requester,
           struct bot_info *out) {
  struct tg_me me;
  struct endpoint endpoint = {change->api_url, change->proxy};
  err e = ask(t, change->token, &endpoint, requester->a, &me);
  if (err_is(e)) return e;
  struct change_ctx ch = {.t = t, .change = change, .requester = requester, .me = &me, .id = id_of(change->token)};
  e = run(&ch, add);
  return err_is(e) ? e : tg_show(t, ch.id, true, requester->a, out);
}

static bool only_successor(const struct bot_change *w, arena *a) {
  return w->set_successor_id && !w->set_token && str_eq(detail_of(w, a), S("successor_id"));
}

static err set_successor(struct telegram *t, int64_t id, const struct bot_change *change,
                         const struct tg_requester *requester, struct bot_info *out) {
  struct change_ctx ch = {.t = t, .change = change, .requester = requester, .id = id};
  struct bot_list list = {0};
  struct reading_ctx r = {.t = t, .removed = true, .details = true, .id = id, .a = requester->a, .out = &list};
  err e = run(&ch, name_successor);
  if (!err_is(e)) e = db_read(t->desk->db, read_bots, &r);
  if (!err_is(e) && list.count) *out = list.items[0];
  return e;
}

err tg_change(struct telegram *t, int64_t id, const struct bot_change *change, const struct tg_requester *requester,
              struct bot_info *out) {
  struct endpoint_ctx w = {.t = t, .id = id, .a = requester->a};
  struct tg_me me;
  if (change->set_updates && change->updates == BOT_ALWAYS_WEBHOOK && !t->webhook_url)
    return err_detail(ERR_INVALID_FIELD, "updates", "Set TELEGRAM_WEBHOOK_URL on the server first.");
  if (only_successor(change, requester->a)) return set_successor(t, id, change, requester, out);
  str account = STR_NONE;
  bool asks = change->set_token || change->set_api_url || change->set_proxy;
  err e = db_read(t->desk->db, read_endpoint, &w);
  if (err_is(e)) return e;
  if (change->set_api_url) w.endpoint.api_url = change->api_url;
  if (change->set_proxy) w.endpoint.proxy = change->proxy;
  if (change->set_token) w.token = change->token;
  if (change->set_token && tg_token_is_formed(w.token, &account) && id_of(w.token) != id) /* before it goes anywhere */
    return err_detail(ERR_INVALID_FIELD, "token", "This is the token of another bot. Add that bot instead.");
  if (asks && w.token.len) e = ask(t, w.token, &w.endpoint, requester->a, &me);
  if (err_is(e)) return e;
  struct change_ctx ch = {
      .t = t, .change = change, .requester = requester, .me = asks && w.token.len ? &me : NULL, .id = id};
  e = run(&ch, change_row);
  return err_is(e) ? e : tg_show(t, id, true, requester->a, out);
}

static err touch_row(db_conn *c, void *arg) {
  const struct change_ctx *ch = arg;
  struct account_row row;
  err e = load(c, ch->id, &row);
  return err_is(e) ? e : account_touch(c, ch->id, desk_now(ch->t->desk));
}

err tg_repair(struct telegram *t, int64_t id, const struct tg_requester *requester, struct bot_info *out) {
  struct change_ctx ch = {.t = t, .change = &(struct bot_change){.paused = false}, .requester = requester, .id = id};
  err e = run(&ch, touch_row);
  return err_is(e) ? e : tg_show(t, id, true, requester->a, out);
}

err tg_show_webhook(struct telegram *t, int64_t id, arena *a, struct webhook_info *out) {
  struct endpoint_ctx w = {.t = t, .id = id, .a = a};
  struct tg_webhook_info info;
  err e = db_read(t->desk->db, read_endpoint, &w);
  if (err_is(e)) return e;
  struct tg_answer answer = {0};
  if (w.token.len) answer = call_by(t, w.token, &w.endpoint, "getWebhookInfo", STR_NONE, a);
  bool done = w.token.len && tg_classify(&answer) == TG_DONE && tg_webhook_info_read(answer.result, a, &info);
  if (!done) return unreachable(&w.endpoint, w.token.len ? tg_answer_words(&answer) : S("the bot has no token"));
  *out = (struct webhook_info){
      .url = info.url.len ? info.url : STR_NONE,
      .wanted_url = w.polls ? STR_NONE : tg_bots_webhook(t, id, w.position, a),
      .pending = info.pending,
      .last_error = info.last_error.len ? info.last_error : STR_NONE,
      .last_error_at = info.last_error_at_s * 1000,
  };
  str own = tg_bots_webhook(t, id, w.position, a);
  out->ours = info.url.len && own.len && tg_address_same(info.url, own);
  if (out->url.ptr && !out->ours) out->url = tg_address_host(info.url);
  return err_ok;
}

err tg_remove(struct telegram *t, int64_t id, const struct tg_requester *requester) {
  struct change_ctx ch = {.t = t, .change = &(struct bot_change){.paused = false}, .requester = requester, .id = id};
  err e = run(&ch, remove_row);
  if (!err_is(e)) tg_removed_end(t);
  return e;
}

/* ---- what there is ---- */

err tg_list(struct telegram *t, bool removed, bool details, arena *a, struct bot_list *out) {
  struct reading_ctx r = {.t = t, .removed = removed, .details = details, .a = a, .out = out};
  return db_read(t->desk->db, read_bots, &r);
}

err tg_show(struct telegram *t, int64_t id, bool details, arena *a, struct bot_info *out) {
  struct bot_list list = {0};
  struct reading_ctx r = {.t = t, .details = details, .id = id, .a = a, .out = &list};
  err e = db_read(t->desk->db, read_bots, &r);
  if (err_is(e)) return e;
  if (!list.count) return err_make(ERR_NOT_FOUND);
  *out = list.items[0];
  return err_ok;
}

/* ---- at the start ---- */

struct adopting_ctx {
  struct telegram *t;
  arena *a;
};

/* What an earlier version kept: one token, sealed under the setting's name, and the account whose it is. An empty token means
 * that the panel has taken it away. */
static err adopt_former(db_conn *c, struct adopting_ctx *x) {
  struct desk *d = x->t->desk;
  str token = STR_NONE, noted = STR_NONE, account = STR_NONE;
  struct account_row row = {.channel = TG_CHANNEL, .source = ACCOUNT_OF_PANEL, .position = 1};
  err e = setting_get_secret(d, c, former_token, x->a, &token);
  if (!err_is(e)) e = setting_get(c, former_account, x->a, &noted);
  if (err_is(e) || !token.ptr) return e;
  bool given = tg_token_is_formed(token, &account);
  if (!str_to_i64(given ? account : noted, &row.id)) return err_ok;
  e = account_add(c, &row, desk_now(d));
  if (e.code == ERR_CONFLICT) e = err_ok;
  if (!err_is(e) && given) e = account_set_secret(d, c, row.id, ACCOUNT_TOKEN, token, 0, x->a);
  if (!err_is(e)) e = setting_remove(c, former_account);
  return err_is(e) ? e : setting_remove(c, former_token);
}

/* What the panel says takes precedence, also that it has removed a bot or taken its token away. */
static err adopt_environment(db_conn *c, struct adopting_ctx *x) {
  struct account_row *rows = NULL, row = {.channel = TG_CHANNEL, .source = ACCOUNT_OF_ENVIRONMENT}, *former = NULL;
  size_t count = 0;
  str account = STR_NONE, taken_away = STR_NONE;
  bool of_panel = false, known = false;
  if (!x->t->env_token || !tg_token_is_formed(str_c(x->t->env_token), &account)) return err_ok;
  str_to_i64(account, &row.id);
  err e = account_list(c, TG_CHANNEL, true, x->a, &rows, &count);
  if (!err_is(e)) e = setting_get(c, former_token, x->a, &taken_away);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    bool of_another_start = rows[i].source == ACCOUNT_OF_ENVIRONMENT && rows[i].successor_id;
    known |= rows[i].id == row.id && !(rows[i].removed_at && of_another_start);
    if (rows[i].removed_at) continue;
    of_panel |= rows[i].source == ACCOUNT_OF_PANEL;
    if (rows[i].source == ACCOUNT_OF_ENVIRONMENT) former = &rows[i];
  }
  if (err_is(e) || known || taken_away.ptr || (of_panel && !former)) return e;
  int64_t now_ms = desk_now(x->t->desk);
  if (former) row.position = former->position;
  if (former) e = account_remove(c, former->id, row.id, now_ms);
  return err_is(e) ? e : account_add(c, &row, now_ms);
}

static err adopt(db_conn *c, void *arg) {
  struct adopting_ctx *x = arg;
  err e = adopt_former(c, x);
  if (!err_is(e)) e = adopt_environment(c, x);
  return err_is(e) || x->t->alone ? e : account_expire_leases_of_earlier_runs(c, str_c(x->t->desk->holder));
}

err tg_adopt(struct telegram *t) {
  struct adopting_ctx x = {.t = t, .a = arena_new(0)};
  err e = db_write(t->desk->db, adopt, &x);
  arena_free(&x.a);
  return e;
}
