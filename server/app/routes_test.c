/* Walks the whole table of routes against a running server, so that no route can forget a refusal; and the router and
 * the printed documents by themselves. The sockets' and the channel's own routes are walked by their edges' tests. */
#include "app/app_fixture.h"

#include "base/jansson.h"

/* ---- the router alone ---- */

static void nothing(struct call *c) { (void)c; }
#define PLAIN(m, p) \
  { .method = m, .path = p, .handler = nothing, .doc = ".", .plain_errors = true }
#define ROW(m, p) \
  { .method = m, .path = p, .handler = nothing, .doc = "." }
static const struct route few[] = {
    ROW(HTTP_GET, "/a"),    ROW(HTTP_GET, "/a/:id"),     ROW(HTTP_DELETE, "/a/:id"),
    ROW(HTTP_GET, "/a/me"), ROW(HTTP_GET, "/a/:word/x"), ROW(HTTP_POST, "/a/:id/x/:word"),
    ROW(HTTP_GET, "/"),     PLAIN(HTTP_GET, "/p/:word"), PLAIN(HTTP_POST, "/p"),
};
static ROUTE_TABLE(few_routes, few);
static const struct route_table *const few_tables[] = {&few_routes, NULL};

static void a_literal_wins_over_an_id_and_that_over_a_word(void **state) {
  (void)state;
  static const struct {
    enum http_method method;
    const char *path, *found;
    int64_t id;
    const char *word;
  } cases[] = {
      {HTTP_GET, "/", "/", 0, NULL},
      {HTTP_GET, "/a", "/a", 0, NULL},
      {HTTP_HEAD, "/a", "/a", 0, NULL},
      {HTTP_GET, "/a/7", "/a/:id", 7, NULL},
      {HTTP_GET, "/a/me", "/a/me", 0, NULL},
      {HTTP_GET, "/a/9223372036854775807", "/a/:id", INT64_MAX, NULL},
      {HTTP_GET, "/a/9223372036854775808", NULL, 0, NULL},
      {HTTP_GET, "/a/0", NULL, 0, NULL},
      {HTTP_GET, "/a/-1", NULL, 0, NULL},
      {HTTP_GET, "/a/+1", NULL, 0, NULL},
      {HTTP_GET, "/a/07", NULL, 0, NULL},
      {HTTP_GET, "/a/", NULL, 0, NULL},
      {HTTP_GET, "/a/7/x", "/a/:word/x", 0, "7"}, /* back from the id, where nothing ends */
      {HTTP_POST, "/a/7/x/y", "/a/:id/x/:word", 7, "y"},
      {HTTP_GET, "/a/7/x/y", NULL, 0, NULL},
      {HTTP_GET, "/b", NULL, 0, NULL},
      {HTTP_POST, "/p", "/p", 0, NULL},
      {HTTP_POST, "/p/", "/p", 0, NULL},
      {HTTP_GET, "/p/", NULL, 0, NULL},
      {HTTP_GET, "/p/x", "/p/:word", 0, "x"},
      {HTTP_GET, "/p/x/", "/p/:word", 0, "x"},
      {HTTP_GET, "/p/x/y z/1", "/p/:word", 0, "x/y z/1"},
      {HTTP_GET, "/p//x", NULL, 0, NULL},
      {HTTP_GET, "", NULL, 0, NULL},
  };
  struct router *r = router_new(few_tables);
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct router_match m;
    router_find(r, cases[i].method, str_c(cases[i].path), &m);
    if (!m.route != !cases[i].found) fail_msg("%s", cases[i].path);
    assert_int_equal(m.plain_errors, str_starts(str_c(cases[i].path), S("/p")));
    if (!m.route) continue;
    assert_string_equal(m.route->path, cases[i].found);
    assert_int_equal(m.id, cases[i].id);
    if (cases[i].word) assert_str(m.word, cases[i].word);
  }
  struct router_match m;
  router_find(r, HTTP_PUT, S("/a/7"), &m);
  assert_null(m.route);
  arena *a = arena_new(0);
  assert_str(router_allow(a, m.methods), "GET, HEAD, DELETE, OPTIONS");
  arena_free(&a);
  router_free(&r);
}

