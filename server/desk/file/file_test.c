/* Pictures' headers, the checks on photos, and the store on disk. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/file/file_image.h"
#include "desk/file/file_internal.h"

#include <dirent.h>
#include <sys/stat.h>

/* ---- headers: pure ---- */

#define PNG_HEAD    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define BYTES(text) STR_INIT(text)

static const struct {
  str bytes;
  enum image_type type;
  int64_t width, height;
  const char *why;
} images[] = {
    {BYTES(PNG_HEAD "\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0"), IMAGE_PNG, 640, 480, "a PNG"},
    {BYTES(PNG_HEAD "\0\0\x02\x80\0\0\x01"), IMAGE_NONE, 0, 0, "a PNG cut short"},
    {BYTES(PNG_HEAD "\0\0\0\0\0\0\x01\xe0"), IMAGE_NONE, 0, 0, "a PNG of no width"},
    {BYTES(PNG_HEAD "\xff\xff\xff\xff\0\0\x01\xe0"), IMAGE_NONE, 0, 0, "a PNG beyond what its format allows"},
    {BYTES("GIF89a\x10\0\x08\0"), IMAGE_GIF, 16, 8, "a GIF"},
    {BYTES("GIF87a\0\x01\0\x02"), IMAGE_GIF, 256, 512, "an old GIF"},
    {BYTES("GIF90a\0\x01\0\x02"), IMAGE_NONE, 0, 0, "no GIF"},
    {BYTES("RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"), IMAGE_WEBP, 640, 480, "an extended WebP"},
    {BYTES("RIFF\x1a\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x7f\xc2\x77\0"), IMAGE_WEBP, 640, 480, "a lossless WebP"},
    {BYTES("RIFF\x1a\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"), IMAGE_WEBP, 640, 480, "a WebP"},
    {BYTES("RIFF\x1a\0\0\0WAVEfmt "), IMAGE_NONE, 0, 0, "a sound"},
    {BYTES("\xff\xd8\xff\xe0\0\x04xx\xff\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"), IMAGE_JPEG, 640, 480,
     "a JPEG with a segment and a fill byte before its frame"},
    {BYTES("\xff\xd8\xff\xc4\0\x02\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03"), IMAGE_JPEG, 640, 480, "a progressive JPEG"},
    {BYTES("\xff\xd8\xff\xe0\0\x01\xff\xc0\0\x11\x08\x01\xe0\x02\x80"), IMAGE_NONE, 0, 0,
     "a segment shorter than itself"},
    {BYTES("\xff\xd8\xff\xe0\xff\xff"), IMAGE_NONE, 0, 0, "a segment beyond the end"},
    {BYTES("\xff\xd8\xff\xda\0\x02"), IMAGE_NONE, 0, 0, "data before any frame"},
    {BYTES("\xff\xd8\xff"), IMAGE_NONE, 0, 0, "a signature alone"},
    {BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), IMAGE_NONE, 0, 0, "no photo for us"},
    {BYTES(""), IMAGE_NONE, 0, 0, "nothing"},
};

#define JPEG_640_480 "\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"
#define EXIF(bytes) \
  "\xff\xe1\0\x22"  \
  "Exif\0\0" bytes
#define LITTLE(value) EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" value "\0\0\0\0\0\0\0")
#define BIG(value)    EXIF("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" value "\0\0\0\0\0\0")

