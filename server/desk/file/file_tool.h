/* Internal to the slice: programs of the system that decode what strangers sent. Each runs as a child process with the limits of
 * struct file_tool, which the kernel enforces from before its first instruction, with a lower priority, without descriptors or
 * environment of ours, and without sockets, signals and tracing (seccomp), so that a broken picture or video costs a thumbnail and
 * nothing else. A program that was taken over still runs as our user. At
 * most FILE_TOOLS_MAX run at once. */
#ifndef SB_DESK_FILE_FILE_TOOL_H
#define SB_DESK_FILE_FILE_TOOL_H

#include "base/arena.h"

enum { FILE_TOOLS_MAX = 2 };

struct file_tool {
  const char *program;     /* its path */
  const char *const *argv; /* with the name, ending with NULL */
  int64_t memory_bytes,    /* of address space */
      file_bytes;          /* of a file that it writes */
  int cpu_s, wall_ms;
};

bool file_tool_installed(const char *program);
/* Waits until fewer than FILE_TOOLS_MAX run, for at most patience_ms; false: they still do. Every true is followed by
 * file_tool_leave. */
bool file_tool_enter(int64_t patience_ms);
void file_tool_leave(void);
/* Between these two. out: what the program printed, at most FILE_TOOL_OUT_MAX bytes; NULL: nobody reads it. False: the program is
 * not installed, failed, or was killed. */
enum { FILE_TOOL_OUT_MAX = 4096 };
bool file_tool_run(const struct file_tool *t, arena *a, str *out);

#endif
