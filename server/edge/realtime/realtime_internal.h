/* Shared by the files of edge/realtime only. */
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
  OWNERS = 256,
  CREDENTIAL_MAX = 1024,
  /* How much of a socket's queue live events may fill. The rest is for replies to the client's frames. */
  LIVE_QUEUE_MAX_BYTES = LIMIT_SOCKET_QUEUE_MAX_BYTES / 8 * 7,
};

enum client_state {
  CLIENT_UNAUTHENTICATED, /* not signed in yet; closed after a few seconds */
  CLIENT_LIVE,            /* gets the hub's events */
  CLIENT_CATCHING_UP,     /* gets durable events from the log until it reaches the hub's position */
};

/* One socket. Belongs to its hub's loop; a job on a worker holds a reference and uses only the fields marked for it. */
struct client {
  struct realtime *realtime;
  struct hub *hub; /* set when the socket opens */
  ws_conn *conn;   /* NULL once closed */
  struct client *next, *previous;
  enum client_state state;
  int refs; /* counted by the loop: running jobs, and 1 while the socket is open */
  int64_t operator_id, session_id;
  int role;                  /* the operator's role at sign-in */
  int64_t sent_seq;          /* the last seq sent to it */
  int64_t replayed;          /* events sent in the current replay */
  bool reading;              /* a worker is reading a chunk for it: only one at a time, however often it asks */
  bool asked;                /* the client requested the replay: send `resumed` at its end */
  uint64_t written_bytes;    /* the socket's counter when the wait for draining began */
  int64_t viewing;           /* conversation, 0: none */
  int64_t wants;             /* the conversation of its last viewing frame, which may still be checked */
  struct asking_ctx *asking; /* frames that are checked one after another, the first by a worker; see socket.c */
  int64_t checked_ms;        /* when its credentials were last checked */
  net_timer *timer;          /* sign-in deadline, pause of a replay, or deadline for progress */
  uint32_t frames_window;    /* frames it sent in this second, for rate limiting */
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
  int64_t seq; /* everything up to it has been sent to the live clients */
  net_timer *checking;
};

struct viewer {
  int64_t operator_id, conversation_id;
  int64_t owner_id; /* the conversation's assignee, as far as the log has been read */
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
  int64_t kept_ms;     /* when leases were last renewed; used by the first hub only */
  atomic_bool keeping; /* a worker is renewing the leases */
  bool settled;        /* used by that worker: the leases of earlier runs of this node have expired */
  struct hub hubs[HUBS_MAX];
  int hub_count;
  atomic_int_fast64_t clients, replays, refetches, published;
  pthread_mutex_t lock;    /* guards what follows */
  uint32_t owners[OWNERS]; /* changes of owners, by conversation_id % OWNERS */
  struct viewer *viewers;  /* one per socket with an open conversation */
  size_t viewer_count, viewer_cap;
  struct online *online;
  size_t online_count, online_cap;
};

/* ---- this room's own events: see spec/events.tbl; the shapes are in realtime_event.c ---- */
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

/* The files; each uses only those named before it. */

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
/* For a live client whose queue has no room for the next event: what follows sent_seq is read from the log when the
 * client has read its queue. The client does not notice, since events still arrive in order. */
void client_fall_behind(struct client *c);
void client_drained(ws_conn *conn); /* struct ws_config.drained */
void client_refetch(struct client *c, const char *reason);

/* hub.c */
struct hub *hub_of(struct realtime *r, net_loop *loop);
/* Posts the events with their frames to each loop, in order. Any thread; the caller keeps its references. */
void hubs_send(struct realtime *r, const struct bus_event *events, ws_frame **frames, size_t count);

/* presence.c, on the loop */
/* False when the operator has too many sockets. */
bool presence_join(struct client *c);
void presence_leave(struct client *c);
/* How often the conversation, or one that shares its counter, has changed its owner. */
uint32_t presence_owners(struct realtime *r, int64_t conversation_id);
/* about: the conversation with the owner that was read after presence_owners() had returned `owners`. False, and nothing
 * changed, if another owner was published since: read again. */
bool presence_view(struct client *c, const struct subject *about, uint32_t owners);
void presence_view_none(struct client *c);
/* The conversation has another owner: any thread. */
void presence_owner_changed(struct realtime *r, int64_t conversation_id, int64_t owner_id);
/* Sends a new client who views which conversation. */
void presence_send_viewers(struct client *c);
/* Every few seconds: sets operators offline whose last socket closed a while ago or whose lease expired on any node, and
 * renews the leases of the others. */
void presence_expire(struct realtime *r);

/* credentials.c, on the hub's loop */
void client_welcome(struct client *c); /* after authentication: joins, and receives the log's position */
/* Checks the credential on a worker. fresh: the client is not signed in yet, and is then accepted or closed. False when
 * the workers are busy. */
bool client_inspect(struct client *c, bool fresh);
void hub_check_start(struct hub *h);
/* Checks the credentials of an operator's or a session's sockets now; 0 matches none. */
void hub_check(struct hub *h, int64_t operator_id, int64_t session_id);

/* socket.c */
extern const struct ws_config realtime_ws;

#endif
