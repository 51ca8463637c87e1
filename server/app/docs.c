/* GET /api/docs: the API for people, as one page from the same tables as the OpenAPI document. No script, and its style
 * is a separate file, as the page's Content-Security-Policy requires. */
#include "app/app.h"
#include "app/catalogue.h"
#include "desk/conversation/conversation.h"

enum { PAGE_MAX_BYTES = 4 << 20 };

static const char style[] =
    ":root{color-scheme:light dark;--soft:#667;--line:#8884;--get:#1a7f4b;--write:#9a5b00}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem}"
    "h1{margin:0 0 .5rem}h2{margin:2.5rem 0 .5rem;text-transform:capitalize}"
    "section{border-top:1px solid var(--line);padding:.75rem 0}"
    "h3{font:600 1rem ui-monospace,monospace;margin:0;overflow-wrap:anywhere}"
    "h3 b{display:inline-block;min-width:4.5rem;color:var(--write)}h3 b.get{color:var(--get)}"
    "p{margin:.25rem 0}.soft{color:var(--soft);font-size:.9rem}code{font-family:ui-monospace,monospace}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "td{border-top:1px solid var(--line);padding:.25rem .75rem .25rem 0;vertical-align:top}";

static void add_html(buf *out, const char *text) {
  for (const char *at = text; at && *at; at++) {
    if (*at == '<')
      buf_add(out, S("&lt;"));
    else if (*at == '&')
      buf_add(out, S("&amp;"));
    else if (*at == '"')
      buf_add(out, S("&quot;"));
    else
      buf_add_char(out, *at);
  }
}

static void add_link(buf *out, const struct json_shape *shape, bool list) {
  buf_printf(out, "<a href=\"#%s\">%s</a>%s", shape->name, shape->name, list ? "[]" : "");
}

static void add_type(buf *out, const struct json_field *f) {
  static const char *const plain[] = {
      [JSON_BOOL] = "boolean",  [JSON_INT] = "integer",      [JSON_ID] = "id",          [JSON_TIME] = "time",
      [JSON_STRING] = "string", [JSON_STRINGS] = "string[]", [JSON_INTS] = "integer[]", [JSON_RAW] = "JSON",
      [JSON_ENUM] = "",         [JSON_OBJECT] = "",          [JSON_LIST] = "",          [JSON_NUMBER] = "number"};
  if (f->shape) {
    add_link(out, f->shape, f->type == JSON_LIST || (f->flags & JSON_RAW_LIST));
  } else if (f->names) {
    bool any = false;
    for (int i = 0; i < f->names->count; i++) {
      if (!f->names->names[i]) continue;
      buf_printf(out, "%s%s", any ? " | " : "", f->names->names[i]);
      any = true;
    }
  } else {
    buf_add(out, str_c(plain[f->type]));
  }
  if (f->flags & JSON_NULLABLE) buf_add(out, S(" | null"));
}

static void add_shape(buf *out, const struct json_shape *shape) {
  buf_printf(out, "<section id=\"%s\"><h3>%s</h3>", shape->name, shape->name);
  if (shape->doc) {
    buf_add(out, S("<p>"));
    add_html(out, shape->doc);
    buf_add(out, S("</p>"));
  }
  buf_add(out, S("<table>"));
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    buf_printf(out, "<tr><td><code>%s%s</code></td><td><code>", f->name, f->flags & JSON_OPTIONAL ? "?" : "");
    add_type(out, f);
    buf_add(out, S("</code></td><td>"));
    add_html(out, f->doc);
    buf_add(out, S("</td></tr>"));
  }
  buf_add(out, S("</table></section>"));
}

static void add_guard(buf *out, const struct route *r) {
  if (r->guard == GUARD_PUBLIC)
    buf_add(out, S("public"));
  else if (r->guard == GUARD_CHANNEL)
    buf_add(out, S("<code>X-App-Key</code> or <code>X-User-Hash</code>, as configured"));
  else if (r->guard == GUARD_SESSION)
    buf_add(out, S("signed in"));
  else
    buf_printf(out, "needs <code>%s</code>", permission_text(r->permission));
}

