/* Entities, previews, pages of history, files on their way. */
#include "base/limits.h"
#include "desk/desk_fixture.h"

/* ---- entities: pure ---- */

enum { BOLD = 7, PRE = 15, TEXT_LINK = 16 };

struct entity_case {
  const char *text;
  struct entity e;
  bool good;
  const char *why;
};

static const struct entity_case entity_cases[] = {
    {"hello", {.type = BOLD, .offset = 0, .length = 5}, true, "the whole text"},
    {"hello", {.type = BOLD, .offset = 0, .length = 6}, false, "one beyond the end"},
    {"hello", {.type = BOLD, .offset = 5, .length = 1}, false, "begins at the end"},
    {"hello", {.type = BOLD, .offset = -1, .length = 2}, false, "begins before the text"},
    {"hello", {.type = BOLD, .offset = 1, .length = 0}, false, "empty"},
    {"hello", {.type = BOLD, .offset = INT64_MAX, .length = INT64_MAX}, false, "the sum overflows"},
    {"hello", {.type = 99, .offset = 0, .length = 1}, false, "an unknown type"},
    {"\xf0\x9f\x98\x80!", {.type = BOLD, .offset = 0, .length = 2}, true, "an emoji is two units"},
    {"\xf0\x9f\x98\x80!", {.type = BOLD, .offset = 2, .length = 1}, true, "behind the emoji"},
    {"\xf0\x9f\x98\x80!", {.type = BOLD, .offset = 0, .length = 1}, false, "ends inside the emoji"},
    {"\xf0\x9f\x98\x80!", {.type = BOLD, .offset = 1, .length = 2}, false, "begins inside the emoji"},
    {"\xd0\x96\xe2\x82\xac",
     {.type = BOLD, .offset = 1, .length = 1},
     true,
     "two- and three-byte letters are one unit"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4, .url = STR_INIT("https://example.com/")}, true, "https"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4, .url = STR_INIT("HTTP://example.com/")}, true, "any case"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4, .url = STR_INIT("javascript:alert(1)")}, false, "runs here"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4, .url = STR_INIT(" https://example.com")}, false, "a space"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4, .url = STR_INIT("https://")}, false, "a scheme alone"},
    {"link", {.type = TEXT_LINK, .offset = 0, .length = 4}, false, "no url"},
};

static void entities_must_lie_in_the_text_between_characters_and_link_safely(void **state) {
  (void)state;
  for (size_t i = 0; i < JSON_COUNT(entity_cases); i++) {
    struct entity e = entity_cases[i].e;
    size_t count = 1;
    err got = entities_check(str_c(entity_cases[i].text), &e, &count);
    if (err_is(got) == entity_cases[i].good) fail_msg("%s: %s", entity_cases[i].why, err_text(got.code));
    if (err_is(got)) assert_string_equal(got.field, "entities");
  }
}

/* What a channel has for addresses of its own may be linked to. */
static void the_channels_own_links_are_safe(void **state) {
  (void)state;
  static const char *const schemes[] = {
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) links,
#include "spec/channels.tbl"
#undef CHANNEL
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(schemes); i++) {
    struct entity e = {.type = TEXT_LINK, .offset = 0, .length = 4};
    size_t count = 1;
    if (!schemes[i]) continue;
    e.url = str_c(schemes[i]);
    assert_err(entities_check(S("link"), &e, &count), ERR_INVALID_FIELD);
    e.url = arena_printf(a, "%suser?id=1", schemes[i]);
    assert_ok(entities_check(S("link"), &e, &count));
  }
  arena_free(&a);
}

static void entities_are_put_in_order_and_twins_dropped(void **state) {
  (void)state;
  struct entity list[] = {{.type = BOLD, .offset = 2, .length = 1},
                          {.type = BOLD, .offset = 0, .length = 1, .url = S("https://dropped.example")},
                          {.type = PRE, .offset = 0, .length = 3, .language = S("c")},
                          {.type = BOLD, .offset = 2, .length = 1}};
  size_t count = JSON_COUNT(list);
  assert_ok(entities_check(S("hello"), list, &count));
  assert_int_equal(count, 3);
  assert_int_equal(list[0].type, PRE);
  assert_int_equal(list[1].length, 1);
  assert_null(list[1].url.ptr);
  assert_int_equal(list[2].offset, 2);
  arena *a = arena_new(0);
  str json = entities_encode(a, list, count);
  assert_str(json, "[{\"type\":\"pre\",\"offset\":0,\"length\":3,\"language\":\"c\"},{\"type\":\"bold\",\"offset\":0,"
                   "\"length\":1},{\"type\":\"bold\",\"offset\":2,\"length\":1}]");
  struct entity *back = NULL;
  assert_ok(entities_decode(json, a, &back, &count));
  assert_int_equal(count, 3);
  assert_str(back[0].language, "c");
  arena_free(&a);
}

