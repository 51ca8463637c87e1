/* A reply: checked, then stored and queued with its event in one transaction. */
#include "desk/conversation/conversation_tx.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"

struct replying_ctx {
  struct desk *desk;
  const struct reply *reply;
  str entities_json, album; /* built once, before any run of the transaction */
  arena *arena;
  struct message_row *out;
  bool *repeated;
};

static bool is_blank(str text) { return str_trim(text).len == 0; }

static err check(struct reply *r) {
  if (r->file_count > LIMIT_PHOTOS_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "At most %d photos go into one message.", LIMIT_PHOTOS_MAX);
  if (r->file_count == 0 && is_blank(r->text)) return err_field(ERR_MISSING_FIELD, "text");
  if (r->text.len && (!str_utf8_valid(r->text) || str_has_nul(r->text))) return err_field(ERR_INVALID_FIELD, "text");
  if (!str_is_visible(r->text)) { /* a photo needs no text */
    if (r->file_count == 0) return err_field(ERR_NOTHING_VISIBLE, "text");
    r->text = S("");
    r->entity_count = 0;
    r->entities_json = STR_NONE;
  }
  size_t most = r->file_count ? LIMIT_CAPTION_MAX : LIMIT_TEXT_MAX;
  if (str_utf8_count(r->text) > most)
    return err_detail(ERR_INVALID_FIELD, "text", "The text is longer than %zu characters.", most);
  bool bad_id = r->client_id.ptr && (r->client_id.len == 0 || !str_utf8_valid(r->client_id) ||
                                     str_utf8_count(r->client_id) > LIMIT_CLIENT_ID_MAX || str_has_nul(r->client_id));
  if (bad_id) return err_field(ERR_INVALID_FIELD, "client_id");
  return entities_check(r->text, r->entities, &r->entity_count);
}

/* The first result, if this client_id was used before. */
static err find_repeated(db_conn *c, struct replying_ctx *r, bool *found) {
  *found = false;
  int64_t writer = actor_operator_id(&r->reply->by);
  if (!r->reply->client_id.ptr || !writer) return err_ok;
  err e = message_by_client(c, writer, r->reply->client_id, r->arena, r->out);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (err_is(e)) return e;
  if (r->out->conversation_id != r->reply->conversation_id) return err_field(ERR_CONFLICT, "client_id");
  *found = *r->repeated = true;
  return err_ok;
}

static err check_quote(db_conn *c, const struct reply *r) {
  if (!r->reply_to) return err_ok;
  struct message_row quoted;
  err e = message_get(c, r->reply_to, db_conn_arena(c), &quoted);
  if (err_is(e) && e.code != ERR_NOT_FOUND) return e;
  bool good = !err_is(e) && quoted.conversation_id == r->conversation_id && quoted.direction != MESSAGE_SYSTEM;
  return good ? err_ok : err_field(ERR_INVALID_FIELD, "reply_to");
}

/* The other messages of an album "X" are "X#2", "X#3"…, so that the client can identify them too. */
static str client_id_of(const struct reply *reply, size_t i, arena *a) {
  if (i == 0 || !reply->client_id.ptr) return reply->client_id;
  return arena_printf(a, "%.*s#%zu", STR_ARG(reply->client_id), i + 1);
}

