/* Customers writing and operators answering, on both engines: rows, events and queue exactly. */
#include "desk/message/message_channel.h"
#include "base/jansson.h"
#include "app/events.h"
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"

#include <pthread.h>

static const char conversations[] =
    "SELECT status, assignee_id, inbound_count, last_message_id, closed_at FROM conversation ORDER BY id";
static const char messages[] = "SELECT direction, kind, text, action, delivery, operator_id FROM message ORDER BY id";
static const char event_types[] = "SELECT type FROM event ORDER BY seq";

/* May do everything. */
static struct actor admin_of(int64_t id) {
  return (struct actor){.kind = ACTOR_OPERATOR, .role = ROLE_ADMIN, .id = id};
}

static int64_t only_conversation(struct fixture *f) { return fixture_number(f, "SELECT id FROM conversation"); }

static err answer_as(struct fixture *f, int64_t operator_id, const char *text, const char *client_id,
                     struct message_row *out, bool *repeated) {
  struct reply r = {.conversation_id = only_conversation(f),
                    .by = actor_operator(operator_id),
                    .text = str_c(text),
                    .client_id = str_c(client_id)};
  return conversation_reply(&f->desk, &r, f->arena, out, repeated);
}

static void answers(struct fixture *f, int64_t operator_id, const char *text) {
  struct message_row m;
  bool repeated;
  assert_ok(answer_as(f, operator_id, text, NULL, &m, &repeated));
}

static err command(struct fixture *f, enum conversation_verb what, int64_t actor, int64_t target) {
  struct conversation_command o = {
      .conversation_id = only_conversation(f), .by = admin_of(actor), .command = what, .target = target};
  struct conversation_row row;
  return conversation_command(&f->desk, &o, f->arena, &row);
}

/* The event's data as clients receive it. */
static json_t *event(struct fixture *f, int nth) {
  char sql[96];
  enum event_type type;
  snprintf(sql, sizeof sql, "SELECT type FROM event ORDER BY seq LIMIT 1 OFFSET %d", nth);
  assert_true(event_parse(fixture_ask(f, sql), &type));
  snprintf(sql, sizeof sql, "SELECT data FROM event ORDER BY seq LIMIT 1 OFFSET %d", nth);
  buf full;
  buf_init(&full, EVENT_MAX_BYTES);
  assert_true(event_expand(type, fixture_ask(f, sql), &full));
  json_t *value = json_loadb(full.ptr, full.len, 0, NULL);
  assert_non_null(value);
  buf_free(&full);
  return value;
}

/* ---- in ---- */

static void a_first_message_makes_customer_conversation_message_and_event(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  assert_rows(f, "SELECT channel, account, external_id, name, username, language FROM customer",
              FIXTURE_CHANNEL "|777|1001|Jane Doe|jane|en");
  assert_rows(f, conversations, "waiting|-|1|1|-");
  assert_rows(f, messages, "in|text|Hello|-|-|-");
  assert_rows(f, event_types, "new_message");
  json_t *data = event(f, 0), *conversation = json_object_get(data, "conversation");
  assert_string_equal(json_string_value(json_object_get(json_object_get(data, "message"), "text")), "Hello");
  assert_string_equal(json_string_value(json_object_get(conversation, "status")), "waiting");
  assert_int_equal(json_integer_value(json_object_get(conversation, "inbound_count")), 1);
  assert_null(json_object_get(conversation, "read_count"));
  assert_string_equal(json_string_value(json_object_get(json_object_get(conversation, "last_message"), "preview")),
                      "Hello");
  json_decref(data);
}

static void a_message_known_by_its_external_id_does_nothing(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  fixture_writes(f, "5", "Hello");
  assert_rows(f, conversations, "waiting|-|1|1|-");
  assert_rows(f, event_types, "new_message");
  fixture_exec(f, "UPDATE conversation SET status = 'closed', closed_at = 1");
  fixture_writes(f, "5", "Hello");
  assert_rows(f, "SELECT status FROM conversation", "closed");
  assert_rows(f, event_types, "new_message");
}

struct update_ctx {
  int64_t id;
  bool fresh;
};
static err first_time(db_conn *c, void *arg) {
  struct update_ctx *u = arg;
  return inbound_first_time(c, S(FIXTURE_CHANNEL), S("777"), u->id, 1, &u->fresh);
}
static void an_update_is_fresh_once(void **state) {
  struct fixture *f = *state;
  struct update_ctx one = {10, false}, again = {10, true}, two = {11, false};
  assert_ok(desk_write(&f->desk, first_time, &one));
  assert_ok(desk_write(&f->desk, first_time, &again));
  assert_ok(desk_write(&f->desk, first_time, &two));
  assert_true(one.fresh && !again.fresh && two.fresh);
}

