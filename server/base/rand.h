/* Randomness is injected where rules depend on it; this is the system's source and a seeded one for tests. */
#ifndef SB_BASE_RAND_H
#define SB_BASE_RAND_H

#include "base/str.h"

typedef struct sb_rand {
  void (*fill)(void *self, void *out, size_t n);
  void *self;
} sb_rand;

/* getrandom(2): for secrets and everything else. Any thread. */
extern const sb_rand rand_system;

void rand_fill(const sb_rand *r, void *out, size_t n);
/* Uniform in 0 .. below-1; below must not be 0. */
uint64_t rand_below(const sb_rand *r, uint64_t below);
/* n characters of a-z 2-9 without the easily confused ones, about 5 bits each; out has room for n+1. */
str rand_token(const sb_rand *r, char *out, size_t n);

/* Repeatable numbers from a seed (splitmix64): tests only. */
typedef struct rand_seeded {
  uint64_t state;
  sb_rand rand;
} rand_seeded;
void rand_seeded_init(rand_seeded *s, uint64_t seed);

#endif
