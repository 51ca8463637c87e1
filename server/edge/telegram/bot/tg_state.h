/* The bots as the panel sees them: their state as a shape and as an event, and the administrators' actions. */
#ifndef SB_EDGE_TELEGRAM_TG_STATE_H
#define SB_EDGE_TELEGRAM_TG_STATE_H

#include "base/json.h"
#include "desk/actor.h"
#include "desk/desk.h"

enum bot_state { BOT_UNSET, BOT_CONNECTING, BOT_OK, BOT_UNAUTHORIZED, BOT_CONFLICT, BOT_UNREACHABLE, BOT_PAUSED };
enum bot_mode { BOT_POLLING, BOT_WEBHOOK };
/* BOT_AUTO: by the webhook, where one is configured, and by polling while Telegram does not reach it. */
enum bot_updates { BOT_AUTO, BOT_ALWAYS_POLLING, BOT_ALWAYS_WEBHOOK };
extern const struct json_enum bot_state_names, bot_mode_names, bot_updates_names;

struct bot_settings { /* for administrators */
  str api_url, proxy; /* absent: the configured ones. A proxy's password is not shown */
  str greeting, greeting_ru, check_text, check_text_ru, block_text, block_text_ru;
  int first_contact;     /* enum account_first_contact */
  int updates;           /* enum bot_updates */
  bool webhook_possible; /* TELEGRAM_WEBHOOK_URL is set */
  bool from_environment;
};

struct bot_info {
  int state, mode;
  int64_t id;                /* 0: unknown */
  str username, name, error; /* may be absent */
  int64_t checked_at;
  int64_t position, successor_id; /* successor_id 0: none */
  bool paused, removed;
  bool fallback;                       /* it polls because Telegram does not reach its webhook; error says why */
  const struct bot_settings *settings; /* NULL for others than administrators */
};
extern const struct json_shape bot_shape;
struct event_bot_status_change { /* see spec/events.tbl */
  const struct bot_info *bot;
};

struct telegram;
/* The first bot's current state; strings in `a`. Any thread. */
void tg_info(struct telegram *t, arena *a, struct bot_info *out);
/* The same for the bot with this id; false: this process does not know it. */
bool tg_info_of(struct telegram *t, int64_t id, arena *a, struct bot_info *out);

/* ---- tg_manage.c: what administrators do. Each blocks for a network response, except the reading ones. ---- */
struct tg_requester {
  int64_t by;
  str address;
  arena *a;
};
/* The first bot's token: checks it with Telegram first (getMe), stores it sealed and switches to it only if it is valid. Another
 * bot's token replaces the first bot. ERR_BOT_TOKEN_INVALID, ERR_BOT_UNREACHABLE, ERR_BOT_CONNECTED. */
err tg_set_token(struct telegram *t, str token, int64_t by, str address, arena *a, struct bot_info *out);
err tg_clear_token(struct telegram *t, int64_t by, str address, arena *a, struct bot_info *out);

struct bot_list {
  struct bot_info *items;
  size_t count;
};
/* details: with the settings. */
err tg_list(struct telegram *t, bool removed, bool details, arena *a, struct bot_list *out);
err tg_show(struct telegram *t, int64_t id, bool details, arena *a, struct bot_info *out);
struct bot_change { /* absent: unchanged; the flags say what was given */
  str token, api_url, proxy, greeting, greeting_ru, check_text, check_text_ru, block_text, block_text_ru;
  int first_contact; /* enum account_first_contact */
  bool paused;
  int updates; /* enum bot_updates */
  int64_t successor_id;
  bool set_successor_id;
  bool set_token, set_api_url, set_proxy, set_greeting, set_greeting_ru, set_paused, set_updates;
  bool set_first_contact, set_check_text, set_check_text_ru, set_block_text, set_block_text_ru;
};
/* Errors as of tg_set_token, and ERR_INVALID_FIELD: there are too many. */
err tg_add(struct telegram *t, const struct bot_change *change, const struct tg_requester *requester,
           struct bot_info *out);
/* Of a token, an address or a proxy it asks Telegram first. ERR_NOT_FOUND; ERR_INVALID_FIELD: another bot's token. */
err tg_change(struct telegram *t, int64_t id, const struct bot_change *change, const struct tg_requester *requester,
              struct bot_info *out);
/* What Telegram says of the webhook of a bot. ERR_NOT_FOUND, ERR_BOT_UNREACHABLE. */
struct webhook_info {
  str url;        /* where Telegram posts the updates; of another server only its host; absent: nowhere */
  str wanted_url; /* where it shall; absent: nowhere */
  bool ours;      /* url is the desk's own */
  int64_t pending, last_error_at;
  str last_error; /* absent: none */
};
extern const struct json_shape webhook_info_shape;
err tg_show_webhook(struct telegram *t, int64_t id, arena *a, struct webhook_info *out);
/* The server greets the bot again and sets its webhook again, or polls, at once. ERR_NOT_FOUND. */
err tg_repair(struct telegram *t, int64_t id, const struct tg_requester *requester, struct bot_info *out);
err tg_remove(struct telegram *t, int64_t id, const struct tg_requester *requester);

#endif
