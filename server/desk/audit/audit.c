/* See audit.h. Rows are only added; no code reads them yet. */
#include "desk/audit/audit.h"

#include "desk/names.h"
#include "sql.h"

static const char *const actions[] = {
#define AUDIT(name, text) text,
#include "spec/audit.tbl"
#undef AUDIT
};
const struct json_enum audit_action_names = {.name = "AuditAction", .names = actions, .count = JSON_COUNT(actions)};

err audit_add(db_conn *c, struct actor by, enum audit_action action, str target, str detail, str address,
              int64_t now_ms) {
  return DB_RUN(c, SQL_AUDIT_ADD, db_conn_arena(c), NULL, DB_S(names_text(&actor_names, by.kind)), db_arg_opt(by.id),
                DB_S(names_text(&audit_action_names, (int)action)), DB_S(str_or_empty(target)),
                DB_S(str_or_empty(detail)), DB_S(str_or_empty(address)), DB_I(now_ms));
}
