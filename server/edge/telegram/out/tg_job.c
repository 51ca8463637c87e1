/* See tg_job.h. */
#include "edge/telegram/out/tg_job.h"

#include "base/log.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/out/tg_request.h"
#include "base/json_scan.h"

#include <inttypes.h>

struct tg_job *tg_job_new(struct tg_session *s, struct tg_lane *lane) {
  struct tg_job *job = mem_alloc(sizeof *job);
  job->session = s;
  job->lane = lane;
  job->arena = arena_new(0);
  job->staff = lane->staff;
  job->chat = lane->staff ? tg_group_chat(s->owner->group, job->arena) : arena_dup(job->arena, str_c(lane->key));
  job->upload = lane->upload;
  job->offered = lane->count;
  memcpy(job->rows, lane->rows, job->offered * sizeof *job->rows);
  return job;
}

void tg_job_free(struct tg_job **job) {
  if (!*job) return;
  arena_free(&(*job)->arena);
  mem_free(job);
}

static void wrote(err e, void *arg) {
  struct tg_job *job = arg;
  job->e = e;
  job->came_back(job);
}

static void write_stage(struct tg_job *job, db_fn fn) {
  err e = desk_write_async(job->session->desk, fn, job, wrote);
  if (err_is(e)) wrote(e, job);
}

/* ---- claimed ---- */

/* Does the row's message go along with the first? It is read behind those that do. */
static err joins(db_conn *c, struct tg_job *job, size_t i, bool *yes) {
  struct message_row *m = &job->messages[job->count];
  const struct message_row *head = &job->messages[0];
  *yes = false;
  if (!job->rows[i].plain) return err_ok;
  err e = message_get(c, job->rows[i].message_id, job->arena, m);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  *yes = !err_is(e) && m->kind == MESSAGE_PHOTO && m->album.ptr && str_eq(m->album, head->album);
  return e;
}

