/* What customers do beside writing: edits that make another message of one, what a channel tells of the chat, a
 * press of start, names that are none. On both engines. */
#include "app/events.h"
#include "base/jansson.h"
#include "desk/desk_fixture.h"

static const char conversations[] = "SELECT status, inbound_count, last_message_id, updated_at FROM conversation";
static const char event_types[] = "SELECT type FROM event ORDER BY seq";
static const char versions[] =
    "SELECT e.kind, e.content, e.text, e.raw, f.name FROM message_edit AS e LEFT JOIN message_edit_file AS ef "
    "ON ef.edit_id = e.id LEFT JOIN file AS f ON f.id = ef.file_id ORDER BY e.id, ef.position";

/* ---- edits ---- */

static struct file_row photo(const char *name, const char *source) {
  return (struct file_row){
      .state = FILE_PENDING, .name = str_c(name), .mime = S("image/jpeg"), .source = str_c(source)};
}

static struct inbound_message with_photo(const char *external_id, const char *caption, struct file_row *file) {
  struct inbound_message m = fixture_text(external_id, caption);
  m.kind = MESSAGE_PHOTO;
  m.files = file;
  m.file_count = 1;
  return m;
}

static struct inbound_message with_content(const char *external_id, const char *content, const char *raw) {
  struct inbound_message m = fixture_text(external_id, "");
  m.kind = MESSAGE_UNSUPPORTED;
  m.content = str_c(content);
  m.raw = str_c(raw);
  return m;
}

static str last_event(struct fixture *f, const char *type) {
  return fixture_ask(
      f, arena_printf(f->arena, "SELECT data FROM event WHERE type = '%s' ORDER BY seq DESC LIMIT 1", type).ptr);
}

static void an_edit_may_replace_a_photo(void **state) {
  struct fixture *f = *state;
  struct file_row one = photo("one.jpg", "1"), two = photo("two.jpg", "2"), same = photo("two.jpg", "2");
  struct inbound_message m = with_photo("5", "look", &one);
  m.album = S("a1");
  assert_ok(fixture_receive(f, &m));
  struct inbound_message other = with_photo("5", "look", &two);
  assert_ok(fixture_edit(f, &other));
  assert_rows(f,
              "SELECT m.kind, m.text, m.album, m.file_count, f.name, f.state FROM message AS m "
              "JOIN message_file AS mf ON mf.message_id = m.id JOIN file AS f ON f.id = mf.file_id",
              "photo|look|a1|1|two.jpg|pending");
  assert_rows(f, versions, "photo|-|look|-|one.jpg");
  assert_true(str_contains(last_event(f, "message_update"), S("\"name\":\"two.jpg\"")));
  struct inbound_message words = with_photo("5", "look here", &same);
  assert_ok(fixture_edit(f, &words));
  assert_ok(fixture_edit(f, &words)); /* the same again: nothing */
  assert_rows(f, "SELECT DISTINCT actor, actor_id FROM event", "customer|1");
  assert_rows(f, "SELECT count(*) FROM file", "2"); /* the same picture is not fetched again */
  assert_rows(f, versions, "photo|-|look|-|one.jpg\nphoto|-|look|-|two.jpg");
}

static void an_edit_may_make_a_photo_of_words_and_words_of_a_document(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "a text");
  struct file_row file = photo("p.jpg", "1");
  struct inbound_message m = with_photo("5", "and a photo", &file);
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT kind, text, file_count FROM message", "photo|and a photo|1");
  m = with_content("5", "document", "{\"document\":1}");
  assert_ok(fixture_edit(f, &m));
  assert_rows(
      f, "SELECT m.kind, m.content, m.file_count, r.raw FROM message AS m JOIN message_raw AS r ON r.message_id = m.id",
      "unsupported|document|0|{\"document\":1}");
  assert_rows(f, "SELECT count(*) FROM message_file", "0");
  m = fixture_text("5", "in the end a text");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT kind, content, text, inbound_count FROM message, conversation", "text|-|in the end a text|1");
  assert_rows(f, "SELECT count(*) FROM message_raw", "0");
  assert_rows(f, versions, "text|-|a text|-|-\nphoto|-|and a photo|-|p.jpg\nunsupported|document||{\"document\":1}|-");
}

