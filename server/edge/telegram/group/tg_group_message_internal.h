/* One message of the staff group, inside its update's transaction. Shared by tg_group_message.c, tg_group_topic.c and
 * tg_group_receive.c only, each of which uses those before it. */
#ifndef SB_EDGE_TELEGRAM_TG_GROUP_MESSAGE_INTERNAL_H
#define SB_EDGE_TELEGRAM_TG_GROUP_MESSAGE_INTERNAL_H

#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/group/tg_group_internal.h"
#include "edge/telegram/tg_internal.h"

struct staff_topic;

struct group_message_ctx {
  struct tg_group *group;
  struct desk *desk;
  db_conn *c;
  arena *a;
  const struct tg_update *u;
  struct staff_place place;
  bool waited; /* it waited for the outcome of a copy */
};

/* ---- tg_group_message.c ---- */
/* Whether the group has a topic for each conversation. */
bool group_has_topics(const struct group_message_ctx *h);
/* Sends a notice in the writer's language; words: for a notice that ends with some. */
err group_message_notice(struct group_message_ctx *h, enum tg_notice what, str words);
/* A refusal by the desk causes a notice to the writer; a database failure is returned. */
err group_message_refuse(struct group_message_ctx *h, err e);
/* *known false: the writer may not answer, and has a notice about it. */
err group_message_writer(struct group_message_ctx *h, struct actor *by, bool *known);
/* While a copy is being sent, the message waits for its outcome: *kept. */
err group_message_wait(struct group_message_ctx *h, bool *kept);
/* answered: of the customer's conversation; its id is 0 if no message is answered. */
err group_message_answer(struct group_message_ctx *h, const struct message_row *answered, const struct actor *by);
/* Its writer has edited an answer: so has the customer's. keeps: the edited words are for the group only. */
err group_message_edit(struct group_message_ctx *h, bool keeps);

/* ---- tg_group_topic.c ---- */
/* Whether the words stay in the group, if they are written in a topic. */
bool group_message_stays(struct group_message_ctx *h);
err group_message_in_topic(struct group_message_ctx *h, const struct staff_topic *topic);
/* *again: copies that wait for the topic may be sent. */
err group_topic_change(struct group_message_ctx *h, bool *again);

#endif
