/* What is stored, under which rules: uploads and downloads are checked, hashed, claimed and moved to their place; thumbnails. The
 * bytes on disk are in file_bytes.c. */
#include "desk/file/file_home_internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str_bidi.h"
#include "desk/file/file_image.h"
#include "desk/file/file_space.h"
#include "desk/file/file_tool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- bytes ---- */

void file_unmap(struct file_mapped *m) {
  if (m->bytes.len) munmap((void *)(uintptr_t)m->bytes.ptr, m->bytes.len);
  if (m->fd >= 0) close(m->fd);
  *m = (struct file_mapped){.fd = -1};
}

err file_map(const char *path, int64_t max_bytes, struct file_mapped *m) {
  *m = (struct file_mapped){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  struct stat s;
  if (m->fd < 0 || fstat(m->fd, &s) != 0) return file_disk_failed("open");
  if (s.st_size > max_bytes)
    return err_detail(ERR_TOO_LARGE, "files", "A file may have at most %lld MB here.", (long long)(max_bytes >> 20));
  if (s.st_size == 0) return err_detail(ERR_INVALID_FIELD, "files", "The file is empty.");
  void *p = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, m->fd, 0);
  if (p == MAP_FAILED) return file_disk_failed("map");
  m->bytes = str_n(p, (size_t)s.st_size);
  return err_ok;
}

err file_store_claimed(struct desk *d, const char *spooled_path, const struct file_mapped *m, arena *a,
                       struct file_stored *out) {
  struct file_stored s = {.bytes = (int64_t)m->bytes.len};
  *out = (struct file_stored){0};
  str name = file_hash(m->fd, a);
  if (!name.ptr) return file_disk_failed("read");
  struct file_claiming *claiming = file_claim_begin(d, name);
  bool synced = fsync(m->fd) == 0;
  err failed = synced ? err_ok : file_disk_failed("sync");
  err e = file_claim_end(&claiming, a, &s.claim, &s.fresh);
  if (err_is(e)) return e;
  e = failed;
  if (!err_is(e)) e = file_put_local(d, name, spooled_path, a);
  s.key = name;
  if (err_is(e))
    file_unclaim(d, name, s.claim, false);
  else
    *out = s;
  return e;
}

void file_store_thumb(struct desk *d, const char *spooled_path, const struct file_mapped *m, arena *a,
                      struct file_row *f) {
  struct file_stored s;
  if (err_is(file_store_claimed(d, spooled_path, m, a, &s))) return;
  f->thumb_key = s.key;
  f->thumb_claim = s.claim;
  f->thumb_bytes = s.bytes;
  f->thumb_counted = s.fresh;
  if (s.fresh) file_space_add(d, FILE_THUMBS, s.bytes);
}

/* ---- pictures ---- */

/* Runs before the picture is decoded, here or in a browser. */
static err check_pixels(const struct image *image) {
  if (image->pixels <= LIMIT_PICTURE_PIXELS_MAX) return err_ok;
  return err_detail(ERR_INVALID_FIELD, "files", "A picture may have at most %d megapixels.",
                    LIMIT_PICTURE_PIXELS_MAX / 1000000);
}

static err check_picture(str bytes, str sniffed, const struct image *image) {
  if (image->type == IMAGE_NONE || !str_eq(sniffed, str_c(image_mime(image->type))))
    return err_detail(ERR_UNSUPPORTED_TYPE, "files", "Only JPEG, PNG, GIF and WebP pictures can be sent.");
  return bytes.len > LIMIT_PHOTO_MAX_BYTES ? err_field(ERR_TOO_LARGE, "files") : check_pixels(image);
}

static err check_sides(int64_t width, int64_t height) {
  int64_t longer = width > height ? width : height, shorter = width > height ? height : width;
  if (longer + shorter > LIMIT_PHOTO_SIDES_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "Width and height of a photo may be %d pixels together.",
                      LIMIT_PHOTO_SIDES_MAX);
  if (longer > shorter * LIMIT_PHOTO_RATIO_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "A photo may be at most %d times as long as wide.",
                      LIMIT_PHOTO_RATIO_MAX);
  return err_ok;
}

static err check_photo(str bytes, str sniffed, const struct image *image) {
  err e = check_picture(bytes, sniffed, image);
  return err_is(e) ? e : check_sides(image->width, image->height);
}

