/* See tg_update.h. */
#include "edge/telegram/in/tg_update.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/names.h"
#include "edge/telegram/in/tg_content.h"
#include "edge/telegram/in/tg_kinds.h"
#include "edge/telegram/in/tg_value.h"
#include "base/json_scan.h"

#include <inttypes.h>

enum {
  DEPTH_MAX = 128,  /* jansson recurses; a genuine update stays far below */
  PAYLOAD_MAX = 64, /* of A-Za-z0-9_- (Bot API, "Deep linking") */
  EMOJI_POINTS_MAX = 16,
  BUTTONS_MAX = 100,     /* of a message, and in a row of it */
  DATA_POINTS_MAX = 256, /* of a button: 64 bytes (Bot API, InlineKeyboardButton) */
  QUERY_ID_MAX = 64,
  ANONYMOUS_ADMIN_BOT = 1087968824, /* @GroupAnonymousBot, the `from` of every anonymous administrator */
};

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

/* In a private chat the chat is the person; if `from` is missing, the chat has the names. */
static void read_person(const json_t *chat, const json_t *from, struct tg_update *u, arena *a) {
  int64_t sender = 0, room = 0;
  tg_int_at(from, "id", &sender);
  tg_int_at(chat, "id", &room);
  const json_t *person = sender == room && sender ? from : chat;
  str language = tg_name(a, tg_text_at(from, "language_code"));
  u->message.from = (struct customer_identity){
      .external_id = u->chat,
      .username = tg_name(a, tg_text_at(person, "username")),
      .has_photo = true,
      .language = language.len && language.len <= 35 ? language : STR_NONE, /* BCP 47's longest usual tag */
  };
  /* A chat has no is_premium, and a User only if it is true. */
  u->message.from.tells_premium = person == from && from;
  u->message.from.premium = tg_true_at(from, "is_premium");
  u->message.from.name = tg_display_name(person, u->message.from.username, u->chat, a);
}

static bool is_group(const json_t *chat) {
  str type = tg_text_at(chat, "type");
  return str_eq(type, S("group")) || str_eq(type, S("supergroup"));
}

/* The chat if it is private, or a group (then *group is set); otherwise the update is kept raw. */
static const json_t *known_chat(const json_t *holder, const char *what, struct tg_update *u, arena *a, bool *group) {
  const json_t *chat = json_object_get(holder, "chat");
  int64_t id = 0;
  str type = tg_text_at(chat, "type");
  *group = is_group(chat);
  if (!tg_int_at(chat, "id", &id) || !type.ptr) return keep(u, true, "malformed: %s without a chat", what), NULL;
  if (!str_eq(type, S("private"))) keep(u, false, "%s of a chat that is not private", what);
  if (*group && id < 0) {
    u->chat = tg_decimal(a, id);
    u->group.title = tg_name(a, tg_text_at(chat, "title"));
    return chat;
  }
  if (!str_eq(type, S("private"))) return NULL;
  if (id <= 0) return keep(u, true, "malformed: %s with a private chat's id that is not above 0", what), NULL;
  u->chat = tg_decimal(a, id);
  return chat;
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
  tg_int_at(message, name, &s);
  return s > 0 && s < 253402300800 /* the year 10000 */ ? s * 1000 : 0;
}

static void read_body(const json_t *message, struct tg_update *u, arena *a) {
  int64_t answered = 0;
  u->message.sent_at_ms = time_at(message, "date");
  u->message.edited_at_ms = time_at(message, "edit_date"); /* in whole seconds */
  u->message.edit_no = u->update_id;                       /* ids of updates grow (Bot API, Update) */
  tg_content_read(message, u->raw, a, &u->message);
  str album = tg_text_at(message, "media_group_id");
  if (album.len && album.len <= 64 && !str_has_nul(album)) u->message.album = arena_dup(a, album);
  const json_t *quoted = json_object_get(message, "reply_to_message");
  if (tg_int_at(quoted, "message_id", &answered) && answered > 0)
    u->message.reply_to_external_id = tg_decimal(a, answered);
}

