/* See staff.h: the room in the database. */
#include "base/fold.h"
#include "desk/names.h"
#include "desk/staff/staff.h"
#include "sql.h"

enum { COLLEAGUES_MAX = 1000 };

static const char *const kinds[] = {"copy", "reply"};

err staff_note(db_conn *c, const struct staff_note *n, int64_t now_ms) {
  const struct staff_place *p = n->place;
  return DB_RUN(c, SQL_STAFF_NOTE, db_conn_arena(c), NULL, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                DB_S(n->external_id), DB_I(n->message_id), DB_S(str_c(kinds[n->kind])), DB_S(n->album),
                DB_S(n->language), DB_I(now_ms), db_arg_opt(n->thread_id));
}

static int64_t number_of(err e, const struct db_rows *rows) {
  return !err_is(e) && rows->count ? db_at(rows, 0, 0)->i : 0;
}

err staff_find(db_conn *c, const struct staff_place *p, str external_id, int64_t *message_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_FIND, db_conn_arena(c), &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                 DB_S(external_id));
  *message_id = number_of(e, &rows);
  return e;
}

err staff_find_any(db_conn *c, const struct staff_place *p, str external_id, int64_t *message_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_FIND_ANY, db_conn_arena(c), &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                 DB_S(external_id));
  *message_id = number_of(e, &rows);
  return e;
}

err staff_traces(db_conn *c, const struct staff_place *p, int64_t message_id, arena *a, struct staff_traces *out) {
  struct db_rows rows = {0};
  *out = (struct staff_traces){0};
  err e = DB_RUN(c, SQL_STAFF_TRACES, a, &rows, DB_I(message_id), DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    bool copy = str_eq(cell[1].s, str_c(kinds[STAFF_COPY]));
    if (!copy) out->reply = cell[0].s, out->thread_id = cell[2].i;
    if (!copy) continue;
    out->copies = arena_printf(a, "%.*s%s%.*s", STR_ARG(out->copies), out->count ? "," : "", STR_ARG(cell[0].s));
    out->count++;
  }
  return e;
}

err staff_find_album(db_conn *c, const struct staff_place *p, str album, int64_t *message_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_FIND_ALBUM, db_conn_arena(c), &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id),
                 DB_S(album));
  *message_id = number_of(e, &rows);
  return e;
}

err staff_external(db_conn *c, const struct staff_place *p, int64_t thread_id, int64_t message_id, arena *a,
                   str *external_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_EXTERNAL, a, &rows, DB_I(message_id), DB_S(p->channel), DB_S(p->account),
                 DB_S(p->chat_id), DB_I(thread_id));
  *external_id = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->s : STR_NONE;
  return e;
}

err staff_language(db_conn *c, int64_t message_id, arena *a, str *language) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_LANGUAGE, a, &rows, DB_I(message_id));
  *language = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->s : STR_NONE;
  return e;
}

err staff_set_room_language(db_conn *c, const struct staff_place *p, str language) {
  return DB_RUN(c, SQL_STAFF_ROOM_SET_LANGUAGE, db_conn_arena(c), NULL, DB_S(p->channel), DB_S(p->account),
                DB_S(p->chat_id), DB_S(language), DB_S(language));
}

err staff_room_language(db_conn *c, const struct staff_place *p, arena *a, str *language) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_ROOM_LANGUAGE, a, &rows, DB_S(p->channel), DB_S(p->account), DB_S(p->chat_id));
  *language = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->s : STR_NONE;
  return e;
}

/* ---- waiting replies ---- */

err staff_wait(db_conn *c, str channel, str account, str raw, int64_t now_ms, bool *kept) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_WAITING_COUNT, db_conn_arena(c), &rows, DB_S(channel), DB_S(account),
                 DB_I(STAFF_WAITING_MAX));
  *kept = !err_is(e) && number_of(e, &rows) < STAFF_WAITING_MAX;
  if (!*kept) return e;
  return DB_RUN(c, SQL_STAFF_WAITING_ADD, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_S(raw),
                DB_I(now_ms));
}

err staff_waiting(db_conn *c, str channel, str account, arena *a, struct staff_waiting **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_WAITING_LIST, a, &rows, DB_S(channel), DB_S(account), DB_I(STAFF_WAITING_MAX));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct staff_waiting, rows.count);
  for (size_t i = 0; i < rows.count; i++)
    (*out)[i] = (struct staff_waiting){.id = db_at(&rows, i, 0)->i, .raw = db_at(&rows, i, 1)->s};
  return err_ok;
}

err staff_waiting_remove(db_conn *c, int64_t id) {
  return DB_RUN(c, SQL_STAFF_WAITING_REMOVE, db_conn_arena(c), NULL, DB_I(id));
}

/* ---- people ---- */

static err keep_username(db_conn *c, const struct staff_person *who) {
  if (!who->username.len) return err_ok;
  return DB_RUN(c, SQL_STAFF_PERSON_RENAME, db_conn_arena(c), NULL, DB_S(who->channel), DB_S(who->external_id),
                DB_S(who->username), DB_S(who->username));
}

