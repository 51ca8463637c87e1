/* Shared by the config files. */
#ifndef SB_BASE_CONFIG_INTERNAL_H
#define SB_BASE_CONFIG_INTERNAL_H

#include "base/config.h"

enum setting_type {
  SETTING_TEXT,
  SETTING_URL,
  SETTING_INT,
  SETTING_BOOL,
  SETTING_WORD,
  SETTING_LIST,
  SETTING_ORIGINS,
  SETTING_DURATION,
};

struct setting {
  const char *name;
  enum setting_type type;
  const char *fallback;
  bool secret;
  const char *words; /* separated by spaces, as are the aliases */
  int64_t min, max;
  const char *aliases, *meaning;
};
extern const struct setting config_settings[CONFIG_COUNT];

struct setting_value {
  str text; /* NUL-terminated, normalised */
  bool given;
  int64_t number;
  struct config_list list;
};

/* Parses and normalises a value; errors name `name`, the variable that was set. */
err config_read_value(const struct setting *s, str name, str text, arena *a, struct setting_value *out);
/* An example's placeholder that was never filled in. */
bool config_is_placeholder(str value);
/* Converts an alias's value to the form of its primary name: days to a duration, a host to an address. */
str config_from_alias(str name, str value, arena *a);
/* A DATABASE_URL put together from its pieces, or STR_NONE. find returns STR_NONE for a missing name. */
typedef str (*config_find)(void *user, const char *name);
str config_compose_database(config_find find, void *user, arena *a);
/* Is this name one of the pieces? */
bool config_is_database_piece(str name);
/* postgresql+driver:// as postgresql://, sqlite:///path as sqlite:/path. False for any other form. */
bool config_normalise_database(str url, arena *a, str *out);

#endif
