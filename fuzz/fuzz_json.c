/* Decoding JSON from clients must not crash. A decoded value must be the same after encoding and decoding it again. */
#include "base/json.h"

#include "base/jansson.h"

#include <assert.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const color_words[] = {"red", "green", NULL, "blue"};
static const struct json_alias color_aliases[] = {{"crimson", 0}, {NULL, 0}};
static const struct json_enum colors = {"Color", color_words, JSON_COUNT(color_words), color_aliases};

struct node {
  bool on;
  int64_t count, width, id, at;
  str name, note, extra, history;
  int color, shade;
  const struct node *child;
  struct json_list nodes, words, numbers;
};
#define AT(member) offsetof(struct node, member)
static const struct json_field fields[15];
static JSON_SHAPE(node_shape, "Node", struct node, fields, NULL);
static const struct json_field fields[15] = {
    {"on", JSON_BOOL, 0, AT(on)},
    {"count", JSON_INT, 0, AT(count)},
    {"width", JSON_INT, JSON_NULLABLE, AT(width), 1, INT64_MAX},
    {"id", JSON_ID, JSON_NULLABLE, AT(id)},
    {"sent_at", JSON_TIME, JSON_OPTIONAL, AT(at)},
    {"name", JSON_STRING, JSON_TRIM, AT(name), 0, 5},
    {"note", JSON_STRING, JSON_NULLABLE, AT(note)},
    {"extra", JSON_RAW, JSON_NULLABLE, AT(extra)},
    {"history", JSON_RAW, JSON_OPTIONAL | JSON_RAW_LIST, AT(history)},
    {"color", JSON_ENUM, JSON_OPTIONAL, AT(color), .names = &colors},
    {"shade", JSON_ENUM, JSON_NULLABLE, AT(shade), .names = &colors},
    {"child", JSON_OBJECT, JSON_OPTIONAL, AT(child), .shape = &node_shape},
    {"nodes", JSON_LIST, 0, AT(nodes), .shape = &node_shape},
    {"words", JSON_STRINGS, 0, AT(words), 0, 4},
    {"numbers", JSON_INTS, JSON_NULLABLE, AT(numbers)},
};

static str encode(arena *a, const struct node *n, enum json_case names) {
  buf b;
  buf_init(&b, 64 << 20);
  json_encode(&b, &node_shape, n, names);
  assert(!b.overflow);
  str text = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

/* Expanding the stored form gives the full form. */
static void check_stored(const struct node *n, str full) {
  buf stored, out;
  buf_init(&stored, 64 << 20);
  buf_init(&out, 64 << 20);
  json_encode_stored(&stored, &node_shape, n);
  bool whole = json_expand(&out, &node_shape, buf_borrow(&stored));
  assert(whole && str_eq(buf_borrow(&out), full));
  buf_free(&stored);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  arena *a = arena_new(256 << 20);
  struct node first, second;
  err e = json_decode(&node_shape, (str){(const char *)data, size}, a, &first, NULL);
  assert(str_utf8_valid(str_c(err_message(&e))));
  assert(!e.field || str_utf8_valid(str_c(e.field)));
  if (!err_is(e)) {
    str once = encode(a, &first, JSON_SNAKE);
    e = json_decode(&node_shape, once, a, &second, NULL);
    assert(!err_is(e));
    assert(str_eq(once, encode(a, &second, JSON_SNAKE)));
    json_t *v = NULL;
    e = json_parse(encode(a, &first, JSON_CAMEL), 64 << 20, &v);
    assert(!err_is(e));
    e = json_decode_value(&node_shape, v, a, &second, NULL);
    assert(!err_is(e) && str_eq(once, encode(a, &second, JSON_SNAKE)));
    json_decref(v);
    check_stored(&first, once);
  }
  buf out;
  buf_init(&out, 64 << 20);
  (void)json_expand(&out, &node_shape, (str){(const char *)data, size});
  buf_free(&out);
  arena_free(&a);
  return 0;
}
