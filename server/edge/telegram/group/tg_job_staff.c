/* See tg_job.h: the content of a job for the staff group, and the records after it was sent. */
#include "edge/telegram/out/tg_job.h"

#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/out/tg_request.h"

#include <inttypes.h>

#define NOTE_ALBUM S("album") /* of a second message: the text of an album's first one */

static struct staff_place place_of(const struct tg_job *job) {
  return (struct staff_place){.channel = TG_CHANNEL, .account = str_c(job->session->account), .chat_id = job->chat};
}

static bool has_note(const struct tg_job *job, str note) { return str_eq(job->rows[0].note, note); }

/* ---- content ---- */

static str error_of_change(const struct message_row *m, arena *a) {
  struct message_change change = {0};
  if (!m->change_json.ptr || err_is(json_decode(&message_change_shape, m->change_json, a, &change, NULL)))
    return STR_NONE;
  return change.error;
}

static err write_notice(db_conn *c, struct tg_job *job) {
  struct message_row *m = &job->messages[0];
  str language = STR_NONE, text = job->rows[0].note;
  err e = err_ok;
  if (!text.ptr) { /* an answer from the group that was not delivered, or a change of one */
    struct staff_place place = place_of(job);
    e = staff_language(c, job->rows[0].message_id, job->arena, &language);
    if (!err_is(e) && !language.ptr) e = staff_room_language(c, &place, job->arena, &language);
    enum tg_notice what = m->delivery == DELIVERY_SENT        ? TG_NOTICE_EDIT_FAILED
                          : m->delivery == DELIVERY_UNCERTAIN ? TG_NOTICE_UNCERTAIN
                                                              : TG_NOTICE_FAILED;
    str words = what == TG_NOTICE_EDIT_FAILED ? error_of_change(m, job->arena) : m->delivery_error;
    text = tg_notice_text(what, language, words, job->arena);
  }
  *m = (struct message_row){.kind = MESSAGE_TEXT, .text = text, .entities_json = S("[]")};
  job->reply_to = job->rows[0].reply_to;
  job->topic.thread = job->rows[0].thread_id;
  return e;
}

/* The message that the copy replies to: the copy of the quoted message, or of the edited one. */
static err find_answered(db_conn *c, struct tg_job *job, const struct message_row *m) {
  struct staff_place place = place_of(job);
  job->reply_to = job->rows[0].reply_to;
  if (job->reply_to.ptr) return err_ok;
  bool edited = has_note(job, OUTBOX_NOTE_EDITED);
  int64_t id = edited ? m->id : m->reply_to_id;
  return id ? staff_external(c, &place, job->topic.thread, id, job->arena, &job->reply_to) : err_ok;
}

/* The message after the head: the text, or a copyMessage of content that the desk cannot show. */
static void write_rest(struct tg_job *job, const struct customer_row *customer) {
  struct message_row *m = &job->messages[0];
  bool here = str_eq(customer->channel, TG_CHANNEL) && str_eq(customer->account, str_c(job->session->account));
  if (has_note(job, NOTE_ALBUM)) /* its files have arrived */
    tg_copy_rest(m, m);
  else if (!message_is_plain(m->kind) && here && m->external_id.ptr) {
    job->copy_from_chat = customer->external_id;
    job->copy_message = m->external_id;
  } else if (m->direction == MESSAGE_IN || message_is_plain(m->kind) || !tg_request_can_send(m->kind)) {
    tg_copy_rest(m, m);
  } /* else an operator's answer, which may not have left yet: sent once more as what it is */
}

/* The first copy in a topic that was made again says so, in the room's language. */
static err say_remade(db_conn *c, struct tg_job *job, str *words) {
  struct staff_place place = place_of(job);
  str language = STR_NONE;
  err e = staff_room_language(c, &place, job->arena, &language);
  *words = tg_notice_text(TG_NOTICE_REMADE, language, STR_NONE, job->arena);
  return e;
}

/* The message is gone: so are its copies. What a person has written in the group is theirs, and stays with a notice. */
static err write_removal(db_conn *c, struct tg_job *job) {
  struct staff_place place = place_of(job);
  struct staff_traces traces;
  str language = STR_NONE;
  err e = staff_traces(c, &place, job->rows[0].message_id, job->arena, &traces);
  if (err_is(e)) return e;
  if (traces.count && !traces.reply.ptr) {
    job->change = CHANGE_DELETE;
    job->changed = traces.copies;
    return err_ok;
  }
  if (!traces.reply.ptr) return job->disposition = TG_DROP, err_ok;
  e = staff_language(c, job->rows[0].message_id, job->arena, &language);
  if (!err_is(e) && !language.ptr) e = staff_room_language(c, &place, job->arena, &language);
  str text = tg_notice_text(TG_NOTICE_DELETED, language, STR_NONE, job->arena);
  job->messages[0] = (struct message_row){.kind = MESSAGE_TEXT, .text = text, .entities_json = S("[]")};
  job->reply_to = traces.reply;
  job->topic.thread = traces.thread_id;
  return err_ok;
}

