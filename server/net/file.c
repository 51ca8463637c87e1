/* Replies with a file: conditional requests, one range, sendfile. The file is opened on the replying thread. A remote file
 * follows the same rules, without a date. */
#include "net/conn.h"
#include "net/range.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum range_result http_range(str header, int64_t size, int64_t *from, int64_t *length) {
  header = str_trim(header);
  if (header.len < 6 || !str_eq_ignore_case(str_sub(header, 0, 6), S("bytes="))) return RANGE_WHOLE;
  str last = str_trim(str_sub(header, 6, header.len));
  if (!memchr(last.ptr, '-', last.len) || memchr(last.ptr, ',', last.len)) return RANGE_WHOLE;
  str first = str_trim(str_cut(&last, '-'));
  last = str_trim(last);
  int64_t a = 0, b = size - 1;
  /* str_to_i64 accepts a sign, which a Range header must not have. */
  if ((first.len && (first.ptr[0] == '-' || !str_to_i64(first, &a))) ||
      (last.len && (last.ptr[0] == '-' || !str_to_i64(last, &b))) || (!first.len && !last.len))
    return RANGE_WHOLE;
  if (!first.len) { /* the last b bytes */
    if (b == 0 || size == 0) return RANGE_BEYOND;
    a = b < size ? size - b : 0;
    b = size - 1;
  }
  if (last.len && b < a) return RANGE_WHOLE;
  if (a >= size) return RANGE_BEYOND;
  if (b >= size) b = size - 1;
  *from = a;
  *length = b - a + 1;
  return RANGE_PART;
}

/* Whether the client's If-Range holds: a strong tag, or exactly our date (RFC 9110, 13.1.5). */
static bool if_range_holds(http_req *req, str etag, str modified) {
  str condition = http_header_of(req, S("if-range"));
  if (!condition.ptr) return true;
  if (condition.len && condition.ptr[0] == '"') return etag.len && str_eq(condition, etag);
  return modified.ptr && str_eq(condition, modified);
}

static bool not_modified(http_req *req, str etag, int64_t modified_ms) {
  str tags = http_header_of(req, S("if-none-match"));
  if (tags.ptr) return http_etag_matches(tags, etag); /* it takes precedence over the date: RFC 9110, 13.1.3 */
  int64_t since;
  return modified_ms >= 0 && clock_parse_http(http_header_of(req, S("if-modified-since")), &since) &&
         modified_ms / 1000 <= since / 1000;
}

/* Adds the file name in two forms: ASCII for old clients, UTF-8 for the rest (RFC 6266, 4.3). */
static void add_disposition(http_req *req, const char *name) {
  buf b;
  buf_init(&b, 4096);
  buf_add(&b, S("attachment; filename=\""));
  for (const char *p = name; *p; p++) {
    bool plain = *p >= 0x20 && *p < 0x7F && *p != '"' && *p != '\\' && *p != '%';
    buf_add_char(&b, plain ? *p : '_');
  }
  buf_add(&b, S("\"; filename*=UTF-8''"));
  buf_add_url_escaped(&b, str_c(name));
  if (!b.overflow) http_add_header(req, S("Content-Disposition"), buf_borrow(&b));
  buf_free(&b);
}

static int open_regular(const char *path, struct stat *st) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not block */
  if (fd < 0) return -1;
  if (fstat(fd, st) == 0 && S_ISREG(st->st_mode)) return fd;
  close(fd);
  return -1;
}

static void add_validators(http_req *req, const struct http_file *file, str modified) {
  if (file->etag.len) http_add_header(req, S("ETag"), file->etag);
  if (file->cache_control) http_add_header(req, S("Cache-Control"), str_c(file->cache_control));
  if (modified.ptr) http_add_header(req, S("Last-Modified"), modified);
}

struct content {
  int64_t size_bytes, modified_ms; /* -1: no date */
  int fd;                          /* -1: remote */
  const struct http_remote *remote;
};

static void drop(const struct content *c) {
  if (c->fd >= 0) close(c->fd);
  if (c->remote) c->remote->close(c->remote->user);
}

static void send_part(http_req *req, const struct http_file *file, int status, const struct content *c, int64_t from,
                      int64_t length) {
  reply_begin(req, status);
  struct out_buf *head = reply_head(req, req->status, file->content_type, length, STR_NONE);
  req->out[req->out_count++] = (struct out_piece){head->bytes, head->len, &head->owner};
  if (length == 0 || reply_without_body(req, status))
    drop(c);
  else
    req->out[req->out_count++] = (struct out_piece){
        NULL, (size_t)length,
        c->remote ? pull_new(req, c->remote, from, length) : &out_file_new(c->fd, from)->source.owner};
  reply_send(req);
}

static void reply_content(http_req *req, const struct http_file *file, const struct content *c) {
  char date[CLOCK_HTTP_SIZE], text[96];
  int64_t from = 0, length = c->size_bytes;
  str modified = c->modified_ms >= 0 ? clock_format_http(c->modified_ms, date) : STR_NONE;
  add_validators(req, file, modified);
  if ((req->method == HTTP_GET || req->method == HTTP_HEAD) && not_modified(req, file->etag, c->modified_ms)) {
    drop(c);
    http_reply(req, 304, STR_NONE, STR_NONE);
    return;
  }
  http_add_header(req, S("Accept-Ranges"), S("bytes"));
  if (file->download_name) add_disposition(req, file->download_name);
  enum range_result range = RANGE_WHOLE;
  str wanted = http_header_of(req, S("range"));
  if (req->method == HTTP_GET && wanted.ptr && if_range_holds(req, file->etag, modified))
    range = http_range(wanted, c->size_bytes, &from, &length);
  if (range == RANGE_BEYOND) {
    drop(c);
    int n = snprintf(text, sizeof text, "bytes */%lld", (long long)c->size_bytes);
    http_add_header(req, S("Content-Range"), (str){text, (size_t)n});
    http_reply(req, 416, STR_NONE, STR_NONE);
    return;
  }
  if (range == RANGE_PART) {
    int n = snprintf(text, sizeof text, "bytes %lld-%lld/%lld", (long long)from, (long long)(from + length - 1),
                     (long long)c->size_bytes);
    http_add_header(req, S("Content-Range"), (str){text, (size_t)n});
  }
  send_part(req, file, range == RANGE_PART ? 206 : 200, c, from, length);
}

void http_reply_file(http_req *req, const struct http_file *file) {
  struct stat st;
  int fd = open_regular(file->path, &st);
  if (fd < 0) {
    http_reply_err(req, err_make(ERR_NOT_FOUND));
    return;
  }
  reply_content(req, file, &(struct content){st.st_size, (int64_t)st.st_mtim.tv_sec * 1000, fd, NULL});
}

void http_reply_remote(http_req *req, const struct http_file *file, const struct http_remote *remote) {
  reply_content(req, file, &(struct content){remote->size_bytes, -1, -1, remote});
}
