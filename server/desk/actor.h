/* Actors: who acts on the desk. Messages, system messages, events and the audit log name the actor; may() in
 * desk/access decides what an actor may do. */
#ifndef SB_DESK_ACTOR_H
#define SB_DESK_ACTOR_H

#include "base/json.h"

enum actor_kind {
#define ACTOR(name, text) ACTOR_##name,
#include "spec/actors.tbl"
#undef ACTOR
  ACTORS
};
extern const struct json_enum actor_names; /* "ActorKind"; as stored */

enum operator_role { ROLE_ADMIN, ROLE_SENIOR_OPERATOR, ROLE_OPERATOR };

struct actor { /* zeroed: the system */
  enum actor_kind kind;
  enum operator_role role; /* for an operator */
  int64_t id;              /* id within the kind; 0: none or unknown */
};

/* An operator with the least permissions; see operator_actor if the row is known. 0: the system. */
static inline struct actor actor_operator(int64_t id) {
  return (struct actor){.kind = id ? ACTOR_OPERATOR : ACTOR_SYSTEM, .role = ROLE_OPERATOR, .id = id};
}
static inline struct actor actor_customer(int64_t id) { return (struct actor){.kind = ACTOR_CUSTOMER, .id = id}; }
/* The id if the actor is an operator, else 0. */
static inline int64_t actor_operator_id(const struct actor *a) { return a->kind == ACTOR_OPERATOR ? a->id : 0; }

#endif
