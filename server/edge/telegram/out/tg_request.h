/* Builds the API call for messages: sendMessage, sendPhoto or sendMediaGroup (Bot API 10.3). Formatting goes as
 * `entities`, never as markup, so no text needs escaping. */
#ifndef SB_EDGE_TELEGRAM_TG_REQUEST_H
#define SB_EDGE_TELEGRAM_TG_REQUEST_H

#include "desk/message/message.h"
#include "net/http_client.h"

struct tg_parcel {
  struct desk *desk;
  const char *api_url;
  str token, chat; /* chat: the recipient's id in decimal */
  const struct message_row *messages;
  size_t count; /* more than one: photos of one album, at most 10 */
  str reply_to; /* message_id that the first one replies to; may be absent */
  bool upload;  /* do not use Telegram's file_ids */
  bool staff;   /* for the staff group: without link previews */
  str *
      missing; /* set to the storage key of content that must first be got (file_bring); then nothing is built. May be NULL */
  str copy_from_chat, copy_message; /* copy that message unchanged (copyMessage); absent: send `messages` */
};

/* Everything in *out is in `a`. False if it cannot be sent at all, with the reason for people in *why. *by_file_id: a
 * file_id was used. */
bool tg_request_build(const struct tg_parcel *p, arena *a, struct http_call_request *out, bool *by_file_id, str *why);

#endif
