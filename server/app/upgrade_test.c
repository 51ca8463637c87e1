/* A database of an earlier version that is full of everything comes over by itself: no row is lost, what had a shape
 * keeps it, and what only the newer version knows can be stored. Add a case for each migration that changes rows or
 * what may stand in them. */
#include "desk/desk_fixture.h"
#include "desk/device/device.h"
#include "desk/outbox/outbox.h"

enum { FIRST_RELEASE = 7 /* the last migration of the version that the rows below were written by */ };

static int set_up(void **state) {
  struct fixture *f = fixture_new(*(enum db_engine *)*state);
  *state = f;
  assert_ok(fixture_migrate(f, FIRST_RELEASE));
  fixture_look(f);
  return 0;
}

static const char *const rows[] = {
    "INSERT INTO operator (id, login, name, role, password_hash, created_at, updated_at) "
    "VALUES (1, 'mira', 'Mira', 'admin', 'x', 1, 1)",
    "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
    "VALUES (1, 'telegram', '1', '500', 'Nora', 1, 1)",
    "INSERT INTO conversation (id, customer_id, status, assignee_id, last_message_id, inbound_count, created_at, "
    "updated_at) "
    "VALUES (1, 1, 'active', 1, 6, 3, 1, 6)",
    "INSERT INTO message (id, conversation_id, direction, kind, text, external_id, file_count, created_at, edited_at) "
    "VALUES (1, 1, 'in', 'text', 'second words', '11', 0, 1, 2), (2, 1, 'in', 'photo', 'second caption', '12', 2, 2, "
    "3)",
    "INSERT INTO message (id, conversation_id, direction, kind, text, content, external_id, created_at) "
    "VALUES (3, 1, 'in', 'unsupported', 'a note', 'voice', '13', 3)",
    "INSERT INTO message (id, conversation_id, direction, kind, operator_id, text, client_id, delivery, created_at) "
    "VALUES (4, 1, 'out', 'text', 1, 'queued', 'c4', 'queued', 4), (5, 1, 'out', 'text', 1, 'uncertain', 'c5', "
    "'uncertain', 5), (6, 1, 'out', 'text', 1, 'failed', 'c6', 'failed', 6)",
    "INSERT INTO message_raw VALUES (3, '{\"voice\":{}}')",
    "INSERT INTO file (id, state, name, mime, size_bytes, storage_key, created_at) "
    "VALUES (1, 'ready', 'a.jpg', 'image/jpeg', 10, 'aa', 2), (2, 'pending', 'b.jpg', 'image/jpeg', 0, NULL, 2)",
    "INSERT INTO message_file VALUES (2, 0, 1), (2, 1, 2)",
    "INSERT INTO file (id, state, name, mime, channel, account, source, attempts, next_at, error, created_at) VALUES "
    "(3, 'pending', 'c.jpg', 'image/jpeg', 'telegram', '1', '{\"file_id\":\"c\"}', 0, 7, NULL, 2), "
    "(4, 'pending', 'd.jpg', 'image/jpeg', 'telegram', '1', '{\"file_id\":\"d\"}', 9, 900, 'timeout', 2), "
    "(5, 'failed', 'e.jpg', 'image/jpeg', 'telegram', '1', '{}', 10, NULL, 'file is too big', 2)",
    "INSERT INTO message_edit (id, message_id, text, replaced_at) VALUES (1, 1, 'first words', 2), (2, 2, 'first "
    "caption', 3)",
    /* What was to leave, in every state. */
    "INSERT INTO outbox (id, channel, account, lane, message_id, purpose, state, attempts, next_at, error_code, error, "
    "created_at, updated_at) VALUES "
    "(1, 'telegram', '1', '500', 4, 'answer', 'queued', 2, 77, '503', 'later', 4, 4), "
    "(2, 'telegram', '1', '500', 5, 'answer', 'uncertain', 1, 0, NULL, NULL, 5, 5), "
    "(3, 'telegram', '1', '500', 6, 'answer', 'failed', 12, 0, 'blocked', 'They blocked us.', 6, 6), "
    "(4, 'telegram', '1', 'staff', 3, 'copy', 'sending', 0, 0, NULL, NULL, 6, 6), "
    "(5, 'telegram', '1', 'staff', 2, 'copy', 'queued', 0, 0, NULL, NULL, 6, 6), "
    "(6, 'telegram', '1', '500', 4, 'answer', 'queued', 0, 0, NULL, NULL, 6, 6), "
    "(7, 'mobile', 'default', 'ann', 4, 'answer', 'sending', 0, 0, NULL, NULL, 6, 6), "
    "(8, 'mobile', 'default', 'ann', 5, 'answer', 'queued', 0, 0, NULL, NULL, 6, 6)",
    "INSERT INTO outbox (id, channel, account, lane, message_id, purpose, part, note, reply_to, state, created_at, "
    "updated_at) VALUES (9, 'telegram', '1', 'staff', NULL, 'notice', 0, 'Say \"no\"', '40', 'queued', 7, 7), "
    "(10, 'telegram', '1', 'staff', 3, 'copy', 1, NULL, '41', 'queued', 7, 7)",
    "UPDATE message SET album = 'a1' WHERE id = 2",
    "INSERT INTO device (id, channel, account, external_id, token, created_at, seen_at) "
    "VALUES (7, 'app', 'app', 'ann', 't7', 1, 1), (8, 'app', 'app', 'ann', 't8', 1, 1)",
    "INSERT INTO push (device_id, message_id, attempts, next_at, created_at) VALUES (7, 4, 0, 0, 4), (8, 5, 3, 900, 5)",
    "INSERT INTO event (type, data, created_at) VALUES ('chat_update', '{}', 1)",
    "INSERT INTO setting VALUES ('telegram_token', 'sealed', 1, 1)",
};

