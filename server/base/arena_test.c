/* Arenas: zeroed and aligned memory, reset, and the end of the process where there is no more. */
#include "base/arena.h"

#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>

static void memory_is_zeroed_aligned_and_apart(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 15, 16, 17, 4000, 5000, 100000, 3 << 20, 1, 8};
  arena *a = arena_new(0);
  for (int round = 0; round < 3; round++) {
    unsigned char *seen[sizeof sizes / sizeof sizes[0]];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      seen[i] = arena_alloc(a, sizes[i]);
      assert_int_equal((uintptr_t)seen[i] % alignof(max_align_t), 0);
      for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(seen[i][k], 0);
      memset(seen[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(seen[i][k], i + 1);
    arena_reset(a);
    assert_int_equal(arena_used_bytes(a), 0);
  }
  arena_free(&a);
  assert_null(a);
  arena_free(&a); /* nothing to free is fine */
}

static void a_large_piece_does_not_waste_the_chunk_in_use(void **state) {
  (void)state;
  arena *a = arena_new(0);
  char *first = arena_alloc(a, 16), *large = arena_alloc(a, 1 << 20), *second = arena_alloc(a, 16);
  assert_ptr_equal(second, first + 16);
  large[(1 << 20) - 1] = 1;
  arena_reset(a);
  arena_alloc(a, 16);
  arena_free(&a);
}

static void strings_are_copied_with_a_nul_behind(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str s = arena_dup(a, str_n("abcdef", 3));
  assert_string_equal(s.ptr, "abc");
  assert_null(arena_dup(a, STR_NONE).ptr);
  assert_non_null(arena_dup(a, S("")).ptr);
  assert_string_equal(arena_cstr(a, STR_NONE), "");
  assert_string_equal(arena_printf(a, "%d-%s", 7, "x").ptr, "7-x");
  assert_int_equal(arena_printf(a, "%0500d", 7).len, 500);
  assert_string_equal(arena_concat(a, S("ab"), STR_NONE).ptr, "ab");
  assert_string_equal(arena_concat(a, STR_NONE, STR_NONE).ptr, "");
  char *z = mem_dup_cstr(S("x"));
  assert_string_equal(z, "x");
  mem_free(&z);
  assert_null(z);
  mem_free(&z);
  arena_free(&a);
}

/* Runs it in a child and tells whether the child was ended by abort(). */
static bool aborts(void (*f)(void)) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    (void)!freopen("/dev/null", "w", stderr);
    signal(SIGABRT, SIG_DFL);
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void fill_to_the_limit(void) {
  arena *a = arena_new(1024);
  for (int i = 0; i < 64; i++) arena_alloc(a, 16);
}
static void go_over_the_limit(void) {
  fill_to_the_limit();
  arena *a = arena_new(1024);
  for (int i = 0; i < 65; i++) arena_alloc(a, 16);
}
static void ask_for_everything(void) { arena_alloc(arena_new(SIZE_MAX), SIZE_MAX); }
static void ask_for_almost_everything(void) { arena_alloc(arena_new(SIZE_MAX), SIZE_MAX - 17); }
static void overflow_an_array(void) { arena_alloc_array(arena_new(0), SIZE_MAX / 2, 3); }
static void overflow_a_heap_array(void) { mem_alloc_array(SIZE_MAX / 2, 3); }

static void there_is_one_policy_for_no_memory(void **state) {
  (void)state;
  static const struct {
    void (*f)(void);
    bool aborts;
    const char *why;
  } rows[] = {
      {fill_to_the_limit, false, "the limit itself can be used"},
      {go_over_the_limit, true, "one byte over the limit"},
      {ask_for_everything, true, "rounding up must not wrap"},
      {ask_for_almost_everything, true, "the chunk's head must not wrap"},
      {overflow_an_array, true, "n times size must not wrap"},
      {overflow_a_heap_array, true, "nor on the heap"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (aborts(rows[i].f) != rows[i].aborts) fail_msg("%s", rows[i].why);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
      cmocka_unit_test(a_large_piece_does_not_waste_the_chunk_in_use),
      cmocka_unit_test(strings_are_copied_with_a_nul_behind),
      cmocka_unit_test(there_is_one_policy_for_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
