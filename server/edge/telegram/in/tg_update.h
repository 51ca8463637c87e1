/* One Update of the Bot API (10.3), read into what the desk's commands take. Pure and total: whatever the text is, an
 * update comes out; what no command fits, or what is malformed, is TG_RAW with a reason, to be kept as it came.
 *
 * Only private chats become conversations; what is said in a group is read too, since one of them may be the staff's, and
 * carries the reason for which it is kept raw when it is not. Fields that are not documented are ignored, and of two fields that say the
 * same the documented one counts. Ids are 64 bits. A NUL in a text becomes U+FFFD (the databases cannot hold it; one
 * UTF-16 unit either way, so entities keep their places). */
#ifndef SB_EDGE_TELEGRAM_TG_UPDATE_H
#define SB_EDGE_TELEGRAM_TG_UPDATE_H

#include "desk/conversation/conversation.h"

enum tg_update_kind {
  TG_RAW,
  TG_MESSAGE,   /* conversation_receive */
  TG_STARTED,   /* conversation_started, with payload */
  TG_EDITED,    /* conversation_edited */
  TG_SERVICE,   /* conversation_noted; with a reason, should they have no conversation */
  TG_REACHABLE, /* conversation_reachable */
  TG_GROUP_MESSAGE,
  TG_GROUP_MEMBER, /* the bot came into a group, or left it */
};

struct tg_group_part { /* of the group kinds; strings may be absent */
  str title;
  str writer, name, language; /* who wrote: a person's id; the group's own for one who writes as the group */
  bool by_bot;                /* nobody of the staff */
  bool by_channel;            /* somebody of the staff, perhaps, but under a channel's name: nobody knows who */
  bool edited, member;        /* member: of TG_GROUP_MEMBER */
  int64_t answered_writer;    /* the id of whoever wrote what it answers; 0: it answers nothing */
  str moved_to;               /* the id under which the group goes on */
};

struct tg_update {
  enum tg_update_kind kind;
  int64_t update_id;              /* 0: none could be read */
  bool malformed;                 /* of TG_RAW: worth a warning */
  char reason[128];               /* of TG_RAW; of TG_SERVICE and the group kinds, should they be kept raw */
  str chat;                       /* the chat's id in decimal; STR_NONE for TG_RAW */
  bool reachable;                 /* of TG_REACHABLE */
  str payload;                    /* of TG_STARTED; may be absent */
  struct inbound_message message; /* of the message kinds; from.channel and from.account are the caller's to set */
  struct tg_group_part group;     /* of the group kinds, whose message.from is empty */
  struct file_row file;           /* which message.files points to: a struct tg_update is not copied */
  str raw;                        /* the text as it may be stored: valid UTF-8 without NUL */
};

/* Strings in *out are in `a` or slices of `raw`, which must live as long. */
void tg_update_parse(str raw, arena *a, struct tg_update *out);
/* The names of the kinds of updates that we ask for, as a JSON array. */
extern const char tg_allowed_updates[];
/* The content's names in contents.tbl, ended by NULL; for tests. */
extern const char *const tg_content_names[];
bool tg_content_is_quiet(str content);
/* Of struct inbound_message: a file is known by its file_unique_id, any other content by its bytes. */
bool tg_same(str content, str one, str other);

#endif
