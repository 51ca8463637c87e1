/* See audit.h. Rows are only added; no code reads them yet. */
#include "desk/audit/audit.h"

#include "desk/names.h"
#include "sql.h"

err audit_add(db_conn *c, struct actor by, const char *action, str target, str detail, str address, int64_t now_ms) {
  return DB_RUN(c, SQL_AUDIT_ADD, db_conn_arena(c), NULL, DB_S(names_text(&actor_names, by.kind)), db_arg_opt(by.id),
                DB_S(str_c(action)), DB_S(str_or_empty(target)), DB_S(str_or_empty(detail)),
                DB_S(str_or_empty(address)), DB_I(now_ms));
}
