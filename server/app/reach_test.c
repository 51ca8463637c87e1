/* What an operator whose role reaches only their own conversations may find, count and hear: the lists, the counts, the
 * search, single rows, live events and replays of a running server. No role of spec/roles.tbl has that reach yet, so the
 * tests give it to the role "operator". */
#include "net/testing.h"

#include "app/app_fixture.h"
#include "base/jansson.h"
#include "desk/operator/operator.h"
#include "edge/realtime/realtime_internal.h"

#include <string.h>

enum { ADMIN = 1, WORKER, MATE };

/* Conversations 1 and 2 are the worker's, 3 is a colleague's, 4 waits for anybody. The role "operator" reaches only its
 * own. */
static struct world *open_small_world(struct fixture *f) {
  static const char *const customers[] = {"1001", "1002", "1003", "1004"};
  static const int64_t assignees[] = {WORKER, WORKER, MATE, 0};
  struct world *w = open_world(f);
  (void)enter(w, "mate", ROLE_OPERATOR);
  access_assume(ROLE_OPERATOR, MAY_CONVERSATION_READ, REACH_OWN);
  access_assume(ROLE_OPERATOR, MAY_CONVERSATION_WRITE, REACH_OWN);
  for (int i = 0; i < 4; i++) {
    struct inbound_message m = fixture_text("5", "Hello");
    m.from.external_id = str_c(customers[i]);
    f->clock.now_ms += 1000;
    assert_ok(fixture_receive(f, &m));
    struct conversation_command give = {.conversation_id = i + 1,
                                        .by = {.kind = ACTOR_OPERATOR, .role = ROLE_ADMIN, .id = ADMIN},
                                        .command = COMMAND_ASSIGN,
                                        .target = assignees[i]};
    struct conversation_row row;
    if (assignees[i]) assert_ok(conversation_command(&f->desk, &give, f->arena, &row));
  }
  return w;
}

static void close_small_world(struct world *w) {
  access_assume_none();
  close_world(w);
}

/* ---- what is found and counted ---- */

static json_t *get(struct world *w, str token, const char *path) {
  int status = call(w, "GET", path, bearer(w, token), "");
  if (status != 200) fail_msg("%s: %d\n%.*s", path, status, STR_ARG(w->answer));
  const char *body = strstr(arena_cstr(w->f->arena, w->answer), "\r\n\r\n") + 4;
  json_t *value = json_loads(body, 0, NULL);
  assert_non_null(value);
  return value;
}

/* The ids of a list, in order. */
static str ids_of(struct world *w, str token, const char *path) {
  json_t *list = get(w, token, path), *row;
  str ids = S("");
  size_t i;
  json_array_foreach(json_object_get(list, "data"), i, row) ids = arena_printf(
      w->f->arena, "%.*s%s%lld", STR_ARG(ids), i ? " " : "", (long long)json_integer_value(json_object_get(row, "id")));
  json_decref(list);
  return ids;
}

#define FILTER(text) "/api/conversations?filter=" text
#define ACTIVE       "%7B%22field%22:%22status%22,%22op%22:%22is%22,%22value%22:%22active%22%7D"
#define UNASSIGNED   "%7B%22field%22:%22assignee%22,%22op%22:%22empty%22%7D"
#define NAMED_JANE   "%7B%22field%22:%22customer_name%22,%22op%22:%22contains%22,%22value%22:%22jane%22%7D"
#define NOT_MINE     "%7B%22none%22:%5B%7B%22field%22:%22assignee%22,%22op%22:%22is%22,%22value%22:%22me%22%7D%5D%7D"

