/* The staff room, whatever channel has it: what is copied, what stands for what, who is who. */
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff_topic.h"

static const struct staff_place place = {STR_INIT("telegraph"), STR_INIT("9"), STR_INIT("-5")};
static const char rows[] = "SELECT queue, lane, subject_id, payload FROM job WHERE kind = 'outbox.copy' ORDER BY id";

static void open_room(struct fixture *f) {
  f->desk.staff = staff_new();
  staff_open(&f->desk, S("telegraph"), S("9"), STR_NONE);
}

static void answers(struct fixture *f, int64_t operator_id, bool in_room) {
  struct reply r = {
      .conversation_id = 1, .by = actor_operator(operator_id), .text = S("Hi"), .in_staff_group = in_room};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  assert_int_equal(m.origin, in_room ? ORIGIN_STAFF_GROUP : -1);
}

static void what_is_said_elsewhere_is_copied_in_the_transaction_that_says_it(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "4", "before there was a room");
  open_room(f);
  fixture_writes(f, "5", "Hello");
  fixture_writes(f, "5", "Hello"); /* known already */
  answers(f, ann, false);
  answers(f, ann, true);
  struct inbound_message m = fixture_text("5", "Hello you");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, rows,
              "outbox/telegraph/9|staff|2|-\noutbox/telegraph/9|staff|5|-\n"
              "outbox/telegraph/9|staff|2|{\"note\":\"edited\"}");
  staff_close(&f->desk);
  fixture_writes(f, "6", "to nobody");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job WHERE kind = 'outbox.copy'"), 3);
  staff_free(&f->desk.staff);
}

struct asking_ctx {
  struct fixture *f;
  str external_id, login;
  int64_t message_id;
  struct operator_row row;
};

static err note_both(db_conn *c, void *arg) {
  (void)arg;
  err e = staff_note(c, &(struct staff_note){&place, S("70"), 1, STAFF_COPY, STR_NONE, STR_NONE}, 1);
  if (!err_is(e)) e = staff_note(c, &(struct staff_note){&place, S("71"), 2, STAFF_REPLY, S("alb"), S("ru")}, 1);
  return err_is(e) ? e : staff_note(c, &(struct staff_note){&place, S("70"), 2, STAFF_COPY, STR_NONE, STR_NONE}, 1);
}
static err find(db_conn *c, void *arg) {
  struct asking_ctx *q = arg;
  return staff_find(c, &place, q->external_id, &q->message_id);
}
static err find_album(db_conn *c, void *arg) {
  struct asking_ctx *q = arg;
  return staff_find_album(c, &place, q->external_id, &q->message_id);
}
static err person(db_conn *c, void *arg) {
  struct asking_ctx *q = arg;
  struct staff_person who = {S("telegraph"), q->external_id, S("Maria"), q->login};
  return staff_person(&q->f->desk, c, &who, q->f->arena, &q->row);
}

static int64_t found(struct fixture *f, const char *external_id, db_fn fn) {
  struct asking_ctx q = {.f = f, .external_id = str_c(external_id)};
  assert_ok(db_read(f->desk.db, fn, &q));
  return q.message_id;
}

static void a_copy_stands_for_its_message_and_a_reply_only_for_its_album(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  fixture_writes(f, "6", "More");
  assert_ok(desk_write(&f->desk, note_both, NULL));
  assert_int_equal(found(f, "70", find), 1); /* the first note stands */
  assert_int_equal(found(f, "71", find), 0); /* talk among the staff */
  assert_int_equal(found(f, "72", find), 0);
  assert_int_equal(found(f, "alb", find_album), 2);
  assert_int_equal(found(f, "other", find_album), 0);
}

static void an_unknown_person_becomes_an_operator_who_cannot_sign_in(void **state) {
  struct fixture *f = *state;
  fixture_operator(f, "tg-1");
  struct asking_ctx q = {.f = f, .external_id = S("1"), .login = S("tg-1")};
  assert_ok(desk_write(&f->desk, person, &q));
  int64_t first = q.row.id;
  assert_str(q.row.login, "tg-1-2"); /* the wished one is somebody's */
  assert_str(q.row.name, "Maria");
  assert_true(q.row.active && !q.row.can_sign_in && q.row.role == ROLE_OPERATOR);
  assert_ok(desk_write(&f->desk, person, &q));
  assert_int_equal(q.row.id, first);
  str password = STR_NONE;
  assert_ok(operator_reset_password(&f->desk, first, 0, STR_NONE, f->arena, &password));
  assert_ok(desk_write(&f->desk, person, &q));
  assert_true(q.row.can_sign_in);
  assert_rows(f, "SELECT count(*) FROM audit WHERE action = 'operator.provisioned'", "1");
}

/* ---- topics ---- */

