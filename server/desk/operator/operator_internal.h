/* Shared by the files of this slice only. */
#ifndef SB_DESK_OPERATOR_INTERNAL_H
#define SB_DESK_OPERATOR_INTERNAL_H

#include "desk/operator/operator.h"

enum { LOGIN_MIN = 2, LOGIN_MAX = 64, EMAIL_MAX = 254, ONE_TIME_LENGTH = 16 };

/* Each returns the stored form or ERR_INVALID_FIELD with its field. */
err operator_clean_login(str login, arena *a, str *out);
err operator_clean_email(str email, arena *a, str *out); /* absent if there is none */
err operator_clean_name(str name, str *out);
/* ERR_LAST_ADMIN when the change would leave the desk without an active administrator. */
err operator_decide(const struct operator_row *now, const struct operator_row *next, int64_t active_admins);

struct operator_change { /* absent, -1 or unset by its flag: unchanged */
  str login, email, name;
  bool email_given;
  int role, status, active;
};
/* ERR_NOT_FOUND, ERR_INVALID_FIELD, ERR_CONFLICT with field login or email, ERR_LAST_ADMIN. Appends
 * operator_status_change; a deactivated operator loses sessions and tokens. */
err operator_update(struct desk *d, int64_t id, const struct operator_change *change, int64_t by, str address, arena *a,
                    struct operator_row *out);

#endif