static void lists_and_searches_find_ones_own_only(void **state) {
  struct world *w = open_small_world(*state);
  static const struct {
    const char *path, *admins, *workers;
  } cases[] = {
      {"/api/conversations", "4 3 2 1", "2 1"},
      {"/api/chats", "4 3 2 1", "2 1"},
      {"/api/conversations?limit=1", "4", "2"},
      {"/api/conversations?status=active", "3 2 1", "2 1"},
      {"/api/conversations?status=waiting", "4", ""},
      {"/api/conversations?status=snoozed", "", ""},
      {"/api/conversations?assignee=none", "4", ""},
      {"/api/conversations?assignee=3", "3", ""},
      {"/api/conversations?assignee=me", "", "2 1"},
      {"/api/conversations?q=jane", "4 3 2 1", "2 1"},
      {"/api/conversations?q=3", "3", ""},
      {"/api/conversations?q=1", "1", "1"},
      {"/api/conversations?q=jane&status=active", "3 2 1", "2 1"},
      {FILTER(ACTIVE), "3 2 1", "2 1"},
      {FILTER(UNASSIGNED), "4", ""},
      {FILTER(NAMED_JANE), "4 3 2 1", "2 1"},
      {FILTER(NOT_MINE), "4 3 2 1", ""},
      {FILTER(NAMED_JANE) "&q=jane", "4 3 2 1", "2 1"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    str admins = ids_of(w, w->admin, cases[i].path), workers = ids_of(w, w->worker, cases[i].path);
    if (!str_eq(admins, str_c(cases[i].admins)) || !str_eq(workers, str_c(cases[i].workers)))
      fail_msg("%s: \"%.*s\", \"%.*s\"", cases[i].path, STR_ARG(admins), STR_ARG(workers));
  }
  fixture_exec(w->f, "UPDATE conversation SET status = 'snoozed'");
  assert_str(ids_of(w, w->admin, "/api/conversations?status=snoozed"), "4 3 2 1");
  assert_str(ids_of(w, w->worker, "/api/conversations?status=snoozed"), "2 1");
  assert_str(ids_of(w, w->worker, "/api/conversations?status=snoozed&q=jane"), "2 1");
  close_small_world(w);
}

static str numbers_of(struct world *w, str token, const char *path, const char *const *names) {
  json_t *value = get(w, token, path);
  str out = S("");
  for (; *names; names++)
    out = arena_printf(w->f->arena, "%.*s%s%lld", STR_ARG(out), out.len ? " " : "",
                       (long long)json_integer_value(json_object_get(value, *names)));
  json_decref(value);
  return out;
}

static void counts_and_statistics_count_ones_own_only(void **state) {
  struct world *w = open_small_world(*state);
  static const char *const counts[] = {"waiting", "active", "mine", "waiting_unread", "mine_unread", NULL};
  static const char *const stats[] = {"waiting", "active", "closed", "messages_today", NULL};
  static const struct {
    const char *path;
    const char *const *names;
    const char *admins, *workers;
  } cases[] = {
      {"/api/conversations/counts", counts, "1 3 0 1 0", "0 2 2 0 2"},
      {"/api/conversations/counts?assignee=3", counts, "0 1 0 0 0", "0 0 2 0 2"},
      {"/api/conversations/counts?filter=" NAMED_JANE, counts, "1 3 0 1 0", "0 2 2 0 2"},
      {"/api/conversations/counts?filter=" UNASSIGNED, counts, "1 0 0 1 0", "0 0 0 0 0"},
      {"/api/conversations/counts?filter=" NOT_MINE, counts, "1 3 0 1 0", "0 0 0 0 0"},
      {"/api/stats", stats, "1 3 0 4", "0 2 0 2"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    str admins = numbers_of(w, w->admin, cases[i].path, cases[i].names);
    str workers = numbers_of(w, w->worker, cases[i].path, cases[i].names);
    if (!str_eq(admins, str_c(cases[i].admins)) || !str_eq(workers, str_c(cases[i].workers)))
      fail_msg("%s: \"%.*s\", \"%.*s\"", cases[i].path, STR_ARG(admins), STR_ARG(workers));
  }
  close_small_world(w);
}

/* Everything about one conversation: as if another's did not exist. */
static void the_conversation_of_another_does_not_exist(void **state) {
  struct world *w = open_small_world(*state);
  fixture_exec(w->f, "INSERT INTO file (id, state, name, mime, size_bytes, created_at) VALUES "
                     "(1, 'failed', 'a', 'image/png', 1, 1), (3, 'failed', 'b', 'image/png', 1, 1), "
                     "(11, 'failed', 'photo', 'image/png', 1, 1), (13, 'failed', 'photo', 'image/png', 1, 1)");
  fixture_exec(w->f,
               "UPDATE customer SET photo_id = 10 + (SELECT max(c.id) FROM conversation AS c WHERE c.customer_id = "
               "customer.id) WHERE id IN (SELECT customer_id FROM conversation WHERE id IN (1, 3))");
  fixture_exec(w->f, "INSERT INTO message_file (message_id, position, file_id) SELECT min(id), 0, conversation_id FROM "
                     "message WHERE conversation_id IN (1, 3) GROUP BY conversation_id");
  int64_t theirs = fixture_number(w->f, "SELECT min(id) FROM message WHERE conversation_id = 3");
  static const struct {
    const char *method, *path, *body;
    int own; /* the status for conversation 1 */
  } cases[] = {
      {"GET", "/api/conversations/#", "", 200},
      {"GET", "/api/chats/#", "", 200},
      {"GET", "/api/conversations/#/messages", "", 200},
      {"GET", "/api/conversations/#/messages?from=unread", "", 200},
      {"POST", "/api/conversations/#/read", "", 200},
      {"POST", "/api/conversations/#/typing", "", 204},
      {"POST", "/api/conversations/#/messages", "{\"text\":\"Hi\"}", 201},
      {"POST", "/api/conversations/#/take", "{\"force\":true}", 200},
      {"PATCH", "/api/conversations/#", "{\"status\":\"active\"}", 200},
      {"POST", "/api/conversations/#/snooze", "", 200},
      {"POST", "/api/conversations/#/reopen", "", 200},
      {"GET", "/api/customers/#", "", 200},
      {"GET", "/api/customers/#/devices", "", 200},
      {"POST", "/api/conversations/#/close", "", 200},
      {"POST", "/api/conversations/#/assign", "{\"operator_id\":3}", 200}, /* gives it away */
      {"GET", "/api/conversations/#", "", 404},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    for (int64_t id = 1; id <= 5; id += id == 1 ? 2 : 1) { /* the worker's, the colleague's, nobody's, none */
      str before = str_c(cases[i].path), after = before;
      before = str_cut(&after, '#');
      const char *path = arena_printf(w->f->arena, "%.*s%lld%.*s", STR_ARG(before), (long long)id, STR_ARG(after)).ptr;
      int status = call(w, cases[i].method, path, bearer(w, w->worker), cases[i].body);
      if (status != (id == 1 ? cases[i].own : 404)) fail_msg("%s %s: %d", cases[i].method, path, status);
      if (id > 1 && !says(w, "not_found")) fail_msg("%s %s: %.*s", cases[i].method, path, STR_ARG(w->answer));
    }
  }
  fixture_exec(w->f, "UPDATE conversation SET assignee_id = 2 WHERE id = 1");
  static const char *const by_message[] = {"edits", "raw"};
  for (int i = 0; i < 2; i++)
    assert_int_equal(
        call(w, "GET", arena_printf(w->f->arena, "/api/messages/%lld/%s", (long long)theirs, by_message[i]).ptr,
             bearer(w, w->worker), ""),
        404);
  assert_int_equal(call(w, "GET", "/api/messages/1/edits", bearer(w, w->worker), ""), 200);
  assert_int_equal(call(w, "GET", "/api/files/1", bearer(w, w->worker), ""), 404);
  assert_true(str_contains(w->answer, S("could not be fetched")));
  assert_int_equal(call(w, "GET", "/api/files/3", bearer(w, w->worker), ""), 404);
  assert_false(str_contains(w->answer, S("could not be fetched")));
  assert_int_equal(call(w, "GET", "/api/files/11?size=thumb", bearer(w, w->worker), ""),
                   404); /* their customer's picture */
  assert_true(str_contains(w->answer, S("could not be fetched")));
  assert_int_equal(call(w, "GET", "/api/files/13?size=thumb", bearer(w, w->worker), ""), 404);
  assert_false(str_contains(w->answer, S("could not be fetched")));
  close_small_world(w);
}

/* Who may read a conversation but not write is refused, since its existence is no secret; and a route that knows nothing
 * of owners asks for the permission on all subjects. */
static void a_missing_permission_on_what_is_seen_is_403(void **state) {
  struct world *w = open_small_world(*state);
  access_assume(ROLE_OPERATOR, MAY_CONVERSATION_READ, REACH_ALL);
  const char *worker = bearer(w, w->worker);
  assert_int_equal(call(w, "POST", "/api/conversations/3/messages", worker, "{\"text\":\"Hi\"}"), 403);
  assert_int_equal(call(w, "POST", "/api/conversations/3/close", worker, ""), 403);
  assert_int_equal(call(w, "GET", "/api/conversations/3", worker, ""), 200);
  assert_int_equal(call(w, "POST", "/api/conversations/1/close", worker, ""), 200);
  access_assume(ROLE_OPERATOR, MAY_OPERATOR_READ, REACH_OWN);
  assert_int_equal(call(w, "GET", "/api/operators", worker, ""), 403);
  access_assume(ROLE_OPERATOR, MAY_CONVERSATION_READ, REACH_NONE);
  assert_int_equal(call(w, "GET", "/api/conversations", worker, ""), 403);
  close_small_world(w);
}

/* A dead letter shows its message and the customer's name, and a retry returns the message. */
static void dead_letters_are_of_ones_own_conversations(void **state) {
  struct world *w = open_small_world(*state);
  static const char make_dead[] = "UPDATE job SET state = 'dead' WHERE kind = 'outbox.answer'",
                    make_failed[] = "UPDATE message SET delivery = 'failed' WHERE delivery = 'queued'";
  access_assume(ROLE_OPERATOR, MAY_OUTBOX_DISMISS, REACH_ALL);
  for (int64_t id = 1; id <= 3; id += 2) {
    const char *path = arena_printf(w->f->arena, "/api/conversations/%lld/messages", (long long)id).ptr;
    assert_int_equal(call(w, "POST", path, bearer(w, w->admin), "{\"text\":\"Hi\"}"), 201);
  }
  fixture_exec(w->f, make_dead);
  fixture_exec(w->f, make_failed);
  assert_str(ids_of(w, w->admin, "/api/dead-letters"), "2 1");
  str own = ids_of(w, w->worker, "/api/dead-letters");
  static const struct {
    const char *method, *start, *end, *column;
    int own;
  } cases[] = {{"POST", "/api/messages/", "/retry", "subject_id", 200},
               {"POST", "/api/dead-letters/", "/retry", "id", 200},
               {"DELETE", "/api/dead-letters/", "", "id", 204}};
  int statuses[JSON_COUNT(cases)][2];
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    for (int job = 1; job <= 2; job++) { /* the worker's, the colleague's */
      str sql = arena_printf(w->f->arena, "SELECT %s FROM job WHERE id = %d", cases[i].column, job);
      str path =
          arena_printf(w->f->arena, "%s%lld%s", cases[i].start, (long long)fixture_number(w->f, sql.ptr), cases[i].end);
      statuses[i][job - 1] = call(w, cases[i].method, path.ptr, bearer(w, w->worker), "");
    }
    fixture_exec(w->f, make_dead);
    fixture_exec(w->f, make_failed);
  }
  close_small_world(w);
  assert_str(own, "1");
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    assert_int_equal(statuses[i][0], cases[i].own);
    assert_int_equal(statuses[i][1], 404);
  }
}

