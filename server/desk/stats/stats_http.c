/* The statistics' route. */
#include "desk/stats/stats.h"
#include "desk/route.h"

struct counting_ctx {
  struct actor who;
  int64_t now_ms;
  struct stats stats;
};

static err run(db_conn *c, void *arg) {
  struct counting_ctx *n = arg;
  return stats_count(c, &n->who, n->now_ms, &n->stats);
}

static void show(struct call *c) {
  struct counting_ctx n = {.who = operator_actor(&c->me), .now_ms = desk_now(c->desk)};
  err e = db_read(c->desk->db, run, &n);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &stats_shape, &n.stats);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/stats", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &stats_shape, .status = 200,
     .handler = show, .doc = "Conversations by status, operators online and today's messages."},
};
/* clang-format on */
ROUTE_TABLE(stats_routes, routes);
