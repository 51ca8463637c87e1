/* Shared by the files of the apps' Socket.IO: mobile_packet.c builds packets; mobile_missed.c brings sockets up to
 * date; mobile_socket.c receives and sends events. No other file includes it. */
#ifndef SB_EDGE_MOBILE_SOCKET_H
#define SB_EDGE_MOBILE_SOCKET_H

#include "edge/mobile/mobile_internal.h"
#include "net/sio.h"

enum { CREDENTIAL_MAX = 256 };

enum { ROOM_BYTES = 16, ROOM_SIZE = 4 + ROOM_BYTES * 2 + 1 };

/* Photos from the staff group come out of order; at most PHOTOS_KNOWN of them are known per chat, the latest. */
enum { PHOTOS_KNOWN = 64, PHOTOS_HELD = 16 };
struct photos {
  int64_t known[PHOTOS_KNOWN]; /* ids that were sent or are held; a ring */
  size_t next;
  sio_packet *held[PHOTOS_HELD]; /* to be sent when the queue has room and all lower ids have been sent */
  size_t held_count;
};

/* A chat that a socket has joined. */
struct chat {
  char *user_id;
  char room[ROOM_SIZE];
  int64_t after;         /* the highest id that was sent or is known to the client */
  bool pending;          /* messages above `after` are still to be read from the database */
  bool again;            /* one of them was published after the page under way was requested, so the page may lack it */
  uint64_t turn;         /* of peer.turns: renewed whenever reading starts anew, which makes a page under way useless */
  struct photos *photos; /* NULL: none */
};

/* The state of one socket, used by its loop only. */
struct peer {
  struct mobile_socket *m;
  sio_socket *socket;                                      /* not a reference: the peer is freed with it */
  char app_key[CREDENTIAL_MAX], user_hash[CREDENTIAL_MAX]; /* from the handshake and from auth; empty: not sent */
  struct chat *chats;
  size_t count, cap;
  uint64_t turns;
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
  bool support, staff_photo;
};
/* A JSON string, null when it is empty. */
void mobile_add_text(buf *out, str text);
bool mobile_is_staff_photo(const struct message_row *row);
/* A photo from the staff group that has not been delivered: it is sent when it has been, see mobile_socket.c. */
bool mobile_comes_later(const struct message_row *row);
/* The caller owns the packet. Send it to rooms with SIO_KEPT: a socket without room for it is brought up to date from the
 * database. Its tag is the message's id, negative for a photo from the staff group. */
sio_packet *mobile_packet_of_view(struct mobile_socket *m, const struct message_view *v);
sio_packet *mobile_packet_of(struct mobile_socket *m, const struct message_row *row, str user_id, arena *a);

/* ---- mobile_missed.c; on the socket's loop ---- */
/* Gets live messages from now on. False: the socket has joined MOBILE_CHATS_MAX others. */
bool missed_join(struct peer *p, str user_id, str room);
void missed_since(struct peer *p, str user_id,
                  int64_t after); /* in a joined chat: sends what follows, then live messages */
void missed_leave(struct peer *p, str user_id);
void missed_kept(sio_socket *s, str room, sio_packet *packet, void *user); /* struct sio_namespace_config's */
void missed_drained(sio_socket *s, void *user);
void missed_end(struct peer *p); /* frees their state */

#endif