static void too_many_entities_are_refused(void **state) {
  (void)state;
  struct entity list[LIMIT_ENTITIES_MAX + 1] = {0};
  size_t count = JSON_COUNT(list);
  assert_err(entities_check(S("hello"), list, &count), ERR_INVALID_FIELD);
}

static void a_preview_is_short_and_one_line(void **state) {
  (void)state;
  arena *a = arena_new(0);
  char longest[LIMIT_PREVIEW_MAX * 2 + 2];
  for (size_t i = 0; i < sizeof longest; i += 2) memcpy(longest + i, "\xd0\x96", 2);
  const struct {
    struct message_row m;
    str wanted;
  } cases[] = {
      {{.kind = MESSAGE_TEXT, .text = S("a\r\nb")}, S("a  b")},
      {{.kind = MESSAGE_TEXT, .text = str_n(longest, sizeof longest)}, str_n(longest, LIMIT_PREVIEW_MAX * 2)},
      {{.kind = MESSAGE_UNSUPPORTED, .text = S(""), .content = S("voice")}, S("voice")},
      {{.kind = MESSAGE_UNSUPPORTED, .text = S("caption"), .content = S("video")}, S("caption")},
      {{.kind = MESSAGE_PHOTO, .text = S("")}, S("")},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) assert_true(str_eq(message_preview(&cases[i].m, a), cases[i].wanted));
  arena_free(&a);
}

/* ---- pages ---- */

struct page_ctx {
  struct fixture *f;
  int64_t before, after;
  size_t limit;
  struct message_row *rows;
  size_t count;
  bool more;
};
static err read_page(db_conn *c, void *arg) {
  struct page_ctx *p = arg;
  return message_page(c, 1, p->before, p->after, p->limit, p->f->arena, &p->rows, &p->count, &p->more);
}

static void pages_go_back_and_forth_and_are_ascending(void **state) {
  struct fixture *f = *state;
  char id[16];
  for (int i = 1; i <= 7; i++) {
    snprintf(id, sizeof id, "%d", i);
    fixture_writes(f, id, id);
  }
  static const struct {
    int64_t before, after;
    size_t limit;
    int64_t first;
    size_t count;
    bool more;
  } cases[] = {
      {0, 0, 3, 5, 3, true}, {5, 0, 3, 2, 3, true},  {2, 0, 3, 1, 1, false}, {1, 0, 3, 0, 0, false},
      {0, 4, 2, 5, 2, true}, {0, 4, 3, 5, 3, false}, {0, 7, 3, 0, 0, false}, {7, 4, 9, 5, 2, false},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct page_ctx p = {.f = f, .before = cases[i].before, .after = cases[i].after, .limit = cases[i].limit};
    assert_ok(db_read(f->desk.db, read_page, &p));
    assert_int_equal(p.count, cases[i].count);
    assert_int_equal(p.more, cases[i].more);
    for (size_t k = 0; k < p.count; k++) assert_int_equal(p.rows[k].id, cases[i].first + (int64_t)k);
  }
}

static void a_page_brings_files_and_quotes_of_its_messages(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "The first");
  struct inbound_message m = fixture_text("2", "Two pictures");
  struct file_row files[2] = {{.name = S("a.jpg"), .mime = S("image/jpeg"), .source = S("{}")},
                              {.name = S("b.jpg"), .mime = S("image/jpeg"), .source = S("{}")}};
  m.kind = MESSAGE_PHOTO;
  m.files = files;
  m.file_count = 2;
  m.reply_to_external_id = S("1");
  assert_ok(fixture_receive(f, &m));
  struct page_ctx p = {.f = f, .limit = 10};
  assert_ok(db_read(f->desk.db, read_page, &p));
  assert_int_equal(p.count, 2);
  assert_int_equal(p.rows[0].files.count, 0);
  assert_int_equal(p.rows[1].files.count, 2);
  const struct file_row *loaded = p.rows[1].files.items;
  assert_str(loaded[0].name, "a.jpg");
  assert_str(loaded[1].name, "b.jpg");
  assert_str(p.rows[1].reply_to->preview, "The first");
}

/* ---- pending files ---- */

static void receive_photo(struct fixture *f, str source) {
  struct inbound_message m = fixture_text("2", "");
  struct file_row file = {.name = S("a.gif"), .mime = S("image/jpeg"), .source = source};
  m.kind = MESSAGE_PHOTO;
  m.files = &file;
  m.file_count = 1;
  assert_ok(fixture_receive(f, &m));
}

static bool take_as(struct fixture *f, const char *holder, struct file_fetch *out) {
  bool any;
  f->desk.holder = holder;
  assert_ok(file_fetch_take(&f->desk, file_fetch_queue(S(FIXTURE_CHANNEL), S("777"), f->arena), f->arena, out, &any));
  return any;
}

