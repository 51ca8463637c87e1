/* See link.h. */
#include "desk/link/link.h"

#include "desk/audit/audit.h"
#include "desk/conversation/conversation.h"
#include "desk/operator/operator.h"
#include "sql.h"

#include <inttypes.h>

enum { OPEN_MAX = 1000 /* conversations of a person from the staff room */ };

#define AT(member) offsetof(struct link_account, member)
static const struct json_field account_fields[] = {
    {.name = "channel", .type = JSON_STRING, .offset = AT(channel)},
    {.name = "external_id", .type = JSON_STRING, .offset = AT(external_id), .doc = "The person's id in the channel."},
    {.name = "username", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(username)},
    {.name = "linked_at", .type = JSON_TIME, .offset = AT(linked_at)},
};
#undef AT
JSON_SHAPE(link_account_shape, "LinkedAccount", struct link_account, account_fields,
           "An account in a channel whose words and commands there are the operator's.");

/* ---- codes ---- */

err link_code_make(struct desk *d, db_conn *c, int64_t operator_id, char *out, int64_t *expires_at) {
  str code = rand_token(d->rand, out, LINK_CODE_SIZE);
  *expires_at = desk_now(d) + LINK_CODE_MS;
  return DB_RUN(c, SQL_LINK_CODE_PUT, db_conn_arena(c), NULL, DB_I(operator_id), DB_S(code), DB_I(*expires_at));
}

bool link_is_code(str payload) {
  if (payload.len != sizeof LINK_PREFIX - 1 + LINK_CODE_SIZE || !str_starts(payload, S(LINK_PREFIX))) return false;
  for (size_t i = 0; i < payload.len; i++) {
    char c = payload.ptr[i];
    bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return false;
  }
  return true;
}

/* A person who sends a code, and the operators concerned. */
struct link_parties {
  struct operator_row me, former; /* former: id 0: the account is nobody's */
  bool has_history;               /* the former one */
};

static err read_code(struct desk *d, db_conn *c, int statement, str code, int64_t *operator_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, statement, db_conn_arena(c), &rows, DB_S(code));
  bool valid = !err_is(e) && rows.count && db_at(&rows, 0, 1)->i > desk_now(d);
  *operator_id = valid ? db_at(&rows, 0, 0)->i : 0;
  return e;
}

static err owner_of(db_conn *c, const struct link_person *who, int64_t *operator_id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_LINK_OWNER, db_conn_arena(c), &rows, DB_S(who->channel), DB_S(who->external_id));
  *operator_id = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->i : 0;
  return e;
}

static err any(db_conn *c, int statement, const struct db_arg *args, size_t count, bool *is) {
  struct db_rows rows = {0};
  err e = db_run(c, statement, args, count, db_conn_arena(c), &rows);
  *is = !err_is(e) && rows.count > 0;
  return e;
}

/* What would come of it. */
static err judge(db_conn *c, const struct link_person *who, int64_t id, arena *a, struct link_parties *m,
                 enum link_outcome *outcome) {
  int64_t owner = 0;
  bool barred = false;
  *m = (struct link_parties){0};
  *outcome = LINK_UNKNOWN;
  if (!id) return err_ok;
  err e = operator_get(c, id, a, &m->me);
  if (!err_is(e))
    e = any(c, SQL_LINK_BARRED, (struct db_arg[]){DB_S(who->channel), DB_S(who->external_id)}, 2, &barred);
  if (!err_is(e)) e = owner_of(c, who, &owner);
  if (!err_is(e) && owner && owner != id) e = operator_get(c, owner, a, &m->former);
  if (!err_is(e) && m->former.id) e = any(c, SQL_LINK_HAS_HISTORY, (struct db_arg[]){DB_I(owner)}, 1, &m->has_history);
  if (err_is(e)) return e;
  bool other = m->former.id != 0;
  if (!m->me.active || barred || (other && !m->former.active && !m->former.can_sign_in))
    *outcome = LINK_INACTIVE; /* by an administrator, who may undo it */
  else if (other && m->former.can_sign_in)
    *outcome = LINK_TAKEN;
  else
    *outcome = other && m->has_history ? LINK_KNOWN : LINK_DONE;
  return err_ok;
}

static void tell(const struct link_parties *m, enum link_outcome outcome, str *name) {
  *name = outcome == LINK_KNOWN ? m->former.name : m->me.name;
}

static err add(struct desk *d, db_conn *c, const struct link_person *who, int64_t operator_id) {
  int64_t now = desk_now(d);
  arena *a = db_conn_arena(c);
  struct actor by = actor_operator(operator_id);
  str target = arena_printf(a, "operator:%" PRId64, operator_id);
  err e = DB_RUN(c, SQL_LINK_ADD, a, NULL, DB_S(who->channel), DB_S(who->external_id), DB_I(operator_id), DB_I(now),
                 DB_S(who->username), DB_S(who->account));
  if (!err_is(e))
    e = DB_RUN(c, SQL_LINK_KNOWN_AGAIN, a, NULL, DB_S(who->channel), DB_S(who->external_id), DB_I(operator_id));
  if (!err_is(e)) e = audit_add(c, by, AUDIT_OPERATOR_LINKED, target, who->external_id, STR_NONE, now);
  return err_is(e) ? e : operator_changed(c, operator_id, &by, now);
}

