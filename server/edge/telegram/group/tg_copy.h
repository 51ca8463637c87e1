/* Texts for the staff group: a message below a line with its author, and notices about failed replies. Pure.
 *
 *   Ann Lee · @ann            Maria → Ann Lee
 *   Where is my parcel?       On its way!
 *
 * The name is bold, and a link to the conversation if the panel has a public URL (a bot's links must be https).
 * Names are isolated, so that the direction of their letters, or a directional control in them, affects nothing
 * beside them. In the customer's own topic only the first message has their name; later ones have none, an operator's
 * answer only the operator's. For a customer of another channel the channel's title follows. A text that does not fit below its
 * head is sent after it as a separate message, as a reply to the head; so is, by copyMessage, content that the desk
 * cannot show. */
#ifndef SB_EDGE_TELEGRAM_TG_COPY_H
#define SB_EDGE_TELEGRAM_TG_COPY_H

#include "desk/conversation/conversation.h"
#include "desk/message/message.h"

struct tg_copy {
  const struct customer_row *customer;
  const struct message_row *message;
  str operator_name; /* for an answer */
  str public_url;    /* may be absent */
  bool repeat, edited;
  bool brief; /* in the customer's own topic: without their name */
  bool album; /* the first of an album, whose caption the head is */
  str notice; /* a line above all; may be absent */
};
/* *out is the message to send, with the head in its text and its entities shifted. *rest: a second message must follow,
 * see tg_copy_rest. Strings are in `a`. */
void tg_copy_make(const struct tg_copy *copy, arena *a, struct message_row *out, bool *rest);
/* The message after the head: the text alone. Not for content that is not shown. */
void tg_copy_rest(const struct message_row *m, struct message_row *out);

enum tg_notice {
  TG_NOTICE_UNKNOWN,     /* the reply answers an unknown message */
  TG_NOTICE_UNSUPPORTED, /* a kind that no bot can send */
  TG_NOTICE_QUIZ,
  TG_NOTICE_TOO_LONG,
  TG_NOTICE_BLOCKED,     /* the customer has blocked the bot */
  TG_NOTICE_CHANNEL,     /* written under a channel's name */
  TG_NOTICE_DEACTIVATED, /* the writer may no longer answer */
  TG_NOTICE_REFUSED,     /* with the desk's error */
  TG_NOTICE_FAILED,      /* with the channel's error */
  TG_NOTICE_UNCERTAIN,
  TG_NOTICE_LINKED,   /* with the operator's name; in the private chat, so the next ones */
  TG_NOTICE_LINK_ASK, /* with the operator's name */
  TG_NOTICE_LINK_GIVEN_UP,
  TG_NOTICE_LINK_KNOWN,   /* with the name by which the group knows the writer */
  TG_NOTICE_LINK_UNKNOWN, /* the code is used up or too old */
  TG_NOTICE_LINK_TAKEN,   /* the account is another operator's */
  TG_NOTICE_EDIT_REFUSED, /* with the desk's error */
  TG_NOTICE_EDIT_FAILED,  /* with the channel's error */
  TG_NOTICE_EDIT_FILE,    /* another file */
  TG_NOTICE_EDIT_KEPT,    /* an answer became a note or a command */
  TG_NOTICE_DELETED,      /* in the panel, what was written here */
  TG_NOTICE_REMADE,       /* the topic was deleted, and is made again */
  TG_NOTICE_ELSEWHERE,    /* a reply in one customer's topic to another's message */
  TG_NOTICE_TAKEN,
  TG_NOTICE_CLOSED,
  TG_NOTICE_ASSIGNED, /* done; ASSIGNED: with the name */
  TG_NOTICE_NOTED,    /* it stays in the group */
  TG_NOTICE_COMMANDS, /* an unknown command: the known ones */
  TG_NOTICE_NOBODY,
  TG_NOTICE_SEVERAL, /* of assign: with the given name, or those of whom it is one */
};
/* In the reader's language: Russian for "ru", else English. */
str tg_notice_text(enum tg_notice what, str language, str words, arena *a);

#endif
