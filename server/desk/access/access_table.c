/* See access_table.h. */
#include "desk/access/access_table.h"

#include "base/arena.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_KEYBYTES == 16, "the secret's size");

void access_table_init(struct access_table *t, const sb_rand *rand) {
  rand_fill(rand, t->secret, sizeof t->secret);
  t->slots = mem_alloc_array((size_t)ACCESS_SETS * ACCESS_WAYS, sizeof *t->slots);
}

void access_table_free(struct access_table *t) { mem_free(&t->slots); }

static uint64_t hash(const struct access_table *t, const void *bytes, size_t n) {
  uint64_t out;
  crypto_shorthash((unsigned char *)&out, bytes, n, t->secret);
  return out;
}

uint64_t access_table_key(const struct access_table *t, char kind, str a, str b) {
  uint64_t parts[3] = {(unsigned char)kind, hash(t, a.ptr ? a.ptr : "", a.len), hash(t, b.ptr ? b.ptr : "", b.len)};
  uint64_t key = hash(t, parts, sizeof parts);
  return key ? key : 1;
}

static struct access_slot *set_of(struct access_table *t, uint64_t key) {
  return t->slots + key % ACCESS_SETS * ACCESS_WAYS;
}

struct access_slot *access_table_find(struct access_table *t, uint64_t key) {
  struct access_slot *set = set_of(t, key);
  for (int i = 0; i < ACCESS_WAYS; i++)
    if (set[i].key == key) return set + i;
  return NULL;
}

struct access_slot *access_table_take(struct access_table *t, uint64_t key) {
  struct access_slot *found = access_table_find(t, key), *set = set_of(t, key);
  if (found) return found;
  found = set;
  for (int i = 0; i < ACCESS_WAYS && found->key; i++)
    if (!set[i].key || set[i].time_ms < found->time_ms) found = set + i;
  *found = (struct access_slot){.key = key};
  return found;
}

void access_table_drop(struct access_table *t, uint64_t key) {
  struct access_slot *found = access_table_find(t, key);
  if (found) *found = (struct access_slot){0};
}
