/* See tg_state.h. */
#include "edge/telegram/bot/tg_state.h"

#include "desk/bus/bus.h"

static const char *const state_texts[] = {
    [BOT_UNSET] = "unset",
    [BOT_CONNECTING] = "connecting",
    [BOT_OK] = "ok",
    [BOT_UNAUTHORIZED] = "unauthorized",
    [BOT_CONFLICT] = "conflict",
    [BOT_UNREACHABLE] = "unreachable",
};
const struct json_enum bot_state_names = {"BotState", state_texts, JSON_COUNT(state_texts), NULL};

static const char *const mode_texts[] = {[BOT_POLLING] = "polling", [BOT_WEBHOOK] = "webhook"};
const struct json_enum bot_mode_names = {"UpdatesMode", mode_texts, JSON_COUNT(mode_texts), NULL};

static const struct json_field fields[] = {
    {"state", JSON_ENUM, 0, offsetof(struct bot_info, state), 0, 0, NULL, &bot_state_names, NULL},
    {"mode", JSON_ENUM, 0, offsetof(struct bot_info, mode), 0, 0, NULL, &bot_mode_names, NULL},
    {"id", JSON_ID, JSON_NULLABLE, offsetof(struct bot_info, id), 0, 0, NULL, NULL, NULL},
    {"username", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, username), 0, 0, NULL, NULL, NULL},
    {"name", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, name), 0, 0, NULL, NULL, NULL},
    {"error", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, error), 0, 0, NULL, NULL,
     "Telegram's words when the state is not ok."},
    {"checked_at", JSON_TIME, JSON_NULLABLE, offsetof(struct bot_info, checked_at), 0, 0, NULL, NULL, NULL},
};
JSON_SHAPE(bot_shape, "Bot", struct bot_info, fields, "The bot that customers write to. Its token is never shown.");

static const struct json_field change_fields[] = {
    {.name = "bot", .type = JSON_OBJECT, .offset = offsetof(struct event_bot_status_change, bot), .shape = &bot_shape},
};
JSON_SHAPE(event_bot_status_change_shape, "BotStatusChangeEvent", struct event_bot_status_change, change_fields, NULL);

struct change_ctx {
  const struct bot_info *now;
  struct actor by;
  int64_t now_ms;
};

static err append(db_conn *c, void *ctx) {
  const struct change_ctx *change = ctx;
  struct event_about about = {.id = change->now->id, .by = change->by};
  return emit_bot_status_change(c, &about, &(struct event_bot_status_change){change->now}, change->now_ms);
}

err bot_changed(struct desk *d, const struct bot_info *now, const struct actor *by) {
  struct change_ctx change = {now, *by, desk_now(d)};
  return desk_write(d, append, &change);
}
