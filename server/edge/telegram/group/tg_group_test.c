/* What is said in the staff's group, when the update's transaction is run again: a database may roll any of them back. */
#include "edge/telegram/group/tg_group.h"

#include "desk/desk_fixture.h"

struct receiving_ctx {
  struct tg_group *group;
  struct tg_update update;
  bool ours, again, rolled_back;
};

static err receive(db_conn *c, void *arg) {
  struct receiving_ctx *h = arg;
  err e = tg_group_receive(h->group, c, S("777"), &h->update, &h->ours, &h->again);
  return !err_is(e) && h->rolled_back ? err_make(ERR_UNAVAILABLE) : e;
}

/* Once in vain, and once for good. */
static void receive_twice(struct fixture *f, struct receiving_ctx *h, const char *raw) {
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
  struct receiving_ctx h = {.group = tg_group_new(&f->desk, "-100")};
  static const char notices[] = "SELECT kind FROM job";
  receive_twice(f, &h, PART("10"));
  assert_rows(f, notices, "outbox.notice");
  receive_twice(f, &h, PART("11"));
  assert_rows(f, notices, "outbox.notice");
  tg_group_free(&h.group);
}

static void a_group_that_moves_is_kept_and_then_followed(void **state) {
  struct fixture *f = *state;
  struct receiving_ctx h = {.group = tg_group_new(&f->desk, "-100")};
  receive_twice(f, &h,
                "{\"update_id\":10,\"message\":{\"message_id\":10,\"date\":1700000000," CHAT
                ",\"from\":{\"id\":5,\"is_bot\":false,\"first_name\":\"Ann\"},\"migrate_to_chat_id\":-1005}}");
  assert_true(h.again);
  assert_rows(f, "SELECT key, value FROM setting", "staff_group|-1005\nstaff_group_mode|plain");
  assert_rows(f, "SELECT action, detail FROM audit", "staff_group.set|-1005");
  assert_str(tg_group_chat(h.group, STR_NONE, f->arena), "-100");
  tg_group_follow(h.group, S("-100"), S("-1005"));
  assert_str(tg_group_chat(h.group, STR_NONE, f->arena), "-1005");
  tg_group_free(&h.group);
}

#define TOPICS "\"chat\":{\"id\":-100,\"type\":\"supergroup\",\"title\":\"Staff\",\"is_forum\":true}"
#define IN_TOPIC(id, writer, content)                                                                                \
  "{\"update_id\":" id ",\"message\":{\"message_id\":" id ",\"date\":1700000000," TOPICS ",\"from\":{\"id\":" writer \
  ",\"is_bot\":false,\"first_name\":\"Ann\"},\"message_thread_id\":70,\"is_topic_message\":true," content "}}"

/* A group with topics, in which the first customer's conversation has the topic 70. */
static struct tg_group *topics_group(struct fixture *f, const char *state) {
  struct tg_group *group = tg_group_new(&f->desk, "-100");
  tg_group_take(group, &(struct group_choice){.chat_id = S("-100"), .mode = GROUP_TOPICS});
  fixture_writes(f, "4", "Hello");
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO staff_topic (channel, account, chat_id, conversation_id, thread_id, state, "
                               "name, title, closed, asked_at, named_at) VALUES ('telegram', '777', '-100', 1, %s, "
                               "'%s', 'x Ann', 'Ann', 0, 1, 1)",
                               strcmp(state, "open") == 0 ? "70" : "NULL", state)
                      .ptr);
  return group;
}

struct reading_ctx {
  struct fixture *f;
  struct tg_group *group;
  struct group_info *info;
};
static err read_info(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  return tg_group_read(r->group, c, S("777"), r->f->arena, r->info);
}
static int read_state(struct fixture *f, struct tg_group *group, struct group_info *info) {
  struct reading_ctx r = {f, group, info};
  assert_ok(db_read(f->desk.db, read_info, &r));
  return info->state;
}

static const char answers[] = "SELECT text FROM message WHERE direction = 'out' ORDER BY id";

static void a_message_in_a_topic_is_one_answer_though_its_transaction_runs_again(void **state) {
  struct fixture *f = *state;
  struct receiving_ctx h = {.group = topics_group(f, "open")};
  receive_twice(f, &h, IN_TOPIC("10", "5", "\"text\":\"On its way\""));
  receive_twice(f, &h, IN_TOPIC("11", "5", "\"text\":\"// between us\""));
  receive_twice(f, &h, IN_TOPIC("12", "5", "\"text\":\"/clsoe\""));
  receive_twice(f, &h, IN_TOPIC("13", "5", "\"text\":\"/close@desk_bot\""));
  receive_twice(f, &h, IN_TOPIC("14", "5", "\"text\":\"/close-to-you\""));
  assert_rows(f, answers, "On its way");
  assert_rows(f, "SELECT status FROM conversation", "closed");
  assert_rows(f, "SELECT external_id, kind, thread_id FROM staff_message", "10|reply|70");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM job WHERE kind = 'outbox.notice'"), 3);
  tg_group_free(&h.group);
}

