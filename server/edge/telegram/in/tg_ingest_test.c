/* Updates into the desk, on both engines: nothing lost, nothing twice, nothing blocks, order kept. */
#include "edge/telegram/tg_internal.h"

#include "desk/desk_fixture.h"
#include "desk/names.h"

#include <inttypes.h>

struct taker_ctx {
  struct fixture *f;
  struct tg_ingest *in;
  struct tg_counters counters;
  arena *a;
  pthread_mutex_t lock;
  pthread_cond_t over;
  size_t pending, failed, files;
};

static void on_files(void *user) {
  struct taker_ctx *t = user;
  pthread_mutex_lock(&t->lock);
  t->files++;
  pthread_mutex_unlock(&t->lock);
}

static struct taker_ctx *taker_new(struct fixture *f) {
  struct taker_ctx *t = mem_alloc(sizeof *t);
  t->f = f;
  t->a = arena_new((size_t)256 << 20);
  t->in = tg_ingest_new(&(struct tg_ingest_config){&f->desk, &t->counters, on_files, t});
  pthread_mutex_init(&t->lock, NULL);
  thread_cond_init(&t->over);
  return t;
}

static void taker_free(struct taker_ctx **t) {
  tg_ingest_free(&(*t)->in);
  arena_free(&(*t)->a);
  pthread_cond_destroy(&(*t)->over);
  pthread_mutex_destroy(&(*t)->lock);
  mem_free(t);
}

static void stored(struct tg_ingest_job *job, err e) {
  struct taker_ctx *t = job->user;
  pthread_mutex_lock(&t->lock);
  t->failed += err_is(e);
  if (--t->pending == 0) pthread_cond_signal(&t->over);
  pthread_mutex_unlock(&t->lock);
}

struct given {
  struct tg_ingest_job job;
  struct tg_update update;
};

static void give(struct taker_ctx *t, str raw) {
  struct given *g = arena_new_of(t->a, struct given);
  tg_update_parse(arena_dup(t->a, raw), t->a, &g->update);
  g->job = (struct tg_ingest_job){.account = S("777"), .update = &g->update, .done = stored, .user = t};
  pthread_mutex_lock(&t->lock);
  t->pending++;
  pthread_mutex_unlock(&t->lock);
  tg_ingest(t->in, &g->job);
}

static void wait_for_all(struct taker_ctx *t) {
  pthread_mutex_lock(&t->lock);
  while (t->pending) pthread_cond_wait(&t->over, &t->lock);
  pthread_mutex_unlock(&t->lock);
}

static str text_update(struct taker_ctx *t, int64_t update_id, int64_t chat, int64_t message_id, const char *text) {
  return arena_printf(t->a,
                      "{\"update_id\":%" PRId64 ",\"message\":{\"message_id\":%" PRId64 ",\"date\":1700000000,"
                      "\"chat\":{\"id\":%" PRId64 ",\"type\":\"private\",\"first_name\":\"C\"},\"text\":\"%s\"}}",
                      update_id, message_id, chat, text);
}

static void a_redelivered_update_does_nothing(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  for (int i = 0; i < 5; i++) give(t, text_update(t, 10, 5, 1, "once"));
  give(t, text_update(t, 11, 5, 1, "the same message in another update"));
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_rows(f, "SELECT text FROM message", "once");
  assert_rows(f, "SELECT count(*) FROM inbound", "2");
  assert_int_equal(atomic_load(&t->counters.updates_known), 4);
  taker_free(&t);
}

static void many_chats_at_once_keep_their_order(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  enum { CHATS = 10, EACH = 40 };
  for (int n = 0; n < EACH; n++)
    for (int chat = 1; chat <= CHATS; chat++) {
      char text[16];
      snprintf(text, sizeof text, "%03d", n);
      give(t, text_update(t, 1000 + n * CHATS + chat, chat, n + 1, text));
    }
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_rows(f, "SELECT count(*) FROM message", "400");
  assert_rows(f, "SELECT count(*) FROM conversation", "10");
  assert_rows(f,
              "SELECT count(*) FROM message AS m JOIN message AS n ON n.conversation_id = m.conversation_id "
              "AND n.id > m.id AND n.text < m.text",
              "0");
  taker_free(&t);
}

