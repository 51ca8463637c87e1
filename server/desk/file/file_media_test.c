/* What is made of pictures and videos by the system's programs. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/file/file_image.h"
#include "desk/file/file_internal.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const int64_t file_bytes = 64 << 20;

/* Makes content for the tests, without a sandbox. */
static bool make_with(const char *const *argv) {
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) {
    (void)!freopen("/dev/null", "w", stderr);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
  }
  return waitpid(pid, &status, 0) == pid && status == 0;
}
#define RUN(...) make_with((const char *const[]){__VA_ARGS__, NULL})

static const char *spooled_video(struct fixture *f, const char *size, const char *format, const char *codec) {
  const char *path = file_spool_path(&f->desk, f->arena);
  const char *source = arena_printf(f->arena, "testsrc2=size=%s:rate=2:duration=4", size).ptr;
  if (!RUN("ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", codec, "-f", format,
           path))
    fail_msg("ffmpeg made no video; the tests need Debian's package ffmpeg");
  return path;
}

static void picture(const char *path, const char *width, const char *height) {
  assert_true(RUN("vips", "gaussnoise", path, width, height));
}

static int leftovers(struct fixture *f) {
  struct dirent **names = NULL;
  int n = scandir(arena_printf(f->arena, "%s/tmp", f->files).ptr, &names, NULL, NULL), left = 0;
  for (int i = 0; i < n; i++) {
    left += names[i]->d_name[0] != '.' && strncmp(names[i]->d_name, "keep-", 5) != 0;
    free(names[i]);
  }
  free(names);
  return left;
}

static err insert(db_conn *c, void *arg) { return file_insert(c, arg, STR_NONE, STR_NONE, 0); }

static void assert_is_webp(struct fixture *f, str key, int64_t width, int64_t height) {
  struct image image;
  struct file_mapped m;
  assert_ok(file_map(file_path(&f->desk, key, f->arena), file_bytes, &m));
  assert_true(image_measure(m.bytes, &image));
  assert_int_equal(image.type, IMAGE_WEBP);
  assert_int_equal(image.width, width);
  assert_int_equal(image.height, height);
  file_unmap(&m);
}

static void a_video_gets_a_thumbnail_a_preview_its_length_and_its_size(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *format, *codec, *name, *mime;
  } rows[] = {{"mp4", "libx264", "a.mp4", "video/mp4"}, {"webm", "libvpx", "b.webm", "video/webm"}};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct file_row row;
    const char *path = spooled_video(f, "1280x720", rows[i].format, rows[i].codec);
    assert_ok(file_accept(&f->desk, path, str_c(rows[i].name), f->arena, &row));
    assert_str(row.mime, rows[i].mime);
    file_describe(&f->desk, f->arena, &row);
    assert_int_equal(row.width, 1280);
    assert_int_equal(row.height, 720);
    assert_in_range(row.duration_ms, 3900, 4200);
    assert_non_null(row.thumb_key.ptr);
    assert_is_webp(f, row.thumb_key, 640, 360);
    assert_in_range(row.preview.len, 40, 640);
    assert_true(str_starts(row.preview, S("UklGR"))); /* RIFF */
    assert_ok(desk_write(&f->desk, insert, &row));
    file_release(&f->desk, &row, 1, true);
  }
  assert_rows(f, "SELECT duration_ms >= 3900, preview LIKE 'UklGR%', thumb_key <> storage_key FROM file",
              f->lite ? "1|1|1\n1|1|1" : "t|t|t\nt|t|t");
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
  assert_int_equal(leftovers(f), 0);
}

