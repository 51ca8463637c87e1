/* See tg_lane.h. */
#include "edge/telegram/out/tg_lane.h"

#include "base/arena.h"
#include "desk/outbox/outbox.h"

struct tg_lane *tg_lanes_open(struct tg_lanes *l, str key) {
  uint64_t hash = str_hash(key);
  struct tg_lane **bucket = &l->buckets[hash % TG_LANE_BUCKETS];
  for (struct tg_lane *lane = *bucket; lane; lane = lane->chain)
    if (lane->hash == hash && str_eq(str_c(lane->key), key)) return lane;
  struct tg_lane *lane = mem_alloc(sizeof *lane);
  lane->key = mem_dup_cstr(key);
  lane->hash = hash;
  lane->staff = outbox_is_staff_lane(key);
  lane->aside = outbox_is_aside(key);
  lane->chain = *bucket;
  *bucket = lane;
  lane->behind = l->first;
  if (l->first) l->first->before = lane;
  l->first = lane;
  l->count++;
  return lane;
}

void tg_lanes_close(struct tg_lanes *l, struct tg_lane **out) {
  struct tg_lane *lane = *out;
  struct tg_lane **at = &l->buckets[lane->hash % TG_LANE_BUCKETS];
  while (*at != lane) at = &(*at)->chain;
  *at = lane->chain;
  *(lane->before ? &lane->before->behind : &l->first) = lane->behind;
  if (lane->behind) lane->behind->before = lane->before;
  l->count--;
  mem_free(&lane->key);
  mem_free(out);
}

void tg_lanes_free(struct tg_lanes *l) {
  while (l->first) {
    struct tg_lane *lane = l->first;
    tg_lanes_close(l, &lane);
  }
}

const struct tg_rate *tg_lane_rate(const struct tg_lane *lane) { return lane->staff ? &tg_rate_group : &tg_rate_chat; }

struct tg_lane *tg_lanes_pacer(struct tg_lanes *l, struct tg_lane *lane) {
  if (lane->staff) return tg_lanes_open(l, OUTBOX_STAFF_LANE);
  return lane->aside ? tg_lanes_open(l, outbox_recipient(str_c(lane->key))) : lane;
}

bool tg_lane_is_at_rest(const struct tg_lane *lane, int64_t now_ms) {
  return !lane->busy && lane->shut == 0 && tg_bucket_is_full(&lane->bucket, now_ms);
}
