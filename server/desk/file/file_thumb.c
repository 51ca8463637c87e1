/* Thumbnails and previews of stored files: made when a file is stored, and for older ones at the first request for a thumbnail. */
#include "desk/file/file_home_internal.h"
#include "desk/file/file_image.h"
#include "desk/file/file_tool.h"

#include "base/limits.h"
#include "base/log.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>

enum {
  PREVIEW_BYTES_MAX = 480,
  PREVIEW_WORTH_BYTES = 16 * 1024, /* a smaller picture is there as soon as its preview */
  ENTER_MS = 10000,                /* when a file is stored; a request does not wait */
};

static bool is_picture(const struct file_row *f) {
  bool known = false;
  for (int type = IMAGE_NONE + 1; type <= IMAGE_WEBP; type++)
    known = known || str_eq(f->mime, str_c(image_mime((enum image_type)type)));
  /* a larger one may have been stored before this limit existed */
  return known && f->width > 0 && f->width * f->height <= LIMIT_PICTURE_PIXELS_MAX;
}

static bool is_film(const struct file_row *f) { return file_is_video(f->mime) && file_has_video_tools(); }

static bool worth_a_thumb(const struct file_row *f) {
  if (is_film(f)) return true;
  bool large = f->size_bytes > THUMB_WORTH_BYTES || f->width > THUMB_WORTH_SIDE || f->height > THUMB_WORTH_SIDE;
  return large && is_picture(f);
}

bool file_thumb_missing(const struct file_row *f) { return !f->thumb_key.ptr && worth_a_thumb(f); }

/* ---- making, between file_tool_enter and file_tool_leave ---- */

/* In base64, as it stands in a data address; consumes the file. */
static str take_preview(const char *made, arena *a) {
  str text = STR_NONE;
  struct file_mapped m = {.fd = -1};
  if (!err_is(file_map(made, PREVIEW_BYTES_MAX, &m))) {
    size_t size = sodium_base64_ENCODED_LEN(m.bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *encoded = arena_alloc(a, size);
    sodium_bin2base64(encoded, size, (const unsigned char *)m.bytes.ptr, m.bytes.len, sodium_base64_VARIANT_ORIGINAL);
    text = str_c(encoded);
  }
  file_unmap(&m);
  (void)unlink(made);
  return text;
}

static str make_preview(struct desk *d, const char *path, arena *a) {
  const char *out = arena_printf(a, "%s.webp", file_spool_path(d, a)).ptr;
  return file_make_preview(path, out) ? take_preview(out, a) : STR_NONE;
}

/* Of a video also the preview. */
static void make_thumb(struct desk *d, struct file_row *f, const char *path, arena *a) {
  const char *out = arena_printf(a, "%s.webp", file_spool_path(d, a)).ptr, *small = file_spool_path(d, a);
  struct image image;
  struct file_mapped m = {.fd = -1};
  bool film = is_film(f), made = film ? file_make_frame(path, f->mime, f->duration_ms, THUMB_SIDE_MAX, out, small, a)
                                      : file_make_picture(path, THUMB_SIDE_MAX, THUMB_QUALITY, out);
  if (made && film && !f->preview.ptr && f->size_bytes >= PREVIEW_WORTH_BYTES)
    f->preview = take_preview(small, a);
  else if (made && film)
    (void)unlink(small);
  if (made && !err_is(file_map(out, THUMB_WORTH_BYTES * 4, &m)) && image_measure(m.bytes, &image) &&
      image.type == IMAGE_WEBP)
    file_store_thumb(d, out, &m, a, f);
  file_unmap(&m);
  (void)unlink(out); /* already moved if it was stored */
}

static void add_facts(const char *path, arena *a, struct file_row *f) {
  struct file_facts facts;
  if (!file_read_facts(path, f->mime, a, &facts)) return;
  if (!f->duration_ms) f->duration_ms = facts.duration_ms;
  if (!f->width && facts.width && file_is_video(f->mime)) f->width = facts.width, f->height = facts.height;
}

static void make_missing(struct desk *d, const char *path, arena *a, struct file_row *f) {
  bool timed = str_starts(f->mime, S("video/")) || str_starts(f->mime, S("audio/"));
  if (timed && !f->duration_ms) add_facts(path, a, f);
  if (file_thumb_missing(f)) make_thumb(d, f, path, a);
  if (f->preview.ptr || f->size_bytes < PREVIEW_WORTH_BYTES) return;
  const char *small = f->thumb_key.ptr ? file_here(d, f->thumb_key, a) : is_picture(f) ? path : NULL;
  if (small) f->preview = make_preview(d, small, a);
}

void file_describe(struct desk *d, arena *a, struct file_row *f) {
  bool shown = str_starts(f->mime, S("video/")) || str_starts(f->mime, S("audio/")) || is_picture(f);
  bool small = is_picture(f) && f->size_bytes < PREVIEW_WORTH_BYTES && !worth_a_thumb(f);
  const char *path = shown && !small && f->storage_key.ptr ? file_here(d, f->storage_key, a) : NULL;
  if (!path || !file_tool_enter(ENTER_MS)) return;
  make_missing(d, path, a, f);
  file_tool_leave();
}

/* ---- at a request ---- */

struct thumbing_ctx {
  struct file_row made;
  bool changed;
};

static err keep_thumb(db_conn *c, void *arg) {
  struct thumbing_ctx *t = arg;
  return file_set_thumb(c, &t->made, &t->changed);
}

/* A worker waits for it: one at a time, so that the others go on. */
str file_thumb_of(struct desk *d, const struct file_row *f, arena *a, bool *busy) {
  static atomic_flag making = ATOMIC_FLAG_INIT;
  *busy = false;
  if (!file_thumb_missing(f)) return f->thumb_key;
  *busy = atomic_flag_test_and_set(&making);
  if (*busy) return STR_NONE;
  struct thumbing_ctx t = {.made = *f};
  struct file_row *made = &t.made;
  const char *path = file_here(d, f->storage_key, a);
  *busy = !path || !file_tool_enter(0);
  if (!*busy) {
    make_missing(d, path, a, made);
    file_tool_leave();
  }
  atomic_flag_clear(&making);
  if (*busy) return STR_NONE;
  bool smaller = made->thumb_key.ptr != NULL;
  if (!smaller) made->thumb_key = f->storage_key;
  err e = desk_write(d, keep_thumb, &t);
  if (err_is(e)) LOG_WARN("file.thumb_not_kept", LOG_I("file", f->id), LOG_E(e));
  if (smaller) file_release(d, made, 1, !err_is(e) && t.changed);
  return err_is(e) ? STR_NONE : made->thumb_key;
}

str file_thumb_mime(const char *path) {
  char head[4] = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof head);
  if (fd >= 0) close(fd);
  if (n == sizeof head && memcmp(head, "RIFF", 4) == 0) return S("image/webp");
  return n == sizeof head && memcmp(head, "\x89PNG", 4) == 0 ? S("image/png") : S("image/jpeg");
}
