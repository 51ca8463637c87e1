/* What is mended once is sound: mending it again changes nothing. What the parser took before means the same after, and
 * nothing grows beyond what is promised. */
#include "base/json.h"
#include "base/json_mend.h"

#include "base/jansson.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  str text = {(const char *)data, size}, once, twice;
  buf first, second;
  buf_init(&first, size * JSON_MEND_GROWTH + JSON_MEND_GROWTH);
  size_t deep, deep_again;
  json_mend(text, DEPTH, &first, &once, &deep);
  assert(!first.overflow && deep <= once.len);
  buf_init(&second, once.len * JSON_MEND_GROWTH + JSON_MEND_GROWTH);
  json_mend(once, DEPTH, &second, &twice, &deep_again);
  bool marked_twice = str_starts(once, S("\xef\xbb\xbf"));
  assert(marked_twice || (str_eq(once, twice) && deep == deep_again));
  json_t *before = deep < once.len ? NULL : json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY, NULL);
  if (before) {
    json_t *after = json_loadb(once.ptr ? once.ptr : "", once.len, JSON_DECODE_ANY, NULL);
    assert(after && json_equal(before, after));
    json_decref(after);
  }
  json_decref(before);
  buf_free(&first);
  buf_free(&second);
  return 0;
}
