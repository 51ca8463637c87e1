/* The sender: takes what the outbox holds for this bot and brings it to Telegram, in order within each chat, as fast as
 * Telegram allows. One thread owns all of its state and never waits for anything but its own wake-up; the database and
 * the network answer by putting jobs back (tg_job.h).
 *
 *  - A lane (one recipient) has at most one job on its way, so order holds; a lane that waits holds up nobody else.
 *  - Rows are `sending` in the database before the request leaves. What a crash leaves in that state is made `uncertain`
 *    at the start, since nobody can know; so is a request whose answer never came.
 *  - The outbox is read again whenever something was committed anywhere in the product, but no oftener than LOOK_MS.
 *    Small outboxes are read whole; of a large one the end, and from time to time the whole, since a row may become
 *    visible, or be queued again by a person, with an id below those already seen. */
#include "edge/telegram/out/tg_job.h"

#include "base/log.h"
#include "edge/telegram/group/tg_group.h"

#include <assert.h>

enum {
  IN_FLIGHT_MAX = 30,
  LOOK_MS = 10,      /* between two looks at the outbox */
  LOOK_VAIN_MS = 40, /* when the last ones found nothing new */
  PAGE = 500,
  WHOLE_MS = 1000, /* between two looks at the whole of a large outbox; longer when they take long */
  REFILL_MS = 100, /* sooner when a lane has run short */
  STORE_WAIT_MS = 1000,
  FINISH_TRIES = 60,
  IDLE_SQLITE_MS = 15000,  /* a look without being told to: nobody else writes to SQLite */
  IDLE_POSTGRES_MS = 1000, /* another process may queue */
  FLOOD_PAUSE_MOST_MS = 60000,
  PROBE_TIMEOUT_MS = 10000,
  STOP_STEP_MS = 50,
  FOREVER_MS = 3600000,
  STORED_WAIT_MOST_MS = 400000, /* the longest backoff; what is stored as later is of a clock that was set back since */
};

struct tg_sender {
  struct tg_sender_config config;
  struct tg_session *session;
  struct desk *desk;
  struct tg_counters *counters;
  pthread_t thread;
  bool threaded;
  atomic_bool woken, hurried /* the staff's group takes messages again, or is another one */;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping, forbidden /* the token was refused */, probed, probe_good, asked;
  enum tg_meaning asked_meaning; /* what getMe says of a token in doubt */
  int grace_ms;
  struct tg_job *back; /* jobs that came back */

  /* ---- the thread's own ---- */
  struct tg_lanes lanes;
  struct tg_job *jobs;       /* all, of which IN_FLIGHT_MAX at most */
  struct tg_job *unfinished; /* whose outcome could not be written yet */
  struct tg_job *doubtful;   /* whose answer may mean the token: getMe is asked, once for all of them */
  int in_flight;
  bool closing, was_open;
  int64_t now_ms, stop_at_ms; /* steady */
  int64_t look_at_ms, idle_at_ms, whole_at_ms, refill_at_ms, look_wait_ms;
  int64_t tail; /* the highest row id seen */
  int64_t pause_until_ms;
  struct tg_bucket bucket;
  struct tg_circuit circuit;
  struct tg_flood flood;
  arena *scratch, *probe, *doubt; /* probe, doubt: of a getMe that is under way */
};

/* ---- from other threads ---- */

