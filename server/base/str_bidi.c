/* See str_bidi.h. The ranges follow Unicode 15: Default_Ignorable_Code_Point, White_Space and Control, and the few
 * characters whose category is letter or symbol but whose glyph is empty. */
#include "base/str_bidi.h"

#include <string.h>

struct range {
  uint32_t first, last;
};

/* Sorted for binary search. */
static const struct range drawing_nothing[] = {
    {0x0000, 0x0020},   /* controls, space */
    {0x007F, 0x00A0},   /* controls, no-break space */
    {0x00AD, 0x00AD},   /* soft hyphen */
    {0x034F, 0x034F},   /* combining grapheme joiner */
    {0x061C, 0x061C},   /* Arabic letter mark */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x1680, 0x1680},   /* Ogham space: a line only in some fonts */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180B, 0x180F},   /* Mongolian variation selectors, vowel separator */
    {0x2000, 0x200F},   /* spaces, zero width characters, direction marks */
    {0x2028, 0x202F},   /* separators, directional controls, narrow no-break space */
    {0x205F, 0x206F},   /* mathematical space, word joiner, invisible operators, directional isolates */
    {0x2800, 0x2800},   /* the Braille pattern without dots */
    {0x3000, 0x3000},   /* ideographic space */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xFE00, 0xFE0F},   /* variation selectors */
    {0xFEFF, 0xFEFF},   /* zero width no-break space */
    {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},   /* unassigned ignorables, interlinear annotation */
    {0x13440, 0x13440}, /* Egyptian mirror mark */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D159, 0x1D159}, /* musical null notehead */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0xE0000, 0xE0FFF}, /* tags, variation selectors supplement */
};

/* Blocks whose letters run from right to left, and the two direction marks. */
static const struct range right_to_left[] = {
    {0x0590, 0x08FF}, {0x200E, 0x200F}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF},
};

static bool is_in(const struct range *list, size_t count, uint32_t point) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (point > list[middle].last)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && point >= list[low].first;
}
#define IS_IN(list, point) is_in(list, sizeof(list) / sizeof(list)[0], point)

static bool is_bidi_control(uint32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0x061C;
}

bool str_is_visible(str s) {
  for (size_t at = 0; at < s.len;)
    if (!IS_IN(drawing_nothing, str_utf8_next(s, &at))) return true;
  return false;
}

/* Every control begins with one of two bytes, which most texts do not contain. */
static bool may_have_controls(str s) { return s.len && (memchr(s.ptr, 0xE2, s.len) || memchr(s.ptr, 0xD8, s.len)); }

bool str_has_bidi_controls(str s) {
  if (!may_have_controls(s)) return false;
  for (size_t at = 0; at < s.len;)
    if (is_bidi_control(str_utf8_next(s, &at))) return true;
  return false;
}

str str_drop_bidi_controls(arena *a, str s) {
  if (!str_has_bidi_controls(s)) return s;
  char *out = arena_alloc(a, s.len + 1);
  size_t n = 0;
  for (size_t at = 0; at < s.len;) {
    size_t from = at;
    if (is_bidi_control(str_utf8_next(s, &at))) continue;
    memcpy(out + n, s.ptr + from, at - from);
    n += at - from;
  }
  return str_n(out, n);
}

static bool is_line_control(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

static bool has_line_controls(str s) {
  for (size_t at = 0; at < s.len;)
    if (is_line_control(str_utf8_next(s, &at))) return true;
  return false;
}

static str on_one_line(arena *a, str s) {
  if (!has_line_controls(s)) return s;
  char *out = arena_alloc(a, s.len + 1);
  size_t n = 0;
  for (size_t at = 0; at < s.len;) {
    size_t from = at;
    if (is_line_control(str_utf8_next(s, &at))) {
      out[n++] = ' ';
      continue;
    }
    memcpy(out + n, s.ptr + from, at - from);
    n += at - from;
  }
  return str_n(out, n);
}

str str_tidy_name(arena *a, str s, size_t max_points) {
  str name = str_trim(on_one_line(a, str_drop_bidi_controls(a, s)));
  name = str_trim(str_utf8_prefix(name, max_points));
  return str_is_visible(name) ? name : STR_NONE;
}

void buf_add_isolated(buf *b, str name) {
  bool turns = false;
  for (size_t at = 0; at < name.len && !turns;) turns = IS_IN(right_to_left, str_utf8_next(name, &at));
  if (turns) buf_add(b, S("\xe2\x81\xa8"));
  if (str_has_bidi_controls(name)) {
    for (size_t at = 0; at < name.len;) {
      size_t from = at;
      if (!is_bidi_control(str_utf8_next(name, &at))) buf_add(b, str_sub(name, from, at));
    }
  } else {
    buf_add(b, name);
  }
  if (turns) buf_add(b, S("\xe2\x81\xa9"));
}