static void the_signed_in_operator_is_told_what_reaches_how_far(void **state) {
  struct world *w = open_small_world(*state);
  static const char *const lists[] = {"own_permissions", "permissions"};
  str said[2] = {S(""), S("")};
  json_t *me = get(w, w->worker, "/api/auth/me"), *one;
  for (int list = 0; list < 2; list++) {
    size_t i;
    json_array_foreach(json_object_get(me, lists[list]), i, one) said[list] =
        arena_printf(w->f->arena, "%.*s%s ", STR_ARG(said[list]), json_string_value(one));
  }
  assert_str(said[0], "conversation.read conversation.write conversation.assign customer.block ");
  assert_false(str_contains(said[1], S("conversation")));
  json_decref(me);
  close_small_world(w);
}

/* ---- what is heard ---- */

static int socket_of(struct world *w, str token) {
  const char *path = arena_printf(w->f->arena, "/ws?token=%.*s", STR_ARG(token)).ptr;
  return ws_dial(http_server_port(w->app.server), path, NULL, NULL);
}

static err touch_admin(db_conn *c, void *arg) {
  (void)arg;
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  return operator_changed(c, ADMIN, &nobody, 1);
}

/* An event that everybody hears; returns its seq. */
static int64_t fence(struct world *w) {
  assert_ok(desk_write(&w->f->desk, touch_admin, NULL));
  return fixture_number(w->f, "SELECT max(seq) FROM event WHERE type = 'operator_status_change'");
}

