/* The apps' live side, Socket.IO: `join_chat` puts a socket into its user's room, where every message of the chat
 * arrives as `new_message`, from any device or operator. Emitted messages come from the event log, so they are
 * sent after their commit and in order. A join that names its last known message (`after`) gets what it missed, and so does
 * a socket whose queue had no room for a live message: see mobile_missed.c.
 *
 * Callbacks run on loops and do not block: workers read the database, and its own threads write. */
#include "base/log.h"
#include "edge/mobile/mobile_socket.h"

#include <sodium.h>

enum { EVENT_MAX = 64 << 10 };

struct credentials { /* from the handshake; empty: not sent */
  char app_key[CREDENTIAL_MAX], user_hash[CREDENTIAL_MAX];
};

static void keep(char out[CREDENTIAL_MAX], str given) {
  if (given.len && given.len < CREDENTIAL_MAX && !str_has_nul(given))
    snprintf(out, CREDENTIAL_MAX, "%.*s", STR_ARG(given));
}

/* The room of every socket that joined a chat with the app's key; closed when the key changes. Chat rooms begin with
 * "app:". */
#define KEY_ROOM S("key")

static void room_of(str user_id, char out[ROOM_SIZE]) {
  unsigned char hash[ROOM_BYTES];
  crypto_generichash(hash, sizeof hash, (const unsigned char *)user_id.ptr, user_id.len, NULL, 0);
  memcpy(out, "app:", 4);
  sodium_bin2hex(out + 4, ROOM_SIZE - 4, hash, sizeof hash);
}

/* ---- connecting ---- */

struct auth_body {
  str app_key, user_hash;
};
static const struct json_field auth_fields[] = {
    {"app_key", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct auth_body, app_key), 0, 0, NULL, NULL,
     NULL},
    {"user_hash", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct auth_body, user_hash), 0, 0, NULL, NULL,
     NULL},
};
static JSON_SHAPE(auth_shape, "AppSocketAuth", struct auth_body, auth_fields, NULL);

/* A session costs memory until it times out, so the number of new sessions per address is limited. */
bool mobile_socket_allow(http_req *req, void *user, void **data) {
  const struct desk *d = user;
  if (err_is(access_rate(d->access, RATE_APP, 0, http_client_address(req)))) return false;
  struct credentials *c = mem_alloc(sizeof *c);
  keep(c->app_key, http_header_of(req, S("x-app-key")));
  keep(c->user_hash, http_header_of(req, S("x-user-hash")));
  *data = c;
  return true;
}

void mobile_socket_free_data(void *data) {
  sodium_memzero(data, sizeof(struct credentials));
  mem_free(&data);
}

static void connect(sio_socket *s, const struct sio_connect *c, void *user) {
  struct peer *own = mem_alloc(sizeof *own);
  *own = (struct peer){.m = user, .socket = s};
  const struct credentials *given = sio_data(s);
  if (given) {
    keep(own->app_key, str_c(given->app_key));
    keep(own->user_hash, str_c(given->user_hash));
  }
  struct auth_body auth = {STR_NONE, STR_NONE};
  arena *a = arena_new(0);
  if (c->auth.len && !err_is(json_decode(&auth_shape, c->auth, a, &auth, NULL))) {
    keep(own->app_key, auth.app_key);
    keep(own->user_hash, auth.user_hash);
  }
  arena_free(&a);
  sio_set_user(s, own);
  sio_accept(s, NULL);
}

static void disconnect(sio_socket *s, enum sio_reason reason, void *user) {
  (void)reason, (void)user;
  struct peer *own = sio_user(s);
  sio_set_user(s, NULL);
  if (!own) return;
  missed_end(own);
  sodium_memzero(own, sizeof *own);
  mem_free(&own);
}

/* ---- sending to the client ---- */

static void emit(struct mobile_socket *m, sio_socket *s, const char *event, str args) {
  sio_packet *p = sio_packet_new(m->space, &(struct sio_message){.event = str_c(event), .args = args});
  sio_emit(s, p, 0);
  sio_packet_unref(&p);
}

static void refuse(struct mobile_socket *m, sio_socket *s, err e) {
  buf out;
  buf_init(&out, EVENT_MAX);
  buf_add(&out, S("{\"message\":"));
  buf_add_json_string(&out, str_c(err_message(&e)));
  buf_printf(&out, ",\"code\":\"%s\"}", err_text(e.code));
  emit(m, s, "error", buf_borrow(&out));
  buf_free(&out);
}

/* ---- events from the client ---- */

struct said {
  str user_id, app_key, user_hash;
  int64_t after, message_id;
  bool catches_up; /* `after` was sent, and is not null: 0 means the last messages */
};
enum { FIELD_AFTER = 3 }; /* its index among the fields */
#define FIELD(member, kind) \
  { #member, kind, JSON_OPTIONAL | JSON_NULLABLE | JSON_DIGITS, offsetof(struct said, member), 0, 0, NULL, NULL, NULL }
static const struct json_field said_fields[] = {
    FIELD(user_id, JSON_STRING),
    FIELD(app_key, JSON_STRING),
    FIELD(user_hash, JSON_STRING),
    {"after", JSON_INT, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct said, after), 0, INT64_MAX, NULL, NULL, NULL},
    FIELD(message_id, JSON_ID),
};
static JSON_SHAPE(said_shape, "AppSocketSaid", struct said, said_fields, NULL);

