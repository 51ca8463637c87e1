/* Routes of the dead letters, which are messages that could not be sent: listing, retrying and dismissing them. A dead letter
 * shows its message, so the caller must be allowed to read the message's conversation, too. */
#include "base/limits.h"
#include "desk/audit/audit.h"
#include "desk/names.h"
#include "desk/outbox/outbox.h"
#include "desk/route.h"

static err read_page(db_conn *c, struct call_page *p) {
  struct dead_letter *letters = NULL;
  struct actor me = operator_actor(&p->call->me);
  enum reach reach = may_reach(&me, MAY_CONVERSATION_READ);
  if (reach == REACH_NONE) return err_make(ERR_FORBIDDEN);
  int64_t assignee = reach == REACH_OWN ? me.id : 0;
  err e = outbox_dead(c, assignee, p->before, p->limit, p->call->arena, &letters, &p->count);
  p->items = letters;
  return e;
}

static void list(struct call *c) { call_reply_page(c, &dead_letter_shape, read_page); }

/* ---- retrying and dismissing ---- */

struct change_ctx {
  struct call *call;
  str address;
  bool by_message; /* the id is a message's, else a dead letter's */
  struct message_row message;
};

/* ERR_NOT_FOUND also for a message of a conversation that the caller may not read. */
static err find_message(db_conn *c, const struct call *call, int64_t message_id) {
  struct actor me = operator_actor(&call->me);
  struct subject conversation;
  err e = message_subject(c, message_id, &conversation);
  return err_is(e) || may(&me, MAY_CONVERSATION_READ, &conversation) ? e : err_make(ERR_NOT_FOUND);
}

static err find_letter(db_conn *c, const struct call *call) {
  struct job j;
  err e = job_get(c, call->id, call->arena, &j);
  if (err_is(e)) return e;
  return j.kind == JOB_ANSWER || j.kind == JOB_COPY ? find_message(c, call, j.subject_id) : err_make(ERR_NOT_FOUND);
}

static err audit(db_conn *c, const struct change_ctx *change, enum audit_action action, const struct outbox_ref *of) {
  str target = arena_printf(db_conn_arena(c), "message:%lld", (long long)of->message_id);
  return audit_add(c, actor_operator(change->call->me.id), action, target, names_text(&job_kind_names, of->kind),
                   change->address, desk_now(change->call->desk));
}

static err run_retry(db_conn *c, void *arg) {
  struct change_ctx *change = arg;
  struct call *call = change->call;
  int64_t now_ms = desk_now(call->desk);
  struct actor by = operator_actor(&call->me);
  struct outbox_ref of = {JOB_ANSWER, call->id};
  err e = change->by_message ? find_message(c, call, call->id) : find_letter(c, call);
  if (!err_is(e))
    e = change->by_message ? outbox_retry_message(c, call->id, &by, now_ms, call->arena)
                           : outbox_retry(c, call->id, &by, now_ms, call->arena, &of);
  if (!err_is(e)) e = audit(c, change, AUDIT_DEAD_LETTER_RETRIED, &of);
  return err_is(e) ? e : message_get(c, of.message_id, call->arena, &change->message);
}

static void retry(struct call *c, bool by_message) {
  struct change_ctx change = {.call = c, .address = http_client_address(c->req), .by_message = by_message};
  err e = desk_write(c->desk, run_retry, &change);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &message_shape, &change.message);
}

static void retry_letter(struct call *c) { retry(c, false); }

static void retry_message(struct call *c) { retry(c, true); }

static err run_dismiss(db_conn *c, void *arg) {
  const struct change_ctx *change = arg;
  const struct call *call = change->call;
  struct actor by = actor_operator(call->me.id);
  struct outbox_ref of = {0};
  err e = find_letter(c, call);
  if (!err_is(e)) e = outbox_dismiss(c, call->id, &by, desk_now(call->desk), &of);
  return err_is(e) ? e : audit(c, change, AUDIT_DEAD_LETTER_DISMISSED, &of);
}

static void dismiss(struct call *c) {
  err e = desk_write(c->desk, run_dismiss, &(struct change_ctx){.call = c, .address = http_client_address(c->req)});
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static const struct route_query list_query[] = {
    ROUTE_PAGE_QUERY,
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/dead-letters", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_READ, .out = &dead_letter_shape, .out_list = true,
     .status = 200, .handler = list, .query = list_query, .doc = "Messages that could not be sent, newest first. They stay until they are resent or dismissed; of all dead "
            "letters the latest 100,000 are kept."},
    {HTTP_POST, "/api/dead-letters/:id/retry", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_WRITE, .out = &message_shape,
     .status = 200, .handler = retry_letter, .fails = FAILS(NOT_RETRYABLE) | FAILS(FILE_REMOVED) | FAILS(CONFLICT) | FAILS(QUEUE_FULL),
     .doc = "Queues a dead letter again and returns its message."},
    {HTTP_DELETE, "/api/dead-letters/:id", GUARD_ROLE, MAY_OUTBOX_DISMISS, RATE_WRITE, .status = 204,
     .handler = dismiss, .doc = "Removes a dead letter from the list; its message stays failed."},
    {HTTP_POST, "/api/messages/:id/retry", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_WRITE, .out = &message_shape,
     .status = 200, .handler = retry_message, .fails = FAILS(NOT_RETRYABLE) | FAILS(FILE_REMOVED) | FAILS(CONFLICT) | FAILS(QUEUE_FULL),
     .doc = "Queues a failed or uncertain message again; 409 not_retryable for any other."},
};
/* clang-format on */
ROUTE_TABLE(outbox_routes, routes);
