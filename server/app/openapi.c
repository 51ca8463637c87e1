/* The OpenAPI 3.1 document, printed from the routes' tables and their shapes, so it always matches the code. */
#include "app/app.h"
#include "app/catalogue.h"
#include "base/limits.h"

#define REF_PREFIX "#/components/schemas/"
enum { DOCUMENT_MAX_BYTES = 8 << 20, CODES_MAX_BYTES = 4096, UPGRADE_REQUIRED = 426 };

static void add_text(buf *out, const char *member, const char *text) {
  buf_printf(out, "\"%s\":", member);
  buf_add_json_string(out, str_c(text));
}

/* /api/conversations/{id}; as an id of an operation: get_api_conversations_id. */
static void add_path(buf *out, const char *path) {
  buf_add_char(out, '"');
  for (str rest = str_c(path + 1); rest.ptr;) {
    str segment = str_cut(&rest, '/');
    if (segment.len && segment.ptr[0] == ':')
      buf_printf(out, "/{%.*s}", STR_ARG(str_sub(segment, 1, segment.len)));
    else
      buf_printf(out, "/%.*s", STR_ARG(segment));
  }
  buf_add_char(out, '"');
}

static void add_operation_id(buf *out, const struct route *r) {
  buf_add(out, S("\"operationId\":\""));
  for (const char *m = router_method_text(r->method); *m; m++) buf_add_char(out, (char)(*m + 32));
  for (const char *at = r->path; *at; at++) {
    if (*at == ':') continue;
    buf_add_char(out, *at == '/' || *at == '-' || *at == '.' ? '_' : *at);
  }
  buf_add_char(out, '"');
}

/* The entity: the segment after /api, or the first. */
static str tag_of(const struct route *r) {
  str rest = str_c(r->path + 1), first = str_cut(&rest, '/');
  if (str_eq(first, S("api")) && rest.ptr) first = str_cut(&rest, '/');
  return str_sub(first, 0, str_index(first, '.', 0));
}

static void open_parameter(buf *out, bool *any, const char *name, const char *where) {
  if (*any) buf_add_char(out, ',');
  *any = true;
  buf_printf(out, "{\"name\":\"%s\",\"in\":\"%s\",", name, where);
}

static void add_words(buf *out, const struct route_query *q) {
  buf_add(out, S("{\"type\":\"string\",\"enum\":["));
  for (const char *const *word = q->words; *word; word++)
    buf_printf(out, "%s\"%s\"", word == q->words ? "" : ",", *word);
  buf_add(out, S("]}"));
}

static void add_query_schema(buf *out, const struct route_query *q) {
  switch (q->type) {
    case QUERY_TEXT:
      buf_add(out, S("{\"type\":\"string\""));
      if (q->max) buf_printf(out, ",\"maxLength\":%lld", (long long)q->max);
      break;
    case QUERY_INT:
      buf_printf(out, "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":%lld,\"maximum\":%lld", (long long)q->min,
                 (long long)q->max);
      if (q->fallback) buf_printf(out, ",\"default\":%lld", (long long)q->fallback);
      break;
    case QUERY_WORD: add_words(out, q); return;
    case QUERY_ID:
      buf_add(out, S("{\"anyOf\":[{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1},"));
      add_words(out, q);
      buf_add_char(out, ']');
      break;
    case QUERY_CURSOR: buf_add(out, S("{\"type\":\"string\",\"pattern\":\"" CURSOR_PATTERN "\"")); break;
  }
  buf_add_char(out, '}');
}