static void add_route(buf *out, const struct route *r) {
  buf_printf(out, "<section><h3><b%s>%s</b> ", r->method == HTTP_GET ? " class=\"get\"" : "",
             router_method_text(r->method));
  add_html(out, r->path);
  buf_add(out, S("</h3><p>"));
  add_html(out, r->doc);
  buf_add(out, S("</p><p class=\"soft\">"));
  add_guard(out, r);
  if (r->in) {
    buf_add(out, S(" · accepts  "));
    add_link(out, r->in, false);
  }
  if (r->body == HTTP_BODY_MULTIPART) buf_add(out, S(" or multipart with <code>files</code>"));
  buf_printf(out, " · answers %d ", r->status);
  if (r->out) add_link(out, r->out, r->out_list);
  bool any = false;
  for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
    if (!(r->fails >> code & 1)) continue;
    buf_printf(out, "%s<code>%s</code>", any ? ", " : " · errors ", err_text((enum err_code)code));
    any = true;
  }
  buf_add(out, S("</p>"));
  if (r->query) buf_add(out, S("<table>"));
  for (const struct route_query *q = r->query; q && q->name; q++) {
    buf_printf(out, "<tr><td><code>?%s=</code></td><td>", q->name);
    add_html(out, q->doc);
    buf_add(out, S("</td></tr>"));
  }
  if (r->query) buf_add(out, S("</table>"));
  buf_add(out, S("</section>"));
}

static void add_condition_field(buf *out, const struct condition_field *f) {
  buf_printf(out, "<tr><td><code>%s</code></td><td>", f->name);
  if (f->type != CONDITION_WORD) buf_printf(out, "%s", condition_type_names.names[f->type]);
  for (int i = 0; f->type == CONDITION_WORD && i < f->names->count; i++)
    buf_printf(out, "%s%s", i ? " | " : "", f->names->names[i]);
  buf_add(out, S("</td><td>"));
  bool any = false;
  for (int op = 0; op < OPS; op++) {
    if (!(condition_ops(f) >> op & 1)) continue;
    buf_printf(out, "%s%s", any ? ", " : "", condition_op_names.names[op]);
    any = true;
  }
  buf_add(out, S("</td><td>"));
  add_html(out, f->doc);
  buf_add(out, S("</td></tr>"));
}

static void add_conditions(buf *out) {
  buf_add(out, S("<h2>Conditions</h2><section><p>A condition is a comparison or a group of conditions, as JSON: "
                 "<code>{\"field\": \"status\", \"op\": \"in\", \"value\": [\"waiting\", \"active\"]}</code>, "
                 "<code>{\"all\": […]}</code>, <code>{\"any\": […]}</code> or <code>{\"none\": […]}</code>."
                 "</p><table>"));
  for (size_t i = 0; i < conversation_noun.count; i++) add_condition_field(out, &conversation_noun.fields[i]);
  buf_add(out, S("</table></section>"));
}

static void add_page(buf *out, const char *version) {
  buf_printf(out,
             "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width,initial-scale=1\"><title>Switchboard API</title>"
             "<link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><h1>Switchboard API</h1>"
             "<p class=\"soft\">Version %s · <a href=\"/api/openapi.json\">OpenAPI 3.1</a></p>"
             "<p>JSON in snake_case; times ISO 8601 UTC; lists are <code>{\"data\", \"next_cursor\"}</code>; refusals "
             "<code>{\"error\": {\"code\", \"message\", \"field\"}, \"message\"}</code>. Send "
             "<code>Authorization: Bearer</code> with the <code>access_token</code> of a sign-in, or its cookies with "
             "<code>X-CSRF-Token</code> on every write.</p><h2>Routes</h2>",
             version);
  for (size_t i = 0, n = router_count(route_tables); i < n; i++) add_route(out, router_at(route_tables, i));
  struct catalogue c;
  catalogue_collect(route_tables, &c);
  add_conditions(out);
  buf_add(out, S("<h2>Shapes</h2>"));
  for (size_t i = 0; i < c.shape_count; i++) add_shape(out, c.shapes[i]);
  buf_add(out, S("</body></html>"));
}

static void show(struct call *c) {
  buf out;
  buf_init(&out, PAGE_MAX_BYTES);
  add_page(&out, c->desk->version);
  http_add_header(c->req, S("Cache-Control"), S("no-cache"));
  http_reply_take(c->req, 200, S("text/html; charset=utf-8"), &out);
}

static void show_style(struct call *c) {
  http_add_header(c->req, S("Cache-Control"), S("no-cache"));
  http_reply_static(c->req, 200, S("text/css; charset=utf-8"), str_n(style, sizeof style - 1));
}

static const struct route routes[] = {
    {HTTP_GET, "/api/docs", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = show, .doc = "This page."},
    {HTTP_GET, "/api/docs.css", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = show_style,
     .doc = "The style of that page."},
};
ROUTE_TABLE(docs_routes, routes);
