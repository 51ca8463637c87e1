/* Routes of single messages: earlier versions, the raw JSON of the channel, fetching a file again. Pages of history and replies are routes
 * of the conversation; resending is a route of the outbox. */
#include "desk/message/message.h"
#include "desk/route.h"

struct reading_ctx {
  struct call *call;
  struct message_edit_row *edits;
  size_t count;
  str raw;
};

/* ERR_NOT_FOUND also for a message of a conversation that the caller may not read. */
static err find(db_conn *c, const struct call *call) {
  struct actor me = operator_actor(&call->me);
  struct subject conversation;
  err e = message_subject(c, call->id, &conversation);
  return err_is(e) || may(&me, MAY_CONVERSATION_READ, &conversation) ? e : err_make(ERR_NOT_FOUND);
}

static err read_edits(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  err e = find(c, r->call);
  return err_is(e) ? e : message_edits(c, r->call->id, r->call->arena, &r->edits, &r->count);
}

static void edits(struct call *c) {
  struct reading_ctx r = {.call = c};
  err e = db_read(c->desk->db, read_edits, &r);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_list(c, &message_edit_shape, r.edits, r.count, STR_NONE);
}

static err run_fetch(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct actor by = operator_actor(&r->call->me);
  err e = call_reach(r->call) == REACH_OWN ? file_assigned(c, r->call->id, r->call->me.id) : err_ok;
  return err_is(e) ? e : file_fetch_again(c, r->call->id, &by, desk_now(r->call->desk));
}

static void fetch_again(struct call *c) {
  err e = desk_write(c->desk, run_fetch, &(struct reading_ctx){.call = c});
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static err read_raw(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  err e = find(c, r->call);
  return err_is(e) ? e : message_raw(c, r->call->id, r->call->arena, &r->raw);
}

static void raw(struct call *c) {
  struct reading_ctx r = {.call = c};
  err e = db_read(c->desk->db, read_raw, &r);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  buf json;
  buf_init(&json, r.raw.len + 1);
  buf_add(&json, r.raw);
  call_reply_json(c, 200, &json);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/messages/:id/edits", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .out = &message_edit_shape,
     .out_list = true, .status = 200, .handler = edits, .doc = "Earlier versions of a message, oldest first."},
    {HTTP_GET, "/api/messages/:id/raw", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true, .status = 200, .handler = raw,
     .doc = "The channel's raw JSON of a message that is not shown in full, as received."},
    {HTTP_POST, "/api/files/:id/fetch", GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_WRITE, .own = true, .status = 204, .handler = fetch_again,
     .fails = FAILS(NOT_RETRYABLE), .doc = "Fetches a file again that could not be fetched. For any other file nothing happens."},
};
/* clang-format on */
ROUTE_TABLE(message_routes, routes);
