/* Every content of the Bot API as the desk's typed message. */
#include "edge/telegram/in/tg_content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena_fixture.h"

static struct inbound_message m;

static void read_message(const char *content) {
  str text = arena_printf(a, "{\"message_id\":5,\"from\":{\"id\":6},%s}", content);
  json_t *message = json_parse_foreign(text, 100);
  assert_non_null(message);
  m = (struct inbound_message){0};
  tg_content_read(message, text, a, &m);
  json_decref(message);
}

static void assert_is(str got, const char *wanted, const char *why) {
  if (!str_eq(got, str_c(wanted)) || (got.ptr == NULL) != (wanted == NULL))
    fail_msg("%s: \"%.*s\", not \"%s\"", why, STR_ARG(got), wanted ? wanted : "(absent)");
}

#define FILE_IDS "\"file_id\":\"f\",\"file_unique_id\":\"u\""
#define STICKER                                                                                                  \
  "\"sticker\":{" FILE_IDS ",\"type\":\"regular\",\"width\":512,\"height\":512,\"emoji\":\"🙂\",\"set_name\":" \
  "\"Cats\""

static const struct {
  const char *json;
  int kind;
  const char *headline, *details; /* NULL: none */
  const char *file, *mime;        /* of the first */
  size_t files;
  bool raw;
} rows[] = {
    {"\"text\":\"Hi\"", MESSAGE_TEXT, NULL, NULL, NULL, NULL, 0, false},
    {"\"photo\":[{" FILE_IDS ",\"width\":9,\"height\":6}]", MESSAGE_PHOTO, NULL, NULL, "photo.jpg", "image/jpeg", 1,
     false},
    {"\"live_photo\":{" FILE_IDS
     ",\"width\":9,\"height\":6,\"duration\":3,\"photo\":[{\"file_id\":\"p\",\"file_unique_id\":\"q\","
     "\"width\":9,\"height\":6}]},\"photo\":[]",
     MESSAGE_LIVE_PHOTO, NULL, NULL, "photo.jpg", "image/jpeg", 2, false},
    {"\"video\":{" FILE_IDS ",\"width\":640,\"height\":360,\"duration\":3},\"has_media_spoiler\":true", MESSAGE_VIDEO,
     NULL, "{\"display\":{\"spoiler\":true,\"caption_above\":false}}", "video.mp4", "video/mp4", 1, false},
    {"\"document\":{" FILE_IDS "},\"animation\":{" FILE_IDS ",\"file_name\":\"cat.mp4\"}", MESSAGE_ANIMATION, NULL,
     NULL, "cat.mp4", "video/mp4", 1, false},
    {"\"audio\":{" FILE_IDS ",\"duration\":200,\"title\":\"Song\",\"performer\":\"Band\",\"mime_type\":\"audio/mp4\"}",
     MESSAGE_AUDIO, "Band – Song", "{\"audio\":{\"title\":\"Song\",\"performer\":\"Band\"}}", "audio.mp3", "audio/mp4",
     1, false},
    {"\"voice\":{" FILE_IDS ",\"duration\":7}", MESSAGE_VOICE, NULL, NULL, "voice.ogg", "audio/ogg", 1, false},
    {"\"video_note\":{" FILE_IDS ",\"length\":240,\"duration\":7}", MESSAGE_VIDEO_NOTE, NULL, NULL, "video-message.mp4",
     "video/mp4", 1, false},
    {"\"document\":{" FILE_IDS ",\"file_name\":\"act.pdf\",\"mime_type\":\"application/pdf\"}", MESSAGE_DOCUMENT,
     "act.pdf", NULL, "act.pdf", "application/pdf", 1, false},
    {STICKER "}", MESSAGE_STICKER, "🙂",
     "{\"sticker\":{\"format\":\"static\",\"emoji\":\"🙂\",\"set_name\":\"Cats\"}}", "sticker.webp", "image/webp", 1,
     false},
    {STICKER ",\"is_animated\":true}", MESSAGE_STICKER, "🙂",
     "{\"sticker\":{\"format\":\"animated\",\"emoji\":\"🙂\",\"set_name\":\"Cats\"}}", "sticker.tgs",
     "application/x-tgsticker", 1, false},
    {"\"sticker\":{" FILE_IDS ",\"is_video\":true}", MESSAGE_STICKER, NULL, "{\"sticker\":{\"format\":\"video\"}}",
     "sticker.webm", "video/webm", 1, false},
    {"\"location\":{\"latitude\":59.9386,\"longitude\":30.3141}", MESSAGE_LOCATION, NULL,
     "{\"location\":{\"latitude\":59.9386,\"longitude\":30.3141}}", NULL, NULL, 0, false},
    {"\"location\":{\"latitude\":-1.5,\"longitude\":2,\"horizontal_accuracy\":12.5,\"live_period\":900,\"heading\":90}",
     MESSAGE_LOCATION, NULL,
     "{\"location\":{\"latitude\":-1.5,\"longitude\":2,\"accuracy_m\":12.5,\"heading\":90,\"live_ms\":900000}}", NULL,
     NULL, 0, false},
    {"\"location\":{\"latitude\":1,\"longitude\":2},\"venue\":{\"location\":{\"latitude\":1,\"longitude\":2},\"title\":"
     "\"Cafe\","
     "\"address\":\"Main St 1\"}",
     MESSAGE_VENUE, "Cafe",
     "{\"location\":{\"latitude\":1,\"longitude\":2,\"title\":\"Cafe\",\"address\":\"Main St 1\"}}", NULL, NULL, 0,
     false},
    {"\"contact\":{\"phone_number\":\"+7 900\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"user_id\":6}",
     MESSAGE_CONTACT, "Ann Lee",
     "{\"contact\":{\"phone_number\":\"+7 900\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"own\":true}}", NULL,
     NULL, 0, false},
    {"\"contact\":{\"phone_number\":\"1\",\"first_name\":\"Bob\",\"user_id\":7}", MESSAGE_CONTACT, "Bob",
     "{\"contact\":{\"phone_number\":\"1\",\"first_name\":\"Bob\",\"own\":false}}", NULL, NULL, 0, false},
    {"\"contact\":{\"phone_number\":\"1\",\"first_name\":\"Bob\",\"vcard\":\"BEGIN:VCARD\"}", MESSAGE_CONTACT, "Bob",
     "{\"contact\":{\"phone_number\":\"1\",\"first_name\":\"Bob\",\"own\":false}}", NULL, NULL, 0, true},
    {"\"poll\":{\"id\":\"1\",\"question\":\"Tea?\",\"options\":[{\"text\":\"Yes\",\"voter_count\":2},{\"text\":\"No\","
     "\"voter_count\":0}],\"total_voter_count\":2,\"type\":\"quiz\",\"is_anonymous\":true,\"correct_option_ids\":[1]}",
     MESSAGE_POLL, "Tea?",
     "{\"poll\":{\"question\":\"Tea?\",\"options\":[{\"text\":\"Yes\",\"voters\":2,\"correct\":false},{\"text\":\"No\","
     "\"voters\":"
     "0,\"correct\":true}],\"voters\":2,\"quiz\":true,\"anonymous\":true,\"multiple\":false,\"closed\":false}}",
     NULL, NULL, 0, false},
    {"\"dice\":{\"emoji\":\"🎲\",\"value\":6}", MESSAGE_DICE, "🎲", "{\"dice\":{\"emoji\":\"🎲\",\"value\":6}}", NULL,
     NULL, 0, false},
    {"\"checklist\":{\"title\":\"Move\",\"tasks\":[{\"id\":1,\"text\":\"Pack\",\"completion_date\":1700000000},{\"id\":"
     "2,\"text\":"
     "\"Go\"},{\"text\":\"no id\"}]}",
     MESSAGE_CHECKLIST, "Move",
     "{\"checklist\":{\"title\":\"Move\",\"tasks\":[{\"id\":1,\"text\":\"Pack\",\"done\":true},{\"id\":2,\"text\":"
     "\"Go\",\"done\":"
     "false}]}}",
     NULL, NULL, 0, false},
    {"\"story\":{\"chat\":{\"id\":-1,\"title\":\"News\"},\"id\":3}", MESSAGE_STORY, "News",
     "{\"story\":{\"name\":\"News\"}}", NULL, NULL, 0, false},
    {"\"game\":{\"title\":\"Chess\",\"description\":\"A board\",\"photo\":[{" FILE_IDS ",\"width\":1,\"height\":1}]}",
     MESSAGE_GAME, "Chess", "{\"game\":{\"title\":\"Chess\",\"description\":\"A board\"}}", "photo.jpg", "image/jpeg",
     1, false},
    {"\"invoice\":{\"title\":\"Plan\",\"description\":\"A year\",\"currency\":\"EUR\",\"total_amount\":9900}",
     MESSAGE_INVOICE, "Plan",
     "{\"invoice\":{\"title\":\"Plan\",\"description\":\"A year\",\"currency\":\"EUR\",\"amount\":9900}}", NULL, NULL,
     0, false},
    {"\"successful_payment\":{\"currency\":\"XTR\",\"total_amount\":50,\"invoice_payload\":\"p1\"}", MESSAGE_PAYMENT,
     NULL, "{\"payment\":{\"currency\":\"XTR\",\"amount\":50,\"refunded\":false,\"payload\":\"p1\"}}", NULL, NULL, 0,
     true},
    {"\"refunded_payment\":{\"currency\":\"XTR\",\"total_amount\":50,\"invoice_payload\":\"p1\"}", MESSAGE_PAYMENT,
     NULL, "{\"payment\":{\"currency\":\"XTR\",\"amount\":50,\"refunded\":true,\"payload\":\"p1\"}}", NULL, NULL, 0,
     true},
    {"\"paid_media\":{\"star_count\":5,\"paid_media\":[{\"type\":\"preview\"},{\"type\":\"photo\",\"photo\":[{" FILE_IDS
     ",\"width\":1,\"height\":1}]}]}",
     MESSAGE_PAID_MEDIA, NULL, "{\"paid_media\":{\"stars\":5,\"hidden\":1}}", "photo.jpg", "image/jpeg", 1, false},
    {"\"gift\":{\"gift\":{\"id\":\"1\",\"star_count\":25," STICKER "}},\"text\":\"Thanks\"}", MESSAGE_GIFT, NULL,
     "{\"gift\":{\"stars\":25}}", "gift.webp", "image/webp", 1, true},
    {"\"unique_gift\":{\"gift\":{\"base_name\":\"Cap\",\"number\":7,\"model\":{" STICKER ",\"is_animated\":true}}}}",
     MESSAGE_GIFT, "Cap #7", "{\"gift\":{\"name\":\"Cap\",\"number\":7}}", "gift.tgs", "application/x-tgsticker", 1,
     true},
    {"\"web_app_data\":{\"button_text\":\"Order\",\"data\":\"{\\\"id\\\":1}\"}", MESSAGE_WEB_APP_DATA, "Order",
     "{\"web_app_data\":{\"button_text\":\"Order\",\"data\":\"{\\\"id\\\":1}\"}}", NULL, NULL, 0, false},
    {"\"rich_message\":{\"blocks\":[{\"type\":\"paragraph\",\"text\":\"Hi\"}]}", MESSAGE_RICH, NULL, NULL, NULL, NULL,
     0, true},
    {"\"text\":\"re\",\"quote\":{\"text\":\"part\",\"position\":4},\"via_bot\":{\"id\":1,\"username\":\"gif\"},"
     "\"external_reply\":{"
     "\"origin\":{\"type\":\"channel\",\"chat\":{\"title\":\"News\"}},\"photo\":[]}",
     MESSAGE_TEXT, NULL,
     "{\"quote\":{\"text\":\"part\",\"position\":4},\"external_reply\":{\"kind\":\"channel\",\"name\":\"News\","
     "\"content\":\"photo\"},"
     "\"via\":{\"name\":\"gif\"}}",
     NULL, NULL, 0, false},
    {"\"text\":\"re\",\"reply_markup\":{\"inline_keyboard\":[]}", MESSAGE_TEXT, NULL, NULL, NULL, NULL, 0, true},
};

