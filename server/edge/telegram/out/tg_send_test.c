/* The sender against a Bot API of the test's own, on a clock that runs as fast as the test wants: order, albums, what a
 * crash left, what is tried again. */
#include "base/jansson.h"
#include "base/json_scan.h"
#include "edge/telegram/tg_internal.h"

#define FIXTURE_CHANNEL "telegram"
#include "desk/notice/notice_fixture.h"
#include "net/http.h"

#include <inttypes.h>

enum { CALLS_MAX = 512, RUNS_MOST = 20000, STEP_MOST_MS = 3 };

struct bot_api_ctx {
  struct fixture *f;
  http_server *server;
  http_client *client;
  struct telegram *telegram;
  sb_clock clock;
  atomic_int_fast64_t now_ms;
  pthread_mutex_t lock; /* guards what follows */
  struct call_seen {
    char chat[32], what[64];
  } calls[CALLS_MAX];
  size_t count;
  int64_t next_id;
  int fail_next, fail_with; /* the next so many sends are answered with this code */
  const char *fail_chat;    /* NULL: of any chat */
  int get_me;               /* how often it was asked for */
  bool refuse_token;
  pthread_mutex_t step_lock; /* guards the next two */
  pthread_cond_t stepped;
  int64_t steps, seen_steps; /* what has happened, and how much of that the test has seen */
};

static int64_t now(void *self) { return atomic_load(&((struct bot_api_ctx *)self)->now_ms); }

/* ---- the Bot API ---- */

static str member(str json, const char *name) {
  json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, NULL);
  const json_t *v = json_object_get(root, name);
  static _Thread_local char text[128];
  if (json_is_integer(v))
    snprintf(text, sizeof text, "%" PRId64, (int64_t)json_integer_value(v));
  else
    snprintf(text, sizeof text, "%s", json_is_string(v) ? json_string_value(v) : "");
  json_decref(root);
  return str_c(text);
}

static str part(http_req *req, const char *name) {
  for (size_t i = 0; i < http_part_count(req); i++)
    if (str_eq(http_part_at(req, i)->name, str_c(name))) return http_part_at(req, i)->value;
  return STR_NONE;
}

static void answer(http_req *req, int status, const char *body) {
  http_reply(req, status, S("application/json"), str_c(body));
}

static void sent(struct bot_api_ctx *b, http_req *req, size_t messages) {
  char body[2048] = "";
  for (size_t i = 0, n = 0; i < messages; i++)
    n += (size_t)snprintf(body + n, sizeof body - n, "%s{\"message_id\":%" PRId64 "}", i ? "," : "", b->next_id++);
  char whole[2200];
  bool list = messages > 1;
  snprintf(whole, sizeof whole, "{\"ok\":true,\"result\":%s%s%s}", list ? "[" : "", body, list ? "]" : "");
  answer(req, 200, whole);
}

static void take_send(struct bot_api_ctx *b, http_req *req, bool album) {
  bool form = http_is_multipart(req); /* an album of known files is JSON too */
  str chat = form ? part(req, "chat_id") : member(http_body_of(req), "chat_id"), list = STR_NONE;
  pthread_mutex_lock(&b->lock);
  struct call_seen *seen = &b->calls[b->count < CALLS_MAX ? b->count++ : 0];
  size_t photos = 1;
  if (album) {
    if (form)
      list = part(req, "media");
    else
      (void)json_scan_member(http_body_of(req), S("media"), &list);
    json_t *media = json_loadb(list.ptr, list.len, 0, NULL);
    photos = json_array_size(media);
    json_decref(media);
    snprintf(seen->chat, sizeof seen->chat, "%.*s", STR_ARG(chat));
    snprintf(seen->what, sizeof seen->what, "album of %zu", photos);
  } else {
    snprintf(seen->chat, sizeof seen->chat, "%.*s", STR_ARG(chat));
    snprintf(seen->what, sizeof seen->what, "%.*s", STR_ARG(member(http_body_of(req), "text")));
  }
  bool fails = b->fail_next > 0 && (!b->fail_chat || strcmp(seen->chat, b->fail_chat) == 0);
  b->fail_next -= fails;
  char body[160];
  snprintf(body, sizeof body, "{\"ok\":false,\"error_code\":%d,\"description\":\"in the test\",\"parameters\":%s}",
           b->fail_with, b->fail_with == 429 ? "{\"retry_after\":3}" : "{}");
  if (fails)
    answer(req, b->fail_with, body);
  else
    sent(b, req, photos);
  pthread_mutex_unlock(&b->lock);
}

