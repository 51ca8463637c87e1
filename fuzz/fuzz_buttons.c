/* Rows of buttons as clients send them: what is accepted keeps the limits, and is the same after it was stored and read again. */
#include "base/limits.h"
#include "desk/message/message.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  str text = {(const char *)data, size};
  if (size > 1 << 16) return 0;
  arena *a = arena_new(64 << 20);
  struct button_row *rows = NULL, *again = NULL;
  size_t count = 0, more = 0, total = 0;
  if (!err_is(buttons_decode(text, a, &rows, &count))) {
    for (size_t i = 0; i < count; i++) {
      assert(rows[i].count > 0 && rows[i].count <= LIMIT_BUTTON_ROW_MAX);
      for (size_t k = 0; k < rows[i].count; k++, total++) {
        const struct button *b = &rows[i].list[k];
        assert((b->url.ptr != NULL) + (b->callback.ptr != NULL) + (b->copy.ptr != NULL) == 1);
        assert(str_utf8_valid(b->text) && str_utf8_count(b->text) <= LIMIT_BUTTON_TEXT_MAX);
        assert(b->callback.len <= LIMIT_BUTTON_CALLBACK_MAX);
      }
    }
    assert(total <= LIMIT_BUTTONS_MAX);
    str stored = buttons_encode(a, rows, count);
    assert((count == 0) == !stored.ptr);
    assert(!err_is(buttons_decode(stored, a, &again, &more)) && more == count);
    assert(str_eq(str_or_empty(buttons_encode(a, again, more)), str_or_empty(stored)));
  }
  arena_free(&a);
  return 0;
}
