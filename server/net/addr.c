/* See addr.h. The counts are an open-addressing table with linear probing; a slot at 0 stays as a tombstone until the
 * table is rebuilt, when half of its slots hold keys. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_v4(const struct net_addr *a) { return memcmp(a->bytes, mapped_prefix, sizeof mapped_prefix) == 0; }

struct net_addr net_addr_of(const struct sockaddr *sa) {
  struct net_addr a = {{0}};
  if (sa->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, sa, sizeof in);
    memcpy(a.bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(a.bytes + 12, &in.sin_addr, 4);
  } else if (sa->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, sa, sizeof in6);
    memcpy(a.bytes, &in6.sin6_addr, 16);
  }
  return a;
}

bool net_addr_parse(str text, struct net_addr *out) {
  char z[NET_ADDR_TEXT];
  text = str_trim(text);
  if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') text = str_sub(text, 1, text.len - 1);
  if (text.len == 0 || text.len >= sizeof z || str_has_nul(text)) return false;
  memcpy(z, text.ptr, text.len);
  z[text.len] = 0;
  struct net_addr a;
  if (inet_pton(AF_INET6, z, a.bytes) == 1) {
    *out = a;
    return true;
  }
  memcpy(a.bytes, mapped_prefix, sizeof mapped_prefix);
  if (inet_pton(AF_INET, z, a.bytes + 12) != 1) return false;
  *out = a;
  return true;
}

str net_addr_format(const struct net_addr *a, char out[NET_ADDR_TEXT]) {
  const char *z = is_v4(a) ? inet_ntop(AF_INET, a->bytes + 12, out, NET_ADDR_TEXT)
                           : inet_ntop(AF_INET6, a->bytes, out, NET_ADDR_TEXT);
  return str_c(z);
}

bool net_addr_is_loopback(const struct net_addr *a) {
  static const uint8_t v6[16] = {[15] = 1};
  return is_v4(a) ? a->bytes[12] == 127 : memcmp(a->bytes, v6, sizeof v6) == 0;
}

bool net_addr_is_private(const struct net_addr *a) {
  const uint8_t *b = a->bytes + 12;
  if (net_addr_is_loopback(a)) return true;
  if (!is_v4(a)) return (a->bytes[0] & 0xfe) == 0xfc || (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
  return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
         (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
}

err net_blocks_parse(const char *text, struct net_blocks *out) {
  *out = (struct net_blocks){NULL, 0};
  for (str rest = str_c(text); rest.ptr;) {
    str bits = str_trim(str_cut(&rest, ','));
    if (bits.len == 0) continue;
    str address = str_cut(&bits, '/');
    struct net_block b = {.bits = 128};
    uint64_t n = 128;
    bool good = net_addr_parse(address, &b.base);
    bool v4 = good && is_v4(&b.base) && !memchr(address.ptr, ':', address.len);
    if (good && bits.ptr) good = str_to_u64(bits, &n) && n <= (v4 ? 32 : 128);
    if (!good) {
      net_blocks_free(out);
      return err_detail(ERR_INVALID_FIELD, "trusted_proxies", "not an address or a CIDR block: %.*s", STR_ARG(address));
    }
    b.bits = (int)n + (bits.ptr && v4 ? 96 : 0);
    out->items = mem_realloc(out->items, (out->count + 1) * sizeof *out->items);
    out->items[out->count++] = b;
  }
  return err_ok;
}

void net_blocks_free(struct net_blocks *b) {
  free(b->items);
  *b = (struct net_blocks){NULL, 0};
}

bool net_blocks_have(const struct net_blocks *b, const struct net_addr *a) {
  for (size_t i = 0; i < b->count; i++) {
    const struct net_block *k = &b->items[i];
    size_t whole = (size_t)k->bits / 8;
    if (memcmp(k->base.bytes, a->bytes, whole) != 0) continue;
    int rest = k->bits % 8;
    if (rest == 0 || (k->base.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0) return true;
  }
  return false;
}

struct net_addr net_client_behind(const struct net_blocks *trusted, struct net_addr peer, str forwarded_for) {
  struct net_addr client = peer;
  size_t end = forwarded_for.len;
  while (end && net_blocks_have(trusted, &client)) {
    size_t from = end;
    while (from && forwarded_for.ptr[from - 1] != ',') from--;
    struct net_addr next;
    /* malformed: do not trust this entry or those left of it */
    if (!net_addr_parse(str_sub(forwarded_for, from, end), &next)) break;
    client = next;
    end = from ? from - 1 : 0;
  }
  return client;
}

/* ---- counts ---- */

struct net_addr net_addr_network(const struct net_addr *a) {
  struct net_addr network = {{0}};
  memcpy(network.bytes, a->bytes, is_v4(a) ? 16 : 8);
  return network;
}

static struct net_count key_of(const struct net_addr *a) {
  struct net_count k = {{0, 1}, 0}; /* never all zero: that is an empty slot */
  memcpy(k.key, a->bytes, is_v4(a) ? 16 : 8);
  return k;
}

static struct net_count *find(struct net_counts *c, const struct net_count *k, bool *known) {
  uint64_t h = (k->key[0] ^ (k->key[1] * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u;
  for (size_t i = (size_t)(h >> 32);; i++) {
    struct net_count *s = &c->slots[i & (c->cap - 1)];
    bool empty = s->key[0] == 0 && s->key[1] == 0;
    *known = !empty && s->key[0] == k->key[0] && s->key[1] == k->key[1];
    if (empty || *known) return s;
  }
}

static void rebuild(struct net_counts *c) {
  struct net_counts old = *c;
  size_t live = 0;
  for (size_t i = 0; i < old.cap; i++) live += old.slots[i].count > 0;
  c->cap = 64;
  while (c->cap < live * 4 + 1) c->cap *= 2;
  c->used = live;
  c->slots = mem_alloc_array(c->cap, sizeof *c->slots);
  for (size_t i = 0; i < old.cap; i++) {
    bool known;
    if (old.slots[i].count) *find(c, &old.slots[i], &known) = old.slots[i];
  }
  free(old.slots);
}

bool net_counts_add(struct net_counts *c, const struct net_addr *a, uint64_t n, uint64_t max) {
  struct net_count k = key_of(a);
  bool known;
  if (n > max) return false;
  if (c->used * 2 >= c->cap) rebuild(c);
  struct net_count *s = find(c, &k, &known);
  if (known && s->count > max - n) return false;
  if (!known) {
    *s = k;
    c->used++;
  }
  s->count += n;
  return true;
}

void net_counts_remove(struct net_counts *c, const struct net_addr *a, uint64_t n) {
  struct net_count k = key_of(a);
  bool known;
  if (!c->cap) return;
  struct net_count *s = find(c, &k, &known);
  if (known) s->count -= n < s->count ? n : s->count;
}

void net_counts_free(struct net_counts *c) {
  free(c->slots);
  *c = (struct net_counts){NULL, 0, 0};
}
