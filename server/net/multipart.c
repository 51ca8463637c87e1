/* See multipart.h. The delimiter begins with CR, which a boundary cannot contain: a failed match is all data, and
 * the search continues at the byte that failed. So a count of matched bytes replaces buffering them. */
#include "net/multipart.h"

#include <string.h>

enum {
  AT_PREAMBLE, /* until the first delimiter */
  AT_AFTER,    /* after a delimiter: CR, or the first dash of the end */
  AT_AFTER_LF,
  AT_AFTER_DASH,
  AT_HEAD,
  AT_DATA,
  AT_EPILOGUE,
};

static err malformed(const char *why) {
  return err_detail(ERR_BAD_REQUEST, NULL, "The multipart body is malformed: %s.", why);
}

/* Whitespace may stand between a delimiter and its line's end (RFC 2046, 5.1.1). */
static bool is_blank(char c) { return c == ' ' || c == '\t'; }

void multipart_init(struct multipart *m, str boundary) {
  memcpy(m->delimiter, "\r\n--", 4);
  size_t n = boundary.len < MULTIPART_BOUNDARY_MAX ? boundary.len : MULTIPART_BOUNDARY_MAX;
  if (n) memcpy(m->delimiter + 4, boundary.ptr, n);
  m->delimiter_len = (uint16_t)(4 + n);
  m->state = AT_PREAMBLE;
  m->matched = 2; /* the first delimiter may open the body, as if a line had ended before it */
  m->head_len = 0;
}

/* ---- parameters of a header ---- */

/* Takes `name=value` or `name="value"` with an optional ';' before it off the front; false at the end or on a syntax error.
 * A quoted value keeps its escapes. */
static bool take_parameter(str *rest, str *name, str *value, bool *quoted) {
  *rest = str_trim(*rest);
  while (rest->len && rest->ptr[0] == ';') *rest = str_trim(str_sub(*rest, 1, rest->len));
  size_t equals = str_index(*rest, '=', 0);
  if (equals == 0 || equals >= rest->len) return false;
  *name = str_trim(str_sub(*rest, 0, equals));
  *rest = str_sub(*rest, equals + 1, rest->len);
  *quoted = rest->len && rest->ptr[0] == '"';
  if (!*quoted) {
    size_t end = str_index(*rest, ';', 0);
    *value = str_trim(str_sub(*rest, 0, end));
    *rest = str_sub(*rest, end, rest->len);
    return true;
  }
  size_t at = 1;
  /* Only \" and \\ are escapes: old browsers send whole Windows paths unescaped. */
  while (at < rest->len && rest->ptr[at] != '"')
    at +=
        rest->ptr[at] == '\\' && at + 1 < rest->len && (rest->ptr[at + 1] == '"' || rest->ptr[at + 1] == '\\') ? 2 : 1;
  if (at >= rest->len) return false;
  *value = str_sub(*rest, 1, at);
  *rest = str_sub(*rest, at + 1, rest->len);
  return true;
}

static bool boundary_valid(str b) {
  if (b.len == 0 || b.len > MULTIPART_BOUNDARY_MAX || b.ptr[b.len - 1] == ' ') return false;
  for (size_t i = 0; i < b.len; i++) {
    char c = b.ptr[i];
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && !memchr("'()+_,-./:=? ", c, 13)) return false;
  }
  return true;
}

