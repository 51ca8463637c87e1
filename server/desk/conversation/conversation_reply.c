/* A reply: checked, then stored and queued with its event in one transaction. */
#include "desk/conversation/conversation_plan_internal.h"
#include "desk/conversation/conversation_tx_internal.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"

enum { ALBUM_ID_SIZE = 20 };

struct replying_ctx {
  struct desk *desk;
  const struct reply *reply;
  str album; /* what the ids of its albums begin with; built once, before any run of the transaction */
  arena *arena;
  struct message_row *out;
  bool *repeated;
};

static bool is_blank(str text) { return str_trim(text).len == 0; }

static bool has_files(const struct reply *r) { return r->file_count || r->file_id_count; }

static err check_text(struct reply *r) {
  bool alone = !has_files(r) && r->kind == MESSAGE_TEXT;
  if (alone && is_blank(r->text)) return err_field(ERR_MISSING_FIELD, "text");
  if (r->text.len && (!str_utf8_valid(r->text) || str_has_nul(r->text))) return err_field(ERR_INVALID_FIELD, "text");
  if (!str_is_visible(r->text)) { /* a file needs no text */
    if (alone) return err_field(ERR_NOTHING_VISIBLE, "text");
    r->text = S("");
    r->entity_count = 0;
    r->entities_json = STR_NONE;
  }
  if (r->text.len && !has_files(r) && r->kind != MESSAGE_TEXT)
    return err_detail(ERR_INVALID_FIELD, "text", "This kind of message has no text.");
  if (str_utf8_count(r->text) > LIMIT_ANSWER_TEXT_MAX)
    return err_detail(ERR_INVALID_FIELD, "text", "The text is longer than %d characters.", LIMIT_ANSWER_TEXT_MAX);
  return err_ok;
}

/* "X#2": the id of a part (client_id_of). An answer with such an id could be taken for a repetition of that part. */
static bool names_a_part(str client_id) {
  size_t digits = 0;
  while (digits < client_id.len && client_id.ptr[client_id.len - 1 - digits] >= '0' &&
         client_id.ptr[client_id.len - 1 - digits] <= '9')
    digits++;
  return digits && digits < client_id.len && client_id.ptr[client_id.len - 1 - digits] == '#';
}

