/* The profile of a bot: its name, its descriptions, its commands in several languages, its menu button. The desk stores what it
 * wants; Telegram is asked what it shows; the differences are pushed when an administrator says so. Nothing is pushed by itself,
 * because a profile may also be changed at @BotFather. */
#ifndef SB_EDGE_TELEGRAM_TG_PROFILE_H
#define SB_EDGE_TELEGRAM_TG_PROFILE_H

#include "edge/telegram/bot/tg_state.h"

enum profile_part {
  PROFILE_NAME,
  PROFILE_ABOUT, /* Telegram's short description */
  PROFILE_DESCRIPTION,
  PROFILE_COMMANDS,
  PROFILE_MENU_BUTTON, /* of no language */
  PROFILE_PARTS
};
enum profile_menu { PROFILE_MENU_DEFAULT, PROFILE_MENU_COMMANDS, PROFILE_MENU_WEB_APP };
extern const struct json_enum profile_part_names, profile_menu_names;
enum { PROFILE_LANGUAGES_MAX = 20, PROFILE_COMMANDS_MAX = 100 };

struct profile_command {
  str command, description;
};
/* In one language. Of settings to store, absent: it stays as it is; empty: Telegram shows that of all languages, or nothing. */
struct profile_words {
  str name, about, description;
  struct json_list commands; /* of struct profile_command */
};
struct profile_button {
  int type;      /* enum profile_menu */
  str text, url; /* of a web app */
};
struct profile_settings_words {
  str language; /* "" for everybody else; else two letters */
  struct profile_words words;
};
struct profile_settings {
  struct json_list languages;               /* of struct profile_settings_words */
  const struct profile_button *menu_button; /* NULL: it stays as it is */
};
extern const struct json_shape profile_settings_shape, bot_profile_shape, profile_push_shape,
    profile_push_request_shape;

struct profile_language {
  str language;
  struct profile_words wanted, current;
  const struct profile_words *wanted_ref, *current_ref; /* the same, for the shape */
  struct json_list differs;                             /* of str: the parts */
};
struct profile_menu_state {
  const struct profile_button *wanted, *current;
  bool differs;
};
struct bot_profile {
  struct json_list languages; /* of struct profile_language; the first is "" */
  const struct profile_menu_state *menu_button;
};
/* Asks Telegram: four calls a language and one. Blocks. ERR_NOT_FOUND, ERR_BOT_UNREACHABLE. */
err tg_profile_show(struct telegram *t, int64_t id, arena *a, struct bot_profile *out);
/* Stores the settings. ERR_NOT_FOUND; ERR_INVALID_FIELD: a language twice, or a web app without a text and an address. */
err tg_profile_set(struct telegram *t, int64_t id, const struct profile_settings *settings,
                   const struct tg_requester *requester);

enum profile_outcome { PROFILE_DONE, PROFILE_FAILED, PROFILE_WAITING };
struct profile_step {
  int part, outcome;
  str language, error; /* error: absent when done */
  int64_t retry_at;    /* waiting: Telegram takes no change before; 0: none */
};
struct profile_push {
  struct json_list steps; /* of struct profile_step: the differences, in order */
};
struct profile_push_request { /* which difference; absent, -1: any */
  str language;
  int part;
};
/* Pushes the differences one after another. After a 429 the same part is not tried again before Telegram's time, by any process.
 * Blocks. ERR_NOT_FOUND, ERR_BOT_UNREACHABLE. */
err tg_profile_push(struct telegram *t, int64_t id, const struct profile_push_request *request,
                    const struct tg_requester *requester, struct profile_push *out);

#endif
