/* What operators may see of a customer's devices: their existence and when they were last seen; never a token. */
#include "desk/customer/customer.h"
#include "desk/device/device_internal.h"
#include "desk/route.h"

struct reading_ctx {
  struct call *call;
  struct device_list list;
};

static err read_all(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct customer_row customer;
  bool own = call_reach(r->call) == REACH_OWN;
  err e = own ? customer_assigned(c, r->call->id, r->call->me.id) : err_ok;
  if (!err_is(e)) e = customer_get(c, r->call->id, r->call->arena, &customer);
  if (err_is(e)) return e;
  struct device_owner owner = {customer.channel, customer.account, customer.external_id};
  return device_list(c, &owner, r->call->arena, &r->list);
}

static void list(struct call *c) {
  struct reading_ctx r = {.call = c};
  err e = db_read(c->desk->db, read_all, &r);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &device_list_shape, &r.list);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/customers/:id/devices", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true,
     .out = &device_list_shape, .status = 200, .handler = list,
     .doc = "A customer's devices, and when the customer last used the app."},
};
ROUTE_TABLE(device_routes, routes);
