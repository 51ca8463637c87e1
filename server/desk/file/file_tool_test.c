/* The limits and the sandbox of programs that decode strangers' bytes: a hostile program tries everything that it must not. */
#include "desk/desk_fixture.h"
#include "desk/file/file.h"
#include "desk/file/file_sandbox.h"
#include "desk/file/file_tool.h"

#include "base/thread.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const int64_t memory_bytes = (int64_t)2 << 30, file_bytes = 64 << 20;

static struct file_tool tool_of(const char *program, const char *const *argv) {
  return (struct file_tool){.program = program,
                            .argv = argv,
                            .memory_bytes = memory_bytes,
                            .file_bytes = file_bytes,
                            .cpu_s = 20,
                            .wall_ms = 60000};
}

static bool run(const struct file_tool *tool, arena *a, str *out) {
  assert_true(file_tool_enter(0));
  bool good = file_tool_run(tool, a, out);
  file_tool_leave();
  return good;
}

static bool run_with(const char *program, const char *const *argv, int cpu_s, int wall_ms, arena *a, str *out) {
  struct file_tool tool = tool_of(program, argv);
  tool.cpu_s = cpu_s;
  tool.wall_ms = wall_ms;
  return run(&tool, a, out);
}

static void put(const char *path, const char *text) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

/* ---- what a program that was taken over would try ---- */

/* Arguments: a folder of ours, then the numbers of system calls. Each line says what came of an attempt. */
static const char hostile[] =
    "use strict; use Socket; $| = 1;\n"
    "my ($data, $ptrace, $peek, $limit, $dup3, $execveat, $unshare, $uring) = @ARGV;\n"
    "my $parent = getppid();\n"
    "sub tell_of { print $_[0], ': ', $_[1] ? 'DONE' : 'refused', qq(\\n); }\n"
    "sub reads { open(my $f, '<', $_[0]) or return 0; return sysread($f, my $byte, 1); }\n"
    "tell_of('reads its input', reads('/proc/self/fd/3'));\n"
    "tell_of('reads accounts', reads('/etc/passwd'));\n"
    "tell_of('reads our file', reads(qq($data/secret)));\n"
    "tell_of('lists our folder', opendir(my $d, $data));\n"
    "tell_of('writes into our folder', open(my $w, '>', qq($data/planted)));\n"
    "tell_of('changes our file', open(my $c, '>>', qq($data/secret)));\n"
    "tell_of('removes our file', unlink(qq($data/secret)));\n"
    "tell_of('renames our file', rename(qq($data/secret), qq($data/other)));\n"
    "tell_of('opens our file to all', chmod(0777, qq($data/secret)));\n"
    "tell_of('reads our memory', open(my $m, '<', qq(/proc/$parent/mem)));\n"
    "tell_of('writes our memory', open(my $n, '+<', qq(/proc/$parent/mem)));\n"
    "tell_of('reads our environment', reads(qq(/proc/$parent/environ)));\n"
    "tell_of('peeks into our memory', do { my $b = q( ) x 64; my $v = pack('QQ', unpack('Q', pack('P', $b)), 8);\n"
    "  my $r = pack('QQ', 4096, 8); my $g = syscall($peek, $parent, $v, 1, $r, 1, 0); $g >= 0 || $!{EFAULT} });\n"
    "tell_of('traces us', syscall($ptrace, 16, $parent, 0, 0) == 0);\n"
    "tell_of('signals us', kill(0, $parent));\n"
    "tell_of('opens a network socket', socket(my $i, AF_INET, SOCK_STREAM, 0));\n"
    "tell_of('opens a local socket', socket(my $u, AF_UNIX, SOCK_STREAM, 0));\n"
    "my ($none, $more, $list) = ('', pack('QQ', 4096, 4096), pack('x8'));\n"
    "tell_of('raises a limit', syscall($limit, 0, 7, $more, 0) == 0);\n"
    "tell_of('makes a namespace', syscall($unshare, 0x10000000) == 0);\n"
    "tell_of('opens a ring', do { my $p = qq(\\0) x 120; syscall($uring, 4, $p) >= 0 });\n"
    "my $pid = fork(); exit 0 if defined $pid && !$pid; tell_of('makes a process', defined $pid);\n"
    "tell_of('moves a descriptor up', syscall($dup3, 3, 100, 0) >= 0);\n"
    "tell_of('starts its descriptor', do { syscall($execveat, 3, $none, $list, $list, 0x1000); 0 });\n"
    "tell_of('starts what it is again', do { syscall($execveat, 100, $none, $list, $list, 0x1000); 0 });\n"
    "tell_of('starts a program', do { no warnings; exec { '/bin/true' } 'true'; 0 });\n"
    "print qq(lives on\\n);\n";

