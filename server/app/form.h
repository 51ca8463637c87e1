/* Fields of an HTML form (application/x-www-form-urlencoded) as the object that a route's shape decodes. */
#ifndef SB_APP_FORM_H
#define SB_APP_FORM_H

#include "base/json.h"
#include "net/http.h"

/* Whether the Content-Type names a form. */
bool form_is_urlencoded(http_req *req);
/* As json_decode: strings unchanged, integers from their digits, booleans from true and false; names that the shape
 * does not have are ignored; of a repeated name the first value counts. ERR_BAD_REQUEST: an invalid escape, or NUL;
 * ERR_INVALID_FIELD: text that is not UTF-8. */
err form_decode(const struct json_shape *shape, str body, arena *a, void *out, uint64_t *present);

#endif
