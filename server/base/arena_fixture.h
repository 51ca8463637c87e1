/* Tests of pure code: an arena for each test. Include it once in a test's file, after cmocka's own headers. */
#ifndef SB_BASE_ARENA_FIXTURE_H
#define SB_BASE_ARENA_FIXTURE_H

#include "base/arena.h"

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

#endif