/* Something has happened: a call of the Bot API, or a commit. */
static void note_step(struct bot_api_ctx *b) {
  pthread_mutex_lock(&b->step_lock);
  b->steps++;
  pthread_cond_broadcast(&b->stepped);
  pthread_mutex_unlock(&b->step_lock);
}

static void committed(void *arg) {
  struct bot_api_ctx *b = arg;
  telegram_wake(b->telegram);
  note_step(b);
}

/* Waits for the next step. False when there is none, because the sender waits for its clock. */
static bool await_step(struct bot_api_ctx *b) {
  pthread_mutex_lock(&b->step_lock);
  if (b->steps == b->seen_steps) thread_cond_wait_ms(&b->stepped, &b->step_lock, STEP_MOST_MS);
  bool stepped = b->steps != b->seen_steps;
  b->seen_steps = b->steps;
  pthread_mutex_unlock(&b->step_lock);
  return stepped;
}

static void handle(http_req *req, void *user) {
  struct bot_api_ctx *b = user;
  str path = http_path(req);
  if (!str_ends(path, S("/getUpdates"))) note_step(b);
  if (str_ends(path, S("/sendMessage"))) {
    take_send(b, req, false);
  } else if (str_ends(path, S("/sendMediaGroup"))) {
    take_send(b, req, true);
  } else if (str_ends(path, S("/getMe"))) {
    pthread_mutex_lock(&b->lock);
    b->get_me++;
    bool refused = b->refuse_token;
    pthread_mutex_unlock(&b->lock);
    if (refused) {
      answer(req, 401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}");
      return;
    }
    answer(req, 200,
           "{\"ok\":true,\"result\":{\"id\":777,\"is_bot\":true,\"first_name\":\"Desk\",\"username\":\"desk\"}}");
  } else {
    if (str_ends(path, S("/getUpdates"))) usleep(20000);
    answer(req, 200,
           str_ends(path, S("/getUpdates")) ? "{\"ok\":true,\"result\":[]}" : "{\"ok\":true,\"result\":true}");
  }
}

static void plan(http_req *req, struct http_plan *p, void *user) {
  (void)req;
  *p = (struct http_plan){.body = HTTP_BODY_MULTIPART,
                          .max_body_bytes = 1 << 20,
                          .memory_bytes = 1 << 18,
                          .max_files = 10,
                          .max_file_bytes = 1 << 20,
                          .handler = handle,
                          .user = user};
}

static struct bot_api_ctx *api_new(struct fixture *f) {
  struct bot_api_ctx *b = mem_alloc(sizeof *b);
  b->f = f;
  b->next_id = 1000;
  pthread_mutex_init(&b->lock, NULL);
  pthread_mutex_init(&b->step_lock, NULL);
  thread_cond_init(&b->stepped);
  atomic_store(&b->now_ms, FIXTURE_START_MS);
  b->clock = (sb_clock){now, now, b};
  f->desk.clock = &b->clock;
  f->desk.rand = &rand_system;
  static const char secret[32] = "of the test";
  f->desk.secret_key = secret;
  struct http_config config = {
      .host = "127.0.0.1", .workers = 3, .spool_dir = f->dir, .clock = &clock_system, .route = plan, .user = b};
  assert_ok(http_server_new(&config, &b->server));
  assert_ok(http_server_start(b->server));
  b->client = http_client_new(&(struct http_client_config){.proxy = ""});
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", http_server_port(b->server));
  b->telegram = telegram_new(
      &(struct telegram_config){.desk = &f->desk, .client = b->client, .api_url = url, .token = "777:TEST"});
  f->desk.edges[CHANNEL_TELEGRAM] = b->telegram;
  f->desk.outbox_wake = committed;
  f->desk.outbox_wake_arg = b;
  return b;
}

