/* See audit.h. Rows are only ever added; reading them is a later screen's. */
#include "desk/audit/audit.h"

#include "sql.h"

err audit_add(db_conn *c, int64_t operator_id, const char *action, str target, str detail, str address,
              int64_t now_ms) {
  return DB_RUN(c, SQL_AUDIT_ADD, db_conn_arena(c), NULL, db_arg_opt(operator_id), DB_S(str_c(action)),
                DB_S(str_or_empty(target)), DB_S(str_or_empty(detail)), DB_S(str_or_empty(address)), DB_I(now_ms));
}
