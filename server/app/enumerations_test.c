/* No CHECK in SQL names an enumeration (SQLite could not change it): the tables in code do, and this looks at the data. */
#include "desk/audit/audit.h"
#include "desk/bus/bus.h"
#include "desk/desk_fixture.h"
#include "desk/job/job.h"
#include "desk/names.h"
#include "desk/operator/operator.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff_topic.h"

static const struct {
  const char *table, *column;
  const struct json_enum *names;
} columns[] = {
    {"operator", "role", &operator_role_names},
    {"operator", "status", &operator_status_names},
    {"conversation", "status", &conversation_status_names},
    {"message", "direction", &message_direction_names},
    {"message", "kind", &message_kind_names},
    {"message", "action", &message_action_names},
    {"message", "delivery", &message_delivery_names},
    {"message", "origin", &message_origin_names},
    {"message", "actor", &actor_names},
    {"message_edit", "kind", &message_kind_names},
    {"file", "state", &file_state_names},
    {"event", "actor", &actor_names},
    {"event", "subject", &subject_names},
    {"event", "audience", &audience_names},
    {"audit", "actor", &actor_names},
    {"audit", "action", &audit_action_names},
    {"staff_topic", "state", &staff_topic_state_names},
    {"job", "kind", &job_kind_names},
    {"job", "state", &job_state_names},
    {"job", "subject", &subject_names},
};

/* The first value that its table does not know, as "message.kind=hologram"; absent when there is none. */
static str find_unknown(struct fixture *f) {
  for (size_t i = 0; i < JSON_COUNT(columns); i++) {
    const char *table = columns[i].table, *column = columns[i].column;
    str sql = arena_printf(f->arena, "SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL", column, table, column);
    for (str rest = fixture_ask(f, sql.ptr); rest.len;) {
      str value = str_cut(&rest, '\n');
      if (names_find(columns[i].names, value) < 0)
        return arena_printf(f->arena, "%s.%s=%.*s", table, column, STR_ARG(value));
    }
  }
  return STR_NONE;
}

static void order(struct fixture *f, int64_t by, enum conversation_verb what) {
  struct conversation_command o = {.conversation_id = 1, .by = actor_operator(by), .command = what};
  struct conversation_row row;
  assert_ok(conversation_command(&f->desk, &o, f->arena, &row));
}

static void what_the_desk_writes_is_in_its_tables(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "1", "Hello");
  struct reply r = {.conversation_id = 1, .by = actor_operator(ann), .text = S("Hi"), .in_staff_group = true};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  order(f, ann, COMMAND_CLOSE);
  struct inbound_message edit = fixture_text("1", "Hello?");
  assert_ok(fixture_edit(f, &edit));
  assert_str(str_or_empty(find_unknown(f)), "");
  /* No CHECK refuses these: this test has to find them. */
  fixture_exec(f, "UPDATE event SET audience = 'crowd' WHERE seq = 1");
  assert_str(str_or_empty(find_unknown(f)), "event.audience=crowd");
  fixture_exec(f, "UPDATE message SET kind = 'hologram' WHERE id = 1");
  assert_str(str_or_empty(find_unknown(f)), "message.kind=hologram");
}

/* Whatever a customer says counts and waits; what a channel tells of the chat does neither. */
static void kinds_count_as_their_table_says(void **state) {
  struct fixture *f = *state;
  int64_t counted = 0;
  for (int kind = 0; kind < MESSAGE_KINDS; kind++) {
    if (kind == MESSAGE_SYSTEM_MESSAGE) continue; /* the desk's own: no channel brings one */
    struct inbound_message m = fixture_text(arena_printf(f->arena, "%d", kind + 10).ptr, "");
    m.kind = kind;
    m.content = S("thing");
    assert_ok(fixture_receive(f, &m));
    counted += message_kind_facts(kind)->counts;
    assert_int_equal(fixture_number(f, "SELECT inbound_count FROM conversation"), counted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(what_the_desk_writes_is_in_its_tables),
      ON_BOTH(kinds_count_as_their_table_says),
  };
  return FIXTURE_RUN(tests);
}
