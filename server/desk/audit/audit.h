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

#endif