static void a_changed_name_is_taken_over_and_an_unchanged_one_is_not_written(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  f->clock.now_ms += 1000;
  fixture_writes(f, "6", "again");
  assert_int_equal(fixture_number(f, "SELECT updated_at FROM customer"), FIXTURE_START_MS);
  struct inbound_message m = fixture_text("7", "I married");
  m.from.name = S("Jane Roe");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT count(*), min(name) FROM customer", "1|Jane Roe");
}

static void a_message_reopens_a_closed_conversation_for_anyone(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  answers(f, ann, "Hi");
  assert_ok(command(f, COMMAND_CLOSE, ann, 0));
  assert_rows(f, "SELECT status, assignee_id IS NULL, closed_at IS NULL FROM conversation",
              f->lite ? "closed|0|0" : "closed|f|f");
  f->clock.now_ms += 5000;
  fixture_writes(f, "6", "One more thing");
  assert_rows(f, "SELECT status, assignee_id, inbound_count, closed_at FROM conversation", "waiting|-|2|-");
  assert_rows(f, "SELECT kind, action FROM message ORDER BY id DESC LIMIT 2", "text|-\nsystem|reopened");
  assert_rows(f, "SELECT type FROM event ORDER BY seq DESC LIMIT 2", "new_message\nchat_status_change");
}

static void a_quoted_message_is_found_by_its_external_id(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "First\nline");
  struct inbound_message m = fixture_text("6", "About that");
  m.reply_to_external_id = S("5");
  assert_ok(fixture_receive(f, &m));
  json_t *data = event(f, 1);
  json_t *quote = json_object_get(json_object_get(data, "message"), "reply_to");
  assert_string_equal(json_string_value(json_object_get(quote, "preview")), "First line");
  json_decref(data);
  struct inbound_message lost = fixture_text("7", "About something older than us");
  lost.reply_to_external_id = S("1");
  assert_ok(fixture_receive(f, &lost));
}

static void photos_and_unsupported_content_keep_their_files_and_raw(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("5", "Look");
  struct file_row file = {
      .state = FILE_PENDING, .name = S("p.jpg"), .mime = S("image/jpeg"), .source = S("{\"id\":1}")};
  m.kind = MESSAGE_PHOTO;
  m.files = &file;
  m.file_count = 1;
  m.album = S("a1");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT state, name, channel, account, source FROM file",
              "pending|p.jpg|" FIXTURE_CHANNEL "|777|{\"id\":1}");
  assert_rows(f, "SELECT file_count, album FROM message", "1|a1");
  struct inbound_message odd = fixture_text("6", "");
  odd.kind = MESSAGE_UNSUPPORTED;
  odd.content = S("sticker");
  odd.raw = S("{\"sticker\":{}}");
  assert_ok(fixture_receive(f, &odd));
  assert_rows(f, "SELECT message_id, raw FROM message_raw", "2|{\"sticker\":{}}");
}

static void an_edit_keeps_the_old_version_and_tells_message_and_list(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Helo");
  f->clock.now_ms += 1000;
  struct inbound_message m = fixture_text("5", "Hello");
  assert_ok(fixture_edit(f, &m));
  assert_ok(fixture_edit(f, &m)); /* the same again: nothing */
  assert_rows(f, "SELECT text, edited_at IS NOT NULL FROM message", f->lite ? "Hello|1" : "Hello|t");
  assert_rows(f, "SELECT message_id, text FROM message_edit", "1|Helo");
  assert_rows(f, event_types, "new_message\nmessage_update\nchat_update");
  struct inbound_message unknown = fixture_text("99", "Edited before we were here");
  assert_ok(fixture_edit(f, &unknown));
  assert_rows(f, "SELECT inbound_count FROM conversation", "2");
}

struct reach_ctx {
  struct fixture *f;
  const char *who;
  bool reachable;
};
static err reach(db_conn *c, void *arg) {
  struct reach_ctx *r = arg;
  return conversation_reachable(&r->f->desk, c, S(FIXTURE_CHANNEL), S("777"), str_c(r->who), r->reachable);
}

