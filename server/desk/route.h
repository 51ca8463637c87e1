/* Routes are data: each slice's *_http.c exports one table, app/ lists the tables; tests, limits and the
 * OpenAPI document are generated from the rows. Only *_http.c files of the desk include this. */
#ifndef SB_DESK_ROUTE_H
#define SB_DESK_ROUTE_H

#include "base/json.h"
#include "desk/access/access.h"
#include "desk/desk.h"
#include "net/http.h"

enum rate_class {
#define RATE(name, key, burst, per_minute) RATE_##name,
#include "spec/rates.tbl"
#undef RATE
  RATE_CLASSES
};

enum route_guard {
  GUARD_PUBLIC,  /* anyone */
  GUARD_CHANNEL, /* a channel's own clients: at_head or the handler authenticates; allowed from any origin */
  GUARD_SESSION, /* anyone signed in, even one who must change the password first */
  GUARD_ROLE,    /* signed in, without a pending password change, and the role has the row's permission: see `own` */
};

/* One request in a handler. Everything in it is valid as long as the request. */
struct call {
  http_req *req;
  arena *arena;
  struct desk *desk;
  const struct route *route;
  struct operator_row me; /* the signed-in operator; id 0 on a public route */
  int64_t session_id;     /* 0 for a bearer token */
  int64_t id;             /* of ":id" in the path */
  str word;               /* of ":word" in the path */
  const void *head;       /* the result of the route's at_head */
  bool has_body;          /* the head announces a body */
  bool proven; /* authenticated by a credential in the head; set by at_head or, for an operator, by the dispatcher */
  const void *body; /* decoded by the route's `in` shape; NULL when it has none or the body is multipart */
  uint64_t present; /* which fields of the body were given */
};

/* A parameter of the query. The row checks it before the handler runs and prints its schema. An empty value counts
 * as not given, but an empty number is an error. */
enum query_type {
  QUERY_TEXT,   /* UTF-8; max: code points, 0 for no limit */
  QUERY_INT,    /* from min to max */
  QUERY_WORD,   /* one of `words` */
  QUERY_ID,     /* a positive number or one of `words` */
  QUERY_CURSOR, /* a result of cursor_make */
};
struct route_query {
  const char *name, *doc;
  enum query_type type;
  int64_t min, max, fallback;
  const char *const *words; /* ended by a NULL */
  const char *handler_rule; /* as in struct json_field */
};

/* A set of errors, for a route's row: FAILS(CONFLICT) | FAILS(WEAK_PASSWORD). */
#define FAILS(name) (UINT64_C(1) << ERR_##name)
_Static_assert(ERR_COUNT <= 64, "a set of errors has 64 bits");

struct route {
  enum http_method method;
  const char *path; /* "/api/conversations/:id/take"; ":id" is a positive integer, ":word" one segment */
  enum route_guard guard;
  enum permission permission; /* for GUARD_ROLE */
  enum rate_class rate;
  enum http_body body;
  /* The permission on one's own subjects suffices (REACH_OWN): the handler asks may() about the subject, or answers only
   * what the caller's reach covers. Else the role must have it on all subjects. */
  bool own;
  bool hashes;           /* hashes passwords, about 60 ms: the handler runs on a separate thread, see access_queue.h */
  size_t body_max_bytes; /* 0: LIMIT_JSON_BODY_MAX */
  size_t memory_max_bytes;      /* of a form's fields together, or of a body that is no form; 0: LIMIT_JSON_BODY_MAX */
  const struct json_shape *in;  /* NULL: no JSON body is read */
  bool in_optional;             /* an empty body counts as {} */
  bool lenient;                 /* ignores fields that `in` does not have; see route_is_exact */
  const struct json_shape *out; /* of a 2xx response; NULL: none, or not JSON */
  bool out_list;                /* {"data":[out],"next_cursor":…} */
  int status;                   /* of success */
  int repeat_status;            /* of success for a repeated request; 0: the same */
  bool sends_file;              /* success is a file's bytes, so 206, 304 and 416 are possible too */
  uint64_t fails;               /* errors of the handler and at_head, besides those that route_fails adds */
  /* For GUARD_PUBLIC and GUARD_CHANNEL: checks on the head, before a byte of the body is read, and again
   * when the body has arrived. On the loop or a worker; must not block. NULL: nothing. */
  err (*at_head)(struct call *c);
  void (*handler)(struct call *c);
  const struct route_query *query; /* ended by a NULL name; may be NULL */
  int word_max;                    /* maximum bytes of ":word"; 0: no limit of its own */
  bool plain_errors;               /* errors as {"error":"a sentence"}, for the apps' API */
  bool camel;                      /* names in camelCase, for clients that expect it */
  const char *doc;                 /* one sentence */
};

struct route_table {
  const struct route *routes;
  size_t count;
};
#define ROUTE_TABLE(id, array) const struct route_table id = {array, sizeof(array) / sizeof((array)[0])}

/* Every error that a call of this route can get: its row's, and those that its guard, path, query and shape imply. The
 * OpenAPI document lists them. */
uint64_t route_fails(const struct route *r);
/* Whether a body with a field that `in` does not have is refused, with the field's name: a misspelt field must not count as
 * absent. The exceptions, for older clients that send other fields: the apps' API (GUARD_CHANNEL) and rows with `lenient`. */
static inline bool route_is_exact(const struct route *r) { return r->in && r->guard != GUARD_CHANNEL && !r->lenient; }

/* ---- answering: each ends the call ---- */
/* An error that is not in route_fails is still sent, and logged because its row lacks it. */
void call_fail(struct call *c, err e);
void call_reply(struct call *c, int status, const struct json_shape *shape, const void *value);
void call_reply_list(struct call *c, const struct json_shape *shape, const void *items, size_t count, str next_cursor);
void call_reply_json(struct call *c, int status, buf *json); /* takes the buf */
void call_reply_empty(struct call *c, int status);

/* ---- lists in order of falling ids ---- */
/* Rows for the route's query. */
#define ROUTE_PAGE_QUERY                                                               \
  {"cursor", "next_cursor of the previous page", QUERY_CURSOR}, {                      \
    "limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT \
  }
struct call_page {
  struct call *call;
  int64_t before; /* INT64_MAX: from the newest */
  size_t limit;   /* the most to read: one more than the client gets */
  void *items;    /* what was read: an array of the shape's struct, which begins with `int64_t id` */
  size_t count;
};
/* Reads a page and answers with it. The shape's first field is `id`, at the start of its struct: the cursor is read there. */
void call_reply_page(struct call *c, const struct json_shape *shape, err (*read)(db_conn *c, struct call_page *page));

/* ---- the rest ---- */
/* After an operator's role, activity or password changed: clears the cached identity. (Here, so that the
 * operator slice does not depend on the access slice, which uses it.) */
void call_forget_operator(struct call *c, int64_t operator_id);

/* On which subjects the caller has the route's permission. */
enum reach call_reach(const struct call *c);

/* ---- reading ---- */
/* Checks the query against the route's rows; done for every call before its handler. ERR_INVALID_FIELD. */
err call_check_query(struct call *c);
/* The value of a query row: the text, STR_NONE if absent or empty; the number, or the row's fallback. */
str call_query(struct call *c, const char *name);
int64_t call_query_int(struct call *c, const char *name);
/* Opaque page cursors over up to two numbers. */
#define CURSOR_PATTERN "^[0-9a-f]{1,16}[.][0-9a-f]{1,16}$"
str cursor_make(arena *a, int64_t x, int64_t y);
bool cursor_read(str cursor, int64_t *x, int64_t *y);

#endif
