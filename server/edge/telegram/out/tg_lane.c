/* See tg_lane.h. */
#include "edge/telegram/out/tg_lane.h"

#include "base/arena.h"
#include "desk/outbox/outbox.h"

static uint64_t hash_of(str key) {
  uint64_t hash = 1469598103934665603u; /* FNV-1a */
  for (size_t i = 0; i < key.len; i++) hash = (hash ^ (unsigned char)key.ptr[i]) * 1099511628211u;
  return hash;
}

static void link_last(struct tg_lanes *l, struct tg_lane *lane) {
  lane->behind = NULL;
  lane->before = l->last;
  *(l->last ? &l->last->behind : &l->first) = lane;
  l->last = lane;
}

static void unlink_lane(struct tg_lanes *l, struct tg_lane *lane) {
  *(lane->before ? &lane->before->behind : &l->first) = lane->behind;
  *(lane->behind ? &lane->behind->before : &l->last) = lane->before;
}

struct tg_lane *tg_lanes_open(struct tg_lanes *l, str key) {
  uint64_t hash = hash_of(key);
  struct tg_lane **bucket = &l->buckets[hash % TG_LANE_BUCKETS];
  for (struct tg_lane *lane = *bucket; lane; lane = lane->chain)
    if (lane->hash == hash && str_eq(str_c(lane->key), key)) return lane;
  if (l->count >= TG_LANES_MAX) return NULL;
  struct tg_lane *lane = mem_alloc(sizeof *lane);
  lane->key = mem_dup_cstr(key);
  lane->hash = hash;
  lane->staff = str_eq(key, OUTBOX_STAFF_LANE);
  lane->chain = *bucket;
  *bucket = lane;
  link_last(l, lane);
  l->count++;
  return lane;
}

void tg_lanes_close(struct tg_lanes *l, struct tg_lane **out) {
  struct tg_lane *lane = *out;
  struct tg_lane **at = &l->buckets[lane->hash % TG_LANE_BUCKETS];
  while (*at != lane) at = &(*at)->chain;
  *at = lane->chain;
  unlink_lane(l, lane);
  l->count--;
  l->rows -= lane->count;
  mem_free(&lane->rows);
  mem_free(&lane->key);
  mem_free(out);
}

void tg_lanes_free(struct tg_lanes *l) {
  while (l->first) {
    struct tg_lane *lane = l->first;
    tg_lanes_close(l, &lane);
  }
}

void tg_lanes_rotate(struct tg_lanes *l, struct tg_lane *lane) {
  unlink_lane(l, lane);
  link_last(l, lane);
}

struct tg_row *tg_lane_row(struct tg_lane *lane, int64_t id) {
  for (size_t i = 0; i < lane->count; i++)
    if (lane->rows[i].id == id) return &lane->rows[i];
  return NULL;
}

void tg_lane_add(struct tg_lanes *l, struct tg_lane *lane, const struct tg_row *row) {
  if (tg_lane_row(lane, row->id)) return;
  size_t at = lane->count;
  while (at > 0 && lane->rows[at - 1].id > row->id) at--;
  if (lane->count == TG_LANE_ROWS_MAX) {
    lane->more = true;
    /* One that comes back with an old id (a person tried it again) goes before those that wait; while the lane is busy
     * its last row could be a part of what is on its way, so then it comes with a later look. */
    if (at == lane->count || lane->busy) return;
    lane->count--;
    l->rows--;
  }
  if (lane->count == lane->room) {
    lane->room = lane->room ? lane->room * 2 : 4;
    lane->rows = mem_realloc(lane->rows, lane->room * sizeof *lane->rows);
  }
  memmove(&lane->rows[at + 1], &lane->rows[at], (lane->count - at) * sizeof *lane->rows);
  lane->rows[at] = *row;
  lane->count++;
  l->rows++;
}

void tg_lane_remove(struct tg_lanes *l, struct tg_lane *lane, int64_t id) {
  struct tg_row *row = tg_lane_row(lane, id);
  if (!row) return;
  size_t at = (size_t)(row - lane->rows);
  memmove(row, row + 1, (lane->count - at - 1) * sizeof *row);
  lane->count--;
  l->rows--;
}
