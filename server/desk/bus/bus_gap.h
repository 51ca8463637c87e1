/* The rule by which the reader of the event log passes a gap; pure. See bus.h. */
#ifndef SB_DESK_BUS_GAP_H
#define SB_DESK_BUS_GAP_H

#include "base/str.h"

struct bus_gap {
  int64_t before; /* the seq in front of which the gap was seen; 0: no gap */
  int64_t fresh;  /* a transaction id assigned after the snapshot that first showed the gap: the owner of a missing seq
                     has a lower one */
};

/* A snapshot shows seqs seqs[0..count), ascending, all above `position`, taken with horizon xmin, and `fresh` an id
 * assigned since (both 0 on an engine whose commits are serial: gaps there are final). Returns how many of them may be
 * published now. */
size_t bus_publishable(struct bus_gap *gap, int64_t position, const int64_t *seqs, size_t count, int64_t xmin,
                       int64_t fresh);

#endif
