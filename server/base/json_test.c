/* JSON by field tables: what is taken, what is refused and with which words, what comes out. */
#include "base/json.h"

#include "base/clock.h"
#include "base/jansson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum color { RED, GREEN, BLUE };
static const char *const color_words[] = {"red", "green", "blue", NULL, "black"};
static const struct json_alias color_aliases[] = {{"crimson", RED}, {NULL, 0}};
static const struct json_enum color_names = {"Color", color_words, JSON_COUNT(color_words), color_aliases};

struct point {
  int64_t x, y;
  str label;
};
#define AT(type, member) offsetof(struct type, member)
static const struct json_field point_fields[] = {
    {"x", JSON_INT, JSON_REQUIRED, AT(point, x)},
    {"y", JSON_INT, 0, AT(point, y), -10, 10},
    {"label", JSON_STRING, JSON_OPTIONAL, AT(point, label), .doc = "What the map shows."},
};
static JSON_SHAPE(point_shape, "Point", struct point, point_fields, NULL);

struct thing {
  bool on;
  int64_t count, width, offset, id, parent_id, at, closed_at;
  str name, note, alias;
  int color, shade;
  const struct point *origin, *end;
  struct json_list points, words, numbers;
  str extra, history;
};
static const struct json_field thing_fields[] = {
    {"on", JSON_BOOL, 0, AT(thing, on)},
    {"count", JSON_INT, 0, AT(thing, count), 0, 100},
    {"width", JSON_INT, JSON_NULLABLE, AT(thing, width), 1, INT64_MAX},
    {"offset", JSON_INT, JSON_OPTIONAL, AT(thing, offset), 0, INT64_MAX},
    {"id", JSON_ID, 0, AT(thing, id), .doc = "Given by */ the database."},
    {"parent_id", JSON_ID, JSON_NULLABLE, AT(thing, parent_id)},
    {"at", JSON_TIME, 0, AT(thing, at)},
    {"closed_at", JSON_TIME, JSON_NULLABLE, AT(thing, closed_at)},
    {"name", JSON_STRING, JSON_REQUIRED | JSON_TRIM, AT(thing, name), 1, 5},
    {"note", JSON_STRING, JSON_NULLABLE, AT(thing, note)},
    {"alias_name", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, AT(thing, alias)},
    {"color", JSON_ENUM, 0, AT(thing, color), .names = &color_names},
    {"shade", JSON_ENUM, JSON_NULLABLE, AT(thing, shade), .names = &color_names},
    {"origin", JSON_OBJECT, JSON_NULLABLE, AT(thing, origin), .shape = &point_shape},
    {"end", JSON_OBJECT, JSON_OPTIONAL, AT(thing, end), .shape = &point_shape},
    {"points", JSON_LIST, 0, AT(thing, points), 0, 3, .shape = &point_shape},
    {"words", JSON_STRINGS, JSON_OPTIONAL, AT(thing, words), 1, 2},
    {"numbers", JSON_INTS, JSON_NULLABLE, AT(thing, numbers)},
    {"extra", JSON_RAW, JSON_NULLABLE, AT(thing, extra), 0, 40},
    {"history", JSON_RAW, JSON_OPTIONAL | JSON_RAW_LIST, AT(thing, history), .shape = &point_shape},
};
static JSON_SHAPE(thing_shape, "Thing", struct thing, thing_fields, "A shape with every type.");

static arena *memory;
static int make_arena(void **state) {
  (void)state;
  memory = arena_new(0);
  return 0;
}
static int drop_arena(void **state) {
  (void)state;
  arena_free(&memory);
  return 0;
}

static str encoded(const struct json_shape *shape, const void *value, enum json_case names) {
  buf b;
  buf_init(&b, 1 << 16);
  json_encode(&b, shape, value, names);
  assert_false(b.overflow);
  str s = arena_dup(memory, buf_borrow(&b));
  buf_free(&b);
  return s;
}

struct place {
  double latitude, level;
};
static const struct json_field place_fields[] = {
    {"latitude", JSON_NUMBER, JSON_REQUIRED, AT(place, latitude), -90, 90},
    {"level", JSON_NUMBER, JSON_NULLABLE, AT(place, level)},
};
static JSON_SHAPE(place_shape, "Place", struct place, place_fields, NULL);

