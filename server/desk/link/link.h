/* Operators' own accounts in channels: linked by a one-time code, or joined by an administrator. Whatever a linked person says or
 * does in the channel is their operator's. */
#ifndef SB_DESK_LINK_LINK_H
#define SB_DESK_LINK_LINK_H

#include "base/json.h"
#include "desk/desk.h"
#include "desk/source/source.h"

enum { LINK_CODE_MS = 600000, LINK_CODE_SIZE = 24 };
#define LINK_PREFIX SOURCE_RESERVED /* of a payload that is a code */
/* Whether the payload of a start is a code, valid or not. */
bool link_is_code(str payload);

/* A new code for the operator, in place of an earlier one. out: LINK_CODE_SIZE + 1 bytes. */
err link_code_make(struct desk *d, db_conn *c, int64_t operator_id, char *out, int64_t *expires_at);

struct link_person {
  str channel, account, external_id; /* account: of the desk, to which the person writes in private */
  str username;                      /* may be absent */
};
enum link_outcome {
  LINK_DONE,
  LINK_UNKNOWN, /* no such code: used, expired, or never made */
  LINK_TAKEN,   /* the account is linked to another operator, who has a password */
  LINK_KNOWN, /* the person has answered in the staff room as an operator without a password: an administrator joins the two */
  LINK_INACTIVE /* The operator of the code, or one to whom this account is or was linked, is deactivated. */
};
/* Inside the channel's transaction: what would come of the code, which stays valid. The channel shows the operator's name and asks
 * the person to confirm, because the code may be somebody else's. *name: the operator's for LINK_DONE, the former one's for
 * LINK_KNOWN. */
err link_look(struct desk *d, db_conn *c, const struct link_person *who, str code, arena *a, enum link_outcome *outcome,
              str *name);
/* The same, and uses up the code: the person has confirmed. If the staff room knows them as an operator who has done nothing yet,
 * the two are joined. */
err link_take(struct desk *d, db_conn *c, const struct link_person *who, str code, arena *a, enum link_outcome *outcome,
              str *name);

struct link_account {
  str channel, external_id, username; /* username: may be absent */
  int64_t linked_at;
};
extern const struct json_shape link_account_shape;
err link_list(db_conn *c, int64_t operator_id, arena *a, struct link_account **out, size_t *count);
struct link_target { /* an account of the desk that takes codes */
  str channel, name, username;
};
err link_targets(db_conn *c, arena *a, struct link_target **out, size_t *count);
/* Whoever writes in the staff room from one of these accounts is a new operator again, unless this one is deactivated (staff_person). */
err link_remove(struct desk *d, db_conn *c, int64_t operator_id, str address);

/* Inside a transaction: `from`, who has no password, becomes `to`: their accounts, answers, edits, lines, conversations and entries of the
 * audit. Conversations keep their status. `from` stays as a deactivated operator. ERR_NOT_FOUND; ERR_INVALID_FIELD with field operator_id. */
err link_join(struct desk *d, db_conn *c, int64_t from, int64_t to, int64_t by, str address);

#endif
