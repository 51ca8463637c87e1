/* Serves files. Customers choose their content, so it must never run as a page of the desk: only pictures, videos and sounds
 * are shown inline, by their detected type, and every response is sandboxed. */
#include "desk/file/file_http.h"

#include "desk/file/file_internal.h"

enum { PENDING_RETRY_S = 2 };

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

static void not_there(struct call *c, const struct file_row *f) {
  if (f->state == FILE_PENDING)
    http_add_header(c->req, S("Retry-After"), arena_printf(c->arena, "%d", PENDING_RETRY_S));
  call_fail(c,
            err_detail(ERR_NOT_FOUND, NULL,
                       f->state == FILE_PENDING ? "The file is still on its way." : "The file could not be fetched."));
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

void file_answer(struct call *c, const struct file_row *f) {
  if (f->state != FILE_READY || !f->storage_key.ptr) {
    not_there(c, f);
    return;
  }
  bool busy = false, wanted = str_eq(http_query(c->req, S("size")), S("thumb"));
  str small = wanted ? file_thumb_of(c->desk, f, c->arena, &busy) : STR_NONE;
  bool thumb = small.ptr && !str_eq(small, f->storage_key);
  if (wanted && !thumb && !str_starts(f->mime, S("image/"))) {
    call_fail(c, err_detail(ERR_NOT_FOUND, NULL, "There is no picture of this file."));
    return;
  }
  str key = thumb ? small : f->storage_key;
  bool in_place = thumb || shown_in_place(f->mime);
  http_set_header(c->req, S("Content-Security-Policy"), S("sandbox; default-src 'none'"));
  http_reply_file(c->req,
                  &(struct http_file){
                      .path = file_path(c->desk, key, c->arena),
                      .content_type = thumb ? file_thumb_mime(c->desk, key, c->arena) : f->mime,
                      .etag = arena_printf(c->arena, "\"%.*s\"", STR_ARG(key)),
                      .cache_control = busy ? "no-cache" : "private, max-age=31536000, immutable",
                      .download_name = in_place ? NULL : arena_cstr(c->arena, f->name.len ? f->name : S("file")),
                  });
}

static const struct route_query query[] = {
    {"size", "thumb: a smaller picture; 404 for a file that is no picture and has none"},
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/files/:id", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .status = 200, .sends_file = true, .handler = serve,
     .query = query, .doc = "A file's bytes, with ranges, permanently cacheable; 404 with Retry-After while it is being fetched."},
};
/* clang-format on */
ROUTE_TABLE(file_routes, routes);