static void every_content_has_its_kind_its_facts_and_its_files(void **state) {
  (void)state;
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    read_message(rows[i].json);
    if (m.kind != rows[i].kind) fail_msg("%s: kind %d, content %.*s", rows[i].json, m.kind, STR_ARG(m.content));
    assert_is(m.content, NULL, rows[i].json);
    assert_is(m.headline, rows[i].headline, rows[i].json);
    assert_is(message_details_encode(a, &m.details), rows[i].details, rows[i].json);
    assert_int_equal(m.file_count, rows[i].files);
    if (m.file_count) {
      assert_is(m.files[0].name, rows[i].file, rows[i].json);
      assert_is(m.files[0].mime, rows[i].mime, rows[i].json);
      assert_int_equal(m.files[0].state, FILE_PENDING);
    }
    if ((m.raw.ptr != NULL) != rows[i].raw) fail_msg("%s: JSON stored: %d", rows[i].json, m.raw.ptr != NULL);
  }
}

/* Each kind that details.tbl or spec/kinds.tbl promises is made by some row above. */
static void the_rows_cover_every_kind(void **state) {
  (void)state;
  for (int kind = 0; kind < MESSAGE_KINDS; kind++) {
    bool own = kind == MESSAGE_UNSUPPORTED || kind == MESSAGE_SYSTEM_MESSAGE || kind == MESSAGE_SERVICE ||
               kind == MESSAGE_PRESS,
         covered = own;
    for (size_t i = 0; i < JSON_COUNT(rows) && !covered; i++) covered = rows[i].kind == kind;
    if (!covered) fail_msg("%s has no row", message_kind_names.names[kind]);
  }
}

