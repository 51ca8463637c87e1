/* Where a long text is cut, and what becomes of its formatting. */
#include "desk/message/split.h"

#include "desk/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct cut {
  const char *why, *text, *pieces; /* pieces: joined by | */
  size_t first, rest;
};

static void it_is_cut_at_the_best_place(void **state) {
  (void)state;
  const struct cut cases[] = {
      {"short", "one two", "one two", 10, 10},
      {"paragraph before line", "one two\n\nthree\nfour five", "one two|three\nfour five", 15, 20},
      {"line before sentence", "A b. C d\ne f g h", "A b. C d|e f g h", 14, 20},
      {"sentence before word", "Ab cd. Ef gh ij", "Ab cd.|Ef gh ij", 12, 20},
      {"word", "alpha beta gamma", "alpha beta|gamma", 12, 12},
      {"a long word", "abcdefghij", "abcd|efgh|ij", 4, 4},
      {"the first piece is shorter", "aa bb cc dd ee", "aa bb|cc dd ee", 6, 20},
      {"not inside a pair of surrogates", "😀😀😀", "😀|😀|😀", 3, 3},
      {"not inside a joined character", "a👩‍👩b", "a|👩‍👩b", 4, 6},
      {"not between a letter and its mark", "abc\u0301d", "ab|c\u0301d", 3, 3},
      {"not inside a flag", "🇩🇪🇫🇷", "🇩🇪|🇫🇷", 6, 6},
      {"blank pieces are left out", "aa\n\n\n\n\n\n\n\nbb", "aa|bb", 4, 4},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct text_piece *pieces;
    size_t count;
    buf joined;
    buf_init(&joined, 4096);
    text_split(str_c(cases[i].text), NULL, 0, cases[i].first, cases[i].rest, a, &pieces, &count);
    for (size_t k = 0; k < count; k++) {
      if (k) buf_add_char(&joined, '|');
      buf_add(&joined, pieces[k].text);
      assert_true(str_utf16_count(pieces[k].text) <= (k ? cases[i].rest : cases[i].first));
    }
    if (!str_eq(buf_borrow(&joined), str_c(cases[i].pieces)))
      fail_msg("%s: %.*s, not %s", cases[i].why, STR_ARG(buf_borrow(&joined)), cases[i].pieces);
    buf_free(&joined);
  }
  arena_free(&a);
}

static struct entity entity(const char *type, int64_t offset, int64_t length) {
  return (struct entity){.type = names_find(&entity_type_names, str_c(type)), .offset = offset, .length = length};
}

static void formatting_goes_with_its_words(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct text_piece *pieces;
  size_t count;
  /* The cut would fall between the words of the link, so it is made before it. */
  struct entity link[] = {entity("bold", 0, 3), entity("italic", 9, 9)};
  text_split(S("one two, three four end"), link, 2, 16, 20, a, &pieces, &count);
  assert_int_equal(count, 2);
  assert_true(str_eq(pieces[0].text, S("one two,")));
  assert_int_equal(pieces[0].entity_count, 1);
  assert_true(str_eq(pieces[1].text, S("three four end")));
  assert_int_equal(pieces[1].entities[0].offset, 0);
  assert_int_equal(pieces[1].entities[0].length, 9);
  /* One that is itself too long goes on in the next piece; code keeps its indentation. */
  struct entity code[] = {entity("pre", 0, 23)};
  text_split(S("first line\n  second line"), code, 1, 12, 20, a, &pieces, &count);
  assert_int_equal(count, 2);
  assert_true(str_eq(pieces[0].text, S("first line")) && str_eq(pieces[1].text, S("  second line")));
  assert_int_equal(pieces[0].entities[0].length, 10);
  assert_int_equal(pieces[1].entities[0].offset, 0);
  arena_free(&a);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_cut_at_the_best_place),
      cmocka_unit_test(formatting_goes_with_its_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
