/* See router.h. */
#include "app/router.h"

#include <assert.h>

enum { SEGMENTS_MAX = 12 };

struct node {
  str text; /* the segment; ":id" and ":word" literally */
  struct node *children, *next;
  const struct route **routes; /* that end here */
  size_t route_count;
  bool plain_errors; /* true for any route that ends here or below */
};

struct router {
  arena *arena;
  struct node root;
};

static struct node *child_of(struct router *r, struct node *parent, str text) {
  struct node **place = &parent->children;
  for (; *place; place = &(*place)->next)
    if (str_eq((*place)->text, text)) return *place;
  struct node *fresh = arena_new_of(r->arena, struct node);
  fresh->text = text;
  *place = fresh;
  return fresh;
}

static void add(struct router *r, const struct route *route) {
  str rest = str_c(route->path);
  assert(rest.len && rest.ptr[0] == '/' && route->handler && route->doc);
  rest = str_sub(rest, 1, rest.len);
  struct node *at = &r->root;
  for (int depth = 0; rest.ptr; depth++) {
    assert(depth < SEGMENTS_MAX);
    at = child_of(r, at, str_cut(&rest, '/'));
    at->plain_errors = at->plain_errors || route->plain_errors;
  }
  for (size_t i = 0; i < at->route_count; i++) assert(at->routes[i]->method != route->method);
  const struct route **grown = arena_array(r->arena, const struct route *, at->route_count + 1);
  for (size_t i = 0; i < at->route_count; i++) grown[i] = at->routes[i];
  grown[at->route_count++] = route;
  at->routes = grown;
}

size_t router_count(const struct route_table *const *tables) {
  size_t n = 0;
  for (; *tables; tables++) n += (*tables)->count;
  return n;
}

const struct route *router_at(const struct route_table *const *tables, size_t index) {
  for (; index >= (*tables)->count; tables++) index -= (*tables)->count;
  return &(*tables)->routes[index];
}

struct router *router_new(const struct route_table *const *tables) {
  struct router *r = mem_alloc(sizeof *r);
  r->arena = arena_new(0);
  for (size_t i = 0, n = router_count(tables); i < n; i++) add(r, router_at(tables, i));
  return r;
}

void router_free(struct router **r) {
  if (!*r) return;
  arena_free(&(*r)->arena);
  mem_free(r);
}

static bool positive_id(str s, int64_t *out) {
  return s.len && s.ptr[0] != '0' && s.ptr[0] != '+' && str_to_i64(s, out) && *out > 0;
}

static bool takes_rest(const struct node *n) { return !n->children && n->route_count && n->plain_errors; }

/* The tree bounds the depth. A route that ends here takes precedence over a longer path without a route. */
static const struct node *walk(const struct node *at, str rest, struct router_match *out) {
  if (!rest.ptr) return at->route_count ? at : NULL;
  str segment = str_cut(&rest, '/');
  const struct node *by_id = NULL, *by_word = NULL, *found = NULL;
  for (const struct node *child = at->children; child; child = child->next) {
    if (str_eq(child->text, S(":id")))
      by_id = child;
    else if (str_eq(child->text, S(":word")))
      by_word = child;
    else if (str_eq(child->text, segment) && (found = walk(child, rest, out)))
      return found;
  }
  int64_t id;
  if (by_id && positive_id(segment, &id) && (found = walk(by_id, rest, out))) {
    out->id = id;
    return found;
  }
  if (!by_word || !segment.len) return NULL;
  bool all = rest.ptr && takes_rest(by_word);
  found = walk(by_word, all ? STR_NONE : rest, out);
  if (found) out->word = all ? str_n(segment.ptr, (size_t)(rest.ptr + rest.len - segment.ptr)) : segment;
  return found;
}

void router_find(const struct router *r, enum http_method method, str path, struct router_match *out) {
  *out = (struct router_match){0};
  if (!path.len || path.ptr[0] != '/') return;
  str rest = str_sub(path, 1, path.len), first = rest;
  first = str_cut(&first, '/');
  for (const struct node *child = r->root.children; child && !out->plain_errors; child = child->next)
    out->plain_errors = child->plain_errors && str_eq(child->text, first);
  if (out->plain_errors && rest.len && rest.ptr[rest.len - 1] == '/') rest.len--;
  const struct node *node = walk(&r->root, rest, out);
  if (!node) return;
  enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
  for (size_t i = 0; i < node->route_count; i++) {
    out->methods |= (unsigned)node->routes[i]->method;
    if (node->routes[i]->method == wanted) out->route = node->routes[i];
  }
  if (out->methods & HTTP_GET) out->methods |= HTTP_HEAD;
}

static const struct {
  unsigned bit;
  const char *text;
} method_texts[] = {{HTTP_GET, "GET"},     {HTTP_HEAD, "HEAD"},     {HTTP_POST, "POST"},      {HTTP_PUT, "PUT"},
                    {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"}, {HTTP_OPTIONS, "OPTIONS"}};

const char *router_method_text(unsigned method) {
  for (size_t i = 0; i < sizeof method_texts / sizeof method_texts[0]; i++)
    if (method_texts[i].bit == method) return method_texts[i].text;
  return NULL;
}

enum http_method router_method_named(str name) {
  for (size_t i = 0; i < sizeof method_texts / sizeof method_texts[0]; i++)
    if (str_eq(str_c(method_texts[i].text), name)) return (enum http_method)method_texts[i].bit;
  return (enum http_method)0;
}

str router_allow(arena *a, unsigned methods) {
  str out = S("");
  methods |= HTTP_OPTIONS;
  for (size_t i = 0; i < sizeof method_texts / sizeof method_texts[0]; i++)
    if (methods & method_texts[i].bit)
      out = arena_printf(a, "%.*s%s%s", STR_ARG(out), out.len ? ", " : "", method_texts[i].text);
  return out;
}
