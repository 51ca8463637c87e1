/* Type and dimensions of a picture from its bytes; pure, for untrusted input. Only what every channel shows as a photo
 * is supported: JPEG, PNG, GIF, WebP. */
#ifndef SB_DESK_FILE_FILE_IMAGE_H
#define SB_DESK_FILE_FILE_IMAGE_H

#include "base/str.h"

enum image_type { IMAGE_NONE, IMAGE_JPEG, IMAGE_PNG, IMAGE_GIF, IMAGE_WEBP };

struct image {
  enum image_type type;
  int64_t width, height; /* pixels, as shown: a JPEG's EXIF orientation is applied, as browsers and thumbnails do */
  int64_t pixels;        /* what a decoder may have to hold: at least width * height, more where a frame is said to be
                            larger than the picture, or to lie beyond it */
};

/* False if the bytes are not such a picture or end before its dimensions; width and height are above 0. */
bool image_measure(str bytes, struct image *out);
/* The pixels of the largest picture in a HEIF file (HEIC), whose decoder may have to hold them; 0: it does not say. */
int64_t image_heif_pixels(str bytes);
const char *image_mime(enum image_type type); /* "image/png"; NULL for IMAGE_NONE */

/* What stays of a JPEG, PNG or WebP when everything is left out that describes its making: position, camera, time, comments, and
 * whatever follows the picture's end. Colours and animation stay, and so does a JPEG's orientation. The pieces point into s and
 * into *out. False: it alternates between the two more often than any real picture. */
enum { IMAGE_PIECES_MAX = 64 };
struct image_kept {
  str pieces[IMAGE_PIECES_MAX];
  size_t count;
  bool changed;  /* something is left out */
  char made[64]; /* bytes of pieces that are new */
};
/* The orientation that an Exif segment (from "Exif" on) names, 1 to 8; 1 when it names none. */
uint32_t image_orientation(str exif);
bool image_strip(str s, enum image_type type, struct image_kept *out);

/* The same for a HEIF file (HEIC, AVIF): where Exif and XMP lie. Overwritten with zeros, they say nothing, and the picture is as it
 * was. False: the file does not say where they are, or it is damaged. */
enum { IMAGE_BLANKS_MAX = 32 };
struct image_blanks {
  struct {
    size_t at, len;
  } list[IMAGE_BLANKS_MAX];
  size_t count;
};
bool image_heif_private(str file, struct image_blanks *out);

#endif
