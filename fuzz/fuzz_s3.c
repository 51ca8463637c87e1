/* Answers of an S3 server: an element's text lies within the answer, holds no tag, and follows its own tag. */
#include "net/s3.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  str xml = str_n((const char *)data, size);
  static const char *const names[] = {"Code", "UploadId", "Key", "Initiated", ""};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    str name = str_c(names[i]), text = s3_element(xml, name);
    if (!text.ptr) continue;
    if (text.ptr < xml.ptr || text.ptr + text.len > xml.ptr + xml.len) abort();
    if (text.len && (memchr(text.ptr, '<', text.len))) abort();
    if ((size_t)(text.ptr - xml.ptr) < name.len + 2 || text.ptr[-1] != '>') abort();
    if (memcmp(text.ptr - 1 - name.len, name.ptr, name.len) != 0 || text.ptr[-2 - (ptrdiff_t)name.len] != '<') abort();
  }
  return 0;
}
