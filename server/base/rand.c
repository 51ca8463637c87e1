/* See rand.h. */
#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void system_fill(void *self, void *out, size_t n) {
  (void)self;
  unsigned char *p = out;
  while (n) {
    ssize_t got = getrandom(p, n, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) abort(); /* keys and tokens would be guessable: do not continue */
    p += got;
    n -= (size_t)got;
  }
}

const sb_rand rand_system = {system_fill, NULL};

void rand_fill(const sb_rand *r, void *out, size_t n) { r->fill(r->self, out, n); }

uint64_t rand_below(const sb_rand *r, uint64_t below) {
  assert(below > 0);
  uint64_t limit = UINT64_MAX - UINT64_MAX % below, v;
  do rand_fill(r, &v, sizeof v);
  while (v >= limit); /* the incomplete tail would favour small results */
  return v % below;
}

str rand_token(const sb_rand *r, char *out, size_t n) {
  static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
  for (size_t i = 0; i < n; i++) out[i] = letters[rand_below(r, sizeof letters - 1)];
  out[n] = 0;
  return (str){out, n};
}

static void seeded_fill(void *self, void *out, size_t n) {
  rand_seeded *s = self;
  unsigned char *p = out;
  while (n) {
    uint64_t z = (s->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    size_t part = n < sizeof z ? n : sizeof z;
    memcpy(p, &z, part);
    p += part;
    n -= part;
  }
}

void rand_seeded_init(rand_seeded *s, uint64_t seed) { *s = (rand_seeded){.state = seed, .rand = {seeded_fill, s}}; }
