/* Packets of Engine.IO 4 as bytes: pure functions, any thread. */
#ifndef SB_NET_EIO_PACKET_H
#define SB_NET_EIO_PACKET_H

#include "base/arena.h"
#include "base/buf.h"

enum eio_type {
  EIO_OPEN = '0',
  EIO_CLOSE = '1',
  EIO_PING = '2',
  EIO_PONG = '3',
  EIO_MESSAGE = '4',
  EIO_UPGRADE = '5',
  EIO_NOOP = '6',
};
enum { EIO_SEPARATOR = 0x1E };

struct eio_packet {
  enum eio_type type;
  bool binary; /* a MESSAGE of bytes; on a payload its data is base64 */
  str data;
};

/* One packet in its text form: the body of a WebSocket text frame, or a part of a payload (where `b` is allowed and its
 * base64 is checked). */
bool eio_packet_parse(str text, bool in_payload, struct eio_packet *out);
/* Cuts the next packet off a payload (the body of a polling request); *rest ends as STR_NONE. False: malformed. */
bool eio_payload_next(str *rest, struct eio_packet *out);
/* True if the payload is UTF-8 and all its packets are complete and of types that a client may send. */
bool eio_payload_valid(str payload);

/* Adds a separator if the payload is not empty, then the packet. */
void eio_payload_add(buf *payload, enum eio_type type, str data);
void eio_payload_add_binary(buf *payload, str bytes);
/* Maximum size that a packet of this many bytes takes in a payload. */
static inline size_t eio_payload_room(size_t bytes) { return (bytes + 2) / 3 * 4 + 2; }

/* Strict base64 (RFC 4648, 4): padded, no foreign characters, no leftover bits. */
bool eio_base64_valid(str s);
size_t eio_base64_decode(str s, char *out); /* of a valid s; out has room for len / 4 * 3 */

#endif
