/* What the sender knows of the outbox: one lane a recipient, in each the next rows in order of id. Plain bookkeeping,
 * bounded: a lane holds its first ROWS_MAX rows and remembers that there are more; recipients beyond LANES_MAX wait until
 * others are done. The sender's thread only. */
#ifndef SB_EDGE_TELEGRAM_TG_LANE_H
#define SB_EDGE_TELEGRAM_TG_LANE_H

#include "edge/telegram/out/tg_pace.h"

enum { TG_LANE_ROWS_MAX = 32, TG_LANES_MAX = 10000, TG_LANE_BUCKETS = 4096, TG_ALBUM_MAX = 10 };

struct tg_row {
  int64_t id, message_id, attempts, due_ms; /* due_ms: steady, so that a clock that is set stops nothing */
  bool plain;                               /* may go into an album with others */
};

struct tg_lane {
  struct tg_lane *chain, *before, *behind;
  char *key;
  uint64_t hash;
  struct tg_bucket bucket;
  int64_t pause_until_ms; /* steady time */
  bool busy;              /* its head is on its way */
  bool more;              /* the database has rows that are not here */
  bool upload;            /* Telegram did not know a file_id: the next try sends the bytes */
  bool staff;             /* of the staff's group */
  int shut;               /* how often in a row the group took nothing */
  size_t count, room;
  struct tg_row *rows; /* by id */
};

struct tg_lanes {
  struct tg_lane *buckets[TG_LANE_BUCKETS];
  struct tg_lane *first, *last;
  size_t count, rows;
};

void tg_lanes_free(struct tg_lanes *l);
/* Finds or makes; NULL when there are too many. */
struct tg_lane *tg_lanes_open(struct tg_lanes *l, str key);
void tg_lanes_close(struct tg_lanes *l, struct tg_lane **lane);
/* To the end of the list: it has had its turn. */
void tg_lanes_rotate(struct tg_lanes *l, struct tg_lane *lane);
/* A row that is known already is left as it is. */
void tg_lane_add(struct tg_lanes *l, struct tg_lane *lane, const struct tg_row *row);
struct tg_row *tg_lane_row(struct tg_lane *lane, int64_t id);
void tg_lane_remove(struct tg_lanes *l, struct tg_lane *lane, int64_t id);

#endif
