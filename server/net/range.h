/* One byte range of a Range header, RFC 9110, 14: pure. */
#ifndef SB_NET_RANGE_H
#define SB_NET_RANGE_H

#include "base/str.h"

enum range_result {
  RANGE_WHOLE, /* absent, several ranges, another unit or malformed: the whole is sent, as 14.2 allows */
  RANGE_PART,
  RANGE_BEYOND, /* 416 */
};
enum range_result http_range(str header, int64_t size_bytes, int64_t *from, int64_t *length);

#endif
