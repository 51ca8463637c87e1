/* Logs are events with fields: LOG_INFO("outbox.sent", LOG_I("conv", id), LOG_I("took_ms", ms)).
 * One line per call, as key=value or JSON, to stdout and to LOG_FILE; the write is one system call, safe from any thread.
 * A value is cut at 400 code points, a line has at most 8 KiB: fields that do not fit are left out.
 * Never pass a message's text, a token or a password. */
#ifndef SB_BASE_LOG_H
#define SB_BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_field {
  const char *key;
  enum { LOG_FIELD_END, LOG_FIELD_I64, LOG_FIELD_STR } type;
  int64_t i;
  str s;
};

#define LOG_I(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_I64, .i = (int64_t)(v)})
#define LOG_S(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_STR, .s = (v)})
#define LOG_C(k, v) LOG_S(k, str_c(v))
/* The code and detail of an err. */
#define LOG_E(e) LOG_C("code", err_text((e).code)), LOG_C("detail", err_message(&(e)))

#define LOG_AT(level, event, ...) \
  log_write((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.type = LOG_FIELD_END}})
#define LOG_DEBUG(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define LOG_INFO(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_WARN(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define LOG_ERROR(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)

/* Before any thread starts. file_path may be NULL; a file that cannot be opened is an error, and logging to stdout
 * continues. */
err log_open(enum log_level level, enum log_format format, const char *file_path);
/* Reopens the file: for SIGHUP after a rotation. Any thread. */
void log_reopen(void);
void log_close(void);
bool log_level_parse(str name, enum log_level *out); /* debug, info, warn, error */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
/* How many lines of this level were written since the start: for /metrics. */
uint64_t log_count(enum log_level level);

#endif
