/* See catalogue.h. */
#include "app/catalogue.h"

#include "app/events.h"

#include <assert.h>

static void add_enum(struct catalogue *c, const struct json_enum *e) {
  for (size_t i = 0; i < c->enum_count; i++)
    if (str_eq(str_c(c->enums[i]->name), str_c(e->name))) return;
  assert(c->enum_count < CATALOGUE_MAX);
  c->enums[c->enum_count++] = e;
}

/* No shape contains itself, so the recursion ends. */
static void add_shape(struct catalogue *c, const struct json_shape *shape) {
  for (size_t i = 0; i < c->shape_count; i++) {
    if (c->shapes[i] == shape) return;
    assert(!str_eq(str_c(c->shapes[i]->name), str_c(shape->name)));
  }
  for (size_t i = 0; i < shape->count; i++) {
    if (shape->fields[i].names) add_enum(c, shape->fields[i].names);
    if (shape->fields[i].shape) add_shape(c, shape->fields[i].shape);
  }
  assert(c->shape_count < CATALOGUE_MAX);
  c->shapes[c->shape_count++] = shape;
}

/* Marks a shape and the shapes in it. What is in a JSON_RAW field is decoded by its handler. */
static void mark(const struct catalogue *c, bool *marks, const struct json_shape *shape) {
  for (size_t i = 0; i < c->shape_count; i++)
    if (c->shapes[i] == shape) marks[i] = true;
  for (size_t i = 0; i < shape->count; i++)
    if (shape->fields[i].shape && shape->fields[i].type != JSON_RAW) mark(c, marks, shape->fields[i].shape);
}

void catalogue_collect(const struct route_table *const *tables, struct catalogue *out) {
  *out = (struct catalogue){0};
  for (size_t i = 0, n = router_count(tables); i < n; i++) {
    const struct route *route = router_at(tables, i);
    if (route->out) add_shape(out, route->out);
    if (route->in) {
      add_shape(out, route->in);
      bool exact = route_is_exact(route);
      if (exact) mark(out, out->exact, route->in);
      if (!exact || route->body == HTTP_BODY_MULTIPART) mark(out, out->open, route->in);
    }
  }
}

void catalogue_add_events(struct catalogue *out) {
  for (int i = 0; i < EVENT_TYPES; i++) add_shape(out, event_shape(i));
}