static void what_no_command_fits_is_kept_raw_and_confirmed(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  give(t, S("{\"update_id\":1,\"channel_post\":{\"message_id\":1}}"));
  give(t, S("{\"update_id\":2,\"message\":{\"text\":\"\\ud800\"}}"));
  give(t, S("not JSON at all"));
  give(t, S("{\"update_id\":3,\"message\":\"\xff\"}"));
  give(t, S("{\"update_id\":1,\"channel_post\":{\"message_id\":1}}"));
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_rows(
      f, "SELECT update_id, reason FROM inbound_raw ORDER BY coalesce(update_id, 9)",
      "1|channel_post has no use here\n2|malformed: message without a chat\n3|malformed: message is not an object\n"
      "-|malformed: not a JSON object");
  assert_rows(f, "SELECT count(*) FROM message", "0");
  taker_free(&t);
}

/* A message that the desk's own tables refuse must not come again for a day. */
static void what_the_desk_refuses_is_kept_raw_and_confirmed(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  give(t, text_update(t, 1, 5, 1, "before"));
  wait_for_all(t);
  struct given *g = arena_new_of(t->a, struct given);
  tg_update_parse(text_update(t, 2, 5, 2, "faulty"), t->a, &g->update);
  g->update.message.text = str_n("a\0b", 3);
  g->job = (struct tg_ingest_job){.account = S("777"), .update = &g->update, .done = stored, .user = t};
  t->pending++;
  tg_ingest(t->in, &g->job);
  give(t, text_update(t, 3, 5, 3, "after"));
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_rows(f, "SELECT text FROM message ORDER BY id", "before\nafter");
  assert_rows(f, "SELECT update_id FROM inbound_raw", "2");
  assert_rows(f, "SELECT count(*) FROM inbound", "3");
  taker_free(&t);
}

static void a_customer_s_life(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  static const char *const updates[] = {
      "{\"update_id\":1,\"message\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":5,\"type\":\"private\","
      "\"first_name\":\"Ann\"},\"from\":{\"id\":5,\"is_bot\":false,\"first_name\":\"Ann\",\"language_code\":\"en\"},"
      "\"text\":\"/start promo\"}}",
      "{\"update_id\":2,\"message\":{\"message_id\":2,\"date\":2,\"chat\":{\"id\":5,\"type\":\"private\"},"
      "\"photo\":[{\"file_id\":\"f\",\"file_unique_id\":\"u\",\"width\":3,\"height\":4}],\"caption\":\"look\"}}",
      "{\"update_id\":3,\"edited_message\":{\"message_id\":2,\"date\":2,\"edit_date\":3,\"chat\":{\"id\":5,"
      "\"type\":\"private\"},\"photo\":[{\"file_id\":\"f\",\"width\":3,\"height\":4}],\"caption\":\"look here\"}}",
      "{\"update_id\":4,\"message\":{\"message_id\":3,\"date\":4,\"chat\":{\"id\":5,\"type\":\"private\"},"
      "\"voice\":{\"file_id\":\"v\"},\"reply_to_message\":{\"message_id\":2}}}",
      "{\"update_id\":5,\"my_chat_member\":{\"chat\":{\"id\":5,\"type\":\"private\"},"
      "\"new_chat_member\":{\"status\":\"kicked\"}}}",
      "{\"update_id\":6,\"my_chat_member\":{\"chat\":{\"id\":99,\"type\":\"private\"},"
      "\"new_chat_member\":{\"status\":\"kicked\"}}}",
  };
  for (size_t i = 0; i < sizeof updates / sizeof updates[0]; i++) {
    give(t, str_c(updates[i]));
    wait_for_all(t);
  }
  assert_int_equal(t->failed, 0);
  assert_rows(f, "SELECT kind, text, content, action, external_id FROM message WHERE direction <> 'out' ORDER BY id",
              "system|promo|-|started|1\nphoto|look here|-|-|2\nvoice||-|-|3\nsystem||-|blocked|-");
  assert_rows(f, "SELECT count(*) FROM job WHERE lane = '5'", "1");
  assert_rows(f, "SELECT text FROM message_edit", "look");
  assert_rows(f, "SELECT state, source FROM file ORDER BY id",
              "pending|{\"file_id\":\"f\",\"file_unique_id\":\"u\"}\n"
              "pending|{\"file_id\":\"v\",\"file_unique_id\":\"\"}");
  assert_rows(f, "SELECT count(*) FROM message_raw", "0"); /* everything is shown in full */
  assert_rows(f, "SELECT count(*) FROM message_edit_file", "1");
  assert_int_equal(t->files, 2 + 1); /* the photo, the voice message, and the photo's edit, which has it too */
  taker_free(&t);
}

static const char shown_list[] = "SELECT status, inbound_count, last_message_id, updated_at FROM conversation";

