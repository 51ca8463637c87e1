/* See file_space.h. */
#include "desk/file/file_space.h"

#include "desk/file/file.h"
#include "desk/names.h"
#include "desk/setting/setting.h"
#include "sql.h"

#include <assert.h>
#include <pthread.h>

enum { SPACE_MAGIC = 0x53504143, RANGE = 20000, MB = 1000000, STRANGERS_TENTHS = 9, SETTING_MOST = 1000000000 };
enum { THUMB_BYTES_UNKNOWN = 16 << 10 /* of one that was stored before its size was noted */ };

struct file_space {
  uint32_t magic;
  pthread_mutex_t lock, counting; /* counting: one count at a time */
  struct file_space_settings settings;
  struct file_space_family families[FILE_FAMILIES];
  int64_t counted_at;
};

static const char *const names[] = {"pictures", "videos", "sounds", "others", "thumbnails"};
const struct json_enum file_family_names = {.name = "FileFamily", .names = names, .count = FILE_FAMILIES};

enum file_family file_family_of(str mime) {
  if (str_starts(mime, S("image/"))) return FILE_PICTURES;
  if (str_starts(mime, S("video/"))) return FILE_VIDEOS;
  return str_starts(mime, S("audio/")) ? FILE_SOUNDS : FILE_OTHERS;
}

/* ---- life ---- */

void file_space_open(struct desk *d) {
  struct file_space *s = mem_alloc(sizeof *s);
  *s = (struct file_space){.magic = SPACE_MAGIC};
  pthread_mutex_init(&s->lock, NULL);
  pthread_mutex_init(&s->counting, NULL);
  d->space = s;
}

void file_space_close(struct desk *d) {
  struct file_space *s = d->space;
  if (!s) return;
  assert(s->magic == SPACE_MAGIC);
  pthread_mutex_destroy(&s->lock);
  pthread_mutex_destroy(&s->counting);
  s->magic = 0;
  mem_free(&d->space);
}

/* ---- counting ---- */

static err read_number(db_conn *c, const char *key, int64_t *out) {
  str text = STR_NONE;
  err e = setting_get(c, key, db_conn_arena(c), &text);
  int64_t value = 0;
  *out = !err_is(e) && str_to_i64(str_or_empty(text), &value) && value > 0 && value <= SETTING_MOST ? value : 0;
  return e;
}

err file_space_read(db_conn *c, struct file_space_settings *out) {
  err e = read_number(c, SETTING_FILES_QUOTA, &out->quota_mb);
  return err_is(e) ? e : read_number(c, SETTING_FILES_KEPT, &out->kept_days);
}

struct counting_ctx {
  int64_t after, last;
  struct file_space_settings settings;
  struct file_space_family families[FILE_FAMILIES];
};

static err begin_count(db_conn *c, void *arg) {
  struct counting_ctx *n = arg;
  struct db_rows last = {0};
  err e = file_space_read(c, &n->settings);
  if (!err_is(e)) e = db_run(c, SQL_FILE_LAST_ID, NULL, 0, db_conn_arena(c), &last);
  n->last = !err_is(e) && last.count ? db_at(&last, 0, 0)->i : 0;
  return e;
}

static err count_range(db_conn *c, void *arg) {
  struct counting_ctx *n = arg;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_SPACE, db_conn_arena(c), &rows, DB_I(n->after), DB_I(n->after + RANGE));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    struct file_space_family *f = &n->families[file_family_of(db_at(&rows, i, 0)->s)];
    f->files += db_at(&rows, i, 1)->i;
    f->bytes += db_at(&rows, i, 2)->i;
  }
  if (!err_is(e))
    e = DB_RUN(c, SQL_FILE_SPACE_THUMBS, db_conn_arena(c), &rows, DB_I(n->after), DB_I(n->after + RANGE),
               DB_I(THUMB_BYTES_UNKNOWN));
  if (err_is(e)) return e;
  n->families[FILE_THUMBS].files += db_at(&rows, 0, 0)->i;
  n->families[FILE_THUMBS].bytes += db_at(&rows, 0, 1)->i;
  return err_ok;
}

/* What is stored meanwhile may count twice or not at all, until the next count. */
err file_space_count(struct desk *d) {
  struct file_space *s = d->space;
  if (!s) return err_ok;
  struct counting_ctx n = {0};
  pthread_mutex_lock(&s->counting);
  err e = db_read(d->db, begin_count, &n);
  for (; !err_is(e) && n.after < n.last; n.after += RANGE) e = db_read(d->db, count_range, &n);
  if (!err_is(e)) {
    pthread_mutex_lock(&s->lock);
    s->settings = n.settings;
    memcpy(s->families, n.families, sizeof s->families);
    for (int i = 0; i < FILE_FAMILIES; i++) s->families[i].family = i;
    s->counted_at = desk_now(d);
    pthread_mutex_unlock(&s->lock);
  }
  pthread_mutex_unlock(&s->counting);
  return e;
}

void file_space_set(struct desk *d, const struct file_space_settings *settings) {
  if (!d->space) return;
  pthread_mutex_lock(&d->space->lock);
  d->space->settings = *settings;
  pthread_mutex_unlock(&d->space->lock);
}

void file_space_figures(struct desk *d, struct file_space_family out[FILE_FAMILIES], int64_t *counted_at) {
  struct file_space *s = d->space;
  for (int i = 0; i < FILE_FAMILIES; i++) out[i] = (struct file_space_family){.family = i};
  *counted_at = 0;
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  if (s->counted_at) memcpy(out, s->families, sizeof s->families);
  *counted_at = s->counted_at;
  pthread_mutex_unlock(&s->lock);
}

/* ---- the quota ---- */

err file_space_check(struct desk *d, bool operators, int64_t bytes) {
  struct file_space *s = d->space;
  if (!s) return err_ok;
  int64_t used = bytes;
  pthread_mutex_lock(&s->lock);
  int64_t quota = s->settings.quota_mb * MB;
  for (int i = 0; i < FILE_FAMILIES; i++) used += s->families[i].bytes;
  pthread_mutex_unlock(&s->lock);
  if (!quota || used <= (operators ? quota : quota / 10 * STRANGERS_TENTHS)) return err_ok;
  return err_detail(ERR_STORE_FULL, "files", "The space for files, %lld MB, is used up.", (long long)(quota / MB));
}

static void change(struct desk *d, enum file_family family, int64_t files, int64_t bytes) {
  struct file_space *s = d->space;
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  struct file_space_family *f = &s->families[family];
  f->files = f->files + files > 0 ? f->files + files : 0; /* the last count may have come in between */
  f->bytes = f->bytes + bytes > 0 ? f->bytes + bytes : 0;
  pthread_mutex_unlock(&s->lock);
}

void file_space_add(struct desk *d, enum file_family family, int64_t bytes) { change(d, family, 1, bytes); }

void file_space_take_back(struct desk *d, enum file_family family, int64_t bytes) { change(d, family, -1, -bytes); }
