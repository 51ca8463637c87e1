/* Request heads, chunked bodies, targets and header values. The first byte determines how the rest is cut into pieces; the result
 * must not depend on the cuts. */
#include "base/arena.h"
#include "base/buf.h"
#include "net/chunked.h"
#include "net/parse.h"
#include "net/range.h"
#include "net/url.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_values(const struct http_head *h) {
  arena *a = arena_new(0);
  str out;
  int64_t from, length;
  http_path_decode(h->path, a, &out);
  if (h->query.ptr) {
    str rest = h->query;
    str name = str_cut(&rest, '=');
    http_query_find(h->query, name, a, &out);
  }
  for (size_t i = 0; i < h->count; i++) {
    str v = h->headers[i].value;
    http_cookie_find(v, S("sid"));
    http_etag_matches(v, S("\"x\""));
    http_pick_encoding(v, true, true);
    if (http_range(v, 1000, &from, &length) == RANGE_PART) assert(from >= 0 && length > 0 && from + length <= 1000);
    http_list_has(v, S("close"));
  }
  arena_free(&a);
}

/* Returns the decoded bytes; *end is the position at which decoding ended, -1 for an error. */
static void unchunk(const char *p, size_t n, size_t step, buf *out, int64_t *end) {
  struct chunked c = {0};
  size_t at = 0;
  *end = 0;
  while (at < n && !chunked_done(&c)) {
    str piece;
    size_t k = n - at < step ? n - at : step;
    int64_t took = chunked_feed(&c, p + at, k, &piece);
    if (took < 0) {
      *end = -1;
      return;
    }
    assert((size_t)took <= k && piece.len <= (size_t)took);
    buf_add(out, piece);
    at += (size_t)took;
    *end = (int64_t)at;
  }
}

static void check_body(const char *p, size_t n, size_t step) {
  buf whole, pieces;
  int64_t end_whole, end_pieces;
  buf_init(&whole, 1 << 20);
  buf_init(&pieces, 1 << 20);
  unchunk(p, n, n ? n : 1, &whole, &end_whole);
  unchunk(p, n, step, &pieces, &end_pieces);
  assert(end_whole == end_pieces && str_eq(buf_borrow(&whole), buf_borrow(&pieces)));
  buf_free(&whole);
  buf_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > 65536) return 0;
  size_t step = (size_t)(data[0] % 32) + 1;
  /* An exact copy, so that the sanitizer finds a read past the end. */
  buf copy;
  buf_init(&copy, 65536);
  buf_add(&copy, (str){(const char *)data + 1, size - 1});
  char *p = mem_alloc(size - 1);
  memcpy(p, copy.ptr, size - 1);
  buf_free(&copy);
  size_t n = size - 1;

  struct head_scan at_once = {0}, in_pieces = {0};
  int64_t whole = head_scan(&at_once, p, n), found = 0;
  for (size_t k = step; found == 0; k += step) {
    found = head_scan(&in_pieces, p, k < n ? k : n);
    if (k >= n) break;
  }
  assert(found == whole);
  if (whole > 0) {
    struct http_head h;
    const char *why = NULL;
    int status = http_parse_head((str){p, (size_t)whole}, &h, &why);
    assert(status == 0 || (status >= 400 && status < 600 && why));
    if (status == 0) {
      assert(!(h.chunked && h.has_length));
      read_values(&h);
    }
    check_body(p + whole, n - (size_t)whole, step);
  } else {
    check_body(p, n, step);
  }
  mem_free(&p);
  return 0;
}
