/* Prints the field tables as TypeScript and JSON Schema: see json.h. The output is deterministic, since the build
 * compares the printed contract with the panel's copy. */
#include "base/json.h"

#include <string.h>

enum { LINE_COLUMNS = 120 };

/* The sentence must not end the comment that contains it. */
static void add_doc(buf *out, const char *indent, const char *doc) {
  if (!doc) return;
  buf_printf(out, "%s/** ", indent);
  for (str rest = str_c(doc); rest.ptr;) {
    const char *end = rest.len > 1 ? memmem(rest.ptr, rest.len, "*/", 2) : NULL;
    size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
    buf_add(out, str_sub(rest, 0, n));
    if (end) buf_add(out, S("* /"));
    rest = end ? str_sub(rest, n + 2, rest.len) : STR_NONE;
  }
  buf_add(out, S(" */\n"));
}

static const char *typescript_of(const struct json_field *f) {
  switch (f->type) {
    case JSON_BOOL: return "boolean";
    case JSON_INT:
    case JSON_NUMBER:
    case JSON_ID: return "number";
    case JSON_TIME:
    case JSON_STRING: return "string";
    case JSON_ENUM: return f->names->name;
    case JSON_OBJECT:
    case JSON_LIST: return f->shape->name;
    case JSON_STRINGS: return "string[]";
    case JSON_INTS: return "number[]";
    case JSON_RAW: return f->shape ? f->shape->name : "unknown";
  }
  return "unknown";
}

static bool is_shape_list(const struct json_field *f) {
  return f->type == JSON_LIST || (f->type == JSON_RAW && (f->flags & JSON_RAW_LIST));
}

void json_print_typescript(buf *out, const struct json_shape *shape) {
  add_doc(out, "", shape->doc);
  buf_printf(out, "export interface %s {\n", shape->name);
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    add_doc(out, "  ", f->doc);
    buf_printf(out, "  %s%s: %s%s%s\n", f->name, f->flags & JSON_OPTIONAL ? "?" : "", typescript_of(f),
               f->flags & JSON_RAW_ROWS ? "[][]"
               : is_shape_list(f)       ? "[]"
                                        : "",
               f->flags & JSON_NULLABLE ? " | null" : "");
  }
  buf_add(out, S("}\n"));
}

void json_print_typescript_enum(buf *out, const struct json_enum *e) {
  size_t columns = strlen("export type  =") + strlen(e->name);
  bool any = false;
  for (int i = 0; i < e->count; i++)
    if (e->names[i]) columns += strlen(e->names[i]) + strlen(" \"\" |");
  bool wrap = columns > LINE_COLUMNS;
  buf_printf(out, "export type %s =", e->name);
  size_t column = LINE_COLUMNS; /* a wrapped union starts on a new line */
  for (int i = 0; i < e->count; i++) {
    if (!e->names[i]) continue;
    size_t width = strlen(e->names[i]) + strlen(" | \"\"");
    if (wrap && column + width > LINE_COLUMNS) {
      buf_add(out, S("\n "));
      column = 1;
    }
    buf_printf(out, "%s \"%s\"", wrap || any ? " |" : "", e->names[i]);
    column += width;
    any = true;
  }
  buf_add(out, any ? S("\n") : S(" never\n"));
}

static void add_zero(buf *out, const struct json_field *f) {
  bool object = f->type == JSON_OBJECT || (f->type == JSON_RAW && f->shape && !(f->flags & JSON_RAW_LIST));
  if ((f->flags & JSON_NULLABLE) || (f->type == JSON_RAW && !f->shape)) {
    buf_add(out, S("null"));
  } else if (object) {
    json_print_typescript_zero(out, f->shape);
  } else if (f->type == JSON_ENUM) {
    int first = 0;
    while (!f->names->names[first]) first++;
    buf_printf(out, "\"%s\"", f->names->names[first]);
  } else {
    static const char *const zeros[] = {
        [JSON_BOOL] = "false", [JSON_INT] = "0",       [JSON_NUMBER] = "0",
        [JSON_ID] = "0",       [JSON_STRING] = "\"\"", [JSON_TIME] = "\"1970-01-01T00:00:00.000Z\"",
        [JSON_LIST] = "[]",    [JSON_STRINGS] = "[]",  [JSON_INTS] = "[]",
        [JSON_RAW] = "[]"};
    buf_add(out, str_c(zeros[f->type]));
  }
}

