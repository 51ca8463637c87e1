/* Updates into the desk, on both engines: nothing lost, nothing twice, nothing blocks, order kept. */
#include "edge/telegram/tg_internal.h"

#include "desk/desk_fixture.h"

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
              "system|promo|-|started|1\nphoto|look here|-|-|2\nunsupported||voice|-|3\nsystem||-|blocked|-");
  assert_rows(f, "SELECT count(*) FROM job WHERE lane = '5'", "1");
  assert_rows(f, "SELECT text FROM message_edit", "look");
  assert_rows(f, "SELECT state, source FROM file", "pending|{\"file_id\":\"f\",\"file_unique_id\":\"u\"}");
  assert_rows(f, "SELECT count(*) FROM message_raw", "1");
  assert_rows(f, "SELECT count(*) FROM message_edit_file", "1");
  assert_int_equal(t->files, 1 + 1); /* the photo, and its edit, which has it too */
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

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(a_redelivered_update_does_nothing),
      ON_BOTH(many_chats_at_once_keep_their_order),
      ON_BOTH(what_no_command_fits_is_kept_raw_and_confirmed),
      ON_BOTH(what_tells_of_the_chat_alone_wakes_nobody),
      ON_BOTH(what_the_desk_refuses_is_kept_raw_and_confirmed),
      ON_BOTH(a_customer_s_life),
      ON_BOTH(every_recorded_update_is_taken),
  };
  return FIXTURE_RUN(tests);
}
