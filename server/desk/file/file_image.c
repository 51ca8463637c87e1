/* See file_image.h. Every read goes through `has`, so nothing is read beyond the slice; the loops over a JPEG, a GIF
 * and a WebP advance at least one byte per step, so they end. */
#include "desk/file/file_image.h"

static bool has(str s, size_t at, size_t n) { return at <= s.len && s.len - at >= n; }

static uint32_t byte_at(str s, size_t at) { return (unsigned char)s.ptr[at]; }

static uint32_t big16(str s, size_t at) { return byte_at(s, at) << 8 | byte_at(s, at + 1); }
static uint32_t big32(str s, size_t at) { return big16(s, at) << 16 | big16(s, at + 2); }
static uint32_t little16(str s, size_t at) { return byte_at(s, at) | byte_at(s, at + 1) << 8; }
static uint32_t little32(str s, size_t at) { return little16(s, at) | little16(s, at + 2) << 16; }
static uint32_t little24(str s, size_t at) { return little16(s, at) | byte_at(s, at + 2) << 16; }

static bool png(str s, struct image *out) {
  if (!has(s, 0, 24) || !str_eq(str_sub(s, 12, 16), S("IHDR"))) return false;
  *out = (struct image){IMAGE_PNG, big32(s, 16), big32(s, 20), 0};
  return out->width <= INT32_MAX && out->height <= INT32_MAX;
}

static void cover(struct image *out, int64_t right, int64_t bottom) {
  int64_t width = right > out->width ? right : out->width, height = bottom > out->height ? bottom : out->height;
  if (width * height > out->pixels) out->pixels = width * height;
}

static size_t gif_colors(uint32_t flags) { return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0; }

/* Decoders enlarge the canvas for a frame beyond it, so all frames are examined. */
static void gif_frames(str s, size_t at, struct image *out) {
  while (has(s, at, 1)) {
    uint32_t block = byte_at(s, at);
    if (block == 0x2c && has(s, at, 10)) { /* a frame: left, top, width, height, flags, then the size of its codes */
      cover(out, (int64_t)little16(s, at + 1) + little16(s, at + 5),
            (int64_t)little16(s, at + 3) + little16(s, at + 7));
      at += 11 + gif_colors(byte_at(s, at + 9));
    } else if (block == 0x21) { /* an extension and its label */
      at += 2;
    } else {
      return;
    }
    while (has(s, at, 1) && byte_at(s, at)) at += 1 + byte_at(s, at);
    at++;
  }
}

static bool gif(str s, struct image *out) {
  if (!has(s, 0, 10)) return false;
  *out = (struct image){IMAGE_GIF, little16(s, 6), little16(s, 8), 0};
  if (has(s, 0, 13)) gif_frames(s, 13 + gif_colors(byte_at(s, 10)), out);
  return true;
}

/* A chunk that holds pixels, at its name. */
static bool webp_pixels(str s, size_t at, int64_t *width, int64_t *height) {
  str name = str_sub(s, at, at + 4);
  if (str_eq(name, S("VP8L")) && has(s, at, 13) && byte_at(s, at + 8) == 0x2f) {
    uint32_t bits = little24(s, at + 9) | byte_at(s, at + 12) << 24;
    *width = (bits & 0x3fff) + 1;
    *height = (bits >> 14 & 0x3fff) + 1;
    return true;
  }
  if (str_eq(name, S("VP8 ")) && has(s, at, 18) && little24(s, at + 11) == 0x2a019d) {
    *width = little16(s, at + 14) & 0x3fff;
    *height = little16(s, at + 16) & 0x3fff;
    return true;
  }
  return false;
}

/* The chunks after the canvas header: their content may be larger than the canvas. */
static void webp_frames(str s, size_t at, struct image *out) {
  while (has(s, at, 8)) {
    size_t size = little32(s, at + 4);
    int64_t width, height;
    bool frame = str_eq(str_sub(s, at, at + 4), S("ANMF")) && has(s, at, 24);
    if (frame)
      cover(out, 2 * (int64_t)little24(s, at + 8) + little24(s, at + 14) + 1,
            2 * (int64_t)little24(s, at + 11) + little24(s, at + 17) + 1);
    else if (webp_pixels(s, at, &width, &height))
      cover(out, width, height);
    at += frame ? 24 : 8 + size + (size & 1); /* into a frame: its own chunks follow */
  }
}

static bool webp(str s, struct image *out) {
  out->type = IMAGE_WEBP;
  if (!str_eq(str_sub(s, 12, 16), S("VP8X"))) return webp_pixels(s, 12, &out->width, &out->height);
  if (!has(s, 0, 30)) return false;
  out->width = little24(s, 24) + 1;
  out->height = little24(s, 27) + 1;
  webp_frames(s, 30, out);
  return true;
}

