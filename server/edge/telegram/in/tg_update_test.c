/* Updates as Telegram sends them, and as it never should. */
#include "edge/telegram/in/tg_update.h"

#include "base/json_scan.h"
#include "edge/telegram/in/tg_content.h"
#include "edge/telegram/in/tg_press.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena_fixture.h"

static struct tg_update u;

static void parse(str raw) { tg_update_parse(raw, a, &u); }

/* An update with a message from a person in a private chat, and `content` in it. */
static void parse_message(const char *content) {
  parse(arena_printf(a,
                     "{\"update_id\":7,\"message\":{\"message_id\":5,\"date\":1700000000,"
                     "\"chat\":{\"id\":6000000001,\"type\":\"private\",\"first_name\":\"Ann\"},"
                     "\"from\":{\"id\":6000000001,\"is_bot\":false,\"first_name\":\"Ann\",\"last_name\":\"Lee\","
                     "\"username\":\"ann\",\"language_code\":\"en-GB\"},%s}}",
                     content));
}

static void assert_is(str got, const char *wanted) {
  if (!str_eq(got, str_c(wanted)) || (got.ptr == NULL) != (wanted == NULL))
    fail_msg("\"%.*s\", not \"%s\"", STR_ARG(got), wanted ? wanted : "(absent)");
}

static void a_text_is_a_message(void **state) {
  (void)state;
  parse_message("\"text\":\"Hello\"");
  assert_int_equal(u.kind, TG_MESSAGE);
  assert_int_equal(u.update_id, 7);
  assert_int_equal(u.message.kind, MESSAGE_TEXT);
  assert_is(u.message.text, "Hello");
  assert_is(u.message.external_id, "5");
  assert_is(u.message.from.external_id, "6000000001");
  assert_is(u.message.from.name, "Ann Lee");
  assert_is(u.message.from.username, "ann");
  assert_is(u.message.from.language, "en-GB");
  assert_is(u.message.raw, NULL);
  assert_int_equal(u.message.sent_at_ms, 1700000000000);
}

static void entities_are_kept_in_utf16(void **state) {
  (void)state;
  parse_message("\"text\":\"\\ud83d\\ude00 bold link\",\"entities\":[{\"type\":\"text_link\",\"offset\":8,\"length\":4,"
                "\"url\":\"https://example.com/\"},{\"type\":\"bold\",\"offset\":3,\"length\":4}]");
  assert_is(u.message.entities_json,
            "[{\"type\":\"bold\",\"offset\":3,\"length\":4},{\"type\":\"text_link\",\"offset\":8,\"length\":4,"
            "\"url\":\"https://example.com/\"}]");
}

static void a_bad_entity_costs_only_itself(void **state) {
  (void)state;
  parse_message("\"text\":\"\\ud83d\\ude00 bold\",\"entities\":[{\"type\":\"bold\",\"offset\":1,\"length\":2},"
                "{\"type\":\"future\",\"offset\":0,\"length\":2},{\"type\":\"italic\",\"offset\":3,\"length\":99},"
                "{\"type\":\"code\",\"offset\":3,\"length\":4},{\"offset\":-1},7,null,"
                "{\"type\":\"text_link\",\"offset\":3,\"length\":1,\"url\":\"javascript:alert(1)\"}]");
  assert_is(u.message.entities_json, "[{\"type\":\"code\",\"offset\":3,\"length\":4}]");
  assert_non_null(u.message.raw.ptr); /* not shown in full */
}

static void a_mention_without_a_username_becomes_a_link(void **state) {
  (void)state;
  parse_message(
      "\"text\":\"Bob\",\"entities\":[{\"type\":\"text_mention\",\"offset\":0,\"length\":3,\"user\":{\"id\":42}}]");
  assert_is(u.message.entities_json,
            "[{\"type\":\"text_mention\",\"offset\":0,\"length\":3,\"url\":\"tg://user?id=42\"}]");
}

static void a_date_keeps_its_moment_and_how_to_show_it(void **state) {
  (void)state;
  parse_message(
      "\"text\":\"on Monday or later\",\"entities\":[{\"type\":\"date_time\",\"offset\":3,\"length\":6,"
      "\"unix_time\":1800000000,\"date_time_format\":\"wDT\"},{\"type\":\"date_time\",\"offset\":13,\"length\":5,"
      "\"unix_time\":-5,\"date_time_format\":\"much too long\"}]");
  assert_is(u.message.entities_json,
            "[{\"type\":\"date_time\",\"offset\":3,\"length\":6,\"unix_time\":1800000000,\"date_format\":\"wDT\"},"
            "{\"type\":\"date_time\",\"offset\":13,\"length\":5}]");
  assert_is(u.message.raw, NULL);
}

