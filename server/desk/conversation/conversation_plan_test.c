/* Which messages an answer becomes: kinds by the files' bytes, albums, captions, and what a channel or a kind refuses. */
#include "desk/conversation/conversation_plan_internal.h"

#include "base/limits.h"
#include "desk/desk_fixture.h"

static arena *a;

static int begin(void **state) {
  (void)state;
  a = arena_new(0);
  return 0;
}
static int end(void **state) {
  (void)state;
  arena_free(&a);
  return 0;
}

static struct file_row file_of(const char *mime) {
  bool picture = strncmp(mime, "image/", 6) == 0;
  return (struct file_row){.state = FILE_READY,
                           .name = S("a"),
                           .mime = str_c(mime),
                           .size_bytes = 1000,
                           .width = picture ? 640 : 0,
                           .height = picture ? 480 : 0};
}

static str repeated(char c, size_t count) {
  char *text = arena_alloc(a, count + 1);
  memset(text, c, count);
  return str_n(text, count);
}

/* The plan in words: kind, "@" and the album's number, "+" and the bytes of text. */
static str plan_of(const struct reply *r, const char *const *mimes, const char *channel) {
  struct file_row files[12];
  size_t count = 0;
  for (; mimes && mimes[count]; count++) files[count] = file_of(mimes[count]);
  struct reply_plan plan;
  assert_ok(reply_plan_make(r, files, count, channel_facts(str_c(channel)), a, &plan));
  buf out;
  buf_init(&out, 4096);
  for (size_t i = 0; i < plan.count; i++) {
    const struct reply_part *part = &plan.parts[i];
    buf_printf(&out, "%s%s", i ? " " : "", message_kind_names.names[part->kind]);
    if (part->album) buf_printf(&out, "@%d", part->album);
    if (part->words.text.len) buf_printf(&out, "+%zu", part->words.text.len);
    assert_ptr_equal(part->file,
                     i < count ? &files[i] : NULL); /* each file is a message, in their order; texts follow */
  }
  str words = arena_dup(a, buf_borrow(&out));
  buf_free(&out);
  return words;
}

