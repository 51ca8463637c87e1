/* Who views what, without sockets: the table against changes of owners. */
#include "edge/realtime/realtime_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ANN = 1, BEN, CONVERSATION = 7 };

static void an_owner_that_was_read_too_early_is_not_stored(void **state) {
  struct realtime r = {.magic = REALTIME_MAGIC};
  struct hub hub = {.realtime = &r};
  struct client c = {.realtime = &r, .hub = &hub, .refs = 1, .operator_id = ANN};
  (void)state;
  pthread_mutex_init(&r.lock, NULL);
  struct subject about = {SUBJECT_CONVERSATION, CONVERSATION, ANN};
  uint32_t owners = presence_owners(&r, CONVERSATION);
  presence_owner_changed(&r, CONVERSATION, BEN); /* between the read and the result */
  assert_false(presence_view(&c, &about, owners));
  assert_int_equal(r.viewer_count, 0);
  assert_int_equal(c.viewing, 0);
  about.owner_id = BEN;
  assert_true(presence_view(&c, &about, presence_owners(&r, CONVERSATION)));
  assert_int_equal(r.viewer_count, 1);
  assert_int_equal(r.viewers[0].owner_id, BEN);
  presence_owner_changed(&r, CONVERSATION, ANN);
  assert_int_equal(r.viewers[0].owner_id, ANN);
  presence_view_none(&c);
  assert_int_equal(r.viewer_count, 0);
  mem_free(&r.viewers);
  pthread_mutex_destroy(&r.lock);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_owner_that_was_read_too_early_is_not_stored)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
