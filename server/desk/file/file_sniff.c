/* See file_internal.h. */
#include "desk/file/file_internal.h"

#include "base/log.h"

#include <magic.h>
#include <pthread.h>

enum { SNIFF_BYTES = 4096 }; /* every relevant signature is within these bytes */

str file_sniff(str bytes, arena *a) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static magic_t magic; /* libmagic's handle is not thread-safe; kept for the life of the process */
  static bool tried;
  str type = S("application/octet-stream");
  pthread_mutex_lock(&lock);
  if (!tried) {
    tried = true;
    magic = magic_open(MAGIC_MIME_TYPE);
    if (magic && magic_load(magic, NULL) != 0) {
      LOG_WARN("file.sniff_unavailable", LOG_C("why", magic_error(magic)));
      magic_close(magic);
      magic = NULL;
    }
  }
  const char *found = magic ? magic_buffer(magic, bytes.ptr, bytes.len < SNIFF_BYTES ? bytes.len : SNIFF_BYTES) : NULL;
  if (found) type = arena_dup(a, str_c(found));
  pthread_mutex_unlock(&lock);
  return type;
}
