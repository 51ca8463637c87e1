/* See tg_take.h. */
#include "edge/telegram/out/tg_take.h"

#include "edge/telegram/out/tg_request.h"

enum { FILE_LOOK_MS = 500 };

struct tg_take *tg_take_new(struct tg_session *s) {
  struct tg_take *take = mem_alloc(sizeof *take);
  *take = (struct tg_take){.session = s, .arena = arena_new(0), .next_due = INT64_MAX};
  return take;
}

static void free_jobs(struct tg_take *take) {
  while (take->jobs) {
    struct tg_job *job = take->jobs;
    take->jobs = job->next;
    tg_job_free(&job);
  }
}

void tg_take_free(struct tg_take **take) {
  if (!*take) return;
  free_jobs(*take);
  arena_free(&(*take)->arena);
  mem_free(take);
}

/* ---- one row, or one album ---- */

struct group {
  struct tg_take *take;
  db_conn *c;
  const struct outbox_row *rows; /* of one lane */
  size_t count;
};

static err put_back(const struct group *g, size_t from, int64_t until_ms) {
  err e = err_ok;
  for (size_t i = from; i < g->count && !err_is(e); i++)
    e = outbox_put_back(g->c, &g->rows[i], until_ms, g->take->now_ms);
  return e;
}

static err drop(const struct group *g) {
  err e = err_ok;
  for (size_t i = 0; i < g->count && !err_is(e); i++) e = outbox_drop(g->c, &g->rows[i]);
  return e;
}

/* When this lane may send; 0: now. Topic names use the group's pace. Lanes `aside/…` use their recipient's pace and must leave
 * TG_LANE_RESERVE sends for it. */
static int64_t wait_of(const struct group *g) {
  str own = g->rows[0].job.lane, lane = outbox_is_staff_lane(own) ? OUTBOX_STAFF_LANE : outbox_recipient(own);
  for (size_t i = 0; i < g->take->wait_count; i++) {
    const struct tg_wait *wait = &g->take->waits[i];
    int64_t until_ms = outbox_is_aside(own) ? wait->aside_until_ms : wait->until_ms;
    if (str_eq(wait->lane, lane)) return until_ms > g->take->now_ms ? until_ms : 0;
  }
  return 0;
}

/* A message may have become another kind since it was queued as a part of an album. */
static bool joins(const struct tg_job *job, const struct message_row *m) {
  const struct message_row *head = &job->messages[0];
  bool album = message_kinds_join(head->kind, m->kind) && head->album.ptr && m->album.ptr;
  return album && job->count < TG_ALBUM_MAX && str_eq(m->album, head->album);
}

/* Reads the messages of a group. A row whose message is gone is dropped, and the others are sent without it. */
static err gather(const struct group *g, struct tg_job *job) {
  err e = err_ok;
  for (size_t i = 0; i < g->count && !err_is(e); i++) {
    struct message_row m = {0};
    if (g->rows[i].message_id) e = message_get(g->c, g->rows[i].message_id, job->arena, &m);
    if (e.code == ERR_NOT_FOUND) {
      e = outbox_drop(g->c, &g->rows[i]);
    } else if (!err_is(e) && job->count && !joins(job, &m)) {
      e = outbox_put_back(g->c, &g->rows[i], g->take->now_ms, g->take->now_ms);
    } else if (!err_is(e)) {
      job->messages[job->count] = m;
      outbox_row_dup(job->arena, &g->rows[i], &job->rows[job->count++]);
    }
  }
  return e;
}