struct fetched_message_ctx {
  struct fixture *f;
  struct message_row *out;
};
static err read_first_message(db_conn *c, void *arg) {
  struct fetched_message_ctx *r = arg;
  return message_get(c, 1, r->f->arena, r->out);
}

static const char *download(struct fixture *f) {
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_int_equal(fwrite("GIF89a\x10\0\x08\0\0\0\0;", 1, 14, out), 14);
  fclose(out);
  return path;
}

static void a_pending_file_is_tried_later_then_kept_and_told(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  bool final;
  receive_photo(f, S("{\"file_id\":\"x\"}"));
  assert_true(take_as(f, "here.1", &fetch));
  assert_str(fetch.source, "{\"file_id\":\"x\"}");
  assert_ok(file_fetch_failed(&f->desk, &fetch, &(struct file_failure){FILE_UNREACHABLE, S("timeout")},
                              FIXTURE_START_MS + 1000, &final));
  assert_false(final);
  assert_rows(f, "SELECT state, attempts, error FROM job", "ready|1|timeout");
  assert_false(take_as(f, "here.1", &fetch));
  f->clock.now_ms += 1000;
  assert_true(take_as(f, "here.1", &fetch));
  const char *path = download(f);
  assert_ok(file_fetched(&f->desk, &fetch, path, NULL));
  assert_rows(f, "SELECT state, mime, size_bytes, width, height FROM file", "ready|image/gif|14|16|8");
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f, "SELECT type FROM event ORDER BY seq", "new_message\nmessage_update");
  assert_int_equal(access(path, F_OK), -1);
}

static err ask_again(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct actor by = {.kind = ACTOR_SYSTEM};
  return file_fetch_again(c, 1, &by, desk_now(&f->desk));
}

static void a_failed_file_is_fetched_again_when_somebody_asks(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  struct message_row m;
  bool final;
  receive_photo(f, S("{}"));
  assert_ok(desk_write(&f->desk, ask_again, f)); /* it is pending already */
  assert_rows(f, "SELECT count(*) FROM job", "1");
  assert_true(take_as(f, "here.1", &fetch));
  assert_ok(file_fetch_failed(&f->desk, &fetch, &(struct file_failure){FILE_GONE, S("gone")}, 0, &final));
  struct fetched_message_ctx got = {f, &m};
  assert_ok(db_read(f->desk.db, read_first_message, &got));
  assert_int_equal(((const struct file_row *)m.files.items)->error, FILE_GONE);
  assert_ok(desk_write(&f->desk, ask_again, f));
  assert_rows(f, "SELECT state FROM file", "pending");
  assert_rows(f, "SELECT state, attempts FROM job", "ready|0");
  assert_true(take_as(f, "here.1", &fetch));
  assert_ok(file_fetched(&f->desk, &fetch, download(f), NULL));
  assert_ok(desk_write(&f->desk, ask_again, f)); /* it is ready */
  assert_rows(f, "SELECT state, error, error_code FROM file", "ready|-|-");
  assert_rows(f, "SELECT type FROM event ORDER BY seq", "new_message\nmessage_update\nmessage_update\nmessage_update");
  fixture_exec(f, "UPDATE file SET state = 'failed', source = NULL");
  assert_err(desk_write(&f->desk, ask_again, f), ERR_NOT_RETRYABLE);
}

/* A JPEG's head, which is all that measuring reads. */
static const char *small_jpeg(struct fixture *f) {
  static const char jpeg[] =
      "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x11\x08\0\x08\0\x10\3\1\x22\0\2\x11\1\3\x11\1";
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_int_equal(fwrite(jpeg, 1, sizeof jpeg - 1, out), sizeof jpeg - 1);
  fclose(out);
  return path;
}

static void the_channel_s_own_small_picture_is_kept_with_the_file(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  receive_photo(f, S("{}"));
  fixture_exec(f, "UPDATE file SET width = 640, height = 360, duration_ms = 3000");
  assert_true(take_as(f, "here.1", &fetch));
  const char *bytes = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(bytes, "w");
  assert_true(fputs("not a picture at all", out) >= 0);
  fclose(out);
  const char *thumb = small_jpeg(f);
  assert_ok(file_fetched(&f->desk, &fetch, bytes, thumb));
  assert_rows(f, "SELECT state, width, height, duration_ms, thumb_key IS NOT NULL, thumb_key <> storage_key FROM file",
              f->lite ? "ready|640|360|3000|1|1" : "ready|640|360|3000|t|t");
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
  assert_int_equal(access(thumb, F_OK), -1);
}