static err check(struct reply *r, arena *a) {
  if (r->file_count + r->file_id_count > LIMIT_FILES_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "At most %d files go into one message.", LIMIT_FILES_MAX);
  err e = check_text(r);
  if (err_is(e)) return e;
  if (r->quote.ptr && !r->reply_to) return err_detail(ERR_MISSING_FIELD, "reply_to", "A quote is of a message.");
  bool bad_id = r->client_id.ptr && (r->client_id.len == 0 || !str_utf8_valid(r->client_id) ||
                                     str_utf8_count(r->client_id) > LIMIT_CLIENT_ID_MAX || str_has_nul(r->client_id));
  if (bad_id) return err_field(ERR_INVALID_FIELD, "client_id");
  if (names_a_part(r->client_id))
    return err_detail(ERR_INVALID_FIELD, "client_id", "It ends in # and a number, like those of an answer's parts.");
  if (r->entities_json.ptr) { /* checked by whoever gave them */
    e = entities_decode(r->entities_json, a, &r->entities, &r->entity_count);
    if (err_is(e)) return e;
  }
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

/* The channel refuses a piece that the message does not have, for example because it was edited meanwhile. */
static err check_piece(const struct reply *r, const struct message_row *quoted, arena *a) {
  struct message_quote piece = {0};
  if (!r->quote.ptr || err_is(json_decode(&message_quote_shape, r->quote, a, &piece, NULL))) return err_ok;
  return str_contains(quoted->text, piece.text)
             ? err_ok
             : err_detail(ERR_INVALID_FIELD, "quote", "The quoted words are not in the message.");
}

static err check_quote(db_conn *c, const struct reply *r) {
  if (!r->reply_to) return err_ok;
  struct message_row quoted;
  err e = message_get(c, r->reply_to, db_conn_arena(c), &quoted);
  if (err_is(e) && e.code != ERR_NOT_FOUND) return e;
  bool good = !err_is(e) && quoted.conversation_id == r->conversation_id && quoted.direction != MESSAGE_SYSTEM;
  return good ? check_piece(r, &quoted, db_conn_arena(c)) : err_field(ERR_INVALID_FIELD, "reply_to");
}

/* ---- files ---- */

/* A file of the desk that its writer may see, as a row of its own. Only to the account that it came from is its source known. */
static err share_file(struct conversation_tx *w, const struct reply *r, int64_t id, struct file_row *out) {
  int64_t reader = actor_operator_id(&r->by);
  bool own = may_reach(&r->by, MAY_CONVERSATION_READ) == REACH_OWN, here = false;
  err e = own ? file_assigned(w->c, id, reader) : err_ok;
  if (!err_is(e)) e = file_share(w->c, id, w->arena, out);
  if (!err_is(e)) e = file_came_from(w->c, id, w->customer.channel, w->customer.account, &here);
  if (!here) out->source = STR_NONE;
  return e.code == ERR_NOT_FOUND ? err_field(ERR_INVALID_FIELD, "file_ids") : e;
}

/* The rows of all files, without ids: this run inserts them. */
static err gather_files(struct conversation_tx *w, const struct reply *r, struct file_row **out, size_t *count) {
  err e = err_ok;
  *out = arena_array(w->arena, struct file_row, r->file_count + r->file_id_count);
  *count = 0;
  for (size_t i = 0; i < r->file_count; i++) {
    (*out)[*count] = r->files[i];
    (*out)[(*count)++].id = 0; /* set by a run that was rolled back */
  }
  for (size_t i = 0; i < r->file_id_count && !err_is(e); i++) e = share_file(w, r, r->file_ids[i], &(*out)[(*count)++]);
  return e;
}

/* ---- one message ---- */

/* The other messages of an answer "X" are "X#2", "X#3"…, so that the client can identify them too. */
static str client_id_of(const struct reply *reply, size_t i, arena *a) {
  if (i == 0 || !reply->client_id.ptr) return reply->client_id;
  return arena_printf(a, "%.*s#%zu", STR_ARG(reply->client_id), i + 1);
}

static int sticker_format_of(const struct file_row *f) {
  if (str_eq(f->mime, S("video/webm"))) return STICKER_VIDEO;
  return str_starts(f->mime, S("image/")) ? STICKER_STATIC : STICKER_ANIMATED;
}

/* What the part is besides words and files. position: the file's in the request. */
static void describe(const struct reply *r, const struct reply_part *part, size_t position, arena *a,
                     struct message_details *details, str *headline) {
  if (part->kind != MESSAGE_TEXT && part->kind == r->kind) {
    *details = r->details;
    *headline = r->headline;
  }
  bool named = part->kind == MESSAGE_DOCUMENT || part->kind == MESSAGE_AUDIO;
  if (named && !headline->len) *headline = part->file->name;
  if (part->kind == MESSAGE_VOICE && r->waveforms) details->voice = r->waveforms[position];
  if (part->kind == MESSAGE_STICKER && !details->sticker.ptr)
    details->sticker =
        message_detail(a, &message_sticker_shape, &(struct message_sticker){.format = sticker_format_of(part->file)});
  bool covers = part->kind == MESSAGE_PHOTO || part->kind == MESSAGE_VIDEO || part->kind == MESSAGE_ANIMATION;
  struct message_display display = {r->spoiler || (r->covered && r->covered[position]), r->caption_above};
  if (covers && (display.spoiler || display.caption_above))
    details->display = message_detail(a, &message_display_shape, &display);
}

static str album_of(const struct replying_ctx *r, const struct reply_part *part) {
  if (r->reply->album.ptr) return r->reply->album;
  return part->album ? arena_printf(r->arena, "%.*s%d", STR_ARG(r->album), part->album) : STR_NONE;
}

static err add_message(struct conversation_tx *w, struct replying_ctx *r, const struct reply_plan *plan, size_t i,
                       struct message_row *out) {
  const struct reply *reply = r->reply;
  const struct reply_part *part = &plan->parts[i];
  struct message_details details = {0};
  struct message_new m = {
      .direction = MESSAGE_OUT,
      .kind = part->kind,
      .by = reply->by,
      .album = album_of(r, part),
      .action = -1,
      .delivery = DELIVERY_QUEUED,
      .in_staff_group = reply->in_staff_group,
      .text = part->words.text,
      .entities_json = entities_encode(r->arena, part->words.entities, part->words.entity_count),
      .files = part->file,
      .file_count = part->file ? 1 : 0,
      .client_id = client_id_of(reply, i, r->arena),
      .silent = reply->silent,
      .protected = reply->protected,
      .link_preview = part->kind == MESSAGE_TEXT ? reply->link_preview : LINK_PREVIEW_AUTO,
      .buttons_json = i + 1 == plan->count ? reply->buttons_json : STR_NONE,
      .reply_to_id = i == 0 ? reply->reply_to : 0,
      .created_at = w->now_ms,
  };
  bool source = part->file && part->file->source.ptr;
  if (source) m.channel = reply->files_channel.ptr ? reply->files_channel : w->customer.channel;
  if (source) m.account = reply->files_channel.ptr ? reply->files_account : w->customer.account;
  describe(reply, part, i, r->arena, &details, &m.headline);
  if (i == 0) details.quote = reply->quote;
  m.details_json = message_details_encode(r->arena, &details);
  err e = tx_message(w, &m, out);
  if (err_is(e)) return e.code == ERR_CONFLICT ? err_field(ERR_CONFLICT, "client_id") : e;
  /* Parts of an album that arrive one by one are sent together. */
  struct outbox_extra answer = {.next_at = reply->album.ptr ? w->now_ms + STAFF_ALBUM_WAIT_MS : 0,
                                .album = part->file ? m.album : STR_NONE};
  e = outbox_add_extra(w->c, w->customer.channel, w->customer.account, w->customer.external_id, out->id, &answer,
                       w->now_ms);
  if (e.code == ERR_QUEUE_FULL)
    return err_retry(ERR_OVERLOADED, 1000); /* the queue filled up since the check: roll back everything */
  return err_is(e) || w->row.spam_at ? e : staff_copy(r->desk, w->c, out, w->now_ms);
}

static err add_messages(struct conversation_tx *w, struct replying_ctx *r, const struct reply_plan *plan) {
  err e = err_ok;
  for (size_t i = 0; i < plan->count && !err_is(e); i++) {
    struct message_row m;
    e = add_message(w, r, plan, i, &m);
    if (!err_is(e) && i == 0) *r->out = m;
  }
  r->out->can = message_can_of(r->out, w->customer.channel, w->now_ms);
  return e;
}

static err store(db_conn *c, void *arg) {
  struct replying_ctx *r = arg;
  const struct reply *reply = r->reply;
  *r->repeated = false;
  struct conversation_tx w;
  struct reply_plan plan = {0};
  struct file_row *files = NULL;
  size_t file_count = 0;
  bool found = false;
  err e = tx_lock(&w, c, reply->conversation_id, desk_now(r->desk), r->arena);
  if (!err_is(e)) e = conversation_may(&reply->by, MAY_CONVERSATION_WRITE, w.row.id, w.row.assignee_id);
  if (!err_is(e)) e = find_repeated(c, r, &found); /* after locking, so that a concurrent duplicate is seen */
  if (found) r->out->can = message_can_of(r->out, w.customer.channel, w.now_ms);
  if (err_is(e) || found) return e;
  if (w.customer.blocked) return err_make(ERR_CUSTOMER_BLOCKED);
  e = gather_files(&w, reply, &files, &file_count);
  if (!err_is(e)) e = reply_plan_make(reply, files, file_count, channel_facts(w.customer.channel), r->arena, &plan);
  if (!err_is(e)) e = job_check_room(JOB_ANSWER, (int64_t)plan.count, 0);
  if (!err_is(e)) e = check_quote(c, reply);
  if (!err_is(e) && actor_operator_id(&reply->by)) e = tx_command(&w, COMMAND_REPLY, &reply->by, 0, false);
  if (!err_is(e)) e = add_messages(&w, r, &plan);
  if (!err_is(e)) e = tx_mark_read(&w, &reply->by, w.row.inbound_count);
  if (!err_is(e)) e = tx_save(&w);
  return err_is(e) ? e : tx_tell(r->desk, &w, actor_operator_id(&reply->by));
}

static err prepare(struct desk *d, struct reply *reply, arena *a, struct message_row *out, bool *repeated,
                   struct replying_ctx *r) {
  err e = check(reply, a);
  if (err_is(e)) return e;
  char *id = arena_alloc(a, ALBUM_ID_SIZE + 1);
  *r = (struct replying_ctx){.desk = d,
                             .reply = reply,
                             .album = rand_token(d->rand, id, ALBUM_ID_SIZE),
                             .arena = a,
                             .out = out,
                             .repeated = repeated};
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
