/* The table of sources, for administrators. */
#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/audit/audit.h"
#include "desk/route.h"
#include "desk/source/source.h"

#include <stddef.h>

enum { IMPORT_MAX_BYTES = 512 << 10 };

#define PAYLOAD_PATTERN  "^[A-Za-z0-9_-]*$"
#define LANGUAGE_PATTERN "^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"

#define AT(member) offsetof(struct source_row, member)
#define FACTS                                                                                                       \
  {.name = "payload",                                                                                               \
   .type = JSON_STRING,                                                                                             \
   .flags = JSON_REQUIRED | JSON_TRIM,                                                                              \
   .offset = AT(payload),                                                                                           \
   .min = 1,                                                                                                        \
   .max = SOURCE_PAYLOAD_MAX,                                                                                       \
   .pattern = PAYLOAD_PATTERN,                                                                                      \
   .handler_rule = "It does not begin with " SOURCE_RESERVED ", as operators' codes do.",                           \
   .doc = "The beginning of a link's payload; of several sources that fit, the longest counts."},                   \
      {.name = "name",                                                                                              \
       .type = JSON_STRING,                                                                                         \
       .flags = JSON_REQUIRED | JSON_TRIM,                                                                          \
       .offset = AT(name),                                                                                          \
       .min = 1,                                                                                                    \
       .max = LIMIT_NAME_MAX,                                                                                       \
       .handler_rule = "It has a visible character."},                                                              \
      {.name = "tag",                                                                                               \
       .type = JSON_STRING,                                                                                         \
       .flags = JSON_NULLABLE | JSON_TRIM,                                                                          \
       .offset = AT(tag),                                                                                           \
       .max = LIMIT_NAME_MAX},                                                                                      \
  {                                                                                                                 \
    .name = "language", .type = JSON_STRING, .flags = JSON_NULLABLE | JSON_TRIM, .offset = AT(language), .max = 35, \
    .pattern = LANGUAGE_PATTERN, .doc = "In which the customer is greeted, whatever their app's language."          \
  }
static const struct json_field fields[] = {{.name = "id", .type = JSON_ID, .offset = AT(id)}, FACTS};
static const struct json_field new_fields[] = {FACTS};
#undef AT
JSON_SHAPE(source_shape, "Source", struct source_row, fields, "Where customers come from who start by a link.");
static JSON_SHAPE(new_shape, "SourceNew", struct source_row, new_fields, NULL);

struct import_body {
  struct json_list sources;
};
static const struct json_field import_fields[] = {
    {.name = "sources",
     .type = JSON_LIST,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct import_body, sources),
     .min = 1,
     .max = SOURCE_IMPORT_MAX,
     .shape = &new_shape,
     .handler_rule = "Each name has a visible character, and no payload begins with " SOURCE_RESERVED "."},
};
static JSON_SHAPE(import_shape, "SourceImport", struct import_body, import_fields, NULL);

struct source_ctx {
  struct call *call;
  struct source_row row, *list;
  size_t count;
  err (*change)(db_conn *c, struct source_ctx *x, int64_t now_ms);
};

static err read_all(db_conn *c, void *arg) {
  struct source_ctx *x = arg;
  return source_list(c, x->call->arena, &x->list, &x->count);
}

static void list(struct call *c) {
  struct source_ctx x = {.call = c};
  err e = db_read(c->desk->db, read_all, &x);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_list(c, &source_shape, x.list, x.count, STR_NONE);
}

/* Every change is audited in its own transaction. */
static err run(db_conn *c, void *arg) {
  struct source_ctx *x = arg;
  struct call *call = x->call;
  int64_t now_ms = desk_now(call->desk);
  err e = x->change(c, x, now_ms);
  return err_is(e) ? e
                   : audit_add(c, actor_operator(call->me.id), AUDIT_SOURCES_CHANGED, S("sources"), STR_NONE,
                               http_client_address(call->req), now_ms);
}

