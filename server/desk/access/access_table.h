/* A bounded table of small counters by 64-bit key, used for guesses and token buckets. Eight slots per set; when a
 * set is full, the slot with the oldest time is replaced, so the memory is fixed and the most relevant entries stay.
 * Keys are keyed hashes, so an attacker cannot target a set. Not thread-safe: the owner locks. */
#ifndef SB_DESK_ACCESS_TABLE_H
#define SB_DESK_ACCESS_TABLE_H

#include "base/rand.h"

enum { ACCESS_SETS = 1024, ACCESS_WAYS = 8 };

struct access_slot {
  uint64_t key; /* 0: free */
  int64_t time_ms, value;
};

struct access_table {
  unsigned char secret[16];
  struct access_slot *slots;
};

void access_table_init(struct access_table *t, const sb_rand *rand);
void access_table_free(struct access_table *t);
/* Never 0. The kind distinguishes an address from a login with the same letters. */
uint64_t access_table_key(const struct access_table *t, char kind, str a, str b);
struct access_slot *access_table_find(struct access_table *t, uint64_t key); /* NULL */
/* Found, or created with time and value 0. */
struct access_slot *access_table_take(struct access_table *t, uint64_t key);
void access_table_drop(struct access_table *t, uint64_t key);

#endif
