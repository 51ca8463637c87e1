/* Bounds that several parts share; the rows are spec/limits.tbl. */
#ifndef SB_BASE_LIMITS_H
#define SB_BASE_LIMITS_H

enum {
#define LIMIT(name, value, unit) LIMIT_##name = (value),
#include "spec/limits.tbl"
#undef LIMIT
};

#endif
