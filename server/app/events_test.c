/* Every event as it is emitted by the product: what its row says it is about and who may see it, and its data
 * against its shape, field by field. An event that nothing here brings about fails the test, so a new one comes with
 * a line of its own. */
#include "app/events.h"

#include "base/jansson.h"
#include "desk/desk_fixture.h"
#include "desk/job/job.h"
#include "desk/names.h"
#include "desk/operator/operator.h"
#include "desk/setting/setting.h"
#include "desk/outbox/outbox.h"
#include "edge/realtime/realtime_internal.h"
#include "edge/telegram/bot/tg_state.h"

#include <string.h>

/* ---- data against a shape ---- */

static const char *place; /* what is looked at */

static void check_object(const struct json_shape *shape, const json_t *value);

static void check_items(const struct json_field *f, const json_t *value) {
  size_t i;
  const json_t *item;
  assert_true(json_is_array(value));
  json_array_foreach(value, i, item) {
    if (f->shape)
      check_object(f->shape, item);
    else if (f->type == JSON_INTS)
      assert_true(json_is_integer(item));
    else
      assert_true(json_is_string(item));
  }
}

static void check_value(const struct json_field *f, const json_t *value) {
  int64_t ms;
  switch (f->type) {
    case JSON_BOOL: assert_true(json_is_boolean(value)); return;
    case JSON_INT:
    case JSON_ID: assert_true(json_is_integer(value)); return;
    case JSON_NUMBER: assert_true(json_is_number(value)); return;
    case JSON_TIME: assert_true(json_is_string(value) && clock_parse_iso(str_c(json_string_value(value)), &ms)); return;
    case JSON_STRING: assert_true(json_is_string(value)); return;
    case JSON_ENUM: assert_true(names_find(f->names, str_c(json_string_value(value))) >= 0); return;
    case JSON_OBJECT: check_object(f->shape, value); return;
    case JSON_LIST:
    case JSON_STRINGS:
    case JSON_INTS: check_items(f, value); return;
    case JSON_RAW:
      if (f->flags & JSON_RAW_LIST)
        check_items(f, value);
      else if (f->shape)
        check_object(f->shape, value);
      return;
  }
}

static void check_object(const struct json_shape *shape, const json_t *value) {
  size_t known = 0;
  assert_true(json_is_object(value));
  for (size_t i = 0; i < shape->count; i++) {
    const struct json_field *f = &shape->fields[i];
    const json_t *member = json_object_get(value, f->name);
    known += member != NULL;
    if (!member && !(f->flags & JSON_OPTIONAL)) fail_msg("%s: %s.%s is not there", place, shape->name, f->name);
    if (!member || (json_is_null(member) && f->flags & JSON_NULLABLE)) continue;
    if (json_is_null(member)) fail_msg("%s: %s.%s is null", place, shape->name, f->name);
    check_value(f, member);
  }
  if (known != json_object_size(value))
    fail_msg("%s: %s has a member that its shape does not know", place, shape->name);
}

static void check_data(enum event_type type, str data) {
  json_t *value = json_loadb(data.ptr, data.len, 0, NULL);
  place = event_text(type);
  assert_non_null(value);
  check_object(event_shape(type), value);
  json_decref(value);
}

/* ---- a day at the desk ---- */

static void answer(struct fixture *f, int64_t operator_id, const char *text, const char *client_id) {
  struct message_row m;
  bool repeated;
  struct reply r = {
      .conversation_id = 1, .by = actor_operator(operator_id), .text = str_c(text), .client_id = str_c(client_id)};
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}

static err send_all(db_conn *c, void *arg) {
  struct fixture *f = arg;
  const struct outbox_sender sender = {S(FIXTURE_CHANNEL), S("777"), S("here.1")};
  struct outbox_row *rows;
  size_t count = 1;
  err e = err_ok;
  while (count && !err_is(e)) {
    e = outbox_take(c, &sender, 100, 1, f->arena, &rows, &count);
    for (size_t i = 0; i < count && !err_is(e); i++) {
      struct outbox_outcome sent = {.step = OUTBOX_SENT,
                                    .external_id = arena_printf(f->arena, "12345%lld", (long long)rows[i].job.id)};
      e = outbox_begin(c, &rows[i], 1);
      if (!err_is(e)) e = outbox_finish(c, &rows[i], &sent, 2, f->arena);
    }
  }
  return err_is(e) ? e : conversation_seen_by_customer(&f->desk, c, S(FIXTURE_CHANNEL), S("777"), S("1001"), 0);
}

