/* The customers' routes. */
#include "desk/customer/customer.h"
#include "desk/route.h"

struct reading_ctx {
  struct call *call;
  struct customer_row row;
};

static err read_one(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  bool own = call_reach(r->call) == REACH_OWN;
  err e = own ? customer_assigned(c, r->call->id, r->call->me.id) : err_ok;
  return err_is(e) ? e : customer_get(c, r->call->id, r->call->arena, &r->row);
}

static void show(struct call *c) {
  struct reading_ctx r = {.call = c};
  err e = db_read(c->desk->db, read_one, &r);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &customer_shape, &r.row);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/customers/:id", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &customer_shape, .status = 200,
     .handler = show, .doc = "One customer."},
};
/* clang-format on */
ROUTE_TABLE(customer_routes, routes);