/* The orientation in a JPEG's Exif segment (TIFF inside: byte order, the first directory, tag 0x0112), 1 to 8; 1 when
 * there is none. */
uint32_t image_orientation(str s) {
  enum { TAG = 0x0112, SHORT = 3, ENTRY = 12 };
  if (!str_starts(s, S("Exif\0"))) return 1;
  str tiff = str_sub(s, 6, s.len);
  bool big = str_starts(tiff, S("MM\0*"));
  if (!big && !str_starts(tiff, S("II*\0"))) return 1;
  uint32_t (*read16)(str, size_t) = big ? big16 : little16, (*read32)(str, size_t) = big ? big32 : little32;
  if (!has(tiff, 4, 4)) return 1;
  size_t at = read32(tiff, 4);
  if (!has(tiff, at, 2)) return 1;
  uint32_t count = read16(tiff, at);
  at += 2;
  for (; count > 0 && has(tiff, at, ENTRY); count--, at += ENTRY) {
    if (read16(tiff, at) != TAG) continue;
    uint32_t value = read16(tiff, at + 8);
    return read16(tiff, at + 2) == SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/* Orientations 5 to 8 swap rows and columns. */
static struct image jpeg_shown(uint32_t width, uint32_t height, uint32_t orientation) {
  return orientation >= 5 ? (struct image){IMAGE_JPEG, height, width, 0} : (struct image){IMAGE_JPEG, width, height, 0};
}

/* Start of frame: C0..CF but for the tables and arithmetic coding's own (C4, C8, CC). */
static bool is_frame(uint32_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool jpeg(str s, struct image *out) {
  uint32_t orientation = 0; /* none was found yet; the first Exif segment counts */
  size_t at = 2;
  while (has(s, at, 2)) {
    if (byte_at(s, at) != 0xff) return false;
    uint32_t marker = byte_at(s, at + 1);
    if (marker == 0xff) { /* fill byte */
      at++;
      continue;
    }
    at += 2;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue; /* no length follows */
    if (marker == 0xd9 || marker == 0xda || !has(s, at, 2)) return false;
    uint32_t size = big16(s, at);
    if (size < 2) return false;
    if (is_frame(marker)) {
      if (size < 7 || !has(s, at, 7)) return false;
      *out = jpeg_shown(big16(s, at + 5), big16(s, at + 3), orientation);
      return true;
    }
    str segment = str_sub(s, at + 2, at + size);
    if (marker == 0xe1 && !orientation && str_starts(segment, S("Exif\0"))) orientation = image_orientation(segment);
    at += size;
  }
  return false;
}

bool image_measure(str s, struct image *out) {
  *out = (struct image){0};
  bool known = false;
  if (str_starts(s, S("\x89PNG\r\n\x1a\n")))
    known = png(s, out);
  else if (str_starts(s, S("GIF87a")) || str_starts(s, S("GIF89a")))
    known = gif(s, out);
  else if (str_starts(s, S("RIFF")) && str_eq(str_sub(s, 8, 12), S("WEBP")))
    known = webp(s, out);
  else if (str_starts(s, S("\xff\xd8\xff")))
    known = jpeg(s, out);
  if (known) cover(out, out->width, out->height);
  if (known && out->width > 0 && out->height > 0) return true;
  *out = (struct image){0};
  return false;
}

const char *image_mime(enum image_type type) {
  static const char *const mimes[] = {NULL, "image/jpeg", "image/png", "image/gif", "image/webp"};
  return mimes[type];
}

/* ISO/IEC 14496-12 and 23008-12: a box is its size, its name and its content; the box "meta" holds the properties of all pictures,
 * of which "ispe" is a size. The box is searched for the name, not parsed: a size too many only refuses a picture. */
int64_t image_heif_pixels(str s) {
  int64_t most = 0;
  for (size_t at = 0; has(s, at, 8);) {
    uint64_t size = big32(s, at);
    size_t head = 8;
    if (size == 1 && has(s, at, 16)) size = (uint64_t)big32(s, at + 8) << 32 | big32(s, at + 12), head = 16;
    if (size == 0 || size > s.len - at) size = s.len - at;
    if (size < head) break;
    bool meta = str_eq(str_sub(s, at + 4, at + 8), S("meta"));
    for (size_t i = at + head; meta && has(s, i, 16) && i < at + size; i++) {
      if (!str_eq(str_sub(s, i, i + 4), S("ispe"))) continue;
      int64_t pixels = (int64_t)(big32(s, i + 8) & INT32_MAX) * (int64_t)(big32(s, i + 12) & INT32_MAX);
      if (pixels > most) most = pixels;
    }
    at += (size_t)size;
  }
  return most;
}
