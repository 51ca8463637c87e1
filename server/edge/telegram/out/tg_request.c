/* See tg_request.h. */
#include "edge/telegram/out/tg_request.h"

#include "base/limits.h"
#include "edge/telegram/in/tg_entities.h"

#include <assert.h>
#include <inttypes.h>

enum {
  BODY_MAX_BYTES = 1 << 20, /* Telegram accepts at most 1 MiB of parameters */
  CONNECT_TIMEOUT_MS = 10000,
  TEXT_TIMEOUT_MS = 30000,
  UPLOAD_TIMEOUT_MS = 120000,
  ANSWER_MAX_BYTES = 1 << 20,
  PARAMS_MAX = 48,
};

/* ---- the kinds ---- */

enum takes {
  TAKES_TEXT = 1,
  TAKES_CAPTION = 2,
  TAKES_DISPLAY = 4, /* has_spoiler, show_caption_above_media */
  TAKES_SIDES = 8,   /* width, height */
  TAKES_DURATION = 16,
  TAKES_TITLES = 32, /* title, performer */
  TAKES_LENGTH = 64, /* of a round video's side */
  TAKES_AS_IS = 128, /* Telegram must not make a video of a file */
};

struct builder;

static bool add_location(struct builder *b, const struct message_row *m);
static bool add_contact(struct builder *b, const struct message_row *m);
static bool add_poll(struct builder *b, const struct message_row *m);
static bool add_dice(struct builder *b, const struct message_row *m);

static const struct kind_row {
  int kind;
  const char *method, *field;                                  /* field: of the file; in an album it is the type too */
  unsigned takes;                                              /* a sum of enum takes */
  bool (*add)(struct builder *b, const struct message_row *m); /* what else the kind consists of; NULL: nothing */
} kinds[] = {
    {MESSAGE_TEXT, "sendMessage", NULL, TAKES_TEXT, NULL},
    {MESSAGE_PHOTO, "sendPhoto", "photo", TAKES_CAPTION | TAKES_DISPLAY, NULL},
    {MESSAGE_VIDEO, "sendVideo", "video", TAKES_CAPTION | TAKES_DISPLAY | TAKES_SIDES | TAKES_DURATION, NULL},
    {MESSAGE_ANIMATION, "sendAnimation", "animation", TAKES_CAPTION | TAKES_DISPLAY | TAKES_SIDES | TAKES_DURATION,
     NULL},
    {MESSAGE_AUDIO, "sendAudio", "audio", TAKES_CAPTION | TAKES_DURATION | TAKES_TITLES, NULL},
    {MESSAGE_VOICE, "sendVoice", "voice", TAKES_CAPTION | TAKES_DURATION, NULL},
    {MESSAGE_VIDEO_NOTE, "sendVideoNote", "video_note", TAKES_DURATION | TAKES_LENGTH, NULL},
    {MESSAGE_DOCUMENT, "sendDocument", "document", TAKES_CAPTION | TAKES_AS_IS, NULL},
    {MESSAGE_STICKER, "sendSticker", "sticker", 0, NULL},
    {MESSAGE_LOCATION, "sendLocation", NULL, 0, add_location},
    {MESSAGE_VENUE, "sendVenue", NULL, 0, add_location},
    {MESSAGE_CONTACT, "sendContact", NULL, 0, add_contact},
    {MESSAGE_POLL, "sendPoll", NULL, 0, add_poll},
    {MESSAGE_DICE, "sendDice", NULL, 0, add_dice},
};

static const struct kind_row *row_of(int kind) {
  for (size_t i = 0; i < JSON_COUNT(kinds); i++)
    if (kinds[i].kind == kind) return &kinds[i];
  return NULL;
}

bool tg_request_can_send(int kind) { return row_of(kind) != NULL; }

const char *tg_request_field(int kind) {
  const struct kind_row *row = row_of(kind);
  return row ? row->field : NULL;
}

