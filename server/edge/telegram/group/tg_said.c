/* See tg_said.h. */
#include "edge/telegram/group/tg_said.h"

#include "edge/telegram/in/tg_content.h"
#include "edge/telegram/out/tg_request.h"

bool tg_said_is_service(const struct inbound_message *said) {
  return said->kind == MESSAGE_SERVICE || tg_content_is_quiet(said->content);
}

int tg_said_kind(int kind) {
  if (kind == MESSAGE_LIVE_PHOTO) return MESSAGE_PHOTO;
  return kind == MESSAGE_RICH ? MESSAGE_TEXT : kind;
}

static str place_of_now(str json, arena *a) {
  struct message_location l;
  if (!json.ptr || err_is(json_decode(&message_location_shape, json, a, &l, NULL)) || !l.live_ms) return json;
  l.live_ms = l.heading = 0;
  return message_detail(a, &message_location_shape, &l);
}

static str contact_of_another(str json, arena *a) {
  struct message_contact contact;
  if (!json.ptr || err_is(json_decode(&message_contact_shape, json, a, &contact, NULL))) return json;
  contact.own = false;
  return message_detail(a, &message_contact_shape, &contact);
}

static str dice_of_before(str json, arena *a) {
  struct message_dice dice;
  if (!json.ptr || err_is(json_decode(&message_dice_shape, json, a, &dice, NULL))) return json;
  dice.value = 0;
  return message_detail(a, &message_dice_shape, &dice);
}

/* A poll as it is before anybody votes; *quiz: it cannot be sent. */
static str poll_of_before(str json, arena *a, bool *quiz) {
  struct message_poll poll;
  if (!json.ptr || err_is(json_decode(&message_poll_shape, json, a, &poll, NULL))) return json;
  struct message_poll_option *options = arena_array(a, struct message_poll_option, poll.options.count);
  for (size_t i = 0; i < poll.options.count; i++) {
    options[i] = ((const struct message_poll_option *)poll.options.items)[i];
    options[i].voters = 0;
  }
  *quiz = poll.quiz;
  poll.options.items = options;
  poll.voters = 0;
  poll.closed = false;
  return message_detail(a, &message_poll_shape, &poll);
}

bool tg_said_read(const struct inbound_message *said, arena *a, struct reply *reply, enum tg_notice *why) {
  const struct message_details *from = &said->details;
  bool quiz = false;
  reply->kind = tg_said_kind(said->kind);
  *why = TG_NOTICE_UNSUPPORTED;
  if (!tg_request_can_send(reply->kind)) return false;
  bool filed = tg_request_field(reply->kind) != NULL;
  if (filed && !said->file_count) return false;
  if (filed) {
    reply->files = arena_new_of(a, struct file_row);
    *reply->files = said->files[0];
    reply->file_count = 1;
  }
  reply->text = said->text;
  reply->entities_json = said->entities_json.ptr ? said->entities_json : S("[]");
  reply->headline = filed || reply->kind == MESSAGE_TEXT ? STR_NONE : said->headline;
  reply->details = (struct message_details){
      .location = place_of_now(from->location, a),
      .contact = contact_of_another(from->contact, a),
      .poll = poll_of_before(from->poll, a, &quiz),
      .dice = dice_of_before(from->dice, a),
      .sticker = from->sticker,
      .audio = from->audio,
      .voice = from->voice,
      .display = from->display,
  };
  if (quiz) *why = TG_NOTICE_QUIZ;
  return !quiz;
}

str tg_said_quote(const struct inbound_message *said, const struct message_row *answered, arena *a) {
  struct message_quote quote = {0};
  str json = said->details.quote;
  if (!json.ptr || err_is(json_decode(&message_quote_shape, json, a, &quote, NULL)) || !quote.text.len) return STR_NONE;
  for (size_t i = 0; i + quote.text.len <= answered->text.len; i++) {
    if (memcmp(answered->text.ptr + i, quote.text.ptr, quote.text.len) != 0) continue;
    quote.position = (int64_t)str_utf16_count(str_sub(answered->text, 0, i));
    return message_detail(a, &message_quote_shape, &quote);
  }
  return STR_NONE;
}

bool tg_said_has_other_file(const struct inbound_message *said, const struct message_row *sent) {
  const struct file_row *former = sent->files.count ? sent->files.items : NULL;
  if (tg_said_kind(said->kind) != sent->kind || !former != !said->file_count) return true;
  return former && former->source.ptr && !tg_same(STR_NONE, former->source, said->files[0].source);
}