static void the_report_of_a_new_topic_stands_in_for_a_lost_response(void **state) {
  struct fixture *f = *state;
  static const char rows[] = "SELECT thread_id, state FROM staff_topic";
  struct receiving_ctx h = {.group = topics_group(f, "opening")};
  receive_twice(f, &h, IN_TOPIC("70", "5", "\"forum_topic_created\":{\"name\":\"x Ann\",\"icon_color\":1}"));
  assert_rows(f, rows, "-|opening"); /* a person's topic */
  receive_twice(f, &h, IN_TOPIC("71", "777", "\"forum_topic_created\":{\"name\":\"x Bo\",\"icon_color\":1}"));
  assert_rows(f, rows, "-|opening");
  receive_twice(f, &h, IN_TOPIC("72", "777", "\"forum_topic_created\":{\"name\":\"x Ann\",\"icon_color\":1}"));
  assert_rows(f, rows, "70|open");
  assert_true(h.again);
  tg_group_free(&h.group);
}

static void a_persons_changes_of_a_topic_are_kept(void **state) {
  struct fixture *f = *state;
  static const char rows[] = "SELECT name, closed FROM staff_topic";
  struct receiving_ctx h = {.group = topics_group(f, "open")};
  receive_twice(f, &h, IN_TOPIC("80", "5", "\"forum_topic_closed\":{}"));
  assert_rows(f, rows, "x Ann|1");
  receive_twice(f, &h, IN_TOPIC("81", "5", "\"forum_topic_reopened\":{}"));
  receive_twice(f, &h, IN_TOPIC("82", "5", "\"forum_topic_edited\":{\"name\":\"Lamps\"}"));
  assert_rows(f, rows, "Lamps|0");
  assert_rows(f, answers, "");
  tg_group_free(&h.group);
}

/* The edit of an answer changes it once; as a note, or of talk, it changes nothing. */
static void an_edited_answer_is_changed_though_its_transaction_runs_again(void **state) {
  struct fixture *f = *state;
  struct receiving_ctx h = {.group = topics_group(f, "open")};
  static const char edited[] = "{\"update_id\":%s,\"edited_message\":{\"message_id\":10,\"date\":1700000000," TOPICS
                               ",\"from\":{\"id\":5,\"is_bot\":false,\"first_name\":\"Ann\"},\"message_thread_id\":70,"
                               "\"is_topic_message\":true,\"edit_date\":1700000009,\"text\":\"%s\"}}";
  receive_twice(f, &h, IN_TOPIC("10", "5", "\"text\":\"On its way\""));
  receive_twice(f, &h, arena_printf(f->arena, edited, "11", "On its way to you").ptr);
  assert_rows(f, answers, "On its way to you");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE direction = 'out'"), 1);
  receive_twice(f, &h, arena_printf(f->arena, edited, "12", "// between us").ptr);
  assert_rows(f, answers, "On its way to you");
  assert_rows(f, "SELECT kind FROM job WHERE kind = 'outbox.notice'", "outbox.notice");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'outbox.copy' AND payload LIKE '%edited%'", "0");
  tg_group_free(&h.group);
}

static void a_success_of_before_the_removal_says_nothing_about_now(void **state) {
  struct fixture *f = *state;
  struct tg_group *group = tg_group_new(&f->desk, "-100");
  struct group_info info;
  int before = tg_group_removals(group);
  tg_group_report_removed(group, S("-100"));
  tg_group_report_sent(group, S("-100"), before);
  assert_int_equal(read_state(f, group, &info), GROUP_FAILING);
  tg_group_report_sent(group, S("-100"), tg_group_removals(group));
  assert_int_equal(read_state(f, group, &info), GROUP_OK);
  tg_group_free(&group);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(the_parts_of_an_album_are_refused_with_one_notice),
      ON_BOTH(a_message_in_a_topic_is_one_answer_though_its_transaction_runs_again),
      ON_BOTH(an_edited_answer_is_changed_though_its_transaction_runs_again),
      ON_BOTH(a_success_of_before_the_removal_says_nothing_about_now),
      ON_BOTH(the_report_of_a_new_topic_stands_in_for_a_lost_response),
      ON_BOTH(a_persons_changes_of_a_topic_are_kept),
      ON_BOTH(a_group_that_moves_is_kept_and_then_followed),
  };
  return FIXTURE_RUN(tests);
}
