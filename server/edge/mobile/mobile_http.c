/* The routes for history with the greeting of the day, files, devices and read state. */
#include "desk/file/file_http.h"
#include "desk/greeting/greeting.h"
#include "edge/mobile/mobile_internal.h"

#include <sodium.h>

enum { HISTORY_DEFAULT = 50, HISTORY_MAX = 200, HISTORY_BYTES = 4 << 20 };

static void answer(struct call *c, err e, const struct json_shape *shape, const void *value) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, shape, value);
}

/* ---- history ---- */

static const char *const direction_texts[] = {"user", "support"};
static const struct json_enum direction_names = {"AppDirection", direction_texts, JSON_COUNT(direction_texts), NULL};

struct entry {
  int64_t id; /* 0: a greeting */
  str message, photo_url, created_at, operator_name, entities_json;
  int direction;
  int64_t at_ms;
};
#define AT(member) offsetof(struct entry, member)
static const struct json_field entry_fields[] = {
    {"id", JSON_ID, JSON_NULLABLE, AT(id), 0, 0, NULL, NULL, "null for the greeting of the day."},
    {"message", JSON_STRING, 0, AT(message), 0, 0, NULL, NULL, NULL},
    {"photo_url", JSON_STRING, JSON_NULLABLE, AT(photo_url), 0, 0, NULL, NULL, "A path on this server."},
    {"direction", JSON_ENUM, 0, AT(direction), 0, 0, NULL, &direction_names, NULL},
    {"created_at", JSON_STRING, 0, AT(created_at), 0, 0, NULL, NULL, "2026-01-31 12:34:56, UTC."},
    {"operator_name", JSON_STRING, JSON_NULLABLE, AT(operator_name), 0, 0, NULL, NULL, "Who answered."},
    {"entities", JSON_RAW, JSON_RAW_LIST, AT(entities_json), 0, 0, &entity_shape, NULL,
     "Formatting of `message`, which is plain text; offsets and lengths in UTF-16 code units."},
};
#undef AT
static JSON_SHAPE(entry_shape, "AppMessage", struct entry, entry_fields, "A message as an app sees it.");

