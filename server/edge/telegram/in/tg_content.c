/* See tg_content.h. Each kind has one reader; a reader that cannot make sense of its value leaves it unsupported. */
#include "edge/telegram/in/tg_content.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "desk/names.h"
#include "edge/telegram/in/tg_entities.h"
#include "edge/telegram/in/tg_rich.h"
#include "edge/telegram/in/tg_value.h"

enum {
  FILE_ID_MAX = 512,
  OPTIONS_MAX = 100,          /* of a poll, tasks of a checklist: the Bot API allows 12 and 30 */
  LINE_MAX = 300,             /* code points of a question, a title, an option */
  DATA_MAX = 4096,            /* of a web app's data */
  PHOTO_MAX_BYTES = 20 << 20, /* the limit of getFile; a photo has smaller sizes to choose from */
};

struct reading_ctx {
  const json_t *message, *value; /* of the content */
  struct inbound_message *m;
  arena *a;
  bool lossy; /* something is not shown: the JSON is stored, too */
};

/* ---- the table of contents ---- */

enum weight { SAYS, QUIET };

const char *const tg_content_names[] = {
#define CONTENT(name, weight, kind) #name,
#include "edge/telegram/in/contents.tbl"
#undef CONTENT
    NULL,
};

static const struct {
  enum weight weight;
  enum message_kind kind;
} contents[] = {
#define CONTENT(name, weight, kind) {weight, MESSAGE_##kind},
#include "edge/telegram/in/contents.tbl"
#undef CONTENT
};

bool tg_content_is_quiet(str content) {
  for (size_t i = 0; tg_content_names[i]; i++)
    if (str_eq(str_c(tg_content_names[i]), content)) return contents[i].weight == QUIET;
  return false;
}

/* ---- comparing ---- */

/* The content of a message in a stored update. */
static str content_in(str raw, str content) {
  str message = STR_NONE, value = STR_NONE;
  if (!json_scan_member(raw, S("edited_message"), &message)) (void)json_scan_member(raw, S("message"), &message);
  return json_scan_member(message, content, &value) ? value : STR_NONE;
}

/* A file is identified by its file_unique_id; a file_id differs between updates, and is used if one of the
 * two has no other id. */
bool tg_same(str content, str one, str other) {
  static const char *const names[] = {"file_unique_id", "file_id"};
  if (content.ptr) one = content_in(one, content), other = content_in(other, content);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    str x = STR_NONE, y = STR_NONE;
    bool both = json_scan_member(one, str_c(names[i]), &x) && json_scan_member(other, str_c(names[i]), &y);
    if (both && x.len > 2 && y.len > 2) return str_eq(x, y);
  }
  return str_eq(one, other);
}

/* ---- files ---- */

static bool has_id(const json_t *file) {
  str id = tg_text_at(file, "file_id");
  return id.len > 0 && id.len <= FILE_ID_MAX && !str_has_nul(id);
}

static int64_t side_of(const json_t *file, const char *key) {
  int64_t n = tg_count_at(file, key);
  return n < 1 << 20 ? n : 0;
}

static void add_id(buf *out, const char *name, str id, arena *a) {
  buf_printf(out, "%c\"%s\":", buf_borrow(out).len ? ',' : '{', name);
  buf_add_json_string(out, str_utf8_prefix(tg_clean(a, id), FILE_ID_MAX));
}

/* What fetching needs: the ids of the file, and of the small picture that Telegram has of it. */
static str source_of(const json_t *file, arena *a) {
  const json_t *thumb = json_object_get(file, "thumbnail");
  buf source;
  buf_init(&source, 16 << 10);
  add_id(&source, "file_id", tg_text_at(file, "file_id"), a);
  add_id(&source, "file_unique_id", tg_text_at(file, "file_unique_id"), a);
  if (has_id(thumb)) add_id(&source, "thumb_file_id", tg_text_at(thumb, "file_id"), a);
  buf_add_char(&source, '}');
  str text = arena_dup(a, buf_borrow(&source));
  buf_free(&source);
  return text;
}

struct file_default {
  const char *name, *mime;
};