static void blocking_writes_a_line_refuses_answers_and_ends_with_a_message(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  assert_ok(desk_write(&f->desk, reach, &(struct reach_ctx){f, "1001", false}));
  assert_ok(desk_write(&f->desk, reach, &(struct reach_ctx){f, "1001", false}));
  assert_ok(desk_write(&f->desk, reach, &(struct reach_ctx){f, "4004", false})); /* nobody we know */
  assert_rows(f, "SELECT action FROM message WHERE kind = 'system'", "blocked");
  json_t *data = event(f, 1);
  json_t *customer = json_object_get(json_object_get(data, "conversation"), "customer");
  assert_true(json_is_true(json_object_get(customer, "blocked")));
  json_decref(data);
  struct message_row m;
  bool repeated;
  assert_err(answer_as(f, ann, "Hi", NULL, &m, &repeated), ERR_CUSTOMER_BLOCKED);
  fixture_writes(f, "6", "Back");
  assert_rows(f, "SELECT action FROM message WHERE kind = 'system' ORDER BY id", "blocked\nunblocked");
  assert_rows(f, "SELECT blocked_at, inbound_count FROM customer, conversation", "-|2");
  assert_ok(answer_as(f, ann, "Hi", NULL, &m, &repeated));
}

static void *write_again(void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("6", "Back");
  err e = fixture_receive(f, &m);
  return err_is(e) ? f : NULL;
}

/* Two connections: while this one holds the customer's row, a message of a customer who comes back waits for it and holds
 * no conversation, so whoever has the customer can always take the conversation next. */
static void the_customer_is_locked_before_the_conversation(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  assert_ok(desk_write(&f->desk, reach, &(struct reach_ctx){f, "1001", false}));
  fixture_exec(f, "BEGIN");
  fixture_exec(f, "SELECT 1 FROM customer FOR NO KEY UPDATE");
  pthread_t writer;
  void *refused = NULL;
  assert_int_equal(pthread_create(&writer, NULL, write_again, f), 0);
  static const char waiting[] =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  int64_t until_us = clock_measure_us() + 20000000;
  while (fixture_number(f, waiting) == 0) assert_true(clock_measure_us() < until_us);
  fixture_exec(f, "SELECT 1 FROM conversation FOR UPDATE NOWAIT");
  fixture_exec(f, "COMMIT");
  assert_int_equal(pthread_join(writer, &refused), 0);
  assert_null(refused);
  assert_rows(f, "SELECT action FROM message WHERE kind = 'system' ORDER BY id", "blocked\nunblocked");
}

static err start(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("5", "/start");
  return conversation_started(&f->desk, c, &m, S("ad7"));
}
static void pressing_start_greets_once_a_press_through_the_outbox(void **state) {
  struct fixture *f = *state;
  fixture_exec(f, "INSERT INTO setting (key, value, updated_at) VALUES ('greeting', 'Welcome', 1)");
  assert_ok(desk_write(&f->desk, start, f));
  assert_ok(desk_write(&f->desk, start, f));
  assert_rows(f, messages, "system|system|ad7|started|-|-\nout|text|Welcome|-|queued|-");
  assert_rows(f, "SELECT queue, lane, subject_id, state FROM job", "outbox/" FIXTURE_CHANNEL "/777|1001|2|ready");
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "snoozed|0");
}

/* ---- out ---- */

static void answering_takes_the_conversation_queues_and_marks_it_read(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  answers(f, ann, "Hi");
  assert_rows(f, "SELECT status, assignee_id, inbound_count FROM conversation", "active|1|1");
  assert_rows(f, messages, "in|text|Hello|-|-|-\nsystem|system||taken|-|1\nout|text|Hi|-|queued|1");
  assert_rows(f, "SELECT lane, subject_id, state FROM job", "1001|3|ready");
  assert_rows(f, "SELECT operator_id, read_count FROM read_mark", "1|1");
  assert_rows(f, "SELECT type, audience_id FROM event ORDER BY seq",
              "new_message|-\nchat_status_change|-\nnew_message|-\nconversation_read|1");
  json_t *data = event(f, 1);
  assert_string_equal(json_string_value(json_object_get(json_object_get(data, "message"), "action")), "taken");
  assert_int_equal(json_integer_value(json_object_get(json_object_get(data, "conversation"), "assignee_id")), ann);
  json_decref(data);
}

static void a_repeated_client_id_answers_with_the_first_result(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  fixture_writes(f, "5", "Hello");
  struct message_row first, second, third;
  bool repeated;
  assert_ok(answer_as(f, ann, "Hi", "c1", &first, &repeated));
  assert_false(repeated);
  assert_ok(answer_as(f, ann, "Hi", "c1", &second, &repeated));
  assert_true(repeated);
  assert_int_equal(first.id, second.id);
  assert_ok(answer_as(f, bob, "Hi too", "c1", &third, &repeated));
  assert_false(repeated); /* a client_id is its operator's own */
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job"), 2);
}