static err read_quoted(db_conn *c, struct tg_job *job) {
  int64_t id = job->messages[0].reply_to_id;
  struct message_row quoted;
  if (!id) return err_ok;
  err e = message_get(c, id, job->arena, &quoted);
  if (!err_is(e)) job->reply_to = quoted.external_id;
  if (!err_is(e)) job->quoted_entities = quoted.entities_json;
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

/* An answer from the staff group whose file another bot got there: its id serves only that bot, so the bytes are waited for. */
static err read_files(db_conn *c, struct tg_job *job, int64_t now_ms) {
  err e = err_ok;
  for (size_t i = 0; i < job->count && !err_is(e); i++) {
    struct message_row *m = &job->messages[i];
    bool here = true;
    if (m->origin != ORIGIN_STAFF_GROUP || !m->files.count) continue;
    struct file_row *file = arena_new_of(job->arena, struct file_row);
    *file = *(const struct file_row *)m->files.items;
    if (file->source.ptr) e = file_came_from(c, file->id, TG_CHANNEL, str_c(job->session->account), &here);
    if (here) continue;
    file->source = STR_NONE;
    m->files = (struct json_list){file, 1};
    if (file->state != FILE_PENDING) continue;
    job->disposition = TG_POSTPONE;
    job->postponed_until_ms = now_ms + FILE_LOOK_MS;
  }
  return e;
}

static void append(struct tg_take *take, struct tg_job *job) {
  struct tg_job **at = &take->jobs;
  while (*at) at = &(*at)->next;
  *at = job;
}

static err drop_or_postpone(const struct group *g, const struct tg_job *job) {
  struct group rows = {g->take, g->c, job->rows, job->count};
  return job->disposition == TG_DROP ? drop(&rows) : put_back(&rows, 0, job->postponed_until_ms);
}

/* A file that another job uploads is sent by its id afterwards. */
static err find_files(const struct group *g, struct tg_job *job) {
  const struct tg_take *take = g->take;
  err e = tg_job_find_files(g->c, job);
  int64_t wait_ms = tg_job_upload_wait_ms(job, take->uploads, take->upload_count);
  for (const struct tg_job *other = take->jobs; other && !wait_ms; other = other->next)
    wait_ms = tg_job_upload_wait_ms(job, other->uploads, other->count);
  if (err_is(e) || !wait_ms) return e;
  job->disposition = TG_POSTPONE;
  job->postponed_until_ms = take->now_ms + wait_ms;
  return err_ok;
}

/* To somebody of the staff, in a private chat. */
static void write_private_notice(struct tg_job *job) {
  const struct outbox_row *row = &job->rows[0];
  job->messages[0] = (struct message_row){
      .kind = MESSAGE_TEXT, .text = row->note, .entities_json = S("[]"), .buttons_json = row->buttons};
  job->reply_to = row->reply_to;
  if (!row->edits.ptr) return;
  job->change = CHANGE_EDIT;
  job->changed = row->edits;
}

/* Reads and writes what a job sends; *ready false: nothing is to be sent, and the rows have been dealt with. */
static err prepare(const struct group *g, struct tg_job *job, bool *ready) {
  err e = gather(g, job);
  if (err_is(e) || !job->count) return e;
  if (job->rows[0].purpose == OUTBOX_CHANGE)
    return outbox_begin_change(g->c, &job->rows[0], &job->messages[0], g->take->now_ms, ready);
  if (!job->staff && job->rows[0].purpose == OUTBOX_NOTICE) write_private_notice(job);
  bool card = job->rows[0].purpose == OUTBOX_CARD, personal = job->rows[0].purpose == OUTBOX_PERSONAL;
  e = job->staff ? tg_job_write_for_staff(g->c, job)
      : personal ? tg_job_write_personal(g->c, job, g->take->now_ms)
      : card     ? tg_job_write_card(g->c, job, g->take->now_ms)
                 : read_quoted(g->c, job);
  if (!err_is(e) && !job->staff && !personal && !card) e = read_files(g->c, job, g->take->now_ms);
  if (!err_is(e) && !job->disposition) e = find_files(g, job);
  if (!err_is(e) && job->disposition) return drop_or_postpone(g, job);
  for (size_t i = 0; i < job->count && !err_is(e); i++) e = outbox_begin(g->c, &job->rows[i], g->take->now_ms);
  *ready = !err_is(e);
  return e;
}

/* How many jobs of this take go to the recipient: its bucket does not know of them yet. */
static int64_t count_to(const struct tg_take *take, str recipient) {
  int64_t n = 0;
  for (const struct tg_job *job = take->jobs; job; job = job->next) n += !job->staff && str_eq(job->chat, recipient);
  return n;
}

static err begin(const struct group *g) {
  struct tg_take *take = g->take;
  bool staff = outbox_is_staff_lane(g->rows[0].job.lane), ready = false;
  int64_t wait_until_ms = wait_of(g);
  if (staff && !take->staff_chat.ptr) return drop(g);
  if (wait_until_ms) return put_back(g, 0, wait_until_ms);
  /* One message or name for the group a take: the next take knows the pace. */
  if (staff && take->staff_jobs > 0)
    return put_back(g, 0, take->now_ms + take->staff_jobs++ * (tg_rate_group.interval_us / 1000));
  /* The same for messages beside a recipient's own, which may have several lanes. */
  str lane = g->rows[0].job.lane;
  int64_t others = outbox_is_aside(lane) ? count_to(take, outbox_recipient(lane)) : 0;
  if (others > 0) return put_back(g, 0, take->now_ms + tg_rate_chat.interval_us / 1000);
  struct tg_job *job = tg_job_new(take->session, &g->rows[0]);
  job->staff = staff;
  job->chat = arena_dup(job->arena, staff ? take->staff_chat : outbox_recipient(g->rows[0].job.lane));
  err e = prepare(g, job, &ready);
  if (!ready) {
    tg_job_free(&job);
    return e;
  }
  take->staff_jobs += staff;
  append(take, job);
  return err_ok;
}

/* ---- the transaction ---- */

static err renew(db_conn *c, struct tg_take *take) {
  err e = err_ok;
  for (size_t i = 0; i < take->renew_count && !err_is(e); i++) {
    e = job_renew(c, &take->renewed[i], take->now_ms);
    if (e.code == ERR_CONFLICT) e = err_ok; /* it has ended meanwhile, or was settled as lost */
  }
  return e;
}

static err run(db_conn *c, void *arg) {
  struct tg_take *take = arg;
  struct outbox_sender sender = {
      .channel = TG_CHANNEL, .account = str_c(take->session->account), .holder = str_c(take->session->desk->holder)};
  struct outbox_row *rows;
  size_t count = 0;
  free_jobs(take); /* left by a run that was rolled back */
  take->staff_jobs = 0;
  err e = renew(c, take);
  if (!err_is(e)) e = outbox_take(c, &sender, take->limit, take->now_ms, db_conn_arena(c), &rows, &count);
  for (size_t i = 0, n; i < count && !err_is(e); i += n) {
    for (n = 1; i + n < count && str_eq(rows[i + n].job.lane, rows[i].job.lane);) n++;
    e = begin(&(struct group){take, c, &rows[i], n});
  }
  return err_is(e) ? e : outbox_next_due(c, sender.channel, sender.account, &take->next_due);
}

static void wrote(err e, void *arg) {
  struct tg_take *take = arg;
  take->e = e;
  take->came_back(take);
}

void tg_take_start(struct tg_take *take) {
  err e = desk_write_async(take->session->desk, run, take, wrote);
  if (err_is(e)) wrote(e, take);
}
