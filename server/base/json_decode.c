/* Decodes text into C structs by field tables: see json.h. json_mend repairs the text and bounds its depth, then jansson
 * parses it. The decoded size is bounded too, since "{}," is three bytes for the sender and a whole struct here. */
#include "base/json.h"

#include "base/clock.h"
#include "base/jansson.h"
#include "base/json_mend.h"
#include "base/json_internal.h"
#include "base/str_bidi.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <regex.h>
#include <string.h>

enum { LIST_BYTES_MAX = 16 << 20, NAME_MAX_BYTES = 64 };

struct decoder {
  arena *a;
  size_t list_bytes; /* handed out for lists and objects so far */
  int depth;
  bool exact; /* an object's unknown members are refused */
};

/* ---- parsing ---- */

/* jansson appends " near '…'", which would put a piece of somebody's message into our logs. */
static err syntax_error(const json_error_t *e) {
  str why = str_c(e->text);
  const char *near = strstr(e->text, " near ");
  if (near) why.len = (size_t)(near - e->text);
  if (!str_utf8_valid(why)) why = S("malformed text");
  return err_detail(ERR_BAD_JSON, NULL, "line %d column %d: %.*s", e->line > 0 ? e->line : 1,
                    e->column > 0 ? e->column : 1, STR_ARG(why));
}

/* Mends the text and parses it. NULL with *why. */
static json_t *load(str text, int depth_max, size_t flags, json_error_t *why) {
  buf room;
  buf_init(&room, text.len * JSON_MEND_GROWTH + JSON_MEND_GROWTH);
  str sound = json_mend(text, depth_max, &room);
  json_t *value = json_loadb(sound.ptr ? sound.ptr : "", sound.len, flags, why);
  buf_free(&room);
  return value;
}

err json_parse(str text, size_t max_bytes, struct json_t **out) {
  *out = NULL;
  if (text.len > max_bytes) return err_detail(ERR_TOO_LARGE, NULL, "the JSON is larger than %zu bytes", max_bytes);
  json_error_t why;
  *out = load(text, JSON_DEPTH_MAX, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
  return *out ? err_ok : syntax_error(&why);
}

struct json_t *json_parse_foreign(str text, int depth_max) {
  json_error_t why;
  return load(text, depth_max, 0, &why);
}

/* ---- values ---- */

static err bad(const struct json_field *f, const char *why) {
  return err_detail(ERR_INVALID_FIELD, f->name, "%s %s", f->name, why);
}

static bool bounded(const struct json_field *f) { return f->min != 0 || f->max != 0; }

static int64_t int_none(const struct json_field *f) {
  return bounded(f) && f->min > INT64_MIN ? f->min - 1 : INT64_MIN;
}

/* Writes the field's "none" to `at`; the struct is already zeroed. */
static void put_none(const struct json_field *f, void *at) {
  if (f->type == JSON_INT) *(int64_t *)at = int_none(f);
  if (f->type == JSON_NUMBER) *(double *)at = NAN;
  if (f->type == JSON_ENUM) *(int *)at = -1;
}

static err take_bytes(struct decoder *d, const struct json_field *f, size_t n, size_t size_bytes, void **out) {
  size_t total;
  if (__builtin_mul_overflow(n, size_bytes, &total) || total > LIST_BYTES_MAX - d->list_bytes)
    return bad(f, "holds too many items");
  d->list_bytes += total;
  *out = arena_alloc(d->a, total);
  return err_ok;
}

static err decode_int(const struct json_field *f, const json_t *v, int64_t *out) {
  if (!json_is_integer(v)) return bad(f, "must be a whole number");
  int64_t n = json_integer_value(v);
  if (f->type == JSON_ID && n <= 0) return bad(f, "must be a number above 0");
  if (bounded(f) && (n < f->min || n > f->max))
    return err_detail(ERR_INVALID_FIELD, f->name, "%s must be from %lld to %lld", f->name, (long long)f->min,
                      (long long)f->max);
  *out = n;
  return err_ok;
}

static err decode_number(const struct json_field *f, const json_t *v, double *out) {
  double n = json_number_value(v);
  if (!json_is_number(v) || !isfinite(n)) return bad(f, "must be a number");
  if (bounded(f) && (n < (double)f->min || n > (double)f->max))
    return err_detail(ERR_INVALID_FIELD, f->name, "%s must be from %lld to %lld", f->name, (long long)f->min,
                      (long long)f->max);
  *out = n;
  return err_ok;
}

static err decode_time(const struct json_field *f, const json_t *v, int64_t *out) {
  const int64_t last = 253402300799999; /* the end of the year 9999 */
  int64_t ms;
  if (!json_is_string(v) || !clock_parse_iso((str){json_string_value(v), json_string_length(v)}, &ms))
    return bad(f, "must be a time like 2026-01-31T12:34:56Z");
  if (ms <= 0 || ms > last) return bad(f, "must be a time from 1970 to 9999");
  *out = ms;
  return err_ok;
}

/* A pattern of the field tables, compiled at its first use and kept for the life of the process: there are few, and
 * compiling one takes 22 microseconds. regexec may run on any number of threads at once. */
static const regex_t *compiled(const char *pattern) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct known {
    struct known *next;
    const char *pattern;
    regex_t regex;
  } * all;
  pthread_mutex_lock(&lock);
  struct known *k = all;
  while (k && k->pattern != pattern) k = k->next;
  if (!k) {
    k = mem_alloc(sizeof *k);
    k->pattern = pattern;
    int failed = regcomp(&k->regex, pattern, REG_EXTENDED | REG_NOSUB);
    assert(!failed); /* the pattern is in our own tables */
    k->next = all;
    all = k;
  }
  pthread_mutex_unlock(&lock);
  return &k->regex;
}