static const char messages[] =
    "SELECT id, direction, kind, text, external_id, client_id, delivery, file_count, edited_at "
    "FROM message ORDER BY id";
static const char leaving[] = "SELECT id, kind, queue, lane, batch, state, priority, due_at, attempts, subject_id, "
                              "error_code, error FROM job WHERE kind LIKE 'outbox%' ORDER BY id";
static const char leaving_wanted[] = "1|outbox.answer|outbox/telegram/1|500|-|ready|0|77|2|4|503|later\n"
                                     "2|outbox.answer|outbox/telegram/1|500|-|dead|0|0|1|5|uncertain|-\n"
                                     "3|outbox.answer|outbox/telegram/1|500|-|dead|0|0|12|6|blocked|They blocked us.\n"
                                     "4|outbox.copy|outbox/telegram/1|staff|-|leased|1|0|0|3|-|-\n"
                                     "5|outbox.copy|outbox/telegram/1|staff|a1|behind|1|0|0|2|-|-\n"
                                     "6|outbox.answer|outbox/telegram/1|500|-|behind|0|0|0|4|-|-\n"
                                     "7|outbox.answer|outbox/mobile/default|ann|-|leased|0|0|0|4|-|-\n"
                                     "8|outbox.answer|outbox/mobile/default|ann|-|behind|0|0|0|5|-|-\n"
                                     "9|outbox.notice|outbox/telegram/1|staff|-|behind|1|0|0|-|-|-\n"
                                     "10|outbox.copy|outbox/telegram/1|staff|-|behind|1|0|0|3|-|-";
static const char files[] = "SELECT mf.message_id, mf.position, f.state, f.name, f.storage_key "
                            "FROM message_file AS mf JOIN file AS f ON f.id = mf.file_id ORDER BY 1, 2";

static void every_row_comes_over(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  str before[] = {fixture_ask(f, messages), fixture_ask(f, files)};
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_true(str_eq(fixture_ask(f, messages), before[0]));
  assert_true(str_eq(fixture_ask(f, files), before[1]));
  assert_rows(f, leaving, leaving_wanted);
  assert_rows(f, "SELECT count(*) FROM event", "1");
  assert_rows(f, "SELECT value FROM setting WHERE key = 'telegram_token'", "sealed");
  if (f->lite) {
    assert_rows(f, "PRAGMA integrity_check", "ok");
    assert_rows(f, "PRAGMA foreign_key_check", "");
  }
}

struct taking_ctx {
  struct fixture *f;
  struct push_row *rows;
  size_t count;
};
static err take_pushes(db_conn *c, void *arg) {
  struct taking_ctx *t = arg;
  return push_take(c, S("here.1"), 10, desk_now(&t->f->desk), t->f->arena, &t->rows, &t->count);
}

struct sending_ctx {
  struct fixture *f;
  const char *channel, *account;
  struct outbox_row *rows;
  size_t count;
};

static err take(db_conn *c, void *arg) {
  struct sending_ctx *s = arg;
  struct outbox_sender sender = {str_c(s->channel), str_c(s->account), S("here.1")};
  err e = outbox_start(c, &sender, 1000);
  return err_is(e) ? e : outbox_take(c, &sender, 100, 1000, s->f->arena, &s->rows, &s->count);
}

