/* See tg_ingest.h. */
#include "edge/telegram/in/tg_ingest.h"

#include "base/log.h"
#include "desk/account/account.h"
#include "desk/notice/notice.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"
#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/in/tg_link.h"
#include "edge/telegram/in/tg_notice_answer.h"
#include "edge/telegram/tg_internal.h"

#include <assert.h>

/* Chats share stripes; two chats in one stripe wait for each other, which only costs time. */
enum { STRIPES = 4096, WAITING_MAX = 50000 };

struct stripe {
  bool busy;
  struct tg_ingest_job *first, **last;
};

struct tg_ingest {
  struct tg_ingest_config config;
  bool striped;         /* the engine does not keep the order itself */
  pthread_mutex_t lock; /* guards the stripes */
  size_t waiting;
  struct stripe *stripes;
};

struct tg_ingest *tg_ingest_new(const struct tg_ingest_config *config) {
  struct tg_ingest *in = mem_alloc(sizeof *in);
  in->config = *config;
  in->striped = db_engine_of(config->desk->db) == DB_POSTGRES;
  pthread_mutex_init(&in->lock, NULL);
  in->stripes = in->striped ? mem_alloc_array(STRIPES, sizeof *in->stripes) : NULL;
  for (size_t i = 0; i < (in->striped ? STRIPES : 0); i++) in->stripes[i] = (struct stripe){false, NULL, NULL};
  return in;
}

void tg_ingest_free(struct tg_ingest **in) {
  if (!*in) return;
  pthread_mutex_destroy(&(*in)->lock);
  mem_free(&(*in)->stripes);
  mem_free(in);
}

/* ---- the transaction ---- */

/* An operator who gets notices here has blocked the bot, or is back. */
static err note_reach(db_conn *c, const struct tg_update *u, int64_t now_ms) {
  struct operator_row who;
  bool found = false;
  if (u->reachable) return notice_unblocked(c, TG_CHANNEL, u->chat, now_ms);
  err e = notice_operator_of(c, TG_CHANNEL, u->chat, db_conn_arena(c), &who, &found);
  return err_is(e) || !found ? e : notice_blocked(c, who.id, now_ms);
}

/* The desk takes nothing from an operator who is deactivated. They are told once. */
static err refuse_staff(struct desk *d, db_conn *c, str account, const struct tg_update *u) {
  bool barred = false, first = false;
  int64_t now_ms = desk_now(d);
  err e = staff_is_barred(c, TG_CHANNEL, u->chat, &barred);
  if (!err_is(e) && barred) e = staff_told(c, TG_CHANNEL, u->chat, now_ms, &first);
  if (err_is(e) || !first) return e;
  struct outbox_extra notice = {
      .purpose = OUTBOX_NOTICE,
      .note = tg_notice_text(TG_NOTICE_DEACTIVATED, u->message.from.language, STR_NONE, db_conn_arena(c)),
  };
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, now_ms));
}

static bool is_refused(const struct tg_ingest_job *job) {
  return job->fault.code == ERR_FORBIDDEN && job->update->chat.ptr;
}