static void add_parameters(buf *out, const struct route *r) {
  bool any = false;
  buf_add(out, S(",\"parameters\":["));
  if (str_contains(str_c(r->path), S(":id"))) {
    open_parameter(out, &any, "id", "path");
    buf_add(out, S("\"required\":true,\"schema\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1}}"));
  }
  if (str_contains(str_c(r->path), S(":word"))) {
    open_parameter(out, &any, "word", "path");
    buf_add(out, S("\"required\":true,\"schema\":{\"type\":\"string\",\"minLength\":1"));
    if (r->word_max) buf_printf(out, ",\"maxLength\":%d", r->word_max);
    buf_add(out, S(",\"pattern\":\"^[^\\u0000-\\u001f\\u007f]+$\"}"));
    if (r->word_max) buf_printf(out, ",\"x-handler-rule\":\"At most %d bytes of UTF-8.\"", r->word_max);
    buf_add_char(out, '}');
  }
  for (const struct route_query *q = r->query; q && q->name; q++) {
    open_parameter(out, &any, q->name, "query");
    buf_printf(out, "\"required\":false,\"allowEmptyValue\":%s,\"schema\":", q->type == QUERY_INT ? "false" : "true");
    add_query_schema(out, q);
    buf_add_char(out, ',');
    if (q->handler_rule) {
      add_text(out, "x-handler-rule", q->handler_rule);
      buf_add_char(out, ',');
    }
    add_text(out, "description", q->doc);
    buf_add_char(out, '}');
  }
  buf_add_char(out, ']');
}

static void add_ref(buf *out, const struct json_shape *shape) {
  buf_printf(out, "{\"$ref\":\"" REF_PREFIX "%s\"}", shape->name);
}

/* The body's shape: closed, or open for what an exact route and another one take. */
static void add_body_ref(buf *out, const struct catalogue *c, const struct json_shape *shape, bool exact) {
  bool both = false;
  for (size_t i = 0; i < c->shape_count; i++)
    if (c->shapes[i] == shape) both = c->exact[i] && c->open[i];
  buf_printf(out, "{\"$ref\":\"" REF_PREFIX "%s%s\"}", shape->name, both && !exact ? "Open" : "");
}

static void add_request(buf *out, const struct catalogue *c, const struct route *r) {
  bool exact = route_is_exact(r);
  if (!r->in && r->body == HTTP_BODY_NONE) return;
  buf_printf(out, ",\"requestBody\":{\"required\":%s,\"content\":{", r->in_optional ? "false" : "true");
  buf_add(out, S("\"application/json\":{\"schema\":"));
  if (r->in)
    add_body_ref(out, c, r->in, exact);
  else
    buf_add(out, S("{}"));
  buf_add_char(out, '}');
  if (r->guard == GUARD_CHANNEL && r->in) { /* dispatch.c takes them of these */
    buf_add(out, S(",\"application/x-www-form-urlencoded\":{\"schema\":"));
    add_body_ref(out, c, r->in, exact);
    buf_add_char(out, '}');
  }
  if (r->body == HTTP_BODY_MULTIPART) {
    bool pictures = r->guard == GUARD_CHANNEL;
    const char *files = pictures ? "photo" : "files";
    buf_add(out, S(",\"multipart/form-data\":{\"schema\":{\"allOf\":["));
    if (r->in) {
      add_body_ref(out, c, r->in, false);
      buf_add_char(out, ',');
    }
    buf_printf(out,
               "{\"type\":\"object\",\"properties\":{\"%s\":{\"type\":\"array\",\"maxItems\":%d,\"items\":"
               "{\"type\":\"string\",\"format\":\"binary\"}%s}}}]%s},\"encoding\":{\"%s\":{\"contentType\":\"%s\"}}}",
               files, LIMIT_FILES_MAX, pictures ? "" : ",\"x-handler-rule\":\"Not empty, and what the kind says.\"",
               exact ? ",\"unevaluatedProperties\":false" : "", files,
               pictures ? "image/jpeg, image/png, image/gif, image/webp" : "*/*");
  }
  buf_add(out, S("}}"));
}

static void add_success(buf *out, const struct route *r, int status) {
  buf_printf(out, "\"%d\":{", status);
  add_text(out, "description",
           status == 204                             ? "Done."
           : status == 101                           ? "The socket is open."
           : r->repeat_status && status != r->status ? "A repeated request: nothing was done again."
                                                     : "As asked.");
  if (r->out) {
    buf_add(out, S(",\"content\":{\"application/json\":{\"schema\":"));
    if (r->out_list) {
      buf_add(out, S("{\"type\":\"object\",\"properties\":{\"data\":{\"type\":\"array\",\"items\":"));
      add_ref(out, r->out);
      buf_add(out, S("},\"next_cursor\":{\"type\":[\"string\",\"null\"]}},\"required\":[\"data\",\"next_cursor\"]}"));
    } else {
      add_ref(out, r->out);
    }
    buf_add(out, S("}}"));
  }
  buf_add_char(out, '}');
}

