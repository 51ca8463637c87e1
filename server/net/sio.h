/* Socket.IO, protocol 5, on Engine.IO 4 (eio.h): namespaces, events with binary attachments, acknowledgements both ways,
 * rooms, connection-state recovery. Follows the public document "The Socket.IO protocol, version 5". Knows nothing of the
 * product.
 *
 * Threads. A socket belongs to the loop of its session: callbacks run there and must not block, and functions under "on
 * the socket's loop" may be called only there. Those under "any thread" may be called from workers too; off the loop
 * they are posted, in order, and do nothing if the socket has gone meanwhile.
 *
 * Arguments are JSON text: the elements of the event's array, without its brackets, separated by commas. Incoming text is
 * only checked to be JSON (SIO_DEPTH_MAX levels), not decoded; outgoing text is sent unchanged, so the caller
 * guarantees its form. Binary data is passed as attachments; {"_placeholder":true,"num":N} in the text marks its place.
 *
 * Limits: those of Engine.IO; per connection sockets_max, per event attachments_max (their bytes together at most
 * max_payload), per socket rooms_max and acks_max. A malformed packet ends the connection with "parse error". */
#ifndef SB_NET_SIO_H
#define SB_NET_SIO_H

#include "net/eio.h"
#include "net/sio_packet.h"

typedef struct sio_server sio_server;
typedef struct sio_namespace sio_namespace;
typedef struct sio_socket sio_socket;
typedef struct sio_packet sio_packet;

enum sio_reason {
  SIO_TRANSPORT_CLOSE = EIO_TRANSPORT_CLOSE,
  SIO_TRANSPORT_ERROR = EIO_TRANSPORT_ERROR,
  SIO_PING_TIMEOUT = EIO_PING_TIMEOUT,
  SIO_PARSE_ERROR = EIO_PARSE_ERROR,
  SIO_FORCED_CLOSE = EIO_FORCED_CLOSE,
  SIO_SHUTTING_DOWN = EIO_SHUTTING_DOWN,
  SIO_CLIENT_LEFT, /* the client left the namespace */
  SIO_SERVER_LEFT, /* sio_disconnect */
  SIO_REFUSED,     /* sio_refuse */
};
const char *sio_reason_text(enum sio_reason reason);

/* A request to enter a namespace. Valid during the callback. */
struct sio_connect {
  str auth; /* a JSON object's text, or STR_NONE */
  /* Recovery: the client's previous id and last seen offset. STR_NONE unless it sent both. Do not trust them
   * without `auth`: the client only claims them. */
  str pid, offset;
};

struct sio_event {
  str name;
  str args; /* see above; empty: none */
  const str *attachments;
  uint32_t attachments_count;
  int64_t ack; /* the ack id that the client sent, for sio_ack; SIO_NO_ID: none */
};
/* The i-th argument's text; false when there are fewer. For several, sio_element_next walks them. */
bool sio_arg(const struct sio_event *e, size_t i, str *json);
/* The i-th argument's bytes, when it is a placeholder. */
bool sio_arg_binary(const struct sio_event *e, size_t i, str *bytes);

struct sio_namespace_config {
  /* A client asks to connect. The callback, or any thread later, answers with sio_accept or sio_refuse; code that
   * keeps the socket after the callback takes a reference. NULL: everyone is accepted. */
  void (*connect)(sio_socket *s, const struct sio_connect *c, void *user);
  /* Only for accepted sockets. */
  void (*event)(sio_socket *s, const struct sio_event *e, void *user);
  /* Called for each socket of a room to which a packet is sent with SIO_KEPT, from inside the functions that send: the
   * socket gets the packet only if this callback calls sio_offer. NULL: sio_offer is called. */
  void (*kept)(sio_socket *s, str room, sio_packet *p, void *user);
  void (*drained)(sio_socket *s, void *user); /* after sio_wait_drained; never from inside the functions that send */
  /* Called once, last, for every socket that `connect` was called for, accepted or not: free sio_user here. May be called
   * from inside sio_disconnect and sio_refuse, never from inside the functions that send. */
  void (*disconnect)(sio_socket *s, enum sio_reason reason, void *user);
  void *user;
  /* Sends a private id (pid) at CONNECT, which makes clients remember the offset of the last event they saw and reconnect
   * with both. In such a namespace an event without `seq` should not end in a string: clients take a last argument
   * that is a string for an offset. */
  bool recovery;
};

struct sio_config {
  struct eio_config
      eio; /* path: "/socket.io/"; open, message and close are set here; user is passed to the other callbacks */
  int connect_timeout_ms;   /* a session that joins no namespace within this time ends: 45,000 */
  uint32_t sockets_max;     /* namespaces a connection may be in: 8 */
  uint32_t attachments_max; /* 16 */
  uint32_t rooms_max;       /* 64 */
  uint32_t acks_max;        /* pending at the server: 64 */
};