/* Adds one file that can be fetched; false if it has no id. */
static bool add_file(struct reading_ctx *r, const json_t *file, struct file_default like) {
  struct inbound_message *m = r->m;
  if (!has_id(file) || m->file_count == TG_FILES_MAX) return false;
  if (!m->files) m->files = arena_array(r->a, struct file_row, TG_FILES_MAX);
  str name = tg_name(r->a, tg_text_at(file, "file_name")), mime = tg_name(r->a, tg_text_at(file, "mime_type"));
  int64_t duration_s = tg_count_at(file, "duration"), length = side_of(file, "length"); /* of a video note's sides */
  m->files[m->file_count++] = (struct file_row){
      .state = FILE_PENDING,
      .name = name.len ? name : str_c(like.name),
      .mime = mime.len ? mime : str_c(like.mime),
      .size_bytes = tg_count_at(file, "file_size"),
      .width = length ? length : side_of(file, "width"),
      .height = length ? length : side_of(file, "height"),
      .duration_ms = duration_s < INT32_MAX ? duration_s * 1000 : 0,
      .source = source_of(file, r->a),
  };
  return true;
}

/* The largest size that can be fetched; false if there is none. */
static bool add_photo(struct reading_ctx *r, const json_t *sizes) {
  const json_t *best = NULL;
  int64_t best_area = -1;
  for (size_t i = 0; i < json_array_size(sizes); i++) {
    const json_t *size = json_array_get(sizes, i);
    int64_t area = side_of(size, "width") * side_of(size, "height");
    bool fetchable = has_id(size) && tg_count_at(size, "file_size") <= PHOTO_MAX_BYTES;
    if (fetchable && area > best_area) best = size, best_area = area;
  }
  return best && add_file(r, best, (struct file_default){"photo.jpg", "image/jpeg"});
}

/* ---- one reader a kind ---- */

static str line_at(const struct reading_ctx *r, const json_t *v, const char *key) {
  return str_or_empty(tg_clean_at(r->a, v, key, LINE_MAX));
}

static str line_or_none(const struct reading_ctx *r, const json_t *v, const char *key) {
  return tg_clean_at(r->a, v, key, LINE_MAX);
}

