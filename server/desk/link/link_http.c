/* The routes of operators' accounts in channels. */
#include "desk/link/link.h"
#include "desk/operator/operator.h"
#include "desk/route.h"

static const struct json_field target_fields[] = {
    {.name = "channel", .type = JSON_STRING, .offset = offsetof(struct link_target, channel)},
    {.name = "name", .type = JSON_STRING, .offset = offsetof(struct link_target, name)},
    {.name = "username", .type = JSON_STRING, .offset = offsetof(struct link_target, username)},
};
static JSON_SHAPE(target_shape, "LinkWay", struct link_target, target_fields,
                  "An account of the desk that takes the code.");

struct link_code {
  str payload;
  int64_t expires_at;
  struct json_list targets;
};
static const struct json_field code_fields[] = {
    {.name = "payload",
     .type = JSON_STRING,
     .flags = JSON_SECRET,
     .offset = offsetof(struct link_code, payload),
     .doc = "Sent as the payload of a start; works once."},
    {.name = "expires_at", .type = JSON_TIME, .offset = offsetof(struct link_code, expires_at)},
    {.name = "ways", .type = JSON_LIST, .offset = offsetof(struct link_code, targets), .shape = &target_shape},
};
static JSON_SHAPE(code_shape, "LinkCode", struct link_code, code_fields,
                  "A one-time code by which an operator's account in a channel is linked.");

struct join_body {
  int64_t operator_id;
};
static const struct json_field join_fields[] = {
    {.name = "operator_id",
     .type = JSON_INT,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct join_body, operator_id),
     .min = 1,
     .max = INT64_MAX,
     .doc = "Whom this operator becomes."},
};
static JSON_SHAPE(join_shape, "OperatorJoin", struct join_body, join_fields, "Two operators are one person.");

struct linking_ctx {
  struct call *call;
  char code[LINK_CODE_SIZE + 1];
  struct link_code made;
  struct link_account *accounts;
  size_t count;
  struct operator_row row;
};

static err read_accounts(db_conn *c, void *arg) {
  struct linking_ctx *x = arg;
  return link_list(c, x->call->me.id, x->call->arena, &x->accounts, &x->count);
}

static void list(struct call *c) {
  struct linking_ctx x = {.call = c};
  err e = db_read(c->desk->db, read_accounts, &x);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_list(c, &link_account_shape, x.accounts, x.count, STR_NONE);
}

static err make_code(db_conn *c, void *arg) {
  struct linking_ctx *x = arg;
  struct link_target *targets = NULL;
  size_t count = 0;
  err e = link_targets(c, x->call->arena, &targets, &count);
  x->made.targets = (struct json_list){targets, count};
  return err_is(e) ? e : link_code_make(x->call->desk, c, x->call->me.id, x->code, &x->made.expires_at);
}

static void make(struct call *c) {
  struct linking_ctx x = {.call = c};
  err e = desk_write(c->desk, make_code, &x);
  x.made.payload = arena_printf(c->arena, LINK_PREFIX "%s", x.code);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 201, &code_shape, &x.made);
}

static err unlink_all(db_conn *c, void *arg) {
  struct linking_ctx *x = arg;
  return link_remove(x->call->desk, c, x->call->me.id, http_client_address(x->call->req));
}

static void drop(struct call *c) {
  struct linking_ctx x = {.call = c};
  err e = desk_write(c->desk, unlink_all, &x);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static err run_join(db_conn *c, void *arg) {
  struct linking_ctx *x = arg;
  struct call *call = x->call;
  int64_t to = ((const struct join_body *)call->body)->operator_id;
  err e = link_join(call->desk, c, call->id, to, call->me.id, http_client_address(call->req));
  return err_is(e) ? e : operator_get(c, to, call->arena, &x->row);
}

static void join(struct call *c) {
  struct linking_ctx x = {.call = c};
  err e = desk_write(c->desk, run_join, &x);
  call_forget_operator(c, c->id);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &operator_shape, &x.row);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/operators/me/accounts", GUARD_ROLE, MAY_OPERATOR_READ, RATE_READ, .out = &link_account_shape, .out_list = true,
     .status = 200, .handler = list, .doc = "The caller's own accounts in channels."},
    {HTTP_POST, "/api/operators/me/accounts/code", GUARD_ROLE, MAY_OPERATOR_READ, RATE_LINK, .out = &code_shape, .status = 201,
     .handler = make, .doc = "A one-time code, valid for ten minutes, by which the caller links an account; an earlier one ends."},
    {HTTP_DELETE, "/api/operators/me/accounts", GUARD_ROLE, MAY_OPERATOR_READ, RATE_WRITE, .status = 204, .handler = drop,
     .doc = "Unlinks the caller's accounts."},
    {HTTP_POST, "/api/operators/:id/join", GUARD_ROLE, MAY_OPERATOR_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &join_shape,
     .out = &operator_shape, .status = 200, .handler = join,
     .doc = "Joins an operator who is known from the staff group alone to another one, with all that they did."},
};
/* clang-format on */
ROUTE_TABLE(link_routes, routes);