static void cursors_come_back_as_they_went(void **state) {
  (void)state;
  arena *a = arena_new(0);
  static const int64_t pairs[][2] = {{0, 0}, {1, -1}, {INT64_MAX, INT64_MIN}, {1790000000000, 42}};
  for (size_t i = 0; i < JSON_COUNT(pairs); i++) {
    int64_t x, y;
    assert_true(cursor_read(cursor_make(a, pairs[i][0], pairs[i][1]), &x, &y));
    assert_int_equal(x, pairs[i][0]);
    assert_int_equal(y, pairs[i][1]);
  }
  static const char *const broken[] = {"", ".", "1", "1.", ".1", "x.1", "1.2.3", "11111111111111111.1", "A.1"};
  for (size_t i = 0; i < JSON_COUNT(broken); i++) {
    int64_t x, y;
    if (cursor_read(str_c(broken[i]), &x, &y)) fail_msg("%s", broken[i]);
  }
  arena_free(&a);
}

/* ---- the documents ---- */

static void every_route_says_what_it_is(void **state) {
  (void)state;
  for (size_t i = 0, n = router_count(route_tables); i < n; i++) {
    const struct route *r = router_at(route_tables, i);
    str doc = str_c(r->doc);
    if (!doc.len || !str_ends(doc, S("."))) fail_msg("%s has no sentence", r->path);
    if (!r->handler || !router_method_text(r->method)) fail_msg("%s cannot be called", r->path);
    if (r->status < 100 || r->status > 399) fail_msg("%s succeeds with %d", r->path, r->status);
    if (r->guard != GUARD_PUBLIC && r->rate == RATE_CHANNEL) fail_msg("%s has no rate", r->path);
    if (r->method == HTTP_GET && r->in) fail_msg("%s reads a body", r->path);
    if (r->guard != GUARD_PUBLIC && r->method != HTTP_GET && r->rate == RATE_PUBLIC) fail_msg("%s: rate", r->path);
  }
}

/* "#/components/schemas/X" names something, wherever it stands. */
static void every_reference_leads_somewhere(arena *a, json_t *document, json_t *at) {
  const char *key;
  json_t *child;
  size_t i;
  json_t *ref = json_object_get(at, "$ref");
  if (ref) {
    json_t *target = document;
    str rest = str_sub(str_c(json_string_value(ref)), 2, SIZE_MAX);
    while (rest.ptr && target) {
      str name = str_cut(&rest, '/');
      target = json_object_get(target, arena_printf(a, "%.*s", STR_ARG(name)).ptr);
    }
    if (!target) fail_msg("%s", json_string_value(ref));
  }
  json_object_foreach(at, key, child) every_reference_leads_somewhere(a, document, child);
  json_array_foreach(at, i, child) every_reference_leads_somewhere(a, document, child);
}

static void the_openapi_document_has_every_route(void **state) {
  (void)state;
  buf out;
  buf_init(&out, 16 << 20);
  openapi_print(&out, "1");
  json_t *document;
  assert_ok(json_parse(buf_borrow(&out), out.len, &document));
  json_t *paths = json_object_get(document, "paths");
  for (size_t i = 0, n = router_count(route_tables); i < n; i++) {
    const struct route *r = router_at(route_tables, i);
    char path[256], method[16];
    size_t at = 0;
    for (const char *p = r->path; *p; p++) {
      bool variable = *p == ':';
      if (variable) {
        path[at++] = '{';
        while (p[1] && p[1] != '/') path[at++] = *++p;
        path[at++] = '}';
      } else {
        path[at++] = *p;
      }
    }
    path[at] = 0;
    at = 0;
    for (const char *m = router_method_text(r->method); *m; m++) method[at++] = (char)(*m + 32);
    method[at] = 0;
    json_t *operation = json_object_get(json_object_get(paths, path), method);
    if (!operation) fail_msg("%s %s is missing", method, path);
    assert_non_null(json_object_get(operation, "summary"));
    json_t *responses = json_object_get(operation, "responses");
    assert_null(json_object_get(responses, "default")); /* every refusal by its status and code */
    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
      char status[8];
      snprintf(status, sizeof status, "%d", http_status_of(err_kind_of((enum err_code)code)));
      const char *words = json_string_value(json_object_get(json_object_get(responses, status), "description"));
      bool listed = words && str_contains(str_c(words), str_c(err_text((enum err_code)code)));
      if (listed != (route_fails(r) >> code & 1)) fail_msg("%s %s: %s", method, path, err_text((enum err_code)code));
    }
  }
  arena *a = arena_new(0);
  every_reference_leads_somewhere(a, document, document);
  arena_free(&a);
  json_decref(document);
  buf_free(&out);
}