/* A member of an answer that needs no more explanation than its name. */
#define ANSWER(type, member, kind) \
  { #member, kind, 0, offsetof(struct type, member), 0, 0, NULL, NULL, NULL }

struct history_ctx {
  struct call *call;
  struct greeting_ask who;
  int64_t limit, before, after;
  bool wanted, success, greeting_sent, has_more;
  struct json_list messages;
};
static const struct json_field history_fields[] = {
    ANSWER(history_ctx, success, JSON_BOOL),
    {"messages", JSON_LIST, 0, offsetof(struct history_ctx, messages), 0, 0, &entry_shape, NULL, "Oldest first."},
    {"greeting_sent", JSON_BOOL, 0, offsetof(struct history_ctx, greeting_sent), 0, 0, NULL, NULL,
     "This response contains the greeting of the day."},
    {"has_more", JSON_BOOL, 0, offsetof(struct history_ctx, has_more), 0, 0, NULL, NULL,
     "The history has more messages: the page ended at its limit, or at 4 MB of text and formatting."},
};
static JSON_SHAPE(history_shape, "AppHistory", struct history_ctx, history_fields, NULL);

static err ask_greeting(db_conn *c, void *arg) {
  struct history_ctx *h = arg;
  return greeting_wanted(h->call->desk, c, &h->who, &h->wanted);
}

static err give_greeting(db_conn *c, void *arg) {
  struct history_ctx *h = arg;
  err e = greeting_give(h->call->desk, c, &h->who, &h->greeting_sent);
  return err_is(e) ? e : mobile_count_sent(h->call, c, h->who.external_id, 0, 0);
}

static err read_messages(db_conn *c, struct history_ctx *h, struct message_row **rows, size_t *count) {
  struct customer_row customer;
  int64_t conversation = 0;
  arena *a = h->call->arena;
  err e = customer_find(c, h->who.channel, h->who.account, h->who.external_id, a, &customer);
  if (!err_is(e)) e = conversation_of_customer(c, customer.id, &conversation);
  if (!err_is(e)) e = message_page_shown(c, conversation, h->before, h->after, (size_t)h->limit, a, rows, count);
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

static struct entry entry_of(struct call *c, db_conn *conn, const struct message_row *m) {
  return (struct entry){
      .id = m->id,
      .message = m->text,
      .photo_url = m->files.count ? mobile_file_url(c->desk->secret_key, m->files.items, c->arena) : STR_NONE,
      .direction = m->direction == MESSAGE_OUT,
      .created_at = mobile_time(m->created_at, c->arena),
      .operator_name = mobile_name_in(mobile_names_borrow(mobile_of(c)), conn, m->operator_id, c->arena),
      .entities_json = m->entities_json,
      .at_ms = m->created_at};
}

/* Merges messages in order of id with greetings by time; keeps the newest `limit` entries. Greetings older than a
 * page's first message belong to an older page. */
static void merge(struct history_ctx *h, db_conn *conn, const struct message_row *rows, size_t count,
                  const struct greeting_row *greetings, size_t greeting_count) {
  struct call *c = h->call;
  struct entry *list = arena_array(c->arena, struct entry, count + greeting_count);
  size_t n = 0, next = greeting_count; /* greetings are sorted newest first */
  for (size_t i = 0; i <= count; i++) {
    for (; next && (i == count || greetings[next - 1].created_at <= rows[i].created_at); next--)
      list[n++] = (struct entry){.message = greetings[next - 1].text,
                                 .entities_json = S("[]"),
                                 .direction = 1,
                                 .created_at = mobile_time(greetings[next - 1].created_at, c->arena)};
    if (i < count) list[n++] = entry_of(c, conn, &rows[i]);
  }
  size_t skip = n > (size_t)h->limit ? n - (size_t)h->limit : 0;
  h->messages = (struct json_list){list + skip, n - skip};
}

/* Limits the page to HISTORY_BYTES of whole messages, at least one: the oldest for `after`, else the newest. */
static void bound_page(struct history_ctx *h, struct message_row **rows, size_t *count) {
  size_t bytes = 0, n = 0;
  for (; n < *count; n++) {
    const struct message_row *row = &(*rows)[h->after ? n : *count - 1 - n];
    bytes += row->text.len + row->entities_json.len;
    if (bytes > HISTORY_BYTES && n) break;
  }
  h->has_more = n < *count || *count == (size_t)h->limit;
  if (!h->after) *rows += *count - n;
  *count = n;
}

static err read_history(db_conn *c, void *arg) {
  struct history_ctx *h = arg;
  struct message_row *rows = NULL;
  struct greeting_row *greetings = NULL;
  size_t count = 0, greeting_count = 0;
  err e = read_messages(c, h, &rows, &count);
  if (!err_is(e)) bound_page(h, &rows, &count);
  bool whole = !h->has_more; /* the page reaches the beginning */
  bool newest = !h->before && !h->after;
  if (!err_is(e) && newest)
    e = greeting_list(c, &h->who, whole ? 0 : rows[0].created_at, (size_t)h->limit, h->call->arena, &greetings,
                      &greeting_count);
  if (!err_is(e)) merge(h, c, rows, count, greetings, greeting_count);
  return e;
}

static void read_query(struct call *c, struct history_ctx *h) {
  h->limit = call_query_int(c, "limit");
  if (h->limit > HISTORY_MAX) h->limit = HISTORY_MAX;
  h->before = call_query_int(c, "before");
  h->after = call_query_int(c, "after");
  h->who.name = str_utf8_prefix(str_trim(call_query(c, "user_name")), LIMIT_NAME_MAX);
  h->who.language = mobile_language(c, call_query(c, "language"));
}

static void history(struct call *c) {
  struct history_ctx h = {
      .call = c, .success = true, .who = {MOBILE_CHANNEL, MOBILE_ACCOUNT, c->word, STR_NONE, STR_NONE}};
  err e = mobile_admit(c, c->word, STR_NONE, RATE_APP_READ);
  read_query(c, &h);
  /* Earlier pages and missed messages show no greeting. */
  if (!err_is(e) && !h.before && !h.after) e = db_read(c->desk->db, ask_greeting, &h);
  if (!err_is(e) && h.wanted) e = desk_write(c->desk, give_greeting, &h);
  if (e.code == ERR_QUOTA_EXCEEDED) e = err_ok, h.greeting_sent = false;
  if (!err_is(e)) e = db_read(c->desk->db, read_history, &h);
  answer(c, e, &history_shape, &h);
}

/* ---- visitors of the web chat ---- */

struct visitor_body {
  str user_id, claim;
};
enum { CLAIM_MIN = 22, CLAIM_MAX = 64 };
static const struct json_field visitor_fields[] = {
    {"user_id", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct visitor_body, user_id), 0, MOBILE_USER_MAX,
     NULL, NULL, "An id that an old browser client generated itself and has written messages with.", NULL,
     "An id generated by the widget."},
    {"claim", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE | JSON_NAME, offsetof(struct visitor_body, claim), CLAIM_MIN,
     CLAIM_MAX, NULL, NULL,
     "Required with user_id: secret random text. A repeated request with the same claim gets the same response."},
};
static JSON_SHAPE(visitor_shape, "AppVisitorNew", struct visitor_body, visitor_fields, NULL);

struct visitor {
  bool success;
  str user_id, user_hash;
};
static const struct json_field visitor_answer_fields[] = {
    ANSWER(visitor, success, JSON_BOOL),
    ANSWER(visitor, user_id, JSON_STRING),
    {"user_hash", JSON_STRING, JSON_SECRET, offsetof(struct visitor, user_hash), 0, 0, NULL, NULL,
     "The visitor's own secret, for X-User-Hash: required for every access with this id."},
};
static JSON_SHAPE(visitor_answer_shape, "AppVisitor", struct visitor, visitor_answer_fields,
                  "The identity of a web chat visitor.");

struct claiming_ctx {
  struct desk *desk;
  str browser_id, user_id;
};

static err check_has_no_device(db_conn *c, str user_id) {
  int64_t devices = 0;
  err e = device_count(c, &(struct device_owner){MOBILE_CHANNEL, MOBILE_ACCOUNT, user_id}, &devices);
  return !err_is(e) && devices ? err_make(ERR_NOT_FOUND) : e;
}

/* Renames the chat to the new id, so it can be claimed once, and the app's key no longer gives access to it. */
static err store_claim(db_conn *c, void *arg) {
  struct claiming_ctx *w = arg;
  struct customer_row row;
  arena *a = db_conn_arena(c);
  struct device_owner browser = {MOBILE_CHANNEL, MOBILE_ACCOUNT, w->browser_id};
  err e = customer_find(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, w->browser_id, a, &row);
  if (e.code == ERR_NOT_FOUND) return customer_find(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, w->user_id, a, &row);
  if (!err_is(e)) e = check_has_no_device(c, w->browser_id); /* otherwise it is an app's user */
  if (!err_is(e)) e = customer_rename_external(c, row.id, w->user_id, desk_now(w->desk));
  if (!err_is(e)) e = device_rename_presence(c, &browser, w->user_id);
  return err_is(e) ? e : greeting_rename(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, w->browser_id, w->user_id);
}

/* An old id has 132 random bits known only to one browser, so the id itself is the credential, if messages were written
 * with it. An id of this server is never exchanged, and none is in signed mode, where browsers never generated ids. */
static err claim(struct call *c, const struct mobile_keys *keys, str *user_id) {
  const struct visitor_body *body = c->body;
  if (!mobile_is_browser(body->user_id)) return err_field(ERR_INVALID_FIELD, "user_id");
  if (!body->claim.len) return err_detail(ERR_MISSING_FIELD, "claim", "claim is required");
  if (mobile_is_signed(c)) return err_make(ERR_NOT_FOUND);
  *user_id = mobile_visitor_claimed(keys, body->user_id, body->claim, c->arena);
  return desk_write(c->desk, store_claim, &(struct claiming_ctx){c->desk, body->user_id, *user_id});
}

static void create_visitor(struct call *c) {
  const struct visitor_body *body = c->body;
  struct visitor out = {.success = true};
  struct mobile_keys keys;
  mobile_keys_of(mobile_of(c), &keys);
  err e = keys.no_visitors ? err_detail(ERR_FORBIDDEN, NULL, MOBILE_NO_VISITORS) : err_ok;
  if (!err_is(e) && body && body->user_id.len)
    e = claim(c, &keys, &out.user_id);
  else if (!err_is(e))
    out.user_id = mobile_visitor_make(c->desk->rand, c->arena);
  if (!err_is(e)) out.user_hash = mobile_visitor_secret(&keys, out.user_id, c->arena);
  sodium_memzero(&keys, sizeof keys);
  answer(c, e, &visitor_answer_shape, &out);
}

/* ---- devices ---- */

struct device_body {
  str user_id, fcm_token, platform, device_id, user_hash;
};
#define TEXT(type, member, flags, max, sentence) \
  { #member, JSON_STRING, flags, offsetof(struct type, member), 0, max, NULL, NULL, sentence }
#define HASH(type) TEXT(type, user_hash, JSON_OPTIONAL | JSON_NULLABLE, 128, "Instead of the header X-User-Hash.")
static const struct json_field device_fields[] = {
    MOBILE_USER_FIELD(struct device_body, user_id, NULL),
    {"fcm_token", JSON_STRING, JSON_REQUIRED | JSON_TRIM, offsetof(struct device_body, fcm_token), 1, DEVICE_TOKEN_MAX,
     NULL, NULL, "The registration token from Firebase.", "^[!-~]*$"},
    TEXT(device_body, platform, JSON_OPTIONAL | JSON_NULLABLE, DEVICE_TEXT_MAX, "android, ios or web."),
    TEXT(device_body, device_id, JSON_OPTIONAL | JSON_NULLABLE | JSON_DIGITS | JSON_NAME, DEVICE_TEXT_MAX,
         "The app's own id of the device: a new token replaces its old one."),
    HASH(device_body),
};
static JSON_SHAPE(device_shape, "AppDevice", struct device_body, device_fields, NULL);

struct device_answer {
  bool success;
  str message;
  int64_t device_count;
};
static const struct json_field registered_fields[] = {
    ANSWER(device_answer, success, JSON_BOOL),
    ANSWER(device_answer, message, JSON_STRING),
    ANSWER(device_answer, device_count, JSON_INT),
};
static JSON_SHAPE(registered_shape, "AppDeviceRegistered", struct device_answer, registered_fields, NULL);

struct devices_ctx {
  struct call *call;
  struct desk *desk;
  struct device_owner owner;
  struct device_row device;
  int64_t count;
};

static err store_device(db_conn *c, void *arg) {
  struct devices_ctx *d = arg;
  err e = device_register(c, &d->owner, &d->device, desk_now(d->desk), &d->count);
  return err_is(e) ? e : mobile_count_sent(d->call, c, d->owner.external_id, 0, (int64_t)d->device.token.len);
}

static err count_devices(db_conn *c, void *arg) {
  struct devices_ctx *d = arg;
  return device_count(c, &d->owner, &d->count);
}

static void register_device(struct call *c) {
  const struct device_body *body = c->body;
  struct devices_ctx d = {.call = c,
                          .desk = c->desk,
                          .owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, body->user_id},
                          .device = {body->device_id, body->fcm_token, body->platform}};
  err e = mobile_admit(c, body->user_id, body->user_hash, RATE_APP_SEND);
  if (!err_is(e) && !body->fcm_token.len) e = err_detail(ERR_MISSING_FIELD, "fcm_token", "fcm_token is required");
  if (!err_is(e)) e = desk_write(c->desk, store_device, &d);
  struct device_answer out = {true, S("Устройство зарегистрировано успешно"), d.count};
  answer(c, e, &registered_shape, &out);
}

struct check_answer {
  str user_id;
  bool registered, has_tokens;
  int64_t device_count;
};
static const struct json_field check_fields[] = {
    ANSWER(check_answer, user_id, JSON_STRING),
    ANSWER(check_answer, registered, JSON_BOOL),
    ANSWER(check_answer, device_count, JSON_INT),
    ANSWER(check_answer, has_tokens, JSON_BOOL),
};
static JSON_SHAPE(check_shape, "AppDeviceCheck", struct check_answer, check_fields, NULL);

static void check_device(struct call *c) {
  struct devices_ctx d = {.desk = c->desk, .owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, c->word}};
  err e = mobile_admit(c, c->word, STR_NONE, RATE_APP_READ);
  if (!err_is(e)) e = db_read(c->desk->db, count_devices, &d);
  struct check_answer out = {c->word, d.count > 0, d.count > 0, d.count};
  answer(c, e, &check_shape, &out);
}