void json_print_typescript_zero(buf *out, const struct json_shape *shape) {
  const char *between = "{ ";
  for (size_t i = 0; i < shape->count; i++) {
    if (shape->fields[i].flags & JSON_OPTIONAL) continue;
    buf_printf(out, "%s%s: ", between, shape->fields[i].name);
    add_zero(out, &shape->fields[i]);
    between = ", ";
  }
  buf_add(out, *between == ',' ? S(" }") : S("{}"));
}

/* ---- JSON Schema ---- */

static void add_member(buf *out, const char *name, str text) {
  buf_printf(out, ",\"%s\":", name);
  buf_add_json_string(out, text);
}

static void add_ref(buf *out, const char *ref_prefix, const char *name, enum json_way way) {
  buf_add(out, S("{\"$ref\":\""));
  buf_add(out, str_c(ref_prefix));
  buf_add(out, str_c(name));
  buf_add(out, way == JSON_TAKEN_OPEN ? S("Open\"}") : S("\"}"));
}

static void add_type(buf *out, const struct json_field *f, const char *type) {
  const char *digits = f->flags & JSON_DIGITS ? ",\"integer\"" : "",
             *null = f->flags & JSON_NULLABLE ? ",\"null\"" : "";
  buf_printf(out, *digits || *null ? "{\"type\":[\"%s\"%s%s]" : "{\"type\":\"%s\"", type, digits, null);
}

static void add_bounds(buf *out, const struct json_field *f, const char *min, const char *max) {
  if (f->min == 0 && f->max == 0) return;
  if (f->min > INT64_MIN && (f->min || f->type == JSON_INT)) buf_printf(out, ",\"%s\":%lld", min, (long long)f->min);
  if (f->max < INT64_MAX) buf_printf(out, ",\"%s\":%lld", max, (long long)f->max);
}

static void open_enum(buf *out, const struct json_field *f, enum json_way way) {
  add_type(out, f, "string");
  buf_add(out, S(",\"enum\":["));
  bool any = false;
  for (int i = 0; i < f->names->count; i++) {
    if (!f->names->names[i]) continue;
    if (any) buf_add_char(out, ',');
    buf_add_json_string(out, str_c(f->names->names[i]));
    any = true;
  }
  for (const struct json_alias *a = f->names->aliases; way != JSON_WRITTEN && a && a->text; a++) {
    if (any) buf_add_char(out, ',');
    buf_add_json_string(out, str_c(a->text));
    any = true;
  }
  if (f->flags & JSON_NULLABLE) buf_add(out, any ? S(",null") : S("null"));
  buf_add_char(out, ']');
}

/* Only the name of the reference is known here, so a nullable object becomes "this or null". */
static void open_object(buf *out, const struct json_field *f, const char *ref_prefix, enum json_way way) {
  buf_printf(out, "{\"%s\":[", f->flags & JSON_NULLABLE ? "anyOf" : "allOf");
  add_ref(out, ref_prefix, f->shape->name, way);
  buf_add(out, f->flags & JSON_NULLABLE ? S(",{\"type\":\"null\"}]") : S("]"));
}

/* The items of a list: the shape, or lists of it. */
static void add_row(buf *out, const struct json_field *f, const char *ref_prefix, enum json_way way) {
  bool rows = f->flags & JSON_RAW_ROWS;
  if (rows) buf_add(out, S("{\"type\":\"array\",\"items\":"));
  add_ref(out, ref_prefix, f->shape->name, way);
  if (rows) buf_add_char(out, '}');
}

