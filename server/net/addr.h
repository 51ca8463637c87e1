/* Addresses of peers: comparing, counting, and which of them are proxies that we trust. */
#ifndef SB_NET_ADDR_H
#define SB_NET_ADDR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct sockaddr;

/* IPv4 is kept mapped into IPv6 (::ffff:a.b.c.d), so that there is one form to compare. */
struct net_addr {
  uint8_t bytes[16];
};

struct net_addr net_addr_of(const struct sockaddr *sa);
bool net_addr_parse(str text, struct net_addr *out);
enum { NET_ADDR_TEXT = 48 };
str net_addr_format(const struct net_addr *a, char out[NET_ADDR_TEXT]);
/* Whose address counts as one client: the address itself, of IPv6 the first 64 bits. */
struct net_addr net_addr_network(const struct net_addr *a);
bool net_addr_is_loopback(const struct net_addr *a);
/* Of this machine, a site or a carrier (RFC 1918, 3927, 4193, 4291, 6598): nobody speaks from there across the Internet. */
bool net_addr_is_private(const struct net_addr *a);

/* A list of addresses and CIDR blocks, comma-separated. */
struct net_blocks {
  struct net_block {
    struct net_addr base;
    int bits;
  } * items;
  size_t count;
};
err net_blocks_parse(const char *text, struct net_blocks *out);
void net_blocks_free(struct net_blocks *b);
bool net_blocks_have(const struct net_blocks *b, const struct net_addr *a);

/* The client's own address: walks X-Forwarded-For from the right past the proxies that we trust. */
struct net_addr net_client_behind(const struct net_blocks *trusted, struct net_addr peer, str forwarded_for);

/* How much each address has of something. Not thread-safe: its owner locks. An IPv6 client is its /64. */
struct net_counts {
  struct net_count {
    uint64_t key[2];
    uint64_t count;
  } * slots;
  size_t cap, used;
};
/* Counts n more and returns true, unless the address would have more than `max` then. */
bool net_counts_add(struct net_counts *c, const struct net_addr *a, uint64_t n, uint64_t max);
void net_counts_remove(struct net_counts *c, const struct net_addr *a, uint64_t n);
void net_counts_free(struct net_counts *c);

#endif
