/* Routes are data: each slice's *_http.c exports one table, app/ lists the tables, and tests, the limits and the
 * OpenAPI document are made from the rows. Only *_http.c files of the desk include this. */
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
  GUARD_CHANNEL, /* a channel's own clients: its handler asks for what the channel asks for; called from any origin */
  GUARD_SESSION, /* anyone signed in, even one who must change the password first */
  GUARD_ROLE,    /* signed in, password settled, and the role has the row's permission */
};

/* One request on its way through a handler. Everything in it lives as long as the request. */
struct call {
  http_req *req;
  arena *arena;
  struct desk *desk;
  const struct route *route;
  struct operator_row me; /* the signed-in operator; id 0 on a public route */
  int64_t session_id;     /* 0 for a bearer token */
  int64_t id;             /* of ":id" in the path */
  str word;               /* of ":word" in the path */
  const void *head;       /* what the route's at_head has found out */
  bool has_body;          /* the head promises one */
  bool proven;            /* by a credential in the head; an at_head sets it, for an operator the dispatcher */
  const void *body;       /* decoded by the route's `in` shape; NULL when it has none or the body is multipart */
  uint64_t present;       /* which fields of it were given */
};

/* A parameter of the query. The row checks it before the handler runs and prints its schema. An empty one counts as not
 * given, but an empty number is none. */
enum query_type {
  QUERY_TEXT,   /* UTF-8; max: code points, 0 for no bound */
  QUERY_INT,    /* from min to max */
  QUERY_WORD,   /* one of `words` */
  QUERY_ID,     /* a positive number or one of `words` */
  QUERY_CURSOR, /* what cursor_make made */
};
struct route_query {
  const char *name, *doc;
  enum query_type type;
  int64_t min, max, fallback;
  const char *const *words; /* ended by a NULL */
  const char *handler_rule; /* as in struct json_field */
};

/* A set of refusals, for a route's row: FAILS(CONFLICT) | FAILS(WEAK_PASSWORD). */
#define FAILS(name) (UINT64_C(1) << ERR_##name)
_Static_assert(ERR_COUNT <= 64, "a set of refusals has 64 bits");

struct route {
  enum http_method method;
  const char *path; /* "/api/conversations/:id/take"; ":id" is a positive integer, ":word" one segment */
  enum route_guard guard;
  enum permission permission; /* for GUARD_ROLE */
  enum rate_class rate;
  enum http_body body;
  bool hashes;           /* hashes passwords, some 60 ms: the handler runs on a thread of its own, see access_queue.h */
  size_t body_max_bytes; /* 0: LIMIT_JSON_BODY_MAX */
  const struct json_shape *in;  /* NULL: no JSON body is read */
  bool in_optional;             /* an empty body is as good as {} */
  const struct json_shape *out; /* of a 2xx answer; NULL: none, or not JSON */
  bool out_list;                /* {"data":[out],"next_cursor":…} */
  int status;                   /* of success */
  int repeat_status;            /* of success where the same was done before; 0: no other */
  bool sends_file;              /* success is a file's bytes, so 206, 304 and 416 are answered too */
  uint64_t fails;               /* what the handler and at_head refuse with, beside what route_fails adds */
  /* For GUARD_PUBLIC and GUARD_CHANNEL: what the head alone can refuse, before a byte of the body is taken, and once more
   * when the body has come. On the loop or a worker; must not block. NULL: nothing. */
  err (*at_head)(struct call *c);
  void (*handler)(struct call *c);
  const struct route_query *query; /* ended by a NULL name; may be NULL */
  int word_max;                    /* bytes that ":word" may have; 0: no bound of its own */
  bool plain_errors;               /* refusals as {"error":"a sentence"}, for the app family */
  bool camel;                      /* names in camelCase, for the task family */
  const char *doc;                 /* one sentence */
};

struct route_table {
  const struct route *routes;
  size_t count;
};
#define ROUTE_TABLE(id, array) const struct route_table id = {array, sizeof(array) / sizeof((array)[0])}

/* Every refusal that a call of this route can get: its row's, and those that its guard, path, query and shape imply. The
 * OpenAPI document lists them. */
uint64_t route_fails(const struct route *r);

/* ---- answering: each ends the call ---- */
/* A refusal that is not of route_fails is answered all the same, and logged as an error: its row lacks it. */
void call_fail(struct call *c, err e);
void call_reply(struct call *c, int status, const struct json_shape *shape, const void *value);
void call_reply_list(struct call *c, const struct json_shape *shape, const void *items, size_t count, str next_cursor);
void call_reply_json(struct call *c, int status, buf *json); /* takes the buf */
void call_reply_empty(struct call *c, int status);

/* ---- the rest ---- */
/* After an operator's role, activity or password changed: what is cached of them is forgotten. (Here, so that the
 * operator slice needs not know the access slice, which stands on it.) */
void call_forget_operator(struct call *c, int64_t operator_id);

/* ---- reading ---- */
/* Whether the query is as the route's rows say; done for every call before its handler. ERR_INVALID_FIELD. */
err call_check_query(struct call *c);
/* Of a row of the route's query: the text, STR_NONE when it is absent or empty; the number, or the row's fallback. */
str call_query(struct call *c, const char *name);
int64_t call_query_int(struct call *c, const char *name);
/* Opaque page cursors over up to two numbers. */
#define CURSOR_PATTERN "^[0-9a-f]{1,16}[.][0-9a-f]{1,16}$"
str cursor_make(arena *a, int64_t x, int64_t y);
bool cursor_read(str cursor, int64_t *x, int64_t *y);

#endif
