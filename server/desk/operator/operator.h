/* Operators: the people who answer. */
#ifndef SB_DESK_OPERATOR_OPERATOR_H
#define SB_DESK_OPERATOR_OPERATOR_H

#include "base/json.h"
#include "desk/actor.h"
#include "desk/desk.h"

enum operator_status { OPERATOR_ONLINE, OPERATOR_AWAY, OPERATOR_OFFLINE };
extern const struct json_enum operator_role_names; /* aliases: moderator, user */
extern const struct json_enum operator_status_names;

struct operator_row {
  int64_t id;
  str login, email /* may be absent */, name;
  int role, status;
  bool active, must_change_password, can_sign_in /* has a password */;
  int64_t token_version, created_at;
};
static inline struct actor operator_actor(const struct operator_row *o) {
  return (struct actor){.kind = ACTOR_OPERATOR, .role = (enum operator_role)o->role, .id = o->id};
}
extern const struct json_shape operator_shape; /* encodes struct operator_row */
struct event_operator_status_change {          /* see spec/events.tbl */
  const struct operator_row *operator;
};

struct operator_new {
  str login, email, name, password /* absent: a one-time password is generated */;
  int role;
  bool must_change_password;
};

/* ERR_WEAK_PASSWORD with the field's name: too short, too long, or common; see base/password_common.h. The login
 * and email of the account may be absent. */
err operator_check_password(str password, str login, str email, const char *field);

/* ERR_NOT_FOUND. */
err operator_get(db_conn *c, int64_t id, arena *a, struct operator_row *out);
err operator_all(db_conn *c, arena *a, struct operator_row **out, size_t *count); /* at most 1000 */
/* Validates and stores; ERR_CONFLICT with field login or email. *password is the initial password. */
err operator_create(struct desk *d, const struct operator_new *n, int64_t by, str address, arena *a,
                    struct operator_row *out, str *password);
/* Inside a transaction: creates an operator without a password, for a person who works through a channel and not in
 * the panel. A login that is taken gets a number appended. Emits the same event as operator_create. */
err operator_provision(db_conn *c, str login, str name, int64_t now_ms, arena *a, struct operator_row *out);
/* Sets a one-time password, which must be changed at the next sign-in, and ends the sessions. */
err operator_reset_password(struct desk *d, int64_t id, int64_t by, str address, arena *a, str *password);

/* ---- presence, each inside a transaction. A node holds a lease (desk.holder) for each operator with a socket
 * there; any node may process expired leases of any node. operator_status_change names the operator as the
 * actor, or the system if a lease has expired. ---- */
enum { OPERATOR_LEASE_MS = 60000 };
/* Sets the operator online, unless they chose to be away. */
err operator_arrived(struct desk *d, db_conn *c, int64_t id);
/* Sets the operator offline, unless another node has a lease. */
err operator_left(struct desk *d, db_conn *c, int64_t id);
/* Renews the lease; an operator whose lease has expired meanwhile is set online again. */
err operator_renew(struct desk *d, db_conn *c, int64_t id);
err operator_any_expired(struct desk *d, db_conn *c, bool *any);
/* Sets operators offline whose leases have all expired. */
err operator_expire(struct desk *d, db_conn *c);
/* After a start: expires the leases of earlier runs of this node. */
err operator_expire_earlier(struct desk *d, db_conn *c);
/* Inside a transaction: appends operator_status_change with the operator's current state. by: who changed it. */
err operator_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms);
/* At the start: if there is no operator, creates the first administrator. *made_password is absent if one existed. */
err operator_ensure_admin(struct desk *d, str email, str password, arena *a, str *made_password, str *login);

#endif
