/* The shapes of a bot's profile. */
#include "edge/telegram/bot/tg_profile.h"

#include <stddef.h>

enum {
  NAME_MAX = 64,
  ABOUT_MAX = 120,
  DESCRIPTION_MAX = 512,
  COMMAND_MAX = 32,
  COMMAND_WORDS_MAX = 256,
  BUTTON_MAX = 64
};
enum { URL_MAX = 2000 };

static const char *const parts[] = {[PROFILE_NAME] = "name",
                                    [PROFILE_ABOUT] = "about",
                                    [PROFILE_DESCRIPTION] = "description",
                                    [PROFILE_COMMANDS] = "commands",
                                    [PROFILE_MENU_BUTTON] = "menu_button"};
const struct json_enum profile_part_names = {"BotProfilePart", parts, JSON_COUNT(parts), NULL};
static const char *const menus[] = {
    [PROFILE_MENU_DEFAULT] = "default", [PROFILE_MENU_COMMANDS] = "commands", [PROFILE_MENU_WEB_APP] = "web_app"};
const struct json_enum profile_menu_names = {"BotMenuButtonType", menus, JSON_COUNT(menus), NULL};
static const char *const outcomes[] = {
    [PROFILE_DONE] = "done", [PROFILE_FAILED] = "failed", [PROFILE_WAITING] = "waiting"};
static const struct json_enum outcome_names = {"BotProfileOutcome", outcomes, JSON_COUNT(outcomes), NULL};

static const struct json_field command_fields[] = {
    {.name = "command",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct profile_command, command),
     .min = 1,
     .max = COMMAND_MAX,
     .pattern = "^[a-z0-9_]*$",
     .doc = "Without the slash."},
    {.name = "description",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = offsetof(struct profile_command, description),
     .min = 1,
     .max = COMMAND_WORDS_MAX},
};
static JSON_SHAPE(command_shape, "BotProfileCommand", struct profile_command, command_fields, NULL);

#define WISHED (JSON_NULLABLE | JSON_OPTIONAL | JSON_TRIM | JSON_ABSENT_IS_NONE)
#define WORDS(at, flag)                                                                                              \
  {.name = "name", .type = JSON_STRING, .flags = flag, .offset = at(name), .max = NAME_MAX},                         \
      {.name = "about",                                                                                              \
       .type = JSON_STRING,                                                                                          \
       .flags = flag,                                                                                                \
       .offset = at(about),                                                                                          \
       .max = ABOUT_MAX,                                                                                             \
       .doc = "Shown on its page, and with its link."},                                                              \
      {.name = "description",                                                                                        \
       .type = JSON_STRING,                                                                                          \
       .flags = flag,                                                                                                \
       .offset = at(description),                                                                                    \
       .max = DESCRIPTION_MAX,                                                                                       \
       .doc = "Shown in the chat before the customer presses start."},                                               \
  {                                                                                                                  \
    .name = "commands", .type = JSON_LIST, .flags = (flag) & ~(unsigned)JSON_TRIM, .offset = at(commands), .min = 0, \
    .max = PROFILE_COMMANDS_MAX, .shape = &command_shape                                                             \
  }
#define AT_WORDS(member)    offsetof(struct profile_words, member)
#define AT_SETTINGS(member) offsetof(struct profile_settings_words, words.member)
static const struct json_field words_fields[] = {WORDS(AT_WORDS, JSON_NULLABLE)};
static JSON_SHAPE(words_shape, "BotProfileWords", struct profile_words, words_fields,
                  "Of what the desk wants, null: it stays as it is; empty: as for all languages, or none.");
static const struct json_field settings_words_fields[] = {
    {.name = "language",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct profile_settings_words, language),
     .max = 2,
     .pattern = "^([a-z][a-z])?$",
     .doc = "Two letters (ISO 639-1); empty: for everybody else."},
    WORDS(AT_SETTINGS, WISHED),
};
static JSON_SHAPE(settings_words_shape, "BotProfileWishWords", struct profile_settings_words, settings_words_fields,
                  "What is null or absent stays as it is.");
