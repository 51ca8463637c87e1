/* Packets of Socket.IO. What is accepted must be JSON for another parser too, and its head, encoded and parsed again, must be the
 * same. */
#include "base/arena.h"
#include "base/jansson.h"
#include "net/sio_packet.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The other parser requires UTF-8 without NUL and lone surrogates, and numbers in the range of a double. */
static bool comparable(str s) {
  return str_utf8_valid(s) && !str_has_nul(s) && !str_contains(s, S("\\u")) && !str_contains(s, S("e")) &&
         !str_contains(s, S("E")) && s.len < 200;
}

static void same_as_another(str json) {
  json_t *other = json_loadb(json.ptr, json.len, JSON_DECODE_ANY, NULL);
  size_t n = sio_json_scan(json, UINT32_MAX);
  /* Integers beyond 64 bits are valid JSON, but the other parser cannot represent them. */
  if (other) assert(n == json.len);
  json_decref(other);
}

static void walk(str list, uint32_t attachments) {
  str one;
  uint32_t num;
  while (sio_element_next(&list, &one)) {
    assert(one.len > 0 && sio_json_scan(one, UINT32_MAX) == one.len);
    if (sio_placeholder_read(one, &num) && attachments) assert(num < attachments);
  }
  assert(list.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 65536) return 0;
  str text = {(const char *)data, size};
  if (comparable(text) && str_eq(text, str_trim(text)) && size) same_as_another(text);
  struct sio_head h, same;
  if (!sio_head_parse(text, &h)) return 0;
  sio_head_from_client(&h);
  /* Callers have checked this; a name of invalid UTF-8 would be encoded differently. */
  if (!str_utf8_valid(text)) return 0;
  bool event = h.type == SIO_EVENT || h.type == SIO_BINARY_EVENT, ack = h.type == SIO_ACK || h.type == SIO_BINARY_ACK;
  assert(h.event.len <= SIO_EVENT_NAME_MAX && h.attachments <= SIO_ATTACHMENTS_MAX && h.nsp.len <= SIO_NAMESPACE_MAX);
  if (event || ack) walk(h.json, h.attachments);
  buf b;
  buf_init(&b, size * 7 + 64);
  sio_head_add(&b, h.type, h.attachments, h.nsp, h.id);
  if (event || ack) buf_add_char(&b, '[');
  if (event) buf_add_json_string(&b, h.event);
  if (event && h.json.len) buf_add_char(&b, ',');
  buf_add(&b, h.json);
  if (event || ack) buf_add_char(&b, ']');
  bool good = sio_head_parse(buf_borrow(&b), &same);
  assert(good && same.type == h.type && same.id == h.id && same.attachments == h.attachments);
  assert(str_eq(same.nsp, h.nsp) && str_eq(same.json, h.json));
  buf_free(&b);
  return 0;
}
