/* See split.h. One walk over the characters of a piece notes the last cut of each class, outside of entities and inside; then
 * the best of them is taken. A cut in the first half of a piece is a last resort: it would make a short message. */
#include "desk/message/split.h"

#include "base/str_bidi.h"

enum class { PARAGRAPH, LINE, SENTENCE, WORD, CHARACTER, CLASSES };

struct place {
  size_t at, unit; /* byte and UTF-16 code unit, of the whole text; 0: none */
};

struct cuts {
  struct place early[CLASSES][2], late[CLASSES][2]; /* [inside an entity] */
};

struct text {
  str text;
  const struct entity *entities;
  size_t entity_count;
};

static bool is_blank(uint32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xa0; }
static bool ends_sentence(uint32_t c) { return c == '.' || c == '!' || c == '?' || c == 0x2026; }
static bool ends_wide_sentence(uint32_t c) { return c == 0x3002 || c == 0xff01 || c == 0xff1f; }
static bool is_flag(uint32_t c) { return c >= 0x1f1e6 && c <= 0x1f1ff; }
/* Marks, joiners and modifiers belong to the character before them. */
static bool joins(uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x1f3fb && c <= 0x1f3ff) ||
         (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xe0020 && c <= 0xe007f);
}

static bool is_inside(const struct text *t, size_t unit) {
  int64_t at = (int64_t)unit;
  for (size_t i = 0; i < t->entity_count; i++)
    if (t->entities[i].offset < at && at < t->entities[i].offset + t->entities[i].length) return true;
  return false;
}

/* Of a cut between `last` and `next`, with `before` in front of `last`. */
static enum class class_of(uint32_t before, uint32_t last) {
  if (last == '\n') return before == '\n' ? PARAGRAPH : LINE;
  if (ends_wide_sentence(last) || (is_blank(last) && ends_sentence(before))) return SENTENCE;
  return is_blank(last) ? WORD : CHARACTER;
}

static void note(const struct text *t, struct cuts *cuts, enum class class, struct place p, bool late) {
  (late ? cuts->late : cuts->early)[class][is_inside(t, p.unit)] = p;
}

static void walk(const struct text *t, struct place from, size_t max, struct cuts *cuts) {
  struct place p = from;
  uint32_t before = 0, last = 0;
  size_t flags = 0; /* regional indicators in a row: two are one flag */
  while (p.at < t->text.len) {
    size_t next_at = p.at;
    uint32_t c = str_utf8_next(t->text, &next_at);
    bool whole = !joins(c) && last != 0x200d && !(is_flag(c) && flags % 2);
    if (p.at > from.at && whole) note(t, cuts, class_of(before, last), p, (p.unit - from.unit) * 2 >= max);
    flags = is_flag(c) ? flags + 1 : 0;
    before = last;
    last = c;
    p = (struct place){next_at, p.unit + (c > 0xffff ? 2 : 1)};
    if (p.unit - from.unit > max) return;
  }
}

static struct place best(const struct cuts *cuts, struct place fallback) {
  for (int inside = 0; inside < 2; inside++) {
    for (int class = 0; class < CHARACTER; class ++)
      if (cuts->late[class][inside].at) return cuts->late[class][inside];
    for (int class = 0; class < CHARACTER; class ++)
      if (cuts->early[class][inside].at) return cuts->early[class][inside];
  }
  for (int inside = 0; inside < 2; inside++) {
    if (cuts->late[CHARACTER][inside].at) return cuts->late[CHARACTER][inside];
    if (cuts->early[CHARACTER][inside].at) return cuts->early[CHARACTER][inside];
  }
  return fallback;
}

/* A character of very many marks is cut all the same, between two code points. */
static struct place by_code_point(const struct text *t, struct place from, size_t max) {
  struct place p = from;
  while (p.at < t->text.len) {
    size_t next_at = p.at;
    size_t units = str_utf8_next(t->text, &next_at) > 0xffff ? 2 : 1;
    if (p.unit + units - from.unit > max && p.at > from.at) return p;
    p = (struct place){next_at, p.unit + units};
  }
  return p;
}

static struct place skip_blanks(const struct text *t, struct place p) {
  while (p.at < t->text.len) {
    size_t next_at = p.at;
    uint32_t c = str_utf8_next(t->text, &next_at);
    /* Inside of an entity only line breaks: code keeps its indentation. */
    if (!is_blank(c) || (c != '\n' && c != '\r' && is_inside(t, p.unit))) break;
    p = (struct place){next_at, p.unit + 1};
  }
  return p;
}

static void take_piece(const struct text *t, struct place from, struct place to, arena *a, struct text_piece *out) {
  str text = str_sub(t->text, from.at, to.at);
  while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1])) text.len--; /* one unit each */
  int64_t begin = (int64_t)from.unit, end = begin + (int64_t)str_utf16_count(text);
  *out = (struct text_piece){.text = text, .entities = arena_array(a, struct entity, t->entity_count)};
  for (size_t i = 0; i < t->entity_count; i++) {
    struct entity e = t->entities[i];
    int64_t first = e.offset > begin ? e.offset : begin, last = e.offset + e.length < end ? e.offset + e.length : end;
    if (first >= last) continue;
    e.offset = first - begin;
    e.length = last - first;
    out->entities[out->entity_count++] = e;
  }
}

void text_split(str text, const struct entity *entities, size_t entity_count, size_t first_max, size_t rest_max,
                arena *a, struct text_piece **pieces, size_t *count) {
  const struct text t = {text, entities, entity_count};
  size_t units = str_utf16_count(text), room = 16;
  struct place from = {0};
  *count = 0;
  if (units <= first_max) {
    *pieces = arena_new_of(a, struct text_piece);
    **pieces = (struct text_piece){.text = text, .entities = arena_array(a, struct entity, entity_count)};
    if (entity_count) memcpy((*pieces)->entities, entities, entity_count * sizeof *entities);
    (*pieces)->entity_count = entity_count;
    *count = 1;
    return;
  }
  *pieces = arena_array(a, struct text_piece, room);
  while (from.at < text.len) {
    size_t max = *count ? rest_max : first_max;
    struct cuts cuts = {0};
    struct place to = {text.len, units};
    if (units - from.unit > max) {
      walk(&t, from, max, &cuts);
      to = best(&cuts, by_code_point(&t, from, max));
    }
    if (*count == room) { /* many cuts in the first halves */
      struct text_piece *more = arena_array(a, struct text_piece, room * 2);
      memcpy(more, *pieces, room * sizeof *more);
      *pieces = more;
      room *= 2;
    }
    take_piece(&t, from, to, a, &(*pieces)[*count]);
    if (str_is_visible((*pieces)[*count].text)) ++*count;
    from = skip_blanks(&t, to);
  }
}