struct racer_ctx {
  struct fixture *f;
  arena *arena;
  int64_t operator_id, message_id;
  err e;
};
static void *race(void *arg) {
  struct racer_ctx *r = arg;
  struct reply reply = {
      .conversation_id = 1, .by = actor_operator(r->operator_id), .text = S("Hi"), .client_id = S("c1")};
  struct message_row m;
  bool repeated;
  r->e = conversation_reply(&r->f->desk, &reply, r->arena, &m, &repeated);
  r->message_id = m.id;
  return NULL;
}
static void a_client_id_that_races_itself_is_stored_once(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  enum { RACERS = 8 };
  struct racer_ctx racers[RACERS];
  pthread_t threads[RACERS];
  for (int i = 0; i < RACERS; i++) {
    racers[i] = (struct racer_ctx){.f = f, .arena = arena_new(0), .operator_id = ann};
    pthread_create(&threads[i], NULL, race, &racers[i]);
  }
  for (int i = 0; i < RACERS; i++) {
    pthread_join(threads[i], NULL);
    assert_ok(racers[i].e);
    assert_int_equal(racers[i].message_id, racers[0].message_id);
    arena_free(&racers[i].arena);
  }
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job"), 1);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM event WHERE type = 'chat_status_change'"), 1);
}

struct writer_ctx {
  struct fixture *f;
  int first;
  err e;
};
static void *write_some(void *arg) {
  struct writer_ctx *w = arg;
  char id[16];
  for (int i = 0; i < 10 && !err_is(w->e); i++) {
    snprintf(id, sizeof id, "%d", w->first + i);
    struct inbound_message m = fixture_text(id, "Hello");
    w->e = fixture_receive(w->f, &m);
  }
  return NULL;
}
static void first_messages_that_race_make_one_customer_and_one_conversation(void **state) {
  struct fixture *f = *state;
  enum { WRITERS = 6 };
  struct writer_ctx writers[WRITERS];
  pthread_t threads[WRITERS];
  for (int i = 0; i < WRITERS; i++) {
    writers[i] = (struct writer_ctx){.f = f, .first = i * 100};
    pthread_create(&threads[i], NULL, write_some, &writers[i]);
  }
  for (int i = 0; i < WRITERS; i++) {
    pthread_join(threads[i], NULL);
    assert_ok(writers[i].e);
  }
  assert_rows(f, "SELECT (SELECT count(*) FROM customer), count(*), sum(inbound_count) FROM conversation", "1|1|60");
}

static void several_photos_become_an_album_in_order(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  struct file_row files[3] = {
      {.state = FILE_READY, .name = S("1"), .mime = S("image/png"), .width = 8, .height = 8, .storage_key = S("a")},
      {.state = FILE_READY, .name = S("2"), .mime = S("image/png"), .width = 8, .height = 8, .storage_key = S("b")},
      {.state = FILE_READY, .name = S("3"), .mime = S("image/png"), .width = 8, .height = 8, .storage_key = S("c")}};
  struct reply r = {.conversation_id = 1,
                    .by = actor_operator(ann),
                    .text = S("Three"),
                    .client_id = S("c1"),
                    .files = files,
                    .file_count = 3};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  assert_str(m.text, "Three");
  assert_int_equal(m.files.count, 1);
  assert_rows(
      f, "SELECT text, client_id, count(*) OVER (PARTITION BY album) FROM message WHERE kind = 'photo' ORDER BY id",
      "Three|c1|3\n|c1#2|3\n|c1#3|3");
  assert_rows(f,
              "SELECT o.id, f.name FROM job o JOIN message_file mf ON mf.message_id = o.subject_id "
              "JOIN file f ON f.id = mf.file_id ORDER BY o.id",
              "1|1\n2|2\n3|3");
}

