/* See chunked.h. */
#include "net/chunked.h"

#include "net/parse.h"

enum {
  AT_SIZE, /* zero: the start */
  AT_EXTENSION,
  AT_SIZE_LF,
  AT_DATA,
  AT_DATA_CR,
  AT_DATA_LF,
  AT_TRAILER, /* the first byte of a line */
  AT_TRAILER_NAME,
  AT_TRAILER_VALUE,
  AT_TRAILER_LF,
  AT_LAST_LF,
  AT_DONE,
};

bool chunked_done(const struct chunked *c) { return c->state == AT_DONE; }

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool take_size(struct chunked *c, char ch) {
  int digit = hex_digit(ch);
  if (digit >= 0) {
    if (++c->digits > 15) return false; /* a size of 2^60 cannot be genuine */
    c->left = c->left << 4 | (uint64_t)digit;
    return true;
  }
  if (c->digits == 0) return false;
  if (ch == '\r') {
    c->state = AT_SIZE_LF;
    return true;
  }
  if (ch != ';' && ch != ' ' && ch != '\t') return false;
  c->state = AT_EXTENSION;
  return true;
}

static bool take_extension(struct chunked *c, char ch) {
  if (ch == '\r') {
    c->state = AT_SIZE_LF;
    return true;
  }
  return ++c->extension_bytes <= CHUNKED_EXTENSION_MAX && http_is_field_value((str){&ch, 1});
}

static bool take_trailer(struct chunked *c, char ch) {
  if (++c->trailer_bytes > CHUNKED_TRAILER_MAX) return false;
  switch (c->state) {
    case AT_TRAILER:
      if (ch == '\r') {
        c->state = AT_LAST_LF;
        return true;
      }
      c->state = AT_TRAILER_NAME;
      return http_is_token((str){&ch, 1});
    case AT_TRAILER_NAME:
      if (ch == ':') {
        c->state = AT_TRAILER_VALUE;
        return true;
      }
      return http_is_token((str){&ch, 1});
    default:
      if (ch == '\r') {
        c->state = AT_TRAILER_LF;
        return true;
      }
      return http_is_field_value((str){&ch, 1});
  }
}

/* Processes one byte that is not data. */
static bool take(struct chunked *c, char ch) {
  switch (c->state) {
    case AT_SIZE: return take_size(c, ch);
    case AT_EXTENSION: return take_extension(c, ch);
    case AT_SIZE_LF: c->state = c->left ? AT_DATA : AT_TRAILER; return ch == '\n';
    case AT_DATA_CR: c->state = AT_DATA_LF; return ch == '\r';
    case AT_DATA_LF:
      c->state = AT_SIZE;
      c->digits = 0;
      return ch == '\n';
    case AT_TRAILER_LF: c->state = AT_TRAILER; return ch == '\n';
    case AT_LAST_LF: c->state = AT_DONE; return ch == '\n';
    default: return take_trailer(c, ch);
  }
}

int64_t chunked_feed(struct chunked *c, const char *p, size_t n, str *data) {
  *data = (str){p, 0};
  for (size_t i = 0; i < n; i++) {
    if (c->state == AT_DONE) return (int64_t)i;
    if (c->state == AT_DATA) {
      size_t run = c->left < n - i ? (size_t)c->left : n - i;
      *data = (str){p + i, run};
      c->left -= run;
      if (c->left == 0) c->state = AT_DATA_CR;
      return (int64_t)(i + run);
    }
    if (!take(c, p[i])) return -1;
  }
  return (int64_t)n;
}
