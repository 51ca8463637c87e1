/* Settling pending files, with message_update for every message that holds the file. */
#include "desk/message/message.h"

struct outcome {
  struct desk *desk;
  int64_t file_id, next_at_ms;
  const struct file_row *kept; /* NULL: the try failed */
  str error;
};

static err apply(db_conn *c, void *arg) {
  const struct outcome *o = arg;
  arena *a = db_conn_arena(c);
  bool changed = false;
  err e = o->kept ? file_set_ready(c, o->file_id, o->kept, &changed)
                  : file_set_tried(c, o->file_id, o->error, o->next_at_ms, &changed);
  bool shows = o->kept || o->next_at_ms == 0;
  if (err_is(e) || !changed || !shows) return e;
  int64_t *ids = NULL;
  size_t count = 0;
  e = file_messages(c, o->file_id, a, &ids, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = message_changed(c, ids[i], desk_now(o->desk), a);
  return e;
}

err file_fetched(struct desk *d, int64_t file_id, const char *spooled_path) {
  arena *a = arena_new(0);
  struct file_row kept = {0};
  err e = file_keep(d, spooled_path, a, &kept);
  if (!err_is(e)) {
    e = desk_write(d, apply, &(struct outcome){.desk = d, .file_id = file_id, .kept = &kept});
    file_release(d, &kept, 1, false); /* its row may have been settled already, without these bytes */
  }
  arena_free(&a);
  return e;
}

err file_fetch_failed(struct desk *d, int64_t file_id, str error, int64_t next_at_ms) {
  return desk_write(d, apply,
                    &(struct outcome){.desk = d, .file_id = file_id, .error = error, .next_at_ms = next_at_ms});
}
