/* multipart/form-data, RFC 7578 and 2046, parsed as it arrives: a pure incremental parser with callbacks. It buffers
 * only the header block of the current part. */
#ifndef SB_NET_MULTIPART_H
#define SB_NET_MULTIPART_H

#include "base/err.h"
#include "base/str.h"

enum { MULTIPART_BOUNDARY_MAX = 70, MULTIPART_HEAD_MAX = 4096 };

/* The boundary of a Content-Type value; false when it is not multipart/form-data or has no valid one. The slice points
 * into the value. */
bool multipart_boundary(str content_type, str *boundary);

/* The name and the last path segment of the filename are decoded into the parser's buffer: valid during the call. */
struct multipart_part {
  str name, filename /* STR_NONE: a field */, content_type;
};

struct multipart {
  /* Each may return an error, which ends the parsing. */
  err (*begin)(void *user, const struct multipart_part *part);
  err (*data)(void *user, str bytes);
  err (*end)(void *user);
  void *user;
  uint8_t state;
  uint16_t matched; /* bytes of the delimiter seen */
  uint16_t delimiter_len, head_len;
  char delimiter[4 + MULTIPART_BOUNDARY_MAX]; /* CR LF - - boundary */
  char head[MULTIPART_HEAD_MAX];
  struct multipart_part part; /* points into head */
};

void multipart_init(struct multipart *m, str boundary);
err multipart_feed(struct multipart *m, str bytes);
/* Call at the end of the body: an error unless the closing delimiter was seen. */
err multipart_end(const struct multipart *m);

#endif
