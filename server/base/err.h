/* Domain errors. They know no HTTP: net owns the table from kind to status. `assert` is for our bugs, err for
 * external causes. An err is returned by value; err_ok means that there is none. */
#ifndef SB_BASE_ERR_H
#define SB_BASE_ERR_H

#include "base/str.h"

/* The kind of error, which decides the HTTP status, the retry policy and the log level. */
enum err_kind {
  KIND_NONE,
  KIND_BAD_INPUT,     /* 400 */
  KIND_UNPROCESSABLE, /* 422 */
  KIND_UNAUTHORIZED,  /* 401 */
  KIND_FORBIDDEN,     /* 403 */
  KIND_NOT_FOUND,     /* 404 */
  KIND_METHOD,        /* 405 */
  KIND_SLOW,          /* 408 */
  KIND_CONFLICT,      /* 409 */
  KIND_TOO_LARGE,     /* 413 */
  KIND_MEDIA_TYPE,    /* 415 */
  KIND_RATE,          /* 429 */
  KIND_INTERNAL,      /* 500 */
  KIND_UPSTREAM,      /* 502 */
  KIND_OVERLOADED,    /* 503 */
};

enum err_code {
  ERR_NONE,
#define ERROR(name, text, kind, message) ERR_##name,
#include "spec/errors.tbl"
#undef ERROR
  ERR_COUNT
};

typedef struct err {
  enum err_code code;
  uint32_t retry_ms; /* for KIND_RATE and KIND_OVERLOADED; 0 means unknown */
  const char *field; /* static storage; NULL when no field is at fault */
  char detail[160];  /* English, for people; empty means the code's own message */
} err;

#define err_ok ((err){0})
static inline bool err_is(err e) { return e.code != ERR_NONE; }
err err_make(enum err_code code);
err err_field(enum err_code code, const char *field);
/* A detail that is too long is cut at a code point. */
err err_detail(enum err_code code, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
err err_retry(enum err_code code, uint32_t retry_ms);

enum err_kind err_kind_of(enum err_code code);
const char *err_text(enum err_code code); /* "invalid_field" */
const char *err_message(const err *e);    /* the detail, else the code's message */

#endif
