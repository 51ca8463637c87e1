/* See route.h. Every handler's response is sent from here, so that lists, errors and names have one form. */
#include "desk/route.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum { ANSWER_MAX_BYTES = 32 << 20 }; /* far above a page of the largest messages */

static enum json_case names_of(const struct call *c) { return c->route && c->route->camel ? JSON_CAMEL : JSON_SNAKE; }

/* Forbids caching: these responses contain personal data and change. Files, which may be cached, are sent elsewhere. */
static void keep_out_of_caches(struct call *c) { http_add_header(c->req, S("Cache-Control"), S("no-store")); }

/* Errors of every call: a malformed query, the body's size and arrival, rates and the database. */
#define ALWAYS                                                                                        \
  (FAILS(BAD_REQUEST) | FAILS(TOO_LARGE) | FAILS(TIMEOUT) | FAILS(RATE_LIMITED) | FAILS(OVERLOADED) | \
   FAILS(UNAVAILABLE) | FAILS(INTERNAL))

uint64_t route_fails(const struct route *r) {
  bool writes = (r->method & (HTTP_GET | HTTP_HEAD | HTTP_OPTIONS)) == 0;
  bool signed_in = r->guard == GUARD_SESSION || r->guard == GUARD_ROLE;
  uint64_t all = r->fails | ALWAYS;
  if (strchr(r->path, ':')) all |= FAILS(NOT_FOUND);
  if (r->query) all |= FAILS(INVALID_FIELD);
  if (r->in) all |= FAILS(BAD_JSON) | FAILS(INVALID_FIELD) | FAILS(MISSING_FIELD) | FAILS(UNSUPPORTED_TYPE);
  if (signed_in) all |= FAILS(UNAUTHORIZED) | (writes ? FAILS(CSRF_FAILED) : 0);
  if (r->guard == GUARD_ROLE) all |= FAILS(FORBIDDEN) | FAILS(MUST_CHANGE_PASSWORD);
  return all;
}

void call_fail(struct call *c, err e) {
  if (c->route && !(route_fails(c->route) >> e.code & 1))
    LOG_ERROR("route.undeclared_refusal", LOG_S("method", http_method_name(c->req)), LOG_C("route", c->route->path),
              LOG_C("code", err_text(e.code)));
  keep_out_of_caches(c);
  http_reply_err(c->req, e);
}

void call_reply_json(struct call *c, int status, buf *json) {
  if (json->overflow) {
    buf_free(json);
    call_fail(c, err_make(ERR_INTERNAL));
    return;
  }
  keep_out_of_caches(c);
  http_reply_take(c->req, status, S("application/json"), json);
}

void call_reply(struct call *c, int status, const struct json_shape *shape, const void *value) {
  buf out;
  buf_init(&out, ANSWER_MAX_BYTES);
  json_encode(&out, shape, value, names_of(c));
  call_reply_json(c, status, &out);
}

void call_reply_list(struct call *c, const struct json_shape *shape, const void *items, size_t count, str next_cursor) {
  buf out;
  buf_init(&out, ANSWER_MAX_BYTES);
  buf_add(&out, S("{\"data\":"));
  json_encode_list(&out, shape, items, count, names_of(c));
  buf_add(&out, names_of(c) == JSON_CAMEL ? S(",\"nextCursor\":") : S(",\"next_cursor\":"));
  if (next_cursor.ptr)
    buf_add_json_string(&out, next_cursor);
  else
    buf_add(&out, S("null"));
  buf_add_char(&out, '}');
  call_reply_json(c, 200, &out);
}

void call_reply_empty(struct call *c, int status) {
  keep_out_of_caches(c);
  http_reply(c->req, status, STR_NONE, STR_NONE);
}

enum reach call_reach(const struct call *c) {
  struct actor me = operator_actor(&c->me);
  return may_reach(&me, c->route->permission);
}

void call_forget_operator(struct call *c, int64_t operator_id) {
  if (c->desk->access) access_forget(c->desk->access, operator_id);
}

/* Hexadecimal, so that clients do not take the cursor for an id. */
str cursor_make(arena *a, int64_t x, int64_t y) {
  return arena_printf(a, "%llx.%llx", (unsigned long long)x, (unsigned long long)y);
}

