/* Answers: as JSON, or as a form with files whose other parts are the same fields. A form's fields are put together as the JSON
 * object that they would have been, so both are read by one shape. */
#include "base/jansson.h"
#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/conversation/conversation.h"
#include "desk/names.h"
#include "desk/route.h"

#define AT(member) offsetof(struct THIS, member)

/* ---- the content of a message without a file ---- */

#define THIS location_body
struct location_body {
  double latitude, longitude;
  str title, address;
};
static const struct json_field location_fields[] = {
    {.name = "latitude", .type = JSON_NUMBER, .flags = JSON_REQUIRED, .offset = AT(latitude), .min = -90, .max = 90},
    {.name = "longitude",
     .type = JSON_NUMBER,
     .flags = JSON_REQUIRED,
     .offset = AT(longitude),
     .min = -180,
     .max = 180},
    {.name = "title",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL | JSON_TRIM,
     .offset = AT(title),
     .max = LIMIT_NAME_MAX,
     .doc = "With the address: a venue."},
    {.name = "address", .type = JSON_STRING, .flags = JSON_OPTIONAL | JSON_TRIM, .offset = AT(address), .max = 256},
};
#undef THIS
static JSON_SHAPE(location_shape, "LocationToSend", struct location_body, location_fields, NULL);

#define THIS contact_body
struct contact_body {
  str phone_number, first_name, last_name;
};
static const struct json_field contact_fields[] = {
    {.name = "phone_number",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(phone_number),
     .min = 1,
     .max = 32,
     .handler_rule = "At least three digits; otherwise only +, spaces, hyphens and brackets."},
    {.name = "first_name",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(first_name),
     .min = 1,
     .max = 64,
     .handler_rule = "Visible."},
    {.name = "last_name", .type = JSON_STRING, .flags = JSON_OPTIONAL | JSON_TRIM, .offset = AT(last_name), .max = 64},
};
#undef THIS
static JSON_SHAPE(contact_shape, "ContactToSend", struct contact_body, contact_fields, NULL);

#define THIS poll_body
enum { OPTIONS_MIN = 2 };
struct poll_body {
  str question, explanation;
  struct json_list options;
  bool anonymous, multiple, quiz;
  int64_t correct_option;
};
static const struct json_field poll_fields[] = {
    {.name = "question",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(question),
     .min = 1,
     .max = LIMIT_POLL_QUESTION_MAX,
     .handler_rule = "Visible."},
    {.name = "options",
     .type = JSON_STRINGS,
     .flags = JSON_REQUIRED,
     .offset = AT(options),
     .min = OPTIONS_MIN,
     .max = LIMIT_POLL_OPTIONS_MAX,
     .doc = "Each of 1 to 100 characters.",
     .handler_rule = "Visible, not too long, each different."},
    {.name = "anonymous", .type = JSON_BOOL, .flags = JSON_OPTIONAL, .offset = AT(anonymous)},
    {.name = "multiple",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(multiple),
     .doc = "Whether several options can be chosen."},
    {.name = "quiz",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(quiz),
     .handler_rule = "With a correct_option, and not with multiple."},
    {.name = "correct_option",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE | JSON_ABSENT_IS_NONE,
     .offset = AT(correct_option),
     .min = 0,
     .max = LIMIT_POLL_OPTIONS_MAX - 1,
     .doc = "Of a quiz: the index of the right option.",
     .handler_rule = "An option, and only of a quiz."},
    {.name = "explanation",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL | JSON_TRIM,
     .offset = AT(explanation),
     .max = LIMIT_POLL_EXPLANATION_MAX,
     .doc = "Of a quiz.",
     .handler_rule = "Only of a quiz; at most two line breaks."},
};
#undef THIS
static JSON_SHAPE(poll_shape, "PollToSend", struct poll_body, poll_fields, NULL);

#define THIS dice_body
static const char *const dice[] = {"🎲", "🎯", "🏀", "⚽", "🎳", "🎰"};
static const struct json_enum dice_names = {.name = "DiceEmoji", .names = dice, .count = JSON_COUNT(dice)};
struct dice_body {
  int emoji;
};
static const struct json_field dice_fields[] = {
    {.name = "emoji", .type = JSON_ENUM, .flags = JSON_REQUIRED, .offset = AT(emoji), .names = &dice_names}};
