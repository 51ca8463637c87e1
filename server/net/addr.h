/* Peer addresses: comparing, counting, and recognising trusted proxies. */
#ifndef SB_NET_ADDR_H
#define SB_NET_ADDR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct sockaddr;

/* IPv4 is stored mapped into IPv6 (::ffff:a.b.c.d), so that there is one form to compare. */
struct net_addr {
  uint8_t bytes[16];
};

struct net_addr net_addr_of(const struct sockaddr *sa);
bool net_addr_parse(str text, struct net_addr *out);
enum { NET_ADDR_TEXT = 48 };
str net_addr_format(const struct net_addr *a, char out[NET_ADDR_TEXT]);
/* The part of an address that identifies one client: all of IPv4, the first 64 bits of IPv6. */
struct net_addr net_addr_network(const struct net_addr *a);
bool net_addr_is_loopback(const struct net_addr *a);
/* An address of this machine, a local network or a carrier (RFC 1918, 3927, 4193, 4291, 6598), which is not routed on the
 * Internet. */
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

/* The client's own address: follows X-Forwarded-For from the right past trusted proxies. */
struct net_addr net_client_behind(const struct net_blocks *trusted, struct net_addr peer, str forwarded_for);

/* A counter per address. Not thread-safe: the owner locks. An IPv6 client is its /64. */
struct net_counts {
  struct net_count {
    uint64_t key[2];
    uint64_t count;
  } * slots;
  size_t cap, used;
};
/* Adds n and returns true, unless the address's count would exceed `max`. */
bool net_counts_add(struct net_counts *c, const struct net_addr *a, uint64_t n, uint64_t max);
void net_counts_remove(struct net_counts *c, const struct net_addr *a, uint64_t n);
void net_counts_free(struct net_counts *c);

#endif