static void a_number_is_read_and_written_as_it_is(void **state) {
  (void)state;
  static const struct {
    const char *text, *written; /* NULL: refused */
    const char *why;
  } rows[] = {
      {"{\"latitude\":59.9386,\"level\":2}", "{\"latitude\":59.9386,\"level\":2}", "no digit is invented"},
      {"{\"latitude\":0.1234567890123456,\"level\":-0.5}", "{\"latitude\":0.1234567890123456,\"level\":-0.5}",
       "no digit is lost"},
      {"{\"latitude\":-90,\"level\":null}", "{\"latitude\":-90,\"level\":null}", "none"},
      {"{\"latitude\":90.5}", NULL, "above the maximum"},
      {"{\"latitude\":\"1\"}", NULL, "a string"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct place p;
    err e = json_decode(&place_shape, str_c(rows[i].text), memory, &p, NULL);
    if (err_is(e) != !rows[i].written) fail_msg("%s", rows[i].why);
    if (err_is(e)) continue;
    if (!str_eq(encoded(&place_shape, &p, JSON_SNAKE), str_c(rows[i].written)))
      fail_msg("%s: %s", rows[i].why, encoded(&place_shape, &p, JSON_SNAKE).ptr);
    buf b;
    buf_init(&b, 1000);
    json_encode_stored(&b, &place_shape, &p);
    str stored = arena_dup(memory, buf_borrow(&b));
    buf_clear(&b);
    assert_true(json_expand(&b, &place_shape, stored));
    assert_true(str_eq(buf_borrow(&b), str_c(rows[i].written)));
    buf_free(&b);
  }
  assert_true(
      str_eq(encoded(&place_shape, &(struct place){NAN, NAN}, JSON_SNAKE), S("{\"latitude\":0,\"level\":null}")));
}

static void decoding_refuses_with_the_field_and_the_reason(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum err_code code;
    const char *field, *detail; /* NULL: any */
    const char *why;
  } rows[] = {
      {"{\"name\":\"a\"}", ERR_NONE, NULL, NULL, "only the required field is needed"},
      {"{}", ERR_MISSING_FIELD, "name", "name is required", "a required field is missing"},
      {"", ERR_BAD_JSON, NULL, NULL, "an empty body is no object"},
      {"[]", ERR_BAD_JSON, NULL, "line 1 column 1: an object is expected", "a list at the top"},
      {"{\"name\":\"a\",}", ERR_BAD_JSON, NULL, "line 1 column 13: string or '}' expected", "a comma too many"},
      {"{\n \"name\": secret}", ERR_BAD_JSON, NULL, "line 2 column 15: invalid token",
       "the second line is named, the text beside the error is not repeated"},
      {"{\"name\":\"a\"} x", ERR_BAD_JSON, NULL, NULL, "rubbish behind the object"},
      {"{\"name\":\"a\",\"name\":\"b\"}", ERR_BAD_JSON, NULL, NULL, "which of two values counts is anybody's guess"},
      {"{\"name\":\"a\\u12\"}", ERR_BAD_JSON, NULL, NULL, "an escape that is cut off is no JSON"},
      {"{\"name\":\"a\",\"count\":-9223372036854775809}", ERR_INVALID_FIELD, "count", NULL, "one below the least"},
      {"{\"name\":\" \\t \"}", ERR_MISSING_FIELD, "name", "name is required", "spaces are trimmed first"},
      {"{\"name\":\"абвгд\"}", ERR_NONE, NULL, NULL, "limits count code points, not bytes"},
      {"{\"name\":\"abcdef\"}", ERR_INVALID_FIELD, "name", "name may have at most 5 characters", "one too long"},
      {"{\"name\":5}", ERR_INVALID_FIELD, "name", "name must be a string", "a number is no string"},
      {"{\"name\":null}", ERR_INVALID_FIELD, "name", "name must not be null", "null where it is not allowed"},
      {"{\"name\":\"a\",\"note\":null}", ERR_NONE, NULL, NULL, "null where it is allowed"},
      {"{\"name\":\"a\",\"on\":1}", ERR_INVALID_FIELD, "on", "on must be true or false", "1 is not true"},
      {"{\"name\":\"a\",\"count\":101}", ERR_INVALID_FIELD, "count", "count must be from 0 to 100", "over the maximum"},
      {"{\"name\":\"a\",\"count\":-1}", ERR_INVALID_FIELD, "count", NULL, "below the minimum"},
      {"{\"name\":\"a\",\"count\":1.0}", ERR_INVALID_FIELD, "count", "count must be a whole number", "a fraction"},
      {"{\"name\":\"a\",\"count\":99999999999999999999}", ERR_INVALID_FIELD, "count", NULL, "wider than 64 bits"},
      {"{\"name\":\"a\",\"width\":0}", ERR_INVALID_FIELD, "width", NULL, "none is null, not what stands for it in C"},
      {"{\"name\":\"a\",\"id\":0}", ERR_INVALID_FIELD, "id", "id must be a number above 0", "ids begin at 1"},
      {"{\"name\":\"a\",\"id\":\"7\"}", ERR_INVALID_FIELD, "id", NULL, "an id in quotes"},
      {"{\"name\":\"a\",\"at\":\"yesterday\"}", ERR_INVALID_FIELD, "at", NULL, "no time"},
      {"{\"name\":\"a\",\"at\":\"1970-01-01T00:00:00Z\"}", ERR_INVALID_FIELD, "at", NULL, "0 means none in C"},
      {"{\"name\":\"a\",\"at\":\"9999-12-31T23:59:59-12:00\"}", ERR_INVALID_FIELD, "at", NULL, "beyond what we print"},
      {"{\"name\":\"a\",\"color\":\"pink\"}", ERR_INVALID_FIELD, "color",
       "color must be one of red, green, blue, black", "the allowed words are named, the skipped entry is not"},
      {"{\"name\":\"a\",\"color\":\"crimson\"}", ERR_NONE, NULL, NULL, "an alias"},
      {"{\"name\":\"a\",\"origin\":{\"y\":1}}", ERR_MISSING_FIELD, "origin.x", "x is required", "nested in an object"},
      {"{\"name\":\"a\",\"origin\":[]}", ERR_INVALID_FIELD, "origin", "origin must be an object",
       "a list for an object"},
      {"{\"name\":\"a\",\"points\":[{\"x\":1},{\"x\":1,\"y\":11}]}", ERR_INVALID_FIELD, "points[1].y", NULL,
       "nested in a list"},
      {"{\"name\":\"a\",\"points\":[{\"x\":1},7]}", ERR_INVALID_FIELD, "points[1]", "points must hold objects",
       "an item that is no object"},
      {"{\"name\":\"a\",\"points\":[{\"x\":1},{\"x\":1},{\"x\":1},{\"x\":1}]}", ERR_INVALID_FIELD, "points",
       "points may have at most 3 items", "too many items"},
      {"{\"name\":\"a\",\"points\":{}}", ERR_INVALID_FIELD, "points", "points must be a list", "an object for a list"},
      {"{\"name\":\"a\",\"words\":[]}", ERR_INVALID_FIELD, "words", "words needs at least 1 item", "too few items"},
      {"{\"name\":\"a\",\"words\":[\"a\",null]}", ERR_INVALID_FIELD, "words[1]", "words must hold strings",
       "null inside"},
      {"{\"name\":\"a\",\"numbers\":[1,\"2\"]}", ERR_INVALID_FIELD, "numbers[1]", NULL, "a string among numbers"},
      {"{\"name\":\"a\",\"extra\":{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}}", ERR_INVALID_FIELD, "extra",
       "extra may take at most 40 bytes", "raw text has a limit too"},
      {"{\"name\":\"a\",\"history\":{}}", ERR_INVALID_FIELD, "history", "history must be a list",
       "a raw list is a list"},
      {"{\"name\":\"a\",\"parentId\":0}", ERR_INVALID_FIELD, "parent_id", NULL, "a name in camelCase is known too"},
      {"{\"name\":\"a\",\"parent_id\":1,\"parentId\":0}", ERR_NONE, NULL, NULL, "of two spellings ours counts"},
      {"{\"name\":\"a\",\"unknown\":[1]}", ERR_NONE, NULL, NULL, "unknown fields are ignored"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct thing t;
    err e = json_decode(&thing_shape, str_c(rows[i].text), memory, &t, NULL);
    bool field = rows[i].field ? e.field && strcmp(e.field, rows[i].field) == 0 : !e.field;
    bool detail = !rows[i].detail || strcmp(err_message(&e), rows[i].detail) == 0;
    if (e.code != rows[i].code || !field || !detail)
      fail_msg("%s: got %s, field %s, \"%s\"", rows[i].why, err_text(e.code), e.field ? e.field : "-", err_message(&e));
  }
}

static void unknown_fields_of_nested_objects_are_refused_too(void **state) {
  (void)state;
  static const struct {
    const char *text, *field;
  } rows[] = {{"{\"name\":\"a\",\"unknown\":1}", "unknown"},
              {"{\"name\":\"a\",\"origin\":{\"x\":1,\"z\":2}}", "origin.z"},
              {"{\"name\":\"a\",\"points\":[{\"x\":1},{\"x\":2,\"z\":0}]}", "points[1].z"},
              {"{\"name\":\"a\",\"parentId\":1,\"points\":[{\"x\":1}],\"extra\":{\"any\":1}}", NULL}};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct thing t;
    err e = json_decode_exact(&thing_shape, str_c(rows[i].text), memory, &t, NULL);
    if (!rows[i].field) assert_false(err_is(e));
    if (rows[i].field && (e.code != ERR_INVALID_FIELD || !e.field || strcmp(e.field, rows[i].field) != 0))
      fail_msg("%s: %s", rows[i].text, e.field ? e.field : "-");
    assert_false(err_is(json_decode(&thing_shape, str_c(rows[i].text), memory, &t, NULL)));
  }
}

