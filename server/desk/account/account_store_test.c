/* The accounts in the database: adding, bringing back, what administrators set, successors, secrets, and who has the lease. */
#include "desk/account/account.h"

#include "desk/desk_fixture.h"

/* One call in a transaction of its own; what it reads is copied to the fixture's arena. */
struct act_ctx {
  struct fixture *f;
  err (*fn)(db_conn *c, struct act_ctx *a);
  int64_t id, number, now_ms, fence;
  str text, out;
  struct account_row row, *list;
  size_t count;
  bool flag;
};
static err run_act(db_conn *c, void *arg) {
  struct act_ctx *a = arg;
  return a->fn(c, a);
}
static err act(struct act_ctx *a) { return db_write(a->f->desk.db, run_act, a); }

static err add(db_conn *c, struct act_ctx *a) { return account_add(c, &a->row, a->now_ms); }
static err get(db_conn *c, struct act_ctx *a) { return account_get(c, a->id, a->f->arena, &a->row); }
static err list(db_conn *c, struct act_ctx *a) {
  return account_list(c, a->text, a->flag, a->f->arena, &a->list, &a->count);
}
static err save(db_conn *c, struct act_ctx *a) { return account_save(c, &a->row, a->now_ms); }
static err drop(db_conn *c, struct act_ctx *a) { return account_remove(c, a->id, a->number, a->now_ms); }
static err succeed(db_conn *c, struct act_ctx *a) { return account_set_successor(c, &a->row, a->number, a->now_ms); }
static err set_state(db_conn *c, struct act_ctx *a) { return account_set_state(c, &a->row); }
static err set_token(db_conn *c, struct act_ctx *a) {
  return account_set_secret(&a->f->desk, c, a->id, ACCOUNT_TOKEN, a->text, 0, a->f->arena);
}
static err get_token(db_conn *c, struct act_ctx *a) {
  return account_get_secret(&a->f->desk, c, a->id, ACCOUNT_TOKEN, a->f->arena, &a->out);
}
static err lease(db_conn *c, struct act_ctx *a) {
  return account_lease(c, a->id, a->text, a->now_ms + 1000, a->now_ms, &a->fence);
}
static err release(db_conn *c, struct act_ctx *a) { return account_release(c, a->id, a->text); }
static err expire(db_conn *c, struct act_ctx *a) { return account_expire_leases_of_earlier_runs(c, a->text); }
static err holds(db_conn *c, struct act_ctx *a) { return account_fence_holds(c, a->id, a->number, &a->flag); }

static const char secret_key[32] = "of the test";

#define ACT(f, fn, ...) act(&(struct act_ctx){(f), (fn), __VA_ARGS__})

static err added(struct fixture *f, int64_t id) {
  return ACT(f, add, .now_ms = 100, .row = {.id = id, .channel = S("letters"), .name = S("Desk")});
}
static struct account_row account_now(struct fixture *f, int64_t id) {
  struct act_ctx a = {f, get, .id = id};
  assert_ok(act(&a));
  return a.row;
}
/* The fence, 0 when another has the lease. */
static int64_t leased(struct fixture *f, int64_t id, const char *holder, int64_t now_ms) {
  struct act_ctx a = {f, lease, .id = id, .text = str_c(holder), .now_ms = now_ms};
  assert_ok(act(&a));
  return a.fence;
}
static bool fence_holds(struct fixture *f, int64_t id, int64_t fence) {
  struct act_ctx a = {f, holds, .id = id, .number = fence};
  assert_ok(act(&a));
  return a.flag;
}

static void accounts_are_added_in_order_and_once(void **state) {
  struct fixture *f = *state;
  assert_ok(added(f, 11));
  assert_ok(added(f, 12));
  assert_err(added(f, 11), ERR_CONFLICT);
  struct account_row row = account_now(f, 12);
  assert_int_equal(row.position, 2);
  assert_str(row.updates, "auto");
  assert_int_equal(row.created_at, 100);
  assert_int_equal(row.first_contact, ACCOUNT_CONTACT_NONE);
  assert_null(row.holder.ptr);
  assert_err(ACT(f, get, .id = 13), ERR_NOT_FOUND);
  struct act_ctx others = {f, list, .text = S("other")};
  assert_ok(act(&others));
  assert_int_equal(others.count, 0);
}

