/* Packets of Socket.IO 5 as bytes: pure functions, any thread.
 *
 *   <type>[<attachments>-][/<namespace>,][<ack id>][<JSON>]
 *
 * JSON is scanned, not built: arguments are slices of the received text, and outgoing text comes from the caller.
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
  SIO_ATTACHMENTS_MAX = 64, /* the parser's limit; a server's limit is lower */
};
#define SIO_NO_ID (-1)

struct sio_head {
  enum sio_type type;
  uint32_t attachments;
  str nsp;    /* "/" where none was given */
  int64_t id; /* 0 to 2^53 - 1, or SIO_NO_ID */
  str json;   /* CONNECT: the auth object or STR_NONE. DISCONNECT: none. EVENT, ACK: the array's elements without
                 brackets and, for an event, without its name; empty if there are none. CONNECT_ERROR: the value */
  str event;  /* an event's name: a slice of the text, or of `name` when it had escapes */
  char name[SIO_EVENT_NAME_MAX];
};
/* Parses what either side may send; the text must be UTF-8. False: malformed. The slices point into `text` (and
 * *out). */
bool sio_head_parse(str text, struct sio_head *out);
/* Whether a client may send it: no CONNECT_ERROR, no event with a reserved name. */
bool sio_head_from_client(const struct sio_head *h);

/* Appends everything before the JSON. */
void sio_head_add(buf *b, enum sio_type type, uint32_t attachments, str nsp, int64_t id);
/* Appends {"_placeholder":true,"num":N}: the place of attachment N in the arguments. */
void sio_placeholder_add(buf *b, uint32_t num);

/* The length of the JSON value at the front of s (no space before it), 0 when malformed. placeholders_below: every
 * placeholder object must have no other members and a num below this; UINT32_MAX: any. */
size_t sio_json_scan(str s, uint32_t placeholders_below);
/* Cuts the next element off a list as in sio_head.json; false at its end. */
bool sio_element_next(str *rest, str *out);
/* True, with its number, if the text is a placeholder. */
bool sio_placeholder_read(str json, uint32_t *num);

#endif
