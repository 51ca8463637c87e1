/* See staff.h: where the room is, and what is copied to it. */
#include "desk/staff/staff.h"

#include "desk/outbox/outbox.h"
#include "desk/staff/staff_topic.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>

enum { WORD_MAX = 63 };

struct staff {
  pthread_mutex_t lock; /* guards what follows; held briefly */
  bool open;
  char channel[WORD_MAX + 1], account[WORD_MAX + 1];
  char topics[WORD_MAX + 1]; /* the chat, if it has topics; "": it has none */
};

#define AT(member) offsetof(struct staff_candidate, member)
static const struct json_field candidate_fields[] = {
    {.name = "chat_id", .type = JSON_STRING, .offset = AT(chat_id)},
    {.name = "title", .type = JSON_STRING, .offset = AT(title)},
};
#undef AT
JSON_SHAPE(staff_candidate_shape, "StaffGroupCandidate", struct staff_candidate, candidate_fields,
           "A group that can be chosen as the staff group.");

struct staff *staff_new(void) {
  struct staff *s = mem_alloc(sizeof *s);
  pthread_mutex_init(&s->lock, NULL);
  return s;
}

void staff_free(struct staff **s) {
  if (!*s) return;
  pthread_mutex_destroy(&(*s)->lock);
  mem_free(s);
}

void staff_open(struct desk *d, str channel, str account, str topics) {
  struct staff *s = d->staff;
  if (!s) return;
  assert(channel.len <= WORD_MAX && account.len <= WORD_MAX && topics.len <= WORD_MAX);
  pthread_mutex_lock(&s->lock);
  snprintf(s->channel, sizeof s->channel, "%.*s", STR_ARG(channel));
  snprintf(s->account, sizeof s->account, "%.*s", STR_ARG(account));
  snprintf(s->topics, sizeof s->topics, "%.*s", STR_ARG(topics));
  s->open = true;
  pthread_mutex_unlock(&s->lock);
}

void staff_close(struct desk *d) {
  struct staff *s = d->staff;
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  s->open = false;
  pthread_mutex_unlock(&s->lock);
}

static err queue(struct desk *d, db_conn *c, int64_t message_id, const struct outbox_extra *extra, int64_t now_ms) {
  struct staff *s = d->staff;
  char channel[WORD_MAX + 1], account[WORD_MAX + 1];
  if (!s) return err_ok;
  pthread_mutex_lock(&s->lock);
  bool open = s->open;
  memcpy(channel, s->channel, sizeof channel);
  memcpy(account, s->account, sizeof account);
  pthread_mutex_unlock(&s->lock);
  if (!open) return err_ok;
  /* A message must not be refused because its copy does not fit into the queue. */
  return job_unless_full(
      outbox_add_extra(c, str_c(channel), str_c(account), OUTBOX_STAFF_LANE, message_id, extra, now_ms));
}

err staff_copy(struct desk *d, db_conn *c, const struct message_row *m, int64_t now_ms) {
  bool by_operator = m->direction == MESSAGE_OUT && m->operator_id && m->origin < 0;
  err e = staff_topic_touch(d, c, m->conversation_id, now_ms);
  if (err_is(e) || (m->direction != MESSAGE_IN && !by_operator)) return e;
  struct outbox_extra copy = {.purpose = OUTBOX_COPY};
  if (m->album.ptr) copy.next_at = now_ms + STAFF_ALBUM_WAIT_MS;
  if (message_kinds_join(m->kind, m->kind)) copy.album = m->album;
  return queue(d, c, m->id, &copy, now_ms);
}

err staff_copy_edit(struct desk *d, db_conn *c, int64_t message_id, int64_t now_ms) {
  return queue(d, c, message_id, &(struct outbox_extra){.purpose = OUTBOX_COPY, .note = OUTBOX_NOTE_EDITED}, now_ms);
}

err staff_topic_touch(struct desk *d, db_conn *c, int64_t conversation_id, int64_t now_ms) {
  struct staff *s = d->staff;
  if (!s) return err_ok;
  arena *a = db_conn_arena(c);
  struct staff_place place = {0};
  pthread_mutex_lock(&s->lock);
  if (s->open && s->topics[0])
    place = (struct staff_place){arena_dup(a, str_c(s->channel)), arena_dup(a, str_c(s->account)),
                                 arena_dup(a, str_c(s->topics))};
  pthread_mutex_unlock(&s->lock);
  struct staff_topic topic;
  bool found = false;
  err e = place.chat_id.ptr ? staff_topic_get(c, &place, conversation_id, a, &topic, &found) : err_ok;
  if (err_is(e) || !found) return e;
  int64_t due_at = topic.named_at + STAFF_TOPIC_NAME_MS;
  if (due_at < now_ms + STAFF_TOPIC_SETTLE_MS) due_at = now_ms + STAFF_TOPIC_SETTLE_MS;
  e = outbox_add_topic(c, place.channel, place.account, conversation_id, due_at, now_ms);
  return e.code == ERR_CONFLICT ? err_ok : job_unless_full(e); /* it is queued already */
}
