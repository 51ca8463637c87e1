/* The built panel, embedded in the binary by tools/embed-panel.mjs: every file with its compressed variants. */
#ifndef SB_APP_PANEL_H
#define SB_APP_PANEL_H

#include "base/str.h"

struct panel_asset {
  const char *path; /* "/assets/index-abc.js"; the table is sorted by it */
  const char *content_type;
  const char *etag;       /* quoted */
  str identity, gzip, br; /* gzip and br absent if not worthwhile */
  bool immutable;         /* the name contains a hash of the content */
};

extern const struct panel_asset panel_assets[];
extern const int panel_asset_count; /* 0: built without a panel */

#endif
