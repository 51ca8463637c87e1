/* Shared by the files of this folder only. */
#ifndef SB_EDGE_MOBILE_INTERNAL_H
#define SB_EDGE_MOBILE_INTERNAL_H

#include "base/limits.h"
#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"
#include "desk/device/device.h"
#include "desk/route.h"
#include "edge/mobile/mobile.h"

#include <pthread.h>

#define MOBILE_CHANNEL S("mobile")
#define MOBILE_ACCOUNT S("default")
enum { MOBILE_USER_MAX = 128, MOBILE_KEY_SIZE = 40, MOBILE_SECRET_MAX = 256, MOBILE_VISITOR_KEY = 32 };

/* An app's user id in a body: see mobile_check_user. */
#define MOBILE_USER_PATTERN "^[^\x01-\x1f\x7f]+$"
#define MOBILE_USER_FIELD(type, member, sentence)                                                                    \
  {                                                                                                                  \
#member, JSON_STRING, JSON_REQUIRED | JSON_DIGITS | JSON_NAME, offsetof(type, member), 1, MOBILE_USER_MAX, NULL, \
        NULL, sentence, MOBILE_USER_PATTERN, "At most 128 bytes of UTF-8, none of it U+FFFD."                        \
  }

/* The error when WIDGET_VISITORS is off. */
#define MOBILE_NO_VISITORS "This desk accepts no visitors without a signature (X-User-Hash)."

struct mobile_keys { /* NUL-terminated, except visitor */
  char app[MOBILE_SECRET_MAX], signing[MOBILE_SECRET_MAX];
  unsigned char visitor[MOBILE_VISITOR_KEY]; /* derived from the server's secret key; signs visitors' secrets */
  bool no_visitors;                          /* not even visitors with a secret */
};

/* The times of the last stored presence by hash of the user id, so that it is written once a minute and not with every
 * call. Two users in one slot are written more often. */
enum { MOBILE_MAGIC = 0x4d6f6269, SIGHTINGS = 4096 };
struct sighting {
  uint64_t hash;
  int64_t at_ms;
};

struct mobile {
  uint32_t magic;
  struct desk *desk;
  enum mobile_auth auth;
  pthread_mutex_t lock;    /* guards the keys and the sightings */
  struct mobile_keys keys; /* from the configuration, or the stored ones */
  bool own_key;            /* the app's key is stored here and can be changed */
  struct file_quota quota;
  struct mobile_sender *sender;
  struct push *push;            /* NULL: off */
  struct mobile_socket *socket; /* NULL: none */
  struct mobile_names *names;
  struct sighting sightings[SIGHTINGS];
};

/* The files; each uses only those named before it. */

/* ---- mobile_auth.c: pure ---- */
/* 1 to 128 bytes of UTF-8 without control characters and without U+FFFD, which replaces any unreadable character, so that
 * two ids could become equal. ERR_MISSING_FIELD, ERR_INVALID_FIELD with field user_id. */
err mobile_check_user(str user_id);
/* Ids of visitors who have not signed in on a site are a namespace of their own, and only this server generates them:
 * "visitor-" and 22 letters, digits, - and _. Every other id is an app's user, whatever prefix it has. */
bool mobile_is_visitor(str user_id);
/* "web-" and 22 such characters: the form of ids that browsers generated before visitors had secrets. */
bool mobile_is_browser(str user_id);
enum { MOBILE_VISITOR_SIZE = 30 }; /* of an id */
str mobile_visitor_make(const sb_rand *rand, arena *a);
/* The visitor id for a browser's own id; it differs for each claim, a secret random text from the browser. */
str mobile_visitor_claimed(const struct mobile_keys *keys, str browser_id, str claim, arena *a);
/* A visitor's own secret of 256 bits: the HMAC-SHA256 of the id, so no table stores it. Sent like a user's hash. */
str mobile_visitor_secret(const struct mobile_keys *keys, str user_id, arena *a);
/* ERR_UNAUTHORIZED: the credentials do not fit the mode. Absent: not sent. A visitor needs its secret in every mode, and
 * needs nothing else; the hash of a user id is accepted in every mode. ERR_FORBIDDEN: visitors are not accepted. */