#undef THIS
static JSON_SHAPE(dice_shape, "DiceToSend", struct dice_body, dice_fields, "Its value is decided by the channel.");

#define THIS quote_body
struct quote_body {
  str text;
  int64_t position;
};
static const struct json_field quote_fields[] = {
    {.name = "text",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED,
     .offset = AT(text),
     .min = 1,
     .max = LIMIT_CAPTION_MAX},
    {.name = "position",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(position),
     .min = 0,
     .max = INT32_MAX,
     .doc = "In UTF-16 code units of the quoted text."},
};
#undef THIS
static JSON_SHAPE(quote_shape, "QuoteToSend", struct quote_body, quote_fields, "A piece of the message in reply_to.");

#define THIS fact_body
struct fact_body {
  int64_t duration_ms, width, height;
  bool spoiler;
  struct json_list waveform;
};
static const struct json_field fact_fields[] = {
    {.name = "duration_ms",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(duration_ms),
     .min = 0,
     .max = 86400000},
    {.name = "width", .type = JSON_INT, .flags = JSON_OPTIONAL, .offset = AT(width), .min = 0, .max = 65535},
    {.name = "height", .type = JSON_INT, .flags = JSON_OPTIONAL, .offset = AT(height), .min = 0, .max = 65535},
    {.name = "spoiler",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(spoiler),
     .doc = "This photo or video is covered until touched."},
    {.name = "waveform",
     .type = JSON_INTS,
     .flags = JSON_OPTIONAL,
     .offset = AT(waveform),
     .max = LIMIT_WAVEFORM_MAX,
     .doc = "Of a voice message: loudness from begin to end, each 0 to 31.",
     .handler_rule = "Each 0 to 31."},
};
#undef THIS
static JSON_SHAPE(fact_shape, "FileFacts", struct fact_body, fact_fields,
                  "What the sender knows of a file; used where its bytes do not tell.");

/* ---- the body ---- */

