/* The list of all slices' routes, and the tree that finds a route by path and method.
 *
 * A segment of a path is a literal, ":id" (a positive integer) or ":word" (anything); a literal takes precedence
 * over ":id", which takes precedence over ":word". Routes with plain_errors are called by other programs, so a
 * trailing slash is accepted, and a final ":word" takes the whole rest of the path, since their ids may contain
 * slashes. Built once at the start and read by all threads; finding allocates nothing. */
#ifndef SB_APP_ROUTER_H
#define SB_APP_ROUTER_H

#include "desk/route.h"

/* Every table of the binary, ended by NULL. */
extern const struct route_table *const route_tables[];

struct router;
/* Asserts that no two routes have the same method and path. */
struct router *router_new(const struct route_table *const *tables);
void router_free(struct router **r);

struct router_match {
  const struct route *route; /* NULL: no route of this method */
  unsigned methods;          /* of all routes of the path; 0: no such path */
  bool plain_errors;         /* the path is a route's with plain errors, or begins like one without a route */
  int64_t id;
  str word;
};
/* HEAD finds the route of GET. */
void router_find(const struct router *r, enum http_method method, str path, struct router_match *out);

/* Walks all routes in the order of the tables. */
size_t router_count(const struct route_table *const *tables);
const struct route *router_at(const struct route_table *const *tables, size_t index);

/* "GET"; NULL for 0. */
const char *router_method_text(unsigned method);
/* The method of this name; 0: unknown. */
enum http_method router_method_named(str name);
/* "GET, HEAD, OPTIONS" for an Allow header. */
str router_allow(arena *a, unsigned methods);

#endif
