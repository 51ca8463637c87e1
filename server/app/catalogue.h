/* Every shape and enumeration that the routes' tables lead to, each once: what the contract, the OpenAPI document and
 * the readable page are printed from. */
#ifndef SB_APP_CATALOGUE_H
#define SB_APP_CATALOGUE_H

#include "app/router.h"

enum { CATALOGUE_MAX = 256 };

struct catalogue {
  const struct json_shape *shapes[CATALOGUE_MAX]; /* what a shape is made of comes before it */
  bool taken[CATALOGUE_MAX];                      /* it comes in, alone or in another */
  size_t shape_count;
  const struct json_enum *enums[CATALOGUE_MAX];
  size_t enum_count;
};

/* Asserts that one name is one shape, since names are how documents refer to them. */
void catalogue_collect(const struct route_table *const *tables, struct catalogue *out);
/* What the frames of /ws carry, too. */
void catalogue_add_events(struct catalogue *out);

#endif