static const struct {
  const char *line;
  bool by_landlock; /* else by seccomp */
} attempts[] = {
    {"reads accounts", true},
    {"reads our file", true},
    {"lists our folder", true},
    {"writes into our folder", true},
    {"changes our file", true},
    {"removes our file", false},
    {"renames our file", false},
    {"opens our file to all", false},
    {"reads our memory", true},
    {"writes our memory", true},
    {"reads our environment", true},
    {"peeks into our memory", false},
    {"traces us", false},
    {"signals us", false},
    {"opens a network socket", false},
    {"opens a local socket", false},
    {"raises a limit", false},
    {"makes a namespace", false},
    {"opens a ring", false},
    {"makes a process", false},
    {"moves a descriptor up", false},
    {"starts its descriptor", false},
    {"starts what it is again", false},
    {"starts a program", false},
};

static bool lacks(const char *what) {
  const char *words = file_sandbox_lacks();
  return words && strstr(words, what);
}

static void a_program_that_was_taken_over_gains_nothing(void **state) {
  struct fixture *f = *state;
  arena *a = f->arena;
  const char *secret = arena_printf(a, "%s/secret", f->dir).ptr, *input = arena_printf(a, "%s/input", f->dir).ptr;
  put(secret, "ours");
  put(input, "theirs");
#define NUMBER(name) arena_printf(a, "%d", (int)SYS_##name).ptr
  const char *const argv[] = {"perl",
                              "-e",
                              hostile,
                              f->dir,
                              NUMBER(ptrace),
                              NUMBER(process_vm_readv),
                              NUMBER(prlimit64),
                              NUMBER(dup3),
                              NUMBER(execveat),
                              NUMBER(unshare),
                              NUMBER(io_uring_setup),
                              NULL};
  struct file_tool tool = tool_of("/usr/bin/perl", argv);
  tool.in = input;
  str out;
  assert_true(run(&tool, a, &out));
  for (size_t i = 0; i < JSON_COUNT(attempts); i++) {
    if (lacks(attempts[i].by_landlock ? "Landlock" : "seccomp")) continue;
    if (!str_contains(out, arena_printf(a, "%s: refused\n", attempts[i].line)))
      fail_msg("\"%s\" is not refused:\n%.*s", attempts[i].line, STR_ARG(out));
  }
  assert_true(str_contains(out, S("reads its input: DONE\n")));
  assert_true(str_ends(out, S("lives on\n")));
  struct stat s;
  assert_int_equal(stat(secret, &s), 0);
  assert_int_equal(s.st_size, 4);
  assert_int_equal(s.st_mode & 0777 & ~0644, 0);
}

/* Runs in a child of its own, in which the kernel refuses Landlock and seccomp like an older one. */
static int without(const unsigned *calls, size_t count) {
  struct sock_filter filter[16] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  unsigned short n = 1;
  for (size_t i = 0; i < count; i++) {
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
  }
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {n, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    return 1;
  arena *a = arena_new(0);
  const char *const argv[] = {"echo", "hello", NULL};
  const struct file_tool tool = tool_of("/bin/echo", argv);
  str out;
  bool good = run(&tool, a, &out) && str_eq(out, S("hello\n"));
  const char *lacking = file_sandbox_lacks();
  bool said = lacking && strstr(lacking, "Landlock") && (count < 2 || strstr(lacking, "seccomp"));
  return !good ? 2 : !said ? 3 : 0;
}

static void a_kernel_without_landlock_or_seccomp_costs_that_part_only(void **state) {
  (void)state;
  static const unsigned calls[] = {SYS_landlock_create_ruleset, SYS_seccomp};
  for (size_t count = 1; count <= JSON_COUNT(calls); count++) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) _exit(without(calls, count));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
  }
}

