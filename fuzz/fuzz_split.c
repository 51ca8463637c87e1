/* Cutting a long text: every piece fits, the pieces are the text without the blanks at the cuts, and formatting stays with its
 * words. The input is two lengths, a list of entities (three bytes each, ended by 255) and the text. */
#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/message/split.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Left out at *at: a character that nobody sees. */
static void skip(str text, size_t *at) {
  size_t from = *at;
  (void)str_utf8_next(text, at);
  assert(!str_is_visible(str_sub(text, from, *at)));
}

/* The pieces in order, with nothing but blanks left out. */
static void check_words(str text, const struct text_piece *pieces, size_t count) {
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    str piece = pieces[i].text;
    while (at < text.len && !str_starts(str_sub(text, at, text.len), piece)) skip(text, &at);
    assert(at + piece.len <= text.len);
    at += piece.len;
  }
  while (at < text.len) skip(text, &at);
}

static void check_entities(const struct text_piece *piece) {
  int64_t length = (int64_t)str_utf16_count(piece->text);
  for (size_t i = 0; i < piece->entity_count; i++) {
    const struct entity *e = &piece->entities[i];
    assert(e->length > 0 && e->offset >= 0 && e->offset + e->length <= length);
  }
  size_t kept = piece->entity_count;
  assert(!err_is(entities_check(piece->text, piece->entities, &kept)) && kept == piece->entity_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct entity entities[LIMIT_ENTITIES_MAX];
  size_t entity_count = 0, at = 2;
  if (size < 4 || size > 1 << 14) return 0;
  size_t first = 2 + data[0], rest = 2 + data[1];
  for (; at + 3 < size && data[at] != 255 && entity_count < 8; at += 3)
    entities[entity_count++] =
        (struct entity){.type = data[at] % 6, .offset = data[at + 1], .length = 1 + data[at + 2]};
  str text = str_sub((str){(const char *)data, size}, at + 1, size);
  if (at >= size || !str_utf8_valid(text) || str_has_nul(text) || !text.len) return 0;
  if (err_is(entities_check(text, entities, &entity_count))) return 0;
  arena *a = arena_new(64 << 20);
  struct text_piece *pieces = NULL;
  size_t count = 0;
  text_split(text, entities, entity_count, first, rest, a, &pieces, &count);
  for (size_t i = 0; i < count; i++) {
    assert(count == 1 || str_utf16_count(pieces[i].text) <= (i ? rest : first));
    check_entities(&pieces[i]);
  }
  if (count > 1) check_words(text, pieces, count);
  arena_free(&a);
  return 0;
}
