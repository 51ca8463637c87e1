/* The audit log of administrative actions: one row per action, never changed. */
#ifndef SB_DESK_AUDIT_AUDIT_H
#define SB_DESK_AUDIT_AUDIT_H

#include "db/db.h"
#include "desk/actor.h"

/* Inside a transaction. action: "operator.created"; target: "operator:12"; no secrets in detail. */
err audit_add(db_conn *c, struct actor by, const char *action, str target, str detail, str address, int64_t now_ms);

#endif