static err apply(struct desk *d, db_conn *c, struct tg_ingest_job *job) {
  struct tg_update *u = job->update;
  int64_t now_ms = desk_now(d);
  if (is_refused(job)) {
    err e = refuse_staff(d, c, job->account, u);
    if (err_is(e)) return e;
  }
  if (err_is(job->fault))
    return inbound_keep_raw(c, TG_CHANNEL, job->account, u->update_id, str_c(err_message(&job->fault)), u->raw, now_ms);
  switch (u->kind) {
    case TG_MESSAGE: {
      bool ours = false;
      err e = tg_notice_answer(d, c, job->account, u, &ours);
      return err_is(e) || ours ? e : conversation_receive(d, c, &u->message, NULL);
    }
    case TG_STARTED:
      if (link_is_code(u->payload)) return tg_link_receive(d, c, job->account, u);
      return conversation_started(d, c, &u->message, u->payload);
    case TG_EDITED: {
      bool ours = false;
      err e = tg_notice_answer_edited(d, c, job->account, u, &ours);
      return err_is(e) || ours ? e : conversation_edited(d, c, &u->message);
    }
    case TG_SERVICE: {
      bool kept = false;
      err e = conversation_noted(d, c, &u->message, &kept);
      if (err_is(e) || kept) return e;
      break;
    }
    case TG_REACHABLE: {
      err e = note_reach(c, u, now_ms);
      if (err_is(e)) return e;
      return conversation_reachable(d, c, TG_CHANNEL, job->account, u->chat,
                                    u->reachable ? CUSTOMER_REACHABLE : CUSTOMER_BLOCKED);
    }
    case TG_REACTED: {
      bool kept = false;
      struct inbound_reactions r = {TG_CHANNEL,
                                    job->account,
                                    u->chat,
                                    u->message.external_id,
                                    u->reactions.emojis,
                                    u->reactions.count,
                                    u->message.edited_at_ms,
                                    u->message.edit_no};
      err e = conversation_reacted(d, c, &r, &kept);
      if (err_is(e) || kept) return e;
      break;
    }
    case TG_VOTED: {
      bool kept = false;
      struct inbound_votes v = {{TG_CHANNEL, job->account, u->poll_id}, u->message.details.poll, u->update_id};
      err e = conversation_voted(d, c, &v, &kept);
      if (err_is(e) || kept) return e;
      break;
    }
    case TG_PRESSED:
      if (tg_own_press_is(u)) return tg_own_press(d, c, job->account, u, &job->own);
      return conversation_pressed(d, c, &u->message, &u->press.what, &job->press);
    case TG_GROUP_MESSAGE:
    case TG_GROUP_MEMBER: {
      bool ours = false;
      struct tg_group *group = job->ingest->config.group;
      err e = group ? tg_group_receive(group, c, job->account, u, &ours, &job->room_again) : err_ok;
      if (!err_is(e) && job->room_again) e = outbox_hurry_lane(c, TG_CHANNEL, job->account, OUTBOX_STAFF_LANE);
      if (err_is(e) || ours) return e;
      break;
    }
    case TG_RAW: break;
  }
  return inbound_keep_raw(c, TG_CHANNEL, job->account, u->update_id, str_c(u->reason), u->raw, now_ms);
}

static err check_fence(db_conn *c, const struct tg_ingest_job *job) {
  int64_t id = 0;
  bool holds = true;
  if (!job->fence || !str_to_i64(job->account, &id)) return err_ok;
  err e = account_fence_holds(c, id, job->fence, &holds);
  return err_is(e) || holds ? e : err_detail(ERR_UNAVAILABLE, NULL, "Another process has taken the bot's lease.");
}

static err run(db_conn *c, void *arg) {
  struct tg_ingest_job *job = arg;
  struct desk *d = job->ingest->config.desk;
  job->fresh = true;
  job->room_again = false;
  err lost = check_fence(c, job);
  if (err_is(lost)) return lost;
  /* An update without an id cannot be deduplicated; it is stored each time. */
  if (job->update->update_id > 0) {
    err e = inbound_first_time(c, TG_CHANNEL, job->account, job->update->update_id, desk_now(d), &job->fresh);
    if (err_is(e) || !job->fresh) return e;
  }
  return apply(d, c, job);
}

/* ---- its end ---- */

static void submit(struct tg_ingest *in, struct tg_ingest_job *job);

static struct stripe *stripe_of(struct tg_ingest *in, const struct tg_ingest_job *job) {
  str chat = job->update->chat;
  if (!in->striped || !chat.ptr) return NULL;
  return &in->stripes[str_hash(chat) % STRIPES];
}

/* Takes the next job of a stripe, or all of them when this one failed. */
static struct tg_ingest_job *leave_stripe(struct tg_ingest *in, struct stripe *stripe, bool failed) {
  pthread_mutex_lock(&in->lock);
  struct tg_ingest_job *next = stripe->first;
  stripe->busy = next && !failed;
  if (next && !failed) {
    stripe->first = next->next;
    next->next = NULL;
    in->waiting--;
  } else {
    stripe->first = NULL;
    for (struct tg_ingest_job *job = next; job; job = job->next) in->waiting--;
  }
  pthread_mutex_unlock(&in->lock);
  return next;
}

static struct tg_counters *counters_of(struct tg_ingest *in, const struct tg_ingest_job *job) {
  return job->counters ? job->counters : in->config.counters;
}