void tg_sender_wake(struct tg_sender *s) {
  if (atomic_exchange(&s->woken, true)) return;
  pthread_mutex_lock(&s->lock);
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

void tg_sender_hurry(struct tg_sender *s) {
  atomic_store(&s->hurried, true);
  tg_sender_wake(s);
}

void tg_sender_allow(struct tg_sender *s, bool good) {
  pthread_mutex_lock(&s->lock);
  bool was = s->forbidden;
  s->forbidden = !good;
  if (was != s->forbidden) pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

static void came_back(struct tg_job *job) {
  struct tg_sender *s = job->owner;
  pthread_mutex_lock(&s->lock);
  job->next = s->back;
  s->back = job;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

static void probe_ended(const struct http_call_result *result, void *user) {
  struct tg_sender *s = user;
  struct tg_answer answer;
  tg_answer_read(result, s->probe, &answer);
  pthread_mutex_lock(&s->lock);
  s->probed = true;
  s->probe_good = tg_concern_of(tg_classify(&answer)) != TG_OF_WAY;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

static void token_asked(const struct http_call_result *result, void *user) {
  struct tg_sender *s = user;
  struct tg_answer answer;
  tg_answer_read(result, s->doubt, &answer);
  pthread_mutex_lock(&s->lock);
  s->asked = true;
  s->asked_meaning = tg_classify(&answer);
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

/* ---- getMe ---- */

/* It is waited for at the end as a message is. */
static void get_me(struct tg_sender *s, arena *a, void (*done)(const struct http_call_result *result, void *user)) {
  arena_reset(a);
  struct http_call_request request = {
      .method = "GET",
      .url = tg_api_url(s->session->api_url, str_c(s->session->token), "getMe", a),
      .timeout_ms = PROBE_TIMEOUT_MS,
  };
  s->in_flight++;
  http_client_send(s->session->client, &request, done, s);
}

/* ---- the circuit ---- */

static void show_circuit(struct tg_sender *s, str why) {
  atomic_store_explicit(&s->counters->circuit, (int)s->circuit.state, memory_order_relaxed);
  bool open = s->circuit.state != TG_CLOSED;
  if (open == s->was_open) return;
  s->was_open = open;
  LOG_WARN(open ? "telegram.circuit_opened" : "telegram.circuit_closed", LOG_C("bot", s->session->account),
           LOG_S("why", why));
  s->session->owner->report_sending(s->session,
                                    open ? arena_printf(s->scratch, "Sending pauses: %.*s", STR_ARG(why)) : STR_NONE);
}

static void judge(struct tg_sender *s, const struct tg_job *job) {
  if (job->meaning == TG_CANCELLED) return;
  uint64_t chat = job->answer.outcome == CALL_NOT_SENT ? 0 : job->lane->hash | 1;
  if (tg_concern_of(job->meaning) == TG_OF_WAY)
    tg_circuit_failed(&s->circuit, chat, s->now_ms, s->desk->rand);
  else if (job->answer.telegram)
    tg_circuit_worked(&s->circuit);
  show_circuit(s, job->answer.description);
}

static void start_probe(struct tg_sender *s) {
  if (s->closing || !tg_circuit_should_probe(&s->circuit, s->now_ms)) return;
  show_circuit(s, STR_NONE);
  get_me(s, s->probe, probe_ended);
}

/* ---- looking at the outbox ---- */

struct page {
  str account;
  int64_t after;
  arena *a;
  struct outbox_row *rows;
  size_t count;
};

static err read_page(db_conn *c, void *arg) {
  struct page *p = arg;
  return outbox_queued(c, TG_CHANNEL, p->account, p->after, PAGE, p->a, &p->rows, &p->count);
}

static void take_row(struct tg_sender *s, const struct outbox_row *r) {
  struct tg_lane *lane = tg_lanes_open(&s->lanes, r->lane);
  if (!lane) return; /* a later look finds it, when others are done */
  int64_t wait = r->next_at - desk_now(s->desk);
  if (wait > STORED_WAIT_MOST_MS) wait = STORED_WAIT_MOST_MS;
  bool plain = r->purpose != OUTBOX_NOTICE && r->part == 0 && !r->note.ptr;
  struct tg_row row = {r->id, r->message_id, r->attempts, wait > 0 ? s->now_ms + wait : 0, plain};
  tg_lane_add(&s->lanes, lane, &row);
}

/* False when the store does not answer. */
static bool read_from(struct tg_sender *s, int64_t after) {
  struct page p = {.account = str_c(s->session->account), .after = after, .a = s->scratch};
  do {
    err e = db_read(s->desk->db, read_page, &p);
    if (err_is(e)) {
      LOG_WARN("telegram.outbox_unreadable", LOG_E(e));
      return false;
    }
    for (size_t i = 0; i < p.count; i++) take_row(s, &p.rows[i]);
    if (p.count) p.after = p.rows[p.count - 1].id;
    arena_reset(s->scratch);
  } while (p.count == PAGE);
  if (p.after > s->tail) s->tail = p.after;
  return true;
}

static void look(struct tg_sender *s) {
  bool told = atomic_exchange(&s->woken, false);
  size_t known = s->lanes.rows;
  bool small = known < PAGE, whole = small || s->now_ms >= s->whole_at_ms;
  int64_t started_us = clock_measure_us();
  for (struct tg_lane *lane = s->lanes.first; lane && whole; lane = lane->behind) lane->more = false;
  bool good = read_from(s, whole ? 0 : s->tail);
  int64_t took_ms = (clock_measure_us() - started_us) / 1000;
  /* A walk through a very large outbox may take no more than a part of the time. */
  if (whole) s->whole_at_ms = s->now_ms + (took_ms * 20 > WHOLE_MS ? took_ms * 20 : WHOLE_MS);
  if (whole) s->refill_at_ms = s->now_ms + (took_ms * 4 > REFILL_MS ? took_ms * 4 : REFILL_MS);
  if (s->lanes.rows > known || !told)
    s->look_wait_ms = LOOK_MS;
  else if (s->look_wait_ms < LOOK_VAIN_MS)
    s->look_wait_ms *= 2;
  if (!good) atomic_store(&s->woken, true);
  s->look_at_ms = s->now_ms + (good ? s->look_wait_ms : STORE_WAIT_MS);
  int64_t idle_ms = db_engine_of(s->desk->db) == DB_SQLITE ? IDLE_SQLITE_MS : IDLE_POSTGRES_MS;
  s->idle_at_ms = s->now_ms + (s->lanes.rows >= PAGE ? WHOLE_MS : idle_ms);
}

/* A lane that has fewer rows here than an album may have, and more in the database, might tear an album apart. */
static bool runs_short(struct tg_sender *s, const struct tg_lane *lane) {
  if (!lane->more || lane->count >= TG_ALBUM_MAX) return false;
  if (s->whole_at_ms > s->refill_at_ms) s->whole_at_ms = s->refill_at_ms;
  if (s->idle_at_ms > s->whole_at_ms) s->idle_at_ms = s->whole_at_ms;
  return true;
}

/* ---- dispatching ---- */

static const struct tg_rate *rate_of(const struct tg_lane *lane) {
  return lane->staff ? &tg_rate_group : &tg_rate_chat;
}

/* How long until the lane's head may leave. */
static int64_t lane_wait_ms(const struct tg_sender *s, const struct tg_lane *lane) {
  int64_t wait = tg_bucket_wait_ms(&lane->bucket, rate_of(lane), 1, s->now_ms);
  int64_t pause = lane->pause_until_ms - s->now_ms, due = lane->rows[0].due_ms - s->now_ms;
  if (pause > wait) wait = pause;
  return due > wait ? due : wait;
}

static void dispatch_lane(struct tg_sender *s, struct tg_lane *lane) {
  struct tg_job *job = tg_job_new(s->session, lane);
  job->came_back = came_back;
  job->owner = s;
  job->behind = s->jobs;
  if (s->jobs) s->jobs->before = job;
  s->jobs = job;
  s->in_flight++;
  lane->busy = true;
  tg_bucket_take(&s->bucket, &tg_rate_all, 1, s->now_ms);
  tg_bucket_take(&lane->bucket, rate_of(lane), 1, s->now_ms);
  tg_lanes_rotate(&s->lanes, lane);
  tg_job_claim(job);
}

static bool is_forgettable(const struct tg_sender *s, const struct tg_lane *lane) {
  return lane->count == 0 && !lane->busy && !lane->more && tg_bucket_is_full(&lane->bucket, s->now_ms) &&
         lane->pause_until_ms <= s->now_ms;
}

/* Closes the lane, sends its head, or gives the time until that may leave. */
static int64_t consider(struct tg_sender *s, struct tg_lane *lane, bool may_send) {
  if (is_forgettable(s, lane)) {
    tg_lanes_close(&s->lanes, &lane);
    return FOREVER_MS;
  }
  if (lane->count == 0 || lane->busy || runs_short(s, lane)) return FOREVER_MS;
  int64_t wait = lane_wait_ms(s, lane);
  int64_t all = tg_bucket_wait_ms(&s->bucket, &tg_rate_all, 1, s->now_ms), pause = s->pause_until_ms - s->now_ms;
  if (all > wait) wait = all;
  if (pause > wait) wait = pause;
  if (wait > 0) return wait;
  if (may_send && s->in_flight < tg_circuit_room(&s->circuit, IN_FLIGHT_MAX)) dispatch_lane(s, lane);
  return FOREVER_MS; /* something that comes back will bring us here again */
}

/* Sends what may leave now; gives the time until something else may. Lanes take turns. */
static int64_t dispatch(struct tg_sender *s, bool may_send) {
  int64_t soonest = FOREVER_MS;
  struct tg_lane *lane = s->lanes.first;
  for (size_t left = s->lanes.count; left > 0 && lane; left--) {
    struct tg_lane *next = lane->behind;
    int64_t wait = consider(s, lane, may_send);
    if (wait < soonest) soonest = wait;
    lane = next;
  }
  return soonest;
}

/* ---- what came back ---- */

static void end_job(struct tg_sender *s, struct tg_job *job) {
  job->lane->busy = false;
  *(job->before ? &job->before->behind : &s->jobs) = job->behind;
  if (job->behind) job->behind->before = job->before;
  s->in_flight--;
  tg_job_free(&job);
}

static void claimed(struct tg_sender *s, struct tg_job *job) {
  if (err_is(job->e) || job->count == 0) {
    if (err_is(job->e)) {
      LOG_WARN("telegram.claim_failed", LOG_I("row", job->rows[0].id), LOG_E(job->e));
      job->lane->pause_until_ms = s->now_ms + STORE_WAIT_MS;
    } else { /* somebody else has it, or it is gone */
      tg_lane_remove(&s->lanes, job->lane, job->rows[0].id);
    }
    end_job(s, job);
    return;
  }
  if (s->closing) {
    tg_job_finish(job, TG_CANCELLED);
    return;
  }
  if (job->count > 1) { /* an album counts as its messages */
    tg_bucket_take(&s->bucket, &tg_rate_all, (int64_t)job->count - 1, s->now_ms);
    tg_bucket_take(&job->lane->bucket, rate_of(job->lane), (int64_t)job->count - 1, s->now_ms);
  }
  tg_job_send(job);
}

static void flooded(struct tg_sender *s, struct tg_job *job) {
  int64_t wait_s = job->answer.retry_after_s > 0 ? job->answer.retry_after_s : 1;
  TG_COUNT(s->counters, flood_waits);
  LOG_INFO("telegram.flood_wait", LOG_S("chat", job->chat), LOG_I("retry_after_s", wait_s));
  if (!tg_flood_is_global(&s->flood, job->lane->hash, s->now_ms)) return;
  int64_t wait_ms = wait_s < FLOOD_PAUSE_MOST_MS / 1000 ? wait_s * 1000 : FLOOD_PAUSE_MOST_MS;
  if (s->now_ms + wait_ms > s->pause_until_ms) s->pause_until_ms = s->now_ms + wait_ms;
  /* Nor all at once when it ends, which would bring the next one. */
  struct tg_bucket empty = {0};
  tg_bucket_take(&empty, &tg_rate_all, tg_rate_all.burst, s->pause_until_ms);
  if (empty.full_at_us > s->bucket.full_at_us) s->bucket = empty;
}

/* What the answer says of the staff's group as such. */
static void room_answered(struct tg_sender *s, struct tg_job *job) {
  bool shut = job->meaning == TG_ROOM_SHUT;
  job->lane->shut = shut ? job->lane->shut + 1 : 0;
  if (shut || job->meaning == TG_DONE)
    tg_group_report(s->session->owner->group, job->chat, shut ? job->answer.description : STR_NONE);
}

static void settle_answer(struct tg_sender *s, struct tg_job *job) {
  judge(s, job);
  if (job->meaning == TG_WAIT) flooded(s, job);
  if (job->lane->staff) room_answered(s, job);
  if (job->meaning == TG_BAD_TOKEN) {
    tg_sender_allow(s, false);
    /* The long poll may not notice for a while; should the token be good after all, its answer says so. */
    s->session->owner->report(s->session, BOT_UNAUTHORIZED, job->answer.description);
    s->config.token_refused(s->session);
  }
  tg_job_finish(job, job->meaning);
}

static void answered(struct tg_sender *s, struct tg_job *job) {
  if (job->meaning != TG_BAD_TOKEN) {
    settle_answer(s, job);
    return;
  }
  bool asking = s->doubtful != NULL;
  job->next = s->doubtful;
  s->doubtful = job;
  if (!asking) get_me(s, s->doubt, token_asked);
}

/* A token that getMe takes is good: then it was the message, or its method, that was refused. */
static void token_known(struct tg_sender *s, enum tg_meaning me) {
  struct tg_job *job = s->doubtful;
  s->doubtful = NULL;
  s->in_flight--;
  for (struct tg_job *next; job; job = next) {
    next = job->next;
    if (me != TG_BAD_TOKEN) job->meaning = me == TG_DONE ? TG_REFUSED : me == TG_CANCELLED ? me : TG_TRY_LATER;
    if (me == TG_DONE && job->lane->staff && job->head.part > 0) job->meaning = TG_DONE;
    settle_answer(s, job);
  }
}

static void count(struct tg_sender *s, const struct tg_job *job) {
  struct tg_counters *n = s->counters;
  uint64_t by = job->count;
  switch (job->outcomes[0].step) {
    case OUTBOX_SENT: atomic_fetch_add(&n->sent, by); break;
    case OUTBOX_REFUSE: atomic_fetch_add(&n->refused, by); break;
    case OUTBOX_LOSE_TRACK: atomic_fetch_add(&n->uncertain, by); break;
    default: atomic_fetch_add(&n->retried, by); break;
  }
  if (job->meaning == TG_DONE)
    LOG_DEBUG("telegram.sent", LOG_I("message", job->rows[0].message_id), LOG_I("count", (int64_t)by));
  else if (job->meaning != TG_WAIT)
    LOG_WARN("telegram.not_sent", LOG_I("message", job->rows[0].message_id), LOG_I("code", job->answer.code),
             LOG_S("as", job->outcomes[0].error_code), LOG_S("why", job->answer.description));
}

/* The outcome is committed: what is known of the lane follows it. */
static void settled(struct tg_sender *s, struct tg_job *job) {
  struct tg_lane *lane = job->lane;
  count(s, job);
  if (job->heard_files) s->config.files_wait(s->session);
  for (size_t i = 0; i < job->count; i++) {
    const struct outbox_outcome *o = &job->outcomes[i];
    struct tg_row *row = tg_lane_row(lane, job->rows[i].id);
    if (o->step != OUTBOX_RETRY_LATER || !row) {
      tg_lane_remove(&s->lanes, lane, job->rows[i].id);
      continue;
    }
    row->attempts += o->counts;
    row->due_ms = s->now_ms + (o->next_at - job->decided_at); /* after the last try: the next claim will not get it */
  }
  lane->upload = job->meaning == TG_FILE_UNKNOWN;
  end_job(s, job);
}

static void finished(struct tg_sender *s, struct tg_job *job) {
  if (!err_is(job->e)) {
    settled(s, job);
    return;
  }
  LOG_WARN("telegram.outcome_not_stored", LOG_I("row", job->rows[0].id), LOG_E(job->e));
  if (s->closing || job->finish_tries >= FINISH_TRIES) {
    /* It stays `sending`, and the next start will call it uncertain. */
    for (size_t i = 0; i < job->count; i++) tg_lane_remove(&s->lanes, job->lane, job->rows[i].id);
    end_job(s, job);
    return;
  }
  job->retry_at_ms = s->now_ms + STORE_WAIT_MS;
  job->next = s->unfinished;
  s->unfinished = job;
}

static int64_t retry_unfinished(struct tg_sender *s) {
  int64_t soonest = FOREVER_MS;
  struct tg_job **at = &s->unfinished;
  while (*at) {
    struct tg_job *job = *at;
    int64_t wait = job->retry_at_ms - s->now_ms;
    if (wait > 0 && !s->closing) {
      if (wait < soonest) soonest = wait;
      at = &job->next;
      continue;
    }
    *at = job->next;
    tg_job_finish(job, job->meaning);
  }
  return soonest;
}

static void handle(struct tg_sender *s, struct tg_job *back) {
  for (struct tg_job *next, *job = back; job; job = next) {
    next = job->next;
    switch (job->stage) {
      case TG_CLAIMING: claimed(s, job); break;
      case TG_SENDING: answered(s, job); break;
      case TG_FINISHING: finished(s, job); break;
    }
  }
}

/* What waits for the staff's group need wait no longer; the database was told so already. */
static void hurry(struct tg_sender *s) {
  if (!atomic_exchange(&s->hurried, false)) return;
  struct tg_lane *lane = tg_lanes_open(&s->lanes, OUTBOX_STAFF_LANE);
  if (!lane) return;
  lane->shut = 0;
  lane->pause_until_ms = 0;
  for (size_t i = 0; i < lane->count; i++) lane->rows[i].due_ms = 0;
}

/* ---- the thread ---- */

static err recover_run(db_conn *c, void *arg) {
  struct tg_sender *s = arg;
  int64_t lost = 0;
  err e = outbox_recover(c, TG_CHANNEL, str_c(s->session->account), desk_now(s->desk), db_conn_arena(c), &lost);
  if (!err_is(e) && lost) LOG_WARN("telegram.uncertain_after_stop", LOG_I("rows", lost));
  return e;
}

/* What the last run left as `sending`; before that is settled, nothing may be claimed. */
static bool recover(struct tg_sender *s) {
  for (;;) {
    err e = desk_write(s->desk, recover_run, s);
    if (!err_is(e)) return true;
    LOG_WARN("telegram.recovery_failed", LOG_E(e));
    pthread_mutex_lock(&s->lock);
    if (!s->stopping) thread_cond_wait_ms(&s->changed, &s->lock, STORE_WAIT_MS);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    if (stopping) return false;
  }
}

struct news {
  struct tg_job *back;
  bool stopping, forbidden, probed, probe_good, asked;
  enum tg_meaning asked_meaning;
};

/* Sleeps for at most wait_ms, unless there is something already. */
static struct news sleep_and_take(struct tg_sender *s, int64_t wait_ms, bool forbidden) {
  pthread_mutex_lock(&s->lock);
  if (atomic_load(&s->woken) && s->look_at_ms - s->now_ms < wait_ms) wait_ms = s->look_at_ms - s->now_ms;
  bool something = s->back || s->probed || s->asked || (s->stopping && !s->closing) || s->forbidden != forbidden;
  if (!something && wait_ms > 0) thread_cond_wait_ms(&s->changed, &s->lock, wait_ms);
  struct news news = {s->back, s->stopping, s->forbidden, s->probed, s->probe_good, s->asked, s->asked_meaning};
  s->back = NULL;
  s->probed = s->asked = false;
  pthread_mutex_unlock(&s->lock);
  return news;
}

static void begin_to_close(struct tg_sender *s) {
  s->closing = true;
  s->stop_at_ms = s->now_ms + s->grace_ms;
}

/* A call that has not begun yet does not notice, so this is done again and again. */
static void cancel_all(struct tg_sender *s) {
  for (struct tg_job *job = s->jobs; job; job = job->behind) http_client_cancel(s->session->client, job);
  http_client_cancel(s->session->client, s);
}

static int64_t turn(struct tg_sender *s, const struct news *news) {
  s->now_ms = clock_steady_ms(s->desk->clock);
  if (news->stopping && !s->closing) begin_to_close(s);
  if (news->probed) {
    s->in_flight--;
    tg_circuit_probed(&s->circuit, news->probe_good, s->now_ms, s->desk->rand);
    atomic_store(&s->counters->circuit, (int)s->circuit.state);
  }
  if (news->asked) token_known(s, news->asked_meaning);
  handle(s, news->back);
  hurry(s);
  int64_t wait = retry_unfinished(s);
  if (s->closing) {
    if (s->now_ms >= s->stop_at_ms) cancel_all(s);
    return STOP_STEP_MS;
  }
  if (s->circuit.state == TG_OPEN && !news->forbidden) start_probe(s);
  if (s->now_ms >= s->idle_at_ms || (atomic_load(&s->woken) && s->now_ms >= s->look_at_ms)) look(s);
  int64_t lanes_wait = dispatch(s, !news->forbidden), idle_wait = s->idle_at_ms - s->now_ms;
  if (lanes_wait < wait) wait = lanes_wait;
  if (idle_wait < wait) wait = idle_wait;
  if (s->circuit.state == TG_OPEN && s->circuit.until_ms - s->now_ms < wait) wait = s->circuit.until_ms - s->now_ms;
  return wait;
}

static void *run(void *arg) {
  struct tg_sender *s = arg;
  struct news news = {0};
  if (!recover(s)) return NULL;
  int64_t wait = 0;
  while (!s->closing || s->in_flight > 0) {
    news = sleep_and_take(s, wait, news.forbidden);
    wait = turn(s, &news);
    atomic_store_explicit(&s->counters->in_flight, s->in_flight, memory_order_relaxed);
    atomic_store_explicit(&s->counters->lanes, (int64_t)s->lanes.count, memory_order_relaxed);
    atomic_store_explicit(&s->counters->queued, (int64_t)s->lanes.rows, memory_order_relaxed);
  }
  return NULL;
}

/* ---- life ---- */

struct tg_sender *tg_sender_new(const struct tg_sender_config *config) {
  struct tg_sender *s = mem_alloc(sizeof *s);
  s->config = *config;
  s->session = config->session;
  s->desk = config->session->desk;
  s->counters = config->session->owner->counters;
  s->look_wait_ms = LOOK_MS;
  s->scratch = arena_new(0);
  s->probe = arena_new(0);
  s->doubt = arena_new(0);
  pthread_mutex_init(&s->lock, NULL);
  thread_cond_init(&s->changed);
  return s;
}

void tg_sender_start(struct tg_sender *s) {
  s->threaded = thread_start(&s->thread, "tg-sender", TG_STACK_BYTES, run, s);
  if (!s->threaded) mem_exhausted(0);
}

void tg_sender_stop(struct tg_sender *s, int grace_ms) {
  if (!s->threaded) return;
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  s->grace_ms = grace_ms;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
  pthread_join(s->thread, NULL);
  s->threaded = false;
  atomic_store(&s->counters->circuit, 0);
  atomic_store(&s->counters->in_flight, 0);
}

void tg_sender_free(struct tg_sender **sender) {
  struct tg_sender *s = *sender;
  if (!s) return;
  assert(!s->threaded && !s->jobs);
  tg_lanes_free(&s->lanes);
  arena_free(&s->scratch);
  arena_free(&s->probe);
  arena_free(&s->doubt);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  mem_free(sender);
}
