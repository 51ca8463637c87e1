/* Topics of the staff group: the name of one, the calls about one, and what their responses mean. Pure; the rows are
 * desk/staff/staff_topic.h, the steps of a job tg_job_topic.c.
 *
 *   🟡 Ann Lee               waits for an answer
 *   🟢 Ann Lee               answered
 *   💤 Ann Lee · @ann        snoozed; another topic is named Ann Lee too
 *   ✅ Ann Lee · #12         closed; the same, of somebody without a username
 *
 * Telegram reports topics that are created, renamed, closed and opened again, but not deleted ones: that shows only when
 * something is sent there. A message sent to a deleted topic is refused, but was known to land outside its topic instead; so
 * the thread in the response is compared with the one asked for. */
#ifndef SB_EDGE_TELEGRAM_TG_TOPIC_H
#define SB_EDGE_TELEGRAM_TG_TOPIC_H

#include "desk/conversation/conversation.h"
#include "edge/telegram/tg_answer.h"

enum { TG_TOPIC_NAME_UNITS = 128 /* Telegram counts code points; counting UTF-16 units keeps below that */ };

/* A call about a topic that goes before the message, or in place of one. */
enum tg_topic_call {
  TG_NO_TOPIC_CALL,
  TG_TOPIC_CALL_OPEN,   /* createForumTopic */
  TG_TOPIC_CALL_REOPEN, /* reopenForumTopic: a person has closed it */
  TG_TOPIC_CALL_DELETE, /* deleteMessages: they landed elsewhere */
  TG_TOPIC_CALL_NAME,   /* editForumTopic; the only one in place of a message */
};

struct tg_topic_step {
  bool used; /* the group has topics */
  enum tg_topic_call call;
  int64_t conversation_id;
  int64_t thread;  /* the topic of the message or of the call; 0: none */
  str name, title; /* of OPEN and NAME */
  str strays;      /* ids: of DELETE those to delete, after a message those that have landed elsewhere */
  bool unknown;    /* of OPEN: the topic may have been created */
  bool brief;      /* the message needs no name of the customer above it */
  bool remade;     /* it is the first in a topic that was made again */
};

/* Whether a topic's customer waits, was answered, and so on, as the sign before the name. */
str tg_topic_mark(const struct conversation_row *row);
/* The customer's name for a topic; "#12" if nothing in it is visible. */
str tg_topic_title(const struct conversation_row *row, arena *a);
/* namesake: another topic has the same title. */
str tg_topic_name(const struct conversation_row *row, bool namesake, arena *a);

/* The method of a call about a topic; its JSON. */
const char *tg_topic_call_method(enum tg_topic_call call);
str tg_topic_call_body(const struct tg_topic_step *step, str chat, arena *a);
/* What the response to such a call means: TG_STEP when the message may follow, TG_DONE for a name. Sets step->thread of
 * OPEN, and step->unknown. */
enum tg_meaning tg_topic_call_judge(struct tg_topic_step *step, const struct tg_answer *answer);
/* What the response to `count` messages for a topic means. Sets step->strays. */
enum tg_meaning tg_topic_judge(struct tg_topic_step *step, const struct tg_answer *answer, size_t count, arena *a);

/* What the bot needs in a group with topics. */
enum group_need { GROUP_NEED_SUPERGROUP, GROUP_NEED_TOPICS, GROUP_NEED_ADMINISTRATOR, GROUP_NEED_MANAGES, GROUP_NEEDS };
extern const struct json_enum group_need_names;
struct group_needs {
  bool known, met[GROUP_NEEDS];
};
bool group_needs_are_met(const struct group_needs *needs);
/* The body of getChatMember. */
str tg_group_member_body(str chat_id, str account, arena *a);
/* From getChat's and getChatMember's results. */
void group_needs_read(str chat, str member, struct group_needs *out);
/* In words for people, English as all errors: what is missing first; absent if all are met. */
str group_needs_words(const struct group_needs *needs);

#endif
