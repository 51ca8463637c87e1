/* JSON by field tables. One table (a shape) decodes and validates what comes in, encodes what goes out, and prints the
 * TypeScript type and the JSON Schema: each fact is written once.
 *
 * Decoding bounds depth and size before it builds anything. One bad value does not invalidate the rest: an unreadable
 * character in a string (half a surrogate pair, NUL, malformed UTF-8) becomes U+FFFD, a number beyond 64 bits is an error
 * only for the field that reads it, an object or a list nested deeper than the limit is read as null, and a byte order
 * mark in front is skipped; so decoded strings are valid UTF-8 without NUL. Encoding appends straight into a buf and
 * builds no tree. Shapes are static data; all functions are safe from any thread. */
#ifndef SB_BASE_JSON_H
#define SB_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum json_type {
  JSON_BOOL, /* bool. "None", for optional fields: false */
  JSON_INT, /* int64_t; min and max apply. "None", for nullable and optional fields: a value below min, and min - 1 when
                  decoded from null; without bounds INT64_MIN. (min 1: 0 is none; min 0: -1 is none.) */
  JSON_NUMBER,  /* double, finite; min and max apply, as whole numbers. "None" is NAN */
  JSON_ID,      /* int64_t above 0; 0 is "none" and null when nullable */
  JSON_TIME,    /* int64_t, ms UTC, as ISO 8601; 0 is "none" */
  JSON_STRING,  /* str; min and max count code points; ptr NULL is "none" */
  JSON_ENUM,    /* int, index into `names`; -1 is "none" */
  JSON_OBJECT,  /* const T *, of `shape`; NULL is "none" */
  JSON_LIST,    /* struct json_list, of `shape`; min and max count items */
  JSON_STRINGS, /* struct json_list of str; min and max count items */
  JSON_INTS,    /* struct json_list of int64_t; min and max count items */
  JSON_RAW,     /* str: encoding: bytes that are JSON already; decoding: the value's text, re-encoded, at
                  most max bytes. `shape`, when given, tells the printers what the text contains; see JSON_RAW_LIST */
};

struct json_list {
  const void *items; /* an array of the shape's C type (of str, int64_t for JSON_STRINGS, JSON_INTS), not of pointers;
                        NULL with count 0 is an empty list, and "none" where the field is nullable or optional */
  size_t count;
};

enum json_flags {
  JSON_REQUIRED = 1,  /* must be given when decoding */
  JSON_NULLABLE = 2,  /* "none" is encoded as null, null decodes to it; else null is refused when decoding */
  JSON_OPTIONAL = 4,  /* "none" is left out when encoding; `name?: T` in the contract */
  JSON_TRIM = 8,      /* strings: spaces at both ends are dropped before the limits apply */
  JSON_SECRET = 16,   /* marks format: password in the schema */
  JSON_RAW_LIST = 32, /* a JSON_RAW whose text is a list of `shape` */
  JSON_DIGITS = 64,   /* strings: an integer is accepted too, as its decimal digits */
  JSON_NAME = 128,    /* strings: an identifier; refused with a U+FFFD, which replaces every unreadable character: two
                         different identifiers could become equal */
  JSON_ABSENT_IS_NONE = 512, /* decoding: "none" also when the field is not given */
  JSON_RAW_ROWS = 256,       /* with JSON_RAW_LIST: a list of lists of `shape` */
};
/* "None" in a field that is neither nullable nor optional is encoded as the type's zero: "", 0, [], the first moment of
 * 1970; an enum or an object has no zero and becomes null. A field that is not JSON_REQUIRED keeps its zero (an enum -1)
 * when it is not given, whatever its min. */

struct json_enum {
  const char *name;         /* of the TypeScript type */
  const char *const *names; /* count of them, in order; NULL entries are skipped */
  int count;
  /* Other names accepted when decoding: {text, value} pairs ended by a NULL text. May be NULL. */
  const struct json_alias {
    const char *text;
    int value;
  } * aliases;
};

struct json_shape;
struct json_field {
  const char *name; /* snake_case, at most 64 bytes */
  enum json_type type;
  unsigned flags;
  size_t offset;
  int64_t min, max; /* both 0: only the type's bounds */
  const struct json_shape *shape;
  const struct json_enum *names;
  const char *doc; /* one sentence, or NULL */
  /* Decoded strings: a pattern in the common subset of POSIX extended and JavaScript expressions;
   * NULL: anything. "" must match as well. */
  const char *pattern;
  /* A rule that the handler checks and no schema can express ("an active operator's id"); a violating value is
   * refused with ERR_INVALID_FIELD or ERR_MISSING_FIELD. NULL: none. Printed as x-handler-rule. */
  const char *handler_rule;
};

