/* Operators' rows, their events and the first administrator. Hashing a password is slow on purpose (about 60 ms),
 * so it is done before the transaction, never inside. */
#include "desk/operator/operator_internal.h"

#include "base/password.h"
#include "desk/audit/audit.h"
#include "desk/bus/bus.h"
#include "desk/names.h"
#include "sql.h"

enum { OPERATORS_MAX = 1000 };
static const struct actor nobody = {.kind = ACTOR_SYSTEM};

static void read_row(const struct db_cell *cells, struct operator_row *out) {
  *out = (struct operator_row){
      .id = cells[COL_OPERATOR_ID].i,
      .login = cells[COL_OPERATOR_LOGIN].s,
      .email = cells[COL_OPERATOR_EMAIL].s,
      .name = cells[COL_OPERATOR_NAME].s,
      .role = names_find(&operator_role_names, cells[COL_OPERATOR_ROLE].s),
      .status = names_find(&operator_status_names, cells[COL_OPERATOR_STATUS].s),
      .active = cells[COL_OPERATOR_ACTIVE].i != 0,
      .must_change_password = cells[COL_OPERATOR_MUST_CHANGE_PASSWORD].i != 0,
      .token_version = cells[COL_OPERATOR_TOKEN_VERSION].i,
      .created_at = cells[COL_OPERATOR_CREATED_AT].i,
      .can_sign_in = cells[COL_OPERATOR_CAN_SIGN_IN].i != 0,
  };
}

err operator_get(db_conn *c, int64_t id, arena *a, struct operator_row *out) {
  struct db_rows rows;
  err e = DB_RUN(c, SQL_OPERATOR_BY_ID, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (!rows.count) return err_make(ERR_NOT_FOUND);
  read_row(db_at(&rows, 0, 0), out);
  return err_ok;
}

err operator_all(db_conn *c, arena *a, struct operator_row **out, size_t *count) {
  struct db_rows rows;
  err e = DB_RUN(c, SQL_OPERATOR_LIST, a, &rows, DB_I(OPERATORS_MAX));
  if (err_is(e)) return e;
  *out = arena_array(a, struct operator_row, rows.count + 1);
  *count = rows.count;
  for (size_t i = 0; i < rows.count; i++) read_row(db_at(&rows, i, 0), *out + i);
  return err_ok;
}

static err emit_change(db_conn *c, const struct operator_row *row, struct actor by, int64_t now_ms) {
  struct event_about about = {.id = row->id, .by = by};
  return emit_operator_status_change(c, &about, &(struct event_operator_status_change){row}, now_ms);
}

err operator_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms) {
  struct operator_row row;
  err e = operator_get(c, id, db_conn_arena(c), &row);
  return err_is(e) ? e : emit_change(c, &row, *by, now_ms);
}

static str target_of(db_conn *c, int64_t id) { return arena_printf(db_conn_arena(c), "operator:%lld", (long long)id); }

/* The unique indexes detect a conflict too; checking first names the field. */
static err check_free(db_conn *c, str login, str email, int64_t but_id) {
  struct db_rows rows;
  err e = DB_RUN(c, SQL_OPERATOR_TAKEN, db_conn_arena(c), &rows, DB_S(login), DB_S(email), DB_I(but_id));
  if (err_is(e) || !rows.count) return e;
  bool by_login = str_eq(db_at(&rows, 0, 0)->s, S("login"));
  return err_detail(ERR_CONFLICT, by_login ? "login" : "email", "Another operator has this %s.",
                    by_login ? "login" : "email");
}

/* ---- creating ---- */

struct creation_ctx {
  str login, email, name, hash;
  int role;
  bool must_change_password, only_first;
  int64_t by, now_ms;
  str address;
  arena *arena;
  struct operator_row *out;
  bool skipped;
};

static err create(db_conn *c, void *ctx) {
  struct creation_ctx *n = ctx;
  struct db_rows rows;
  arena *scratch = db_conn_arena(c);
  err e = err_ok;
  n->skipped = false;
  if (n->only_first) {
    e = DB_RUN(c, SQL_OPERATOR_ANY, scratch, &rows);
    if (err_is(e)) return e;
    n->skipped = rows.count > 0;
    if (n->skipped) return err_ok;
  }
  e = check_free(c, n->login, n->email, 0);
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_OPERATOR_INSERT, scratch, &rows, DB_S(n->login), DB_S(n->email), DB_S(n->name),
             DB_S(names_text(&operator_role_names, n->role)), DB_I(n->must_change_password), DB_S(n->hash),
             DB_I(n->now_ms), DB_I(n->now_ms));
  if (e.code == ERR_CONFLICT) e = err_field(ERR_CONFLICT, "login");
  if (err_is(e)) return e;
  int64_t id = db_at(&rows, 0, 0)->i;
  e = operator_get(c, id, n->arena, n->out);
  if (!err_is(e)) e = emit_change(c, n->out, actor_operator(n->by), n->now_ms);
  if (!err_is(e))
    e = audit_add(c, actor_operator(n->by), AUDIT_OPERATOR_CREATED, target_of(c, id),
                  names_text(&operator_role_names, n->role), n->address, n->now_ms);
  return e;
}

