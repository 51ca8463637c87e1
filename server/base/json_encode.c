/* Encodes C structs as JSON text by field tables: see json.h. Appends to the caller's buf and builds no tree; an
 * output that does not fit sets the buf's overflow flag. */
#include "base/json.h"

#include "base/json_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool list_is_none(const struct json_list *l) { return !l->items && l->count == 0; }

bool json_field_is_none(const struct json_field *f, const void *at) {
  switch (f->type) {
    case JSON_BOOL: return (f->flags & JSON_OPTIONAL) && !*(const bool *)at;
    case JSON_INT:
      return f->min != 0 || f->max != 0 ? *(const int64_t *)at < f->min : *(const int64_t *)at == INT64_MIN;
    case JSON_NUMBER: return isnan(*(const double *)at);
    case JSON_ID:
    case JSON_TIME: return *(const int64_t *)at == 0;
    case JSON_STRING:
    case JSON_RAW: return ((const str *)at)->ptr == NULL;
    case JSON_ENUM: {
      int i = *(const int *)at;
      return i < 0 || i >= f->names->count || !f->names->names[i];
    }
    case JSON_OBJECT: return *(const void *const *)at == NULL;
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: return list_is_none(at);
  }
  return false;
}

void json_add_key(buf *out, const char *name, enum json_case names, bool first) {
  size_t len = strlen(name);
  char *p = buf_reserve(out, len + 4);
  if (!p) return;
  char *from = p;
  if (!first) *p++ = ',';
  *p++ = '"';
  if (names == JSON_SNAKE) {
    memcpy(p, name, len);
    p += len;
  } else {
    p += json_camel(name, p);
  }
  *p++ = '"';
  *p++ = ':';
  buf_commit(out, (size_t)(p - from));
}

static void add_items(buf *out, const struct json_field *f, const struct json_list *list, enum json_case names) {
  if (f->type == JSON_LIST) {
    json_encode_list(out, f->shape, list->items, list->count, names);
    return;
  }
  buf_add_char(out, '[');
  for (size_t i = 0; i < list->count; i++) {
    if (i) buf_add_char(out, ',');
    if (f->type == JSON_STRINGS)
      buf_add_json_string(out, ((const str *)list->items)[i]);
    else
      buf_add_i64(out, ((const int64_t *)list->items)[i]);
  }
  buf_add_char(out, ']');
}

static void add_time(buf *out, int64_t ms) {
  buf_add_char(out, '"');
  buf_add_iso_time(out, ms);
  buf_add_char(out, '"');
}

/* The shortest form that reads back as the same number. */
static void add_number(buf *out, double n) {
  char text[32];
  double written = isfinite(n) ? n : 0;
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, written);
    if (strtod(text, NULL) == written) break;
  }
  buf_add(out, str_c(text));
}

static void add_raw(buf *out, const struct json_field *f, str text) {
  if (text.len == 0) text = f->flags & JSON_RAW_LIST ? S("[]") : S("null");
  buf_add(out, text);
}

void json_add_value(buf *out, const struct json_field *f, const void *at, enum json_case names) {
  switch (f->type) {
    case JSON_BOOL: buf_add(out, *(const bool *)at ? S("true") : S("false")); return;
    case JSON_INT:
    case JSON_ID: buf_add_i64(out, *(const int64_t *)at); return;
    case JSON_NUMBER: add_number(out, *(const double *)at); return;
    case JSON_TIME: add_time(out, *(const int64_t *)at); return;
    case JSON_STRING: buf_add_json_string(out, *(const str *)at); return;
    case JSON_RAW: add_raw(out, f, *(const str *)at); return;
    case JSON_ENUM:
      if (json_field_is_none(f, at))
        buf_add(out, S("null"));
      else
        buf_add_json_string(out, str_c(f->names->names[*(const int *)at]));
      return;
    case JSON_OBJECT:
      if (json_field_is_none(f, at))
        buf_add(out, S("null"));
      else
        json_encode(out, f->shape, *(const void *const *)at, names);
      return;
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: add_items(out, f, at, names); return;
  }
}

void json_encode(buf *out, const struct json_shape *shape, const void *value, enum json_case names) {
  buf_add_char(out, '{');
  bool first = true;
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    const void *at = (const char *)value + f->offset;
    bool none = (f->flags & (JSON_NULLABLE | JSON_OPTIONAL)) && json_field_is_none(f, at);
    if (none && (f->flags & JSON_OPTIONAL)) continue;
    json_add_key(out, f->name, names, first);
    first = false;
    if (none)
      buf_add(out, S("null"));
    else
      json_add_value(out, f, at, names);
  }
  buf_add_char(out, '}');
}

void json_encode_list(buf *out, const struct json_shape *shape, const void *items, size_t count, enum json_case names) {
  buf_add_char(out, '[');
  for (size_t i = 0; i < count; i++) {
    if (i) buf_add_char(out, ',');
    json_encode(out, shape, (const char *)items + i * shape->size_bytes, names);
  }
  buf_add_char(out, ']');
}
