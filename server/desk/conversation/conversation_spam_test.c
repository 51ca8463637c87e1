/* Spam on both engines: what is a flood, and that a conversation which is spam is neither listed nor copied, but complete. */
#include "desk/desk_fixture.h"
#include "desk/staff/staff.h"

enum { SECOND_MS = 1000, MOST = 20 };

static void writes_at(struct fixture *f, int n, int64_t sent_at_ms) {
  char id[16];
  snprintf(id, sizeof id, "%d", n);
  struct inbound_message m = fixture_text(id, "Hello");
  m.sent_at_ms = sent_at_ms;
  assert_ok(fixture_receive(f, &m));
}

static bool is_spam(struct fixture *f) {
  return fixture_number(f, "SELECT count(*) FROM conversation WHERE spam_at IS NOT NULL") == 1;
}

static const struct flood {
  int written;      /* messages, the first at the fixture's time */
  int64_t apart_ms; /* between two of them, by the times at which the customer wrote */
  bool at_once;     /* they all arrive together, later */
  int most;         /* FLOOD_MESSAGES */
  bool spam;
  const char *why;
} floods[] = {
    {MOST + 1, 0, false, MOST, true, "all in one moment"},
    {MOST, 0, false, MOST, false, "as many as are allowed"},
    {MOST + 1, 499, false, MOST, true, "within ten seconds"},
    {MOST + 1, 500, false, MOST, false, "over ten seconds"},
    {3 * MOST, 500, false, MOST, false, "never more than are allowed within ten seconds"},
    {3 * MOST, 500, true, MOST, false, "what was written slowly and arrives at once after a downtime"},
    {3 * MOST, 1, true, MOST, true, "what was written fast, even if it arrives late"},
    {3 * MOST, 0, false, 0, false, "no limit"},
};

static void more_messages_in_ten_seconds_than_allowed_are_spam(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < JSON_COUNT(floods); i++) {
    const struct flood *c = &floods[i];
    int64_t first = f->clock.now_ms;
    f->desk.flood_messages = c->most;
    if (c->at_once) f->clock.now_ms += 3600 * SECOND_MS;
    for (int n = 0; n < c->written; n++) {
      int64_t at = first + n * c->apart_ms;
      if (!c->at_once) f->clock.now_ms = at;
      writes_at(f, n + 1, at);
    }
    if (is_spam(f) != c->spam) fail_msg("%s: %s", c->why, c->spam ? "it is no spam" : "it is spam");
    str all = arena_printf(f->arena, "%d|%d", c->written, c->written);
    assert_rows(f, "SELECT inbound_count, (SELECT count(*) FROM message WHERE direction = 'in') FROM conversation",
                all.ptr);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE action = 'spam'"), c->spam);
    fixture_exec(f, "DELETE FROM event");
    fixture_exec(f, "DELETE FROM message");
    fixture_exec(f, "DELETE FROM conversation");
    fixture_exec(f, "DELETE FROM customer");
    f->clock.now_ms += 3600 * SECOND_MS;
  }
}

/* ---- one act of several messages ---- */

static const struct act_case {
  int written;
  int64_t apart_ms;
  int of_album;   /* messages of each album; 0: none */
  bool forwarded; /* all of them */
  bool spam;
  const char *why;
} acts[] = {
    {30, 100, 10, false, false, "three albums"},
    {2 * (MOST + 1), 100, 2, false, true, "an album too many"},
    {100, 0, 0, true, false, "a chat that was forwarded at once"},
    {100, 40, 0, true, false, "the same, while the clock goes on"},
    {40, 200, 10, true, false, "forwarded albums"},
    {400, 1, 0, true, true, "more than anybody forwards at once"},
};

static void what_is_sent_in_one_act_counts_once(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < JSON_COUNT(acts); i++) {
    const struct act_case *c = &acts[i];
    f->desk.flood_messages = MOST;
    for (int n = 0; n < c->written; n++) {
      struct inbound_message m = fixture_text(arena_printf(f->arena, "%d", n + 1).ptr, "Hello");
      m.sent_at_ms = f->clock.now_ms;
      if (c->of_album) m.album = arena_printf(f->arena, "album-%d", n / c->of_album);
      if (c->forwarded) m.forward_json = S("{\"kind\":\"hidden_user\",\"name\":\"Ann\"}");
      assert_ok(fixture_receive(f, &m));
      f->clock.now_ms += c->apart_ms;
    }
    if (is_spam(f) != c->spam) fail_msg("%s: %s", c->why, c->spam ? "it is no spam" : "it is spam");
    fixture_exec(f, "DELETE FROM event");
    fixture_exec(f, "DELETE FROM message");
    fixture_exec(f, "DELETE FROM conversation");
    fixture_exec(f, "DELETE FROM customer");
    f->clock.now_ms += 3600 * SECOND_MS;
  }
}

