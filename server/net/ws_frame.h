/* WebSocket frames, RFC 6455, 5: pure functions over bytes. ws_reader is the receiving side of one connection with all
 * its rules (fragments, control frames between them, masks, UTF-8); it knows no socket and no thread. */
#ifndef SB_NET_WS_FRAME_H
#define SB_NET_WS_FRAME_H

#include "base/buf.h"
#include "base/str.h"

enum ws_opcode {
  WS_OP_CONTINUATION = 0,
  WS_OP_TEXT = 1,
  WS_OP_BINARY = 2,
  WS_OP_CLOSE = 8,
  WS_OP_PING = 9,
  WS_OP_PONG = 10,
};
enum { WS_HEADER_MAX = 14, WS_CONTROL_MAX = 125 };

/* Incremental UTF-8 check; fails at the first invalid byte. Start at 0. */
typedef uint32_t ws_utf8;
bool ws_utf8_feed(ws_utf8 *state, const void *bytes, size_t n);
static inline bool ws_utf8_complete(ws_utf8 state) { return state == 0; }

/* Whether a peer may send this close code: RFC 6455, 7.4. */
bool ws_close_code_valid(int code);

/* An unmasked header; returns its size, at most 10. */
size_t ws_put_header(char out[WS_HEADER_MAX], int opcode, bool compressed, uint64_t len);
void ws_mask(char *p, size_t n, const uint8_t mask[4], size_t phase);

struct ws_reader {
  /* limits and options, set by the owner */
  size_t message_max_bytes;
  bool deflate;     /* RSV1 may mark a compressed message */
  bool from_server; /* frames must be unmasked: the reader is on the client side */
  /* state: zero it */
  uint8_t opcode; /* of the current frame */
  bool in_frame, fin, in_message, compressed, closed;
  uint8_t message_opcode, mask[4];
  uint64_t left, phase;
  ws_utf8 utf8;
  buf message;
};

/* One event from the input. */
struct ws_event {
  enum { WS_EVENT_NONE, WS_EVENT_MESSAGE, WS_EVENT_PING, WS_EVENT_PONG, WS_EVENT_CLOSE, WS_EVENT_FAIL } type;
  int opcode;      /* MESSAGE */
  bool compressed; /* MESSAGE: payload is still deflated, and not checked as UTF-8 */
  str payload;     /* MESSAGE, PING, PONG; CLOSE: the reason; FAIL: a short description. Valid until the next call */
  int code;        /* CLOSE: 1005 when none was given. FAIL: the code to close with */
};
/* Consumes bytes from p (unmasking in place) and returns how many; at most one event per call. 0 with WS_EVENT_NONE: more
 * bytes are needed. After CLOSE or FAIL all input is consumed without further events. */
size_t ws_reader_feed(struct ws_reader *r, char *p, size_t n, struct ws_event *event);
/* Call after processing a MESSAGE event: frees the memory of a collected message. */
void ws_reader_release(struct ws_reader *r);

#endif
