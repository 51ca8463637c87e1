/* image_strip: see file_image.h. Pictures are copied in slices, never decoded, so nothing of their quality is lost. Every read goes
 * through `has`, and every step advances, as in file_image.c. */
#include "desk/file/file_image.h"

#include <string.h>

static bool has(str s, size_t at, size_t n) { return at <= s.len && s.len - at >= n; }
static uint32_t byte_at(str s, size_t at) { return (unsigned char)s.ptr[at]; }
static uint32_t big16(str s, size_t at) { return byte_at(s, at) << 8 | byte_at(s, at + 1); }
static uint32_t big32(str s, size_t at) { return big16(s, at) << 16 | big16(s, at + 2); }
static uint32_t little32(str s, size_t at) {
  return byte_at(s, at) | byte_at(s, at + 1) << 8 | byte_at(s, at + 2) << 16 | byte_at(s, at + 3) << 24;
}

/* Appends; a slice that continues the last one makes it longer. */
static bool keep(struct image_kept *k, str piece) {
  if (!piece.len) return true;
  str *last = k->count ? &k->pieces[k->count - 1] : NULL;
  if (last && last->ptr + last->len == piece.ptr) {
    last->len += piece.len;
    return true;
  }
  if (k->count == IMAGE_PIECES_MAX) return false;
  k->pieces[k->count++] = piece;
  return true;
}

static size_t total(const struct image_kept *k) {
  size_t n = 0;
  for (size_t i = 0; i < k->count; i++) n += k->pieces[i].len;
  return n;
}

/* ---- JPEG ---- */

/* JFIF, the colour profile, Adobe's colour transform; not Exif, XMP, IPTC, comments or a maker's own. */
static bool jpeg_keeps(uint32_t marker, str content) {
  if (marker == 0xe2) return str_starts(content, S("ICC_PROFILE\0"));
  return marker != 0xfe && (marker < 0xe1 || marker > 0xef || marker == 0xee);
}

/* An Exif segment that says nothing but how to turn the picture. */
static str orientation_alone(struct image_kept *k, uint32_t orientation) {
  static const char segment[] = "\xff\xe1\0\x22"
                                "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
  enum { SIZE = 36, VALUE = 28 };
  memcpy(k->made, segment, SIZE);
  k->made[VALUE] = (char)orientation;
  return str_n(k->made, SIZE);
}

/* The first byte after a scan's data: a marker that is neither stuffing nor a restart. */
static size_t scan_end(str s, size_t at) {
  for (;; at += 2) {
    at = str_index(s, (char)0xff, at);
    if (!has(s, at, 2)) return s.len; /* cut short, as many that are shown all the same */
    uint32_t next = byte_at(s, at + 1);
    if (next == 0xff)
      at--; /* a fill byte: look at the next one */
    else if (next != 0 && (next < 0xd0 || next > 0xd7))
      return at;
  }
}

static bool jpeg(str s, struct image_kept *k) {
  bool turned = false;
  size_t at = 2;
  if (!keep(k, str_sub(s, 0, 2))) return false;
  while (has(s, at, 2)) {
    uint32_t marker = byte_at(s, at + 1);
    if (byte_at(s, at) != 0xff || marker == 0xff) { /* nothing that a decoder reads, or a fill byte */
      at++;
      continue;
    }
    if (marker == 0xd9) return keep(k, str_sub(s, at, at + 2)); /* what follows is not the picture */
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      if (!keep(k, str_sub(s, at, at + 2))) return false;
      at += 2;
      continue;
    }
    if (!has(s, at, 4)) return true;
    size_t end = at + 2 + big16(s, at + 2);
    if (end < at + 4) end = at + 4;
    if (end > s.len) end = s.len; /* cut short */
    str content = str_sub(s, at + 4, end);
    bool exif = marker == 0xe1 && !turned && str_starts(content, S("Exif\0"));
    uint32_t orientation = exif ? image_orientation(content) : 1;
    if (exif) turned = true;
    if (marker == 0xda) end = scan_end(s, end);
    if (jpeg_keeps(marker, content)) {
      if (!keep(k, str_sub(s, at, end))) return false;
    } else if (orientation != 1 && !keep(k, orientation_alone(k, orientation))) {
      return false;
    }
    at = end;
  }
  return true;
}

/* ---- PNG ---- */

static bool png_keeps(str name) {
  static const char *const dropped[] = {"eXIf", "tEXt", "zTXt", "iTXt", "tIME"};
  for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
    if (str_eq(name, str_c(dropped[i]))) return false;
  return true;
}

static bool png(str s, struct image_kept *k) {
  size_t at = 8;
  if (!keep(k, str_sub(s, 0, at))) return false;
  while (has(s, at, 12)) {
    size_t size = big32(s, at);
    str name = str_sub(s, at + 4, at + 8);
    if (!has(s, at, 12 + size)) return !png_keeps(name) || keep(k, str_sub(s, at, s.len)); /* cut short */
    if (png_keeps(name) && !keep(k, str_sub(s, at, at + 12 + size))) return false;
    if (str_eq(name, S("IEND"))) return true;
    at += 12 + size;
  }
  return true;
}

/* ---- WebP ---- */

static void put_little32(char *at, size_t value) {
  for (int i = 0; i < 4; i++) at[i] = (char)(value >> (8 * i));
}

static bool webp(str s, struct image_kept *k) {
  enum { HEAD = 12, VP8X_SIZE = 18, FLAGS = 8, EXIF_AND_XMP = 0x0c };
  if (!has(s, 0, HEAD)) return false;
  memcpy(k->made, s.ptr, HEAD);
  if (!keep(k, str_n(k->made, HEAD))) return false;
  size_t end = 8 + (size_t)little32(s, 4), at = HEAD;
  if (end > s.len) end = s.len;
  while (at + 8 <= end) {
    str name = str_sub(s, at, at + 4);
    size_t size = little32(s, at + 4), next = at + 8 + size + (size & 1);
    if (next > end) next = end; /* cut short */
    bool extended = str_eq(name, S("VP8X")) && next - at == VP8X_SIZE && at == HEAD;
    if (extended) {
      memcpy(k->made + HEAD, s.ptr + at, VP8X_SIZE);
      k->made[HEAD + FLAGS] = (char)(k->made[HEAD + FLAGS] & ~EXIF_AND_XMP);
    }
    bool dropped = str_eq(name, S("EXIF")) || str_eq(name, S("XMP "));
    if (!dropped && !keep(k, extended ? str_n(k->made + HEAD, VP8X_SIZE) : str_sub(s, at, next))) return false;
    at = next;
  }
  put_little32(k->made + 4, total(k) - 8);
  return true;
}

bool image_strip(str s, enum image_type type, struct image_kept *out) {
  *out = (struct image_kept){0};
  bool good = type == IMAGE_JPEG   ? jpeg(s, out)
              : type == IMAGE_PNG  ? png(s, out)
              : type == IMAGE_WEBP ? webp(s, out)
                                   : keep(out, s);
  out->changed = good && total(out) != s.len;
  return good;
}