#define THIS reply_body
struct reply_body {
  str text, client_id, buttons;
  struct json_list entities, file_ids, file_facts;
  int64_t reply_to;
  int kind, link_preview;
  const struct quote_body *quote;
  const struct location_body *location;
  const struct contact_body *contact;
  const struct poll_body *poll;
  const struct dice_body *dice;
  bool silent, protected, caption_above, spoiler;
};
enum { BUTTONS_MAX_BYTES = 64 << 10 };
static const struct json_field reply_fields[] = {
    {.name = "text",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(text),
     .max = LIMIT_ANSWER_TEXT_MAX,
     .doc = "Required without a file and without another content. A text that is too long for one message is sent as "
            "several.",
     .handler_rule = "Not blank, unless there is a file; none beside a content without a file."},
    {.name = "entities",
     .type = JSON_LIST,
     .flags = JSON_OPTIONAL,
     .offset = AT(entities),
     .max = LIMIT_ENTITIES_MAX,
     .shape = &entity_shape,
     .handler_rule = "Inside the text, not cutting a character, nested and not overlapping."},
    {.name = "client_id",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL | JSON_NULLABLE | JSON_NAME,
     .offset = AT(client_id),
     .max = LIMIT_CLIENT_ID_MAX,
     .doc = "The client's own id for this reply: a repeated request changes nothing and gets the first result. "
            "The other messages of the answer get it with #2, #3 and so on.",
     .handler_rule = "Not ending in # and a number."},
    {.name = "reply_to",
     .type = JSON_ID,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(reply_to),
     .doc = "The quoted message.",
     .handler_rule = "A message of this conversation."},
    {.name = "quote",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(quote),
     .shape = &quote_shape,
     .handler_rule = "Only with reply_to."},
    {.name = "kind",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(kind),
     .names = &message_kind_names,
     .doc = "With files: photo, video, animation, audio, voice, video_note, document or sticker for all of them; left "
            "out: what "
            "each file's bytes say. Otherwise the content says it.",
     .handler_rule = "A kind that the given content can be."},
    {.name = "file_ids",
     .type = JSON_INTS,
     .flags = JSON_OPTIONAL,
     .offset = AT(file_ids),
     .max = LIMIT_FILES_MAX,
     .doc = "Files of the desk that are sent again, after those that are uploaded.",
     .handler_rule = "Ready files of conversations that the caller may read."},
    {.name = "file_facts",
     .type = JSON_LIST,
     .flags = JSON_OPTIONAL,
     .offset = AT(file_facts),
     .max = LIMIT_FILES_MAX,
     .shape = &fact_shape,
     .doc = "By position, the uploaded files first.",
     .handler_rule = "A waveform's values are 0 to 31."},
    {.name = "location",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(location),
     .shape = &location_shape,
     .handler_rule = "Alone. A title only with an address."},
    {.name = "contact",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(contact),
     .shape = &contact_shape,
     .handler_rule = "Alone."},
    {.name = "poll",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(poll),
     .shape = &poll_shape,
     .handler_rule = "Alone."},
    {.name = "dice",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(dice),
     .shape = &dice_shape,
     .handler_rule = "Alone."},
    {.name = "buttons",
     .type = JSON_RAW,
     .flags = JSON_OPTIONAL | JSON_NULLABLE | JSON_RAW_LIST | JSON_RAW_ROWS,
     .offset = AT(buttons),
     .max = BUTTONS_MAX_BYTES,
     .shape = &button_shape,
     .doc = "Rows of buttons, under the last message of the answer.",
     .handler_rule = "At most 100, 8 in a row, each with exactly one of url, callback and copy; not under an album."},
    {.name = "silent", .type = JSON_BOOL, .flags = JSON_OPTIONAL, .offset = AT(silent), .doc = "Without a sound."},
    {.name = "protected",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(protected),
     .doc = "The customer cannot forward or save it."},
    {.name = "link_preview",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL | JSON_NULLABLE,
     .offset = AT(link_preview),
     .names = &message_link_preview_names,
     .doc = "Default: auto."},
    {.name = "caption_above", .type = JSON_BOOL, .flags = JSON_OPTIONAL, .offset = AT(caption_above)},
    {.name = "spoiler",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(spoiler),
     .doc = "Photos and videos are covered until touched."},
};
#undef THIS
static JSON_SHAPE(
    reply_shape, "ReplyBody", struct reply_body, reply_fields,
    "An answer to a customer. As multipart/form-data: the same fields, objects and lists as JSON, and files.");

/* "" counts as not given: a form sends empty parts. */
static str given(str s) { return s.len ? s : STR_NONE; }

/* ---- from the body to the reply ---- */

static err refuse(const char *field, const char *why) { return err_detail(ERR_INVALID_FIELD, field, "%s", why); }

