/* The bot as the panel sees it. The desk knows no Telegram: app/ plugs the channel's edge in as a bot_control. */
#ifndef SB_DESK_BOT_BOT_H
#define SB_DESK_BOT_BOT_H

#include "base/json.h"
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

struct bot_control {
  void *self;
  /* The state now; strings in `a`. Any thread. */
  void (*info)(void *self, arena *a, struct bot_info *out);
  /* Asks the channel about the token first (getMe); stores it sealed and switches over only when it is good.
   * ERR_BOT_TOKEN_INVALID, ERR_BOT_UNREACHABLE. Blocks for a network answer. */
  err (*set_token)(void *self, str token, int64_t by, arena *a, struct bot_info *out);
  err (*clear_token)(void *self, int64_t by, arena *a, struct bot_info *out);
};
/* Appends bot_status_change; for the edge, whenever what info() tells has changed. */
err bot_changed(struct desk *d, const struct bot_info *now);

#endif