static int64_t conversation_in(const json_t *data) {
  const json_t *found = json_object_get(json_object_get(data, "conversation"), "id");
  if (!found) found = json_object_get(json_object_get(data, "message"), "conversation_id");
  if (!found) found = json_object_get(data, "conversation_id");
  return json_integer_value(found);
}

/* The frames about conversations that arrive up to the event `seq`, or up to `resumed`: "new_message 1, ". */
static str heard(struct world *w, int fd, int64_t seq) {
  str out = S("");
  for (bool more = true; more;) {
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(hear_frame(fd, &text), 0x81);
    json_t *frame = json_loadb(text.ptr, text.len, 0, NULL);
    const char *type = json_string_value(json_object_get(frame, "type"));
    int64_t id = conversation_in(json_object_get(frame, "data"));
    if (id) out = arena_printf(w->f->arena, "%.*s%s %lld, ", STR_ARG(out), type, (long long)id);
    more = seq ? json_integer_value(json_object_get(frame, "seq")) != seq : strcmp(type, "resumed") != 0;
    json_decref(frame);
    buf_free(&text);
  }
  return out;
}

static void write_as_customer(struct world *w, const char *customer, const char *external_id) {
  struct inbound_message m = fixture_text(external_id, "And another thing");
  m.from.external_id = str_c(customer);
  assert_ok(fixture_receive(w->f, &m));
}

