/* Apps as a channel of the desk: their messages arrive over HTTP, answers are delivered through history, and push
 * messages through Firebase.
 *
 * An answer counts as delivered when it is committed, since the app then finds it in its history. So a row of the outbox
 * is taken, added to the devices' push queue and finished in one transaction. Push messages that cannot be sent wait in
 * their own queue and do not affect the message.
 *
 * `auth` decides who may call: anyone, callers with the app's key, or each user for themselves by a signature of their
 * id; in the last mode no user can read another's history or files. The key and the signing secret are generated on the
 * first start, stored sealed, and shown to administrators. Web chat visitors who have not signed in have ids in a
 * namespace of their own, which only this server generates, each with a secret; the app's key gives no access to them.
 *
 * Limits: user ids of 128 bytes, LIMIT_PHOTOS_MAX photos of LIMIT_PHOTO_MAX_BYTES, 20 devices per user, rates by user and
 * by address (spec/rates.tbl). Nodes: any node serves the API and sends push messages; each push is a job that one node
 * leases. */
#ifndef SB_EDGE_MOBILE_MOBILE_H
#define SB_EDGE_MOBILE_MOBILE_H

#include "desk/desk.h"
#include "desk/file/file.h"
#include "net/http.h"
#include "net/http_client.h"

struct route_table;
struct bus_event;
struct sio_server;
struct mobile;

/* Chats of one Socket.IO connection. It may be in one room more, which a change of the app's key closes. */
enum { MOBILE_CHATS_MAX = 64, MOBILE_SOCKET_ROOMS_MAX = MOBILE_CHATS_MAX + 1 };

enum mobile_auth { MOBILE_OPEN, MOBILE_KEY, MOBILE_SIGNED }; /* in the order of config.tbl */

struct mobile_config {
  struct desk *desk;
  http_client *client; /* outlives the mobile */
  enum mobile_auth auth;
  bool visitors; /* the web chat accepts visitors who have not signed in */
  struct file_quota quota;
  const char *app_key, *signing_secret; /* NULL or "": generated and stored */
  const char *fcm_account_path;         /* NULL or "": no push */
  const char *fcm_endpoint, *push_title;
  struct sio_server *io; /* outlives the mobile; NULL: no live side */
  net_pool *pool;        /* of the HTTP server */
};

struct mobile *mobile_new(const struct mobile_config *config);
/* Reads or generates the keys and starts; does not wait for the network. desk->edges[CHANNEL_MOBILE] must be the mobile
 * by then. */
err mobile_start(struct mobile *m);
/* Ends the sender and the push messages in flight, within grace_ms. */
void mobile_stop(struct mobile *m, int grace_ms);
/* After mobile_stop and after the HTTP server has stopped. */
void mobile_free(struct mobile **m);
/* The apps' part of struct bus_config.publish: sends messages to the sockets of their users. */
void mobile_publish(struct mobile *m, const struct bus_event *events, size_t count);
/* The apps' part of struct desk.broadcast: sends an operator's typing to the customer's sockets. Any thread. */
void mobile_broadcast(struct mobile *m, int event_type, const void *data);
/* struct eio_config.allow and free_data, with the desk as their user: a handshake's credentials are stored for its joins.
 * False: too many from this address. */
bool mobile_socket_allow(http_req *req, void *user, void **data);
void mobile_socket_free_data(void *data);
/* Outcomes of push messages; zeros if push is off. */
struct push_stats;
void mobile_push_stats(const struct mobile *m, struct push_stats *out);
/* Something may have been queued; any thread, cheap. */
void mobile_wake(void *mobile);

extern const struct route_table mobile_routes, mobile_send_routes, mobile_panel_routes;

#endif