struct refusal {
  struct reply reply;
  int error;
  const char *field, *why;
};
static void what_cannot_be_sent_is_refused_with_its_field(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  struct inbound_message other = fixture_text("5", "Another");
  other.from.external_id = S("2002");
  assert_ok(fixture_receive(f, &other));
  static char longest[LIMIT_ANSWER_TEXT_MAX + 1];
  memset(longest, 'x', sizeof longest);
  const struct refusal cases[] = {
      {{.conversation_id = 1, .text = S(" \n ")}, ERR_MISSING_FIELD, "text", "blank"},
      {{.conversation_id = 99, .text = S("x")}, ERR_NOT_FOUND, NULL, "no such conversation"},
      {{.conversation_id = 1, .text = S("a\xff")}, ERR_INVALID_FIELD, "text", "not UTF-8"},
      {{.conversation_id = 1, .text = S("a\0b")}, ERR_INVALID_FIELD, "text", "NUL"},
      {{.conversation_id = 1, .text = str_n(longest, sizeof longest)}, ERR_INVALID_FIELD, "text", "too long"},
      {{.conversation_id = 1, .text = S("x"), .client_id = S("")}, ERR_INVALID_FIELD, "client_id", "empty"},
      {{.conversation_id = 1, .text = S("x"), .reply_to = 99}, ERR_INVALID_FIELD, "reply_to", "no such message"},
      {{.conversation_id = 1, .text = S("x"), .reply_to = 2}, ERR_INVALID_FIELD, "reply_to", "of another conversation"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct reply r = cases[i].reply;
    r.by = actor_operator(ann);
    struct message_row m;
    bool repeated;
    err e = conversation_reply(&f->desk, &r, f->arena, &m, &repeated);
    bool good = (int)e.code == cases[i].error && str_eq(str_c(e.field), str_c(cases[i].field));
    if (!good) fail_msg("%s: %s %s", cases[i].why, err_text(e.code), e.field ? e.field : "-");
  }
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job"), 0);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM event"), 2);
}

/* ---- orders ---- */

static void orders_write_lines_and_tell_the_whole_state(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  fixture_writes(f, "5", "Hello");
  assert_ok(command(f, COMMAND_TAKE, ann, 0));
  assert_err(command(f, COMMAND_TAKE, bob, 0), ERR_ALREADY_TAKEN);
  assert_ok(command(f, COMMAND_ASSIGN, ann, bob));
  assert_ok(command(f, COMMAND_UNASSIGN, bob, 0));
  assert_ok(command(f, COMMAND_CLOSE, bob, 0));
  assert_ok(command(f, COMMAND_CLOSE, bob, 0));
  assert_ok(command(f, COMMAND_REOPEN, bob, 0));
  assert_err(command(f, COMMAND_REOPEN, bob, 0), ERR_CONFLICT);
  assert_err(command(f, COMMAND_ASSIGN, ann, 99), ERR_INVALID_FIELD);
  assert_rows(f, "SELECT action, operator_id, target_operator_id FROM message WHERE kind = 'system' ORDER BY id",
              "taken|1|-\nassigned|1|2\nunassigned|2|-\nclosed|2|-\nreopened|2|-");
  assert_rows(f, "SELECT type, count(*) FROM event GROUP BY type ORDER BY type", "chat_status_change|5\nnew_message|1");
  assert_rows(f, "SELECT status, assignee_id, closed_at FROM conversation", "waiting|-|-");
}

/* A message of the customer that was sent at this time after the start, and arrives now. */
static void writes_at(struct fixture *f, const char *external_id, int64_t after_ms) {
  struct inbound_message m = fixture_text(external_id, "Is anybody there?");
  m.sent_at_ms = FIXTURE_START_MS + after_ms;
  assert_ok(fixture_receive(f, &m));
}

static void replies_as(struct fixture *f, enum actor_kind kind) {
  struct reply r = {.conversation_id = only_conversation(f), .by = {.kind = kind, .id = 1}, .text = S("We got it.")};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}

/* after_ms: since the start; -1: the customer does not wait. */
static void assert_waiting(struct fixture *f, int64_t after_ms, const char *why) {
  str since = fixture_ask(f, "SELECT waiting_since FROM conversation");
  str wanted = after_ms < 0 ? S("-") : arena_printf(f->arena, "%lld", (long long)(FIXTURE_START_MS + after_ms));
  if (!str_eq(since, wanted)) fail_msg("%s: %.*s, not %.*s", why, STR_ARG(since), STR_ARG(wanted));
}

static void a_customer_waits_from_the_first_message_without_an_answer(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  f->clock.now_ms += 60000;
  assert_ok(desk_write(&f->desk, start, f));
  assert_waiting(f, -1, "only start was pressed");
  writes_at(f, "11", 9000);
  writes_at(f, "12", 20000);
  assert_waiting(f, 9000, "the first of two");
  writes_at(f, "13", 5000);
  writes_at(f, "13", 5000);
  assert_waiting(f, 5000, "an earlier one that arrives late, and again");
  assert_ok(desk_write(&f->desk, start, f));
  assert_ok(command(f, COMMAND_TAKE, ann, 0));
  assert_ok(command(f, COMMAND_SNOOZE, ann, 0));
  assert_ok(command(f, COMMAND_REOPEN, ann, 0));
  assert_ok(command(f, COMMAND_UNASSIGN, ann, 0));
  replies_as(f, ACTOR_RULE);
  assert_waiting(f, 5000, "a greeting, a status, an automatic answer are no answer");
  answers(f, ann, "Yes");
  assert_waiting(f, -1, "answered");
  assert_ok(command(f, COMMAND_UNASSIGN, ann, 0));
  assert_waiting(f, -1, "waiting for anyone again, but answered");
  writes_at(f, "14", 30000);
  assert_waiting(f, 30000, "another question");
  replies_as(f, ACTOR_ASSISTANT);
  assert_waiting(f, -1, "answered by the assistant");
  writes_at(f, "15", 40000);
  assert_ok(command(f, COMMAND_CLOSE, ann, 0));
  assert_waiting(f, -1, "closed");
  assert_ok(command(f, COMMAND_REOPEN, ann, 0));
  assert_waiting(f, -1, "reopened by an operator");
  assert_ok(command(f, COMMAND_CLOSE, ann, 0));
  writes_at(f, "16", 50000);
  assert_waiting(f, 50000, "reopened by the customer");
}