static void give(struct world *w, int64_t conversation_id, int64_t to) {
  const char *path = arena_printf(w->f->arena, "/api/conversations/%lld/assign", (long long)conversation_id).ptr;
  const char *body =
      arena_printf(w->f->arena, to ? "{\"operator_id\":%lld}" : "{\"operator_id\":null}", (long long)to).ptr;
  assert_int_equal(call(w, "POST", path, bearer(w, w->admin), body), 200);
}

/* The day of the two tests below: writes, a reply, and what changes hands. */
static void a_day(struct world *w) {
  write_as_customer(w, "1001", "6"); /* the worker's */
  write_as_customer(w, "1003", "6"); /* the colleague's */
  write_as_customer(w, "1004", "6"); /* nobody's */
  assert_int_equal(call(w, "POST", "/api/conversations/3/messages", bearer(w, w->admin), "{\"text\":\"Hi\"}"), 201);
  assert_int_equal(call(w, "POST", "/api/conversations/2/messages", bearer(w, w->admin), "{\"text\":\"Hi\"}"), 201);
  fixture_exec(w->f, "DELETE FROM event WHERE type = 'conversation_read' AND audience_id = 1");
  give(w, 1, MATE); /* the worker learns that it is gone */
  write_as_customer(w, "1001", "7");
  give(w, 3, WORKER);
  write_as_customer(w, "1003", "7");
  give(w, 2, 0); /* back to waiting */
  write_as_customer(w, "1002", "7");
}

static const char workers_day[] =
    "new_message 1, new_message 2, chat_status_change 1, chat_status_change 3, new_message "
    "3, chat_status_change 2, ";
static const char mates_day[] =
    "new_message 3, new_message 3, chat_status_change 1, new_message 1, chat_status_change 3, ";

static void live_events_are_of_ones_own_conversations(void **state) {
  struct world *w = open_small_world(*state);
  str mate = enter_again(w, "mate").access_token;
  int workers = socket_of(w, w->worker), mates = socket_of(w, mate), admins = socket_of(w, w->admin);
  int64_t before = fence(w);
  (void)heard(w, workers, before), (void)heard(w, mates, before), (void)heard(w, admins, before);
  a_day(w);
  int64_t after = fence(w);
  assert_str(heard(w, workers, after), workers_day);
  assert_str(heard(w, mates, after), mates_day);
  assert_true(str_contains(heard(w, admins, after), S("new_message 4, ")));
  close(workers), close(mates), close(admins);
  close_small_world(w);
}

static void a_replay_is_of_ones_own_conversations(void **state) {
  struct world *w = open_small_world(*state);
  str mate = enter_again(w, "mate").access_token;
  int64_t since = fence(w);
  a_day(w);
  int64_t end = fence(w);
  WAIT_FOR(bus_position(w->app.desk.bus) >= end);
  static const char *const days[] = {workers_day, mates_day};
  const str tokens[] = {w->worker, mate};
  for (int i = 0; i < 2; i++) {
    int fd = socket_of(w, tokens[i]);
    str ask_for = arena_printf(w->f->arena, "{\"type\":\"resume\",\"since\":%lld}", (long long)since);
    assert_true(say_frame(fd, 0x81, ask_for));
    assert_str(heard(w, fd, 0), days[i]);
    close(fd);
  }
  close_small_world(w);
}

