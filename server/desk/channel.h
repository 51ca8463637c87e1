/* The channels: the rows of spec/channels.tbl. */
#ifndef SB_DESK_CHANNEL_H
#define SB_DESK_CHANNEL_H

enum channel {
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) CHANNEL_##name,
#include "spec/channels.tbl"
#undef CHANNEL
  CHANNELS
};

#endif