static void api_free(struct bot_api_ctx **out) {
  struct bot_api_ctx *b = *out;
  telegram_stop(b->telegram, 1000);
  http_client_free(&b->client, 0);
  http_server_stop(b->server, 1000);
  http_server_free(&b->server);
  b->f->desk.outbox_wake = NULL;
  b->f->desk.edges[CHANNEL_TELEGRAM] = NULL;
  b->f->desk.clock = &b->f->clock.clock;
  telegram_free(&b->telegram);
  pthread_mutex_destroy(&b->lock);
  pthread_mutex_destroy(&b->step_lock);
  pthread_cond_destroy(&b->stepped);
  mem_free(out);
}

/* Moves the clock by half a second when nothing happens by itself. */
static void run_clock(struct bot_api_ctx *b) {
  if (await_step(b)) return;
  atomic_fetch_add(&b->now_ms, 500);
  telegram_wake(b->telegram);
}

/* Runs the clock until the question's answer is the wanted one. */
static void run_until(struct bot_api_ctx *b, const char *sql, const char *wanted) {
  for (int i = 0; i < RUNS_MOST; i++) {
    if (str_eq(fixture_ask(b->f, sql), str_c(wanted))) return;
    run_clock(b);
  }
  fail_msg("%s: %.*s, not %s", sql, STR_ARG(fixture_ask(b->f, sql)), wanted);
}

static void await_state(struct bot_api_ctx *b, const char *wanted) {
  for (int i = 0; i < RUNS_MOST && strcmp(telegram_state(b->telegram), wanted) != 0; i++) (void)await_step(b);
  assert_string_equal(telegram_state(b->telegram), wanted);
}

/* ---- what is queued ---- */

static void reply_in(struct fixture *f, int64_t conversation_id, int64_t operator_id, const char *text, size_t photos) {
  struct file_row files[10];
  for (size_t i = 0; i < photos; i++)
    files[i] = (struct file_row){.state = FILE_READY,
                                 .name = S("a.png"),
                                 .mime = S("image/png"),
                                 .width = 8,
                                 .height = 8,
                                 .storage_key = S("k"),
                                 .source = S("{\"file_id\":\"known\"}")};
  struct reply r = {.conversation_id = conversation_id,
                    .by = actor_operator(operator_id),
                    .text = str_c(text),
                    .files = photos ? files : NULL,
                    .file_count = photos};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}

static void reply(struct fixture *f, int64_t operator_id, const char *text, size_t photos) {
  reply_in(f, 1, operator_id, text, photos);
}

static void a_long_lane_leaves_in_order_and_its_album_whole(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  char text[24];
  for (int i = 0; i < 60; i++) {
    snprintf(text, sizeof text, "%d", i);
    /* The album lies across the end of what the sender holds of a lane. */
    reply(f, ann, text, i == 28 ? 10 : 0);
  }
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT count(*) FROM job", "0");
  assert_int_equal(b->count, 60);
  for (int i = 0; i < 60; i++) {
    snprintf(text, sizeof text, "%s%d", i == 28 ? "album of " : "", i == 28 ? 10 : i);
    assert_string_equal(b->calls[i].what, text);
    assert_string_equal(b->calls[i].chat, "1001");
  }
  assert_rows(f, "SELECT count(DISTINCT external_id) FROM message WHERE delivery = 'sent'", "69");
  api_free(&b);
}

