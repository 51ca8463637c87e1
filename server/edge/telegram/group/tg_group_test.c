/* What is said in the staff's group, when the update's transaction is run again: a database may roll any of them back. */
#include "edge/telegram/group/tg_group.h"

#include "desk/desk_fixture.h"

struct hearing_ctx {
  struct tg_group *group;
  struct tg_update update;
  bool ours, again, rolled_back;
};

static err receive(db_conn *c, void *arg) {
  struct hearing_ctx *h = arg;
  err e = tg_group_receive(h->group, c, S("777"), &h->update, &h->ours, &h->again);
  return !err_is(e) && h->rolled_back ? err_make(ERR_UNAVAILABLE) : e;
}

/* Once in vain, and once for good. */
static void hear_twice(struct fixture *f, struct hearing_ctx *h, const char *raw) {
  tg_update_parse(str_c(raw), f->arena, &h->update);
  h->rolled_back = true;
  assert_true(err_is(desk_write(&f->desk, receive, h)));
  h->rolled_back = false;
  assert_ok(desk_write(&f->desk, receive, h));
  assert_true(h->ours);
}

#define CHAT "\"chat\":{\"id\":-100,\"type\":\"group\",\"title\":\"Staff\"}"
#define PART(id)                                                                                                  \
  "{\"update_id\":" id ",\"message\":{\"message_id\":" id ",\"date\":1700000000," CHAT                            \
  ",\"from\":{\"id\":5,\"is_bot\":false,\"first_name\":\"Ann\"},\"media_group_id\":\"album\",\"text\":\"Hello\"," \
  "\"reply_to_message\":{\"message_id\":3,\"date\":1700000000," CHAT ",\"from\":{\"id\":777,\"is_bot\":true,"     \
  "\"first_name\":\"Desk\"},\"text\":\"x\"}}}"

static void the_parts_of_an_album_are_refused_with_one_notice(void **state) {
  struct fixture *f = *state;
  struct hearing_ctx h = {.group = tg_group_new(&f->desk, "-100")};
  static const char notices[] = "SELECT kind FROM job";
  hear_twice(f, &h, PART("10"));
  assert_rows(f, notices, "outbox.notice");
  hear_twice(f, &h, PART("11"));
  assert_rows(f, notices, "outbox.notice");
  tg_group_free(&h.group);
}

static void a_group_that_moves_is_kept_and_then_followed(void **state) {
  struct fixture *f = *state;
  struct hearing_ctx h = {.group = tg_group_new(&f->desk, "-100")};
  hear_twice(f, &h,
             "{\"update_id\":10,\"message\":{\"message_id\":10,\"date\":1700000000," CHAT
             ",\"from\":{\"id\":5,\"is_bot\":false,\"first_name\":\"Ann\"},\"migrate_to_chat_id\":-1005}}");
  assert_true(h.again);
  assert_rows(f, "SELECT key, value FROM setting", "staff_group|-1005");
  assert_rows(f, "SELECT action, detail FROM audit", "staff_group.set|-1005");
  assert_str(tg_group_chat(h.group, STR_NONE, f->arena), "-100");
  tg_group_follow(h.group, S("-100"), S("-1005"));
  assert_str(tg_group_chat(h.group, STR_NONE, f->arena), "-1005");
  tg_group_free(&h.group);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(the_parts_of_an_album_are_refused_with_one_notice),
      ON_BOTH(a_group_that_moves_is_kept_and_then_followed),
  };
  return FIXTURE_RUN(tests);
}
