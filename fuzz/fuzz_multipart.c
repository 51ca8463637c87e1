/* The multipart parser: the parts must not depend on how the body is cut into pieces. The boundary is "b". */
#include "base/arena.h"
#include "base/buf.h"
#include "net/multipart.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static err begin(void *user, const struct multipart_part *p) {
  assert(str_utf8_valid(p->name) && str_utf8_valid(p->filename));
  assert(!memchr(p->filename.ptr ? p->filename.ptr : "", '/', p->filename.len));
  buf_printf(user, "[%.*s|%.*s|%.*s]", STR_ARG(p->name), STR_ARG(p->filename), STR_ARG(p->content_type));
  return err_ok;
}

static err data_of(void *user, str bytes) {
  buf_add(user, bytes);
  return err_ok;
}

static err end(void *user) {
  buf_add_char(user, ';');
  return err_ok;
}

static bool parse(const uint8_t *p, size_t n, size_t step, buf *log) {
  struct multipart m = {.begin = begin, .data = data_of, .end = end, .user = log};
  multipart_init(&m, S("b"));
  for (size_t at = 0; at < n; at += step) {
    size_t k = n - at < step ? n - at : step;
    char *exact = mem_alloc(k);
    memcpy(exact, p + at, k);
    err e = multipart_feed(&m, (str){exact, k});
    mem_free(&exact);
    if (err_is(e)) return false;
  }
  return !err_is(multipart_end(&m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > 65536) return 0;
  buf whole, pieces;
  buf_init(&whole, 1 << 20);
  buf_init(&pieces, 1 << 20);
  bool good = parse(data + 1, size - 1, size, &whole);
  assert(parse(data + 1, size - 1, (size_t)(data[0] % 64) + 1, &pieces) == good);
  assert(str_eq(buf_borrow(&whole), buf_borrow(&pieces)));
  buf_free(&whole);
  buf_free(&pieces);
  str boundary;
  if (multipart_boundary((str){(const char *)data + 1, size - 1}, &boundary))
    assert(boundary.len >= 1 && boundary.len <= 70);
  return 0;
}
