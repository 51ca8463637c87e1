/* What the files of the apps' live side share: mobile_packet.c, how a message is told; mobile_missed.c, which brings up to
 * date whoever missed something; mobile_socket.c, which hears clients and tells them. Nobody else includes it. */
#ifndef SB_EDGE_MOBILE_SOCKET_H
#define SB_EDGE_MOBILE_SOCKET_H

#include "edge/mobile/mobile_internal.h"
#include "net/sio.h"

enum { CREDENTIAL_MAX = 256 };

/* A chat that a socket has joined. */
struct chat {
  char *user_id;
  bool pending;  /* messages above `after` are still to be read from the database */
  int64_t after; /* the last id that was sent */
};

/* What we know of one socket; its loop's alone. */
struct peer {
  struct mobile_socket *m;
  sio_socket *socket;                                      /* not a reference: the peer goes with it */
  char app_key[CREDENTIAL_MAX], user_hash[CREDENTIAL_MAX]; /* of the handshake and of auth; empty: not given */
  struct chat *chats;
  size_t count, cap;
  int64_t skipped;  /* the lowest id of what had no room since the last look at the database; INT64_MAX: none */
  bool busy;        /* a page is on its way, or the socket drains */
  net_timer *timer; /* until the next try */
};

struct mobile_socket {
  struct mobile *mobile;
  struct desk *desk;
  net_pool *pool;
  sio_namespace *space;
};

/* ---- mobile_packet.c ---- */
struct message_view {
  int64_t id;
  str user_id, text, photo_url, created_at, operator_name, entities_json;
  bool support;
};
/* A JSON string, null when it is empty. */
void mobile_add_text(buf *out, str text);
/* A packet of the caller's. Told to rooms with SIO_KEPT: a socket without room for it is brought up to date from the
 * database. */
sio_packet *mobile_packet_of_view(struct mobile_socket *m, const struct message_view *v);
sio_packet *mobile_packet_of(struct mobile_socket *m, const struct message_row *row, str user_id, arena *a);

/* ---- mobile_missed.c; on the socket's loop ---- */
void missed_join(struct peer *p, str user_id);                 /* hears from now on */
void missed_since(struct peer *p, str user_id, int64_t after); /* a joined chat; what follows is sent, then live ones */
void missed_leave(struct peer *p, str user_id);
void missed_behind(sio_socket *s, int64_t tag, void *user); /* struct sio_namespace_config's */
void missed_drained(sio_socket *s, void *user);
void missed_end(struct peer *p); /* frees what these keep */

#endif