static void what_only_says_that_it_is_a_video_is_stored_all_the_same(void **state) {
  struct fixture *f = *state;
  static const str rows[] = {
      STR_INIT("\0\0\0\x18"
               "ftypmp42\0\0\0\0mp42isom\0\0\0\x08mdat"),
      STR_INIT("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"),
      STR_INIT("ffconcat version 1.0\nfile /etc/passwd\n"),
      STR_INIT("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"),
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct file_row row;
    const char *path = file_spool_path(&f->desk, f->arena);
    FILE *out = fopen(path, "w");
    assert_int_equal(fwrite(rows[i].ptr, 1, rows[i].len, out), rows[i].len);
    fclose(out);
    assert_ok(file_accept(&f->desk, path, S("film.mp4"), f->arena, &row));
    file_describe(&f->desk, f->arena, &row);
    assert_null(row.thumb_key.ptr);
    assert_null(row.preview.ptr);
    assert_int_equal(row.duration_ms, 0);
    file_release(&f->desk, &row, 1, false);
  }
  assert_int_equal(leftovers(f), 0);
}

static void a_frame_of_too_many_pixels_and_a_rare_decoder_are_not_tried(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *size, *codec;
    bool shown;
  } rows[] = {{"3840x2160", "mjpeg", true}, {"4608x4096", "mjpeg", false}, {"320x240", "ffv1", false}};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct file_row row;
    const char *path = spooled_video(f, rows[i].size, "avi", rows[i].codec);
    assert_ok(file_accept(&f->desk, path, S("a.avi"), f->arena, &row));
    assert_str(row.mime, "video/x-msvideo");
    file_describe(&f->desk, f->arena, &row);
    assert_int_equal(row.thumb_key.ptr != NULL, rows[i].shown);
    file_release(&f->desk, &row, 1, false);
  }
  assert_int_equal(leftovers(f), 0);
}

static void a_large_picture_has_its_thumbnail_and_preview_when_it_is_stored(void **state) {
  struct fixture *f = *state;
  struct file_row row, small;
  const char *path = arena_printf(f->arena, "%s.png", file_spool_path(&f->desk, f->arena)).ptr;
  picture(path, "1600", "400");
  assert_ok(file_accept_photo(&f->desk, path, S("noise.png"), f->arena, &row));
  file_describe(&f->desk, f->arena, &row);
  assert_is_webp(f, row.thumb_key, 640, 160);
  assert_true(str_starts(row.preview, S("UklGR")));
  assert_true(row.preview.len <= 640);
  file_release(&f->desk, &row, 1, false);
  assert_int_equal(access(file_path(&f->desk, row.thumb_key, f->arena), F_OK), -1);
  path = arena_printf(f->arena, "%s.png", file_spool_path(&f->desk, f->arena)).ptr;
  picture(path, "40", "40");
  assert_ok(file_accept_photo(&f->desk, path, S("small.png"), f->arena, &small));
  file_describe(&f->desk, f->arena, &small);
  assert_null(small.thumb_key.ptr);
  assert_null(small.preview.ptr); /* it is there as soon as its preview */
  file_release(&f->desk, &small, 1, false);
  assert_int_equal(leftovers(f), 0);
}

static void a_phone_s_picture_of_too_many_pixels_is_refused_before_it_is_decoded(void **state) {
  struct fixture *f = *state;
#define HEIC(width, height)  \
  "\0\0\0\x18"               \
  "ftypheic\0\0\0\0mif1heic" \
  "\0\0\0\x34"               \
  "meta\0\0\0\0\0\0\0\x28"   \
  "iprp\0\0\0\x20"           \
  "ipco\0\0\0\x14"           \
  "ispe\0\0\0\0" width height "\0\0\0\0"
  static const str large = STR_INIT(HEIC("\0\0\x27\x10", "\0\0\x27\x10")),
                   plain = STR_INIT(HEIC("\0\0\x02\x80", "\0\0\x01\xe0"));
  assert_int_equal(image_heif_pixels(large), 100000000);
  assert_int_equal(image_heif_pixels(plain), 640 * 480);
  for (size_t cut = 0; cut < plain.len; cut++) assert_in_range(image_heif_pixels(str_sub(plain, 0, cut)), 0, 640 * 480);
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_int_equal(fwrite(large.ptr, 1, large.len, out), large.len);
  fclose(out);
  struct file_row row;
  err e = file_accept(&f->desk, path, S("a.heic"), f->arena, &row);
  assert_err(e, ERR_INVALID_FIELD);
  assert_non_null(strstr(err_message(&e), "50 megapixels"));
  assert_int_equal(leftovers(f), 0);
}

