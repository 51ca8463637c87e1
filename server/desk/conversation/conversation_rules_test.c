/* The rules' table: every command in every status, with and without an assignee. */
#include "desk/conversation/conversation.h"
#include "desk/desk_fixture.h"

enum { ME = 7, OTHER = 8, THIRD = 9, SOON = 60, LATER = 90 };
enum {
  WAITING = CONVERSATION_WAITING,
  ACTIVE = CONVERSATION_ACTIVE,
  SNOOZED = CONVERSATION_SNOOZED,
  CLOSED = CONVERSATION_CLOSED
};

struct cell {
  int command, status;
  int64_t assignee;
  bool force;
  int wanted_error, wanted_status;
  int64_t wanted_assignee;
  int wanted_line;
  const char *why;
};

static const struct cell cells[] = {
    {COMMAND_CUSTOMER_WRITES, WAITING, 0, false, 0, WAITING, 0, -1, "one more message in the queue"},
    {COMMAND_CUSTOMER_WRITES, ACTIVE, OTHER, false, 0, ACTIVE, OTHER, -1, "whoever has it goes on"},
    {COMMAND_CUSTOMER_WRITES, SNOOZED, OTHER, false, 0, ACTIVE, OTHER, -1, "wakes up with the one who snoozed it"},
    {COMMAND_CUSTOMER_WRITES, SNOOZED, 0, false, 0, WAITING, 0, -1, "wakes up for anyone"},
    {COMMAND_CUSTOMER_WRITES, CLOSED, OTHER, false, 0, WAITING, 0, ACTION_REOPENED, "reopens and waits for anyone"},
    {COMMAND_REPLY, WAITING, 0, false, 0, ACTIVE, ME, ACTION_TAKEN, "answering takes it"},
    {COMMAND_REPLY, ACTIVE, OTHER, false, 0, ACTIVE, OTHER, -1, "helping out takes nothing away"},
    {COMMAND_REPLY, ACTIVE, ME, false, 0, ACTIVE, ME, -1, "one's own stays one's own"},
    {COMMAND_REPLY, ACTIVE, 0, false, 0, ACTIVE, ME, ACTION_TAKEN, "nobody's becomes the writer's"},
    {COMMAND_REPLY, SNOOZED, OTHER, false, 0, ACTIVE, OTHER, -1, "an answer wakes it"},
    {COMMAND_REPLY, SNOOZED, 0, false, 0, ACTIVE, ME, ACTION_TAKEN, "an answer wakes and takes it"},
    {COMMAND_REPLY, CLOSED, OTHER, false, 0, ACTIVE, ME, ACTION_REOPENED, "an answer reopens it as the writer's"},
    {COMMAND_TAKE, WAITING, 0, false, 0, ACTIVE, ME, ACTION_TAKEN, "from the queue"},
    {COMMAND_TAKE, ACTIVE, ME, false, 0, ACTIVE, ME, -1, "one's own: nothing happens"},
    {COMMAND_TAKE, ACTIVE, OTHER, false, ERR_ALREADY_TAKEN, ACTIVE, OTHER, -1, "another has it"},
    {COMMAND_TAKE, ACTIVE, OTHER, true, 0, ACTIVE, ME, ACTION_TAKEN, "taken over knowingly"},
    {COMMAND_TAKE, SNOOZED, OTHER, false, ERR_ALREADY_TAKEN, SNOOZED, OTHER, -1, "another has snoozed it"},
    {COMMAND_TAKE, SNOOZED, ME, false, 0, ACTIVE, ME, -1, "one's own wakes without a word"},
    {COMMAND_TAKE, CLOSED, OTHER, false, 0, ACTIVE, ME, ACTION_REOPENED, "a closed one is nobody's"},
    {COMMAND_ASSIGN, WAITING, 0, false, 0, ACTIVE, THIRD, ACTION_ASSIGNED, "from the queue to a colleague"},
    {COMMAND_ASSIGN, ACTIVE, OTHER, false, 0, ACTIVE, THIRD, ACTION_ASSIGNED, "from one to another"},
    {COMMAND_ASSIGN, ACTIVE, THIRD, false, 0, ACTIVE, THIRD, -1, "to whoever has it: nothing happens"},
    {COMMAND_ASSIGN, SNOOZED, OTHER, false, 0, ACTIVE, THIRD, ACTION_ASSIGNED, "wakes for the new one"},
    {COMMAND_ASSIGN, CLOSED, OTHER, false, 0, ACTIVE, THIRD, ACTION_ASSIGNED, "reopens for the new one"},
    {COMMAND_UNASSIGN, WAITING, 0, false, 0, WAITING, 0, -1, "it waits already"},
    {COMMAND_UNASSIGN, ACTIVE, ME, false, 0, WAITING, 0, ACTION_UNASSIGNED, "back to the queue"},
    {COMMAND_UNASSIGN, SNOOZED, ME, false, 0, WAITING, 0, ACTION_UNASSIGNED, "wakes in the queue"},
    {COMMAND_UNASSIGN, CLOSED, ME, false, ERR_CONVERSATION_CLOSED, CLOSED, ME, -1, "nothing to give back"},
    {COMMAND_CLOSE, WAITING, 0, false, 0, CLOSED, 0, ACTION_CLOSED, "closed unanswered"},
    {COMMAND_CLOSE, ACTIVE, OTHER, false, 0, CLOSED, OTHER, ACTION_CLOSED, "who had it is remembered"},
    {COMMAND_CLOSE, SNOOZED, ME, false, 0, CLOSED, ME, ACTION_CLOSED, "closed in its sleep"},
    {COMMAND_CLOSE, CLOSED, ME, false, 0, CLOSED, ME, -1, "twice is once"},
    {COMMAND_REOPEN, WAITING, 0, false, ERR_CONFLICT, WAITING, 0, -1, "it is open"},
    {COMMAND_REOPEN, ACTIVE, ME, false, ERR_CONFLICT, ACTIVE, ME, -1, "it is open"},
    {COMMAND_REOPEN, SNOOZED, ME, false, 0, ACTIVE, ME, ACTION_WOKEN, "woken by hand"},
    {COMMAND_REOPEN, SNOOZED, OTHER, false, 0, ACTIVE, OTHER, ACTION_WOKEN, "woken for whoever has it"},
    {COMMAND_REOPEN, SNOOZED, 0, false, 0, WAITING, 0, ACTION_WOKEN, "whoever wakes it has not taken it"},
    {COMMAND_REOPEN, CLOSED, OTHER, false, 0, ACTIVE, OTHER, ACTION_REOPENED, "back to whoever had it"},
    {COMMAND_REOPEN, CLOSED, 0, false, 0, WAITING, 0, ACTION_REOPENED, "back to the queue"},
    {COMMAND_SNOOZE, WAITING, 0, false, 0, SNOOZED, 0, ACTION_SNOOZED, "aside, and nobody's"},
    {COMMAND_SNOOZE, ACTIVE, ME, false, 0, SNOOZED, ME, ACTION_SNOOZED, "aside, and still one's own"},
    {COMMAND_SNOOZE, ACTIVE, OTHER, false, 0, SNOOZED, OTHER, ACTION_SNOOZED, "for whoever has it"},
    {COMMAND_SNOOZE, SNOOZED, ME, false, 0, SNOOZED, ME, -1, "until the same moment: nothing happens"},
    {COMMAND_SNOOZE, CLOSED, ME, false, ERR_CONVERSATION_CLOSED, CLOSED, ME, -1, "nothing to put aside"},
    {COMMAND_WAKE, WAITING, 0, false, 0, WAITING, 0, -1, "it is awake"},
    {COMMAND_WAKE, ACTIVE, OTHER, false, 0, ACTIVE, OTHER, -1, "it is awake"},
    {COMMAND_WAKE, SNOOZED, OTHER, false, 0, ACTIVE, OTHER, ACTION_WOKEN, "back with the one who has it"},
    {COMMAND_WAKE, SNOOZED, 0, false, 0, WAITING, 0, ACTION_WOKEN, "back in the queue"},
    {COMMAND_WAKE, CLOSED, ME, false, 0, CLOSED, ME, -1, "closed in its sleep"},
};

