/* The rule on gaps, by snapshots as a reader would see them. */
#include "desk/bus/bus_gap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct look { /* one snapshot of the log */
  int64_t seqs[6];
  size_t count;
  int64_t xmin, fresh;
  size_t publishable;
  const char *why;
};

static void run_looks(int64_t position, const struct look *looks, size_t count) {
  struct bus_gap gap = {0};
  for (size_t i = 0; i < count; i++) {
    const struct look *l = &looks[i];
    size_t n = bus_publishable(&gap, position, l->seqs, l->count, l->xmin, l->fresh);
    if (n != l->publishable) fail_msg("look %zu (%s): %zu publishable, not %zu", i, l->why, n, l->publishable);
    if (n) position = l->seqs[n - 1];
  }
}

static void a_log_without_gaps_is_published_at_once(void **state) {
  (void)state;
  run_looks(0, (struct look[]){{{1, 2, 3}, 3, 50, 50, 3, "all in a row"}, {{4}, 1, 51, 52, 1, "and the next"}}, 2);
}

static void serial_commits_have_no_gaps_to_wait_for(void **state) {
  (void)state;
  run_looks(0, (struct look[]){{{2, 5, 9}, 3, 0, 0, 3, "holes on SQLite are final"}}, 1);
}

static void a_late_commit_is_waited_for_and_comes_in_order(void **state) {
  (void)state;
  run_looks(10,
            (struct look[]){{{12}, 1, 70, 72, 0, "11 belongs to a transaction that is still open"},
                            {{12, 13}, 2, 70, 74, 0, "it is open still, whatever follows"},
                            {{11, 12, 13}, 3, 73, 74, 3, "it has committed: all three, in order"}},
            3);
}

static void a_rolled_back_seq_is_passed_once_nobody_can_fill_it(void **state) {
  (void)state;
  run_looks(10,
            (struct look[]){{{12}, 1, 70, 72, 0, "first sight of the gap"},
                            {{12, 13}, 2, 71, 75, 0, "a transaction below 72 is still open"},
                            {{12, 13}, 2, 72, 75, 2, "all below 72 have ended: 11 never comes"}},
            3);
}

static void a_second_gap_needs_its_own_proof(void **state) {
  (void)state;
  run_looks(10,
            (struct look[]){{{12}, 1, 70, 72, 0, "11 is missing"},
                            {{12, 14}, 2, 72, 80, 1, "11 is settled, 13 was drawn later and is not"},
                            {{14}, 1, 79, 82, 0, "a transaction below 80 is still open"},
                            {{14, 15}, 2, 80, 82, 2, "now 13 is settled too"}},
            4);
}

static void a_gap_in_the_middle_lets_its_front_go(void **state) {
  (void)state;
  run_looks(10,
            (struct look[]){{{11, 12, 15}, 3, 70, 72, 2, "11 and 12 are certain, 13 and 14 are not"},
                            {{13, 15}, 2, 71, 72, 1, "13 came late; 14 may still"},
                            {{15}, 1, 72, 72, 1, "nobody is left below 72"}},
            3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_log_without_gaps_is_published_at_once),
      cmocka_unit_test(serial_commits_have_no_gaps_to_wait_for),
      cmocka_unit_test(a_late_commit_is_waited_for_and_comes_in_order),
      cmocka_unit_test(a_rolled_back_seq_is_passed_once_nobody_can_fill_it),
      cmocka_unit_test(a_second_gap_needs_its_own_proof),
      cmocka_unit_test(a_gap_in_the_middle_lets_its_front_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