static void the_contract_has_every_error_and_limit(void **state) {
  (void)state;
  buf out;
  buf_init(&out, 16 << 20);
  contract_print(&out);
  str text = buf_borrow(&out);
  for (int code = ERR_NONE + 1; code < ERR_COUNT; code++)
    if (!str_contains(text, str_c(err_text((enum err_code)code)))) fail_msg("%s", err_text((enum err_code)code));
  assert_true(str_contains(text, S("export interface Conversation {")));
  assert_true(str_contains(text, S("text_max: 4096,")));
  assert_true(str_contains(text, S("type: \"new_message\"; seq: number;")));
  assert_false(str_contains(text, S("ClientFrame {")));
  buf_free(&out);
}

/* ---- a running server ---- */

static bool walked(const struct route *r) {
  return r->guard != GUARD_CHANNEL && !str_starts(str_c(r->path), S("/webhook")) && !str_eq(str_c(r->path), S("/ws"));
}

/* The route's path with an id that nothing has. */
static const char *path_of(struct world *w, const struct route *r) {
  buf out;
  buf_init(&out, 512);
  for (str rest = str_c(r->path + 1); rest.ptr;) {
    str segment = str_cut(&rest, '/');
    buf_add_char(&out, '/');
    buf_add(&out, str_eq(segment, S(":id")) ? S("987654321") : str_eq(segment, S(":word")) ? S("word") : segment);
  }
  const char *path = arena_cstr(w->f->arena, buf_borrow(&out));
  buf_free(&out);
  return path;
}

/* The least that the shape takes. */
static const char *body_of(struct world *w, const struct route *r) {
  if (!r->in) return "";
  buf out;
  buf_init(&out, 4096);
  buf_add_char(&out, '{');
  bool any = false;
  for (size_t i = 0; i < r->in->count; i++) {
    const struct json_field *field = &r->in->fields[i];
    if (!(field->flags & JSON_REQUIRED) && !str_eq(str_c(field->name), S("text"))) continue;
    buf_printf(&out, "%s\"%s\":", any ? "," : "", field->name);
    any = true;
    if (field->type == JSON_STRING)
      buf_add(&out, S("\"something\""));
    else if (field->type == JSON_ENUM)
      buf_printf(&out, "\"%s\"", field->names->names[0]);
    else if (field->type == JSON_BOOL)
      buf_add(&out, S("true"));
    else if (field->type == JSON_LIST && field->min == 0)
      buf_add(&out, S("[]"));
    else
      buf_add_char(&out, '1');
  }
  buf_add_char(&out, '}');
  const char *body = arena_cstr(w->f->arena, buf_borrow(&out));
  buf_free(&out);
  return body;
}

#define EACH_ROUTE(r)                                                                          \
  for (size_t i_ = 0, n_ = router_count(route_tables); i_ < n_; i_++)                          \
    for (const struct route *r = router_at(route_tables, i_), *once_ = r; once_; once_ = NULL) \
      if (walked(r))

