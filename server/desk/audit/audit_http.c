/* The audit's route: reading it. Nothing changes or removes a row but its age. */
#include "base/limits.h"
#include "desk/audit/audit.h"
#include "desk/names.h"
#include "desk/route.h"

struct listing_ctx {
  struct call *call;
  enum audit_part part;
  int64_t before;
  size_t limit, count;
  struct audit_row *rows;
};

static err read_page(db_conn *c, void *arg) {
  struct listing_ctx *l = arg;
  return audit_page(c, l->part, l->before, l->limit + 1, l->call->arena, &l->rows, &l->count);
}

static void list(struct call *c) {
  int64_t unused = 0;
  int part = names_find(&audit_part_names, call_query(c, "part"));
  struct listing_ctx l = {.call = c,
                          .part = part < 0 ? AUDIT_ALL : (enum audit_part)part,
                          .before = INT64_MAX,
                          .limit = (size_t)call_query_int(c, "limit")};
  cursor_read(call_query(c, "cursor"), &l.before, &unused);
  err e = db_read(c->desk->db, read_page, &l);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  bool more = l.count > l.limit;
  if (more) l.count = l.limit;
  call_reply_list(c, &audit_shape, l.rows, l.count, more ? cursor_make(c->arena, l.rows[l.count - 1].id, 0) : STR_NONE);
}

static const char *const part_words[] = {"all", "changes", "sign_ins", NULL};
static const struct route_query list_query[] = {
    {"part", "changes: without the sign-ins; sign_ins: them alone; default: all", QUERY_WORD, .words = part_words},
    {"cursor", "next_cursor of the previous page", QUERY_CURSOR},
    {"limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT},
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/audit", GUARD_ROLE, MAY_AUDIT_READ, RATE_READ, .out = &audit_shape, .out_list = true, .status = 200,
     .handler = list, .query = list_query, .doc = "Who did what to the desk itself, newest first."},
};
/* clang-format on */
ROUTE_TABLE(audit_routes, routes);
