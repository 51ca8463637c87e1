/* Sign-in, sessions and tokens on both engines; the three tables alone, with a clock of the test's own. */
#include "desk/desk_fixture.h"

#include "base/password.h"
#include "desk/access/access_internal.h"

static rand_seeded seeded;
static const sb_rand *repeatable(void) {
  rand_seeded_init(&seeded, 7);
  return &seeded.rand;
}

/* ---- guessing ---- */

static err attempt(struct access_guess *g, enum access_guesser by, const char *login, const char *place, int64_t now) {
  return access_guess_begin(g, &(struct access_attempt){by, str_c(login), str_c(place)}, now);
}

static err guess_from(struct access_guess *g, const char *login, const char *address, int64_t now) {
  return attempt(g, GUESS_UNKNOWN, login, address, now);
}

static void five_guesses_are_free_and_the_sixth_waits(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int64_t now = 1000000;
  for (int i = 0; i < 5; i++) assert_ok(guess_from(&g, "ann", "10.0.0.1", now));
  err e = guess_from(&g, "ann", "10.0.0.1", now);
  assert_int_equal(e.code, ERR_RATE_LIMITED);
  assert_int_equal(e.retry_ms, 2000);
  assert_ok(guess_from(&g, "ann", "10.0.0.2", now)); /* from elsewhere */
  assert_ok(guess_from(&g, "bob", "10.0.0.1", now)); /* somebody else */
  now += 2000;
  assert_ok(guess_from(&g, "ann", "10.0.0.1", now));
  e = guess_from(&g, "ann", "10.0.0.1", now);
  assert_int_equal(e.retry_ms, 4000); /* doubled */
  now += 31 * 60 * 1000;
  for (int i = 0; i < 5; i++) assert_ok(guess_from(&g, "ann", "10.0.0.1", now)); /* forgotten */
  access_guess_free(&g);
}

static void the_wait_has_a_ceiling(void **state) {
  (void)state;
  static const enum access_guesser all[] = {GUESS_UNKNOWN, GUESS_KNOWN_ADDRESS, GUESS_KNOWN_DEVICE};
  for (size_t k = 0; k < JSON_COUNT(all); k++) {
    struct access_guess g;
    access_guess_init(&g, repeatable());
    int64_t now = 1000000;
    uint32_t longest = 0;
    for (int i = 0; i < 400; i++) {
      err e = attempt(&g, all[k], "ann", "10.0.0.1", now);
      if (e.retry_ms > longest) longest = e.retry_ms;
      now += e.retry_ms;
    }
    assert_int_equal(longest, 15 * 60 * 1000);
    access_guess_free(&g);
  }
}

/* As many networks as are asked for, one guess from each: how many are refused, and the longest wait. */
static int besiege(struct access_guess *g, int networks, int64_t now, uint32_t *longest) {
  int refused = 0;
  *longest = 0;
  for (int i = 0; i < networks; i++) {
    char address[32];
    snprintf(address, sizeof address, "10.%d.%d.1", i / 200, i % 200);
    err e = guess_from(g, "ann", address, now);
    if (e.retry_ms > *longest) *longest = e.retry_ms;
    refused += err_is(e);
  }
  return refused;
}

static void many_addresses_against_one_login_get_two_turns_a_minute(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  uint32_t longest;
  int64_t now = 1000000;
  assert_int_equal(besiege(&g, 200, now, &longest), 200 - 30 - 1); /* a turn is free when the line begins */
  assert_int_equal(longest, 30 * 60 * 1000 - 30 * 1000); /* the end of the line; who finds it full waits for a place */
  int passed = 0;
  for (int s = 1; s <= 3600; s += 5) passed += 200 - besiege(&g, 200, now + s * 1000, &longest);
  assert_in_range(passed, 100, 121); /* in an hour, from two hundred networks that ask without a pause */
  access_guess_free(&g);
}

static void who_waits_in_line_gets_the_turn_that_was_told(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  uint32_t longest;
  int64_t now = 1000000;
  besiege(&g, 50, now, &longest);
  err told = guess_from(&g, "ann", "192.0.2.7", now); /* the owner, on a new device */
  assert_err(told, ERR_RATE_LIMITED);
  assert_int_equal(told.retry_ms, 20 * 30 * 1000);
  assert_true(str_contains(str_c(err_message(&told)), S("in 10 min 0 s")));
  for (int64_t ms = 5000; ms < told.retry_ms; ms += 5000) { /* the others go on, and so does an impatient owner */
    besiege(&g, 50, now + ms, &longest);
    assert_int_equal(guess_from(&g, "ann", "192.0.2.7", now + ms).retry_ms, told.retry_ms - ms);
  }
  now += told.retry_ms;
  besiege(&g, 50, now, &longest);
  assert_ok(guess_from(&g, "ann", "192.0.2.200", now)); /* another address of the same network may have it */
  assert_err(guess_from(&g, "ann", "192.0.2.7", now), ERR_RATE_LIMITED); /* it was one turn */
  access_guess_free(&g);
}

