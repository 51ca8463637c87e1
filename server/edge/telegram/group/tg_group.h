/* The staff group: which one it is, its state, and its messages. Outgoing messages use the outbox, in the lane
 * OUTBOX_STAFF_LANE; this file knows the chat, and handles replies.
 *
 * The panel's choice (stored in the settings) takes precedence over TELEGRAM_GROUP_CHAT_ID. When a group becomes a
 * supergroup, its new id is used. */
#ifndef SB_EDGE_TELEGRAM_TG_GROUP_H
#define SB_EDGE_TELEGRAM_TG_GROUP_H

#include "desk/staff/staff.h"
#include "edge/telegram/group/tg_topic.h"
#include "edge/telegram/in/tg_update.h"

enum group_state { GROUP_OFF, GROUP_WAITING /* nothing sent yet */, GROUP_OK, GROUP_FAILING };
enum group_mode { GROUP_PLAIN, GROUP_TOPICS };
enum { TG_NOTE_PREFIX_UNITS = 8, TG_NOTE_PREFIX_SIZE = TG_NOTE_PREFIX_UNITS * 4 + 1 };
#define TG_NOTE_PREFIX_DEFAULT "//"
enum group_source { GROUP_OF_PANEL, GROUP_OF_ENVIRONMENT };
extern const struct json_enum group_state_names, group_source_names;

struct group_info {
  str chat_id, title; /* absent: none, unknown */
  int mode;
  str note_prefix;        /* "": no prefix makes a note */
  struct json_list needs; /* struct group_need_row; empty: not asked yet */
  int source, state;      /* source -1: none */
  str error;              /* for FAILING */
  int64_t queued;         /* copies and notices waiting to be sent */
  struct json_list candidates;
};
extern const struct json_shape group_shape;
extern const struct json_enum group_mode_names;
struct group_need_row {
  int need;
  bool met;
};
/* What the panel chooses. */
struct group_choice {
  str chat_id; /* "": none */
  int mode;
  str note_prefix; /* absent: unchanged */
};

struct tg_group;
/* environment: TELEGRAM_GROUP_CHAT_ID; NULL, "" or "0": none. A value that is no group's id is told in the log and
 * not used. */
struct tg_group *tg_group_new(struct desk *d, const char *environment);
void tg_group_free(struct tg_group **g);
/* Reads the panel's choice. */
err tg_group_load(struct tg_group *g);
/* A group's id in decimal, below 0. */
bool tg_group_is_formed(str chat_id);

/* The bot that sends to the group: of several in it, the others are silent there. "": whichever asks. */
void tg_group_assign(struct tg_group *g, str account);
/* The current group's id; absent if there is none, or another bot sends to it. Any thread, like the rest. */
str tg_group_chat(struct tg_group *g, str account, arena *a);
/* Reports the outcome of sending to a chat: error absent on success. Ignored if the chat is no longer the group. */
void tg_group_report(struct tg_group *g, str chat_id, str error);
/* The bot was removed from the group, which is its error until it is back. */
void tg_group_report_removed(struct tg_group *g, str chat_id);
/* Something was sent there. removals: tg_group_removals when the request began: a response that comes after the bot was removed says
 * nothing about now. */
int tg_group_removals(struct tg_group *g);
void tg_group_report_sent(struct tg_group *g, str chat_id, int removals);
err tg_group_read(struct tg_group *g, db_conn *c, str account, arena *a, struct group_info *out);

/* Inside a transaction: keeps the choice and tells the audit; with no group, what waits for it is
 * dropped. What was kept counts from tg_group_take on, behind the commit. */
err tg_group_keep(struct tg_group *g, db_conn *c, const struct group_choice *choice, int64_t by, str address);
void tg_group_take(struct tg_group *g, const struct group_choice *choice);
/* Whether the chat is the group, and has topics. */
bool tg_group_has_topics(struct tg_group *g, str chat_id);
struct group_needs tg_group_needs(struct tg_group *g);
/* out: TG_NOTE_PREFIX_SIZE bytes. */
void tg_group_note_prefix(struct tg_group *g, char *out);
/* What Telegram says about the bot in the group; ignored if the chat is not the group. With topics, an unmet need is the
 * group's error. */
void tg_group_learn(struct tg_group *g, str chat_id, const struct group_needs *needs);
/* After the commit that stored its new id: the group has that id from now on. */
void tg_group_follow(struct tg_group *g, str from, str to);

/* Inside the update's transaction, for the group kinds. *ours false: it is from another group, to be kept raw.
 * *again true: the group accepts messages again, waiting ones may be sent; if the update says moved_to, call
 * tg_group_follow after the commit. */
err tg_group_receive(struct tg_group *g, db_conn *c, str account, const struct tg_update *u, bool *ours, bool *again);
/* Inside the transaction that stores a copy's outcome: handles replies that waited for its id. *files: an answer
 * has files to fetch. */
err tg_group_receive_waiting(struct tg_group *g, db_conn *c, str account, bool *files);

struct telegram;
/* ---- tg_bot.c ---- */
/* Asks Telegram about the group first. ERR_INVALID_FIELD with field chat_id or mode, ERR_BOT_UNREACHABLE.
 * Blocks for a network response. */
err tg_set_group(struct telegram *t, const struct group_choice *choice, int64_t by, str address, arena *a,
                 struct group_info *out);
err tg_show_group(struct telegram *t, arena *a, struct group_info *out);

#endif
