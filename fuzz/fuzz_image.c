/* Headers of pictures: nothing is read past the end, and the dimensions are within limits. */
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