static err read_quoted(db_conn *c, struct tg_job *job) {
  int64_t id = job->messages[0].reply_to_id;
  struct message_row quoted;
  if (!id) return err_ok;
  err e = message_get(c, id, job->arena, &quoted);
  if (!err_is(e)) job->reply_to = quoted.external_id;
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

/* The further photos of the head's album. To a customer they stand right behind it; on the way to the staff's group what
 * others said may stand between. */
static err claim_album(db_conn *c, struct tg_job *job, int64_t now_ms) {
  const struct message_row *head = &job->messages[0];
  bool album = job->rows[0].plain && head->kind == MESSAGE_PHOTO && head->album.ptr;
  for (size_t i = 1; album && i < job->offered && job->count < TG_ALBUM_MAX; i++) {
    bool yes = false;
    struct outbox_row row;
    err e = joins(c, job, i, &yes);
    if (!err_is(e) && yes) e = outbox_claim(c, job->rows[i].id, now_ms, job->arena, &row, &yes);
    if (err_is(e)) return e;
    if (!yes && !job->staff) break;
    if (!yes) continue;
    struct tg_row joined = job->rows[i];
    job->rows[i] = job->rows[job->count];
    job->rows[job->count++] = joined;
  }
  return err_ok;
}

static err claim(db_conn *c, void *arg) {
  struct tg_job *job = arg;
  int64_t now_ms = desk_now(job->session->desk);
  bool claimed = false;
  job->count = 0;
  job->reply_to = STR_NONE;
  if (job->staff && !job->chat.ptr) return outbox_drop(c, job->rows[0].id);
  err e = outbox_claim(c, job->rows[0].id, now_ms, job->arena, &job->head, &claimed);
  if (err_is(e) || !claimed) return e;
  bool notice = job->head.purpose == OUTBOX_NOTICE;
  if (job->head.message_id) e = message_get(c, job->head.message_id, job->arena, &job->messages[0]);
  if (err_is(e)) return e;
  job->count = 1;
  if (!notice) e = claim_album(c, job, now_ms);
  if (err_is(e)) return e;
  return job->staff ? tg_job_write_for_staff(c, job) : read_quoted(c, job);
}

void tg_job_claim(struct tg_job *job) {
  job->stage = TG_CLAIMING;
  write_stage(job, claim);
}

/* ---- answered ---- */

static void answered(const struct http_call_result *result, void *user) {
  struct tg_job *job = user;
  tg_answer_read(result, job->arena, &job->answer);
  job->meaning = job->staff ? tg_classify_room(&job->answer) : tg_classify(&job->answer);
  /* What follows a head (a voice that the customer has deleted since) is no loss: the head has arrived. Of copyMessage an
   * unknown chat may be the customer's, and a right that is missing the voice's alone: neither shuts the group. */
  bool follows = job->staff && job->head.part > 0;
  bool own =
      job->meaning == TG_ROOM_SHUT && job->copy_message.ptr && job->answer.code == 400 && !job->answer.migrate_to;
  if (follows && (job->meaning == TG_REFUSED || own)) job->meaning = TG_DONE;
  if (job->meaning == TG_FILE_UNKNOWN && !job->by_file_id) job->meaning = TG_REFUSED;
  job->came_back(job);
}

void tg_job_send(struct tg_job *job) {
  struct tg_session *s = job->session;
  job->stage = TG_SENDING;
  struct tg_parcel parcel = {
      .desk = s->desk,
      .api_url = s->api_url,
      .token = str_c(s->token),
      .chat = job->chat,
      .messages = job->messages,
      .count = job->count,
      .reply_to = job->reply_to,
      .upload = job->upload,
      .staff = job->staff,
      .copy_from_chat = job->copy_from_chat,
      .copy_message = job->copy_message,
  };
  struct http_call_request request;
  str why = STR_NONE;
  if (tg_request_build(&parcel, job->arena, &request, &job->by_file_id, &why)) {
    http_client_send(s->client, &request, answered, job);
    return;
  }
  job->answer = (struct tg_answer){.outcome = CALL_NOT_SENT, .description = why, .retry_after_s = -1};
  job->meaning = TG_REFUSED;
  job->came_back(job);
}

/* ---- finished ---- */

static err finish(db_conn *c, void *arg) {
  struct tg_job *job = arg;
  struct desk *d = job->session->desk;
  int64_t now_ms = desk_now(d);
  if (job->staff) {
    err e = tg_job_settle_for_staff(c, job, now_ms);
    if (err_is(e)) return e;
  }
  for (size_t i = 0; i < job->count; i++) {
    err e = outbox_finish(c, job->rows[i].id, &job->outcomes[i], now_ms, db_conn_arena(c));
    /* Somebody has settled it meanwhile (another process took it for lost); theirs stands. */
    if (err_is(e) && e.code != ERR_CONFLICT) return e;
  }
  /* What arrived proves that the customer can be reached, whatever was believed before. */
  bool proves = job->meaning == TG_BLOCKED || job->meaning == TG_DONE;
  if (!proves || job->staff) return err_ok;
  return conversation_reachable(d, c, TG_CHANNEL, str_c(job->session->account), job->chat, job->meaning == TG_DONE);
}

/* The sent messages' ids: of one message the result itself, of an album its elements in order. */
static void assign_ids(struct tg_job *job) {
  size_t at = 0;
  str message = job->answer.result;
  for (size_t i = 0; i < job->count; i++) {
    if (job->count > 1 && !json_scan_element(job->answer.result, &at, &message)) return;
    int64_t id = tg_message_id(message);
    if (id) job->outcomes[i].external_id = arena_printf(job->arena, "%" PRId64, id);
  }
}

void tg_job_finish(struct tg_job *job, enum tg_meaning meaning) {
  struct desk *d = job->session->desk;
  bool first = job->stage != TG_FINISHING;
  job->stage = TG_FINISHING;
  job->meaning = meaning;
  if (first) job->decided_at = desk_now(d);
  for (size_t i = 0; i < job->count && first; i++)
    job->outcomes[i] =
        tg_outcome(meaning, &job->answer, meaning == TG_ROOM_SHUT ? job->lane->shut : job->rows[i].attempts,
                   job->decided_at, d->rand);
  if (first && meaning == TG_DONE) assign_ids(job);
  job->finish_tries++;
  write_stage(job, finish);
}
