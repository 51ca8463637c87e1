/* See tg_update.h. */
#include "edge/telegram/in/tg_update.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/names.h"
#include "edge/telegram/in/tg_entities.h"
#include "base/json_scan.h"

#include <inttypes.h>

enum {
  DEPTH_MAX = 128,               /* jansson recurses; a genuine update stays far below */
  PAYLOAD_MAX = 64,              /* of A-Za-z0-9_- (Bot API, "Deep linking") */
  DOWNLOAD_MAX_BYTES = 20 << 20, /* the limit of getFile */
  FILE_ID_MAX = 512,
  NAME_BYTES_MAX = 4 * LIMIT_NAME_MAX,
  ANONYMOUS_ADMIN_BOT = 1087968824, /* @GroupAnonymousBot, the `from` of every anonymous administrator */
};

/* Business messages and callbacks have no command yet, but are requested, so that they are stored raw and not lost. */
const char tg_allowed_updates[] =
    "[\"message\",\"edited_message\",\"my_chat_member\",\"callback_query\",\"business_connection\","
    "\"business_message\",\"edited_business_message\",\"deleted_business_messages\"]";

const char *const tg_content_names[] = {
#define CONTENT(name, weight) #name,
#include "edge/telegram/in/contents.tbl"
#undef CONTENT
    NULL,
};

enum weight { SAYS, QUIET };

