/* Builds the API call for messages: one of the methods that send a message, by its kind, or sendMediaGroup (Bot API 10.3).
 * Formatting goes as `entities`, never as markup, so no text needs escaping. */
#ifndef SB_EDGE_TELEGRAM_TG_REQUEST_H
#define SB_EDGE_TELEGRAM_TG_REQUEST_H

#include "desk/message/message.h"
#include "net/http_client.h"

bool tg_request_can_send(int kind);
/* The member of a sent Message that describes its file; NULL for a kind without one. */
const char *tg_request_field(int kind);

enum { TG_REQUEST_FILES_MAX = 10 };

struct tg_parcel {
  struct desk *desk;
  const char *api_url;
  str token, chat; /* chat: the recipient's id in decimal */
  const struct message_row *messages;
  size_t count;        /* more than one: an album of one family, at most TG_REQUEST_FILES_MAX */
  const str *file_ids; /* Telegram's ids of the messages' files for this bot; absent ones are uploaded. May be NULL */
  str reply_to;        /* message_id that the first one replies to; may be absent */
  str quoted_entities; /* of that message, as stored; may be absent */
  bool staff;          /* for the staff group: without link previews */
  int64_t thread;      /* the topic; 0: none */
  /* set to the storage key of content that must first be got (file_bring); then nothing is built. May be NULL */
  str *missing;
  int change;  /* enum message_change_what: changes the first message, which was sent as `changed`; -1: sends */
  str changed; /* its message_id; of copies for the staff group to delete, several: "5,6" */
  str copy_from_chat, copy_message; /* copy that message unchanged (copyMessage); absent: send `messages` */
};

/* Everything in *out is in `a`. False if it cannot be sent at all, with the reason for people in *why. *by_file_id: a
 * file_id was used. */
bool tg_request_build(const struct tg_parcel *p, arena *a, struct http_call_request *out, bool *by_file_id, str *why);

#endif