#define DETAIL_OF(r, name, ...) \
  ((r)->m->details.name = message_detail((r)->a, &message_##name##_shape, &(struct message_##name){__VA_ARGS__}))

static bool read_text(struct reading_ctx *r) { return json_is_string(r->value); }

static bool read_photo(struct reading_ctx *r) { return add_photo(r, r->value); }

/* The still picture, then the moving one. */
static bool read_live_photo(struct reading_ctx *r) {
  static const struct file_default moving = {"live.mp4", "video/mp4"};
  return add_photo(r, json_object_get(r->value, "photo")) && add_file(r, r->value, moving);
}

static bool read_video(struct reading_ctx *r) {
  return add_file(r, r->value, (struct file_default){"video.mp4", "video/mp4"});
}

static bool read_animation(struct reading_ctx *r) {
  return add_file(r, r->value, (struct file_default){"animation.mp4", "video/mp4"});
}

static bool read_video_note(struct reading_ctx *r) {
  return add_file(r, r->value, (struct file_default){"video-message.mp4", "video/mp4"});
}

static bool read_voice(struct reading_ctx *r) {
  return add_file(r, r->value, (struct file_default){"voice.ogg", "audio/ogg"});
}

static bool read_document(struct reading_ctx *r) {
  if (!add_file(r, r->value, (struct file_default){"file", "application/octet-stream"})) return false;
  r->m->headline = r->m->files[0].name;
  return true;
}

static bool read_audio(struct reading_ctx *r) {
  if (!add_file(r, r->value, (struct file_default){"audio.mp3", "audio/mpeg"})) return false;
  str title = tg_name(r->a, tg_text_at(r->value, "title")),
      performer = tg_name(r->a, tg_text_at(r->value, "performer"));
  DETAIL_OF(r, audio, .title = title, .performer = performer);
  r->m->headline = r->m->files[0].name;
  if (title.len) r->m->headline = title;
  if (title.len && performer.len)
    r->m->headline = arena_printf(r->a, "%.*s – %.*s", STR_ARG(performer), STR_ARG(title));
  return true;
}

static bool read_sticker(struct reading_ctx *r) {
  static const struct file_default files[] = {[STICKER_STATIC] = {"sticker.webp", "image/webp"},
                                              [STICKER_ANIMATED] = {"sticker.tgs", "application/x-tgsticker"},
                                              [STICKER_VIDEO] = {"sticker.webm", "video/webm"}};
  int format = tg_true_at(r->value, "is_video")      ? STICKER_VIDEO
               : tg_true_at(r->value, "is_animated") ? STICKER_ANIMATED
                                                     : STICKER_STATIC;
  if (!add_file(r, r->value, files[format])) return false;
  str emoji = line_or_none(r, r->value, "emoji");
  DETAIL_OF(r, sticker, .format = format, .emoji = emoji, .set_name = line_or_none(r, r->value, "set_name"));
  r->m->headline = emoji;
  return true;
}

static bool number_at(const json_t *v, const char *key, double most, double *out) {
  const json_t *n = json_object_get(v, key);
  *out = json_number_value(n);
  return json_is_number(n) && isfinite(*out) && *out >= -most && *out <= most;
}

static bool read_point(struct reading_ctx *r, const json_t *point, struct message_location *out) {
  bool good = number_at(point, "latitude", 90, &out->latitude) && number_at(point, "longitude", 180, &out->longitude);
  if (!number_at(point, "horizontal_accuracy", 1500, &out->accuracy_m)) out->accuracy_m = NAN;
  int64_t heading = tg_count_at(point, "heading"), live_s = tg_count_at(point, "live_period");
  out->heading = heading <= 360 ? heading : 0;
  out->live_ms = live_s <= INT32_MAX ? live_s * 1000 : 0;
  if (good) r->m->details.location = message_detail(r->a, &message_location_shape, out);
  return good;
}

static bool read_location(struct reading_ctx *r) {
  struct message_location l = {0};
  return read_point(r, r->value, &l);
}

static bool read_venue(struct reading_ctx *r) {
  struct message_location l = {.title = line_or_none(r, r->value, "title"),
                               .address = line_or_none(r, r->value, "address")};
  r->m->headline = l.title.ptr ? l.title : l.address;
  return read_point(r, json_object_get(r->value, "location"), &l);
}

static bool read_contact(struct reading_ctx *r) {
  int64_t user_id = 0, from = 0;
  bool known = tg_int_at(r->value, "user_id", &user_id) && tg_int_at(json_object_get(r->message, "from"), "id", &from);
  str phone = tg_name(r->a, tg_text_at(r->value, "phone_number")),
      first = tg_name(r->a, tg_text_at(r->value, "first_name")),
      last = tg_name(r->a, tg_text_at(r->value, "last_name"));
  if (!phone.len && !first.len) return false;
  DETAIL_OF(r, contact, .phone_number = str_or_empty(phone), .first_name = str_or_empty(first), .last_name = last,
            .own = known && user_id == from);
  r->m->headline = tg_display_name(r->value, STR_NONE, phone, r->a);
  r->lossy = r->lossy || json_object_get(r->value, "vcard");
  return true;
}

static bool is_correct(const json_t *poll, size_t option) {
  const json_t *ids = json_object_get(poll, "correct_option_ids");
  int64_t old = -1; /* before Bot API 9.6 */
  for (size_t i = 0; i < json_array_size(ids); i++)
    if (json_integer_value(json_array_get(ids, i)) == (json_int_t)option) return true;
  return tg_int_at(poll, "correct_option_id", &old) && old == (int64_t)option;
}

static bool read_poll(struct reading_ctx *r) {
  const json_t *poll = r->value, *listed = json_object_get(poll, "options");
  size_t count = json_array_size(listed);
  if (count > OPTIONS_MAX) count = OPTIONS_MAX, r->lossy = true;
  struct message_poll_option *options = arena_array(r->a, struct message_poll_option, count);
  for (size_t i = 0; i < count; i++)
    options[i] = (struct message_poll_option){.text = line_at(r, json_array_get(listed, i), "text"),
                                              .voters = tg_count_at(json_array_get(listed, i), "voter_count"),
                                              .correct = is_correct(poll, i)};
  str question = line_at(r, poll, "question");
  if (!question.len) return false;
  DETAIL_OF(r, poll, .question = question, .options = {options, count},
            .voters = tg_count_at(poll, "total_voter_count"), .quiz = str_eq(tg_text_at(poll, "type"), S("quiz")),
            .anonymous = tg_true_at(poll, "is_anonymous"), .multiple = tg_true_at(poll, "allows_multiple_answers"),
            .closed = tg_true_at(poll, "is_closed"), .explanation = line_or_none(r, poll, "explanation"));
  r->m->headline = question;
  return true;
}

static bool read_dice(struct reading_ctx *r) {
  str emoji = line_at(r, r->value, "emoji");
  DETAIL_OF(r, dice, .emoji = emoji, .value = tg_count_at(r->value, "value"));
  r->m->headline = emoji;
  return emoji.len > 0;
}

static bool read_checklist(struct reading_ctx *r) {
  const json_t *listed = json_object_get(r->value, "tasks");
  size_t count = json_array_size(listed), kept = 0;
  if (count > OPTIONS_MAX) count = OPTIONS_MAX, r->lossy = true;
  struct message_checklist_task *tasks = arena_array(r->a, struct message_checklist_task, count);
  for (size_t i = 0; i < count; i++) {
    const json_t *task = json_array_get(listed, i);
    tasks[kept] = (struct message_checklist_task){.id = tg_count_at(task, "id"),
                                                  .text = line_at(r, task, "text"),
                                                  .done = tg_count_at(task, "completion_date") > 0};
    kept += tasks[kept].id > 0;
  }
  str title = line_at(r, r->value, "title");
  DETAIL_OF(r, checklist, .title = title, .tasks = {tasks, kept});
  r->m->headline = title;
  return title.len > 0;
}

static bool read_story(struct reading_ctx *r) {
  const json_t *chat = json_object_get(r->value, "chat");
  str title = tg_name(r->a, tg_text_at(chat, "title"));
  str name = title.len ? title : tg_display_name(chat, tg_name(r->a, tg_text_at(chat, "username")), S(""), r->a);
  DETAIL_OF(r, story, .name = name);
  r->m->headline = name.len ? name : STR_NONE;
  return json_is_object(r->value);
}

static bool read_game(struct reading_ctx *r) {
  str title = line_at(r, r->value, "title");
  DETAIL_OF(r, game, .title = title, .description = line_at(r, r->value, "description"));
  r->m->headline = title;
  (void)add_photo(r, json_object_get(r->value, "photo"));
  return title.len > 0;
}

static bool read_invoice(struct reading_ctx *r) {
  str title = line_at(r, r->value, "title");
  DETAIL_OF(r, invoice, .title = title, .description = line_at(r, r->value, "description"),
            .currency = line_at(r, r->value, "currency"), .amount = tg_count_at(r->value, "total_amount"));
  r->m->headline = title;
  return title.len > 0;
}

static bool read_payment(struct reading_ctx *r) {
  str currency = line_at(r, r->value, "currency");
  DETAIL_OF(r, payment, .currency = currency, .amount = tg_count_at(r->value, "total_amount"),
            .refunded = json_object_get(r->message, "refunded_payment") != NULL,
            .payload = line_at(r, r->value, "invoice_payload"));
  r->lossy = true; /* names, addresses and the ids of the charge are in the JSON only */
  return currency.len > 0;
}

static bool read_paid_media(struct reading_ctx *r) {
  const json_t *listed = json_object_get(r->value, "paid_media");
  int64_t hidden = 0;
  for (size_t i = 0; i < json_array_size(listed); i++) {
    const json_t *one = json_array_get(listed, i), *live = json_object_get(one, "live_photo");
    bool shown = add_photo(r, json_object_get(one, "photo")) || add_photo(r, json_object_get(live, "photo")) ||
                 add_file(r, json_object_get(one, "video"), (struct file_default){"video.mp4", "video/mp4"});
    hidden += !shown;
    r->lossy = r->lossy || live;
  }
  DETAIL_OF(r, paid_media, .stars = tg_count_at(r->value, "star_count"), .hidden = hidden);
  return json_is_object(r->value);
}

static bool read_gift(struct reading_ctx *r) {
  const json_t *gift = json_object_get(r->value, "gift"), *model = json_object_get(gift, "model");
  const json_t *sticker = json_object_get(model ? model : gift, "sticker");
  if (!json_is_object(gift)) return false;
  str name = line_or_none(r, gift, "base_name");
  DETAIL_OF(r, gift, .name = name, .number = tg_count_at(gift, "number"), .stars = tg_count_at(gift, "star_count"));
  r->m->headline = name;
  if (name.ptr && tg_count_at(gift, "number"))
    r->m->headline = arena_printf(r->a, "%.*s #%lld", STR_ARG(name), (long long)tg_count_at(gift, "number"));
  r->m->text = tg_clean(r->a, tg_text_at(r->value, "text"));
  r->m->entities_json = tg_entities_in(json_object_get(r->value, "entities"), r->m->text, r->a, &r->lossy);
  bool moves = tg_true_at(sticker, "is_animated"), video = tg_true_at(sticker, "is_video");
  (void)add_file(r, sticker,
                 video   ? (struct file_default){"gift.webm", "video/webm"}
                 : moves ? (struct file_default){"gift.tgs", "application/x-tgsticker"}
                         : (struct file_default){"gift.webp", "image/webp"});
  r->lossy = true; /* backdrop, symbol and resale are in the JSON only */
  return true;
}

static bool read_web_app_data(struct reading_ctx *r) {
  str button = line_at(r, r->value, "button_text"), data = str_or_empty(tg_clean_at(r->a, r->value, "data", DATA_MAX));
  DETAIL_OF(r, web_app_data, .button_text = button, .data = data);
  r->m->headline = button.len ? button : STR_NONE;
  return json_is_object(r->value);
}

static bool read_rich(struct reading_ctx *r) {
  struct tg_rich rich;
  if (!tg_rich_read(r->value, r->a, &rich)) return false;
  r->m->text = rich.text;
  r->m->entities_json = rich.entities_json;
  for (size_t i = 0; i < rich.media_count; i++) {
    bool photo = json_is_array(rich.media[i]);
    (void)(photo ? add_photo(r, rich.media[i])
                 : add_file(r, rich.media[i], (struct file_default){"file", "application/octet-stream"}));
  }
  r->lossy = true; /* tables and buttons are flattened */
  return true;
}

/* Where a service message has the fact worth showing: a path to a text and to a number; "" is the content itself. */
static const struct {
  const char *content, *text, *value;
} services[] = {
    {"new_chat_title", "", NULL},
    {"connected_website", "", NULL},
    {"pinned_message", "text", NULL},
    {"message_auto_delete_timer_changed", NULL, "message_auto_delete_time"},
    {"boost_added", NULL, "boost_count"},
    {"proximity_alert_triggered", NULL, "distance"},
    {"write_access_allowed", "web_app_name", NULL},
    {"forum_topic_created", "name", NULL},
    {"forum_topic_edited", "name", NULL},
    {"video_chat_ended", NULL, "duration"},
    {"checklist_tasks_done", "checklist_message.checklist.title", NULL},
    {"checklist_tasks_added", "checklist_message.checklist.title", NULL},
    {"poll_option_added", "option_text", NULL},
    {"poll_option_deleted", "option_text", NULL},
    {"giveaway_completed", NULL, "winner_count"},
    {"paid_message_price_changed", NULL, "paid_message_star_count"},
    {"direct_message_price_changed", NULL, "direct_message_star_count"},
    {"gift_upgrade_sent", "gift.base_name", NULL},
    {"managed_bot_created", "bot.username", NULL},
};

static const json_t *at_path(const json_t *v, str path) {
  while (path.len && v) {
    str key = str_cut(&path, '.');
    v = json_object_getn(v, key.ptr, key.len);
  }
  return v;
}

static bool read_service(struct reading_ctx *r) {
  for (size_t i = 0; i < JSON_COUNT(services); i++) {
    if (!str_eq(str_c(services[i].content), r->m->content)) continue;
    const json_t *text = services[i].text ? at_path(r->value, str_c(services[i].text)) : NULL;
    const json_t *value = services[i].value ? at_path(r->value, str_c(services[i].value)) : NULL;
    str line = str_utf8_prefix(tg_name(r->a, tg_text_of(text)), LINE_MAX);
    int64_t n = json_is_integer(value) ? json_integer_value(value) : -1;
    if (line.len || n >= 0) DETAIL_OF(r, service, .text = line.len ? line : STR_NONE, .value = n >= 0 ? n : -1);
  }
  return false; /* its content names it, and its JSON is stored */
}

static bool (*const readers[MESSAGE_KINDS])(struct reading_ctx *r) = {
    [MESSAGE_TEXT] = read_text,
    [MESSAGE_PHOTO] = read_photo,
    [MESSAGE_SERVICE] = read_service,
    [MESSAGE_LIVE_PHOTO] = read_live_photo,
    [MESSAGE_VIDEO] = read_video,
    [MESSAGE_ANIMATION] = read_animation,
    [MESSAGE_AUDIO] = read_audio,
    [MESSAGE_VOICE] = read_voice,
    [MESSAGE_VIDEO_NOTE] = read_video_note,
    [MESSAGE_DOCUMENT] = read_document,
    [MESSAGE_STICKER] = read_sticker,
    [MESSAGE_LOCATION] = read_location,
    [MESSAGE_VENUE] = read_venue,
    [MESSAGE_CONTACT] = read_contact,
    [MESSAGE_POLL] = read_poll,
    [MESSAGE_DICE] = read_dice,
    [MESSAGE_CHECKLIST] = read_checklist,
    [MESSAGE_STORY] = read_story,
    [MESSAGE_GAME] = read_game,
    [MESSAGE_INVOICE] = read_invoice,
    [MESSAGE_PAYMENT] = read_payment,
    [MESSAGE_PAID_MEDIA] = read_paid_media,
    [MESSAGE_GIFT] = read_gift,
    [MESSAGE_WEB_APP_DATA] = read_web_app_data,
    [MESSAGE_RICH] = read_rich,
};

/* ---- what stands around the content ---- */

/* The keys of a Message besides its content. A key that is neither here nor in contents.tbl is a content newer than
 * this program. */
static const char *const around_content[] = {
    "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count",
    "sender_business_bot", "sender_tag", "receiver_user", "ephemeral_message_id", "date", "guest_query_id",
    "business_connection_id", "chat", "forward_origin", "is_topic_message", "is_automatic_forward", "reply_to_message",
    "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot",
    "guest_bot_caller_user", "guest_bot_caller_chat", "edit_date", "has_protected_content", "is_from_offline",
    "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities", "link_preview_options",
    "suggested_post_info", "effect_id", "caption", "caption_entities", "show_caption_above_media", "has_media_spoiler",
    "reply_markup",
    /* undocumented duplicates of forward_origin */
    "forward_from", "forward_from_chat", "forward_from_message_id", "forward_signature", "forward_sender_name",
    "forward_date", NULL};

/* Keys with something that the panel does not show: then the JSON is stored too. */
static const char *const not_shown[] = {"reply_to_story", "reply_markup", "paid_star_count", "suggested_post_info",
                                        NULL};

static bool is_in(const char *const *list, const char *name) {
  for (; *list; list++)
    if (str_eq(str_c(*list), str_c(name))) return true;
  return false;
}

/* A content newer than this program is named by its key. */
static str foreign_content(const json_t *message, arena *a) {
  for (void *it = json_object_iter((json_t *)(uintptr_t)message); it;
       it = json_object_iter_next((json_t *)(uintptr_t)message, it)) {
    const char *key = json_object_iter_key(it);
    str name = str_c(key);
    bool plain = name.len > 0 && name.len <= 64 && str_utf8_valid(name) && !is_in(around_content, key);
    if (plain) return arena_dup(a, name);
  }
  return S("unknown");
}

/* The origin's kind is the API's term; an unknown one is still an origin, without a name. */
static int read_origin(const json_t *origin, arena *a, str *name) {
  int kind = names_find(&message_forward_kind_names, tg_text_at(origin, "type"));
  const json_t *user = json_object_get(origin, "sender_user");
  const json_t *room = json_object_get(origin, kind == FORWARD_CHANNEL ? "chat" : "sender_chat");
  str words = kind == FORWARD_USER          ? tg_display_name(user, tg_text_at(user, "username"), S(""), a)
              : kind == FORWARD_HIDDEN_USER ? tg_text_at(origin, "sender_user_name")
                                            : tg_text_at(room, "title");
  *name = str_or_empty(tg_name(a, words));
  return kind < 0 ? FORWARD_HIDDEN_USER : kind;
}

static str read_forward(const json_t *origin, arena *a) {
  struct message_forward f;
  if (!json_is_object(origin)) return STR_NONE;
  f.kind = read_origin(origin, a, &f.name);
  return message_forward_encode(a, &f);
}

static void read_external_reply(struct reading_ctx *r) {
  const json_t *reply = json_object_get(r->message, "external_reply");
  struct message_external_reply e = {.content = STR_NONE};
  if (!json_is_object(reply)) return;
  e.kind = read_origin(json_object_get(reply, "origin"), r->a, &e.name);
  for (size_t i = 0; tg_content_names[i] && !e.content.ptr; i++)
    if (json_object_get(reply, tg_content_names[i])) e.content = str_c(tg_content_names[i]);
  r->m->details.external_reply = message_detail(r->a, &message_external_reply_shape, &e);
}

static void read_around(struct reading_ctx *r) {
  const json_t *message = r->message, *quote = json_object_get(message, "quote"),
               *via = json_object_get(message, "via_bot");
  str part = tg_clean_at(r->a, quote, "text", LIMIT_TEXT_MAX), bot = tg_name(r->a, tg_text_at(via, "username"));
  if (part.len) DETAIL_OF(r, quote, .text = part, .position = tg_count_at(quote, "position"));
  if (bot.len) DETAIL_OF(r, via, .name = bot);
  bool spoiler = tg_true_at(message, "has_media_spoiler"), above = tg_true_at(message, "show_caption_above_media");
  if (spoiler || above) DETAIL_OF(r, display, .spoiler = spoiler, .caption_above = above);
  read_external_reply(r);
  r->m->forward_json = read_forward(json_object_get(message, "forward_origin"), r->a);
  for (const char *const *key = not_shown; *key && !r->lossy; key++) r->lossy = json_object_get(message, *key) != NULL;
}

/* Name, size and length of a content that is one file. */
static str read_media(const json_t *value, arena *a) {
  if (!json_is_object(value) || !tg_text_at(value, "file_id").ptr) return STR_NONE;
  str name = tg_text_at(value, "file_name").ptr ? tg_text_at(value, "file_name") : tg_text_at(value, "title");
  int64_t duration_s = tg_count_at(value, "duration");
  struct message_media m = {.name = tg_name(a, name),
                            .size_bytes = tg_count_at(value, "file_size"),
                            .duration_ms = duration_s < INT32_MAX ? duration_s * 1000 : 0};
  return message_media_encode(a, &m);
}

/* Undoes what a reader began before it gave up. */
static void leave_unsupported(struct reading_ctx *r) {
  struct inbound_message *m = r->m;
  struct message_details service = {.service = m->details.service};
  m->kind = MESSAGE_UNSUPPORTED;
  m->files = NULL;
  m->file_count = 0;
  m->headline = STR_NONE;
  m->details = service;
  m->media_json = read_media(r->value, r->a);
}

void tg_content_read(const json_t *message, str raw, arena *a, struct inbound_message *m) {
  size_t i = 0;
  while (tg_content_names[i] && !json_object_get(message, tg_content_names[i])) i++;
  bool known = tg_content_names[i] != NULL;
  m->content = known ? str_c(tg_content_names[i]) : foreign_content(message, a);
  m->kind = known ? (int)contents[i].kind : MESSAGE_UNSUPPORTED;
  struct reading_ctx r = {.message = message, .m = m, .a = a};
  r.value = known ? json_object_get(message, tg_content_names[i]) : NULL;
  bool text = m->kind == MESSAGE_TEXT && json_is_string(r.value);
  m->text = tg_clean(a, text ? tg_text_of(r.value) : tg_text_at(message, "caption"));
  const json_t *entities = json_object_get(message, text ? "entities" : "caption_entities");
  m->entities_json = tg_entities_in(entities, m->text, a, &r.lossy);
  bool read = readers[m->kind] && readers[m->kind](&r);
  if (!read) leave_unsupported(&r);
  read_around(&r);
  if (read) m->content = STR_NONE;
  if (!read || r.lossy) m->raw = raw;
}
