/* The shapes of messages' typed facts, and the column that stores them. */
#include "desk/message/message_details.h"

#include "base/json_scan.h"
#include "base/limits.h"

#include <stddef.h>

static const char *const forward_kinds[] = {"user", "hidden_user", "chat", "channel"};
const struct json_enum message_forward_kind_names = {
    .name = "ForwardKind", .names = forward_kinds, .count = JSON_COUNT(forward_kinds)};

static const char *const sticker_formats[] = {"static", "animated", "video"};
const struct json_enum message_sticker_format_names = {
    .name = "StickerFormat", .names = sticker_formats, .count = JSON_COUNT(sticker_formats)};

#define AT(member)            offsetof(struct THIS, member)
#define TEXT(member)          .name = #member, .type = JSON_STRING, .offset = AT(member)
#define TEXT_OR_NONE(member)  TEXT(member), .flags = JSON_OPTIONAL
#define WHOLE(member)         .name = #member, .type = JSON_INT, .offset = AT(member)
#define WHOLE_OR_NONE(member) WHOLE(member), .flags = JSON_OPTIONAL, .min = 1, .max = INT64_MAX
#define YES_OR_NO(member)     .name = #member, .type = JSON_BOOL, .offset = AT(member)
#define NUMBER(member)        .name = #member, .type = JSON_NUMBER, .offset = AT(member)

#define THIS message_location
static const struct json_field location_fields[] = {
    {NUMBER(latitude), .min = -90, .max = 90},
    {NUMBER(longitude), .min = -180, .max = 180},
    {NUMBER(accuracy_m), .flags = JSON_OPTIONAL, .doc = "The radius of uncertainty in metres."},
    {WHOLE_OR_NONE(heading), .doc = "Degrees, 1 to 360."},
    {WHOLE_OR_NONE(live_ms), .doc = "For how long it is shared live, from the message's time."},
    {TEXT_OR_NONE(title)},
    {TEXT_OR_NONE(address)},
};
#undef THIS
JSON_SHAPE(message_location_shape, "Location", struct message_location, location_fields,
           "A point on the map; a venue has a title and an address too.");

#define THIS message_contact
static const struct json_field contact_fields[] = {
    {TEXT(phone_number)},
    {TEXT(first_name)},
    {TEXT_OR_NONE(last_name)},
    {YES_OR_NO(own), .doc = "Whether it is the contact of the person who sent it."},
};
#undef THIS
JSON_SHAPE(message_contact_shape, "Contact", struct message_contact, contact_fields, NULL);

#define THIS message_poll_option
static const struct json_field poll_option_fields[] = {
    {TEXT(text)},
    {WHOLE(voters)},
    {YES_OR_NO(correct), .doc = "For a quiz, if the channel says so."},
};
#undef THIS
static JSON_SHAPE(poll_option_shape, "PollOption", struct message_poll_option, poll_option_fields, NULL);

#define THIS message_poll
static const struct json_field poll_fields[] = {
    {TEXT(question)},       {.name = "options", .type = JSON_LIST, .offset = AT(options), .shape = &poll_option_shape},
    {WHOLE(voters)},        {YES_OR_NO(quiz)},
    {YES_OR_NO(anonymous)}, {YES_OR_NO(multiple), .doc = "Whether several options can be chosen."},
    {YES_OR_NO(closed)},    {TEXT_OR_NONE(explanation)},
};
#undef THIS
JSON_SHAPE(message_poll_shape, "Poll", struct message_poll, poll_fields, NULL);

#define THIS message_dice
static const struct json_field dice_fields[] = {{TEXT(emoji)}, {WHOLE(value)}};
#undef THIS
JSON_SHAPE(message_dice_shape, "Dice", struct message_dice, dice_fields, "A random value shown as an emoji.");

#define THIS message_checklist_task
static const struct json_field task_fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {TEXT(text)},
    {YES_OR_NO(done)},
};
#undef THIS
static JSON_SHAPE(task_shape, "ChecklistTask", struct message_checklist_task, task_fields, NULL);