static void open_list(buf *out, const struct json_field *f, const char *ref_prefix, enum json_way way) {
  add_type(out, f, "array");
  buf_add(out, S(",\"items\":"));
  if (f->type == JSON_STRINGS)
    buf_add(out, S("{\"type\":\"string\"}"));
  else if (f->type == JSON_INTS)
    buf_add(out, S("{\"type\":\"integer\",\"format\":\"int64\"}"));
  else if (f->shape)
    add_row(out, f, ref_prefix, way);
  else
    buf_add(out, S("{}"));
  if (f->type != JSON_RAW) add_bounds(out, f, "minItems", "maxItems");
}

/* Leaves the object open for the description. */
static void open_schema(buf *out, const struct json_field *f, const char *ref_prefix, enum json_way way) {
  switch (f->type) {
    case JSON_BOOL: add_type(out, f, "boolean"); return;
    case JSON_INT:
    case JSON_ID:
      add_type(out, f, "integer");
      buf_add(out, S(",\"format\":\"int64\""));
      if (f->type == JSON_ID && f->min == 0 && f->max == 0) buf_add(out, S(",\"minimum\":1"));
      add_bounds(out, f, "minimum", "maximum");
      return;
    case JSON_NUMBER:
      add_type(out, f, "number");
      add_bounds(out, f, "minimum", "maximum");
      return;
    case JSON_TIME:
      add_type(out, f, "string");
      buf_add(out, S(",\"format\":\"date-time\""));
      return;
    case JSON_STRING:
      add_type(out, f, "string");
      if (f->flags & JSON_SECRET) buf_add(out, S(",\"format\":\"password\""));
      add_bounds(out, f, "minLength", "maxLength");
      if (way != JSON_WRITTEN && (f->flags & JSON_TRIM)) buf_add(out, S(",\"x-trimmed\":true"));
      if (way != JSON_WRITTEN && f->pattern)
        add_member(out, "pattern", str_c(f->pattern));
      else if (way != JSON_WRITTEN && (f->flags & JSON_TRIM) && f->min == 1)
        add_member(out, "pattern", S(JSON_NOT_BLANK));
      else if (way != JSON_WRITTEN && (f->flags & JSON_NAME))
        add_member(out, "pattern", S("^[^\uFFFD]*$"));
      return;
    case JSON_ENUM: open_enum(out, f, way); return;
    case JSON_OBJECT: open_object(out, f, ref_prefix, way); return;
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: open_list(out, f, ref_prefix, way); return;
    case JSON_RAW: /* decoded by its handler, always alike */
      if (way == JSON_TAKEN_OPEN) way = JSON_TAKEN;
      if (f->flags & JSON_RAW_LIST)
        open_list(out, f, ref_prefix, way);
      else if (f->shape)
        open_object(out, f, ref_prefix, way);
      else
        buf_add(out, S("{\"title\":\"any JSON\""));
      return;
  }
}

void json_print_schema(buf *out, const struct json_shape *shape, const char *ref_prefix, enum json_way way) {
  buf_add(out, S("{\"type\":\"object\""));
  if (shape->doc) add_member(out, "description", str_c(shape->doc));
  buf_add(out, S(",\"properties\":{"));
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    if (i) buf_add_char(out, ',');
    buf_add_json_string(out, str_c(f->name));
    buf_add_char(out, ':');
    open_schema(out, f, ref_prefix, way);
    if (f->doc) add_member(out, "description", str_c(f->doc));
    if (f->handler_rule && way != JSON_WRITTEN) add_member(out, "x-handler-rule", str_c(f->handler_rule));
    buf_add_char(out, '}');
  }
  buf_add_char(out, '}');
  bool any = false;
  for (size_t i = 0; i < shape->count; i++) {
    unsigned flags = shape->fields[i].flags;
    if (way != JSON_WRITTEN ? !(flags & JSON_REQUIRED) : (flags & JSON_OPTIONAL) != 0) continue;
    buf_add(out, any ? S(",") : S(",\"required\":["));
    buf_add_json_string(out, str_c(shape->fields[i].name));
    any = true;
  }
  if (any) buf_add_char(out, ']');
  if (way == JSON_TAKEN_EXACT) buf_add(out, S(",\"additionalProperties\":false"));
  buf_add_char(out, '}');
}
