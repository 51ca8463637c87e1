/* Payloads and frames of Engine.IO. A valid one is decoded and encoded again, and must be the same. */
#include "base/arena.h"
#include "net/eio_packet.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take_apart(str payload, buf *again) {
  struct eio_packet p;
  size_t packets = 0;
  for (; payload.ptr; packets++) {
    bool good = eio_payload_next(&payload, &p);
    assert(good && p.type != EIO_OPEN && p.type != EIO_PING);
    if (!p.binary) {
      eio_payload_add(again, p.type, p.data);
      continue;
    }
    char *bytes = mem_alloc(p.data.len / 4 * 3 + 1);
    size_t n = eio_base64_decode(p.data, bytes);
    assert(n <= p.data.len / 4 * 3);
    eio_payload_add_binary(again, (str){bytes, n});
    mem_free(&bytes);
  }
  return packets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 65536) return 0;
  str text = {(const char *)data, size};
  struct eio_packet p;
  if (eio_packet_parse(text, false, &p)) assert(p.data.len + 1 == size && !p.binary);
  if (size == 0 || !eio_payload_valid(text)) return 0;
  buf again;
  buf_init(&again, size);
  size_t packets = take_apart(text, &again);
  assert(packets > 0 && !again.overflow && str_eq(buf_borrow(&again), text));
  buf_free(&again);
  return 0;
}