static void an_operator_gives_away_only_their_own(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  fixture_writes(f, "5", "Hello");
  struct conversation_row row;
  struct conversation_command o = {
      .conversation_id = 1, .by = actor_operator(ann), .command = COMMAND_ASSIGN, .target = bob};
  assert_err(conversation_command(&f->desk, &o, f->arena, &row), ERR_FORBIDDEN);
  o.target = ann;
  assert_ok(conversation_command(&f->desk, &o, f->arena, &row));
  assert_int_equal(row.assignee_id, ann);
  o.target = bob;
  assert_ok(conversation_command(&f->desk, &o, f->arena, &row));
  o.command = COMMAND_UNASSIGN;
  assert_err(conversation_command(&f->desk, &o, f->arena, &row), ERR_FORBIDDEN);
}

static void a_change_brings_status_and_assignee_in_one_step(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  fixture_writes(f, "5", "Hello");
  static const struct {
    bool set_assignee, set_status;
    int64_t assignee;
    int status, error, wanted;
    int64_t wanted_assignee;
    const char *why;
  } steps[] = {
      {false, true, 0, CONVERSATION_ACTIVE, 0, CONVERSATION_ACTIVE, 1, "active: the actor takes it"},
      {true, false, 2, 0, 0, CONVERSATION_ACTIVE, 2, "handed over"},
      {false, true, 0, CONVERSATION_CLOSED, 0, CONVERSATION_CLOSED, 2, "closed"},
      {false, true, 0, CONVERSATION_WAITING, 0, CONVERSATION_WAITING, 0, "reopened into the queue"},
      {true, true, 1, CONVERSATION_CLOSED, 0, CONVERSATION_CLOSED, 1, "both at once"},
      {false, true, 0, CONVERSATION_SNOOZED, ERR_CONVERSATION_CLOSED, CONVERSATION_CLOSED, 1, "nothing to put aside"},
      {false, true, 0, CONVERSATION_ACTIVE, 0, CONVERSATION_ACTIVE, 1, "reopened"},
      {false, true, 0, CONVERSATION_SNOOZED, 0, CONVERSATION_SNOOZED, 1, "put aside"},
      {false, true, 0, CONVERSATION_WAITING, 0, CONVERSATION_WAITING, 0, "woken into the queue"},
      {true, true, 1, CONVERSATION_SNOOZED, 0, CONVERSATION_SNOOZED, 1, "taken and put aside"},
      {false, true, 0, CONVERSATION_ACTIVE, 0, CONVERSATION_ACTIVE, 1, "woken"},
      {false, true, 0, CONVERSATION_CLOSED, 0, CONVERSATION_CLOSED, 1, "closed once more"},
      {false, true, 0, CONVERSATION_CLOSED, 0, CONVERSATION_CLOSED, 1, "the same again"},
  };
  (void)bob;
  for (size_t i = 0; i < JSON_COUNT(steps); i++) {
    struct conversation_change p = {.conversation_id = 1,
                                    .by = admin_of(ann),
                                    .set_assignee = steps[i].set_assignee,
                                    .set_status = steps[i].set_status,
                                    .assignee_id = steps[i].assignee,
                                    .status = steps[i].status};
    struct conversation_row row = {0};
    err e = conversation_change(&f->desk, &p, f->arena, &row);
    bool good = (int)e.code == steps[i].error &&
                (err_is(e) || (row.status == steps[i].wanted && row.assignee_id == steps[i].wanted_assignee));
    if (!good) fail_msg("%s: %s, status %d", steps[i].why, err_text(e.code), row.status);
  }
}

/* ---- reading ---- */

