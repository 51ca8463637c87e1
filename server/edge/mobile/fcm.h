/* Firebase's HTTP v1 API as texts: the service account, the request for a key, one message, and what an answer means.
 * Pure but for the signature's clock, which is given. */
#ifndef SB_EDGE_MOBILE_FCM_H
#define SB_EDGE_MOBILE_FCM_H

#include "base/arena.h"
#include "base/err.h"

struct fcm_account { /* NUL-terminated, in the arena */
  str project_id, client_email, private_key, private_key_id, token_uri;
};
/* ERR_INVALID_FIELD with a sentence for the person who configures. */
err fcm_account_read(str json, arena *a, struct fcm_account *out);

enum { FCM_ASSERTION_S = 3600 };
/* The JWT, RS256, that is exchanged for a key (RFC 7523). ERR_INVALID_FIELD when the private key cannot sign. */
err fcm_assertion(const struct fcm_account *account, int64_t now_ms, arena *a, str *out);
/* The form that is posted to token_uri. */
str fcm_token_form(str assertion, arena *a);
/* False when the answer holds no key. */
bool fcm_token_read(str json, arena *a, str *key, int64_t *expires_in_s);

struct fcm_message {
  str token, platform, title, body;
  str user_id, text, photo_url, created_at, direction; /* photo_url may be absent */
  int64_t message_id, unread;
};
str fcm_message_json(const struct fcm_message *m, arena *a);

enum fcm_meaning {
  FCM_DONE,
  FCM_DEAD_TOKEN,    /* the device is gone: it is forgotten */
  FCM_BAD_KEY,       /* our key for Google's API is good no more: another one, then again */
  FCM_LATER,         /* again, after Retry-After */
  FCM_MISCONFIGURED, /* the service account or the Firebase project is wrong: again, and an administrator is told */
  FCM_REFUSED,       /* this message is never taken; the device stays */
};
enum { FCM_MEANINGS = FCM_REFUSED + 1 };
struct fcm_verdict {
  enum fcm_meaning meaning;
  str error;        /* the code that Google gives within the details, else its status; absent for none */
  const char *hint; /* for an administrator; NULL: none */
};
/* Decides by Firebase's own error code; by the HTTP status (0: no answer) only where there is none, and a status alone
 * never costs a device. */
struct fcm_verdict fcm_judge(int status, str body, arena *a);

#endif