/* ---- limits ---- */

static void a_program_has_little_time_and_little_memory(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str out;
  assert_true(run_with("/bin/echo", (const char *const[]){"echo", "hello", NULL}, 5, 5000, a, &out));
  assert_str(out, "hello\n");
  const char *limits = arena_printf(a,
                                    "for (4, 9, 7, 0) { my $l = pack('QQ', 0, 0); "
                                    "syscall(%d, 0, $_, 0, $l); print join(' ', unpack('QQ', $l)), qq(\\n) }",
                                    (int)SYS_prlimit64)
                           .ptr;
  assert_true(run_with("/usr/bin/perl", (const char *const[]){"perl", "-e", limits, NULL}, 5, 5000, a, &out));
  assert_str(out, "0 0\n2147483648 2147483648\n64 64\n5 5\n"); /* core, memory, descriptors, seconds */
  int64_t began_ms = thread_now_ms();
  assert_false(run_with("/bin/sleep", (const char *const[]){"sleep", "60", NULL}, 5, 100, a, NULL));
  const char *const loop[] = {"perl", "-e", "1 while 1", NULL};
  assert_false(run_with("/usr/bin/perl", loop, 1, 60000, a, NULL));
  assert_true(thread_now_ms() - began_ms < 30000);
  const char *const much[] = {"perl", "-e", "my $x = 'x' x (3 << 30); exit 0", NULL};
  assert_false(run_with("/usr/bin/perl", much, 20, 60000, a, NULL));
  assert_false(run_with("/usr/bin/no-such-program", loop, 1, 1000, a, NULL));
  arena_free(&a);
}

static void a_program_s_output_is_a_new_file_or_none(void **state) {
  struct fixture *f = *state;
  const char *path = arena_printf(f->arena, "%s/out", f->dir).ptr;
  const char *const argv[] = {"perl", "-e", "print 'x' x 100; exit $ARGV[0]", "0", NULL};
  const char *const failing[] = {"perl", "-e", "print 'x' x 100; exit $ARGV[0]", "1", NULL};
  struct file_tool tool = tool_of("/usr/bin/perl", argv);
  tool.out = path;
  assert_true(run(&tool, f->arena, NULL));
  assert_int_equal(access(path, F_OK), 0);
  assert_false(run(&tool, f->arena, NULL)); /* it is there, and stays as it is */
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
  const char *second = arena_printf(f->arena, "%s/second", f->dir).ptr;
  const char *const two[] = {"perl", "-e", "open(my $s, '>&=4'); print $s 'y' x 50; close $s; print 'x'; exit 0", NULL};
  tool.argv = two;
  tool.second = second;
  assert_true(run(&tool, f->arena, NULL));
  struct stat s;
  assert_int_equal(stat(second, &s), 0);
  assert_int_equal(s.st_size, 50);
  unlink(path);
  unlink(second);
  tool.argv = failing;
  assert_false(run(&tool, f->arena, NULL));
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(second, F_OK), -1);
}

static void a_program_waits_until_there_is_room(void **state) {
  (void)state;
  for (int i = 0; i < FILE_TOOLS_MAX; i++) assert_true(file_tool_enter(0));
  assert_false(file_tool_enter(10));
  file_tool_leave();
  assert_true(file_tool_enter(0));
  for (int i = 0; i < FILE_TOOLS_MAX; i++) file_tool_leave();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(a_kernel_without_landlock_or_seccomp_costs_that_part_only), /* first: nothing has been said yet */
      ON_SQLITE(a_program_that_was_taken_over_gains_nothing),
      PURE(a_program_has_little_time_and_little_memory),
      ON_SQLITE(a_program_s_output_is_a_new_file_or_none),
      PURE(a_program_waits_until_there_is_room),
  };
  return FIXTURE_RUN(tests);
}
