/* Headers of pictures: nothing is read past the end, and the dimensions are within limits. Stripping a picture reads nothing past
 * the end either, makes nothing longer than an orientation, and finds nothing more to strip in its result. What is to be
 * overwritten in a HEIF file lies within it. */
#include "desk/file/file_image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void strip(str s, enum image_type type) {
  enum { ORIENTATION = 36 };
  struct image_kept kept, again;
  if (!image_strip(s, type, &kept)) return;
  size_t n = 0;
  for (size_t i = 0; i < kept.count; i++) n += kept.pieces[i].len;
  if (n > s.len + ORIENTATION) abort();
  char *out = malloc(n + 1);
  if (!out) abort();
  n = 0;
  for (size_t i = 0; i < kept.count; i++) {
    memcpy(out + n, kept.pieces[i].ptr, kept.pieces[i].len);
    n += kept.pieces[i].len;
  }
  if (!image_strip(str_n(out, n), type, &again) || again.changed) abort();
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct image image;
  bool known = image_measure(str_n((const char *)data, size), &image);
  if (known != (image.type != IMAGE_NONE)) abort();
  if (known && (image.width <= 0 || image.height <= 0 || image.width > INT32_MAX || image.height > INT32_MAX)) abort();
  if (known && !image_mime(image.type)) abort();
  if (image_heif_pixels(str_n((const char *)data, size)) < 0) abort();
  str bytes = str_n((const char *)data, size);
  struct image_blanks blanks;
  bool found = image_heif_private(bytes, &blanks);
  for (size_t i = 0; found && i < blanks.count; i++)
    if (blanks.list[i].len > size || blanks.list[i].at > size - blanks.list[i].len) abort();
  if (known) strip(str_n((const char *)data, size), image.type);
  return 0;
}