#define DETAIL_OF(r, a, name, ...) \
  ((r)->details.name = message_detail((a), &message_##name##_shape, &(struct message_##name){__VA_ARGS__}))

static err take_location(const struct location_body *b, arena *a, struct reply *r) {
  bool venue = given(b->title).ptr != NULL;
  if (venue && !given(b->address).ptr)
    return err_detail(ERR_MISSING_FIELD, "location.address", "A venue has an address.");
  r->kind = venue ? MESSAGE_VENUE : MESSAGE_LOCATION;
  if (venue) r->headline = b->title;
  DETAIL_OF(r, a, location, .latitude = b->latitude, .longitude = b->longitude, .accuracy_m = NAN,
            .title = given(b->title), .address = venue ? given(b->address) : STR_NONE);
  return err_ok;
}

static bool is_phone(str s) {
  size_t digits = 0;
  for (size_t i = 0; i < s.len; i++) {
    bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
    if (!digit && !strchr("+ -()", s.ptr[i])) return false;
    digits += digit;
  }
  return digits >= 3;
}

static err take_contact(const struct contact_body *b, arena *a, struct reply *r) {
  if (!is_phone(b->phone_number)) return refuse("contact.phone_number", "This is not a phone number.");
  if (!str_is_visible(b->first_name)) return err_field(ERR_NOTHING_VISIBLE, "contact.first_name");
  r->kind = MESSAGE_CONTACT;
  str last = given(b->last_name);
  r->headline = last.ptr ? arena_printf(a, "%.*s %.*s", STR_ARG(b->first_name), STR_ARG(last)) : b->first_name;
  DETAIL_OF(r, a, contact, .phone_number = b->phone_number, .first_name = b->first_name, .last_name = last);
  return err_ok;
}

static err take_options(const struct poll_body *b, struct message_poll_option *options) {
  for (size_t i = 0; i < b->options.count; i++) {
    str text = str_trim(((const str *)b->options.items)[i]);
    if (!str_is_visible(text)) return refuse("poll.options", "An option has no visible character.");
    if (str_utf8_count(text) > LIMIT_POLL_OPTION_MAX)
      return err_detail(ERR_INVALID_FIELD, "poll.options", "An option may have at most %d characters.",
                        LIMIT_POLL_OPTION_MAX);
    for (size_t k = 0; k < i; k++)
      if (str_eq(options[k].text, text)) return refuse("poll.options", "Two options are the same.");
    options[i] = (struct message_poll_option){.text = text, .correct = b->quiz && b->correct_option == (int64_t)i};
  }
  return err_ok;
}

static err check_quiz(const struct poll_body *b) {
  str why = given(b->explanation);
  size_t lines = 0;
  for (size_t i = 0; i < why.len; i++) lines += why.ptr[i] == '\n';
  if (b->quiz && b->multiple) return refuse("poll.multiple", "A quiz has one right option.");
  if (b->quiz && b->correct_option < 0)
    return err_detail(ERR_MISSING_FIELD, "poll.correct_option", "A quiz has a right option.");
  if (!b->quiz && b->correct_option >= 0) return refuse("poll.correct_option", "Only a quiz has a right option.");
  if (b->correct_option >= (int64_t)b->options.count) return refuse("poll.correct_option", "There is no such option.");
  if (!b->quiz && why.ptr) return refuse("poll.explanation", "Only a quiz has an explanation.");
  return lines > 2 ? refuse("poll.explanation", "An explanation may have at most two line breaks.") : err_ok;
}

static err take_poll(const struct poll_body *b, arena *a, struct reply *r) {
  struct message_poll_option *options = arena_array(a, struct message_poll_option, b->options.count);
  err e = check_quiz(b);
  if (!err_is(e)) e = take_options(b, options);
  if (err_is(e)) return e;
  if (!str_is_visible(b->question)) return err_field(ERR_NOTHING_VISIBLE, "poll.question");
  r->kind = MESSAGE_POLL;
  r->headline = b->question;
  DETAIL_OF(r, a, poll, .question = b->question, .options = {options, b->options.count}, .quiz = b->quiz,
            .anonymous = b->anonymous, .multiple = b->multiple, .explanation = given(b->explanation));
  return err_ok;
}

static err take_dice(const struct dice_body *b, arena *a, struct reply *r) {
  r->kind = MESSAGE_DICE;
  r->headline = names_text(&dice_names, b->emoji);
  DETAIL_OF(r, a, dice, .emoji = r->headline);
  return err_ok;
}

static err take_content(const struct reply_body *b, arena *a, struct reply *r) {
  int given_contents = (b->location != NULL) + (b->contact != NULL) + (b->poll != NULL) + (b->dice != NULL);
  bool files = r->file_count || r->file_id_count;
  int wanted = b->kind < 0 ? MESSAGE_TEXT : b->kind;
  err e = err_ok;
  if (given_contents > 1 || (given_contents && files)) return refuse("kind", "A message has one content.");
  if (b->location) e = take_location(b->location, a, r);
  if (b->contact) e = take_contact(b->contact, a, r);
  if (b->poll) e = take_poll(b->poll, a, r);
  if (b->dice) e = take_dice(b->dice, a, r);
  if (err_is(e)) return e;
  if (files) r->kind = wanted;
  bool fits = wanted == MESSAGE_TEXT || wanted == r->kind;
  return fits ? err_ok : refuse("kind", "The content for this kind is missing, or it is another one.");
}

/* What the bytes did not tell. */
static err take_facts(const struct reply_body *b, arena *a, struct reply *r) {
  str *waveforms = arena_array(a, str, LIMIT_FILES_MAX);
  bool *covered = arena_array(a, bool, LIMIT_FILES_MAX);
  r->waveforms = waveforms;
  r->covered = covered;
  for (size_t i = 0; i < b->file_facts.count; i++) {
    const struct fact_body *fact = &((const struct fact_body *)b->file_facts.items)[i];
    const int64_t *values = fact->waveform.items;
    covered[i] = fact->spoiler;
    for (size_t k = 0; k < fact->waveform.count; k++)
      if (values[k] < 0 || values[k] > 31) return refuse("file_facts.waveform", "Each value is 0 to 31.");
    struct message_voice voice = {.waveform = fact->waveform};
    if (fact->waveform.count) waveforms[i] = message_detail(a, &message_voice_shape, &voice);
    if (i >= r->file_count) continue; /* a file of the desk has its own */
    struct file_row *f = &r->files[i];
    if (!f->duration_ms) f->duration_ms = fact->duration_ms;
    if (f->width || !fact->width || !fact->height) continue;
    f->width = fact->width;
    f->height = fact->height;
  }
  return err_ok;
}

static err take_quote(const struct reply_body *b, arena *a, struct reply *r) {
  if (!b->quote) return err_ok;
  struct message_quote quote = {.text = b->quote->text, .position = b->quote->position};
  r->quote = message_detail(a, &message_quote_shape, &quote);
  return err_ok;
}

static err take_buttons(str json, arena *a, struct reply *r) {
  struct button_row *rows = NULL;
  size_t count = 0;
  err e = buttons_decode_foreign(json, a, &rows, &count);
  if (!err_is(e)) r->buttons_json = buttons_encode(a, rows, count);
  return e;
}

static err take_body(const struct reply_body *b, arena *a, struct reply *r) {
  r->text = str_or_empty(b->text);
  r->client_id = given(b->client_id);
  r->reply_to = b->reply_to;
  r->entity_count = b->entities.count;
  r->entities = arena_array(a, struct entity, b->entities.count);
  if (r->entity_count) memcpy(r->entities, b->entities.items, r->entity_count * sizeof *r->entities);
  r->file_ids = b->file_ids.items;
  r->file_id_count = b->file_ids.count;
  r->silent = b->silent;
  r->protected = b->protected;
  r->spoiler = b->spoiler;
  r->caption_above = b->caption_above;
  r->link_preview = b->link_preview < 0 ? LINK_PREVIEW_AUTO : b->link_preview;
  err e = take_content(b, a, r);
  if (!err_is(e)) e = take_facts(b, a, r);
  if (!err_is(e)) e = take_quote(b, a, r);
  return err_is(e) ? e : take_buttons(b->buttons, a, r);
}

/* ---- forms ---- */

static bool is_file_part(str name) {
  static const char *const names[] = {"files", "files[]", "file", "photo", "photos"};
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_eq(name, str_c(names[i]))) return true;
  return false;
}

static err take_file(struct call *c, struct http_part *part, struct reply *r) {
  if (part->size_bytes == 0 && part->filename.len == 0) return err_ok; /* a form without a chosen file */
  if (!is_file_part(part->name)) return refuse("files", "Send files in the part \"files\".");
  if (r->file_count == LIMIT_FILES_MAX)
    return err_detail(ERR_INVALID_FIELD, "files", "A message may have at most %d files.", LIMIT_FILES_MAX);
  const char *path = file_spool_path(c->desk, c->arena);
  bool moved = !err_is(http_part_take(part, path)); /* the server's spool may be on another file system */
  str name = part->filename.len && str_utf8_valid(part->filename) ? part->filename : S("file");
  err e = file_accept(c->desk, moved ? path : part->path, name, c->arena, &r->files[r->file_count]);
  if (!err_is(e)) file_describe(c->desk, c->arena, &r->files[r->file_count++]);
  return e;
}

enum { PART_NAME_MAX = 64, FORM_TEXT_MAX_BYTES = 1 << 20 };

static const struct json_field *field_of(str name) {
  if (str_eq(name, S("caption"))) name = S("text");
  for (size_t i = 0; i < JSON_COUNT(reply_fields); i++)
    if (str_eq(name, str_c(reply_fields[i].name))) return &reply_fields[i];
  return NULL;
}

static err add_field(struct call *c, const struct http_part *part, buf *json) {
  const struct json_field *f = field_of(part->name);
  if (!f && !route_is_exact(c->route)) return err_ok;
  if (!f) {
    bool printable = part->name.len <= PART_NAME_MAX && str_utf8_valid(part->name);
    return refuse(printable ? arena_cstr(c->arena, part->name) : "body", "This field is not known here.");
  }
  if (!str_utf8_valid(part->value) || str_has_nul(part->value)) return err_field(ERR_INVALID_FIELD, f->name);
  if (part->value.len == 0) return err_ok;
  bool text = f->type == JSON_STRING || f->type == JSON_ENUM;
  struct json_t *value = NULL;
  str wrapped = arena_printf(c->arena, "{\"value\":%.*s}", STR_ARG(part->value));
  bool one = text || (!err_is(json_parse(wrapped, FORM_TEXT_MAX_BYTES, &value)) && json_object_size(value) == 1);
  json_decref(value);
  if (!one) return err_detail(ERR_INVALID_FIELD, f->name, "%s must be JSON", f->name);
  buf_printf(json, "%c\"%s\":", buf_borrow(json).len ? ',' : '{', f->name);
  if (text)
    buf_add_json_string(json, part->value);
  else
    buf_add(json, part->value);
  return err_ok;
}

static err take_form(struct call *c, struct reply *r) {
  struct reply_body body;
  buf json;
  err e = err_ok;
  buf_init(&json, FORM_TEXT_MAX_BYTES);
  r->files = arena_array(c->arena, struct file_row, LIMIT_FILES_MAX);
  for (size_t i = 0; i < http_part_count(c->req) && !err_is(e); i++) {
    struct http_part *part = http_part_at(c->req, i);
    e = part->path ? take_file(c, part, r) : add_field(c, part, &json);
  }
  buf_add(&json, buf_borrow(&json).len ? S("}") : S("{}"));
  if (!err_is(e) && json.overflow) e = err_field(ERR_TOO_LARGE, "body");
  if (!err_is(e))
    e = (route_is_exact(c->route) ? json_decode_exact : json_decode)(
        &reply_shape, arena_dup(c->arena, buf_borrow(&json)), c->arena, &body, NULL);
  buf_free(&json);
  return err_is(e) ? e : take_body(&body, c->arena, r);
}

static void reply(struct call *c) {
  struct reply r = {.conversation_id = c->id, .by = operator_actor(&c->me), .text = S("")};
  err e = err_ok;
  if (http_is_multipart(c->req))
    e = take_form(c, &r);
  else if (c->body)
    e = take_body(c->body, c->arena, &r);
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

/* The longest text of characters of four bytes, and what belongs to it. */
enum { WORDS_MAX_BYTES = LIMIT_ANSWER_TEXT_MAX * 4 + LIMIT_JSON_BODY_MAX };
enum { FORM_MAX_BYTES = LIMIT_FILES_MAX_BYTES + WORDS_MAX_BYTES };

#define REPLY(path, older)                                                                                           \
  {                                                                                                                  \
    HTTP_POST, path, GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_WRITE,                                                 \
        .own = true, .body = HTTP_BODY_MULTIPART, .body_max_bytes = FORM_MAX_BYTES,                                  \
        .memory_max_bytes = WORDS_MAX_BYTES, .in = &reply_shape, .lenient = older, .out = &message_shape,            \
        .status = 201, .repeat_status = 200, .handler = reply,                                                       \
        .fails = FAILS(NOTHING_VISIBLE) | FAILS(CONFLICT) | FAILS(CUSTOMER_BLOCKED) | FAILS(QUEUE_FULL) |            \
                 FAILS(UNSUPPORTED_BY_CHANNEL) | FAILS(UNSUPPORTED_TYPE) | FAILS(STORE_FULL),                        \
        .doc =                                                                                                       \
            "Answers the customer; the answer is queued when this returns. A long text, and several files, become "  \
            "several messages, of which the first is returned; neighbouring photos and videos, documents, or audio " \
            "files are an album."                                                                                    \
  }

static const struct route routes[] = {
    REPLY("/api/conversations/:id/messages", false),
    REPLY("/api/chats/:id/messages", true), /* older clients may send other fields */
};
ROUTE_TABLE(conversation_reply_routes, routes);