static void a_file_keeps_what_the_channel_says_of_it(void **state) {
  (void)state;
  read_message("\"video\":{" FILE_IDS
               ",\"width\":640,\"height\":360,\"duration\":3,\"file_size\":900,\"thumbnail\":{\"file_id\":"
               "\"t\",\"file_unique_id\":\"tu\"}}");
  assert_is(m.files[0].source, "{\"file_id\":\"f\",\"file_unique_id\":\"u\",\"thumb_file_id\":\"t\"}", "source");
  assert_int_equal(m.files[0].width, 640);
  assert_int_equal(m.files[0].height, 360);
  assert_int_equal(m.files[0].duration_ms, 3000);
  assert_int_equal(m.files[0].size_bytes, 900);
  read_message("\"video_note\":{" FILE_IDS ",\"length\":240}");
  assert_int_equal(m.files[0].width, 240);
  assert_int_equal(m.files[0].height, 240);
}

static void what_cannot_be_read_is_a_placeholder_that_keeps_its_json(void **state) {
  (void)state;
  for (const char *const *name = tg_content_names; *name; name++) {
    read_message(arena_cstr(a, arena_printf(a, "\"%s\":7,\"caption\":\"c\"", *name)));
    bool quiet = tg_content_is_quiet(str_c(*name));
    if (m.kind != MESSAGE_UNSUPPORTED) fail_msg("%s: kind %d", *name, m.kind);
    assert_is(m.content, *name, *name);
    assert_is(m.text, "c", *name);
    assert_int_equal(m.file_count, 0);
    assert_true(quiet || !message_details_encode(a, &m.details).ptr);
    assert_non_null(m.raw.ptr);
  }
}

