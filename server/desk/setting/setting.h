/* Settings changed in the panel: small texts by key. Secrets are sealed with the process's key. */
#ifndef SB_DESK_SETTING_SETTING_H
#define SB_DESK_SETTING_SETTING_H

#include "base/json.h"
#include "desk/desk.h"

/* Written by the server itself: addresses of misconfigured proxies seen since its start, separated by spaces.
 * Without a prefix: TRUSTED_PROXIES does not name the proxy. With the prefix SETTING_PROXY_SILENT: it forwards
 * requests without naming the client. */
#define SETTING_UNTRUSTED_PROXIES "untrusted_proxies"
#define SETTING_PROXY_SILENT      "silent:"

/* Set while files are kept in the local folder although the configuration names an object store: `storage move s3 local`. */
#define SETTING_FILES_HELD "files_held"

/* Absent when never set. */
err setting_get(db_conn *c, const char *key, arena *a, str *out);
err setting_set(db_conn *c, const char *key, str value, int64_t by, int64_t now_ms);
err setting_remove(db_conn *c, const char *key);
err setting_get_secret(struct desk *d, db_conn *c, const char *key, arena *a, str *out);
err setting_set_secret(struct desk *d, db_conn *c, const char *key, str value, int64_t by, int64_t now_ms, arena *a);
/* The keys of sealed settings that the current key cannot decrypt. */
err setting_unreadable(struct desk *d, db_conn *c, arena *a, str *keys, size_t max, size_t *count);
/* Whether a language is Russian: "ru", "ru-RU"; not "run". */
bool setting_is_russian(str language);
/* The greeting for a language ("ru", "en-GB"): the configured one, else the default; empty means none is sent. */
err setting_greeting(db_conn *c, str language, arena *a, str *out);

/* The greeting of the day for a language: absent counts as Russian, any other language as English. {user_name} stands
 * for the customer's name; empty means none is shown. */
err setting_daily_greeting(db_conn *c, str language, arena *a, str *out);
/* The time zone of the desk's days; "UTC" when never set. */
err setting_time_zone(db_conn *c, arena *a, str *out);

#endif
