/* Conditions from clients: the parser must not crash. A condition that it accepts prints as the same condition, and can be
 * evaluated and composed into SQL. */
#include "desk/conversation/conversation.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compose(const struct condition *c, enum db_engine engine, arena *a) {
  struct condition_sql s;
  condition_sql_begin(&s, engine, 7, a);
  condition_sql_where(&s, &conversation_noun, c);
  assert(!s.text.overflow);
  condition_sql_end(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena *a = arena_new(0);
  const struct condition *c, *again;
  const struct customer_row customer = {.channel = S("app"), .name = S("Anna \xc3\x89")};
  const struct conversation_row row = {.customer = &customer, .read_count = -1, .updated_at = 1};
  buf once, twice;
  buf_init(&once, 1 << 20);
  buf_init(&twice, 1 << 20);
  if (!err_is(condition_parse(&conversation_noun, str_n((const char *)data, size), "filter", a, &c))) {
    condition_print(&once, &conversation_noun, c);
    if (once.len <= CONDITION_BYTES_MAX) {
      err e = condition_parse(&conversation_noun, buf_borrow(&once), "filter", a, &again);
      assert(!err_is(e));
      condition_print(&twice, &conversation_noun, again);
      assert(str_eq(buf_borrow(&once), buf_borrow(&twice)));
    }
    (void)condition_match(&conversation_noun, c, &row, 7);
    compose(c, DB_SQLITE, a);
    compose(c, DB_POSTGRES, a);
  }
  buf_free(&once);
  buf_free(&twice);
  arena_free(&a);
  return 0;
}