#define EXPECT(w, r, got, status_, code_)                                                                      \
  do {                                                                                                         \
    int got_ = (got);                                                                                          \
    if (got_ != (status_) || !says((w), (code_)))                                                              \
      fail_msg("%s %s: %d, not %d %s\n%.*s", router_method_text((r)->method), (r)->path, got_, status_, code_, \
               STR_ARG((w)->answer));                                                                          \
  } while (0)

static void without_a_session_every_guarded_route_is_401(void **state) {
  struct world *w = open_world(*state);
  EACH_ROUTE(r) {
    if (r->guard == GUARD_PUBLIC || r->guard == GUARD_CHANNEL) continue;
    const char *method = router_method_text(r->method), *path = path_of(w, r);
    EXPECT(w, r, call(w, method, path, "", body_of(w, r)), 401, "unauthorized");
    EXPECT(w, r, call(w, method, path, "Authorization: Bearer x.y.z\r\n", body_of(w, r)), 401, "unauthorized");
    EXPECT(w, r, call(w, method, path, "Cookie: switchboard_session=invented\r\n", body_of(w, r)), 401, "unauthorized");
  }
  close_world(w);
}

static void the_wrong_role_is_403_and_a_cookie_without_its_token_too(void **state) {
  struct world *w = open_world(*state);
  const char *worker = bearer(w, w->worker);
  const char *cookie = arena_printf(w->f->arena, "Cookie: switchboard_session=%.*s\r\n", STR_ARG(w->cookie)).ptr;
  EACH_ROUTE(r) {
    if (r->guard == GUARD_PUBLIC || r->guard == GUARD_CHANNEL) continue;
    const char *method = router_method_text(r->method), *path = path_of(w, r);
    struct actor least = actor_operator(1);
    bool some = r->own ? may_reach(&least, r->permission) != REACH_NONE : may(&least, r->permission, NULL);
    if (r->guard == GUARD_ROLE && !some) EXPECT(w, r, call(w, method, path, worker, body_of(w, r)), 403, "forbidden");
    if (r->method == HTTP_GET) continue;
    EXPECT(w, r, call(w, method, path, cookie, body_of(w, r)), 403, "csrf_failed");
  }
  close_world(w);
}

static void who_must_change_the_password_can_do_nothing_else(void **state) {
  struct world *w = open_world(*state);
  fixture_exec(w->f, "UPDATE operator SET must_change_password = 1 WHERE login = 'admin'");
  access_forget(w->app.desk.access, 1);
  const char *admin = bearer(w, w->admin);
  EACH_ROUTE(r) {
    if (r->guard != GUARD_ROLE) continue;
    EXPECT(w, r, call(w, router_method_text(r->method), path_of(w, r), admin, body_of(w, r)), 403,
           "must_change_password");
  }
  assert_int_equal(call(w, "GET", "/api/auth/me", admin, ""), 200);
  close_world(w);
}

static void broken_json_is_400_and_a_large_body_413(void **state) {
  struct world *w = open_world(*state);
  const char *admin = bearer(w, w->admin);
  EACH_ROUTE(r) {
    if (!r->in) continue;
    const char *method = router_method_text(r->method), *path = path_of(w, r);
    EXPECT(w, r, call(w, method, path, admin, "{\"a\":"), 400, "bad_json");
    if (!str_contains(w->answer, S("line 1 column"))) fail_msg("%s tells no position", r->path);
    const char *form = arena_printf(w->f->arena, "%sContent-Type: text/plain\r\n", admin).ptr;
    str request =
        arena_printf(w->f->arena, "%s %s HTTP/1.1\r\nHost: l\r\nConnection: close\r\n%sContent-Length: 2\r\n\r\n{}",
                     method, path, form);
    EXPECT(w, r, ask(w, request), 415, "unsupported_type");
    request =
        arena_printf(w->f->arena, "%s %s HTTP/1.1\r\nHost: l\r\nConnection: close\r\n%sContent-Length: %lld\r\n\r\n",
                     method, path, admin, 3000000000LL);
    EXPECT(w, r, ask(w, request), 413, "too_large");
  }
  close_world(w);
}