static void the_lease_of_a_file_is_renewed_while_it_is_fetched(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch, other;
  int64_t lease_ms = job_facts(JOB_FILE_FETCH)->lease_ms;
  receive_photo(f, S("{}"));
  assert_true(take_as(f, "here.1", &fetch));
  f->clock.now_ms += lease_ms - 1;
  assert_ok(file_fetch_renew(&f->desk, &fetch));
  f->clock.now_ms += lease_ms - 1;
  assert_false(take_as(f, "there.1", &other));
  f->clock.now_ms += 1;
  assert_true(take_as(f, "there.1", &other));
  assert_err(file_fetch_renew(&f->desk, &fetch), ERR_CONFLICT);
}

static void a_file_that_failed_for_good_is_told(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  bool final;
  receive_photo(f, S("{}"));
  assert_true(take_as(f, "here.1", &fetch));
  assert_ok(
      file_fetch_failed(&f->desk, &fetch, &(struct file_failure){FILE_TOO_LARGE, S("file is too big")}, 0, &final));
  assert_true(final);
  assert_err(file_fetch_failed(&f->desk, &fetch, &(struct file_failure){FILE_GONE, S("again")}, 0, &final),
             ERR_CONFLICT);
  assert_rows(f, "SELECT state, error_code, error FROM file", "failed|too_large|file is too big");
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f, "SELECT type FROM event ORDER BY seq", "new_message\nmessage_update");
}

static void a_file_whose_tries_are_used_up_has_failed_and_is_told(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  bool final = false;
  receive_photo(f, S("{}"));
  for (int tries = 0; tries < job_facts(JOB_FILE_FETCH)->tries; tries++) {
    assert_false(final);
    assert_true(take_as(f, "here.1", &fetch));
    assert_ok(file_fetch_failed(&f->desk, &fetch, &(struct file_failure){FILE_UNREACHABLE, S("busy")}, FIXTURE_START_MS,
                                &final));
  }
  assert_true(final);
  assert_rows(f, "SELECT state, error FROM file", "failed|busy");
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f, "SELECT type FROM event ORDER BY seq", "new_message\nmessage_update");
}

static void a_file_is_fetched_by_one_node_and_given_up_by_one_that_died(void **state) {
  struct fixture *f = *state;
  struct file_fetch late, fetch;
  receive_photo(f, S("{}"));
  assert_true(take_as(f, "dying.1", &late));
  assert_false(take_as(f, "here.1", &fetch)); /* it is being fetched */
  f->clock.now_ms += job_facts(JOB_FILE_FETCH)->lease_ms;
  assert_true(take_as(f, "here.1", &fetch));
  assert_int_equal(fetch.job.attempts, 1);
  assert_err(file_fetched(&f->desk, &late, download(f), NULL), ERR_CONFLICT); /* it was not dead, but slow */
  assert_rows(f, "SELECT state FROM file", "pending");
  assert_ok(file_fetched(&f->desk, &fetch, download(f), NULL));
  assert_rows(f, "SELECT state FROM file", "ready");
  assert_rows(f, "SELECT type FROM event ORDER BY seq", "new_message\nmessage_update");
}

static void a_file_given_back_is_due_at_once_and_no_try(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  receive_photo(f, S("{}"));
  assert_true(take_as(f, "stopping.1", &fetch));
  assert_ok(file_fetch_give_back(&f->desk, &fetch));
  assert_true(take_as(f, "here.1", &fetch));
  assert_int_equal(fetch.job.attempts, 0);
}

static void a_job_whose_file_is_gone_ends(void **state) {
  struct fixture *f = *state;
  struct file_fetch fetch;
  receive_photo(f, S("{}"));
  fixture_exec(f, "DELETE FROM message_file");
  fixture_exec(f, "DELETE FROM file");
  assert_false(take_as(f, "here.1", &fetch));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(entities_must_lie_in_the_text_between_characters_and_link_safely),
      PURE(the_channels_own_links_are_safe),
      PURE(entities_are_put_in_order_and_twins_dropped),
      PURE(too_many_entities_are_refused),
      PURE(a_preview_is_short_and_one_line),
      ON_BOTH(pages_go_back_and_forth_and_are_ascending),
      ON_BOTH(a_page_brings_files_and_quotes_of_its_messages),
      ON_BOTH(a_pending_file_is_tried_later_then_kept_and_told),
      ON_BOTH(a_failed_file_is_fetched_again_when_somebody_asks),
      ON_BOTH(the_channel_s_own_small_picture_is_kept_with_the_file),
      ON_BOTH(the_lease_of_a_file_is_renewed_while_it_is_fetched),
      ON_BOTH(a_file_that_failed_for_good_is_told),
      ON_BOTH(a_file_whose_tries_are_used_up_has_failed_and_is_told),
      ON_BOTH(a_file_is_fetched_by_one_node_and_given_up_by_one_that_died),
      ON_BOTH(a_file_given_back_is_due_at_once_and_no_try),
      ON_BOTH(a_job_whose_file_is_gone_ends),
  };
  return FIXTURE_RUN(tests);
}