static err prepare(struct desk *d, const struct operator_new *n, arena *a, struct creation_ctx *out, str *password) {
  err e = operator_clean_login(n->login, a, &out->login);
  if (!err_is(e)) e = operator_clean_email(n->email, a, &out->email);
  if (!err_is(e)) e = operator_clean_name(n->name, &out->name);
  if (!err_is(e) && (n->role < 0 || n->role > ROLE_OPERATOR)) e = err_field(ERR_INVALID_FIELD, "role");
  if (!err_is(e) && n->password.ptr) e = operator_check_password(n->password, out->login, out->email, "password");
  if (err_is(e)) return e;
  *password = n->password;
  if (!password->ptr) *password = rand_token(d->rand, arena_alloc(a, ONE_TIME_LENGTH + 1), ONE_TIME_LENGTH);
  out->role = n->role;
  out->must_change_password = n->must_change_password || !n->password.ptr;
  out->now_ms = desk_now(d);
  out->arena = a;
  return err_ok;
}

err operator_create(struct desk *d, const struct operator_new *n, int64_t by, str address, arena *a,
                    struct operator_row *out, str *password) {
  struct creation_ctx creation = {.by = by, .address = address, .out = out};
  err e = prepare(d, n, a, &creation, password);
  if (!err_is(e)) e = password_hash(*password, a, &creation.hash);
  return err_is(e) ? e : desk_write(d, create, &creation);
}

/* ---- an operator who works through a channel ---- */

static err free_login(db_conn *c, str wished, arena *a, str *out) {
  struct db_rows rows = {.count = 1};
  err e = err_ok;
  *out = wished;
  for (int i = 2; rows.count && !err_is(e); i++) {
    e = DB_RUN(c, SQL_OPERATOR_TAKEN, db_conn_arena(c), &rows, DB_S(*out), DB_S(STR_NONE), DB_I(0));
    if (!err_is(e) && rows.count) *out = arena_printf(a, "%.*s-%d", STR_ARG(wished), i);
  }
  return e;
}

err operator_provision(db_conn *c, str login, str name, int64_t now_ms, arena *a, struct operator_row *out) {
  struct db_rows rows = {0};
  str free = STR_NONE;
  err e = operator_clean_name(name, &name);
  if (!err_is(e)) e = free_login(c, login, a, &free);
  if (!err_is(e))
    e = DB_RUN(c, SQL_OPERATOR_INSERT, db_conn_arena(c), &rows, DB_S(free), DB_NULL, DB_S(name),
               DB_S(names_text(&operator_role_names, ROLE_OPERATOR)), DB_I(0), DB_S(S("")), DB_I(now_ms), DB_I(now_ms));
  if (!err_is(e)) e = operator_get(c, db_at(&rows, 0, 0)->i, a, out);
  if (!err_is(e)) e = emit_change(c, out, nobody, now_ms);
  if (err_is(e)) return e;
  return audit_add(c, nobody, AUDIT_OPERATOR_PROVISIONED, target_of(c, out->id), free, STR_NONE, now_ms);
}

/* ---- the first administrator ---- */

static err any(db_conn *c, void *ctx) {
  struct db_rows rows;
  err e = DB_RUN(c, SQL_OPERATOR_ANY, db_conn_arena(c), &rows);
  *(bool *)ctx = !err_is(e) && rows.count > 0;
  return e;
}

/* The part before '@', reduced to the characters of a login. */
static str login_from(str email, arena *a) {
  str head = str_sub(email, 0, str_index(email, '@', 0)), login;
  return head.len && !err_is(operator_clean_login(head, a, &login)) ? login : S("admin");
}

