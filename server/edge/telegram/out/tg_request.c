/* See tg_request.h. */
#include "edge/telegram/out/tg_request.h"

#include "base/limits.h"
#include "edge/telegram/in/tg_entities.h"
#include "base/json_scan.h"

#include <inttypes.h>

enum {
  BODY_MAX_BYTES = 1 << 20, /* Telegram accepts at most 1 MiB of parameters */
  CONNECT_TIMEOUT_MS = 10000,
  TEXT_TIMEOUT_MS = 30000,
  UPLOAD_TIMEOUT_MS = 120000,
  ANSWER_MAX_BYTES = 1 << 20,
  PARTS_MAX = 16,
};

struct builder {
  const struct tg_parcel *p;
  arena *a;
  struct http_call_request *out;
  bool by_file_id;
  str why;
};

static void add_entities(struct builder *b, buf *out, const char *name, const struct message_row *m) {
  struct entity *list = NULL;
  size_t count = 0;
  err e = entities_decode(m->entities_json, b->a, &list, &count);
  if (err_is(e) || count == 0) return; /* send the text without unreadable entities */
  buf_printf(out, ",\"%s\":", name);
  tg_entities_out(out, list, count);
}

static str reply_parameters(struct builder *b) {
  int64_t id = 0;
  if (!b->p->reply_to.ptr || !str_to_i64(b->p->reply_to, &id)) return STR_NONE;
  return arena_printf(b->a, "{\"message_id\":%" PRId64 ",\"allow_sending_without_reply\":true}", id);
}

/* A private chat's id is a number; anything else is sent as a string, and Telegram decides. */
static void add_chat(struct builder *b, buf *out) {
  int64_t id = 0;
  buf_add(out, S("{\"chat_id\":"));
  if (str_to_i64(b->p->chat, &id))
    buf_add_i64(out, id);
  else
    buf_add_json_string(out, b->p->chat);
}

static void begin(struct builder *b, const char *method, long timeout_ms) {
  *b->out = (struct http_call_request){
      .method = "POST",
      .url = arena_cstr(b->a, arena_printf(b->a, "%s/bot%.*s/%s", b->p->api_url, STR_ARG(b->p->token), method)),
      .connect_timeout_ms = CONNECT_TIMEOUT_MS,
      .timeout_ms = timeout_ms,
      .answer_max_bytes = ANSWER_MAX_BYTES,
  };
}

static bool end_json(struct builder *b, buf *body) {
  str reply = reply_parameters(b);
  if (reply.ptr) {
    buf_add(body, S(",\"reply_parameters\":"));
    buf_add(body, reply);
  }
  buf_add_char(body, '}');
  bool fits = !body->overflow;
  b->out->body = arena_dup(b->a, buf_borrow(body));
  b->out->content_type = "application/json";
  if (!fits) b->why = S("The message is larger than Telegram takes.");
  buf_free(body);
  return fits;
}

static bool build_text(struct builder *b) {
  const struct message_row *m = b->p->messages;
  begin(b, "sendMessage", TEXT_TIMEOUT_MS);
  buf body;
  buf_init(&body, BODY_MAX_BYTES);
  add_chat(b, &body);
  buf_add(&body, S(",\"text\":"));
  buf_add_json_string(&body, m->text);
  add_entities(b, &body, "entities", m);
  if (b->p->staff) buf_add(&body, S(",\"link_preview_options\":{\"is_disabled\":true}"));
  return end_json(b, &body);
}

static bool build_copy(struct builder *b) {
  begin(b, "copyMessage", TEXT_TIMEOUT_MS);
  buf body;
  buf_init(&body, BODY_MAX_BYTES);
  add_chat(b, &body);
  buf_printf(&body, ",\"from_chat_id\":%.*s,\"message_id\":%.*s", STR_ARG(b->p->copy_from_chat),
             STR_ARG(b->p->copy_message));
  return end_json(b, &body);
}

/* ---- photos ---- */

static const struct file_row *photo_of(const struct message_row *m) { return m->files.count ? m->files.items : NULL; }

static str file_id_of(const struct builder *b, const struct file_row *f) {
  str quoted = STR_NONE;
  if (b->p->upload || !f->source.ptr || !json_scan_member(f->source, S("file_id"), &quoted)) return STR_NONE;
  bool plain = quoted.len > 2 && quoted.ptr[0] == '"' && !str_contains(quoted, S("\\"));
  return plain ? str_sub(quoted, 1, quoted.len - 1) : STR_NONE;
}

static bool add_upload(struct builder *b, struct http_call_part *part, const char *name, const struct file_row *f) {
  const char *path = f->storage_key.ptr ? file_here(b->p->desk, f->storage_key, b->a) : NULL;
  if (!path) {
    if (f->storage_key.ptr && b->p->desk->store && b->p->missing) *b->p->missing = f->storage_key;
    b->why = S("The photo's file is missing.");
    return false;
  }
  *part = (struct http_call_part){
      .name = name,
      .path = path,
      .filename = f->name.len ? arena_cstr(b->a, f->name) : "photo",
      .content_type = arena_cstr(b->a, f->mime),
  };
  return true;
}