static err barred(db_conn *c, const struct staff_person *who, int64_t *operator_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_PERSON_BARRED, db_conn_arena(c), &rows, DB_S(who->channel), DB_S(who->external_id));
  *operator_id = number_of(e, &rows);
  return e;
}

err staff_person(struct desk *d, db_conn *c, const struct staff_person *who, arena *a, struct operator_row *out) {
  struct db_rows rows = {0};
  arena *scratch = db_conn_arena(c);
  int64_t now = desk_now(d);
  err e = DB_RUN(c, SQL_STAFF_PERSON, scratch, &rows, DB_S(who->channel), DB_S(who->external_id));
  int64_t id = number_of(e, &rows);
  if (!err_is(e) && id) {
    e = keep_username(c, who);
    if (!err_is(e)) e = operator_get(c, id, a, out);
    if (err_is(e) || out->can_sign_in) return e;
  }
  int64_t former = 0;
  if (!err_is(e)) e = barred(c, who, &former);
  if (!err_is(e) && former) return operator_get(c, former, a, out);
  if (err_is(e) || id) return e;
  e = operator_provision(c, who->login, who->name, now, a, out);
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_STAFF_PERSON_INSERT, scratch, &rows, DB_S(who->channel), DB_S(who->external_id), DB_I(out->id),
             DB_I(now));
  if (err_is(e)) return e;
  if (rows.changed) return keep_username(c, who);
  return err_make(
      ERR_CONFLICT); /* a second message of the same person won the race: this update will be applied again */
}

err staff_is_barred(db_conn *c, str channel, str external_id, bool *is) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_BARRED, db_conn_arena(c), &rows, DB_S(channel), DB_S(external_id));
  *is = !err_is(e) && rows.count > 0;
  return e;
}

err staff_told(db_conn *c, str channel, str external_id, int64_t now_ms, bool *first) {
  struct db_rows rows = {0};
  int64_t before_ms = now_ms - (int64_t)STAFF_TOLD_DAYS * 24 * 3600 * 1000;
  err e = DB_RUN(c, SQL_STAFF_TOLD, db_conn_arena(c), &rows, DB_S(channel), DB_S(external_id), DB_I(now_ms),
                 DB_I(before_ms));
  *first = !err_is(e) && rows.changed > 0;
  return e;
}

/* How well the words name a person: 0 best, -1 not at all. */
static int precision(str words, const struct db_cell *person, arena *a) {
  str login = str_fold(a, str_or_empty(person[1].s)), name = str_fold(a, str_or_empty(person[2].s));
  str username = str_fold(a, str_or_empty(person[3].s));
  if (str_eq(login, words) || (username.len && str_eq(username, words))) return 0;
  if (str_eq(name, words)) return 1;
  return str_starts(name, words) ? 2 : -1;
}

err staff_colleagues(db_conn *c, str words, arena *a, struct staff_colleague *out, size_t max, size_t *count) {
  struct db_rows rows = {0};
  int best = 3;
  str wanted = str_trim(words);
  if (str_starts(wanted, S("@"))) wanted = str_sub(wanted, 1, wanted.len);
  *count = 0;
  wanted = str_fold(a, wanted);
  err e = wanted.len ? DB_RUN(c, SQL_STAFF_COLLEAGUES, a, &rows, DB_I(COLLEAGUES_MAX)) : err_ok;
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *person = db_at(&rows, i, 0);
    int now = precision(wanted, person, a);
    bool known = *count && out[*count - 1].id == person[0].i; /* with several identities */
    if (now < 0 || now > best || (now == best && (known || *count == max))) continue;
    if (now < best) *count = 0;
    best = now;
    out[(*count)++] = (struct staff_colleague){person[0].i, person[2].s};
  }
  return e;
}

/* ---- rooms ---- */

err staff_candidate_set(db_conn *c, const struct staff_place *p, str title, int64_t now_ms) {
  return DB_RUN(c, SQL_STAFF_CANDIDATE_SET, db_conn_arena(c), NULL, DB_S(p->channel), DB_S(p->account),
                DB_S(p->chat_id), DB_S(title), DB_I(now_ms));
}

err staff_candidate_remove(db_conn *c, const struct staff_place *p) {
  return DB_RUN(c, SQL_STAFF_CANDIDATE_REMOVE, db_conn_arena(c), NULL, DB_S(p->channel), DB_S(p->account),
                DB_S(p->chat_id));
}

err staff_candidates(db_conn *c, str channel, str account, arena *a, struct staff_candidate **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STAFF_CANDIDATES, a, &rows, DB_S(channel), DB_S(account), DB_I(STAFF_CANDIDATES_MAX));
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct staff_candidate, *count + 1);
  for (size_t i = 0; i < *count; i++)
    (*out)[i] = (struct staff_candidate){.chat_id = db_at(&rows, i, 0)->s, .title = db_at(&rows, i, 1)->s};
  return e;
}
