/* The customer's picture: when the channel is asked for it, and what becomes of the answer. */
#include "desk/desk_fixture.h"
#include "desk/file/file.h"

#include <unistd.h>

#define QUEUE "photo/" FIXTURE_CHANNEL "/777"
enum { DAY_MS = CONVERSATION_PHOTO_EVERY_MS };

static void writes(struct fixture *f, const char *id) {
  struct inbound_message m = fixture_text(id, "Hello");
  m.from.has_photo = true;
  assert_ok(fixture_receive(f, &m));
}

static bool take(struct fixture *f, struct customer_photo *out) {
  bool any = false;
  assert_ok(conversation_photo_take(&f->desk, S(QUEUE), f->arena, out, &any));
  return any;
}

static const char *picture(struct fixture *f, char width) {
  const char gif[] = {'G', 'I', 'F', '8', '9', 'a', width, 0, 8, 0, 0, 0, 0, ';'};
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_int_equal(fwrite(gif, 1, sizeof gif, out), sizeof gif);
  assert_int_equal(fclose(out), 0);
  return path;
}

static void shows(struct fixture *f, const char *message, char width, const char *key) {
  struct customer_photo p;
  writes(f, message);
  assert_true(take(f, &p));
  assert_ok(conversation_photo_set(&f->desk, &p, picture(f, width), str_c(key)));
}

static const char last_event[] = "SELECT type FROM event ORDER BY seq DESC LIMIT 1";

static void a_customer_who_writes_is_asked_about_once_a_day(void **state) {
  struct fixture *f = *state;
  struct customer_photo p;
  writes(f, "1");
  writes(f, "2");
  assert_rows(f, "SELECT kind, queue, subject, subject_id, priority FROM job",
              fixture_ask(f, "SELECT 'customer.photo', '" QUEUE "', 'customer', id, 2 FROM customer").ptr);
  assert_true(take(f, &p));
  assert_str(p.key, "");
  assert_ok(conversation_photo_keep(&f->desk, &p));
  f->clock.now_ms += DAY_MS - 1;
  writes(f, "3");
  assert_rows(f, "SELECT count(*) FROM job", "0");
  f->clock.now_ms += 1;
  writes(f, "4");
  assert_rows(f, "SELECT count(*) FROM job", "1");
  f->clock.now_ms += DAY_MS;
  writes(f, "5"); /* the former job still waits */
  assert_rows(f, "SELECT count(*) FROM job", "1");
  f->clock.now_ms -= 10 * (int64_t)DAY_MS;
  assert_true(take(f, &p));
  assert_ok(conversation_photo_keep(&f->desk, &p));
  writes(f, "6"); /* the clock was set back */
  assert_rows(f, "SELECT count(*) FROM job", "1");
}

static void a_channel_without_pictures_is_not_asked(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("1", "Hello");
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void a_picture_appears_changes_and_disappears(void **state) {
  struct fixture *f = *state;
  struct customer_photo p;
  shows(f, "1", 16, "one");
  assert_rows(f,
              "SELECT photo_key FROM customer AS cu JOIN file AS f ON f.id = cu.photo_id AND f.state = 'ready' AND "
              "f.width = 16",
              "one");
  assert_rows(f, last_event, "chat_update");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job") + fixture_number(f, "SELECT count(*) FROM file_claim"),
                   0);
  f->clock.now_ms += DAY_MS;
  writes(f, "2");
  assert_true(take(f, &p));
  assert_str(p.key, "one");
  assert_ok(conversation_photo_set(&f->desk, &p, picture(f, 24), S("two")));
  assert_rows(f, "SELECT photo_key, f.width FROM customer AS cu JOIN file AS f ON f.id = cu.photo_id", "two|24");
  assert_rows(f, "SELECT count(*) FROM file", "2");
  assert_ok(file_collect(&f->desk)); /* only the former one is unused */
  assert_rows(f, "SELECT width FROM file", "24");
  f->clock.now_ms += DAY_MS;
  writes(f, "3");
  assert_true(take(f, &p));
  assert_ok(conversation_photo_remove(&f->desk, &p));
  assert_rows(f, "SELECT photo_id, photo_key FROM customer", "-|-");
  assert_rows(f, last_event, "chat_update");
  assert_ok(file_collect(&f->desk));
  assert_rows(f, "SELECT count(*) FROM file", "0");
  f->clock.now_ms += DAY_MS;
  writes(f, "4");
  assert_true(take(f, &p));
  assert_ok(conversation_photo_remove(&f->desk, &p)); /* there is none still: nobody is told */
  assert_rows(f, last_event, "new_message");
}

static err told(db_conn *c, int64_t id, void *arg) {
  (void)c, (void)id, (void)arg;
  return err_ok;
}

