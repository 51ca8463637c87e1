/* See access_guess.h. */
#include "desk/access/access_guess.h"

#include "net/addr.h"

enum { FORGET_MS = 30 * 60 * 1000, MINUTE_MS = 60 * 1000 };

enum { BY_STRANGER = 1 << GUESS_STRANGER, BY_SHARED_ADDRESS = 1 << GUESS_SHARED_ADDRESS };
static const struct limit {
  char kind;
  unsigned by; /* whose attempts count */
  bool by_login, by_place;
  int64_t free, first_ms, most_ms;
} limits[] = {
    {'p', BY_STRANGER, true, true, 5, 2000, 15 * MINUTE_MS},
    {'a', BY_STRANGER, false, true, 20, 2000, 15 * MINUTE_MS},
    {'l', BY_STRANGER | BY_SHARED_ADDRESS, true, false, 30, 2000, MINUTE_MS},
    {'k', 1 << GUESS_KNOWN_ADDRESS, true, true, 10, 2000, 15 * MINUTE_MS},
    {'d', 1 << GUESS_KNOWN_DEVICE, true, true, 10, 2000, 15 * MINUTE_MS},
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

void access_guess_init(struct access_guess *g, const sb_rand *rand) {
  pthread_mutex_init(&g->lock, NULL);
  access_table_init(&g->table, rand);
}

void access_guess_free(struct access_guess *g) {
  access_table_free(&g->table);
  pthread_mutex_destroy(&g->lock);
}

str access_address_block(str address, char out[64]) {
  struct net_addr parsed;
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (!net_addr_parse(address, &parsed) || memcmp(parsed.bytes, mapped, sizeof mapped) == 0) return address;
  memset(parsed.bytes + 8, 0, 8);
  char text[NET_ADDR_TEXT];
  str formatted = net_addr_format(&parsed, text);
  memcpy(out, formatted.ptr, formatted.len);
  return str_n(out, formatted.len);
}

static bool counts(const struct limit *limit, const struct access_attempt *a) { return limit->by >> a->by & 1; }

static uint64_t key_of(const struct access_guess *g, const struct limit *limit, const struct access_attempt *a) {
  char block[64];
  return access_table_key(&g->table, limit->kind, limit->by_login ? a->login : STR_NONE,
                          limit->by_place ? access_address_block(a->place, block) : STR_NONE);
}

/* How long the next attempt must wait after so many failures. */
static int64_t wait_ms(const struct limit *limit, int64_t failures) {
  int64_t over = failures - limit->free;
  if (over < 0) return 0;
  int64_t wait = over > 20 ? limit->most_ms : limit->first_ms << over;
  return wait < limit->most_ms ? wait : limit->most_ms;
}

err access_guess_begin(struct access_guess *g, const struct access_attempt *attempt, int64_t now_ms) {
  int64_t longest = 0;
  pthread_mutex_lock(&g->lock);
  for (int i = 0; i < LIMITS; i++) {
    if (!counts(&limits[i], attempt)) continue;
    struct access_slot *slot = access_table_find(&g->table, key_of(g, &limits[i], attempt));
    if (!slot) continue;
    if (now_ms - slot->time_ms > FORGET_MS) slot->value = 0;
    int64_t left = slot->time_ms + wait_ms(&limits[i], slot->value) - now_ms;
    if (left > longest) longest = left;
  }
  for (int i = 0; i < LIMITS && !longest; i++) {
    if (!counts(&limits[i], attempt)) continue;
    struct access_slot *slot = access_table_take(&g->table, key_of(g, &limits[i], attempt));
    slot->value++;
    slot->time_ms = now_ms;
  }
  pthread_mutex_unlock(&g->lock);
  return longest ? err_retry(ERR_RATE_LIMITED, (uint32_t)longest) : err_ok;
}

static void take_back(struct access_guess *g, const struct access_attempt *attempt, bool forget) {
  pthread_mutex_lock(&g->lock);
  for (int i = 0; i < LIMITS; i++) {
    if (!counts(&limits[i], attempt)) continue;
    uint64_t key = key_of(g, &limits[i], attempt);
    struct access_slot *slot = access_table_find(&g->table, key);
    if (!slot) continue;
    if (slot->value > 0) slot->value--;
    /* Keep the address's count: the same address may be guessing other accounts' passwords. */
    if (slot->value == 0 || (forget && limits[i].by_login)) access_table_drop(&g->table, key);
  }
  pthread_mutex_unlock(&g->lock);
}

void access_guess_right(struct access_guess *g, const struct access_attempt *attempt) { take_back(g, attempt, true); }
void access_guess_undo(struct access_guess *g, const struct access_attempt *attempt) { take_back(g, attempt, false); }