static void a_newer_file_says_its_name_size_and_length(void **state) {
  (void)state;
  read_message("\"hologram\":{\"file_id\":\"h\",\"file_name\":\"a.holo\",\"file_size\":120,\"duration\":7}");
  assert_is(m.content, "hologram", "content");
  assert_is(m.media_json, NULL, "media of an unknown content");
}

static void a_service_message_says_what_changed(void **state) {
  (void)state;
  static const struct {
    const char *json, *service;
  } services[] = {
      {"\"new_chat_title\":\"Club\"", "{\"service\":{\"text\":\"Club\"}}"},
      {"\"message_auto_delete_timer_changed\":{\"message_auto_delete_time\":86400}", "{\"service\":{\"value\":86400}}"},
      {"\"pinned_message\":{\"message_id\":3,\"text\":\"Read me\"}", "{\"service\":{\"text\":\"Read me\"}}"},
      {"\"message_auto_delete_timer_changed\":{\"message_auto_delete_time\":0}", "{\"service\":{\"value\":0}}"},
      {"\"boost_added\":{\"boost_count\":2}", "{\"service\":{\"value\":2}}"},
      {"\"checklist_tasks_done\":{\"checklist_message\":{\"checklist\":{\"title\":\"Move\"}}}",
       "{\"service\":{\"text\":\"Move\"}}"},
      {"\"write_access_allowed\":{}", NULL},
      {"\"delete_chat_photo\":true", NULL},
  };
  for (size_t i = 0; i < JSON_COUNT(services); i++) {
    read_message(services[i].json);
    assert_true(tg_content_is_quiet(m.content));
    assert_is(message_details_encode(a, &m.details), services[i].service, services[i].json);
    assert_non_null(m.raw.ptr);
  }
}