/* The writer in a group. An anonymous administrator writes as the group itself: `sender_chat` is the group and `from`
 * a bot that represents all of them. A person may also write as one of their channels; a post of the channel linked to
 * the group arrives automatically. */
static void read_writer(const json_t *chat, const json_t *message, struct tg_update *u, arena *a) {
  struct tg_group_part *g = &u->group;
  const json_t *from = json_object_get(message, "from"), *as = json_object_get(message, "sender_chat");
  int64_t id = 0, own = 0;
  tg_int_at(chat, "id", &own);
  bool anonymous = as ? tg_int_at(as, "id", &id) && id == own : tg_int_at(from, "id", &id) && id == ANONYMOUS_ADMIN_BOT;
  if (anonymous) id = own;
  bool forwarded = json_is_true(json_object_get(message, "is_automatic_forward"));
  g->by_channel = as && !anonymous && !forwarded;
  g->by_bot = !anonymous && !g->by_channel &&
              (as || json_is_true(json_object_get(from, "is_bot")) || !tg_int_at(from, "id", &id) || id <= 0);
  g->writer = tg_decimal(a, id);
  if (!anonymous) g->username = tg_name(a, tg_text_at(from, "username"));
  str language = tg_name(a, tg_text_at(from, "language_code"));
  g->language = language.len && language.len <= 35 && !anonymous ? language : STR_NONE;
  g->name = anonymous ? g->title : tg_display_name(from, tg_name(a, tg_text_at(from, "username")), g->writer, a);
  str signature = tg_name(a, tg_text_at(message, "author_signature"));
  if (anonymous && signature.ptr) g->name = signature;
  if (!g->name.ptr) g->name = g->writer;
}

/* In a topic every message without a reply is reported as a reply to the topic's first message, the service message
 * about its creation, whose id is the topic's. */
static bool only_stands_in_topic(const json_t *message, const json_t *answered) {
  int64_t topic = 0, id = 0;
  if (json_object_get(answered, "forum_topic_created")) return true;
  return json_is_true(json_object_get(message, "is_topic_message")) &&
         tg_int_at(message, "message_thread_id", &topic) && tg_int_at(answered, "message_id", &id) && id == topic;
}

static void read_topic(const json_t *message, struct tg_group_part *g, arena *a) {
  static const struct {
    const char *member;
    enum tg_topic_change change;
  } changes[] = {{"forum_topic_created", TG_TOPIC_CREATED},
                 {"forum_topic_edited", TG_TOPIC_RENAMED},
                 {"forum_topic_closed", TG_TOPIC_CLOSED},
                 {"forum_topic_reopened", TG_TOPIC_REOPENED}};
  bool in_topic = json_is_true(json_object_get(message, "is_topic_message"));
  if (!in_topic || !tg_int_at(message, "message_thread_id", &g->thread) || g->thread <= 0) g->thread = 0;
  for (size_t i = 0; i < JSON_COUNT(changes) && g->thread; i++) {
    const json_t *what = json_object_get(message, changes[i].member);
    if (!json_is_object(what)) continue;
    g->topic = changes[i].change;
    g->topic_name = tg_clean_at(a, what, "name", LIMIT_NAME_MAX);
  }
}

static void read_group_message(const json_t *chat, const json_t *message, bool edited, struct tg_update *u, arena *a) {
  int64_t moved_to = 0;
  u->kind = TG_GROUP_MESSAGE;
  u->group.edited = edited;
  read_writer(chat, message, u, a);
  read_body(message, u, a);
  read_topic(message, &u->group, a);
  u->message.raw = STR_NONE;
  const json_t *answered = json_object_get(message, "reply_to_message");
  if (only_stands_in_topic(message, answered)) u->message.reply_to_external_id = STR_NONE;
  if (u->message.reply_to_external_id.ptr)
    tg_int_at(json_object_get(answered, "from"), "id", &u->group.answered_writer);
  if (tg_int_at(message, "migrate_to_chat_id", &moved_to) && moved_to < 0) u->group.moved_to = tg_decimal(a, moved_to);
}