/* Message i of the reply: text and quote belong to the first; each photo is a message. */
static err add_message(struct conversation_tx *w, struct replying_ctx *r, size_t i, struct message_row *out) {
  const struct reply *reply = r->reply;
  struct file_row *file = NULL;
  if (reply->file_count) {
    file = arena_new_of(r->arena, struct file_row);
    *file = reply->files[i];
    file->id = 0; /* set by a run that was rolled back */
  }
  struct message_new m = {
      .direction = MESSAGE_OUT,
      .kind = file ? MESSAGE_PHOTO : MESSAGE_TEXT,
      .by = reply->by,
      .album = r->album,
      .action = -1,
      .delivery = DELIVERY_QUEUED,
      .in_staff_group = reply->in_staff_group,
      .files = file,
      .file_count = file ? 1 : 0,
      .channel = reply->files_channel,
      .account = reply->files_account,
      .client_id = client_id_of(reply, i, r->arena),
      .created_at = w->now_ms,
  };
  if (i == 0) {
    m.text = reply->text;
    m.entities_json = r->entities_json;
    m.reply_to_id = reply->reply_to;
  }
  err e = tx_message(w, &m, out);
  if (err_is(e)) return e.code == ERR_CONFLICT ? err_field(ERR_CONFLICT, "client_id") : e;
  /* Parts of an album that arrive one by one are sent together. */
  struct outbox_extra answer = {.next_at = reply->album.ptr ? w->now_ms + STAFF_ALBUM_WAIT_MS : 0,
                                .album = file ? r->album : STR_NONE};
  e = outbox_add_extra(w->c, w->customer.channel, w->customer.account, w->customer.external_id, out->id, &answer,
                       w->now_ms);
  if (e.code == ERR_QUEUE_FULL)
    return err_retry(ERR_OVERLOADED, 1000); /* the queue filled up since the check: roll back everything */
  return err_is(e) ? e : staff_copy(r->desk, w->c, out, w->now_ms);
}

static err store(db_conn *c, void *arg) {
  struct replying_ctx *r = arg;
  const struct reply *reply = r->reply;
  *r->repeated = false;
  struct conversation_tx w;
  bool found = false;
  err e = tx_lock(&w, c, reply->conversation_id, desk_now(r->desk), r->arena);
  if (!err_is(e)) e = conversation_may(&reply->by, MAY_CONVERSATION_WRITE, w.row.id, w.row.assignee_id);
  if (!err_is(e)) e = find_repeated(c, r, &found); /* after locking, so that a concurrent duplicate is seen */
  if (err_is(e) || found) return e;
  if (w.customer.blocked) return err_make(ERR_CUSTOMER_BLOCKED);
  size_t count = reply->file_count ? reply->file_count : 1;
  e = job_check_room(JOB_ANSWER, (int64_t)count, 0);
  if (!err_is(e)) e = check_quote(c, reply);
  if (!err_is(e) && actor_operator_id(&reply->by)) e = tx_command(&w, COMMAND_REPLY, &reply->by, 0, false);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    struct message_row m;
    e = add_message(&w, r, i, &m);
    if (!err_is(e) && i == 0) *r->out = m;
  }
  if (!err_is(e)) e = tx_mark_read(&w, &reply->by, w.row.inbound_count);
  return err_is(e) ? e : tx_save(&w);
}

static err prepare(struct desk *d, struct reply *reply, arena *a, struct message_row *out, bool *repeated,
                   struct replying_ctx *r) {
  err e = check(reply);
  if (err_is(e)) return e;
  bool given = reply->entities_json.ptr != NULL;
  *r = (struct replying_ctx){
      .desk = d,
      .reply = reply,
      .entities_json = given ? reply->entities_json : entities_encode(a, reply->entities, reply->entity_count),
      .album = reply->album,
      .arena = a,
      .out = out,
      .repeated = repeated,
  };
  if (reply->file_count > 1) {
    enum { ALBUM_ID_SIZE = 20 };
    char *id = arena_alloc(a, ALBUM_ID_SIZE + 1);
    r->album = rand_token(d->rand, id, ALBUM_ID_SIZE);
  }
  return err_ok;
}

err conversation_reply_in(struct desk *d, db_conn *c, struct reply *reply, arena *a, struct message_row *out,
                          bool *repeated) {
  struct replying_ctx r;
  err e = prepare(d, reply, a, out, repeated, &r);
  return err_is(e) ? e : store(c, &r);
}

err conversation_reply(struct desk *d, struct reply *reply, arena *a, struct message_row *out, bool *repeated) {
  struct replying_ctx r;
  err e = prepare(d, reply, a, out, repeated, &r);
  if (!err_is(e)) e = desk_write(d, store, &r);
  /* The same client_id won a race on another connection: return what it stored (or the conflict is real). */
  bool raced = e.code == ERR_CONFLICT && reply->client_id.ptr && e.field && str_eq(str_c(e.field), S("client_id"));
  return raced ? desk_write(d, store, &r) : e;
}