static void a_network_has_one_place_in_line_and_a_turn_is_held_for_a_minute(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  uint32_t longest;
  int64_t now = 1000000;
  besiege(&g, 31, now, &longest);
  for (int i = 0; i < 200; i++) { /* a /48, and a /24 */
    char address[64];
    snprintf(address, sizeof address, "2001:db8:7:%x::1", i);
    assert_int_equal(guess_from(&g, "ann", address, now).retry_ms, 30 * 1000);
    snprintf(address, sizeof address, "192.0.2.%d", i);
    assert_int_equal(guess_from(&g, "ann", address, now).retry_ms, 60 * 1000);
  }
  static const struct access_attempt in_time = {GUESS_UNKNOWN, STR_INIT("ann"), STR_INIT("2001:db8:7:300::1")};
  for (int i = 0; i < 3; i++) { /* a busy server takes no turn away */
    assert_ok(access_guess_begin(&g, &in_time, now + 89 * 1000));
    access_guess_undo(&g, &in_time);
  }
  assert_ok(access_guess_begin(&g, &in_time, now + 89 * 1000));
  besiege(&g, 31, now + 100 * 1000, &longest);
  assert_err(guess_from(&g, "ann", "192.0.2.250", now + 121 * 1000), ERR_RATE_LIMITED); /* the turn was lost */
  access_guess_free(&g);
}

static void who_is_known_has_attempts_of_their_own(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int64_t now = 1000000;
  while (!err_is(guess_from(&g, "ann", "10.0.0.1", now))) continue; /* even from the same address */
  for (int i = 0; !err_is(attempt(&g, GUESS_UNKNOWN, "ann", i % 2 ? "10.0.0.8" : "10.0.0.9", now)); i++) continue;
  for (int i = 0; i < 10; i++) {
    assert_ok(attempt(&g, GUESS_KNOWN_ADDRESS, "ann", "10.0.0.1", now));
    assert_ok(attempt(&g, GUESS_KNOWN_DEVICE, "ann", "a phone", now));
  }
  assert_err(attempt(&g, GUESS_KNOWN_ADDRESS, "ann", "10.0.0.1", now), ERR_RATE_LIMITED); /* and no more than these */
  assert_err(attempt(&g, GUESS_KNOWN_DEVICE, "ann", "a phone", now), ERR_RATE_LIMITED);
  assert_ok(attempt(&g, GUESS_KNOWN_DEVICE, "ann", "a laptop", now));
  access_guess_free(&g);
}

static void an_address_that_says_nothing_leaves_the_limit_of_the_account(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int passed = 0;
  for (int i = 0; i < 100; i++) passed += !err_is(attempt(&g, GUESS_SHARED_ADDRESS, "ann", "10.0.0.1", 1000000));
  assert_int_equal(passed, 30 + 1); /* and the turn that is free when the line begins */
  assert_err(guess_from(&g, "ann", "10.0.0.2", 1000000), ERR_RATE_LIMITED); /* one count for all unknown callers */
  assert_ok(attempt(&g, GUESS_SHARED_ADDRESS, "bob", "10.0.0.1", 1000000)); /* nobody else is limited with them */
  access_guess_free(&g);
}

static void one_address_against_many_logins_waits(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int passed = 0;
  for (int i = 0; i < 100; i++) {
    char login[32];
    snprintf(login, sizeof login, "login%d", i);
    passed += !err_is(guess_from(&g, login, "10.0.0.1", 1000000));
  }
  assert_int_equal(passed, 20);
  access_guess_free(&g);
}

static void a_right_password_forgets_and_a_busy_server_counts_nothing(void **state) {
  (void)state;
  struct access_guess g;
  static const struct access_attempt ann = {GUESS_UNKNOWN, STR_INIT("ann"), STR_INIT("10.0.0.1")};
  access_guess_init(&g, repeatable());
  for (int i = 0; i < 4 * 3; i++) {
    assert_ok(access_guess_begin(&g, &ann, 1000000));
    access_guess_succeeded(&g, &ann);
  }
  for (int i = 0; i < 60; i++) {
    assert_ok(access_guess_begin(&g, &ann, 1000000));
    access_guess_undo(&g, &ann);
  }
  access_guess_free(&g);
}

/* ---- marks ---- */

