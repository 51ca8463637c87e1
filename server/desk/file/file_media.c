/* What is made of a file's bytes for people to see before the bytes themselves have come: a smaller picture, a blurred one of a few
 * hundred bytes, and of a video or sound its length and size. libvips' vipsthumbnail and ffmpeg do it, each under the limits of
 * file_tool.h. Best effort: where a program is not installed, or fails, something is missing on the screen and nothing else. */
#include "desk/file/file_internal.h"
#include "desk/file/file_tool.h"

#include "base/limits.h"

#include <limits.h>
#include <stdint.h>

enum {
  PATIENCE_MS = 15000,
  CPU_S = 10,
  PREVIEW_SIDE_MAX = 16,
  PREVIEW_QUALITY = 40,
  SIZE_TEXT_MAX = 24,
  VIDEO_SIDE_MAX = 8192,
  DAYS_MS = 7 * 24 * 3600 * 1000, /* no film is longer */
};
static const int64_t picture_memory_bytes = (int64_t)2 << 30, video_memory_bytes = (int64_t)3 << 29;
static const char vips[] = "/usr/bin/vipsthumbnail", ffmpeg[] = "/usr/bin/ffmpeg", ffprobe[] = "/usr/bin/ffprobe";

/* ---- pictures ---- */

/* Of the modules, which take longer to load than most pictures to be made smaller, only HEIC needs one. */
static const char no_modules[] = "VIPSHOME=/nonexistent";

static bool make_picture(const char *path, bool modules, int side_max, int quality, const char *out_path) {
  char size[SIZE_TEXT_MAX], out[SIZE_TEXT_MAX];
  snprintf(size, sizeof size, "%dx%d>", side_max, side_max);
  snprintf(out, sizeof out, "%s[Q=%d,strip]", strrchr(out_path, '.'), quality); /* to the standard output */
  const char *const argv[] = {"vipsthumbnail", "--size", size, "-o", out, FILE_TOOL_IN_PATH, NULL};
  const struct file_tool tool = {.program = vips,
                                 .argv = argv,
                                 .memory_bytes = picture_memory_bytes,
                                 .file_bytes = LIMIT_PHOTO_MAX_BYTES,
                                 .cpu_s = CPU_S,
                                 .wall_ms = PATIENCE_MS,
                                 .in = path,
                                 .out = out_path,
                                 .setting = modules ? NULL : no_modules};
  arena *a = arena_new(0);
  bool made = file_tool_run(&tool, a, NULL);
  arena_free(&a);
  return made;
}

bool file_make_picture(const char *path, int side_max, int quality, const char *out_path) {
  return make_picture(path, false, side_max, quality, out_path);
}

bool file_convert_heic(const char *path, int side_max, int quality, const char *out_path) {
  return make_picture(path, true, side_max, quality, out_path);
}

bool file_make_preview(const char *path, const char *out_path) {
  return file_make_picture(path, PREVIEW_SIDE_MAX, PREVIEW_QUALITY, out_path);
}

/* ---- videos and sounds ---- */

/* The reader of ffmpeg for a type that was detected, so that bytes choose no other one, such as a play list that names files. */
static const struct {
  const char *mime, *reader;
} readers[] = {
    {"video/mp4", "mov"},       {"video/quicktime", "mov"},       {"video/x-m4v", "mov"},     {"video/3gpp", "mov"},
    {"video/webm", "matroska"}, {"video/x-matroska", "matroska"}, {"video/x-msvideo", "avi"}, {"audio/mpeg", "mp3"},
    {"audio/mp4", "mov"},       {"audio/x-m4a", "mov"},           {"audio/ogg", "ogg"},       {"audio/flac", "flac"},
    {"audio/x-wav", "wav"},     {"audio/webm", "matroska"},
};

static const char *reader_of(str mime) {
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
    if (str_eq(mime, str_c(readers[i].mime))) return readers[i].reader;
  return NULL;
}

bool file_has_video_tools(void) { return file_tool_installed(ffmpeg) && file_tool_installed(ffprobe); }
bool file_is_video(str mime) { return reader_of(mime) && str_starts(mime, S("video/")); }

/* "3.040000" */
static int64_t milliseconds(str text) {
  str whole = str_cut(&text, '.'), thousandths = str_sub(text, 0, 3);
  int64_t s = 0, ms = 0;
  if (!str_to_i64(whole, &s) || s < 0 || s > DAYS_MS / 1000) return 0;
  if (thousandths.len == 3) (void)str_to_i64(thousandths, &ms);
  return s * 1000 + ms;
}