/* ---- read state ---- */

struct seen_body {
  str user_id, user_hash;
  int64_t message_id;
};
static const struct json_field seen_fields[] = {
    MOBILE_USER_FIELD(struct seen_body, user_id, NULL),
    {"message_id", JSON_ID, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct seen_body, message_id), 0, 0, NULL, NULL,
     "The last message seen; without it all count as seen."},
    HASH(seen_body),
};
static JSON_SHAPE(seen_shape, "AppSeen", struct seen_body, seen_fields, NULL);

struct done_answer {
  bool success;
};
static const struct json_field done_fields[] = {
    ANSWER(done_answer, success, JSON_BOOL),
};
static JSON_SHAPE(done_shape, "AppDone", struct done_answer, done_fields, NULL);

static err store_seen(db_conn *c, void *arg) {
  const struct call *call = arg;
  const struct seen_body *body = call->body;
  return conversation_seen_by_customer(call->desk, c, MOBILE_CHANNEL, MOBILE_ACCOUNT, body->user_id, body->message_id);
}

static void mark_read(struct call *c) {
  const struct seen_body *body = c->body;
  err e = mobile_admit(c, body->user_id, body->user_hash, RATE_APP_READ);
  if (!err_is(e)) e = desk_write(c->desk, store_seen, c);
  answer(c, e, &done_shape, &(struct done_answer){true});
}

