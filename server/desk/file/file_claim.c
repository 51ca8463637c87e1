/* Content that is being stored. README.md explains claims, removal and recovery after a crash.
 *
 * A claim is a row visible to every node. Storing the content's row ends the claim in the same transaction, and
 * fails if the claim has expired; so no row is committed whose content was removed. Content is removed only after
 * one transaction has made sure that no row and no claim refers to it, and has recorded that it is being removed; it
 * cannot be claimed then.
 *
 * Content that may be without a row has a mark on disk ("keep-<key>" in the temporary folder), which the next start
 * or the jobs resolve. The store is never searched for content without rows: with the wrong database, that would
 * remove everything. */
#include "desk/file/file_home_internal.h"
#include "desk/file/file_space.h"

#include "base/log.h"
#include "base/thread.h"
#include "sql.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define MARK "keep-"
enum {
  KEY_SIZE = 64,
  CLAIM_MS = 3600 * 1000, /* longer than any request */
  LEFTOVER_MS = CLAIM_MS,
  REMOVAL_MS = 60 * 1000,           /* content being removed cannot be claimed, unless the removing node has died */
  REMOVAL_MOST_MS = 2 * REMOVAL_MS, /* a longer one was recorded before the clock was set back */
  REMOVAL_BEGINS_MS = 5 * 1000,     /* after this, another node's clock may consider the removal expired */
  BUSY_STEP_MS = 20,
  BUSY_MOST_MS = 3000,
  RANGE = 5000 /* ids per query */,
  RANGES = 20
};

/* ---- claiming ---- */

struct file_claiming {
  struct desk *desk;
  str key;
  int64_t id; /* 0: the content is being removed */
  bool fresh;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool done; /* guarded by the lock, like the result */
  err result;
};

static err add_claim(db_conn *c, void *arg) {
  struct file_claiming *t = arg;
  struct db_rows rows = {0}, others = {0};
  int64_t now_ms = desk_now(t->desk);
  err e = DB_RUN(c, SQL_FILE_KEY_HELD, db_conn_arena(c), &others, DB_S(t->key), DB_I(now_ms));
  t->fresh = others.count == 0;
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_FILE_CLAIM_ADD, db_conn_arena(c), &rows, DB_S(t->key), DB_S(str_c(t->desk->holder)),
             DB_I(now_ms + CLAIM_MS), DB_I(now_ms), DB_I(now_ms + REMOVAL_MOST_MS));
  t->id = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->i : 0;
  return e;
}

static void claimed(err e, void *arg) {
  struct file_claiming *t = arg;
  pthread_mutex_lock(&t->lock);
  t->done = true;
  t->result = e;
  pthread_cond_signal(&t->changed);
  pthread_mutex_unlock(&t->lock);
}

struct file_claiming *file_claim_begin(struct desk *d, str key) {
  struct file_claiming *t = mem_alloc(sizeof *t);
  *t = (struct file_claiming){.desk = d, .key = key};
  pthread_mutex_init(&t->lock, NULL);
  thread_cond_init(&t->changed);
  err e = db_write_async(d->db, add_claim, t, claimed);
  if (err_is(e)) claimed(e, t);
  return t;
}

static err wait_for_removal(struct file_claiming *t) {
  err e = err_ok;
  for (int64_t waited_ms = 0; !err_is(e) && !t->id && waited_ms < BUSY_MOST_MS; waited_ms += BUSY_STEP_MS) {
    nanosleep(&(struct timespec){.tv_nsec = BUSY_STEP_MS * 1000000L}, NULL);
    e = db_write(t->desk->db, add_claim, t);
  }
  return err_is(e) || t->id ? e : err_retry(ERR_OVERLOADED, REMOVAL_MS);
}

static const char *mark_of(struct desk *d, str key, arena *a) {
  return arena_printf(a, "%s/tmp/" MARK "%.*s", d->files_dir, STR_ARG(key)).ptr;
}

static void leave_mark(struct desk *d, str key, arena *a) {
  int fd = open(mark_of(d, key, a), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd); /* without the mark a crash only leaves the content behind */
}

