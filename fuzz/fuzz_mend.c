/* Mended JSON stays the same when it is mended again, and has at most the requested number of levels. A text that the parser
 * accepted before has the same value after, and no text grows beyond the documented limit. */
#include "base/json.h"
#include "base/json_mend.h"

#include "base/jansson.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH = 6, PARSER_DEPTH = 2048 /* jansson's own */ };

static int depth_of(const json_t *value) {
  int deepest = 0;
  size_t i;
  const json_t *item;
  const char *key;
  json_array_foreach(value, i, item) {
    int depth = depth_of(item);
    if (depth > deepest) deepest = depth;
  }
  json_object_foreach((json_t *)(uintptr_t)value, key, item) {
    int depth = depth_of(item);
    if (depth > deepest) deepest = depth;
  }
  return deepest + (json_is_array(value) || json_is_object(value));
}

static json_t *parsed(str text) { return json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY, NULL); }

static void check(str text, int depth) {
  buf first, second;
  buf_init(&first, text.len * JSON_MEND_GROWTH + JSON_MEND_GROWTH);
  str once = json_mend(text, depth, &first);
  assert(!first.overflow);
  buf_init(&second, once.len * JSON_MEND_GROWTH + JSON_MEND_GROWTH);
  str twice = json_mend(once, depth, &second);
  bool marked_twice = str_starts(once, S("\xef\xbb\xbf"));
  json_t *before = parsed(text), *after = parsed(once);
  if (after) assert(marked_twice || str_eq(once, twice));
  if (after) assert(depth_of(after) <= depth);
  if (before) assert(after && (depth_of(before) > depth || json_equal(before, after)));
  json_decref(before);
  json_decref(after);
  buf_free(&first);
  buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  check((str){(const char *)data, size}, DEPTH);
  check((str){(const char *)data, size}, PARSER_DEPTH);
  return 0;
}
