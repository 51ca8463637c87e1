/* The rules of a conversation as one table: command by status. Pure. An empty cell is an error. */
#include "desk/conversation/conversation.h"

#include "desk/names.h"

#include <assert.h>

static const char *const statuses[] = {"waiting", "active", "snoozed", "closed"};
static const struct json_alias status_aliases[] = {{"new", CONVERSATION_WAITING}, {NULL, 0}};
const struct json_enum conversation_status_names = {
    .name = "ConversationStatus", .names = statuses, .count = JSON_COUNT(statuses), .aliases = status_aliases};

static const char *const reasons[] = {
    [SPAM_FLOOD] = "flood", [SPAM_MARKED] = "marked", [SPAM_UNPROVEN] = "unproven", [SPAM_BLOCKED] = "blocked"};
const struct json_enum conversation_spam_reason_names = {
    .name = "SpamReason", .names = reasons, .count = JSON_COUNT(reasons)};

enum { STATUSES = CONVERSATION_CLOSED + 1, COMMANDS = COMMAND_WAKE + 1 };

enum next_status {
  REFUSED,
  STAYS,
  WAITS,
  IS_ACTIVE,
  IS_SNOOZED,
  IS_CLOSED,
  BY_ASSIGNEE /* active with one, else waiting */
};
enum next_assignee { KEPT, NOBODY, ACTOR, ACTOR_IF_NOBODY, TARGET };
struct cell {
  unsigned char status, assignee;
  signed char system_message; /* one more than enum message_action; 0: none */
};
#define SYSTEM_MESSAGE(action) (ACTION_##action + 1)

static const struct cell table[COMMANDS][STATUSES] = {
    [COMMAND_CUSTOMER_WRITES] = {[CONVERSATION_WAITING] = {STAYS, KEPT, 0},
                                 [CONVERSATION_ACTIVE] = {STAYS, KEPT, 0},
                                 [CONVERSATION_SNOOZED] = {BY_ASSIGNEE, KEPT, 0},
                                 [CONVERSATION_CLOSED] = {WAITS, NOBODY, SYSTEM_MESSAGE(REOPENED)}},
    [COMMAND_REPLY] = {[CONVERSATION_WAITING] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(TAKEN)},
                       [CONVERSATION_ACTIVE] = {STAYS, ACTOR_IF_NOBODY, SYSTEM_MESSAGE(TAKEN)},
                       [CONVERSATION_SNOOZED] = {IS_ACTIVE, ACTOR_IF_NOBODY, SYSTEM_MESSAGE(TAKEN)},
                       [CONVERSATION_CLOSED] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(REOPENED)}},
    [COMMAND_TAKE] = {[CONVERSATION_WAITING] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(TAKEN)},
                      [CONVERSATION_ACTIVE] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(TAKEN)},
                      [CONVERSATION_SNOOZED] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(TAKEN)},
                      [CONVERSATION_CLOSED] = {IS_ACTIVE, ACTOR, SYSTEM_MESSAGE(REOPENED)}},
    [COMMAND_ASSIGN] = {[CONVERSATION_WAITING] = {IS_ACTIVE, TARGET, SYSTEM_MESSAGE(ASSIGNED)},
                        [CONVERSATION_ACTIVE] = {IS_ACTIVE, TARGET, SYSTEM_MESSAGE(ASSIGNED)},
                        [CONVERSATION_SNOOZED] = {IS_ACTIVE, TARGET, SYSTEM_MESSAGE(ASSIGNED)},
                        [CONVERSATION_CLOSED] = {IS_ACTIVE, TARGET, SYSTEM_MESSAGE(ASSIGNED)}},
    [COMMAND_UNASSIGN] = {[CONVERSATION_WAITING] = {WAITS, NOBODY, SYSTEM_MESSAGE(UNASSIGNED)},
                          [CONVERSATION_ACTIVE] = {WAITS, NOBODY, SYSTEM_MESSAGE(UNASSIGNED)},
                          [CONVERSATION_SNOOZED] = {WAITS, NOBODY, SYSTEM_MESSAGE(UNASSIGNED)}},
    [COMMAND_CLOSE] = {[CONVERSATION_WAITING] = {IS_CLOSED, KEPT, SYSTEM_MESSAGE(CLOSED)},
                       [CONVERSATION_ACTIVE] = {IS_CLOSED, KEPT, SYSTEM_MESSAGE(CLOSED)},
                       [CONVERSATION_SNOOZED] = {IS_CLOSED, KEPT, SYSTEM_MESSAGE(CLOSED)},
                       [CONVERSATION_CLOSED] = {STAYS, KEPT, 0}},
    [COMMAND_REOPEN] = {[CONVERSATION_SNOOZED] = {BY_ASSIGNEE, KEPT, SYSTEM_MESSAGE(WOKEN)},
                        [CONVERSATION_CLOSED] = {BY_ASSIGNEE, KEPT, SYSTEM_MESSAGE(REOPENED)}},
    [COMMAND_SNOOZE] = {[CONVERSATION_WAITING] = {IS_SNOOZED, KEPT, SYSTEM_MESSAGE(SNOOZED)},
                        [CONVERSATION_ACTIVE] = {IS_SNOOZED, KEPT, SYSTEM_MESSAGE(SNOOZED)},
                        [CONVERSATION_SNOOZED] = {IS_SNOOZED, KEPT, SYSTEM_MESSAGE(SNOOZED)}},
    [COMMAND_WAKE] = {[CONVERSATION_WAITING] = {STAYS, KEPT, 0},
                      [CONVERSATION_ACTIVE] = {STAYS, KEPT, 0},
                      [CONVERSATION_SNOOZED] = {BY_ASSIGNEE, KEPT, SYSTEM_MESSAGE(WOKEN)},
                      [CONVERSATION_CLOSED] = {STAYS, KEPT, 0}},
};

