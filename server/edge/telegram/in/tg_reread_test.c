/* Placeholders that an older version stored become typed messages, in batches, once a version of the readers. */
#include "desk/desk_fixture.h"
#include "edge/telegram/telegram.h"

#define UPDATE(content)                                                                                          \
  "{\"update_id\":7,\"message\":{\"message_id\":5,\"date\":1700000000,\"chat\":{\"id\":42,\"type\":\"private\"," \
  "\"first_name\":\"Nora\"},\"from\":{\"id\":42,\"is_bot\":false,\"first_name\":\"Nora\"}," content "}}"

static void placeholder(struct fixture *f, int id, int conversation, const char *name, const char *raw) {
  fixture_exec(
      f,
      arena_printf(f->arena,
                   "INSERT INTO message (id, conversation_id, direction, kind, text, content, file_count, created_at) "
                   "VALUES (%d, %d, 'in', 'unsupported', 'the caption', '%s', 0, 5)",
                   id, conversation, name)
          .ptr);
  fixture_exec(f, arena_printf(f->arena, "INSERT INTO message_raw (message_id, raw) VALUES (%d, '%s')", id, raw).ptr);
}

static void customers(struct fixture *f) {
  static const char *const channels[] = {"telegram", "mobile"};
  for (int i = 1; i <= 2; i++) {
    fixture_exec(f,
                 arena_printf(f->arena,
                              "INSERT INTO customer (id, channel, account, external_id, name, created_at, updated_at) "
                              "VALUES (%d, '%s', '777', '42', 'Nora', 1, 1)",
                              i, channels[i - 1])
                     .ptr);
    fixture_exec(f, arena_printf(f->arena,
                                 "INSERT INTO conversation (id, customer_id, status, last_message_id, inbound_count, "
                                 "created_at, updated_at) VALUES (%d, %d, 'waiting', 4, 3, 1, 1)",
                                 i, i)
                        .ptr);
  }
}

struct run_ctx {
  struct fixture *f;
  bool more;
};
static err run(db_conn *c, void *arg) {
  struct run_ctx *r = arg;
  return telegram_read_again(&r->f->desk, c, &r->more);
}
static int runs(struct fixture *f) {
  struct run_ctx r = {.f = f, .more = true};
  int n = 0;
  for (; r.more; n++) assert_ok(desk_write(&f->desk, run, &r));
  return n;
}

static const char shown[] =
    "SELECT id, kind, text, content, file_count, edited_at FROM message WHERE id < 10 ORDER BY id";

static void what_an_older_version_could_not_read_becomes_what_it_is(void **state) {
  struct fixture *f = *state;
  static const char voice[] =
      UPDATE("\"voice\":{\"file_id\":\"v\",\"file_unique_id\":\"u\",\"duration\":3,\"file_size\":900}"),
                    hologram[] = UPDATE("\"hologram\":{\"depth\":3}"),
                    dice[] = UPDATE("\"dice\":{\"emoji\":\"🎲\",\"value\":4}");
  customers(f);
  placeholder(f, 1, 1, "voice", voice);
  placeholder(f, 2, 1, "hologram", hologram);
  placeholder(f, 3, 2, "dice", dice); /* of another channel */
  placeholder(f, 4, 1, "dice", dice);
  placeholder(f, 5, 1, "dice", dice);
  fixture_exec(f, "UPDATE message SET deleted_at = 9 WHERE id = 5");
  for (int i = 0; i < 30; i++) placeholder(f, 10 + i, 1, "dice", dice);
  assert_int_equal(runs(f), 2);
  assert_rows(f, shown,
              "1|voice||-|1|-\n2|unsupported|the caption|hologram|0|-\n3|unsupported|the caption|dice|0|-\n"
              "4|dice||-|0|-\n5|unsupported|the caption|dice|0|-");
  assert_rows(f, "SELECT count(*) FROM message WHERE kind = 'dice'", "31");
  assert_rows(f, "SELECT message_id FROM message_raw WHERE message_id < 10 ORDER BY message_id", "2\n3\n5");
  assert_rows(f, "SELECT state, channel, account, size_bytes, duration_ms FROM file", "pending|telegram|777|900|3000");
  assert_rows(f, "SELECT kind, queue FROM job", "file.fetch|file/telegram/777");
  assert_rows(f, "SELECT count(*) FROM message_edit", "0");
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'message_update'", "32");
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'chat_update'",
              "1"); /* its last message is shown in the list */
  assert_rows(f, "SELECT status, inbound_count, last_message_id FROM conversation WHERE id = 1", "waiting|3|4");
}

static void each_version_of_the_readers_goes_through_them_once(void **state) {
  struct fixture *f = *state;
  static const char dice[] = UPDATE("\"dice\":{\"emoji\":\"🎲\",\"value\":4}");
  customers(f);
  assert_int_equal(runs(f), 1);
  placeholder(f, 4, 1, "dice", dice);
  assert_int_equal(runs(f), 1);
  assert_rows(f, "SELECT kind FROM message", "unsupported");
  fixture_exec(f, "UPDATE setting SET value = '0' WHERE key = 'telegram_read_again'");
  assert_int_equal(runs(f), 1);
  assert_rows(f, "SELECT kind FROM message", "dice");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(what_an_older_version_could_not_read_becomes_what_it_is),
      ON_BOTH(each_version_of_the_readers_goes_through_them_once),
  };
  return FIXTURE_RUN(tests);
}
