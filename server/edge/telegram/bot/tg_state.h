/* The bot as the panel sees it: its state as a shape and as an event, and the administrator's actions. */
#ifndef SB_EDGE_TELEGRAM_TG_STATE_H
#define SB_EDGE_TELEGRAM_TG_STATE_H

#include "base/json.h"
#include "desk/actor.h"
#include "desk/desk.h"

enum bot_state { BOT_UNSET, BOT_CONNECTING, BOT_OK, BOT_UNAUTHORIZED, BOT_CONFLICT, BOT_UNREACHABLE };
enum bot_mode { BOT_POLLING, BOT_WEBHOOK };
extern const struct json_enum bot_state_names, bot_mode_names;

struct bot_info {
  int state, mode;
  int64_t id;                /* 0: unknown */
  str username, name, error; /* may be absent */
  int64_t checked_at;
};
extern const struct json_shape bot_shape;
struct event_bot_status_change { /* see spec/events.tbl */
  const struct bot_info *bot;
};

/* Appends bot_status_change, for every change of tg_info. by: who changed it; the system if Telegram did. */
err bot_changed(struct desk *d, const struct bot_info *now, const struct actor *by);

struct telegram;
/* The current state; strings in `a`. Any thread. */
void tg_info(struct telegram *t, arena *a, struct bot_info *out);
/* Checks the token with Telegram first (getMe); stores it sealed and switches to it only if it is valid.
 * ERR_BOT_TOKEN_INVALID, ERR_BOT_UNREACHABLE. Blocks for a network response. */
err tg_set_token(struct telegram *t, str token, int64_t by, str address, arena *a, struct bot_info *out);
err tg_clear_token(struct telegram *t, int64_t by, str address, arena *a, struct bot_info *out);

#endif
