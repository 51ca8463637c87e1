/* Pictures' headers: nothing is read beyond the bytes, and what is measured is sane. */
#include "desk/file/file_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct image image;
  bool known = image_measure(str_n((const char *)data, size), &image);
  if (known != (image.type != IMAGE_NONE)) abort();
  if (known && (image.width <= 0 || image.height <= 0 || image.width > INT32_MAX || image.height > INT32_MAX)) abort();
  if (known && !image_mime(image.type)) abort();
  return 0;
}