static void a_channel_has_a_limit_which_removed_accounts_do_not_fill(void **state) {
  struct fixture *f = *state;
  for (int i = 1; i <= ACCOUNTS_MAX; i++) assert_ok(added(f, i));
  assert_err(added(f, 1000), ERR_INVALID_FIELD);
  assert_ok(ACT(f, drop, .id = 1, .now_ms = 200));
  assert_ok(added(f, 1000));
}

static void a_removed_account_stays_readable_and_comes_back_as_a_fresh_one(void **state) {
  struct fixture *f = *state;
  f->desk.secret_key = secret_key;
  assert_ok(added(f, 11));
  struct account_row row = account_now(f, 11);
  row.paused = true;
  row.greeting = S("Hello");
  assert_ok(ACT(f, save, .row = row, .now_ms = 150));
  assert_ok(ACT(f, set_token, .id = 11, .text = S("11:secret")));
  int64_t fence = leased(f, 11, "here.1", 160);
  assert_ok(ACT(f, drop, .id = 11, .now_ms = 200));
  row = account_now(f, 11);
  assert_int_equal(row.removed_at, 200);
  assert_null(row.holder.ptr);
  assert_true(row.fence > fence);
  struct act_ctx token = {f, get_token, .id = 11};
  assert_ok(act(&token));
  assert_null(token.out.ptr);
  struct act_ctx present = {f, list, .text = S("letters")}, all = {f, list, .text = S("letters"), .flag = true};
  assert_ok(act(&present));
  assert_ok(act(&all));
  assert_int_equal(present.count, 0);
  assert_int_equal(all.count, 1);
  assert_ok(added(f, 11));
  row = account_now(f, 11);
  assert_int_equal(row.removed_at, 0);
  assert_false(row.paused);
  assert_str(row.greeting, "Hello"); /* what administrators wrote is kept */
}

static void what_administrators_set_and_what_the_bot_reports_are_stored_apart(void **state) {
  struct fixture *f = *state;
  assert_ok(added(f, 11));
  struct account_row row = account_now(f, 11), reported = row;
  row.updates = S("poll");
  row.api_url = S("http://bots.example");
  row.first_contact = ACCOUNT_CONTACT_SUM;
  row.check_text = S("How much?");
  row.block_text_ru = S("Нет");
  row.state = S("ignored");
  assert_ok(ACT(f, save, .row = row, .now_ms = 300));
  reported.name = S("New name");
  reported.state = S("ok");
  reported.checked_at = 400;
  assert_ok(ACT(f, set_state, .row = reported));
  struct account_row got = account_now(f, 11);
  assert_str(got.updates, "poll");
  assert_str(got.api_url, "http://bots.example");
  assert_int_equal(got.first_contact, ACCOUNT_CONTACT_SUM);
  assert_str(got.check_text, "How much?");
  assert_str(got.block_text_ru, "Нет");
  assert_str(got.name, "New name");
  assert_str(got.state, "ok");
  assert_int_equal(got.checked_at, 400);
  assert_int_equal(got.updated_at, 300);
}

static void a_successor_is_another_account_of_the_channel_and_no_circle(void **state) {
  struct fixture *f = *state;
  for (int i = 11; i <= 13; i++) assert_ok(added(f, i));
  struct account_row one = account_now(f, 11), two = account_now(f, 12), three = account_now(f, 13);
  assert_ok(ACT(f, succeed, .row = one, .number = 12));
  assert_ok(ACT(f, succeed, .row = two, .number = 13));
  assert_err(ACT(f, succeed, .row = three, .number = 11), ERR_INVALID_FIELD);
  assert_err(ACT(f, succeed, .row = three, .number = 13), ERR_INVALID_FIELD);
  assert_err(ACT(f, succeed, .row = three, .number = 99), ERR_INVALID_FIELD);
  assert_ok(ACT(f, drop, .id = 12, .now_ms = 200));
  assert_err(ACT(f, succeed, .row = three, .number = 12), ERR_INVALID_FIELD); /* a removed one replaces nobody */
  assert_int_equal(account_now(f, 11).successor_id, 12);                      /* but it may stand in a chain */
  assert_ok(ACT(f, succeed, .row = one, .number = 0));
  assert_int_equal(account_now(f, 11).successor_id, 0);
}

