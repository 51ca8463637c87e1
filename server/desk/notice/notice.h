/* Notices to an operator's own account in a channel. README.md explains how they are gathered, edited and ended.
 *
 *              unsent, reason holds   unsent, reason gone   sent, reason holds   sent, reason gone
 *  quiet       later                  dropped               edited               edited, ended
 *  otherwise   sent                   dropped               edited               edited, ended
 *
 * A notice to somebody who is deactivated, has blocked the channel or may not read the conversation is dropped in any case. */
#ifndef SB_DESK_NOTICE_NOTICE_H
#define SB_DESK_NOTICE_NOTICE_H

#include "base/json.h"
#include "desk/actor.h"
#include "desk/desk.h"
#include "desk/job/job.h"
#include "desk/operator/operator.h"

enum notice_kind { NOTICE_WAITING, NOTICE_ASSIGNED, NOTICE_ANSWERED };
extern const struct json_enum notice_kind_names;

enum { NOTICE_GATHER_MS = 2000, NOTICE_EDIT_MS = 5000, NOTICE_DAY_MINUTES = 24 * 60 };

/* ---- wishes ---- */
struct notice_wish {
  bool waiting, assigned, answered;
  int quiet_from, quiet_to; /* minutes of the day; -1: no quiet hours */
  str time_zone, language;
  int64_t blocked_at;
};
/* When the quiet hours around this moment end; 0: it is not quiet. From 22:00 to 08:00 crosses midnight. The end is by the zone's
 * clock, also when that changes meanwhile. */
int64_t notice_quiet_until(const struct notice_wish *w, int64_t now_ms);
err notice_wish_get(db_conn *c, int64_t operator_id, arena *a,
                    struct notice_wish *out); /* the defaults if there is none */
err notice_wish_set(db_conn *c, int64_t operator_id, const struct notice_wish *w, int64_t now_ms);
/* Whether the operator can be told, and else why not. */
enum notice_reach {
  NOTICE_UNLINKED,
  NOTICE_NO_CHAT /* known from the staff room alone */,
  NOTICE_BLOCKED,
  NOTICE_READY
};
extern const struct json_enum notice_reach_names;
err notice_reach_of(db_conn *c, int64_t operator_id, enum notice_reach *out);
/* The person of the account takes no messages, or does again. */
err notice_blocked(db_conn *c, int64_t operator_id, int64_t now_ms);
err notice_unblocked(db_conn *c, str channel, str external_id, int64_t now_ms);

/* ---- what happens to a conversation, inside its transaction ---- */
struct notice_news {
  int64_t conversation_id, assignee_id, inbound_count;
  int64_t by;    /* the operator who has done it, and is not told; 0: nobody */
  bool waiting;  /* it began to wait for anybody */
  bool wrote;    /* the customer has written */
  bool assigned; /* to the assignee, by somebody else */
  bool changed;  /* status or assignee */
};
err notice_tell(struct desk *d, db_conn *c, const struct notice_news *n);
/* The handler of notice.waiting, which tells everybody who wants to hear of a waiting conversation, some in each run: see struct
 * job_handler. */
err notice_tell_waiting(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at);
/* Whether anybody wants notices, looked up every two seconds; set up before any thread starts. Without it (NULL) there are none. */
struct notice_watch;
struct notice_watch *notice_watch_new(void);
void notice_watch_free(struct notice_watch **w);
/* Wishes of this process's operators have changed: looks at once. */
void notice_watch_again(struct desk *d);

/* ---- for the channel's sender ---- */
struct notice_row {
  int64_t conversation_id, operator_id;
  int kind; /* enum notice_kind */
  str channel, account, chat_id;
  str external_id; /* absent: not sent yet */
  int64_t counted, changes, sent_at;
  int64_t begun; /* which beginning of the notice it is */
};
err notice_get(db_conn *c, int64_t conversation_id, int64_t operator_id, int kind, arena *a, struct notice_row *out,
               bool *found);
/* A message in an operator's chat. */
struct notice_place {
  str channel, account, chat_id, external_id;
};
enum { NOTICE_MESSAGES_KEPT_DAYS = 30 };
/* The conversation of which the message has told, also when its notice has ended; 0: it is none, or older than
 * NOTICE_MESSAGES_KEPT_DAYS. */
err notice_of_message(db_conn *c, const struct notice_place *at, int64_t *conversation_id, bool *closed);
/* Forgets messages of before; at most `limit`. */
err notice_forget(db_conn *c, int64_t before_ms, size_t limit, int64_t *count);
struct notice_case {
  int kind;
  bool sent, may_tell /* active, reachable, may read it, still wants it */;
  bool waits /* for anybody */, closed, mine, unread;
  int64_t quiet_until;
};
enum notice_step { NOTICE_DROP, NOTICE_LATER, NOTICE_SEND, NOTICE_EDIT };
/* The table above. *over: the reason is gone, so the row ends with this step. Pure. */
enum notice_step notice_decide(const struct notice_case *n, bool *over);
/* Whether the wish covers the kind. */
bool notice_wanted(const struct notice_wish *w, int kind);
/* The message is there now, with this state of changes; over: the row ends. A later change queues it again. After another beginning
 * of the same notice (row->begun) the message is not the one that is edited. */
err notice_sent(db_conn *c, const struct notice_row *row, str external_id, bool over, int64_t now_ms);
/* Deletes the row, unless something has happened since it was read. */
err notice_drop(db_conn *c, const struct notice_row *row);
/* The channel has refused it; the person has deleted the message, for example. What has happened since is a new message. */
err notice_lost(db_conn *c, const struct notice_row *row, int64_t now_ms);

/* The active operator whose account this is; 0: nobody. */
err notice_operator_of(db_conn *c, str channel, str external_id, arena *a, struct operator_row *out, bool *found);

#endif