static err deliver(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct actor nobody = {.kind = ACTOR_SYSTEM};
  int64_t id = fixture_number(f, "SELECT max(id) FROM message WHERE direction = 'out'");
  return message_set_delivery(c, id, DELIVERY_SENT, STR_NONE, S("77"), &nobody, 1, f->arena);
}

/* An outcome reaches the assignee as well: message_update has no conversation in it. */
static void deliveries_are_heard_by_the_assignee_only(void **state) {
  struct world *w = open_small_world(*state);
  str mate = enter_again(w, "mate").access_token;
  assert_int_equal(call(w, "POST", "/api/conversations/1/messages", bearer(w, w->worker), "{\"text\":\"Hi\"}"), 201);
  int workers = socket_of(w, w->worker), mates = socket_of(w, mate);
  int64_t before = fence(w);
  (void)heard(w, workers, before), (void)heard(w, mates, before);
  assert_ok(desk_write(&w->f->desk, deliver, w->f));
  int64_t after = fence(w);
  assert_str(heard(w, workers, after), "message_update 1, ");
  assert_str(heard(w, mates, after), "");
  close(workers), close(mates);
  close_small_world(w);
}

/* Reads until as many frames of each type have arrived; no other frame of theirs may come first. */
static void await(int fd, int errors, int typings) {
  while (errors > 0 || typings > 0) {
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(hear_frame(fd, &text), 0x81);
    errors -= str_contains(buf_borrow(&text), S("\"type\":\"error\""));
    typings -= str_contains(buf_borrow(&text), S("\"type\":\"typing\""));
    buf_free(&text);
  }
}

static str next_type(struct world *w, int fd) {
  buf text;
  buf_init(&text, 1 << 20);
  assert_int_equal(hear_frame(fd, &text), 0x81);
  json_t *frame = json_loadb(text.ptr, text.len, 0, NULL);
  str type = arena_printf(w->f->arena, "%s", json_string_value(json_object_get(frame, "type")));
  json_decref(frame);
  buf_free(&text);
  return type;
}

/* Reads until the next list of the conversation's viewers; returns how many there are. */
static size_t await_presence(int fd, int64_t conversation_id) {
  size_t viewers = 0;
  for (bool found = false; !found;) {
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(hear_frame(fd, &text), 0x81);
    json_t *frame = json_loadb(text.ptr, text.len, 0, NULL), *data = json_object_get(frame, "data");
    found = strcmp(json_string_value(json_object_get(frame, "type")), "presence") == 0 &&
            conversation_in(data) == conversation_id;
    if (found) viewers = json_array_size(json_object_get(data, "operator_ids"));
    json_decref(frame);
    buf_free(&text);
  }
  return viewers;
}

static void say_about(struct world *w, int fd, const char *type, int64_t id) {
  str frame =
      arena_printf(w->f->arena, "{\"type\":\"%s\",\"conversation_id\":%lld,\"typing\":true}", type, (long long)id);
  assert_true(say_frame(fd, 0x81, frame));
}

static void typing_and_viewing_are_told_of_what_exists_to_who_may_know(void **state) {
  struct world *w = open_small_world(*state);
  str mate = enter_again(w, "mate").access_token;
  int workers = socket_of(w, w->worker), mates = socket_of(w, mate), admins = socket_of(w, w->admin);
  int64_t before = fence(w);
  (void)heard(w, workers, before), (void)heard(w, mates, before), (void)heard(w, admins, before);
  static const int64_t ids[] = {99, 3, 4}; /* none, a colleague's, nobody's */
  for (size_t i = 0; i < JSON_COUNT(ids); i++) {
    say_about(w, workers, "typing", ids[i]);
    say_about(w, workers, "viewing", ids[i]);
  }
  await(workers, 6, 0);
  w->f->clock.now_ms += 3000;
  say_about(w, workers, "viewing", 1);
  say_about(w, workers, "typing", 1);
  await(workers, 0, 1);
  int64_t middle = fence(w);
  assert_str(heard(w, admins, middle), "presence 1, typing 1, ");
  assert_str(heard(w, mates, middle), "");
  give(w, 1, MATE);
  /* The new owner learns who views it; the frame may follow events that were published together. */
  assert_int_equal(await_presence(mates, 1), 1);
  close(workers), close(mates), close(admins);
  close_small_world(w);
}