#define THIS message_checklist
static const struct json_field checklist_fields[] = {
    {TEXT(title)},
    {.name = "tasks", .type = JSON_LIST, .offset = AT(tasks), .shape = &task_shape},
};
#undef THIS
JSON_SHAPE(message_checklist_shape, "Checklist", struct message_checklist, checklist_fields, NULL);

#define THIS message_sticker
static const struct json_field sticker_fields[] = {
    {.name = "format",
     .type = JSON_ENUM,
     .offset = AT(format),
     .names = &message_sticker_format_names,
     .doc = "static: a picture; animated: gzipped Lottie; video: WebM."},
    {TEXT_OR_NONE(emoji)},
    {TEXT_OR_NONE(set_name)},
};
#undef THIS
JSON_SHAPE(message_sticker_shape, "Sticker", struct message_sticker, sticker_fields, NULL);

#define THIS message_audio
static const struct json_field audio_fields[] = {{TEXT_OR_NONE(title)}, {TEXT_OR_NONE(performer)}};
#undef THIS
JSON_SHAPE(message_audio_shape, "Audio", struct message_audio, audio_fields, NULL);

#define THIS message_voice
static const struct json_field voice_fields[] = {{.name = "waveform",
                                                  .type = JSON_INTS,
                                                  .offset = AT(waveform),
                                                  .max = LIMIT_WAVEFORM_MAX,
                                                  .doc = "Loudness from begin to end, each 0 to 31."}};
#undef THIS
JSON_SHAPE(message_voice_shape, "Voice", struct message_voice, voice_fields, NULL);

#define THIS message_story
static const struct json_field story_fields[] = {{TEXT(name), .doc = "The chat that posted it; may be empty."}};
#undef THIS
JSON_SHAPE(message_story_shape, "Story", struct message_story, story_fields, NULL);

#define THIS message_game
static const struct json_field game_fields[] = {{TEXT(title)}, {TEXT(description)}};
#undef THIS
JSON_SHAPE(message_game_shape, "Game", struct message_game, game_fields, NULL);

#define CURRENCY TEXT(currency), .doc = "ISO 4217, or XTR for the messenger's stars."
#define AMOUNT   WHOLE(amount), .doc = "In the smallest units of the currency."

#define THIS message_invoice
static const struct json_field invoice_fields[] = {{TEXT(title)}, {TEXT(description)}, {CURRENCY}, {AMOUNT}};
#undef THIS
JSON_SHAPE(message_invoice_shape, "Invoice", struct message_invoice, invoice_fields, NULL);

#define THIS message_payment
static const struct json_field payment_fields[] = {{CURRENCY}, {AMOUNT}, {YES_OR_NO(refunded)}, {TEXT(payload)}};
#undef THIS
JSON_SHAPE(message_payment_shape, "Payment", struct message_payment, payment_fields, NULL);

#define THIS message_paid_media
static const struct json_field paid_media_fields[] = {
    {WHOLE(stars), .doc = "The price in the messenger's stars."},
    {WHOLE(hidden), .doc = "Items that can be seen only after paying."},
};
#undef THIS
JSON_SHAPE(message_paid_media_shape, "PaidMedia", struct message_paid_media, paid_media_fields, NULL);

#define THIS message_gift
static const struct json_field gift_fields[] = {
    {TEXT_OR_NONE(name), .doc = "Of a unique gift."},
    {WHOLE_OR_NONE(number), .doc = "Of a unique gift."},
    {WHOLE_OR_NONE(stars), .doc = "Its price in the messenger's stars."},
};
#undef THIS
JSON_SHAPE(message_gift_shape, "Gift", struct message_gift, gift_fields, NULL);

#define THIS message_web_app_data
static const struct json_field web_app_data_fields[] = {{TEXT(button_text)}, {TEXT(data)}};
#undef THIS
JSON_SHAPE(message_web_app_data_shape, "WebAppData", struct message_web_app_data, web_app_data_fields, NULL);