struct history_ctx {
  struct fixture *f;
  struct message_edit_row *rows;
  size_t count;
};
static err read_history(db_conn *c, void *arg) {
  struct history_ctx *h = arg;
  return message_edits(c, 1, h->f->arena, &h->rows, &h->count);
}

static bool same_place(str content, str one, str other) {
  return content.ptr && str_eq(str_sub(one, 0, 1), str_sub(other, 0, 1));
}

/* How many new_message events, as clients are told them, hold the words. */
static int told_with(struct fixture *f, str words) {
  int count = 0;
  for (str line, rest = fixture_ask(f, "SELECT data FROM event WHERE type = 'new_message' ORDER BY seq"); rest.ptr;) {
    buf full;
    buf_init(&full, EVENT_MAX_BYTES);
    line = str_cut(&rest, '\n');
    assert_true(event_expand(EVENT_NEW_MESSAGE, line, &full));
    count += str_contains(buf_borrow(&full), words);
    buf_free(&full);
  }
  return count;
}

static void the_list_keeps_the_words_in_view(void **state) {
  struct fixture *f = *state;
  static const char in_view[] = "SELECT m.text, c.inbound_count FROM conversation AS c JOIN message AS m ON m.id = "
                                "c.last_message_id";
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "where is it?");
  struct conversation_row taken;
  assert_ok(conversation_command(
      &f->desk, &(struct conversation_command){1, actor_operator(ann), COMMAND_TAKE, 0, false}, f->arena, &taken));
  assert_rows(f, in_view, "where is it?|1");
  struct file_row file = photo("p.jpg", "1");
  struct inbound_message m = with_photo("6", "three pictures", &file);
  m.album = S("a1");
  assert_ok(fixture_receive(f, &m));
  m = with_photo("7", "", &file);
  m.album = S("a1");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, in_view, "three pictures|3");
  assert_int_equal(told_with(f, S("\"preview\":\"three pictures\"")), 2);
  m = with_photo("8", "", &file);
  m.album = S("a2");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, in_view, "|4");
  m = with_photo("9", "the words come last", &file);
  m.album = S("a2");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, in_view, "the words come last|5");
  assert_ok(conversation_command(
      &f->desk, &(struct conversation_command){1, actor_operator(ann), COMMAND_CLOSE, 0, false}, f->arena, &taken));
  assert_rows(f, in_view, "the words come last|5");
}

static void an_edit_that_was_overtaken_enters_the_history(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "first");
  struct inbound_message m = fixture_text("5", "third");
  m.edited_at_ms = 3000;
  assert_ok(fixture_edit(f, &m));
  struct file_row file = photo("p.jpg", "1");
  int64_t events = fixture_number(f, "SELECT count(*) FROM event");
  m = with_photo("5", "second", &file);
  m.edited_at_ms = 2000;
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT kind, text, file_count FROM message", "text|third|0");
  assert_rows(f, versions, "text|-|first|-|-\nphoto|-|second|-|p.jpg");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM event"), events);
  m = fixture_text("5", "fourth, in the same second");
  m.edited_at_ms = 3000;
  assert_ok(fixture_edit(f, &m));
  m = fixture_text("5", "fifth, by a channel that tells no time");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT text FROM message", "fifth, by a channel that tells no time");
}

static void an_edit_that_came_before_its_message_is_not_undone(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("5", "second");
  m.edited_at_ms = 2000;
  assert_ok(fixture_edit(f, &m));
  m = fixture_text("5", "first");
  m.edited_at_ms = 1000;
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT text FROM message", "second");
  assert_rows(f, versions, "text|-|first|-|-");
}

