/* What operators do to a message after they have written it: see message_changes.c for the list in its column. */
#include "desk/message/message_internal.h"

#include "sql.h"

static err load(db_conn *c, int64_t id, struct message_row *m, struct message_changes *ch) {
  err e = message_get(c, id, db_conn_arena(c), m);
  if (!err_is(e)) message_changes_read(m->changes_json, db_conn_arena(c), ch);
  return e;
}

static err store(db_conn *c, int64_t id, const struct message_changes *ch) {
  arena *a = db_conn_arena(c);
  return DB_RUN(c, SQL_MESSAGE_SET_CHANGES, a, NULL, DB_I(id), DB_S(message_changes_write(ch, a)));
}

err message_change_request(db_conn *c, int64_t id, enum message_change_what what) {
  struct message_row m;
  struct message_changes ch;
  err e = load(c, id, &m, &ch);
  if (err_is(e)) return e;
  ch.of[what] = (struct message_change){.what = what, .state = CHANGE_QUEUED, .no = ch.of[what].no + 1};
  ch.set[what] = true;
  return store(c, id, &ch);
}

bool message_change_waits(const struct message_row *m, enum message_change_what what, arena *a, int64_t *no) {
  struct message_changes ch;
  message_changes_read(m->changes_json, a, &ch);
  *no = ch.of[what].no;
  return ch.set[what] && ch.of[what].state == CHANGE_QUEUED && !m->deleted_at;
}

err message_change_end(db_conn *c, int64_t id, enum message_change_what what, int64_t no, str error, int64_t now_ms,
                       bool *again) {
  struct message_row m;
  struct message_changes ch;
  err e = load(c, id, &m, &ch);
  *again = !err_is(e) && no && ch.set[what] && ch.of[what].no != no && !m.deleted_at;
  if (err_is(e) || *again || m.deleted_at) return e;
  if (what == CHANGE_DELETE && !error.ptr)
    return DB_RUN(c, SQL_MESSAGE_GONE, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
  if (what == CHANGE_REACTION && error.ptr) { /* nobody sees it */
    bool changed;
    e = message_react(c, id, &(struct message_reactions){.by = REACTOR_OPERATOR}, db_conn_arena(c), &changed);
    if (err_is(e)) return e;
  }
  ch.set[what] = error.ptr != NULL;
  ch.of[what] = (struct message_change){.what = what, .state = CHANGE_FAILED, .error = error, .no = ch.of[what].no};
  return store(c, id, &ch);
}

err message_rewrite(db_conn *c, int64_t id, const struct message_words *to) {
  return DB_RUN(c, SQL_MESSAGE_REWRITE, db_conn_arena(c), NULL, DB_I(id), DB_S(str_or_empty(to->text)),
                DB_S(message_entities_stored(to->entities_json)), DB_S(to->buttons_json));
}

err message_withdraw(db_conn *c, int64_t id, int64_t now_ms) {
  return DB_RUN(c, SQL_MESSAGE_WITHDRAW, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
}

err message_set_pinned(db_conn *c, int64_t id, bool pinned) {
  return DB_RUN(c, SQL_MESSAGE_SET_PINNED, db_conn_arena(c), NULL, DB_I(id), db_arg_opt(pinned));
}
