/* The operators' routes. POST /api/auth/register is here too, since it creates an operator and signs nobody in. */
#include "base/limits.h"
#include "desk/operator/operator_internal.h"
#include "desk/route.h"

/* ---- request shapes, and the two responses with a password ---- */

/* The patterns that operator_clean_login and operator_clean_email accept. */
#define LOGIN_PATTERN "^[A-Za-z0-9._-]+$"
#define NAME_RULE     "It has a visible character and no direction controls."
#define EMAIL_PATTERN "^([^@\x01-\x20\x7f]+@[^@\x01-\x20\x7f]+)?$"

/* The fields that both OperatorNew and OperatorRegistration have. */
/* clang-format off */
#define OPERATOR_NEW_FIELDS                                                                                            \
  {"login", JSON_STRING, JSON_REQUIRED | JSON_TRIM, offsetof(struct operator_new, login), LOGIN_MIN, LOGIN_MAX, NULL,  \
   NULL, "Letters a-z, digits, dots, dashes, underscores; stored in lower case.", LOGIN_PATTERN},                      \
  {"email", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE | JSON_TRIM, offsetof(struct operator_new, email), 0,           \
   EMAIL_MAX, NULL, NULL, NULL, EMAIL_PATTERN},                                                                        \
  {"name", JSON_STRING, JSON_REQUIRED | JSON_TRIM, offsetof(struct operator_new, name), 1, LIMIT_NAME_MAX, NULL, NULL, \
   NULL, NULL, NAME_RULE},                                                                                             \
  {"role", JSON_ENUM, JSON_OPTIONAL, offsetof(struct operator_new, role), 0, 0, NULL, &operator_role_names,            \
   "Default: operator."}
/* clang-format on */

static const struct json_field new_fields[] = {
    OPERATOR_NEW_FIELDS,
    {"password", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE | JSON_SECRET, offsetof(struct operator_new, password), 0,
     LIMIT_PASSWORD_MAX, NULL, NULL, "Absent: a one-time password is generated."},
};
static JSON_SHAPE(new_shape, "OperatorNew", struct operator_new, new_fields, "A new operator.");

static const struct json_field enrol_fields[] = {
    OPERATOR_NEW_FIELDS,
    {"password", JSON_STRING, JSON_REQUIRED | JSON_SECRET, offsetof(struct operator_new, password), 1,
     LIMIT_PASSWORD_MAX, NULL, NULL, "At least 10 characters."},
};
static JSON_SHAPE(enrol_shape, "OperatorRegistration", struct operator_new, enrol_fields,
                  "A new operator with a password.");

struct change_body {
  str name, email, login;
  int role, status;
  bool active;
};
enum { CHANGE_NAME, CHANGE_ROLE, CHANGE_ACTIVE, CHANGE_EMAIL, CHANGE_LOGIN };
static const struct json_field change_fields[] = {
    [CHANGE_NAME] = {"name", JSON_STRING, JSON_OPTIONAL | JSON_TRIM, offsetof(struct change_body, name), 1,
                     LIMIT_NAME_MAX, NULL, NULL, NULL, NULL, NAME_RULE},
    [CHANGE_ROLE] = {"role", JSON_ENUM, JSON_OPTIONAL, offsetof(struct change_body, role), 0, 0, NULL,
                     &operator_role_names, NULL},
    [CHANGE_ACTIVE] = {"active", JSON_BOOL, JSON_OPTIONAL, offsetof(struct change_body, active), 0, 0, NULL, NULL,
                       "False ends their sessions at once."},
    [CHANGE_EMAIL] = {"email", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE | JSON_TRIM,
                      offsetof(struct change_body, email), 0, EMAIL_MAX, NULL, NULL, "Empty or null removes it.",
                      EMAIL_PATTERN},
    [CHANGE_LOGIN] = {"login", JSON_STRING, JSON_OPTIONAL | JSON_TRIM, offsetof(struct change_body, login), LOGIN_MIN,
                      LOGIN_MAX, NULL, NULL, NULL, LOGIN_PATTERN},
};
static JSON_SHAPE(change_shape, "OperatorChange", struct change_body, change_fields, "Changes the given fields.");

static const struct json_field self_fields[] = {
    {"name", JSON_STRING, JSON_OPTIONAL | JSON_TRIM, offsetof(struct change_body, name), 1, LIMIT_NAME_MAX, NULL, NULL,
     NULL, NULL, NAME_RULE},
    {"status", JSON_ENUM, JSON_OPTIONAL, offsetof(struct change_body, status), 0, 0, NULL, &operator_status_names,
     NULL},
};
static JSON_SHAPE(self_shape, "OperatorSelf", struct change_body, self_fields,
                  "What operators may change in their own account.");

struct made {
  const struct operator_row *operator;
  str password;
};
static const struct json_field made_fields[] = {
    {"operator", JSON_OBJECT, 0, offsetof(struct made, operator), 0, 0, &operator_shape, NULL, NULL},
    {"password", JSON_STRING, JSON_NULLABLE | JSON_SECRET, offsetof(struct made, password), 0, 0, NULL, NULL,
     "The one-time password, shown only now; null if a password was given."},
};
static JSON_SHAPE(made_shape, "OperatorCreated", struct made, made_fields, "A created operator.");

