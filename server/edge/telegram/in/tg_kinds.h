/* The kinds of update that the desk asks Telegram for: spec/updates.tbl. */
#ifndef SB_EDGE_TELEGRAM_TG_KINDS_H
#define SB_EDGE_TELEGRAM_TG_KINDS_H

#include "base/arena.h"

/* The allowed_updates of getUpdates and setWebhook, a JSON array. */
str tg_allowed_updates(arena *a);
/* Whether a WebhookInfo's allowed_updates asks for the same kinds, in any order. Absent: Telegram's default, which is not
 * the same. */
bool tg_asks_for_ours(str allowed_updates);

enum tg_update_handling {
  TG_UPDATE_READ,
  TG_UPDATE_KEPT,
  TG_UPDATE_LEFT,
  TG_UPDATE_UNKNOWN /* newer than the table */
};
enum tg_update_handling tg_update_handling_of(str name);

#endif
