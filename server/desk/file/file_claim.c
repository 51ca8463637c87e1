/* Content on its way into a row. From the moment it gets its name in the store until the transaction that was to hold it
 * has ended, a claim stands for it: counted in memory, since two uploads may bring the same bytes, and marked on disk
 * ("keep-<key>" in the temporary folder), since the process may die in between. When the last claim ends without a row,
 * the content is removed; a mark that a crash has left is settled by the next start or by the periodic jobs.
 *
 * Nothing is ever found by looking through the store for what no row knows: with another database by mistake, that
 * would remove everything. */
#include "desk/file/file_internal.h"

#include "base/log.h"
#include "sql.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#define MARK "keep-"
enum { KEY_SIZE = 64, LEFTOVER_MS = 3600 * 1000, RANGE = 5000 /* ids a query */, RANGES = 20 };

/* Held while the database is asked about one key: nobody may claim the key between the answer and the removal. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct claim {
  char key[KEY_SIZE];
  int count;
} * claims;
static size_t claim_count, claim_cap;

static struct claim *find(str key) {
  for (size_t i = 0; i < claim_count; i++)
    if (str_eq(str_n(claims[i].key, KEY_SIZE), key)) return &claims[i];
  return NULL;
}

static const char *mark_of(struct desk *d, str key, arena *a) {
  return arena_printf(a, "%s/tmp/" MARK "%.*s", d->files_dir, STR_ARG(key)).ptr;
}

bool file_claim(struct desk *d, str key, arena *a) {
  pthread_mutex_lock(&lock);
  struct claim *c = find(key);
  if (!c) {
    if (claim_count == claim_cap) {
      claim_cap = claim_cap ? claim_cap * 2 : 16;
      claims = mem_realloc(claims, claim_cap * sizeof *claims);
    }
    c = &claims[claim_count++];
    memcpy(c->key, key.ptr, KEY_SIZE);
    c->count = 0;
    int fd = open(mark_of(d, key, a), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd); /* without the mark a crash leaves the content behind, nothing worse */
  }
  c->count++;
  bool there = access(file_path(d, key, a), F_OK) == 0;
  pthread_mutex_unlock(&lock);
  return there;
}

struct asking {
  str key;
  bool known;
};

static err ask(db_conn *c, void *arg) {
  struct asking *q = arg;
  return file_key_known(c, q->key, &q->known);
}

/* With the lock held. False when the store could not be asked. */
static bool settle(struct desk *d, str key, arena *a) {
  struct asking q = {.key = key};
  err e = db_read(d->db, ask, &q);
  if (err_is(e)) {
    LOG_WARN("file.leftover_kept", LOG_E(e));
    return false;
  }
  if (!q.known && unlink(file_path(d, key, a)) == 0) LOG_DEBUG("file.leftover_removed", LOG_S("key", key));
  return true;
}

void file_unclaim(struct desk *d, str key, bool stored) {
  arena *a = arena_new(0);
  pthread_mutex_lock(&lock);
  struct claim *c = find(key);
  bool last = c && --c->count == 0;
  if (last) {
    *c = claims[--claim_count];
    if (stored || settle(d, key, a)) (void)unlink(mark_of(d, key, a));
  }
  pthread_mutex_unlock(&lock);
  arena_free(&a);
}

void file_release(struct desk *d, const struct file_row *files, size_t count, bool stored) {
  for (size_t i = 0; i < count; i++) {
    if (files[i].storage_key.ptr) file_unclaim(d, files[i].storage_key, stored);
    if (files[i].thumb_key.ptr) file_unclaim(d, files[i].thumb_key, stored);
  }
}

/* ---- what a crash has left ---- */

static bool is_mark(const char *name) {
  return strncmp(name, MARK, sizeof MARK - 1) == 0 && strlen(name) == sizeof MARK - 1 + KEY_SIZE;
}

static void settle_mark(struct desk *d, const char *name, arena *a) {
  str key = str_c(name + sizeof MARK - 1);
  pthread_mutex_lock(&lock);
  if (!find(key) && settle(d, key, a)) (void)unlink(mark_of(d, key, a));
  pthread_mutex_unlock(&lock);
}

static void sweep(struct desk *d, int64_t older_than_ms) {
  arena *a = arena_new(0);
  DIR *dir = opendir(arena_printf(a, "%s/tmp", d->files_dir).ptr);
  for (struct dirent *entry; dir && (entry = readdir(dir)); arena_reset(a)) {
    struct stat s;
    if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if ((int64_t)s.st_mtim.tv_sec * 1000 > older_than_ms) continue;
    if (is_mark(entry->d_name))
      settle_mark(d, entry->d_name, a);
    else
      (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
  arena_free(&a);
}

void file_sweep_spool(struct desk *d) { sweep(d, INT64_MAX); }

/* ---- rows that nothing holds ---- */

struct unused {
  arena *arena;
  int64_t after, last;
  struct db_rows rows;
};

static err find_unused(db_conn *c, void *arg) {
  struct unused *u = arg;
  struct db_rows last = {0};
  err e = db_run(c, SQL_FILE_LAST_ID, NULL, 0, u->arena, &last);
  u->last = !err_is(e) && last.count ? db_at(&last, 0, 0)->i : 0;
  return err_is(e) ? e : DB_RUN(c, SQL_FILE_UNUSED, u->arena, &u->rows, DB_I(u->after), DB_I(u->after + RANGE));
}

static err remove_unused(db_conn *c, void *arg) {
  struct db_rows rows = {0};
  int64_t id = *(int64_t *)arg;
  err e = DB_RUN(c, SQL_FILE_REMOVE_UNUSED, db_conn_arena(c), &rows, DB_I(id));
  return err_is(e) || !rows.changed ? e : job_cancel(c, JOB_FILE_FETCH, SUBJECT_FILE, id, NULL);
}

/* The content is claimed around the removal of its row, so that it goes unless another row or upload has it. */
static err remove_row(struct desk *d, const struct db_cell *row, arena *a) {
  int64_t id = row[0].i;
  for (int i = 1; i <= 2; i++)
    if (row[i].s.ptr) (void)file_claim(d, row[i].s, a);
  err e = db_write(d->db, remove_unused, &id);
  for (int i = 1; i <= 2; i++)
    if (row[i].s.ptr) file_unclaim(d, row[i].s, false);
  return e;
}

static err collect_rows(struct desk *d) {
  static int64_t reached; /* of the one thread of the jobs */
  arena *a = arena_new(0);
  err e = err_ok;
  for (int i = 0; i < RANGES && !err_is(e); i++, arena_reset(a)) {
    struct unused u = {.arena = a, .after = reached};
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

err file_collect(struct desk *d) {
  sweep(d, desk_now(d) - LEFTOVER_MS);
  return collect_rows(d);
}
