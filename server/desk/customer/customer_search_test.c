/* Search folds alike on both engines: case, accents, ё and е; whether the customer or the searcher writes them. */
#include "desk/desk_fixture.h"

struct search_ctx {
  str query;
  int64_t *ids;
  size_t count;
  bool more;
  arena *arena;
};

static err look(db_conn *c, void *arg) {
  struct search_ctx *s = arg;
  return customer_search(c, s->query, 100, s->arena, &s->ids, &s->count, &s->more);
}

static void names_are_found_however_they_are_written(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *why, *name, *query;
    bool found;
  } rows[] = {
      {"as it is", "Anna", "Anna", true},
      {"in another case", "АННА", "анна", true},
      {"a prefix", "Johannes", "joh", true},
      {"not from within", "Johannes", "hannes", false},
      {"yo asked as ye", "Артём Ёлкин", "артем елк", true},
      {"ye asked as yo", "Артем Елкин", "Артём", true},
      {"short i stays apart", "Йод", "иод", false},
      {"a Latin accent in the name", "José Ñandú", "jose nandu", true},
      {"a Latin accent in the question", "Jose", "José", true},
      {"a combining accent", "Jose\xcc\x81", "josé", true},
      {"a stroke", "Łódź", "lodz", true},
      {"a stroke on both sides", "Łódź", "Łód", true},
      {"another stroke", "Søren Đorđe", "soren dorde", true},
      {"Greek with tonos", "Ελένη", "ελενη", true},
      {"Greek capitals", "ΕΛΈΝΗ", "ελένη", true},
      {"the dotless i", "Işık", "isik", true},
      {"somebody else", "Boris", "anna", false},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct inbound_message m = fixture_text(arena_printf(f->arena, "%zu", i).ptr, "Hello");
    m.from.external_id = arena_printf(f->arena, "u%zu", i);
    m.from.name = str_c(rows[i].name);
    m.from.username = STR_NONE;
    assert_ok(fixture_receive(f, &m));
    int64_t id = fixture_number(f, "SELECT max(id) FROM customer");
    struct search_ctx s = {.query = str_c(rows[i].query), .arena = f->arena};
    assert_ok(db_read(f->desk.db, look, &s));
    bool found = false;
    for (size_t k = 0; k < s.count; k++) found = found || s.ids[k] == id;
    if (found != rows[i].found) fail_msg("%s: %s", rows[i].why, found ? "found" : "not found");
  }
}

/* A customer who changes the name is found by the new one only. */
static void a_changed_name_is_found_anew(void **state) {
  struct fixture *f = *state;
  static const char *const names[] = {"Артём", "Łukasz"};
  for (int i = 0; i < 2; i++) {
    struct inbound_message m = fixture_text(i ? "2" : "1", "Hello");
    m.from.name = str_c(names[i]);
    m.from.username = STR_NONE;
    assert_ok(fixture_receive(f, &m));
  }
  struct search_ctx s = {.query = S("артем"), .arena = f->arena};
  assert_ok(db_read(f->desk.db, look, &s));
  assert_int_equal(s.count, 0);
  s.query = S("lukasz");
  assert_ok(db_read(f->desk.db, look, &s));
  assert_int_equal(s.count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(names_are_found_however_they_are_written),
      ON_BOTH(a_changed_name_is_found_anew),
  };
  return FIXTURE_RUN(tests);
}