err operator_ensure_admin(struct desk *d, str email, str password, arena *a, str *made_password, str *login) {
  bool there = false;
  *made_password = *login = STR_NONE;
  err e = db_read(d->db, any, &there);
  if (err_is(e) || there) return e;
  bool is_email = email.ptr && str_index(email, '@', 0) < email.len;
  struct operator_new first = {.login = email.len ? login_from(email, a) : S("admin"),
                               .email = is_email ? email : STR_NONE,
                               .name = S("Administrator"),
                               .password = password.len ? password : STR_NONE,
                               .role = ROLE_ADMIN};
  struct operator_row row;
  struct creation_ctx creation = {.only_first = true, .out = &row};
  str chosen = STR_NONE;
  e = prepare(d, &first, a, &creation, &chosen);
  if (!err_is(e)) e = password_hash(chosen, a, &creation.hash);
  if (!err_is(e)) e = desk_write(d, create, &creation);
  if (err_is(e) || creation.skipped) return e; /* another node was first */
  *login = creation.login;
  if (!first.password.ptr) *made_password = chosen;
  return err_ok;
}

/* ---- changes ---- */

struct update_ctx {
  struct desk *desk;
  int64_t id, by;
  const struct operator_change *change;
  str address;
  arena *arena;
  struct operator_row *out;
};

static err store(db_conn *c, const struct operator_row *next, int64_t now_ms) {
  return DB_RUN(c, SQL_OPERATOR_UPDATE, db_conn_arena(c), NULL, DB_S(next->login), DB_S(next->email), DB_S(next->name),
                DB_S(names_text(&operator_role_names, next->role)), DB_I(next->active),
                DB_S(names_text(&operator_status_names, next->status)), DB_I(now_ms), DB_I(next->id));
}

static err end_access(db_conn *c, int64_t id) {
  err e = DB_RUN(c, SQL_OPERATOR_END_SESSIONS, db_conn_arena(c), NULL, DB_I(id));
  return err_is(e) ? e : DB_RUN(c, SQL_OPERATOR_END_TOKENS, db_conn_arena(c), NULL, DB_I(id));
}

static err decide(db_conn *c, const struct operator_row *now, const struct operator_row *next) {
  struct db_rows admins;
  err e = DB_RUN(c, SQL_OPERATOR_ADMINS, db_conn_arena(c), &admins);
  return err_is(e) ? e : operator_decide(now, next, (int64_t)admins.count);
}

static err apply(const struct operator_change *change, arena *a, struct operator_row *row) {
  err e = err_ok;
  if (change->login.ptr) e = operator_clean_login(change->login, a, &row->login);
  if (!err_is(e) && change->email_given) e = operator_clean_email(change->email, a, &row->email);
  if (!err_is(e) && change->name.ptr) e = operator_clean_name(change->name, &row->name);
  if (change->role >= 0) row->role = change->role;
  if (change->status >= 0) row->status = change->status;
  if (change->active >= 0) row->active = change->active != 0;
  if (!row->active) row->status = OPERATOR_OFFLINE;
  return e;
}

static err update(db_conn *c, void *ctx) {
  struct update_ctx *u = ctx;
  struct operator_row now, *next = u->out;
  int64_t at = desk_now(u->desk);
  err e = operator_get(c, u->id, u->arena, &now);
  if (err_is(e)) return e;
  *next = now;
  e = apply(u->change, u->arena, next);
  bool demoted = now.role == ROLE_ADMIN && now.active && (next->role != ROLE_ADMIN || !next->active);
  if (!err_is(e) && demoted) e = decide(c, &now, next);
  if (!err_is(e)) e = check_free(c, next->login, next->email, u->id);
  if (!err_is(e)) e = store(c, next, at);
  if (!err_is(e) && now.active && !next->active) e = end_access(c, u->id);
  if (!err_is(e)) e = emit_change(c, next, actor_operator(u->by), at);
  /* Do not audit changes of status (online, away); audit everything else. */
  bool audited = u->by != u->id || u->change->role >= 0 || u->change->active >= 0;
  if (!err_is(e) && audited)
    e = audit_add(c, actor_operator(u->by), AUDIT_OPERATOR_CHANGED, target_of(c, u->id),
                  arena_printf(db_conn_arena(c), "role=%.*s active=%d",
                               STR_ARG(names_text(&operator_role_names, next->role)), next->active),
                  u->address, at);
  return e;
}

err operator_update(struct desk *d, int64_t id, const struct operator_change *change, int64_t by, str address, arena *a,
                    struct operator_row *out) {
  struct update_ctx u = {d, id, by, change, address, a, out};
  return desk_write(d, update, &u);
}

