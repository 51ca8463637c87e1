/* Copies of content that lies in the object store, in the folder near/ beside the content: what was moved there lately, and what
 * was fetched for a program that needs a file (a thumbnail, an upload to a channel). A copy is never the only one. Entries that
 * nobody wanted for an hour are removed, and the oldest ones when there are too many bytes. */
#include "desk/file/file_home_internal.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { KEY_SIZE = 64 };
static const int64_t kept_ms = 3600 * 1000, kept_full_ms = 600 * 1000, most_bytes = (int64_t)1 << 30;

static const char *near_folder(struct desk *d, arena *a) { return arena_printf(a, "%s/near", d->files_dir).ptr; }

const char *file_near_path(struct desk *d, str key, arena *a) {
  return arena_printf(a, "%s/%.*s", near_folder(d, a), STR_ARG(key)).ptr;
}

/* Its time of change tells when it was wanted last: a link shares the other times with the content. */
static bool touch(const char *path) { return utimensat(AT_FDCWD, path, NULL, 0) == 0; }

const char *file_here(struct desk *d, str key, arena *a) {
  const char *local = file_path(d, key, a);
  if (!file_far(d)) return access(local, R_OK) == 0 ? local : NULL;
  const char *near = file_near_path(d, key, a);
  if (touch(near)) return near;
  if (link(local, near) == 0 || errno == EEXIST) return touch(near) ? near : local;
  return access(local, R_OK) == 0 ? local : touch(near) ? near : NULL;
}

void file_keep_near(struct desk *d, str key, const char *path, arena *a) {
  if (link(path, file_near_path(d, key, a)) != 0 && errno != EEXIST) LOG_DEBUG("file.not_kept_near", LOG_S("key", key));
}

err file_fetch_near(struct desk *d, str key, arena *a, const char **path) {
  *path = file_here(d, key, a);
  if (*path) return err_ok;
  if (!file_far(d)) return err_make(ERR_NOT_FOUND);
  if (file_far_rests(d)) return err_make(ERR_STORE_UNREACHABLE);
  const char *copy = file_spool_path(d, a), *near = file_near_path(d, key, a);
  err e = file_home_s3.take(d, key, copy, a);
  if (err_is(e)) return e;
  if (!file_has_hash(copy, key)) {
    LOG_ERROR("file.store_has_other_bytes", LOG_S("key", key));
    e = err_detail(ERR_CONFLICT, NULL, "The content of a file has changed in the s3 store.");
  } else if (rename(copy, near) != 0) {
    e = err_make(ERR_INTERNAL);
  }
  if (err_is(e)) (void)unlink(copy);
  *path = near;
  return e;
}

static int64_t clean(struct desk *d, int64_t before_ms) {
  arena *a = arena_new(0);
  DIR *dir = opendir(near_folder(d, a));
  int64_t left = 0;
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    struct stat s;
    if (strlen(entry->d_name) != KEY_SIZE || fstatat(dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if ((int64_t)s.st_ctim.tv_sec * 1000 < before_ms)
      (void)unlinkat(dirfd(dir), entry->d_name, 0);
    else if (s.st_nlink == 1)
      left += s.st_size;
  }
  if (dir) closedir(dir);
  arena_free(&a);
  return left;
}

void file_near_clean(struct desk *d) {
  int64_t now_ms = clock_now_ms(&clock_system); /* the file system's clock */
  if (clean(d, now_ms - kept_ms) > most_bytes) clean(d, now_ms - kept_full_ms);
}
