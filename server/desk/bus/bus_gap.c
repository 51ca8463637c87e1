/* See bus_gap.h. Proof: seq values are drawn in order, so when a snapshot shows seq n, every lower seq has been drawn.
 * Its transaction got its id before it drew, so its id is below one assigned after the snapshot. Once a later snapshot
 * has xmin >= that id, all those transactions have ended: numbers still missing in that snapshot were rolled back. */
#include "desk/bus/bus_gap.h"

size_t bus_publishable(struct bus_gap *gap, int64_t position, const int64_t *seqs, size_t count, int64_t xmin,
                       int64_t fresh) {
  bool serial = fresh == 0;
  int64_t expected = position + 1;
  for (size_t i = 0; i < count; i++) {
    bool hole = seqs[i] != expected;
    /* A gap seen earlier in front of this or a later seq is settled once its id has been reached. */
    bool settled = serial || (gap->before >= seqs[i] && xmin >= gap->fresh);
    if (hole && !settled) {
      if (gap->before < seqs[i]) *gap = (struct bus_gap){.before = seqs[count - 1], .fresh = fresh};
      return i;
    }
    expected = seqs[i] + 1;
  }
  return count;
}