static void a_nul_in_a_text_is_replaced_and_keeps_its_place(void **state) {
  (void)state;
  parse_message("\"text\":\"a\\u0000b\",\"entities\":[{\"type\":\"bold\",\"offset\":2,\"length\":1}]");
  assert_int_equal(u.kind, TG_MESSAGE);
  assert_is(u.message.text, "a\xef\xbf\xbd"
                            "b");
  assert_is(u.message.entities_json, "[{\"type\":\"bold\",\"offset\":2,\"length\":1}]");
}

/* Half a surrogate pair, numbers beyond 64 bits and a byte order mark: each costs its own field at most. */
static void one_bad_value_does_not_cost_the_message(void **state) {
  (void)state;
  parse(S("\xef\xbb\xbf{\"update_id\":7,\"future\":18446744073709551616,\"message\":{\"message_id\":5,"
          "\"date\":99999999999999999999,\"chat\":{\"id\":6,\"type\":\"private\"},\"from\":{\"id\":6,\"is_bot\":false,"
          "\"first_name\":\"Cut \\ud83d\"},\"text\":\"my order 42 is late \\ude00\",\"reply_to_message\":"
          "{\"message_id\":1e999}}}"));
  assert_int_equal(u.kind, TG_MESSAGE);
  assert_int_equal(u.update_id, 7);
  assert_is(u.message.from.name, "Cut \xef\xbf\xbd");
  assert_is(u.message.text, "my order 42 is late \xef\xbf\xbd");
  assert_int_equal(u.message.sent_at_ms, 0);
  assert_is(u.message.reply_to_external_id, NULL);
  parse_message("\"text\":\"\\ud83d bold\",\"entities\":[{\"type\":\"bold\",\"offset\":2,\"length\":4},"
                "{\"type\":\"bold\",\"offset\":18446744073709551616,\"length\":4}]");
  assert_is(u.message.entities_json,
            "[{\"type\":\"bold\",\"offset\":2,\"length\":4}]"); /* one UTF-16 unit either way */
  parse(S("{\"update_id\":7,\"message\":{\"message_id\":18446744073709551616,\"chat\":{\"id\":6,\"type\":\"private\"},"
          "\"text\":\"x\"}}"));
  assert_int_equal(u.kind, TG_RAW);
  assert_true(u.malformed);
}

static void a_field_nested_too_deep_does_not_cost_the_message(void **state) {
  (void)state;
  enum { LEVELS = 5000 };
  char deep[2 * LEVELS + 1];
  memset(deep, '[', LEVELS);
  memset(deep + LEVELS, ']', LEVELS);
  deep[2 * LEVELS] = 0;
  parse(arena_printf(a,
                     "{\"update_id\":7,\"future\":%s,\"message\":{\"message_id\":5,\"date\":1,\"future\":{\"a\":%s},"
                     "\"chat\":{\"id\":6,\"type\":\"private\"},\"from\":{\"id\":6,\"is_bot\":false,"
                     "\"first_name\":\"Ann\"},\"text\":\"still here\"}}",
                     deep, deep));
  assert_int_equal(u.kind, TG_MESSAGE);
  assert_is(u.message.text, "still here");
}

static void the_largest_photo_within_the_limit_is_taken(void **state) {
  (void)state;
  parse_message("\"caption\":\"see\",\"media_group_id\":\"77\",\"photo\":["
                "{\"file_id\":\"s\",\"file_unique_id\":\"us\",\"width\":90,\"height\":60,\"file_size\":1000},"
                "{\"file_id\":\"l\",\"file_unique_id\":\"ul\",\"width\":900,\"height\":600,\"file_size\":90000},"
                "{\"file_id\":\"h\",\"file_unique_id\":\"uh\",\"width\":9000,\"height\":6000,\"file_size\":90000000}]");
  assert_int_equal(u.message.kind, MESSAGE_PHOTO);
  assert_int_equal(u.message.file_count, 1);
  assert_is(u.message.files[0].source, "{\"file_id\":\"l\",\"file_unique_id\":\"ul\"}");
  assert_int_equal(u.message.files[0].width, 900);
  assert_int_equal(u.message.files[0].state, FILE_PENDING);
  assert_is(u.message.text, "see");
  assert_is(u.message.album, "77");
  parse_message("\"photo\":[{\"width\":3}]");
  assert_int_equal(u.message.kind, MESSAGE_UNSUPPORTED);
  assert_is(u.message.content, "photo");
}

static void what_tells_of_the_chat_alone_is_no_message(void **state) {
  (void)state;
  static const struct {
    const char *content;
    bool quiet;
  } rows[] = {
      {"pinned_message", true},
      {"message_auto_delete_timer_changed", true},
      {"chat_background_set", true},
      {"boost_added", true},
      {"write_access_allowed", true},
      {"forum_topic_created", true},
      {"connected_website", true},
      {"suggested_post_paid", true},
      {"successful_payment", false},
      {"users_shared", false}, /* a customer did this for us */
      {"web_app_data", false},
      {"gift", false},
      {"passport_data", false},
      {"document", false},
      {"hologram", false}, /* newer than this program: it may say something */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse_message(arena_cstr(a, arena_printf(a, "\"%s\":{\"x\":1}", rows[i].content)));
    assert_int_equal(u.kind, rows[i].quiet ? TG_SERVICE : TG_MESSAGE);
    assert_is(u.chat, "6000000001");
    assert_true(!rows[i].quiet || (u.message.raw.ptr && u.reason[0]));
  }
  parse(S("{\"update_id\":7,\"edited_message\":{\"message_id\":5,\"date\":1,\"chat\":{\"id\":6,\"type\":\"private\"},"
          "\"pinned_message\":{}}}"));
  assert_int_equal(u.kind, TG_RAW);
  assert_false(u.malformed);
}

