/* What a new channel needs: this file invents a channel with only the desk's public headers and no row in any table of the
 * desk. Its customers write letters; its sender is a postman who delivers answers and reports the outcome. */
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"

#define POST_CHANNEL S("pigeon")
#define POST_OFFICE  S("north")

/* ---- in ---- */

struct letter_ctx {
  struct fixture *f;
  const char *from, *number, *text;
  bool photo;
  int64_t id;
};

static err take_in(db_conn *c, void *arg) {
  struct letter_ctx *l = arg;
  struct file_row photo = {.state = FILE_READY, .name = S("roof.png"), .mime = S("image/png"), .storage_key = S("k")};
  struct inbound_message m = {
      .from = {.channel = POST_CHANNEL, .account = POST_OFFICE, .external_id = str_c(l->from), .name = S("Ann")},
      .external_id = str_c(l->number),
      .kind = l->photo ? MESSAGE_PHOTO : MESSAGE_TEXT,
      .text = str_c(l->text),
      .files = l->photo ? &photo : NULL,
      .file_count = l->photo,
  };
  return conversation_receive(&l->f->desk, c, &m, &l->id);
}

static int64_t receives(struct fixture *f, const char *from, const char *number, const char *text, bool photo) {
  struct letter_ctx l = {f, from, number, text, photo, 0};
  assert_ok(desk_write(&f->desk, take_in, &l));
  return l.id;
}

/* ---- out: one round of the postman ---- */

struct round_ctx {
  struct fixture *f;
  bool door_shut; /* refuses deliveries */
  char brought[256];
};

static err walk(db_conn *c, void *arg) {
  struct round_ctx *r = arg;
  const struct outbox_sender postman = {POST_CHANNEL, POST_OFFICE, S("here.1")};
  struct outbox_row *rows;
  size_t count = 1, nth = 0;
  int64_t now = desk_now(&r->f->desk);
  arena *a = r->f->arena;
  err e = err_ok;
  while (count && !err_is(e)) { /* one letter per customer at a time */
    e = outbox_take(c, &postman, 10, now, a, &rows, &count);
    for (size_t i = 0; i < count && !err_is(e); i++) {
      struct message_row m;
      struct outbox_outcome brought = {.step = OUTBOX_SENT, .external_id = arena_printf(a, "stamp-%zu", nth++)};
      struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error_code = S("shut"), .error = S("nobody opened")};
      e = outbox_begin(c, &rows[i], now);
      if (!err_is(e)) e = message_get(c, rows[i].message_id, a, &m);
      size_t at = strlen(r->brought);
      if (!err_is(e))
        snprintf(r->brought + at, sizeof r->brought - at, "%.*s: %.*s;", STR_ARG(rows[i].job.lane), STR_ARG(m.text));
      if (!err_is(e)) e = outbox_finish(c, &rows[i], r->door_shut ? &refused : &brought, now, a);
    }
  }
  return e;
}

static err retry(db_conn *c, void *arg) {
  struct fixture *f = arg;
  int64_t id = fixture_number(f, "SELECT id FROM job WHERE state = 'dead'");
  struct actor by = actor_operator(1);
  return outbox_retry(c, id, &by, desk_now(&f->desk), f->arena, &(struct outbox_ref){0});
}

static void answer(struct fixture *f, int64_t operator_id, const char *text) {
  struct reply r = {.conversation_id = 1, .by = actor_operator(operator_id), .text = str_c(text)};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}

/* ---- the whole way ---- */

static void a_channel_that_nobody_listed_is_served_whole(void **state) {
  struct fixture *f = *state;
  int64_t bob = fixture_operator(f, "bob");
  int64_t first = receives(f, "ann-7", "l-1", "My roof leaks", false);
  assert_int_equal(receives(f, "ann-7", "l-1", "My roof leaks", false), first); /* a letter that came twice */
  receives(f, "ann-7", "l-2", "Here", true);
  assert_rows(f, "SELECT channel, account, external_id, name FROM customer", "pigeon|north|ann-7|Ann");
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "waiting|2");

  answer(f, bob, "Help is coming");
  answer(f, bob, "On Monday");
  struct round_ctx r = {.f = f};
  assert_ok(desk_write(&f->desk, walk, &r));
  assert_string_equal(r.brought, "ann-7: Help is coming;ann-7: On Monday;");
  assert_rows(f, "SELECT delivery, external_id FROM message WHERE direction = 'out' ORDER BY id",
              "sent|stamp-0\nsent|stamp-1");
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void what_its_customers_refuse_is_a_dead_letter_and_leaves_again(void **state) {
  struct fixture *f = *state;
  int64_t bob = fixture_operator(f, "bob");
  receives(f, "ann-7", "l-1", "My roof leaks", false);
  answer(f, bob, "Help is coming");
  struct round_ctx shut = {.f = f, .door_shut = true}, again = {.f = f};
  assert_ok(desk_write(&f->desk, walk, &shut));
  assert_rows(f, "SELECT state, error_code, error FROM job", "dead|shut|nobody opened");
  assert_ok(desk_write(&f->desk, retry, f));
  assert_ok(desk_write(&f->desk, walk, &again));
  assert_string_equal(again.brought, "ann-7: Help is coming;");
  assert_rows(f, "SELECT delivery FROM message WHERE direction = 'out'", "sent");
}

static void two_channels_with_the_same_names_stay_apart(void **state) {
  struct fixture *f = *state;
  receives(f, "1001", "5", "By pigeon", false);
  fixture_writes(f, "5", "By letter"); /* 1001 too, and message 5 */
  assert_rows(f,
              "SELECT c.channel, m.text FROM message AS m JOIN conversation AS v ON v.id = m.conversation_id "
              "JOIN customer AS c ON c.id = v.customer_id ORDER BY m.id",
              "pigeon|By pigeon\n" FIXTURE_CHANNEL "|By letter");
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(a_channel_that_nobody_listed_is_served_whole),
      ON_BOTH(what_its_customers_refuse_is_a_dead_letter_and_leaves_again),
      ON_BOTH(two_channels_with_the_same_names_stay_apart),
  };
  return FIXTURE_RUN(tests);
}