static void an_answer_becomes_messages(void **state) {
  (void)state;
  const struct {
    const char *why;
    struct reply reply;
    const char *mimes[8];
    const char *plan;
  } rows[] = {
      {"a text is one message", {.text = S("hello")}, {NULL}, "text+5"},
      {"a long text is several", {.text = repeated('x', LIMIT_TEXT_MAX + 10)}, {NULL}, "text+4096 text+10"},
      {"a photo carries the text", {.text = S("see")}, {"image/png"}, "photo+3"},
      {"a long caption goes on as text",
       {.text = repeated('x', LIMIT_CAPTION_MAX + 5)},
       {"image/png"},
       "photo+1024 text+5"},
      {"one file makes no album", {.kind = MESSAGE_TEXT}, {"application/pdf"}, "document"},
      {"photos and videos are one album",
       {.text = S("all")},
       {"image/jpeg", "video/mp4", "image/png"},
       "photo@1+3 video@1 photo@1"},
      {"documents and music are apart, in order",
       {.kind = MESSAGE_TEXT},
       {"application/pdf", "text/plain", "audio/mpeg", "audio/mpeg", "image/gif"},
       "document@1 document@1 audio@2 audio@2 animation"},
      {"a file between others ends their album",
       {.kind = MESSAGE_TEXT},
       {"image/png", "image/png", "application/pdf", "image/png"},
       "photo@1 photo@1 document photo"},
      {"animations never make an album", {.kind = MESSAGE_TEXT}, {"image/gif", "image/gif"}, "animation animation"},
      {"the kind that was asked for counts",
       {.kind = MESSAGE_DOCUMENT},
       {"image/png", "image/png"},
       "document@1 document@1"},
      {"a round video has no caption, so the text follows",
       {.kind = MESSAGE_VIDEO_NOTE, .text = S("look")},
       {"video/mp4"},
       "video_note text+4"},
      {"a location is a message without a file", {.kind = MESSAGE_LOCATION}, {NULL}, "location"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    str got = plan_of(&rows[i].reply, rows[i].mimes, "telegram");
    if (!str_eq(got, str_c(rows[i].plan)))
      fail_msg("%s: \"%.*s\", not \"%s\"", rows[i].why, STR_ARG(got), rows[i].plan);
  }
}

static void what_cannot_be_sent_is_refused_at_its_field(void **state) {
  (void)state;
  const struct {
    const char *why;
    struct reply reply;
    const char *mimes[4];
    const char *channel;
    int code;
    const char *field;
  } rows[] = {
      {"a document as a photo", {.kind = MESSAGE_PHOTO}, {"application/pdf"}, "telegram", ERR_INVALID_FIELD, "files"},
      {"a photo as a video", {.kind = MESSAGE_VIDEO}, {"image/png"}, "telegram", ERR_INVALID_FIELD, "files"},
      {"a kind without files", {.kind = MESSAGE_POLL}, {"image/png"}, "telegram", ERR_INVALID_FIELD, "kind"},
      {"buttons under an album",
       {.buttons_json = S("[]")},
       {"image/png", "image/png"},
       "telegram",
       ERR_INVALID_FIELD,
       "buttons"},
      {"a document where only photos go",
       {.kind = MESSAGE_TEXT},
       {"application/pdf"},
       "letters",
       ERR_UNSUPPORTED_BY_CHANNEL,
       "kind"},
      {"a poll there", {.kind = MESSAGE_POLL}, {NULL}, "letters", ERR_UNSUPPORTED_BY_CHANNEL, "kind"},
      {"buttons there",
       {.text = S("x"), .buttons_json = S("[]")},
       {NULL},
       "letters",
       ERR_UNSUPPORTED_BY_CHANNEL,
       "buttons"},
      {"a silent message there",
       {.text = S("x"), .silent = true},
       {NULL},
       "letters",
       ERR_UNSUPPORTED_BY_CHANNEL,
       "silent"},
      {"a quote there", {.text = S("x"), .quote = S("{}")}, {NULL}, "letters", ERR_UNSUPPORTED_BY_CHANNEL, "quote"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct file_row files[4];
    size_t count = 0;
    for (; rows[i].mimes[count]; count++) files[count] = file_of(rows[i].mimes[count]);
    struct reply_plan plan;
    err e = reply_plan_make(&rows[i].reply, files, count, channel_facts(str_c(rows[i].channel)), a, &plan);
    if (e.code != (enum err_code)rows[i].code || strcmp(e.field, rows[i].field) != 0)
      fail_msg("%s: %s at \"%s\"", rows[i].why, err_text(e.code), e.field);
  }
}

static void a_file_is_not_judged_before_its_bytes_are_there(void **state) {
  (void)state;
  struct file_row pending = file_of("application/octet-stream");
  struct reply r = {.kind = MESSAGE_VOICE};
  struct reply_plan plan;
  pending.state = FILE_PENDING;
  assert_ok(reply_plan_make(&r, &pending, 1, channel_facts(S("telegram")), a, &plan));
  assert_int_equal(plan.count, 1);
  assert_int_equal(plan.parts[0].kind, MESSAGE_VOICE);
}

static void a_gif_is_a_photo_where_animations_do_not_go(void **state) {
  (void)state;
  struct file_row gif = file_of("image/gif");
  assert_int_equal(reply_kind_of_file(&gif, channel_facts(S("telegram"))), MESSAGE_ANIMATION);
  assert_int_equal(reply_kind_of_file(&gif, channel_facts(S("letters"))), MESSAGE_PHOTO);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(an_answer_becomes_messages),
      CASE(what_cannot_be_sent_is_refused_at_its_field),
      CASE(a_file_is_not_judged_before_its_bytes_are_there),
      CASE(a_gif_is_a_photo_where_animations_do_not_go),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