static bool matches(struct decoder *d, const char *pattern, str s) {
  return regexec(compiled(pattern), arena_cstr(d->a, s), 0, NULL, 0) == 0;
}

static err decode_string(struct decoder *d, const struct json_field *f, const json_t *v, bool limits, str *out) {
  if ((f->flags & JSON_DIGITS) && json_is_integer(v)) {
    *out = arena_printf(d->a, "%lld", (long long)json_integer_value(v));
    return err_ok;
  }
  if (!json_is_string(v)) return bad(f, "must be a string");
  str s = {json_string_value(v), json_string_length(v)};
  if (f->flags & JSON_TRIM) s = str_trim(s);
  if (limits && bounded(f)) {
    int64_t n = (int64_t)str_utf8_count(s);
    if (n == 0 && f->min > 0 && (f->flags & JSON_REQUIRED))
      return err_detail(ERR_MISSING_FIELD, f->name, "%s is required", f->name);
    if (n < f->min)
      return err_detail(ERR_INVALID_FIELD, f->name, "%s needs at least %lld character%s", f->name, (long long)f->min,
                        f->min == 1 ? "" : "s");
    if (n > f->max)
      return err_detail(ERR_INVALID_FIELD, f->name, "%s may have at most %lld characters", f->name, (long long)f->max);
  }
  if ((f->flags & JSON_NAME) && str_contains(s, S("\uFFFD"))) return bad(f, "has a character that cannot be read");
  if (limits && f->pattern && !matches(d, f->pattern, s)) return bad(f, "has the wrong format");
  *out = arena_dup(d->a, s);
  return err_ok;
}

static err decode_enum(const struct json_field *f, const json_t *v, int *out) {
  const struct json_enum *e = f->names;
  if (json_is_string(v)) {
    str s = {json_string_value(v), json_string_length(v)};
    for (int i = 0; i < e->count; i++)
      if (e->names[i] && str_eq(s, str_c(e->names[i]))) return *out = i, err_ok;
    for (const struct json_alias *alias = e->aliases; alias && alias->text; alias++)
      if (str_eq(s, str_c(alias->text))) return *out = alias->value, err_ok;
  }
  char list[120];
  buf names;
  buf_init(&names, sizeof list - 1);
  for (int i = 0; i < e->count; i++) {
    if (!e->names[i]) continue;
    if (names.len) buf_add(&names, S(", "));
    buf_add(&names, str_c(e->names[i]));
  }
  err bad_name = err_detail(ERR_INVALID_FIELD, f->name, "%s must be one of %.*s%s", f->name,
                            STR_ARG(buf_borrow(&names)), names.overflow ? "…" : "");
  buf_free(&names);
  return bad_name;
}

static err decode_object(struct decoder *d, const struct json_shape *shape, const json_t *v, void *out,
                         uint64_t *present);

