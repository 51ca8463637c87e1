/* The quota for files, the figures, and the removal of what is older than files are kept. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/file/file_internal.h"
#include "desk/file/file_space.h"
#include "desk/message/message.h"
#include "desk/setting/setting.h"

#include <sys/stat.h>

#define MB 1000000

static str key_of(struct fixture *f, char byte) {
  char key[64];
  memset(key, byte, sizeof key);
  return arena_dup(f->arena, str_n(key, sizeof key));
}

static str content(struct fixture *f, char byte) {
  str k = key_of(f, byte);
  assert_non_null(file_spool_path(&f->desk, f->arena));
  mkdir(arena_printf(f->arena, "%s/%.2s", f->files, k.ptr).ptr, 0700);
  FILE *out = fopen(file_path(&f->desk, k, f->arena), "w");
  assert_non_null(out);
  fclose(out);
  return k;
}

static bool is_there(struct fixture *f, str key) { return access(file_path(&f->desk, key, f->arena), F_OK) == 0; }

static err insert(db_conn *c, void *arg) { return file_insert(c, arg, STR_NONE, STR_NONE, FIXTURE_START_MS); }

static void add(struct fixture *f, str key, const char *mime, int64_t bytes) {
  struct file_row row = {.state = FILE_READY, .mime = str_c(mime), .size_bytes = bytes, .storage_key = key};
  assert_ok(db_write(f->desk.db, insert, &row));
}

static err set_quota(db_conn *c, void *arg) { return setting_set(c, SETTING_FILES_QUOTA, *(str *)arg, 0, 1); }

static void equal_contents_count_once_and_the_quota_refuses_strangers_first(void **state) {
  struct fixture *f = *state;
  struct file_space_family families[FILE_FAMILIES];
  int64_t counted_at;
  str quota = S("100");
  assert_ok(file_space_check(&f->desk, false, INT64_MAX / 2)); /* without figures nothing is refused */
  file_space_open(&f->desk);
  str picture = content(f, 'a');
  add(f, picture, "image/png", 60 * MB);
  add(f, picture, "image/png", 60 * MB);
  add(f, content(f, 'b'), "video/mp4", 20 * MB);
  add(f, content(f, 'c'), "application/pdf", 5 * MB);
  add(f, STR_NONE, "audio/ogg", 50 * MB); /* it has no bytes here */
  assert_ok(db_write(f->desk.db, set_quota, &quota));
  file_space_figures(&f->desk, families, &counted_at);
  assert_int_equal(counted_at, 0);
  assert_ok(file_space_check(&f->desk, false, INT64_MAX / 2));
  assert_ok(file_space_count(&f->desk));
  file_space_figures(&f->desk, families, &counted_at);
  assert_int_equal(counted_at, FIXTURE_START_MS);
  static const int64_t wanted[FILE_FAMILIES][2] = {{1, 60 * MB}, {1, 20 * MB}, {0, 0}, {1, 5 * MB}};
  for (int i = 0; i < FILE_FAMILIES; i++) {
    assert_int_equal(families[i].family, i);
    assert_int_equal(families[i].files, wanted[i][0]);
    assert_int_equal(families[i].bytes, wanted[i][1]);
  }
  assert_ok(file_space_check(&f->desk, false, 5 * MB));
  assert_err(file_space_check(&f->desk, false, 5 * MB + 1), ERR_STORE_FULL); /* the last tenth is the operators' */
  assert_ok(file_space_check(&f->desk, true, 15 * MB));
  err e = file_space_check(&f->desk, true, 15 * MB + 1);
  assert_err(e, ERR_STORE_FULL);
  assert_string_equal(err_message(&e), "The space for files, 100 MB, is used up.");
  file_space_add(&f->desk, FILE_SOUNDS, 15 * MB);
  assert_err(file_space_check(&f->desk, true, 1), ERR_STORE_FULL);
  file_space_set(&f->desk, &(struct file_space_settings){.quota_mb = 200});
  assert_ok(file_space_check(&f->desk, false, 1));
  file_space_close(&f->desk);
}

static int64_t used(struct fixture *f, enum file_family family) {
  struct file_space_family families[FILE_FAMILIES];
  int64_t counted_at;
  assert_ok(file_space_count(&f->desk)); /* the rows */
  file_space_figures(&f->desk, families, &counted_at);
  return families[family].bytes;
}

static int64_t added(struct fixture *f, enum file_family family) {
  struct file_space_family families[FILE_FAMILIES];
  int64_t counted_at;
  file_space_figures(&f->desk, families, &counted_at);
  return families[family].bytes;
}