sio_server *sio_server_new(http_server *http, const struct sio_config *config);
/* Before the HTTP server starts. name begins with '/'. The config is copied. */
sio_namespace *sio_namespace_add(sio_server *io, const char *name, const struct sio_namespace_config *config);
/* See eio_route, eio_server_stop, eio_server_free: the same order holds. */
bool sio_route(sio_server *io, http_req *req, struct http_plan *plan);
void sio_server_stop(sio_server *io);
void sio_server_free(sio_server **io);
struct sio_stats {
  struct eio_stats eio;
  int64_t sockets_open, events_in, packets_out, volatile_dropped, parse_errors;
};
void sio_server_stats(const sio_server *io, struct sio_stats *out); /* any thread */

/* ---- packets: encoded once, shared by reference between sockets of both transports. Any thread ---- */
struct sio_message {
  str event;
  str args;
  const str *attachments;
  uint32_t attachments_count; /* at most SIO_ATTACHMENTS_MAX */
  /* Above 0: the event's number in the application's log. It is appended as the last argument, a string, which clients
   * remember as their offset. A socket receives the event only if the number is above all that it received before. */
  int64_t seq;
  int64_t tag; /* the caller's own, see sio_tag; not sent */
};
sio_packet *sio_packet_new(const sio_namespace *nsp, const struct sio_message *m); /* one reference, the caller's */
sio_packet *sio_packet_ref(sio_packet *p);
void sio_packet_unref(sio_packet **p);
int64_t sio_tag(const sio_packet *p);

enum sio_flags {
  SIO_VOLATILE = 1, /* dropped for a socket whose queue is above volatile_max_bytes */
  /* To a room: the namespace's `kept` decides for each socket. The sender can send the packet again later, so a socket
   * without room for it is not ended. */
  SIO_KEPT = 2,
};

/* ---- any thread ---- */
sio_socket *sio_socket_ref(sio_socket *s);
void sio_socket_unref(sio_socket **s);
void sio_emit(sio_socket *s, sio_packet *p, unsigned flags); /* takes its own reference */
/* Sends to all sockets in a room of the namespace, or in the whole namespace if room is STR_NONE; `except` may be NULL. */
void sio_emit_room(sio_namespace *nsp, str room, sio_packet *p, const sio_socket *except, unsigned flags);
/* Answers an event that had an ack id. */
void sio_ack(sio_socket *s, int64_t ack, str args, const str *attachments, uint32_t attachments_count);
/* Sends an event and waits for its acknowledgement. answered is called once, on the loop: with the answer, or NULL
 * after timeout_ms, when the socket has gone, or when acks_max are pending; from inside this call only in the last
 * two cases. When the server has stopped it is called at once, on the caller's thread. */
void sio_emit_ack(sio_socket *s, const struct sio_message *m, int timeout_ms,
                  void (*answered)(void *arg, const struct sio_event *answer), void *arg);
/* A room's name has at most SIO_ROOM_MAX bytes. Joining twice has no effect. A socket may join while its connect is
 * pending: messages to its rooms are held, within the connection's limits, until it is accepted. */
enum { SIO_ROOM_MAX = 128 };
/* False: the socket is in no such room: it has rooms_max of them, has gone, or the name is not allowed. From another thread than
 * the socket's loop the join happens later, and true means that it was sent there. */
bool sio_join(sio_socket *s, str room);
void sio_leave(sio_socket *s, str room);
/* `recovered` tells the client that nothing was lost: its pid stays. Then the packets of `replay` are sent, then what
 * was held for it, except packets that the replay covered: those with seq up to `seq`, which is the last number replayed or
 * known to the client (0: none). So an application joins the rooms, then reads its log, then accepts, without
 * gaps or duplicates. */
struct sio_acceptance {
  bool recovered;
  int64_t seq;
  sio_packet *const *replay;
  size_t replay_count;
};
void sio_accept(sio_socket *s, const struct sio_acceptance *a); /* a may be NULL */
/* CONNECT_ERROR {"message":…,"data":…}; data is JSON text or STR_NONE. */
void sio_refuse(sio_socket *s, str message, str data);
/* Leaves the namespace; close: ends the whole connection. */
void sio_disconnect(sio_socket *s, bool close);
void sio_disconnect_room(sio_namespace *nsp, str room, bool close);

/* ---- on the socket's loop ---- */
void sio_mark_authenticated(sio_socket *s); /* see eio_mark_authenticated */
void sio_set_user(sio_socket *s, void *user);
void *sio_user(const sio_socket *s);
void *sio_data(const sio_socket *s); /* from eio.allow; NULL when the socket has gone */
str sio_id(const sio_socket *s);     /* 20 characters; any thread */
str sio_address(const sio_socket *s);
sio_namespace *sio_namespace_of(const sio_socket *s); /* any thread */
net_loop *sio_loop(const sio_socket *s);              /* any thread */
size_t sio_queued_bytes(const sio_socket *s);
/* Queues a packet of one frame, without `seq`. False: the queue has no room for it and is unchanged. */
bool sio_offer(sio_socket *s, sio_packet *p);
/* Calls `drained` once, in a later turn, as soon as at most below_bytes are queued for the connection. */
void sio_wait_drained(sio_socket *s, size_t below_bytes);

#endif
