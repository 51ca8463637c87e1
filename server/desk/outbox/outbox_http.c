/* The dead letters: messages that could not be sent, why, and resending them. */
#include "base/limits.h"
#include "desk/outbox/outbox.h"
#include "desk/route.h"

struct listing_ctx {
  struct call *call;
  int64_t before, limit;
  struct dead_letter *letters;
  size_t count;
  bool more;
};

static err read_dead(db_conn *c, void *arg) {
  struct listing_ctx *l = arg;
  return outbox_dead(c, l->before, (size_t)l->limit, l->call->arena, &l->letters, &l->count, &l->more);
}

static void list(struct call *c) {
  struct listing_ctx l = {.call = c};
  int64_t unused = 0;
  l.limit = call_query_int(c, "limit");
  cursor_read(call_query(c, "cursor"), &l.before, &unused);
  err e = db_read(c->desk->db, read_dead, &l);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  str next = l.more ? cursor_make(c->arena, l.letters[l.count - 1].id, 0) : STR_NONE;
  call_reply_list(c, &dead_letter_shape, l.letters, l.count, next);
}

struct retrying_ctx {
  struct call *call;
  bool by_message; /* the id is a message's, else a dead letter's */
  struct message_row message;
};

static err run_retry(db_conn *c, void *arg) {
  struct retrying_ctx *r = arg;
  arena *a = r->call->arena;
  int64_t now = desk_now(r->call->desk), message_id = r->call->id;
  struct actor by = operator_actor(&r->call->me);
  err e = r->by_message ? outbox_retry_message(c, message_id, &by, now, a)
                        : outbox_retry(c, r->call->id, &by, now, a, &message_id);
  return err_is(e) ? e : message_get(c, message_id, a, &r->message);
}

static void retry(struct call *c, bool by_message) {
  struct retrying_ctx r = {.call = c, .by_message = by_message};
  err e = desk_write(c->desk, run_retry, &r);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &message_shape, &r.message);
}

static void retry_letter(struct call *c) { retry(c, false); }

static void retry_message(struct call *c) { retry(c, true); }

static err run_dismiss(db_conn *c, void *arg) {
  const struct call *call = arg;
  struct actor by = actor_operator(call->me.id);
  return outbox_dismiss(c, call->id, &by, desk_now(call->desk));
}

static void dismiss(struct call *c) {
  err e = desk_write(c->desk, run_dismiss, c);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static const struct route_query list_query[] = {
    {"cursor", "next_cursor of the previous page", QUERY_CURSOR},
    {"limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT},
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/dead-letters", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_READ, .out = &dead_letter_shape, .out_list = true,
     .status = 200, .handler = list, .query = list_query, .doc = "Messages that could not be sent, newest first. They stay until they are resent or dismissed; of all dead "
            "letters the latest 100,000 are kept."},
    {HTTP_POST, "/api/dead-letters/:id/retry", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_WRITE, .out = &message_shape,
     .status = 200, .handler = retry_letter, .fails = FAILS(NOT_RETRYABLE) | FAILS(CONFLICT) | FAILS(QUEUE_FULL),
     .doc = "Queues a dead letter again and returns its message."},
    {HTTP_DELETE, "/api/dead-letters/:id", GUARD_ROLE, MAY_OUTBOX_DISMISS, RATE_WRITE, .status = 204,
     .handler = dismiss, .doc = "Removes a dead letter from the list; its message stays failed."},
    {HTTP_POST, "/api/messages/:id/retry", GUARD_ROLE, MAY_OUTBOX_RETRY, RATE_WRITE, .out = &message_shape,
     .status = 200, .handler = retry_message, .fails = FAILS(NOT_RETRYABLE) | FAILS(CONFLICT) | FAILS(QUEUE_FULL),
     .doc = "Queues a failed or uncertain message again; 409 not_retryable for any other."},
};
/* clang-format on */
ROUTE_TABLE(outbox_routes, routes);