static void an_album_leaves_without_the_messages_that_are_gone(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  reply(f, ann, "album", 5); /* its head and one in the middle go */
  reply(f, ann, "behind it", 0);
  int64_t head = fixture_number(f, "SELECT min(id) FROM message WHERE kind = 'photo'");
  for (int64_t id = head; id <= head + 2; id += 2) {
    char sql[160];
    snprintf(sql, sizeof sql, "DELETE FROM message_file WHERE message_id = %lld; DELETE FROM message WHERE id = %lld",
             (long long)id, (long long)id);
    fixture_exec(f, sql);
  }
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT count(*) FROM job", "0");
  assert_int_equal(b->count, 2);
  assert_string_equal(b->calls[0].what, "album of 3");
  assert_string_equal(b->calls[1].what, "behind it");
  assert_rows(f, "SELECT count(*) FROM message WHERE delivery = 'sent'", "4");
  api_free(&b);
}

static err expire_earlier(db_conn *c, void *arg) {
  return job_expire_leases_of_earlier_runs(c, str_c(((struct fixture *)arg)->desk.holder));
}

static void what_a_crash_left_is_uncertain_and_never_sent_again(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  reply(f, ann, "half sent", 0);
  reply(f, ann, "not begun", 0);
  fixture_exec(f, "UPDATE job SET state = 'leased', fence = 1, holder = 'here.0', lease_until = 9000000000000 "
                  "WHERE id = (SELECT min(id) FROM job)");
  assert_ok(db_write(f->desk.db, expire_earlier, f)); /* as the start of a process does */
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT delivery FROM message WHERE text = 'not begun'", "sent");
  assert_rows(f, "SELECT delivery FROM message WHERE text = 'half sent'", "uncertain");
  assert_int_equal(b->count, 1);
  api_free(&b);
}

static void what_was_lost_is_settled_though_nothing_may_leave(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  b->refuse_token = true;
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  assert_ok(telegram_start(b->telegram));
  await_state(b, "unauthorized");
  reply(f, ann, "half sent", 0);
  reply(f, ann, "not begun", 0);
  /* Another node took it, and died. */
  fixture_exec(f, "UPDATE message SET delivery = 'sending' WHERE text = 'half sent'");
  fixture_exec(f, arena_printf(f->arena,
                               "UPDATE job SET state = 'leased', fence = 1, holder = 'there.0', lease_until = %lld "
                               "WHERE id = (SELECT min(id) FROM job)",
                               (long long)atomic_load(&b->now_ms) + 20000)
                      .ptr);
  run_until(b, "SELECT delivery FROM message WHERE text = 'half sent'", "uncertain");
  assert_rows(f, "SELECT delivery FROM message WHERE text = 'not begun'", "queued");
  assert_int_equal(b->count, 0);
  api_free(&b);
}

static void a_flood_and_failures_keep_the_order(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  for (int i = 0; i < 3; i++) {
    char text[24];
    snprintf(text, sizeof text, "%d", i);
    reply(f, ann, text, 0);
  }
  b->fail_next = 2;
  b->fail_with = 429;
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT count(*) FROM job", "0");
  assert_int_equal(b->count, 5);
  static const char *const wanted[] = {"0", "0", "0", "1", "2"};
  for (int i = 0; i < 5; i++) assert_string_equal(b->calls[i].what, wanted[i]);
  pthread_mutex_lock(&b->lock);
  b->fail_next = 7; /* of one chat, which opens no circuit */
  b->fail_with = 503;
  pthread_mutex_unlock(&b->lock);
  reply(f, ann, "after trouble", 0);
  run_until(b, "SELECT count(*) FROM job", "0");
  assert_int_equal(b->count, 5 + 8);
  struct telegram_stats stats;
  telegram_stats(b->telegram, &stats, 1);
  for (int i = 0; i < RUNS_MOST && stats.sent < 4; i++) { /* counted behind the commit that was waited for */
    (void)await_step(b);
    telegram_stats(b->telegram, &stats, 1);
  }
  assert_int_equal(stats.sent, 4);
  assert_int_equal(stats.retried, 9);
  assert_int_equal(stats.circuit, 0);
  api_free(&b);
}

