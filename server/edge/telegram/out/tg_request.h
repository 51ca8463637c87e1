/* From messages to the call that sends them: sendMessage, sendPhoto or sendMediaGroup (Bot API 10.3). Formatting goes as
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
  size_t count;                     /* more than one: photos of one album, at most 10 */
  str reply_to;                     /* message_id of what the first answers; may be absent */
  bool upload;                      /* do not use Telegram's file_ids */
  bool staff;                       /* for the staff's group: without previews of links */
  str copy_from_chat, copy_message; /* send that message again as it stands (copyMessage); absent: send `messages` */
};

/* Everything in *out is in `a`. False when it cannot be sent at all, with the reason for people in *why. *by_file_id: a
 * file_id was used. */
bool tg_request_build(const struct tg_parcel *p, arena *a, struct http_call_request *out, bool *by_file_id, str *why);

#endif
