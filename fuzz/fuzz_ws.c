/* The receiver of a WebSocket, inflation and the negotiation. The first byte determines how the rest is cut into pieces, whether
 * compression was negotiated, and which side reads; the events must not depend on the cuts. */
#include "base/arena.h"
#include "base/buf.h"
#include "net/ws_deflate.h"
#include "net/ws_frame.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 4096 };

static void note(buf *log, const struct ws_event *e) {
  buf_printf(log, "%d %d %d %d ", (int)e->type, e->opcode, e->compressed, e->code);
  buf_add(log, e->payload);
  buf_add_char(log, '\n');
  if (e->type != WS_EVENT_MESSAGE) return;
  assert(e->payload.len <= MESSAGE_MAX);
  if (e->opcode == WS_OP_TEXT && !e->compressed) assert(str_utf8_valid(e->payload));
  if (!e->compressed) return;
  buf out;
  buf_init(&out, MESSAGE_MAX);
  if (ws_inflate(e->payload, &out) == WS_INFLATE_OK) buf_printf(log, "inflated %zu\n", out.len);
  assert(out.len <= MESSAGE_MAX && !out.overflow);
  buf_free(&out);
}

/* Feeds like a connection: bytes that were not consumed are passed again, followed by more. */
static void read_all(const uint8_t *data, size_t size, size_t step, uint8_t how, buf *log) {
  struct ws_reader r = {.message_max_bytes = MESSAGE_MAX, .deflate = how & 0x20, .from_server = how & 0x40};
  size_t kept = 0;
  char *window = mem_alloc(size + 1);
  for (size_t at = 0; at < size && !r.closed;) {
    size_t n = size - at < step ? size - at : step;
    memcpy(window + kept, data + at, n);
    at += n;
    kept += n;
    /* An exact copy, so that the sanitizer finds a read past the end. */
    char *exact = mem_alloc(kept);
    memcpy(exact, window, kept);
    size_t used = 0;
    for (struct ws_event e; used <= kept;) {
      used += ws_reader_feed(&r, exact + used, kept - used, &e);
      assert(used <= kept);
      if (e.type == WS_EVENT_NONE) break;
      note(log, &e);
      if (e.type == WS_EVENT_MESSAGE) ws_reader_release(&r);
      if (r.closed) break;
    }
    memmove(window, exact + used, kept - used);
    kept -= used;
    mem_free(&exact);
  }
  ws_reader_release(&r);
  mem_free(&window);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > 65536) return 0;
  buf whole, pieces;
  buf_init(&whole, 8 << 20);
  buf_init(&pieces, 8 << 20);
  read_all(data + 1, size - 1, size, data[0], &whole);
  read_all(data + 1, size - 1, (size_t)(data[0] & 0x1F) + 1, data[0], &pieces);
  assert(str_eq(buf_borrow(&whole), buf_borrow(&pieces)));
  buf_free(&whole);
  buf_free(&pieces);

  uint8_t bits;
  bool told;
  str text = {(const char *)data + 1, size - 1}, small;
  if (ws_deflate_accept(text, &bits, &told)) assert(bits >= 8 && bits <= 15);
  if (ws_deflate(text, &small)) {
    buf back;
    buf_init(&back, text.len);
    assert(small.len < text.len && ws_inflate(small, &back) == WS_INFLATE_OK && str_eq(buf_borrow(&back), text));
    buf_free(&back);
  }
  return 0;
}