static struct http_call_part text_part(const char *name, str value) {
  return (struct http_call_part){.name = name, .value = value};
}

static str entities_text(struct builder *b, const struct message_row *m) {
  struct entity *list = NULL;
  size_t count = 0;
  err e = entities_decode(m->entities_json, b->a, &list, &count);
  if (err_is(e) || count == 0) return STR_NONE;
  buf out;
  buf_init(&out, BODY_MAX_BYTES);
  tg_entities_out(&out, list, count);
  str text = arena_dup(b->a, buf_borrow(&out));
  buf_free(&out);
  return text;
}

static bool build_known_photo(struct builder *b, str file_id) {
  const struct message_row *m = b->p->messages;
  begin(b, "sendPhoto", TEXT_TIMEOUT_MS);
  b->by_file_id = true;
  buf body;
  buf_init(&body, BODY_MAX_BYTES);
  add_chat(b, &body);
  buf_add(&body, S(",\"photo\":"));
  buf_add_json_string(&body, file_id);
  if (m->text.len) {
    buf_add(&body, S(",\"caption\":"));
    buf_add_json_string(&body, m->text);
    add_entities(b, &body, "caption_entities", m);
  }
  return end_json(b, &body);
}

static bool build_photo(struct builder *b) {
  const struct message_row *m = b->p->messages;
  const struct file_row *f = photo_of(m);
  str file_id = file_id_of(b, f);
  if (file_id.ptr) return build_known_photo(b, file_id);
  begin(b, "sendPhoto", UPLOAD_TIMEOUT_MS);
  struct http_call_part *parts = arena_array(b->a, struct http_call_part, PARTS_MAX);
  size_t n = 0;
  parts[n++] = text_part("chat_id", b->p->chat);
  if (m->text.len) parts[n++] = text_part("caption", m->text);
  str entities = m->text.len ? entities_text(b, m) : STR_NONE;
  if (entities.ptr) parts[n++] = text_part("caption_entities", entities);
  str reply = reply_parameters(b);
  if (reply.ptr) parts[n++] = text_part("reply_parameters", reply);
  if (!add_upload(b, &parts[n++], "photo", f)) return false;
  b->out->parts = parts;
  b->out->parts_count = n;
  return true;
}

static void add_media(struct builder *b, buf *media, const struct message_row *m, size_t i, str file_id) {
  buf_add(media, i ? S(",{\"type\":\"photo\",\"media\":") : S("{\"type\":\"photo\",\"media\":"));
  if (file_id.ptr)
    buf_add_json_string(media, file_id);
  else
    buf_printf(media, "\"attach://photo%zu\"", i);
  if (m->text.len) {
    buf_add(media, S(",\"caption\":"));
    buf_add_json_string(media, m->text);
    add_entities(b, media, "caption_entities", m);
  }
  buf_add_char(media, '}');
}

static bool build_album(struct builder *b) {
  begin(b, "sendMediaGroup", UPLOAD_TIMEOUT_MS);
  struct http_call_part *parts = arena_array(b->a, struct http_call_part, PARTS_MAX);
  size_t n = 0;
  parts[n++] = text_part("chat_id", b->p->chat);
  buf media;
  buf_init(&media, BODY_MAX_BYTES);
  buf_add_char(&media, '[');
  bool good = true;
  for (size_t i = 0; i < b->p->count && good; i++) {
    const struct message_row *m = &b->p->messages[i];
    const struct file_row *f = photo_of(m);
    str file_id = file_id_of(b, f);
    if (file_id.ptr) b->by_file_id = true;
    add_media(b, &media, m, i, file_id);
    if (!file_id.ptr) good = add_upload(b, &parts[n++], arena_cstr(b->a, arena_printf(b->a, "photo%zu", i)), f);
  }
  buf_add_char(&media, ']');
  if (media.overflow) b->why = S("The album is larger than Telegram takes."), good = false;
  parts[n++] = text_part("media", arena_dup(b->a, buf_borrow(&media)));
  buf_free(&media);
  str reply = reply_parameters(b);
  if (reply.ptr) parts[n++] = text_part("reply_parameters", reply);
  b->out->parts = parts;
  b->out->parts_count = n;
  return good;
}

bool tg_request_build(const struct tg_parcel *p, arena *a, struct http_call_request *out, bool *by_file_id, str *why) {
  struct builder b = {.p = p, .a = a, .out = out};
  if (p->copy_message.ptr) {
    bool built = build_copy(&b);
    *by_file_id = false;
    *why = b.why;
    return built;
  }
  bool photos = p->messages[0].kind == MESSAGE_PHOTO, good = true;
  for (size_t i = 0; i < p->count && photos && good; i++) good = photo_of(&p->messages[i]) != NULL;
  if (!good)
    b.why = S("The photo's file is missing.");
  else if (!photos)
    good = build_text(&b);
  else
    good = p->count > 1 ? build_album(&b) : build_photo(&b);
  *by_file_id = b.by_file_id;
  *why = b.why;
  return good;
}