static int64_t side(str text) {
  int64_t pixels = 0;
  return str_to_i64(text, &pixels) && pixels > 0 && pixels <= VIDEO_SIDE_MAX ? pixels : 0;
}

/* A line is "name=value". */
static void take_facts(str lines, struct file_facts *out) {
  bool turned = false;
  while (lines.len) {
    str value = str_cut(&lines, '\n'), name = str_cut(&value, '=');
    if (str_eq(name, S("width")) && !out->width) out->width = side(value);
    if (str_eq(name, S("height")) && !out->height) out->height = side(value);
    if (str_eq(name, S("duration"))) out->duration_ms = milliseconds(value);
    if (str_eq(name, S("rotation"))) turned = str_ends(value, S("90")) || str_ends(value, S("270"));
  }
  if (!out->width || !out->height) out->width = out->height = 0;
  if (turned) *out = (struct file_facts){out->height, out->width, out->duration_ms};
}

/* What ffmpeg and ffprobe may open and decode: this file alone, by this reader, by the decoders of the kinds of video that people
 * send, and no frame whose size is made up to use all memory. */
#define CODECS "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4,h263,mjpeg,mpeg1video,mpeg2video,msmpeg4v2,msmpeg4,theora"
#define INPUT_OPTIONS(reader)                                                                                      \
  "-protocol_whitelist", "file,pipe", "-codec_whitelist", CODECS, "-max_pixels", VIDEO_PIXELS_MAX, "-f", (reader), \
      "-i", "file:" FILE_TOOL_IN_PATH
#define VIDEO_PIXELS_MAX "16777216" /* 4096 by 4096 */

static struct file_tool video_tool(const char *program, const char *const *argv, const char *path) {
  return (struct file_tool){.program = program,
                            .argv = argv,
                            .memory_bytes = video_memory_bytes,
                            .file_bytes = LIMIT_PHOTO_MAX_BYTES,
                            .cpu_s = CPU_S,
                            .wall_ms = PATIENCE_MS,
                            .in = path};
}

bool file_read_facts(const char *path, str mime, arena *a, struct file_facts *out) {
  static const char shown[] = "stream=width,height:stream_side_data=rotation:format=duration";
  const char *reader = reader_of(mime);
  *out = (struct file_facts){0};
  if (!reader) return false;
  const char *const argv[] = {"ffprobe",
                              "-v",
                              "error",
                              "-select_streams",
                              "v:0",
                              "-show_entries",
                              shown,
                              "-of",
                              "default=noprint_wrappers=1",
                              INPUT_OPTIONS(reader),
                              NULL};
  const struct file_tool tool = video_tool(ffprobe, argv, path);
  str printed;
  bool read = file_tool_run(&tool, a, &printed);
  if (read) take_facts(printed, out);
  return read;
}

#define OUTPUT_OPTIONS(scale, quality, to)                                                                             \
  "-map", "0:v:0", "-frames:v", "1", "-filter_threads", "1", "-vf", (scale), "-map_metadata", "-1", "-c:v", "libwebp", \
      "-quality", (quality), "-compression_level", "2", "-f", "webp", (to)

static const char *scaled_to(int side_max, arena *a) {
  return arena_printf(a, "scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease", side_max, side_max)
      .ptr;
}

/* Both in one run, since most of its time is loading the program and decoding the frame. */
bool file_make_frame(const char *path, str mime, int64_t duration_ms, int side_max, const char *out_path,
                     const char *preview_path, arena *a) {
  enum { LONG_MS = 3000 };
  const char *reader = reader_of(mime);
  if (!reader) return false;
  const char *start = duration_ms > LONG_MS ? "1" : "0"; /* the first frame is often black */
  const char *const argv[] = {"ffmpeg",
                              "-nostdin",
                              "-v",
                              "error",
                              "-threads",
                              "1",
                              "-ss",
                              start,
                              INPUT_OPTIONS(reader),
                              OUTPUT_OPTIONS(scaled_to(side_max, a), "80", "pipe:1"),
                              OUTPUT_OPTIONS(scaled_to(PREVIEW_SIDE_MAX, a), "40", "pipe:4"),
                              NULL};
  struct file_tool tool = video_tool(ffmpeg, argv, path);
  tool.out = out_path;
  tool.second = preview_path;
  return file_tool_run(&tool, a, NULL);
}