/* One status with its error codes. */
static void add_refusal(buf *out, const struct route *r, int status, uint64_t codes) {
  buf words, names;
  buf_init(&words, CODES_MAX_BYTES);
  buf_init(&names, CODES_MAX_BYTES);
  for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
    if (!(codes >> code & 1)) continue;
    buf_printf(&words, "%s%s", words.len ? ", " : "", err_text((enum err_code)code));
    buf_printf(&names, "%s\"%s\"", names.len ? "," : "", err_text((enum err_code)code));
  }
  bool app = r->plain_errors;
  buf_printf(out, ",\"%d\":{\"description\":\"%.*s\",\"content\":{\"application/json\":{\"schema\":{\"allOf\":[",
             status, STR_ARG(buf_borrow(&words)));
  buf_printf(out, "{\"$ref\":\"" REF_PREFIX "%s\"},", app ? "AppError" : "Error");
  buf_printf(out,
             app ? "{\"properties\":{\"code\":{\"enum\":[%.*s]}}}"
                 : "{\"properties\":{\"error\":{\"properties\":{\"code\":{\"enum\":[%.*s]}}}}}",
             STR_ARG(buf_borrow(&names)));
  buf_add(out, S("]}}}}"));
  buf_free(&words);
  buf_free(&names);
}

static uint64_t codes_of(enum err_kind kind) {
  uint64_t codes = 0;
  for (int code = ERR_NONE + 1; code < ERR_COUNT; code++)
    if (err_kind_of((enum err_code)code) == kind) codes |= UINT64_C(1) << code;
  return codes;
}

static void add_responses(buf *out, const struct route *r) {
  buf_add(out, S(",\"responses\":{"));
  add_success(out, r, r->status);
  if (r->repeat_status) {
    buf_add_char(out, ',');
    add_success(out, r, r->repeat_status);
  }
  if (r->sends_file)
    buf_add(out, S(",\"206\":{\"description\":\"The requested range.\"},\"304\":{\"description\":\"The client's "
                   "copy is current.\"},\"416\":{\"description\":\"The range starts beyond the "
                   "file's end.\"}"));
  for (int kind = KIND_NONE + 1; kind <= KIND_OVERLOADED; kind++) {
    uint64_t codes = route_fails(r) & codes_of((enum err_kind)kind);
    if (codes) add_refusal(out, r, http_status_of((enum err_kind)kind), codes);
  }
  if (r->status == 101) add_refusal(out, r, UPGRADE_REQUIRED, FAILS(BAD_REQUEST));
  buf_add_char(out, '}');
}

static void add_operation(buf *out, const struct catalogue *c, const struct route *r) {
  static const char *const rates[] = {
#define RATE(name, key, burst, per_minute) #name,
#include "spec/rates.tbl"
#undef RATE
  };
  buf_add_char(out, '"');
  for (const char *m = router_method_text(r->method); *m; m++) buf_add_char(out, (char)(*m + 32));
  buf_add(out, S("\":{"));
  add_operation_id(out, r);
  buf_add_char(out, ',');
  add_text(out, "summary", r->doc);
  buf_printf(out, ",\"tags\":[\"%.*s\"]", STR_ARG(tag_of(r)));
  add_parameters(out, r);
  add_request(out, c, r);
  add_responses(out, r);
  if (r->guard == GUARD_PUBLIC) buf_add(out, S(",\"security\":[]"));
  if (r->guard == GUARD_CHANNEL) buf_add(out, S(",\"security\":[{\"app_key\":[]},{\"user_hash\":[]},{}]"));
  if (r->guard == GUARD_ROLE) buf_printf(out, ",\"x-permission\":\"%s\"", permission_text(r->permission));
  buf_printf(out, ",\"x-rate\":\"%s\"}", rates[r->rate]);
}

