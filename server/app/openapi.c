/* The OpenAPI 3.1 document, printed from the routes' tables and their shapes: it cannot say what the code does not do. */
#include "app/app.h"
#include "app/catalogue.h"

#define REF_PREFIX "#/components/schemas/"
enum { DOCUMENT_MAX_BYTES = 8 << 20 };

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

/* The noun: the segment behind /api, or the first. */
static str tag_of(const struct route *r) {
  str rest = str_c(r->path + 1), first = str_cut(&rest, '/');
  if (str_eq(first, S("api")) && rest.ptr) first = str_cut(&rest, '/');
  return str_sub(first, 0, str_index(first, '.', 0));
}

static void add_parameter(buf *out, bool *any, const char *name, const char *where, const char *schema,
                          const char *doc) {
  if (*any) buf_add_char(out, ',');
  *any = true;
  buf_printf(out, "{\"name\":\"%s\",\"in\":\"%s\",\"required\":%s,\"schema\":%s", name, where,
             where[0] == 'p' ? "true" : "false", schema);
  if (doc) {
    buf_add_char(out, ',');
    add_text(out, "description", doc);
  }
  buf_add_char(out, '}');
}

static void add_parameters(buf *out, const struct route *r) {
  bool any = false;
  buf_add(out, S(",\"parameters\":["));
  if (str_contains(str_c(r->path), S(":id")))
    add_parameter(out, &any, "id", "path", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1}", NULL);
  if (str_contains(str_c(r->path), S(":word"))) add_parameter(out, &any, "word", "path", "{\"type\":\"string\"}", NULL);
  for (const struct route_query *q = r->query; q && q->name; q++)
    add_parameter(out, &any, q->name, "query", "{\"type\":\"string\"}", q->doc);
  buf_add_char(out, ']');
}

static void add_ref(buf *out, const struct json_shape *shape) {
  buf_printf(out, "{\"$ref\":\"" REF_PREFIX "%s\"}", shape->name);
}

static void add_request(buf *out, const struct route *r) {
  if (!r->in && r->body == HTTP_BODY_NONE) return;
  buf_printf(out, ",\"requestBody\":{\"required\":%s,\"content\":{", r->in_optional ? "false" : "true");
  buf_add(out, S("\"application/json\":{\"schema\":"));
  if (r->in)
    add_ref(out, r->in);
  else
    buf_add(out, S("{}"));
  buf_add_char(out, '}');
  if (r->guard == GUARD_CHANNEL && r->in) { /* dispatch.c takes them of these */
    buf_add(out, S(",\"application/x-www-form-urlencoded\":{\"schema\":"));
    add_ref(out, r->in);
    buf_add_char(out, '}');
  }
  if (r->body == HTTP_BODY_MULTIPART) {
    buf_add(out, S(",\"multipart/form-data\":{\"schema\":{\"allOf\":["));
    if (r->in) {
      add_ref(out, r->in);
      buf_add_char(out, ',');
    }
    buf_printf(out,
               "{\"type\":\"object\",\"properties\":{\"%s\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
               "\"format\":\"binary\"}}}}]}}",
               r->guard == GUARD_CHANNEL ? "photo" : "files");
  }
  buf_add(out, S("}}"));
}

static void add_responses(buf *out, const struct route *r) {
  buf_printf(out, ",\"responses\":{\"%d\":{", r->status);
  add_text(out, "description", r->status == 204 ? "Done." : r->status == 101 ? "The socket is open." : "As asked.");
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
  buf_printf(out, "},\"default\":{\"$ref\":\"#/components/responses/%s\"}}", r->plain_errors ? "AppError" : "Error");
}

static void add_operation(buf *out, const struct route *r) {
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
  add_request(out, r);
  add_responses(out, r);
  if (r->guard == GUARD_PUBLIC) buf_add(out, S(",\"security\":[]"));
  if (r->guard == GUARD_CHANNEL) buf_add(out, S(",\"security\":[{\"app_key\":[]},{\"user_hash\":[]},{}]"));
  if (r->guard == GUARD_ROLE) buf_printf(out, ",\"x-permission\":\"%s\"", permission_text(r->permission));
  buf_printf(out, ",\"x-rate\":\"%s\"}", rates[r->rate]);
}

/* All methods of a path stand together, at the place of the first. */
static void add_paths(buf *out, const struct route_table *const *tables) {
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
    add_operation(out, first);
    for (size_t j = i + 1; j < n; j++) {
      if (strcmp(router_at(tables, j)->path, first->path) != 0) continue;
      buf_add_char(out, ',');
      add_operation(out, router_at(tables, j));
    }
    buf_add_char(out, '}');
  }
}

static void add_components(buf *out, const struct route_table *const *tables) {
  struct catalogue c;
  catalogue_collect(tables, &c);
  buf_add(out, S("\"components\":{\"schemas\":{"));
  for (size_t i = 0; i < c.shape_count; i++) {
    buf_printf(out, "\"%s\":", c.shapes[i]->name);
    json_print_schema(out, c.shapes[i], REF_PREFIX);
    buf_add_char(out, ',');
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
        "\"field\":{\"type\":\"string\"}},\"required\":[\"error\",\"code\"]}},"
        "\"responses\":{\"Error\":{\"description\":\"A refusal.\",\"content\":{\"application/json\":{\"schema\":"
        "{\"$ref\":\"" REF_PREFIX "Error\"}}}},"
        "\"AppError\":{\"description\":\"A refusal.\",\"content\":{\"application/json\":{\"schema\":"
        "{\"$ref\":\"" REF_PREFIX "AppError\"}}}}},"
        "\"securitySchemes\":{\"app_key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-App-Key\"},"
        "\"user_hash\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-User-Hash\",\"description\":"
        "\"HMAC-SHA256 of the user id, in "
        "hexadecimal.\"},\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
        "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"switchboard_session\",\"description\":"
        "\"Writes also send X-CSRF-Token with the value of the cookie switchboard_csrf.\"}}}"));
}

void openapi_print(buf *out, const char *version) {
  buf_printf(out,
             "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Switchboard\",\"version\":\"%s\",\"description\":"
             "\"A support desk over Telegram. JSON in snake_case, times ISO 8601 UTC, lists {data, next_cursor}.\","
             "\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},"
             "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]},{\"session\":[]}],\"paths\":{",
             version);
  add_paths(out, route_tables);
  buf_add(out, S("},"));
  add_components(out, route_tables);
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