static void an_edit_without_news_is_still_the_latest_word(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "as it was");
  struct inbound_message m = fixture_text("5", "as it was");
  m.edited_at_ms = 3000;
  assert_ok(fixture_edit(f, &m));
  m = fixture_text("5", "for a moment");
  m.edited_at_ms = 2000;
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT text FROM message", "as it was");
  assert_rows(f, versions, "text|-|for a moment|-|-");
}

static void of_two_edits_of_one_second_the_number_tells_the_later(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "first");
  static const char *const texts[] = {"third", "fourth", "second", "fifth"};
  static const int64_t numbers[] = {12, 13, 11, 14};
  for (size_t i = 0; i < JSON_COUNT(texts); i++) {
    struct inbound_message m = fixture_text("5", texts[i]);
    m.edited_at_ms = 3000;
    m.edit_no = numbers[i];
    assert_ok(fixture_edit(f, &m));
  }
  assert_rows(f, "SELECT text FROM message", "fifth");
  struct history_ctx h = {.f = f};
  assert_ok(db_read(f->desk.db, read_history, &h));
  assert_int_equal(h.count, 4);
  static const char *const made[] = {"first", "second", "third", "fourth"};
  for (size_t i = 0; i < h.count; i++) assert_str(h.rows[i].text, made[i]);
}

static void a_message_that_came_after_its_edit_is_its_first_version(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("5", "third");
  m.edited_at_ms = 3000;
  assert_ok(fixture_edit(f, &m));
  m = fixture_text("5", "second");
  m.edited_at_ms = 2000;
  assert_ok(fixture_edit(f, &m));
  struct file_row file = photo("p.jpg", "1");
  m = with_photo("5", "first", &file);
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT kind, text, file_count FROM message", "text|third|0");
  assert_rows(f, "SELECT inbound_count FROM conversation", "1");
  struct history_ctx h = {.f = f};
  assert_ok(db_read(f->desk.db, read_history, &h));
  assert_int_equal(h.count, 2);
  assert_str(h.rows[0].text, "first");
  assert_int_equal(h.rows[0].files.count, 1);
  assert_str(h.rows[1].text, "second");
  /* in a closed conversation too, where a known message is noticed earlier */
  fixture_exec(f, "UPDATE conversation SET status = 'closed'");
  m = fixture_text("6", "seventh");
  m.edited_at_ms = 7000;
  assert_ok(fixture_edit(f, &m));
  fixture_exec(f, "UPDATE conversation SET status = 'closed'");
  m = fixture_text("6", "sixth");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT text FROM message_edit ORDER BY id DESC LIMIT 1", "sixth");
  assert_rows(f, "SELECT status FROM conversation", "closed");
}

/* A live location moves for hours: its first places and its latest ones are kept, and always where it is. */
static void a_live_location_moves_and_its_history_is_bounded(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = with_content("5", "location", "a: the start");
  m.same = same_place;
  m.moves = true;
  assert_ok(fixture_receive(f, &m));
  m.raw = S("a: in other words");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT count(*) FROM message_edit", "0");
  for (int i = 0; i < MESSAGE_VERSIONS_MAX + 5; i++) {
    m.raw = arena_printf(f->arena, "%c: step %d", i % 2 ? 'c' : 'b', i);
    assert_ok(fixture_edit(f, &m));
  }
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM message_edit"), MESSAGE_VERSIONS_MAX);
  assert_rows(f, "SELECT raw FROM message_raw", "b: step 204");
  assert_rows(f, "SELECT raw FROM message_edit ORDER BY id LIMIT 1", "a: the start");
  assert_rows(f, "SELECT raw FROM message_edit ORDER BY id LIMIT 1 OFFSET 99", "b: step 98");
  assert_rows(f, "SELECT raw FROM message_edit ORDER BY id LIMIT 1 OFFSET 100", "b: step 104");
  assert_rows(f, "SELECT raw FROM message_edit ORDER BY id DESC LIMIT 1", "c: step 203");
  struct history_ctx h = {.f = f};
  assert_ok(db_read(f->desk.db, read_history, &h));
  assert_int_equal(h.count, MESSAGE_VERSIONS_MAX);
  assert_str(h.rows[0].content, "location");
  assert_int_equal(h.rows[0].kind, MESSAGE_UNSUPPORTED);
}

