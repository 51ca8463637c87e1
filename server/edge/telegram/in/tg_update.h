/* One Update of the Bot API (10.3), parsed for the desk's commands. Pure and total: for any text an update is
 * returned; one without a command, or a malformed one, is TG_RAW with a reason, to be stored raw.
 *
 * Only private chats become conversations; group messages are parsed too, since one group may be the staff group,
 * and have a reason for being kept raw if it is not. Undocumented fields are ignored, and of two fields with the
 * same meaning the documented one counts. Ids are 64 bits. A NUL in a text becomes U+FFFD (the databases cannot hold
 * it; one UTF-16 unit either way, so entities keep their offsets). */
#ifndef SB_EDGE_TELEGRAM_TG_UPDATE_H
#define SB_EDGE_TELEGRAM_TG_UPDATE_H

#include "desk/conversation/conversation.h"

enum tg_update_kind {
  TG_RAW,
  TG_MESSAGE,   /* conversation_receive */
  TG_STARTED,   /* conversation_started, with payload */
  TG_EDITED,    /* conversation_edited */
  TG_SERVICE,   /* conversation_noted; with a reason, in case there is no conversation */
  TG_REACHABLE, /* conversation_reachable */
  TG_REACTED,   /* conversation_reacted, of message.external_id; with a reason, in case the message is unknown */
  TG_PRESSED,   /* conversation_pressed */
  TG_VOTED,     /* conversation_voted, with message.details.poll; with a reason, in case the poll is unknown */
  TG_GROUP_MESSAGE,
  TG_GROUP_MEMBER, /* the bot joined or left a group */
};

enum tg_topic_change { TG_TOPIC_SAME, TG_TOPIC_CREATED, TG_TOPIC_RENAMED, TG_TOPIC_CLOSED, TG_TOPIC_REOPENED };

struct tg_group_part { /* for the group kinds; strings may be absent */
  str title;
  str writer, name, language; /* the writer: a person's id; the group's id for someone who writes as the group */
  bool by_bot;                /* not a person */
  bool by_channel;            /* possibly staff, but under a channel's name, so the person is unknown */
  bool edited, member;        /* member: for TG_GROUP_MEMBER */
  int64_t answered_writer;    /* the author of the answered message; 0: not a reply */
  str moved_to;               /* the group's new id */
  int64_t thread;             /* the topic; 0: none, or General */
  enum tg_topic_change topic; /* the message reports it */
  str topic_name;             /* for CREATED, RENAMED */
  str username;               /* the writer's; may be absent */
  bool administrator, manages_topics; /* of the bot, for TG_GROUP_MEMBER */
};

struct tg_reactions { /* for TG_REACTED: the present ones; their time and number are in the message */
  str *emojis;
  size_t count;
};

struct tg_press { /* for TG_PRESSED; a press that concerns no customer is TG_RAW and has only the id, to be answered */
  str query_id;   /* absent: no press */
  struct message_press what;
};

struct tg_update {
  enum tg_update_kind kind;
  int64_t update_id;              /* 0: unreadable */
  bool malformed;                 /* for TG_RAW: log a warning */
  char reason[128];               /* for TG_RAW; for TG_SERVICE and the group kinds, in case they are kept raw */
  str chat;                       /* the chat's id in decimal; STR_NONE for TG_RAW */
  bool reachable;                 /* for TG_REACHABLE */
  str payload;                    /* for TG_STARTED; may be absent */
  struct inbound_message message; /* for the message kinds; the caller sets from.channel and from.account */
  struct tg_reactions reactions;  /* for TG_REACTED */
  struct tg_press press;
  str poll_id;                /* for TG_VOTED */
  struct tg_group_part group; /* for the group kinds, whose message.from is empty */
  str raw;                    /* the text for storage: valid UTF-8 without NUL */
};

#define TG_REASON_POLL "poll that is not known" /* of a vote; it may have come before the poll's own id was stored */

/* Strings in *out are in `a` or slices of `raw`, which must be valid as long. */
void tg_update_parse(str raw, arena *a, struct tg_update *out);

#endif