struct seen_ctx {
  struct desk *desk;
  char *user_id;
  int64_t message_id;
};

static err store_seen(db_conn *c, void *arg) {
  struct seen_ctx *w = arg;
  return conversation_seen_by_customer(w->desk, c, MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(w->user_id), w->message_id);
}

static void seen_is_stored(err e, void *arg) {
  struct seen_ctx *w = arg;
  if (err_is(e)) LOG_WARN("mobile.seen_not_stored", LOG_E(e));
  mem_free(&w->user_id);
  mem_free(&w);
}

static void mark_read(struct mobile_socket *m, const struct said *what) {
  struct seen_ctx *w = mem_alloc(sizeof *w);
  *w = (struct seen_ctx){m->desk, mem_dup_cstr(what->user_id), what->message_id};
  err e = desk_write_async(m->desk, store_seen, w, seen_is_stored);
  if (err_is(e)) seen_is_stored(e, w);
}

/* A socket that is not in the room of the key gets no chat: a change of the key would not end it. */
static bool enter(sio_socket *s, str user_id, str room, bool by_key) {
  if (!missed_join(sio_user(s), user_id, room)) return false;
  if ((!by_key || sio_join(s, KEY_ROOM)) && sio_join(s, room)) return true;
  missed_leave(sio_user(s), user_id);
  return false;
}

static err join(struct mobile_socket *m, sio_socket *s, const struct said *what, bool by_key) {
  char room[ROOM_SIZE];
  room_of(what->user_id, room);
  sio_mark_authenticated(s);
  if (!enter(s, what->user_id, str_c(room), by_key))
    return err_detail(ERR_BAD_REQUEST, NULL,
                      "A connection may join the chats of at most %d users: leave_chat first, or open another.",
                      MOBILE_CHATS_MAX);
  buf out;
  buf_init(&out, EVENT_MAX);
  buf_add(&out, S("{\"user_id\":"));
  buf_add_json_string(&out, what->user_id);
  buf_add(&out, S(",\"status\":\"connected\"}"));
  emit(m, s, "joined", buf_borrow(&out));
  buf_free(&out);
  if (what->catches_up) missed_since(sio_user(s), what->user_id, what->after);
  return err_ok;
}

static err admit(struct mobile_socket *m, sio_socket *s, const struct said *what, bool *by_key) {
  const struct peer *own = sio_user(s);
  str key = what->app_key.len ? what->app_key : str_c(own->app_key);
  str hash = what->user_hash.len ? what->user_hash : str_c(own->user_hash);
  err e = mobile_check_user(what->user_id);
  if (!err_is(e)) e = mobile_check_socket(m->mobile, what->user_id, key, hash, by_key);
  if (!err_is(e)) e = access_rate_customer(m->desk->access, RATE_APP_READ, what->user_id);
  if (!err_is(e)) mobile_note_presence(m->mobile, what->user_id);
  return e;
}

static void event(sio_socket *s, const struct sio_event *e, void *user) {
  struct mobile_socket *m = user;
  bool joins = str_eq(e->name, S("join_chat")), leaves = str_eq(e->name, S("leave_chat"));
  if (!joins && !leaves && !str_eq(e->name, S("read"))) return;
  arena *a = arena_new(0);
  struct said what;
  uint64_t given = 0;
  str json;
  err bad = sio_arg(e, 0, &json) ? json_decode(&said_shape, json, a, &what, &given)
                                 : err_detail(ERR_MISSING_FIELD, "user_id", "user_id is required");
  what.catches_up = given >> FIELD_AFTER & 1 && what.after >= 0; /* null is decoded as -1 */
  bool by_key = false;
  if (!err_is(bad)) bad = admit(m, s, &what, &by_key);
  if (!err_is(bad) && joins) bad = join(m, s, &what, by_key);
  if (err_is(bad)) {
    refuse(m, s, bad);
  } else if (leaves) {
    char room[ROOM_SIZE];
    room_of(what.user_id, room);
    sio_leave(s, str_c(room));
    missed_leave(sio_user(s), what.user_id);
  } else if (!joins) {
    mark_read(m, &what);
  }
  if (e->ack != SIO_NO_ID)
    sio_ack(s, e->ack, err_is(bad) ? S("{\"success\":false}") : S("{\"success\":true}"), NULL, 0);
  arena_free(&a);
}

/* A join checks the key and enters its rooms in one callback, so it has done both or neither when this runs on its loop. */
void mobile_socket_key_changed(struct mobile_socket *m) { sio_disconnect_room(m->space, KEY_ROOM, true); }

/* ---- messages to customers ---- */

/* An event's row names the user, so the room is known without its JSON. */
static void emit_message(struct mobile_socket *m, const struct message_row *row, str user_id, arena *a) {
  char room[ROOM_SIZE];
  room_of(user_id, room);
  sio_packet *p = mobile_packet_of(m, row, user_id, a);
  sio_emit_room(m->space, str_c(room), p, NULL, SIO_KEPT);
  sio_packet_unref(&p);
}