static int64_t assignee_after(enum next_assignee rule, int64_t now, int64_t actor, int64_t target) {
  switch (rule) {
    case KEPT: return now;
    case NOBODY: return 0;
    case ACTOR: return actor;
    case ACTOR_IF_NOBODY: return now ? now : actor;
    case TARGET: return target;
  }
  return now;
}

static int status_after(enum next_status rule, int now, int64_t assignee) {
  switch (rule) {
    case REFUSED:
    case STAYS: return now;
    case WAITS: return CONVERSATION_WAITING;
    case IS_ACTIVE: return CONVERSATION_ACTIVE;
    case IS_SNOOZED: return CONVERSATION_SNOOZED;
    case IS_CLOSED: return CONVERSATION_CLOSED;
    case BY_ASSIGNEE: return assignee ? CONVERSATION_ACTIVE : CONVERSATION_WAITING;
  }
  return now;
}

static err refusal(enum conversation_verb command) {
  if (command == COMMAND_REOPEN) return err_detail(ERR_CONFLICT, "status", "The conversation is open.");
  return err_field(ERR_CONVERSATION_CLOSED, "status");
}

/* Taking, or assigning to oneself, is shown as taking, and only if the assignee changes. */
static int system_message_of(const struct cell *cell, bool new_assignee, int64_t actor, int64_t assignee) {
  int action = cell->system_message - 1;
  if (action == ACTION_ASSIGNED && actor == assignee) action = ACTION_TAKEN;
  if ((action == ACTION_TAKEN || action == ACTION_UNASSIGNED) && !new_assignee) return -1;
  return action;
}

err conversation_decide(struct conversation_state now, enum conversation_verb command, int64_t actor, int64_t target,
                        bool force, struct conversation_decision *out) {
  assert((int)command < COMMANDS && now.status >= 0 && now.status < STATUSES);
  const struct cell *cell = &table[command][now.status];
  *out = (struct conversation_decision){.next = now, .system_message = -1};
  if (cell->status == REFUSED) return refusal(command);
  bool others = now.status != CONVERSATION_CLOSED && now.assignee_id && now.assignee_id != actor;
  if (command == COMMAND_TAKE && others && !force) return err_field(ERR_ALREADY_TAKEN, "assignee_id");
  int64_t assignee = assignee_after((enum next_assignee)cell->assignee, now.assignee_id, actor, target);
  int status = status_after((enum next_status)cell->status, now.status, assignee);
  bool new_assignee = assignee != now.assignee_id;
  int64_t until = status != CONVERSATION_SNOOZED ? 0 : command == COMMAND_SNOOZE ? target : now.snoozed_until;
  out->next = (struct conversation_state){status, assignee, until};
  out->changed = new_assignee || status != now.status || until != now.snoozed_until;
  if (out->changed) out->system_message = system_message_of(cell, new_assignee, actor, assignee);
  return err_ok;
}