/* What was on its way is not sent again unasked, but for a copy, which says so; the rest goes on in order. */
static void what_was_to_leave_leaves_once(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_ok(fixture_open(f));
  struct sending_ctx t = {f, "telegram", "1", NULL, 0}, m = {f, "mobile", "default", NULL, 0};
  assert_ok(desk_write(&f->desk, take, &t));
  assert_int_equal(t.count, 2);
  assert_int_equal(t.rows[0].job.id, 1);
  assert_int_equal(t.rows[1].job.id, 4);
  assert_true(t.rows[1].repeat);
  assert_ok(desk_write(&f->desk, take, &m));
  assert_int_equal(m.count, 1);
  assert_int_equal(m.rows[0].job.id, 8);
  assert_rows(f, "SELECT state, error_code FROM job WHERE id = 7", "dead|uncertain");
  assert_rows(f, "SELECT delivery FROM message WHERE id = 4", "uncertain");
  assert_rows(f, "SELECT payload FROM job WHERE id = 10", "{\"part\":1,\"reply_to\":\"41\"}");
  assert_rows(f, "SELECT payload FROM job WHERE id = 9", "{\"note\":\"Say \\\"no\\\"\",\"reply_to\":\"40\"}");
}

static err read_edits(db_conn *c, void *ctx) {
  struct fixture *f = ctx;
  struct message_edit_row *edits = NULL;
  size_t count = 0;
  err e = message_edits(c, 2, f->arena, &edits, &count);
  assert_ok(e);
  assert_int_equal(count, 1);
  assert_str(edits[0].text, "first caption");
  assert_int_equal(edits[0].kind, MESSAGE_PHOTO);
  assert_int_equal(edits[0].files.count, 2);
  return e;
}

static void push_messages_become_jobs(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_rows(f,
              "SELECT queue, state, priority, due_at, attempts, subject, subject_id, payload FROM job WHERE kind = "
              "'push' ORDER BY id",
              "push|ready|1|0|0|device|7|{\"message_id\":4}\npush|ready|1|900|3|device|8|{\"message_id\":5}");
  assert_ok(fixture_open(f));
  f->clock.now_ms = 1000; /* the rows' own day: an older push message would not be sent */
  struct taking_ctx t = {.f = f};
  assert_ok(db_write(f->desk.db, take_pushes, &t));
  assert_int_equal(t.count, 2);
  assert_int_equal(t.rows[1].message_id, 5);
}

static void pending_files_become_jobs(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_rows(f,
              "SELECT queue, state, priority, due_at, attempts, error, subject, subject_id FROM job WHERE kind = "
              "'file.fetch' ORDER BY id",
              "file/telegram/1|ready|1|7|0|-|file|3\nfile/telegram/1|ready|1|900|9|timeout|file|4");
  assert_rows(f, "SELECT id, state, error FROM file WHERE id > 2 ORDER BY id",
              "3|pending|-\n4|pending|-\n5|failed|file is too big");
  assert_ok(fixture_open(f));
  struct file_fetch fetch;
  bool any;
  str queue = file_fetch_queue(S("telegram"), S("1"), f->arena);
  assert_ok(file_fetch_take(&f->desk, queue, f->arena, &fetch, &any));
  assert_true(any);
  assert_str(fetch.source, "{\"file_id\":\"c\"}");
}

static void an_earlier_version_of_a_photo_has_its_photos(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_ok(fixture_open(f));
  assert_ok(db_read(f->desk.db, read_edits, f));
}

static void a_kind_of_a_newer_version_can_be_stored(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) fixture_exec(f, rows[i]);
  assert_ok(fixture_migrate(f, INT_MAX));
  fixture_exec(f, "INSERT INTO message (id, conversation_id, direction, kind, content, created_at) "
                  "VALUES (7, 1, 'system', 'service', 'pinned_message', 7)");
  assert_rows(f, "SELECT kind FROM message WHERE id = 7", "service");
}

/* A customer each, whose conversation has these messages: i(n), o(ut by an operator), g(reeting), c(losed). */
static void customers_wait_since_their_first_message_without_an_answer(void **state) {
  static const struct {
    const char *messages, *status, *since;
  } cases[] = {{"ii", "waiting", "1"}, {"gi", "snoozed", "2"}, {"io", "active", "-"},   {"ioigi", "active", "3"},
               {"ic", "closed", "-"},  {"ic", "waiting", "-"}, {"ici", "waiting", "3"}, {"g", "snoozed", "-"}};
  struct fixture *f = *state;
  fixture_exec(f, rows[0]);
  str wanted = S("");
  for (size_t i = 0, id = 1; i < JSON_COUNT(cases); i++) {
    fixture_exec(f,
                 arena_printf(f->arena,
                              "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
                              "VALUES (%zu, 'telegram', '1', '%zu', 'Nora', 1, 1)",
                              i + 1, i + 1)
                     .ptr);
    fixture_exec(
        f, arena_printf(f->arena,
                        "INSERT INTO conversation (id, customer_id, status, inbound_count, created_at, updated_at) "
                        "VALUES (%zu, %zu, '%s', %d, 1, 1)",
                        i + 1, i + 1, cases[i].status, strchr(cases[i].messages, 'i') != NULL)
               .ptr);
    for (const char *at = cases[i].messages; *at; at++)
      fixture_exec(
          f, arena_printf(f->arena,
                          "INSERT INTO message (id, conversation_id, direction, kind, operator_id, action, created_at) "
                          "VALUES (%zu, %zu, '%s', '%s', %s, %s, %d)",
                          id++, i + 1,
                          *at == 'i'   ? "in"
                          : *at == 'c' ? "system"
                                       : "out",
                          *at == 'c' ? "system" : "text", *at == 'o' ? "1" : "NULL", *at == 'c' ? "'closed'" : "NULL",
                          (int)(at - cases[i].messages) + 1)
                 .ptr);
    wanted = arena_printf(f->arena, "%.*s%s%s", STR_ARG(wanted), i ? "\n" : "", cases[i].since);
  }
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_rows(f, "SELECT waiting_since FROM conversation ORDER BY id", wanted.ptr);
}

