/* The process: its parts, shared by its own files. The desk is the first member, so that a handler of the app's own
 * routes finds the app from its call. Set up in wiring.c before any thread starts, unchanged while threads run. */
#ifndef SB_APP_APP_H
#define SB_APP_APP_H

#include "app/router.h"
#include "base/config.h"
#include "desk/desk.h"
#include "desk/job/job.h"
#include "net/addr.h"
#include "net/http.h"
#include "net/loop.h"

#define APP_VERSION "0.1.0"

enum { APP_STORING_OPERATORS, APP_STORING_STRANGERS, APP_STORING_LANES };

struct app {
  struct desk desk; /* first: see app_of */
  config *config;
  arena *arena; /* texts valid as long as the app */
  struct router *router;
  http_server *server;
  struct jobs *jobs;
  struct http_client *client;
  struct telegram *telegram;
  struct mobile *mobile;
  struct sio_server *io; /* /socket.io/ */
  /* Where requests with files run: hashing, syncing and converting take seconds, for which no other request waits, and no
   * operator's upload for a stranger's. NULL: with the others. */
  net_pool *storing[APP_STORING_LANES];
  bool serving;           /* the loops run */
  const char *node_queue; /* the queue of this node's own jobs */
  const char *database_url, *data_dir, *files_dir, *public_url, *spool_dir;
  unsigned char secret_key[32];
  str first_login,
      first_password;     /* of the administrator created at this start; absent: none, or the password was configured */
  bool https;             /* PUBLIC_URL says so */
  bool is_public;         /* PUBLIC_URL is set and does not name this machine */
  bool any_origin;        /* ALLOWED_ORIGINS has "*" */
  bool any_widget_origin; /* WIDGET_ORIGINS has "*" or is empty */
  int locks[4];           /* descriptors of locked files; 0: none */
  bool accept_new_key, accept_empty_database; /* from the command line */
  bool only_looks;                            /* for doctor: changes nothing */
  struct net_blocks metrics_allow, trusted_proxies;
  struct health *health;
  struct proxies *proxies; /* untrusted proxies seen; NULL: detection is off */
  int64_t started_ms, started_us;
};

static inline struct app *app_of(struct call *c) { return (struct app *)(void *)c->desk; }

/* ---- dispatch.c ---- */
/* struct http_config.route, user: the app. */
void dispatch_route(http_req *req, struct http_plan *plan, void *app);
/* Whether a page of this origin may use the API of a channel's clients: routes with GUARD_CHANNEL and Socket.IO. */
bool dispatch_channel_origin(http_req *req, str origin, void *app);

/* ---- front.c: the embedded panel ---- */
/* Answers a GET or HEAD without a route if the panel has a file for the path; else false. On the loop. */
bool front_reply(http_req *req);
bool front_has(str path);
/* How other sites may use a path: not at all; as a script; in a frame. */
enum front_use { FRONT_OURS, FRONT_SCRIPT, FRONT_FRAME };
enum front_use front_use_of(str path);

/* ---- health.c, metrics.c, openapi.c, docs.c: routes of the process itself ---- */
extern const struct route_table health_routes, metrics_routes, openapi_routes, docs_routes;
struct health *health_new(void);
void health_free(struct health **h);
void openapi_print(buf *out, const char *version);
void contract_print(buf *out);

/* ---- setup.c: the first steps of serve, migrate, admin and doctor ---- */
/* Reads the environment and .env; prints an error to stderr and returns false. */
bool setup_config(struct app *app);
/* DATA_DIR and the files' folder (0700). */
err setup_data_dir(struct app *app);
/* Retries an unreachable database, with a message, until it responds. Call it before signals are blocked. */
err setup_migrate(struct app *app, bool quiet);
/* Opens the database and sets up the key; with only_looks changes nothing. */
err setup_open(struct app *app);
/* Opens the object store if one is configured; asks it nothing. */
void setup_store(struct app *app);
void setup_free(struct app *app);
/* Prints to stdout in a frame, so that it stands out from the log. whose: "The first administrator". */
void setup_print_password(const struct app *app, const char *whose, str login, str password);

/* ---- guard.c: refusing to start where data would be lost ---- */
/* Locks the data folder, the file folder and, with SQLite, the database for this process until guard_unlock or its
 * end; ERR_CONFLICT with a sentence when another process holds one. Read-only commands need no lock. */
err guard_lock(struct app *app);
void guard_unlock(struct app *app);
enum guard_key { GUARD_KEY_NONE, GUARD_KEY_GIVEN /* SECRET_KEY */, GUARD_KEY_FILE /* DATA_DIR/secret.key */ };
/* Reads the key into app->secret_key, if there is one. */
err guard_read_key(struct app *app, enum guard_key *source);
/* The same, and creates the file when there is no key. ERR_CONFLICT, explained on stderr, if it is another key than
 * this desk has worked with (unless accept_new_key), or if the database is empty beside an earlier desk's key or
 * files (unless accept_empty_database). The database must be open. */
err guard_settle_key(struct app *app);
/* Names, for people, what is lost with the present key: sealed values, and what the former key signed. */
err guard_lost_values(struct app *app, str *names, size_t max, size_t *count);
str guard_name_of(str setting);

/* ---- proxy.c: untrusted proxies in front ---- */
struct proxies *proxies_new(void);
void proxies_free(struct proxies **p);
/* Whether a Host header or the host of an address names this machine itself: localhost or a loopback address. */
bool proxies_host_is_local(str host_and_port);
/* Logs the request's peer once if it is such a proxy. Any thread. */
void proxies_notice(struct app *app, http_req *req);
/* At the start: clears the notes of an earlier run, which may be fixed by now. */
err proxies_forget(struct app *app);
/* The addresses, separated by spaces, that the last server run noted; "silent:" precedes the address of a proxy that
 * does not name its clients. Absent: none. */
#define PROXIES_SILENT SETTING_PROXY_SILENT
err proxies_noted(db_conn *c, arena *a, str *out);

/* ---- wiring.c ---- */
struct serve_options {
  bool accept_new_key, accept_empty_database;
};
int serve_run(const struct serve_options *options);

/* ---- doctor.c ---- */
int doctor_run(bool repairs);

/* ---- storage.c ---- */
/* The desk is open. Returns the exit code; -1: these are no two homes. */
int storage_move(struct app *app, const char *from, const char *to);

/* ---- node.c ---- */
/* Sets desk.holder and node_queue. The data folder is locked. */
err node_settle(struct app *app);

/* ---- jobs.c: the program's maintenance jobs ---- */
struct jobs *jobs_new(struct app *app);
err jobs_start(struct jobs *j);
void jobs_wake(struct jobs *j); /* any thread; cheap */
void jobs_stop(struct jobs *j); /* NULL is allowed */
void jobs_free(struct jobs **j);
bool jobs_run(enum job_kind kind); /* has a handler here; the other kinds have consumers of their own */
err jobs_round(struct jobs *j);    /* runs the due jobs on the calling thread; for tests */

#endif