static void every_cell_decides_as_the_table_says(void **state) {
  (void)state;
  for (size_t i = 0; i < JSON_COUNT(cells); i++) {
    const struct cell *cell = &cells[i];
    bool snooze = cell->command == COMMAND_SNOOZE;
    struct conversation_state now = {cell->status, cell->assignee, cell->status == SNOOZED ? SOON : 0};
    struct conversation_decision d;
    int64_t actor = cell->command == COMMAND_CUSTOMER_WRITES ? 0 : ME;
    int64_t until = cell->wanted_status == SNOOZED ? SOON : 0;
    err e =
        conversation_decide(now, (enum conversation_verb)cell->command, actor, snooze ? SOON : THIRD, cell->force, &d);
    bool changed =
        !cell->wanted_error && (cell->wanted_status != cell->status || cell->wanted_assignee != cell->assignee);
    bool good = (int)e.code == cell->wanted_error && d.next.status == cell->wanted_status &&
                d.next.assignee_id == cell->wanted_assignee && d.next.snoozed_until == until &&
                d.system_message == cell->wanted_line && d.changed == changed;
    if (!good)
      fail_msg("%s: error %s, status %d, assignee %lld, line %d", cell->why, err_text(e.code), d.next.status,
               (long long)d.next.assignee_id, d.system_message);
  }
}

static void every_command_is_tried_in_every_status(void **state) {
  (void)state;
  bool seen[COMMAND_WAKE + 1][CONVERSATION_CLOSED + 1] = {0};
  for (size_t i = 0; i < JSON_COUNT(cells); i++) seen[cells[i].command][cells[i].status] = true;
  for (int command = 0; command <= COMMAND_WAKE; command++)
    for (int status = 0; status <= CONVERSATION_CLOSED; status++) assert_true(seen[command][status]);
}

static void a_waiting_conversation_has_no_assignee_afterwards(void **state) {
  (void)state;
  for (size_t i = 0; i < JSON_COUNT(cells); i++)
    if (!cells[i].wanted_error && cells[i].wanted_status == WAITING) assert_int_equal(cells[i].wanted_assignee, 0);
}

static void a_snoozed_conversation_may_be_snoozed_anew(void **state) {
  (void)state;
  static const int64_t moments[] = {LATER, 0};
  for (size_t i = 0; i < JSON_COUNT(moments); i++) {
    struct conversation_decision d;
    struct conversation_state now = {SNOOZED, ME, SOON};
    assert_ok(conversation_decide(now, COMMAND_SNOOZE, ME, moments[i], false, &d));
    assert_true(d.changed);
    assert_int_equal(d.next.snoozed_until, moments[i]);
    assert_int_equal(d.system_message, ACTION_SNOOZED);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(every_cell_decides_as_the_table_says),
      PURE(every_command_is_tried_in_every_status),
      PURE(a_snoozed_conversation_may_be_snoozed_anew),
      PURE(a_waiting_conversation_has_no_assignee_afterwards),
  };
  return FIXTURE_RUN(tests);
}
