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
  str login, email, name, password /* absent: a one-time password is made */;
  int role;
  bool must_change_password;
};

/* ERR_WEAK_PASSWORD with the field's name: too short, too long, or guessed first; see base/password_common.h. The login
 * and email of the account may be absent. */
err operator_check_password(str password, str login, str email, const char *field);

/* ERR_NOT_FOUND. */
err operator_get(db_conn *c, int64_t id, arena *a, struct operator_row *out);
err operator_all(db_conn *c, arena *a, struct operator_row **out, size_t *count); /* at most 1000 */
/* Validates and stores; ERR_CONFLICT with field login or email. The password handed back is in *password. */
err operator_create(struct desk *d, const struct operator_new *n, int64_t by, arena *a, struct operator_row *out,
                    str *password);
/* Inside a transaction: an operator without a password, for a person who works through a channel and not here. A login that
 * is taken gets a number behind it. Tells it as operator_create does. */
err operator_provision(db_conn *c, str login, str name, int64_t now_ms, arena *a, struct operator_row *out);
/* Sets a one-time password, which must be changed at the next sign-in, and ends the sessions. */
err operator_reset_password(struct desk *d, int64_t id, int64_t by, arena *a, str *password);

/* ---- who is at the desk, inside a transaction each. A node holds a lease (desk.holder) for each operator who has a socket
 * there; of those that run out, on whichever node, any node may tell. operator_status_change names the operator as the one
 * who acted, and the system where a lease has run out. ---- */
enum { OPERATOR_LEASE_MS = 60000 };
/* Online, unless they have said to be away. */
err operator_arrived(struct desk *d, db_conn *c, int64_t id);
/* Offline, unless another node has them. */
err operator_left(struct desk *d, db_conn *c, int64_t id);
/* Renews; one whose lease was taken for dead meanwhile arrives anew. */
err operator_stays(struct desk *d, db_conn *c, int64_t id);
err operator_any_expired(struct desk *d, db_conn *c, bool *any);
/* Whose leases have run out is offline, unless a node has them. */
err operator_expire(struct desk *d, db_conn *c);
/* After a start: what earlier runs of this node held runs out now. */
err operator_forget_earlier(struct desk *d, db_conn *c);
/* Inside a transaction: appends operator_status_change with the operator as it now is. by: who changed it. */
err operator_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms);
/* At the start: with no operator at all, makes the first administrator. *password is absent when one existed. */
err operator_ensure_admin(struct desk *d, str email, str password, arena *a, str *made_password, str *login);

#endif
