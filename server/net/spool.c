/* Streams a multipart body to disk. The loop collects bytes in one chunk while a worker parses and writes the other
 * one; when both are full, the connection stops reading. So an upload of any size needs two chunks of memory, and the
 * loop never touches the disk. Jobs of one body never run at the same time, so their order needs no lock; the posts
 * between loop and worker make the memory visible to the other thread. */
#include "net/conn.h"
#include "net/multipart.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 << 10, SMALL_CHUNK_BYTES = 4 << 10, PART_COST = 256, FIELDS_MAX = 1000, FULL_RETRY_MS = 10000 };

struct spool {
  http_req *req;
  struct http_plan plan;
  const char *dir;
  /* used by the loop */
  char *filling, *working;
  size_t filling_len, working_len, chunk_bytes;
  bool in_flight, ended, last, abandoned;
  /* used by the running job */
  struct multipart parser;
  err failure;
  struct http_part *parts;
  size_t count, cap, files, memory_bytes;
  int fd; /* of the file being written */
  buf field;
};

/* ---- on a worker: the parser's callbacks ---- */

static err disk_failed(int code) {
  LOG_ERROR("http.spool_failed", LOG_C("reason", strerror(code)));
  bool full = code == ENOSPC || code == EDQUOT || code == EFBIG || code == EMFILE || code == ENFILE;
  if (!full) return err_make(ERR_INTERNAL);
  err e = err_detail(ERR_OVERLOADED, NULL, "The server has no room for this upload now. Try again later.");
  e.retry_ms = FULL_RETRY_MS;
  return e;
}

static err too_much_text(void) { return err_detail(ERR_TOO_LARGE, NULL, "The form's fields are larger than allowed."); }

/* Charges the form's memory: its fields, and a fixed cost per part. */
static err add_memory(struct spool *s, size_t bytes) {
  s->memory_bytes += bytes;
  if (s->memory_bytes > s->plan.memory_bytes + PART_COST * (s->plan.max_files + 16)) return too_much_text();
  return budget_take(&s->req->body.share, BUDGET_MEMORY, bytes);
}

static err begin_file(struct spool *s, struct http_part *p) {
  if (++s->files > s->plan.max_files) return err_detail(ERR_TOO_LARGE, NULL, "There are too many files.");
  str path = arena_printf(s->req->arena, "%s/upload-XXXXXX", s->dir);
  char *writable = arena_alloc(s->req->arena, path.len + 1);
  memcpy(writable, path.ptr, path.len);
  s->fd = mkostemp(writable, O_CLOEXEC);
  if (s->fd < 0) return disk_failed(errno);
  p->path = writable;
  return err_ok;
}

static err part_begins(void *user, const struct multipart_part *part) {
  struct spool *s = user;
  arena *a = s->req->arena;
  if (s->count == s->cap) {
    s->cap = s->cap ? s->cap * 2 : 8;
    s->parts = mem_realloc(s->parts, s->cap * sizeof *s->parts);
  }
  if (s->count >= FIELDS_MAX) return too_much_text();
  err e = add_memory(s, PART_COST + part->name.len + part->filename.len + part->content_type.len);
  if (err_is(e)) return e;
  struct http_part *p = &s->parts[s->count++];
  *p = (struct http_part){
      arena_dup(a, part->name), arena_dup(a, part->filename), arena_dup(a, part->content_type), STR_NONE, NULL, 0};
  if (part->filename.ptr) return begin_file(s, p);
  buf_init(&s->field, s->plan.memory_bytes);
  return err_ok;
}

