/* SQLite: the pool of readers, opening and closing. committer.c writes; sqlite_conn.c is one connection. */
#include "db/sqlite_internal.h"

/* ---- readers ---- */

static struct sqlite_conn *take_reader(struct sqlite_side *side) {
  int64_t until = thread_now_ms() + DB_PATIENCE_MS;
  pthread_mutex_lock(&side->readers_lock);
  bool in_time = true;
  while (!side->free_readers && in_time)
    in_time = thread_cond_wait_until(&side->reader_free, &side->readers_lock, until);
  struct sqlite_conn *c = side->free_readers;
  if (c) side->free_readers = c->next;
  pthread_mutex_unlock(&side->readers_lock);
  return c;
}

static void give_reader(struct sqlite_side *side, struct sqlite_conn *c) {
  pthread_mutex_lock(&side->readers_lock);
  c->next = side->free_readers;
  side->free_readers = c; /* most recently used first: its cache is warm */
  pthread_mutex_unlock(&side->readers_lock);
  pthread_cond_signal(&side->reader_free);
}

err sqlite_side_read(struct db *d, db_fn fn, void *ctx) {
  struct sqlite_conn *c = take_reader(d->sqlite);
  if (!c) return err_make(ERR_UNAVAILABLE);
  err e = err_ok;
  int rc = sqlite_exec(c->handle, "BEGIN");
  if (rc != SQLITE_OK)
    e = sqlite_error(c->handle, rc, "begin");
  else
    e = db_conn_call(&c->base, fn, ctx);
  if (!sqlite3_get_autocommit(c->handle))
    sqlite_exec(c->handle, "COMMIT"); /* ends the snapshot; there is nothing to commit */
  give_reader(d->sqlite, c);
  return e;
}

/* ---- life ---- */

err sqlite_side_open(struct db *d, const char *path, int readers) {
  struct sqlite_side *side = mem_alloc(sizeof *side);
  d->sqlite = side;
  pthread_mutex_init(&side->readers_lock, NULL);
  thread_cond_init(&side->reader_free);
  side->readers = mem_alloc_array((size_t)readers, sizeof *side->readers);
  err e = sqlite_conn_open(d, &side->writer, path, SQLITE_ROLE_WRITER); /* first: it creates the file and its log */
  for (int i = 0; i < readers && !err_is(e); i++) {
    e = sqlite_conn_open(d, &side->readers[i], path, SQLITE_ROLE_READER);
    if (err_is(e)) break;
    side->reader_count++;
    give_reader(side, &side->readers[i]);
  }
  if (!err_is(e)) e = committer_start(d, path);
  if (err_is(e)) sqlite_side_close(d);
  return e;
}

void sqlite_side_close(struct db *d) {
  struct sqlite_side *side = d->sqlite;
  committer_stop(d);
  for (int i = 0; i < side->reader_count; i++) sqlite_conn_close(&side->readers[i]);
  sqlite_conn_close(&side->writer); /* last: it copies the log back and removes it */
  mem_free(&side->readers);
  pthread_cond_destroy(&side->reader_free);
  pthread_mutex_destroy(&side->readers_lock);
  mem_free(&d->sqlite);
}