/* ---- parameters ---- */

/* Collected first: they go as one JSON object, or with an upload as parts of a form. */
struct param {
  const char *name;
  str value;
  bool json; /* the value is JSON already; else a text */
};

struct builder {
  const struct tg_parcel *p;
  arena *a;
  struct http_call_request *out;
  struct param params[PARAMS_MAX];
  size_t count;
  struct http_call_part uploads[TG_REQUEST_FILES_MAX];
  size_t upload_count;
  bool by_file_id;
  str why;
};

static void put(struct builder *b, const char *name, str value, bool json) {
  assert(b->count < PARAMS_MAX);
  if (value.ptr) b->params[b->count++] = (struct param){name, value, json};
}
static void put_text(struct builder *b, const char *name, str value) { put(b, name, value, false); }
static void put_json(struct builder *b, const char *name, str value) { put(b, name, value, true); }
static void put_int(struct builder *b, const char *name, int64_t n) {
  put_json(b, name, arena_printf(b->a, "%" PRId64, n));
}
static void put_true(struct builder *b, const char *name, bool set) {
  if (set) put_json(b, name, S("true"));
}

static str taken(struct builder *b, buf *text) {
  if (text->overflow) b->why = S("The message is larger than Telegram takes.");
  str copy = arena_dup(b->a, buf_borrow(text));
  buf_free(text);
  return copy;
}

/* An object, or one member more of it. */
static void add_members(struct builder *b, buf *out, size_t from) {
  for (size_t i = from; i < b->count; i++) {
    buf_printf(out, "%s\"%s\":", i == from && buf_borrow(out).len == 0 ? "{" : ",", b->params[i].name);
    if (b->params[i].json)
      buf_add(out, b->params[i].value);
    else
      buf_add_json_string(out, b->params[i].value);
  }
}

static void begin(struct builder *b, const char *method) {
  *b->out = (struct http_call_request){
      .method = "POST",
      .url = arena_cstr(b->a, arena_printf(b->a, "%s/bot%.*s/%s", b->p->api_url, STR_ARG(b->p->token), method)),
      .connect_timeout_ms = CONNECT_TIMEOUT_MS,
      .answer_max_bytes = ANSWER_MAX_BYTES,
  };
  /* A private chat's id is a number; anything else is sent as a string, and Telegram decides. */
  int64_t id = 0;
  put(b, "chat_id", b->p->chat, str_to_i64(b->p->chat, &id));
  if (b->p->thread && !b->p->changed.ptr) put_int(b, "message_thread_id", b->p->thread);
}

static bool end_form(struct builder *b) {
  size_t n = 0;
  struct http_call_part *parts = arena_array(b->a, struct http_call_part, b->count + b->upload_count);
  for (size_t i = 0; i < b->count; i++)
    parts[n++] = (struct http_call_part){.name = b->params[i].name, .value = b->params[i].value};
  for (size_t i = 0; i < b->upload_count; i++) parts[n++] = b->uploads[i];
  b->out->parts = parts;
  b->out->parts_count = n;
  b->out->timeout_ms = UPLOAD_TIMEOUT_MS;
  return true;
}

static bool end(struct builder *b) {
  if (b->why.ptr) return false;
  if (b->upload_count) return end_form(b);
  buf body;
  buf_init(&body, BODY_MAX_BYTES);
  add_members(b, &body, 0);
  buf_add_char(&body, '}');
  b->out->content_type = "application/json";
  b->out->timeout_ms = TEXT_TIMEOUT_MS;
  b->out->body = taken(b, &body);
  return !b->why.ptr;
}

/* ---- what any message may have ---- */

static str entities_of(struct builder *b, const struct message_row *m) {
  struct entity *list = NULL;
  size_t count = 0;
  err e = entities_decode(m->entities_json, b->a, &list, &count);
  if (err_is(e) || count == 0) return STR_NONE; /* send the text without unreadable entities */
  buf out;
  buf_init(&out, BODY_MAX_BYTES);
  tg_entities_out(&out, list, count);
  return taken(b, &out);
}