static void count(struct tg_ingest *in, const struct tg_ingest_job *job, err e) {
  struct tg_counters *n = counters_of(in, job);
  const struct tg_update *u = job->update;
  if (err_is(e)) {
    TG_COUNT(n, updates_deferred);
    return;
  }
  TG_COUNT(n, updates);
  if (!job->fresh) {
    TG_COUNT(n, updates_known);
    return;
  }
  bool refused = is_refused(job), faulty = (err_is(job->fault) && !refused) || u->malformed;
  if (faulty) TG_COUNT(n, updates_malformed);
  if (faulty || refused || u->kind == TG_RAW) TG_COUNT(n, updates_kept_raw);
  if (faulty)
    LOG_WARN("telegram.update_kept_raw", LOG_I("update", u->update_id),
             LOG_C("reason", err_is(job->fault) ? err_message(&job->fault) : u->reason));
}

/* `done` comes last: the owner of the last job may free everything. */
static void finish(struct tg_ingest *in, struct tg_ingest_job *job, err e) {
  struct stripe *stripe = stripe_of(in, job);
  count(in, job, e);
  bool pressed = !err_is(e) && job->update->press.query_id.ptr;
  if (pressed && in->config.on_press) in->config.on_press(job, in->config.user);
  bool files = !err_is(e) && job->fresh && job->update->message.file_count > 0;
  if (files && in->config.on_files) in->config.on_files(in->config.user);
  str moved_to = job->update->group.moved_to;
  if (!err_is(e) && job->room_again && moved_to.ptr) tg_group_follow(in->config.group, job->update->chat, moved_to);
  if (!err_is(e) && job->room_again && in->config.on_room) in->config.on_room(in->config.user);
  struct tg_ingest_job *next = stripe ? leave_stripe(in, stripe, err_is(e)) : NULL;
  if (next && !err_is(e)) {
    submit(in, next);
    next = NULL;
  }
  while (next) {
    struct tg_ingest_job *failed = next;
    next = next->next;
    TG_COUNT(counters_of(in, failed), updates_deferred);
    failed->done(failed, e);
  }
  job->done(job, e);
}

/* Whether the database failed. Such errors are returned; any other would repeat for this update. */
static bool is_stores(err e) { return err_kind_of(e.code) == KIND_OVERLOADED; }

static void committed(err e, void *arg) {
  struct tg_ingest_job *job = arg;
  struct tg_ingest *in = job->ingest;
  if (err_is(e) && !is_stores(e) && !err_is(job->fault)) {
    job->fault = e;
    submit(in, job);
    return;
  }
  if (err_is(e)) LOG_WARN("telegram.update_deferred", LOG_I("update", job->update->update_id), LOG_E(e));
  finish(in, job, e);
}

static void submit(struct tg_ingest *in, struct tg_ingest_job *job) {
  err e = desk_write_async(in->config.desk, run, job, committed);
  if (err_is(e)) finish(in, job, e);
}

/* False if the job must wait for its turn, or was refused. */
static bool enter_stripe(struct tg_ingest *in, struct stripe *stripe, struct tg_ingest_job *job, bool *refused) {
  pthread_mutex_lock(&in->lock);
  bool mine = !stripe->busy;
  stripe->busy = true;
  *refused = !mine && in->waiting >= WAITING_MAX;
  if (!mine && !*refused) {
    if (!stripe->first) stripe->last = &stripe->first;
    *stripe->last = job;
    stripe->last = &job->next;
    in->waiting++;
  }
  pthread_mutex_unlock(&in->lock);
  return mine;
}

void tg_ingest(struct tg_ingest *in, struct tg_ingest_job *job) {
  job->ingest = in;
  job->next = NULL;
  job->fault = err_ok;
  job->update->message.from.channel = TG_CHANNEL;
  job->update->message.from.account = job->account;
  struct stripe *stripe = stripe_of(in, job);
  bool refused = false;
  if (!stripe || enter_stripe(in, stripe, job, &refused)) {
    submit(in, job);
  } else if (refused) {
    TG_COUNT(counters_of(in, job), updates_deferred);
    job->done(job, err_retry(ERR_OVERLOADED, 1000));
  }
}