/* Browsers and thumbnails turn a JPEG as its Exif says; its width and height are as they show it. */
static void a_jpeg_is_measured_as_it_is_shown(void **state) {
  (void)state;
  static const struct {
    str bytes;
    int64_t width, height;
    const char *why;
  } rows[] = {
      {BYTES("\xff\xd8" LITTLE("\x01") JPEG_640_480), 640, 480, "upright"},
      {BYTES("\xff\xd8" LITTLE("\x03") JPEG_640_480), 640, 480, "upside down"},
      {BYTES("\xff\xd8" LITTLE("\x04") JPEG_640_480), 640, 480, "mirrored"},
      {BYTES("\xff\xd8" LITTLE("\x05") JPEG_640_480), 480, 640, "transposed"},
      {BYTES("\xff\xd8" LITTLE("\x06") JPEG_640_480), 480, 640, "a phone held upright"},
      {BYTES("\xff\xd8" BIG("\x06") JPEG_640_480), 480, 640, "the same, big-endian"},
      {BYTES("\xff\xd8" BIG("\x08") JPEG_640_480), 480, 640, "a phone upside down"},
      {BYTES("\xff\xd8" LITTLE("\x09") JPEG_640_480), 640, 480, "no such orientation"},
      {BYTES("\xff\xd8" LITTLE("\x01") LITTLE("\x06") JPEG_640_480), 640, 480, "the first segment counts"},
      {BYTES("\xff\xd8" JPEG_640_480 LITTLE("\x06")), 640, 480, "behind the frame"},
      {BYTES("\xff\xd8" EXIF("II*\0\xff\xff\xff\xff\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0") JPEG_640_480),
       640, 480, "a directory beyond the end"},
      {BYTES("\xff\xd8\xff\xe1\0\x0e"
             "Exif\0\0"
             "II*\0\x08\0" JPEG_640_480),
       640, 480, "cut short"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct image got;
    bool known = image_measure(rows[i].bytes, &got);
    if (!known || got.width != rows[i].width || got.height != rows[i].height)
      fail_msg("%s: %d, %lldx%lld", rows[i].why, got.type, (long long)got.width, (long long)got.height);
  }
}

static void pictures_are_measured_by_their_headers(void **state) {
  (void)state;
  for (size_t i = 0; i < JSON_COUNT(images); i++) {
    struct image got;
    bool known = image_measure(images[i].bytes, &got);
    bool good = known == (images[i].type != IMAGE_NONE) && got.type == images[i].type && got.width == images[i].width &&
                got.height == images[i].height;
    if (!good) fail_msg("%s: %d, %lldx%lld", images[i].why, got.type, (long long)got.width, (long long)got.height);
  }
}

static void what_a_decoder_would_hold_counts(void **state) {
  (void)state;
#define GIF_HEAD         "GIF89a\x0a\0\x0a\0\x80\0\0\xff\xff\xff\0\0\0"
#define GIF_EXTENSION    "!\xf9\x04\0\0\0\0\0"
#define GIF_FRAME(place) "," place "\0\x02\x02\x44\x01\0"
#define WEBP_X(side)     "RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" side side
  static const struct {
    str bytes;
    int64_t width, pixels;
    const char *why;
  } rows[] = {
      {BYTES(GIF_HEAD GIF_FRAME("\0\0\0\0\x0a\0\x0a\0") ";"), 10, 100, "a frame that fills the screen"},
      {BYTES(GIF_HEAD GIF_FRAME("\0\0\0\0\xff\xff\xff\xff") ";"), 10, 65535LL * 65535,
       "a frame larger than the screen"},
      {BYTES(GIF_HEAD GIF_FRAME("\xff\xff\0\0\x01\0\x01\0") ";"), 10, 65536LL * 10, "a frame beyond the screen"},
      {BYTES(GIF_HEAD GIF_EXTENSION GIF_FRAME("\0\0\0\0\x01\0\x01\0")
                 GIF_EXTENSION GIF_FRAME("\0\0\0\0\xe8\x03\xe8\x03") ";"),
       10, 1000000, "the second frame"},
      {BYTES(GIF_HEAD ",\0\0"), 10, 100, "a frame cut short"},
      {BYTES(WEBP_X("\x09\0\0") "EXIF\x01\0\0\0x\0VP8L\x05\0\0\0\x2f\xff\xff\xff\x0f"), 10, 16384LL * 16384,
       "pixels larger than the canvas"},
      {BYTES(WEBP_X("\x09\0\0") "ANMF\x10\0\0\0\0\x10\0\0\x10\0\x09\0\0\x09\0\0\0\0\0\0"), 10, 8202LL * 8202,
       "a frame beyond the canvas"},
      {BYTES(WEBP_X("\xff\xff\xff")), 1 << 24, 1LL << 48, "a canvas of any size"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct image got;
    bool known = image_measure(rows[i].bytes, &got);
    if (!known || got.width != rows[i].width || got.pixels != rows[i].pixels)
      fail_msg("%s: %d, %lld wide, %lld pixels", rows[i].why, got.type, (long long)got.width, (long long)got.pixels);
  }
}

#define SEGMENT(marker, length, text) "\xff" marker "\0" length text
#define FRAME                         "\xff\xc0\0\x0b\x08\x01\xe0\x02\x80\x01\x01\x11\0"
#define PLACE                         "GPS 55.75"
static void what_tells_of_a_picture_s_making_is_left_out(void **state) {
  (void)state;
  static const struct {
    enum image_type type;
    str bytes, wanted;
    const char *why;
  } rows[] = {
      {IMAGE_JPEG,
       BYTES("\xff\xd8" SEGMENT("\xe0", "\x04", "JF") SEGMENT("\xe1", "\x0b", PLACE) SEGMENT("\xfe", "\x0b", PLACE)
                 FRAME "\xff\xda\0\x02"
                       "data\xff\0\xff\xd0more\xff\xd9" PLACE),
       BYTES("\xff\xd8" SEGMENT("\xe0", "\x04", "JF") FRAME "\xff\xda\0\x02"
                                                            "data\xff\0\xff\xd0more\xff\xd9"),
       "XMP, a comment, a trailer"},
      {IMAGE_JPEG, BYTES("\xff\xd8" LITTLE("\x06") FRAME "\xff\xd9"), BYTES("\xff\xd8" LITTLE("\x06") FRAME "\xff\xd9"),
       "the orientation stays"},
      {IMAGE_JPEG, BYTES("\xff\xd8" LITTLE("\x01") FRAME "\xff\xd9"), BYTES("\xff\xd8" FRAME "\xff\xd9"),
       "upright: no Exif at all"},
      {IMAGE_JPEG, BYTES("\xff\xd8" BIG("\x08") SEGMENT("\xed", "\x0b", PLACE) FRAME "\xff\xd9"),
       BYTES("\xff\xd8" LITTLE("\x08") FRAME "\xff\xd9"), "IPTC; the orientation from big-endian"},
      {IMAGE_JPEG, BYTES("\xff\xd8" FRAME "\xff\xe1\xff\xff" PLACE), BYTES("\xff\xd8" FRAME),
       "a segment beyond the end"},
      {IMAGE_PNG,
       BYTES(PNG_HEAD "\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0crc!"
                      "\0\0\0\x09"
                      "tEXt" PLACE "crc!"
                      "\0\0\0\x01"
                      "eXIfxcrc!"
                      "\0\0\0\x01IDATxcrc!"
                      "\0\0\0\0IENDcrc!" PLACE),
       BYTES(PNG_HEAD "\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0crc!"
                      "\0\0\0\x01IDATxcrc!"
                      "\0\0\0\0IENDcrc!"),
       "texts of a PNG"},
      {IMAGE_WEBP,
       BYTES("RIFF\x32\0\0\0WEBPVP8X\x0a\0\0\0\x1c\0\0\0\x7f\x02\0\xdf\x01\0"
             "EXIF\x09\0\0\0" PLACE "\0VP8L\x02\0\0\0px" PLACE),
       BYTES("RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x7f\x02\0\xdf\x01\0VP8L\x02\0\0\0px"), "a WebP's Exif"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct image_kept kept;
    char out[512];
    size_t n = 0;
    assert_true(image_strip(rows[i].bytes, rows[i].type, &kept));
    for (size_t p = 0; p < kept.count; n += kept.pieces[p].len, p++)
      memcpy(out + n, kept.pieces[p].ptr, kept.pieces[p].len);
    if (!str_eq(str_n(out, n), rows[i].wanted)) fail_msg("%s: %zu bytes of %zu", rows[i].why, n, rows[i].wanted.len);
    assert_int_equal(kept.changed, rows[i].bytes.len != rows[i].wanted.len);
  }
}

/* ---- the store ---- */

static const char *spool(struct fixture *f, str bytes, size_t padding) {
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, out), bytes.len);
  for (size_t i = 0; i < padding; i++) fputc('x', out);
  fclose(out);
  return path;
}

static int spooled_files(struct fixture *f) {
  char folder[300];
  snprintf(folder, sizeof folder, "%s/files/tmp", f->dir);
  struct stat s;
  assert_int_equal(stat(folder, &s), 0);
  struct dirent **names = NULL;
  int n = scandir(folder, &names, NULL, NULL);
  for (int i = 0; i < n; i++) free(names[i]);
  free(names);
  return n - 2;
}

#define PNG(width, height) PNG_HEAD width height "\x08\x06\0\0\0\x1f\x15\xc4\x89"

static void the_same_bytes_are_kept_once_under_their_hash(void **state) {
  struct fixture *f = *state;
  str bytes = S(PNG("\0\0\x02\x80", "\0\0\x01\xe0"));
  struct file_row one, two;
  assert_ok(file_accept_photo(&f->desk, spool(f, bytes, 0), S("a.png"), f->arena, &one));
  assert_ok(file_accept_photo(&f->desk, spool(f, bytes, 0), S("b.png"), f->arena, &two));
  assert_true(str_eq(one.storage_key, two.storage_key));
  assert_str(one.mime, "image/png");
  assert_str(two.name, "b.png");
  assert_int_equal(one.width, 640);
  assert_int_equal(one.size_bytes, bytes.len);
  file_release(&f->desk, &one, 1, true);
  file_release(&f->desk, &two, 1, true);
  assert_int_equal(spooled_files(f), 0);
  assert_int_equal(access(file_path(&f->desk, one.storage_key, f->arena), R_OK), 0);
}

static void what_is_no_photo_for_every_channel_is_refused_and_removed(void **state) {
  struct fixture *f = *state;
  static const struct {
    str bytes;
    size_t padding;
    int error;
    const char *why;
  } cases[] = {
      {BYTES("<html><script>alert(1)</script></html>"), 0, ERR_UNSUPPORTED_TYPE, "a page"},
      {BYTES("%PDF-1.4"), 0, ERR_UNSUPPORTED_TYPE, "a document"},
      {BYTES("\xff\xd8\xff"), 0, ERR_UNSUPPORTED_TYPE, "a signature alone"},
      {BYTES(""), 0, ERR_INVALID_FIELD, "nothing"},
      {BYTES(PNG("\0\0\x1f\x40", "\0\0\x1f\x40")), 0, ERR_INVALID_FIELD, "16,000 pixels of sides"},
      {BYTES(PNG("\0\0\x02\x80", "\0\0\0\x10")), 0, ERR_INVALID_FIELD, "forty times as wide as high"},
      {BYTES(PNG("\0\0\x02\x80", "\0\0\x01\xe0")), LIMIT_PHOTO_MAX_BYTES, ERR_TOO_LARGE, "too many bytes"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct file_row row;
    err e = file_accept_photo(&f->desk, spool(f, cases[i].bytes, cases[i].padding), S("x"), f->arena, &row);
    if ((int)e.code != cases[i].error) fail_msg("%s: %s", cases[i].why, err_text(e.code));
    assert_string_equal(e.field, "files");
  }
  assert_int_equal(spooled_files(f), 0);
}

/* Neither a customer's picture, nor an app's, nor what a channel fetched is decoded, here or on a screen. */
static void a_picture_of_too_many_pixels_is_refused_unseen(void **state) {
  struct fixture *f = *state;
  str huge = S(PNG("\0\0\x1f\x40", "\0\0\x18\x6b")); /* 8000 x 6251 */
  str most = S(PNG("\0\0\x1f\x40", "\0\0\x18\x6a"));
  struct file_row row;
  const char *path = spool(f, huge, 0);
  err e = file_check_picture(path, f->arena);
  assert_int_equal(e.code, ERR_INVALID_FIELD);
  assert_string_equal(err_message(&e), "A picture may have at most 50 megapixels.");
  assert_err(file_accept_picture(&f->desk, path, S("x"), f->arena, &row), ERR_INVALID_FIELD);
  assert_err(file_keep(&f->desk, spool(f, huge, 0), f->arena, &row), ERR_INVALID_FIELD);
  assert_int_equal(spooled_files(f), 0);
  path = spool(f, most, 0);
  assert_ok(file_check_picture(path, f->arena));
  assert_ok(file_keep(&f->desk, path, f->arena, &row));
  file_release(&f->desk, &row, 1, true);
  bool busy;
  struct file_row old = row; /* from before there was the limit */
  old.height++;
  assert_null(file_thumb_of(&f->desk, &old, f->arena, &busy).ptr);
}

static void a_file_s_name_turns_nothing_round(void **state) {
  struct fixture *f = *state;
  struct file_row row;
  str bytes = S(PNG("\0\0\x02\x80", "\0\0\x01\xe0"));
  assert_ok(file_accept_picture(&f->desk, spool(f, bytes, 0), S("a\u202Egnp.exe.png"), f->arena, &row));
  assert_str(row.name, "agnp.exe.png");
  file_release(&f->desk, &row, 1, false);
  assert_ok(file_accept_picture(&f->desk, spool(f, bytes, 0), S("\u202E\u3164"), f->arena, &row));
  assert_str(row.name, "photo");
  file_release(&f->desk, &row, 1, false);
}

static err insert(db_conn *c, void *arg) { return file_insert(c, arg, STR_NONE, STR_NONE, 0); }

/* Its pixels are missing but for a few: the program may refuse it, the desk does not. */
static void a_large_picture_gets_a_thumbnail_when_one_is_asked_for(void **state) {
  struct fixture *f = *state;
  str gif = S("GIF89a\x00\x06\x00\x04\x80\x00\x00\xff\xff\xff\x00\x00\x00,"
              "\x00\x00\x00\x00\x00\x06\x00\x04\x00\x02\x02\x44\x01\x00;");
  struct file_row row;
  assert_ok(file_accept_photo(&f->desk, spool(f, gif, 0), S("wide.gif"), f->arena, &row));
  assert_int_equal(row.width, 1536);
  assert_null(row.thumb_key.ptr); /* whoever sends does not wait for it */
  assert_ok(desk_write(&f->desk, insert, &row));
  file_release(&f->desk, &row, 1, true);
  bool busy = true;
  str key = file_thumb_of(&f->desk, &row, f->arena, &busy);
  assert_false(busy);
  assert_non_null(key.ptr); /* its own where the program is not, or will not */
  assert_int_equal(access(file_path(&f->desk, key, f->arena), R_OK), 0);
  assert_str(fixture_ask(f, "SELECT thumb_key FROM file"), arena_cstr(f->arena, key));
  row.thumb_key = key;
  assert_str(file_thumb_of(&f->desk, &row, f->arena, &busy), arena_cstr(f->arena, key));
  assert_int_equal(spooled_files(f), 0); /* with a thumbnail or without, nothing is left behind */
  struct file_row small = {.id = row.id, .state = FILE_READY, .size_bytes = 10, .width = 10, .height = 10};
  assert_null(file_thumb_of(&f->desk, &small, f->arena, &busy).ptr);
}

static void a_crash_s_leavings_are_swept(void **state) {
  struct fixture *f = *state;
  spool(f, S("half a file"), 0);
  assert_int_equal(spooled_files(f), 1);
  file_clean_spool(&f->desk);
  assert_int_equal(spooled_files(f), 0);
}

/* ---- content without a row ---- */

static bool is_there(struct fixture *f, str key) { return access(file_path(&f->desk, key, f->arena), R_OK) == 0; }

static void accept(struct fixture *f, struct file_row *out) {
  assert_ok(file_accept_photo(&f->desk, spool(f, S(PNG("\0\0\x02\x80", "\0\0\x01\xe0")), 0), S("a"), f->arena, out));
}

static void refused_content_is_removed_with_its_last_claim(void **state) {
  struct fixture *f = *state;
  struct file_row one, two;
  accept(f, &one);
  accept(f, &two);
  file_release(&f->desk, &one, 1, false);
  assert_true(is_there(f, one.storage_key)); /* the other upload brings the same */
  file_release(&f->desk, &two, 1, false);
  assert_false(is_there(f, one.storage_key));
  assert_int_equal(spooled_files(f), 0);
}

static void content_that_a_row_has_stays(void **state) {
  struct fixture *f = *state;
  struct file_row one, two;
  accept(f, &one);
  assert_ok(db_write(f->desk.db, insert, &one));
  file_release(&f->desk, &one, 1, true);
  accept(f, &two);
  file_release(&f->desk, &two, 1, false);
  assert_true(is_there(f, one.storage_key));
}

/* As a crash leaves it: the content and its mark, and nobody who claims it. */
static str leave_behind(struct fixture *f, const char *byte) {
  char key[65];
  for (int i = 0; i < 64; i++) key[i] = byte[0];
  key[64] = 0;
  const char *folder = arena_printf(f->arena, "%s/%.2s", f->files, key).ptr;
  assert_non_null(file_spool_path(&f->desk, f->arena));
  mkdir(folder, 0700);
  const char *paths[] = {arena_printf(f->arena, "%s/%s", folder, key).ptr,
                         arena_printf(f->arena, "%s/tmp/keep-%s", f->files, key).ptr};
  for (size_t i = 0; i < JSON_COUNT(paths); i++) {
    FILE *out = fopen(paths[i], "w");
    assert_non_null(out);
    fclose(out);
  }
  return arena_dup(f->arena, str_c(key));
}

static void a_crash_between_the_bytes_and_their_row_leaves_nothing(void **state) {
  struct fixture *f = *state;
  str lost = leave_behind(f, "a"), kept = leave_behind(f, "b");
  struct file_row row = {.state = FILE_READY, .storage_key = kept};
  assert_ok(db_write(f->desk.db, insert, &row));
  file_clean_spool(&f->desk);
  assert_false(is_there(f, lost));
  assert_true(is_there(f, kept));
  assert_int_equal(spooled_files(f), 0);
}

static void leftovers_are_collected_after_an_hour(void **state) {
  struct fixture *f = *state;
  str lost = leave_behind(f, "c");
  spool(f, S("half a file"), 0);
  struct stat s;
  assert_int_equal(stat(file_path(&f->desk, lost, f->arena), &s), 0);
  f->clock.now_ms = (int64_t)s.st_mtim.tv_sec * 1000 + 3500 * 1000;
  assert_ok(file_collect(&f->desk));
  assert_true(is_there(f, lost));
  assert_int_equal(spooled_files(f), 2);
  f->clock.now_ms += 200 * 1000;
  assert_ok(file_collect(&f->desk));
  assert_false(is_there(f, lost));
  assert_int_equal(spooled_files(f), 0);
}

/* ---- several nodes with one database and one store ---- */

static struct desk node_of(struct fixture *f, const char *holder) {
  struct desk d = f->desk;
  d.holder = holder;
  return d;
}

static const str picture = STR_INIT(PNG("\0\0\x02\x80", "\0\0\x01\xe0"));

static void accept_at(struct fixture *f, struct desk *d, struct file_row *out) {
  assert_ok(file_accept_photo(d, spool(f, picture, 0), S("a"), f->arena, out));
}

static void one_node_leaves_what_another_is_about_to_store(void **state) {
  struct fixture *f = *state;
  struct desk here = node_of(f, "here.1"), there = node_of(f, "there.1");
  struct file_row mine, theirs;
  accept_at(f, &there, &theirs);
  accept_at(f, &here, &mine);
  file_release(&here, &mine, 1, false); /* refused here */
  assert_true(is_there(f, theirs.storage_key));
  file_clean_spool(&here); /* nor does a start remove it */
  f->clock.now_ms += 1000;
  assert_ok(file_collect(&here));
  assert_true(is_there(f, theirs.storage_key));
  assert_ok(db_write(f->desk.db, insert, &theirs));
  file_release(&there, &theirs, 1, true);
  assert_true(is_there(f, theirs.storage_key));
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
  assert_int_equal(spooled_files(f), 0);
}

/* The last row goes at one node while another brings the same bytes. */
static void collecting_leaves_what_another_node_claims(void **state) {
  struct fixture *f = *state;
  struct desk here = node_of(f, "here.1"), there = node_of(f, "there.1");
  struct file_row first, second;
  accept_at(f, &here, &first);
  assert_ok(db_write(f->desk.db, insert, &first));
  file_release(&here, &first, 1, true);
  accept_at(f, &there, &second);
  assert_ok(file_collect(&here)); /* no message has the first row */
  assert_rows(f, "SELECT count(*) FROM file", "0");
  assert_true(is_there(f, second.storage_key));
  assert_ok(db_write(f->desk.db, insert, &second));
  file_release(&there, &second, 1, true);
  assert_true(is_there(f, second.storage_key));
}

static void a_dead_node_s_claim_runs_out_and_cannot_be_used_any_more(void **state) {
  struct fixture *f = *state;
  struct desk here = node_of(f, "here.1"), there = node_of(f, "there.1");
  struct file_row slow;
  struct stat s;
  f->clock.now_ms = clock_now_ms(&clock_system);
  accept_at(f, &there, &slow);
  assert_int_equal(stat(file_path(&here, slow.storage_key, f->arena), &s), 0);
  f->clock.now_ms = (int64_t)s.st_mtim.tv_sec * 1000 + 3700 * 1000;
  assert_ok(file_collect(&here));
  assert_false(is_there(f, slow.storage_key));
  assert_int_equal(spooled_files(f), 0);
  assert_err(db_write(f->desk.db, insert, &slow), ERR_TIMEOUT); /* it was not dead, but slow */
  assert_rows(f, "SELECT count(*) FROM file", "0");
  file_release(&there, &slow, 1, false);
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
}

static void whoever_removes_ends_the_claims_that_have_run_out(void **state) {
  struct fixture *f = *state;
  struct desk here = node_of(f, "here.1"), there = node_of(f, "there.1");
  struct file_row slow, refused;
  accept_at(f, &there, &slow);
  f->clock.now_ms += 3700 * 1000;
  accept_at(f, &here, &refused);
  file_release(&here, &refused, 1, false);
  assert_false(is_there(f, slow.storage_key));
  assert_err(db_write(f->desk.db, insert, &slow), ERR_TIMEOUT);
  file_release(&there, &slow, 1, false);
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
}

static void a_start_forgets_the_claims_of_its_own_earlier_runs(void **state) {
  struct fixture *f = *state;
  struct desk before = node_of(f, "here.1"), here = node_of(f, "here.2"), there = node_of(f, "there.1");
  struct file_row row;
  accept_at(f, &before, &row);
  file_clean_spool(&there);
  assert_true(is_there(f, row.storage_key));
  file_clean_spool(&here);
  assert_false(is_there(f, row.storage_key));
}

static void nobody_claims_what_is_being_removed(void **state) {
  struct fixture *f = *state;
  struct file_row row;
  accept_at(f, &f->desk, &row);
  file_release(&f->desk, &row, 1, false);
  char sql[256];
  snprintf(sql, sizeof sql, "INSERT INTO file_claim (key, holder, until, removing) VALUES ('%.*s', 'there.1', %lld, 1)",
           STR_ARG(row.storage_key), (long long)desk_now(&f->desk) + 60000);
  fixture_exec(f, sql);
  assert_err(file_accept_photo(&f->desk, spool(f, picture, 0), S("a"), f->arena, &row), ERR_OVERLOADED);
  f->clock.now_ms += 60000; /* the other node has died over it */
  accept_at(f, &f->desk, &row);
  file_release(&f->desk, &row, 1, false);
  f->clock.now_ms -= 3600000; /* and a clock that is set back stops nobody */
  accept_at(f, &f->desk, &row);
  file_release(&f->desk, &row, 1, false);
  assert_int_equal(spooled_files(f), 0);
}

/* Law: while many threads of two nodes bring the same bytes and some are refused, what has a row is there. */
enum { ROUNDS = 30 };
struct crowd {
  struct desk node;
  int64_t message_id;
  uint64_t random;
  int stored, lost;
  pthread_t thread;
};

struct held_ctx {
  struct file_row *row;
  int64_t message_id, position;
};

static err insert_held(db_conn *c, void *arg) {
  struct held_ctx *h = arg;
  err e = file_insert(c, h->row, STR_NONE, STR_NONE, 0);
  return err_is(e) ? e : file_attach(c, h->message_id, h->position, h->row->id);
}

static err let_fall(db_conn *c, void *arg) {
  const struct held_ctx *h = arg;
  return file_detach_all(c, h->message_id);
}

static void *bring_and_refuse(void *arg) {
  struct crowd *w = arg;
  arena *a = arena_new(0);
  for (int i = 0; i < ROUNDS; i++, arena_reset(a)) {
    struct file_row row;
    const char *path = file_spool_path(&w->node, a);
    FILE *out = fopen(path, "w");
    fwrite(picture.ptr, 1, picture.len, out);
    fclose(out);
    err e = file_accept_photo(&w->node, path, S("a"), a, &row);
    if (err_is(e)) continue;
    w->random ^= w->random << 13, w->random ^= w->random >> 7, w->random ^= w->random << 17;
    struct held_ctx held = {&row, w->message_id, i};
    bool stored = w->random % 3 == 0 && !err_is(db_write(w->node.db, insert_held, &held));
    w->lost += stored && access(file_path(&w->node, row.storage_key, a), R_OK) != 0;
    w->stored += stored;
    file_release(&w->node, &row, 1, stored);
    if (stored && w->random % 2) (void)db_write(w->node.db, let_fall, &held); /* so that it is collected */
    if (w->random % 5 == 0) (void)file_collect(&w->node);
  }
  arena_free(&a);
  return NULL;
}

static void what_has_a_row_is_there_whoever_collects(void **state) {
  struct fixture *f = *state;
  enum { CROWD = 6 };
  struct crowd crowd[CROWD];
  f->clock.now_ms = clock_now_ms(&clock_system); /* no upload is taken for a leftover */
  for (int i = 0; i < CROWD; i++) fixture_writes(f, arena_printf(f->arena, "%d", i).ptr, "a message");
  for (int i = 0; i < CROWD; i++) {
    const char *holder = i % 2 ? "here.1" : "there.1";
    crowd[i] = (struct crowd){.node = node_of(f, holder), .message_id = i + 1, .random = 77 + (uint64_t)i};
    assert_int_equal(pthread_create(&crowd[i].thread, NULL, bring_and_refuse, &crowd[i]), 0);
  }
  int stored = 0, lost = 0;
  for (int i = 0; i < CROWD; i++) {
    pthread_join(crowd[i].thread, NULL);
    stored += crowd[i].stored, lost += crowd[i].lost;
  }
  assert_true(stored > 0);
  assert_int_equal(lost, 0);
  fixture_exec(f, "DELETE FROM message_file");
  assert_ok(file_collect(&f->desk));
  assert_rows(f, "SELECT count(*) FROM file", "0");
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
  assert_int_equal(spooled_files(f), 0);
}

/* A version that a full history has dropped leaves a row; what a message or a version holds stays, and so do bytes that
 * another row has. */
static void rows_that_nothing_holds_are_collected(void **state) {
  struct fixture *f = *state;
  str only = leave_behind(f, "d"), shared = leave_behind(f, "e");
  fixture_writes(f, "1", "a message");
  fixture_exec(f, "INSERT INTO message_edit (id, message_id, text, replaced_at) VALUES (1, 1, 'before', 1)");
  static const char *const rows[] = {"held", "earlier", "nobody", "nobody's too"};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct file_row row = {.state = FILE_READY, .name = str_c(rows[i]), .storage_key = i == 2 ? only : shared};
    assert_ok(db_write(f->desk.db, insert, &row));
  }
  fixture_exec(f, "INSERT INTO message_file (message_id, position, file_id) VALUES (1, 0, 1)");
  fixture_exec(f, "INSERT INTO message_edit_file (edit_id, position, file_id) VALUES (1, 0, 2)");
  assert_ok(file_collect(&f->desk));
  assert_rows(f, "SELECT name FROM file ORDER BY id", "held\nearlier");
  assert_false(is_there(f, only));
  assert_true(is_there(f, shared));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(rows_that_nothing_holds_are_collected),
      ON_BOTH(one_node_leaves_what_another_is_about_to_store),
      ON_BOTH(collecting_leaves_what_another_node_claims),
      ON_BOTH(a_dead_node_s_claim_runs_out_and_cannot_be_used_any_more),
      ON_BOTH(whoever_removes_ends_the_claims_that_have_run_out),
      ON_BOTH(a_start_forgets_the_claims_of_its_own_earlier_runs),
      ON_BOTH(nobody_claims_what_is_being_removed),
      ON_BOTH(what_has_a_row_is_there_whoever_collects),
      PURE(pictures_are_measured_by_their_headers),
      PURE(what_a_decoder_would_hold_counts),
      PURE(what_tells_of_a_picture_s_making_is_left_out),
      PURE(a_jpeg_is_measured_as_it_is_shown),
      ON_SQLITE(a_picture_of_too_many_pixels_is_refused_unseen),
      ON_SQLITE(a_file_s_name_turns_nothing_round),
      ON_SQLITE(the_same_bytes_are_kept_once_under_their_hash),
      ON_SQLITE(what_is_no_photo_for_every_channel_is_refused_and_removed),
      ON_SQLITE(a_large_picture_gets_a_thumbnail_when_one_is_asked_for),
      ON_SQLITE(a_crash_s_leavings_are_swept),
      ON_BOTH(refused_content_is_removed_with_its_last_claim),
      ON_BOTH(content_that_a_row_has_stays),
      ON_BOTH(a_crash_between_the_bytes_and_their_row_leaves_nothing),
      ON_SQLITE(leftovers_are_collected_after_an_hour),
  };
  return FIXTURE_RUN(tests);
}
