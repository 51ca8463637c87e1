/* Apps as a channel of the desk: their messages in over HTTP, answers out by history, and push messages by Firebase.
 *
 * An answer has reached the channel when it is committed: the app finds it in its history from then on, so a row of the
 * outbox is taken, given to the devices' push queue and done in one transaction. Push messages that cannot leave wait
 * in their own queue and say nothing about the message.
 *
 * Who may call is `auth`: anyone, who holds the app's key, or each user for themselves by a signature over their id; in
 * the last mode nobody reads another's history or files. The key and the signing secret are made on the first start,
 * kept sealed, and shown to administrators. Visitors of the web chat who have not signed in have ids of a namespace of
 * their own, which only this server makes, each with a secret; the app's key opens none of them.
 *
 * Limits: user ids of 128 bytes, LIMIT_PHOTOS_MAX photos of LIMIT_PHOTO_MAX_BYTES, 20 devices a user, rates by user and
 * by address (spec/rates.tbl). Nodes: any may answer; push messages leave from one. */
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

enum mobile_auth { MOBILE_OPEN, MOBILE_KEY, MOBILE_SIGNED }; /* in the order of config.tbl */

struct mobile_config {
  struct desk *desk;
  http_client *client; /* outlives the mobile */
  enum mobile_auth auth;
  bool visitors; /* the web chat takes those who have not signed in */
  struct file_quota quota;
  const char *app_key, *signing_secret; /* NULL or "": made and kept */
  const char *fcm_account_path;         /* NULL or "": no push */
  const char *fcm_endpoint, *push_title;
  struct sio_server *io; /* outlives the mobile; NULL: no live side */
  net_pool *pool;        /* of the HTTP server */
};

struct mobile *mobile_new(const struct mobile_config *config);
/* Reads or makes the keys and begins; waits for no network. desk->edges[CHANNEL_MOBILE] must be the mobile by then. */
err mobile_start(struct mobile *m);
/* Ends the sender and the push messages on their way, for at most grace_ms. */
void mobile_stop(struct mobile *m, int grace_ms);
/* After mobile_stop and after the HTTP server has stopped. */
void mobile_free(struct mobile **m);
/* struct bus_config.publish's part for apps: messages to the sockets of their users. */
void mobile_publish(struct mobile *m, const struct bus_event *events, size_t count);
/* struct desk.broadcast's part for apps: an operator who types is told to the customer's sockets. Any thread. */
void mobile_broadcast(struct mobile *m, int event_type, const void *data);
/* struct eio_config.allow and free_data, with the desk as their user: what a handshake carries is kept for its joins.
 * False: too many from this address. */
bool mobile_socket_allow(http_req *req, void *user, void **data);
void mobile_socket_free_data(void *data);
/* What became of push messages; zeros where push is off. */
struct push_stats;
void mobile_push_stats(const struct mobile *m, struct push_stats *out);
/* Something was queued; any thread, cheap, may be called in vain. */
void mobile_wake(void *mobile);

extern const struct route_table mobile_routes, mobile_send_routes, mobile_panel_routes;

#endif
