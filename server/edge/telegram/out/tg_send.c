/* The sender: takes this bot's rows from the outbox and sends them to Telegram, in order within each chat, as fast
 * as Telegram allows. One thread owns all of its state and waits only for its wake-up; the database and the network
 * return takes and jobs to it (tg_take.h, tg_job.h).
 *
 *  - The outbox returns one row of a lane (a recipient) at a time, so order holds; a waiting lane does not delay others.
 *    The sender's state is the pace, and the requests in flight.
 *  - Rows are leased and `sending` in the database before the request is sent. Leases are renewed during the request.
 *    A lease that expires, because this process has died or could not store the outcome, is settled by the next take, on
 *    any node, as an unknown outcome (desk/outbox).
 *  - The outbox is polled after every commit in the product, but at most every LOOK_MS, and
 *    when the next row is due. */
#include "edge/telegram/out/tg_take.h"

#include "base/log.h"
#include "edge/telegram/group/tg_group.h"

#include <assert.h>

enum {
  RENEW_PARTS = 3, /* parts of a lease */
  IN_FLIGHT_LEAST =
      TG_PER_SECOND, /* the limit of requests in flight is what the rate sends in a second, within these bounds */
  IN_FLIGHT_MOST = JOB_TAKE_MAX,
  LOOK_MS = 10,        /* between two polls of the outbox */
  LOOK_VAIN_MS = 40,   /* when the last ones found nothing */
  LOST_LOOK_MS = 5000, /* between two checks for expired leases while nothing may be sent */
  STORE_WAIT_MS = 1000,
  FINISH_TRIES = 60,
  IDLE_SQLITE_MS = 15000,  /* poll without a wake-up: no other process writes to SQLite */
  IDLE_POSTGRES_MS = 1000, /* another process may add rows */
  FLOOD_PAUSE_MOST_MS = 60000,
  PROBE_TIMEOUT_MS = 10000,
  STOP_STEP_MS = 50,
  FOREVER_MS = 3600000,
};

struct tg_sender {
  struct tg_sender_config config;
  struct tg_session *session;
  struct desk *desk;
  struct tg_counters *counters;
  pthread_t thread;
  bool threaded;
  atomic_bool woken, hurried /* the staff group accepts messages again, or has changed */;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping, forbidden /* the token was refused */, probed, probe_good, asked;
  enum tg_meaning asked_meaning; /* getMe's result for a doubtful token */
  int grace_ms;
  struct tg_job *back;       /* returned jobs */
  struct tg_take *back_take; /* the returned take */

  /* ---- used by the thread only ---- */
  struct tg_lanes lanes;
  struct tg_job *jobs;       /* all jobs, at most in_flight_most */
  struct tg_job *unfinished; /* jobs whose outcome could not be stored yet */
  struct tg_job *doubtful;   /* jobs whose response may concern the token: one getMe decides for all */
  int in_flight, in_flight_most;
  bool closing, was_open, taking, deaf /* nothing may be sent, so wake-ups are ignored */;
  int64_t now_ms, stop_at_ms; /* steady */
  int64_t look_at_ms, due_at_ms /* poll without a wake-up */, renew_at_ms, look_wait_ms, lost_at_ms;
  struct job_clock clock; /* for due times */
  int64_t pause_until_ms;
  struct tg_rate rate; /* of all messages together */
  struct tg_bucket bucket;
  struct tg_circuit circuit;
  struct tg_flood flood;
  arena *scratch, *probe, *doubt; /* probe, doubt: for a getMe in progress */
};

/* ---- called from other threads ---- */

void tg_sender_wake(struct tg_sender *s) { thread_wake(&s->woken, &s->changed, &s->lock); }

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

/* At the end it is waited for like a message. */
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
  show_circuit(s, tg_answer_words(&job->answer));
}

static void start_probe(struct tg_sender *s) {
  if (s->closing || !tg_circuit_should_probe(&s->circuit, s->now_ms)) return;
  show_circuit(s, STR_NONE);
  get_me(s, s->probe, probe_ended);
}

