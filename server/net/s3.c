/* See s3.h. Amazon S3 API reference, 2006-03-01. Keys are made of characters that need no escaping (asserted), so the address
 * that is signed is the address that is sent. */
#include "net/s3.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  S3_MAGIC = 0x53334253,
  TRIES = 5,
  BACKOFF_FIRST_MS = 200,
  CALL_MS = 20000,
  STALL_S = 10,
  TRYING_MS = 10000, /* no further try after this */
  BYTES_A_MS = 64,   /* the slowest transfer that is waited for */
  ANSWER_MAX_BYTES = 1 << 20,
  HASH_BYTES = 256 << 10,
  HEX_SIZE = 65,
  MD5_BYTES = 16,
  PARTS_MAX = 1024, /* 8 GB */
  TAG_MAX = 256,
  STOP_STEP_MS = 20,
};
static const int64_t stale_ms = 24 * 3600 * 1000;
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct s3 {
  uint32_t magic;
  http_client *client;
  char *base; /* the bucket's address, without a slash at the end */
  char *region, *access_key, *secret_key;
  const sb_rand *rand;
  atomic_bool stopping;
  atomic_int active; /* blocking calls */
};

/* ---- life ---- */

static char *bucket_address(const struct s3_config *k) {
  arena *a = arena_new(0);
  str endpoint = str_c(k->endpoint);
  if (!endpoint.len) endpoint = arena_printf(a, "https://s3.%s.amazonaws.com", k->region);
  while (endpoint.len && endpoint.ptr[endpoint.len - 1] == '/') endpoint.len--;
  str rest = endpoint, scheme = str_cut(&rest, ':'); /* rest: //host… */
  str base = k->path_style || rest.len < 2
                 ? arena_printf(a, "%.*s/%s", STR_ARG(endpoint), k->bucket)
                 : arena_printf(a, "%.*s://%s.%.*s", STR_ARG(scheme), k->bucket, STR_ARG(str_sub(rest, 2, rest.len)));
  char *out = mem_dup_cstr(base);
  arena_free(&a);
  return out;
}

s3 *s3_new(const struct s3_config *k) {
  s3 *s = mem_alloc(sizeof *s);
  *s = (struct s3){.magic = S3_MAGIC,
                   .base = bucket_address(k),
                   .region = mem_dup_cstr(str_c(k->region)),
                   .access_key = mem_dup_cstr(str_c(k->access_key)),
                   .secret_key = mem_dup_cstr(str_c(k->secret_key)),
                   .rand = k->rand};
  s->client = http_client_new(&(struct http_client_config){.user_agent = k->user_agent});
  return s;
}

static void nap(int64_t ms) {
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  nanosleep(&t, NULL);
}

void s3_stop(s3 *s) {
  assert(s->magic == S3_MAGIC);
  atomic_store(&s->stopping, true);
  do http_client_cancel_all(s->client);
  while (atomic_load(&s->active) > 0 && (nap(STOP_STEP_MS), true)); /* a call may have been about to start */
}

void s3_free(s3 **store) {
  s3 *s = *store;
  if (!s) return;
  assert(s->magic == S3_MAGIC);
  http_client_free(&s->client, 0);
  mem_free(&s->base);
  mem_free(&s->region);
  mem_free(&s->access_key);
  memset(s->secret_key, 0, strlen(s->secret_key));
  mem_free(&s->secret_key);
  s->magic = 0;
  mem_free(store);
}

/* ---- answers ---- */

str s3_element(str xml, str name) {
  for (size_t at = 0; at < xml.len;) {
    at = str_index(xml, '<', at);
    if (at >= xml.len) break;
    str rest = str_sub(xml, at + 1, xml.len);
    at++;
    if (!str_starts(rest, name) || rest.len <= name.len || rest.ptr[name.len] != '>') continue;
    str text = str_sub(rest, name.len + 1, rest.len);
    size_t end = str_index(text, '<', 0);
    return end < text.len ? str_sub(text, 0, end) : STR_NONE;
  }
  return STR_NONE;
}

