/* Collects every shape and enumeration used by the routes' tables, each once. The contract, the OpenAPI document and
 * the readable page are printed from it. */
#ifndef SB_APP_CATALOGUE_H
#define SB_APP_CATALOGUE_H

#include "app/router.h"

enum { CATALOGUE_MAX = 256 };

struct catalogue {
  const struct json_shape *shapes[CATALOGUE_MAX]; /* a shape comes after the shapes it uses */
  bool exact[CATALOGUE_MAX]; /* it is part of a request that is exact (route_is_exact), directly or nested */
  bool open[CATALOGUE_MAX];  /* it is part of another request, or of a form, whose files are beside it */
  size_t shape_count;
  const struct json_enum *enums[CATALOGUE_MAX];
  size_t enum_count;
};

/* Asserts that each name belongs to one shape, since documents refer to shapes by name. */
void catalogue_collect(const struct route_table *const *tables, struct catalogue *out);
/* Adds the shapes of /ws frames. */
void catalogue_add_events(struct catalogue *out);

#endif
