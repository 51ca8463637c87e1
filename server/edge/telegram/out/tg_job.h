/* One attempt to send: the head of a lane, or the photos of one album at its head, on their way through three stages that
 * end on other threads: claimed (the rows are committed as `sending`, the messages read), answered, finished (the outcome
 * is committed). After each the job comes back to the sender's thread, which alone decides what follows. */
#ifndef SB_EDGE_TELEGRAM_TG_JOB_H
#define SB_EDGE_TELEGRAM_TG_JOB_H

#include "edge/telegram/tg_internal.h"
#include "edge/telegram/out/tg_lane.h"

enum tg_stage { TG_CLAIMING, TG_SENDING, TG_FINISHING };

struct tg_job {
  struct tg_job *next;            /* in the sender's list of those that came back, or that wait to be finished */
  struct tg_job *before, *behind; /* in the sender's list of all */
  struct tg_session *session;
  void (*came_back)(struct tg_job *job); /* any thread */
  void *owner;
  struct tg_lane *lane;
  str chat;
  bool upload;
  arena *arena;
  enum tg_stage stage;
  err e;                 /* of the stage's write */
  size_t offered, count; /* rows that might go together; rows that were claimed, which stand first */
  struct tg_row rows[TG_LANE_ROWS_MAX];
  struct message_row messages[TG_ALBUM_MAX];
  struct outbox_row head; /* the first one as claimed */
  str reply_to;
  /* ---- of what goes to the staff's group ---- */
  bool staff, rest;                 /* rest: something follows behind this */
  bool heard_files;                 /* a reply that waited for this has files to be fetched */
  str copy_from_chat, copy_message; /* to be copied as it stands (copyMessage); absent: it is written */
  bool by_file_id;
  struct tg_answer answer;
  enum tg_meaning meaning;
  struct outbox_outcome outcomes[TG_ALBUM_MAX];
  int64_t decided_at; /* wall time that their next_at was reckoned from */
  int finish_tries;
  int64_t retry_at_ms; /* steady: when to try to finish again */
};

struct tg_job *tg_job_new(struct tg_session *s, struct tg_lane *lane);
void tg_job_free(struct tg_job **job);
/* ---- tg_job_staff.c: inside the stages' transactions, for what goes to the staff's group ---- */
/* Makes of the messages that were claimed what the group shall read. */
err tg_job_write_for_staff(db_conn *c, struct tg_job *job);
/* Notes what was sent as standing for our messages and queues what follows; follows a group that has moved. Before the
 * outcomes are applied. */
err tg_job_settle_for_staff(db_conn *c, struct tg_job *job, int64_t now_ms);

/* Each starts a stage; the job comes back exactly once. */
void tg_job_claim(struct tg_job *job);
void tg_job_send(struct tg_job *job);
/* With job->meaning and job->answer set. */
void tg_job_finish(struct tg_job *job, enum tg_meaning meaning);

#endif