static err greet_operator(db_conn *c, void *arg) {
  struct actor by = actor_operator(*(int64_t *)arg);
  return operator_changed(c, by.id, &by, 1);
}

static err set_greeting(db_conn *c, void *arg) { return setting_set(c, "greeting", S("Welcome!"), *(int64_t *)arg, 1); }

static err give_up(db_conn *c, void *arg) {
  (void)arg;
  return job_dead_changed(c, JOB_PRUNE_AUDIT, &(struct actor){.kind = ACTOR_SYSTEM}, 1);
}

static int64_t bot_by;

static err change_bot(db_conn *c, void *arg) {
  const struct bot_info *bot = arg;
  struct event_about about = {.id = bot->id, .by = actor_operator(bot_by)};
  return emit_bot_status_change(c, &about, &(struct event_bot_status_change){bot}, 1);
}

static void one_day(struct fixture *f) {
  int64_t ann = fixture_operator(f, "ann");
  struct bot_info bot = {.state = BOT_OK, .mode = BOT_POLLING, .id = 777, .username = S("desk_bot")};
  fixture_writes(f, "5", "Hello, how are you?");
  answer(f, ann, "Good morning.", "3f1c0a52-7a7e-4c57-9d0b-2d8a51f0c111");
  assert_ok(desk_write(&f->desk, send_all, f));
  assert_ok(desk_write(&f->desk, greet_operator, &ann));
  bot_by = ann;
  assert_ok(desk_write(&f->desk, change_bot, &bot));
  assert_ok(desk_write(&f->desk, set_greeting, &ann));
  assert_ok(desk_write(&f->desk, give_up, NULL));
}

static void nothing(const struct bus_event *events, size_t count, void *user) { (void)events, (void)count, (void)user; }

static void open_bus(struct fixture *f) {
  struct bus_config config = {.desk = &f->desk,
                              .publish = nothing,
                              .retention_ms = 1000,
                              .expand = event_expand,
                              .name_actor = message_name_actor};
  assert_ok(bus_new(&config, &f->desk.bus));
}

static void every_event_is_as_its_shape_says(void **state) {
  struct fixture *f = *state;
  bool seen[EVENT_TYPES] = {false};
  unsigned seen_actors = 0;
  one_day(f);
  open_bus(f);
  struct bus_page page;
  assert_ok(bus_replay(f->desk.bus, 0, 500, SIZE_MAX, f->arena, &page));
  assert_true(page.count > EVENT_TYPES / 2);
  for (size_t i = 0; i < page.count; i++) {
    const struct bus_event *e = &page.events[i];
    check_data(e->type, e->data);
    seen[e->type] = true;
    assert_int_equal(e->subject, event_subject(e->type));
    assert_true(e->subject_id > 0 || e->subject == SUBJECT_NONE);
    bool to_all = event_audience(e->type) == AUDIENCE_ALL;
    assert_int_equal(e->audience.kind, event_audience(e->type));
    assert_true(to_all == (e->audience.id == 0));
    /* A channel gets the events of its customers' conversations, except those to one operator. */
    assert_true((e->subject == SUBJECT_CONVERSATION && to_all) == str_eq(e->customer.channel, S(FIXTURE_CHANNEL)));
    if (e->customer.channel.len)
      assert_true(str_eq(e->customer.account, S("777")) && str_starts(e->customer.external_id, S("100")));
    seen_actors |= 1u << e->by.kind;
    assert_true(e->by.kind == ACTOR_SYSTEM || e->by.id > 0);
  }
  assert_int_equal(seen_actors, 1u << ACTOR_SYSTEM | 1u << ACTOR_OPERATOR | 1u << ACTOR_CUSTOMER);
  for (int i = 0; i < EVENT_TYPES; i++)
    if (event_is_logged(i) && !seen[i]) fail_msg("nothing has emitted %s", event_text(i));
  bus_free(&f->desk.bus);
}

struct read_ctx {
  struct fixture *f;
  int64_t id;
  struct message_row message;
};
static err read_message(db_conn *c, void *arg) {
  struct read_ctx *r = arg;
  return message_get(c, r->id, r->f->arena, &r->message);
}

