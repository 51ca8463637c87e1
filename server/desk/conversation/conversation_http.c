/* The conversations' routes, and the same under the paths of older clients (/api/chats). */
#include "base/limits.h"
#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"
#include "desk/conversation/conversation_gate.h"
#include "desk/conversation/conversation_walk_internal.h"
#include "desk/message/message_channel.h"
#include "desk/names.h"
#include "desk/route.h"

/* ---- request bodies ---- */

struct take_body {
  bool force;
};
static const struct json_field take_fields[] = {
    {.name = "force",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct take_body, force),
     .doc = "Takes the conversation from another operator."},
};
static JSON_SHAPE(take_shape, "ConversationTake", struct take_body, take_fields, NULL);

struct assign_body {
  int64_t operator_id;
};
static const struct json_field assign_fields[] = {
    {.name = "operator_id",
     .type = JSON_ID,
     .flags = JSON_REQUIRED | JSON_NULLABLE,
     .offset = offsetof(struct assign_body, operator_id),
     .doc = "null: back to waiting.",
     .handler_rule = "An active operator's id."},
};
static JSON_SHAPE(assign_shape, "ConversationAssign", struct assign_body, assign_fields, NULL);

struct snooze_body {
  int64_t until;
};
static const struct json_field snooze_fields[] = {
    {.name = "until",
     .type = JSON_TIME,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = offsetof(struct snooze_body, until),
     .doc = "Absent or null: until the customer writes.",
     .handler_rule = "A time within the next year."},
};
static JSON_SHAPE(snooze_shape, "ConversationSnooze", struct snooze_body, snooze_fields, NULL);

struct change_body {
  int status;
  int64_t assignee_id, snoozed_until;
};
enum { CHANGE_STATUS, CHANGE_ASSIGNEE, CHANGE_UNTIL };
static const struct json_field change_fields[] = {
    [CHANGE_STATUS] = {.name = "status",
                       .type = JSON_ENUM,
                       .flags = JSON_OPTIONAL,
                       .offset = offsetof(struct change_body, status),
                       .names = &conversation_status_names},
    [CHANGE_ASSIGNEE] = {.name = "assignee_id",
                         .type = JSON_ID,
                         .flags = JSON_OPTIONAL | JSON_NULLABLE,
                         .offset = offsetof(struct change_body, assignee_id),
                         .handler_rule = "An active operator's id."},
    [CHANGE_UNTIL] = {.name = "snoozed_until",
                      .type = JSON_TIME,
                      .flags = JSON_OPTIONAL | JSON_NULLABLE,
                      .offset = offsetof(struct change_body, snoozed_until),
                      .doc = "For status snoozed; absent or null: until the customer writes.",
                      .handler_rule = "A time within the next year."},
};
static JSON_SHAPE(change_shape, "ConversationChange", struct change_body, change_fields, "Changes the given fields.");

struct spam_body {
  bool spam;
};
static const struct json_field spam_fields[] = {
    {.name = "spam",
     .type = JSON_BOOL,
     .flags = JSON_REQUIRED,
     .offset = offsetof(struct spam_body, spam),
     .doc = "false: it is no spam, and comes back where it was."},
};
static JSON_SHAPE(spam_shape, "ConversationSpam", struct spam_body, spam_fields, NULL);

struct read_body {
  int64_t message_id;
};
static const struct json_field read_fields[] = {
    {.name = "message_id",
     .type = JSON_ID,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = offsetof(struct read_body, message_id),
     .doc = "The last message seen; absent: all are."},
};
static JSON_SHAPE(read_shape, "ConversationReadUpTo", struct read_body, read_fields, NULL);

struct typing_body {
  bool typing;
  int action;
};
static const struct json_field typing_fields[] = {
    {.name = "typing",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct typing_body, typing),
     .doc = "Default: true."},
    {.name = "action",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = offsetof(struct typing_body, action),
     .names = &activity_names,
     .doc = "What the customer is shown for a few seconds, if the channel can; none is shown without it."},
};
enum { TYPING_ACTION = 1 };
static JSON_SHAPE(typing_shape, "ConversationTyping", struct typing_body, typing_fields, NULL);

