/* Internal to the slice: what the kernel keeps a program of file_tool.h from, so that a picture or video that takes its decoder over
 * gains nothing. The program
 *   - reads its own code, the system's libraries and the one file it is given as a descriptor, and writes to the descriptors it is
 *     given and to nothing else (Landlock);
 *   - makes only the system calls of file_sandbox_calls.tbl (seccomp): no socket, no other process, no second program, no look into
 *     the memory of a process; any other call fails as if this kernel had none of that name;
 *   - has no capability, even when the server runs as root, and gains none (no_new_privs);
 *   - has the limits of struct file_tool, and is the first that the kernel ends when memory runs out.
 * None of this needs root or a namespace, so it also holds in a container. A kernel without Landlock or seccomp, or a machine other
 * than x86-64 and aarch64, for which there is no filter, costs that part only: the log says so once, and `doctor` in file_sandbox_lacks. */
#ifndef SB_DESK_FILE_FILE_SANDBOX_H
#define SB_DESK_FILE_FILE_SANDBOX_H

#include <stdbool.h>

struct file_sandbox {
  int program; /* descriptor of the program's file */
  int rules;   /* of Landlock; -1: the kernel has none */
  bool calls;  /* are limited by seccomp */
};
/* In the parent. in: descriptor of the file that may be read, or -1. False: errno says why. Close it in any case. */
bool file_sandbox_open(const char *program, int in, struct file_sandbox *out);
void file_sandbox_close(struct file_sandbox *s);

/* In the child, which makes system calls only, since other threads may have held any lock. Moves the program's descriptor to
 * FILE_SANDBOX_PROGRAM, from where alone a program may be started. RLIMIT_NOFILE is lower afterwards, so that nothing else can get
 * this number. */
enum { FILE_SANDBOX_PROGRAM = 100, FILE_SANDBOX_DESCRIPTORS = 64 };
bool file_sandbox_enter(const struct file_sandbox *s);
void file_sandbox_exec(const char *const *argv, const char *const *environment); /* returns when it failed */

#endif
