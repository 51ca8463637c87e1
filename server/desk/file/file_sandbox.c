/* See file_sandbox.h. Both parts are used by their raw system calls: Landlock has no library in Debian, and seccomp's would have to
 * make the same few instructions before the fork. */
#include "desk/file/file_sandbox.h"

#include "base/log.h"
#include "desk/file/file.h"
#include "desk/file/file_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* ---- system calls: a filter for seccomp ---- */

/* file_sandbox_calls.tbl names the calls of these machines. On any other there is no filter, and file_sandbox_lacks says so. */
#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCH
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lower half of an argument comes first");

#define X32_CALLS                 0x40000000u /* of x86-64; no other machine numbers its calls so */
#define LOAD(member)              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOWER(n)                  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define UPPER(n)                  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]) + 4)
#define IS(value)                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1) /* else the next instruction is left out */
#define HAS_BIT(bit)              BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit, 0, 1)
#define ALLOW                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(error)             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ONLY_IF(name, load, test) /* the call is allowed if a word of its arguments passes the test */ \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), load, test, ALLOW, REFUSE(EPERM)
#define CALL(name) IS(__NR_##name), ALLOW,

static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1),
    REFUSE(ENOSYS),
#include "desk/file/file_sandbox_calls.tbl"
    ONLY_IF(clone, LOWER(0), HAS_BIT(CLONE_THREAD)),           /* a thread, but no process */
    ONLY_IF(execveat, LOWER(0), IS(FILE_SANDBOX_PROGRAM)),     /* once: see file_sandbox_exec */
    ONLY_IF(ioctl, LOWER(1), IS(TCGETS)),                      /* isatty */
    ONLY_IF(prctl, LOWER(0), IS(PR_SET_NAME)),                 /* of a thread */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prlimit64, 0, 6), /* reads a limit, sets none */
    LOWER(2),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
    UPPER(2),
    IS(0),
    ALLOW,
    REFUSE(EPERM),
    REFUSE(ENOSYS),
};
static const struct sock_fprog filter_program = {sizeof filter / sizeof filter[0], filter};

static bool has_seccomp(void) {
  uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
static bool limit_calls(void) { return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_program) == 0; }
#define NO_SECCOMP "this kernel, or this container, does not offer seccomp"
#define NEITHER    "this kernel, or this container, offers neither Landlock nor seccomp"
#else
static bool has_seccomp(void) { return false; }
static bool limit_calls(void) { return false; }
#define NO_SECCOMP "there is no seccomp filter for this kind of machine"
#define NEITHER    "this kernel, or this container, does not offer Landlock, and " NO_SECCOMP
#endif

/* ---- files: rules for Landlock ---- */

/* As the newest kernel knows it; an older one is given the beginning. */
struct ruleset {
  uint64_t files, network, scopes;
};
enum {
  READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
  READ_TREE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
  EXECUTE = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE,
  READ_WRITE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE,
};
static const struct {
  const char *path;
  uint64_t access;
} readable[] = {
    {"/usr/lib", READ_TREE},
    {"/lib", READ_TREE},
    {"/lib64", READ_TREE},
    {"/etc/ld.so.cache", READ_FILE},
    {"/dev/null", READ_WRITE},
    {"/dev/urandom", READ_FILE},
    /* the loaders of Debian's machines, each under its own name */
    {"/lib64/ld-linux-x86-64.so.2", EXECUTE},
    {"/lib/ld-linux-aarch64.so.1", EXECUTE},
    {"/lib/ld-linux-armhf.so.3", EXECUTE},
    {"/lib/ld-linux.so.3", EXECUTE},
    {"/lib/ld-linux.so.2", EXECUTE},
    {"/lib64/ld64.so.2", EXECUTE},
    {"/lib/ld64.so.1", EXECUTE},
    {"/lib/ld-linux-riscv64-lp64d.so.1", EXECUTE},
    {"/lib64/ld.so.1", EXECUTE},
    {"/lib/ld.so.1", EXECUTE},
};

/* 0: none. */
static int landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? (int)version : 0;
}