/* The service's code, if it is a plain word: for the error's sentence. */
static str code_of(str xml) {
  str code = s3_element(xml, S("Code"));
  for (size_t i = 0; i < code.len; i++) {
    char c = code.ptr[i];
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter) return STR_NONE;
  }
  return code.len <= 60 ? code : STR_NONE;
}

static bool worth_another_try(const struct http_call_result *r) {
  if (r->outcome == CALL_CANCELLED) return false;
  return r->outcome != CALL_ANSWERED || r->status >= 500 || r->status == 429 || r->status == 408;
}

static err explain(const struct http_call_result *r) {
  if (r->outcome == CALL_CANCELLED) return err_detail(ERR_STORE_UNREACHABLE, NULL, "The server is stopping.");
  if (r->outcome != CALL_ANSWERED)
    return err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server cannot be reached: %.90s.", r->error);
  str code = code_of(r->body);
  if (r->status == 404 && str_eq(code, S("NoSuchBucket")))
    return err_detail(ERR_STORE_UNREACHABLE, "bucket", "The S3 bucket does not exist.");
  if (r->status == 404) return err_make(ERR_NOT_FOUND);
  if (str_eq(code, S("SignatureDoesNotMatch")) || str_eq(code, S("InvalidAccessKeyId")) || r->status == 401)
    return err_detail(ERR_STORE_UNREACHABLE, "key", "The S3 server does not accept the access key or the secret key.");
  if (r->status == 403)
    return err_detail(ERR_STORE_UNREACHABLE, "key", "The S3 keys may not use the bucket%s%.*s%s.", code.len ? " (" : "",
                      STR_ARG(code), code.len ? ")" : "");
  return err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server answered with status %d%s%.*s.", r->status,
                    code.len ? ", " : "", STR_ARG(code));
}

static bool is_done(const struct http_call_result *r) {
  return r->outcome == CALL_ANSWERED && r->status >= 200 && r->status < 300;
}

/* ---- calls ---- */

