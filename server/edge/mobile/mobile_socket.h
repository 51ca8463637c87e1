/* Shared by the files of the apps' Socket.IO: mobile_packet.c builds packets; mobile_missed.c brings sockets up to
 * date; mobile_socket.c receives and sends events. No other file includes it. */
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

/* The state of one socket, used by its loop only. */
struct peer {
  struct mobile_socket *m;
  sio_socket *socket;                                      /* not a reference: the peer is freed with it */
  char app_key[CREDENTIAL_MAX], user_hash[CREDENTIAL_MAX]; /* from the handshake and from auth; empty: not sent */
  struct chat *chats;
  size_t count, cap;
  int64_t skipped;  /* the lowest id skipped for lack of room since the last query; INT64_MAX: none */
  bool busy;        /* a page is being read, or the socket is draining */
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
/* The caller owns the packet. Send it to rooms with SIO_KEPT: a socket without room for it is brought up to date from the
 * database. */
sio_packet *mobile_packet_of_view(struct mobile_socket *m, const struct message_view *v);
sio_packet *mobile_packet_of(struct mobile_socket *m, const struct message_row *row, str user_id, arena *a);

/* ---- mobile_missed.c; on the socket's loop ---- */
void missed_join(struct peer *p, str user_id); /* gets live messages from now on */
void missed_since(struct peer *p, str user_id,
                  int64_t after); /* in a joined chat: sends what follows, then live messages */
void missed_leave(struct peer *p, str user_id);
void missed_behind(sio_socket *s, int64_t tag, void *user); /* struct sio_namespace_config's */
void missed_drained(sio_socket *s, void *user);
void missed_end(struct peer *p); /* frees their state */

#endif
