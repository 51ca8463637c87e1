/* Internal to the Socket.IO server. A client belongs to one session; only its loop uses it, its sockets and the loop's
 * rooms. */
#ifndef SB_NET_SIO_INTERNAL_H
#define SB_NET_SIO_INTERNAL_H

#include "net/sio.h"

#include <stdatomic.h>

enum {
  SIO_SERVER_MAGIC = 0x53494f53,
  SIO_SOCKET_MAGIC = 0x53494f43,
  SIO_PACKET_MAGIC = 0x53494f50,
  SIO_ID_BYTES = 20,
  SIO_NAMESPACES_MAX = 32,
  SIO_PID_MAX = 64,
};

struct sio_packet {
  uint32_t magic;
  atomic_uint refs;
  int64_t seq, tag;
  uint32_t attachments_count;
  ws_frame *frames[]; /* the head, then the attachments */
};

struct sio_room {
  struct sio_room *next; /* in the bucket */
  const sio_namespace *nsp;
  struct sio_member **members;
  uint32_t count, cap;
  uint64_t hash;
  size_t name_len;
  char name[];
};

/* One socket in one room. */
struct sio_member {
  struct sio_member *next; /* next of the same socket */
  struct sio_room *room;
  sio_socket *socket;
  uint32_t at; /* in room->members */
};

struct sio_hub {
  sio_server *io;
  net_loop *loop;
  int index;
  struct sio_room **buckets;
  size_t buckets_count, rooms_count;
};

struct sio_waiting_ack {
  struct sio_waiting_ack *next;
  sio_socket *socket;
  int64_t id;
  net_timer *timer;
  void (*answered)(void *arg, const struct sio_event *answer);
  void *arg;
};

enum sio_state { SIO_CONNECTING, SIO_CONNECTED, SIO_GONE };

struct sio_socket {
  uint32_t magic;
  uint8_t state; /* enum sio_state */
  bool wants_drained;
  bool held_lost;   /* while connecting, it was sent more than may be held */
  atomic_uint refs; /* held by the client until it is gone, by the application, by posted tasks */
  struct sio_hub *hub;
  sio_namespace *nsp;
  struct sio_client *client; /* NULL when it has gone */
  sio_socket *next;          /* next of the same client */
  void *user;
  int64_t sent_seq;
  atomic_int_fast64_t next_ack;
  struct sio_member *rooms;
  uint32_t rooms_count, acks_count;
  struct sio_waiting_ack *acks;
  sio_packet **held; /* while connecting */
  uint32_t held_count, held_cap;
  size_t held_bytes;
  char *pid; /* claimed by the client, until it is accepted; NULL: none */
  char id[SIO_ID_BYTES];
};

/* A packet whose attachments are incomplete. */
struct sio_assembly {
  buf text;
  struct sio_head head;
  str *parts;
  uint32_t count;
  size_t bytes;
};

struct sio_client {
  struct sio_hub *hub;
  eio_session *session;
  sio_socket *sockets;
  uint32_t sockets_count;
  bool was_in; /* the client was in some namespace: late packets for a namespace it left are dropped without an error */
  net_timer *timer; /* runs until a namespace is joined */
  struct sio_assembly *assembly;
};

struct sio_namespace {
  sio_server *io;
  char *name;
  struct sio_namespace_config config;
};

struct sio_server {
  uint32_t magic;
  struct sio_config config;
  eio_server *eio;
  struct sio_hub *hubs;
  int hubs_count;
  sio_namespace *namespaces[SIO_NAMESPACES_MAX];
  int namespaces_count;
  atomic_int_fast64_t sockets_open, events_in, packets_out, volatile_dropped, parse_errors;
};

/* ---- sio.c ---- */
bool sio_on_loop(const sio_socket *s);
/* Sends now, or holds the packet while the socket is connecting. */
void sio_deliver(sio_socket *s, sio_packet *p, unsigned flags);
void sio_deliver_kept(sio_socket *s, str room, sio_packet *p);
/* plain is SIO_EVENT or SIO_ACK; attachments make it binary. */
sio_packet *sio_packet_build(enum sio_type plain, str nsp, int64_t id, const struct sio_message *m);
void sio_leave_namespace(sio_socket *s, enum sio_reason reason, bool tell, bool close);
void sio_connected(sio_socket *s, const struct sio_acceptance *a);
/* Sends a protocol packet to one client. */
void sio_send_control(struct sio_client *c, enum sio_type type, const sio_namespace *nsp, str name, str json);

/* ---- sio_client.c: incoming packets ---- */
void sio_client_open(eio_session *session, void *user);
void sio_client_message(eio_session *session, bool binary, str payload);
void sio_client_drained(eio_session *session);
void sio_client_close(eio_session *session, enum eio_reason reason);

/* ---- sio_room.c ---- */
bool sio_join_now(sio_socket *s, str room);
void sio_leave_now(sio_socket *s, str room);
void sio_leave_all(sio_socket *s);
void sio_rooms_free(struct sio_hub *h);

/* ---- sio_ack.c ---- */
void sio_take_ack(sio_socket *s, const struct sio_event *answer);
void sio_drop_acks(sio_socket *s);

#endif
