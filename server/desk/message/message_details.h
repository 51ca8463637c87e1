/* Typed facts of messages: what a location, a contact or a poll is besides words and files. They are written by the channel
 * and read by clients; the desk itself looks at none of them. Each is JSON of its own shape; a message has few, so
 * a struct message_details holds their texts and is mostly empty. details.tbl lists them. */
#ifndef SB_DESK_MESSAGE_MESSAGE_DETAILS_H
#define SB_DESK_MESSAGE_MESSAGE_DETAILS_H

#include "base/json.h"

#include <math.h>

enum message_forward_kind { FORWARD_USER, FORWARD_HIDDEN_USER, FORWARD_CHAT, FORWARD_CHANNEL };
extern const struct json_enum message_forward_kind_names;

/* Each member: JSON in the full form of its shape, or absent. */
struct message_details {
#define DETAIL(name) str name;
#include "desk/message/details.tbl"
#undef DETAIL
};

struct message_location { /* also a venue, which has title and address */
  double latitude, longitude;
  double accuracy_m;  /* NAN: unknown */
  int64_t heading;    /* degrees, 1 to 360; 0: unknown */
  int64_t live_ms;    /* for how long it is shared live, from the message's time; 0: not live */
  str title, address; /* may be absent */
};
struct message_contact {
  str phone_number, first_name;
  str last_name; /* may be absent */
  bool own;      /* of the person who sent it */
};
struct message_poll_option {
  str text;
  int64_t voters;
  bool correct;
};
struct message_poll {
  str question;
  struct json_list options; /* of struct message_poll_option */
  int64_t voters;
  bool quiz, anonymous, multiple, closed;
  str explanation; /* may be absent */
};
struct message_dice {
  str emoji;
  int64_t value;
};
struct message_checklist_task {
  int64_t id;
  str text;
  bool done;
};
struct message_checklist {
  str title;
  struct json_list tasks; /* of struct message_checklist_task */
};
enum message_sticker_format { STICKER_STATIC, STICKER_ANIMATED, STICKER_VIDEO };
extern const struct json_enum message_sticker_format_names;
struct message_sticker {
  int format;          /* static: a picture; animated: gzipped Lottie (.tgs); video: WebM */
  str emoji, set_name; /* may be absent */
};
struct message_audio {
  str title, performer; /* may be absent */
};
struct message_voice {
  struct json_list waveform; /* of int64_t, 0 to 31, at most LIMIT_WAVEFORM_MAX */
};
struct message_story {
  str name; /* of the chat that posted it; may be empty */
};
struct message_game {
  str title, description;
};
struct message_invoice {
  str title, description;
  str currency;   /* ISO 4217, or XTR for the messenger's stars */
  int64_t amount; /* in the smallest units of the currency */
};
struct message_payment {
  str currency;
  int64_t amount; /* as in an invoice */
  bool refunded;
  str payload; /* of the invoice; may be empty */
};
struct message_paid_media {
  int64_t stars;
  int64_t hidden; /* items that can be seen only after paying */
};
struct message_gift {
  str name;       /* of a unique gift; may be absent */
  int64_t number; /* of a unique gift; 0: none */
  int64_t stars;  /* its price; 0: unknown */
};
struct message_web_app_data {
  str button_text, data;
};
/* What a service message reports: see the channel's name in the message's content. */
struct message_service {
  str text;      /* a title, names, an emoji; may be absent */
  int64_t value; /* seconds, a count, an amount; -1: none */
};
struct message_quote { /* the part of the quoted message that was chosen */
  str text;
  int64_t position; /* in UTF-16 code units of the quoted text */
};
struct message_external_reply { /* answers a message of another chat */
  int kind;                     /* enum message_forward_kind */
  str name;                     /* its author; may be empty */
  str content;                  /* the channel's name of its content; may be absent */
};
struct message_via {
  str name; /* of the account through which it was written */
};
struct message_press { /* of a button; its text is the message's */
  str data;            /* the button's own, which the customer does not see */
  bool stale;          /* the message has no such button any more */
};
struct message_display { /* how its files are shown */
  bool spoiler;          /* covered until touched */
  bool caption_above;
};

#define DETAIL(name) extern const struct json_shape message_##name##_shape;
#include "desk/message/details.tbl"
#undef DETAIL

/* The JSON of one fact: message_detail(a, &message_dice_shape, &dice). Absent if it does not fit into
 * MESSAGE_DETAIL_MAX_BYTES. */
enum { MESSAGE_DETAIL_MAX_BYTES = 64 << 10 };
str message_detail(arena *a, const struct json_shape *shape, const void *value);
/* The column's text; STR_NONE when there are none. */
str message_details_encode(arena *a, const struct message_details *details);
/* Members are slices of `stored`. Unknown members are left out: a later version wrote them. */
void message_details_decode(str stored, struct message_details *out);

#endif