struct read_answer {
  int64_t conversation_id, read_count;
};
static const struct json_field read_answer_fields[] = {
    {.name = "conversation_id", .type = JSON_ID, .offset = offsetof(struct read_answer, conversation_id)},
    {.name = "read_count", .type = JSON_INT, .offset = offsetof(struct read_answer, read_count)},
};
static JSON_SHAPE(read_answer_shape, "ConversationRead", struct read_answer, read_answer_fields, NULL);

static void answer(struct call *c, err e, const struct json_shape *shape, const void *value) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, shape, value);
}

/* ---- lists ---- */

struct listing_ctx {
  struct call *call;
  struct conversation_filter filter;
  int64_t limit;
  struct conversation_page page;
};

static err read_page(db_conn *c, void *arg) {
  struct listing_ctx *l = arg;
  struct actor me = operator_actor(&l->call->me);
  return conversation_page(c, &l->filter, (size_t)l->limit, &me, l->call->arena, &l->page);
}

static int64_t assignee_of(struct call *c) {
  str text = call_query(c, "assignee");
  int64_t id = 0; /* any assignee */
  if (str_eq(text, S("none"))) return CONVERSATION_NOBODY;
  if (str_eq(text, S("me"))) return c->me.id;
  str_to_i64(text, &id);
  return id;
}

/* The condition of the query; NULL when absent. */
static err read_filter(struct call *c, const struct condition **out) {
  str json = call_query(c, "filter");
  return json.ptr ? condition_parse(&conversation_noun, json, "filter", c->arena, out) : err_ok;
}

/* What rows are compared with, because no index finds it: the query's condition and its account; NULL when absent. */
static err read_compared(struct call *c, const struct condition **out) {
  const struct condition *given[] = {conversation_of_account(c->arena, call_query(c, "bot")), NULL};
  err e = read_filter(c, out);
  given[1] = *out;
  if (given[0]) *out = condition_all(c->arena, given, JSON_COUNT(given));
  return e;
}

/* status and assignee are short forms of conditions; all given ones must hold. The list of snoozed conversations is
 * special: it has its own order, and contains only those that an operator has snoozed. */
static err read_listing(struct call *c, struct listing_ctx *l, const struct condition **filter) {
  int status = names_find(&conversation_status_names, call_query(c, "status")); /* "all" is not a status */
  bool snoozed = status == CONVERSATION_SNOOZED;
  l->filter.order = snoozed ? CONVERSATION_BY_WAKE : CONVERSATION_BY_TIME;
  const struct condition *given[] = {conversation_of_status(c->arena, snoozed ? -1 : status),
                                     conversation_of_assignee(c->arena, assignee_of(c)), NULL};
  err e = read_compared(c, filter);
  given[2] = *filter;
  if (given[0] || given[1] || given[2]) l->filter.condition = condition_all(c->arena, given, JSON_COUNT(given));
  l->filter.query = call_query(c, "q");
  l->limit = call_query_int(c, "limit");
  cursor_read(call_query(c, "cursor"), &l->filter.before_key, &l->filter.before_id);
  return e;
}

/* A read for which rows are compared with the condition that the request gives passes the gate. */
static err read_gated(struct call *c, const struct condition *given, db_fn fn, void *ctx) {
  struct conversation_walk walk = {0};
  if (given) conversation_walk_plan(&walk, CONVERSATION_BY_TIME, given, c->me.id);
  err e = walk.filter ? gate_enter(c->me.id) : err_ok;
  if (err_is(e)) return e;
  e = db_read(c->desk->db, fn, ctx);
  if (walk.filter) gate_leave(c->me.id);
  return e;
}

