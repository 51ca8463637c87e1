/* Notices in the database, on both engines: beginnings, changes, ends, and which message tells of which conversation. */
#include "desk/notice/notice_fixture.h"

enum { CHAT_OF_ANNA = 51 };

struct step_ctx {
  struct fixture *f;
  int64_t id, operator_id, closed_now;
  int kind;
  bool over, found;
  const char *external_id;
  struct notice_row row;
};

/* An operator who wants all notices and has a private chat with the desk's account. */
static int64_t operator_with_chat(struct fixture *f, const char *login, int chat) {
  int64_t id = fixture_operator(f, login);
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO operator_identity (channel, external_id, operator_id, created_at, account) "
                               "VALUES ('" FIXTURE_CHANNEL "', '%d', %lld, 1, '777')",
                               chat, (long long)id)
                      .ptr);
  fixture_exec(f,
               arena_printf(f->arena,
                            "INSERT INTO notice_wish (operator_id, waiting, assigned, answered, time_zone, language, "
                            "updated_at) VALUES (%lld, 1, 1, 1, 'UTC', 'en', 1)",
                            (long long)id)
                   .ptr);
  return id;
}

static void begin_desk(struct fixture *f) {
  f->desk.notices = notice_watch_new();
  fixture_exec(f, "INSERT INTO account (id, channel, name, username, position, source, created_at, updated_at) VALUES "
                  "(777, '" FIXTURE_CHANNEL "', 'Desk', 'desk', 1, 'panel', 1, 1)");
}

static void end_desk(struct fixture *f) { notice_watch_free(&f->desk.notices); }

static err read_row(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return notice_get(c, s->id, s->operator_id, s->kind, s->f->arena, &s->row, &s->found);
}
static err mark_sent(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return notice_sent(c, &s->row, str_c(s->external_id), s->over, desk_now(&s->f->desk));
}
static err lose(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return notice_lost(c, &s->row, desk_now(&s->f->desk));
}

static void take_row(struct step_ctx *s) {
  assert_ok(db_read(s->f->desk.db, read_row, s));
  assert_true(s->found);
}

static void arrives(struct step_ctx *s, const char *external_id, bool over) {
  s->external_id = external_id;
  s->over = over;
  assert_ok(desk_write(&s->f->desk, mark_sent, s));
}

static err look_up(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  bool closed = false;
  const struct notice_place at = {S(FIXTURE_CHANNEL), S("777"), S("51"), str_c(s->external_id)};
  err e = notice_of_message(c, &at, &s->id, &closed);
  s->closed_now = closed;
  return e;
}

static void assert_tells(struct fixture *f, const char *external_id, int64_t conversation_id, bool closed) {
  struct step_ctx s = {.f = f, .external_id = external_id};
  assert_ok(db_read(f->desk.db, look_up, &s));
  assert_int_equal(s.id, conversation_id);
  assert_int_equal(s.closed_now, closed);
}

static void command(struct fixture *f, int64_t id, enum conversation_verb verb, int64_t by) {
  struct conversation_row row;
  struct conversation_command o = {
      .conversation_id = id, .by = actor_operator(by), .command = verb, .target = by, .force = true};
  o.by.role = ROLE_ADMIN;
  assert_ok(conversation_command(&f->desk, &o, f->arena, &row));
}

/* Everybody who wants notices has read the first `count` messages of conversation 1. */
static void reads(struct fixture *f, int count) {
  fixture_exec(f, "DELETE FROM read_mark");
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO read_mark (operator_id, conversation_id, read_count, updated_at) "
                               "SELECT operator_id, 1, %d, 1 FROM notice_wish",
                               count)
                      .ptr);
}

static const char jobs[] = "SELECT count(*) FROM job WHERE kind = 'outbox.personal'";

/* The job is in flight: it is not in the queue. */
static void take_jobs(struct fixture *f) { fixture_exec(f, "DELETE FROM job WHERE kind = 'outbox.personal'"); }

static void a_message_of_an_earlier_beginning_is_not_edited(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  struct step_ctx s = {.f = f, .id = 1, .operator_id = anna, .kind = NOTICE_WAITING};
  command(f, 1, COMMAND_ASSIGN, anna); /* by herself: no notice of that */
  take_jobs(f);
  fixture_writes(f, "2", "more");
  s.kind = NOTICE_ANSWERED;
  take_row(&s); /* and its message is being sent */
  take_jobs(f);
  reads(f, 2);
  f->clock.now_ms += 10;
  fixture_writes(f, "3", "and again");
  take_jobs(f);
  arrives(&s, "901", false);
  assert_rows(f, "SELECT external_id FROM notice WHERE kind = 'answered'", "-");
  assert_rows(f, jobs, "1"); /* the new one is sent as a message of its own */
  assert_tells(f, "901", 1, false);
  take_row(&s);
  arrives(&s, "902", false);
  assert_rows(f, "SELECT external_id FROM notice WHERE kind = 'answered'", "902");
  end_desk(f);
}

static void more_messages_change_a_notice_until_it_is_read(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  command(f, 1, COMMAND_ASSIGN, anna);
  fixture_writes(f, "2", "two");
  struct step_ctx s = {.f = f, .id = 1, .operator_id = anna, .kind = NOTICE_ANSWERED};
  take_row(&s);
  take_jobs(f);
  arrives(&s, "901", false);
  assert_rows(f, jobs, "0");
  fixture_writes(f, "3", "three");
  assert_rows(f, "SELECT external_id, changes FROM notice WHERE kind = 'answered'", "901|2");
  /* An edit, not sooner than NOTICE_EDIT_MS after what was sent. */
  assert_int_equal(fixture_number(f, "SELECT due_at FROM job WHERE kind = 'outbox.personal'"),
                   FIXTURE_START_MS + NOTICE_EDIT_MS);
  reads(f, 3);
  fixture_writes(f, "4", "four");
  assert_rows(f, "SELECT external_id, changes FROM notice WHERE kind = 'answered'", "-|3");
  end_desk(f);
}