struct json_shape {
  const char *name; /* of the TypeScript interface and the schema component */
  size_t size_bytes;
  const struct json_field *fields;
  size_t count; /* at most 64 */
  const char *doc;
};

#define JSON_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define JSON_SHAPE(id, ts_name, type, field_array, sentence) \
  const struct json_shape id = {ts_name, sizeof(type), field_array, JSON_COUNT(field_array), sentence}

enum {
  JSON_DEPTH_MAX = 32,
  JSON_TEXT_MAX = 16 << 20 /* bytes that json_decode accepts; callers set lower limits for bodies */
};

/* Fills *out (shape's C type, zeroed first; enums not given are -1) from the object in `text`; strings and lists are
 * copied to `a`. *present gets bit i for field i when it was given (null counts as given); may be NULL.
 * A name is read in snake_case or, if that is missing, in camelCase; unknown fields are ignored. Errors: BAD_JSON
 * with the position in the detail ("line 1 column 7: …"), MISSING_FIELD and INVALID_FIELD with the field's name (nested:
 * "entities[2].offset", arena-owned); ERR_TOO_LARGE. */
err json_decode(const struct json_shape *shape, str text, arena *a, void *out, uint64_t *present);
/* The same, but a member that the shape does not know is an INVALID_FIELD with its name: for writes in which a misspelt
 * field would mean something else than its absence. Nested objects are checked too, those of a JSON_RAW field are not. */
err json_decode_exact(const struct json_shape *shape, str text, arena *a, void *out, uint64_t *present);
/* The same from an already parsed jansson value, for callers that parsed it themselves (the caller keeps its reference).
 * Code that walks jansson values includes base/jansson.h, never <jansson.h>: two names clash. */
struct json_t;
err json_decode_value(const struct json_shape *shape, struct json_t *value, arena *a, void *out, uint64_t *present);
/* Parses with limits (depth 32, no duplicate keys); *out is a new jansson reference for json_decref. */
err json_parse(str text, size_t max_bytes, struct json_t **out);
/* An object or a list from another program: depth limit from the caller; of two members with one name the
 * last counts. NULL when the text is not JSON. */
struct json_t *json_parse_foreign(str text, int depth_max);

enum json_case { JSON_SNAKE, JSON_CAMEL };
void json_encode(buf *out, const struct json_shape *shape, const void *value, enum json_case names);
/* An array of `count` values of the shape's C type. */
void json_encode_list(buf *out, const struct json_shape *shape, const void *items, size_t count, enum json_case names);

/* ---- the stored form ----
 * A shorter form for the database: a default field (one that json_encode would write as null, "", [],
 * false, 0 or not at all) is left out, and a time is a number (ms UTC). json_expand turns it, in one pass and without a
 * tree, into exactly what json_encode (JSON_SNAKE) would have written for the same value. A field added to the shape later
 * reads as its default, a removed field is dropped, and a text in the full form is accepted too; so data that an
 * earlier version stored stays readable. An enum has no default: add one as nullable, or give it to the earlier data first, as
 * message_name_actor does. */
void json_encode_stored(buf *out, const struct json_shape *shape, const void *value);
/* False when the text is no object, or one of its objects is incomplete; then discard what was appended. */
bool json_expand(buf *out, const struct json_shape *shape, str stored);

/* Printers for the contract and the OpenAPI document. Named shapes are referred to by name, not repeated. */
void json_print_typescript(buf *out, const struct json_shape *shape);
void json_print_typescript_enum(buf *out, const struct json_enum *e);
/* A value of the type: null where it may be, else the type's zero (as in "None" above), an enum's first name, and objects of such
 * values; optional fields are left out. */
void json_print_typescript_zero(buf *out, const struct json_shape *shape);
/* A JSON Schema (2020-12) object; references are ref_prefix + the shape's name, e.g. "#/components/schemas/". It
 * describes what json_decode accepts (required are the fields that must be given; other names of an enum count) or what
 * json_encode writes (required are the fields that are not optional). x-trimmed: spaces at both ends are dropped before
 * the limits apply. */
enum json_way {
  JSON_TAKEN,       /* by json_decode */
  JSON_TAKEN_EXACT, /* by json_decode_exact: no other properties */
  JSON_TAKEN_OPEN,  /* by json_decode, beside a JSON_TAKEN_EXACT of the same name: references end with "Open" */
  JSON_WRITTEN
};
void json_print_schema(buf *out, const struct json_shape *shape, const char *ref_prefix, enum json_way way);
/* The schema pattern of strings that are not empty after JSON_TRIM. */
#define JSON_NOT_BLANK "[^ \\t\\r\\n]"

#endif