/* Pinning, timers, themes: neither after a conversation's end nor as a first contact do they wait for anybody. */
static void what_tells_of_the_chat_alone_wakes_nobody(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  static const char service[] =
      "{\"update_id\":%d,\"message\":{\"message_id\":%d,\"date\":2,\"chat\":{\"id\":%d,\"type\":\"private\"},"
      "\"message_auto_delete_timer_changed\":{\"message_auto_delete_time\":86400}}}";
  give(t, str_c(arena_cstr(t->a, arena_printf(t->a, service, 1, 1, 6))));
  give(t, text_update(t, 2, 5, 1, "hello"));
  wait_for_all(t);
  fixture_exec(f, "UPDATE conversation SET status = 'closed'");
  str before = fixture_ask(f, shown_list);
  give(t, str_c(arena_cstr(t->a, arena_printf(t->a, service, 3, 2, 5))));
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_str(fixture_ask(f, shown_list), arena_cstr(f->arena, before));
  assert_rows(f, "SELECT kind, content FROM message ORDER BY id", "text|-\nservice|message_auto_delete_timer_changed");
  assert_rows(f, "SELECT update_id, reason FROM inbound_raw",
              "1|message message_auto_delete_timer_changed without a conversation");
  assert_rows(f, "SELECT count(*) FROM customer", "1");
  taker_free(&t);
}

/* Every content of the table, into a conversation that is closed: what tells of the chat alone is a line that neither
 * reopens it nor counts nor moves it in the list; whatever else there is does all three. */
static void each_content_says_something_or_wakes_nobody(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  enum { QUIET, SAYS };
  static const struct {
    const char *name;
    int weight;
  } contents[] = {
#define CONTENT(name, weight, kind) {#name, weight},
#include "edge/telegram/in/contents.tbl"
#undef CONTENT
  };
  give(t, text_update(t, 1, 5, 1, "hello"));
  wait_for_all(t);
  for (size_t i = 0; i < JSON_COUNT(contents); i++) {
    const char *name = contents[i].name;
    bool photo = strcmp(name, "photo") == 0, text = strcmp(name, "text") == 0, says = contents[i].weight == SAYS;
    const char *value = photo ? "[{\"file_id\":\"f\",\"file_unique_id\":\"u\",\"width\":3,\"height\":4}]"
                              : "7"; /* unreadable: a placeholder */
    fixture_exec(f, "UPDATE conversation SET status = 'closed', inbound_count = 1, updated_at = 1");
    str before = fixture_ask(f, shown_list);
    give(t, arena_printf(t->a,
                         "{\"update_id\":%zu,\"message\":{\"message_id\":%zu,\"date\":2,\"chat\":{\"id\":5,"
                         "\"type\":\"private\"},\"%s\":%s}}",
                         i + 2, i + 2, name, text ? "\"again\"" : value));
    wait_for_all(t);
    str after = fixture_ask(f, shown_list);
    if (!says && !str_eq(before, after)) fail_msg("%s: %.*s became %.*s", name, STR_ARG(before), STR_ARG(after));
    if (says && !str_starts(after, S("waiting|2|"))) fail_msg("%s: %.*s", name, STR_ARG(after));
    const char *last = "SELECT direction, kind, coalesce(content, '') FROM message WHERE direction = 'in' OR kind = "
                       "'service' ORDER BY id DESC LIMIT 1";
    str kind = fixture_ask(f, last);
    str wanted = !says   ? arena_printf(f->arena, "system|service|%s", name)
                 : text  ? S("in|text|")
                 : photo ? S("in|photo|")
                         : arena_printf(f->arena, "in|unsupported|%s", name);
    if (!str_eq(kind, wanted)) fail_msg("%s is stored as %.*s", name, STR_ARG(kind));
  }
  assert_int_equal(t->failed, 0);
  taker_free(&t);
}

struct history_ctx {
  struct fixture *f;
  struct message_row message;
  struct message_edit_row *versions;
  size_t count;
};
static err read_history(db_conn *c, void *arg) {
  struct history_ctx *h = arg;
  err e = message_get(c, 1, h->f->arena, &h->message);
  return err_is(e) ? e : message_edits(c, 1, h->f->arena, &h->versions, &h->count);
}

/* "kind/text/formatted/picture" of a state. */
static str state_of(struct fixture *f, int kind, str text, str entities, const struct json_list *files) {
  const struct file_row *file = files->items;
  return arena_printf(f->arena, "%.*s/%.*s/%s/%.*s", STR_ARG(names_text(&message_kind_names, kind)), STR_ARG(text),
                      str_eq(entities, S("[]")) ? "plain" : "formatted",
                      STR_ARG(files->count ? str_sub(file->source, 12, 13) : S("-")));
}