/* ---- taking ---- */

static void take_came_back(struct tg_take *take) {
  struct tg_sender *s = take->owner;
  pthread_mutex_lock(&s->lock);
  s->back_take = take;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

/* How many messages may be sent now; if none, *wait_ms is the wait, or FOREVER_MS until something returns. */
static int room(const struct tg_sender *s, bool may_send, int64_t *wait_ms) {
  int most = tg_circuit_room(&s->circuit, s->in_flight_most) - s->in_flight, n = 0;
  *wait_ms = FOREVER_MS;
  if (!may_send || most <= 0) return 0;
  *wait_ms = s->pause_until_ms - s->now_ms;
  if (*wait_ms > 0) return 0;
  *wait_ms = tg_bucket_wait_ms(&s->bucket, &s->rate, 1, s->now_ms);
  while (n < most && tg_bucket_wait_ms(&s->bucket, &s->rate, n + 1, s->now_ms) == 0) n++;
  return n;
}

/* Lists lanes that may not send yet; frees lanes at rest. */
static void note_waits(struct tg_sender *s, struct tg_take *take) {
  take->waits = arena_array(take->arena, struct tg_wait, s->lanes.count);
  for (struct tg_lane *next, *lane = s->lanes.first; lane; lane = next) {
    next = lane->behind;
    const struct tg_rate *rate = tg_lane_rate(lane);
    int64_t wait = tg_bucket_wait_ms(&lane->bucket, rate, 1, s->now_ms);
    int64_t aside = tg_bucket_wait_ms(&lane->bucket, rate, 1 + TG_LANE_RESERVE, s->now_ms);
    if (aside > 0)
      take->waits[take->wait_count++] =
          (struct tg_wait){arena_dup(take->arena, str_c(lane->key)), take->now_ms + wait, take->now_ms + aside};
    else if (tg_lane_is_at_rest(lane, s->now_ms))
      tg_lanes_close(&s->lanes, &lane);
  }
}

/* Renews before the take looks for expired leases, so that it finds none of ours. */
static void note_renewed(struct tg_sender *s, struct tg_take *take) {
  size_t count = 0;
  for (const struct tg_job *job = s->jobs; job; job = job->behind) count += job->count;
  struct job *renewed = arena_array(take->arena, struct job, count);
  for (const struct tg_job *job = s->jobs; job; job = job->behind)
    for (size_t i = 0; i < job->count; i++)
      renewed[take->renew_count++] =
          (struct job){.id = job->rows[i].job.id, .fence = job->rows[i].job.fence, .kind = job->rows[i].job.kind};
  take->renewed = renewed;
  s->renew_at_ms = s->now_ms + job_facts(JOB_ANSWER)->lease_ms / RENEW_PARTS;
}

static void note_uploads(struct tg_sender *s, struct tg_take *take) {
  size_t most = 0;
  for (const struct tg_job *job = s->jobs; job; job = job->behind) most += job->count;
  take->uploads = arena_array(take->arena, str, most);
  for (const struct tg_job *job = s->jobs; job; job = job->behind)
    for (size_t i = 0; i < job->count; i++)
      if (job->uploads[i].ptr) take->uploads[take->upload_count++] = arena_dup(take->arena, job->uploads[i]);
}

static void take(struct tg_sender *s, size_t limit) {
  struct tg_take *take = tg_take_new(s->session);
  take->owner = s;
  take->came_back = take_came_back;
  take->limit = limit;
  take->now_ms = job_clock_now(&s->clock, s->desk->clock);
  take->begun_ms = s->now_ms;
  take->staff_chat = tg_group_chat(s->session->owner->group, str_c(s->session->account), take->arena);
  err e = card_places_read(s->desk);
  if (err_is(e)) LOG_WARN("telegram.places_unreadable", LOG_E(e));
  note_waits(s, take);
  note_uploads(s, take);
  if (s->now_ms >= s->renew_at_ms) note_renewed(s, take);
  s->taking = true;
  s->in_flight++;
  tg_take_start(take);
}

static err read_due(db_conn *c, void *arg) {
  struct tg_take *look = arg;
  return outbox_next_due(c, TG_CHANNEL, str_c(look->session->account), &look->next_due);
}

static void wait_until(struct tg_sender *s, int64_t next_due) {
  int64_t idle_ms = db_engine_of(s->desk->db) == DB_SQLITE ? IDLE_SQLITE_MS : IDLE_POSTGRES_MS;
  int64_t wait_ms = next_due == INT64_MAX ? idle_ms : next_due - job_clock_now(&s->clock, s->desk->clock);
  s->due_at_ms = s->now_ms + (wait_ms < idle_ms ? wait_ms : idle_ms);
}

/* Most polls find nothing, and a write would cost an fsync each time. */
static void look(struct tg_sender *s, size_t limit) {
  arena_reset(s->scratch);
  struct tg_take asked = {.session = s->session, .next_due = INT64_MAX};
  bool told = atomic_exchange(&s->woken, false);
  err e = db_read(s->desk->db, read_due, &asked);
  if (err_is(e)) {
    LOG_WARN("telegram.outbox_unreadable", LOG_E(e));
    s->look_at_ms = s->due_at_ms = s->now_ms + STORE_WAIT_MS;
    return;
  }
  wait_until(s, asked.next_due);
  bool vain = s->due_at_ms > s->now_ms;
  if (!vain || !told)
    s->look_wait_ms = LOOK_MS;
  else if (s->look_wait_ms < LOOK_VAIN_MS)
    s->look_wait_ms *= 2;
  s->look_at_ms = s->now_ms + s->look_wait_ms;
  if (!vain) take(s, limit);
}

static err read_lost(db_conn *c, void *arg) {
  struct tg_take *look = arg;
  return outbox_next_lost(c, TG_CHANNEL, str_c(look->session->account), &look->next_due);
}

/* While nothing may be sent (the token was refused, the circuit is open), no take settles rows whose lease has expired, so
 * their messages would show "sending" all that time. */
static void look_for_lost(struct tg_sender *s) {
  struct tg_take asked = {.session = s->session, .next_due = INT64_MAX};
  s->lost_at_ms = s->now_ms + LOST_LOOK_MS;
  err e = db_read(s->desk->db, read_lost, &asked);
  if (err_is(e)) LOG_WARN("telegram.outbox_unreadable", LOG_E(e));
  if (!err_is(e) && asked.next_due <= job_clock_now(&s->clock, s->desk->clock)) take(s, 0);
}

/* Takes rows that may be sent now; returns the time until the next may. */
static int64_t look_for_work(struct tg_sender *s, bool may_send) {
  int64_t wait_ms;
  if (s->taking) return FOREVER_MS;
  if (s->jobs && s->now_ms >= s->renew_at_ms) {
    take(s, 0);
    return FOREVER_MS;
  }
  int limit = room(s, may_send, &wait_ms);
  bool wanted = atomic_load(&s->woken) || s->now_ms >= s->due_at_ms;
  if (limit > 0 && wanted && s->now_ms >= s->look_at_ms) look(s, (size_t)limit);
  if (limit <= 0 && s->now_ms >= s->lost_at_ms) look_for_lost(s);
  if (s->taking) return FOREVER_MS;
  int64_t due_ms = limit > 0 ? s->due_at_ms - s->now_ms : wait_ms, renew_ms = s->renew_at_ms - s->now_ms;
  if (limit <= 0 && s->lost_at_ms - s->now_ms < due_ms) due_ms = s->lost_at_ms - s->now_ms;
  if (limit > 0 && s->look_at_ms - s->now_ms > due_ms) due_ms = s->look_at_ms - s->now_ms;
  s->deaf = limit <= 0;
  return s->jobs && renew_ms < due_ms ? renew_ms : due_ms;
}

/* ---- returned jobs ---- */

static void end_job(struct tg_sender *s, struct tg_job *job) {
  job->lane->busy = false;
  *(job->before ? &job->before->behind : &s->jobs) = job->behind;
  if (job->behind) job->behind->before = job->before;
  s->in_flight--;
  tg_job_free(&job);
}

/* Whether too much time has passed since the lease was taken, because the process or its machine was paused. Then
 * another node may have settled it as lost, and a person may have resent it. */
static bool is_stale(const struct tg_sender *s, const struct tg_take *take, const struct tg_job *job) {
  return s->now_ms - take->begun_ms >= job_facts((enum job_kind)job->rows[0].job.kind)->lease_ms / 6 * 5;
}

static void finish(struct tg_sender *s, struct tg_job *job, enum tg_meaning meaning) {
  tg_job_finish(job, meaning, job_clock_now(&s->clock, s->desk->clock));
}

static void begin(struct tg_sender *s, const struct tg_take *take, struct tg_job *job) {
  struct tg_lane *lane = tg_lanes_open(&s->lanes, job->rows[0].job.lane);
  job->next = NULL;
  job->lane = lane;
  job->came_back = came_back;
  job->owner = s;
  job->behind = s->jobs;
  if (s->jobs) s->jobs->before = job;
  s->jobs = job;
  s->in_flight++;
  lane->busy = true;
  tg_bucket_take(&s->bucket, &s->rate, (int64_t)job->count, s->now_ms); /* an album counts as its number of messages */
  struct tg_lane *paced = tg_lanes_pacer(&s->lanes, lane);
  tg_bucket_take(&paced->bucket, tg_lane_rate(paced), (int64_t)job->count, s->now_ms);
  if (s->closing || is_stale(s, take, job))
    finish(s, job, TG_CANCELLED);
  else
    tg_job_send(job);
}

static void taken(struct tg_sender *s, struct tg_take *take) {
  s->taking = false;
  s->in_flight--;
  if (err_is(take->e)) {
    LOG_WARN("telegram.take_failed", LOG_E(take->e));
    s->look_at_ms = s->due_at_ms = s->now_ms + STORE_WAIT_MS;
    s->renew_at_ms = s->look_at_ms; /* this may have been the renewing take */
  } else {
    if (!s->jobs) s->renew_at_ms = take->begun_ms + job_facts(JOB_ANSWER)->lease_ms / RENEW_PARTS;
    wait_until(s, take->next_due);
    for (struct tg_job *next, *job = take->jobs; job; job = next) {
      next = job->next;
      begin(s, take, job);
    }
    take->jobs = NULL;
  }
  tg_take_free(&take);
}

static void flooded(struct tg_sender *s, struct tg_job *job) {
  int64_t wait_s = job->answer.retry_after_s > 0 ? job->answer.retry_after_s : 1;
  TG_COUNT(s->counters, flood_waits);
  LOG_INFO("telegram.flood_wait", LOG_S("chat", job->chat), LOG_I("retry_after_s", wait_s));
  if (!tg_flood_is_global(&s->flood, job->lane->hash, s->now_ms)) return;
  int64_t wait_ms = wait_s < FLOOD_PAUSE_MOST_MS / 1000 ? wait_s * 1000 : FLOOD_PAUSE_MOST_MS;
  if (s->now_ms + wait_ms > s->pause_until_ms) s->pause_until_ms = s->now_ms + wait_ms;
  /* Do not send all at once after the pause, which would cause the next 429. */
  struct tg_bucket empty = {0};
  tg_bucket_take(&empty, &s->rate, s->rate.burst, s->pause_until_ms);
  if (empty.full_at_us > s->bucket.full_at_us) s->bucket = empty;
}

/* The response's effect on the staff group. */
static void room_answered(struct tg_sender *s, struct tg_job *job) {
  bool shut = job->meaning == TG_ROOM_SHUT;
  job->lane->shut = shut ? job->lane->shut + 1 : 0;
  if (shut)
    tg_group_report(s->session->owner->group, job->chat, tg_answer_words(&job->answer));
  else if (job->meaning == TG_DONE)
    tg_group_report_sent(s->session->owner->group, job->chat, job->removals);
}

static void settle_answer(struct tg_sender *s, struct tg_job *job) {
  judge(s, job);
  if (job->meaning == TG_WAIT) flooded(s, job);
  if (job->lane->staff) room_answered(s, job);
  if (job->meaning == TG_BAD_TOKEN) {
    tg_sender_allow(s, false);
    /* The long poll may notice late; if the token is valid after all, its response shows it. */
    s->session->owner->report(s->session, BOT_UNAUTHORIZED, tg_answer_words(&job->answer));
    s->config.token_refused(s->session);
  }
  finish(s, job, job->meaning);
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

/* If getMe succeeds, the token is valid: the message or its method was refused. */
static void token_known(struct tg_sender *s, enum tg_meaning me) {
  struct tg_job *job = s->doubtful;
  s->doubtful = NULL;
  s->in_flight--;
  for (struct tg_job *next; job; job = next) {
    next = job->next;
    if (me != TG_BAD_TOKEN) job->meaning = me == TG_DONE ? TG_REFUSED : me == TG_CANCELLED ? me : TG_TRY_LATER;
    if (me == TG_DONE && job->lane->staff && job->rows[0].part > 0) job->meaning = TG_DONE;
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
    default:
      if (job->meaning == TG_CANCELLED || job->meaning == TG_STEP) return; /* it was not started */
      atomic_fetch_add(&n->retried, by);
      break;
  }
  if (job->meaning == TG_DONE)
    LOG_DEBUG("telegram.sent", LOG_I("message", job->rows[0].message_id), LOG_I("count", (int64_t)by));
  else if (job->meaning != TG_WAIT && job->meaning != TG_STEP)
    LOG_WARN("telegram.not_sent", LOG_I("message", job->rows[0].message_id), LOG_I("code", job->answer.code),
             LOG_S("as", job->outcomes[0].error_code), LOG_S("why", job->answer.description));
}

/* The outcome is committed. */
static void settled(struct tg_sender *s, struct tg_job *job) {
  count(s, job);
  if (job->moved_to.ptr) tg_group_follow(s->session->owner->group, job->chat, job->moved_to);
  if (job->heard_files) s->config.files_wait(s->session);
  end_job(s, job);
}

static void finished(struct tg_sender *s, struct tg_job *job) {
  if (!err_is(job->e)) {
    settled(s, job);
    return;
  }
  LOG_WARN("telegram.outcome_not_stored", LOG_I("row", job->rows[0].job.id), LOG_E(job->e));
  if (s->closing || job->finish_tries >= FINISH_TRIES) {
    end_job(s, job); /* its lease expires, and the next take settles it as lost */
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
    finish(s, job, job->meaning);
  }
  return soonest;
}

static void handle(struct tg_sender *s, struct tg_job *back) {
  for (struct tg_job *next, *job = back; job; job = next) {
    next = job->next;
    switch (job->stage) {
      case TG_LEASED: break;
      case TG_SENDING: answered(s, job); break;
      case TG_FINISHING: finished(s, job); break;
    }
  }
}

/* Ends the waits for the staff group; the database has already been updated. */
static void hurry(struct tg_sender *s) {
  if (!atomic_exchange(&s->hurried, false)) return;
  tg_lanes_open(&s->lanes, OUTBOX_STAFF_LANE)->shut = 0;
  s->due_at_ms = s->now_ms;
}

/* ---- the thread ---- */

static err start_run(db_conn *c, void *arg) {
  struct tg_sender *s = arg;
  struct outbox_sender sender = {
      .channel = TG_CHANNEL, .account = str_c(s->session->account), .holder = str_c(s->desk->holder)};
  return outbox_start(c, &sender, desk_now(s->desk));
}

/* Rows in flight at the end of this node's last run are settled by the first take, not when their leases expire. */
static bool start(struct tg_sender *s) {
  for (;;) {
    err e = desk_write(s->desk, start_run, s);
    if (!err_is(e)) return true;
    LOG_WARN("telegram.start_failed", LOG_E(e));
    pthread_mutex_lock(&s->lock);
    if (!s->stopping) thread_cond_wait_ms(&s->changed, &s->lock, STORE_WAIT_MS);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    if (stopping) return false;
  }
}

struct news {
  struct tg_job *back;
  struct tg_take *take;
  bool stopping, forbidden, probed, probe_good, asked;
  enum tg_meaning asked_meaning;
};

/* Sleeps for at most wait_ms, unless something has already arrived. */
static struct news sleep_and_take(struct tg_sender *s, int64_t wait_ms, bool forbidden) {
  pthread_mutex_lock(&s->lock);
  if (!s->deaf && !s->taking && atomic_load(&s->woken) && s->look_at_ms - s->now_ms < wait_ms)
    wait_ms = s->look_at_ms - s->now_ms;
  bool something =
      s->back || s->back_take || s->probed || s->asked || (s->stopping && !s->closing) || s->forbidden != forbidden;
  if (!something && wait_ms > 0) thread_cond_wait_ms(&s->changed, &s->lock, wait_ms);
  struct news news = {s->back,   s->back_take,  s->stopping, s->forbidden,
                      s->probed, s->probe_good, s->asked,    s->asked_meaning};
  s->back = NULL;
  s->back_take = NULL;
  s->probed = s->asked = false;
  pthread_mutex_unlock(&s->lock);
  return news;
}

static void begin_to_close(struct tg_sender *s) {
  s->closing = true;
  s->stop_at_ms = s->now_ms + s->grace_ms;
}

/* A call that has not started is not affected, so this is repeated. */
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
  if (news->take) taken(s, news->take);
  handle(s, news->back);
  hurry(s);
  int64_t wait = retry_unfinished(s);
  if (s->closing) {
    if (s->now_ms >= s->stop_at_ms) cancel_all(s);
    return STOP_STEP_MS;
  }
  if (s->circuit.state == TG_OPEN && !news->forbidden) start_probe(s);
  int64_t work_wait = look_for_work(s, !news->forbidden);
  if (work_wait < wait) wait = work_wait;
  if (s->circuit.state == TG_OPEN && s->circuit.until_ms - s->now_ms < wait) wait = s->circuit.until_ms - s->now_ms;
  return wait;
}

static void *run(void *arg) {
  struct tg_sender *s = arg;
  struct news news = {0};
  if (!start(s)) return NULL;
  int64_t wait = 0;
  while (!s->closing || s->in_flight > 0) {
    news = sleep_and_take(s, wait, news.forbidden);
    wait = turn(s, &news);
    atomic_store_explicit(&s->counters->in_flight, s->in_flight, memory_order_relaxed);
  }
  return NULL;
}

/* ---- start and stop ---- */

struct tg_sender *tg_sender_new(const struct tg_sender_config *config) {
  struct tg_sender *s = mem_alloc(sizeof *s);
  s->config = *config;
  s->session = config->session;
  s->desk = config->session->desk;
  s->counters = config->session->owner->counters;
  int per_second = config->session->owner->per_second;
  s->rate = tg_rate_of_bot(per_second);
  s->in_flight_most = per_second < IN_FLIGHT_LEAST  ? IN_FLIGHT_LEAST
                      : per_second > IN_FLIGHT_MOST ? IN_FLIGHT_MOST
                                                    : per_second;
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

void tg_sender_halt(struct tg_sender *s, int grace_ms) {
  pthread_mutex_lock(&s->lock);
  if (!s->stopping) s->grace_ms = grace_ms;
  s->stopping = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

void tg_sender_stop(struct tg_sender *s, int grace_ms) {
  if (!s->threaded) return;
  tg_sender_halt(s, grace_ms);
  pthread_join(s->thread, NULL);
  s->threaded = false;
  atomic_store(&s->counters->circuit, 0);
  atomic_store(&s->counters->in_flight, 0);
}

void tg_sender_free(struct tg_sender **sender) {
  struct tg_sender *s = *sender;
  if (!s) return;
  assert(!s->threaded && !s->jobs && !s->taking);
  tg_lanes_free(&s->lanes);
  arena_free(&s->scratch);
  arena_free(&s->probe);
  arena_free(&s->doubt);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  mem_free(sender);
}
