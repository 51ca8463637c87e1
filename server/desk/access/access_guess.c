/* See access_guess.h. */
#include "desk/access/access_guess.h"

#include "net/addr.h"

enum { FORGET_MS = 30 * 60 * 1000, MINUTE_MS = 60 * 1000 };
enum { TURN_EVERY_MS = 30 * 1000, TURN_HELD_MS = MINUTE_MS, LINE_MS = 30 * MINUTE_MS };

enum { BY_UNKNOWN = 1 << GUESS_UNKNOWN, BY_SHARED_ADDRESS = 1 << GUESS_SHARED_ADDRESS };
static const struct limit {
  char kind;
  unsigned by; /* the kinds of callers whose attempts count */
  bool by_login, by_place;
  int64_t free, first_ms, most_ms; /* first_ms 0: turns, see access_guess.h */
} limits[] = {
    {'p', BY_UNKNOWN, true, true, 5, 2000, 15 * MINUTE_MS},
    {'a', BY_UNKNOWN, false, true, 20, 2000, 15 * MINUTE_MS},
    {'l', BY_UNKNOWN | BY_SHARED_ADDRESS, true, false, 30, 0, 0},
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

/* The network of an address: its first of_6 bytes for IPv6, of_4 for IPv4. */
static str block_of(str address, size_t of_6, size_t of_4, char out[64]) {
  struct net_addr parsed;
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (!net_addr_parse(address, &parsed)) return address;
  size_t kept = memcmp(parsed.bytes, mapped, sizeof mapped) == 0 ? sizeof mapped + of_4 : of_6;
  memset(parsed.bytes + kept, 0, sizeof parsed.bytes - kept);
  char text[NET_ADDR_TEXT];
  str formatted = net_addr_format(&parsed, text);
  memcpy(out, formatted.ptr, formatted.len);
  return str_n(out, formatted.len);
}

str access_address_block(str address, char out[64]) { return block_of(address, 8, 4, out); }

static bool counts(const struct limit *limit, const struct access_attempt *a) { return limit->by >> a->by & 1; }

static uint64_t key_of(const struct access_guess *g, const struct limit *limit, const struct access_attempt *a) {
  char block[64];
  return access_table_key(&g->table, limit->kind, limit->by_login ? a->login : STR_NONE,
                          limit->by_place ? access_address_block(a->place, block) : STR_NONE);
}

/* How long the next attempt must wait after this many failures. */
static int64_t wait_ms(const struct limit *limit, int64_t failures) {
  int64_t over = failures - limit->free;
  if (over < 0 || !limit->first_ms) return 0;
  int64_t wait = over > 20 ? limit->most_ms : limit->first_ms << over;
  return wait < limit->most_ms ? wait : limit->most_ms;
}

/* ---- turns: for unknown callers of an account without free attempts for them ----
 * Slot 't' of a login: when the first unassigned turn begins. Slot 'q' of a login and a network: when the
 * network's turn begins; value 1: the turn has been used. */

static uint64_t place_key(const struct access_guess *g, const struct access_attempt *a) {
  char block[64];
  return access_table_key(&g->table, 'q', a->login, block_of(a->place, 6, 3, block));
}

/* How long until this unknown caller's turn; 0: it is now, and this call uses it. */
static int64_t wait_for_turn(struct access_guess *g, const struct access_attempt *a, int64_t now_ms) {
  struct access_slot *place = access_table_find(&g->table, place_key(g, a));
  if (place && !place->value && now_ms < place->time_ms) return place->time_ms - now_ms;
  if (place && !place->value && now_ms < place->time_ms + TURN_HELD_MS) {
    place->value = 1;
    return 0;
  }
  struct access_slot *line = access_table_take(&g->table, access_table_key(&g->table, 't', a->login, STR_NONE));
  int64_t turn = line->time_ms > now_ms ? line->time_ms : now_ms;
  if (turn - now_ms >= LINE_MS) return turn - now_ms - LINE_MS + TURN_EVERY_MS;
  line->time_ms = turn + TURN_EVERY_MS;
  place = access_table_take(&g->table, place_key(g, a));
  *place = (struct access_slot){.key = place->key, .time_ms = turn, .value = turn == now_ms};
  return turn - now_ms;
}

static bool needs_turn(struct access_guess *g, const struct access_attempt *a) {
  for (int i = 0; i < LIMITS; i++) {
    if (limits[i].first_ms || !counts(&limits[i], a)) continue;
    struct access_slot *slot = access_table_find(&g->table, key_of(g, &limits[i], a));
    if (slot && slot->value >= limits[i].free) return true;
  }
  return false;
}

static err refuse(int64_t wait_ms, bool in_line) {
  err e = err_retry(ERR_RATE_LIMITED, (uint32_t)wait_ms);
  if (!in_line) return e;
  long long seconds = (wait_ms + 999) / 1000;
  e = err_detail(ERR_RATE_LIMITED, NULL,
                 "Too many wrong guesses at this account. Try again in %lld min %lld s, from here. "
                 "A device that has signed in to it before need not wait.",
                 seconds / 60, seconds % 60);
  e.retry_ms = (uint32_t)wait_ms;
  return e;
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
  bool in_line = !longest && needs_turn(g, attempt);
  if (in_line) longest = wait_for_turn(g, attempt, now_ms);
  for (int i = 0; i < LIMITS && !longest; i++) {
    if (!counts(&limits[i], attempt)) continue;
    struct access_slot *slot = access_table_take(&g->table, key_of(g, &limits[i], attempt));
    slot->value++;
    slot->time_ms = now_ms;
  }
  pthread_mutex_unlock(&g->lock);
  return longest ? refuse(longest, in_line) : err_ok;
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
  struct access_slot *place = forget ? NULL : access_table_find(&g->table, place_key(g, attempt));
  if (place) place->value = 0; /* the turn was not used */
  pthread_mutex_unlock(&g->lock);
}

void access_guess_succeeded(struct access_guess *g, const struct access_attempt *attempt) {
  take_back(g, attempt, true);
}
void access_guess_undo(struct access_guess *g, const struct access_attempt *attempt) { take_back(g, attempt, false); }