static void only_a_device_that_was_given_out_is_one(void **state) {
  (void)state;
  struct seal_key key, other;
  arena *a = arena_new(0);
  seal_key_derive(S("one secret"), "marks", &key);
  seal_key_derive(S("another secret"), "marks", &other);
  str cookie = access_device_cookie(&key, repeatable(), (struct access_device){0}, 7, a);
  struct access_device d = access_device_read(&key, cookie);
  assert_int_equal(d.id.len, ACCESS_DEVICE_LENGTH);
  assert_true(access_device_knows(&d, 7));
  assert_false(access_device_knows(&d, 8));
  assert_false(access_device_knows(&d, 0));
  assert_null(access_device_read(&other, cookie).id.ptr);
  for (size_t i = 0; i < cookie.len; i++) {
    char forged[80];
    snprintf(forged, sizeof forged, "%.*s", STR_ARG(cookie));
    forged[i] = forged[i] == 'a' ? 'b' : 'a';
    if (access_device_read(&key, str_c(forged)).id.ptr) fail_msg("%s", forged);
  }
  for (size_t n = 0; n < cookie.len; n++) assert_null(access_device_read(&key, str_sub(cookie, 0, n)).id.ptr);
  assert_null(access_device_read(&key, STR_NONE).id.ptr);
  for (int64_t id = 1; id <= 6; id++) /* one browser, several accounts: the last four */
    d = access_device_read(&key, access_device_cookie(&key, repeatable(), d, id, a));
  for (int64_t id = 1; id <= 7; id++) assert_int_equal(access_device_knows(&d, id), id >= 3 && id <= 6);
  assert_true(str_eq(d.id, access_device_read(&key, cookie).id)); /* and one device still */
  struct access_from from = {.address = S("10.0.0.1"), .address_shared = true};
  assert_null(access_mark_address(&key, &from, a).ptr); /* an untrusted proxy's address gets no mark */
  arena_free(&a);
}

/* ---- the queue of those who wait for a hashing ---- */

struct line_ctx { /* jobs note their order; the first holds the thread until it is let go */
  struct access_queue q;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool held, go;
  int count, refused;
  int order[2 * ACCESS_LANE_MAX + 1];
};
struct standing_ctx {
  struct line_ctx *line;
  int number;
};

static void hold(void *arg, err e) {
  struct line_ctx *l = arg;
  (void)e;
  pthread_mutex_lock(&l->lock);
  l->held = true;
  pthread_cond_broadcast(&l->changed);
  while (!l->go) pthread_cond_wait(&l->changed, &l->lock);
  pthread_mutex_unlock(&l->lock);
}

static void note(void *arg, err e) {
  struct standing_ctx *s = arg;
  pthread_mutex_lock(&s->line->lock);
  if (err_is(e))
    s->line->refused++;
  else
    s->line->order[s->line->count++] = s->number;
  pthread_cond_broadcast(&s->line->changed);
  pthread_mutex_unlock(&s->line->lock);
}

static void line_open(struct line_ctx *l) {
  *l = (struct line_ctx){0};
  pthread_mutex_init(&l->lock, NULL);
  pthread_cond_init(&l->changed, NULL);
  access_queue_init(&l->q);
  assert_ok(access_queue_add(&l->q, ACCESS_LANE_KNOWN, S("holder"), hold, l));
  pthread_mutex_lock(&l->lock);
  while (!l->held) pthread_cond_wait(&l->changed, &l->lock);
  pthread_mutex_unlock(&l->lock);
}

static void line_let_go(struct line_ctx *l) {
  pthread_mutex_lock(&l->lock);
  l->go = true;
  pthread_cond_broadcast(&l->changed);
  pthread_mutex_unlock(&l->lock);
}

static void line_wait_for(struct line_ctx *l, int count) {
  pthread_mutex_lock(&l->lock);
  while (l->count < count) pthread_cond_wait(&l->changed, &l->lock);
  pthread_mutex_unlock(&l->lock);
}

static void line_close(struct line_ctx *l) {
  access_queue_free(&l->q);
  pthread_cond_destroy(&l->changed);
  pthread_mutex_destroy(&l->lock);
}

static int crowd(struct line_ctx *l, enum access_lane lane, const char *caller, struct standing_ctx *one,
                 enum err_code *last) {
  int places = 0;
  for (int i = 0; i < 100; i++) {
    err e = access_queue_add(&l->q, lane, str_c(caller), note, one);
    places += !err_is(e);
    if (err_is(e) && last) *last = e.code;
    if (err_is(e) && e.retry_ms < 1000) fail_msg("%s: no time to come again", caller);
  }
  return places;
}