static void a_picture_is_not_removed_because_files_are_kept_for_a_limited_time(void **state) {
  struct fixture *f = *state;
  int removed = 0;
  bool more = false;
  shows(f, "1", 16, "one");
  assert_ok(file_remove_old(&f->desk, f->clock.now_ms + DAY_MS, 10, told, NULL, &removed, &more));
  assert_int_equal(removed, 0);
  fixture_exec(f, "UPDATE customer SET photo_id = NULL");
  assert_ok(file_remove_old(&f->desk, f->clock.now_ms + DAY_MS, 10, told, NULL, &removed, &more));
  assert_int_equal(removed, 1);
}

static void nobody_who_is_blocked_or_spam_is_asked_about(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *why, *before, *after;
  } rows[] = {
      {"banned", "UPDATE customer SET banned_at = 1, banned_by = 1",
       "UPDATE customer SET banned_at = NULL; UPDATE conversation SET spam_at = NULL, spam_reason = NULL"},
      {"spam", "UPDATE conversation SET spam_at = 1, spam_reason = 'marked'",
       "UPDATE conversation SET spam_at = NULL, spam_reason = NULL"},
  };
  struct customer_photo p;
  writes(f, "0");
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    fixture_exec(f, rows[i].before);
    if (take(f, &p)) fail_msg("%s: taken", rows[i].why); /* asked for before */
    assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'customer.photo'", "0");
    f->clock.now_ms += DAY_MS;
    writes(f, arena_printf(f->arena, "%zu", 10 + i).ptr);
    if (fixture_number(f, "SELECT count(*) FROM job WHERE kind = 'customer.photo'")) fail_msg("%s: asked", rows[i].why);
    fixture_exec(f, rows[i].after);
    writes(f, arena_printf(f->arena, "%zu", 20 + i).ptr); /* let in again: at once */
    assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'customer.photo'", "1");
  }
  fixture_exec(f, "UPDATE customer SET blocked_at = 1");
  assert_false(take(f, &p));
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'customer.photo'", "0");
}

static void a_failure_waits_and_after_the_last_try_nothing_is_left(void **state) {
  struct fixture *f = *state;
  struct customer_photo p;
  bool final = false;
  writes(f, "1");
  for (int i = 1; !final; i++) {
    assert_true(take(f, &p));
    const struct job_failure why = {.due_at = f->clock.now_ms + 1000, .counts = true, .error = S("timeout")};
    assert_ok(conversation_photo_failed(&f->desk, &p, &why, &final));
    assert_int_equal(final, i == job_facts(JOB_PHOTO)->tries);
    assert_false(take(f, &p));
    f->clock.now_ms += 1000;
  }
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void a_lost_lease_changes_nothing(void **state) {
  struct fixture *f = *state;
  struct customer_photo p, other;
  writes(f, "1");
  assert_true(take(f, &p));
  f->clock.now_ms += job_facts(JOB_PHOTO)->lease_ms + 1;
  f->desk.holder = "other.1";
  assert_true(take(f, &other)); /* the lost one is due again */
  assert_err(conversation_photo_set(&f->desk, &p, picture(f, 16), S("one")), ERR_CONFLICT);
  assert_rows(f, "SELECT photo_id FROM customer", "-");
  assert_rows(f, "SELECT count(*) FROM file", "0");
}

static void what_is_no_picture_is_not_kept(void **state) {
  struct fixture *f = *state;
  struct customer_photo p;
  writes(f, "1");
  assert_true(take(f, &p));
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_true(fputs("<html>", out) >= 0);
  assert_int_equal(fclose(out), 0);
  assert_err(conversation_photo_set(&f->desk, &p, path, S("one")), ERR_UNSUPPORTED_TYPE);
  assert_rows(f, "SELECT photo_id FROM customer", "-");
  assert_int_equal(
      fixture_number(f, "SELECT count(*) FROM file") + fixture_number(f, "SELECT count(*) FROM file_claim"), 0);
}

struct giving_up_ctx {
  size_t count;
};

static err give_up(db_conn *c, void *arg) {
  struct giving_up_ctx *g = arg;
  return conversation_photo_give_up(c, S(QUEUE), S("here.1"), 10, FIXTURE_START_MS, &g->count);
}

static void a_queue_that_nobody_serves_is_emptied(void **state) {
  struct fixture *f = *state;
  struct giving_up_ctx g = {0};
  writes(f, "1");
  assert_ok(desk_write(&f->desk, give_up, &g));
  assert_int_equal(g.count, 1);
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_customer_who_writes_is_asked_about_once_a_day),
      ON_BOTH(a_channel_without_pictures_is_not_asked),
      ON_BOTH(a_picture_appears_changes_and_disappears),
      ON_BOTH(a_picture_is_not_removed_because_files_are_kept_for_a_limited_time),
      ON_BOTH(nobody_who_is_blocked_or_spam_is_asked_about),
      ON_BOTH(a_failure_waits_and_after_the_last_try_nothing_is_left),
      ON_BOTH(a_lost_lease_changes_nothing),
      ON_BOTH(what_is_no_picture_is_not_kept),
      ON_BOTH(a_queue_that_nobody_serves_is_emptied),
  };
  return FIXTURE_RUN(tests);
}
