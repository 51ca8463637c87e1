/* The codes of spec/errors.tbl as the field tables name them; the index is the enum err_code. */
#ifndef SB_BASE_ERR_JSON_H
#define SB_BASE_ERR_JSON_H

#include "base/json.h"

extern const struct json_enum err_code_names; /* "ErrorCode" */

#endif