static bool read_hex(str s, int64_t *out) {
  if (s.len == 0 || s.len > 16) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    value = value << 4 | (uint64_t)digit;
  }
  *out = (int64_t)value;
  return true;
}

bool cursor_read(str cursor, int64_t *x, int64_t *y) {
  if (!cursor.ptr) return false;
  int64_t first, second;
  str head = str_cut(&cursor, '.');
  if (!read_hex(head, &first) || !cursor.ptr || !read_hex(cursor, &second)) return false;
  *x = first;
  *y = second;
  return true;
}

struct reading_ctx {
  struct call_page page;
  err (*read)(db_conn *c, struct call_page *page);
};

static err read_page(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  return r->read(c, &r->page);
}

void call_reply_page(struct call *c, const struct json_shape *shape, err (*read)(db_conn *c, struct call_page *page)) {
  const struct json_field *id = shape->fields;
  assert(shape->count && str_eq(str_c(id->name), S("id")) && id->type == JSON_ID && id->offset == 0);
  int64_t unused = 0;
  size_t limit = (size_t)call_query_int(c, "limit");
  struct reading_ctx r = {.page = {.call = c, .before = INT64_MAX, .limit = limit + 1}, .read = read};
  cursor_read(call_query(c, "cursor"), &r.page.before, &unused);
  err e = db_read(c->desk->db, read_page, &r);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  size_t count = r.page.count > limit ? limit : r.page.count;
  str next = STR_NONE;
  if (r.page.count > limit) {
    int64_t last;
    memcpy(&last, (const char *)r.page.items + (count - 1) * shape->size_bytes, sizeof last);
    next = cursor_make(c->arena, last, 0);
  }
  call_reply_list(c, shape, r.page.items, count, next);
}

/* ---- the query ---- */

static bool is_word_of(const struct route_query *q, str text) {
  for (const char *const *word = q->words; word && *word; word++)
    if (str_eq(text, str_c(*word))) return true;
  return false;
}

static err check_text(const struct route_query *q, str text) {
  if (!str_utf8_valid(text) || str_has_nul(text))
    return err_detail(ERR_INVALID_FIELD, q->name, "%s is not UTF-8.", q->name);
  if (q->max && (int64_t)str_utf8_count(text) > q->max)
    return err_detail(ERR_INVALID_FIELD, q->name, "%s is longer than %lld characters.", q->name, (long long)q->max);
  return err_ok;
}

static err check_row(const struct route_query *q, str text) {
  int64_t x, y;
  switch (q->type) {
    case QUERY_TEXT: return check_text(q, text);
    case QUERY_INT:
      if (str_to_i64(text, &x) && x >= q->min && x <= q->max) return err_ok;
      return err_detail(ERR_INVALID_FIELD, q->name, "%s must be a number from %lld to %lld.", q->name,
                        (long long)q->min, (long long)q->max);
    case QUERY_ID:
      if (str_to_i64(text, &x) && x > 0) return err_ok;
      break;
    case QUERY_WORD: break;
    case QUERY_CURSOR: return cursor_read(text, &x, &y) ? err_ok : err_field(ERR_INVALID_FIELD, q->name);
  }
  return is_word_of(q, text) ? err_ok : err_field(ERR_INVALID_FIELD, q->name);
}

err call_check_query(struct call *c) {
  err e = err_ok;
  for (const struct route_query *q = c->route->query; q && q->name && !err_is(e); q++) {
    str text = http_query(c->req, str_c(q->name));
    if (text.len || (text.ptr && q->type == QUERY_INT)) e = check_row(q, text);
  }
  return e;
}

static const struct route_query *row_of(struct call *c, const char *name) {
  for (const struct route_query *q = c->route->query; q && q->name; q++)
    if (strcmp(q->name, name) == 0) return q;
  assert(!"a row of the route's query");
  return NULL;
}

str call_query(struct call *c, const char *name) {
  str text = http_query(c->req, str_c(row_of(c, name)->name));
  return text.len ? text : STR_NONE;
}

int64_t call_query_int(struct call *c, const char *name) {
  const struct route_query *q = row_of(c, name);
  int64_t value;
  return str_to_i64(call_query(c, name), &value) ? value : q->fallback;
}