static void a_token_is_sealed_and_forgotten(void **state) {
  struct fixture *f = *state;
  f->desk.secret_key = secret_key;
  assert_ok(added(f, 11));
  assert_ok(ACT(f, set_token, .id = 11, .text = S("11:secret")));
  struct act_ctx token = {f, get_token, .id = 11};
  assert_ok(act(&token));
  assert_str(token.out, "11:secret");
  assert_rows(f, "SELECT count(*) FROM setting WHERE value LIKE '%secret%'", "0");
  assert_ok(ACT(f, set_token, .id = 11, .text = S("")));
  assert_ok(act(&token));
  assert_null(token.out.ptr);
}

static void one_process_has_the_lease_and_the_fence_shows_every_change_of_hands(void **state) {
  struct fixture *f = *state;
  assert_ok(added(f, 11));
  int64_t first = leased(f, 11, "here.1", 1000);
  assert_true(first > 0);
  assert_int_equal(leased(f, 11, "there.1", 1500), 0);    /* it is taken */
  assert_int_equal(leased(f, 11, "here.1", 1500), first); /* renewed until 2500 */
  int64_t second = leased(f, 11, "there.1", 2500);
  assert_true(second > first);
  assert_false(fence_holds(f, 11, first));
  assert_true(fence_holds(f, 11, second));
  assert_int_equal(leased(f, 11, "here.1", 2600), 0);
  assert_ok(ACT(f, release, .text = S("there.1")));
  assert_true(leased(f, 11, "here.1", 2600) > second);
}

static void a_lease_is_given_up_for_one_account_or_all_and_by_its_holder_only(void **state) {
  struct fixture *f = *state;
  for (int i = 11; i <= 12; i++) {
    assert_ok(added(f, i));
    assert_true(leased(f, i, "here.1", 1000) > 0);
  }
  assert_ok(ACT(f, release, .text = S("there.1")));
  assert_int_equal(leased(f, 11, "there.1", 1100), 0);
  assert_ok(ACT(f, release, .id = 11, .text = S("here.1")));
  assert_true(leased(f, 11, "there.1", 1100) > 0);
  assert_int_equal(leased(f, 12, "there.1", 1100), 0);
}

static void leases_of_earlier_runs_of_a_node_end_and_others_stay(void **state) {
  struct fixture *f = *state;
  for (int i = 11; i <= 13; i++) assert_ok(added(f, i));
  assert_true(leased(f, 11, "here.1", 1000) > 0);
  assert_true(leased(f, 12, "here.2", 1000) > 0);
  assert_true(leased(f, 13, "there.1", 1000) > 0);
  assert_ok(ACT(f, expire, .text = S("here.2")));
  assert_true(leased(f, 11, "third.1", 1001) > 0);
  assert_int_equal(leased(f, 12, "third.1", 1001), 0);
  assert_int_equal(leased(f, 13, "third.1", 1001), 0);
}

static void nobody_gets_the_lease_of_an_account_that_is_not_there(void **state) {
  struct fixture *f = *state;
  assert_int_equal(leased(f, 11, "here.1", 1000), 0);
  assert_ok(added(f, 11));
  assert_ok(ACT(f, drop, .id = 11, .now_ms = 200));
  assert_int_equal(leased(f, 11, "here.1", 1000), 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(accounts_are_added_in_order_and_once),
      ON_SQLITE(a_channel_has_a_limit_which_removed_accounts_do_not_fill),
      ON_BOTH(a_removed_account_stays_readable_and_comes_back_as_a_fresh_one),
      ON_BOTH(what_administrators_set_and_what_the_bot_reports_are_stored_apart),
      ON_SQLITE(a_successor_is_another_account_of_the_channel_and_no_circle),
      ON_SQLITE(a_token_is_sealed_and_forgotten),
      ON_BOTH(one_process_has_the_lease_and_the_fence_shows_every_change_of_hands),
      ON_SQLITE(a_lease_is_given_up_for_one_account_or_all_and_by_its_holder_only),
      ON_BOTH(leases_of_earlier_runs_of_a_node_end_and_others_stay),
      ON_SQLITE(nobody_gets_the_lease_of_an_account_that_is_not_there),
  };
  return FIXTURE_RUN(tests);
}
