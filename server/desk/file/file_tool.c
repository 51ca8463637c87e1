/* See file_tool.h. Between fork and exec only system calls are made, since other threads may hold any lock. */
#include "desk/file/file_tool.h"

#include "desk/file/file_sandbox.h"

#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED_BEFORE_EXEC = 126, LOWER_PRIORITY = 5 };

/* ---- how many at once ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static int running; /* guarded by the lock */

static void prepare(void) { thread_cond_init(&changed); }

bool file_tool_enter(int64_t patience_ms) {
  pthread_once(&prepared, prepare);
  int64_t until_ms = thread_now_ms() + patience_ms;
  pthread_mutex_lock(&lock);
  while (running >= FILE_TOOLS_MAX && thread_cond_wait_until(&changed, &lock, until_ms)) continue;
  bool entered = running < FILE_TOOLS_MAX;
  if (entered) running++;
  pthread_mutex_unlock(&lock);
  return entered;
}

void file_tool_leave(void) {
  pthread_mutex_lock(&lock);
  running--;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

bool file_tool_installed(const char *program) { return access(program, X_OK) == 0; }

/* ---- in the child ---- */

static bool limited(int what, int64_t most) {
  struct rlimit limit = {(rlim_t)most, (rlim_t)most};
  return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

static bool limit_all(const struct file_tool *t) {
  bool good = limited(RLIMIT_CPU, t->cpu_s) && limited(RLIMIT_FSIZE, t->file_bytes) && limited(RLIMIT_CORE, 0);
  return good && limited(RLIMIT_AS, t->memory_bytes);
}

/* Best effort: when memory runs out, the kernel ends this process and not the server. */
static void go_first(void) {
  static const char badness[] = "900";
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t n = write(fd, badness, sizeof badness - 1);
  (void)n;
  close(fd);
}

struct descriptors {
  int nothing, in, out, second; /* in, second: -1 for none */
};

/* Only 0, 1, 2, FILE_TOOL_IN and FILE_TOOL_SECOND stay; first all are moved to where no one stands in the way of another. */
static bool place(const struct descriptors *d) {
  enum { ABOVE = FILE_SANDBOX_PROGRAM + 1 };
  const int wanted[] = {d->nothing, d->out, d->nothing, d->in >= 0 ? d->in : d->nothing,
                        d->second >= 0 ? d->second : d->nothing};
  int moved[FILE_TOOL_SECOND + 1];
  for (int i = 0; i <= FILE_TOOL_SECOND; i++)
    if ((moved[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, ABOVE)) < 0) return false;
  for (int i = 0; i <= FILE_TOOL_SECOND; i++)
    if (dup2(moved[i], i) != i) return false;
  return true;
}

_Noreturn static void become(const struct file_tool *t, const struct file_sandbox *sandbox,
                             const struct descriptors *d) {
  const char *const environment[] = {"VIPS_BLOCK_UNTRUSTED=1",
                                     "VIPS_CONCURRENCY=1",
                                     "VIPS_DISC_THRESHOLD=1g",
                                     "PATH=/usr/bin:/bin",
                                     "LC_ALL=C",
                                     t->setting,
                                     NULL};
  sigset_t none;
  sigemptyset(&none);
  go_first();
  (void)setpriority(PRIO_PROCESS, 0, LOWER_PRIORITY);
  bool ready = sigprocmask(SIG_SETMASK, &none, NULL) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (ready && place(d) && limit_all(t) && file_sandbox_enter(sandbox)) file_sandbox_exec(t->argv, environment);
  _exit(FAILED_BEFORE_EXEC);
}

/* ---- in the parent ---- */

/* Reads until the program closes its output, then waits for its end. False: it takes too long. */
static bool ended_in_time(int pidfd, int out, int64_t until_ms, char *text, size_t *length) {
  struct pollfd waited[] = {{.fd = pidfd, .events = POLLIN}, {.fd = out, .events = POLLIN}};
  char rest[512];
  for (;;) {
    int64_t left_ms = until_ms - thread_now_ms();
    int ready = left_ms > 0 ? poll(waited, 2, left_ms > INT_MAX ? INT_MAX : (int)left_ms) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    if (waited[1].revents) { /* what is beyond the limit is read and dropped */
      bool room = *length < FILE_TOOL_OUT_MAX;
      ssize_t n = read(out, room ? text + *length : rest, room ? FILE_TOOL_OUT_MAX - *length : sizeof rest);
      if (n > 0 && room) *length += (size_t)n;
      if (n <= 0) waited[1].fd = -1;
    } else if (waited[0].revents) {
      return true;
    }
  }
}

/* Its status, or -1 when it was killed. */
static int wait_for(pid_t pid, int out, int wall_ms, char *text, size_t *length) {
  int fd = pidfd_open(pid, 0), status = -1;
  if (fd < 0 || !ended_in_time(fd, out, thread_now_ms() + wall_ms, text, length)) (void)kill(pid, SIGKILL);
  if (fd >= 0) close(fd);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int new_file(const char *path) { return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); }

static pid_t start(const struct file_tool *t, const struct file_sandbox *sandbox, const struct descriptors *d) {
  pid_t pid = fork();
  if (pid == 0) become(t, sandbox, d);
  return pid;
}

bool file_tool_run(const struct file_tool *t, arena *a, str *out) {
  struct file_sandbox sandbox = {-1, -1, false};
  struct descriptors d = {-1, -1, -1, -1};
  int pipes[2] = {-1, -1}, status = -1;
  char *text = arena_alloc(a, FILE_TOOL_OUT_MAX);
  size_t length = 0;
  pid_t pid = -1;
  if (!file_tool_installed(t->program)) return false;
  if ((d.nothing = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 || pipe2(pipes, O_CLOEXEC) != 0) goto done;
  if (t->in && (d.in = open(t->in, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0) goto done;
  d.out = t->out ? new_file(t->out) : fcntl(pipes[1], F_DUPFD_CLOEXEC, 0);
  if (t->second && (d.second = new_file(t->second)) < 0) goto done;
  if (d.out >= 0 && file_sandbox_open(t->program, d.in, &sandbox)) pid = start(t, &sandbox, &d);
done:
  if (pid < 0) LOG_WARN("file.tool_not_started", LOG_C("program", t->argv[0]), LOG_C("why", strerror(errno)));
  if (d.out >= 0) close(d.out);
  if (d.second >= 0) close(d.second);
  if (pipes[1] >= 0) close(pipes[1]);
  if (pid > 0) status = wait_for(pid, pipes[0], t->wall_ms, text, &length);
  if (pipes[0] >= 0) close(pipes[0]);
  if (d.in >= 0) close(d.in);
  if (d.nothing >= 0) close(d.nothing);
  file_sandbox_close(&sandbox);
  if (pid > 0 && status != 0) LOG_WARN("file.tool_failed", LOG_C("program", t->argv[0]), LOG_I("status", status));
  if (t->out && d.out >= 0 && status != 0) (void)unlink(t->out);
  if (d.second >= 0 && status != 0) (void)unlink(t->second);
  if (out) *out = str_n(text, length);
  return status == 0;
}
