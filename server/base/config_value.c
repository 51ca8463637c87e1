/* Reading one value by its type: see config_internal.h. */
#include "base/config_internal.h"

#include <string.h>

static err allowed(const struct setting *s, str name, const char *what) {
  return err_detail(ERR_INVALID_FIELD, s->name, "%.*s must be %s", STR_ARG(name), what);
}

static bool is_yes(str t) {
  return str_eq_ignore_case(t, S("true")) || str_eq(t, S("1")) || str_eq_ignore_case(t, S("yes")) ||
         str_eq_ignore_case(t, S("on"));
}
static bool is_no(str t) {
  return str_eq_ignore_case(t, S("false")) || str_eq(t, S("0")) || str_eq_ignore_case(t, S("no")) ||
         str_eq_ignore_case(t, S("off"));
}

/* Other programs' spellings. */
static str usual_word(str t) {
  static const struct {
    const char *from, *to;
  } rows[] = {{"trace", "debug"}, {"verbose", "debug"},  {"warning", "warn"},
              {"fatal", "error"}, {"critical", "error"}, {"off", "error"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (str_eq_ignore_case(t, str_c(rows[i].from))) return str_c(rows[i].to);
  return t;
}

static bool find_word(const struct setting *s, str t, arena *a, struct setting_value *out) {
  out->number = 0;
  for (str rest = str_c(s->words); rest.ptr; out->number++) {
    str word = str_cut(&rest, ' ');
    bool same =
        str_eq_ignore_case(word, t) || (str_eq(word, S("true")) && is_yes(t)) || (str_eq(word, S("false")) && is_no(t));
    if (!same) continue;
    out->text = arena_dup(a, word);
    return true;
  }
  return false;
}

static err read_word(const struct setting *s, str name, str t, arena *a, struct setting_value *out) {
  if (find_word(s, t, a, out) || find_word(s, usual_word(t), a, out)) return err_ok;
  return err_detail(ERR_INVALID_FIELD, s->name, "%.*s must be one of: %s", STR_ARG(name), s->words);
}

static err read_int(const struct setting *s, str name, str t, arena *a, struct setting_value *out) {
  bool bounded = s->min != 0 || s->max != 0;
  if (!str_to_i64(t, &out->number)) return allowed(s, name, "a whole number");
  if (bounded && (out->number < s->min || out->number > s->max))
    return err_detail(ERR_INVALID_FIELD, s->name, "%.*s must be a number from %lld to %lld", STR_ARG(name),
                      (long long)s->min, (long long)s->max);
  out->text = arena_printf(a, "%lld", (long long)out->number);
  return err_ok;
}

static err read_duration(const struct setting *s, str name, str t, arena *a, struct setting_value *out) {
  static const struct {
    char letter;
    int64_t seconds;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
  int64_t unit = 1;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (t.len && t.ptr[t.len - 1] == units[i].letter) {
      unit = units[i].seconds;
      t = str_trim(str_sub(t, 0, t.len - 1));
      break;
    }
  int64_t n;
  if (!str_to_i64(t, &n) || __builtin_mul_overflow(n, unit, &n) || n < s->min || n > s->max)
    return err_detail(ERR_INVALID_FIELD, s->name,
                      "%.*s must be seconds, or a form like 24h or 30d, from %lld to %lld seconds", STR_ARG(name),
                      (long long)s->min, (long long)s->max);
  out->number = n;
  out->text = arena_printf(a, "%lld", (long long)n);
  return err_ok;
}

/* scheme://host and what follows; only what a browser or curl would take as an address without credentials. */
static bool is_url(str t, bool origin) {
  size_t skip = str_starts(t, S("https://")) ? 8 : str_starts(t, S("http://")) ? 7 : 0;
  if (!skip || t.len == skip) return false;
  str host = str_sub(t, skip, str_index(t, '/', skip));
  for (size_t i = 0; i < t.len; i++) {
    unsigned char c = (unsigned char)t.ptr[i];
    if (c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\\' || c == 0x7f || c == '#') return false;
  }
  return host.len > 0 && !str_contains(host, S("@")) && (!origin || skip + host.len == t.len);
}

static str without_slash(str t) {
  while (t.len && t.ptr[t.len - 1] == '/') t.len--;
  return t;
}

static err read_url(const struct setting *s, str name, str t, arena *a, struct setting_value *out) {
  t = without_slash(t);
  if (!is_url(t, false)) return allowed(s, name, "an address like https://support.example.com");
  out->text = arena_dup(a, t);
  return err_ok;
}

static err read_list(const struct setting *s, str name, str t, arena *a, struct setting_value *out) {
  str *items = arena_array(a, str, CONFIG_LIST_MAX);
  size_t n = 0;
  for (str rest = t; rest.ptr;) {
    str item = str_trim(str_cut(&rest, ','));
    if (item.len == 0) continue;
    if (n == CONFIG_LIST_MAX)
      return err_detail(ERR_INVALID_FIELD, s->name, "%.*s may have at most %d items", STR_ARG(name), CONFIG_LIST_MAX);
    if (s->type == SETTING_ORIGINS && !str_eq(item, S("*"))) {
      item = without_slash(item);
      if (!is_url(item, true)) return allowed(s, name, "origins like https://support.example.com, by commas");
    }
    items[n++] = arena_dup(a, item);
  }
  out->list = (struct config_list){items, n};
  out->text = arena_dup(a, t);
  return err_ok;
}

err config_read_value(const struct setting *s, str name, str text, arena *a, struct setting_value *out) {
  *out = (struct setting_value){.text = arena_dup(a, text)};
  if (text.len > CONFIG_VALUE_MAX_BYTES)
    return err_detail(ERR_INVALID_FIELD, s->name, "%.*s may have at most %d bytes", STR_ARG(name),
                      CONFIG_VALUE_MAX_BYTES);
  if (!str_utf8_valid(text)) return allowed(s, name, "UTF-8 text");
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) return allowed(s, name, "without control characters");
  switch (s->type) {
    case SETTING_TEXT: return err_ok;
    case SETTING_URL: return read_url(s, name, text, a, out);
    case SETTING_INT: return read_int(s, name, text, a, out);
    case SETTING_DURATION: return read_duration(s, name, text, a, out);
    case SETTING_WORD: return read_word(s, name, text, a, out);
    case SETTING_LIST:
    case SETTING_ORIGINS: return read_list(s, name, text, a, out);
    case SETTING_BOOL:
      if (!is_yes(text) && !is_no(text)) return allowed(s, name, "true or false");
      out->number = is_yes(text);
      out->text = out->number ? S("true") : S("false");
      return err_ok;
  }
  return err_ok;
}