static const struct json_field password_fields[] = {
    {"password", JSON_STRING, JSON_SECRET, offsetof(struct made, password), 0, 0, NULL, NULL,
     "The one-time password, shown only now; the operator must change it at the next sign-in."},
};
static JSON_SHAPE(password_shape, "OneTimePassword", struct made, password_fields, "A one-time password.");

/* ---- handlers ---- */

struct listing_ctx {
  arena *arena;
  struct operator_row *rows;
  size_t count;
};

static err read_all(db_conn *c, void *ctx) {
  struct listing_ctx *l = ctx;
  return operator_all(c, l->arena, &l->rows, &l->count);
}

static void list(struct call *c) {
  struct listing_ctx l = {.arena = c->arena};
  err e = db_read(c->desk->db, read_all, &l);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_list(c, &operator_shape, l.rows, l.count, STR_NONE);
}

static err make(struct call *c, struct operator_row *row, str *password) {
  struct operator_new fresh = *(const struct operator_new *)c->body;
  if (fresh.role < 0) fresh.role = ROLE_OPERATOR;
  if (!fresh.password.len) fresh.password = STR_NONE;
  err e = operator_create(c->desk, &fresh, c->me.id, http_client_address(c->req), c->arena, row, password);
  if (fresh.password.ptr) *password = STR_NONE;
  return e;
}

static void create(struct call *c) {
  struct operator_row row;
  struct made made = {&row, STR_NONE};
  err e = make(c, &row, &made.password);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 201, &made_shape, &made);
}

static void enrol(struct call *c) {
  struct operator_row row;
  str password = STR_NONE;
  err e = make(c, &row, &password);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 201, &operator_shape, &row);
}

static void show_me(struct call *c) { call_reply(c, 200, &operator_shape, &c->me); }

static void change(struct call *c, int64_t id, const struct operator_change *change) {
  struct operator_row row;
  err e = operator_update(c->desk, id, change, c->me.id, http_client_address(c->req), c->arena, &row);
  call_forget_operator(c, id);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &operator_shape, &row);
}

static void update_me(struct call *c) {
  const struct change_body *body = c->body;
  change(c, c->me.id, &(struct operator_change){.name = body->name, .role = -1, .active = -1, .status = body->status});
}

static void update(struct call *c) {
  const struct change_body *body = c->body;
  change(c, c->id,
         &(struct operator_change){.login = body->login,
                                   .email = body->email,
                                   .email_given = c->present >> CHANGE_EMAIL & 1,
                                   .name = body->name,
                                   .role = body->role,
                                   .status = -1,
                                   .active = c->present >> CHANGE_ACTIVE & 1 ? body->active : -1});
}

static void reset_password(struct call *c) {
  struct made made = {0};
  err e = operator_reset_password(c->desk, c->id, c->me.id, http_client_address(c->req), c->arena, &made.password);
  call_forget_operator(c, c->id);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &password_shape, &made);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/operators", GUARD_ROLE, MAY_OPERATOR_READ, RATE_READ, .out = &operator_shape, .out_list = true,
     .status = 200, .handler = list, .doc = "All operators, at most 1000, in the order of creation."},
    {HTTP_POST, "/api/operators", GUARD_ROLE, MAY_OPERATOR_MANAGE, RATE_WRITE, .hashes = true, .body = HTTP_BODY_MEMORY,
     .in = &new_shape, .out = &made_shape, .status = 201, .handler = create,
     .fails = FAILS(CONFLICT) | FAILS(WEAK_PASSWORD),
     .doc = "Creates an operator, with a one-time password if none is given."},
    {HTTP_POST, "/api/auth/register", GUARD_ROLE, MAY_OPERATOR_MANAGE, RATE_WRITE, .hashes = true,
     .body = HTTP_BODY_MEMORY, .in = &enrol_shape, .lenient = true, .out = &operator_shape, .status = 201,
     .handler = enrol, .fails = FAILS(CONFLICT) | FAILS(WEAK_PASSWORD),
     .doc = "Creates an operator with a given password."},
    {HTTP_GET, "/api/operators/me", GUARD_ROLE, MAY_OPERATOR_READ, RATE_READ, .out = &operator_shape, .status = 200,
     .handler = show_me, .doc = "The signed-in operator."},
    {HTTP_PATCH, "/api/operators/me", GUARD_ROLE, MAY_OPERATOR_READ, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &self_shape, .out = &operator_shape, .status = 200, .handler = update_me,
     .doc = "Changes the caller's name or status."},
    {HTTP_PATCH, "/api/operators/:id", GUARD_ROLE, MAY_OPERATOR_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY,
     .in = &change_shape, .out = &operator_shape, .status = 200, .handler = update,
     .fails = FAILS(CONFLICT) | FAILS(LAST_ADMIN),
     .doc = "Changes an operator; the last active administrator cannot be demoted or deactivated."},
    {HTTP_POST, "/api/operators/:id/reset-password", GUARD_ROLE, MAY_OPERATOR_MANAGE, RATE_WRITE, .hashes = true,
     .out = &password_shape, .status = 200, .handler = reset_password,
     .doc = "Sets a one-time password and ends all of the operator's sessions."},
};
ROUTE_TABLE(operator_routes, routes);