err link_look(struct desk *d, db_conn *c, const struct link_person *who, str code, arena *a, enum link_outcome *outcome,
              str *name) {
  struct link_parties m;
  int64_t id = 0;
  err e = read_code(d, c, SQL_LINK_CODE_PEEK, code, &id);
  if (!err_is(e)) e = judge(c, who, id, a, &m, outcome);
  if (!err_is(e)) tell(&m, *outcome, name);
  return e;
}

err link_take(struct desk *d, db_conn *c, const struct link_person *who, str code, arena *a, enum link_outcome *outcome,
              str *name) {
  struct link_parties m;
  int64_t id = 0;
  err e = read_code(d, c, SQL_LINK_CODE_USE, code, &id);
  if (!err_is(e)) e = judge(c, who, id, a, &m, outcome);
  if (err_is(e)) return e;
  tell(&m, *outcome, name);
  if (*outcome != LINK_DONE) return err_ok;
  if (m.former.id) e = link_join(d, c, m.former.id, id, id, STR_NONE);
  return err_is(e) ? e : add(d, c, who, id);
}

/* ---- accounts ---- */

err link_list(db_conn *c, int64_t operator_id, arena *a, struct link_account **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_LINK_LIST, a, &rows, DB_I(operator_id));
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct link_account, *count + 1);
  for (size_t i = 0; i < *count; i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    (*out)[i] = (struct link_account){cell[0].s, cell[1].s, cell[2].s, cell[3].i};
  }
  return e;
}

err link_targets(db_conn *c, arena *a, struct link_target **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_LINK_TARGETS, a, &rows);
  *count = err_is(e) ? 0 : rows.count;
  *out = arena_array(a, struct link_target, *count + 1);
  for (size_t i = 0; i < *count; i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    (*out)[i] = (struct link_target){cell[0].s, cell[1].s, cell[2].s};
  }
  return e;
}

err link_remove(struct desk *d, db_conn *c, int64_t operator_id, str address) {
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  struct actor by = actor_operator(operator_id);
  int64_t now = desk_now(d);
  err e = DB_RUN(c, SQL_LINK_REMEMBER, a, NULL, DB_I(operator_id), DB_I(now));
  if (!err_is(e)) e = DB_RUN(c, SQL_LINK_REMOVE, a, &rows, DB_I(operator_id));
  if (err_is(e) || !rows.changed) return e;
  e = audit_add(c, by, AUDIT_OPERATOR_UNLINKED, arena_printf(a, "operator:%" PRId64, operator_id), STR_NONE, address,
                now);
  return err_is(e) ? e : operator_changed(c, operator_id, &by, now);
}

/* ---- the join ---- */

static err refuse(const char *why) { return err_detail(ERR_INVALID_FIELD, "operator_id", "%s", why); }

static err check_pair(db_conn *c, const struct operator_row *from, int64_t to, struct operator_row *out) {
  err e = operator_get(c, to, db_conn_arena(c), out);
  if (e.code == ERR_NOT_FOUND) return refuse("There is no such operator.");
  if (err_is(e)) return e;
  if (from->id == to) return refuse("These are the same operator.");
  if (from->can_sign_in) return refuse("Only somebody who is known from the staff group alone can be joined.");
  return out->active ? err_ok : refuse("This operator is deactivated.");
}

/* Open conversations change hands with an event each, so that panels hear of it; the person stays the same, so nothing else
 * changes. */
static err move_conversations(struct desk *d, db_conn *c, int64_t from, int64_t to, int64_t by) {
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  struct actor actor = actor_operator(by);
  err e = DB_RUN(c, SQL_LINK_JOIN_OPEN, a, &rows, DB_I(from), DB_I(OPEN_MAX));
  for (size_t i = 0; i < rows.count && !err_is(e); i++)
    e = conversation_hand_over(d, c, db_at(&rows, i, 0)->i, to, &actor);
  return err_is(e) ? e : DB_RUN(c, SQL_LINK_JOIN_CONVERSATIONS, a, NULL, DB_I(from), DB_I(to));
}

err link_join(struct desk *d, db_conn *c, int64_t from, int64_t to, int64_t by, str address) {
  static const int statements[] = {SQL_LINK_JOIN_ANSWERS, SQL_LINK_JOIN_LINES,   SQL_LINK_JOIN_TARGETS,
                                   SQL_LINK_JOIN_EDITS,   SQL_LINK_JOIN_MARKS,   SQL_LINK_JOIN_AUDIT,
                                   SQL_LINK_JOIN_FORMER,  SQL_LINK_JOIN_ACCOUNTS};
  struct operator_row former, next;
  arena *a = db_conn_arena(c);
  int64_t now = desk_now(d);
  struct actor actor = actor_operator(by);
  err e = operator_get(c, from, a, &former);
  if (!err_is(e)) e = check_pair(c, &former, to, &next);
  for (size_t i = 0; i < JSON_COUNT(statements) && !err_is(e); i++)
    e = DB_RUN(c, statements[i], a, NULL, DB_I(from), DB_I(to));
  if (!err_is(e)) e = move_conversations(d, c, from, to, by);
  if (!err_is(e)) e = DB_RUN(c, SQL_LINK_JOIN_FORMER_END, a, NULL, DB_I(from));
  if (!err_is(e)) e = DB_RUN(c, SQL_LINK_JOIN_END, a, NULL, DB_I(from), DB_I(now));
  if (!err_is(e))
    e = audit_add(c, actor, AUDIT_OPERATOR_JOINED, arena_printf(a, "operator:%" PRId64, to), former.login, address,
                  now);
  if (!err_is(e)) e = operator_changed(c, from, &actor, now);
  return err_is(e) ? e : operator_changed(c, to, &actor, now);
}