static void list(struct call *c) {
  struct listing_ctx l = {.call = c};
  struct conversation_list out = {.seq = bus_position(c->desk->bus)}; /* read before the snapshot, so never too new */
  const struct condition *given = NULL;
  err e = read_listing(c, &l, &given);
  if (!err_is(e)) e = read_gated(c, given, read_page, &l);
  out.data = (struct json_list){l.page.rows, l.page.count};
  if (l.page.more) out.next_cursor = cursor_make(c->arena, l.page.next_key, l.page.next_id);
  answer(c, e, &conversation_list_shape, &out);
}

struct counting_ctx {
  struct actor who;
  struct conversation_count_of of;
  struct conversation_counts counts;
};

static err read_counts(db_conn *c, void *arg) {
  struct counting_ctx *n = arg;
  return conversation_count(c, &n->who, &n->of, &n->counts);
}

static void counts(struct call *c) {
  struct counting_ctx n = {.who = operator_actor(&c->me), .of.assignee = assignee_of(c)};
  err e = read_filter(c, &n.of.condition);
  if (!err_is(e)) e = read_gated(c, n.of.condition, read_counts, &n);
  answer(c, e, &conversation_counts_shape, &n.counts);
}

/* ---- one ---- */

struct showing_ctx {
  struct call *call;
  struct conversation_row row;
};

static err read_one(db_conn *c, void *arg) {
  struct showing_ctx *s = arg;
  struct actor me = operator_actor(&s->call->me);
  return conversation_show(c, &me, s->call->route->permission, s->call->id, s->call->arena, &s->row);
}

static void show(struct call *c) {
  struct showing_ctx s = {.call = c};
  err e = db_read(c->desk->db, read_one, &s);
  answer(c, e, &conversation_shape, &s.row);
}

static void run_command(struct call *c, enum conversation_verb command, int64_t target, bool force) {
  struct conversation_command o = {
      .conversation_id = c->id, .by = operator_actor(&c->me), .command = command, .target = target, .force = force};
  struct conversation_row row;
  err e = conversation_command(c->desk, &o, c->arena, &row);
  if (e.field && command == COMMAND_ASSIGN) e.field = assign_fields[0].name; /* the field's name in this body */
  answer(c, e, &conversation_shape, &row);
}

static void take(struct call *c) {
  const struct take_body *body = c->body;
  run_command(c, COMMAND_TAKE, 0, body && body->force);
}

static void assign(struct call *c) {
  const struct assign_body *body = c->body;
  run_command(c, body->operator_id ? COMMAND_ASSIGN : COMMAND_UNASSIGN, body->operator_id, false);
}

static void close_it(struct call *c) { run_command(c, COMMAND_CLOSE, 0, false); }

static void reopen(struct call *c) { run_command(c, COMMAND_REOPEN, 0, false); }

static void snooze(struct call *c) {
  const struct snooze_body *body = c->body;
  run_command(c, COMMAND_SNOOZE, body ? body->until : 0, false);
}

static void change(struct call *c) {
  const struct change_body *body = c->body;
  struct conversation_change p = {
      .conversation_id = c->id,
      .by = operator_actor(&c->me),
      .set_status = (c->present & 1u << CHANGE_STATUS) != 0,
      .status = body->status,
      .set_assignee = (c->present & 1u << CHANGE_ASSIGNEE) != 0,
      .assignee_id = body->assignee_id,
      .set_until = (c->present & 1u << CHANGE_UNTIL) != 0,
      .snoozed_until = body->snoozed_until,
  };
  struct conversation_row row;
  err e = conversation_change(c->desk, &p, c->arena, &row);
  if (e.field && str_eq(str_c(e.field), S("until")))
    e.field = change_fields[CHANGE_UNTIL].name; /* the field's name in this body */
  answer(c, e, &conversation_shape, &row);
}