static void the_history_has_each_versions_files(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "words");
  static const char *const names[] = {"a", "b", "c"};
  for (size_t i = 0; i < JSON_COUNT(names); i++) {
    struct file_row file = photo(names[i], names[i]);
    struct inbound_message m = with_photo("5", names[i], &file);
    assert_ok(fixture_edit(f, &m));
  }
  struct history_ctx h = {.f = f};
  assert_ok(db_read(f->desk.db, read_history, &h));
  assert_int_equal(h.count, 3);
  assert_int_equal(h.rows[0].files.count, 0);
  for (size_t i = 1; i < h.count; i++) {
    const struct file_row *file = h.rows[i].files.items;
    assert_int_equal(h.rows[i].files.count, 1);
    assert_str(file->name, names[i - 1]);
    assert_str(h.rows[i].text, names[i - 1]);
  }
}

static void an_edit_of_what_we_never_saw_is_a_message_that_was_edited(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("99", "Edited before we were here");
  m.sent_at_ms = FIXTURE_START_MS - 86400000;
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "waiting|1");
  assert_int_equal(fixture_number(f, "SELECT created_at FROM message"), FIXTURE_START_MS); /* it takes its place now */
  assert_int_equal(fixture_number(f, "SELECT edited_at FROM message"), FIXTURE_START_MS);
  m.text = S("and again");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT count(*), min(text) FROM message", "1|and again");
}

/* ---- start ---- */

static err start(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("1", "/start");
  return conversation_started(&f->desk, c, &m, S("ad7"));
}

static err start_again(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("8", "/start");
  return conversation_started(&f->desk, c, &m, STR_NONE);
}

static void who_only_pressed_start_waits_for_nobody(void **state) {
  struct fixture *f = *state;
  fixture_exec(f, "INSERT INTO setting (key, value, updated_at) VALUES ('greeting', 'Welcome', 1)");
  assert_ok(desk_write(&f->desk, start, f));
  assert_rows(f, "SELECT status, inbound_count, last_message_id FROM conversation", "snoozed|0|1");
  assert_rows(f, "SELECT action, text FROM message WHERE id = 1", "started|ad7"); /* the link's word is kept */
  assert_rows(f, "SELECT direction, text, delivery FROM message WHERE id = 2", "out|Welcome|queued");
  assert_rows(f, event_types, "new_message\nnew_message");
  json_t *data = NULL;
  assert_ok(json_parse(last_event(f, "new_message"), 1 << 16, &data));
  const json_t *conversation = json_object_get(data, "conversation");
  assert_string_equal(json_string_value(json_object_get(conversation, "status")), "snoozed");
  assert_string_equal(json_string_value(json_object_get(json_object_get(conversation, "last_message"), "content")),
                      "started");
  json_decref(data);
  f->clock.now_ms += 1000;
  fixture_writes(f, "2", "Where is my order?");
  assert_rows(f, "SELECT status, inbound_count, last_message_id FROM conversation", "waiting|1|3");
  assert_rows(f, "SELECT kind, text FROM message ORDER BY id", "system|ad7\ntext|Welcome\ntext|Where is my order?");
}

static void a_line_takes_the_place_of_a_line_in_view(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  struct conversation_row out;
  assert_ok(desk_write(&f->desk, start, f));
  assert_ok(conversation_command(
      &f->desk, &(struct conversation_command){1, actor_operator(ann), COMMAND_CLOSE, 0, false}, f->arena, &out));
  assert_rows(f, "SELECT m.action FROM conversation AS c JOIN message AS m ON m.id = c.last_message_id", "closed");
}