#define THIS message_service
static const struct json_field service_fields[] = {
    {TEXT_OR_NONE(text), .doc = "A title, a name, an emoji."},
    {WHOLE(value), .flags = JSON_OPTIONAL, .max = INT64_MAX, .doc = "Seconds, a count, an amount; 0: switched off."},
};
#undef THIS
JSON_SHAPE(message_service_shape, "Service", struct message_service, service_fields, "What a service message reports.");

#define THIS message_quote
static const struct json_field quote_fields[] = {
    {TEXT(text)},
    {WHOLE(position), .doc = "In UTF-16 code units of the quoted text."},
};
#undef THIS
JSON_SHAPE(message_quote_shape, "Quote", struct message_quote, quote_fields,
           "The part of the quoted message that was chosen.");

#define THIS message_external_reply
static const struct json_field external_reply_fields[] = {
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_forward_kind_names},
    {TEXT(name), .doc = "The author; may be empty."},
    {TEXT_OR_NONE(content), .doc = "The channel's name of the content."},
};
#undef THIS
JSON_SHAPE(message_external_reply_shape, "ExternalReply", struct message_external_reply, external_reply_fields,
           "The quoted message of another chat.");

#define THIS message_via
static const struct json_field via_fields[] = {{TEXT(name)}};
#undef THIS
JSON_SHAPE(message_via_shape, "Via", struct message_via, via_fields,
           "The account through which it was written, such as an inline search.");

#define THIS message_display
static const struct json_field display_fields[] = {
    {YES_OR_NO(spoiler), .doc = "The files are covered until touched."},
    {YES_OR_NO(caption_above)},
};
#undef THIS
JSON_SHAPE(message_display_shape, "Display", struct message_display, display_fields, "How the files are shown.");

#define THIS message_press
static const struct json_field press_fields[] = {
    {TEXT(data), .doc = "The button's own data, which the customer does not see."},
    {YES_OR_NO(stale), .doc = "The message has no such button any more."},
};
#undef THIS
JSON_SHAPE(message_press_shape, "Press", struct message_press, press_fields,
           "A press of a button; its text is the message's, and the message with the button is reply_to.");

/* ---- the column ---- */

static const struct {
  const char *name;
  size_t offset;
} members[] = {
#define DETAIL(name) {#name, offsetof(struct message_details, name)},
#include "desk/message/details.tbl"
#undef DETAIL
};

static str *member(struct message_details *d, size_t i) { return (str *)(void *)((char *)d + members[i].offset); }

str message_detail(arena *a, const struct json_shape *shape, const void *value) {
  buf b;
  buf_init(&b, MESSAGE_DETAIL_MAX_BYTES);
  json_encode(&b, shape, value, JSON_SNAKE);
  str json = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return json;
}

str message_details_encode(arena *a, const struct message_details *details) {
  struct message_details d = *details;
  buf b;
  buf_init(&b, (size_t)MESSAGE_DETAIL_MAX_BYTES * (JSON_COUNT(members) + 1));
  for (size_t i = 0; i < JSON_COUNT(members); i++) {
    str value = *member(&d, i);
    if (!value.ptr) continue;
    buf_printf(&b, "%c\"%s\":", buf_borrow(&b).len ? ',' : '{', members[i].name);
    buf_add(&b, value);
  }
  if (buf_borrow(&b).len) buf_add_char(&b, '}');
  str json = buf_borrow(&b).len ? arena_dup(a, buf_borrow(&b)) : STR_NONE;
  buf_free(&b);
  return json;
}

void message_details_decode(str stored, struct message_details *out) {
  str name, value;
  *out = (struct message_details){0};
  for (size_t at = 0; stored.ptr && json_scan_next(stored, &at, &name, &value);)
    for (size_t i = 0; i < JSON_COUNT(members); i++)
      if (str_eq(name, str_c(members[i].name))) *member(out, i) = value;
}