/* Prefixes a nested error's field with its path: "offset" becomes "entities[2].offset". */
static err under(struct decoder *d, err e, const struct json_field *f, const size_t *index) {
  const char *rest = e.field ? e.field : "";
  const char *dot = *rest ? "." : "";
  e.field = index ? arena_printf(d->a, "%s[%zu]%s%s", f->name, *index, dot, rest).ptr
                  : arena_printf(d->a, "%s%s%s", f->name, dot, rest).ptr;
  return e;
}

static err decode_nested(struct decoder *d, const struct json_field *f, const json_t *v, const void **out) {
  void *at = NULL;
  err e = take_bytes(d, f, 1, f->shape->size_bytes, &at);
  if (err_is(e)) return e;
  if (!json_is_object(v)) return bad(f, "must be an object");
  e = decode_object(d, f->shape, v, at, NULL);
  if (err_is(e)) return under(d, e, f, NULL);
  *out = at;
  return err_ok;
}

/* An error of the item itself, not of a field in it, has no field: the caller names the place in the list. */
static err decode_item(struct decoder *d, const struct json_field *f, const json_t *v, void *at) {
  switch (f->type) {
    case JSON_STRINGS:
      if (!json_is_string(v)) return err_detail(ERR_INVALID_FIELD, NULL, "%s must hold strings", f->name);
      return decode_string(d, f, v, false, at);
    case JSON_INTS:
      if (!json_is_integer(v)) return err_detail(ERR_INVALID_FIELD, NULL, "%s must hold whole numbers", f->name);
      *(int64_t *)at = json_integer_value(v);
      return err_ok;
    default:
      if (!json_is_object(v)) return err_detail(ERR_INVALID_FIELD, NULL, "%s must hold objects", f->name);
      return decode_object(d, f->shape, v, at, NULL);
  }
}

static err decode_list(struct decoder *d, const struct json_field *f, const json_t *v, struct json_list *out) {
  if (!json_is_array(v)) return bad(f, "must be a list");
  size_t count = json_array_size(v);
  if (bounded(f) && (int64_t)count < f->min)
    return err_detail(ERR_INVALID_FIELD, f->name, "%s needs at least %lld item%s", f->name, (long long)f->min,
                      f->min == 1 ? "" : "s");
  if (bounded(f) && (int64_t)count > f->max)
    return err_detail(ERR_INVALID_FIELD, f->name, "%s may have at most %lld items", f->name, (long long)f->max);
  size_t size = f->type == JSON_STRINGS ? sizeof(str) : f->type == JSON_INTS ? sizeof(int64_t) : f->shape->size_bytes;
  void *items = NULL;
  err e = take_bytes(d, f, count, size, &items);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    e = decode_item(d, f, json_array_get(v, i), (char *)items + i * size);
    if (err_is(e)) return under(d, e, f, &i);
  }
  if (!err_is(e)) *out = (struct json_list){items, count};
  return e;
}

static err decode_raw(struct decoder *d, const struct json_field *f, const json_t *v, str *out) {
  if ((f->flags & JSON_RAW_LIST) && !json_is_array(v)) return bad(f, "must be a list");
  const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
  size_t size = json_dumpb(v, NULL, 0, flags);
  if (size == 0) return bad(f, "cannot be stored");
  if (bounded(f) && (size > (size_t)f->max))
    return err_detail(ERR_INVALID_FIELD, f->name, "%s may take at most %lld bytes", f->name, (long long)f->max);
  char *text = arena_alloc(d->a, size + 1);
  json_dumpb(v, text, size, flags);
  *out = (str){text, size};
  return err_ok;
}

static err decode_field(struct decoder *d, const struct json_field *f, const json_t *v, void *at) {
  if (json_is_null(v)) {
    if (!(f->flags & JSON_NULLABLE)) return bad(f, "must not be null");
    put_none(f, at);
    return err_ok;
  }
  switch (f->type) {
    case JSON_BOOL:
      if (!json_is_boolean(v)) return bad(f, "must be true or false");
      *(bool *)at = json_is_true(v);
      return err_ok;
    case JSON_INT:
    case JSON_ID: return decode_int(f, v, at);
    case JSON_NUMBER: return decode_number(f, v, at);
    case JSON_TIME: return decode_time(f, v, at);
    case JSON_STRING: return decode_string(d, f, v, true, at);
    case JSON_ENUM: return decode_enum(f, v, at);
    case JSON_OBJECT: return decode_nested(d, f, v, at);
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: return decode_list(d, f, v, at);
    case JSON_RAW: return decode_raw(d, f, v, at);
  }
  assert(!"a type of json.h");
  return err_make(ERR_INTERNAL);
}

