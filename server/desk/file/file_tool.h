/* Internal to the slice: programs of the system that decode what strangers sent. Each runs as a child process with the limits of
 * struct file_tool, which the kernel enforces from before its first instruction, with a lower priority, in the sandbox of
 * file_sandbox.h: it is given its bytes and the place of its result as descriptors, and reaches no other file of ours, no network and
 * no process. So a broken or hostile picture or video costs a thumbnail and nothing else. At most FILE_TOOLS_MAX run at once. */
#ifndef SB_DESK_FILE_FILE_TOOL_H
#define SB_DESK_FILE_FILE_TOOL_H

#include "base/arena.h"

enum { FILE_TOOLS_MAX = 2 };

enum { FILE_TOOL_IN = 3, FILE_TOOL_SECOND = 4 };
#define FILE_TOOL_IN_PATH "/proc/self/fd/3" /* opens the bytes again, from their beginning */

struct file_tool {
  const char *program;     /* its path; a binary, no script */
  const char *const *argv; /* with the name, ending with NULL */
  int64_t memory_bytes,    /* of address space */
      file_bytes;          /* of a file that it writes */
  int cpu_s, wall_ms;
  const char *in, /* the file that it reads, as descriptor FILE_TOOL_IN; NULL: none */
      *out,       /* the new file that its standard output goes to, removed on failure; NULL: the output is text */
      *second,    /* the same for descriptor FILE_TOOL_SECOND; NULL: there is none */
      *setting;   /* "NAME=value" of its environment; NULL: none beside the fixed ones */
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
