/* Where a HEIF file (ISO/IEC 23008-12: HEIC, AVIF) keeps Exif and XMP. Its pictures are items: the box `meta` has their kinds (`iinf`)
 * and where in the file their bytes lie (`iloc`). Removing bytes would move those of other items, so they are overwritten. */
#include "desk/file/file_image.h"

#include <stdint.h>

enum { ITEMS_MAX = 64, BOX_HEAD = 8, FULL_HEAD = 4 /* version and flags */ };

struct reader {
  str s;
  size_t at;
  bool bad; /* it ended too early */
};

/* A number of `size` bytes, 0 to 8. */
static uint64_t number(struct reader *r, size_t size) {
  uint64_t value = 0;
  if (size > sizeof value || r->s.len - r->at < size) {
    r->bad = true;
    r->at = r->s.len;
    return 0;
  }
  for (size_t i = 0; i < size; i++) value = value << 8 | (unsigned char)r->s.ptr[r->at + i];
  r->at += size;
  return value;
}

/* The content of the next box; false at the end. A size of 0 means: up to the end. */
static bool next_box(struct reader *r, str *type, str *content) {
  size_t from = r->at, head = BOX_HEAD;
  if (r->s.len - from < BOX_HEAD) return false;
  uint64_t size = number(r, 4);
  *type = str_sub(r->s, r->at, r->at + 4);
  r->at += 4;
  if (size == 1) size = number(r, 8), head += 8;
  if (size == 0) size = r->s.len - from;
  if (r->bad || size < head || size > r->s.len - from) {
    r->bad = true;
    return false;
  }
  *content = str_sub(r->s, from + head, from + (size_t)size);
  r->at = from + (size_t)size;
  return true;
}

static bool find_box(str in, const char *wanted, str *content) {
  struct reader r = {.s = in};
  for (str type; next_box(&r, &type, content);)
    if (str_eq(type, str_c(wanted))) return true;
  *content = STR_NONE;
  return false;
}

struct items {
  uint64_t ids[ITEMS_MAX];
  size_t count;
};

static bool has_item(const struct items *items, uint64_t id) {
  for (size_t i = 0; i < items->count; i++)
    if (items->ids[i] == id) return true;
  return false;
}

static bool is_private(str kind) { return str_eq(kind, S("Exif")) || str_eq(kind, S("mime")); }

/* Of a kind that describes the making of the others. */
static bool private_items(str iinf, struct items *out) {
  struct reader r = {.s = iinf};
  uint64_t version = number(&r, FULL_HEAD) >> 24;
  (void)number(&r, version == 0 ? 2 : 4);
  for (str type, infe; next_box(&r, &type, &infe);) {
    struct reader item = {.s = infe};
    uint64_t of = number(&item, FULL_HEAD) >> 24;
    if (!str_eq(type, S("infe")) || of < 2) continue; /* an older one has no kind, and no HEIF file */
    uint64_t id = number(&item, of == 2 ? 2 : 4);
    (void)number(&item, 2);
    if (item.bad || infe.len - item.at < 4) return false;
    if (!is_private(str_sub(infe, item.at, item.at + 4))) continue;
    if (out->count == ITEMS_MAX) return false;
    out->ids[out->count++] = id;
  }
  return !r.bad;
}

/* from: of the file, or of the box `idat`. */
static bool add_blank(struct image_blanks *out, str file, size_t from, uint64_t at, uint64_t length) {
  if (length == 0 || at > file.len - from || length > file.len - from - at) return false;
  if (out->count == IMAGE_BLANKS_MAX) return false;
  out->list[out->count].at = from + (size_t)at;
  out->list[out->count++].len = (size_t)length;
  return true;
}

static bool locate(str file, str meta, const struct items *items, struct image_blanks *out) {
  str iloc, idat;
  if (!find_box(meta, "iloc", &iloc)) return false;
  bool has_idat = find_box(meta, "idat", &idat);
  struct reader r = {.s = iloc};
  uint64_t version = number(&r, FULL_HEAD) >> 24, sizes = number(&r, 2);
  size_t offset_size = sizes >> 12 & 15, length_size = sizes >> 8 & 15, base_size = sizes >> 4 & 15,
         index_size = version ? sizes & 15 : 0;
  uint64_t count = number(&r, version < 2 ? 2 : 4);
  for (uint64_t i = 0; i < count && !r.bad; i++) {
    uint64_t id = number(&r, version < 2 ? 2 : 4), method = version ? number(&r, 2) & 15 : 0;
    uint64_t elsewhere = number(&r, 2), base = number(&r, base_size), extents = number(&r, 2);
    bool ours = has_item(items, id) && !elsewhere;
    for (uint64_t k = 0; k < extents && !r.bad; k++) {
      (void)number(&r, index_size);
      uint64_t at = number(&r, offset_size), length = number(&r, length_size);
      if (!ours || r.bad) continue;
      if (method > 1 || (method == 1 && !has_idat) || at > UINT64_MAX - base) return false;
      size_t from = method ? (size_t)(idat.ptr - file.ptr) : 0;
      if (!add_blank(out, file, from, base + at, length)) return false;
    }
  }
  return !r.bad;
}

bool image_heif_private(str file, struct image_blanks *out) {
  str meta, iinf;
  struct items items = {.count = 0};
  out->count = 0;
  if (!find_box(file, "meta", &meta) || meta.len < FULL_HEAD) return false;
  meta = str_sub(meta, FULL_HEAD, meta.len);
  if (!find_box(meta, "iinf", &iinf) || !private_items(iinf, &items)) return false;
  return items.count == 0 || locate(file, meta, &items, out);
}
