/* One attempt to send: a row of the outbox that was taken (tg_take.h), or the messages of one album, in two
 * stages that end on other threads: answered, finished (the outcome is committed). After each the job returns to the
 * sender's thread, which alone decides what follows. */
#ifndef SB_EDGE_TELEGRAM_TG_JOB_H
#define SB_EDGE_TELEGRAM_TG_JOB_H

#include "desk/card/card.h"
#include "desk/notice/notice.h"
#include "edge/telegram/group/tg_topic.h"
#include "edge/telegram/tg_internal.h"
#include "edge/telegram/out/tg_lane.h"

enum { TG_ALBUM_MAX = 10 };
enum tg_stage { TG_LEASED, TG_SENDING, TG_FINISHING };
enum tg_disposition { TG_SEND_NOW, TG_DROP, TG_POSTPONE }; /* what was taken need not, or must not, be sent now */

struct tg_job {
  struct tg_job *next;            /* in a list of taken, returned or unfinished jobs */
  struct tg_job *before, *behind; /* in the sender's list of all */
  struct tg_session *session;
  void (*came_back)(struct tg_job *job); /* any thread */
  void *owner;
  struct tg_lane *lane; /* the sender's thread sets it */
  str chat;
  bool upload; /* Telegram did not know a file_id at the last try: this one sends the bytes */
  arena *arena;
  enum tg_stage stage;
  err e; /* the error of the stage's write */
  size_t count;
  struct outbox_row rows[TG_ALBUM_MAX]; /* leased */
  struct message_row messages[TG_ALBUM_MAX];
  str file_ids[TG_ALBUM_MAX];    /* Telegram's ids of the messages' files; absent: uploaded, or no file */
  str uploads[TG_ALBUM_MAX];     /* what names an upload: equal ones need only one; absent: sent by id, or no file */
  str reply_to, quoted_entities; /* of the message that it answers; may be absent */
  /* ---- for the staff group ---- */
  bool staff, rest; /* rest: a second message follows */
  bool heard_files; /* a reply that waited for this has files to fetch */
  struct tg_topic_step topic;
  enum tg_disposition disposition;
  int64_t postponed_until_ms;       /* the queue's clock */
  str moved_to;                     /* the group's new id, stored with the outcome; absent: none */
  str copy_from_chat, copy_message; /* the message to copy unchanged (copyMessage); absent: sent as text */
  struct notice_row notice;         /* for a notice to an operator's own account */
  bool over;                        /* it ends with this message */
  struct card_row card; /* for a customer's live card; then what it shows, and when it is looked at again; 0: never */
  str shown;
  int64_t look_ms;
  bool afresh;  /* a copy could not be changed in place at the last try */
  str changed;  /* ids of the copies, "5,6", that are changed in place or deleted; absent: a message is sent */
  int change;   /* CHANGE_EDIT, CHANGE_DELETE; for `changed` */
  int removals; /* of the group, when the request began: see tg_group_report */
  bool by_file_id;
  struct tg_answer answer;
  enum tg_meaning meaning;
  struct outbox_outcome outcomes[TG_ALBUM_MAX];
  int finish_tries;
  int64_t retry_at_ms; /* steady: when to try to finish again */
};

struct tg_job *tg_job_new(struct tg_session *s, const struct outbox_row *head);
void tg_job_free(struct tg_job **job);
/* ---- tg_job_staff.c: inside the stages' transactions, for the staff group ---- */
/* Converts the taken messages to the group's format. */
err tg_job_write_for_staff(db_conn *c, struct tg_job *job);
/* Records the sent messages as copies of ours and queues the second message; stores a group's new id. Call before the
 * outcomes are applied. */
err tg_job_settle_for_staff(db_conn *c, struct tg_job *job, int64_t now_ms);
/* What the response means. */
enum tg_meaning tg_job_judge_for_staff(struct tg_job *job);
/* ---- tg_job_topic.c: the same for a topic ---- */
err tg_job_choose_topic(db_conn *c, struct tg_job *job, const struct conversation_row *row);
err tg_job_write_name(db_conn *c, struct tg_job *job);
err tg_job_settle_topic(db_conn *c, struct tg_job *job, int64_t now_ms);

/* ---- tg_job_personal.c: a notice to an operator's own account, inside the stages' transactions ---- */
err tg_job_write_personal(db_conn *c, struct tg_job *job, int64_t now_ms);
/* Records the message, or that the person has blocked the bot; call it after the outcome was applied. */
err tg_job_settle_personal(db_conn *c, struct tg_job *job, int64_t now_ms);

/* ---- tg_job_card.c: the live card of a customer, in the same way ---- */
err tg_job_write_card(db_conn *c, struct tg_job *job, int64_t now_ms);
err tg_job_settle_card(db_conn *c, struct tg_job *job, int64_t now_ms);

/* ---- tg_job_files.c: Telegram's ids of files, inside the stages' transactions ---- */
/* Sets file_ids and uploads. */
err tg_job_find_files(db_conn *c, struct tg_job *job);
/* The time until the id may be known of a file that is among these uploads; 0: the job uploads none of them. */
int64_t tg_job_upload_wait_ms(const struct tg_job *job, const str *uploads, size_t count);
/* Stores the ids of what was uploaded; forgets those that Telegram refused. */
err tg_job_settle_files(db_conn *c, struct tg_job *job);

/* Each starts a stage; the job returns exactly once. */
void tg_job_send(struct tg_job *job);
/* With job->meaning and job->answer set. now_ms: by the queue's clock. */
void tg_job_finish(struct tg_job *job, enum tg_meaning meaning, int64_t now_ms);

#endif
