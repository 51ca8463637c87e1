/* See form.h. Pure. */
#include "app/form.h"

#include "base/jansson.h"

bool form_is_urlencoded(http_req *req) {
  str type = http_header_of(req, S("content-type"));
  type = str_trim(str_sub(type, 0, str_index(type, ';', 0)));
  return str_eq_ignore_case(type, S("application/x-www-form-urlencoded"));
}

static const struct json_field *field_named(const struct json_shape *shape, str name) {
  for (size_t i = 0; i < shape->count; i++)
    if (str_eq(name, str_c(shape->fields[i].name))) return &shape->fields[i];
  return NULL;
}

/* A value that should be a number and is none stays text; the shape then reports the error. */
static json_t *value_of(const struct json_field *f, str text) {
  int64_t n;
  if ((f->type == JSON_INT || f->type == JSON_ID) && str_to_i64(text, &n)) return json_integer(n);
  if (f->type == JSON_BOOL && str_eq(text, S("true"))) return json_true();
  if (f->type == JSON_BOOL && str_eq(text, S("false"))) return json_false();
  return json_stringn(text.ptr, text.len); /* NULL: not UTF-8 */
}

static err take(const struct json_shape *shape, str pair, arena *a, json_t *object) {
  str value = pair, name = str_cut(&value, '=');
  if (!http_url_decode(name, true, a, &name) || !http_url_decode(str_or_empty(value), true, a, &value))
    return err_detail(ERR_BAD_REQUEST, NULL, "The form is malformed: an invalid escape, or NUL.");
  const struct json_field *f = field_named(shape, name);
  if (!f || json_object_get(object, f->name)) return err_ok;
  json_t *given = value_of(f, value);
  if (!given) return err_detail(ERR_INVALID_FIELD, f->name, "%s is not UTF-8 text.", f->name);
  json_object_set_new(object, f->name, given);
  return err_ok;
}

err form_decode(const struct json_shape *shape, str body, arena *a, void *out, uint64_t *present) {
  json_t *object = json_object();
  err e = err_ok;
  while (body.ptr && !err_is(e)) {
    str pair = str_cut(&body, '&');
    if (pair.len) e = take(shape, pair, a, object);
  }
  if (!err_is(e)) e = json_decode_value(shape, object, a, out, present);
  json_decref(object);
  return e;
}