/* A second customer, in conversation 2. */
static void another_writes(struct fixture *f) {
  struct inbound_message m = fixture_text("6", "Hello too");
  m.from.external_id = S("2002");
  m.from.name = S("Bob");
  assert_ok(fixture_receive(f, &m));
}

static int asked_get_me(struct bot_api_ctx *b) {
  pthread_mutex_lock(&b->lock);
  int n = b->get_me;
  pthread_mutex_unlock(&b->lock);
  return n;
}

static void a_refused_method_is_its_message_s_failure_and_holds_up_nobody(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  another_writes(f);
  int64_t ann = fixture_operator(f, "ann");
  assert_ok(telegram_start(b->telegram));
  await_state(b, "ok");
  int before = asked_get_me(b);
  static const int codes[] = {404, 401, 421};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    pthread_mutex_lock(&b->lock);
    b->count = 0;
    b->fail_next = 1 << 20;
    b->fail_with = codes[i];
    b->fail_chat = "1001";
    pthread_mutex_unlock(&b->lock);
    char text[24], question[128];
    snprintf(text, sizeof text, "refused %d", codes[i]);
    reply(f, ann, text, 2);
    reply_in(f, 2, ann, "and to Bob", 0);
    run_until(b, "SELECT count(*) FROM job WHERE state <> 'dead'", "0");
    snprintf(question, sizeof question, "SELECT delivery, delivery_error FROM message WHERE text = '%s'", text);
    assert_rows(f, question,
                codes[i] == 404
                    ? "failed|Telegram does not know this request. If the bot’s token is right, the Bot API "
                      "server may be too old."
                    : "failed|Telegram refuses the bot’s token. Set a valid one in the settings; what is "
                      "waiting is sent then.");
    assert_int_equal(b->count, 2); /* each was tried once */
    assert_int_equal(asked_get_me(b) - before, i + 1);
    assert_string_equal(telegram_state(b->telegram), "ok");
  }
  assert_rows(f, "SELECT count(*) FROM message WHERE text = 'and to Bob' AND delivery = 'sent'", "3");
  api_free(&b);
}

/* Ann is a customer too, so her answers and her notices go to the same chat. */
static void notices_keep_the_pace_of_a_chat_and_its_answers_go_first(void **state) {
  enum { NOTICES = 8, ANSWERS = 3 };
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  int64_t ann = fixture_operator(f, "ann");
  struct tg_requester requester = {ann, S("10.0.0.7"), f->arena};
  struct bot_info info;
  fixture_writes(f, "5", "Hello");
  assert_ok(telegram_start(b->telegram));
  await_state(b, "ok");
  f->desk.notices = notice_watch_new();
  fixture_exec(f, "INSERT INTO operator_identity (channel, external_id, operator_id, created_at, account) "
                  "VALUES ('telegram', '1001', 1, 1, '777')");
  fixture_exec(f, "INSERT INTO notice_wish (operator_id, waiting, time_zone, language, updated_at) "
                  "VALUES (1, 1, 'UTC', 'en', 1)");
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true, .paused = true}, &requester, &info));
  for (int i = 0; i < NOTICES; i++) {
    struct inbound_message m = fixture_text("7", "help");
    m.from.external_id = arena_printf(f->arena, "%d", 2000 + i);
    assert_ok(fixture_receive(f, &m));
  }
  notice_fixture_tell(f);
  for (int i = 0; i < ANSWERS; i++) reply(f, ann, arena_printf(f->arena, "answer %d", i).ptr, 0);
  atomic_fetch_add(&b->now_ms, NOTICE_GATHER_MS); /* all are due */
  int64_t begun_ms = atomic_load(&b->now_ms);
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true}, &requester, &info));
  run_until(b, "SELECT count(*) FROM job WHERE kind LIKE 'outbox.%'", "0");
  assert_int_equal(b->count, NOTICES + ANSWERS);
  int answers = 0, notices_before = 0;
  for (size_t i = 0; i < b->count; i++) {
    bool answer = strncmp(b->calls[i].what, "answer", 6) == 0;
    answers += answer;
    notices_before += !answer && answers < ANSWERS;
    assert_string_equal(b->calls[i].chat, "1001");
  }
  assert_true(notices_before <= ANSWERS); /* at most one a take, beside an answer of it */
  /* Two of a burst are left to answers, the rest is a message a second. */
  assert_true(atomic_load(&b->now_ms) - begun_ms >= (NOTICES - tg_rate_chat.burst) * 1000);
  notice_watch_free(&f->desk.notices);
  api_free(&b);
}