static void mark_spam(struct call *c) {
  const struct spam_body *body = c->body;
  struct conversation_spam o = {.conversation_id = c->id,
                                .by = operator_actor(&c->me),
                                .spam = body->spam,
                                .address = http_client_address(c->req)};
  struct conversation_row row;
  err e = conversation_spam(c->desk, &o, c->arena, &row);
  answer(c, e, &conversation_shape, &row);
}

static void mark_read(struct call *c) {
  const struct read_body *body = c->body;
  struct read_answer out = {.conversation_id = c->id};
  struct actor me = operator_actor(&c->me);
  err e = conversation_mark_read(c->desk, c->id, &me, body ? body->message_id : 0, &out.read_count);
  answer(c, e, &read_answer_shape, &out);
}

static void show_activity(struct desk *d, const struct customer_row *who, int activity) {
  bool can = channel_facts(who->channel)->can & CHANNEL_CAN_ACTIVITY && !who->blocked;
  if (can && d->show_activity)
    d->show_activity(d->activity_arg, who->channel, who->account, who->external_id, activity);
}

static void typing(struct call *c) {
  const struct typing_body *body = c->body;
  bool on = !body || !(c->present & 1) || body->typing;
  struct showing_ctx s = {.call = c};
  err e = db_read(c->desk->db, read_one, &s);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  struct subject about = {SUBJECT_CONVERSATION, c->id, s.row.assignee_id};
  broadcast_typing(c->desk, &about, &(struct event_typing){c->id, c->me.id, on});
  if (on && body && c->present >> TYPING_ACTION & 1 && body->action >= 0)
    show_activity(c->desk, s.row.customer, body->action);
  call_reply_empty(c, 204);
}

/* ---- the table ---- */

