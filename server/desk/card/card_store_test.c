/* The places of those who wait, on both engines. */
#include "desk/card/card.h"

#include "desk/desk_fixture.h"

/* A conversation of a customer of its own. */
static void add(struct fixture *f, int id, const char *status, int since, int updated, const char *spam_at) {
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
                               "VALUES (%d, '" FIXTURE_CHANNEL "', '777', '%d', 'Ann', 1, 1)",
                               id, id)
                      .ptr);
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO conversation (id, customer_id, status, created_at, updated_at, "
                               "waiting_since, spam_at) VALUES (%d, %d, '%s', 1, %d, %d, %s)",
                               id, id, status, updated, since, spam_at)
                      .ptr);
}

static void begin_desk(struct fixture *f) {
  f->desk.cards = card_watch_new();
  fixture_exec(f, "INSERT INTO card_account (channel, account, enabled) VALUES ('" FIXTURE_CHANNEL "', '777', 1)");
}

static void places_are_by_who_has_waited_longest(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  assert_int_equal(card_place(&f->desk, 30, 1), 0); /* nothing was read yet */
  add(f, 1, "waiting", 30, 1, "NULL");
  add(f, 2, "waiting", 10, 5, "NULL");
  add(f, 3, "waiting", 10, 4, "NULL");
  add(f, 4, "waiting", 5, 1, "7"); /* spam */
  add(f, 5, "open", 4, 1, "NULL");
  assert_ok(card_places_read(&f->desk));
  static const struct {
    int id, since, place;
    const char *why;
  } cases[] = {
      {2, 10, 1, "the longest, and the lower id"},
      {3, 10, 2, "as long, and the higher id"},
      {1, 30, 3, "the last message does not count"},
      {9, 20, 3, "not read yet: where it will stand"},
      {10, 40, 4, "the end"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++)
    if (card_place(&f->desk, cases[i].since, cases[i].id) != cases[i].place) fail_msg("%s", cases[i].why);
  card_watch_free(&f->desk.cards);
}

static void places_are_read_once_a_second(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  add(f, 1, "waiting", 30, 1, "NULL");
  fixture_exec(f, "UPDATE card_account SET enabled = 0");
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 30, 1), 0);
  fixture_exec(f, "UPDATE card_account SET enabled = 1");
  card_watch_again(&f->desk);
  assert_ok(card_places_read(&f->desk)); /* at once: nothing was read until now */
  add(f, 2, "waiting", 10, 1, "NULL");
  f->clock.now_ms += CARD_PLACES_MS - 1;
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 30, 1), 1);
  f->clock.now_ms += 1;
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 30, 1), 2);
  card_watch_free(&f->desk.cards);
}

static void nobody_has_a_place_when_too_many_wait_or_no_account_has_cards(void **state) {
  struct fixture *f = *state;
  begin_desk(f);
  fixture_exec(f, "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
                  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) "
                  "SELECT i, '" FIXTURE_CHANNEL "', '777', CAST(i AS TEXT), 'Ann', 1, 1 FROM n");
  fixture_exec(f, "INSERT INTO conversation (id, customer_id, status, created_at, updated_at, waiting_since) "
                  "SELECT id, id, 'waiting', 1, 1, id FROM customer");
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 1, 1), 0);
  fixture_exec(f, "UPDATE conversation SET status = 'open' WHERE id = 500");
  f->clock.now_ms += CARD_PLACES_MS;
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 1001, 1001), 1000);
  fixture_exec(f, "UPDATE card_account SET enabled = 0");
  card_watch_again(&f->desk);
  f->clock.now_ms += CARD_PLACES_MS;
  assert_ok(card_places_read(&f->desk));
  assert_int_equal(card_place(&f->desk, 1001, 1001), 0);
  card_watch_free(&f->desk.cards);
}

struct settle_ctx {
  struct card_row row;
  bool again;
};

static err lose(db_conn *c, void *arg) { return card_lost(c, &((struct settle_ctx *)arg)->row); }

static err settle(db_conn *c, void *arg) {
  struct settle_ctx *s = arg;
  return card_sent(c, &s->row, S("55"), S("closed"), 9, &s->again);
}

/* Ids of messages are per account: that of one account's card is another message of the other's. */
static void a_late_outcome_of_one_account_is_not_that_of_another(void **state) {
  struct fixture *f = *state;
  static const char shown[] = "SELECT account, external_id, shown FROM card";
  add(f, 1, "waiting", 30, 1, "NULL");
  fixture_exec(f,
               "INSERT INTO card (customer_id, account, external_id, shown, changes) VALUES (1, '888', '7', 'x', 4)");
  struct settle_ctx s = {.row = {.customer_id = 1, .account = S("777"), .changes = 3}};
  assert_ok(desk_write(&f->desk, settle, &s));
  assert_false(s.again);
  assert_ok(desk_write(&f->desk, lose, &s));
  assert_rows(f, shown, "888|7|x");
  s.row.account = S("888");
  assert_ok(desk_write(&f->desk, settle, &s));
  assert_true(s.again);
  assert_rows(f, shown, "888|55|closed");
  assert_ok(desk_write(&f->desk, lose, &s));
  assert_rows(f, shown, "888|-|-");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(places_are_by_who_has_waited_longest),
      ON_BOTH(places_are_read_once_a_second),
      ON_BOTH(a_late_outcome_of_one_account_is_not_that_of_another),
      ON_BOTH(nobody_has_a_place_when_too_many_wait_or_no_account_has_cards),
  };
  return FIXTURE_RUN(tests);
}
