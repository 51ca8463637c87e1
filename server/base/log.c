/* See log.h. A line has at most LINE_MAX_BYTES and is written with one write(2) per sink, under a lock since a pipe
 * accepts no more than 4 KiB in one piece: lines of several threads do not mix. Values that need it are quoted as JSON
 * strings in both formats. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* A value of VALUE_MAX_POINTS code points takes at most six bytes each, and its key: FIELD_MAX_BYTES. */
enum {
  LINE_MAX_BYTES = 8192,
  VALUE_MAX_POINTS = 400,
  FIELD_MAX_BYTES = VALUE_MAX_POINTS * 6 + 128,
  PATH_MAX_BYTES = 4096
};

static struct {
  enum log_level level;
  enum log_format format;
  char path[PATH_MAX_BYTES];
  int fd;               /* -1: no file */
  pthread_mutex_t lock; /* guards fd and the writing */
  atomic_uint_fast64_t counts[LOG_LEVEL_ERROR + 1];
} sink = {.level = LOG_LEVEL_INFO, .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

bool log_level_parse(str name, enum log_level *out) {
  for (int i = 0; i <= LOG_LEVEL_ERROR; i++)
    if (str_eq_ignore_case(name, str_c(level_names[i]))) {
      *out = (enum log_level)i;
      return true;
    }
  return false;
}

static int open_file(void) { return open(sink.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640); }

err log_open(enum log_level level, enum log_format format, const char *file_path) {
  sink.level = level;
  sink.format = format;
  log_close();
  sink.path[0] = 0;
  if (!file_path || !*file_path) return err_ok;
  size_t n = strlen(file_path);
  if (n >= sizeof sink.path) return err_detail(ERR_INVALID_FIELD, "LOG_FILE", "the path is too long");
  memcpy(sink.path, file_path, n + 1);
  sink.fd = open_file();
  if (sink.fd < 0)
    return err_detail(ERR_INVALID_FIELD, "LOG_FILE", "cannot open %.80s: %s", file_path, strerror(errno));
  return err_ok;
}

void log_reopen(void) {
  if (!sink.path[0]) return;
  int fresh = open_file();
  pthread_mutex_lock(&sink.lock);
  if (fresh >= 0) {
    if (sink.fd >= 0) close(sink.fd);
    sink.fd = fresh;
  }
  pthread_mutex_unlock(&sink.lock);
  if (fresh < 0) LOG_ERROR("log.reopen_failed", LOG_C("reason", strerror(errno)));
}

void log_close(void) {
  pthread_mutex_lock(&sink.lock);
  if (sink.fd >= 0) close(sink.fd);
  sink.fd = -1;
  pthread_mutex_unlock(&sink.lock);
}

static bool is_plain(str s) {
  if (s.len == 0) return false;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  }
  return str_utf8_valid(s);
}

static void add_text(buf *line, const struct log_field *f) {
  buf_add_char(line, ' ');
  buf_add(line, str_c(f->key));
  buf_add_char(line, '=');
  if (f->type == LOG_FIELD_I64)
    buf_add_i64(line, f->i);
  else if (is_plain(f->s))
    buf_add(line, f->s);
  else
    buf_add_json_string(line, f->s);
}

static void add_json(buf *line, const struct log_field *f) {
  buf_add_char(line, ',');
  buf_add_json_string(line, str_c(f->key));
  buf_add_char(line, ':');
  if (f->type == LOG_FIELD_I64)
    buf_add_i64(line, f->i);
  else
    buf_add_json_string(line, f->s);
}

static void write_all(int fd, str s) {
  while (s.len) {
    ssize_t n = write(fd, s.ptr, s.len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return; /* a failed write is ignored: a full disk or a closed pipe must not stop the service */
    s = str_sub(s, (size_t)n, s.len);
  }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields) {
  atomic_fetch_add_explicit(&sink.counts[level], 1, memory_order_relaxed);
  if (level < sink.level) return;
  buf line;
  buf_init(&line, LINE_MAX_BYTES);
  bool json = sink.format == LOG_FORMAT_JSON;
  buf_add(&line, json ? S("{\"time\":\"") : S("time="));
  buf_add_iso_time(&line, clock_now_ms(&clock_system));
  buf_add(&line, json ? S("\",\"level\":\"") : S(" level="));
  buf_add(&line, str_c(level_names[level]));
  buf_add(&line, json ? S("\",\"event\":\"") : S(" event="));
  buf_add(&line, str_c(event));
  if (json) buf_add_char(&line, '"');
  for (const struct log_field *f = fields; f->type != LOG_FIELD_END && line.len < LINE_MAX_BYTES - FIELD_MAX_BYTES;
       f++) {
    struct log_field cut = *f;
    if (cut.type == LOG_FIELD_STR) cut.s = str_utf8_prefix(cut.s, VALUE_MAX_POINTS);
    if (json)
      add_json(&line, &cut);
    else
      add_text(&line, &cut);
  }
  buf_add(&line, json ? S("}\n") : S("\n"));
  pthread_mutex_lock(&sink.lock);
  write_all(STDOUT_FILENO, buf_borrow(&line));
  if (sink.fd >= 0) write_all(sink.fd, buf_borrow(&line));
  pthread_mutex_unlock(&sink.lock);
  buf_free(&line);
}

uint64_t log_count(enum log_level level) { return atomic_load_explicit(&sink.counts[level], memory_order_relaxed); }