/* ---- who answers: people, since there is no assistant yet ---- */

static const char *const mode_texts[] = {"human", "ai"};
static const struct json_enum mode_names = {"AppSupportMode", mode_texts, JSON_COUNT(mode_texts), NULL};
struct mode_body {
  int mode;
  str user_hash;
};
static const struct json_field mode_fields[] = {
    {"mode", JSON_ENUM, JSON_REQUIRED, offsetof(struct mode_body, mode), 0, 0, NULL, &mode_names, NULL},
    HASH(mode_body),
};
static JSON_SHAPE(mode_shape, "AppSupportModeChange", struct mode_body, mode_fields, NULL);
struct mode_answer {
  bool success;
  str user_id;
  int mode;
};
static const struct json_field mode_answer_fields[] = {
    ANSWER(mode_answer, success, JSON_BOOL),
    ANSWER(mode_answer, user_id, JSON_STRING),
    {"mode", JSON_ENUM, 0, offsetof(struct mode_answer, mode), 0, 0, NULL, &mode_names, "Who answers from now on."},
};
static JSON_SHAPE(mode_answer_shape, "AppSupport", struct mode_answer, mode_answer_fields, NULL);

static void support_mode(struct call *c) {
  const struct mode_body *body = c->body;
  err e = mobile_admit(c, c->word, body ? body->user_hash : STR_NONE, RATE_APP_READ);
  answer(c, e, &mode_answer_shape, &(struct mode_answer){true, c->word, 0});
}

