/* The process: what it is made of, and what its own files share. The desk comes first in it, so that a handler of the
 * app's own routes finds the app by its call. Made in wiring.c before any thread, unchanged while threads run. */
#ifndef SB_APP_APP_H
#define SB_APP_APP_H

#include "app/router.h"
#include "base/config.h"
#include "desk/desk.h"
#include "net/addr.h"
#include "net/http.h"

#define APP_VERSION "0.1.0"

struct app {
  struct desk desk; /* first: see app_of */
  config *config;
  arena *arena; /* texts that live as long as the app */
  struct router *router;
  http_server *server;
  struct jobs *jobs;
  struct http_client *client;
  struct telegram *telegram;
  struct mobile *mobile;
  struct sio_server *io;  /* /socket.io/ */
  bool serving;           /* the loops run */
  const char *node_queue; /* of this node's own jobs */
  const char *database_url, *data_dir, *files_dir, *public_url, *spool_dir;
  unsigned char secret_key[32];
  str first_login,
      first_password;     /* of the administrator that this start has made; absent: none, or a given password */
  bool https;             /* PUBLIC_URL says so */
  bool is_public;         /* PUBLIC_URL is given, and does not name this machine itself */
  bool any_origin;        /* ALLOWED_ORIGINS has "*" */
  bool any_widget_origin; /* WIDGET_ORIGINS has "*" or is empty */
  int locks[4];           /* files held locked; 0: none */
  bool accept_new_key, accept_empty_database; /* from the command line */
  bool only_looks;                            /* doctor: changes nothing */
  struct net_blocks metrics_allow, trusted_proxies;
  struct health *health;
  struct proxies *proxies; /* that are not trusted; NULL: not looked for */
  int64_t started_ms, started_us;
};

static inline struct app *app_of(struct call *c) { return (struct app *)(void *)c->desk; }

/* ---- dispatch.c ---- */
/* struct http_config.route, with the app as user. */
void dispatch_route(http_req *req, struct http_plan *plan, void *app);
/* Whether a page of this origin may call what a channel's own clients call: routes with GUARD_CHANNEL and Socket.IO. */
bool dispatch_channel_origin(http_req *req, str origin, void *app);

/* ---- front.c: the embedded panel ---- */
/* Answers a GET or HEAD that no route took, when the panel has something there; else false. On the loop. */
bool front_reply(http_req *req);
bool front_has(str path);
/* What other sites may do with a path: nothing; include it as a script; show it in a frame. */
enum front_use { FRONT_OURS, FRONT_SCRIPT, FRONT_FRAME };
enum front_use front_use_of(str path);

/* ---- health.c, metrics.c, openapi.c, docs.c: routes of the process itself ---- */
extern const struct route_table health_routes, metrics_routes, openapi_routes, docs_routes;
struct health *health_new(void);
void health_free(struct health **h);
void openapi_print(buf *out, const char *version);
void contract_print(buf *out);

/* ---- setup.c: what serve, migrate, admin and doctor begin with ---- */
/* Reads the environment and .env; on an error says so on stderr and returns false. */
bool setup_config(struct app *app);
/* DATA_DIR and the files' folder (0700). */
err setup_data_dir(struct app *app);
/* Retries an unreachable database, saying so, until it answers. Before signals are blocked. */
err setup_migrate(struct app *app, bool quiet);
/* Opens the database and settles the key; with only_looks changes nothing. */
err setup_open(struct app *app);
void setup_free(struct app *app);
/* To stdout in a frame of its own, so that it is not lost among the lines of the log. whose: "The first administrator". */
void setup_print_password(const struct app *app, const char *whose, str login, str password);

/* ---- guard.c: what a start refuses rather than lose something ---- */
/* Makes this process the only one on the data folder, the file folder and, with SQLite, the database, until
 * guard_unlock or its end; ERR_CONFLICT with a sentence when another one has it. Looking needs no lock. */
err guard_lock(struct app *app);
void guard_unlock(struct app *app);
enum guard_key { GUARD_KEY_NONE, GUARD_KEY_GIVEN /* SECRET_KEY */, GUARD_KEY_FILE /* DATA_DIR/secret.key */ };
/* Into app->secret_key, when there is one. */
err guard_read_key(struct app *app, enum guard_key *source);
/* The same, and makes the file when there is no key. ERR_CONFLICT, told at length on stderr, when it is
 * another key than this desk has worked with (unless accept_new_key), or when the database is empty beside an earlier desk's key or files (unless
 * accept_empty_database). The database is open. */
err guard_settle_key(struct app *app);
/* In people's words, what is lost with the present key: sealed values, and what the former key made. */
err guard_lost_values(struct app *app, str *names, size_t max, size_t *count);
str guard_name_of(str setting);

/* ---- proxy.c: proxies in front that are not trusted ---- */
struct proxies *proxies_new(void);
void proxies_free(struct proxies **p);
/* Whether a Host header or the host of an address names this machine itself: localhost or a loopback address. */
bool proxies_host_is_local(str host_and_port);
/* Names the request's peer once in the log when it is such a proxy. Any thread. */
void proxies_notice(struct app *app, http_req *req);
/* At the start: what an earlier run has noted may be mended by now. */
err proxies_forget(struct app *app);
/* Addresses parted by spaces, as the server that ran last has noted them, after "silent:" that of one that does not say for
 * whom it passes requests on; absent: none. */
#define PROXIES_SILENT SETTING_PROXY_SILENT
err proxies_noted(db_conn *c, arena *a, str *out);

/* ---- wiring.c ---- */
struct serve_options {
  bool accept_new_key, accept_empty_database;
};
int serve_run(const struct serve_options *options);

/* ---- doctor.c ---- */
int doctor_run(void);

/* ---- node.c ---- */
/* Sets desk.holder and node_queue. The data folder is locked. */
err node_settle(struct app *app);

/* ---- jobs.c: the program's own work ---- */
struct jobs *jobs_new(struct app *app);
err jobs_start(struct jobs *j);
void jobs_wake(struct jobs *j); /* any thread; cheap */
void jobs_stop(struct jobs *j); /* NULL is fine */
void jobs_free(struct jobs **j);
err jobs_round(struct jobs *j); /* what is due, once, on the calling thread; for tests */

#endif