static void decoding_fills_every_type(void **state) {
  (void)state;
  str text =
      S("{\"on\":true,\"count\":7,\"width\":null,\"id\":9007199254740993,\"at\":\"2026-01-31T12:34:56.789+02:00\","
        "\"name\":\"  "
        "ab\\n\",\"note\":\"\\u0436\\ud83d\\ude00\",\"color\":\"blue\",\"origin\":{\"x\":-3,\"label\":\"o\"},"
        "\"points\":[{\"x\":1},{\"x\":2,\"y\":-10}],\"words\":[\"a\",\"\"],\"numbers\":[3,-4],"
        "\"extra\":{\"b\": [1.5, null], \"a\":\"\xD0\xB6\"},\"history\":[]}");
  struct thing t;
  uint64_t present;
  err e = json_decode(&thing_shape, text, memory, &t, &present);
  assert_string_equal(err_message(&e), "");
  assert_true(t.on);
  assert_int_equal(t.count, 7);
  assert_int_equal(t.width, 0);  /* min - 1 */
  assert_int_equal(t.offset, 0); /* not given */
  assert_int_equal(t.id, 9007199254740993);
  assert_int_equal(t.at, 1769855696789);
  assert_true(str_eq(t.name, S("ab")));
  assert_true(str_eq(t.note, S("ж😀")));
  assert_null(t.alias.ptr);
  assert_int_equal(t.color, BLUE);
  assert_int_equal(t.shade, -1);
  assert_int_equal(t.origin->x, -3);
  assert_null(t.end);
  assert_int_equal(t.points.count, 2);
  assert_int_equal(((const struct point *)t.points.items)[1].y, -10);
  assert_int_equal(t.words.count, 2);
  assert_true(str_eq(((const str *)t.words.items)[0], S("a")));
  assert_int_equal(((const int64_t *)t.numbers.items)[1], -4);
  assert_true(str_eq(t.extra, S("{\"b\":[1.5,null],\"a\":\"ж\"}")));
  assert_true(str_eq(t.history, S("[]")));
  assert_int_equal(present, 0xFAB57); /* null counts as given */
}