static void a_caller_that_floods_the_queue_leaves_room_for_others(void **state) {
  (void)state;
  struct line_ctx l;
  struct standing_ctx any = {&l, 0};
  enum err_code last = ERR_NONE;
  line_open(&l);
  assert_int_equal(crowd(&l, ACCESS_LANE_UNKNOWN, "10.0.0.1", &any, &last), ACCESS_LANE_MAX / 2);
  assert_int_equal(last, ERR_RATE_LIMITED);
  assert_int_equal(crowd(&l, ACCESS_LANE_UNKNOWN, "10.0.0.2", &any, NULL), ACCESS_LANE_MAX / 4);
  int others = 0;
  for (int i = 0; i < 100; i++) {
    char address[32];
    snprintf(address, sizeof address, "10.1.0.%d", i);
    err e = access_queue_add(&l.q, ACCESS_LANE_UNKNOWN, str_c(address), note, &any);
    others += !err_is(e);
    if (err_is(e)) assert_int_equal(e.code, ERR_OVERLOADED);
  }
  assert_int_equal(others, ACCESS_LANE_MAX / 4);
  assert_ok(access_queue_add(&l.q, ACCESS_LANE_KNOWN, S("the owner"), note,
                             &any)); /* however many unknown callers there are */
  assert_int_equal(access_queue_waiting(&l.q), ACCESS_LANE_MAX + 1);
  line_let_go(&l);
  line_wait_for(&l, ACCESS_LANE_MAX + 1);
  line_close(&l);
}

static void known_callers_go_first_and_unknown_ones_still_get_through(void **state) {
  (void)state;
  struct line_ctx l;
  struct standing_ctx known = {&l, 1}, unknown = {&l, 2};
  line_open(&l);
  for (int i = 0; i < 3; i++) assert_ok(access_queue_add(&l.q, ACCESS_LANE_UNKNOWN, S("s"), note, &unknown));
  for (int i = 0; i < 8; i++) assert_ok(access_queue_add(&l.q, ACCESS_LANE_KNOWN, S("k"), note, &known));
  line_let_go(&l);
  line_wait_for(&l, 11);
  static const int wanted[] = {1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2}; /* the holder was the first of three */
  assert_memory_equal(l.order, wanted, sizeof wanted);
  line_close(&l);
}

static void a_queue_that_stops_refuses_who_waits(void **state) {
  (void)state;
  struct line_ctx l;
  struct standing_ctx any = {&l, 0};
  line_open(&l);
  for (int i = 0; i < 5; i++) assert_ok(access_queue_add(&l.q, ACCESS_LANE_UNKNOWN, S("s"), note, &any));
  pthread_mutex_lock(&l.q.lock);
  l.q.stopping = true; /* as access_queue_stop does before it joins */
  pthread_mutex_unlock(&l.q.lock);
  line_let_go(&l);
  pthread_join(l.q.thread, NULL);
  assert_int_equal(l.refused, 5);
  assert_int_equal(l.count, 0);
  assert_err(access_queue_add(&l.q, ACCESS_LANE_KNOWN, S("k"), note, &any), ERR_OVERLOADED);
  line_close(&l);
}

/* ---- addresses ---- */

static void an_ipv6_address_counts_as_its_network(void **state) {
  (void)state;
  char a[64], b[64], c[64];
  str first = access_address_block(S("2001:db8:1:2:aaaa::1"), a),
      second = access_address_block(S("2001:db8:1:2::9"), b);
  assert_true(str_eq(first, second));
  assert_false(str_eq(first, access_address_block(S("2001:db8:1:3::9"), c)));
  assert_str(access_address_block(S("192.0.2.7"), c), "192.0.2.7");
}

/* ---- rates ---- */

static void a_bucket_gives_its_burst_then_its_pace(void **state) {
  (void)state;
  struct access_bucket b;
  access_bucket_init(&b, repeatable());
  int64_t now = 5000;
  for (int i = 0; i < 10; i++) assert_ok(access_bucket_take(&b, 'A', S("1"), 10, 60, now));
  err e = access_bucket_take(&b, 'A', S("1"), 10, 60, now);
  assert_int_equal(e.code, ERR_RATE_LIMITED);
  assert_in_range(e.retry_ms, 1000, 1001);
  assert_ok(access_bucket_take(&b, 'A', S("2"), 10, 60, now)); /* another caller */
  assert_ok(access_bucket_take(&b, 'B', S("1"), 10, 60, now)); /* another class */
  now += 1000;
  assert_ok(access_bucket_take(&b, 'A', S("1"), 10, 60, now));
  assert_err(access_bucket_take(&b, 'A', S("1"), 10, 60, now), ERR_RATE_LIMITED);
  access_bucket_free(&b);
}