static void a_notice_of_the_night_leaves_at_the_end_of_the_quiet_hours(void **state) {
  enum { HOUR_MS = 3600 * 1000 };
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_operator(f, "ann");
  f->desk.notices = notice_watch_new();
  fixture_exec(f, "INSERT INTO operator_identity (channel, external_id, operator_id, created_at, account) "
                  "VALUES ('telegram', '1001', 1, 1, '777')");
  /* The clock begins at 08:00. */
  fixture_exec(f,
               "INSERT INTO notice_wish (operator_id, waiting, quiet_from, quiet_to, time_zone, language, updated_at) "
               "VALUES (1, 1, 420, 540, 'UTC', 'en', 1)");
  assert_ok(telegram_start(b->telegram));
  await_state(b, "ok");
  struct inbound_message m = fixture_text("7", "help");
  m.from.external_id = S("2000");
  assert_ok(fixture_receive(f, &m));
  notice_fixture_tell(f);
  run_until(b, "SELECT due_at FROM job WHERE kind = 'outbox.personal'",
            arena_printf(f->arena, "%lld", (long long)(FIXTURE_START_MS + HOUR_MS)).ptr);
  assert_int_equal(b->count, 0);
  atomic_fetch_add(&b->now_ms, HOUR_MS);
  run_until(b, "SELECT count(*) FROM job WHERE kind LIKE 'outbox.%'", "0");
  assert_int_equal(b->count, 1);
  notice_watch_free(&f->desk.notices);
  api_free(&b);
}

static void one_chat_s_server_errors_hold_up_nobody(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  another_writes(f);
  int64_t ann = fixture_operator(f, "ann");
  b->fail_next = 1 << 20;
  b->fail_with = 500;
  b->fail_chat = "1001";
  reply(f, ann, "makes the server fail", 0);
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT count(*) FROM job WHERE attempts >= 7", "1");
  struct telegram_stats stats;
  telegram_stats(b->telegram, &stats, 1);
  assert_int_equal(stats.circuit, TG_CLOSED);
  reply_in(f, 2, ann, "leaves at once", 0);
  run_until(b, "SELECT delivery FROM message WHERE text = 'leaves at once'", "sent");
  assert_rows(f, "SELECT delivery FROM message WHERE text = 'makes the server fail'", "queued");
  api_free(&b);
}

static void a_last_try_is_a_dead_letter_and_the_next_goes_on(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  fixture_writes(f, "5", "Hello");
  int64_t ann = fixture_operator(f, "ann");
  reply(f, ann, "hopeless", 0);
  reply(f, ann, "fine", 0);
  b->fail_next = 12;
  b->fail_with = 500;
  assert_ok(telegram_start(b->telegram));
  run_until(b, "SELECT delivery FROM message WHERE text = 'fine'", "sent");
  assert_rows(f, "SELECT delivery, delivery_error FROM message WHERE text = 'hopeless'",
              "failed|Telegram has a problem of its own. It usually passes within minutes.");
  assert_int_equal(b->count, 13);
  api_free(&b);
}

