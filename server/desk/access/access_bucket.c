/* See access_bucket.h. */
#include "desk/access/access_bucket.h"

enum { MINUTE_US = 60 * 1000 * 1000 };

void access_bucket_init(struct access_bucket *b, const sb_rand *rand) {
  pthread_mutex_init(&b->lock, NULL);
  access_table_init(&b->table, rand);
}

void access_bucket_free(struct access_bucket *b) {
  access_table_free(&b->table);
  pthread_mutex_destroy(&b->lock);
}

err access_bucket_take(struct access_bucket *b, char kind, str who, int64_t burst, int64_t per_minute, int64_t now_ms) {
  int64_t step_us = MINUTE_US / per_minute, now_us = now_ms * 1000;
  pthread_mutex_lock(&b->lock);
  struct access_slot *slot = access_table_take(&b->table, access_table_key(&b->table, kind, who, STR_NONE));
  int64_t full_us = (slot->value > now_us ? slot->value : now_us) + step_us;
  int64_t over_us = full_us - now_us - burst * step_us;
  if (over_us <= 0) {
    slot->value = full_us;
    slot->time_ms = full_us / 1000;
  }
  pthread_mutex_unlock(&b->lock);
  return over_us > 0 ? err_retry(ERR_RATE_LIMITED, (uint32_t)((over_us + 999) / 1000)) : err_ok;
}
