/* permessage-deflate, RFC 7692, without context takeover in either direction: no state is kept between messages, so an
 * idle socket costs nothing and one compressed frame serves every socket. There is one pair of zlib states per thread. */
#ifndef SB_NET_WS_DEFLATE_H
#define SB_NET_WS_DEFLATE_H

#include "base/buf.h"
#include "base/str.h"

/* Picks the first offer of a Sec-WebSocket-Extensions value that can be accepted. False: none. *window_bits (8 to 15)
 * limits the back references of our messages; the response must name it when *names_window. */
bool ws_deflate_accept(str extensions, uint8_t *window_bits, bool *names_window);

/* Compresses a message; the result is in a buffer of the thread, valid until the next call. False when it does not
 * become smaller. */
bool ws_deflate(str message, str *out);

enum ws_inflate_result { WS_INFLATE_OK, WS_INFLATE_BROKEN, WS_INFLATE_TOO_BIG };
/* Inflates a whole message into *out, which has its own maximum. */
enum ws_inflate_result ws_inflate(str message, buf *out);

#endif
