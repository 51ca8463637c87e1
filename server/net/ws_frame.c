/* See ws_frame.h. A message that arrives in one read is returned from the read buffer without a copy; otherwise its
 * fragments are collected in `message`, unmasked and checked on arrival, so that bad UTF-8 fails at its first byte. */
#include "net/ws_frame.h"

#include <string.h>

/* ---- UTF-8 ---- */

/* The state is 0 between code points, else: bits 0-1 continuation bytes still to come; bits 8-15 and 16-23 the bounds
 * of the next byte, which exclude overlong forms, surrogates and code points above U+10FFFF (RFC 3629, 4). */
static uint32_t state_of(uint32_t left, uint32_t low, uint32_t high) { return left | low << 8 | high << 16; }

static bool lead(ws_utf8 *state, unsigned char c) {
  if (c < 0x80) return true;
  if (c >= 0xC2 && c <= 0xDF)
    *state = state_of(1, 0x80, 0xBF);
  else if (c >= 0xE0 && c <= 0xEF)
    *state = state_of(2, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF);
  else if (c >= 0xF0 && c <= 0xF4)
    *state = state_of(3, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF);
  else
    return false;
  return true;
}

bool ws_utf8_feed(ws_utf8 *state, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  for (size_t i = 0; i < n;) {
    if (*state == 0) {
      uint64_t eight;
      while (n - i >= 8) { /* runs of ASCII, eight bytes a step */
        memcpy(&eight, p + i, 8);
        if (eight & 0x8080808080808080u) break;
        i += 8;
      }
      if (i == n) break;
      if (!lead(state, p[i++])) return false;
      continue;
    }
    uint32_t left = *state & 3, low = *state >> 8 & 0xFF, high = *state >> 16 & 0xFF;
    if (p[i] < low || p[i] > high) return false;
    i++;
    *state = left > 1 ? state_of(left - 1, 0x80, 0xBF) : 0;
  }
  return true;
}

/* ---- headers ---- */