/* Migrations before 0073 had no reasons. */
static void spam_gets_the_reason_that_its_line_tells(void **state) {
  struct fixture *f = *state;
  assert_ok(fixture_migrate(f, 67));
  fixture_exec(f, "INSERT INTO operator (id, login, name, role, password_hash, created_at, updated_at) "
                  "VALUES (1, 'mira', 'Mira', 'admin', 'x', 1, 1)");
  fixture_exec(f, "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) VALUES "
                  "(1, 'telegram', '1', '1', 'Nora', 1, 1), (2, 'telegram', '1', '2', 'Nora', 1, 1), "
                  "(3, 'telegram', '1', '3', 'Nora', 1, 1)");
  fixture_exec(f, "INSERT INTO conversation (id, customer_id, status, created_at, updated_at, spam_at) VALUES "
                  "(1, 1, 'waiting', 1, 1, 5), (2, 2, 'waiting', 1, 1, 5), (3, 3, 'waiting', 1, 1, NULL)");
  fixture_exec(f, "INSERT INTO message (id, conversation_id, direction, kind, operator_id, action, created_at) VALUES "
                  "(1, 1, 'system', 'system', 1, 'spam', 2), (2, 1, 'system', 'system', NULL, 'spam', 3), "
                  "(3, 2, 'system', 'system', 1, 'spam', 3)");
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_rows(f, "SELECT spam_reason FROM conversation ORDER BY id", "flood\nmarked\n-");
}

/* Migrations before 0076 knew a message only as long as its notice. */
static void a_reply_to_an_earlier_notice_still_finds_its_conversation(void **state) {
  struct fixture *f = *state;
  assert_ok(fixture_migrate(f, 74));
  fixture_exec(f, "INSERT INTO operator (id, login, name, role, password_hash, created_at, updated_at) "
                  "VALUES (1, 'mira', 'Mira', 'admin', 'x', 1, 1)");
  fixture_exec(f, "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) VALUES "
                  "(1, 'telegram', '1', '1', 'Nora', 1, 1)");
  fixture_exec(f, "INSERT INTO conversation (id, customer_id, status, created_at, updated_at) VALUES "
                  "(1, 1, 'waiting', 1, 1)");
  fixture_exec(f, "INSERT INTO notice (conversation_id, operator_id, kind, channel, account, chat_id, external_id, "
                  "counted, changes, sent_at) VALUES (1, 1, 'waiting', 'telegram', '1', '7', '900', 1, 1, 5), "
                  "(1, 1, 'assigned', 'telegram', '1', '7', NULL, 1, 1, 0)");
  assert_ok(fixture_migrate(f, INT_MAX));
  assert_rows(f, "SELECT chat_id, external_id, conversation_id, sent_at FROM notice_message", "7|900|1|5");
}

#define UPGRADE_ON_BOTH(test)                                             \
  {"sqlite: " #test, test, set_up, fixture_teardown, &fixture_sqlite}, {  \
    "postgres: " #test, test, set_up, fixture_teardown, &fixture_postgres \
  }

int main(void) {
  const struct CMUnitTest tests[] = {
      UPGRADE_ON_BOTH(every_row_comes_over),
      UPGRADE_ON_BOTH(push_messages_become_jobs),
      UPGRADE_ON_BOTH(pending_files_become_jobs),
      UPGRADE_ON_BOTH(what_was_to_leave_leaves_once),
      UPGRADE_ON_BOTH(an_earlier_version_of_a_photo_has_its_photos),
      UPGRADE_ON_BOTH(a_kind_of_a_newer_version_can_be_stored),
      UPGRADE_ON_BOTH(customers_wait_since_their_first_message_without_an_answer),
      UPGRADE_ON_BOTH(spam_gets_the_reason_that_its_line_tells),
      UPGRADE_ON_BOTH(a_reply_to_an_earlier_notice_still_finds_its_conversation),
  };
  return FIXTURE_RUN(tests);
}