/* A HEIC file that no decoder reads: its items are a picture, Exif (16 bytes in `mdat`) and XMP (6 bytes in `idat`). */
#define BOX_OF(size, name) "\0\0\0" size name
#define INFE(id, kind)     BOX_OF("\x15", "infe") "\2\0\0\0\0" id "\0\0" kind "\0"
#define HEIC_FILE                                                                                               \
  BOX_OF("\x18", "ftypheic")                                                                                    \
  "\0\0\0\0mif1heic" BOX_OF("\x97", "meta") "\0\0\0\0" BOX_OF("\x4d", "iinf") "\0\0\0\0\0\3" INFE("\1", "hvc1") \
      INFE("\2", "Exif") INFE("\3", "mime")                                                                     \
          BOX_OF("\x30", "iloc") "\1\0\0\0\x44\0\0\2"                                                           \
                                 "\0\2\0\0\0\0\0\1\0\0\0\xb7\0\0\0\x10"                                         \
                                 "\0\3\0\1\0\0\0\1\0\0\0\0\0\0\0\6" BOX_OF("\x0e", "idat") "<xmp/>" BOX_OF(     \
                                     "\x23", "mdat") "55.75N 37.61 E..the picture"

static void a_phone_s_picture_that_cannot_be_converted_does_not_tell_where_it_was_taken(void **state) {
  struct fixture *f = *state;
  static const str whole = STR_INIT(HEIC_FILE);
  struct image_blanks blanks;
  assert_true(image_heif_private(whole, &blanks));
  assert_int_equal(blanks.count, 2);
  assert_int_equal(blanks.list[0].at, 0xb7);
  assert_int_equal(blanks.list[0].len, 16);
  for (size_t cut = 0; cut < 0xb7 + 16; cut++) assert_false(image_heif_private(str_sub(whole, 0, cut), &blanks));
  struct file_row row;
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_int_equal(fwrite(whole.ptr, 1, whole.len, out), whole.len);
  fclose(out);
  assert_ok(file_accept(&f->desk, path, S("a.heic"), f->arena, &row));
  assert_str(row.mime, "image/heic");
  assert_str(row.name, "a.heic");
  struct file_mapped m;
  assert_ok(file_map(file_path(&f->desk, row.storage_key, f->arena), file_bytes, &m));
  assert_int_equal(m.bytes.len, whole.len);
  assert_false(str_contains(m.bytes, S("55.75N")));
  assert_false(str_contains(m.bytes, S("xmp")));
  assert_true(str_contains(m.bytes, S("the picture")));
  file_unmap(&m);
  file_release(&f->desk, &row, 1, false);
  path = file_spool_path(&f->desk, f->arena);
  out = fopen(path, "w");
  assert_int_equal(fwrite(whole.ptr, 1, 0x60, out), 0x60);
  fclose(out);
  err e = file_accept(&f->desk, path, S("a.heic"), f->arena, &row);
  assert_err(e, ERR_INVALID_FIELD);
  assert_non_null(strstr(err_message(&e), "Send it as JPEG"));
  assert_int_equal(leftovers(f), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_video_gets_a_thumbnail_a_preview_its_length_and_its_size),
      ON_SQLITE(what_only_says_that_it_is_a_video_is_stored_all_the_same),
      ON_SQLITE(a_frame_of_too_many_pixels_and_a_rare_decoder_are_not_tried),
      ON_SQLITE(a_large_picture_has_its_thumbnail_and_preview_when_it_is_stored),
      ON_SQLITE(a_phone_s_picture_that_cannot_be_converted_does_not_tell_where_it_was_taken),
      ON_SQLITE(a_phone_s_picture_of_too_many_pixels_is_refused_before_it_is_decoded),
  };
  return FIXTURE_RUN(tests);
}