err file_claim_end(struct file_claiming **claiming, arena *a, int64_t *claim, bool *fresh) {
  struct file_claiming *t = *claiming;
  pthread_mutex_lock(&t->lock);
  while (!t->done) pthread_cond_wait(&t->changed, &t->lock);
  pthread_mutex_unlock(&t->lock);
  err e = t->result;
  if (!err_is(e) && !t->id) e = wait_for_removal(t);
  if (!err_is(e)) leave_mark(t->desk, t->key, a);
  *claim = err_is(e) ? 0 : t->id;
  if (fresh) *fresh = t->fresh;
  pthread_cond_destroy(&t->changed);
  pthread_mutex_destroy(&t->lock);
  mem_free(claiming);
  return e;
}

err file_claim_stored(db_conn *c, int64_t claim) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_CLAIM_REMOVE, db_conn_arena(c), &rows, DB_I(claim));
  if (err_is(e) || rows.changed) return e;
  return err_detail(ERR_TIMEOUT, "files", "The file took too long to be stored. Send it again.");
}

/* ---- releasing ---- */

enum verdict {
  KNOWN,    /* a row has it */
  CLAIMED,  /* another upload decides */
  REMOVING, /* this node removes it */
};

struct letting_go_ctx {
  struct desk *desk;
  str key;
  int64_t claim; /* 0: no claim */
  int64_t began_ms /* steady */, removal;
  enum verdict verdict;
};

static err key_known(db_conn *c, str key, bool *known) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_KEY_KNOWN, db_conn_arena(c), &rows, DB_S(key));
  *known = !err_is(e) && rows.count > 0;
  return e;
}

/* Inside a transaction: ends the claim and decides whether to remove. */
static err decide(db_conn *c, struct letting_go_ctx *l) {
  arena *a = db_conn_arena(c);
  struct db_rows rows = {0};
  int64_t now_ms = desk_now(l->desk);
  bool known = false;
  l->began_ms = clock_steady_ms(l->desk->clock);
  err e = l->claim ? DB_RUN(c, SQL_FILE_CLAIM_REMOVE, a, NULL, DB_I(l->claim)) : err_ok;
  if (!err_is(e)) e = key_known(c, l->key, &known);
  l->verdict = KNOWN;
  if (err_is(e) || known) return e;
  e = DB_RUN(c, SQL_FILE_CLAIM_ANY, a, &rows, DB_S(l->key), DB_I(now_ms), DB_I(now_ms + REMOVAL_MOST_MS));
  l->verdict = CLAIMED;
  if (err_is(e) || rows.count) return e;
  /* A slow upload with an expired claim must find the claim gone when it stores its row. */
  e = DB_RUN(c, SQL_FILE_CLAIM_END_EXPIRED, a, NULL, DB_S(l->key), DB_I(now_ms));
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_FILE_REMOTE_FORGET_CONTENT, a, NULL, DB_S(l->key));
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_FILE_CLAIM_REMOVING, a, &rows, DB_S(l->key), DB_S(str_c(l->desk->holder)),
             DB_I(now_ms + REMOVAL_MS));
  l->verdict = REMOVING;
  l->removal = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

static err decide_alone(db_conn *c, void *arg) { return decide(c, arg); }

static err end_removal(db_conn *c, void *arg) {
  const struct letting_go_ctx *l = arg;
  return DB_RUN(c, SQL_FILE_CLAIM_REMOVE, db_conn_arena(c), NULL, DB_I(l->removal));
}

/* False: it may still be in the object store; the mark stays, and the jobs try again. */
static bool remove_everywhere(struct desk *d, str key, arena *a) {
  if (unlink(file_path(d, key, a)) == 0) LOG_DEBUG("file.leftover_removed", LOG_S("key", key));
  if (!file_far(d)) return true;
  (void)unlink(file_near_path(d, key, a));
  return !file_far_rests(d) && !err_is(file_home_s3.drop(d, key, a));
}

/* After the commit. Removes the mark before the removal's row: a later claim makes a new mark. */
static void carry_out(struct letting_go_ctx *l, arena *a) {
  struct desk *d = l->desk;
  bool ours = l->verdict == REMOVING && clock_steady_ms(d->clock) - l->began_ms < REMOVAL_BEGINS_MS;
  bool gone = ours && remove_everywhere(d, l->key, a);
  if (gone || l->verdict == KNOWN) (void)unlink(mark_of(d, l->key, a));
  bool ended = l->verdict == REMOVING && (gone || !ours); /* else it expires: the object store may yet remove it */
  err e = ended ? db_write(d->db, end_removal, l) : err_ok;
  if (err_is(e)) LOG_WARN("file.removal_not_ended", LOG_E(e)); /* it expires */
}