static const char *address(const s3 *s, const char *key, arena *a) {
  for (const char *p = key; *p; p++)
    assert((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '/' || *p == '-' || *p == '.');
  return arena_printf(a, "%s/%s", s->base, key).ptr;
}

static struct http_call_signature signature(const s3 *s, const char *sha256) {
  return (struct http_call_signature){s->region, s->access_key, s->secret_key, sha256 ? sha256 : EMPTY_SHA256};
}

static struct http_call_result call_once(s3 *s, struct http_call_request *r, const char *sha256, arena *a) {
  struct http_call_signature sign = signature(s, sha256);
  r->sign = &sign;
  if (!r->timeout_ms) r->timeout_ms = CALL_MS;
  if (!r->answer_max_bytes) r->answer_max_bytes = ANSWER_MAX_BYTES;
  r->stall_s = STALL_S;
  atomic_fetch_add(&s->active, 1);
  struct http_call_result out = {.outcome = CALL_CANCELLED};
  if (!atomic_load(&s->stopping)) out = http_client_do(s->client, r, a);
  atomic_fetch_sub(&s->active, 1);
  if (atomic_load(&s->stopping) && out.outcome != CALL_ANSWERED) out.outcome = CALL_CANCELLED;
  return out;
}

static struct http_call_result call(s3 *s, struct http_call_request *r, const char *sha256, arena *a) {
  struct http_call_result out = {0};
  int64_t began_us = clock_measure_us();
  for (int i = 0; i < TRIES; i++) {
    out = call_once(s, r, sha256, a);
    if (!worth_another_try(&out) || clock_measure_us() - began_us > TRYING_MS * 1000) break;
    int64_t wait_ms = (int64_t)BACKOFF_FIRST_MS << i;
    if (i + 1 < TRIES) nap(wait_ms + (int64_t)rand_below(s->rand, (uint64_t)wait_ms));
  }
  return out;
}

static long transfer_ms(int64_t bytes) { return (long)(CALL_MS + bytes / BYTES_A_MS); }

/* ---- bytes of a file ---- */

struct digests {
  char sha256[HEX_SIZE];
  unsigned char md5[MD5_BYTES];
  bool has_md5; /* OpenSSL may forbid it (FIPS); tags are not compared then, only sizes */
};

static void to_hex(const unsigned char *bytes, size_t n, char *out) {
  for (size_t i = 0; i < n; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool digest_part(int fd, int64_t from, int64_t length, struct digests *out) {
  EVP_MD_CTX *sha = EVP_MD_CTX_new(), *md5 = EVP_MD_CTX_new();
  unsigned char *bytes = mem_alloc(HASH_BYTES), hash[32];
  if (!sha || !md5 || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1) mem_exhausted(HASH_BYTES);
  bool has_md5 = EVP_DigestInit_ex(md5, EVP_md5(), NULL) == 1;
  bool good = true;
  for (int64_t at = 0; at < length && good;) {
    int64_t left = length - at;
    ssize_t n = pread(fd, bytes, left < HASH_BYTES ? (size_t)left : HASH_BYTES, (off_t)(from + at));
    if (n < 0 && errno == EINTR) continue;
    good = n > 0 && EVP_DigestUpdate(sha, bytes, (size_t)n) == 1;
    if (good && has_md5) EVP_DigestUpdate(md5, bytes, (size_t)n);
    at += n;
  }
  good = good && EVP_DigestFinal_ex(sha, hash, NULL) == 1;
  out->has_md5 = has_md5 && EVP_DigestFinal_ex(md5, out->md5, NULL) == 1;
  to_hex(hash, sizeof hash, out->sha256);
  EVP_MD_CTX_free(sha);
  EVP_MD_CTX_free(md5);
  mem_free(&bytes);
  return good;
}

/* A tag is the MD5 of what the service has, or of its parts' MD5s and their number, unless it encrypts with keys of its own.
 * expected: "" where it cannot be computed. */
static bool tag_contradicts(str etag, const char *expected) {
  if (etag.len > 2 && etag.ptr[0] == '"') etag = str_sub(etag, 1, etag.len - 1);
  str wanted = str_c(expected);
  bool same_form = wanted.len && etag.len == wanted.len && str_contains(etag, S("-")) == str_contains(wanted, S("-"));
  return same_form && !str_eq_ignore_case(etag, wanted);
}

static err lost_bytes(void) {
  return err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server has other bytes than were sent.");
}

static err verify(s3 *s, const char *key, int64_t size, const char *tag, arena *a) {
  struct http_call_request r = {
      .method = "HEAD", .url = address(s, key, a), .answer_max_bytes = (size_t)1 << 40 /* of the object */};
  struct http_call_result head = call(s, &r, NULL, a);
  if (!is_done(&head)) return explain(&head);
  return head.length == size && !tag_contradicts(head.etag, tag) ? err_ok : lost_bytes();
}

/* ---- putting ---- */

static err put_whole(s3 *s, const char *key, const char *path, int fd, int64_t size, arena *a) {
  struct digests d;
  char tag[2 * MD5_BYTES + 1] = "";
  if (!digest_part(fd, 0, size, &d)) return err_make(ERR_INTERNAL);
  if (d.has_md5) to_hex(d.md5, MD5_BYTES, tag);
  struct http_call_request r = {.method = "PUT",
                                .url = address(s, key, a),
                                .body_path = path,
                                .body_bytes = size,
                                .content_type = "application/octet-stream",
                                .timeout_ms = transfer_ms(size)};
  struct http_call_result done = call(s, &r, d.sha256, a);
  return is_done(&done) ? verify(s, key, size, tag, a) : explain(&done);
}

struct upload {
  s3 *s;
  const char *key, *path;
  int fd;
  int64_t size;
  const char *id; /* escaped for an address */
  buf manifest;   /* of the parts, as the service wants to see it at the end */
  EVP_MD_CTX *md5s;
  bool has_md5s;
  int parts;
};

static err begin_upload(struct upload *u, arena *a) {
  struct http_call_request r = {.method = "POST",
                                .url = arena_printf(a, "%s?uploads=", address(u->s, u->key, a)).ptr,
                                .content_type = "application/octet-stream"};
  struct http_call_result begun = call(u->s, &r, NULL, a);
  if (!is_done(&begun)) return explain(&begun);
  str id = s3_element(begun.body, S("UploadId"));
  if (!id.len || id.len > 1024) return err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server began no upload.");
  buf escaped;
  buf_init(&escaped, 4096);
  buf_add_url_escaped(&escaped, id);
  u->id = arena_cstr(a, buf_borrow(&escaped));
  buf_free(&escaped);
  return err_ok;
}

/* What can stand in the manifest as it is. */
static bool is_plain_tag(str tag) {
  for (size_t i = 0; i < tag.len; i++)
    if (tag.ptr[i] <= ' ' || tag.ptr[i] > '~' || strchr("<>&\"", tag.ptr[i])) return false;
  return tag.len > 0 && tag.len <= TAG_MAX;
}

static err put_part(struct upload *u, int64_t from, arena *a) {
  struct digests d;
  int64_t left = u->size - from, length = left < S3_PART_BYTES ? left : S3_PART_BYTES;
  if (!digest_part(u->fd, from, length, &d)) return err_make(ERR_INTERNAL);
  u->parts++;
  struct http_call_request r = {
      .method = "PUT",
      .url = arena_printf(a, "%s?partNumber=%d&uploadId=%s", address(u->s, u->key, a), u->parts, u->id).ptr,
      .body_path = u->path,
      .body_from = from,
      .body_bytes = length,
      .content_type = "application/octet-stream",
      .timeout_ms = transfer_ms(length)};
  struct http_call_result done = call(u->s, &r, d.sha256, a);
  if (!is_done(&done)) return explain(&done);
  u->has_md5s = u->has_md5s && d.has_md5 && EVP_DigestUpdate(u->md5s, d.md5, MD5_BYTES) == 1;
  str tag = done.etag;
  if (tag.len > 2 && tag.ptr[0] == '"') tag = str_sub(tag, 1, tag.len - 1);
  if (!is_plain_tag(tag)) return err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server gave a part no usable tag.");
  buf_printf(&u->manifest, "<Part><PartNumber>%d</PartNumber><ETag>&quot;%.*s&quot;</ETag></Part>", u->parts,
             STR_ARG(tag));
  return err_ok;
}

/* An answer that was lost is no failure if the object is there; 200 may carry an error, found after the head was sent. */
static err complete_upload(struct upload *u, arena *a) {
  char sha256[HEX_SIZE], tag[2 * MD5_BYTES + 16] = "";
  unsigned char hash[32];
  buf_add(&u->manifest, S("</CompleteMultipartUpload>"));
  assert(!u->manifest.overflow);
  EVP_Digest(u->manifest.ptr, u->manifest.len, hash, NULL, EVP_sha256(), NULL);
  to_hex(hash, sizeof hash, sha256);
  struct http_call_request r = {.method = "POST",
                                .url = arena_printf(a, "%s?uploadId=%s", address(u->s, u->key, a), u->id).ptr,
                                .body = buf_borrow(&u->manifest),
                                .content_type = "application/xml",
                                .timeout_ms = transfer_ms(u->size)};
  struct http_call_result done = call(u->s, &r, sha256, a);
  bool failed = !is_done(&done) || s3_element(done.body, S("Code")).ptr;
  if (u->has_md5s && EVP_DigestFinal_ex(u->md5s, hash, NULL) == 1) {
    to_hex(hash, MD5_BYTES, tag);
    snprintf(tag + 2 * MD5_BYTES, 16, "-%d", u->parts);
  }
  err e = verify(u->s, u->key, u->size, tag, a);
  return err_is(e) && failed ? explain(&done) : e;
}

static void abort_upload(s3 *s, const char *key, const char *id, arena *a) {
  struct http_call_request r = {.method = "DELETE",
                                .url = arena_printf(a, "%s?uploadId=%s", address(s, key, a), id).ptr};
  struct http_call_result done = call_once(s, &r, NULL, a); /* s3_abort_stale aborts it otherwise */
  if (!is_done(&done)) LOG_WARN("s3.upload_not_aborted", LOG_I("status", done.status));
}

static err put_in_parts(s3 *s, const char *key, const char *path, int fd, int64_t size, arena *a) {
  enum { PART_TEXT_MAX = 1200 };
  struct upload u = {.s = s, .key = key, .path = path, .fd = fd, .size = size, .md5s = EVP_MD_CTX_new()};
  if (!u.md5s) mem_exhausted(0);
  u.has_md5s = EVP_DigestInit_ex(u.md5s, EVP_md5(), NULL) == 1;
  buf_init(&u.manifest, PARTS_MAX * PART_TEXT_MAX);
  buf_add(&u.manifest, S("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
  err e = begin_upload(&u, a);
  for (int64_t at = 0; at < size && !err_is(e); at += S3_PART_BYTES) e = put_part(&u, at, a);
  if (!err_is(e)) e = complete_upload(&u, a);
  if (err_is(e) && u.id) abort_upload(s, key, u.id, a);
  buf_free(&u.manifest);
  EVP_MD_CTX_free(u.md5s);
  return e.code == ERR_NOT_FOUND ? err_detail(ERR_STORE_UNREACHABLE, NULL, "The S3 server has lost the upload.") : e;
}

err s3_put(s3 *s, const char *key, const char *path, arena *a) {
  assert(s->magic == S3_MAGIC);
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  err e = fd >= 0 && fstat(fd, &st) == 0 ? err_ok : err_make(ERR_INTERNAL);
  if (!err_is(e) && st.st_size > (int64_t)PARTS_MAX * S3_PART_BYTES) e = err_make(ERR_TOO_LARGE);
  if (!err_is(e))
    e = st.st_size > S3_PART_BYTES ? put_in_parts(s, key, path, fd, st.st_size, a)
                                   : put_whole(s, key, path, fd, st.st_size, a);
  if (fd >= 0) close(fd);
  return e.code == ERR_NOT_FOUND ? err_detail(ERR_STORE_UNREACHABLE, "bucket", "The S3 bucket does not exist.") : e;
}

/* ---- the others ---- */

err s3_get(s3 *s, const char *key, const char *to, int64_t max_bytes, arena *a) {
  assert(s->magic == S3_MAGIC);
  struct http_call_request r = {.method = "GET",
                                .url = address(s, key, a),
                                .save_path = to,
                                .answer_max_bytes = (size_t)max_bytes,
                                .timeout_ms = transfer_ms(max_bytes)};
  struct http_call_result done = call(s, &r, NULL, a);
  return is_done(&done) ? err_ok : explain(&done);
}

err s3_size(s3 *s, const char *key, arena *a, int64_t *size_bytes) {
  assert(s->magic == S3_MAGIC);
  struct http_call_request r = {.method = "HEAD", .url = address(s, key, a), .answer_max_bytes = (size_t)1 << 40};
  struct http_call_result head = call(s, &r, NULL, a);
  *size_bytes = head.length;
  return is_done(&head) ? err_ok : explain(&head);
}

err s3_delete(s3 *s, const char *key, bool once, arena *a) {
  assert(s->magic == S3_MAGIC);
  struct http_call_request r = {.method = "DELETE", .url = address(s, key, a), .timeout_ms = S3_ONCE_MS};
  struct http_call_result done = once ? call_once(s, &r, NULL, a) : call(s, &r, NULL, a);
  err e = is_done(&done) ? err_ok : explain(&done);
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

static err check_with(s3 *s, const char *method, const char *body_sha256, str body, arena *a) {
  struct http_call_request r = {.method = method,
                                .url = address(s, "switchboard-check", a),
                                .body = body,
                                .content_type = body.len ? "text/plain" : NULL};
  struct http_call_result done = call_once(s, &r, body_sha256, a);
  if (is_done(&done)) return err_ok;
  err e = explain(&done);
  /* The answer to a HEAD or of a service that says no more: nothing but the bucket can be missing when something is written. */
  return e.code == ERR_NOT_FOUND ? err_detail(ERR_STORE_UNREACHABLE, "bucket", "The S3 bucket does not exist.") : e;
}

err s3_check(s3 *s, arena *a) {
  assert(s->magic == S3_MAGIC);
  static const char sha256[] = "2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df"; /* of "ok" */
  err e = check_with(s, "PUT", sha256, S("ok"), a);
  if (!err_is(e)) e = check_with(s, "GET", NULL, STR_NONE, a);
  return err_is(e) ? e : check_with(s, "DELETE", NULL, STR_NONE, a);
}

struct reading_ctx {
  void (*done)(err e, str bytes, void *user);
  void *user;
  int64_t length;
};

static void read_done(const struct http_call_result *r, void *user) {
  struct reading_ctx *k = user;
  err e = err_ok;
  if (!is_done(r))
    e = explain(r);
  else if (r->status != 206 || (int64_t)r->body.len != k->length)
    e = lost_bytes();
  k->done(e, err_is(e) ? STR_NONE : r->body, k->user);
  mem_free(&k);
}

void s3_read(s3 *s, const char *key, int64_t from, int64_t length, void (*done)(err e, str bytes, void *user),
             void *user) {
  assert(s->magic == S3_MAGIC && length > 0 && length <= S3_READ_BYTES);
  struct reading_ctx *k = mem_alloc(sizeof *k);
  *k = (struct reading_ctx){done, user, length};
  arena *a = arena_new(0);
  struct http_call_signature sign = signature(s, NULL);
  char range[80];
  snprintf(range, sizeof range, "Range: bytes=%lld-%lld", (long long)from, (long long)(from + length - 1));
  const char *headers[] = {range, NULL};
  struct http_call_request r = {.method = "GET",
                                .url = address(s, key, a),
                                .headers = headers,
                                .sign = &sign,
                                .timeout_ms = CALL_MS,
                                .stall_s = STALL_S,
                                .answer_max_bytes = S3_READ_BYTES};
  http_client_send(s->client, &r, read_done, k);
  arena_free(&a);
}

err s3_abort_stale(s3 *s, int64_t now_ms, arena *a, int *count) {
  assert(s->magic == S3_MAGIC);
  *count = 0;
  struct http_call_request r = {.method = "GET", .url = arena_printf(a, "%s?uploads=", s->base).ptr};
  struct http_call_result list = call(s, &r, NULL, a);
  if (!is_done(&list)) return explain(&list);
  static const char begins[] = "<Upload>";
  str rest = list.body;
  for (const char *at; rest.len && (at = memmem(rest.ptr, rest.len, begins, sizeof begins - 1));) {
    rest = str_sub(rest, (size_t)(at - rest.ptr) + sizeof begins - 1, rest.len);
    at = memmem(rest.ptr, rest.len, begins, sizeof begins - 1);
    str one = str_sub(rest, 0, at ? (size_t)(at - rest.ptr) : rest.len);
    str key = s3_element(one, S("Key")), id = s3_element(one, S("UploadId"));
    int64_t begun_ms;
    bool plain = key.len > 0 && key.len <= 100;
    for (size_t i = 0; i < key.len && plain; i++)
      plain = (key.ptr[i] >= 'a' && key.ptr[i] <= 'f') || (key.ptr[i] >= '0' && key.ptr[i] <= '9') || key.ptr[i] == '/';
    if (!plain || !id.len || id.len > 1024 || !clock_parse_iso(s3_element(one, S("Initiated")), &begun_ms)) continue;
    if (begun_ms > now_ms - stale_ms) continue;
    buf escaped;
    buf_init(&escaped, 4096);
    buf_add_url_escaped(&escaped, id);
    abort_upload(s, arena_cstr(a, key), arena_cstr(a, buf_borrow(&escaped)), a);
    buf_free(&escaped);
    ++*count;
  }
  return err_ok;
}