static void start_in_an_older_conversation_is_no_news(void **state) {
  struct fixture *f = *state;
  fixture_exec(f, "INSERT INTO setting (key, value, updated_at) VALUES ('greeting', 'Welcome', 1)");
  fixture_writes(f, "5", "Hello");
  fixture_exec(f, "UPDATE conversation SET status = 'closed', closed_at = 1");
  str before = fixture_ask(f, conversations);
  f->clock.now_ms += 1000;
  assert_ok(desk_write(&f->desk, start_again, f));
  assert_str(fixture_ask(f, conversations), arena_cstr(f->arena, before));
  assert_rows(f, "SELECT direction, action, text FROM message WHERE id > 1 ORDER BY id",
              "system|started|\nout|-|Welcome");
  assert_rows(f, "SELECT state FROM job", "ready");
  fixture_writes(f, "9", "And now I say something");
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "waiting|2");
}

/* Telegram lets a customer edit "/start" into words. */
static void a_line_that_becomes_words_is_a_message(void **state) {
  struct fixture *f = *state;
  assert_ok(desk_write(&f->desk, start, f));
  struct inbound_message m = fixture_text("1", "I meant to ask");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "waiting|1");
  assert_rows(f, "SELECT kind, text, external_id FROM message WHERE direction <> 'out' ORDER BY id",
              "system|ad7|-\ntext|I meant to ask|1");
  m.text = S("I meant to ask you");
  assert_ok(fixture_edit(f, &m));
  assert_rows(f, "SELECT text FROM message WHERE direction = 'in'", "I meant to ask you");
}

/* ---- what the channel tells of the chat ---- */

struct noting_ctx {
  struct fixture *f;
  struct inbound_message m;
  bool kept;
};
static err note(db_conn *c, void *arg) {
  struct noting_ctx *n = arg;
  return conversation_noted(&n->f->desk, c, &n->m, &n->kept);
}

static void a_service_message_is_a_line_and_no_news(void **state) {
  struct fixture *f = *state;
  static const char *const statuses[] = {"waiting", "active", "snoozed", "closed"};
  fixture_writes(f, "5", "Hello");
  struct noting_ctx n = {.f = f, .m = with_content("6", "pinned_message", "{\"pinned_message\":{}}")};
  for (size_t i = 0; i < JSON_COUNT(statuses); i++) {
    fixture_exec(f, arena_printf(f->arena, "UPDATE conversation SET status = '%s'", statuses[i]).ptr);
    fixture_exec(f, "DELETE FROM event");
    str before = fixture_ask(f, conversations);
    f->clock.now_ms += 1000;
    n.m.external_id = arena_printf(f->arena, "%zu", 6 + i);
    assert_ok(desk_write(&f->desk, note, &n));
    assert_ok(desk_write(&f->desk, note, &n)); /* known */
    assert_true(n.kept);
    assert_str(fixture_ask(f, conversations), arena_cstr(f->arena, before));
    assert_rows(f, event_types, "new_message");
    str data = last_event(f, "new_message");
    assert_true(str_contains(data, S("\"kind\":\"service\"")) &&
                str_contains(data, S("\"content\":\"pinned_message\"")));
    assert_true(str_contains(data, S("\"preview\":\"Hello\"")));
  }
  assert_rows(f, "SELECT count(*) FROM message WHERE kind = 'service' AND direction = 'system'", "4");
  assert_rows(f, "SELECT count(*) FROM message_raw", "4");
}

static void a_service_message_of_an_unknown_person_makes_no_conversation(void **state) {
  struct fixture *f = *state;
  struct noting_ctx n = {.f = f, .m = with_content("6", "write_access_allowed", "{}"), .kept = true};
  assert_ok(desk_write(&f->desk, note, &n));
  assert_false(n.kept);
  assert_rows(f,
              "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM conversation), "
              "(SELECT count(*) FROM message), (SELECT count(*) FROM event)",
              "0|0|0|0");
}

/* ---- names ---- */

static struct customer_row customer;
static err read_customer(db_conn *c, void *arg) { return customer_get(c, 1, arg, &customer); }