static void an_edit_is_a_new_state_of_the_whole_message(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
#define PICTURE(n) "\"photo\":[{\"file_id\":\"" n "\",\"file_unique_id\":\"u" n "\",\"width\":3,\"height\":4}]"
  static const struct {
    const char *what, *content, *state;
  } steps[] = {
      {"a text", "\"text\":\"words\"", "text/words/plain/-"},
      {"becomes a photo with a caption", PICTURE("1") ",\"caption\":\"words below\"", "photo/words below/plain/1"},
      {"another caption", PICTURE("1") ",\"caption\":\"other words\"", "photo/other words/plain/1"},
      {"a formatted one",
       PICTURE("1") ",\"caption\":\"other words\",\"caption_entities\":[{\"type\":\"bold\",\"offset\":0,\"length\":5}]",
       "photo/other words/formatted/1"},
      {"none", PICTURE("1"), "photo//plain/1"},
      {"another photo", PICTURE("2"), "photo//plain/2"},
      {"another photo and a caption", PICTURE("1") ",\"caption\":\"back\"", "photo/back/plain/1"},
      {"a text again", "\"text\":\"the end\"", "text/the end/plain/-"},
  };
  for (size_t i = 0; i < JSON_COUNT(steps); i++) {
    str raw = arena_printf(
        t->a,
        "{\"update_id\":%zu,\"%s\":{\"message_id\":1,\"date\":10,%s\"chat\":{\"id\":5,\"type\":\"private\","
        "\"first_name\":\"Ann\"},%s}}",
        i + 1, i ? "edited_message" : "message", i ? arena_printf(t->a, "\"edit_date\":%zu,", 10 + i).ptr : "",
        steps[i].content);
    for (int twice = 0; twice < 2; twice++) give(t, raw);
    wait_for_all(t);
    struct history_ctx h = {.f = f};
    assert_ok(db_read(f->desk.db, read_history, &h));
    str now = state_of(f, h.message.kind, h.message.text, h.message.entities_json, &h.message.files);
    if (!str_eq(now, str_c(steps[i].state))) fail_msg("%s: %.*s", steps[i].what, STR_ARG(now));
    if (h.count != i) fail_msg("%s: %zu earlier versions", steps[i].what, h.count);
    for (size_t k = 0; k < h.count; k++) {
      const struct message_edit_row *v = &h.versions[k];
      str was = state_of(f, v->kind, v->text, v->entities_json, &v->files);
      if (!str_eq(was, str_c(steps[k].state))) fail_msg("%s: version %zu is %.*s", steps[i].what, k, STR_ARG(was));
    }
  }
  assert_int_equal(t->failed, 0);
  assert_rows(f, "SELECT count(*) FROM message", "1");
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "waiting|1"); /* an edit is no news */
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'message_update'", "7");
  taker_free(&t);
}

static void every_recorded_update_is_taken(void **state) {
  struct fixture *f = *state;
  FILE *file = fopen("tests/telegram/recorded-updates.jsonl", "re");
  if (!file) {
    fprintf(stderr, "# SKIPPED: the recorded updates are not there; run the tests in the project's folder\n");
    skip();
  }
  struct taker_ctx *t = taker_new(f);
  char *line = NULL;
  size_t room = 0, lines = 0;
  for (int round = 0; round < 2; round++) {
    rewind(file);
    for (ssize_t n; (n = getline(&line, &room, file)) > 0; lines++) give(t, str_trim(str_n(line, (size_t)n)));
    wait_for_all(t);
  }
  free(line);
  fclose(file);
  assert_int_equal(t->failed, 0);
  assert_int_equal(lines, 2 * 93);
  assert_int_equal(atomic_load(&t->counters.updates), 2 * 93);
  assert_int_equal(atomic_load(&t->counters.updates_malformed), 0);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM inbound"), 93);
  int64_t kept = fixture_number(f, "SELECT count(*) FROM inbound_raw");
  int64_t messages = fixture_number(f, "SELECT count(*) FROM message WHERE direction <> 'out' AND external_id <> ''");
  assert_true(kept > 0 && messages > 15);
  taker_free(&t);
}

/* ---- operators in their private chat ---- */

/* Operator 1, whose private chat is 5. */
static void add_operator(struct fixture *f, int active) {
  fixture_operator(f, "anna");
  fixture_exec(f, arena_printf(f->arena, "UPDATE operator SET active = %d", active).ptr);
  fixture_exec(f, "INSERT INTO operator_identity (channel, external_id, operator_id, created_at, account) VALUES "
                  "('telegram', '5', 1, 1, '777')");
}

