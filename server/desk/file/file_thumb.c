/* See file_internal.h. The child gets no shell, no descriptors (all are close-on-exec), an environment of
 * its own, and limits that the kernel enforces; a child that takes too long is killed. */
#include "desk/file/file_internal.h"

#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PATIENCE_MS = 15000, CPU_S = 10 };
static const rlim_t address_space_bytes = (rlim_t)2 << 30;

static const char program[] = "/usr/bin/vipsthumbnail";

static void limit(pid_t pid, __rlimit_resource_t what, rlim_t most) {
  (void)prlimit(pid, what, &(struct rlimit){most, most}, NULL);
}

/* The child's status, or -1 when it had to be killed. */
static int wait_for(pid_t pid) {
  int fd = pidfd_open(pid, 0);
  struct pollfd waited = {.fd = fd, .events = POLLIN};
  if (fd < 0 || poll(&waited, 1, PATIENCE_MS) <= 0) (void)kill(pid, SIGKILL);
  if (fd >= 0) close(fd);
  int status = -1;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool file_make_picture(const char *path, int side_max, int quality, const char *out_path) {
  if (access(program, X_OK) != 0) return false;
  char size[32], out[PATH_MAX + 64];
  snprintf(size, sizeof size, "%dx%d>", side_max, side_max);
  snprintf(out, sizeof out, "%s[Q=%d,strip]", out_path, quality);
  char *const argv[] = {(char *)(uintptr_t) "vipsthumbnail",
                        (char *)(uintptr_t) "--size",
                        size,
                        (char *)(uintptr_t) "-o",
                        out,
                        (char *)(uintptr_t)path,
                        NULL};
  char *const environment[] = {(char *)(uintptr_t) "VIPS_BLOCK_UNTRUSTED=1", (char *)(uintptr_t) "VIPS_CONCURRENCY=1",
                               (char *)(uintptr_t) "PATH=/usr/bin:/bin", NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  int failed = posix_spawn(&pid, program, &actions, NULL, argv, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) {
    LOG_WARN("file.thumb_spawn_failed", LOG_C("why", strerror(failed)));
    return false;
  }
  limit(pid, RLIMIT_CPU, CPU_S);
  limit(pid, RLIMIT_AS, address_space_bytes);
  limit(pid, RLIMIT_FSIZE, LIMIT_PHOTO_MAX_BYTES);
  limit(pid, RLIMIT_CORE, 0);
  int status = wait_for(pid);
  if (status != 0) LOG_WARN("file.thumb_failed", LOG_I("status", status));
  return status == 0;
}