/* Forwarded messages do not hide what the customer writes between them. */
static void a_flood_among_forwarded_messages_is_one(void **state) {
  struct fixture *f = *state;
  f->desk.flood_messages = MOST;
  for (int n = 0; n < 2 * (MOST + 1); n++) {
    struct inbound_message m = fixture_text(arena_printf(f->arena, "%d", n + 1).ptr, "Hello");
    m.sent_at_ms = f->clock.now_ms;
    if (n % 2) m.forward_json = S("{\"kind\":\"hidden_user\",\"name\":\"Ann\"}");
    assert_ok(fixture_receive(f, &m));
  }
  assert_true(is_spam(f));
}

static void a_message_that_arrives_again_completes_no_flood(void **state) {
  struct fixture *f = *state;
  f->desk.flood_messages = MOST;
  for (int n = 1; n <= MOST; n++) writes_at(f, n, f->clock.now_ms);
  for (int n = 1; n <= MOST; n++) writes_at(f, n, f->clock.now_ms);
  assert_false(is_spam(f));
  writes_at(f, MOST + 1, f->clock.now_ms);
  assert_true(is_spam(f));
}

/* ---- marking ---- */

static err mark(struct fixture *f, int64_t operator_id, bool spam) {
  struct conversation_spam o = {.conversation_id = 1,
                                .by = {.kind = ACTOR_OPERATOR, .role = ROLE_OPERATOR, .id = operator_id},
                                .spam = spam,
                                .address = S("192.0.2.1")};
  struct conversation_row row;
  err e = conversation_spam(&f->desk, &o, f->arena, &row);
  if (!err_is(e)) assert_int_equal(row.spam_at != 0, spam);
  return e;
}

static void an_operator_marks_and_clears_once_and_it_comes_back_where_it_was(void **state) {
  struct fixture *f = *state;
  static const char as_it_was[] =
      "SELECT status, assignee_id, inbound_count, updated_at, last_message_id FROM conversation";
  int64_t ann = fixture_operator(f, "ann");
  assert_err(mark(f, ann, true), ERR_NOT_FOUND);
  fixture_writes(f, "1", "Hello");
  fixture_exec(f, "UPDATE conversation SET status = 'active', assignee_id = 1");
  str before = fixture_ask(f, as_it_was);
  f->clock.now_ms += SECOND_MS;
  for (int i = 0; i < 2; i++) assert_ok(mark(f, ann, true));
  assert_rows(f, as_it_was, before.ptr);
  for (int i = 0; i < 2; i++) assert_ok(mark(f, ann, false));
  assert_rows(f, as_it_was, before.ptr);
  assert_false(is_spam(f));
  assert_rows(f, "SELECT action, operator_id FROM message WHERE kind = 'system' ORDER BY id", "spam|1\nnot_spam|1");
  assert_rows(f, "SELECT action, target, actor_id, address FROM audit ORDER BY id",
              "spam.marked|conversation:1|1|192.0.2.1\nspam.cleared|conversation:1|1|192.0.2.1");
  assert_rows(f, "SELECT type FROM event ORDER BY seq DESC LIMIT 2", "new_message\nnew_message");
}

/* ---- lists and counts ---- */

struct looking_ctx {
  struct fixture *f;
  enum conversation_order order;
  const char *json;
  str ids;
  struct conversation_counts counts;
};

static err look(db_conn *c, void *arg) {
  struct looking_ctx *l = arg;
  const struct actor ann = {.kind = ACTOR_OPERATOR, .role = ROLE_OPERATOR, .id = 1};
  struct conversation_filter filter = {.order = l->order};
  struct conversation_page page;
  if (l->json) assert_ok(condition_parse(&conversation_noun, str_c(l->json), "filter", l->f->arena, &filter.condition));
  assert_ok(conversation_page(c, &filter, 10, &ann, l->f->arena, &page));
  l->ids = S("");
  for (size_t i = 0; i < page.count; i++)
    l->ids = arena_printf(l->f->arena, "%.*s%s%lld", STR_ARG(l->ids), i ? " " : "", (long long)page.rows[i].id);
  return conversation_count(c, &ann, &(struct conversation_count_of){.condition = filter.condition}, &l->counts);
}