static bool allow_descriptor(int rules, int fd, uint64_t access) {
  const struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = fd};
  return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

static bool allow_path(int rules, const char *path, uint64_t access) {
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT; /* such as /lib64 elsewhere */
  bool allowed = allow_descriptor(rules, fd, access);
  close(fd);
  return allowed;
}

/* *made: -1 where the kernel has no Landlock. */
static bool make_rules(int program, int in, int *made) {
  enum { FS_OF_1 = 13, NETWORK_FROM = 4, IOCTL_FROM = 5, SCOPES_FROM = 6, BOTH = 3 };
  int version = landlock_version();
  *made = -1;
  if (!version) return true;
  int kinds = FS_OF_1 + (version >= 2) + (version >= 3) + (version >= IOCTL_FROM);
  struct ruleset set = {.files = (1u << kinds) - 1, .network = BOTH, .scopes = BOTH};
  size_t size = version >= SCOPES_FROM    ? sizeof set
                : version >= NETWORK_FROM ? offsetof(struct ruleset, scopes)
                                          : offsetof(struct ruleset, network);
  int rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
  bool good = rules >= 0 && allow_descriptor(rules, program, EXECUTE);
  if (good && in >= 0) good = allow_descriptor(rules, in, READ_FILE);
  for (size_t i = 0; good && i < sizeof readable / sizeof readable[0]; i++)
    good = allow_path(rules, readable[i].path, readable[i].access);
  if (good) *made = rules;
  if (!good && rules >= 0) close(rules);
  return good;
}

const char *file_sandbox_lacks(void) {
  bool files = !landlock_version(), calls = !has_seccomp();
  if (files && calls) return NEITHER;
  if (files) return "this kernel, or this container, does not offer Landlock";
  return calls ? NO_SECCOMP : NULL;
}

void file_sandbox_hide_server(void) {
  struct rlimit core;
  bool dumps = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur != 0;
  if (!landlock_version() && !dumps) (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void say_once(void) {
  const char *lacks = file_sandbox_lacks();
  if (lacks) LOG_WARN("file.sandbox_partial", LOG_C("why", lacks));
}

bool file_sandbox_open(const char *program, int in, struct file_sandbox *out) {
  static pthread_once_t said = PTHREAD_ONCE_INIT;
  pthread_once(&said, say_once);
  *out = (struct file_sandbox){.program = open(program, O_PATH | O_CLOEXEC), .rules = -1, .calls = has_seccomp()};
  return out->program >= 0 && make_rules(out->program, in, &out->rules);
}

void file_sandbox_close(struct file_sandbox *s) {
  if (s->program >= 0) close(s->program);
  if (s->rules >= 0) close(s->rules);
  *s = (struct file_sandbox){-1, -1, false};
}

/* ---- in the child ---- */

/* Only root has any. */
static bool drop_capabilities(void) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
  for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
  return syscall(SYS_capset, &head, none) == 0;
}

bool file_sandbox_enter(const struct file_sandbox *s) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !drop_capabilities()) return false;
  const struct rlimit descriptors = {FILE_SANDBOX_DESCRIPTORS, FILE_SANDBOX_DESCRIPTORS};
  if (dup3(s->program, FILE_SANDBOX_PROGRAM, O_CLOEXEC) < 0 || setrlimit(RLIMIT_NOFILE, &descriptors) != 0)
    return false;
  if (s->rules >= 0 && syscall(SYS_landlock_restrict_self, s->rules, 0) != 0) return false;
  (void)syscall(SYS_close_range, FILE_TOOL_SECOND + 1, FILE_SANDBOX_PROGRAM - 1,
                0); /* all are closed on exec as it is */
  (void)syscall(SYS_close_range, FILE_SANDBOX_PROGRAM + 1, ~0u, 0);
  return !s->calls || limit_calls();
}

/* The number is above RLIMIT_NOFILE, and the descriptor is closed when the program begins: so it cannot have a second one there. */
void file_sandbox_exec(const char *const *argv, const char *const *environment) {
  syscall(SYS_execveat, FILE_SANDBOX_PROGRAM, "", argv, environment, AT_EMPTY_PATH);
}