err mobile_check_caller(enum mobile_auth auth, const struct mobile_keys *keys, str user_id, str app_key, str user_hash);
/* HMAC-SHA256 in lower-case hexadecimal. */
str mobile_user_hash(str secret, str user_id, arena *a);
/* /uploads/<id>-<proof>.<ext>: the proof makes names unguessable. */
str mobile_file_url(const void *secret_key_32, const struct file_row *f, arena *a);
/* The file id in a name ("12-abc.jpg") or in a URL that ends in a name; false when the proof is wrong. */
bool mobile_file_named(const void *secret_key_32, str name, int64_t *id);
/* "2026-01-31 12:34:56", UTC. */
enum { MOBILE_TIME_SIZE = 20 };
str mobile_time(int64_t ms, arena *a);

/* ---- mobile_admit.c ---- */
struct mobile *mobile_of(struct call *c);
void mobile_keys_of(struct mobile *m, struct mobile_keys *out);
/* Whether this request may act for the user, within the rate limit. user_hash: from a field, if any. */
#define MOBILE_FAILS (FAILS(UNAUTHORIZED) | FAILS(FORBIDDEN) | FAILS(MISSING_FIELD) | FAILS(INVALID_FIELD))
err mobile_admit(struct call *c, str user_id, str user_hash, int rate_class);
/* The part of it that needs only the head, before a body is read: route.at_head. */
err mobile_at_head(struct call *c);
bool mobile_is_signed(struct call *c);
struct desk *mobile_desk(struct mobile *m);
/* The language that the app sent, else the first of Accept-Language, else absent. */
str mobile_language(struct call *c, str said);

/* Records that an admitted user is online, once a minute at most. Any thread; does not block. */
void mobile_note_presence(struct mobile *m, str user_id);

/* Authenticates the caller of a socket, without a request. *by_key: only the app's key admits them. */
err mobile_check_socket(struct mobile *m, str user_id, str app_key, str user_hash, bool *by_key);

/* Inside the transaction that stores them: counts what a visitor sends, texts with the size of their row; a user of an
 * app is not counted. Photos 0: none. ERR_QUOTA_EXCEEDED. */
err mobile_count_sent(struct call *c, db_conn *conn, str user_id, int64_t photo_bytes, int64_t word_bytes);

/* ---- mobile_names.c: the operators' names for customers ---- */
struct mobile_names;
struct mobile_names *mobile_names_new(void);
void mobile_names_free(struct mobile_names **names);
void mobile_names_update(struct mobile_names *n, const struct bus_event *e); /* EVENT_OPERATOR_STATUS_CHANGE */
/* Absent for none. Any thread; the first reads through c, the second by itself, both only names not cached yet. */
str mobile_name_in(struct mobile_names *n, db_conn *c, int64_t operator_id, arena *a);
str mobile_name_of(struct mobile_names *n, db *d, int64_t operator_id, arena *a);
struct mobile_names *mobile_names_borrow(struct mobile *m); /* mobile_admit.c */

/* ---- mobile_socket.c ---- */
struct mobile_socket;
struct mobile_socket *mobile_socket_new(struct mobile *mobile, struct desk *d, struct sio_server *io, net_pool *pool);
/* An operator is typing in a conversation, or has stopped. Any thread. */
void mobile_socket_typing(struct mobile_socket *m, const struct event_typing *typing);
/* The app's key has changed: disconnects sockets that joined with the old one. Any thread. */
void mobile_socket_key_changed(struct mobile_socket *m);
void mobile_socket_publish(struct mobile_socket *m, const struct bus_event *events, size_t count);
void mobile_socket_free(struct mobile_socket **m);

/* ---- mobile_sender.c: the outbox's rows of this channel ---- */
struct mobile_sender;
/* after: called when rows were sent; push: whether to notify devices. */
struct mobile_sender *mobile_sender_new(struct desk *d, bool push, void (*after)(void *arg), void *arg);
void mobile_sender_start(struct mobile_sender *s);
void mobile_sender_wake(struct mobile_sender *s);
void mobile_sender_stop(struct mobile_sender *s);
void mobile_sender_free(struct mobile_sender **s);

#endif