static void add_quote(struct builder *b, buf *out) {
  struct message_quote quote = {0};
  str json = b->p->messages[0].details.quote;
  if (!json.ptr || err_is(json_decode(&message_quote_shape, json, b->a, &quote, NULL))) return;
  struct entity *list = NULL;
  size_t count = 0;
  int64_t length = (int64_t)str_utf16_count(quote.text);
  if (!tg_quote_entities(b->p->quoted_entities, quote.position, length, b->a, &list, &count)) return;
  buf_add(out, S(",\"quote\":"));
  buf_add_json_string(out, quote.text);
  buf_printf(out, ",\"quote_position\":%" PRId64, quote.position);
  if (!count) return;
  buf_add(out, S(",\"quote_entities\":"));
  tg_entities_out(out, list, count);
}

static void put_reply(struct builder *b) {
  int64_t id = 0;
  if (!b->p->reply_to.ptr || !str_to_i64(b->p->reply_to, &id)) return;
  buf out;
  buf_init(&out, BODY_MAX_BYTES);
  buf_printf(&out, "{\"message_id\":%" PRId64 ",\"allow_sending_without_reply\":true", id);
  if (!b->p->staff) add_quote(b, &out);
  buf_add_char(&out, '}');
  put_json(b, "reply_parameters", taken(b, &out));
}

static void add_button(buf *out, const struct button *button) {
  const struct {
    const char *name;
    str value;
  } members[] = {{"url", button->url}, {"callback_data", button->callback}};
  buf_add(out, S("{\"text\":"));
  buf_add_json_string(out, button->text);
  for (size_t i = 0; i < JSON_COUNT(members); i++) {
    if (!members[i].value.ptr) continue;
    buf_printf(out, ",\"%s\":", members[i].name);
    buf_add_json_string(out, members[i].value);
  }
  if (button->copy.ptr) {
    buf_add(out, S(",\"copy_text\":{\"text\":"));
    buf_add_json_string(out, button->copy);
    buf_add_char(out, '}');
  }
  if (button->style > BUTTON_DEFAULT) buf_printf(out, ",\"style\":\"%s\"", button_style_names.names[button->style]);
  buf_add_char(out, '}');
}

static void put_buttons(struct builder *b, const struct message_row *m) {
  struct button_row *rows = NULL;
  size_t count = 0;
  if (b->p->staff || err_is(buttons_decode(m->buttons_json, b->a, &rows, &count)) || count == 0) return;
  buf out;
  buf_init(&out, BODY_MAX_BYTES);
  buf_add(&out, S("{\"inline_keyboard\":["));
  for (size_t i = 0; i < count; i++) {
    buf_add(&out, i ? S(",[") : S("["));
    for (size_t k = 0; k < rows[i].count; k++) {
      if (k) buf_add_char(&out, ',');
      add_button(&out, &rows[i].list[k]);
    }
    buf_add_char(&out, ']');
  }
  buf_add(&out, S("]}"));
  put_json(b, "reply_markup", taken(b, &out));
}

static void put_preview(struct builder *b, const struct message_row *m) {
  static const char *const options[] = {[LINK_PREVIEW_OFF] = "{\"is_disabled\":true}",
                                        [LINK_PREVIEW_SMALL] = "{\"prefer_small_media\":true}",
                                        [LINK_PREVIEW_LARGE] = "{\"prefer_large_media\":true}"};
  int choice = b->p->staff ? LINK_PREVIEW_OFF : m->link_preview;
  if (choice > LINK_PREVIEW_AUTO) put_json(b, "link_preview_options", str_c(options[choice]));
}

static void put_options(struct builder *b, const struct message_row *m) {
  put_true(b, "disable_notification", m->silent);
  put_true(b, "protect_content", m->protected && !b->p->staff);
}