bool multipart_boundary(str content_type, str *boundary) {
  size_t semicolon = str_index(content_type, ';', 0);
  if (!str_eq_ignore_case(str_trim(str_sub(content_type, 0, semicolon)), S("multipart/form-data"))) return false;
  str rest = str_sub(content_type, semicolon, content_type.len), name, value;
  bool quoted;
  while (take_parameter(&rest, &name, &value, &quoted)) {
    if (!str_eq_ignore_case(name, S("boundary"))) continue;
    *boundary = value;
    return boundary_valid(value);
  }
  return false;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Decodes in place (it only shrinks). HTML's form encoding writes ", CR and LF as %22, %0D, %0A; older agents escape
 * with a backslash. With `all` every %xx is decoded: filename*. */
static str unescape(char *p, size_t n, bool all) {
  size_t out = 0;
  for (size_t i = 0; i < n; i++) {
    char c = p[i];
    if (c == '\\' && !all && i + 1 < n && (p[i + 1] == '"' || p[i + 1] == '\\')) {
      c = p[++i];
    } else if (c == '%' && n - i >= 3) {
      int high = hex_digit(p[i + 1]), low = hex_digit(p[i + 2]);
      int byte = high < 0 || low < 0 ? -1 : high * 16 + low;
      if (byte >= 0 && (all || byte == '"' || byte == '\r' || byte == '\n')) {
        c = (char)byte;
        i += 2;
      }
    }
    p[out++] = c;
  }
  return (str){p, out};
}

/* The same bytes, writable. */
static char *inside(struct multipart *m, str s) { return m->head + (s.ptr - m->head); }

/* The last segment of the sent path; control characters and malformed UTF-8 become '_', so that the name can
 * be shown and stored. */
static str clean_filename(struct multipart *m, str s) {
  size_t from = s.len;
  while (from && s.ptr[from - 1] != '/' && s.ptr[from - 1] != '\\') from--;
  s = str_sub(s, from, s.len);
  for (size_t at = 0; at < s.len;) {
    size_t before = at;
    uint32_t code = str_utf8_next(s, &at);
    if (code >= 0x20 && code != 0x7F && !(code == 0xFFFD && at == before + 1)) continue;
    *inside(m, str_sub(s, before, s.len)) = '_';
  }
  return s;
}

/* ---- the head of a part ---- */

static bool take_disposition(struct multipart *m, str value, struct multipart_part *part) {
  size_t semicolon = str_index(value, ';', 0);
  if (!str_eq_ignore_case(str_trim(str_sub(value, 0, semicolon)), S("form-data"))) return false;
  str rest = str_sub(value, semicolon, value.len), name, v;
  bool quoted, extended = false;
  while (take_parameter(&rest, &name, &v, &quoted)) {
    if (str_eq_ignore_case(name, S("name"))) {
      part->name = unescape(inside(m, v), v.len, false);
    } else if (str_eq_ignore_case(name, S("filename")) && !extended) {
      part->filename = clean_filename(m, unescape(inside(m, v), v.len, false));
    } else if (str_eq_ignore_case(name, S("filename*")) && str_eq_ignore_case(str_sub(v, 0, 7), S("utf-8''"))) {
      v = str_sub(v, 7, v.len);
      part->filename = clean_filename(m, unescape(inside(m, v), v.len, true));
      extended = true;
    }
  }
  return part->name.ptr != NULL && str_utf8_valid(part->name) && !str_has_nul(part->name);
}

static err head_ended(struct multipart *m) {
  m->part = (struct multipart_part){STR_NONE, STR_NONE, STR_NONE};
  str rest = {m->head, m->head_len};
  bool named = false;
  while (rest.len) {
    size_t lf = str_index(rest, '\n', 0);
    str value = str_trim(str_sub(rest, 0, lf));
    rest = str_sub(rest, lf + 1, rest.len);
    if (value.len == 0) continue;
    str name = str_trim(str_cut(&value, ':'));
    if (!value.ptr) return malformed("a part has a broken header");
    value = str_trim(value);
    if (str_eq_ignore_case(name, S("content-disposition"))) {
      if (named) return malformed("a part has two dispositions");
      named = take_disposition(m, value, &m->part);
      if (!named) return malformed("a part has no name");
    } else if (str_eq_ignore_case(name, S("content-type"))) {
      m->part.content_type = value;
    }
  }
  if (!named) return malformed("a part has no name");
  m->state = AT_DATA;
  m->matched = 0;
  return m->begin(m->user, &m->part);
}

static err take_head(struct multipart *m, char c) {
  if (m->head_len == MULTIPART_HEAD_MAX) return malformed("a part's head is too long");
  m->head[m->head_len++] = c;
  bool empty = m->head_len == 2 && memcmp(m->head, "\r\n", 2) == 0;
  bool ended = m->head_len >= 4 && memcmp(m->head + m->head_len - 4, "\r\n\r\n", 4) == 0;
  return empty || ended ? head_ended(m) : err_ok;
}

/* ---- streaming ---- */

static err emit(struct multipart *m, str bytes) {
  return bytes.len && m->state == AT_DATA ? m->data(m->user, bytes) : err_ok;
}

/* Searches for the delimiter from *at; everything else is data (of a part, or of the preamble). */
static err search(struct multipart *m, str s, size_t *at) {
  size_t from = *at;
  while (*at < s.len) {
    if (m->matched == 0) {
      *at = str_index(s, '\r', *at);
      if (*at == s.len) break;
    }
    bool carried = m->matched > 0; /* the match began in an earlier piece */
    size_t begun = *at;            /* where the match continues in this piece */
    while (*at < s.len && m->matched < m->delimiter_len && s.ptr[*at] == m->delimiter[m->matched]) m->matched++, ++*at;
    if (*at == s.len && m->matched < m->delimiter_len) {
      return emit(m, str_sub(s, from, begun)); /* perhaps a delimiter: the next piece decides */
    }
    if (m->matched < m->delimiter_len && !carried) { /* plain data: one piece stays one piece */
      m->matched = 0;
      continue;
    }
    err e = emit(m, str_sub(s, from, begun));
    if (err_is(e)) return e;
    from = *at;
    if (m->matched == m->delimiter_len) {
      bool data = m->state == AT_DATA;
      m->state = AT_AFTER;
      m->matched = 0;
      return data ? m->end(m->user) : err_ok;
    }
    e = emit(m, (str){m->delimiter, m->matched});
    if (err_is(e)) return e;
    m->matched = 0;
  }
  return emit(m, str_sub(s, from, s.len));
}

static err step(struct multipart *m, char c) {
  switch (m->state) {
    case AT_AFTER:
      if (c == '\r')
        m->state = AT_AFTER_LF;
      else if (c == '-' && m->matched == 0)
        m->state = AT_AFTER_DASH;
      else if (!is_blank(c))
        return malformed("a delimiter goes on");
      else
        m->matched = 1; /* dashes may not follow blanks */
      return err_ok;
    case AT_AFTER_LF:
      m->state = AT_HEAD;
      m->head_len = 0;
      return c == '\n' ? err_ok : malformed("a delimiter's line does not end");
    case AT_AFTER_DASH: m->state = AT_EPILOGUE; return c == '-' ? err_ok : malformed("a delimiter goes on");
    default: return take_head(m, c);
  }
}

err multipart_feed(struct multipart *m, str s) {
  err e = err_ok;
  for (size_t at = 0; at < s.len && !err_is(e);) {
    if (m->state == AT_EPILOGUE) return err_ok;
    if (m->state == AT_PREAMBLE || m->state == AT_DATA)
      e = search(m, s, &at);
    else
      e = step(m, s.ptr[at++]);
  }
  return e;
}

err multipart_end(const struct multipart *m) {
  return m->state == AT_EPILOGUE ? err_ok : malformed("it ends before its closing delimiter");
}
