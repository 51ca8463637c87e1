/* The routes by which operators block customers. They are here and not with the customers, because blocking concerns the
 * conversation. */
#include "desk/conversation/conversation.h"
#include "desk/route.h"

static void set(struct call *c, bool blocked) {
  struct conversation_block o = {
      .customer_id = c->id, .by = operator_actor(&c->me), .blocked = blocked, .address = http_client_address(c->req)};
  struct customer_row row;
  err e = conversation_block(c->desk, &o, c->arena, &row);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &customer_shape, &row);
}

static void block(struct call *c) { set(c, true); }

static void unblock(struct call *c) { set(c, false); }

#define BLOCKS GUARD_ROLE, MAY_CUSTOMER_BLOCK, RATE_WRITE, .own = true, .out = &customer_shape, .status = 200

/* clang-format off */
static const struct route routes[] = {
    {HTTP_POST, "/api/customers/:id/block", BLOCKS, .handler = block,
     .doc = "Blocks the customer: their messages are stored, but neither wait nor count, and nobody is notified. They are told once, "
            "if the account has a text for that."},
    {HTTP_POST, "/api/customers/:id/unblock", BLOCKS, .handler = unblock,
     .doc = "Lets a blocked customer in again; their conversation comes back where it was, with what they have written."},
};
/* clang-format on */
ROUTE_TABLE(conversation_block_routes, routes);