static err set_status(struct desk *d, db_conn *c, int64_t id, int status, struct actor by) {
  struct operator_row row;
  int64_t now = desk_now(d);
  err e = operator_get(c, id, db_conn_arena(c), &row);
  if (err_is(e) || row.status == status) return e;
  row.status = status;
  e = DB_RUN(c, SQL_OPERATOR_SET_STATUS, db_conn_arena(c), NULL, DB_S(names_text(&operator_status_names, status)),
             DB_I(now), DB_I(id));
  return err_is(e) ? e : emit_change(c, &row, by, now);
}

/* ---- presence ---- */

static err lease(struct desk *d, db_conn *c, int statement, int64_t id, struct db_rows *rows) {
  return DB_RUN(c, statement, db_conn_arena(c), rows, DB_I(id), DB_S(str_c(d->holder)),
                DB_I(desk_now(d) + OPERATOR_LEASE_MS));
}

err operator_arrived(struct desk *d, db_conn *c, int64_t id) {
  struct operator_row now;
  err e = operator_get(c, id, db_conn_arena(c), &now);
  if (!err_is(e)) e = lease(d, c, SQL_OPERATOR_LEASE, id, NULL);
  /* "away" is the operator's choice and survives reconnects. */
  return err_is(e) || now.status != OPERATOR_OFFLINE ? e : set_status(d, c, id, OPERATOR_ONLINE, actor_operator(id));
}

static err offline_without_lease(struct desk *d, db_conn *c, int64_t id, struct actor by) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OPERATOR_LEASED, db_conn_arena(c), &rows, DB_I(id));
  return err_is(e) || rows.count ? e : set_status(d, c, id, OPERATOR_OFFLINE, by);
}

err operator_left(struct desk *d, db_conn *c, int64_t id) {
  err e = DB_RUN(c, SQL_OPERATOR_UNLEASE, db_conn_arena(c), NULL, DB_I(id), DB_S(str_c(d->holder)));
  return err_is(e) ? e : offline_without_lease(d, c, id, actor_operator(id));
}

err operator_renew(struct desk *d, db_conn *c, int64_t id) {
  struct db_rows rows = {0};
  err e = lease(d, c, SQL_OPERATOR_RENEW, id, &rows);
  return err_is(e) || rows.changed ? e : operator_arrived(d, c, id);
}

err operator_any_expired(struct desk *d, db_conn *c, bool *any) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OPERATOR_ANY_EXPIRED, db_conn_arena(c), &rows, DB_I(desk_now(d)));
  *any = !err_is(e) && rows.count > 0;
  return e;
}

err operator_expire(struct desk *d, db_conn *c) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_OPERATOR_EXPIRE, db_conn_arena(c), &rows, DB_I(desk_now(d)));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) e = offline_without_lease(d, c, db_at(&rows, i, 0)->i, nobody);
  return e;
}

err operator_expire_earlier(struct desk *d, db_conn *c) {
  str holder = str_c(d->holder);
  return DB_RUN(c, SQL_OPERATOR_EXPIRE_LEASES_OF_EARLIER_RUNS, db_conn_arena(c), NULL, DB_S(desk_holder_prefix(holder)),
                DB_S(holder));
}

/* ---- a new password from an administrator ---- */

struct reset_ctx {
  int64_t id, by, now_ms;
  str address, hash;
};

static err reset(db_conn *c, void *ctx) {
  struct reset_ctx *r = ctx;
  struct operator_row row;
  arena *scratch = db_conn_arena(c);
  err e = operator_get(c, r->id, scratch, &row);
  if (!err_is(e))
    e = DB_RUN(c, SQL_OPERATOR_SET_PASSWORD, scratch, NULL, DB_S(r->hash), DB_I(1), DB_I(r->now_ms), DB_I(r->id));
  if (!err_is(e)) e = DB_RUN(c, SQL_OPERATOR_END_SESSIONS, scratch, NULL, DB_I(r->id));
  row.must_change_password = true;
  row.can_sign_in = true;
  if (!err_is(e)) e = emit_change(c, &row, actor_operator(r->by), r->now_ms);
  if (!err_is(e))
    e = audit_add(c, actor_operator(r->by), AUDIT_OPERATOR_PASSWORD_RESET, target_of(c, r->id), STR_NONE, r->address,
                  r->now_ms);
  return e;
}

err operator_reset_password(struct desk *d, int64_t id, int64_t by, str address, arena *a, str *password) {
  struct reset_ctx r = {.id = id, .by = by, .address = address, .now_ms = desk_now(d)};
  *password = rand_token(d->rand, arena_alloc(a, ONE_TIME_LENGTH + 1), ONE_TIME_LENGTH);
  err e = password_hash(*password, a, &r.hash);
  return err_is(e) ? e : desk_write(d, reset, &r);
}
