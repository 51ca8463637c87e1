/* The threads that bring content near, and the mover.
 *
 * The mover is a recurring job of the node: it walks the local folder, which is the queue itself, so nothing has to be reconciled
 * after a crash, and files from before the store was configured move too. When the store fails, it is left alone for a growing
 * time, and files wait where they are. */
#include "desk/file/file_far_internal.h"

#include "base/log.h"
#include "base/thread.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum {
  KEY_SIZE = 64,
  WAITING_MAX = 256,
  PIECE_MS = 5000, /* of moving, before other jobs of the node run */
};

struct file_task {
  struct file_task *next;
  char key[KEY_SIZE + 1];
  void (*done)(err e, void *arg);
  void *arg;
};

/* ---- bringing content near ---- */

static struct file_task *next_task(struct file_store *s) {
  pthread_mutex_lock(&s->lock);
  while (!s->stopping && !s->first) pthread_cond_wait(&s->changed, &s->lock);
  struct file_task *o = s->first;
  if (o) {
    s->first = o->next;
    if (!s->first) s->last = &s->first;
    s->waiting--;
  }
  pthread_mutex_unlock(&s->lock);
  return o;
}

static void *carry(void *arg) {
  struct file_store *s = arg;
  for (struct file_task *o; (o = next_task(s));) {
    arena *a = arena_new(0);
    const char *path;
    err e = file_fetch_near(s->desk, str_c(o->key), a, &path);
    o->done(e, o->arg);
    arena_free(&a);
    mem_free(&o);
  }
  return NULL;
}

void file_bring(struct desk *d, str key, void (*done)(err e, void *arg), void *arg) {
  struct file_store *s = d->store;
  arena *a = arena_new(0);
  bool here = file_here(d, key, a) != NULL;
  arena_free(&a);
  if (here || !s) {
    done(here ? err_ok : err_make(ERR_NOT_FOUND), arg);
    return;
  }
  assert(s->magic == FILE_STORE_MAGIC && key.len == KEY_SIZE);
  struct file_task *o = mem_alloc(sizeof *o);
  *o = (struct file_task){.done = done, .arg = arg};
  memcpy(o->key, key.ptr, KEY_SIZE);
  pthread_mutex_lock(&s->lock);
  bool taken = !s->stopping && s->waiting < WAITING_MAX;
  if (taken) {
    *s->last = o;
    s->last = &o->next;
    s->waiting++;
    pthread_cond_signal(&s->changed);
  }
  pthread_mutex_unlock(&s->lock);
  if (taken) return;
  mem_free(&o);
  done(err_make(ERR_STORE_UNREACHABLE), arg);
}

/* ---- moving ---- */

static err move_claimed(struct desk *d, str key, const struct file_home *from, const struct file_home *to, arena *a,
                        bool *moved, int64_t *bytes) {
  const char *copy = file_spool_path(d, a);
  err e = from->take(d, key, copy, a);
  *moved = !err_is(e);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (err_is(e)) return e;
  *bytes = file_size_of(copy);
  bool whole = file_has_hash(copy, key);
  if (!whole) e = err_detail(ERR_CONFLICT, NULL, "The content of a file has changed in the %s store.", from->name);
  if (!err_is(e) && from == &file_home_local) file_keep_near(d, key, copy, a); /* it is likely to be read soon */
  if (!err_is(e)) e = to->put(d, key, copy, a);
  if (!err_is(e)) e = from->drop(d, key, a);
  (void)unlink(copy);
  *moved = !err_is(e);
  return e;
}

err file_move_one(struct desk *d, str key, const struct file_home *from, const struct file_home *to, arena *a,
                  bool *moved, int64_t *bytes) {
  int64_t claim = 0;
  *moved = false;
  *bytes = 0;
  struct file_claiming *claiming = file_claim_begin(d, key);
  err e = file_claim_end(&claiming, a, &claim, NULL);
  if (err_is(e)) return e;
  e = move_claimed(d, key, from, to, a, moved, bytes);
  file_unclaim(d, key, claim, false); /* removes it from both homes if its last row has gone meanwhile */
  return e;
}

/* ---- the mover ---- */

struct walk {
  struct desk *desk;
  int64_t end_ms; /* steady; 0: only counts */
  int64_t files, bytes;
  bool more;
  err e;
};

static bool is_key(const char *name) {
  return strlen(name) == KEY_SIZE && strspn(name, "0123456789abcdef") == KEY_SIZE;
}