static str reply_update(struct taker_ctx *t, int64_t update_id, const char *what, int64_t message_id,
                        const char *text) {
  return arena_printf(t->a,
                      "{\"update_id\":%" PRId64 ",\"%s\":{\"message_id\":%" PRId64 ",\"date\":1,\"edit_date\":2,"
                      "\"chat\":{\"id\":5,\"type\":\"private\",\"first_name\":\"Anna\"},\"from\":{\"id\":5,"
                      "\"is_bot\":false,\"first_name\":\"Anna\"},\"reply_to_message\":{\"message_id\":900},%s}}",
                      update_id, what, message_id, text);
}

static void an_operator_who_edits_a_reply_to_a_notice_changes_the_answer(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  add_operator(f, 1);
  give(t, text_update(t, 1, 6, 1, "where is my parcel?"));
  wait_for_all(t);
  fixture_exec(f,
               "INSERT INTO notice_message (channel, account, chat_id, external_id, conversation_id, sent_at) VALUES "
               "('telegram', '777', '5', '900', 1, 1)");
  give(t, reply_update(t, 2, "message", 901, "\"text\":\"on teh way\""));
  give(t, reply_update(t, 3, "edited_message", 901, "\"text\":\"on the way\""));
  /* What was refused, and is a text now, is sent. */
  give(t, reply_update(t, 4, "message", 902, "\"sticker\":{\"file_id\":\"s\"}"));
  give(t, reply_update(t, 5, "edited_message", 902, "\"text\":\"today\""));
  wait_for_all(t);
  assert_rows(f, "SELECT text FROM message WHERE direction = 'out' ORDER BY id", "on the way\ntoday");
  assert_rows(f, "SELECT external_id FROM customer", "6");
  /* Also once the conversation is closed. */
  fixture_exec(f, "UPDATE conversation SET status = 'closed'");
  give(t, reply_update(t, 6, "message", 903, "\"text\":\"too late\""));
  give(t, reply_update(t, 7, "edited_message", 903, "\"text\":\"much too late\""));
  wait_for_all(t);
  assert_rows(f, "SELECT count(*) FROM message WHERE direction = 'out'", "2");
  assert_rows(f, "SELECT external_id FROM customer", "6");
  assert_int_equal(t->failed, 0);
  taker_free(&t);
}

static void a_deactivated_operator_is_told_once_and_is_no_fault(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  add_operator(f, 0);
  give(t, text_update(t, 1, 5, 1, "hello"));
  give(t, text_update(t, 2, 5, 2, "anybody?"));
  wait_for_all(t);
  assert_int_equal(t->failed, 0);
  assert_int_equal(atomic_load(&t->counters.updates_malformed), 0);
  assert_int_equal(atomic_load(&t->counters.updates_kept_raw), 2);
  assert_rows(f, "SELECT count(*) FROM inbound_raw", "2");
  assert_rows(f, "SELECT count(*) FROM customer", "0");
  assert_rows(f, "SELECT lane FROM job WHERE kind = 'outbox.notice'", "5");
  taker_free(&t);
}

static void presses_of_invented_codes_queue_few_notices(void **state) {
  struct fixture *f = *state;
  struct taker_ctx *t = taker_new(f);
  for (int i = 1; i <= 20; i++)
    give(t, arena_printf(t->a,
                         "{\"update_id\":%d,\"callback_query\":{\"id\":\"%d\",\"from\":{\"id\":5,\"is_bot\":false,"
                         "\"first_name\":\"C\"},\"data\":\"desk:link:%d\",\"message\":{\"message_id\":7,\"date\":1,"
                         "\"chat\":{\"id\":5,\"type\":\"private\"}}}}",
                         i, i, i));
  wait_for_all(t);
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'outbox.notice'", "3");
  taker_free(&t);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(a_redelivered_update_does_nothing),
      ON_BOTH(many_chats_at_once_keep_their_order),
      ON_BOTH(what_no_command_fits_is_kept_raw_and_confirmed),
      ON_BOTH(what_tells_of_the_chat_alone_wakes_nobody),
      ON_BOTH(what_the_desk_refuses_is_kept_raw_and_confirmed),
      ON_BOTH(a_customer_s_life),
      ON_BOTH(each_content_says_something_or_wakes_nobody),
      ON_BOTH(an_edit_is_a_new_state_of_the_whole_message),
      ON_BOTH(every_recorded_update_is_taken),
      ON_BOTH(an_operator_who_edits_a_reply_to_a_notice_changes_the_answer),
      ON_BOTH(a_deactivated_operator_is_told_once_and_is_no_fault),
      ON_BOTH(presses_of_invented_codes_queue_few_notices),
  };
  return FIXTURE_RUN(tests);
}