/* The delivery of a photo from the staff group, which is sent when its bytes have been fetched and it was delivered. Later updates
 * of it are edits, whose actor is an operator. */
static bool is_late(const struct bus_event *e, const struct message_row *row) {
  return e->by.kind == ACTOR_SYSTEM && row->delivery == DELIVERY_SENT && mobile_is_staff_photo(row);
}

static void handle_event(struct mobile_socket *m, const struct bus_event *e, arena *a) {
  err bad = err_ok;
  const struct message_row *row = NULL;
  if (e->type == EVENT_NEW_MESSAGE) {
    struct event_new_message said;
    bad = json_decode(&event_new_message_shape, e->data, a, &said, NULL);
    bool shown = !err_is(bad) && said.message && said.message->direction != MESSAGE_SYSTEM;
    if (shown && !mobile_comes_later(said.message)) row = said.message;
  } else if (e->type == EVENT_MESSAGE_UPDATE) {
    struct event_message_update said;
    bad = json_decode(&event_message_update_shape, e->data, a, &said, NULL);
    if (!err_is(bad) && said.message && is_late(e, said.message)) row = said.message;
  }
  if (err_is(bad)) LOG_ERROR("mobile.event_unreadable", LOG_I("seq", e->seq), LOG_E(bad));
  if (row) emit_message(m, row, e->customer.external_id, a);
}

/* A row written by a node of a version before addresses names no user: the app gets that message at its next join. */
static bool is_ours(const struct event_address *to) {
  return str_eq(to->channel, MOBILE_CHANNEL) && str_eq(to->account, MOBILE_ACCOUNT) && to->external_id.len > 0;
}

void mobile_socket_publish(struct mobile_socket *m, const struct bus_event *events, size_t count) {
  arena *a = arena_new(0);
  for (size_t i = 0; i < count; i++) {
    if (!is_ours(&events[i].customer)) continue;
    handle_event(m, &events[i], a);
    arena_reset(a);
  }
  arena_free(&a);
}

/* ---- typing ---- */

struct typing_ctx {
  struct mobile_socket *m;
  arena *arena;
  int64_t conversation_id, operator_id;
  bool on;
  struct conversation_row conversation;
  str name;
};

static err read_typing(db_conn *c, void *arg) {
  struct typing_ctx *t = arg;
  err e = conversation_get(c, t->conversation_id, 0, t->arena, &t->conversation);
  if (err_is(e) || !str_eq(t->conversation.customer->channel, MOBILE_CHANNEL)) return e;
  t->name = mobile_name_in(mobile_names_borrow(t->m->mobile), c, t->operator_id, t->arena);
  return err_ok;
}

/* On a worker: the event names the conversation, not its user. */
static void send_typing(void *arg) {
  struct typing_ctx *t = arg;
  err e = db_read(t->m->desk->db, read_typing, t);
  if (!err_is(e) && str_eq(t->conversation.customer->channel, MOBILE_CHANNEL)) {
    str user_id = t->conversation.customer->external_id;
    char room[ROOM_SIZE];
    room_of(user_id, room);
    buf out;
    buf_init(&out, EVENT_MAX);
    buf_add(&out, S("{\"user_id\":"));
    buf_add_json_string(&out, user_id);
    buf_add(&out, S(",\"operator_name\":"));
    mobile_add_text(&out, t->name);
    buf_printf(&out, ",\"typing\":%s}", t->on ? "true" : "false");
    sio_packet *p = sio_packet_new(t->m->space, &(struct sio_message){.event = S("typing"), .args = buf_borrow(&out)});
    sio_emit_room(t->m->space, str_c(room), p, NULL, SIO_VOLATILE);
    sio_packet_unref(&p);
    buf_free(&out);
  }
  arena_free(&t->arena);
  mem_free(&t);
}

void mobile_socket_typing(struct mobile_socket *m, const struct event_typing *typing) {
  struct typing_ctx *t = mem_alloc(sizeof *t);
  t->m = m;
  t->arena = arena_new(0);
  t->conversation_id = typing->conversation_id;
  t->operator_id = typing->operator_id;
  t->on = typing->typing;
  if (net_work(m->pool, send_typing, t)) return;
  arena_free(&t->arena); /* the workers are busy: a typing event may be dropped */
  mem_free(&t);
}

struct mobile_socket *mobile_socket_new(struct mobile *mobile, struct desk *d, sio_server *io, net_pool *pool) {
  struct mobile_socket *m = mem_alloc(sizeof *m);
  *m = (struct mobile_socket){.mobile = mobile, .desk = d, .pool = pool};
  m->space = sio_namespace_add(io, "/",
                               &(struct sio_namespace_config){.connect = connect,
                                                              .event = event,
                                                              .kept = missed_kept,
                                                              .drained = missed_drained,
                                                              .disconnect = disconnect,
                                                              .user = m});
  return m;
}

void mobile_socket_free(struct mobile_socket **m) { mem_free(m); }
