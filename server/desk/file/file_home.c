/* See file_home_internal.h. */
#include "desk/file/file_home_internal.h"

#include <errno.h>
#include <fcntl.h>

/* ---- the local folder ---- */

static err put_local(struct desk *d, str key, const char *path, arena *a) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced ? file_put_local(d, key, path, a) : err_make(ERR_INTERNAL);
}

static err take_local(struct desk *d, str key, const char *to, arena *a) {
  if (link(file_path(d, key, a), to) == 0) return err_ok;
  return err_make(errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL);
}

static err drop_local(struct desk *d, str key, arena *a) {
  return unlink(file_path(d, key, a)) == 0 || errno == ENOENT ? err_ok : err_make(ERR_INTERNAL);
}

const struct file_home file_home_local = {"local", put_local, take_local, drop_local};

/* ---- the object store ---- */

static err put_far(struct desk *d, str key, const char *path, arena *a) {
  err e = s3_put(file_far(d), file_far_key(key, a), path, a);
  file_far_note(d, e);
  return e;
}

static err take_far(struct desk *d, str key, const char *to, arena *a) {
  err e = s3_get(file_far(d), file_far_key(key, a), to, FILE_STORED_MAX_BYTES, a);
  file_far_note(d, e);
  return e;
}

static err drop_far(struct desk *d, str key, arena *a) {
  err e = s3_delete(file_far(d), file_far_key(key, a), true, a);
  file_far_note(d, e);
  return e;
}

const struct file_home file_home_s3 = {"s3", put_far, take_far, drop_far};