static void read_marks_go_forward_only_and_tell_their_operator(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  struct actor by = actor_operator(ann);
  for (int i = 1; i <= 4; i++) fixture_writes(f, (const char *[]){"1", "2", "3", "4"}[i - 1], "Hello");
  int64_t count;
  assert_ok(conversation_mark_read(&f->desk, 1, &by, 2, &count));
  assert_int_equal(count, 2);
  assert_ok(conversation_mark_read(&f->desk, 1, &by, 1, &count));
  assert_int_equal(count, 2);
  assert_ok(conversation_mark_read(&f->desk, 1, &by, 0, &count));
  assert_int_equal(count, 4);
  assert_err(conversation_mark_read(&f->desk, 9, &by, 0, &count), ERR_NOT_FOUND);
  assert_rows(f, "SELECT type, audience_id FROM event WHERE audience_id IS NOT NULL",
              "conversation_read|1\nconversation_read|1");
}

struct unread_query_ctx {
  int64_t operator_id, message_id;
  arena *arena;
};
static err find_unread(db_conn *c, void *arg) {
  struct unread_query_ctx *q = arg;
  struct conversation_row row;
  err e = conversation_get(c, 1, q->operator_id, q->arena, &row);
  return err_is(e) ? e : conversation_first_unread(c, &row, &q->message_id);
}

static void the_first_unread_message_is_each_operators_own(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  struct actor by = actor_operator(ann);
  for (int i = 1; i <= 4; i++) fixture_writes(f, (const char *[]){"1", "2", "3", "4"}[i - 1], "Hello");
  static const struct { int64_t up_to, anns, bobs; } cases[] = {{0, 1, 1}, {1, 2, 1}, {3, 4, 1}, {4, 0, 1}};
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    int64_t count;
    if (cases[i].up_to) assert_ok(conversation_mark_read(&f->desk, 1, &by, cases[i].up_to, &count));
    struct unread_query_ctx anns = {ann, 0, f->arena}, bobs = {bob, 0, f->arena};
    assert_ok(db_read(f->desk.db, find_unread, &anns));
    assert_ok(db_read(f->desk.db, find_unread, &bobs));
    assert_int_equal(anns.message_id, cases[i].anns);
    assert_int_equal(bobs.message_id, cases[i].bobs);
  }
}

/* ---- the law of replay ---- */

/* What a screen that applied every event holds, against what it would fetch now. */
static json_t *replayed_conversation(struct fixture *f) {
  int64_t count = fixture_number(f, "SELECT count(*) FROM event");
  json_t *held = NULL;
  for (int i = 0; i < (int)count; i++) {
    json_t *data = event(f, i), *conversation = json_object_get(data, "conversation");
    json_t *message = json_object_get(data, "message");
    json_t *last = held ? json_object_get(held, "last_message") : NULL;
    if (conversation) {
      json_decref(held);
      held = json_incref(conversation);
    } else if (message &&
               json_integer_value(json_object_get(last, "id")) == json_integer_value(json_object_get(message, "id"))) {
      json_object_set(last, "delivery", json_object_get(message, "delivery"));
    }
    json_decref(data);
  }
  return held;
}

static json_t *replayed_messages(struct fixture *f) {
  int64_t count = fixture_number(f, "SELECT count(*) FROM event");
  json_t *held = json_object();
  char key[24];
  for (int i = 0; i < (int)count; i++) {
    json_t *data = event(f, i), *message = json_object_get(data, "message");
    snprintf(key, sizeof key, "%lld", (long long)json_integer_value(json_object_get(message, "id")));
    if (json_is_object(message)) json_object_set(held, key, message);
    json_decref(data);
  }
  return held;
}

static void assert_same_json(const struct json_shape *shape, const void *value, json_t *held) {
  buf b;
  buf_init(&b, 1 << 20);
  json_encode(&b, shape, value, JSON_SNAKE);
  json_t *fetched = json_loadb(b.ptr, b.len, 0, NULL);
  if (!json_equal(fetched, held)) {
    char *text = json_dumps(held, JSON_COMPACT);
    print_message("fetched %.*s\nheld    %s\n", (int)b.len, b.ptr, text);
    free(text);
    fail_msg("what was replayed is not what is fetched");
  }
  json_decref(fetched);
  buf_free(&b);
}

