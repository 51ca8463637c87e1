/* See eio_packet.h. */
#include "net/eio_packet.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool eio_base64_valid(str s) {
  if (s.len % 4) return false;
  size_t pad = s.len && s.ptr[s.len - 1] == '=' ? 1 + (s.ptr[s.len - 2] == '=') : 0;
  for (size_t i = 0; i < s.len - pad; i++)
    if (digit_of(s.ptr[i]) < 0) return false;
  if (pad == 0) return true;
  int last = digit_of(s.ptr[s.len - pad - 1]);
  return (last & (pad == 1 ? 3 : 15)) == 0;
}

size_t eio_base64_decode(str s, char *out) {
  size_t n = 0;
  for (size_t i = 0; i + 4 <= s.len; i += 4) {
    int c = s.ptr[i + 2] == '=' ? 0 : digit_of(s.ptr[i + 2]), d = s.ptr[i + 3] == '=' ? 0 : digit_of(s.ptr[i + 3]);
    uint32_t v =
        (uint32_t)digit_of(s.ptr[i]) << 18 | (uint32_t)digit_of(s.ptr[i + 1]) << 12 | (uint32_t)c << 6 | (uint32_t)d;
    out[n++] = (char)(v >> 16);
    if (s.ptr[i + 2] != '=') out[n++] = (char)(v >> 8);
    if (s.ptr[i + 3] != '=') out[n++] = (char)v;
  }
  return n;
}

static void add_base64(buf *b, str s) {
  char *out = buf_reserve(b, (s.len + 2) / 3 * 4);
  if (!out) return;
  size_t n = 0;
  for (size_t i = 0; i < s.len; i += 3) {
    size_t left = s.len - i;
    uint32_t v = (uint32_t)(uint8_t)s.ptr[i] << 16;
    if (left > 1) v |= (uint32_t)(uint8_t)s.ptr[i + 1] << 8;
    if (left > 2) v |= (uint8_t)s.ptr[i + 2];
    out[n++] = alphabet[v >> 18];
    out[n++] = alphabet[v >> 12 & 63];
    out[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
    out[n++] = left > 2 ? alphabet[v & 63] : '=';
  }
  buf_commit(b, n);
}

bool eio_packet_parse(str text, bool in_payload, struct eio_packet *out) {
  if (text.len == 0) return false;
  str data = str_sub(text, 1, text.len);
  if (in_payload && text.ptr[0] == 'b') {
    *out = (struct eio_packet){EIO_MESSAGE, true, data};
    return eio_base64_valid(data);
  }
  if (text.ptr[0] < EIO_OPEN || text.ptr[0] > EIO_NOOP) return false;
  *out = (struct eio_packet){(enum eio_type)text.ptr[0], false, data};
  return true;
}

bool eio_payload_next(str *rest, struct eio_packet *out) {
  return eio_packet_parse(str_cut(rest, EIO_SEPARATOR), true, out);
}

bool eio_payload_valid(str payload) {
  if (!payload.ptr || !str_utf8_valid(payload)) return false;
  while (payload.ptr) {
    struct eio_packet p;
    if (!eio_payload_next(&payload, &p)) return false;
    /* Only the server opens and pings. */
    if (p.type == EIO_OPEN || p.type == EIO_PING) return false;
  }
  return true;
}

void eio_payload_add(buf *payload, enum eio_type type, str data) {
  if (payload->len) buf_add_char(payload, EIO_SEPARATOR);
  buf_add_char(payload, (char)type);
  buf_add(payload, data);
}

void eio_payload_add_binary(buf *payload, str bytes) {
  if (payload->len) buf_add_char(payload, EIO_SEPARATOR);
  buf_add_char(payload, 'b');
  add_base64(payload, bytes);
}