static err run_add(db_conn *c, struct source_ctx *x, int64_t now_ms) {
  return source_add(c, &x->row, now_ms, &x->row.id);
}
static err run_change(db_conn *c, struct source_ctx *x, int64_t now_ms) { return source_change(c, &x->row, now_ms); }
static err run_remove(db_conn *c, struct source_ctx *x, int64_t now_ms) {
  (void)now_ms;
  return source_remove(c, x->call->id);
}
static err run_import(db_conn *c, struct source_ctx *x, int64_t now_ms) {
  return source_import(c, x->list, x->count, now_ms);
}

/* Names stand beside other words, which they must not reverse. at: of the row in an import, "sources[3]."; else empty. */
static err tidy(struct source_row *row, const char *at, arena *a) {
  row->name = str_tidy_name(a, row->name, LIMIT_NAME_MAX);
  if (row->tag.len) row->tag = str_tidy_name(a, row->tag, LIMIT_NAME_MAX);
  if (str_starts(row->payload, S(SOURCE_RESERVED)))
    return err_detail(ERR_INVALID_FIELD, arena_printf(a, "%spayload", at).ptr,
                      "A payload cannot begin with " SOURCE_RESERVED ": the codes of operators do.");
  return row->name.ptr ? err_ok : err_field(ERR_NOTHING_VISIBLE, arena_printf(a, "%sname", at).ptr);
}

static void put(struct call *c, err (*change)(db_conn *c, struct source_ctx *x, int64_t now_ms)) {
  struct source_ctx x = {.call = c, .row = *(const struct source_row *)c->body, .change = change};
  x.row.id = c->id;
  err e = tidy(&x.row, "", c->arena);
  if (!err_is(e)) e = desk_write(c->desk, run, &x);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, c->route->status, &source_shape, &x.row);
}

static void add(struct call *c) { put(c, run_add); }
static void change(struct call *c) { put(c, run_change); }

static void drop(struct call *c) {
  err e = desk_write(c->desk, run, &(struct source_ctx){.call = c, .change = run_remove});
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static void import(struct call *c) {
  const struct import_body *body = c->body;
  struct source_ctx x = {.call = c, .count = body->sources.count, .change = run_import};
  x.list = arena_array(c->arena, struct source_row, x.count);
  if (x.count) memcpy(x.list, body->sources.items, x.count * sizeof *x.list);
  err e = err_ok;
  for (size_t i = 0; i < x.count && !err_is(e); i++)
    e = tidy(&x.list[i], arena_printf(c->arena, "sources[%zu].", i).ptr, c->arena);
  if (!err_is(e)) e = desk_write(c->desk, run, &x);
  if (err_is(e))
    call_fail(c, e);
  else
    list(c);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/sources", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &source_shape, .out_list = true, .status = 200,
     .handler = list, .doc = "What the payloads of links tell of the customers who come by them."},
    {HTTP_POST, "/api/sources", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &new_shape,
     .out = &source_shape, .status = 201, .handler = add, .fails = FAILS(CONFLICT) | FAILS(NOTHING_VISIBLE), .doc = "Adds a source."},
    {HTTP_POST, "/api/sources/import", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .body_max_bytes = IMPORT_MAX_BYTES, .in = &import_shape, .out = &source_shape, .out_list = true, .status = 200, .handler = import,
     .fails = FAILS(NOTHING_VISIBLE),
     .doc = "Adds sources, or replaces those with the same payload, all or none; answers with the whole table."},
    {HTTP_PATCH, "/api/sources/:id", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &new_shape,
     .out = &source_shape, .status = 200, .handler = change, .fails = FAILS(CONFLICT) | FAILS(NOTHING_VISIBLE), .doc = "Replaces a source."},
    {HTTP_DELETE, "/api/sources/:id", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .status = 204, .handler = drop,
     .doc = "Removes a source; customers keep what it said of them."},
};
/* clang-format on */
ROUTE_TABLE(source_routes, routes);