bool tg_content_is_quiet(str content) {
  static const enum weight weights[] = {
#define CONTENT(name, weight) weight,
#include "edge/telegram/in/contents.tbl"
#undef CONTENT
  };
  for (size_t i = 0; tg_content_names[i]; i++)
    if (str_eq(str_c(tg_content_names[i]), content)) return weights[i] == QUIET;
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

/* Keys that add to a text or photo something the panel does not show: then the JSON is stored too. */
static const char *const not_shown[] = {"forward_origin", "external_reply",    "quote",           "reply_to_story",
                                        "via_bot",        "rich_message",      "reply_markup",    "has_media_spoiler",
                                        "forward_from",   "forward_from_chat", "paid_star_count", NULL};

static str text_of(const json_t *v) {
  return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : STR_NONE;
}

static str text_at(const json_t *v, const char *key) { return text_of(json_object_get(v, key)); }

static bool id_at(const json_t *v, const char *key, int64_t *out) {
  const json_t *n = json_object_get(v, key);
  if (!json_is_integer(n)) return false;
  *out = json_integer_value(n);
  return true;
}

static bool is_in(const char *const *list, const char *name) {
  for (; *list; list++)
    if (str_eq(str_c(*list), str_c(name))) return true;
  return false;
}

/* A copy in which NUL is U+FFFD, malformed bytes too. An absent text becomes empty. */
static str clean(arena *a, str s) {
  if (str_utf8_valid(s) && !str_has_nul(s)) return s.ptr ? arena_dup(a, s) : S("");
  char *out = arena_alloc(a, s.len * 3 + 1);
  size_t n = 0;
  for (size_t at = 0; at < s.len;) {
    size_t from = at;
    uint32_t point = str_utf8_next(s, &at);
    bool bad = point == 0 || (point == 0xfffd && at == from + 1);
    memcpy(out + n, bad ? "\xef\xbf\xbd" : s.ptr + from, bad ? 3 : at - from);
    n += bad ? 3 : at - from;
  }
  return str_n(out, n);
}

static void keep(struct tg_update *u, bool malformed, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void keep(struct tg_update *u, bool malformed, const char *format, ...) {
  u->kind = TG_RAW;
  u->malformed = malformed;
  u->chat = STR_NONE;
  va_list args;
  va_start(args, format);
  vsnprintf(u->reason, sizeof u->reason, format, args);
  va_end(args);
  if (!str_utf8_valid(str_c(u->reason))) snprintf(u->reason, sizeof u->reason, "malformed");
}

/* ---- people ---- */

/* Absent if nothing in it is visible. */
static str name_of(arena *a, str s) { return str_tidy_name(a, clean(a, s), LIMIT_NAME_MAX); }

static str display_name(const json_t *person, str username, str id, arena *a) {
  str first = clean(a, text_at(person, "first_name")), last = clean(a, text_at(person, "last_name"));
  str whole = arena_concat(a, arena_concat(a, str_utf8_prefix(first, NAME_BYTES_MAX), S(" ")), last);
  str name = str_tidy_name(a, whole, LIMIT_NAME_MAX);
  if (name.ptr) return name;
  return username.ptr ? username : id;
}

/* In a private chat the chat is the person; if `from` is missing, the chat has the names. */
static void read_person(const json_t *chat, const json_t *from, struct tg_update *u, arena *a) {
  int64_t sender = 0, room = 0;
  id_at(from, "id", &sender);
  id_at(chat, "id", &room);
  const json_t *person = sender == room && sender ? from : chat;
  str language = name_of(a, text_at(from, "language_code"));
  u->message.from = (struct customer_identity){
      .external_id = u->chat,
      .username = name_of(a, text_at(person, "username")),
      .language = language.len && language.len <= 35 ? language : STR_NONE, /* BCP 47's longest usual tag */
  };
  u->message.from.name = display_name(person, u->message.from.username, u->chat, a);
}

static bool is_group(const json_t *chat) {
  str type = text_at(chat, "type");
  return str_eq(type, S("group")) || str_eq(type, S("supergroup"));
}

static str decimal(arena *a, int64_t id) { return arena_printf(a, "%" PRId64, id); }

/* The chat if it is private, or a group (then *group is set); otherwise the update is kept raw. */
static const json_t *known_chat(const json_t *holder, const char *what, struct tg_update *u, arena *a, bool *group) {
  const json_t *chat = json_object_get(holder, "chat");
  int64_t id = 0;
  str type = text_at(chat, "type");
  *group = is_group(chat);
  if (!id_at(chat, "id", &id) || !type.ptr) return keep(u, true, "malformed: %s without a chat", what), NULL;
  if (!str_eq(type, S("private"))) keep(u, false, "%s of a chat that is not private", what);
  if (*group && id < 0) {
    u->chat = decimal(a, id);
    u->group.title = name_of(a, text_at(chat, "title"));
    return chat;
  }
  if (!str_eq(type, S("private"))) return NULL;
  if (id <= 0) return keep(u, true, "malformed: %s with a private chat's id that is not above 0", what), NULL;
  u->chat = decimal(a, id);
  return chat;
}

/* ---- content ---- */

static bool is_fetchable(const json_t *size) {
  int64_t bytes = 0;
  str id = text_at(size, "file_id");
  if (id.len == 0 || id.len > FILE_ID_MAX || str_has_nul(id)) return false;
  return !id_at(size, "file_size", &bytes) || bytes <= DOWNLOAD_MAX_BYTES;
}

static int64_t side_of(const json_t *size, const char *key) {
  int64_t n = 0;
  return id_at(size, key, &n) && n > 0 && n < 1 << 20 ? n : 0;
}

/* The largest size that can be fetched; false if there is none. */
static bool read_photo(const json_t *sizes, struct tg_update *u, arena *a) {
  const json_t *best = NULL;
  int64_t best_area = -1;
  for (size_t i = 0; i < json_array_size(sizes); i++) {
    const json_t *size = json_array_get(sizes, i);
    int64_t area = side_of(size, "width") * side_of(size, "height");
    if (is_fetchable(size) && area > best_area) best = size, best_area = area;
  }
  if (!best) return false;
  buf source;
  buf_init(&source, 8 << 10);
  buf_add(&source, S("{\"file_id\":"));
  buf_add_json_string(&source, text_at(best, "file_id"));
  buf_add(&source, S(",\"file_unique_id\":"));
  buf_add_json_string(&source, str_utf8_prefix(clean(a, text_at(best, "file_unique_id")), FILE_ID_MAX));
  buf_add_char(&source, '}');
  int64_t bytes = 0;
  id_at(best, "file_size", &bytes);
  u->file = (struct file_row){
      .state = FILE_PENDING,
      .name = S("photo.jpg"),
      .mime = S("image/jpeg"),
      .size_bytes = bytes > 0 ? bytes : 0,
      .width = side_of(best, "width"),
      .height = side_of(best, "height"),
      .source = arena_dup(a, buf_borrow(&source)),
  };
  buf_free(&source);
  u->message.files = &u->file;
  u->message.file_count = 1;
  return true;
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

/* The origin's kind is the API's term; with an unknown kind the message is still marked as forwarded, without a
 * name. */
static str read_forward(const json_t *origin, arena *a) {
  if (!json_is_object(origin)) return STR_NONE;
  int kind = names_find(&message_forward_kind_names, text_at(origin, "type"));
  struct message_forward f = {.kind = kind < 0 ? FORWARD_HIDDEN_USER : kind, .name = S("")};
  const json_t *user = json_object_get(origin, "sender_user");
  const json_t *room = json_object_get(origin, kind == FORWARD_CHANNEL ? "chat" : "sender_chat");
  if (kind == FORWARD_USER)
    f.name = display_name(user, text_at(user, "username"), S(""), a);
  else
    f.name = kind == FORWARD_HIDDEN_USER ? text_at(origin, "sender_user_name") : text_at(room, "title");
  f.name = name_of(a, f.name);
  return message_forward_encode(a, &f);
}

/* Name, size and length of a content that is one file. */
static str read_media(const json_t *value, arena *a) {
  if (!json_is_object(value) || !text_at(value, "file_id").ptr) return STR_NONE;
  str name = text_at(value, "file_name").ptr ? text_at(value, "file_name") : text_at(value, "title");
  struct message_media m = {.name = name_of(a, name)};
  int64_t n = 0;
  if (id_at(value, "file_size", &n) && n > 0) m.size_bytes = n;
  if (id_at(value, "duration", &n) && n > 0 && n < INT32_MAX) m.duration_ms = n * 1000;
  return message_media_encode(a, &m);
}

static void read_content(const json_t *message, struct tg_update *u, arena *a) {
  struct inbound_message *m = &u->message;
  const char *const *name = tg_content_names;
  while (*name && !json_object_get(message, *name)) name++;
  m->content = *name ? str_c(*name) : foreign_content(message, a);
  m->kind = MESSAGE_UNSUPPORTED;
  const json_t *value = json_object_get(message, *name ? *name : "");
  bool lossy = false;
  if (str_eq(m->content, S("text")) && json_is_string(value)) {
    m->kind = MESSAGE_TEXT;
    m->content = STR_NONE;
    m->text = clean(a, text_of(value));
    m->entities_json = tg_entities_in(json_object_get(message, "entities"), m->text, a, &lossy);
  } else {
    m->text = clean(a, text_at(message, "caption"));
    m->entities_json = tg_entities_in(json_object_get(message, "caption_entities"), m->text, a, &lossy);
  }
  /* A live photo shows its still picture and keeps the rest in its JSON. */
  bool live = str_eq(m->content, S("live_photo"));
  if (str_eq(m->content, S("photo")) && read_photo(value, u, a)) m->kind = MESSAGE_PHOTO, m->content = STR_NONE;
  if (live && read_photo(json_object_get(value, "photo"), u, a)) m->kind = MESSAGE_PHOTO;
  for (const char *const *key = not_shown; *key && !lossy; key++) lossy = json_object_get(message, *key) != NULL;
  m->forward_json = read_forward(json_object_get(message, "forward_origin"), a);
  if (m->kind == MESSAGE_UNSUPPORTED) m->media_json = read_media(value, a);
  if (m->kind == MESSAGE_UNSUPPORTED || live || lossy) m->raw = u->raw;
}

/* "/start", "/start payload", "/start@bot payload". With anything else behind it, it is a text like others. */
static bool read_start(struct tg_update *u) {
  str rest = u->message.text;
  if (u->message.kind != MESSAGE_TEXT) return false;
  str command = str_cut(&rest, ' ');
  str word = str_cut(&command, '@');
  if (!str_eq(word, S("/start"))) return false;
  str payload = rest.ptr ? str_trim(rest) : STR_NONE;
  if (payload.len > PAYLOAD_MAX) return false;
  for (size_t i = 0; i < payload.len; i++) {
    char c = payload.ptr[i];
    bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return false;
  }
  u->payload = payload.len ? payload : STR_NONE;
  return true;
}

/* Seconds of Unix time (Bot API, Message) as milliseconds; 0 when there are none. */
static int64_t time_at(const json_t *message, const char *name) {
  int64_t s = 0;
  id_at(message, name, &s);
  return s > 0 && s < 253402300800 /* the year 10000 */ ? s * 1000 : 0;
}

static void read_body(const json_t *message, struct tg_update *u, arena *a) {
  int64_t answered = 0;
  u->message.sent_at_ms = time_at(message, "date");
  u->message.edited_at_ms = time_at(message, "edit_date"); /* in whole seconds */
  u->message.edit_no = u->update_id;                       /* ids of updates grow (Bot API, Update) */
  read_content(message, u, a);
  str album = text_at(message, "media_group_id");
  if (album.len && album.len <= 64 && !str_has_nul(album)) u->message.album = arena_dup(a, album);
  const json_t *quoted = json_object_get(message, "reply_to_message");
  if (id_at(quoted, "message_id", &answered) && answered > 0) u->message.reply_to_external_id = decimal(a, answered);
}

/* The writer in a group. An anonymous administrator writes as the group itself: `sender_chat` is the group and `from`
 * a bot that represents all of them. A person may also write as one of their channels; a post of the channel linked to
 * the group arrives automatically. */
static void read_writer(const json_t *chat, const json_t *message, struct tg_update *u, arena *a) {
  struct tg_group_part *g = &u->group;
  const json_t *from = json_object_get(message, "from"), *as = json_object_get(message, "sender_chat");
  int64_t id = 0, own = 0;
  id_at(chat, "id", &own);
  bool anonymous = as ? id_at(as, "id", &id) && id == own : id_at(from, "id", &id) && id == ANONYMOUS_ADMIN_BOT;
  if (anonymous) id = own;
  bool forwarded = json_is_true(json_object_get(message, "is_automatic_forward"));
  g->by_channel = as && !anonymous && !forwarded;
  g->by_bot = !anonymous && !g->by_channel &&
              (as || json_is_true(json_object_get(from, "is_bot")) || !id_at(from, "id", &id) || id <= 0);
  g->writer = decimal(a, id);
  str language = name_of(a, text_at(from, "language_code"));
  g->language = language.len && language.len <= 35 && !anonymous ? language : STR_NONE;
  g->name = anonymous ? g->title : display_name(from, name_of(a, text_at(from, "username")), g->writer, a);
  str signature = name_of(a, text_at(message, "author_signature"));
  if (anonymous && signature.ptr) g->name = signature;
  if (!g->name.ptr) g->name = g->writer;
}

/* In a topic every message without a reply is reported as a reply to the topic's first message, the service message
 * about its creation, whose id is the topic's. */
static bool only_stands_in_topic(const json_t *message, const json_t *answered) {
  int64_t topic = 0, id = 0;
  if (json_object_get(answered, "forum_topic_created")) return true;
  return json_is_true(json_object_get(message, "is_topic_message")) && id_at(message, "message_thread_id", &topic) &&
         id_at(answered, "message_id", &id) && id == topic;
}

static void read_group_message(const json_t *chat, const json_t *message, bool edited, struct tg_update *u, arena *a) {
  int64_t moved_to = 0;
  u->kind = TG_GROUP_MESSAGE;
  u->group.edited = edited;
  read_writer(chat, message, u, a);
  read_body(message, u, a);
  u->message.raw = STR_NONE;
  const json_t *answered = json_object_get(message, "reply_to_message");
  if (only_stands_in_topic(message, answered)) u->message.reply_to_external_id = STR_NONE;
  if (u->message.reply_to_external_id.ptr) id_at(json_object_get(answered, "from"), "id", &u->group.answered_writer);
  if (id_at(message, "migrate_to_chat_id", &moved_to) && moved_to < 0) u->group.moved_to = decimal(a, moved_to);
}

static void read_message(const json_t *message, bool edited, struct tg_update *u, arena *a) {
  const char *what = edited ? "edited_message" : "message";
  int64_t id = 0;
  bool group = false;
  if (!json_is_object(message)) return keep(u, true, "malformed: %s is not an object", what);
  const json_t *chat = known_chat(message, what, u, a, &group);
  if (!chat) return;
  if (!id_at(message, "message_id", &id) || id <= 0) return keep(u, true, "malformed: %s without an id", what);
  u->message.external_id = decimal(a, id);
  if (group) return read_group_message(chat, message, edited, u, a);
  const json_t *from = json_object_get(message, "from");
  if (json_is_true(json_object_get(from, "is_bot"))) return keep(u, false, "%s by a bot", what);
  u->kind = edited ? TG_EDITED : TG_MESSAGE;
  read_person(chat, from, u, a);
  read_body(message, u, a);
  u->message.same = tg_same;
  u->message.moves = str_eq(u->message.content, S("location"));
  if (!edited && read_start(u)) u->kind = TG_STARTED;
  if (!tg_content_is_quiet(u->message.content)) return;
  keep(u, false, "%s %.*s without a conversation", what, STR_ARG(u->message.content));
  if (edited) return;
  u->kind = TG_SERVICE;
  u->chat = u->message.from.external_id;
  u->message.kind = MESSAGE_SERVICE;
}

/* Blocking the bot is reported as `kicked` in the private chat, returning as `member` (Bot API, ChatMemberUpdated). */
static void read_membership(const json_t *change, struct tg_update *u, arena *a) {
  bool group = false;
  if (!json_is_object(change)) return keep(u, true, "malformed: my_chat_member is not an object");
  if (!known_chat(change, "my_chat_member", u, a, &group)) return;
  const json_t *now = json_object_get(change, "new_chat_member");
  str status = text_at(now, "status");
  if (group) {
    bool out = str_eq(status, S("left")) || str_eq(status, S("kicked"));
    bool muted = str_eq(status, S("restricted")) && !json_is_true(json_object_get(now, "is_member"));
    u->kind = TG_GROUP_MEMBER;
    u->group.member = status.len && !out && !muted;
    return;
  }
  bool blocked = str_eq(status, S("kicked")), back = str_eq(status, S("member"));
  if (!blocked && !back) return keep(u, !status.ptr, "my_chat_member with an unexpected status");
  u->kind = TG_REACHABLE;
  u->reachable = back;
}

/* The first member whose value is an object: the name of an unknown kind. */
static void keep_foreign(const json_t *root, struct tg_update *u) {
  for (void *it = json_object_iter((json_t *)(uintptr_t)root); it;
       it = json_object_iter_next((json_t *)(uintptr_t)root, it)) {
    const json_t *value = json_object_iter_value(it);
    const char *key = json_object_iter_key(it);
    if (json_is_object(value) && str_c(key).len <= 64) return keep(u, false, "%s has no use here", key);
  }
  keep(u, true, "malformed: an update without a content");
}

void tg_update_parse(str raw, arena *a, struct tg_update *out) {
  *out = (struct tg_update){.raw = str_utf8_valid(raw) && !str_has_nul(raw) ? raw : clean(a, raw)};
  str id_text = STR_NONE;
  if (json_scan_member(raw, S("update_id"), &id_text)) str_to_i64(id_text, &out->update_id);
  if (raw.len > LIMIT_UPDATE_MAX_BYTES) {
    out->raw = str_utf8_prefix(str_sub(out->raw, 0, LIMIT_UPDATE_MAX_BYTES - 3), LIMIT_UPDATE_MAX_BYTES);
    return keep(out, true, "malformed: longer than an update can be; cut off");
  }
  json_t *root = json_parse_foreign(raw, DEPTH_MAX);
  if (!json_is_object(root)) {
    json_decref(root);
    return keep(out, true, "malformed: not a JSON object");
  }
  if (!id_at(root, "update_id", &out->update_id)) out->update_id = 0;
  const json_t *message = json_object_get(root, "message"), *edited = json_object_get(root, "edited_message"),
               *membership = json_object_get(root, "my_chat_member");
  if (message)
    read_message(message, false, out, a);
  else if (edited)
    read_message(edited, true, out, a);
  else if (membership)
    read_membership(membership, out, a);
  else
    keep_foreign(root, out);
  if (out->kind != TG_RAW && out->update_id <= 0) keep(out, true, "malformed: without an update_id");
  json_decref(root);
}
