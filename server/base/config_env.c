/* The .env format: see config.h. Strict wherever a mistake would silently change a value. */
#include "base/config.h"

#include <string.h>

struct reader {
  str text;
  size_t at;
  int line;
  arena *a;
};

static err bad(const struct reader *r, int line, const char *why) {
  (void)r;
  return err_detail(ERR_INVALID_FIELD, NULL, ".env line %d: %s", line, why);
}

static bool more(const struct reader *r) { return r->at < r->text.len; }
static char peek(const struct reader *r) { return more(r) ? r->text.ptr[r->at] : '\n'; }

static void skip_spaces(struct reader *r) {
  while (more(r) && (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r')) r->at++;
}

static bool is_name(char c, bool first) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static str take_name(struct reader *r) {
  size_t from = r->at;
  while (more(r) && is_name(peek(r), r->at == from)) r->at++;
  return str_sub(r->text, from, r->at);
}

/* Only a comment may follow a value. */
static err finish_line(struct reader *r) {
  size_t before = r->at;
  skip_spaces(r);
  if (more(r) && peek(r) == '#' && r->at > before) r->at = str_index(r->text, '\n', r->at);
  if (more(r) && peek(r) != '\n') return bad(r, r->line, "something follows the closing quote");
  return err_ok;
}

static char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '\\':
    case '"':
    case '$': return c;
    default: return 0;
  }
}

static err take_quoted(struct reader *r, str *out) {
  int started = r->line;
  char quote = peek(r);
  size_t end = ++r->at;
  while (end < r->text.len && r->text.ptr[end] != quote) end += quote == '"' && r->text.ptr[end] == '\\' ? 2 : 1;
  if (end >= r->text.len) return bad(r, started, "the closing quote is missing");
  char *value = arena_alloc(r->a, end - r->at + 1);
  size_t n = 0;
  for (; r->at < end; r->at++) {
    char c = peek(r);
    if (c == '\n') r->line++;
    char escape = quote == '"' && c == '\\' ? unescaped(r->text.ptr[r->at + 1]) : 0;
    if (escape) r->at++; /* an unknown escape is kept, including the backslash */
    value[n++] = escape ? escape : c;
  }
  r->at = end + 1;
  *out = (str){value, n};
  return finish_line(r);
}

static str take_plain(struct reader *r) {
  size_t from = r->at, end = str_index(r->text, '\n', from);
  str line = str_sub(r->text, from, end);
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] == '#' && (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t')) line.len = i;
  r->at = end;
  line = str_trim(line);
  return line.len ? line : S("");
}

static err take_pair(struct reader *r, struct config_pair *out) {
  out->line = r->line;
  out->name = take_name(r);
  if (str_eq(out->name, S("export")) && (peek(r) == ' ' || peek(r) == '\t')) {
    skip_spaces(r);
    out->name = take_name(r);
  }
  if (out->name.len == 0) return bad(r, r->line, "a name of letters, digits and underscores is expected");
  skip_spaces(r);
  if (!more(r) || peek(r) != '=') return bad(r, r->line, "= is expected after the name");
  r->at++;
  skip_spaces(r);
  if (peek(r) == '"' || peek(r) == '\'') return take_quoted(r, &out->value);
  out->value = take_plain(r);
  return err_ok;
}

err config_parse_env(str text, arena *a, struct config_pair **out, size_t *count) {
  *out = NULL;
  *count = 0;
  if (text.len > CONFIG_ENV_FILE_MAX_BYTES)
    return err_detail(ERR_TOO_LARGE, NULL, ".env is larger than %d bytes", CONFIG_ENV_FILE_MAX_BYTES);
  if (str_starts(text, S("\xEF\xBB\xBF"))) text = str_sub(text, 3, text.len);
  struct reader r = {.text = text, .line = 1, .a = a};
  if (str_has_nul(text) || !str_utf8_valid(text)) return err_detail(ERR_INVALID_FIELD, NULL, ".env is not UTF-8 text");
  size_t lines = 1;
  for (size_t i = str_index(text, '\n', 0); i < text.len; i = str_index(text, '\n', i + 1)) lines++;
  struct config_pair *pairs = arena_array(a, struct config_pair, lines);
  for (; more(&r); r.at++, r.line++) { /* each turn ends at a line break */
    skip_spaces(&r);
    if (peek(&r) == '#') r.at = str_index(text, '\n', r.at);
    if (peek(&r) == '\n') continue;
    err e = take_pair(&r, &pairs[*count]);
    if (err_is(e)) return e;
    ++*count;
  }
  *out = pairs;
  return err_ok;
}
