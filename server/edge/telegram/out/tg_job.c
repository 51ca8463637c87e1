/* See tg_job.h. */
#include "edge/telegram/out/tg_job.h"

#include "edge/telegram/tg_reason.h"

#include "base/log.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/in/tg_update.h"
#include "edge/telegram/out/tg_request.h"
#include "base/json_scan.h"

#include <inttypes.h>

enum { TOPIC_CALL_TIMEOUT_MS = 30000, TOPIC_CALL_ANSWER_MAX_BYTES = 1 << 20, EARLY_VOTES_MS = 3600 * 1000 };

struct tg_job *tg_job_new(struct tg_session *s, const struct outbox_row *head) {
  struct tg_job *job = mem_alloc(sizeof *job);
  job->session = s;
  job->arena = arena_new(0);
  job->upload = str_eq(head->job.error_code, tg_file_unknown);
  job->afresh = str_eq(head->job.error_code, tg_not_editable);
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

/* ---- response ---- */

static void answered(const struct http_call_result *result, void *user) {
  struct tg_job *job = user;
  tg_answer_read(result, job->arena, &job->answer);
  job->meaning = job->staff ? tg_job_judge_for_staff(job) : tg_classify(&job->answer);
  bool of_message = job->rows[0].purpose == OUTBOX_CHANGE, change = of_message || (job->changed.ptr && !job->staff);
  int what = of_message ? job->rows[0].what : job->change;
  if (change && job->meaning == TG_REFUSED && tg_change_is_done(&job->answer, what)) job->meaning = TG_DONE;
  if (job->meaning == TG_FILE_UNKNOWN && !job->by_file_id) job->meaning = TG_REFUSED;
  job->came_back(job);
}

static void send_topic_call(struct tg_job *job) {
  struct tg_session *s = job->session;
  struct http_call_request request = {
      .method = "POST",
      .url = tg_api_url(s->api_url, str_c(s->token), tg_topic_call_method(job->topic.call), job->arena),
      .timeout_ms = TOPIC_CALL_TIMEOUT_MS,
      .answer_max_bytes = TOPIC_CALL_ANSWER_MAX_BYTES,
      .body = tg_topic_call_body(&job->topic, job->chat, job->arena),
      .content_type = "application/json",
  };
  http_client_send(s->client, &request, answered, job);
}

static void build(struct tg_job *job);

/* On a thread of the file store. */
static void brought(err e, void *arg) {
  struct tg_job *job = arg;
  if (!err_is(e)) {
    build(job);
    return;
  }
  str why = e.code == ERR_NOT_FOUND ? S("The file is missing.") : arena_dup(job->arena, str_c(err_message(&e)));
  job->answer = (struct tg_answer){.outcome = CALL_NOT_SENT, .description = why, .retry_after_s = -1};
  job->meaning = e.code == ERR_NOT_FOUND ? TG_REFUSED : TG_FILE_AWAY;
  job->came_back(job);
}

static void build(struct tg_job *job) {
  struct tg_session *s = job->session;
  str why = STR_NONE, missing = STR_NONE;
  struct tg_parcel parcel = {
      .missing = &missing,
      .desk = s->desk,
      .api_url = s->api_url,
      .token = str_c(s->token),
      .chat = job->chat,
      .messages = job->messages,
      .count = job->count,
      .reply_to = job->reply_to,
      .quoted_entities = job->quoted_entities,
      .file_ids = job->file_ids,
      .staff = job->staff,
      .change = job->changed.ptr ? job->change : job->rows[0].what,
      .changed = job->rows[0].purpose == OUTBOX_CHANGE ? job->messages[0].external_id : job->changed,
      .thread = job->topic.thread,
      .copy_from_chat = job->copy_from_chat,
      .copy_message = job->copy_message,
  };
  struct http_call_request request;
  if (tg_request_build(&parcel, job->arena, &request, &job->by_file_id, &why)) {
    http_client_send(s->client, &request, answered, job);
    return;
  }
  if (missing.ptr) {
    file_bring(s->desk, missing, brought, job);
    return;
  }
  job->answer = (struct tg_answer){.outcome = CALL_NOT_SENT, .description = why, .retry_after_s = -1};
  job->meaning = TG_REFUSED;
  job->came_back(job);
}

void tg_job_send(struct tg_job *job) {
  job->stage = TG_SENDING;
  if (job->staff) job->removals = tg_group_removals(job->session->owner->group);
  if (job->topic.call)
    send_topic_call(job);
  else
    build(job);
}

/* ---- finished ---- */

/* A vote may be reported before the response with the poll's id is stored: it was kept raw. */
static err take_early_votes(db_conn *c, const struct tg_job *job, const struct message_poll_ref *ref) {
  struct desk *d = job->session->desk;
  struct inbound_raw *raws = NULL;
  arena *a = db_conn_arena(c);
  size_t count = 0;
  err e = inbound_raw_recent(c, ref->channel, ref->account, S(TG_REASON_POLL), desk_now(d) - EARLY_VOTES_MS, a, &raws,
                             &count);
  for (size_t i = count; i-- > 0 && !err_is(e);) {
    struct tg_update u;
    bool kept = false;
    tg_update_parse(raws[i].raw, a, &u);
    if (u.kind != TG_VOTED || !str_eq(u.poll_id, ref->id)) continue;
    e = conversation_voted(d, c, &(struct inbound_votes){*ref, u.message.details.poll, u.update_id}, &kept);
    if (!err_is(e)) e = inbound_raw_forget(c, raws[i].id);
  }
  return e;
}

/* Its votes will be reported with the poll's id. */
static err note_poll(db_conn *c, const struct tg_job *job) {
  struct message_poll_ref ref = {.channel = TG_CHANNEL, .account = str_c(job->session->account)};
  str poll = STR_NONE;
  bool sent = job->meaning == TG_DONE && job->rows[0].purpose == OUTBOX_ANSWER;
  if (!sent || job->messages[0].kind != MESSAGE_POLL) return err_ok;
  if (!json_scan_member(job->answer.result, S("poll"), &poll)) return err_ok;
  ref.id = tg_plain_text(poll, "id");
  if (!ref.id.ptr) return err_ok;
  err e = message_poll_note(c, &ref, job->rows[0].message_id);
  return err_is(e) ? e : take_early_votes(c, job, &ref);
}

static err note_dice(db_conn *c, const struct tg_job *job) {
  str dice = STR_NONE, value = STR_NONE;
  int64_t drawn = 0;
  bool sent = job->meaning == TG_DONE && job->rows[0].purpose == OUTBOX_ANSWER;
  if (!sent || job->messages[0].kind != MESSAGE_DICE) return err_ok;
  if (!json_scan_member(job->answer.result, S("dice"), &dice) || !json_scan_member(dice, S("value"), &value) ||
      !str_to_i64(value, &drawn) || drawn <= 0)
    return err_ok;
  return message_dice_drawn(c, job->rows[0].message_id, drawn, db_conn_arena(c));
}

static err finish(db_conn *c, void *arg) {
  struct tg_job *job = arg;
  struct desk *d = job->session->desk;
  int64_t now_ms = desk_now(d);
  if (job->staff) {
    err e = tg_job_settle_for_staff(c, job, now_ms);
    if (err_is(e)) return e;
  }
  err drawn = note_dice(c, job);
  if (err_is(drawn)) return drawn;
  for (size_t i = 0; i < job->count; i++) {
    err e = outbox_finish(c, &job->rows[i], &job->outcomes[i], now_ms, db_conn_arena(c));
    /* Another process has settled it meanwhile as lost; its decision stands. */
    if (err_is(e) && e.code != ERR_CONFLICT) return e;
  }
  err e = tg_job_settle_files(c, job);
  if (!err_is(e)) e = note_poll(c, job);
  if (!err_is(e) && job->rows[0].purpose == OUTBOX_CARD) e = tg_job_settle_card(c, job, now_ms);
  if (!err_is(e) && job->rows[0].purpose == OUTBOX_PERSONAL) return tg_job_settle_personal(c, job, now_ms);
  if (err_is(e)) return e;
  /* A delivered message proves that the customer can be reached, whatever the stored state. */
  bool proves = job->meaning == TG_BLOCKED || job->meaning == TG_DONE;
  if (!proves || job->staff) return err_ok;
  bool gone = tg_reason_of(&job->answer) == TG_REASON_DEACTIVATED;
  enum customer_reach reach = job->meaning == TG_DONE ? CUSTOMER_REACHABLE
                              : gone                  ? CUSTOMER_DEACTIVATED
                                                      : CUSTOMER_BLOCKED;
  return conversation_reachable(d, c, TG_CHANNEL, str_c(job->session->account), job->chat, reach);
}

/* Not for a change. The sent messages' ids: for one message the result itself, for an album its elements in order. */
static void assign_ids(struct tg_job *job) {
  size_t at = 0;
  str message = job->answer.result;
  for (size_t i = 0; i < job->count; i++) {
    if (job->count > 1 && !json_scan_element(job->answer.result, &at, &message)) return;
    int64_t id = tg_message_id(message);
    if (id) job->outcomes[i].external_id = arena_printf(job->arena, "%" PRId64, id);
  }
}

void tg_job_finish(struct tg_job *job, enum tg_meaning meaning, int64_t now_ms) {
  bool first = job->stage != TG_FINISHING;
  job->stage = TG_FINISHING;
  job->meaning = meaning;
  for (size_t i = 0; i < job->count && first; i++)
    job->outcomes[i] =
        tg_outcome(meaning, &job->answer, meaning == TG_ROOM_SHUT ? job->lane->shut : job->rows[i].job.attempts, now_ms,
                   job->session->desk->rand);
  if (first && meaning == TG_DONE && job->rows[0].purpose != OUTBOX_CHANGE) assign_ids(job);
  job->finish_tries++;
  write_stage(job, finish);
}
