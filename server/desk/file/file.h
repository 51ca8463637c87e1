/* Files: bytes under DATA_DIR/files, named by their SHA-256, and the rows that describe them. A row is `pending` until
 * a channel has fetched the bytes, then `ready`, or `failed` for good. The type is the sniffed one, never the claimed. */
#ifndef SB_DESK_FILE_FILE_H
#define SB_DESK_FILE_FILE_H

#include "base/json.h"
#include "desk/desk.h"

enum file_state { FILE_PENDING, FILE_READY, FILE_FAILED };
extern const struct json_enum file_state_names;

struct file_row {
  int64_t id;
  int state;
  str name, mime;
  int64_t size_bytes, width, height; /* 0: unknown */
  str storage_key, thumb_key, source; /* may be absent */
};
extern const struct json_shape file_shape;

/* Sniffs, measures, checks and moves a spooled upload into the store (content-addressed: the same bytes are kept once;
 * fsynced before it returns). Only pictures that every channel takes as photos pass: ERR_UNSUPPORTED_TYPE,
 * ERR_TOO_LARGE, ERR_INVALID_FIELD (sides or ratio). Nothing is left behind on an error. No database. */
err file_accept_photo(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out);
/* Inside a transaction: makes the row; out->id is set. */
err file_insert(db_conn *c, struct file_row *f, str channel, str account, int64_t now_ms);
err file_get(db_conn *c, int64_t id, arena *a, struct file_row *out);
/* Attaches in order to a message. */
err file_attach(db_conn *c, int64_t message_id, int64_t position, int64_t file_id);
/* Absolute path of a storage key, NUL-terminated. */
const char *file_path(struct desk *d, str storage_key, arena *a);
/* A path in the store's own temporary folder, for a download: same file system, unique name. */
const char *file_spool_path(struct desk *d, arena *a);

/* ---- for the channel that fetches pending files ---- */
struct file_pending {
  int64_t id, message_id, attempts;
  str source;
};
err file_next_pending(db_conn *c, str channel, str account, int64_t now_ms, size_t limit, arena *a,
                      struct file_pending **out, size_t *count);
/* The bytes are at spooled_path: stores them and marks the row ready (its own transaction with message_update). */
err file_fetched(struct desk *d, int64_t file_id, const char *spooled_path);
/* A try failed: again at next_at_ms, or failed for good when it is 0 (then message_update is told). */
err file_fetch_failed(struct desk *d, int64_t file_id, str error, int64_t next_at_ms);

#endif