static void a_flood_of_callers_takes_no_more_memory(void **state) {
  (void)state;
  struct access_table t;
  access_table_init(&t, repeatable());
  uint64_t kept = access_table_key(&t, 'x', S("kept"), STR_NONE);
  access_table_take(&t, kept)->time_ms = INT64_MAX;
  for (int i = 0; i < 100000; i++) {
    char name[32];
    snprintf(name, sizeof name, "caller %d", i);
    access_table_take(&t, access_table_key(&t, 'x', str_c(name), STR_NONE))->time_ms = i;
  }
  assert_non_null(access_table_find(&t, kept)); /* the most pressing one stays */
  access_table_free(&t);
}

/* ---- the cache ---- */

static void the_cache_forgets_in_time_and_at_once(void **state) {
  (void)state;
  static struct access_cache c;
  arena *a = arena_new(0);
  unsigned char key[ACCESS_KEY_BYTES], other[ACCESS_KEY_BYTES];
  uint64_t epoch;
  struct access_identity who = {.session_id = 5, .bound_session_id = 5, .csrf_token = S("token")}, got;
  who.operator.id = 3;
  who.operator.login = S("ann");
  access_cache_init(&c);
  access_cache_key(S("credential"), false, key);
  access_cache_key(S("credential"), true, other);
  assert_memory_not_equal(key, other, sizeof key);
  assert_false(access_cache_get(&c, key, 0, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 0, &who);
  assert_true(access_cache_get(&c, key, ACCESS_CACHE_MS - 1, a, &got, &epoch));
  assert_str(got.operator.login, "ann");
  assert_str(got.csrf_token, "token");
  assert_null(got.operator.email.ptr);
  assert_false(access_cache_get(&c, key, ACCESS_CACHE_MS, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 0, &who);
  access_cache_drop(&c, 99, 0);
  assert_true(access_cache_get(&c, key, 1, a, &got, &epoch));
  uint64_t stale = epoch;
  access_cache_drop(&c, 3, 0);
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_put(&c, key, stale, 1, &who); /* read before the change */
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 1, &who);
  access_cache_drop(&c, 0, 5);
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_free(&c);
  arena_free(&a);
}

static void a_full_cache_makes_room(void **state) {
  (void)state;
  static struct access_cache c;
  arena *a = arena_new(0);
  unsigned char key[ACCESS_KEY_BYTES];
  uint64_t epoch;
  struct access_identity who = {.session_id = 1, .bound_session_id = 1, .csrf_token = S("t")}, got;
  access_cache_init(&c);
  for (int i = 0; i < 10000; i++) {
    char name[32];
    snprintf(name, sizeof name, "credential %d", i);
    access_cache_key(str_c(name), false, key);
    access_cache_get(&c, key, i, a, &got, &epoch);
    access_cache_put(&c, key, epoch, i, &who);
  }
  assert_true(access_cache_get(&c, key, 10000, a, &got, &epoch)); /* the newest is there */
  access_cache_free(&c);
  arena_free(&a);
}

static void roles_are_what_the_table_says(void **state) {
  (void)state;
  enum { ME = 7, OTHER = 8 };
  static const struct {
    const char *why;
    struct actor who;
    enum permission what;
    int64_t owner_id; /* -1: about nothing in particular */
    bool may;
  } rows[] = {
      {"an administrator may all", {ACTOR_OPERATOR, ROLE_ADMIN, ME}, MAY_BOT_MANAGE, -1, true},
      {"a senior operator not that", {ACTOR_OPERATOR, ROLE_SENIOR_OPERATOR, ME}, MAY_BOT_MANAGE, -1, false},
      {"but this", {ACTOR_OPERATOR, ROLE_SENIOR_OPERATOR, ME}, MAY_OUTBOX_DISMISS, -1, true},
      {"an operator not", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_OUTBOX_DISMISS, -1, false},
      {"everybody answers", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_CONVERSATION_WRITE, OTHER, true},
      {"an operator gives away their own", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_CONVERSATION_ASSIGN, ME, true},
      {"and not another's", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_CONVERSATION_ASSIGN, OTHER, false},
      {"nor nobody's", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_CONVERSATION_ASSIGN, 0, false},
      {"nor in general", {ACTOR_OPERATOR, ROLE_OPERATOR, ME}, MAY_CONVERSATION_ASSIGN, -1, false},
      {"a senior operator gives away any",
       {ACTOR_OPERATOR, ROLE_SENIOR_OPERATOR, ME},
       MAY_CONVERSATION_ASSIGN,
       OTHER,
       true},
      {"an unknown role", {ACTOR_OPERATOR, (enum operator_role)9, ME}, MAY_CONVERSATION_READ, -1, false},
      {"the system", {ACTOR_SYSTEM, 0, 0}, MAY_CONVERSATION_ASSIGN, OTHER, true},
      {"a rule", {ACTOR_RULE, 0, 3}, MAY_CONVERSATION_ASSIGN, OTHER, true},
      {"a customer", {ACTOR_CUSTOMER, 0, ME}, MAY_CONVERSATION_READ, ME, false},
      {"an API key, while there are none", {ACTOR_API_KEY, 0, ME}, MAY_CONVERSATION_READ, -1, false},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct subject about = {SUBJECT_CONVERSATION, 1, rows[i].owner_id};
    bool got = may(&rows[i].who, rows[i].what, rows[i].owner_id < 0 ? NULL : &about);
    if (got != rows[i].may) fail_msg("%s: %s", rows[i].why, got ? "may" : "may not");
  }
  assert_string_equal(permission_text(MAY_SETTING_MANAGE), "setting.manage");
}

/* ---- on a database ---- */

#define PASSWORD "correct horse battery"
static const unsigned char secret[32] = "thirty-two bytes for the tests..";

static struct operator_row begin(struct fixture *f) {
  f->desk.access = access_new(&f->clock.clock, &f->rand.rand, secret, 3600 * 1000);
  f->desk.secret_key = secret;
  struct operator_new fresh = {
      .login = S("Ann"), .email = S("Ann@Example.com"), .name = S("Ann"), .password = S(PASSWORD), .role = ROLE_ADMIN};
  struct operator_row row;
  str password;
  assert_ok(operator_create(&f->desk, &fresh, 0, STR_NONE, f->arena, &row, &password));
  return row;
}

static void end(struct fixture *f) { access_free(&f->desk.access); }

static const struct access_from *at(const char *address) {
  static struct access_from from;
  from = (struct access_from){.address = str_c(address), .agent = S("test")};
  return &from;
}

static struct access_grant sign_in(struct fixture *f, str password) {
  struct access_grant g;
  assert_ok(access_sign_in(&f->desk, S("ann"), password, at("10.0.0.1"), f->arena, &g));
  return g;
}

static err by_cookie(struct fixture *f, str token, struct access_identity *who) {
  return access_identify(&f->desk, token, STR_NONE, f->arena, who);
}

static err by_bearer(struct fixture *f, str token) {
  struct access_identity who;
  return access_identify(&f->desk, STR_NONE, token, f->arena, &who);
}

static void one_signs_in_by_login_or_email_in_any_case(void **state) {
  struct fixture *f = *state;
  begin(f);
  static const char *const names[] = {"ann", " ANN ", "ann@example.com", "Ann@EXAMPLE.com"};
  for (size_t i = 0; i < JSON_COUNT(names); i++) {
    struct access_grant g;
    assert_ok(access_sign_in(&f->desk, str_c(names[i]), S(PASSWORD), at("10.0.0.1"), f->arena, &g));
    assert_str(g.operator.login, "ann");
    assert_int_equal(g.expires_in_s, 3600);
  }
  struct access_grant g;
  assert_err(access_sign_in(&f->desk, S("ann"), S("wrong"), at("10.0.0.1"), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_err(access_sign_in(&f->desk, S("eve"), S(PASSWORD), at("10.0.0.1"), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_err(access_sign_in(&f->desk, S("a\0n"), S(PASSWORD), at("10.0.0.1"), f->arena, &g), ERR_WRONG_PASSWORD);
  fixture_exec(f, "UPDATE operator SET active = 0");
  assert_err(access_sign_in(&f->desk, S("ann"), S(PASSWORD), at("10.0.0.1"), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE action = 'operator.signed_in'"), 4);
  end(f);
}

static void guesses_at_one_account_end_in_rate_limited(void **state) {
  struct fixture *f = *state;
  begin(f);
  struct access_grant g;
  for (int i = 0; i < 5; i++)
    assert_err(access_sign_in(&f->desk, S("ann"), S("wrong"), at("10.0.0.1"), f->arena, &g), ERR_WRONG_PASSWORD);
  err e = access_sign_in(&f->desk, S("ann@example.com"), S(PASSWORD), at("10.0.0.1"), f->arena, &g);
  assert_int_equal(e.code, ERR_RATE_LIMITED); /* the right one must wait too, by whichever name */
  assert_true(e.retry_ms > 0);
  f->clock.now_ms += e.retry_ms;
  sign_in(f, S(PASSWORD));
  end(f);
}

static err try_sign_in(struct fixture *f, const char *password, const struct access_from *from) {
  struct access_grant g;
  return access_sign_in(&f->desk, S("ann"), str_c(password), from, f->arena, &g);
}

static void guesses_from_elsewhere_keep_nobody_out_who_has_been_here(void **state) {
  struct fixture *f = *state;
  begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD)); /* at home, by a phone */
  struct access_device phone = access_device_read(&f->desk.access->mark_key, g.device_token);
  assert_non_null(phone.id.ptr);
  end(f);
  f->desk.access = access_new(&f->clock.clock, &f->rand.rand, secret, 3600 * 1000); /* the server has been restarted */
  int refused = 0;
  for (int i = 0; i < 60; i++) {
    char address[32];
    snprintf(address, sizeof address, "192.0.2.%d", i);
    refused += try_sign_in(f, "wrong", at(address)).code == ERR_RATE_LIMITED;
  }
  assert_in_range(refused, 25, 30);
  assert_err(try_sign_in(f, PASSWORD, at("198.51.100.1")),
             ERR_RATE_LIMITED); /* a new address waits with the unknown callers */
  assert_ok(try_sign_in(f, PASSWORD, at("10.0.0.1")));
  assert_ok(try_sign_in(f, PASSWORD, &(struct access_from){.address = S("198.51.100.1"), .device = phone}));
  assert_ok(try_sign_in(f, PASSWORD, at("198.51.100.1"))); /* known from now on */
  struct access_from proxy = {.address = S("10.0.0.1"), .address_shared = true};
  assert_err(try_sign_in(f, PASSWORD, &proxy), ERR_RATE_LIMITED); /* known as it may be, it stands for anybody */
  proxy.device = phone;
  assert_ok(try_sign_in(f, PASSWORD, &proxy));
  assert_true(access_knows_address(&f->desk, at("10.0.0.1"), f->arena));
  assert_false(access_knows_address(&f->desk, at("192.0.2.1"), f->arena));
  end(f);
}

static void marks_are_bounded_and_forgotten(void **state) {
  struct fixture *f = *state;
  begin(f);
  for (int i = 0; i < 3; i++) sign_in(f, S(PASSWORD));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM sign_in_mark"), 1);
  fixture_exec(f, f->engine == DB_SQLITE
                      ? "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
                        "INSERT INTO sign_in_mark SELECT operator.id, CAST(i AS BLOB), i FROM n, operator"
                      : "INSERT INTO sign_in_mark SELECT id, decode(lpad(to_hex(i), 8, '0'), 'hex'), i "
                        "FROM generate_series(1, 200) i, operator");
  sign_in(f, S(PASSWORD));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM sign_in_mark"), 100);
  assert_true(access_knows_address(&f->desk, at("10.0.0.1"), f->arena)); /* the oldest went */
  f->clock.now_ms += (int64_t)401 * 24 * 3600 * 1000;
  assert_ok(access_expire(&f->desk));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM sign_in_mark"), 0);
  end(f);
}

static void signing_out_ends_cookie_and_token_at_once(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD)), second = sign_in(f, S(PASSWORD));
  struct access_identity who;
  assert_ok(by_cookie(f, g.session_token, &who));
  assert_int_equal(who.operator.id, ann.id);
  assert_int_not_equal(who.session_id, 0);
  assert_true(str_eq(who.csrf_token, g.csrf_token));
  assert_ok(by_bearer(f, g.access_token));
  assert_err(by_cookie(f, g.access_token, &who), ERR_UNAUTHORIZED); /* neither is the other */
  assert_err(by_bearer(f, g.session_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, g.session_token, &who));
  assert_ok(access_sign_out(&f->desk, who.bound_session_id));
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, second.session_token, &who)); /* the other device stays */
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM session"), 1);
  end(f);
}

static void a_new_password_ends_every_other_session_and_token(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant old = sign_in(f, S(PASSWORD)), fresh;
  struct access_identity who;
  assert_ok(by_cookie(f, old.session_token, &who));
  err e = access_change_password(&f->desk, ann.id, S("not it at all"), S("another long one"), at("10.0.0.1"), f->arena,
                                 &fresh);
  assert_int_equal(e.code, ERR_WRONG_PASSWORD);
  assert_string_equal(e.field, "current_password");
  assert_err(access_change_password(&f->desk, ann.id, S(PASSWORD), S("short"), at("10.0.0.1"), f->arena, &fresh),
             ERR_WEAK_PASSWORD);
  assert_err(access_change_password(&f->desk, ann.id, S(PASSWORD), S(PASSWORD), at("10.0.0.1"), f->arena, &fresh),
             ERR_WEAK_PASSWORD);
  assert_ok(
      access_change_password(&f->desk, ann.id, S(PASSWORD), S("another long one"), at("10.0.0.1"), f->arena, &fresh));
  assert_err(by_cookie(f, old.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, old.access_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, fresh.session_token, &who));
  assert_ok(by_bearer(f, fresh.access_token));
  end(f);
}

static void a_reset_password_must_be_changed(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant old = sign_in(f, S(PASSWORD));
  str once;
  assert_ok(operator_reset_password(&f->desk, ann.id, ann.id, STR_NONE, f->arena, &once));
  access_forget(f->desk.access, ann.id);
  assert_err(by_bearer(f, old.access_token), ERR_UNAUTHORIZED);
  struct access_grant g = sign_in(f, once), settled;
  assert_true(g.operator.must_change_password);
  assert_ok(access_change_password(&f->desk, ann.id, once, S(PASSWORD), at("10.0.0.1"), f->arena, &settled));
  assert_false(settled.operator.must_change_password);
  assert_rows(f, "SELECT type, actor, actor_id FROM event ORDER BY seq DESC LIMIT 1",
              "operator_status_change|operator|1");
  end(f);
}

static void a_deactivated_operator_is_out_at_once(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD));
  struct access_identity who;
  assert_ok(by_cookie(f, g.session_token, &who));
  fixture_exec(f, "UPDATE operator SET active = 0");
  assert_ok(by_cookie(f, g.session_token, &who)); /* from the cache: nobody said so */
  access_forget(f->desk.access, ann.id);
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED);
  end(f);
}