/* ---- files ---- */

struct file_reading_ctx {
  struct call *call;
  int64_t id;
  struct customer_row owner;
  struct file_row file;
};

static err read_file(db_conn *c, void *arg) {
  struct file_reading_ctx *r = arg;
  err e = conversation_customer_of_file(c, r->id, r->call->arena, &r->owner);
  return err_is(e) ? e : file_get(c, r->id, r->call->arena, &r->file);
}

/* In signed mode the caller must also name the user: in the header X-User-Id or ?user_id=. */
static err authorize_file(struct call *c, str *user_id) {
  *user_id = http_header_of(c->req, S("x-user-id"));
  if (!user_id->len) *user_id = http_query(c->req, S("user_id"));
  if (!mobile_is_signed(c) && !mobile_is_visitor(*user_id)) return err_ok; /* the unguessable name is the credential */
  if (!user_id->len)
    return err_detail(ERR_UNAUTHORIZED, "user_id", "Send the file's owner: X-User-Id and X-User-Hash.");
  return mobile_admit(c, *user_id, STR_NONE, RATE_APP_READ);
}

static void uploads(struct call *c) {
  struct file_reading_ctx r = {.call = c};
  str user_id;
  err e = authorize_file(c, &user_id);
  if (!err_is(e) && !mobile_file_named(c->desk->secret_key, c->word, &r.id)) e = err_make(ERR_NOT_FOUND);
  if (!err_is(e)) e = db_read(c->desk->db, read_file, &r);
  bool ours = str_eq(r.owner.channel, MOBILE_CHANNEL) && str_eq(r.owner.account, MOBILE_ACCOUNT);
  bool guarded = mobile_is_signed(c) || mobile_is_visitor(r.owner.external_id);
  if (!err_is(e) && (!ours || (guarded && !str_eq(r.owner.external_id, user_id)))) e = err_make(ERR_NOT_FOUND);
  if (err_is(e))
    call_fail(c, e);
  else
    file_answer(c, &r.file);
}