/* ---- kinds without a file ---- */

static bool unreadable(struct builder *b) {
  b->why = S("The content of the message cannot be read.");
  return false;
}

static void put_number(struct builder *b, const char *name, double n) {
  put_json(b, name, arena_printf(b->a, "%.8g", n));
}

static bool add_location(struct builder *b, const struct message_row *m) {
  struct message_location l;
  if (!m->details.location.ptr || err_is(json_decode(&message_location_shape, m->details.location, b->a, &l, NULL)))
    return unreadable(b);
  put_number(b, "latitude", l.latitude);
  put_number(b, "longitude", l.longitude);
  if (m->kind != MESSAGE_VENUE) return true;
  put_text(b, "title", str_or_empty(l.title));
  put_text(b, "address", str_or_empty(l.address));
  return true;
}

static bool add_contact(struct builder *b, const struct message_row *m) {
  struct message_contact contact;
  if (!m->details.contact.ptr || err_is(json_decode(&message_contact_shape, m->details.contact, b->a, &contact, NULL)))
    return unreadable(b);
  put_text(b, "phone_number", contact.phone_number);
  put_text(b, "first_name", contact.first_name);
  put_text(b, "last_name", contact.last_name);
  return true;
}

static bool add_poll(struct builder *b, const struct message_row *m) {
  struct message_poll poll;
  if (!m->details.poll.ptr || err_is(json_decode(&message_poll_shape, m->details.poll, b->a, &poll, NULL)))
    return unreadable(b);
  const struct message_poll_option *options = poll.options.items;
  buf list;
  buf_init(&list, BODY_MAX_BYTES);
  put_text(b, "question", poll.question);
  for (size_t i = 0; i < poll.options.count; i++) {
    buf_add(&list, i ? S(",{\"text\":") : S("[{\"text\":"));
    buf_add_json_string(&list, options[i].text);
    buf_add_char(&list, '}');
    if (options[i].correct) put_json(b, "correct_option_ids", arena_printf(b->a, "[%zu]", i));
  }
  buf_add_char(&list, ']');
  put_json(b, "options", taken(b, &list));
  put_json(b, "is_anonymous", poll.anonymous ? S("true") : S("false"));
  put_true(b, "allows_multiple_answers", poll.multiple);
  if (poll.quiz) put_text(b, "type", S("quiz"));
  put_text(b, "explanation", poll.explanation);
  return true;
}

static bool add_dice(struct builder *b, const struct message_row *m) {
  struct message_dice dice;
  if (!m->details.dice.ptr || err_is(json_decode(&message_dice_shape, m->details.dice, b->a, &dice, NULL)))
    return unreadable(b);
  put_text(b, "emoji", dice.emoji);
  return true;
}

/* ---- files ---- */

static const struct file_row *file_of(const struct message_row *m) { return m->files.count ? m->files.items : NULL; }

/* True with the file's id in *value, or with an upload under this part's name. */
static bool put_file(struct builder *b, size_t i, const char *part, str *value) {
  const struct file_row *f = file_of(&b->p->messages[i]);
  *value = f && b->p->file_ids ? b->p->file_ids[i] : STR_NONE;
  if (value->ptr) return b->by_file_id = true;
  const char *path = f && f->storage_key.ptr ? file_here(b->p->desk, f->storage_key, b->a) : NULL;
  if (!path) {
    if (f && f->storage_key.ptr && b->p->desk->store && b->p->missing) *b->p->missing = f->storage_key;
    b->why = S("The file is missing.");
    return false;
  }
  b->uploads[b->upload_count++] = (struct http_call_part){
      .name = part,
      .path = path,
      .filename = f->name.len ? arena_cstr(b->a, f->name) : "file",
      .content_type = arena_cstr(b->a, f->mime),
  };
  return true;
}

