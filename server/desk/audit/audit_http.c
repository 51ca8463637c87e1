/* The audit's route: reading it. Nothing changes or removes a row but its age. */
#include "base/limits.h"
#include "desk/audit/audit.h"
#include "desk/names.h"
#include "desk/route.h"

static err read_page(db_conn *c, struct call_page *p) {
  struct audit_row *rows = NULL;
  int part = names_find(&audit_part_names, call_query(p->call, "part"));
  err e = audit_page(c, part < 0 ? AUDIT_ALL : (enum audit_part)part, p->before, p->limit, p->call->arena, &rows,
                     &p->count);
  p->items = rows;
  return e;
}

static void list(struct call *c) { call_reply_page(c, &audit_shape, read_page); }

static const char *const part_words[] = {"all", "changes", "sign_ins", NULL};
static const struct route_query list_query[] = {
    {"part", "changes: without the sign-ins; sign_ins: them alone; default: all", QUERY_WORD, .words = part_words},
    ROUTE_PAGE_QUERY,
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/audit", GUARD_ROLE, MAY_AUDIT_READ, RATE_READ, .out = &audit_shape, .out_list = true, .status = 200,
     .handler = list, .query = list_query, .doc = "Who did what to the desk itself, newest first."},
};
/* clang-format on */
ROUTE_TABLE(audit_routes, routes);
