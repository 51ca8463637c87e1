/* See audit.h. Rows are only added; no code reads them yet. */
#include "desk/audit/audit.h"

#include "desk/names.h"
#include "sql.h"

#include <stddef.h>

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

/* ---- reading ---- */

static const char *const parts[] = {[AUDIT_ALL] = "all", [AUDIT_CHANGES] = "changes", [AUDIT_SIGN_INS] = "sign_ins"};
const struct json_enum audit_part_names = {.name = "AuditPart", .names = parts, .count = JSON_COUNT(parts)};

#define AT(member) offsetof(struct audit_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "actor", .type = JSON_ENUM, .flags = JSON_NULLABLE, .offset = AT(actor), .names = &actor_names},
    {.name = "actor_id", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(actor_id)},
    {.name = "action",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(action),
     .names = &audit_action_names,
     .doc = "null: one that this version does not know."},
    {.name = "target", .type = JSON_STRING, .offset = AT(target), .doc = "What was acted on, such as operator:12."},
    {.name = "detail", .type = JSON_STRING, .offset = AT(detail)},
    {.name = "address", .type = JSON_STRING, .offset = AT(address), .doc = "From where; may be empty."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
};
#undef AT
JSON_SHAPE(audit_shape, "AuditEntry", struct audit_row, fields, "What somebody did to the desk itself.");

static void from_row(const struct db_cell *cell, struct audit_row *out) {
  *out = (struct audit_row){
      .id = cell[COL_AUDIT_ID].i,
      .actor = names_find(&actor_names, cell[COL_AUDIT_ACTOR].s),
      .actor_id = cell[COL_AUDIT_ACTOR_ID].i,
      .action = names_find(&audit_action_names, cell[COL_AUDIT_ACTION].s),
      .target = cell[COL_AUDIT_TARGET].s,
      .detail = cell[COL_AUDIT_DETAIL].s,
      .address = cell[COL_AUDIT_ADDRESS].s,
      .created_at = cell[COL_AUDIT_CREATED_AT].i,
  };
}

err audit_page(db_conn *c, enum audit_part part, int64_t before, size_t limit, arena *a, struct audit_row **out,
               size_t *count) {
  struct db_rows rows = {0};
  str sign_in = names_text(&audit_action_names, AUDIT_OPERATOR_SIGNED_IN);
  err e = DB_RUN(c, SQL_AUDIT_PAGE, a, &rows, DB_I(before), DB_I((int64_t)limit), DB_I((int64_t)part), DB_S(sign_in));
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct audit_row, *count);
  for (size_t i = 0; i < *count; i++) from_row(db_at(&rows, i, 0), &(*out)[i]);
  return e;
}