static void the_same_file_is_known_by_its_lasting_name(void **state) {
  (void)state;
  static const struct {
    const char *content, *one, *other;
    bool same;
  } rows[] = {
      {NULL, "{\"file_id\":\"a\",\"file_unique_id\":\"u\"}", "{\"file_id\":\"b\",\"file_unique_id\":\"u\"}", true},
      {NULL, "{\"file_id\":\"a\",\"file_unique_id\":\"u\"}", "{\"file_id\":\"a\",\"file_unique_id\":\"v\"}", false},
      {NULL, "{\"file_id\":\"a\",\"file_unique_id\":\"u\"}", "{\"file_id\":\"a\",\"file_unique_id\":\"\"}", true},
      {"document", "{\"update_id\":1,\"message\":{\"document\":{\"file_id\":\"a\",\"file_unique_id\":\"u\"}}}",
       "{\"update_id\":2,\"edited_message\":{\"edit_date\":9,\"document\":{\"file_id\":\"b\",\"file_unique_id\":\"u\"}}"
       "}",
       true},
      {"location", "{\"message\":{\"location\":{\"latitude\":1.5,\"longitude\":2}}}",
       "{\"edited_message\":{\"location\":{\"latitude\":1.6,\"longitude\":2}}}", false},
      {"location", "{\"message\":{\"location\":{\"latitude\":1.5,\"longitude\":2}}}",
       "{\"edited_message\":{\"edit_date\":9,\"location\":{\"latitude\":1.5,\"longitude\":2}}}", true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_int_equal(tg_same(str_c(rows[i].content), str_c(rows[i].one), str_c(rows[i].other)), rows[i].same);
}

static void true_contents_go_before_their_duplicates(void **state) {
  (void)state;
  static const struct {
    const char *json, *content;
  } rows[] = {
      {"\"document\":{},\"animation\":{}", "animation"},
      {"\"location\":{},\"venue\":{}", "venue"},
      {"\"new_chat_participant\":{},\"new_chat_members\":[]", "new_chat_members"},
      {"\"hologram\":{\"file_id\":\"x\"},\"effect_id\":\"1\"", "hologram"}, /* newer than this program */
      {"\"effect_id\":\"1\"", "unknown"},
      {"\"text\":7", "text"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse_message(rows[i].json);
    bool service = str_eq(str_c(rows[i].content), S("new_chat_members"));
    assert_int_equal(u.message.kind, service ? MESSAGE_SERVICE : MESSAGE_UNSUPPORTED);
    assert_is(u.message.content, rows[i].content);
  }
}

static void a_forward_names_its_origin(void **state) {
  (void)state;
  static const struct {
    const char *origin, *wanted;
  } rows[] = {
      {"{\"type\":\"hidden_user\",\"sender_user_name\":\"Secret Fox\",\"date\":1}",
       "{\"kind\":\"hidden_user\",\"name\":\"Secret Fox\"}"},
      {"{\"type\":\"user\",\"sender_user\":{\"id\":4,\"first_name\":\"Ann\",\"last_name\":\"Lee\"}}",
       "{\"kind\":\"user\",\"name\":\"Ann Lee\"}"},
      {"{\"type\":\"chat\",\"sender_chat\":{\"id\":-4,\"title\":\"Neighbours\"}}",
       "{\"kind\":\"chat\",\"name\":\"Neighbours\"}"},
      {"{\"type\":\"channel\",\"chat\":{\"id\":-5,\"title\":\"News\\nof today\"},\"message_id\":9}",
       "{\"kind\":\"channel\",\"name\":\"News of today\"}"},
      {"{\"type\":\"newer\"}", "{\"kind\":\"hidden_user\",\"name\":\"\"}"},
      {"{\"type\":\"channel\",\"chat\":7}", "{\"kind\":\"channel\",\"name\":\"\"}"},
      {"7", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char fields[400];
    snprintf(fields, sizeof fields, "\"text\":\"hi\",\"forward_origin\":%s", rows[i].origin);
    parse_message(fields);
    assert_is(u.message.text, "hi");
    assert_is(u.message.forward_json, rows[i].wanted);
  }
}

static void start_is_recognised(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int kind;
    const char *payload;
  } rows[] = {
      {"/start", TG_STARTED, NULL},
      {"/start promo-7_A", TG_STARTED, "promo-7_A"},
      {"/start@desk_bot x", TG_STARTED, "x"},
      {"/start ", TG_STARTED, NULL},
      {"/start where is my order?", TG_MESSAGE, NULL},
      {"/started", TG_MESSAGE, NULL},
      {"please /start", TG_MESSAGE, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse_message(arena_cstr(a, arena_printf(a, "\"text\":\"%s\"", rows[i].text)));
    if (u.kind != (enum tg_update_kind)rows[i].kind) fail_msg("%s", rows[i].text);
    assert_is(u.payload, rows[i].payload);
  }
}

static void blocking_and_coming_back_are_told(void **state) {
  (void)state;
  static const struct {
    const char *type, *status;
    int kind;
    bool reachable;
  } rows[] = {
      {"private", "kicked", TG_REACHABLE, false},
      {"private", "member", TG_REACHABLE, true},
      {"private", "restricted", TG_RAW, false},
      {"group", "kicked", TG_RAW, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse(arena_printf(a,
                       "{\"update_id\":1,\"my_chat_member\":{\"chat\":{\"id\":5,\"type\":\"%s\"},"
                       "\"new_chat_member\":{\"status\":\"%s\"}}}",
                       rows[i].type, rows[i].status));
    assert_int_equal(u.kind, rows[i].kind);
    assert_int_equal(u.reachable, rows[i].reachable);
  }
}

static void names_fall_back_to_username_and_id(void **state) {
  (void)state;
  static const struct {
    const char *chat, *name;
  } rows[] = {
      {"\"first_name\":\"Ann\",\"last_name\":\"Lee\"", "Ann Lee"},
      {"\"first_name\":\" \\n \",\"username\":\"ann\"", "ann"},
      {"\"first_name\":\"A\\nB\"", "A B"},
      {"\"title\":\"x\"", "9"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse(arena_printf(a,
                       "{\"update_id\":1,\"message\":{\"message_id\":1,\"chat\":{\"id\":9,\"type\":\"private\",%s},"
                       "\"text\":\"x\"}}",
                       rows[i].chat));
    assert_int_equal(u.kind, TG_MESSAGE);
    assert_is(u.message.from.name, rows[i].name);
  }
}

static void what_is_malformed_is_kept_with_a_reason(void **state) {
  (void)state;
  static const struct {
    const char *json;
    bool malformed;
    int64_t update_id;
  } rows[] = {
      {"", true, 0},
      {"{", true, 0},
      {"[]", true, 0},
      {"null", true, 0},
      {"{\"update_id\":8,\"message\":\"text\"}", true, 8},
      {"{\"update_id\":8,\"message\":{\"nonsense\":true}}", true, 8},
      {"{\"update_id\":8,\"message\":{\"chat\":{\"id\":\"5\",\"type\":\"private\"}}}", true, 8},
      {"{\"update_id\":8,\"message\":{\"message_id\":0,\"chat\":{\"id\":5,\"type\":\"private\"}}}", true, 8},
      {"{\"update_id\":8,\"message\":{\"message_id\":1,\"chat\":{\"id\":-5,\"type\":\"private\"}}}", true, 8},
      {"{\"update_id\":8,\"big\":123456789012345678901234567890}", true, 8},
      {"{\"update_id\":8,\"message\":{\"text\":\"\\ud800\"}}", true, 8},
      {"{\"update_id\":8,\"message\":{\"text\":\"\xff\"}}", true, 8},
      {"{\"update_id\":8}", true, 8},
      {"{\"update_id\":8,\"my_chat_member\":{}}", true, 8},
      {"{\"message\":{\"message_id\":1,\"chat\":{\"id\":5,\"type\":\"private\"},\"text\":\"x\"}}", true, 0},
      {"{\"update_id\":8,\"message\":{\"message_id\":1,\"chat\":{\"id\":5,\"type\":\"group\"},\"text\":\"x\"}}", false,
       8},
      {"{\"update_id\":8,\"channel_post\":{\"message_id\":1}}", false, 8},
      {"{\"update_id\":8,\"hologram\":{}}", false, 8},
      {"{\"update_id\":8,\"message\":{\"message_id\":1,\"chat\":{\"id\":5,\"type\":\"private\"},"
       "\"from\":{\"id\":9,\"is_bot\":true},\"text\":\"x\"}}",
       false, 8},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse(str_c(rows[i].json));
    if (u.kind != TG_RAW || u.malformed != rows[i].malformed || u.update_id != rows[i].update_id || !u.reason[0])
      fail_msg("%s: kind %d, malformed %d, id %lld: %s", rows[i].json, (int)u.kind, u.malformed, (long long)u.update_id,
               u.reason);
    assert_true(str_utf8_valid(u.raw) && !str_has_nul(u.raw));
  }
}

static void nesting_without_end_is_kept(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 20);
  buf_add(&b, S("{\"update_id\":3,\"message\":"));
  for (int i = 0; i < 200000; i++) buf_add_char(&b, '[');
  parse(buf_borrow(&b));
  assert_int_equal(u.kind, TG_RAW);
  buf_clear(&b);
  buf_add(&b, S("{\"update_id\":3,\"x\":\""));
  while (b.len < (1 << 20) - 8) buf_add_char(&b, 'x');
  buf_add(&b, S("\"}"));
  parse(buf_borrow(&b));
  assert_int_equal(u.update_id, 3);
  buf_free(&b);
}

/* ---- groups ---- */

/* An update with a message in a group; `rest` begins with from or sender_chat. */
static void parse_group_message(const char *kind, const char *rest) {
  parse(arena_printf(a,
                     "{\"update_id\":7,\"%s\":{\"message_id\":5,\"date\":1700000000,"
                     "\"chat\":{\"id\":-1001,\"type\":\"supergroup\",\"title\":\"The\\nteam\"},%s}}",
                     kind, rest));
}

#define MARIA "\"from\":{\"id\":9,\"is_bot\":false,\"first_name\":\"Maria\",\"language_code\":\"ru\"},"

static void what_is_said_in_a_group_tells_its_writer_and_what_it_answers(void **state) {
  (void)state;
  parse_group_message("message", MARIA "\"text\":\"yes\",\"media_group_id\":\"8\","
                                       "\"reply_to_message\":{\"message_id\":3,\"from\":{\"id\":777}}");
  assert_int_equal(u.kind, TG_GROUP_MESSAGE);
  assert_is(u.chat, "-1001");
  assert_is(u.group.title, "The team");
  assert_is(u.group.writer, "9");
  assert_is(u.group.name, "Maria");
  assert_is(u.group.language, "ru");
  assert_false(u.group.by_bot || u.group.edited);
  assert_int_equal(u.group.answered_writer, 777);
  assert_is(u.message.text, "yes");
  assert_is(u.message.external_id, "5");
  assert_is(u.message.album, "8");
  assert_is(u.message.reply_to_external_id, "3");
  assert_is(str_c(u.reason), "message of a chat that is not private"); /* should it be kept raw */
  parse_group_message("edited_message", MARIA "\"text\":\"no\"");
  assert_true(u.kind == TG_GROUP_MESSAGE && u.group.edited);
  parse_group_message("message", MARIA "\"migrate_to_chat_id\":-1002");
  assert_is(u.group.moved_to, "-1002");
}

static void an_anonymous_administrator_writes_as_the_group_and_a_channel_as_nobody(void **state) {
  (void)state;
  parse_group_message("message", "\"from\":{\"id\":1087968824,\"is_bot\":true,\"first_name\":\"Group\"},"
                                 "\"sender_chat\":{\"id\":-1001,\"type\":\"supergroup\"},\"text\":\"x\"");
  assert_false(u.group.by_bot);
  assert_is(u.group.writer, "-1001");
  assert_is(u.group.name, "The team");
  parse_group_message("message", "\"from\":{\"id\":1087968824,\"is_bot\":true},\"author_signature\":\"Head\","
                                 "\"sender_chat\":{\"id\":-1001,\"type\":\"supergroup\"},\"text\":\"x\"");
  assert_is(u.group.name, "Head");
  parse_group_message("message", "\"from\":{\"id\":1087968824,\"is_bot\":true},\"text\":\"x\"");
  assert_false(u.group.by_bot); /* without the sender_chat it is the same one */
  assert_is(u.group.writer, "-1001");
  parse_group_message("message", "\"from\":{\"id\":777000,\"is_bot\":false},\"is_automatic_forward\":true,"
                                 "\"sender_chat\":{\"id\":-1003,\"type\":\"channel\"},\"text\":\"x\"");
  assert_true(u.group.by_bot && !u.group.by_channel);
  parse_group_message("message", "\"from\":{\"id\":136817688,\"is_bot\":true,\"first_name\":\"Channel\"},"
                                 "\"sender_chat\":{\"id\":-1003,\"type\":\"channel\"},\"text\":\"x\"");
  assert_true(u.group.by_channel && !u.group.by_bot);
  parse_group_message("message", "\"from\":{\"id\":5,\"is_bot\":true},\"text\":\"x\"");
  assert_true(u.group.by_bot);
  parse_group_message("message", "\"text\":\"x\"");
  assert_true(u.group.by_bot);
}

static void to_stand_in_a_topic_is_no_reply(void **state) {
  (void)state;
  static const struct {
    const char *rest, *answers; /* answers: NULL for nothing */
    const char *why;
  } rows[] = {
      {"\"message_thread_id\":3,\"is_topic_message\":true,\"reply_to_message\":{\"message_id\":3,\"from\":{\"id\":777},"
       "\"forum_topic_created\":{\"name\":\"x\"}}",
       NULL, "the topic's first message"},
      {"\"message_thread_id\":3,\"is_topic_message\":true,\"reply_to_message\":{\"message_id\":3,\"from\":{\"id\":777}"
       "}",
       NULL, "the same, known by its id"},
      {"\"reply_to_message\":{\"message_id\":3,\"from\":{\"id\":777},\"forum_topic_created\":{\"name\":\"x\"}}", NULL,
       "the same, known by what it says"},
      {"\"message_thread_id\":3,\"is_topic_message\":true,\"reply_to_message\":{\"message_id\":4,\"from\":{\"id\":777}"
       "}",
       "4", "a reply within a topic"},
      {"\"message_thread_id\":3,\"reply_to_message\":{\"message_id\":3,\"from\":{\"id\":777}}", "3",
       "a reply in a group without topics, whose thread is called by what it answers"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse_group_message("message", arena_printf(a, MARIA "\"text\":\"x\",%s", rows[i].rest).ptr);
    str answers = u.message.reply_to_external_id;
    bool right = rows[i].answers ? str_eq(answers, str_c(rows[i].answers)) : !answers.ptr;
    if (!right || (u.group.answered_writer == 777) != (rows[i].answers != NULL)) fail_msg("%s", rows[i].why);
  }
}

static void coming_into_a_group_and_leaving_it_are_told(void **state) {
  (void)state;
  static const struct {
    const char *member;
    bool in;
  } rows[] = {
      {"\"status\":\"member\"", true},
      {"\"status\":\"administrator\"", true},
      {"\"status\":\"left\"", false},
      {"\"status\":\"kicked\"", false},
      {"\"status\":\"restricted\",\"is_member\":true", true},
      {"\"status\":\"restricted\",\"is_member\":false", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    parse(arena_printf(a,
                       "{\"update_id\":7,\"my_chat_member\":{\"chat\":{\"id\":-5,\"type\":\"group\",\"title\":\"T\"},"
                       "\"new_chat_member\":{%s}}}",
                       rows[i].member));
    assert_int_equal(u.kind, TG_GROUP_MEMBER);
    assert_int_equal(u.group.member, rows[i].in);
  }
}

/* ---- the recorded ones ---- */

static const char recorded_path[] = "tests/telegram/recorded-updates.jsonl";

static void recorded_updates_are_all_understood(void **state) {
  (void)state;
  FILE *f = fopen(recorded_path, "re");
  if (!f) {
    fprintf(stderr, "# SKIPPED: %s is not there; run the tests in the project's folder\n", recorded_path);
    skip();
  }
  char *line = NULL;
  size_t room = 0, lines = 0, kinds[TG_GROUP_MEMBER + 1] = {0};
  for (ssize_t n; (n = getline(&line, &room, f)) > 0; lines++) {
    str raw = str_trim(str_n(line, (size_t)n));
    parse(raw);
    if (u.malformed || u.update_id <= 0) fail_msg("line %zu: %s", lines + 1, u.reason);
    kinds[u.kind]++;
    assert_true(str_eq(u.raw, raw));
    if (u.kind == TG_MESSAGE || u.kind == TG_EDITED) {
      assert_true(u.message.from.name.len > 0);
      assert_true(u.message.kind != MESSAGE_UNSUPPORTED || u.message.raw.ptr != NULL);
    }
    arena_reset(a);
  }
  free(line);
  fclose(f);
  assert_int_equal(lines, 93);
  assert_true(kinds[TG_MESSAGE] > 15 && kinds[TG_STARTED] >= 2 && kinds[TG_REACHABLE] >= 1);
}

static void a_batch_is_cut_whatever_is_inside(void **state) {
  (void)state;
  str body = S(" {\"x\":[1,{\"ok\":false}],\"ok\" : true , \"result\":[ {\"update_id\":1,\"a\":\"]}\\\"\"} ,"
               "{\"update_id\":2,\"n\":1e999999} , 7,\"s\" ] } ");
  str value = STR_NONE, element = STR_NONE;
  assert_true(json_scan_member(body, S("ok"), &value));
  assert_is(value, "true");
  assert_true(json_scan_member(body, S("result"), &value));
  size_t at = 0;
  assert_true(json_scan_element(value, &at, &element));
  assert_is(element, "{\"update_id\":1,\"a\":\"]}\\\"\"}");
  assert_true(json_scan_element(value, &at, &element));
  assert_is(element, "{\"update_id\":2,\"n\":1e999999}");
  assert_true(json_scan_element(value, &at, &element));
  assert_true(json_scan_element(value, &at, &element));
  assert_is(element, "\"s\"");
  assert_false(json_scan_element(value, &at, &element));
  at = 0;
  assert_false(json_scan_element(S("[]"), &at, &element));
  assert_false(json_scan_member(S("{\"ok\":tr"), S("ok"), &value));
}

/* An update with a reaction in Ann's private chat, and `change` in it. */
static void parse_reaction(const char *change) {
  parse(arena_printf(a,
                     "{\"update_id\":9,\"message_reaction\":{\"chat\":{\"id\":6000000001,\"type\":\"private\"},"
                     "\"user\":{\"id\":6000000001,\"is_bot\":false,\"first_name\":\"Ann\"},\"date\":1700000005,%s}}",
                     change));
}

static void votes_are_read_as_the_state_of_a_poll(void **state) {
  (void)state;
  tg_update_parse(S("{\"update_id\":5,\"poll\":{\"id\":\"77\",\"question\":\"Tea?\",\"options\":[{\"text\":\"Yes\","
                    "\"voter_count\":2}],\"total_voter_count\":2,\"is_closed\":true,\"type\":\"regular\"}}"),
                  a, &u);
  assert_int_equal(u.kind, TG_VOTED);
  assert_true(str_eq(u.poll_id, S("77")));
  assert_true(str_contains(u.message.details.poll, S("\"voters\":2,\"correct\":false")));
  assert_false(u.malformed);
  tg_update_parse(S("{\"update_id\":5,\"poll\":{\"question\":\"Tea?\",\"options\":[]}}"), a, &u);
  assert_int_equal(u.kind, TG_RAW);
  assert_true(u.malformed);
  tg_update_parse(S("{\"update_id\":5,\"poll\":{\"id\":\"77\"}}"), a, &u);
  assert_int_equal(u.kind, TG_RAW);
  assert_true(u.malformed);
}

static void reactions_are_read_with_a_star_for_what_has_no_emoji(void **state) {
  (void)state;
  static const struct {
    const char *why, *change;
    const char *emojis[3];
  } rows[] = {
      {"one emoji", "\"message_id\":5,\"new_reaction\":[{\"type\":\"emoji\",\"emoji\":\"\\ud83d\\udc4d\"}]", {"👍"}},
      {"taken back", "\"message_id\":5,\"new_reaction\":[]", {NULL}},
      {"no list", "\"message_id\":5", {NULL}},
      {"a custom one and a paid one",
       "\"message_id\":5,\"new_reaction\":[{\"type\":\"custom_emoji\",\"custom_emoji_id\":\"1\"},{\"type\":\"paid\"}]",
       {"⭐", "⭐"}},
      {"nonsense beside an emoji",
       "\"message_id\":5,\"new_reaction\":[7,null,{\"type\":\"emoji\"},{\"type\":\"emoji\",\"emoji\":\"\\u2764\"}]",
       {"❤"}},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    parse_reaction(rows[i].change);
    if (u.kind != TG_REACTED) fail_msg("%s: kind %d", rows[i].why, u.kind);
    assert_is(u.chat, "6000000001");
    assert_is(u.message.external_id, "5");
    assert_int_equal(u.message.edited_at_ms, 1700000005000);
    assert_int_equal(u.message.edit_no, 9);
    size_t wanted = 0;
    while (wanted < 3 && rows[i].emojis[wanted]) wanted++;
    assert_int_equal(u.reactions.count, wanted);
    for (size_t k = 0; k < wanted; k++) assert_is(u.reactions.emojis[k], rows[i].emojis[k]);
  }
}

static void a_reaction_that_concerns_no_message_of_the_desk_is_kept(void **state) {
  (void)state;
  parse_reaction("\"new_reaction\":[]");
  assert_int_equal(u.kind, TG_RAW);
  assert_true(u.malformed);
  parse(S("{\"update_id\":9,\"message_reaction\":{\"chat\":{\"id\":-100,\"type\":\"group\"},\"message_id\":5}}"));
  assert_int_equal(u.kind, TG_RAW);
  assert_false(u.malformed);
  parse(S("{\"update_id\":9,\"message_reaction\":7}"));
  assert_int_equal(u.kind, TG_RAW);
}

/* An update with a press by Ann, and `query` in it. */
static void parse_press(const char *query) {
  parse(arena_printf(
      a,
      "{\"update_id\":9,\"callback_query\":{\"id\":\"4711\",\"chat_instance\":\"1\",\"from\":{\"id\":6000000001,"
      "\"is_bot\":false,\"first_name\":\"Ann\",\"language_code\":\"ru\"},%s}}",
      query));
}
#define PRESSED_CHAT "\"chat\":{\"id\":6000000001,\"type\":\"private\",\"first_name\":\"Ann\"}"

static void a_press_is_a_message_with_the_buttons_text(void **state) {
  (void)state;
  parse_press("\"data\":\"no\",\"message\":{\"message_id\":8,\"date\":1," PRESSED_CHAT
              ",\"reply_markup\":{\"inline_keyboard\":"
              "[[{\"text\":\"Yes\",\"callback_data\":\"yes\"}],[{\"text\":\"Site\",\"url\":\"https://a.example\"},"
              "{\"text\":\"No, thanks\",\"callback_data\":\"no\"}]]}}");
  assert_int_equal(u.kind, TG_PRESSED);
  assert_is(u.press.query_id, "4711");
  assert_is(u.message.text, "No, thanks");
  assert_int_equal(u.message.kind, MESSAGE_PRESS);
  assert_is(u.message.reply_to_external_id, "8");
  assert_is(u.message.from.external_id, "6000000001");
  assert_is(u.message.from.language, "ru");
  assert_is(u.message.details.press, "{\"data\":\"no\",\"stale\":false}");
}

static void a_press_of_a_button_that_is_gone_is_stale_and_named_by_its_data(void **state) {
  (void)state;
  static const char *const messages[] = {
      "\"message\":{\"message_id\":8,\"date\":0," PRESSED_CHAT "}",
      "\"message\":{\"message_id\":8,\"date\":1," PRESSED_CHAT
      ",\"reply_markup\":{\"inline_keyboard\":[[{\"text\":\"Yes\","
      "\"callback_data\":\"yes\"}],7,[null]]}}",
      "\"message\":{\"message_id\":8,\"date\":1," PRESSED_CHAT ",\"reply_markup\":7}",
  };
  for (size_t i = 0; i < JSON_COUNT(messages); i++) {
    parse_press(arena_printf(a, "\"data\":\"old\",%s", messages[i]).ptr);
    assert_int_equal(u.kind, TG_PRESSED);
    assert_is(u.message.text, "old");
    assert_true(u.press.what.stale);
  }
}

static void a_press_that_is_no_customers_is_kept_with_its_id(void **state) {
  (void)state;
  static const struct {
    const char *query;
    bool malformed;
  } rows[] = {
      {"\"game_short_name\":\"tycoon\",\"message\":{\"message_id\":8,\"date\":1," PRESSED_CHAT "}", false},
      {"\"data\":\"a\",\"inline_message_id\":\"77\"", false},
      {"\"data\":\"a\",\"message\":{\"message_id\":8,\"date\":1,\"chat\":{\"id\":-5,\"type\":\"group\"}}", false},
      {"\"data\":\"a\",\"message\":{\"date\":1," PRESSED_CHAT "}", true},
      {"\"data\":\"a\",\"message\":7", true},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    parse_press(rows[i].query);
    assert_int_equal(u.kind, TG_RAW);
    assert_int_equal(u.malformed, rows[i].malformed);
    assert_is(u.press.query_id, "4711");
  }
  parse(S("{\"update_id\":9,\"callback_query\":{\"data\":\"a\"}}"));
  assert_int_equal(u.kind, TG_RAW);
  assert_null(u.press.query_id.ptr);
}

static void a_press_is_answered_in_the_customers_language(void **state) {
  (void)state;
  static const enum press_outcome taken = PRESS_TAKEN, repeated = PRESS_REPEATED, stale = PRESS_STALE;
  assert_is(tg_press_body(S("4\"7"), NULL, S("ru"), a), "{\"callback_query_id\":\"4\\\"7\"}");
  assert_is(tg_press_body(S("1"), &taken, S("ru-RU"), a), "{\"callback_query_id\":\"1\",\"text\":\"Принято\"}");
  assert_is(tg_press_body(S("1"), &repeated, STR_NONE, a),
            "{\"callback_query_id\":\"1\",\"text\":\"You have already pressed this button.\"}");
  assert_true(str_contains(tg_press_body(S("1"), &stale, S("de"), a), S("\"show_alert\":true")));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(a_text_is_a_message),
      CASE(entities_are_kept_in_utf16),
      CASE(a_bad_entity_costs_only_itself),
      CASE(a_mention_without_a_username_becomes_a_link),
      CASE(a_date_keeps_its_moment_and_how_to_show_it),
      CASE(a_nul_in_a_text_is_replaced_and_keeps_its_place),
      CASE(a_field_nested_too_deep_does_not_cost_the_message),
      CASE(one_bad_value_does_not_cost_the_message),
      CASE(the_largest_photo_within_the_limit_is_taken),
      CASE(what_tells_of_the_chat_alone_is_no_message),
      CASE(the_same_file_is_known_by_its_lasting_name),
      CASE(true_contents_go_before_their_duplicates),
      CASE(a_forward_names_its_origin),
      CASE(start_is_recognised),
      CASE(blocking_and_coming_back_are_told),
      CASE(names_fall_back_to_username_and_id),
      CASE(what_is_malformed_is_kept_with_a_reason),
      CASE(nesting_without_end_is_kept),
      CASE(what_is_said_in_a_group_tells_its_writer_and_what_it_answers),
      CASE(an_anonymous_administrator_writes_as_the_group_and_a_channel_as_nobody),
      CASE(to_stand_in_a_topic_is_no_reply),
      CASE(coming_into_a_group_and_leaving_it_are_told),
      CASE(recorded_updates_are_all_understood),
      CASE(a_batch_is_cut_whatever_is_inside),
      CASE(votes_are_read_as_the_state_of_a_poll),
      CASE(reactions_are_read_with_a_star_for_what_has_no_emoji),
      CASE(a_reaction_that_concerns_no_message_of_the_desk_is_kept),
      CASE(a_press_is_a_message_with_the_buttons_text),
      CASE(a_press_of_a_button_that_is_gone_is_stale_and_named_by_its_data),
      CASE(a_press_that_is_no_customers_is_kept_with_its_id),
      CASE(a_press_is_answered_in_the_customers_language),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