static void a_former_owner_gets_an_emptied_list_of_viewers(void **state) {
  struct world *w = open_small_world(*state);
  int workers = socket_of(w, w->worker), admins = socket_of(w, w->admin);
  int64_t before = fence(w);
  (void)heard(w, workers, before), (void)heard(w, admins, before);
  say_about(w, admins, "viewing", 1);
  assert_int_equal(await_presence(workers, 1), 1);
  assert_int_equal(await_presence(admins, 1), 1);
  give(w, 1, MATE);
  assert_int_equal(await_presence(workers, 1), 0);
  assert_int_equal(await_presence(admins, 1), 1);
  give(w, 1, ADMIN);
  give(w, 1, MATE);
  assert_int_equal(await_presence(admins, 1), 1); /* of the first change */
  assert_int_equal(await_presence(admins, 1), 0); /* the admin was the owner, and sees all: the full list follows */
  assert_int_equal(await_presence(admins, 1), 1);
  close(workers), close(admins);
  close_small_world(w);
}

static void a_refused_viewing_ends_the_former_one(void **state) {
  struct world *w = open_small_world(*state);
  int workers = socket_of(w, w->worker), admins = socket_of(w, w->admin);
  int64_t before = fence(w);
  (void)heard(w, workers, before), (void)heard(w, admins, before);
  say_about(w, workers, "viewing", 1);
  assert_int_equal(await_presence(admins, 1), 1);
  say_about(w, workers, "viewing", 3); /* a colleague's */
  assert_int_equal(await_presence(admins, 1), 0);
  close(workers), close(admins);
  close_small_world(w);
}

/* ---- sockets of several loops that view at the same time ---- */

struct viewing_ctx {
  pthread_barrier_t *start;
  struct client client;
  bool views;
};

static void *view_or_leave(void *arg) {
  struct viewing_ctx *v = arg;
  struct realtime *r = v->client.hub->realtime;
  struct subject about = {SUBJECT_CONVERSATION, 1, WORKER};
  pthread_barrier_wait(v->start);
  if (v->views)
    (void)presence_view(&v->client, &about, presence_owners(r, 1));
  else
    presence_view_none(&v->client);
  return NULL;
}

static void view_at_once(struct viewing_ctx viewers[2], bool views) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    viewers[i].views = views;
    assert_int_equal(pthread_create(&threads[i], NULL, view_or_leave, &viewers[i]), 0);
  }
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
}

static void the_last_list_of_viewers_is_the_newest(void **state) {
  struct world *w = open_small_world(*state);
  struct realtime *r = w->app.desk.realtime;
  struct hub hub = {.realtime = r};
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, 2);
  struct viewing_ctx viewers[2];
  for (int i = 0; i < 2; i++)
    viewers[i] =
        (struct viewing_ctx){.start = &start, .client = {.realtime = r, .hub = &hub, .operator_id = WORKER + i}};
  int fd = socket_of(w, w->admin);
  (void)heard(w, fd, fence(w));
  size_t newest = 0;
  for (int round = 0; round < 500 && newest == (size_t)round; round++) {
    bool views = round % 2 == 0;
    view_at_once(viewers, views);
    (void)await_presence(fd, 1);
    newest += await_presence(fd, 1) == (views ? 2 : 0);
  }
  close(fd);
  pthread_barrier_destroy(&start);
  close_small_world(w);
  assert_int_equal(newest, 500);
}

static void an_operator_types_about_five_times_a_second(void **state) {
  struct world *w = open_small_world(*state);
  int one = socket_of(w, w->worker), two = socket_of(w, w->worker);
  for (int i = 0; i < 15; i++) say_about(w, one, "typing", 1); /* time stands still */
  await(one, 5, 10);
  say_about(w, two, "typing", 1);
  await(two, 1, 10);
  w->f->clock.now_ms += 1000;
  for (int i = 0; i < 8; i++) say_about(w, one, "typing", 1);
  await(one, 3, 5);
  close(one), close(two);
  close_small_world(w);
}

static void hold_worker(void *arg) {
  pthread_rwlock_t *gate = arg;
  pthread_rwlock_rdlock(gate);
  pthread_rwlock_unlock(gate);
}

