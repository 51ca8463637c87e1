/* Shared by message_store.c and message_edit.c. */
#ifndef SB_DESK_MESSAGE_MESSAGE_INTERNAL_H
#define SB_DESK_MESSAGE_MESSAGE_INTERNAL_H

#include "desk/message/message.h"

struct message_files {
  struct file_row *list; /* ids 0 are inserted */
  size_t count;
  str channel, account; /* for pending files */
  int64_t created_at;
};
err message_attach_files(db_conn *c, int64_t message_id, const struct message_files *f);
/* The column's value for a message's entities: a list without any ("[]", or absent) is stored as NULL. */
static inline str message_entities_stored(str json) { return json.len > 2 ? json : STR_NONE; }

/* ---- message_changes.c: the column of a message's changes ---- */
/* By what: each at most once. `set` tells which of them there are. */
struct message_changes {
  struct message_change of[CHANGE_WHATS];
  bool set[CHANGE_WHATS];
};
void message_changes_read(str json, arena *a, struct message_changes *out);
str message_changes_write(const struct message_changes *ch, arena *a);
/* The JSON of the change that is shown, of those in the column; absent: none. */
str message_change_shown(str changes_json, arena *a);

err message_add_raw(db_conn *c, int64_t message_id, str raw);

#endif