/* The customer writes, the operator answers (which takes the conversation), the system sends, the customer has seen it. */
static void every_event_names_who_acted(void **state) {
  struct fixture *f = *state;
  one_day(f);
  assert_rows(f, "SELECT type, actor, actor_id FROM event ORDER BY seq",
              "new_message|customer|1\n"
              "chat_status_change|operator|1\n"
              "new_message|operator|1\n"
              "conversation_read|operator|1\n"
              "message_update|system|-\n"
              "chat_update|customer|1\n"
              "operator_status_change|operator|1\n"
              "bot_status_change|operator|1\n"
              "setting_change|operator|1\n"
              "dead_job_change|system|-");
}

/* An event for some operators, which nothing in the product emits yet. */
static err tell_two(db_conn *c, void *arg) {
  static const int64_t ids[] = {7, 1234567};
  int64_t id = *(int64_t *)arg;
  struct event_about about = {.id = id, .audience = {.kind = AUDIENCE_OPERATORS, .ids = ids, .count = 2}};
  struct operator_row row;
  err e = operator_get(c, id, db_conn_arena(c), &row);
  return err_is(e) ? e : emit_operator_status_change(c, &about, &(struct event_operator_status_change){&row}, 1);
}

static void an_event_for_some_operators_names_them(void **state) {
  struct fixture *f = *state;
  struct bus_page page;
  int64_t ann = fixture_operator(f, "ann");
  assert_ok(desk_write(&f->desk, tell_two, &ann));
  open_bus(f);
  assert_ok(bus_replay(f->desk.bus, 0, 500, SIZE_MAX, f->arena, &page));
  assert_int_equal(page.count, 1);
  const struct bus_event *e = &page.events[0];
  check_data(e->type, e->data);
  assert_int_equal(e->audience.kind, AUDIENCE_OPERATORS);
  assert_int_equal(e->audience.count, 2);
  assert_true(audience_has(&e->audience, 7) && audience_has(&e->audience, 1234567));
  assert_false(audience_has(&e->audience, 8) || audience_has(&e->audience, 0));
  assert_rows(f, "SELECT audience, audience_id, audience_ids FROM event", "operators|-|[7,1234567]");
  bus_free(&f->desk.bus);
}

/* What the message in an event of before actors says of who acted, and what its row says when it is fetched. */
static void events_of_before_actors_say_who_acted_as_their_messages_do(void **state) {
  struct fixture *f = *state;
  struct bus_page page;
  one_day(f);
  fixture_exec(f, "UPDATE event SET actor = NULL, actor_id = NULL, data = replace(replace(replace(data, "
                  "'\"actor\":\"customer\",\"actor_id\":1,', ''), '\"actor\":\"operator\",\"actor_id\":1,', ''), "
                  "'\"actor\":\"system\",', '')");
  fixture_exec(f, "UPDATE message SET actor = NULL, actor_id = NULL");
  assert_rows(f, "SELECT count(*) FROM event WHERE data LIKE '%actor%'", "0");
  open_bus(f);
  assert_ok(bus_replay(f->desk.bus, 0, 500, SIZE_MAX, f->arena, &page));
  int told = 0;
  for (size_t i = 0; i < page.count; i++) {
    const struct bus_event *e = &page.events[i];
    check_data(e->type, e->data);
    assert_int_equal(e->by.kind, ACTOR_SYSTEM);
    json_t *data = json_loadb(e->data.ptr, e->data.len, 0, NULL);
    const json_t *message = json_object_get(data, "message");
    if (json_is_object(message)) {
      struct read_ctx r = {.f = f, .id = json_integer_value(json_object_get(message, "id"))};
      assert_ok(db_read(f->desk.db, read_message, &r));
      const char *actor = json_string_value(json_object_get(message, "actor"));
      assert_str(names_text(&actor_names, r.message.actor), actor);
      assert_int_equal(json_integer_value(json_object_get(message, "actor_id")), r.message.actor_id);
      told++;
    }
    json_decref(data);
  }
  assert_int_equal(told, 4);
  bus_free(&f->desk.bus);
}

