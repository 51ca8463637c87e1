/* Identifies this node among those that share a database: an id stored with the data folder, in DATA_DIR/node, and
 * the time of its start. Leases name both: after a crash the next start of the same node ends the leases of the
 * previous run and no others. The file also contains its own inode, so that a data folder copied for another node
 * gets an id of its own. */
#include "app/app.h"

#include "base/log.h"
#include "desk/job/job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { ID_BYTES = 8, ID_HEX = 2 * ID_BYTES, TEXT_MAX = 64 };

static err failed(const char *path, const char *what) {
  return err_detail(ERR_INTERNAL, "DATA_DIR", "The file %.80s cannot be %s: %s.", path, what, strerror(errno));
}

static bool is_id(str text) {
  for (size_t i = 0; i < text.len; i++)
    if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') || (text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))) return false;
  return text.len == ID_HEX;
}

/* STR_NONE when there is none, or when the file is a copy. */
static str read_id(struct app *app, const char *path) {
  char text[TEXT_MAX];
  struct stat s;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return STR_NONE;
  ssize_t n = fstat(fd, &s) == 0 ? read(fd, text, sizeof text) : -1;
  close(fd);
  str rest = str_trim(str_n(text, n > 0 ? (size_t)n : 0)), id = str_cut(&rest, ' ');
  int64_t inode = 0;
  if (!is_id(id) || !str_to_i64(rest, &inode) || inode != (int64_t)s.st_ino) return STR_NONE;
  return arena_dup(app->arena, id);
}

static err write_id(const char *path, const char *fresh, str id) {
  struct stat s;
  char text[TEXT_MAX];
  unlink(fresh);
  int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed(fresh, "made");
  int n = fstat(fd, &s) == 0 ? snprintf(text, sizeof text, "%.*s %lld\n", STR_ARG(id), (long long)s.st_ino) : -1;
  bool written = n > 0 && write(fd, text, (size_t)n) == n && fsync(fd) == 0;
  err e = written && rename(fresh, path) == 0 ? err_ok : failed(path, "written");
  close(fd);
  return e;
}

err node_settle(struct app *app) {
  const char *path = arena_printf(app->arena, "%s/node", app->data_dir).ptr;
  str id = read_id(app, path);
  err e = err_ok;
  if (!id.ptr) {
    uint64_t random;
    rand_fill(app->desk.rand, &random, sizeof random);
    id = arena_printf(app->arena, "%016llx", (unsigned long long)random);
    e = write_id(path, arena_printf(app->arena, "%s.new", path).ptr, id);
  }
  app->desk.holder = arena_printf(app->arena, "%.*s.%llx", STR_ARG(id), (unsigned long long)app->started_ms).ptr;
  app->node_queue = arena_printf(app->arena, JOB_QUEUE_NODE "%.*s", STR_ARG(id)).ptr;
  return e;
}
