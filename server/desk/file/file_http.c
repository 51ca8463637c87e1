/* Serves files. Customers choose their content, so it must never run as a page of the desk: only pictures, videos and sounds
 * are shown inline, by their detected type, and every response is sandboxed. */
#include "desk/file/file_http.h"

#include "base/log.h"
#include "base/seal.h"
#include "desk/file/file_home_internal.h"
#include "net/range.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>

enum { PENDING_RETRY_S = 2, FAR_RETRY_MS = 5000, PIECE_BYTES = 512 << 10 };

struct reading_ctx {
  struct call *call;
  struct file_row row;
};

static err read_one(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  bool own = call_reach(r->call) == REACH_OWN;
  err e = own ? file_assigned(c, r->call->id, r->call->me.id) : err_ok;
  return err_is(e) ? e : file_get(c, r->call->id, r->call->arena, &r->row);
}

static bool shown_in_place(str mime) {
  static const char *const types[] = {"image/jpeg",  "image/png",       "image/gif",   "image/webp", "video/mp4",
                                      "video/webm",  "video/quicktime", "audio/ogg",   "audio/mpeg", "audio/mp4",
                                      "audio/x-m4a", "audio/aac",       "audio/x-wav", "audio/flac", "audio/webm"};
  for (size_t i = 0; i < JSON_COUNT(types); i++)
    if (str_eq(mime, str_c(types[i]))) return true;
  return false;
}

static void answer_file(struct call *c, const struct file_row *f, const char *cache_control);

static void not_there(struct call *c, const struct file_row *f) {
  if (f->state == FILE_PENDING)
    http_add_header(c->req, S("Retry-After"), arena_printf(c->arena, "%d", PENDING_RETRY_S));
  call_fail(c, err_detail(ERR_NOT_FOUND, NULL,
                          f->state == FILE_PENDING   ? "The file is still on its way."
                          : f->error == FILE_REMOVED ? "The file was removed, since files are kept for a limited time."
                                                     : "The file could not be fetched."));
}

static void serve(struct call *c) {
  struct reading_ctx r = {.call = c};
  err e = db_read(c->desk->db, read_one, &r);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  file_answer(c, &r.row);
}

/* ---- bytes ---- */

/* In the request's arena: the answer may be given later, by another thread. */
struct answer_ctx {
  struct call *call;
  struct file_row file;
  str key;
  str content_type;
  const char *cache_control;
  bool thumb, in_place, busy;
};

static struct http_file headers_of(const struct answer_ctx *n) {
  arena *a = n->call->arena;
  str name = n->file.name.len ? n->file.name : S("file");
  return (struct http_file){
      .content_type = n->content_type,
      .etag = arena_printf(a, "\"%.*s\"", STR_ARG(n->key)),
      .cache_control = n->busy ? "no-cache" : n->cache_control,
      .download_name = n->in_place ? NULL : arena_cstr(a, name),
  };
}

static void reply_local(const struct answer_ctx *n, const char *path) {
  struct http_file file = headers_of(n);
  file.path = path;
  if (n->thumb) file.content_type = file_thumb_mime(path);
  http_reply_file(n->call->req, &file);
}

static void far_failed(const struct answer_ctx *n, err e) {
  if (e.code == ERR_NOT_FOUND) LOG_ERROR("file.content_lost", LOG_I("file", n->file.id));
  call_fail(n->call, e.code == ERR_NOT_FOUND ? err_detail(ERR_NOT_FOUND, NULL, "The file's content is missing.")
                                             : err_retry(ERR_STORE_UNREACHABLE, FAR_RETRY_MS));
}

/* ---- from the object store, piece by piece ---- */

struct remote_ctx {
  struct desk *desk;
  arena *arena; /* its own: it outlives the request */
  const char *key;
  int64_t size, first_from;
  str first; /* the piece that was read before the reply began */
  struct answer_ctx answer;
};

struct piece_ctx {
  struct remote_ctx *far;
  struct http_pull *pull;
};

static void piece_came(err e, str bytes, void *user) {
  struct piece_ctx *p = user;
  file_far_note(p->far->desk, e);
  http_pull_answer(p->pull, err_is(e) ? STR_NONE : bytes);
  mem_free(&p);
}

static void ask(void *user, int64_t from, int64_t length, struct http_pull *pull) {
  struct remote_ctx *f = user;
  if (from == f->first_from && (size_t)length <= f->first.len) {
    http_pull_answer(pull, str_sub(f->first, 0, (size_t)length));
    return;
  }
  struct piece_ctx *p = mem_alloc(sizeof *p);
  *p = (struct piece_ctx){f, pull};
  s3_read(file_far(f->desk), f->key, from, length, piece_came, p);
}