bool file_is_photo(const struct file_row *f) {
  bool picture = false;
  for (int type = IMAGE_NONE + 1; type <= IMAGE_WEBP; type++)
    picture = picture || str_eq(f->mime, str_c(image_mime((enum image_type)type)));
  return picture && f->width > 0 && f->size_bytes <= LIMIT_PHOTO_MAX_BYTES && !err_is(check_sides(f->width, f->height));
}

static bool write_pieces(int fd, const struct image_kept *k) {
  for (size_t i = 0; i < k->count; i++)
    for (str left = k->pieces[i]; left.len;) {
      ssize_t n = write(fd, left.ptr, left.len);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      left = str_sub(left, (size_t)n, left.len);
    }
  return true;
}

/* Nobody gets the position at which a photo was made. Replaces the spooled file by one without what describes its making. */
static err strip(struct desk *d, const char **spooled_path, struct file_mapped *m, enum image_type type, arena *a) {
  struct image_kept kept;
  if (!image_strip(m->bytes, type, &kept)) return err_detail(ERR_INVALID_FIELD, "files", "The picture is damaged.");
  if (!kept.changed) return err_ok;
  const char *clean = file_spool_path(d, a);
  int fd = open(clean, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = fd >= 0 && write_pieces(fd, &kept);
  err e = written ? err_ok : file_disk_failed("write");
  if (fd >= 0) close(fd);
  file_unmap(m);
  (void)unlink(written ? *spooled_path : clean);
  if (written) *spooled_path = clean;
  return written ? file_map(clean, FILE_MAX_BYTES, m) : e;
}

/* A phone's own format, which neither channels nor browsers show, becomes a JPEG. Best effort: else it is refused as a photo. */
static bool convert_heic(struct desk *d, const char **spooled_path, struct file_mapped *m, arena *a) {
  enum { QUALITY = 90, HEIC_ENTER_MS = 20000 };
  const char *out = arena_printf(a, "%s.jpg", file_spool_path(d, a)).ptr;
  struct file_mapped made = {.fd = -1};
  if (!file_tool_enter(HEIC_ENTER_MS)) return false;
  bool good = file_convert_heic(*spooled_path, LIMIT_PHOTO_SIDES_MAX / 2, QUALITY, out);
  file_tool_leave();
  good = good && !err_is(file_map(out, LIMIT_PHOTO_MAX_BYTES, &made));
  file_unmap(good ? m : &made);
  (void)unlink(good ? *spooled_path : out);
  if (!good) return false;
  *m = made;
  *spooled_path = out;
  return true;
}

/* A picture of a phone that could not be converted goes on as a file, and must not tell where it was taken. In place: the spooled
 * file is ours. */
static err blank_heif(const char *spooled_path, str bytes) {
  static const char zeros[4096];
  struct image_blanks blanks;
  if (!image_heif_private(bytes, &blanks))
    return err_detail(ERR_INVALID_FIELD, "files",
                      "This picture may tell where it was taken, and that cannot be removed from it. Send it as JPEG.");
  int fd = open(spooled_path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  bool good = fd >= 0;
  for (size_t i = 0; i < blanks.count && good; i++)
    for (size_t done = 0, n; done < blanks.list[i].len && good; done += n) {
      size_t left = blanks.list[i].len - done;
      n = left < sizeof zeros ? left : sizeof zeros;
      good = pwrite(fd, zeros, n, (off_t)(blanks.list[i].at + done)) == (ssize_t)n;
    }
  err e = good ? err_ok : file_disk_failed("write");
  if (fd >= 0) close(fd);
  return e;
}

/* photo.HEIC: photo.jpg */
static str renamed(str name, arena *a) {
  size_t dot = name.len;
  while (dot > 0 && name.ptr[dot - 1] != '.') dot--;
  return arena_concat(a, dot > 1 ? str_sub(name, 0, dot - 1) : name, S(".jpg"));
}

static bool is_heic(str mime) { return str_eq(mime, S("image/heic")) || str_eq(mime, S("image/heif")); }
static bool is_heif(str mime) { return is_heic(mime) || str_eq(mime, S("image/avif")); }

/* ANYTHING: bytes of a channel, kept as they are. UPLOAD: any content, but a picture loses what describes its making. */
enum rules { ANYTHING, UPLOAD, PICTURE, PHOTO };

static err keep(struct desk *d, const char *spooled_path, enum rules rules, arena *a, struct file_row *out) {
  struct file_mapped m = {.fd = -1};
  static const int64_t most[] = {FILE_STORED_MAX_BYTES, FILE_MAX_BYTES, LIMIT_PHOTO_MAX_BYTES, LIMIT_PHOTO_MAX_BYTES};
  struct image image = {0};
  bool operators = rules == UPLOAD || rules == PHOTO;
  err e = file_space_check(d, operators, file_size_of(spooled_path));
  if (!err_is(e)) e = file_map(spooled_path, most[rules], &m);
  if (err_is(e)) goto done;
  str sniffed = file_sniff(m.bytes, a);
  if (is_heic(sniffed) && rules != ANYTHING) e = check_pixels(&(struct image){.pixels = image_heif_pixels(m.bytes)});
  if (err_is(e)) goto done;
  if (is_heic(sniffed) && rules != ANYTHING && convert_heic(d, &spooled_path, &m, a)) {
    sniffed = S("image/jpeg");
    out->name = renamed(out->name, a);
  }
  image_measure(m.bytes, &image);
  if (rules <= UPLOAD) e = check_pixels(&image);
  if (rules == PICTURE) e = check_picture(m.bytes, sniffed, &image);
  if (rules == PHOTO) e = check_photo(m.bytes, sniffed, &image);
  if (!err_is(e) && rules != ANYTHING) e = strip(d, &spooled_path, &m, image.type, a);
  if (!err_is(e) && rules == UPLOAD && is_heif(sniffed)) e = blank_heif(spooled_path, m.bytes);
  if (err_is(e)) goto done;
  out->state = FILE_READY;
  out->mime = sniffed;
  out->size_bytes = (int64_t)m.bytes.len;
  out->width = image.width;
  out->height = image.height;
  struct file_stored s;
  e = file_store_claimed(d, spooled_path, &m, a, &s);
  out->storage_key = s.key;
  out->claim = s.claim;
  out->counted = s.fresh;
  if (s.fresh) file_space_add(d, file_family_of(sniffed), s.bytes);
done:
  file_unmap(&m);
  if (err_is(e)) (void)unlink(spooled_path);
  return e;
}

static struct file_row named(str name, arena *a) {
  str tidy = str_tidy_name(a, name, LIMIT_NAME_MAX);
  return (struct file_row){.name = tidy.ptr ? tidy : S("photo")};
}

err file_accept_photo(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out) {
  *out = named(name, a);
  return keep(d, spooled_path, PHOTO, a, out);
}

err file_accept(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out) {
  size_t from = name.len;
  while (from > 0 && name.ptr[from - 1] != '/' && name.ptr[from - 1] != '\\') from--;
  str tidy = str_tidy_name(a, str_sub(name, from, name.len), LIMIT_NAME_MAX);
  bool named = tidy.ptr && !str_eq(tidy, S(".")) && !str_eq(tidy, S(".."));
  *out = (struct file_row){.name = named ? tidy : S("file")};
  return keep(d, spooled_path, UPLOAD, a, out);
}

err file_accept_picture(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out) {
  *out = named(name, a);
  return keep(d, spooled_path, PICTURE, a, out);
}

err file_check_picture(const char *spooled_path, arena *a) {
  struct file_mapped m = {.fd = -1};
  struct image image = {0};
  err e = file_map(spooled_path, LIMIT_PHOTO_MAX_BYTES, &m);
  if (!err_is(e)) {
    image_measure(m.bytes, &image);
    e = check_picture(m.bytes, file_sniff(m.bytes, a), &image);
  }
  file_unmap(&m);
  return e;
}

err file_keep(struct desk *d, const char *spooled_path, arena *a, struct file_row *out) {
  *out = (struct file_row){0};
  return keep(d, spooled_path, ANYTHING, a, out);
}

void file_keep_thumb(struct desk *d, const char *spooled_path, arena *a, struct file_row *out) {
  struct file_mapped m = {.fd = -1};
  struct image image = {0};
  bool fits = !err_is(file_map(spooled_path, THUMB_WORTH_BYTES * 4, &m)) && image_measure(m.bytes, &image);
  bool known = image.type != IMAGE_NONE && image.type != IMAGE_GIF;
  if (fits && known && !err_is(check_pixels(&image))) file_store_thumb(d, spooled_path, &m, a, out);
  file_unmap(&m);
  (void)unlink(spooled_path); /* already moved if it was stored */
}