/* A copy that is one message of text or a photo is changed in place; any other is followed by a new one. */
static err choose_in_place(db_conn *c, struct tg_job *job) {
  struct staff_place place = place_of(job);
  struct staff_traces traces;
  bool may = has_note(job, OUTBOX_NOTE_EDITED) && !job->afresh && job->rows[0].part == 0 &&
             message_is_plain(job->messages[0].kind);
  err e = may ? staff_traces(c, &place, job->rows[0].message_id, job->arena, &traces) : err_ok;
  if (err_is(e) || !may || traces.count != 1 || traces.reply.ptr) return e;
  job->change = CHANGE_EDIT;
  job->changed = traces.copies;
  return err_ok;
}

/* An album of videos, files or music is sent as one by the ids of its files, which are known for this bot's customers; of others when
 * their bytes are here. Else its messages go one by one. */
static err split_album(db_conn *c, struct tg_job *job, const struct customer_row *customer) {
  bool here = str_eq(customer->channel, TG_CHANNEL) && str_eq(customer->account, str_c(job->session->account));
  bool whole = true;
  err e = err_ok;
  for (size_t i = 0; i < job->count; i++) {
    const struct file_row *f = job->messages[i].files.count ? job->messages[i].files.items : NULL;
    bool by_id = here && job->messages[i].direction == MESSAGE_IN && f && f->source.ptr;
    if (job->messages[i].kind != MESSAGE_PHOTO && !by_id && (!f || f->state != FILE_READY)) whole = false;
  }
  if (whole) return err_ok;
  for (size_t i = 1; i < job->count && !err_is(e); i++)
    e = outbox_put_back(c, &job->rows[i], desk_now(job->session->desk), desk_now(job->session->desk));
  job->count = 1;
  return e;
}

static err write_copy(db_conn *c, struct tg_job *job) {
  struct message_row *m = &job->messages[0];
  if (has_note(job, OUTBOX_NOTE_DELETED)) return write_removal(c, job);
  if (m->deleted_at) return job->disposition = TG_DROP, err_ok;
  struct conversation_row conversation;
  struct operator_row operator= {.name = S("?")};
  str remade = STR_NONE;
  err e = conversation_get(c, m->conversation_id, 0, job->arena, &conversation);
  if (!err_is(e) && m->operator_id) e = operator_get(c, m->operator_id, job->arena, &operator);
  bool topics = tg_group_has_topics(job->session->owner->group, job->chat);
  if (!err_is(e)) e = split_album(c, job, conversation.customer);
  if (!err_is(e) && topics) e = tg_job_choose_topic(c, job, &conversation);
  if (job->disposition || job->topic.call) return e;
  if (!err_is(e)) e = choose_in_place(c, job);
  if (!err_is(e) && !job->changed.ptr) e = find_answered(c, job, m);
  if (!err_is(e) && job->topic.remade) e = say_remade(c, job, &remade);
  if (err_is(e)) return e;
  if (job->rows[0].part > 0) {
    write_rest(job, conversation.customer);
    return err_ok;
  }
  const char *url = job->session->desk->public_url;
  struct message_row whole = *m;
  struct tg_copy copy = {.customer = conversation.customer,
                         .message = &whole,
                         .operator_name = operator.name,
                         .public_url = url ? str_c(url) : STR_NONE,
                         .repeat = job->rows[0].repeat && !job->changed.ptr,
                         .edited = has_note(job, OUTBOX_NOTE_EDITED),
                         .brief = job->topic.brief,
                         .album = job->count > 1,
                         .notice = remade};
  tg_copy_make(&copy, job->arena, m, &job->rest);
  if (!job->rest || !job->changed.ptr) return err_ok;
  job->changed = STR_NONE; /* it does not fit into one message any more */
  job->rest = false;
  return find_answered(c, job, &whole);
}

err tg_job_write_for_staff(db_conn *c, struct tg_job *job) {
  switch (job->rows[0].purpose) {
    case OUTBOX_NOTICE: return write_notice(c, job);
    case OUTBOX_TOPIC: return tg_job_write_name(c, job);
    default: return write_copy(c, job);
  }
}

/* ---- the response ---- */