static void a_rich_message_is_its_text(void **state) {
  (void)state;
  read_message(
      "\"rich_message\":{\"blocks\":["
      "{\"type\":\"section_heading\",\"text\":\"Report\",\"size\":1},"
      "{\"type\":\"paragraph\",\"text\":[\"See \",{\"type\":\"url\",\"text\":\"here\",\"url\":\"https://x.org/\"},\" "
      "🙂 \","
      "{\"type\":\"bold\",\"text\":{\"type\":\"italic\",\"text\":\"now\"}}]},"
      "{\"type\":\"list\",\"items\":[{\"label\":\"1.\",\"blocks\":[{\"type\":\"paragraph\",\"text\":\"one\"}]},"
      "{\"label\":\"•\",\"has_checkbox\":true,\"is_checked\":true,\"blocks\":[{\"type\":\"paragraph\",\"text\":\"two\"}"
      "]}]},"
      "{\"type\":\"table\",\"cells\":[[{\"text\":\"a\"},{\"text\":\"b\"}],[{\"text\":\"c\"},{}]]},"
      "{\"type\":\"divider\"},"
      "{\"type\":\"details\",\"summary\":\"More\",\"blocks\":[{\"type\":\"preformatted\",\"text\":\"x=1\",\"language\":"
      "\"c\"}]},"
      "{\"type\":\"photo\",\"photo\":[{" FILE_IDS
      ",\"width\":1,\"height\":1}],\"caption\":{\"text\":\"A view\",\"credit\":\"Ann\"}},"
      "{\"type\":\"hologram\",\"text\":\"a newer block\"}]}");
  assert_int_equal(m.kind, MESSAGE_RICH);
  assert_is(
      m.text,
      "Report\nSee here 🙂 now\n1. one\n☑ • two\na | b\nc | \n———\nMore\nx=1\nA view — Ann\na newer "
      "block",
      "text");
  assert_is(m.entities_json,
            "[{\"type\":\"bold\",\"offset\":0,\"length\":6},"
            "{\"type\":\"text_link\",\"offset\":11,\"length\":4,\"url\":\"https://x.org/\"},"
            "{\"type\":\"bold\",\"offset\":19,\"length\":3},{\"type\":\"italic\",\"offset\":19,\"length\":3},"
            "{\"type\":\"bold\",\"offset\":53,\"length\":4},"
            "{\"type\":\"pre\",\"offset\":58,\"length\":3,\"language\":\"c\"}]",
            "entities");
  assert_int_equal(m.file_count, 1);
}

static void nesting_without_end_is_cut(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 20);
  buf_add(
      &b,
      S("\"rich_message\":{\"blocks\":[{\"type\":\"paragraph\",\"text\":\"top\"},{\"type\":\"paragraph\",\"text\":"));
  for (int i = 0; i < 60; i++) buf_add_char(&b, '[');
  buf_add(&b, S("\"deep\""));
  for (int i = 0; i < 60; i++) buf_add_char(&b, ']');
  buf_add(&b, S("}]}"));
  buf_add_char(&b, 0);
  read_message(buf_borrow(&b).ptr);
  buf_free(&b);
  assert_is(m.text, "top\n", "text");
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(every_content_has_its_kind_its_facts_and_its_files),
      CASE(the_rows_cover_every_kind),
      CASE(a_file_keeps_what_the_channel_says_of_it),
      CASE(what_cannot_be_read_is_a_placeholder_that_keeps_its_json),
      CASE(a_newer_file_says_its_name_size_and_length),
      CASE(a_service_message_says_what_changed),
      CASE(a_rich_message_is_its_text),
      CASE(nesting_without_end_is_cut),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