static void an_unused_session_ends_and_is_swept(void **state) {
  struct fixture *f = *state;
  begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD));
  struct access_identity who;
  f->clock.now_ms += 3600 * 1000 - 1000;
  assert_ok(by_cookie(f, g.session_token, &who));
  struct access_grant renewed;
  assert_ok(access_refresh(&f->desk, &who, g.session_token, f->arena, &renewed));
  f->clock.now_ms += 2000;
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED); /* the old token has run out */
  assert_ok(by_bearer(f, renewed.access_token));
  assert_ok(by_cookie(f, g.session_token, &who)); /* the session's end has moved on */
  f->clock.now_ms += 3600 * 1000;
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_ok(access_expire(&f->desk));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM session"), 0);
  end(f);
}

static void strange_credentials_are_nobody(void **state) {
  struct fixture *f = *state;
  begin(f);
  char *long_one = arena_alloc(f->arena, 5000);
  memset(long_one, 'a', 5000);
  struct access_identity who;
  assert_err(by_cookie(f, S(""), &who), ERR_UNAUTHORIZED);
  assert_err(by_cookie(f, str_n(long_one, 5000), &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, S("a.b.c")), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, S("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")), ERR_UNAUTHORIZED);
  end(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(five_guesses_are_free_and_the_sixth_waits),
      PURE(the_wait_has_a_ceiling),
      PURE(many_addresses_against_one_login_get_two_turns_a_minute),
      PURE(who_waits_in_line_gets_the_turn_that_was_told),
      PURE(a_network_has_one_place_in_line_and_a_turn_is_held_for_a_minute),
      PURE(who_is_known_has_attempts_of_their_own),
      PURE(an_address_that_says_nothing_leaves_the_limit_of_the_account),
      PURE(one_address_against_many_logins_waits),
      PURE(a_right_password_forgets_and_a_busy_server_counts_nothing),
      PURE(only_a_device_that_was_given_out_is_one),
      PURE(a_caller_that_floods_the_queue_leaves_room_for_others),
      PURE(known_callers_go_first_and_unknown_ones_still_get_through),
      PURE(a_queue_that_stops_refuses_who_waits),
      PURE(an_ipv6_address_counts_as_its_network),
      PURE(a_bucket_gives_its_burst_then_its_pace),
      PURE(a_flood_of_callers_takes_no_more_memory),
      PURE(the_cache_forgets_in_time_and_at_once),
      PURE(a_full_cache_makes_room),
      PURE(roles_are_what_the_table_says),
      ON_BOTH(one_signs_in_by_login_or_email_in_any_case),
      ON_BOTH(guesses_at_one_account_end_in_rate_limited),
      ON_BOTH(guesses_from_elsewhere_keep_nobody_out_who_has_been_here),
      ON_BOTH(marks_are_bounded_and_forgotten),
      ON_BOTH(signing_out_ends_cookie_and_token_at_once),
      ON_BOTH(a_new_password_ends_every_other_session_and_token),
      ON_BOTH(a_reset_password_must_be_changed),
      ON_BOTH(a_deactivated_operator_is_out_at_once),
      ON_BOTH(an_unused_session_ends_and_is_swept),
      ON_BOTH(strange_credentials_are_nobody),
  };
  return FIXTURE_RUN(tests);
}
