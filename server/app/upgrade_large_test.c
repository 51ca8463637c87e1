/* A working desk of the version before this one, with 100,000 messages, rows of the outbox in every state, push messages and
 * pending files, comes over by itself: nothing is lost, what waits leaves once and in order, and what may have left is never
 * sent again unasked. */
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"

enum {
  VERSION_BEFORE = 18,
  CUSTOMERS = 1000,
  MESSAGES = 100000,
  OUTBOX_ROWS = 2999 /* answers, in every state */,
  WAITING = OUTBOX_ROWS - 205,
  TAKE = 100
};

/* Of the outbox's rows: ids 1 to 5 are being sent, 6 to 105 failed, 106 to 205 uncertain, the rest wait; each customer's
 * answers stand in a lane of their own. Copies for the staff room and a notice follow. */
static const char *const rows[] = {
    "INSERT INTO operator (id, login, name, role, password_hash, created_at, updated_at) "
    "VALUES (1, 'mira', 'Mira', 'admin', 'x', 1, 1)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
    "SELECT i, 'telegram', '777', CAST(i AS TEXT), 'Customer ' || i, 1, 1 FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    "INSERT INTO conversation (id, customer_id, status, assignee_id, last_message_id, inbound_count, created_at, "
    "updated_at) "
    "SELECT i, i, CASE i % 4 WHEN 0 THEN 'waiting' WHEN 1 THEN 'active' WHEN 2 THEN 'snoozed' ELSE 'closed' END, "
    "CASE WHEN i % 4 = 1 THEN 1 END, 99000 + i, 50, 1, i FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "INSERT INTO message (id, conversation_id, direction, kind, operator_id, text, external_id, delivery, created_at) "
    "SELECT i, (i - 1) % 1000 + 1, CASE (i / 1000) % 2 WHEN 0 THEN 'in' ELSE 'out' END, 'text', "
    "CASE (i / 1000) % 2 WHEN 1 THEN 1 END, 'words of ' || i, CAST(i AS TEXT), "
    "CASE (i / 1000) % 2 WHEN 1 THEN 'sent' END, i FROM n",
    "UPDATE message SET external_id = NULL, delivery = 'queued' WHERE id > 95000 AND direction = 'out'",
    "INSERT INTO outbox (id, channel, account, lane, message_id, state, attempts, error_code, error, created_at, "
    "updated_at) "
    "SELECT m.id - 95000, 'telegram', '777', CAST(m.conversation_id AS TEXT), m.id, "
    "CASE WHEN m.id <= 95005 THEN 'sending' WHEN m.id <= 95105 THEN 'failed' WHEN m.id <= 95205 THEN 'uncertain' "
    "ELSE 'queued' END, CASE WHEN m.id BETWEEN 95006 AND 95205 THEN 12 ELSE 0 END, "
    "CASE WHEN m.id BETWEEN 95006 AND 95105 THEN 'refused' WHEN m.id BETWEEN 95106 AND 95205 THEN 'uncertain' END, "
    "CASE WHEN m.id BETWEEN 95006 AND 95205 THEN 'in its words' END, m.id, m.id FROM message AS m "
    "WHERE m.id > 95000 AND m.direction = 'out' ORDER BY m.id",
    "UPDATE message SET delivery = (SELECT o.state FROM outbox AS o WHERE o.message_id = message.id) "
    "WHERE id > 95000 AND direction = 'out' AND id <= 95205",
    "INSERT INTO outbox (id, channel, account, lane, message_id, purpose, state, created_at, updated_at) "
    "SELECT 200000 + id, 'telegram', '777', 'staff', id, 'copy', 'queued', id, id FROM message WHERE id BETWEEN 94000 "
    "AND 94199",
    "INSERT INTO outbox (id, channel, account, lane, purpose, note, state, created_at, updated_at) "
    "VALUES (400000, 'telegram', '777', 'staff', 'notice', 'words', 'queued', 1, 1)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
    "INSERT INTO file (id, state, name, mime, channel, account, source, attempts, next_at, created_at) "
    "SELECT i, 'pending', 'p.jpg', 'image/jpeg', 'telegram', '777', '{\"file_id\":\"x\"}', i % 3, i, i FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
    "INSERT INTO message_file (message_id, position, file_id) SELECT i, 0, i FROM n",
    "INSERT INTO device (id, channel, account, external_id, token, created_at, seen_at) "
    "VALUES (1, 'mobile', 'default', 'u', 't', 1, 1)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
    "INSERT INTO push (device_id, message_id, attempts, next_at, created_at) SELECT 1, i, i % 3, i, i FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
    "INSERT INTO event (type, operator_id, data, created_at) SELECT 'conversation_read', 1, "
    "'{\"conversation_id\":1,\"operator_id\":1,\"read_count\":' || i || '}', i FROM n",
};

static int set_up(void **state) {
  struct fixture *f = fixture_new(*(enum db_engine *)*state);
  *state = f;
  assert_ok(fixture_migrate(f, VERSION_BEFORE));
  fixture_look(f);
  fixture_exec(f, "BEGIN");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  fixture_exec(f, "COMMIT");
  return 0;
}

static const char contents[] =
    "SELECT (SELECT count(*) FROM message), (SELECT sum(length(text)) FROM message), (SELECT count(*) FROM customer), "
    "(SELECT count(*) FROM conversation WHERE status = 'snoozed'), (SELECT count(*) FROM event), "
    "(SELECT count(*) FROM message_file), (SELECT count(*) FROM message WHERE delivery = 'queued')";

/* ---- a sender that everybody can be reached by ---- */

struct sending_ctx {
  struct fixture *f;
  struct outbox_row *rows;
  size_t count;
  bool *sent; /* by message */
  int64_t answers, copies, notices, last_of_lane[CUSTOMERS + 1];
};

static const struct outbox_sender sender = {STR_INIT("telegram"), STR_INIT("777"), STR_INIT("here.1")};

static err take_some(db_conn *c, void *arg) {
  struct sending_ctx *s = arg;
  return outbox_take(c, &sender, TAKE, FIXTURE_START_MS, s->f->arena, &s->rows, &s->count);
}

static err end_well(db_conn *c, void *arg) {
  struct sending_ctx *s = arg;
  err e = err_ok;
  for (size_t i = 0; i < s->count && !err_is(e); i++) {
    struct outbox_outcome o = {.step = OUTBOX_SENT,
                               .external_id = arena_printf(db_conn_arena(c), "s%lld", (long long)s->rows[i].job.id)};
    e = outbox_begin(c, &s->rows[i], FIXTURE_START_MS);
    if (!err_is(e)) e = outbox_finish(c, &s->rows[i], &o, FIXTURE_START_MS, db_conn_arena(c));
  }
  return e;
}

static void note(struct sending_ctx *s, const struct outbox_row *row) {
  int64_t lane = 0;
  s->answers += row->purpose == OUTBOX_ANSWER;
  s->copies += row->purpose == OUTBOX_COPY;
  s->notices += row->purpose == OUTBOX_NOTICE;
  if (row->purpose != OUTBOX_ANSWER) return;
  assert_false(s->sent[row->message_id]); /* nobody gets a thing twice */
  s->sent[row->message_id] = true;
  assert_true(str_to_i64(row->job.lane, &lane) && lane >= 1 && lane <= CUSTOMERS);
  assert_true(row->message_id > s->last_of_lane[lane]); /* in order */
  s->last_of_lane[lane] = row->message_id;
}

static void everything_that_waits_leaves_once_and_in_order(struct fixture *f) {
  struct sending_ctx s = {.f = f, .sent = mem_alloc_array(MESSAGES + 1, sizeof(bool))};
  do {
    assert_ok(db_write(f->desk.db, take_some, &s));
    for (size_t i = 0; i < s.count; i++) note(&s, &s.rows[i]);
    assert_ok(db_write(f->desk.db, end_well, &s));
  } while (s.count);
  assert_int_equal(s.answers, WAITING);
  assert_int_equal(s.copies, 200);
  assert_int_equal(s.notices, 1);
  mem_free(&s.sent);
}

static void a_full_desk_comes_over(void **state) {
  struct fixture *f = *state;
  str before = fixture_ask(f, contents);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM outbox WHERE state = 'queued' AND purpose = 'answer'"),
                   WAITING);
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_str(fixture_ask(f, contents), before.ptr);
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'outbox.answer' AND state = 'dead'", "200");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'outbox.answer' AND state = 'leased' AND lease_until = 0", "5");
  assert_rows(f, "SELECT count(*), sum(attempts) FROM job WHERE kind = 'file.fetch'", "300|300");
  assert_rows(f, "SELECT count(*), sum(attempts) FROM job WHERE kind = 'push'", "200|201");
  assert_rows(f, "SELECT count(*) FROM event WHERE audience = 'operator' AND audience_id = 1", "10000");
  assert_ok(fixture_open(f));
  everything_that_waits_leaves_once_and_in_order(f);
  /* What was being sent may have arrived: a person decides, and sees it on the message. */
  assert_rows(f, "SELECT id, delivery FROM message WHERE id BETWEEN 95001 AND 95005 ORDER BY id",
              "95001|uncertain\n95002|uncertain\n95003|uncertain\n95004|uncertain\n95005|uncertain");
  assert_rows(f, "SELECT count(*) FROM message WHERE delivery = 'queued' OR delivery = 'sending'", "0");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'outbox.answer' AND state = 'dead'", "205");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind LIKE 'outbox.%' AND state <> 'dead'", "0");
}

#define LARGE(f, engine) \
  { #engine ": " #f, f, set_up, fixture_teardown, &fixture_##engine }

int main(void) {
  const struct CMUnitTest tests[] = {
      LARGE(a_full_desk_comes_over, sqlite),
      LARGE(a_full_desk_comes_over, postgres),
  };
  return FIXTURE_RUN(tests);
}
