/* The steps of a job for a topic of the staff group, inside the stages' transactions: which topic, what must be done
 * before, and what the response changes. A job whose call about the topic has ended is put back and taken again at once, so
 * that each step is decided by what is stored. */
#include "edge/telegram/out/tg_job.h"

#include "desk/staff/staff_topic.h"
#include "edge/telegram/group/tg_group.h"

static struct staff_place place_of(const struct tg_job *job) {
  return (struct staff_place){.channel = TG_CHANNEL, .account = str_c(job->session->account), .chat_id = job->chat};
}

static err name_it(db_conn *c, struct tg_job *job, const struct conversation_row *row) {
  struct staff_place place = place_of(job);
  bool namesake = false;
  job->topic.title = tg_topic_title(row, job->arena);
  err e = staff_topic_is_namesake(c, &place, row->id, job->topic.title, &namesake);
  job->topic.name = tg_topic_name(row, namesake, job->arena);
  return e;
}

/* Stored before the call, so that a report of Telegram about the new topic can be recognised. */
static err ask_for_one(db_conn *c, struct tg_job *job, const struct conversation_row *row, struct staff_topic *t) {
  struct staff_place place = place_of(job);
  err e = name_it(c, job, row);
  if (err_is(e)) return e;
  job->topic.call = TG_TOPIC_CALL_OPEN;
  t->state = STAFF_TOPIC_OPENING;
  t->name = job->topic.name;
  t->title = job->topic.title;
  t->asked_at = desk_now(job->session->desk);
  t->remade_for = t->thread_id ? job->rows[0].message_id : 0;
  return staff_topic_put(c, &place, t);
}

static void use(struct tg_job *job, const struct staff_topic *t) {
  int64_t message_id = job->rows[0].message_id;
  job->topic.thread = t->thread_id;
  job->topic.brief = t->first_message_id && t->first_message_id != message_id;
  job->topic.remade = t->remade_for && t->remade_for == message_id;
  if (t->closed) job->topic.call = TG_TOPIC_CALL_REOPEN;
}

err tg_job_choose_topic(db_conn *c, struct tg_job *job, const struct conversation_row *row) {
  struct staff_place place = place_of(job);
  struct staff_topic t;
  bool found = false;
  job->topic = (struct tg_topic_step){.used = true, .conversation_id = row->id};
  err e = staff_topic_get(c, &place, row->id, job->arena, &t, &found);
  if (err_is(e)) return e;
  int64_t message_id = job->rows[0].message_id, ask_at = t.asked_at + STAFF_TOPIC_ASK_MS;
  switch (t.state) {
    case STAFF_TOPIC_OPEN: use(job, &t); return err_ok;
    case STAFF_TOPIC_STRAY:
      job->topic.call = TG_TOPIC_CALL_DELETE;
      job->topic.strays = t.stray;
      return err_ok;
    case STAFF_TOPIC_OPENING:
      if (desk_now(job->session->desk) >= ask_at || ask_at > desk_now(job->session->desk) + STAFF_TOPIC_ASK_MS)
        return ask_for_one(c, job, row, &t);
      job->disposition = TG_POSTPONE;
      job->postponed_until_ms = ask_at;
      return err_ok;
    default: /* lost again after it was made again for this message: it goes outside the topics */
      return t.remade_for && t.remade_for == message_id ? err_ok : ask_for_one(c, job, row, &t);
  }
}

err tg_job_write_name(db_conn *c, struct tg_job *job) {
  struct staff_place place = place_of(job);
  struct conversation_row row;
  struct staff_topic t = {0};
  int64_t id = job->rows[0].conversation_id;
  bool found = false, topics = tg_group_has_topics(job->session->owner->group, job->chat);
  job->topic = (struct tg_topic_step){.used = true, .call = TG_TOPIC_CALL_NAME, .conversation_id = id};
  err e = topics ? staff_topic_get(c, &place, id, job->arena, &t, &found) : err_ok;
  if (!err_is(e) && found) e = conversation_get(c, id, 0, job->arena, &row);
  if (e.code == ERR_NOT_FOUND) found = false, e = err_ok;
  if (err_is(e)) return e;
  bool there = found && t.state == STAFF_TOPIC_OPEN;
  if (there) e = name_it(c, job, &row);
  job->topic.thread = t.thread_id;
  if (!there || str_eq(job->topic.name, t.name)) job->disposition = TG_DROP;
  return e;
}

