/* A conversation's history, and replies in it: as JSON, or as a form with photos. */
#include "base/limits.h"
#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"
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
  return p->from_unread ? read_from_unread(c, p, &conversation) : read_range(c, p);
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

/* ---- replies ---- */

struct reply_body {
  str text, client_id;
  struct json_list entities;
  int64_t reply_to;
};
static const struct json_field reply_fields[] = {
    {.name = "text",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct reply_body, text),
     .max = LIMIT_TEXT_MAX,
     .doc = "Required without a photo.",
     .handler_rule = "Not blank, unless there is a photo; shorter as a caption."},
    {.name = "entities",
     .type = JSON_LIST,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct reply_body, entities),
     .max = LIMIT_ENTITIES_MAX,
     .shape = &entity_shape,
     .handler_rule = "Inside the text, not cutting a character, nested and not overlapping."},
    {.name = "client_id",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL | JSON_NULLABLE | JSON_NAME,
     .offset = offsetof(struct reply_body, client_id),
     .max = LIMIT_CLIENT_ID_MAX,
     .doc = "The client's own id for this reply: a repeated request changes nothing and gets the first result. "
            "The other messages of an album get it with #2, #3 and so on."},
    {.name = "reply_to",
     .type = JSON_ID,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = offsetof(struct reply_body, reply_to),
     .doc = "The quoted message.",
     .handler_rule = "A message of this conversation."},
};
static JSON_SHAPE(reply_shape, "ReplyBody", struct reply_body, reply_fields,
                  "A reply to a customer. As multipart/form-data: the same fields, entities as JSON, and files.");

/* "" counts as not given: a form sends empty parts. */
static str given(str s) { return s.len ? s : STR_NONE; }

static err take_entities(struct call *c, str json, struct reply *r) {
  if (json.len == 0) return err_ok;
  err e = entities_decode(json, c->arena, &r->entities, &r->entity_count);
  return err_is(e) ? err_detail(ERR_INVALID_FIELD, "entities", "%s", err_message(&e)) : err_ok;
}

static bool is_file_part(str name) {
  static const char *const names[] = {"files", "files[]", "file", "photo", "photos"};
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_eq(name, str_c(names[i]))) return true;
  return false;
}

static err take_file(struct call *c, struct http_part *part, struct reply *r) {
  if (part->size_bytes == 0 && part->filename.len == 0) return err_ok; /* a form without a chosen file */
  if (!is_file_part(part->name)) return err_detail(ERR_INVALID_FIELD, "files", "Send files in the part \"files\".");
  if (r->file_count == LIMIT_PHOTOS_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "A message may have at most %d photos.", LIMIT_PHOTOS_MAX);
  const char *path = file_spool_path(c->desk, c->arena);
  bool moved = !err_is(http_part_take(part, path)); /* the server's spool may be on another file system */
  str name = part->filename.len && str_utf8_valid(part->filename) ? part->filename : S("photo");
  err e = file_accept_photo(c->desk, moved ? path : part->path, name, c->arena, &r->files[r->file_count]);
  if (!err_is(e)) r->file_count++;
  return e;
}

enum { PART_NAME_MAX = 64 };

static bool is_text_part(str name) {
  static const char *const names[] = {"text", "caption", "client_id", "entities", "reply_to"};
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_eq(name, str_c(names[i]))) return true;
  return false;
}

static err take_field(struct call *c, const struct http_part *part, struct reply *r) {
  if (route_is_exact(c->route) && !is_text_part(part->name) && !is_file_part(part->name)) {
    bool printable = part->name.len <= PART_NAME_MAX && str_utf8_valid(part->name);
    return err_detail(ERR_INVALID_FIELD, printable ? arena_cstr(c->arena, part->name) : "body",
                      "This field is not known here.");
  }
  if (!str_utf8_valid(part->value) || str_has_nul(part->value)) return err_field(ERR_INVALID_FIELD, "text");
  if (str_eq(part->name, S("text")) || str_eq(part->name, S("caption"))) r->text = part->value;
  if (str_eq(part->name, S("client_id"))) r->client_id = given(part->value);
  if (str_eq(part->name, S("entities"))) return take_entities(c, part->value, r);
  if (str_eq(part->name, S("reply_to")) && part->value.len &&
      (!str_to_i64(part->value, &r->reply_to) || r->reply_to <= 0))
    return err_field(ERR_INVALID_FIELD, "reply_to");
  return err_ok;
}

static err take_parts(struct call *c, struct reply *r) {
  r->files = arena_array(c->arena, struct file_row, LIMIT_PHOTOS_MAX);
  err e = err_ok;
  for (size_t i = 0; i < http_part_count(c->req) && !err_is(e); i++) {
    struct http_part *part = http_part_at(c->req, i);
    e = part->path ? take_file(c, part, r) : take_field(c, part, r);
  }
  return e;
}

static void take_body(const struct reply_body *body, arena *a, struct reply *r) {
  r->text = str_or_empty(body->text);
  r->client_id = given(body->client_id);
  r->reply_to = body->reply_to;
  r->entity_count = body->entities.count;
  r->entities = arena_array(a, struct entity, body->entities.count);
  if (r->entity_count) memcpy(r->entities, body->entities.items, r->entity_count * sizeof *r->entities);
}

static void reply(struct call *c) {
  struct reply r = {.conversation_id = c->id, .by = operator_actor(&c->me), .text = S("")};
  err e = err_ok;
  if (http_is_multipart(c->req))
    e = take_parts(c, &r);
  else if (c->body)
    take_body(c->body, c->arena, &r);
  struct message_row m;
  bool repeated = false;
  if (!err_is(e)) e = conversation_reply(c->desk, &r, c->arena, &m, &repeated);
  file_release(c->desk, r.files, r.file_count, !err_is(e) && !repeated);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, repeated ? c->route->repeat_status : c->route->status, &message_shape, &m);
}

/* ---- the table ---- */

enum { FORM_MAX_BYTES = LIMIT_PHOTOS_MAX * LIMIT_PHOTO_MAX_BYTES + LIMIT_JSON_BODY_MAX };

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
#define REPLY(path, older)                                                                                        \
  {                                                                                                               \
    HTTP_POST, path, GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_WRITE,                                              \
        .own = true, .body = HTTP_BODY_MULTIPART, .body_max_bytes = FORM_MAX_BYTES, .in = &reply_shape,           \
        .lenient = older, .out = &message_shape, .status = 201, .repeat_status = 200, .handler = reply,           \
        .fails = FAILS(NOTHING_VISIBLE) | FAILS(CONFLICT) | FAILS(CUSTOMER_BLOCKED) | FAILS(QUEUE_FULL),          \
        .doc = "Replies to the customer; the reply is queued when this returns. Several photos become an album, " \
               "whose first "                                                                                     \
               "message is returned."                                                                             \
  }

static const struct route routes[] = {
    HISTORY("/api/conversations/:id/messages"), REPLY("/api/conversations/:id/messages", false),
    HISTORY("/api/chats/:id/messages"),
    REPLY("/api/chats/:id/messages", true), /* older clients may send other fields */
};
ROUTE_TABLE(conversation_message_routes, routes);