static void an_unknown_id_is_404(void **state) {
  struct world *w = open_world(*state);
  const char *admin = bearer(w, w->admin);
  EACH_ROUTE(r) {
    if (!str_contains(str_c(r->path), S(":id"))) continue;
    EXPECT(w, r, call(w, router_method_text(r->method), path_of(w, r), admin, body_of(w, r)), 404, "not_found");
  }
  close_world(w);
}

static void strange_paths_and_methods_are_refused_in_order(void **state) {
  struct world *w = open_world(*state);
  const char *admin = bearer(w, w->admin);
  assert_int_equal(call(w, "GET", "/api/nothing", admin, ""), 404);
  assert_int_equal(call(w, "GET", "/api/conversations/0", admin, ""), 404);
  assert_int_equal(call(w, "GET", "/api/conversations/99999999999999999999", admin, ""), 404);
  assert_int_equal(call(w, "DELETE", "/api/operators", admin, ""), 405);
  assert_true(str_contains(w->answer, S("Allow: GET, HEAD, POST, OPTIONS")));
  assert_int_equal(call(w, "POST", "/inbox", "", ""), 405); /* a page of the panel */
  assert_int_equal(call(w, "GET", "/inbox", "", ""), 200);
  assert_true(str_contains(w->answer, S("text/html")));
  assert_int_equal(call(w, "GET", "/missing.js", "", ""), 404);
  assert_int_equal(call(w, "HEAD", "/health", "", ""), 200);
  assert_true(str_ends(w->answer, S("\r\n\r\n")));
  close_world(w);
}

static void every_answer_has_the_strict_headers(void **state) {
  struct world *w = open_world(*state);
  static const char *const paths[] = {"/", "/health", "/api/nothing", "/api/operators", "/api/docs", "/api/docs.css"};
  for (size_t i = 0; i < JSON_COUNT(paths); i++) {
    call(w, "GET", paths[i], "", "");
    assert_true(str_contains(w->answer, S("Content-Security-Policy: default-src 'self'; script-src 'self'")));
    assert_true(str_contains(w->answer, S("X-Content-Type-Options: nosniff")));
    assert_true(str_contains(w->answer, S("X-Frame-Options: DENY")));
    assert_true(str_contains(w->answer, S("Permissions-Policy: camera=(self), geolocation=(self), microphone=(self)")));
    assert_false(str_contains(w->answer, S("Strict-Transport-Security")));
  }
  assert_int_equal(call(w, "GET", "/api/operators", bearer(w, w->admin), ""), 200);
  assert_true(str_contains(w->answer, S("Cache-Control: no-store")));
  close_world(w);
}

static void only_known_origins_are_let_in(void **state) {
  struct world *w = open_world(*state);
  const char *friend = "Origin: https://friend.example\r\n", *stranger = "Origin: https://stranger.example\r\n";
  assert_int_equal(call(w, "GET", "/health", friend, ""), 200);
  assert_true(str_contains(w->answer, S("Access-Control-Allow-Origin: https://friend.example")));
  assert_true(str_contains(w->answer, S("Access-Control-Allow-Credentials: true")));
  assert_int_equal(call(w, "GET", "/health", stranger, ""), 200);
  assert_false(str_contains(w->answer, S("Access-Control-")));
  const char *preflight = "Origin: https://friend.example\r\nAccess-Control-Request-Method: PATCH\r\n";
  assert_int_equal(call(w, "OPTIONS", "/api/operators/me", preflight, ""), 204);
  assert_true(str_contains(w->answer, S("Access-Control-Allow-Methods: GET, HEAD, PATCH, OPTIONS")));
  assert_true(str_contains(w->answer, S("X-CSRF-Token")));
  assert_int_equal(call(w, "OPTIONS", "/api/nothing", preflight, ""), 404);
  close_world(w);
}

