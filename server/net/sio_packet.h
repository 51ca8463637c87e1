/* Packets of Socket.IO 5 as bytes: pure functions, any thread.
 *
 *   <type>[<attachments>-][/<namespace>,][<ack id>][<JSON>]
 *
 * JSON is scanned, not built: arguments stay the slices of text that came, and what is sent is text that the caller made.
 * The scan is strict RFC 8259, to SIO_DEPTH_MAX levels. */
#ifndef SB_NET_SIO_PACKET_H
#define SB_NET_SIO_PACKET_H

#include "base/buf.h"

enum sio_type {
  SIO_CONNECT,
  SIO_DISCONNECT,
  SIO_EVENT,
  SIO_ACK,
  SIO_CONNECT_ERROR,
  SIO_BINARY_EVENT,
  SIO_BINARY_ACK,
};
enum {
  SIO_DEPTH_MAX = 32,
  SIO_NAMESPACE_MAX = 128, /* bytes */
  SIO_EVENT_NAME_MAX = 128,
  SIO_ATTACHMENTS_MAX = 64, /* what the parser takes; a server's own bound is below */
};
#define SIO_NO_ID (-1)

struct sio_head {
  enum sio_type type;
  uint32_t attachments;
  str nsp;    /* "/" where none was given */
  int64_t id; /* 0 to 2^53 - 1, or SIO_NO_ID */
  str json;   /* CONNECT: the auth object or STR_NONE. DISCONNECT: none. EVENT, ACK: the array's elements without
                 brackets and, for an event, without its name; empty where there are none. CONNECT_ERROR: the value */
  str event;  /* an event's name: a slice of the text, or of `name` when it had escapes */
  char name[SIO_EVENT_NAME_MAX];
};
/* Reads what either side may send; the text is UTF-8 already. False: it is broken. The slices point into `text` (and
 * *out). */
bool sio_head_parse(str text, struct sio_head *out);
/* What a client may send: no CONNECT_ERROR, no event under a name that the protocol reserves. */
bool sio_head_from_client(const struct sio_head *h);

/* Appends everything before the JSON. */
void sio_head_add(buf *b, enum sio_type type, uint32_t attachments, str nsp, int64_t id);
/* Appends {"_placeholder":true,"num":N}: where attachment N stands in arguments. */
void sio_placeholder_add(buf *b, uint32_t num);

/* The length of the JSON value at the front of s (no space before it), 0 when it is broken. placeholders_below: every
 * object that says it is a placeholder must be nothing else, and number an attachment below this; UINT32_MAX: any. */
size_t sio_json_scan(str s, uint32_t placeholders_below);
/* Cuts the next element off a list of them as in sio_head.json; false at its end. */
bool sio_element_next(str *rest, str *out);
/* True, and its number, when the text is a placeholder. */
bool sio_placeholder_read(str json, uint32_t *num);

#endif
