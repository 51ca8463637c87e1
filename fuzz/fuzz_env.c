/* No .env file may crash the parser, and what the parser returns must be names and text. */
#include "base/config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena *a = arena_new(0);
  struct config_pair *pairs;
  size_t count;
  err e = config_parse_env((str){(const char *)data, size}, a, &pairs, &count);
  assert(str_utf8_valid(str_c(err_message(&e))));
  int line = 0;
  for (size_t i = 0; i < count && !err_is(e); i++) {
    assert(pairs[i].name.len > 0 && pairs[i].value.ptr && pairs[i].line > line);
    assert(str_utf8_valid(pairs[i].value) && !str_has_nul(pairs[i].value));
    line = pairs[i].line;
  }
  arena_free(&a);
  return 0;
}