static void close_far(void *user) {
  struct remote_ctx *f = user;
  arena *a = f->arena;
  arena_free(&a);
}

static void reply_far(struct remote_ctx *f) {
  struct http_file file = headers_of(&f->answer);
  http_reply_remote(f->answer.call->req, &file, &(struct http_remote){f->size, PIECE_BYTES, ask, close_far, f});
}

/* The first piece comes before the head is sent, so that a missing object or a store that is away has a status. */
static void first_came(err e, str bytes, void *user) {
  struct remote_ctx *f = user;
  file_far_note(f->desk, e);
  if (!err_is(e)) {
    f->first = arena_dup(f->arena, bytes);
    reply_far(f);
    return;
  }
  far_failed(&f->answer, e);
  close_far(f);
}

static void answer_far(const struct answer_ctx *n) {
  struct call *c = n->call;
  arena *a = arena_new(0);
  struct remote_ctx *f = arena_new_of(a, struct remote_ctx);
  *f = (struct remote_ctx){.desk = c->desk, .arena = a, .size = n->file.size_bytes, .answer = *n};
  f->key = file_far_key(n->key, a);
  int64_t length = f->size;
  bool part = http_range(http_header_of(c->req, S("range")), f->size, &f->first_from, &length) != RANGE_WHOLE;
  if (!part) f->first_from = 0, length = f->size;
  bool no_bytes = http_method_of(c->req) == HTTP_HEAD || http_header_of(c->req, S("if-none-match")).ptr ||
                  length <= 0 || f->first_from >= f->size;
  if (no_bytes) {
    reply_far(f);
  } else if (file_far_rests(c->desk)) {
    far_failed(n, err_make(ERR_STORE_UNREACHABLE));
    close_far(f);
  } else {
    s3_read(file_far(c->desk), f->key, f->first_from, length < PIECE_BYTES ? length : PIECE_BYTES, first_came, f);
  }
}

/* ---- thumbnails ---- */

/* On a worker, or on a thread of the store when the thumbnail had to be got; its size is not known beforehand. */
static void thumb_came(err e, void *arg) {
  struct answer_ctx *n = arg;
  const char *path = err_is(e) ? NULL : file_here(n->call->desk, n->key, n->call->arena);
  if (path)
    reply_local(n, path);
  else
    far_failed(n, err_is(e) ? e : err_make(ERR_NOT_FOUND));
}

static void answer_with(struct answer_ctx *n) {
  const char *path = file_here(n->call->desk, n->key, n->call->arena);
  if (path)
    reply_local(n, path);
  else if (!file_far(n->call->desk))
    http_reply_err(n->call->req, err_make(ERR_NOT_FOUND));
  else if (n->thumb)
    file_bring(n->call->desk, n->key, thumb_came, n);
  else
    answer_far(n);
}

static void answer_thumb(struct answer_ctx *n) {
  const struct file_row *f = &n->file;
  str small = file_thumb_of(n->call->desk, f, n->call->arena, &n->busy);
  n->thumb = small.ptr && !str_eq(small, f->storage_key);
  if (!n->thumb && !str_starts(f->mime, S("image/"))) {
    call_fail(n->call, err_detail(ERR_NOT_FOUND, NULL, "There is no picture of this file."));
    return;
  }
  if (n->thumb) n->key = small;
  n->in_place |= n->thumb;
  answer_with(n);
}

/* The picture is here now, so that it can be made smaller. */
static void picture_came(err e, void *arg) {
  struct answer_ctx *n = arg;
  if (err_is(e))
    far_failed(n, e);
  else
    answer_thumb(n);
}

void file_answer(struct call *c, const struct file_row *f) {
  answer_file(c, f, "private, max-age=31536000, immutable");
}

static void answer_file(struct call *c, const struct file_row *f, const char *cache_control) {
  if (f->state != FILE_READY || !f->storage_key.ptr) {
    not_there(c, f);
    return;
  }
  struct answer_ctx *n = arena_new_of(c->arena, struct answer_ctx);
  *n = (struct answer_ctx){.call = c,
                           .file = *f,
                           .key = f->storage_key,
                           .content_type = f->mime,
                           .cache_control = cache_control,
                           .in_place = shown_in_place(f->mime)};
  http_set_header(c->req, S("Content-Security-Policy"), S("sandbox; default-src 'none'"));
  if (!str_eq(http_query(c->req, S("size")), S("thumb")))
    answer_with(n);
  else if (file_thumb_missing(f))
    file_bring(c->desk, f->storage_key, picture_came, n);
  else
    answer_thumb(n);
}

/* ---- addresses that need no session ---- */