static void read_message(const json_t *message, bool edited, struct tg_update *u, arena *a) {
  const char *what = edited ? "edited_message" : "message";
  int64_t id = 0;
  bool group = false;
  if (!json_is_object(message)) return keep(u, true, "malformed: %s is not an object", what);
  const json_t *chat = known_chat(message, what, u, a, &group);
  if (!chat) return;
  if (!tg_int_at(message, "message_id", &id) || id <= 0) return keep(u, true, "malformed: %s without an id", what);
  u->message.external_id = tg_decimal(a, id);
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
  str status = tg_text_at(now, "status");
  if (group) {
    bool out = str_eq(status, S("left")) || str_eq(status, S("kicked"));
    bool muted = str_eq(status, S("restricted")) && !json_is_true(json_object_get(now, "is_member"));
    u->kind = TG_GROUP_MEMBER;
    u->group.member = status.len && !out && !muted;
    u->group.administrator = str_eq(status, S("administrator"));
    u->group.manages_topics = json_is_true(json_object_get(now, "can_manage_topics"));
    return;
  }
  bool blocked = str_eq(status, S("kicked")), back = str_eq(status, S("member"));
  if (!blocked && !back) return keep(u, !status.ptr, "my_chat_member with an unexpected status");
  u->kind = TG_REACHABLE;
  u->reachable = back;
}

/* A custom emoji is named only by an id, so the panel shows a star for it; a paid reaction is a star in Telegram too. */
static str reaction_of(const json_t *reaction, arena *a) {
  str type = tg_text_at(reaction, "type");
  if (!str_eq(type, S("emoji"))) return type.len ? S("⭐") : STR_NONE;
  return str_or_empty(tg_clean_at(a, reaction, "emoji", EMOJI_POINTS_MAX));
}

/* In a private chat the chat is the person who reacts; in a group nobody's message is the desk's. */
static void read_reactions(const json_t *change, struct tg_update *u, arena *a) {
  bool group = false;
  int64_t id = 0;
  if (!json_is_object(change)) return keep(u, true, "malformed: message_reaction is not an object");
  if (!known_chat(change, "message_reaction", u, a, &group)) return;
  if (group) return keep(u, false, "message_reaction of a chat that is not private");
  if (!tg_int_at(change, "message_id", &id) || id <= 0)
    return keep(u, true, "malformed: message_reaction without an id");
  const json_t *now = json_object_get(change, "new_reaction");
  size_t count = json_array_size(now) < MESSAGE_REACTIONS_MAX ? json_array_size(now) : MESSAGE_REACTIONS_MAX;
  u->reactions.emojis = arena_array(a, str, count);
  for (size_t i = 0; i < count; i++) {
    str emoji = reaction_of(json_array_get(now, i), a);
    if (emoji.len) u->reactions.emojis[u->reactions.count++] = emoji;
  }
  keep(u, false, "message_reaction to an unknown message");
  u->kind = TG_REACTED;
  u->chat = tg_decimal(a, tg_count_at(json_object_get(change, "chat"), "id"));
  u->message.external_id = tg_decimal(a, id);
  u->message.edited_at_ms = time_at(change, "date");
  u->message.edit_no = u->update_id;
}

/* The text of the message's button with this data; absent if there is none. */
static str button_of(const json_t *message, str data, arena *a) {
  const json_t *rows = json_object_get(json_object_get(message, "reply_markup"), "inline_keyboard");
  for (size_t y = 0; y < json_array_size(rows) && y < BUTTONS_MAX; y++) {
    const json_t *row = json_array_get(rows, y);
    for (size_t x = 0; x < json_array_size(row) && x < BUTTONS_MAX; x++) {
      const json_t *button = json_array_get(row, x);
      if (str_eq(tg_text_at(button, "callback_data"), data)) return tg_name(a, tg_text_at(button, "text"));
    }
  }
  return STR_NONE;
}

/* A press in the private chat. The pressed message comes with its buttons of now; one that Telegram does not show any more
 * has the date 0 and no buttons. */