bool ws_close_code_valid(int code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

size_t ws_put_header(char out[WS_HEADER_MAX], int opcode, bool compressed, uint64_t len) {
  out[0] = (char)(0x80 | (compressed ? 0x40 : 0) | opcode);
  if (len < 126) {
    out[1] = (char)len;
    return 2;
  }
  size_t bytes = len <= 0xFFFF ? 2 : 8;
  out[1] = bytes == 2 ? 126 : 127;
  for (size_t i = 0; i < bytes; i++) out[2 + i] = (char)(len >> (8 * (bytes - 1 - i)));
  return 2 + bytes;
}

void ws_mask(char *p, size_t n, const uint8_t mask[4], size_t phase) {
  uint8_t turned[8];
  for (size_t i = 0; i < 8; i++) turned[i] = mask[(phase + i) & 3];
  uint64_t wide, eight;
  memcpy(&wide, turned, 8);
  size_t i = 0;
  for (; n - i >= 8; i += 8) {
    memcpy(&eight, p + i, 8);
    eight ^= wide;
    memcpy(p + i, &eight, 8);
  }
  for (; i < n; i++) p[i] = (char)((uint8_t)p[i] ^ turned[i & 7]);
}

/* ---- reading ---- */

static void fail(struct ws_reader *r, struct ws_event *e, int code, str why) {
  r->closed = true;
  *e = (struct ws_event){.type = WS_EVENT_FAIL, .code = code, .payload = why};
}

/* Decodes the length after the second byte; 0: more bytes are needed. */
static size_t take_length(const unsigned char *p, size_t n, uint64_t *len, bool *minimal) {
  *len = p[1] & 0x7F;
  *minimal = true;
  if (*len < 126) return 2;
  size_t bytes = *len == 126 ? 2 : 8;
  if (n < 2 + bytes) return 0;
  *len = 0;
  for (size_t i = 0; i < bytes; i++) *len = *len << 8 | p[2 + i];
  *minimal = bytes == 2 ? *len > 125 : *len > 0xFFFF && *len >> 63 == 0; /* RFC 6455, 5.2 */
  return 2 + bytes;
}

/* Checks the first two bytes; returns the violated rule or NULL. */
static const char *check_bits(const struct ws_reader *r, const unsigned char *p) {
  int opcode = p[0] & 0x0F;
  bool control = opcode >= 8, fin = p[0] & 0x80;
  if (p[0] & 0x30) return "a reserved bit is set";
  if (p[0] & 0x40 && (!r->deflate || control || opcode == WS_OP_CONTINUATION)) return "a reserved bit is set";
  if ((opcode > 2 && opcode < 8) || opcode > 10) return "an unknown opcode";
  if (!(p[1] & 0x80) != r->from_server) return r->from_server ? "a masked frame" : "an unmasked frame";
  if (control && !fin) return "a fragmented control frame";
  if (control && (p[1] & 0x7F) > WS_CONTROL_MAX) return "a control frame over 125 bytes";
  if (opcode == WS_OP_CONTINUATION && !r->in_message) return "a continuation without a message";
  if ((opcode == WS_OP_TEXT || opcode == WS_OP_BINARY) && r->in_message) return "a message inside another";
  return NULL;
}

/* Parses a frame's header; 0 if it is incomplete or has failed. */
static size_t take_header(struct ws_reader *r, const char *bytes, size_t n, struct ws_event *e) {
  const unsigned char *p = (const unsigned char *)bytes;
  if (n < 2) return 0;
  const char *why = check_bits(r, p);
  if (why) {
    fail(r, e, 1002, str_c(why));
    return 0;
  }
  uint64_t len;
  bool minimal;
  size_t size = take_length(p, n, &len, &minimal);
  if (size == 0) return 0;
  if (!minimal) {
    fail(r, e, 1002, S("a length encoding that is not minimal"));
    return 0;
  }
  if (n < size + (r->from_server ? 0 : 4)) return 0;
  int opcode = p[0] & 0x0F;
  if (opcode < 8 && (len > r->message_max_bytes || r->message.len > r->message_max_bytes - len)) {
    fail(r, e, 1009, S("the message is too big"));
    return 0;
  }
  memset(r->mask, 0, 4);
  if (!r->from_server) {
    memcpy(r->mask, p + size, 4);
    size += 4;
  }
  r->opcode = (uint8_t)opcode;
  r->fin = p[0] & 0x80;
  r->left = len;
  r->phase = 0;
  r->in_frame = true;
  if (opcode == WS_OP_TEXT || opcode == WS_OP_BINARY) {
    r->message_opcode = (uint8_t)opcode;
    r->compressed = p[0] & 0x40;
    r->in_message = true;
    r->utf8 = 0;
    buf_init(&r->message, r->message_max_bytes);
  }
  return size;
}

static void take_close(struct ws_reader *r, str payload, struct ws_event *e) {
  ws_utf8 utf8 = 0;
  if (payload.len == 0) {
    r->closed = true;
    *e = (struct ws_event){.type = WS_EVENT_CLOSE, .code = 1005, .payload = S("")};
    return;
  }
  int code = payload.len < 2 ? 0 : (uint8_t)payload.ptr[0] << 8 | (uint8_t)payload.ptr[1];
  if (!ws_close_code_valid(code)) {
    fail(r, e, 1002, S("an invalid close code"));
    return;
  }
  str reason = str_sub(payload, 2, payload.len);
  if (!ws_utf8_feed(&utf8, reason.ptr, reason.len) || !ws_utf8_complete(utf8)) {
    fail(r, e, 1007, S("a close reason that is not UTF-8"));
    return;
  }
  r->closed = true;
  *e = (struct ws_event){.type = WS_EVENT_CLOSE, .code = code, .payload = reason};
}

/* Control frames are processed when complete, since they are small. */
static size_t take_control(struct ws_reader *r, char *p, size_t n, struct ws_event *e) {
  if (n < r->left) return 0;
  size_t len = (size_t)r->left;
  ws_mask(p, len, r->mask, 0);
  r->in_frame = false;
  str payload = {p, len};
  if (r->opcode == WS_OP_CLOSE)
    take_close(r, payload, e);
  else
    *e = (struct ws_event){.type = r->opcode == WS_OP_PING ? WS_EVENT_PING : WS_EVENT_PONG, .payload = payload};
  return len;
}

static size_t take_data(struct ws_reader *r, char *p, size_t n, struct ws_event *e) {
  size_t len = r->left < n ? (size_t)r->left : n;
  bool frame_ends = len == r->left, message_ends = frame_ends && r->fin;
  ws_mask(p, len, r->mask, (size_t)(r->phase & 3));
  r->phase += len;
  r->left -= len;
  bool check = r->message_opcode == WS_OP_TEXT && !r->compressed;
  if (check && (!ws_utf8_feed(&r->utf8, p, len) || (message_ends && !ws_utf8_complete(r->utf8)))) {
    fail(r, e, 1007, S("text that is not UTF-8"));
    return len;
  }
  if (!message_ends || r->message.len) buf_add(&r->message, (str){p, len});
  if (frame_ends) r->in_frame = false;
  if (!message_ends) return len;
  r->in_message = false;
  *e = (struct ws_event){.type = WS_EVENT_MESSAGE,
                         .opcode = r->message_opcode,
                         .compressed = r->compressed,
                         .payload = r->message.len ? buf_borrow(&r->message) : (str){p, len}};
  return len;
}

size_t ws_reader_feed(struct ws_reader *r, char *p, size_t n, struct ws_event *e) {
  size_t used = 0;
  *e = (struct ws_event){.type = WS_EVENT_NONE};
  while (e->type == WS_EVENT_NONE) {
    if (r->closed) return n;
    if (!r->in_frame) {
      size_t size = take_header(r, p + used, n - used, e);
      if (size == 0) break;
      used += size;
    }
    bool control = r->opcode >= 8;
    if (control && n - used < r->left) break;
    if (!control && used == n && r->left) break;
    used += control ? take_control(r, p + used, n - used, e) : take_data(r, p + used, n - used, e);
  }
  return r->closed && e->type != WS_EVENT_CLOSE ? n : used;
}

void ws_reader_release(struct ws_reader *r) { buf_free(&r->message); }
