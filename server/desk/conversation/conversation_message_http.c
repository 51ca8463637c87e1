/* A conversation's history. */
#include "base/limits.h"
#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"
#include "desk/message/message_channel.h"
#include "desk/route.h"

/* ---- history ---- */

struct paging_ctx {
  struct call *call;
  int64_t before, after, limit;
  bool from_unread;
  int64_t first_unread;
  struct message_row *rows;
  size_t count;
  bool older, newer; /* there are more messages in that direction */
};

/* The share of already read messages on a page that starts at the first unread one. */
enum { CONTEXT_SHARE = 5 };

static err read_range(db_conn *c, struct paging_ctx *p) {
  bool more = false;
  err e =
      message_page(c, p->call->id, p->before, p->after, (size_t)p->limit, p->call->arena, &p->rows, &p->count, &more);
  p->older = p->after || more;
  p->newer = p->after ? more || p->before : p->before != 0;
  return e;
}

/* The page with the first unread message. If it would reach the end, the newest page is used, since it is full. */
static err read_from_unread(db_conn *c, struct paging_ctx *p, const struct conversation_row *conversation) {
  err e = conversation_first_unread(c, conversation, &p->first_unread);
  if (err_is(e)) return e;
  if (p->first_unread == 0) return read_range(c, p);
  struct message_row *context;
  size_t count, room = (size_t)(p->limit - 1) / CONTEXT_SHARE;
  bool older = true;
  int64_t start = p->first_unread;
  if (room > 0) {
    e = message_page(c, p->call->id, start, 0, room, p->call->arena, &context, &count, &older);
    if (err_is(e)) return e;
    if (count > 0) start = context[0].id;
  }
  p->after = start > 1 ? start - 1 : -1; /* 0 would mean the newest page */
  e = read_range(c, p);
  p->older = older;
  if (err_is(e) || p->newer) return e;
  p->after = 0;
  return read_range(c, p);
}

static err read_page(db_conn *c, void *arg) {
  struct paging_ctx *p = arg;
  struct conversation_row conversation;
  struct actor me = operator_actor(&p->call->me);
  err e = conversation_show(c, &me, MAY_CONVERSATION_READ, p->call->id, p->call->arena, &conversation);
  if (err_is(e)) return e;
  e = p->from_unread ? read_from_unread(c, p, &conversation) : read_range(c, p);
  for (size_t i = 0; i < p->count && !err_is(e); i++)
    p->rows[i].can = message_can_of(&p->rows[i], conversation.customer->channel, desk_now(p->call->desk));
  return e;
}

static err read_from(struct call *c, struct paging_ctx *p) {
  p->from_unread = call_query(c, "from").len > 0;
  if (!p->from_unread || (!p->before && !p->after)) return err_ok;
  return err_detail(ERR_INVALID_FIELD, "from", "It can be \"unread\", without before and after.");
}

static void history(struct call *c) {
  struct paging_ctx p = {.call = c};
  struct message_list out = {.seq = bus_position(c->desk->bus)}; /* before the snapshot: never too new */
  p.before = call_query_int(c, "before");
  p.after = call_query_int(c, "after");
  p.limit = call_query_int(c, "limit");
  err e = read_from(c, &p);
  if (!err_is(e)) e = db_read(c->desk->db, read_page, &p);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  out.data = (struct json_list){p.rows, p.count};
  out.first_unread = p.first_unread;
  if (p.count > 0) {
    out.before = p.older ? p.rows[0].id : 0;
    out.after = p.newer ? p.rows[p.count - 1].id : 0;
  }
  call_reply(c, 200, &message_list_shape, &out);
}

/* ---- the table ---- */

static const char *const from_words[] = {"unread", NULL};
static const struct route_query history_query[] = {
    {"before", "messages with a lower id; the newest page when neither is given", QUERY_INT, 0, INT64_MAX},
    {"after", "messages with a higher id", QUERY_INT, 0, INT64_MAX},
    {"from", "unread: the page with the first message that the caller has not read", QUERY_WORD, .words = from_words,
     .handler_rule = "Without before and after."},
    {"limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT},
    {NULL, NULL},
};

#define HISTORY(path)                                                                                       \
  {                                                                                                         \
    HTTP_GET, path, GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ,                                           \
        .own = true, .out = &message_list_shape, .status = 200, .handler = history, .query = history_query, \
        .doc = "A page of the history, ascending by id."                                                    \
  }

static const struct route routes[] = {
    HISTORY("/api/conversations/:id/messages"),
    HISTORY("/api/chats/:id/messages"),
};
ROUTE_TABLE(conversation_message_routes, routes);