static void put_display(struct builder *b, const struct message_row *m) {
  struct message_display display = {0};
  if (!m->details.display.ptr || err_is(json_decode(&message_display_shape, m->details.display, b->a, &display, NULL)))
    return;
  put_true(b, "has_spoiler", display.spoiler);
  put_true(b, "show_caption_above_media", display.caption_above);
}

static void put_titles(struct builder *b, const struct message_row *m) {
  struct message_audio audio = {0};
  if (!m->details.audio.ptr || err_is(json_decode(&message_audio_shape, m->details.audio, b->a, &audio, NULL))) return;
  put_text(b, "title", audio.title);
  put_text(b, "performer", audio.performer);
}

/* The words of a message, and what is known of its file. */
static void put_about(struct builder *b, const struct kind_row *row, const struct message_row *m) {
  const struct file_row *f = file_of(m);
  if (m->text.len && row->takes & TAKES_CAPTION) {
    put_text(b, "caption", m->text);
    put_json(b, "caption_entities", entities_of(b, m));
  }
  if (row->takes & TAKES_DISPLAY) put_display(b, m);
  if (row->takes & TAKES_TITLES) put_titles(b, m);
  if (f && row->takes & TAKES_DURATION && f->duration_ms) put_int(b, "duration", (f->duration_ms + 500) / 1000);
  if (f && row->takes & TAKES_SIDES && f->width && f->height) {
    put_int(b, "width", f->width);
    put_int(b, "height", f->height);
  }
  if (f && row->takes & TAKES_LENGTH && f->width) put_int(b, "length", f->width);
}

/* ---- the calls ---- */

static bool build_one(struct builder *b, const struct kind_row *row) {
  const struct message_row *m = b->p->messages;
  begin(b, row->method);
  if (row->takes & TAKES_TEXT) {
    put_text(b, "text", m->text);
    put_json(b, "entities", entities_of(b, m));
    put_preview(b, m);
  }
  str file_id = STR_NONE;
  if (row->field && !put_file(b, 0, row->field, &file_id)) return false;
  if (row->field) put_text(b, row->field, file_id);
  if (row->field) put_about(b, row, m);
  put_true(b, "disable_content_type_detection", row->takes & TAKES_AS_IS && b->upload_count);
  if (row->add && !row->add(b, m)) return false;
  put_options(b, m);
  put_buttons(b, m);
  put_reply(b);
  return end(b);
}

static bool build_copy(struct builder *b) {
  begin(b, "copyMessage");
  put_json(b, "from_chat_id", b->p->copy_from_chat);
  put_json(b, "message_id", b->p->copy_message);
  put_reply(b);
  return end(b);
}

/* One element of the album. The parameters of the element are taken off again. */
static bool add_media(struct builder *b, buf *media, size_t i) {
  const struct message_row *m = &b->p->messages[i];
  const struct kind_row *row = row_of(m->kind);
  const char *part = arena_cstr(b->a, arena_printf(b->a, "file%zu", i));
  size_t before = b->count;
  str file_id = STR_NONE;
  if (!put_file(b, i, part, &file_id)) return false;
  put_text(b, "media", file_id.ptr ? file_id : arena_printf(b->a, "attach://%s", part));
  put_about(b, row, m);
  put_true(b, "disable_content_type_detection", row->takes & TAKES_AS_IS && !file_id.ptr);
  buf_printf(media, "{\"type\":\"%s\"", row->field);
  add_members(b, media, before);
  buf_add_char(media, '}');
  b->count = before;
  return true;
}

static bool build_album(struct builder *b) {
  begin(b, "sendMediaGroup");
  buf media;
  bool good = true;
  buf_init(&media, BODY_MAX_BYTES);
  for (size_t i = 0; i < b->p->count && good; i++) {
    buf_add_char(&media, i ? ',' : '[');
    good = add_media(b, &media, i);
  }
  buf_add_char(&media, ']');
  put_json(b, "media", taken(b, &media));
  put_options(b, &b->p->messages[0]);
  put_reply(b);
  return good && end(b);
}

