/* The audit log of administrative actions: one row per action, never changed. */
#ifndef SB_DESK_AUDIT_AUDIT_H
#define SB_DESK_AUDIT_AUDIT_H

#include "base/json.h"
#include "db/db.h"
#include "desk/actor.h"

enum audit_action {
#define AUDIT(name, text) AUDIT_##name,
#include "spec/audit.tbl"
#undef AUDIT
  AUDIT_ACTIONS
};
extern const struct json_enum audit_action_names; /* "AuditAction"; as stored */

/* Inside a transaction. target: "operator:12"; no secrets in detail. */
err audit_add(db_conn *c, struct actor by, enum audit_action action, str target, str detail, str address,
              int64_t now_ms);

struct audit_row {
  int64_t id, created_at;
  int actor;        /* enum actor_kind; -1: of another version */
  int64_t actor_id; /* 0: none */
  int action;       /* enum audit_action; -1: of another version */
  str target, detail, address;
};
extern const struct json_shape audit_shape;

enum audit_part { AUDIT_ALL, AUDIT_CHANGES /* without sign-ins */, AUDIT_SIGN_INS };
extern const struct json_enum audit_part_names;
/* Newest first, ids below `before`. */
err audit_page(db_conn *c, enum audit_part part, int64_t before, size_t limit, arena *a, struct audit_row **out,
               size_t *count);

#endif