static const struct json_field button_fields[] = {
    {.name = "type",
     .type = JSON_ENUM,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct profile_button, type),
     .names = &profile_menu_names},
    {.name = "text",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE | JSON_TRIM | JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_button, text),
     .max = BUTTON_MAX,
     .handler_rule = "Required for a web app."},
    {.name = "url",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE | JSON_TRIM | JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_button, url),
     .max = URL_MAX,
     .pattern = "^(https://[^ ]+)?$",
     .handler_rule = "Required for a web app."},
};
static JSON_SHAPE(menu_button_shape, "BotMenuButton", struct profile_button, button_fields, NULL);
static const struct json_field settings_fields[] = {
    {.name = "languages",
     .type = JSON_LIST,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct profile_settings, languages),
     .min = 0,
     .max = PROFILE_LANGUAGES_MAX,
     .shape = &settings_words_shape,
     .handler_rule = "Each language once."},
    {.name = "menu_button",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE | JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_settings, menu_button),
     .shape = &menu_button_shape,
     .doc = "null: it stays as it is.",
     .handler_rule = "A web app has a text and an address."},
};
JSON_SHAPE(profile_settings_shape, "BotProfileWish", struct profile_settings, settings_fields,
           "What the desk wants Telegram to show of a bot.");

static const struct json_field language_fields[] = {
    {.name = "language", .type = JSON_STRING, .offset = offsetof(struct profile_language, language)},
    {.name = "wanted",
     .type = JSON_OBJECT,
     .offset = offsetof(struct profile_language, wanted_ref),
     .shape = &words_shape},
    {.name = "current",
     .type = JSON_OBJECT,
     .offset = offsetof(struct profile_language, current_ref),
     .shape = &words_shape,
     .doc = "What Telegram shows to people of this language."},
    {.name = "differs",
     .type = JSON_STRINGS,
     .offset = offsetof(struct profile_language, differs),
     .doc = "The parts in which the two differ."},
};
static JSON_SHAPE(language_shape, "BotProfileLanguage", struct profile_language, language_fields, NULL);
static const struct json_field menu_fields[] = {
    {.name = "wanted",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE,
     .offset = offsetof(struct profile_menu_state, wanted),
     .shape = &menu_button_shape},
    {.name = "current",
     .type = JSON_OBJECT,
     .offset = offsetof(struct profile_menu_state, current),
     .shape = &menu_button_shape},
    {.name = "differs", .type = JSON_BOOL, .offset = offsetof(struct profile_menu_state, differs)},
};
static JSON_SHAPE(menu_shape, "BotProfileMenuButton", struct profile_menu_state, menu_fields, NULL);
static const struct json_field profile_fields[] = {
    {.name = "languages",
     .type = JSON_LIST,
     .offset = offsetof(struct bot_profile, languages),
     .shape = &language_shape,
     .doc = "The first is that for everybody else."},
    {.name = "menu_button",
     .type = JSON_OBJECT,
     .offset = offsetof(struct bot_profile, menu_button),
     .shape = &menu_shape},
};
JSON_SHAPE(bot_profile_shape, "BotProfile", struct bot_profile, profile_fields,
           "What the desk wants Telegram to show of a bot, beside what it shows at this moment.");

static const struct json_field request_fields[] = {
    {.name = "part",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE | JSON_OPTIONAL | JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_push_request, part),
     .names = &profile_part_names,
     .doc = "Only this part."},
    {.name = "language",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE | JSON_OPTIONAL | JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_push_request, language),
     .max = 2,
     .pattern = "^([a-z][a-z])?$",
     .doc = "Only in this language; empty: that for everybody else."},
};
JSON_SHAPE(profile_push_request_shape, "BotProfilePushOrder", struct profile_push_request, request_fields,
           "Which differences are pushed; without fields all are.");
static const struct json_field step_fields[] = {
    {.name = "part", .type = JSON_ENUM, .offset = offsetof(struct profile_step, part), .names = &profile_part_names},
    {.name = "language", .type = JSON_STRING, .offset = offsetof(struct profile_step, language)},
    {.name = "outcome",
     .type = JSON_ENUM,
     .offset = offsetof(struct profile_step, outcome),
     .names = &outcome_names,
     .doc = "waiting: Telegram takes no other change of this part before retry_at."},
    {.name = "error",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = offsetof(struct profile_step, error),
     .doc = "Why not, in Telegram's words."},
    {.name = "retry_at", .type = JSON_TIME, .flags = JSON_NULLABLE, .offset = offsetof(struct profile_step, retry_at)},
};
static JSON_SHAPE(step_shape, "BotProfileStep", struct profile_step, step_fields, NULL);
static const struct json_field push_fields[] = {
    {.name = "steps", .type = JSON_LIST, .offset = offsetof(struct profile_push, steps), .shape = &step_shape},
};
JSON_SHAPE(profile_push_shape, "BotProfilePush", struct profile_push, push_fields, "What became of each difference.");