/* ---- changes of a sent message ---- */

/* The copy of a photo in the staff group, whose picture may be another one now. */
static bool build_photo_edit(struct builder *b) {
  buf media;
  begin(b, "editMessageMedia");
  put_json(b, "message_id", b->p->changed);
  buf_init(&media, BODY_MAX_BYTES);
  bool good = add_media(b, &media, 0);
  put_json(b, "media", taken(b, &media));
  return good && end(b);
}

/* A keyboard that is not given again is removed. */
static bool build_edit(struct builder *b, const struct message_row *m) {
  const struct kind_row *row = row_of(m->kind);
  bool text = row && row->takes & TAKES_TEXT, caption = row && row->takes & TAKES_CAPTION;
  if (b->p->staff && m->kind == MESSAGE_PHOTO) return build_photo_edit(b);
  begin(b, text ? "editMessageText" : caption ? "editMessageCaption" : "editMessageReplyMarkup");
  put_json(b, "message_id", b->p->changed);
  if (text || caption) {
    put_text(b, text ? "text" : "caption", m->text);
    put_json(b, text ? "entities" : "caption_entities", entities_of(b, m));
  }
  if (text) put_preview(b, m);
  if (caption && row->takes & TAKES_DISPLAY) {
    struct message_display display = {0};
    if (m->details.display.ptr) (void)json_decode(&message_display_shape, m->details.display, b->a, &display, NULL);
    put_true(b, "show_caption_above_media", display.caption_above);
  }
  put_buttons(b, m);
  return end(b);
}

static bool build_reaction(struct builder *b, const struct message_row *m) {
  str emoji = message_operator_reaction(m, b->a);
  buf list;
  buf_init(&list, BODY_MAX_BYTES);
  buf_add(&list, S("["));
  if (emoji.len) {
    buf_add(&list, S("{\"type\":\"emoji\",\"emoji\":"));
    buf_add_json_string(&list, emoji);
    buf_add_char(&list, '}');
  }
  buf_add_char(&list, ']');
  begin(b, "setMessageReaction");
  put_json(b, "message_id", b->p->changed);
  put_json(b, "reaction", taken(b, &list));
  return end(b);
}

static bool build_removal(struct builder *b) {
  begin(b, "deleteMessages");
  put_json(b, "message_ids", arena_printf(b->a, "[%.*s]", STR_ARG(b->p->changed)));
  return end(b);
}

static bool build_change(struct builder *b) {
  const struct message_row *m = b->p->messages;
  if (b->p->staff && b->p->change == CHANGE_DELETE) return build_removal(b);
  switch (b->p->change) {
    case CHANGE_EDIT: return build_edit(b, m);
    case CHANGE_REACTION: return build_reaction(b, m);
    case CHANGE_PIN: begin(b, m->pinned ? "pinChatMessage" : "unpinChatMessage"); break;
    default: begin(b, "deleteMessage"); break;
  }
  put_json(b, "message_id", b->p->changed);
  put_true(b, "disable_notification", b->p->change == CHANGE_PIN && m->pinned);
  return end(b);
}

static bool build(struct builder *b) {
  const struct kind_row *row = row_of(b->p->messages[0].kind);
  if (b->p->changed.ptr) return build_change(b);
  if (b->p->copy_message.ptr) return build_copy(b);
  if (!row) {
    b->why = S("This kind of message cannot be sent.");
    return false;
  }
  return b->p->count > 1 ? build_album(b) : build_one(b, row);
}

bool tg_request_build(const struct tg_parcel *p, arena *a, struct http_call_request *out, bool *by_file_id, str *why) {
  struct builder *b = arena_new_of(a, struct builder);
  *b = (struct builder){.p = p, .a = a, .out = out};
  bool good = build(b);
  *by_file_id = b->by_file_id;
  *why = b->why;
  return good;
}