static err write_all(struct spool *s, str bytes) {
  err e = budget_take(&s->req->body.share, BUDGET_DISK, bytes.len);
  if (err_is(e)) return e;
  while (bytes.len) {
    ssize_t n = write(s->fd, bytes.ptr, bytes.len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_failed(errno);
    bytes = str_sub(bytes, (size_t)n, bytes.len);
  }
  return err_ok;
}

static err part_data(void *user, str bytes) {
  struct spool *s = user;
  struct http_part *p = &s->parts[s->count - 1];
  p->size_bytes += (int64_t)bytes.len;
  if (p->path) {
    if ((uint64_t)p->size_bytes > s->plan.max_file_bytes)
      return err_detail(ERR_TOO_LARGE, NULL, "A file may have at most %llu MB here.",
                        (unsigned long long)s->plan.max_file_bytes >> 20);
    return write_all(s, bytes);
  }
  err e = add_memory(s, bytes.len);
  if (err_is(e)) return e;
  buf_add(&s->field, bytes);
  return s->field.overflow ? too_much_text() : err_ok;
}

static err part_ends(void *user) {
  struct spool *s = user;
  struct http_part *p = &s->parts[s->count - 1];
  if (!p->path) {
    p->value = arena_dup(s->req->arena, buf_borrow(&s->field));
    buf_free(&s->field);
    return err_ok;
  }
  int result = close(s->fd);
  s->fd = -1;
  return result == 0 ? err_ok : disk_failed(errno);
}

/* ---- jobs ---- */

static bool submit(struct spool *s);

static void job_done(void *arg) {
  struct spool *s = arg;
  http_req *req = s->req;
  s->in_flight = false;
  if (s->abandoned) {
    intake_discard(req);
    return;
  }
  if (err_is(s->failure)) {
    http_reply_err(req,
                   s->failure); /* copies the error; the client may have gone, since the body may be complete by now */
    return;
  }
  bool ended = s->ended;
  if ((ended || s->filling_len == s->chunk_bytes) && !submit(s)) return;
  if (!ended) conn_pause(req->conn, false);
}

static void run_job(void *arg) {
  struct spool *s = arg;
  http_req *req = s->req;
  bool last = s->last;
  if (!err_is(s->failure)) s->failure = multipart_feed(&s->parser, (str){s->working, s->working_len});
  if (last && !err_is(s->failure)) s->failure = multipart_end(&s->parser);
  /* here on the worker rather than on the loop, and at once, since the disk may be full */
  if (err_is(s->failure)) spool_remove_files(s);
  if (!last) {
    if (!shard_post(req->shard, job_done, s)) req_free(req);
    return;
  }
  /* The body is complete and the connection waits: from now on the handler owns the request. */
  if (err_is(s->failure))
    http_reply_err(req, s->failure);
  else
    req->body.plan.handler(req, req->body.plan.user);
}

static bool refuse(struct spool *s, err e) {
  http_reply_err(s->req, e);
  return false;
}

/* Hands the filled chunk to a worker. On the loop, with no job running. */
static bool submit(struct spool *s) {
  char *other = s->working;
  if (!other && !s->ended) { /* more bytes will arrive while the worker is busy */
    err e = budget_take(&s->req->body.share, BUDGET_MEMORY, s->chunk_bytes);
    if (err_is(e)) return refuse(s, e);
    other = mem_realloc(NULL, s->chunk_bytes); /* not zeroed */
  }
  s->working = s->filling;
  s->working_len = s->filling_len;
  s->filling = other;
  s->filling_len = 0;
  s->in_flight = true;
  s->last = s->ended;
  if (net_work(s->req->shard->server->pool, run_job, s)) return true;
  s->in_flight = false;
  return refuse(s, err_retry(ERR_OVERLOADED, 1000));
}

/* ---- on the loop ---- */

struct spool *spool_new(http_req *req, str boundary, err *refusal) {
  /* A body of known small size needs a chunk of that size only. */
  size_t chunk = req->body.chunked || req->body.left > CHUNK_BYTES ? CHUNK_BYTES : (size_t)req->body.left;
  if (chunk < SMALL_CHUNK_BYTES) chunk = SMALL_CHUNK_BYTES;
  *refusal = budget_take(&req->body.share, BUDGET_MEMORY, chunk);
  if (err_is(*refusal)) return NULL;
  struct spool *s = mem_alloc(sizeof *s);
  s->chunk_bytes = chunk;
  s->req = req;
  s->plan = req->body.plan;
  s->dir = req->shard->server->spool_dir;
  s->fd = -1;
  s->filling = mem_realloc(NULL, chunk); /* not zeroed */
  multipart_init(&s->parser, boundary);
  s->parser.begin = part_begins;
  s->parser.data = part_data;
  s->parser.end = part_ends;
  s->parser.user = s;
  return s;
}

size_t spool_room(const struct spool *s) { return s->chunk_bytes - s->filling_len; }

void spool_add(struct spool *s, str bytes) {
  if (bytes.len) memcpy(s->filling + s->filling_len, bytes.ptr, bytes.len);
  s->filling_len += bytes.len;
}

bool spool_push(struct spool *s) { return s->filling_len < s->chunk_bytes || s->in_flight || submit(s); }

void spool_end(struct spool *s) {
  s->ended = true;
  if (!s->in_flight) submit(s);
}

bool spool_abandon(struct spool *s) {
  s->abandoned = true;
  return s->in_flight;
}

void spool_remove_files(struct spool *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  for (size_t i = 0; i < s->count; i++) {
    if (s->parts[i].path) unlink(s->parts[i].path);
    s->parts[i].path = NULL;
  }
  budget_give_back(&s->req->body.share, BUDGET_DISK);
}

bool spool_has_files(const struct spool *s) {
  for (size_t i = 0; i < s->count; i++)
    if (s->parts[i].path) return true;
  return false;
}

void spool_free(struct spool **spool) {
  struct spool *s = *spool;
  if (!s) return;
  spool_remove_files(s);
  buf_free(&s->field);
  free(s->parts);
  free(s->filling);
  free(s->working);
  mem_free(spool);
}

size_t spool_parts(const struct spool *s) { return s->count; }
struct http_part *spool_part_at(struct spool *s, size_t i) {
  return &s->parts[i];
}

err http_part_take(struct http_part *part, const char *new_path) {
  if (!part->path) return err_make(ERR_NOT_FOUND);
  if (rename(part->path, new_path) != 0) {
    LOG_ERROR("http.part_take_failed", LOG_C("reason", strerror(errno)));
    return err_make(ERR_INTERNAL);
  }
  part->path = NULL;
  return err_ok;
}
