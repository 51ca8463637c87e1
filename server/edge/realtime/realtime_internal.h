/* What the files of edge/realtime share; nobody else includes it. */
#ifndef SB_EDGE_REALTIME_INTERNAL_H
#define SB_EDGE_REALTIME_INTERNAL_H

#include "base/limits.h"
#include "edge/realtime/realtime.h"
#include "net/ws.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
  REALTIME_MAGIC = 0x5254494d,
  HUBS_MAX = 64,
  CREDENTIAL_MAX = 1024,
  /* What live events may fill of a socket's queue. The rest is for answers to what the client says. */
  LIVE_QUEUE_MAX_BYTES = LIMIT_SOCKET_QUEUE_MAX_BYTES / 8 * 7,
};

enum client_state {
  CLIENT_UNAUTHENTICATED, /* has not shown who it is; cut after a few seconds */
  CLIENT_LIVE,            /* gets what the hub is given */
  CLIENT_CATCHING_UP,     /* gets durable events from the log until it stands where the hub stands */
};

/* One socket. Belongs to its hub's loop; a job on a worker holds a reference and touches only the fields marked so. */
struct client {
  struct realtime *realtime;
  struct hub *hub; /* from the moment it is open */
  ws_conn *conn;   /* NULL once closed */
  struct client *next, *previous;
  enum client_state state;
  int refs; /* the loop's own count: jobs that are out, and 1 while the socket lives */
  int64_t operator_id, session_id;
  int role;               /* of the operator, when it was let in */
  int64_t sent_seq;       /* the last seq it has been given */
  int64_t replayed;       /* in the catching up that is going on */
  bool asked;             /* the client asked for it: `resumed` ends it */
  uint64_t written_bytes; /* of the socket, when the wait for it to drain began */
  int64_t viewing;        /* conversation, 0: none */
  int64_t checked_ms;     /* when its credentials were last looked at */
  net_timer *timer;       /* stranger's deadline, or the pause of a replay, or the deadline for progress */
  uint32_t frames_window; /* frames it sent in this second, against floods */
  int64_t window_ms;
  bool by_cookie;
  char *credential; /* session cookie or bearer token; set once */
};

static inline struct actor client_actor(const struct client *c) {
  return (struct actor){.kind = ACTOR_OPERATOR, .role = (enum operator_role)c->role, .id = c->operator_id};
}

struct hub {
  struct realtime *realtime;
  net_loop *loop;
  struct client *clients;
  int64_t seq; /* everything up to it has been given to the live clients */
  net_timer *checking;
};

struct viewer {
  int64_t operator_id, conversation_id;
};

struct online {
  int64_t operator_id;
  int sockets;
  int64_t left_ms; /* when the last one closed */
};

struct realtime {
  uint32_t magic;
  struct desk *desk;
  http_server *server;
  char *allowed_origins;
  int64_t started_ms;
  int64_t kept_ms;     /* when leases were last renewed; the first hub's alone */
  atomic_bool keeping; /* a worker is at it */
  bool settled;        /* that worker's: what earlier runs of this node held has run out */
  struct hub hubs[HUBS_MAX];
  int hub_count;
  atomic_int_fast64_t clients, replays, refetches, published;
  pthread_mutex_t lock;   /* guards the two tables */
  struct viewer *viewers; /* one for each socket that has a conversation open */
  size_t viewer_count, viewer_cap;
  struct online *online;
  size_t online_count, online_cap;
};

/* ---- what this room says of its own: see spec/events.tbl; the shapes are in realtime_event.c ---- */
struct event_connection_established {
  int64_t seq, operator_id, server_time;
};
struct event_resumed {
  int64_t seq, replayed;
};
struct event_refetch {
  int64_t seq;
  str reason;
};
struct event_presence {
  int64_t conversation_id;
  struct json_list operator_ids;
};
struct event_pong {
  int64_t server_time;
};
struct event_error {
  int code; /* enum err_code */
  str message;
};

/* The files, each using only those named before it. */

/* client.c, on the loop */
void client_unref(struct client *c);
/* An ephemeral event to one client. */
void client_send(struct client *c, enum event_type type, const struct json_shape *shape, const void *data);
/* The frame of an event; its data is JSON. */
ws_frame *frame_of(enum event_type type, int64_t seq, str data);
ws_frame *frame_of_value(enum event_type type, const struct json_shape *shape, const void *data);
/* Whether the audience holds the operator, and may() gives the right that the event's type takes. */
bool event_is_for(const struct bus_event *e, const struct actor *who);

/* resume.c, on the loop */
void client_resume(struct client *c, int64_t since);
/* A live client whose queue has no room for the next event: what follows sent_seq comes from the log, once it has read
 * what waits. Nothing is said to the client, to which the events come in order all the same. */
void client_fall_behind(struct client *c);
void client_drained(ws_conn *conn); /* struct ws_config.drained */
void client_refetch(struct client *c, const char *reason);

/* hub.c */
struct hub *hub_of(struct realtime *r, net_loop *loop);
/* Gives each loop the events with their frames, in this order. Any thread; the caller keeps its references. */
void hubs_send(struct realtime *r, const struct bus_event *events, ws_frame **frames, size_t count);

/* presence.c, on the loop */
/* False when the operator has too many sockets. */
bool presence_join(struct client *c);
void presence_leave(struct client *c);
void presence_view(struct client *c, int64_t conversation_id);
/* Tells one newcomer who views what. */
void presence_tell(struct client *c);
/* Every few seconds: operators whose last socket closed a while ago, or whose lease ran out on whatever node, are offline;
 * the leases of the others are renewed. */
void presence_sweep(struct realtime *r);

/* credentials.c, on the hub's loop */
void client_welcome(struct client *c); /* identified: joins, is told where the log stands */
/* Looks the credential up on a worker. fresh: the client is a stranger, who is then let in or shown the door. False when
 * the workers are busy. */
bool client_inspect(struct client *c, bool fresh);
void hub_check_start(struct hub *h);
/* Looks at the credentials of an operator's or a session's sockets now; 0 fits none. */
void hub_check(struct hub *h, int64_t operator_id, int64_t session_id);

/* socket.c */
extern const struct ws_config realtime_ws;

#endif