enum { FILTER_MAX = 4096 /* code points; must fit into a request's head */ };
static const char *const status_words[] = {"all", "waiting", "new", "active", "snoozed", "closed", NULL};
static const char *const assignee_words[] = {"me", "none", "any", "all", NULL};
static const struct route_query list_query[] = {
    {"status", "new means waiting; snoozed: those that an operator has snoozed, soonest to wake first; default: all",
     QUERY_WORD, .words = status_words},
    {"assignee", "me, none or an operator's id; default: any", QUERY_ID, .words = assignee_words},
    {"bot", "the id of a bot, or the account of an app: only its conversations", .max = LIMIT_NAME_MAX},
    {"filter", "a condition, as JSON: see Conditions in /api/docs", .max = FILTER_MAX, .handler_rule = "A condition."},
    {"q", "prefixes of words in the customer's name or username, or the customer's id", .max = LIMIT_QUERY_MAX},
    {"cursor", "next_cursor of the previous page", QUERY_CURSOR},
    {"limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT},
    {NULL, NULL},
};

static const struct route_query counts_query[] = {
    {"assignee", "count the waiting and active ones of: me, none or an operator's id; default: any assignee", QUERY_ID,
     .words = assignee_words},
    {"filter", "a condition, as JSON: counts only conversations for which it holds", .max = FILTER_MAX,
     .handler_rule = "A condition."},
    {NULL, NULL},
};

#define READS  GUARD_ROLE, MAY_CONVERSATION_READ, RATE_READ, .own = true
#define WRITES GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_WRITE, .own = true
#define LIST(method, path, sentence)                                                                           \
  {                                                                                                            \
    method, path, READS, .out = &conversation_list_shape, .status = 200, .handler = list, .query = list_query, \
                         .doc = sentence                                                                       \
  }
#define SHOW(path) \
  { HTTP_GET, path, READS, .out = &conversation_shape, .status = 200, .handler = show, .doc = "One conversation." }
#define TAKE(path, older)                                                                                             \
  {                                                                                                                   \
    HTTP_POST, path, WRITES,                                                                                          \
        .body = HTTP_BODY_MEMORY, .in = &take_shape, .lenient = older, .in_optional = true,                           \
        .out = &conversation_shape, .status = 200, .handler = take, .fails = FAILS(ALREADY_TAKEN),                    \
        .doc = "Assigns the conversation to the caller; 409 already_taken if another operator has it, unless forced." \
  }
#define CLOSE(path)                                                                                        \
  {                                                                                                        \
    HTTP_POST, path, WRITES, .out = &conversation_shape, .status = 200, .handler = close_it,               \
                             .doc = "Closes the conversation; the customer's next message opens it again." \
  }

/* clang-format off */
static const struct route routes[] = {
    LIST(HTTP_GET, "/api/conversations", "Conversations, newest first; snoozed ones, soonest to wake first."),
    {HTTP_GET, "/api/conversations/counts", READS, .out = &conversation_counts_shape, .status = 200, .handler = counts,
     .query = counts_query, .doc = "The numbers of waiting and active conversations, and of the caller's own."},
    SHOW("/api/conversations/:id"),
    {HTTP_PATCH, "/api/conversations/:id", WRITES, .body = HTTP_BODY_MEMORY, .in = &change_shape,
     .out = &conversation_shape, .status = 200, .handler = change,
     .fails = FAILS(ALREADY_TAKEN) | FAILS(CONVERSATION_CLOSED),
     .doc = "Sets a conversation's status (waiting, active, snoozed, closed) and assignee."},
    TAKE("/api/conversations/:id/take", false),
    {HTTP_POST, "/api/conversations/:id/assign", WRITES, .body = HTTP_BODY_MEMORY, .in = &assign_shape,
     .out = &conversation_shape, .status = 200, .handler = assign, .fails = FAILS(CONVERSATION_CLOSED),
     .doc = "Assigns the conversation to an operator, or to nobody; an operator without the permission can reassign only their own."},
    CLOSE("/api/conversations/:id/close"),
    {HTTP_POST, "/api/conversations/:id/reopen", WRITES, .out = &conversation_shape, .status = 200, .handler = reopen, .fails = FAILS(CONFLICT),
     .doc = "Reopens a closed conversation: active with its former assignee, else waiting. Wakes a snoozed one."},
    {HTTP_POST, "/api/conversations/:id/snooze", WRITES, .body = HTTP_BODY_MEMORY, .in = &snooze_shape, .in_optional = true,
     .out = &conversation_shape, .status = 200, .handler = snooze, .fails = FAILS(CONVERSATION_CLOSED),
     .doc = "Snoozes the conversation until a time, or until the customer writes; then it is active again if it has an assignee, else waiting."},
    {HTTP_POST, "/api/conversations/:id/spam", WRITES, .body = HTTP_BODY_MEMORY, .in = &spam_shape,
     .out = &conversation_shape, .status = 200, .handler = mark_spam, .fails = FAILS(CONFLICT),
     .doc = "Marks the conversation as spam, which lists leave out, or as none. Its messages stay, and new ones are stored."},
    {HTTP_POST, "/api/conversations/:id/read", GUARD_ROLE, MAY_CONVERSATION_READ, RATE_WRITE, .own = true, .body = HTTP_BODY_MEMORY,
     .in = &read_shape, .in_optional = true, .out = &read_answer_shape, .status = 200, .handler = mark_read,
     .doc = "Marks the messages up to one, or all of them, as seen by the caller."},
    {HTTP_POST, "/api/conversations/:id/typing", GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_PRESENCE, .own = true,
     .body = HTTP_BODY_MEMORY, .in = &typing_shape, .in_optional = true, .status = 204, .handler = typing,
     .doc = "Shows the other operators that the caller is typing and, with an action, the customer what they do."},
    LIST(HTTP_GET, "/api/chats", "The same as /api/conversations."),
    LIST(HTTP_POST, "/api/chats", "The same as GET /api/conversations."),
    SHOW("/api/chats/:id"),
    TAKE("/api/chats/:id/take", true),
    CLOSE("/api/chats/:id/close"),
};
/* clang-format on */
ROUTE_TABLE(conversation_routes, routes);
