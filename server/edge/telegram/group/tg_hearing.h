/* Shared by tg_hearing.c, tg_group_topic.c and tg_group_receive.c only, each of which uses those before it: one message of the staff group, inside its update's
 * transaction. */
#ifndef SB_EDGE_TELEGRAM_TG_HEARING_H
#define SB_EDGE_TELEGRAM_TG_HEARING_H

#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/group/tg_group_internal.h"
#include "edge/telegram/tg_internal.h"

struct staff_topic;

struct hearing {
  struct tg_group *group;
  struct desk *desk;
  db_conn *c;
  arena *a;
  const struct tg_update *u;
  struct staff_place place;
  bool waited; /* it waited for the outcome of a copy */
};

/* ---- tg_hearing.c ---- */
/* Whether the group has a topic for each conversation. */
bool hearing_topics(const struct hearing *h);
/* Sends a notice in the writer's language; words: for a notice that ends with some. */
err hearing_notice(struct hearing *h, enum tg_notice what, str words);
/* A refusal by the desk causes a notice to the writer; a database failure is returned. */
err hearing_refuse(struct hearing *h, err e);
/* *known false: the writer may not answer, and has a notice about it. */
err hearing_writer(struct hearing *h, struct actor *by, bool *known);
/* While a copy is being sent, the message waits for its outcome: *kept. */
err hearing_wait(struct hearing *h, bool *kept);
/* answered: of the customer's conversation; its id is 0 if no message is answered. */
err hearing_answer(struct hearing *h, const struct message_row *answered, const struct actor *by);
/* Its writer has edited an answer: so has the customer's. keeps: the edited words are for the group only. */
err hearing_edit(struct hearing *h, bool keeps);

/* ---- tg_group_topic.c ---- */
/* Whether the words stay in the group, if they are written in a topic. */
bool hearing_keeps(struct hearing *h);
err hear_in_topic(struct hearing *h, const struct staff_topic *topic);
/* *again: copies that wait for the topic may be sent. */
err hear_topic_change(struct hearing *h, bool *again);

#endif