static void a_name_is_one_that_can_be_seen_and_turns_nothing_round(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *name, *username, *wanted;
  } rows[] = {
      {"Anna\u202Egnp.exe", "anna_x", "Annagnp.exe"},
      {"\u3164", "anna_x", "anna_x"},
      {"\u2800\u200B\uFE0F", NULL, "1001"},
      {"\u202E", "\u2066", "1001"},
      {"\u0644\u064A\u0644\u0649", NULL, "\u0644\u064A\u0644\u0649"},
      {"\u05D3\u05D5\u05D3\u200F", NULL, "\u05D3\u05D5\u05D3\u200F"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct inbound_message m = fixture_text(arena_printf(f->arena, "%zu", i + 1).ptr, "Hello");
    m.from.name = str_c(rows[i].name);
    m.from.username = str_c(rows[i].username);
    assert_ok(fixture_receive(f, &m));
    assert_rows(f, "SELECT name FROM customer", rows[i].wanted);
  }
}

static void a_name_from_before_is_read_as_it_would_come_in_now(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  fixture_exec(f, "UPDATE customer SET name = 'Jane\u202E Doe'");
  assert_ok(db_read(f->desk.db, read_customer, f->arena));
  assert_str(customer.name, "Jane Doe");
  fixture_exec(f, "UPDATE customer SET name = '\u3164'");
  assert_ok(db_read(f->desk.db, read_customer, f->arena));
  assert_str(customer.name, "jane");
}

static void an_answer_without_a_visible_character_is_refused(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  static const char *const texts[] = {"\u3164", "\u2800", "\u200B", "\u00A0", "\uFE0F", "\u202E\u202C", "\u00AD"};
  struct message_row out;
  bool repeated;
  for (size_t i = 0; i < JSON_COUNT(texts); i++) {
    struct reply r = {.conversation_id = 1, .by = actor_operator(ann), .text = str_c(texts[i])};
    assert_err(conversation_reply(&f->desk, &r, f->arena, &out, &repeated), ERR_NOTHING_VISIBLE);
  }
  struct file_row file = {
      .state = FILE_READY, .name = S("a"), .mime = S("image/png"), .width = 8, .height = 8, .storage_key = S("k")};
  struct reply with = {
      .conversation_id = 1, .by = actor_operator(ann), .text = S("\u200B"), .files = &file, .file_count = 1};
  assert_ok(conversation_reply(&f->desk, &with, f->arena, &out, &repeated)); /* a photo stands alone */
  assert_str(out.text, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(an_edit_may_replace_a_photo),
      ON_BOTH(an_edit_may_make_a_photo_of_words_and_words_of_a_document),
      ON_BOTH(the_list_keeps_the_words_in_view),
      ON_BOTH(an_edit_that_was_overtaken_enters_the_history),
      ON_BOTH(an_edit_without_news_is_still_the_latest_word),
      ON_BOTH(of_two_edits_of_one_second_the_number_tells_the_later),
      ON_BOTH(a_message_that_came_after_its_edit_is_its_first_version),
      ON_BOTH(an_edit_that_came_before_its_message_is_not_undone),
      ON_BOTH(a_live_location_moves_and_its_history_is_bounded),
      ON_BOTH(the_history_has_each_versions_files),
      ON_BOTH(an_edit_of_what_we_never_saw_is_a_message_that_was_edited),
      ON_BOTH(who_only_pressed_start_waits_for_nobody),
      ON_BOTH(a_line_takes_the_place_of_a_line_in_view),
      ON_BOTH(start_in_an_older_conversation_is_no_news),
      ON_BOTH(a_line_that_becomes_words_is_a_message),
      ON_BOTH(a_service_message_is_a_line_and_no_news),
      ON_BOTH(a_service_message_of_an_unknown_person_makes_no_conversation),
      ON_BOTH(a_name_is_one_that_can_be_seen_and_turns_nothing_round),
      ON_BOTH(a_name_from_before_is_read_as_it_would_come_in_now),
      ON_BOTH(an_answer_without_a_visible_character_is_refused),
  };
  return FIXTURE_RUN(tests);
}
