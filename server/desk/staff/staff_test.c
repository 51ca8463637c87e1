/* The staff room, whatever channel has it: what is copied, what stands for what, who is who. */
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"

static const struct staff_place place = {STR_INIT("telegraph"), STR_INIT("9"), STR_INIT("-5")};
static const char rows[] = "SELECT queue, lane, subject_id, payload FROM job WHERE kind = 'outbox.copy' ORDER BY id";

static void open_room(struct fixture *f) {
  f->desk.staff = staff_new();
  staff_open(&f->desk, S("telegraph"), S("9"));
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

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(what_is_said_elsewhere_is_copied_in_the_transaction_that_says_it),
      ON_BOTH(a_copy_stands_for_its_message_and_a_reply_only_for_its_album),
      ON_BOTH(an_unknown_person_becomes_an_operator_who_cannot_sign_in),
  };
  return FIXTURE_RUN(tests);
}
