/* Encodes the stored form of a shape and expands it again: see json.h.
 *
 * Both directions must agree on the defaults, so both call silent_value: what the full form has where the stored
 * one has no member. */
#include "base/json.h"

#include "base/clock.h"
#include "base/json_internal.h"
#include "base/json_scan.h"

#include <assert.h>
#include <string.h>

enum { FIELDS_MAX = 64 };

/* ---- to the stored form ---- */

static bool says_nothing(const struct json_field *f, const void *at) {
  if (f->flags & (JSON_NULLABLE | JSON_OPTIONAL)) return json_field_is_none(f, at);
  switch (f->type) {
    case JSON_BOOL: return !*(const bool *)at;
    case JSON_INT:
    case JSON_ID:
    case JSON_TIME: return *(const int64_t *)at == 0;
    case JSON_NUMBER: return *(const double *)at == 0;
    case JSON_STRING: return ((const str *)at)->len == 0;
    case JSON_RAW: {
      str text = *(const str *)at;
      return text.len == 0 || str_eq(text, f->flags & JSON_RAW_LIST ? S("[]") : S("null"));
    }
    case JSON_ENUM:
    case JSON_OBJECT: return json_field_is_none(f, at);
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: return ((const struct json_list *)at)->count == 0;
  }
  return false;
}

static void add_stored_list(buf *out, const struct json_shape *shape, const struct json_list *list) {
  buf_add_char(out, '[');
  for (size_t i = 0; i < list->count; i++) {
    if (i) buf_add_char(out, ',');
    json_encode_stored(out, shape, (const char *)list->items + i * shape->size_bytes);
  }
  buf_add_char(out, ']');
}

void json_encode_stored(buf *out, const struct json_shape *shape, const void *value) {
  buf_add_char(out, '{');
  bool first = true;
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    const void *at = (const char *)value + f->offset;
    if (says_nothing(f, at)) continue;
    json_add_key(out, f->name, JSON_SNAKE, first);
    first = false;
    if (f->type == JSON_TIME)
      buf_add_i64(out, *(const int64_t *)at);
    else if (f->type == JSON_OBJECT)
      json_encode_stored(out, f->shape, *(const void *const *)at);
    else if (f->type == JSON_LIST)
      add_stored_list(out, f->shape, at);
    else
      json_add_value(out, f, at, JSON_SNAKE);
  }
  buf_add_char(out, '}');
}

/* ---- to the full form ---- */

/* How a missing field is written; absent: it is left out. */
static str silent_value(const struct json_field *f) {
  if (f->flags & JSON_OPTIONAL) return STR_NONE;
  if (f->flags & JSON_NULLABLE) return S("null");
  switch (f->type) {
    case JSON_BOOL: return S("false");
    case JSON_INT:
    case JSON_NUMBER:
    case JSON_ID: return S("0");
    case JSON_TIME: return S("\"1970-01-01T00:00:00.000Z\"");
    case JSON_STRING: return S("\"\"");
    case JSON_RAW: return f->flags & JSON_RAW_LIST ? S("[]") : S("null");
    case JSON_ENUM:
    case JSON_OBJECT: return S("null");
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: return S("[]");
  }
  return S("null");
}

static bool expand_list(buf *out, const struct json_shape *shape, str list) {
  str element;
  size_t at = 0;
  buf_add_char(out, '[');
  for (bool first = true; json_scan_element(list, &at, &element); first = false) {
    if (!first) buf_add_char(out, ',');
    if (!json_expand(out, shape, element)) return false;
  }
  buf_add_char(out, ']');
  return true;
}

static bool expand_value(buf *out, const struct json_field *f, str value) {
  int64_t ms;
  switch (value.ptr[0]) {
    case '{':
      if (f->type == JSON_OBJECT) return json_expand(out, f->shape, value);
      break;
    case '[':
      if (f->type == JSON_LIST) return expand_list(out, f->shape, value);
      break;
    default:
      if (f->type != JSON_TIME || !str_to_i64(value, &ms)) break;
      buf_add_char(out, '"');
      buf_add_iso_time(out, ms);
      buf_add_char(out, '"');
      return true;
  }
  buf_add(out, value);
  return true;
}

struct member {
  str name, value;
};

/* Members are in the shape's order as long as the shape has not changed, so the search starts after the last match. */
static str value_of(const struct member *members, size_t count, size_t *next, str name) {
  for (size_t i = 0; i < count; i++) {
    size_t at = (*next + i) % count;
    if (!str_eq(members[at].name, name)) continue;
    *next = at + 1;
    return members[at].value;
  }
  return STR_NONE;
}

bool json_expand(buf *out, const struct json_shape *shape, str stored) {
  struct member members[FIELDS_MAX];
  size_t count = 0, next = 0, at = 0;
  assert(shape->count <= FIELDS_MAX);
  while (count < FIELDS_MAX && json_scan_next(stored, &at, &members[count].name, &members[count].value)) count++;
  str rest = str_trim(str_sub(stored, at, stored.len));
  if (!str_eq(rest, at ? S("}") : S("{}"))) return false;
  buf_add_char(out, '{');
  bool first = true;
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    str value = value_of(members, count, &next, str_c(f->name));
    if (!value.ptr) value = silent_value(f);
    if (!value.ptr) continue;
    json_add_key(out, f->name, JSON_SNAKE, first);
    first = false;
    if (!expand_value(out, f, value)) return false;
  }
  buf_add_char(out, '}');
  return true;
}