static void read_pressed(const json_t *query, const json_t *message, struct tg_update *u, arena *a) {
  int64_t id = 0;
  const json_t *from = json_object_get(query, "from");
  str data = tg_clean_at(a, query, "data", DATA_POINTS_MAX);
  if (!data.ptr) return keep(u, false, "callback_query of a game");
  if (!tg_int_at(message, "message_id", &id) || id <= 0)
    return keep(u, true, "malformed: callback_query without an id");
  str text = button_of(message, tg_text_at(query, "data"), a);
  u->kind = TG_PRESSED;
  u->press.what = (struct message_press){.data = data, .stale = !text.ptr};
  read_person(json_object_get(message, "chat"), from, u, a);
  u->message.kind = MESSAGE_PRESS;
  u->message.text = text.ptr ? text : data;
  u->message.reply_to_external_id = tg_decimal(a, id);
  u->message.details.press = message_detail(a, &message_press_shape, &u->press.what);
}

static void read_press(const json_t *query, struct tg_update *u, arena *a) {
  bool group = false;
  if (!json_is_object(query)) return keep(u, true, "malformed: callback_query is not an object");
  str id = tg_text_at(query, "id");
  const json_t *message = json_object_get(query, "message");
  if (id.len > 0 && id.len <= QUERY_ID_MAX && !str_has_nul(id)) u->press.query_id = arena_dup(a, id);
  if (!u->press.query_id.ptr) return keep(u, true, "malformed: callback_query without a query id");
  if (!message) return keep(u, false, "callback_query of a message in another chat");
  if (!known_chat(message, "callback_query", u, a, &group)) return;
  if (group) return keep(u, false, "callback_query of a chat that is not private");
  read_pressed(query, message, u, a);
}

/* A state of a poll, without a chat: read as the content of a message. */
static void read_votes(json_t *poll, struct tg_update *u, arena *a) {
  str id = tg_text_at(poll, "id");
  if (!id.len || id.len > QUERY_ID_MAX || str_has_nul(id)) return keep(u, true, "malformed: poll without an id");
  json_t *message = json_pack("{sO}", "poll", poll);
  tg_content_read(message, STR_NONE, a, &u->message);
  json_decref(message);
  if (!u->message.details.poll.ptr) return keep(u, true, "malformed: poll without a question");
  keep(u, false, TG_REASON_POLL);
  u->kind = TG_VOTED;
  u->poll_id = arena_dup(a, id);
}

/* The first member whose value is an object: the name of an unknown kind. */
static void keep_foreign(const json_t *root, struct tg_update *u) {
  for (void *it = json_object_iter((json_t *)(uintptr_t)root); it;
       it = json_object_iter_next((json_t *)(uintptr_t)root, it)) {
    const json_t *value = json_object_iter_value(it);
    const char *key = json_object_iter_key(it);
    if (json_is_object(value) && str_c(key).len <= 64)
      return keep(u, false, tg_update_handling_of(str_c(key)) == TG_UPDATE_KEPT ? "%s is kept" : "%s has no use here",
                  key);
  }
  keep(u, true, "malformed: an update without a content");
}

void tg_update_parse(str raw, arena *a, struct tg_update *out) {
  *out = (struct tg_update){.raw = str_utf8_valid(raw) && !str_has_nul(raw) ? raw : tg_clean(a, raw)};
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
  if (!tg_int_at(root, "update_id", &out->update_id)) out->update_id = 0;
  json_t *poll = json_object_get(root, "poll");
  const json_t *message = json_object_get(root, "message"), *edited = json_object_get(root, "edited_message"),
               *membership = json_object_get(root, "my_chat_member"),
               *reaction = json_object_get(root, "message_reaction"), *press = json_object_get(root, "callback_query");
  if (message)
    read_message(message, false, out, a);
  else if (edited)
    read_message(edited, true, out, a);
  else if (membership)
    read_membership(membership, out, a);
  else if (reaction)
    read_reactions(reaction, out, a);
  else if (press)
    read_press(press, out, a);
  else if (poll)
    read_votes(poll, out, a);
  else
    keep_foreign(root, out);
  if (out->kind != TG_RAW && out->update_id <= 0) keep(out, true, "malformed: without an update_id");
  json_decref(root);
}
