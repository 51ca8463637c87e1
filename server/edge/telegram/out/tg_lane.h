/* The pace of each recipient: when the next message may be sent. A lane exists while one of its messages is being
 * sent or its pace is not at rest, which takes a minute at most; so there are never more lanes than the bot's rate
 * allows in that time. Used by the sender's thread only. */
#ifndef SB_EDGE_TELEGRAM_TG_LANE_H
#define SB_EDGE_TELEGRAM_TG_LANE_H

#include "edge/telegram/out/tg_pace.h"

enum { TG_LANE_BUCKETS = 1024 };

struct tg_lane {
  struct tg_lane *chain, *before, *behind;
  char *key;
  uint64_t hash;
  struct tg_bucket bucket;
  bool busy;  /* one of its messages is being sent */
  bool staff; /* a lane to the staff group; their common bucket is that of OUTBOX_STAFF_LANE */
  bool aside; /* beside a recipient's own lane, in the pace of that */
  int shut;   /* consecutive refusals by the group */
};

struct tg_lanes {
  struct tg_lane *buckets[TG_LANE_BUCKETS];
  struct tg_lane *first;
  size_t count;
};

void tg_lanes_free(struct tg_lanes *l);
/* Finds or creates. */
struct tg_lane *tg_lanes_open(struct tg_lanes *l, str key);
void tg_lanes_close(struct tg_lanes *l, struct tg_lane **lane);
const struct tg_rate *tg_lane_rate(const struct tg_lane *lane);
/* What a lane must leave for its recipient's own messages, in the pace of a chat: a message aside goes only if more are left. */
enum { TG_LANE_RESERVE = 2 };
/* The lane whose bucket paces this one. */
struct tg_lane *tg_lanes_pacer(struct tg_lanes *l, struct tg_lane *lane);
/* Nothing is being sent, and the state equals a new lane's. */
bool tg_lane_is_at_rest(const struct tg_lane *lane, int64_t now_ms);

#endif