static void a_message_tells_of_its_conversation_after_its_notice_has_ended(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  notice_fixture_tell(f);
  struct step_ctx s = {.f = f, .id = 1, .operator_id = anna, .kind = NOTICE_WAITING};
  take_row(&s);
  arrives(&s, "901", false);
  command(f, 1, COMMAND_TAKE, anna);
  take_row(&s);
  arrives(&s, "901", true);
  assert_rows(f, "SELECT count(*) FROM notice", "0");
  assert_tells(f, "901", 1, false);
  assert_tells(f, "902", 0, false);
  command(f, 1, COMMAND_CLOSE, anna);
  assert_tells(f, "901", 1, true);
  end_desk(f);
}

static err forget_old(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return notice_forget(c, desk_now(&s->f->desk), 100, &s->closed_now);
}

static void old_messages_are_forgotten(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  notice_fixture_tell(f);
  struct step_ctx s = {.f = f, .id = 1, .operator_id = anna, .kind = NOTICE_WAITING};
  take_row(&s);
  arrives(&s, "901", false);
  f->clock.now_ms += 1;
  assert_ok(desk_write(&f->desk, forget_old, &s));
  assert_int_equal(s.closed_now, 1);
  assert_tells(f, "901", 0, false);
  end_desk(f);
}

static void a_refused_edit_is_followed_by_a_new_message_if_more_has_happened(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  command(f, 1, COMMAND_ASSIGN, anna);
  fixture_writes(f, "2", "two");
  struct step_ctx s = {.f = f, .id = 1, .operator_id = anna, .kind = NOTICE_ANSWERED};
  take_row(&s);
  arrives(&s, "901", false);
  fixture_writes(f, "3", "three");
  take_row(&s); /* its edit is being sent */
  take_jobs(f);
  fixture_writes(f, "4", "four");
  take_jobs(f);
  assert_ok(desk_write(&f->desk, lose, &s));
  assert_rows(f, "SELECT external_id FROM notice WHERE kind = 'answered'", "-");
  assert_rows(f, jobs, "1");
  take_row(&s);
  assert_ok(desk_write(&f->desk, lose, &s));
  assert_rows(f, "SELECT count(*) FROM notice WHERE kind = 'answered'", "0");
  end_desk(f);
}

static void a_customer_s_message_does_not_wait_for_a_row_of_each_operator(void **state) {
  struct fixture *f = *state;
  enum { MANY = 120 };
  begin_desk(f);
  for (int i = 0; i < MANY; i++) {
    char login[16];
    snprintf(login, sizeof login, "op%d", i);
    operator_with_chat(f, login, 1000 + i);
  }
  fixture_writes(f, "1", "hello");
  assert_rows(f, "SELECT count(*) FROM notice", "0");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'notice.waiting'", "1");
  notice_fixture_tell(f);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM notice"), MANY);
  assert_int_equal(fixture_number(f, jobs), MANY);
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'notice.waiting'", "0");
  end_desk(f);
}

static void who_releases_a_conversation_is_not_told_that_it_waits(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  int64_t anna = operator_with_chat(f, "anna", CHAT_OF_ANNA), boris = operator_with_chat(f, "boris", 52);
  fixture_writes(f, "1", "hello");
  command(f, 1, COMMAND_TAKE, anna);
  notice_fixture_tell(f); /* taken meanwhile: nobody is told */
  assert_rows(f, "SELECT count(*) FROM notice WHERE kind = 'waiting'", "0");
  command(f, 1, COMMAND_UNASSIGN, anna);
  notice_fixture_tell(f);
  assert_int_equal(fixture_number(f, "SELECT operator_id FROM notice WHERE kind = 'waiting'"), boris);
  end_desk(f);
}

static void a_notice_goes_to_the_present_account_while_one_waits_at_the_former(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  fixture_exec(f, "INSERT INTO account (id, channel, name, username, position, source, created_at, updated_at) VALUES "
                  "(778, '" FIXTURE_CHANNEL "', 'Desk', 'desk2', 2, 'panel', 1, 1)");
  operator_with_chat(f, "anna", CHAT_OF_ANNA);
  fixture_writes(f, "1", "hello");
  notice_fixture_tell(f);
  fixture_exec(f, "UPDATE operator_identity SET account = '778'");
  fixture_exec(f, "UPDATE conversation SET status = 'closed'");
  fixture_writes(f, "2", "hello again");
  notice_fixture_tell(f);
  assert_rows(f, "SELECT queue FROM job WHERE kind = 'outbox.personal' ORDER BY queue",
              "outbox/" FIXTURE_CHANNEL "/777\noutbox/" FIXTURE_CHANNEL "/778");
  end_desk(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_message_of_an_earlier_beginning_is_not_edited),
      ON_BOTH(more_messages_change_a_notice_until_it_is_read),
      ON_BOTH(a_message_tells_of_its_conversation_after_its_notice_has_ended),
      ON_BOTH(old_messages_are_forgotten),
      ON_BOTH(a_refused_edit_is_followed_by_a_new_message_if_more_has_happened),
      ON_BOTH(a_customer_s_message_does_not_wait_for_a_row_of_each_operator),
      ON_BOTH(who_releases_a_conversation_is_not_told_that_it_waits),
      ON_BOTH(a_notice_goes_to_the_present_account_while_one_waits_at_the_former),
  };
  return FIXTURE_RUN(tests);
}