enum { SIGNED_MOST_S = 600, PROOF_BYTES = 16 };

static str proof_of(const struct desk *d, int64_t id, int64_t until_s, arena *a) {
  struct seal_key key;
  unsigned char hash[crypto_generichash_BYTES];
  str text = arena_printf(a, "%lld until %lld", (long long)id, (long long)until_s);
  seal_key_derive(str_n(d->secret_key, 32), "file_address", &key);
  crypto_generichash(hash, sizeof hash, (const unsigned char *)text.ptr, text.len, key.bytes, sizeof key.bytes);
  seal_key_wipe(&key);
  char *hex = arena_alloc(a, 2 * PROOF_BYTES + 1);
  sodium_bin2hex(hex, 2 * PROOF_BYTES + 1, hash, PROOF_BYTES);
  return str_n(hex, 2 * PROOF_BYTES);
}

struct address_request {
  int64_t seconds;
};
static const struct json_field request_fields[] = {
    {.name = "seconds",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct address_request, seconds),
     .min = 1,
     .max = SIGNED_MOST_S,
     .doc = "How long it is good for; 600 when not given."},
};
JSON_SHAPE(file_address_request_shape, "FileAddressRequest", struct address_request, request_fields, NULL);

static atomic_llong addresses_given;
int64_t file_addresses_given(void) { return atomic_load(&addresses_given); }

struct address {
  str url;
  int64_t expires_at;
};
static const struct json_field address_fields[] = {
    {.name = "url", .type = JSON_STRING, .offset = offsetof(struct address, url)},
    {.name = "expires_at", .type = JSON_TIME, .offset = offsetof(struct address, expires_at)},
};
JSON_SHAPE(file_address_shape, "FileAddress", struct address, address_fields, NULL);

static void give_address(struct call *c) {
  struct reading_ctx r = {.call = c};
  const struct address_request *request = c->body;
  int64_t seconds = request && request->seconds ? request->seconds : SIGNED_MOST_S;
  err e = db_read(c->desk->db, read_one, &r);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  int64_t until_s = desk_now(c->desk) / 1000 + seconds;
  str proof = proof_of(c->desk, c->id, until_s, c->arena);
  struct address out = {.url = arena_printf(c->arena, "%s/files/%lld-%lld-%.*s", c->desk->public_url, (long long)c->id,
                                            (long long)until_s, STR_ARG(proof)),
                        .expires_at = until_s * 1000};
  atomic_fetch_add(&addresses_given, 1);
  LOG_INFO("file.address_given", LOG_I("file", c->id), LOG_I("operator", c->me.id), LOG_I("seconds", seconds));
  call_reply(c, 200, &file_address_shape, &out);
}

static err read_signed(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  return file_get(c, r->call->id, r->call->arena, &r->row);
}

static void serve_signed(struct call *c) {
  struct reading_ctx r = {.call = c};
  int64_t until_s = 0, left_s = 0;
  str rest = c->word, id = str_cut(&rest, '-'), until = str_cut(&rest, '-');
  bool good = str_to_i64(id, &c->id) && c->id > 0 && str_to_i64(until, &until_s);
  good = good && str_eq_constant_time(rest, proof_of(c->desk, c->id, until_s, c->arena));
  left_s = until_s - desk_now(c->desk) / 1000;
  err e =
      good && left_s > 0 && left_s <= SIGNED_MOST_S ? db_read(c->desk->db, read_signed, &r) : err_make(ERR_NOT_FOUND);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  http_set_header(c->req, S("Referrer-Policy"), S("no-referrer"));
  answer_file(c, &r.row, arena_printf(c->arena, "private, max-age=%lld", (long long)left_s).ptr);
}

static const struct route_query query[] = {
    {"size", "thumb: a smaller picture; 404 for a file that is no picture and has none"},
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/files/:id", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .status = 200, .sends_file = true, .fails = FAILS(STORE_UNREACHABLE),
     .handler = serve, .query = query, .doc = "A file's bytes, with ranges, permanently cacheable; 404 with Retry-After while it is being fetched."},
    {HTTP_POST, "/api/files/:id/address", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .status = 200,
     .body = HTTP_BODY_MEMORY, .in = &file_address_request_shape, .in_optional = true, .out = &file_address_shape,
     .handler = give_address, .doc = "An address at which anybody may read the file for at most ten minutes."},
    {HTTP_GET, "/files/:word", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .sends_file = true, .fails = FAILS(NOT_FOUND) | FAILS(STORE_UNREACHABLE),
     .word_max = 80, .handler = serve_signed, .query = query, .doc = "A file at such an address; 404 when it has expired."},
};
/* clang-format on */
ROUTE_TABLE(file_routes, routes);