/* All methods of a path are grouped at the position of the first. */
static void add_paths(buf *out, const struct catalogue *c, const struct route_table *const *tables) {
  bool any = false;
  size_t n = router_count(tables);
  for (size_t i = 0; i < n; i++) {
    const struct route *first = router_at(tables, i);
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++) seen = strcmp(router_at(tables, j)->path, first->path) == 0;
    if (seen) continue;
    if (any) buf_add_char(out, ',');
    any = true;
    add_path(out, first->path);
    buf_add(out, S(":{"));
    add_operation(out, c, first);
    for (size_t j = i + 1; j < n; j++) {
      if (strcmp(router_at(tables, j)->path, first->path) != 0) continue;
      buf_add_char(out, ',');
      add_operation(out, c, router_at(tables, j));
    }
    buf_add_char(out, '}');
  }
}

static void add_shape(buf *out, const struct json_shape *shape, const char *suffix, enum json_way way) {
  buf_printf(out, "\"%s%s\":", shape->name, suffix);
  json_print_schema(out, shape, REF_PREFIX, way);
  buf_add_char(out, ',');
}

static void add_components(buf *out, const struct catalogue *c) {
  buf_add(out, S("\"components\":{\"schemas\":{"));
  for (size_t i = 0; i < c->shape_count; i++) {
    const struct json_shape *shape = c->shapes[i];
    add_shape(out, shape, "", c->exact[i] ? JSON_TAKEN_EXACT : c->open[i] ? JSON_TAKEN : JSON_WRITTEN);
    if (c->exact[i] && c->open[i]) add_shape(out, shape, "Open", JSON_TAKEN_OPEN);
  }
  buf_add(out,
          S("\"Error\":{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{\"code\":"
            "{\"type\":\"string\",\"enum\":["));
  for (int code = ERR_NONE + 1; code < ERR_COUNT; code++)
    buf_printf(out, "%s\"%s\"", code > ERR_NONE + 1 ? "," : "", err_text((enum err_code)code));
  buf_add(
      out,
      S("]},\"message\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"}},\"required\":[\"code\",\"message\"]},"
        "\"message\":{\"type\":\"string\"}},\"required\":[\"error\",\"message\"]},"
        "\"AppError\":{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"string\"},\"code\":{\"type\":"
        "\"string\"},"
        "\"field\":{\"type\":\"string\"}},\"required\":[\"error\",\"code\"]}"));
  buf_add(out, S("},"
                 "\"securitySchemes\":{\"app_key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-App-Key\"},"
                 "\"user_hash\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-User-Hash\",\"description\":"
                 "\"HMAC-SHA256 of the user id, in "
                 "hexadecimal.\"},\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
                 "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"switchboard_session\",\"description\":"
                 "\"Writes also send X-CSRF-Token with the value of the cookie switchboard_csrf.\"}}}"));
}

void openapi_print(buf *out, const char *version) {
  struct catalogue c;
  catalogue_collect(route_tables, &c);
  buf_printf(
      out,
      "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Switchboard\",\"version\":\"%s\",\"description\":"
      "\"A support desk for Telegram. JSON in snake_case, times ISO 8601 UTC, lists {data, next_cursor}. A request "
      "that is not valid HTTP is refused before any operation: 400, 408, 414, 431, 501 or 505.\","
      "\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},"
      "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]},{\"session\":[]}],\"paths\":{",
      version);
  add_paths(out, &c, route_tables);
  buf_add(out, S("},"));
  add_components(out, &c);
  buf_add_char(out, '}');
}

static void show(struct call *c) {
  buf out;
  buf_init(&out, DOCUMENT_MAX_BYTES);
  openapi_print(&out, c->desk->version);
  call_reply_json(c, 200, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/openapi.json", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = show,
     .doc = "This API as an OpenAPI 3.1 document."},
};
ROUTE_TABLE(openapi_routes, routes);
