/* Logs: one line a call in both formats, whatever the values hold; lines of several threads do not mix. */
#include "base/log.h"

#include "base/arena.h"
#include "base/jansson.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <cmocka.h>

static char path[] = "/tmp/log_test.XXXXXX";
static int real_stdout;

/* stdout goes away while a test logs; the file tells what was written. */
static int setup(void **state) {
  (void)state;
  int fd = mkstemp(path);
  close(fd);
  fflush(stdout);
  real_stdout = dup(STDOUT_FILENO);
  int null = open("/dev/null", O_WRONLY);
  dup2(null, STDOUT_FILENO);
  close(null);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, NULL);
  fflush(stdout);
  dup2(real_stdout, STDOUT_FILENO);
  close(real_stdout);
  unlink(path);
  memcpy(path + sizeof path - 7, "XXXXXX", 6);
  return 0;
}

static str written(arena *a) {
  int fd = open(path, O_RDONLY);
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  char *text = arena_alloc(a, (size_t)st.st_size + 1);
  assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
  close(fd);
  return str_n(text, (size_t)st.st_size);
}

static void text_lines_quote_what_needs_it(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_int_equal(log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, path).code, ERR_NONE);
  uint64_t before = log_count(LOG_LEVEL_DEBUG);
  LOG_DEBUG("below.the_level", LOG_I("a", 1));
  assert_int_equal(log_count(LOG_LEVEL_DEBUG), before + 1); /* counted all the same */
  err e = err_detail(ERR_CONFLICT, NULL, "no \"way\"");
  LOG_WARN("outbox.sent", LOG_I("conv", -12), LOG_C("plain", "a/b"), LOG_C("odd", "a b=\"c\"\nd"), LOG_C("none", NULL),
           LOG_S("bad", str_c("\xFF")), LOG_E(e));
  LOG_ERROR("bare");
  str text = written(a), line = str_cut(&text, '\n');
  assert_true(str_starts(line, S("time=2")));
  assert_true(str_ends(line, S(" level=warn event=outbox.sent conv=-12 plain=a/b odd=\"a b=\\\"c\\\"\\nd\" none=\"\" "
                               "bad=\"\xEF\xBF\xBD\" code=conflict detail=\"no \\\"way\\\"\"")));
  assert_true(str_ends(str_cut(&text, '\n'), S(" level=error event=bare")));
  assert_int_equal(text.len, 0);
  arena_free(&a);
}

static void no_value_breaks_a_line(void **state) {
  (void)state;
  arena *a = arena_new(0);
  char *worst = arena_alloc(a, 5000);
  memset(worst, 1, 4999); /* each byte becomes six */
  for (enum log_format format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
    assert_int_equal(log_open(LOG_LEVEL_INFO, format, path).code, ERR_NONE);
    for (int plain = 0; plain < 5000; plain += 200)
      LOG_INFO("x", LOG_S("p", str_n("ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp", 70)),
               LOG_S("a", str_n(worst, (size_t)plain)), LOG_C("b", worst), LOG_C("c", worst), LOG_C("d", worst),
               LOG_C("e", worst), LOG_I("f", 1));
    str text = written(a);
    assert_true(str_ends(text, S("\n")));
    for (str rest = text; rest.len;) {
      str line = str_cut(&rest, '\n');
      assert_in_range(line.len, 100, 8192);
      json_t *v = format == LOG_FORMAT_JSON ? json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
      if (format == LOG_FORMAT_JSON && !v) fail_msg("no JSON: %.*s", STR_ARG(line));
      json_decref(v);
    }
    assert_int_equal(truncate(path, 0), 0);
  }
  arena_free(&a);
}

static void a_rotated_file_is_opened_anew(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_int_equal(log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, path).code, ERR_NONE);
  LOG_INFO("first");
  assert_int_equal(unlink(path), 0);
  LOG_INFO("second");
  log_reopen();
  LOG_INFO("third");
  str text = written(a);
  assert_true(str_contains(text, S("event=third")));
  assert_false(str_contains(text, S("event=second")));
  err e = log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, "/nonexistent/dir/log");
  assert_int_equal(e.code, ERR_INVALID_FIELD);
  assert_string_equal(e.field, "LOG_FILE");
  LOG_INFO("still.alive");
  arena_free(&a);
}

static void levels_have_names(void **state) {
  (void)state;
  enum log_level level = LOG_LEVEL_INFO;
  assert_true(log_level_parse(S("WARN"), &level));
  assert_int_equal(level, LOG_LEVEL_WARN);
  assert_false(log_level_parse(S("loud"), &level));
  assert_false(log_level_parse(STR_NONE, &level));
}

static void *log_much(void *arg) {
  const char *word = arg;
  for (int i = 0; i < 500; i++) LOG_INFO("x", LOG_C("w", word), LOG_C("w", word), LOG_C("w", word));
  return NULL;
}

static void threads_do_not_mix_their_lines(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_int_equal(log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, path).code, ERR_NONE);
  pthread_t threads[4];
  char words[4][300];
  for (int i = 0; i < 4; i++) {
    memset(words[i], 'a' + i, 299);
    words[i][299] = 0;
    pthread_create(&threads[i], NULL, log_much, words[i]);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  str text = written(a);
  int lines = 0;
  for (str rest = text; rest.len; lines++) {
    str line = str_cut(&rest, '\n');
    assert_true(str_starts(line, S("time=2")));
    assert_int_equal(line.len, strlen("time=2026-01-31T12:34:56.789Z level=info event=x") + 3 * 302);
  }
  assert_int_equal(lines, 2000);
  arena_free(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(text_lines_quote_what_needs_it), TEST(no_value_breaks_a_line),
      TEST(a_rotated_file_is_opened_anew),  TEST(levels_have_names),
      TEST(threads_do_not_mix_their_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
