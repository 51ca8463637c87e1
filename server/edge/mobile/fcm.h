/* Firebase's HTTP v1 API as text: the service account, the request for a key, one message, and the meaning of a response.
 * Pure; the caller passes the time. */
#ifndef SB_EDGE_MOBILE_FCM_H
#define SB_EDGE_MOBILE_FCM_H

#include "base/arena.h"
#include "base/err.h"

struct fcm_account { /* NUL-terminated, in the arena */
  str project_id, client_email, private_key, private_key_id, token_uri;
};
/* ERR_INVALID_FIELD with a sentence for the administrator. */
err fcm_account_read(str json, arena *a, struct fcm_account *out);

enum { FCM_ASSERTION_S = 3600 };
/* The JWT, RS256, that is exchanged for a key (RFC 7523). ERR_INVALID_FIELD when the private key cannot sign. */
err fcm_assertion(const struct fcm_account *account, int64_t now_ms, arena *a, str *out);
/* The form that is posted to token_uri. */
str fcm_token_form(str assertion, arena *a);
/* False when the response has no key. */
bool fcm_token_read(str json, arena *a, str *key, int64_t *expires_in_s);

struct fcm_message {
  str token, platform, title, body;
  str user_id, text, photo_url, created_at, direction; /* photo_url may be absent */
  int64_t message_id, unread;
};
str fcm_message_json(const struct fcm_message *m, arena *a);

enum fcm_meaning {
  FCM_DONE,
  FCM_DEAD_TOKEN,    /* the device is gone: remove it */
  FCM_BAD_KEY,       /* our key for Google's API has expired: get another one and retry */
  FCM_LATER,         /* retry, after Retry-After */
  FCM_MISCONFIGURED, /* the service account or the Firebase project is wrong: retry, and tell an administrator */
  FCM_REFUSED,       /* this message will never be accepted; keep the device */
};
enum { FCM_MEANINGS = FCM_REFUSED + 1 };
struct fcm_verdict {
  enum fcm_meaning meaning;
  str error;        /* the error code from the response's details, else the status; absent if none */
  const char *hint; /* for an administrator; NULL: none */
};
/* Decides by Firebase's error code; by the HTTP status (0: no response) only without one. A status alone
 * never removes a device. */
struct fcm_verdict fcm_verdict_of(int status, str body, arena *a);

#endif