/* What the event carries of a conversation is what a request would answer, but for the reader's own count. */
static void an_expanded_event_equals_the_fetched_state(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Two\nlines, and \"quotes\"");
  fixture_writes(f, "6", "short");
  struct bus_page page;
  open_bus(f);
  assert_ok(bus_replay(f->desk.bus, 0, 500, SIZE_MAX, f->arena, &page));
  static const char *const previews[] = {"Two lines, and \"quotes\"", "short"};
  assert_int_equal(page.count, 2);
  for (int i = 0; i < 2; i++) {
    json_t *data = json_loadb(page.events[i].data.ptr, page.events[i].data.len, 0, NULL);
    const json_t *last = json_object_get(json_object_get(data, "conversation"), "last_message");
    assert_string_equal(json_string_value(json_object_get(last, "preview")), previews[i]);
    assert_int_equal(json_integer_value(json_object_get(last, "id")), i + 1);
    assert_string_equal(json_string_value(json_object_get(last, "direction")), "in");
    assert_string_equal(json_string_value(json_object_get(last, "kind")), "text");
    json_decref(data);
  }
  bus_free(&f->desk.bus);
}

static void a_short_message_and_an_answer_cost_little_log(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  /* the whole row, a number as the eight bytes that PostgreSQL takes */
  static const char size[] =
      "SELECT coalesce(sum(length(type || data || coalesce(subject, '') || coalesce(audience, '') "
      "|| coalesce(audience_ids, '') || coalesce(channel, '') || coalesce(account, '') || coalesce(external_id, '') "
      "|| coalesce(actor, '')) + 7 * 8), 0) FROM event";
  fixture_writes(f, "5", "Hello, how are you?");
  assert_in_range(fixture_number(f, size), 200, 800);
  answer(f, ann, "Good morning.", NULL); /* takes the conversation, which has a price of its own */
  assert_ok(desk_write(&f->desk, send_all, f));
  fixture_writes(f, "6", "Hello?");
  int64_t before = fixture_number(f, size);
  answer(f, ann, "I am looking into it.", "3f1c0a52-7a7e-4c57-9d0b-2d8a51f0c111");
  assert_ok(desk_write(&f->desk, send_all, f));
  fixture_exec(f, "DELETE FROM event WHERE type = 'chat_update'"); /* what the customer has seen is another matter */
  assert_in_range(fixture_number(f, size) - before, 200, 1024);
}

/* ---- ephemeral events ---- */

static void every_ephemeral_event_is_as_its_shape_says(void **state) {
  (void)state;
  static const int64_t ids[] = {1, 2};
  struct event_connection_established established = {7, 1, 1769855696789};
  struct event_resumed resumed = {7, 0};
  struct event_refetch refetch = {7, S("too far behind")};
  struct event_typing typing = {1, 2, true};
  struct event_presence presence = {1, {ids, 2}};
  struct event_pong pong = {1769855696789};
  struct event_error error = {ERR_INVALID_FIELD, S("This frame type is unknown.")};
  const struct {
    enum event_type type;
    const void *data;
  } rows[] = {{EVENT_CONNECTION_ESTABLISHED, &established},
              {EVENT_RESUMED, &resumed},
              {EVENT_REFETCH, &refetch},
              {EVENT_TYPING, &typing},
              {EVENT_PRESENCE, &presence},
              {EVENT_PONG, &pong},
              {EVENT_ERROR, &error}};
  int ephemeral = 0;
  for (int i = 0; i < EVENT_TYPES; i++) ephemeral += !event_is_logged(i);
  assert_int_equal(JSON_COUNT(rows), ephemeral);
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    buf b;
    buf_init(&b, 1 << 16);
    json_encode(&b, event_shape(rows[i].type), rows[i].data, JSON_SNAKE);
    check_data(rows[i].type, buf_borrow(&b));
    buf_free(&b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(every_event_is_as_its_shape_says),
      ON_BOTH(every_event_names_who_acted),
      ON_BOTH(an_event_for_some_operators_names_them),
      ON_BOTH(events_of_before_actors_say_who_acted_as_their_messages_do),
      ON_BOTH(an_expanded_event_equals_the_fetched_state),
      ON_BOTH(a_short_message_and_an_answer_cost_little_log),
      PURE(every_ephemeral_event_is_as_its_shape_says),
  };
  return FIXTURE_RUN(tests);
}