static void frames_that_wait_for_a_worker_are_bounded(void **state) {
  struct world *w = open_small_world(*state);
  net_pool *pool = http_server_pool(w->app.server);
  pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
  int fd = socket_of(w, w->admin);
  (void)heard(w, fd, fence(w));
  pthread_rwlock_wrlock(&gate);
  for (int i = 0; i < 2; i++) assert_true(net_work(pool, hold_worker, &gate)); /* all that the server has */
  for (int second = 0; second < 2; second++, w->f->clock.now_ms += 1000) {
    for (int i = 0; i < 32; i++) say_about(w, fd, "typing", 1);
    assert_true(say_frame(fd, 0x81, S("{\"type\":\"ping\"}")));
    assert_str(next_type(w, fd), "pong");
  }
  say_about(w, fd, "typing", 1);
  str refused = next_type(w, fd);
  pthread_rwlock_unlock(&gate);
  await(fd, 64 - 15, 15); /* beyond the rate, and within it */
  say_about(w, fd, "typing", 1);
  await(fd, 0, 1);
  close(fd);
  close_small_world(w);
  assert_str(refused, "error");
}

/* The state of the administrator, told to the worker and the administrator only. */
static err touch_for_two(db_conn *c, void *arg) {
  static const int64_t ids[] = {ADMIN, WORKER};
  struct event_about about = {.id = ADMIN, .audience = {.kind = AUDIENCE_OPERATORS, .ids = ids, .count = 2}};
  struct operator_row row;
  err e = operator_get(c, ADMIN, db_conn_arena(c), &row);
  (void)arg;
  return err_is(e) ? e : emit_operator_status_change(c, &about, &(struct event_operator_status_change){&row}, 1);
}

/* Whether the event arrives before the event `end`, or before `resumed` if it is 0. */
static bool hears(int fd, int64_t seq, int64_t end) {
  for (bool found = false;;) {
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(hear_frame(fd, &text), 0x81);
    json_t *frame = json_loadb(text.ptr, text.len, 0, NULL);
    int64_t at = json_integer_value(json_object_get(frame, "seq"));
    bool resumed = strcmp(json_string_value(json_object_get(frame, "type")), "resumed") == 0;
    json_decref(frame);
    buf_free(&text);
    if (end ? at == end : resumed) return found;
    found |= at == seq;
  }
}

static void an_event_for_two_operators_is_heard_by_nobody_else(void **state) {
  struct world *w = open_small_world(*state);
  str mate = enter_again(w, "mate").access_token;
  const str tokens[] = {w->admin, w->worker, mate};
  int fds[3];
  int64_t before = fence(w);
  for (int i = 0; i < 3; i++) fds[i] = socket_of(w, tokens[i]);
  WAIT_FOR(bus_position(w->app.desk.bus) >= before);
  assert_ok(desk_write(&w->f->desk, touch_for_two, NULL));
  int64_t seq = fixture_number(w->f, "SELECT max(seq) FROM event WHERE audience = 'operators'"), end = fence(w);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(hears(fds[i], seq, end), i < 2);
    close(fds[i]);
  }
  for (int i = 0; i < 3; i++) {
    int fd = socket_of(w, tokens[i]);
    assert_true(
        say_frame(fd, 0x81, arena_printf(w->f->arena, "{\"type\":\"resume\",\"since\":%lld}", (long long)before)));
    assert_int_equal(hears(fd, seq, 0), i < 2);
    close(fd);
  }
  close_small_world(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(lists_and_searches_find_ones_own_only),
      ON_BOTH(counts_and_statistics_count_ones_own_only),
      ON_BOTH(the_conversation_of_another_does_not_exist),
      ON_BOTH(a_missing_permission_on_what_is_seen_is_403),
      ON_BOTH(dead_letters_are_of_ones_own_conversations),
      ON_SQLITE(the_signed_in_operator_is_told_what_reaches_how_far),
      ON_BOTH(live_events_are_of_ones_own_conversations),
      ON_BOTH(a_replay_is_of_ones_own_conversations),
      ON_BOTH(deliveries_are_heard_by_the_assignee_only),
      ON_BOTH(typing_and_viewing_are_told_of_what_exists_to_who_may_know),
      ON_BOTH(a_former_owner_gets_an_emptied_list_of_viewers),
      ON_BOTH(a_refused_viewing_ends_the_former_one),
      ON_SQLITE(the_last_list_of_viewers_is_the_newest),
      ON_BOTH(an_event_for_two_operators_is_heard_by_nobody_else),
      ON_SQLITE(an_operator_types_about_five_times_a_second),
      ON_SQLITE(frames_that_wait_for_a_worker_are_bounded),
  };
  return FIXTURE_RUN(tests);
}