/* Damaged content stays and is reported; a failure of the store ends the walk. */
static void move_entry(struct walk *w, const char *name, arena *a) {
  bool moved = false;
  int64_t bytes = 0;
  struct file_store *s = w->desk->store;
  err e = file_move_one(w->desk, str_c(name), &file_home_local, &file_home_s3, a, &moved, &bytes);
  if (err_is(e) && e.code != ERR_STORE_UNREACHABLE) LOG_ERROR("file.not_moved", LOG_C("key", name), LOG_E(e));
  if (e.code == ERR_STORE_UNREACHABLE) w->e = e;
  if (!moved) return;
  pthread_mutex_lock(&s->lock);
  s->figures.moved++;
  s->figures.moved_bytes += bytes;
  pthread_mutex_unlock(&s->lock);
}

err file_move_away(struct desk *d, str key, arena *a, bool *moved, int64_t *bytes) {
  return file_move_one(d, key, &file_home_local, &file_home_s3, a, moved, bytes);
}

err file_move_home(struct desk *d, str key, arena *a, bool *moved, int64_t *bytes) {
  return file_move_one(d, key, &file_home_s3, &file_home_local, a, moved, bytes);
}

static void walk_folder(struct walk *w, const char *folder) {
  arena *a = arena_new(0);
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && !err_is(w->e) && !w->more && (entry = readdir(dir)); arena_reset(a)) {
    struct stat s;
    if (!is_key(entry->d_name) || fstatat(dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (w->end_ms) {
      w->more = clock_steady_ms(&clock_system) >= w->end_ms;
      if (!w->more) move_entry(w, entry->d_name, a);
      continue;
    }
    w->files++;
    w->bytes += s.st_size;
  }
  if (dir) closedir(dir);
  arena_free(&a);
}

static void walk(struct walk *w) {
  enum { FOLDERS = 256 };
  char folder[4096];
  for (int i = 0; i < FOLDERS && !err_is(w->e) && !w->more; i++) {
    snprintf(folder, sizeof folder, "%s/%02x", w->desk->files_dir, (unsigned)i);
    walk_folder(w, folder);
  }
}

static void count_local(struct desk *d) {
  struct walk w = {.desk = d};
  walk(&w);
  pthread_mutex_lock(&d->store->lock);
  d->store->figures.local = w.files;
  d->store->figures.local_bytes = w.bytes;
  pthread_mutex_unlock(&d->store->lock);
}

err file_move_waiting(struct desk *d, bool held, bool *more) {
  *more = false;
  if (!d->store) return err_ok;
  if (d->store->wanted && !held && !file_far_rests(d)) {
    struct walk w = {.desk = d, .end_ms = clock_steady_ms(&clock_system) + PIECE_MS};
    walk(&w);
    *more = w.more;
  }
  count_local(d);
  return err_ok; /* a store that is away is no failure of the job: shown by the figures, tried again by the next run */
}

err file_store_tidy(struct desk *d) {
  if (!d->store) return err_ok;
  file_near_clean(d);
  if (!d->store->wanted || file_far_rests(d)) return err_ok;
  arena *a = arena_new(0);
  int count = 0;
  err e = s3_abort_stale(d->store->s3, clock_now_ms(&clock_system), a, &count);
  file_far_note(d, e);
  if (count) LOG_INFO("file.stale_uploads_aborted", LOG_I("count", count));
  arena_free(&a);
  return err_ok;
}

/* ---- the threads ---- */

err file_store_start(struct desk *d) {
  struct file_store *s = d->store;
  if (!s) return err_ok;
  arena *a = arena_new(0);
  const char *near = arena_printf(a, "%s/near", d->files_dir).ptr;
  bool there = mkdir(near, 0700) == 0 || errno == EEXIST;
  arena_free(&a);
  if (!there) return err_detail(ERR_INTERNAL, NULL, "The folder near/ cannot be made in the file folder.");
  for (int i = 0; i < FILE_CARRIERS; i++) {
    if (!thread_start(&s->threads[i], "file-near", 0, carry, s)) return err_make(ERR_INTERNAL);
    s->thread_count++;
  }
  return err_ok;
}

void file_store_stop(struct desk *d) {
  struct file_store *s = d->store;
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
  s3_stop(s->s3);
  for (int i = 0; i < s->thread_count; i++) pthread_join(s->threads[i], NULL);
  s->thread_count = 0;
}