struct fetching_ctx {
  struct fixture *f;
  struct conversation_row conversation;
  struct message_row *messages;
  size_t count;
};
static err fetch(db_conn *c, void *arg) {
  struct fetching_ctx *g = arg;
  bool more;
  err e = conversation_get(c, 1, 0, g->f->arena, &g->conversation);
  if (!err_is(e)) e = message_page(c, 1, 0, 0, 100, g->f->arena, &g->messages, &g->count, &more);
  for (size_t i = 0; i < g->count && !err_is(e); i++)
    g->messages[i].can = message_can_of(&g->messages[i], S(FIXTURE_CHANNEL), desk_now(&g->f->desk));
  return e;
}
static err send_first(db_conn *c, void *arg) {
  struct fixture *f = arg;
  const struct outbox_sender sender = {S(FIXTURE_CHANNEL), S("777"), S("here.1")};
  struct outbox_row *rows;
  size_t count = 0;
  err e = outbox_take(c, &sender, 1, desk_now(&f->desk), db_conn_arena(c), &rows, &count);
  if (!err_is(e)) e = outbox_begin(c, rows, desk_now(&f->desk));
  struct outbox_outcome sent = {.step = OUTBOX_SENT, .external_id = S("90")};
  return err_is(e) ? e : outbox_finish(c, rows, &sent, desk_now(&f->desk), f->arena);
}

static void a_replayed_screen_is_a_freshly_fetched_one(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  for (int round = 0; round < 8; round++) {
    f->clock.now_ms += 1234;
    switch (round) {
      case 0: fixture_writes(f, "5", "Hello\nthere"); break;
      case 1: answers(f, ann, "Hi \xf0\x9f\x98\x80 \"you\""); break;
      case 2: assert_ok(desk_write(&f->desk, send_first, f)); break;
      case 3: assert_ok(command(f, COMMAND_ASSIGN, ann, bob)); break;
      case 4: assert_ok(command(f, COMMAND_CLOSE, bob, 0)); break;
      case 5: {
        struct inbound_message m = fixture_text("6", "Again");
        m.reply_to_external_id = S("5");
        m.from.name = S("Jane Roe");
        assert_ok(fixture_receive(f, &m));
        break;
      }
      case 6: {
        struct inbound_message m = fixture_text("6", "Again,\nplease");
        assert_ok(fixture_edit(f, &m));
        break;
      }
      case 7: assert_ok(desk_write(&f->desk, reach, &(struct reach_ctx){f, "1001", false})); break;
    }
    struct fetching_ctx g = {.f = f};
    assert_ok(db_read(f->desk.db, fetch, &g));
    json_t *conversation = replayed_conversation(f), *held = replayed_messages(f);
    assert_same_json(&conversation_shape, &g.conversation, conversation);
    assert_int_equal(g.count, json_object_size(held));
    char key[24];
    for (size_t i = 0; i < g.count; i++) {
      snprintf(key, sizeof key, "%lld", (long long)g.messages[i].id);
      assert_same_json(&message_shape, &g.messages[i], json_object_get(held, key));
    }
    json_decref(conversation);
    json_decref(held);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_first_message_makes_customer_conversation_message_and_event),
      ON_BOTH(a_message_known_by_its_external_id_does_nothing),
      ON_BOTH(an_update_is_fresh_once),
      ON_BOTH(a_changed_name_is_taken_over_and_an_unchanged_one_is_not_written),
      ON_BOTH(a_message_reopens_a_closed_conversation_for_anyone),
      ON_BOTH(a_quoted_message_is_found_by_its_external_id),
      ON_BOTH(photos_and_unsupported_content_keep_their_files_and_raw),
      ON_BOTH(an_edit_keeps_the_old_version_and_tells_message_and_list),
      ON_BOTH(blocking_writes_a_line_refuses_answers_and_ends_with_a_message),
      ON_POSTGRES(the_customer_is_locked_before_the_conversation),
      ON_BOTH(pressing_start_greets_once_a_press_through_the_outbox),
      ON_BOTH(answering_takes_the_conversation_queues_and_marks_it_read),
      ON_BOTH(a_repeated_client_id_answers_with_the_first_result),
      ON_BOTH(a_client_id_that_races_itself_is_stored_once),
      ON_BOTH(first_messages_that_race_make_one_customer_and_one_conversation),
      ON_BOTH(several_photos_become_an_album_in_order),
      ON_BOTH(what_cannot_be_sent_is_refused_with_its_field),
      ON_BOTH(orders_write_lines_and_tell_the_whole_state),
      ON_BOTH(a_customer_waits_from_the_first_message_without_an_answer),
      ON_BOTH(an_operator_gives_away_only_their_own),
      ON_BOTH(a_change_brings_status_and_assignee_in_one_step),
      ON_BOTH(a_replayed_screen_is_a_freshly_fetched_one),
      ON_BOTH(read_marks_go_forward_only_and_tell_their_operator),
      ON_BOTH(the_first_unread_message_is_each_operators_own),
  };
  return FIXTURE_RUN(tests);
}