static void the_token_is_kept_sealed_and_taken_away_for_good(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  int64_t ann = fixture_operator(f, "ann");
  struct bot_info info;
  assert_ok(telegram_start(b->telegram));
  assert_err(tg_set_token(b->telegram, S("no token"), ann, S("10.0.0.7"), f->arena, &info), ERR_BOT_TOKEN_INVALID);
  assert_ok(tg_set_token(b->telegram, S("777:OTHER"), ann, S("10.0.0.7"), f->arena, &info));
  static const char changed_by[] =
      "SELECT count(*) FROM event WHERE type = 'bot_status_change' AND actor = 'operator' AND actor_id = 1";
  assert_rows(f, changed_by, "1");
  assert_str(info.username, "desk");
  assert_rows(f, "SELECT count(*) FROM setting WHERE value LIKE '%OTHER%'", "0");
  assert_rows(f, "SELECT count(*) FROM setting WHERE key = 'account_token/777'", "1");
  assert_ok(tg_clear_token(b->telegram, ann, S("10.0.0.7"), f->arena, &info));
  assert_rows(f, changed_by, "2");
  assert_rows(f, "SELECT action, address FROM audit ORDER BY id", "bot.token_set|10.0.0.7\nbot.token_cleared|10.0.0.7");
  assert_int_equal(info.state, BOT_UNSET);
  assert_ok(telegram_start(b->telegram)); /* the configuration's token does not come back by itself */
  tg_info(b->telegram, f->arena, &info);
  assert_int_equal(info.state, BOT_UNSET);
  api_free(&b);
}

static void customer_sends_photo(struct fixture *f, const char *external_id) {
  struct file_row photo = {.state = FILE_PENDING, .name = S("p.jpg"), .mime = S("image/jpeg"), .source = S("{}")};
  struct inbound_message m = fixture_text(external_id, "Look");
  m.kind = MESSAGE_PHOTO;
  m.files = &photo;
  m.file_count = 1;
  assert_ok(fixture_receive(f, &m));
}

/* What waits for the bot 777: due or not, more than one in a lane, lost, a copy, a file. */
static void queue_for_the_old_bot(struct fixture *f, int64_t ann) {
  customer_sends_photo(f, "5");
  another_writes(f);
  reply(f, ann, "on its way when the server stopped", 0);
  reply(f, ann, "waits", 0);
  reply_in(f, 2, ann, "waits for its time", 0);
  fixture_exec(f, "UPDATE job SET state = 'leased', fence = 1, holder = 'there.0', lease_until = 1 "
                  "WHERE id = (SELECT min(id) FROM job WHERE kind = 'outbox.answer')");
  fixture_exec(f, "UPDATE job SET due_at = 9000000000000 WHERE kind = 'outbox.answer' AND state = 'ready'");
  fixture_exec(f,
               "INSERT INTO job (kind, queue, lane, state, priority, due_at, subject, subject_id, created_at, "
               "updated_at) VALUES ('outbox.copy', 'outbox/telegram/777', 'staff', 'ready', 1, 0, 'message', 1, 1, 1)");
}

static const char live_of_the_old_bot[] = "SELECT count(*) FROM job WHERE queue LIKE '%/777' AND state <> 'dead'";

static void what_waits_for_a_bot_that_was_replaced_ends_with_a_reason(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  int64_t ann = fixture_operator(f, "ann");
  struct bot_info info;
  assert_ok(telegram_start(b->telegram));
  struct tg_requester requester = {ann, S("10.0.0.7"), f->arena};
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true, .paused = true}, &requester, &info));
  queue_for_the_old_bot(f, ann);
  assert_ok(tg_set_token(b->telegram, S("888:NEW"), ann, S("10.0.0.7"), f->arena, &info));
  run_until(b, live_of_the_old_bot, "0");
  assert_rows(f, "SELECT text, delivery, delivery_error FROM message WHERE direction = 'out' ORDER BY id",
              "on its way when the server stopped|uncertain|The server stopped while this was being sent; it may have "
              "arrived.\nwaits|failed|The bot was replaced.\nwaits for its time|failed|The bot was replaced.");
  assert_rows(f, "SELECT state, error FROM file", "failed|The bot was replaced.");
  assert_rows(f, "SELECT kind, error_code FROM job WHERE queue LIKE '%/777' ORDER BY id",
              "outbox.answer|uncertain\noutbox.answer|replaced\noutbox.answer|replaced");
  reply(f, ann, "written later", 0);
  run_until(b, "SELECT delivery, delivery_error FROM message WHERE text = 'written later'",
            "failed|The bot was replaced.");
  assert_int_equal(b->count, 0);
  api_free(&b);
}

