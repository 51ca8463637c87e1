/* The quota for files, the figures, and the removal of what is older than files are kept. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/file/file_internal.h"
#include "desk/file/file_space.h"
#include "desk/message/message.h"
#include "desk/setting/setting.h"

#include <sys/stat.h>

#define MB 1000000

static str content(struct fixture *f, char byte) {
  char key[65];
  memset(key, byte, 64);
  key[64] = 0;
  assert_non_null(file_spool_path(&f->desk, f->arena));
  mkdir(arena_printf(f->arena, "%s/%.2s", f->files, key).ptr, 0700);
  str k = arena_dup(f->arena, str_c(key));
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
  file_space_add(&f->desk, S("audio/ogg"), 15 * MB);
  assert_err(file_space_check(&f->desk, true, 1), ERR_STORE_FULL);
  file_space_set(&f->desk, &(struct file_space_settings){.quota_mb = 200});
  assert_ok(file_space_check(&f->desk, false, 1));
  file_space_close(&f->desk);
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
      ON_BOTH(what_is_older_than_files_are_kept_is_removed_and_told),
  };
  return FIXTURE_RUN(tests);
}