static const char *spooled(struct fixture *f, const char *text) {
  const char *path = file_spool_path(&f->desk, f->arena);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
  return path;
}

static void what_is_stored_counts_once_at_once_and_no_more_when_it_is_refused(void **state) {
  struct fixture *f = *state;
  struct file_row first, second, again;
  file_space_open(&f->desk);
  assert_int_equal(used(f, FILE_OTHERS), 0);
  assert_ok(file_accept(&f->desk, spooled(f, "hello"), S("a.txt"), f->arena, &first));
  assert_ok(file_accept(&f->desk, spooled(f, "hello"), S("b.txt"), f->arena, &second)); /* of the same message */
  assert_int_equal(added(f, FILE_OTHERS), 5);
  assert_ok(db_write(f->desk.db, insert, &first));
  assert_ok(db_write(f->desk.db, insert, &second));
  file_release(&f->desk, &first, 1, true);
  file_release(&f->desk, &second, 1, true);
  assert_int_equal(added(f, FILE_OTHERS), 5);
  assert_ok(file_accept(&f->desk, spooled(f, "hello"), S("c.txt"), f->arena, &again));
  assert_int_equal(added(f, FILE_OTHERS), 5);
  file_release(&f->desk, &again, 1, false);
  assert_int_equal(added(f, FILE_OTHERS), 5);
  assert_ok(file_accept(&f->desk, spooled(f, "others"), S("d.txt"), f->arena, &again));
  assert_int_equal(added(f, FILE_OTHERS), 11);
  file_release(&f->desk, &again, 1, false); /* its message was refused */
  assert_int_equal(added(f, FILE_OTHERS), 5);
  assert_int_equal(used(f, FILE_OTHERS), 5);
  file_space_close(&f->desk);
}

static void smaller_pictures_count_too(void **state) {
  struct fixture *f = *state;
  file_space_open(&f->desk);
  struct file_row row = {
      .state = FILE_READY, .mime = S("video/mp4"), .size_bytes = 1000, .storage_key = content(f, 'a')};
  row.thumb_key = content(f, 'b');
  row.thumb_bytes = 300;
  assert_ok(db_write(f->desk.db, insert, &row));
  assert_ok(db_write(f->desk.db, insert, &row)); /* the same picture of another file */
  row.storage_key = content(f, 'c');
  row.thumb_key = row.storage_key; /* its own */
  assert_ok(db_write(f->desk.db, insert, &row));
  row.storage_key = content(f, 'd');
  row.thumb_key = content(f, 'e');
  row.thumb_bytes = 0; /* stored by an earlier version */
  assert_ok(db_write(f->desk.db, insert, &row));
  assert_int_equal(used(f, FILE_VIDEOS), 3000);
  assert_int_equal(used(f, FILE_THUMBS), 300 + (16 << 10));
  file_space_close(&f->desk);
}

static void what_may_still_be_sent_is_kept(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *delivery, *job, *state;
    bool kept, kept_after_30_days;
  } rows[] = {
      {"queued", NULL, NULL, true, true},
      {"sending", NULL, NULL, true, true},
      {"failed", NULL, NULL, true, false},
      {"uncertain", NULL, NULL, true, false},
      {"sent", NULL, NULL, false, false},
      {"sent", "outbox.copy", "ready", true, true}, /* its copy for the staff room waits */
      {"sent", "outbox.copy", "dead", false, false},
      {"sent", "outbox.change", "leased", true, true},
  };
  bool more;
  fixture_writes(f, "1", "hello");
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    add(f, content(f, (char)('a' + i)), "image/png", 100);
    int id = (int)i + 2;
    fixture_exec(
        f, arena_printf(f->arena,
                        "INSERT INTO message (id, conversation_id, direction, kind, text, delivery, created_at) "
                        "SELECT %d, conversation_id, 'out', 'photo', '', '%s', created_at FROM message WHERE id = 1",
                        id, rows[i].delivery)
               .ptr);
    fixture_exec(
        f, arena_printf(f->arena, "INSERT INTO message_file (message_id, position, file_id) VALUES (%d, 0, %d)", id,
                        (int)i + 1)
               .ptr);
    if (rows[i].job)
      fixture_exec(
          f, arena_printf(f->arena,
                          "INSERT INTO job (kind, queue, state, priority, due_at, attempts, subject, subject_id, "
                          "created_at, updated_at) VALUES ('%s', 'outbox/x/1', '%s', 1, 0, 0, 'message', %d, 1, 1)",
                          rows[i].job, rows[i].state, id)
                 .ptr);
  }
  for (int round = 0; round < 2; round++) {
    f->clock.now_ms = FIXTURE_START_MS + (int64_t)(31 + round * 30) * 86400000;
    assert_ok(message_remove_old_files(&f->desk, 30, &more));
    for (size_t i = 0; i < JSON_COUNT(rows); i++) {
      bool wanted = round ? rows[i].kept_after_30_days : rows[i].kept;
      bool kept = is_there(f, key_of(f, (char)('a' + i)));
      if (kept != wanted) fail_msg("row %zu, round %d: %s", i, round, kept ? "kept" : "removed");
    }
  }
}