static void let_go(struct desk *d, str key, int64_t claim, arena *a) {
  struct letting_go_ctx l = {.desk = d, .key = key, .claim = claim};
  err e = db_write(d->db, decide_alone, &l);
  if (err_is(e))
    LOG_WARN("file.leftover_kept", LOG_E(e)); /* the mark stays, the claim expires */
  else
    carry_out(&l, a);
}

void file_unclaim(struct desk *d, str key, int64_t claim, bool stored) {
  arena *a = arena_new(0);
  if (stored)
    (void)unlink(mark_of(d, key, a)); /* the claim ended with the row's transaction */
  else
    let_go(d, key, claim, a);
  arena_free(&a);
}

void file_release(struct desk *d, const struct file_row *files, size_t count, bool stored) {
  for (size_t i = 0; i < count; i++) {
    const struct file_row *f = &files[i];
    if (f->claim) file_unclaim(d, f->storage_key, f->claim, stored);
    if (f->thumb_claim) file_unclaim(d, f->thumb_key, f->thumb_claim, stored);
    if (f->counted && !stored) file_space_take_back(d, file_family_of(f->mime), f->size_bytes);
    if (f->thumb_counted && !stored) file_space_take_back(d, FILE_THUMBS, f->thumb_bytes);
  }
}

/* ---- after a crash ---- */

static bool is_mark(const char *name) {
  return strncmp(name, MARK, sizeof MARK - 1) == 0 && strlen(name) == sizeof MARK - 1 + KEY_SIZE;
}