struct topic_ctx {
  struct staff_topic topic;
  str words;
  struct staff_colleague who[4];
  size_t count;
  bool found;
};
static err put_topic(db_conn *c, void *arg) { return staff_topic_put(c, &place, &((struct topic_ctx *)arg)->topic); }
static err name_colleagues(db_conn *c, void *arg) {
  struct topic_ctx *t = arg;
  return staff_colleagues(c, t->words, db_conn_arena(c), t->who, 4, &t->count);
}
static err is_namesake(db_conn *c, void *arg) {
  struct topic_ctx *t = arg;
  return staff_topic_is_namesake(c, &place, 2, S("Ann"), &t->found);
}

static void a_change_of_a_conversation_queues_one_new_name_at_most_once_a_minute(void **state) {
  struct fixture *f = *state;
  static const char names[] = "SELECT lane, subject, subject_id, due_at FROM job WHERE kind = 'outbox.topic'";
  open_room(f);
  fixture_writes(f, "5", "Hello");
  staff_open(&f->desk, S("telegraph"), S("9"), S("-5"));
  fixture_writes(f, "6", "no topic yet");
  assert_rows(f, names, "");
  int64_t now = f->clock.now_ms;
  struct topic_ctx t = {.topic = {.conversation_id = 1,
                                  .thread_id = 70,
                                  .state = STAFF_TOPIC_OPEN,
                                  .name = S("x"),
                                  .title = S("Ann"),
                                  .named_at = now - 20000}};
  assert_ok(desk_write(&f->desk, put_topic, &t));
  fixture_writes(f, "7", "one");
  fixture_writes(f, "8", "two");
  assert_rows(f, names, arena_printf(f->arena, "staff/1|conversation|1|%lld", (long long)now + 40000).ptr);
  fixture_exec(f, "DELETE FROM job WHERE kind = 'outbox.topic'");
  t.topic.named_at = 1;
  assert_ok(desk_write(&f->desk, put_topic, &t));
  fixture_writes(f, "9", "three");
  assert_rows(f, names,
              arena_printf(f->arena, "staff/1|conversation|1|%lld", (long long)now + STAFF_TOPIC_SETTLE_MS).ptr);
  fixture_exec(f, "DELETE FROM job WHERE kind = 'outbox.topic'");
  struct conversation_row row;
  struct conversation_command close = {
      .conversation_id = 1, .by = actor_operator(fixture_operator(f, "ann")), .command = COMMAND_CLOSE};
  assert_ok(conversation_command(&f->desk, &close, f->arena, &row));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job WHERE kind = 'outbox.topic'"), 1);
  assert_ok(db_read(f->desk.db, is_namesake, &t));
  assert_true(t.found);
  staff_free(&f->desk.staff);
}

static void a_colleague_is_named_by_login_username_or_name(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *words, *ids;
  } named[] = {
      {"anna", "51"},  {"@ANNA_S", "51"}, {"  anton müller ", "52"},
      {"Anton", "52"}, {"an", "51,52"},   {"nobody", ""},
      {"", ""},        {"@", ""},         {"gone", ""},
  };
  fixture_exec(f,
               "INSERT INTO operator (id, login, name, role, password_hash, created_at, updated_at, active) VALUES "
               "(51, 'anna', 'Anna Schmidt', 'operator', '', 1, 1, 1), (52, 'toni', 'Anton Müller', 'operator', '', 1, "
               "1, 1), (53, 'gone', 'Gone', 'operator', '', 1, 1, 0)");
  fixture_exec(f, "INSERT INTO operator_identity (channel, external_id, operator_id, created_at, username) VALUES "
                  "('telegraph', '1', 51, 1, 'Anna_S'), ('telegraph', '2', 51, 1, NULL)");
  for (size_t i = 0; i < JSON_COUNT(named); i++) {
    struct topic_ctx t = {.words = str_c(named[i].words)};
    assert_ok(db_read(f->desk.db, name_colleagues, &t));
    str ids = S("");
    for (size_t k = 0; k < t.count; k++)
      ids = arena_printf(f->arena, "%.*s%s%lld", STR_ARG(ids), k ? "," : "", (long long)t.who[k].id);
    if (!str_eq(ids, str_c(named[i].ids))) fail_msg("%s: %.*s", named[i].words, STR_ARG(ids));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(what_is_said_elsewhere_is_copied_in_the_transaction_that_says_it),
      ON_BOTH(a_copy_stands_for_its_message_and_a_reply_only_for_its_album),
      ON_BOTH(a_change_of_a_conversation_queues_one_new_name_at_most_once_a_minute),
      ON_BOTH(a_colleague_is_named_by_login_username_or_name),
      ON_BOTH(an_unknown_person_becomes_an_operator_who_cannot_sign_in),
  };
  return FIXTURE_RUN(tests);
}