/* A text, and what the parser makes of it: each value that it dislikes costs only itself. */
static void one_bad_value_costs_only_itself(void **state) {
  (void)state;
  static const struct {
    const char *text, *wanted, *why; /* wanted NULL: refused */
  } rows[] = {
      {"[\"cut \\ud83d\"]", "[\"cut \uFFFD\"]", "the first half of a pair"},
      {"[\"\\ude00 end\"]", "[\"\uFFFD end\"]", "the second half"},
      {"[\"\\ude00\\ud83d\"]", "[\"\uFFFD\uFFFD\"]", "the halves the wrong way round"},
      {"[\"\\ud83d\\ud83d\\ude00\"]", "[\"\uFFFD\U0001F600\"]", "a half before a whole pair"},
      {"[\"\\uD83D\\uDE00\"]", "[\"\U0001F600\"]", "a whole pair stays"},
      {"[\"\\\\ud83d\"]", "[\"\\\\ud83d\"]", "an escaped backslash begins no escape"},
      {"[\"\\ud83d\\\"\"]", "[\"\uFFFD\\\"\"]", "an escaped quote behind a half"},
      {"{\"\\ud83d\":1}", "{\"\uFFFD\":1}", "in a name"},
      {"[\"a\\u0000b\"]",
       "[\"a\uFFFD"
       "b\"]",
       "NUL"},
      {"[\"a\nb\tc\x01\"]", "[\"a\\nb\\tc\uFFFD\"]", "raw controls"},
      {"[\"\xC3(\xff\"]", "[\"\uFFFD(\uFFFD\"]", "malformed UTF-8"},
      {"[\"\xED\xA0\xBD\"]", "[\"\uFFFD\uFFFD\uFFFD\"]", "half a pair as bytes"},
      {"[\"\xEF\xBF\xBD\xff\"]", "[\"\uFFFD\uFFFD\"]", "U+FFFD itself is no fault"},
      {"[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]", "the last that fit"},
      {"[9223372036854775808]", "[9.2233720368547758e18]", "one more"},
      {"[18446744073709551616,1]", "[1.8446744073709552e19,1]", "beyond 64 bits, in a list"},
      {"[-18446744073709551616]", "[-1.8446744073709552e19]", "and below"},
      {"[1e999,-1e999]", "[1e308,-1e308]", "beyond floating point"},
      {"[1e-999]", "[0.0]", "too small is nothing"},
      {"\xEF\xBB\xBF{\"a\":1}", "{\"a\":1}", "a byte order mark"},
      {"\xEF\xBB\xBF\xEF\xBB\xBF{}", NULL, "two of them"},
      {"[00000000000000000000]", NULL, "zeros in front"},
      {"[-]", NULL, "a sign alone"},
      {"[1-2]", NULL, "two numbers in one"},
      {"[\"\\ud8\"]", NULL, "an escape that is cut off"},
      {"[\"\\x41\"]", NULL, "no such escape"},
      {"[\"\\ud83d", NULL, "no end"},
      {"[\"\\ud83d\\", NULL, "an end in an escape"},
      {"[1] \xff", NULL, "malformed outside a string"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    json_t *v = NULL;
    err e = json_parse(str_c(rows[i].text), 1000, &v);
    char *got = v ? json_dumps(v, JSON_COMPACT) : NULL;
    json_decref(v);
    bool good = rows[i].wanted ? got && strcmp(got, rows[i].wanted) == 0 : !got && e.code == ERR_BAD_JSON;
    if (!good) fail_msg("%s: %s, not %s", rows[i].why, got ? got : err_message(&e), rows[i].wanted);
    free(got);
  }
}

static void a_long_number_is_no_burden(void **state) {
  (void)state;
  char *text = arena_alloc(memory, 100003);
  memset(text, '9', 100002);
  text[0] = '[';
  text[100001] = ']';
  json_t *v = json_parse_foreign(str_n(text, 100002), 2);
  assert_true(json_is_real(json_array_get(v, 0)));
  json_decref(v);
  memset(text + 1, '0', 100000);
  assert_null(json_parse_foreign(str_n(text, 100002), 2));
}

static void the_name_of_an_unknown_field_is_clean_in_the_error(void **state) {
  (void)state;
  static const struct {
    const char *name, *field;
  } cases[] = {
      {"colour", "colour"},
      {"col\\u202eour", "colour"},
      {"col\\u001b[31m\\nour", "col [31m our"},
      {"\\u202e\\u0007", "body"},
      {"", "body"},
      {"a-name-of-more-bytes-than-sixty-four-is-not-repeated-in-the-error-at-all", "body"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct thing t;
    str text = arena_printf(memory, "{\"name\":\"a\",\"%s\":1}", cases[i].name);
    err e = json_decode_exact(&thing_shape, text, memory, &t, NULL);
    assert_int_equal(e.code, ERR_INVALID_FIELD);
    assert_string_equal(e.field, cases[i].field);
  }
}

static void a_field_nobody_reads_harms_nothing(void **state) {
  (void)state;
  struct thing t;
  str text = S("\xEF\xBB\xBF{\"ts\":18446744073709551616,\"junk\":\"\\udfff\",\"name\":\"cut \\ud83d\",\"count\":7}");
  assert_int_equal(json_decode(&thing_shape, text, memory, &t, NULL).code, ERR_NONE);
  assert_int_equal(t.count, 7);
  assert_true(str_eq(t.name, S("cut \uFFFD")));
}

static str nested(int levels);

static void a_field_nested_too_deep_costs_only_itself(void **state) {
  (void)state;
  struct thing t;
  str deep = nested(JSON_DEPTH_MAX + 10);
  str text = arena_printf(memory, "{\"junk\":%.*s,\"j2\":[[\"]\\\"[\",%.*s]],\"name\":\"whole\",\"count\":7}",
                          STR_ARG(deep), STR_ARG(deep));
  assert_int_equal(json_decode(&thing_shape, text, memory, &t, NULL).code, ERR_NONE);
  assert_int_equal(t.count, 7);
  assert_true(str_eq(t.name, S("whole")));
}

static str nested(int levels) {
  char *p = arena_alloc(memory, (size_t)levels * 2);
  memset(p, '[', (size_t)levels);
  memset(p + levels, ']', (size_t)levels);
  return (str){p, (size_t)levels * 2};
}

static void parsing_bounds_depth_and_size(void **state) {
  (void)state;
  json_t *v;
  assert_int_equal(json_parse(nested(JSON_DEPTH_MAX), 1000, &v).code, ERR_NONE);
  json_decref(v);
  assert_int_equal(json_parse(nested(500000), 2000000, &v).code, ERR_NONE);
  const json_t *inner = v;
  for (int level = 1; level < JSON_DEPTH_MAX; level++) inner = json_array_get(inner, 0);
  assert_int_equal(json_array_size(inner), 1);
  assert_true(json_is_null(json_array_get(inner, 0)));
  json_decref(v);
  assert_int_equal(json_parse(str_sub(nested(40), 0, 79), 1000, &v).code, ERR_BAD_JSON); /* one bracket is missing */
  assert_int_equal(json_parse(S("[1,2]"), 4, &v).code, ERR_TOO_LARGE);
  assert_int_equal(json_parse(S("\"[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), 100, &v).code, ERR_NONE);
  assert_true(json_is_string(v)); /* brackets in a string are no depth */
  json_decref(v);
  assert_int_equal(json_parse(STR_NONE, 100, &v).code, ERR_BAD_JSON);
}

struct fat {
  struct json_list items;
  char padding[4000];
};
static const struct json_field fat_fields[1];
static JSON_SHAPE(fat_shape, "Fat", struct fat, fat_fields, NULL);
static const struct json_field fat_fields[1] = {{"items", JSON_LIST, 0, AT(fat, items), .shape = &fat_shape}};

static void a_short_text_cannot_claim_much_memory(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 20);
  buf_add(&b, S("{\"items\":[{}"));
  for (int i = 0; i < 20000; i++) buf_add(&b, S(",{}"));
  buf_add(&b, S("]}"));
  struct fat f;
  err e = json_decode(&fat_shape, buf_borrow(&b), memory, &f, NULL);
  assert_int_equal(e.code, ERR_INVALID_FIELD);
  assert_string_equal(e.field, "items");
  buf_free(&b);
}

static void encoding_writes_none_as_the_flags_say(void **state) {
  (void)state;
  struct thing t = {.color = -1, .shade = 3 /* a skipped name */, .offset = -1};
  str got = encoded(&thing_shape, &t, JSON_SNAKE);
  assert_string_equal(
      got.ptr, "{\"on\":false,\"count\":0,\"width\":null,\"id\":0,\"parent_id\":null,"
               "\"at\":\"1970-01-01T00:00:00.000Z\",\"closed_at\":null,\"name\":\"\",\"note\":null,\"color\":null,"
               "\"shade\":null,\"origin\":null,\"points\":[],\"numbers\":null,\"extra\":null}");
}

static void encoding_writes_every_type_in_both_cases(void **state) {
  (void)state;
  struct point points[] = {{1, 2, STR_NONE}, {INT64_MIN, 0, S("z\"\\\x01/\x7f")}};
  str words[] = {S("a"), S("\xff"
                           "b")};
  int64_t numbers[] = {INT64_MAX, -1};
  struct thing t = {.on = true,
                    .count = 3,
                    .width = 640,
                    .offset = 0,
                    .id = 5,
                    .parent_id = 6,
                    .at = 1769855696789,
                    .closed_at = 1,
                    .name = S("n"),
                    .note = S(""),
                    .alias = S("x"),
                    .color = BLUE,
                    .shade = RED,
                    .origin = &points[0],
                    .end = &points[0],
                    .points = {points, 2},
                    .words = {words, 2},
                    .numbers = {numbers, 2},
                    .extra = S("{\"snake_case\":1}"),
                    .history = S("[]")};
  str got = encoded(&thing_shape, &t, JSON_CAMEL);
  assert_string_equal(
      got.ptr,
      "{\"on\":true,\"count\":3,\"width\":640,\"offset\":0,\"id\":5,\"parentId\":6,\"at\":\"2026-01-31T10:34:56.789Z\","
      "\"closedAt\":\"1970-01-01T00:00:00.001Z\",\"name\":\"n\",\"note\":\"\",\"aliasName\":\"x\",\"color\":\"blue\","
      "\"shade\":\"red\",\"origin\":{\"x\":1,\"y\":2},\"end\":{\"x\":1,\"y\":2},\"points\":[{\"x\":1,\"y\":2},"
      "{\"x\":-9223372036854775808,\"y\":0,\"label\":\"z\\\"\\\\\\u0001/\x7f\"}],\"words\":[\"a\",\"\xEF\xBF\xBD"
      "b\"],"
      "\"numbers\":[9223372036854775807,-1],\"extra\":{\"snake_case\":1},\"history\":[]}");
  buf b;
  buf_init(&b, 100);
  json_encode_list(&b, &point_shape, points, 2, JSON_SNAKE);
  assert_false(b.overflow);
  buf_clear(&b);
  json_encode_list(&b, &point_shape, NULL, 0, JSON_SNAKE);
  assert_true(str_eq(buf_borrow(&b), S("[]")));
  buf_free(&b);
  buf_init(&b, 10);
  json_encode(&b, &thing_shape, &t, JSON_SNAKE);
  assert_true(b.overflow); /* an answer over its limit is flagged, not cut in silence */
  buf_free(&b);
}

static str stored(const struct json_shape *shape, const void *value) {
  buf b;
  buf_init(&b, 1 << 16);
  json_encode_stored(&b, shape, value);
  str s = arena_dup(memory, buf_borrow(&b));
  buf_free(&b);
  return s;
}

/* Absent when it is refused. */
static str expanded(const struct json_shape *shape, str text) {
  buf b;
  buf_init(&b, 1 << 16);
  str s = json_expand(&b, shape, text) ? arena_dup(memory, buf_borrow(&b)) : STR_NONE;
  buf_free(&b);
  return s;
}

static void the_stored_form_leaves_out_what_says_nothing(void **state) {
  (void)state;
  struct point points[] = {{1, 0, STR_NONE}, {0, 2, S("b")}};
  struct thing t = {.color = GREEN,
                    .shade = -1,
                    .offset = -1,
                    .at = 1769855696789,
                    .note = S(""),
                    .points = {points, 2},
                    .origin = &points[0]};
  assert_string_equal(stored(&thing_shape, &t).ptr,
                      "{\"at\":1769855696789,\"note\":\"\",\"color\":\"green\",\"origin\":{\"x\":1},"
                      "\"points\":[{\"x\":1},{\"y\":2,\"label\":\"b\"}]}");
}

/* Law: the stored form, expanded, is the full form; so is the full form itself. */
static void expanding_gives_back_the_full_form(void **state) {
  (void)state;
  static const struct point one = {3, -4, STR_INIT("quote \" brace }] \\")};
  static const int64_t numbers[] = {0, -1, INT64_MAX};
  static const str words[] = {STR_INIT(""), STR_INIT("a,b")};
  uint64_t seed = 88172645463325252u;
  for (int i = 0; i < 5000; i++) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    uint64_t r = seed;
#define PICK(bit, yes, no) ((r >> (bit)) & 1 ? (yes) : (no))
    struct thing t = {.on = PICK(0, true, false),
                      .count = PICK(1, 7, 0),
                      .width = PICK(2, 640, 0),
                      .offset = PICK(3, 0, -1),
                      .id = PICK(4, 5, 0),
                      .parent_id = PICK(5, 6, 0),
                      .at = PICK(6, 1769855696789, 0),
                      .closed_at = PICK(7, 1, 0),
                      .name = PICK(8, S("\xd1\x91"), STR_NONE),
                      .note = PICK(9, S(""), STR_NONE),
                      .alias = PICK(10, S("\\"), STR_NONE),
                      .color = PICK(11, RED, -1),
                      .shade = PICK(12, BLUE, -1),
                      .origin = PICK(13, &one, NULL),
                      .end = PICK(14, &one, NULL),
                      .points = {PICK(15, &one, NULL), PICK(15, 1, 0)},
                      .words = {PICK(16, words, NULL), PICK(16, 2, 0)},
                      .numbers = {PICK(17, numbers, NULL), PICK(17, 3, 0)},
                      .extra = PICK(18, S("{\"a\":[1,{\"b\":\"]\"}]}"), STR_NONE),
                      .history = PICK(19, S("[]"), STR_NONE)};
#undef PICK
    str full = encoded(&thing_shape, &t, JSON_SNAKE), short_form = stored(&thing_shape, &t);
    assert_true(short_form.len <= full.len);
    assert_string_equal(expanded(&thing_shape, short_form).ptr, full.ptr);
    assert_string_equal(expanded(&thing_shape, full).ptr, full.ptr);
  }
}

static void what_another_version_stored_is_read(void **state) {
  (void)state;
  static const struct {
    const char *why, *text, *full; /* full NULL: refused */
  } cases[] = {
      {"in another order", "{\"label\":\"a\",\"y\":2,\"x\":1}", "{\"x\":1,\"y\":2,\"label\":\"a\"}"},
      {"a field that was dropped since", "{\"x\":1,\"z\":{\"x\":[\"}\"]},\"y\":2}", "{\"x\":1,\"y\":2}"},
      {"with spaces", " { \"x\" : 1 , \"y\" : 2 } ", "{\"x\":1,\"y\":2}"},
      {"nothing", "{}", "{\"x\":0,\"y\":0}"},
      {"nothing, with spaces", " {} ", "{\"x\":0,\"y\":0}"},
      {"cut off", "{\"x\":1,\"y\":", NULL},
      {"cut off behind a member", "{\"x\":1", NULL},
      {"no object", "[1]", NULL},
      {"empty", "", NULL},
      {"something behind", "{\"x\":1}}", NULL},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    str got = expanded(&point_shape, str_c(cases[i].text));
    if (!cases[i].full && got.ptr) fail_msg("%s: taken as %s", cases[i].why, got.ptr);
    if (cases[i].full) assert_string_equal(got.ptr ? got.ptr : cases[i].why, cases[i].full);
  }
}

static void the_contract_is_printed(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 16);
  json_print_typescript(&b, &point_shape);
  json_print_typescript_enum(&b, &color_names);
  buf_add_char(&b, 0);
  assert_string_equal(b.ptr, "export interface Point {\n  x: number\n  y: number\n  /** What the map shows. */\n"
                             "  label?: string\n}\nexport type Color = \"red\" | \"green\" | \"blue\" | \"black\"\n");
  buf_clear(&b);
  json_print_typescript(&b, &thing_shape);
  buf_add_char(&b, 0);
  assert_string_equal(b.ptr,
                      "/** A shape with every type. */\nexport interface Thing {\n  on: boolean\n  count: number\n"
                      "  width: number | null\n  offset?: number\n  /** Given by * / the database. */\n  id: number\n"
                      "  parent_id: number | null\n  at: string\n  closed_at: string | null\n  name: string\n"
                      "  note: string | null\n  alias_name?: string | null\n  color: Color\n  shade: Color | null\n"
                      "  origin: Point | null\n  end?: Point\n  points: Point[]\n  words?: string[]\n"
                      "  numbers: number[] | null\n  extra: unknown | null\n  history?: Point[]\n}\n");
  buf_free(&b);
}

static void a_long_union_is_wrapped(void **state) {
  (void)state;
  static const char *const words[] = {"mention", "hashtag",      "cashtag", "bot_command", "url",
                                      "email",   "phone_number", "bold",    "italic",      "underline",
                                      "spoiler", "blockquote",   "code"};
  static const struct json_enum e = {"EntityType", words, JSON_COUNT(words), NULL};
  buf b;
  buf_init(&b, 4096);
  json_print_typescript_enum(&b, &e);
  buf_add_char(&b, 0);
  assert_string_equal(
      b.ptr, "export type EntityType =\n  | \"mention\" | \"hashtag\" | \"cashtag\" | \"bot_command\" | \"url\" "
             "| \"email\" | \"phone_number\" | \"bold\" | \"italic\"\n  | \"underline\" | \"spoiler\" | "
             "\"blockquote\" | \"code\"\n");
  buf_free(&b);
}

static void the_schema_is_valid_json_with_references(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 16);
  json_print_schema(&b, &thing_shape, "#/c/", JSON_WRITTEN);
  json_t *v;
  assert_int_equal(json_parse(buf_borrow(&b), 1 << 16, &v).code, ERR_NONE);
  json_t *p = json_object_get(v, "properties");
  assert_int_equal(json_object_size(p), JSON_COUNT(thing_fields));
  static const struct {
    const char *field, *text, *why;
  } rows[] = {
      {"count", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,\"maximum\":100}", "bounds"},
      {"width", "{\"type\":[\"integer\",\"null\"],\"format\":\"int64\",\"minimum\":1}",
       "nullable; no maximum but the type's"},
      {"at", "{\"type\":\"string\",\"format\":\"date-time\"}", "a time"},
      {"name", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":5}", "lengths"},
      {"shade", "{\"type\":[\"string\",\"null\"],\"enum\":[\"red\",\"green\",\"blue\",\"black\",null]}",
       "nullable enum"},
      {"origin", "{\"anyOf\":[{\"$ref\":\"#/c/Point\"},{\"type\":\"null\"}]}", "by reference, or null"},
      {"end", "{\"allOf\":[{\"$ref\":\"#/c/Point\"}]}", "by reference"},
      {"points", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/c/Point\"},\"maxItems\":3}", "a list"},
      {"extra", "{\"title\":\"any JSON\"}", "raw"},
      {"history", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/c/Point\"}}", "raw with a known shape"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    char *text = json_dumps(json_object_get(p, rows[i].field), JSON_COMPACT);
    if (strcmp(text, rows[i].text) != 0) fail_msg("%s: %s is %s", rows[i].why, rows[i].field, text);
    free(text);
  }
  assert_int_equal(json_array_size(json_object_get(v, "required")), JSON_COUNT(thing_fields) - 5);
  json_decref(v);
  buf_free(&b);
}

struct named {
  str id;
};
static const struct json_field named_fields[] = {
    {"id", JSON_STRING, JSON_REQUIRED | JSON_DIGITS, AT(named, id)},
};
static JSON_SHAPE(named_shape, "Named", struct named, named_fields, NULL);

static void digits_are_taken_where_a_field_says_so(void **state) {
  (void)state;
  static const struct {
    const char *text, *id, *why;
  } cases[] = {
      {"{\"id\":\"007\"}", "007", "text stays as it is"},
      {"{\"id\":7}", "7", "a number is its digits"},
      {"{\"id\":-9223372036854775808}", "-9223372036854775808", "the smallest"},
      {"{\"id\":9223372036854775807}", "9223372036854775807", "the largest"},
      {"{\"id\":9223372036854775808}", NULL, "one more"},
      {"{\"id\":7.0}", NULL, "no whole number"},
      {"{\"id\":true}", NULL, "no number"},
      {"{\"id\":null}", NULL, "nothing"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct named out;
    err e = json_decode(&named_shape, str_c(cases[i].text), memory, &out, NULL);
    if (err_is(e) != !cases[i].id) fail_msg("%s", cases[i].why);
    if (cases[i].id) assert_true(str_eq(out.id, str_c(cases[i].id)));
  }
  buf schema;
  buf_init(&schema, 1024);
  json_print_schema(&schema, &named_shape, "#/", JSON_TAKEN);
  assert_true(str_contains(buf_borrow(&schema), S("{\"type\":[\"string\",\"integer\"]}")));
  buf_free(&schema);
}

static const char *const mood_texts[] = {"calm", "cross"};
static const struct json_alias mood_aliases[] = {{"angry", 1}, {NULL, 0}};
static const struct json_enum mood_names = {"Mood", mood_texts, 2, mood_aliases};
struct sign {
  str login;
  int mood;
};
static const struct json_field sign_fields[] = {
    {.name = "login",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL | JSON_TRIM,
     .offset = offsetof(struct sign, login),
     .max = 8,
     .pattern = "^([a-z]+)?$",
     .handler_rule = "Nobody else's."},
    {.name = "mood",
     .type = JSON_ENUM,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct sign, mood),
     .names = &mood_names},
};
static JSON_SHAPE(sign_shape, "Sign", struct sign, sign_fields, NULL);

static void a_pattern_is_checked_and_printed(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum err_code code;
    const char *why;
  } rows[] = {
      {"{\"mood\":\"calm\",\"login\":\" ann \"}", ERR_NONE, "after the spaces are dropped"},
      {"{\"mood\":\"angry\",\"login\":\"\"}", ERR_NONE, "where the pattern takes nothing, and by another name"},
      {"{\"mood\":\"calm\",\"login\":\"Ann\"}", ERR_INVALID_FIELD, "a letter that is not in it"},
      {"{\"mood\":\"calm\",\"login\":\"ann\\nbob\"}", ERR_INVALID_FIELD, "its ends are the text's, not a line's"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct sign out;
    err e = json_decode(&sign_shape, str_c(rows[i].text), memory, &out, NULL);
    if (e.code != rows[i].code) fail_msg("%s: %s", rows[i].why, err_is(e) ? err_message(&e) : "taken");
  }
  static const struct {
    enum json_way way;
    const char *wanted;
  } printed[] = {
      {JSON_TAKEN,
       "{\"type\":\"object\",\"properties\":{\"login\":{\"type\":\"string\",\"maxLength\":8,\"x-trimmed\":true,"
       "\"pattern\":\"^([a-z]+)?$\",\"x-handler-rule\":\"Nobody else's.\"},\"mood\":{\"type\":\"string\",\"enum\":["
       "\"calm\",\"cross\",\"angry\"]}},\"required\":[\"mood\"]}"},
      {JSON_TAKEN_EXACT,
       "{\"type\":\"object\",\"properties\":{\"login\":{\"type\":\"string\",\"maxLength\":8,\"x-trimmed\":true,"
       "\"pattern\":\"^([a-z]+)?$\",\"x-handler-rule\":\"Nobody else's.\"},\"mood\":{\"type\":\"string\",\"enum\":["
       "\"calm\",\"cross\",\"angry\"]}},\"required\":[\"mood\"],\"additionalProperties\":false}"},
      {JSON_WRITTEN,
       "{\"type\":\"object\",\"properties\":{\"login\":{\"type\":\"string\",\"maxLength\":8},\"mood\":{\"type\":"
       "\"string\",\"enum\":[\"calm\",\"cross\"]}},\"required\":[\"mood\"]}"},
  };
  for (size_t i = 0; i < JSON_COUNT(printed); i++) {
    buf b;
    buf_init(&b, 1 << 12);
    json_print_schema(&b, &sign_shape, "#/", printed[i].way);
    assert_int_equal(b.len, strlen(printed[i].wanted));
    assert_memory_equal(buf_borrow(&b).ptr, printed[i].wanted, b.len);
    buf_free(&b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digits_are_taken_where_a_field_says_so),
      cmocka_unit_test(a_number_is_read_and_written_as_it_is),
      cmocka_unit_test(decoding_refuses_with_the_field_and_the_reason),
      cmocka_unit_test(unknown_fields_of_nested_objects_are_refused_too),
      cmocka_unit_test(decoding_fills_every_type),
      cmocka_unit_test(one_bad_value_costs_only_itself),
      cmocka_unit_test(a_long_number_is_no_burden),
      cmocka_unit_test(a_field_nested_too_deep_costs_only_itself),
      cmocka_unit_test(the_name_of_an_unknown_field_is_clean_in_the_error),
      cmocka_unit_test(a_field_nobody_reads_harms_nothing),
      cmocka_unit_test(parsing_bounds_depth_and_size),
      cmocka_unit_test(a_short_text_cannot_claim_much_memory),
      cmocka_unit_test(encoding_writes_none_as_the_flags_say),
      cmocka_unit_test(encoding_writes_every_type_in_both_cases),
      cmocka_unit_test(the_stored_form_leaves_out_what_says_nothing),
      cmocka_unit_test(expanding_gives_back_the_full_form),
      cmocka_unit_test(what_another_version_stored_is_read),
      cmocka_unit_test(the_contract_is_printed),
      cmocka_unit_test(a_long_union_is_wrapped),
      cmocka_unit_test(the_schema_is_valid_json_with_references),
      cmocka_unit_test(a_pattern_is_checked_and_printed),
  };
  return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