/* What cannot be deleted stays; a copy that is gone, or of another form than the message has now, is sent anew. */
static enum tg_meaning judge_change(const struct tg_job *job) {
  enum tg_meaning meaning = tg_classify_room(&job->answer);
  if (meaning != TG_REFUSED && !(meaning == TG_ROOM_SHUT && job->answer.code == 400)) return meaning;
  if (job->change == CHANGE_DELETE || tg_change_is_done(&job->answer, CHANGE_EDIT)) return TG_DONE;
  return TG_NOT_EDITABLE;
}

enum tg_meaning tg_job_judge_for_staff(struct tg_job *job) {
  if (job->topic.call) return tg_topic_call_judge(&job->topic, &job->answer);
  if (job->changed.ptr) return judge_change(job);
  enum tg_meaning meaning = tg_topic_judge(&job->topic, &job->answer, job->count, job->arena);
  bool lost = meaning == TG_THREAD_LOST || meaning == TG_THREAD_CLOSED;
  if (lost && job->rows[0].purpose == OUTBOX_NOTICE) return TG_REFUSED; /* it is not worth a topic */
  if (lost && has_note(job, OUTBOX_NOTE_DELETED)) return TG_DONE;       /* neither is this one */
  /* A failed second message (a voice that the customer has deleted since) is no loss: the head has arrived. For
   * copyMessage an unknown chat may be the customer's, and a missing right may concern voices only: neither closes
   * the group. */
  bool follows = job->rows[0].part > 0,
       own = meaning == TG_ROOM_SHUT && job->copy_message.ptr && job->answer.code == 400 && !job->answer.migrate_to;
  return follows && (meaning == TG_REFUSED || own) ? TG_DONE : meaning;
}

/* ---- records ---- */

/* A message that was deleted while its copy was being sent. */
static err delete_late(db_conn *c, const struct tg_job *job, int64_t now_ms) {
  err e = err_ok;
  for (size_t i = 0; i < job->count && !err_is(e); i++) {
    struct message_row m = {0};
    if (job->rows[i].purpose != OUTBOX_COPY || has_note(job, OUTBOX_NOTE_DELETED)) continue;
    e = message_get(c, job->rows[i].message_id, db_conn_arena(c), &m);
    if (e.code == ERR_NOT_FOUND) e = err_ok;
    if (!err_is(e) && m.deleted_at) e = outbox_delete_copies(c, m.id, now_ms);
  }
  return e;
}

static err settle_sent(db_conn *c, struct tg_job *job, int64_t now_ms) {
  struct staff_place place = place_of(job);
  err e = err_ok;
  for (size_t i = 0; i < job->count && !err_is(e); i++) {
    int64_t message_id = job->rows[i].message_id;
    struct staff_note note = {.place = &place,
                              .external_id = job->outcomes[i].external_id,
                              .message_id = message_id,
                              .kind = STAFF_COPY,
                              .thread_id = job->topic.thread};
    if (message_id && note.external_id.ptr) e = staff_note(c, &note, now_ms);
  }
  if (!err_is(e)) e = delete_late(c, job, now_ms);
  if (err_is(e) || !job->rest) return e;
  struct outbox_extra rest = {
      .purpose = OUTBOX_COPY, .part = job->rows[0].part + 1, .reply_to = job->outcomes[0].external_id};
  if (job->count > 1) rest.note = NOTE_ALBUM;
  e = outbox_add_extra(c, TG_CHANNEL, place.account, OUTBOX_STAFF_LANE, job->rows[0].message_id, &rest, now_ms);
  return job_unless_full(e);
}

err tg_job_settle_for_staff(db_conn *c, struct tg_job *job, int64_t now_ms) {
  struct tg_group *group = job->session->owner->group;
  err e = err_ok;
  job->moved_to = STR_NONE;
  if (job->meaning == TG_DONE && !job->topic.call && !job->changed.ptr) e = settle_sent(c, job, now_ms);
  if (!err_is(e) && !job->changed.ptr) e = tg_job_settle_topic(c, job, now_ms);
  bool present = str_eq(tg_group_chat(group, str_c(job->session->account), db_conn_arena(c)), job->chat);
  if (!err_is(e) && present && job->meaning == TG_ROOM_SHUT && job->answer.migrate_to) {
    job->moved_to = arena_printf(job->arena, "%" PRId64, job->answer.migrate_to);
    e = tg_group_keep(group, c, &(struct group_choice){.chat_id = job->moved_to}, 0, STR_NONE);
  }
  return err_is(e) ? e : tg_group_receive_waiting(group, c, str_c(job->session->account), &job->heard_files);
}