static void what_is_older_than_files_are_kept_is_removed_and_told(void **state) {
  struct fixture *f = *state;
  bool more = true;
  str old = content(f, 'a'), shared = content(f, 'b'), queued = content(f, 'c'), thumb = content(f, 'd');
  fixture_writes(f, "1", "with files");
  add(f, old, "image/png", 100);
  add(f, shared, "image/png", 100);
  add(f, shared, "image/png", 100);
  add(f, queued, "image/png", 100);
  fixture_exec(f, "UPDATE file SET thumb_key = (SELECT storage_key FROM file WHERE id = 4), preview = 'x', source = "
                  "'{}' WHERE id = 1");
  fixture_exec(f, arena_printf(f->arena, "UPDATE file SET thumb_key = '%.*s' WHERE id = 1", STR_ARG(thumb)).ptr);
  fixture_exec(f, "UPDATE file SET created_at = created_at + 86400000 WHERE id = 3");
  fixture_exec(f, "INSERT INTO message_file (message_id, position, file_id) VALUES (1, 0, 1), (1, 1, 2)");
  fixture_exec(f, "INSERT INTO message (id, conversation_id, direction, kind, text, delivery, created_at) "
                  "SELECT 2, conversation_id, 'out', 'text', '', 'queued', created_at FROM message WHERE id = 1");
  fixture_exec(f, "INSERT INTO message_file (message_id, position, file_id) VALUES (2, 0, 4)");
  f->clock.now_ms = FIXTURE_START_MS + (int64_t)30 * 86400000;
  assert_ok(message_remove_old_files(&f->desk, 30, &more));
  assert_false(more);
  assert_rows(f, "SELECT count(*) FROM file WHERE state = 'failed'", "0"); /* not older, but as old */
  f->clock.now_ms += 1;
  assert_ok(message_remove_old_files(&f->desk, 30, &more));
  assert_false(more);
  assert_rows(
      f, "SELECT id, state, error_code, storage_key, thumb_key, preview, source FROM file WHERE id < 3 ORDER BY id",
      "1|failed|removed|-|-|-|-\n2|failed|removed|-|-|-|-");
  assert_rows(f, "SELECT state FROM file WHERE id > 2 ORDER BY id", "ready\nready");
  assert_false(is_there(f, old));
  assert_false(is_there(f, thumb));
  assert_true(is_there(f, shared)); /* a younger row has it */
  assert_true(is_there(f, queued)); /* its message has not been sent */
  assert_rows(f, "SELECT count(*) FROM file_claim", "0");
  assert_rows(f, "SELECT action, target, detail FROM audit", "files.removed|files|files=2 kept_days=30");
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'message_update'", "2");
  assert_rows(f, "SELECT text FROM message WHERE id = 1", "with files");
  fixture_exec(f, "UPDATE message SET delivery = 'sent' WHERE id = 2");
  f->clock.now_ms += 2 * (int64_t)86400000;
  assert_ok(message_remove_old_files(&f->desk, 30, &more));
  assert_false(is_there(f, shared));
  assert_false(is_there(f, queued));
  assert_ok(message_remove_old_files(&f->desk, 30, &more));
  assert_rows(f, "SELECT count(*) FROM audit", "2"); /* nothing was removed: no line */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(equal_contents_count_once_and_the_quota_refuses_strangers_first),
      ON_BOTH(what_is_stored_counts_once_at_once_and_no_more_when_it_is_refused),
      ON_BOTH(smaller_pictures_count_too),
      ON_BOTH(what_may_still_be_sent_is_kept),
      ON_BOTH(what_is_older_than_files_are_kept_is_removed_and_told),
  };
  return FIXTURE_RUN(tests);
}
