/* Fields of an HTML form (application/x-www-form-urlencoded) as the object that a route's shape decodes. */
#ifndef SB_APP_FORM_H
#define SB_APP_FORM_H

#include "base/json.h"
#include "net/http.h"

/* By the header alone. */
bool form_is_said(http_req *req);
/* As json_decode: strings as they are, whole numbers from their digits, flags from true and false; what the shape does
 * not name is ignored, and of a name that comes twice the first counts. ERR_BAD_REQUEST: a broken escape, or NUL;
 * ERR_INVALID_FIELD: text that is not UTF-8. */
err form_decode(const struct json_shape *shape, str body, arena *a, void *out, uint64_t *present);

#endif
