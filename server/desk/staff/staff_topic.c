/* See staff_topic.h: the topics in the database. */
#include "desk/staff/staff_topic.h"

#include "desk/names.h"
#include "sql.h"

static const char *const states[] = {"missing", "opening", "open", "stray"};
const struct json_enum staff_topic_state_names = {
    .name = "StaffTopicState", .names = states, .count = JSON_COUNT(states)};

static void from_cells(const struct db_cell *cell, struct staff_topic *out) {
  int state = names_find(&staff_topic_state_names, cell[COL_STAFF_TOPIC_STATE].s);
  *out = (struct staff_topic){
      .conversation_id = cell[COL_STAFF_TOPIC_CONVERSATION_ID].i,
      .thread_id = cell[COL_STAFF_TOPIC_THREAD_ID].i,
      .state = state < 0 ? STAFF_TOPIC_MISSING : state, /* of a newer version */
      .name = str_or_empty(cell[COL_STAFF_TOPIC_NAME].s),
      .title = str_or_empty(cell[COL_STAFF_TOPIC_TITLE].s),
      .closed = cell[COL_STAFF_TOPIC_CLOSED].i != 0,
      .stray = cell[COL_STAFF_TOPIC_STRAY].s,
      .first_message_id = cell[COL_STAFF_TOPIC_FIRST_MESSAGE_ID].i,
      .remade_for = cell[COL_STAFF_TOPIC_REMADE_FOR].i,
      .asked_at = cell[COL_STAFF_TOPIC_ASKED_AT].i,
      .named_at = cell[COL_STAFF_TOPIC_NAMED_AT].i,
  };
}

static err take_first(err e, const struct db_rows *rows, struct staff_topic *out, bool *found) {
  *found = !err_is(e) && rows->count > 0;
  if (*found) from_cells(db_at(rows, 0, 0), out);
  return e;
}

err staff_topic_get(db_conn *c, const struct staff_place *p, int64_t conversation_id, arena *a, struct staff_topic *out,
                    bool *found) {
  struct db_rows rows = {0};
  *out = (struct staff_topic){.conversation_id = conversation_id, .name = S(""), .title = S("")};
  err e = DB_RUN(c, SQL_STAFF_TOPIC_GET, a, &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                 DB_I(conversation_id));
  return take_first(e, &rows, out, found);
}

err staff_topic_by_thread(db_conn *c, const struct staff_place *p, int64_t thread_id, arena *a, struct staff_topic *out,
                          bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_TOPIC_BY_THREAD, a, &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                 DB_I(thread_id));
  return take_first(e, &rows, out, found);
}

err staff_topic_find_opening(db_conn *c, const struct staff_place *p, str name, arena *a, struct staff_topic *out,
                             bool *found) {
  struct db_rows rows = {0};
  err e =
      DB_RUN(c, SQL_STAFF_TOPIC_OPENING, a, &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id), DB_S(name));
  return take_first(e, &rows, out, found);
}

err staff_topic_is_namesake(db_conn *c, const struct staff_place *p, int64_t conversation_id, str title, bool *is) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_TOPIC_NAMESAKE, db_conn_arena(c), &rows, DB_S(p->channel), DB_S(p->account),
                 DB_S(p->chat_id), DB_S(title), DB_I(conversation_id));
  *is = !err_is(e) && rows.count > 0;
  return e;
}

err staff_topic_put(db_conn *c, const struct staff_place *p, const struct staff_topic *t) {
  return DB_RUN(c, SQL_STAFF_TOPIC_PUT, db_conn_arena(c), NULL, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                DB_I(t->conversation_id), db_arg_opt(t->thread_id),
                DB_S(names_text(&staff_topic_state_names, t->state)), DB_S(t->name), DB_S(t->title),
                DB_I(t->closed ? 1 : 0), DB_S(t->stray), db_arg_opt(t->first_message_id), db_arg_opt(t->remade_for),
                DB_I(t->asked_at), DB_I(t->named_at));
}