#define LEAF(field, op, value) "{\"field\":\"" field "\",\"op\":\"" op "\",\"value\":" value "}"
static const struct {
  enum conversation_order order;
  const char *json, *ids;
  int waiting, active, mine, spam;
  const char *why;
} views[] = {
    {CONVERSATION_BY_TIME, NULL, "5 3 1", 1, 1, 1, 3, "spam is left out"},
    {CONVERSATION_BY_TIME, LEAF("status", "is", "\"waiting\""), "1", 1, 0, 0, 1, "by an index too"},
    {CONVERSATION_BY_TIME, LEAF("inbound_count", "more", "0"), "5 3 1", 1, 1, 1, 3, "when rows are compared too"},
    {CONVERSATION_BY_TIME, LEAF("spam", "is", "true"), "6 4 2", 1, 1, 0, 3, "only spam, by time, of every status"},
    {CONVERSATION_BY_TIME, LEAF("spam", "is", "false"), "5 3 1", 1, 1, 1, 0, "the usual, in words"},
    {CONVERSATION_BY_TIME, "{\"any\":[" LEAF("spam", "is", "true") "," LEAF("spam", "is", "false") "]}", "6 5 4 3 2 1",
     2, 2, 1, 3, "both"},
    {CONVERSATION_BY_TIME, "{\"all\":[" LEAF("spam", "is", "true") "," LEAF("assignee", "is", "2") "]}", "4", 0, 1, 0,
     1, "somebody's spam"},
    {CONVERSATION_BY_TIME, "{\"field\":\"spam_at\",\"op\":\"not_empty\"}", "", 0, 0, 0, 3,
     "the time alone asks for no spam"},
    {CONVERSATION_BY_WAKE, NULL, "5", 1, 1, 1, 3, "in the order of waking too"},
    {CONVERSATION_BY_WAKE, LEAF("spam", "is", "true"), "6", 1, 1, 0, 3, "snoozed spam"},
};

static void lists_and_counts_leave_spam_out_unless_asked(void **state) {
  struct fixture *f = *state;
  fixture_operator(f, "ann"), fixture_operator(f, "bob");
  for (int i = 1; i <= 6; i++) {
    struct inbound_message m = fixture_text("1", "Hello");
    m.from.external_id = arena_printf(f->arena, "%d", 1000 + i);
    f->clock.now_ms += SECOND_MS;
    assert_ok(fixture_receive(f, &m));
  }
  fixture_exec(f, "UPDATE conversation SET status = 'active', assignee_id = id - 2 WHERE id IN (3, 4)");
  fixture_exec(f, "UPDATE conversation SET status = 'snoozed' WHERE id IN (5, 6)");
  fixture_exec(f, "UPDATE conversation SET spam_at = 7 WHERE id IN (2, 4, 6)");
  for (size_t i = 0; i < JSON_COUNT(views); i++) {
    struct looking_ctx l = {.f = f, .order = views[i].order, .json = views[i].json};
    assert_ok(db_read(f->desk.db, look, &l));
    const struct conversation_counts *n = &l.counts;
    bool same = n->waiting == views[i].waiting && n->active == views[i].active && n->mine == views[i].mine &&
                n->spam == views[i].spam;
    if (!str_eq(l.ids, str_c(views[i].ids)) || !same)
      fail_msg("%s: \"%.*s\", %d waiting, %d active, %d mine, %d spam", views[i].why, STR_ARG(l.ids), (int)n->waiting,
               (int)n->active, (int)n->mine, (int)n->spam);
  }
}

/* ---- the staff room ---- */

static const char copies[] = "SELECT count(*) FROM job WHERE kind = 'outbox.copy'";

static void the_staff_room_gets_no_copies_of_spam(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  f->desk.staff = staff_new();
  staff_open(&f->desk, S(FIXTURE_CHANNEL), S("777"), STR_NONE);
  f->desk.flood_messages = MOST;
  for (int n = 1; n <= MOST; n++) writes_at(f, n, f->clock.now_ms);
  assert_int_equal(fixture_number(f, copies), MOST);
  writes_at(f, MOST + 1, f->clock.now_ms);
  assert_int_equal(fixture_number(f, copies), 0); /* those that waited are withdrawn */
  writes_at(f, MOST + 2, f->clock.now_ms);
  struct reply r = {.conversation_id = 1, .by = actor_operator(ann), .text = S("Stop it")};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  assert_int_equal(fixture_number(f, copies), 0);
  assert_true(is_spam(f));
  f->clock.now_ms += 60 * SECOND_MS;
  assert_ok(mark(f, ann, false));
  writes_at(f, MOST + 3, f->clock.now_ms);
  assert_int_equal(fixture_number(f, copies), 1);
  staff_free(&f->desk.staff);
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(more_messages_in_ten_seconds_than_allowed_are_spam),
                                     ON_BOTH(what_is_sent_in_one_act_counts_once),
                                     ON_BOTH(a_flood_among_forwarded_messages_is_one),
                                     ON_BOTH(a_message_that_arrives_again_completes_no_flood),
                                     ON_BOTH(an_operator_marks_and_clears_once_and_it_comes_back_where_it_was),
                                     ON_BOTH(lists_and_counts_leave_spam_out_unless_asked),
                                     ON_BOTH(the_staff_room_gets_no_copies_of_spam)};
  return FIXTURE_RUN(tests);
}
