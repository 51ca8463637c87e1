/* See file_tool.h. Between fork and exec only system calls are made, since other threads may hold any lock. */
#include "desk/file/file_tool.h"

#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED_BEFORE_EXEC = 126, LOWER_PRIORITY = 5, DESCRIPTORS_MAX = 64 };

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

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "name this machine's AUDIT_ARCH here"
#endif
#define X32_CALLS 0x40000000u /* of x86-64; no other machine numbers its calls so */

#define REFUSE         (SECCOMP_RET_ERRNO | (EACCES & SECCOMP_RET_DATA))
#define REFUSED_IF(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, REFUSE)
#define LOAD(member)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* No network, no other process. */
static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, REFUSE),
    REFUSED_IF(__NR_socket),
    REFUSED_IF(__NR_socketpair),
    REFUSED_IF(__NR_io_uring_setup),
    REFUSED_IF(__NR_ptrace),
    REFUSED_IF(__NR_process_vm_readv),
    REFUSED_IF(__NR_process_vm_writev),
    REFUSED_IF(__NR_pidfd_getfd),
    REFUSED_IF(__NR_pidfd_open),
    REFUSED_IF(__NR_pidfd_send_signal),
    REFUSED_IF(__NR_kill),
    REFUSED_IF(__NR_tkill),
    REFUSED_IF(__NR_tgkill),
    REFUSED_IF(__NR_rt_sigqueueinfo),
    REFUSED_IF(__NR_rt_tgsigqueueinfo),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static const struct sock_fprog filter_program = {sizeof filter / sizeof filter[0], filter};

static bool limited(int what, int64_t most) {
  struct rlimit limit = {(rlim_t)most, (rlim_t)most};
  return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

static bool confined(const struct file_tool *t) {
  bool good = limited(RLIMIT_CPU, t->cpu_s) && limited(RLIMIT_FSIZE, t->file_bytes) && limited(RLIMIT_CORE, 0);
  good = good && limited(RLIMIT_NOFILE, DESCRIPTORS_MAX) && limited(RLIMIT_AS, t->memory_bytes);
  (void)setpriority(PRIO_PROCESS, 0, LOWER_PRIORITY);
  return good && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_program) == 0;
}

_Noreturn static void become(const struct file_tool *t, int nothing, int out) {
  static const char *const environment[] = {"VIPS_BLOCK_UNTRUSTED=1", "VIPS_CONCURRENCY=1", "PATH=/usr/bin:/bin",
                                            "LC_ALL=C", NULL};
  sigset_t none;
  sigemptyset(&none);
  bool ready = dup2(nothing, 0) == 0 && dup2(out, 1) == 1 && dup2(nothing, 2) == 2;
  if (ready && sigprocmask(SIG_SETMASK, &none, NULL) == 0 && confined(t))
    execve(t->program, (char *const *)(uintptr_t)t->argv, (char *const *)(uintptr_t)environment);
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

bool file_tool_run(const struct file_tool *t, arena *a, str *out) {
  int pipes[2] = {-1, -1}, nothing = -1, status = -1;
  char *text = arena_alloc(a, FILE_TOOL_OUT_MAX);
  size_t length = 0;
  if (!file_tool_installed(t->program)) return false;
  bool ready = pipe2(pipes, O_CLOEXEC) == 0 && (nothing = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0;
  pid_t pid = ready ? fork() : -1;
  if (pid == 0) become(t, nothing, pipes[1]);
  int why = errno;
  if (pipes[1] >= 0) close(pipes[1]);
  if (nothing >= 0) close(nothing);
  if (pid > 0) status = wait_for(pid, pipes[0], t->wall_ms, text, &length);
  if (pipes[0] >= 0) close(pipes[0]);
  if (pid < 0)
    LOG_WARN("file.tool_not_started", LOG_C("program", t->argv[0]), LOG_C("why", strerror(why)));
  else if (status != 0)
    LOG_WARN("file.tool_failed", LOG_C("program", t->argv[0]), LOG_I("status", status));
  if (out) *out = str_n(text, length);
  return status == 0;
}