static void clean_spool(struct desk *d, int64_t older_than_ms) {
  arena *a = arena_new(0);
  DIR *dir = opendir(arena_printf(a, "%s/tmp", d->files_dir).ptr);
  for (struct dirent *entry; dir && (entry = readdir(dir)); arena_reset(a)) {
    struct stat s;
    if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if ((int64_t)s.st_mtim.tv_sec * 1000 > older_than_ms) continue;
    if (is_mark(entry->d_name))
      let_go(d, arena_dup(a, str_c(entry->d_name + sizeof MARK - 1)), 0, a);
    else
      (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
  arena_free(&a);
}

/* The process that held the claims is gone, as the lock on its data folder proves. */
static err delete_earlier(db_conn *c, void *arg) {
  struct desk *d = arg;
  str holder = str_c(d->holder);
  return DB_RUN(c, SQL_FILE_CLAIM_DELETE_OF_EARLIER_RUNS, db_conn_arena(c), NULL, DB_S(desk_holder_prefix(holder)),
                DB_S(holder));
}

void file_clean_spool(struct desk *d) {
  err e = db_write(d->db, delete_earlier, d);
  if (err_is(e)) LOG_WARN("file.claims_not_forgotten", LOG_E(e)); /* they expire */
  clean_spool(d, INT64_MAX);
}

static err forget_expired(db_conn *c, void *arg) {
  return DB_RUN(c, SQL_FILE_CLAIM_DELETE_EXPIRED, db_conn_arena(c), NULL, DB_I(desk_now(arg)));
}

/* ---- unused rows ---- */

struct unused_ctx {
  arena *arena;
  int64_t after, last;
  struct db_rows rows;
};

static err find_unused(db_conn *c, void *arg) {
  struct unused_ctx *u = arg;
  struct db_rows last = {0};
  err e = db_run(c, SQL_FILE_LAST_ID, NULL, 0, u->arena, &last);
  u->last = !err_is(e) && last.count ? db_at(&last, 0, 0)->i : 0;
  return err_is(e) ? e : DB_RUN(c, SQL_FILE_UNUSED, u->arena, &u->rows, DB_I(u->after), DB_I(u->after + RANGE));
}

struct removing_row_ctx {
  struct desk *desk;
  const struct db_cell *row;
  struct letting_go_ctx keys[2];
  size_t key_count;
  bool removed;
};

static err remove_unused(db_conn *c, void *arg) {
  struct removing_row_ctx *r = arg;
  struct db_rows rows = {0};
  int64_t id = r->row[0].i;
  err e = DB_RUN(c, SQL_FILE_REMOVE_UNUSED, db_conn_arena(c), &rows, DB_I(id));
  r->removed = rows.changed > 0;
  if (err_is(e) || !r->removed) return e;
  e = job_cancel(c, JOB_FILE_FETCH, SUBJECT_FILE, id, NULL);
  for (size_t i = 0; i < r->key_count && !err_is(e); i++) e = decide(c, &r->keys[i]);
  return e;
}

/* Content is removed with its last row, in the transaction `fn`. */
static err remove_with(struct desk *d, struct removing_row_ctx *r, db_fn fn, arena *a) {
  str main = r->row[1].s, thumb = r->row[2].s;
  if (main.ptr) r->keys[r->key_count++] = (struct letting_go_ctx){.desk = d, .key = main};
  if (thumb.ptr && !str_eq(thumb, main)) r->keys[r->key_count++] = (struct letting_go_ctx){.desk = d, .key = thumb};
  for (size_t i = 0; i < r->key_count; i++) leave_mark(d, r->keys[i].key, a);
  err e = desk_write(d, fn, r);
  for (size_t i = 0; i < r->key_count && !err_is(e) && r->removed; i++) carry_out(&r->keys[i], a);
  return e;
}

static err remove_row(struct desk *d, const struct db_cell *row, arena *a) {
  return remove_with(d, &(struct removing_row_ctx){.desk = d, .row = row}, remove_unused, a);
}

static err collect_rows(struct desk *d) {
  static int64_t reached; /* used by the jobs' thread only */
  arena *a = arena_new(0);
  err e = err_ok;
  for (int i = 0; i < RANGES && !err_is(e); i++, arena_reset(a)) {
    struct unused_ctx u = {.arena = a, .after = reached};
    e = db_read(d->db, find_unused, &u);
    for (size_t row = 0; row < u.rows.count && !err_is(e); row++) e = remove_row(d, db_at(&u.rows, row, 0), a);
    if (err_is(e)) break;
    bool end = reached + RANGE >= u.last;
    reached = end ? 0 : reached + RANGE;
    if (end) break;
  }
  arena_free(&a);
  return e;
}

/* ---- old content ---- */

struct old_ctx {
  int64_t before_ms, unsettled_ms;
  int most;
  arena *arena;
  struct db_rows rows;
};

static err find_old(db_conn *c, void *arg) {
  struct old_ctx *o = arg;
  return DB_RUN(c, SQL_FILE_OLD, o->arena, &o->rows, DB_I(o->before_ms), DB_I(o->most), DB_I(o->unsettled_ms));
}

struct telling_ctx {
  struct removing_row_ctx row; /* first: see remove_content */
  int64_t unsettled_ms;
  err (*told)(db_conn *c, int64_t id, void *arg);
  void *arg;
};

static err remove_content(db_conn *c, void *arg) {
  struct telling_ctx *t = arg;
  struct removing_row_ctx *r = &t->row;
  struct db_rows rows = {0};
  err e =
      DB_RUN(c, SQL_FILE_REMOVED, db_conn_arena(c), &rows, DB_I(r->row[0].i), DB_S(r->row[1].s), DB_I(t->unsettled_ms));
  r->removed = rows.changed > 0;
  if (err_is(e) || !r->removed) return e;
  for (size_t i = 0; i < r->key_count && !err_is(e); i++) e = decide(c, &r->keys[i]);
  return err_is(e) ? e : t->told(c, r->row[0].i, t->arg);
}

err file_remove_old(struct desk *d, int64_t before_ms, int most, err (*told)(db_conn *c, int64_t id, void *arg),
                    void *arg, int *removed, bool *more) {
  arena *a = arena_new(0);
  struct old_ctx o = {.before_ms = before_ms, .unsettled_ms = before_ms - FILE_UNSETTLED_MS, .most = most, .arena = a};
  err e = db_read(d->db, find_old, &o);
  *removed = 0;
  for (size_t i = 0; i < o.rows.count && !err_is(e); i++) {
    struct telling_ctx t = {
        .row = {.desk = d, .row = db_at(&o.rows, i, 0)}, .unsettled_ms = o.unsettled_ms, .told = told, .arg = arg};
    e = remove_with(d, &t.row, remove_content, a);
    *removed += t.row.removed;
  }
  *more = !err_is(e) && o.rows.count == (size_t)most;
  arena_free(&a);
  return e;
}

err file_collect(struct desk *d) {
  clean_spool(d, desk_now(d) - LEFTOVER_MS);
  err e = db_write(d->db, forget_expired, d);
  return err_is(e) ? e : collect_rows(d);
}
