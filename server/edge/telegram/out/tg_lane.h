/* The pace of each recipient: how soon the next message may leave. A lane is known while something of it is on its way or
 * its pace is not back at rest, which takes a minute at most; so there are never more than tg_rate_all lets go in that
 * time. Plain bookkeeping, the sender's thread only. */
#ifndef SB_EDGE_TELEGRAM_TG_LANE_H
#define SB_EDGE_TELEGRAM_TG_LANE_H

#include "edge/telegram/out/tg_pace.h"

enum { TG_LANE_BUCKETS = 1024 };

struct tg_lane {
  struct tg_lane *chain, *before, *behind;
  char *key;
  uint64_t hash;
  struct tg_bucket bucket;
  bool busy;  /* something of it is on its way */
  bool staff; /* of the staff's group */
  int shut;   /* how often in a row the group took nothing */
};

struct tg_lanes {
  struct tg_lane *buckets[TG_LANE_BUCKETS];
  struct tg_lane *first;
  size_t count;
};

void tg_lanes_free(struct tg_lanes *l);
/* Finds or makes. */
struct tg_lane *tg_lanes_open(struct tg_lanes *l, str key);
void tg_lanes_close(struct tg_lanes *l, struct tg_lane **lane);
const struct tg_rate *tg_lane_rate(const struct tg_lane *lane);
/* Nothing is on its way, and a new lane would be the same. */
bool tg_lane_is_at_rest(const struct tg_lane *lane, int64_t now_ms);

#endif