static void what_waits_for_a_paused_bot_waits(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  int64_t ann = fixture_operator(f, "ann");
  struct tg_requester requester = {ann, S("10.0.0.7"), f->arena};
  struct bot_info info;
  fixture_writes(f, "5", "Hello");
  assert_ok(telegram_start(b->telegram));
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true, .paused = true}, &requester, &info));
  assert_int_equal(info.state, BOT_PAUSED);
  reply(f, ann, "for later", 0);
  int64_t until_ms = atomic_load(&b->now_ms) + 60000;
  while (atomic_load(&b->now_ms) < until_ms) run_clock(b);
  assert_rows(f, "SELECT delivery FROM message WHERE text = 'for later'", "queued");
  assert_int_equal(b->count, 0);
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true}, &requester, &info));
  run_until(b, "SELECT delivery FROM message WHERE text = 'for later'", "sent");
  api_free(&b);
}

static void what_waits_for_a_removed_bot_ends_with_a_reason(void **state) {
  struct fixture *f = *state;
  struct bot_api_ctx *b = api_new(f);
  int64_t ann = fixture_operator(f, "ann");
  struct tg_requester requester = {ann, S("10.0.0.7"), f->arena};
  struct bot_info info;
  fixture_writes(f, "5", "Hello");
  assert_ok(telegram_start(b->telegram));
  assert_ok(tg_change(b->telegram, 777, &(struct bot_change){.set_paused = true, .paused = true}, &requester, &info));
  reply(f, ann, "for later", 0);
  assert_ok(tg_remove(b->telegram, 777, &requester));
  assert_rows(f, "SELECT delivery, delivery_error FROM message WHERE text = 'for later'",
              "failed|The bot was removed from this desk.");
  assert_rows(f, "SELECT count(*) FROM setting WHERE key LIKE 'account_%'", "0");
  assert_err(tg_remove(b->telegram, 777, &requester), ERR_NOT_FOUND);
  assert_ok(telegram_start(b->telegram)); /* the configuration's bot does not come back by itself */
  tg_info(b->telegram, f->arena, &info);
  assert_int_equal(info.id, 0);
  api_free(&b);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(a_long_lane_leaves_in_order_and_its_album_whole),
      ON_BOTH(an_album_leaves_without_the_messages_that_are_gone),
      ON_BOTH(what_a_crash_left_is_uncertain_and_never_sent_again),
      ON_BOTH(what_was_lost_is_settled_though_nothing_may_leave),
      ON_BOTH(a_flood_and_failures_keep_the_order),
      ON_BOTH(a_refused_method_is_its_message_s_failure_and_holds_up_nobody),
      ON_BOTH(notices_keep_the_pace_of_a_chat_and_its_answers_go_first),
      ON_BOTH(a_notice_of_the_night_leaves_at_the_end_of_the_quiet_hours),
      ON_BOTH(one_chat_s_server_errors_hold_up_nobody),
      ON_BOTH(a_last_try_is_a_dead_letter_and_the_next_goes_on),
      ON_BOTH(the_token_is_kept_sealed_and_taken_away_for_good),
      ON_BOTH(what_waits_for_a_bot_that_was_replaced_ends_with_a_reason),
      ON_BOTH(what_waits_for_a_paused_bot_waits),
      ON_BOTH(what_waits_for_a_removed_bot_ends_with_a_reason),
  };
  return FIXTURE_RUN(tests);
}