/* ---- the table ---- */

static const struct route_query history_query[] = {
    {"limit", "how many of the newest; 50 when it is not given, 200 at most", QUERY_INT, 1, INT32_MAX, HISTORY_DEFAULT},
    {"user_name", "for the greeting of the day", .max = 10 * LIMIT_NAME_MAX},
    {"language", "of the greeting: ru or en; else the first of Accept-Language"},
    {"before", "messages with a lower id, for earlier pages", QUERY_INT, 0, INT64_MAX},
    {"after", "messages with a higher id, for what was missed", QUERY_INT, 0, INT64_MAX},
    {"user_hash", "instead of the header X-User-Hash"},
    {NULL, NULL},
};
static const struct route_query file_query[] = {
    {"size", "thumb: a smaller picture, if there is one"},
    {"user_id", "in signed mode: the file's owner; instead of the header X-User-Id"},
    {"user_hash", "instead of the header X-User-Hash"},
    {NULL, NULL},
};
static const struct route_query hash_query[] = {{"user_hash", "instead of the header X-User-Hash"}, {NULL, NULL}};

#define OPEN  GUARD_CHANNEL, 0, RATE_APP, .plain_errors = true
#define APP   OPEN, .fails = MOBILE_FAILS
#define USERS APP, .word_max = MOBILE_USER_MAX
/* clang-format off */
static const struct route routes[] = {
    {HTTP_POST, "/visitor", GUARD_CHANNEL, 0, RATE_VISITOR, .plain_errors = true, .body = HTTP_BODY_MEMORY,
     .in = &visitor_shape, .out = &visitor_answer_shape, .status = 200, .handler = create_visitor,
     .fails = FAILS(FORBIDDEN) | FAILS(NOT_FOUND) | FAILS(CONFLICT),
     .doc = "A new visitor of the web chat, with a secret of their own."},
    {HTTP_GET, "/message_history/:word", USERS, .out = &history_shape, .status = 200, .handler = history,
     .query = history_query, .doc = "The newest messages of an app's user; the first response of a day contains a greeting."},
    {HTTP_POST, "/register_device", OPEN, .fails = MOBILE_FAILS | FAILS(QUOTA_EXCEEDED), .at_head = mobile_at_head, .body = HTTP_BODY_MEMORY, .in = &device_shape, .out = &registered_shape,
     .status = 200, .handler = register_device, .doc = "Registers a device of an app's user for push messages."},
    {HTTP_GET, "/check_device/:word", USERS, .out = &check_shape, .status = 200, .handler = check_device,
     .query = hash_query, .doc = "Tells whether an app's user has devices for push messages."},
    {HTTP_POST, "/mark_read", APP, .at_head = mobile_at_head, .body = HTTP_BODY_MEMORY, .in = &seen_shape, .out = &done_shape, .status = 200,
     .handler = mark_read, .doc = "Marks the answers up to one, or all of them, as seen by an app's user."},
    {HTTP_GET, "/support_mode/:word", USERS, .out = &mode_answer_shape, .status = 200, .handler = support_mode,
     .query = hash_query, .doc = "Who answers an app's user: people."},
    {HTTP_POST, "/support_mode/:word", USERS, .at_head = mobile_at_head, .body = HTTP_BODY_MEMORY, .in = &mode_shape, .out = &mode_answer_shape,
     .status = 200, .handler = support_mode, .doc = "Requests another kind of support; people answer in any case."},
    {HTTP_GET, "/uploads/:word", APP, .status = 200, .sends_file = true, .handler = uploads, .query = file_query,
     .doc = "A file of an app's chat, by the unguessable name in a message."},
};
/* clang-format on */
ROUTE_TABLE(mobile_routes, routes);
