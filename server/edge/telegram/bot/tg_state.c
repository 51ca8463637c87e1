/* See tg_state.h. */
#include "edge/telegram/bot/tg_state.h"

#include "desk/account/account.h"
#include "desk/bus/bus.h"

static const char *const state_texts[] = {
    [BOT_UNSET] = "unset",
    [BOT_CONNECTING] = "connecting",
    [BOT_OK] = "ok",
    [BOT_UNAUTHORIZED] = "unauthorized",
    [BOT_CONFLICT] = "conflict",
    [BOT_UNREACHABLE] = "unreachable",
    [BOT_PAUSED] = "paused",
};
const struct json_enum bot_state_names = {"BotState", state_texts, JSON_COUNT(state_texts), NULL};

static const char *const mode_texts[] = {[BOT_POLLING] = "polling", [BOT_WEBHOOK] = "webhook"};
const struct json_enum bot_mode_names = {"UpdatesMode", mode_texts, JSON_COUNT(mode_texts), NULL};

static const char *const updates_texts[] = {
    [BOT_AUTO] = "auto", [BOT_ALWAYS_POLLING] = "polling", [BOT_ALWAYS_WEBHOOK] = "webhook"};
const struct json_enum bot_updates_names = {"BotUpdates", updates_texts, JSON_COUNT(updates_texts), NULL};

static const struct json_field settings_fields[] = {
    {"api_url", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, api_url), 0, 0, NULL, NULL,
     "Its Bot API server; null: the configured one."},
    {"proxy", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, proxy), 0, 0, NULL, NULL,
     "The proxy on the way there, without its password; null: the configured one."},
    {"greeting", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, greeting), 0, 0, NULL, NULL,
     "The answer to a customer who starts this bot; empty: none; null: the desk's."},
    {"greeting_ru", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, greeting_ru), 0, 0, NULL, NULL,
     "The same for customers who speak Russian."},
    {"first_contact", JSON_ENUM, 0, offsetof(struct bot_settings, first_contact), 0, 0, NULL,
     &account_first_contact_names,
     "What a new customer must do before the desk sees their messages: nothing, press a button, or answer a simple "
     "sum."},
    {"check_text", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, check_text), 0, 0, NULL, NULL,
     "The text above the button or the sum; null or empty: the default."},
    {"check_text_ru", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, check_text_ru), 0, 0, NULL, NULL,
     "The same for customers who speak Russian."},
    {"block_text", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, block_text), 0, 0, NULL, NULL,
     "What a customer who is blocked is told once, when they write; null or empty: nothing."},
    {"block_text_ru", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_settings, block_text_ru), 0, 0, NULL, NULL,
     "The same for customers who speak Russian."},
    {"updates", JSON_ENUM, 0, offsetof(struct bot_settings, updates), 0, 0, NULL, &bot_updates_names,
     "How updates come. auto: by the webhook if TELEGRAM_WEBHOOK_URL is set, and by polling while Telegram does not "
     "reach it."},
    {"webhook_possible", JSON_BOOL, 0, offsetof(struct bot_settings, webhook_possible), 0, 0, NULL, NULL,
     "TELEGRAM_WEBHOOK_URL is set."},
    {"from_environment", JSON_BOOL, 0, offsetof(struct bot_settings, from_environment), 0, 0, NULL, NULL,
     "The token is TELEGRAM_BOT_TOKEN."},
};
static JSON_SHAPE(settings_shape, "BotSettings", struct bot_settings, settings_fields, "What administrators set.");

static const struct json_field fields[] = {
    {"state", JSON_ENUM, 0, offsetof(struct bot_info, state), 0, 0, NULL, &bot_state_names, NULL},
    {"mode", JSON_ENUM, 0, offsetof(struct bot_info, mode), 0, 0, NULL, &bot_mode_names, NULL},
    {"id", JSON_ID, JSON_NULLABLE, offsetof(struct bot_info, id), 0, 0, NULL, NULL,
     "Its id in Telegram; null when no bot is connected."},
    {"username", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, username), 0, 0, NULL, NULL, NULL},
    {"name", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, name), 0, 0, NULL, NULL, NULL},
    {"error", JSON_STRING, JSON_NULLABLE, offsetof(struct bot_info, error), 0, 0, NULL, NULL,
     "Telegram's words when the state is not ok; with fallback, why the webhook was given up."},
    {"checked_at", JSON_TIME, JSON_NULLABLE, offsetof(struct bot_info, checked_at), 0, 0, NULL, NULL, NULL},
    {"position", JSON_INT, 0, offsetof(struct bot_info, position), 0, INT64_MAX, NULL, NULL,
     "The order of the list; the lowest is the first bot."},
    {"paused", JSON_BOOL, 0, offsetof(struct bot_info, paused), 0, 0, NULL, NULL,
     "It fetches and sends nothing until it goes on; everything waits."},
    {"removed", JSON_BOOL, 0, offsetof(struct bot_info, removed), 0, 0, NULL, NULL,
     "It is not connected any more; its conversations can be read."},
    {"successor_id", JSON_ID, JSON_NULLABLE, offsetof(struct bot_info, successor_id), 0, 0, NULL, NULL,
     "The bot that replaces it: its customers continue their conversations there."},
    {"fallback", JSON_BOOL, 0, offsetof(struct bot_info, fallback), 0, 0, NULL, NULL,
     "It polls for now, because Telegram does not reach its webhook."},
    {"settings", JSON_OBJECT, JSON_OPTIONAL, offsetof(struct bot_info, settings), 0, 0, &settings_shape, NULL,
     "For those who may manage bots, in the routes below /api/bots."},
};
JSON_SHAPE(bot_shape, "Bot", struct bot_info, fields, "A bot that customers write to. Its token is never shown.");

static const struct json_field webhook_fields[] = {
    {"url", JSON_STRING, JSON_NULLABLE, offsetof(struct webhook_info, url), 0, 0, NULL, NULL,
     "Where Telegram posts the bot's updates; of another server only the host; null: nowhere."},
    {"wanted_url", JSON_STRING, JSON_NULLABLE, offsetof(struct webhook_info, wanted_url), 0, 0, NULL, NULL,
     "Where Telegram shall post them; null: the bot polls."},
    {"ours", JSON_BOOL, 0, offsetof(struct webhook_info, ours), 0, 0, NULL, NULL, "url is this desk's."},
    {"pending", JSON_INT, 0, offsetof(struct webhook_info, pending), 0, INT64_MAX, NULL, NULL,
     "How many updates wait at Telegram."},
    {"last_error", JSON_STRING, JSON_NULLABLE, offsetof(struct webhook_info, last_error), 0, 0, NULL, NULL,
     "Why the last failed delivery failed, in Telegram's words."},
    {"last_error_at", JSON_TIME, JSON_NULLABLE, offsetof(struct webhook_info, last_error_at), 0, 0, NULL, NULL, NULL},
};
JSON_SHAPE(webhook_info_shape, "BotWebhook", struct webhook_info, webhook_fields,
           "What Telegram says of a bot's webhook at this moment.");

static const struct json_field change_fields[] = {
    {.name = "bot", .type = JSON_OBJECT, .offset = offsetof(struct event_bot_status_change, bot), .shape = &bot_shape},
};
JSON_SHAPE(event_bot_status_change_shape, "BotStatusChangeEvent", struct event_bot_status_change, change_fields, NULL);
