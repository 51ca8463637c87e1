/* See err.h; the rows are spec/errors.tbl. */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *text, *message;
  enum err_kind kind;
} rows[] = {
    [ERR_NONE] = {"none", "", KIND_NONE},
#define ERROR(name, code_text, code_kind, code_message) [ERR_##name] = {code_text, code_message, KIND_##code_kind},
#include "spec/errors.tbl"
#undef ERROR
};

err err_make(enum err_code code) { return (err){.code = code}; }

err err_field(enum err_code code, const char *field) { return (err){.code = code, .field = field}; }

err err_retry(enum err_code code, uint32_t retry_ms) { return (err){.code = code, .retry_ms = retry_ms}; }

err err_detail(enum err_code code, const char *field, const char *format, ...) {
  err e = {.code = code, .field = field};
  va_list args;
  va_start(args, format);
  int n = vsnprintf(e.detail, sizeof e.detail, format, args);
  va_end(args);
  if (n >= (int)sizeof e.detail) { /* the cut may have split a code point */
    size_t len = sizeof e.detail - 1;
    while (len && ((unsigned char)e.detail[len - 1] & 0xC0) == 0x80) len--;
    if (len && (unsigned char)e.detail[len - 1] >= 0xC0) len--;
    e.detail[len] = 0;
  }
  return e;
}

enum err_kind err_kind_of(enum err_code code) {
  assert(code < ERR_COUNT);
  return rows[code].kind;
}

const char *err_text(enum err_code code) {
  assert(code < ERR_COUNT);
  return rows[code].text;
}

const char *err_message(const err *e) { return e->detail[0] ? e->detail : rows[e->code].message; }
