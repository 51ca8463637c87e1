/* Telegram's entities, converted to ours and back: those that are kept lie within the text and pass our own checks. The input is
 * a text, a line break and a JSON array. */
#include "base/jansson.h"
#include "edge/telegram/in/tg_entities.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 14) return 0;
  str rest = {(const char *)data, size};
  str text = str_cut(&rest, '\n');
  if (!rest.ptr || !str_utf8_valid(text) || str_has_nul(text)) return 0;
  json_error_t why;
  json_t *list = json_loadb(rest.ptr, rest.len, JSON_ALLOW_NUL, &why);
  arena *a = arena_new(64 << 20);
  bool lossy = false;
  str stored = tg_entities_in(list, text, a, &lossy);
  struct entity *entities = NULL;
  size_t count = 0;
  err e = entities_decode(stored, a, &entities, &count);
  assert(!err_is(e));
  size_t before = count;
  e = entities_check(text, entities, &count);
  assert(!err_is(e) && count == before);
  assert(count > 0 || !stored.ptr);
  buf out;
  buf_init(&out, 16 << 20);
  tg_entities_out(&out, entities, count);
  json_t *again = json_loadb(out.ptr, out.len, 0, &why);
  assert(json_is_array(again) && json_array_size(again) <= count);
  json_decref(again);
  buf_free(&out);
  arena_free(&a);
  json_decref(list);
  return 0;
}
