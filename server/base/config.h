/* Configuration: the environment, then a .env file, under the names of config.tbl and their aliases.
 *
 * An environment variable wins over the file, and in each the primary name over an alias; if two names of one setting
 * have different values, a notice names the one used. An empty value counts as not set. So does a placeholder left from
 * an example ("your_bot_token"), with a notice. Settings that other support desks had and this server does not need are
 * accepted with a notice. Values of secrets appear in no error, notice or print.
 *
 * Loaded once before any thread starts; reading is safe from any thread. */
#ifndef SB_BASE_CONFIG_H
#define SB_BASE_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum config_key {
#define SETTING(name, type, fallback, secret, words, min, max, aliases, meaning) CONFIG_##name,
#define IGNORED(name, why)
#include "base/config.tbl"
#undef SETTING
#undef IGNORED
  CONFIG_COUNT
};

enum {
  CONFIG_ENV_FILE_MAX_BYTES = 64 << 10,
  CONFIG_VALUE_MAX_BYTES = 16 << 10,
  CONFIG_LIST_MAX = 64,
};

typedef struct config config;

/* environment: in the form of environ; NULL: none. env_path: NULL, or a missing file: none. Errors have the primary
 * name as field (NULL for a .env that cannot be read or parsed, by line) and a detail that names the allowed values. */
err config_load(const char *const *environment, const char *env_path, config **out);
void config_free(config **c);

/* Each asserts that the setting has the type asked for. Strings are borrowed from the config. */
const char *config_str(const config *c, enum config_key key); /* any type, as normalised; "" when there is none */
int64_t config_int(const config *c, enum config_key key);     /* numbers, and durations in seconds */
bool config_bool(const config *c, enum config_key key);
int config_word(const config *c, enum config_key key); /* the index among the row's words */
struct config_list {
  const str *items;
  size_t count;
};
struct config_list config_list(const config *c, enum config_key key);
/* Set under any of its names; false: the default is used. */
bool config_is_set(const config *c, enum config_key key);
const char *config_name(enum config_key key);

/* Notices for whoever starts the server: ignored names, weak secrets. */
size_t config_notice_count(const config *c);
const char *config_notice(const config *c, size_t i);
void config_log_notices(const config *c);

/* The table for the README. */
void config_print_markdown(buf *out);
/* NAME=value lines of the effective values, secrets as "(set)": for `doctor`. */
void config_print_values(const config *c, buf *out);

/* ---- the .env format, public for its tests ---- Lines of NAME=value with an optional "export"; # begins a comment at
 * the start of a line or after a space; 'as it is', "with \n \r \t \\ \" \$", quoted values may go over several lines.
 * $NAME is not replaced. If a name occurs twice, the last value counts. */
struct config_pair {
  str name, value;
  int line;
};
/* ERR_INVALID_FIELD with ".env line 3: …", which never repeats a value; ERR_TOO_LARGE. */
err config_parse_env(str text, arena *a, struct config_pair **out, size_t *count);

#endif
