/* How many requests compare rows with a condition at the same time. Such a request may keep a worker and a reader of the
 * database for a second, and there are four of each: a few operators, or one program, must not stop everybody's sign-in,
 * answers and lists. What is found by an index does not pass here. Any thread. */
#ifndef SB_DESK_CONVERSATION_CONVERSATION_GATE_H
#define SB_DESK_CONVERSATION_CONVERSATION_GATE_H

#include "base/err.h"

enum {
  GATE_AT_ONCE = 2,     /* requests, each of another operator */
  GATE_WAITING_MAX = 1, /* requests beyond these; whatever comes on top is refused */
  GATE_WAIT_MS = 2000,
};

/* ERR_OVERLOADED with a time to wait; else gate_leave must follow. */
err gate_enter(int64_t operator_id);
void gate_leave(int64_t operator_id);

#endif
