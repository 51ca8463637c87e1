/* The join of two operators, and who may link an account, on both engines. */
#include "desk/link/link.h"

#include "desk/desk_fixture.h"

enum { HOUR_MS = 3600 * 1000 };

struct joining_ctx {
  struct fixture *f;
  int64_t from, to, by;
  enum link_outcome outcome;
  str code, name, external_id;
};

static err join(db_conn *c, void *arg) {
  struct joining_ctx *x = arg;
  return link_join(&x->f->desk, c, x->from, x->to, x->by, STR_NONE);
}

static int64_t person(struct fixture *f, const char *login) {
  int64_t id = fixture_operator(f, login);
  fixture_exec(f, arena_printf(f->arena, "UPDATE operator SET password_hash = '' WHERE id = %lld", (long long)id).ptr);
  return id;
}

static void command(struct fixture *f, enum conversation_verb what, int64_t by, int64_t target) {
  struct conversation_command o = {.conversation_id = 1,
                                   .by = {.kind = ACTOR_OPERATOR, .role = ROLE_ADMIN, .id = by},
                                   .command = what,
                                   .target = target};
  struct conversation_row row;
  assert_ok(conversation_command(&f->desk, &o, f->arena, &row));
}

static void all_that_names_an_operator_follows_and_a_snooze_goes_on(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), tg = person(f, "tg-5"), count = 0;
  struct actor there = actor_operator(tg);
  struct joining_ctx x = {.f = f, .from = tg, .to = ann, .by = ann};
  fixture_writes(f, "5", "Hello");
  command(f, COMMAND_TAKE, tg, 0);
  command(f, COMMAND_UNASSIGN, tg, 0);
  command(f, COMMAND_ASSIGN, ann, tg);
  struct reply reply = {.conversation_id = 1,
                        .by = {.kind = ACTOR_OPERATOR, .role = ROLE_OPERATOR, .id = tg},
                        .text = S("Hi"),
                        .client_id = S("tg:1:2"),
                        .reply_to = 0,
                        .kind = MESSAGE_TEXT};
  struct message_row out;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &reply, f->arena, &out, &repeated));
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO message_edit (message_id, kind, text, entities, replaced_at, operator_id) "
                               "VALUES (%lld, 'text', 'Ho', '[]', 1, %lld)",
                               (long long)out.id, (long long)tg)
                      .ptr);
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO audit (actor, actor_id, action, created_at) VALUES ('operator', %lld, "
                               "'settings.changed', 1)",
                               (long long)tg)
                      .ptr);
  assert_ok(conversation_mark_read(&f->desk, 1, &there, 0, &count));
  command(f, COMMAND_SNOOZE, tg, FIXTURE_START_MS + HOUR_MS);
  assert_ok(desk_write(&f->desk, join, &x));
  assert_rows(f, "SELECT status, assignee_id FROM conversation", "snoozed|1");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'conversation.wake'", "1");
  assert_rows(f,
              "SELECT action, operator_id, actor_id, target_operator_id FROM message WHERE kind = 'system' ORDER BY id",
              "taken|1|1|-\nunassigned|1|1|-\nassigned|1|1|1\nsnoozed|1|1|-");
  assert_rows(f, "SELECT operator_id, actor_id FROM message WHERE direction = 'out'", "1|1");
  assert_rows(f, "SELECT operator_id FROM message_edit", "1");
  assert_rows(f, "SELECT operator_id, read_count FROM read_mark WHERE operator_id = 1", "1|1");
  assert_rows(f, "SELECT count(*) FROM audit WHERE actor = 'operator' AND actor_id = 2", "0");
  assert_rows(f,
              "SELECT type, owner_id, former_owner_id FROM event WHERE type = 'chat_update' ORDER BY seq DESC LIMIT 1",
              "chat_update|1|2"); /* the panels of both hear of it */
}

static err look(db_conn *c, void *arg) {
  struct joining_ctx *x = arg;
  struct link_person who = {S(FIXTURE_CHANNEL), S("777"), x->external_id, STR_NONE};
  return link_look(&x->f->desk, c, &who, x->code, x->f->arena, &x->outcome, &x->name);
}

static err make(db_conn *c, void *arg) {
  struct joining_ctx *x = arg;
  char *code = arena_alloc(x->f->arena, LINK_CODE_SIZE + 1);
  int64_t expires_at;
  err e = link_code_make(&x->f->desk, c, x->to, code, &expires_at);
  x->code = str_c(code);
  return e;
}

static void who_may_link_an_account(void **state) {
  static const struct {
    const char *sentence, *prepare;
    enum link_outcome outcome;
    const char *name;
  } cases[] = {
      {"an unknown account", "SELECT 1", LINK_DONE, "ann"},
      {"of somebody who can sign in", "UPDATE operator_identity SET operator_id = 3", LINK_TAKEN, "ann"},
      {"known from the room, with nothing done", "UPDATE operator_identity SET operator_id = 2", LINK_DONE, "ann"},
      {"known from the room, with a conversation", "UPDATE conversation SET assignee_id = 2", LINK_KNOWN, "tg-5"},
      {"the same, deactivated", "UPDATE operator SET active = 0 WHERE id = 2", LINK_INACTIVE, "ann"},
      {"once of somebody who is deactivated",
       "DELETE FROM operator_identity; "
       "INSERT INTO operator_former_identity (channel, external_id, operator_id, removed_at) "
       "VALUES ('" FIXTURE_CHANNEL "', '5', 2, 1)",
       LINK_INACTIVE, "ann"},
      {"the same, active again", "UPDATE operator SET active = 1", LINK_DONE, "ann"},
      {"the code's own operator is deactivated", "UPDATE operator SET active = 0 WHERE id = 1", LINK_INACTIVE, "ann"},
      {"no such code", "DELETE FROM operator_link", LINK_UNKNOWN, ""},
  };
  struct fixture *f = *state;
  struct joining_ctx x = {.f = f, .to = fixture_operator(f, "ann"), .external_id = S("5")};
  person(f, "tg-5");
  fixture_operator(f, "bob");
  fixture_writes(f, "1", "Hello");
  assert_ok(desk_write(&f->desk, make, &x));
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    if (i == 1)
      fixture_exec(f, "INSERT INTO operator_identity (channel, external_id, operator_id, created_at) VALUES "
                      "('" FIXTURE_CHANNEL "', '5', 1, 1)");
    fixture_exec(f, cases[i].prepare);
    x.name = STR_NONE;
    assert_ok(desk_write(&f->desk, look, &x));
    if (x.outcome != cases[i].outcome || !str_eq(str_or_empty(x.name), str_c(cases[i].name)))
      fail_msg("%s: %d, \"%.*s\"", cases[i].sentence, (int)x.outcome, STR_ARG(x.name));
  }
}

static void a_code_has_its_exact_form(void **state) {
  (void)state;
  assert_true(link_is_code(S("link-abcdefghijklmnopqrstuvwx")));
  assert_true(link_is_code(S("link-ABCDEFGHIJ-_0123456789ab")));
  assert_false(link_is_code(S("link-abcdefghijklmnopqrstuvw")));
  assert_false(link_is_code(S("link-abcdefghijklmnopqrstuvwxy")));
  assert_false(link_is_code(S("link-shop")));
  assert_false(link_is_code(S("Link-abcdefghijklmnopqrstuvwx")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(all_that_names_an_operator_follows_and_a_snooze_goes_on),
      ON_BOTH(who_may_link_an_account),
      PURE(a_code_has_its_exact_form),
  };
  return FIXTURE_RUN(tests);
}
