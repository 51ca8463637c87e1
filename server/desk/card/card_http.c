/* The switch of an account's live cards. */
#include "desk/account/account.h"
#include "desk/audit/audit.h"
#include "desk/card/card.h"
#include "desk/route.h"

#include <inttypes.h>
#include <stddef.h>

struct card_switch {
  bool enabled;
};
static const struct json_field fields[] = {
    {.name = "enabled", .type = JSON_BOOL, .flags = JSON_REQUIRED, .offset = offsetof(struct card_switch, enabled)},
};
static JSON_SHAPE(switch_shape, "LiveCards", struct card_switch, fields,
                  "Whether customers of the account have a message that shows the state of their conversation.");

struct switching_ctx {
  struct call *call;
  bool set;
  struct card_switch out;
};

static err run(db_conn *c, void *arg) {
  struct switching_ctx *x = arg;
  struct call *call = x->call;
  struct account_row row;
  str account = arena_printf(call->arena, "%" PRId64, call->id);
  err e = account_get(c, call->id, call->arena, &row);
  if (!err_is(e) && row.removed_at) e = err_make(ERR_NOT_FOUND);
  if (!err_is(e) && x->set) e = card_enable(c, row.channel, account, x->out.enabled);
  if (!err_is(e) && x->set)
    e = audit_add(c, actor_operator(call->me.id), AUDIT_SETTINGS_CHANGED, S("settings"), S("live_card"),
                  http_client_address(call->req), desk_now(call->desk));
  return err_is(e) ? e : card_enabled(c, row.channel, account, &x->out.enabled);
}

static void answer(struct call *c, struct switching_ctx *x, err e) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &switch_shape, &x->out);
}

static void show(struct call *c) {
  struct switching_ctx x = {.call = c};
  answer(c, &x, db_read(c->desk->db, run, &x));
}

static void put(struct call *c) {
  struct switching_ctx x = {.call = c, .set = true, .out = *(const struct card_switch *)c->body};
  err e = desk_write(c->desk, run, &x);
  card_watch_again(c->desk);
  answer(c, &x, e);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/bots/:id/card", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &switch_shape, .status = 200, .handler = show,
     .doc = "Whether the account's customers have a live card."},
    {HTTP_PUT, "/api/bots/:id/card", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &switch_shape,
     .out = &switch_shape, .status = 200, .handler = put, .doc = "Switches live cards on or off."},
};
/* clang-format on */
ROUTE_TABLE(card_routes, routes);
