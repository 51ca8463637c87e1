/* The table of update kinds against the Bot API's own list. */
#include "edge/telegram/in/tg_kinds.h"

#include "base/jansson.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena_fixture.h"

/* The simulator's copy of the specification. */
static const char spec_path[] = "tests/telegram/spec.json";

static void every_kind_of_the_bot_api_has_a_row(void **state) {
  (void)state;
  json_error_t why;
  json_t *spec = json_load_file(spec_path, 0, &why);
  if (!spec) {
    fprintf(stderr, "# SKIPPED: %s is not there; run the tests in the project's folder\n", spec_path);
    skip();
  }
  json_t *fields = json_object_get(json_object_get(json_object_get(spec, "types"), "Update"), "fields");
  const char *name;
  json_t *field;
  size_t count = 0;
  json_object_foreach(fields, name, field) {
    if (strcmp(name, "update_id") == 0) continue;
    if (tg_update_handling_of(str_c(name)) == TG_UPDATE_UNKNOWN) fail_msg("%s has no row in spec/updates.tbl", name);
    count++;
  }
  assert_int_equal(count, 27);
  json_decref(spec);
}

static void what_is_asked_for_is_printed_from_the_table(void **state) {
  (void)state;
  str all = tg_allowed_updates(a);
  assert_true(str_eq(all, S("[\"message\",\"edited_message\",\"business_connection\",\"business_message\","
                            "\"edited_business_message\",\"deleted_business_messages\",\"message_reaction\","
                            "\"message_reaction_count\",\"callback_query\",\"poll\",\"my_chat_member\"]")));
  static const struct {
    const char *allowed;
    bool ours;
    const char *why;
  } rows[] = {
      {NULL, false, "Telegram's default"},
      {"[]", false, "none"},
      {"[\"message\"]", false, "too few"},
      {"[\"my_chat_member\",\"callback_query\",\"deleted_business_messages\",\"edited_business_message\","
       "\"business_message\",\"business_connection\",\"edited_message\",\"message_reaction_count\","
       "\"message_reaction\",\"message\",\"poll\"]",
       true, "in another order"},
      {"[\"my_chat_member\",\"callback_query\",\"deleted_business_messages\",\"edited_business_message\","
       "\"business_message\",\"business_connection\",\"edited_message\",\"message_reaction_count\","
       "\"message_reaction\",\"message\",\"poll\",\"poll_answer\"]",
       false, "one that is not asked for"},
      {"[7]", false, "no kinds at all"},
  };
  assert_true(tg_asks_for_ours(all));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (tg_asks_for_ours(str_c(rows[i].allowed)) != rows[i].ours) fail_msg("%s", rows[i].why);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_kind_of_the_bot_api_has_a_row, begin, end),
      cmocka_unit_test_setup_teardown(what_is_asked_for_is_printed_from_the_table, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