/* Accepts camelCase names on every route, since clients of camelCase routes send them. */
static const json_t *member_of(const json_t *object, const char *name) {
  const json_t *member = json_object_get(object, name);
  if (member || !strchr(name, '_')) return member;
  char camel[NAME_MAX_BYTES + 1];
  assert(strlen(name) <= NAME_MAX_BYTES);
  camel[json_camel(name, camel)] = 0;
  return json_object_get(object, camel);
}

static bool is_known(const struct json_shape *shape, const char *name) {
  for (size_t i = 0; i < shape->count; i++) {
    char camel[NAME_MAX_BYTES + 1];
    camel[json_camel(shape->fields[i].name, camel)] = 0;
    if (strcmp(name, shape->fields[i].name) == 0 || strcmp(name, camel) == 0) return true;
  }
  return false;
}

/* A client's own name is repeated in the error, which people read in logs and consoles. */
static const char *unknown_name(arena *a, const char *name) {
  str clean = strlen(name) <= NAME_MAX_BYTES ? str_tidy_name(a, str_c(name), NAME_MAX_BYTES) : STR_NONE;
  return clean.len ? arena_cstr(a, clean) : "body";
}

static err check_names(struct decoder *d, const struct json_shape *shape, const json_t *object) {
  json_t *value = (json_t *)(uintptr_t)object, *member; /* jansson's iterators take no const */
  const char *name;
  json_object_foreach(value, name, member) {
    if (is_known(shape, name)) continue;
    return err_detail(ERR_INVALID_FIELD, unknown_name(d->a, name), "This field is not known here.");
  }
  return err_ok;
}

static err decode_object(struct decoder *d, const struct json_shape *shape, const json_t *v, void *out,
                         uint64_t *present) {
  assert(shape->count <= 64);
  if (++d->depth > JSON_DEPTH_MAX)
    return err_detail(ERR_BAD_JSON, NULL, "nested deeper than %d levels", JSON_DEPTH_MAX);
  memset(out, 0, shape->size_bytes);
  uint64_t given = 0;
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    void *at = (char *)out + f->offset;
    if (f->type == JSON_ENUM || (f->flags & JSON_ABSENT_IS_NONE)) put_none(f, at);
    const json_t *member = member_of(v, f->name);
    if (!member) {
      if (f->flags & JSON_REQUIRED) return err_detail(ERR_MISSING_FIELD, f->name, "%s is required", f->name);
      continue;
    }
    err e = decode_field(d, f, member, at);
    if (err_is(e)) return e;
    given |= (uint64_t)1 << i;
  }
  d->depth--;
  if (present) *present = given;
  return d->exact ? check_names(d, shape, v) : err_ok;
}

static err decode_value(const struct json_shape *shape, const json_t *value, bool exact, arena *a, void *out,
                        uint64_t *present) {
  if (present) *present = 0;
  if (!json_is_object(value)) return err_detail(ERR_BAD_JSON, NULL, "line 1 column 1: an object is expected");
  struct decoder d = {.a = a, .exact = exact};
  return decode_object(&d, shape, value, out, present);
}

err json_decode_value(const struct json_shape *shape, struct json_t *value, arena *a, void *out, uint64_t *present) {
  return decode_value(shape, value, false, a, out, present);
}

static err decode(const struct json_shape *shape, str text, bool exact, arena *a, void *out, uint64_t *present) {
  if (present) *present = 0;
  json_t *value = NULL;
  err e = json_parse(text, JSON_TEXT_MAX, &value);
  if (err_is(e)) return e;
  e = decode_value(shape, value, exact, a, out, present);
  json_decref(value);
  return e;
}

err json_decode(const struct json_shape *shape, str text, arena *a, void *out, uint64_t *present) {
  return decode(shape, text, false, a, out, present);
}

err json_decode_exact(const struct json_shape *shape, str text, arena *a, void *out, uint64_t *present) {
  return decode(shape, text, true, a, out, present);
}