/* ---- after the response ---- */

static void opened(struct tg_job *job, struct staff_topic *t, int64_t now_ms) {
  if (t->state != STAFF_TOPIC_OPENING) return; /* Telegram's report came first */
  if (job->meaning == TG_STEP) {
    t->thread_id = job->topic.thread;
    t->state = STAFF_TOPIC_OPEN;
    t->named_at = now_ms;
    t->closed = false;
    t->first_message_id = 0;
  } else if (!job->topic.unknown) {
    bool kept = t->thread_id && job->meaning == TG_ROOM_SHUT; /* topics may only be switched off */
    t->state = kept ? STAFF_TOPIC_OPEN : STAFF_TOPIC_MISSING;
    t->remade_for = 0;
  }
}

static void sent(struct tg_job *job, struct staff_topic *t) {
  if (job->meaning == TG_THREAD_LOST) {
    t->state = job->topic.strays.ptr ? STAFF_TOPIC_STRAY : STAFF_TOPIC_MISSING;
    t->stray = job->topic.strays;
  }
  if (job->meaning == TG_THREAD_CLOSED) t->closed = true;
  if (job->meaning == TG_DONE && job->topic.thread && !t->first_message_id)
    t->first_message_id = job->rows[0].message_id;
}

static void named(struct tg_job *job, struct staff_topic *t, int64_t now_ms) {
  if (job->meaning == TG_THREAD_LOST) t->state = STAFF_TOPIC_MISSING;
  if (job->meaning != TG_DONE) return;
  t->name = job->topic.name;
  t->title = job->topic.title;
  t->named_at = now_ms;
}

/* The conversation may have changed during the call, when its change could not queue another one. */
static err name_again(db_conn *c, struct tg_job *job, int64_t now_ms) {
  str set = job->topic.name;
  struct conversation_row row;
  err e = conversation_get(c, job->topic.conversation_id, 0, job->arena, &row);
  if (!err_is(e)) e = name_it(c, job, &row);
  if (!err_is(e) && !str_eq(set, job->topic.name))
    job->outcomes[0] = (struct outbox_outcome){.step = OUTBOX_RETRY_LATER, .next_at = now_ms + STAFF_TOPIC_NAME_MS};
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

err tg_job_settle_topic(db_conn *c, struct tg_job *job, int64_t now_ms) {
  struct staff_place place = place_of(job);
  struct staff_topic t;
  bool found = false;
  if (!job->topic.used) return err_ok;
  err e = staff_topic_get(c, &place, job->topic.conversation_id, job->arena, &t, &found);
  if (err_is(e) || !found) return e;
  switch (job->topic.call) {
    case TG_TOPIC_CALL_OPEN: opened(job, &t, now_ms); break;
    case TG_TOPIC_CALL_DELETE:
      if (job->meaning == TG_STEP) t.state = STAFF_TOPIC_MISSING, t.stray = STR_NONE;
      break;
    case TG_TOPIC_CALL_REOPEN:
      if (job->meaning == TG_STEP) t.closed = false;
      if (job->meaning == TG_THREAD_LOST) t.state = STAFF_TOPIC_MISSING;
      break;
    case TG_TOPIC_CALL_NAME: named(job, &t, now_ms); break;
    case TG_NO_TOPIC_CALL: sent(job, &t); break;
  }
  e = staff_topic_put(c, &place, &t);
  bool is_named = job->topic.call == TG_TOPIC_CALL_NAME && job->meaning == TG_DONE;
  return err_is(e) || !is_named ? e : name_again(c, job, now_ms);
}