static void too_many_requests_are_429_with_the_wait(void **state) {
  struct world *w = open_world(*state);
  int status = 0, passed = 0;
  for (; passed < 100 && status != 429; passed++) {
    status = call(w, "POST", "/api/auth/login", "", "{\"login\":\"\",\"password\":\"x\"}");
    w->f->clock.now_ms -= 3000; /* time stands still */
  }
  assert_int_equal(status, 429);
  assert_in_range(passed, 20, 22);
  assert_true(str_contains(w->answer, S("Retry-After: 2")));
  close_world(w);
}

/* A misspelt field must not count as absent; only older clients may send fields of their own. */
static void an_unknown_field_is_refused_by_name_except_from_older_clients(void **state) {
  struct world *w = open_world(*state);
  const char *admin = bearer(w, w->admin);
  static const struct {
    const char *method, *path, *body, *field; /* NULL: it is taken */
  } cases[] = {
      {"POST", "/api/conversations/1/snooze", "{\"till\":1}", "till"},
      {"POST", "/api/conversations/1/read", "{\"message\":1}", "message"},
      {"POST", "/api/conversations/1/typing", "{\"on\":false}", "on"},
      {"PATCH", "/api/conversations/1", "{\"status\":\"snoozed\",\"until\":1}", "until"},
      {"POST", "/api/conversations/1/messages", "{\"text\":\"Rude\",\"note\":true}", "note"},
      {"PATCH", "/api/settings", "{\"greeting\":\"Hi\",\"expects\":{}}", "expects"},
      {"PATCH", "/api/operators/2", "{\"activ\":false}", "activ"},
      {"PATCH", "/api/operators/me", "{\"nam\":\"Ann\"}", "nam"},
      {"POST", "/api/conversations/1/take", "{\"forced\":true}", "forced"},
      {"POST", "/api/conversations/1/messages",
       "{\"text\":\"Hi\",\"entities\":[{\"type\":\"bold\",\"offset\":0,\"length\":1,\"len\":2}]}", "entities[0].len"},
      {"POST", "/api/auth/login", "{\"login\":\"worker\",\"password\":\"long enough\",\"remember\":true}", NULL},
      {"POST", "/api/conversations/1/read", "{\"messageId\":1}", NULL},
      {"POST", "/api/chats/1/messages", "{\"text\":\"Hi\",\"chat_id\":1}", NULL},
      {"POST", "/api/conversations/1/snooze", "{\"until\":null}", NULL},
  };
  fixture_writes(w->f, "5", "Hello");
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    int status = call(w, cases[i].method, cases[i].path, admin, cases[i].body);
    const char *named = arena_printf(w->f->arena, "\"field\":\"%s\"", cases[i].field ? cases[i].field : "").ptr;
    bool good = cases[i].field ? status == 400 && str_contains(w->answer, str_c(named)) : status < 300;
    if (!good) fail_msg("%s %s: %.*s", cases[i].path, cases[i].body, STR_ARG(w->answer));
    if (cases[i].field) assert_rows(w->f, "SELECT status FROM conversation", "waiting");
  }
  assert_rows(w->f, "SELECT text FROM message WHERE direction = 'out'", "Hi");
  close_world(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(a_literal_wins_over_an_id_and_that_over_a_word),
      PURE(cursors_come_back_as_they_went),
      PURE(every_route_says_what_it_is),
      PURE(the_openapi_document_has_every_route),
      PURE(the_contract_has_every_error_and_limit),
      ON_BOTH(without_a_session_every_guarded_route_is_401),
      ON_BOTH(the_wrong_role_is_403_and_a_cookie_without_its_token_too),
      ON_BOTH(who_must_change_the_password_can_do_nothing_else),
      ON_BOTH(broken_json_is_400_and_a_large_body_413),
      ON_BOTH(an_unknown_id_is_404),
      ON_SQLITE(strange_paths_and_methods_are_refused_in_order),
      ON_SQLITE(every_answer_has_the_strict_headers),
      ON_SQLITE(only_known_origins_are_let_in),
      ON_SQLITE(too_many_requests_are_429_with_the_wait),
      ON_BOTH(an_unknown_field_is_refused_by_name_except_from_older_clients),
  };
  return FIXTURE_RUN(tests);
}
