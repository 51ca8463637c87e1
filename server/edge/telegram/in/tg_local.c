/* See tg_local.h. The path is walked from the folder's descriptor, one component at a time with O_NOFOLLOW, so no
 * concurrent change leads out of it. The folder itself may be a link, since the administrator configured it. */
#include "edge/telegram/in/tg_local.h"

#include "edge/telegram/tg_address.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 << 10 };

str tg_local_folder(str setting, str account) {
  str all = STR_NONE;
  while (setting.len) {
    str folder = str_trim(str_cut(&setting, ',')), id = STR_NONE;
    if (!str_starts(folder, S("/"))) id = str_trim(str_cut(&folder, '='));
    if (id.ptr && str_eq(id, account)) return folder;
    if (!id.ptr && folder.len) all = folder;
  }
  return all;
}

/* Such a folder is called by the token, 123:abc. */
static bool is_of_another_bot(str relative, str account) {
  str first = str_cut(&relative, '/'), id = first;
  id = str_cut(&id, ':');
  int64_t number;
  return id.len < first.len && str_to_i64(id, &number) && !str_eq(id, account);
}

/* The path below the folder; STR_NONE if it is not below. */
static str below(const char *folder, str path) {
  str root = str_c(folder);
  while (root.len > 1 && root.ptr[root.len - 1] == '/') root.len--;
  bool inside = str_starts(path, root) && path.len > root.len + 1 && path.ptr[root.len] == '/';
  return inside ? str_sub(path, root.len + 1, path.len) : STR_NONE;
}

/* A descriptor of the file, or -1 with errno. */
static int open_below(const char *folder, str relative) {
  int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0 && relative.len) {
    char name[NAME_MAX + 1];
    str part = str_cut(&relative, '/');
    bool last = relative.len == 0;
    int next = -1;
    if (part.len < sizeof name) {
      snprintf(name, sizeof name, "%.*s", STR_ARG(part));
      /* Not blocking: a pipe without a writer would hold the thread. */
      next =
          openat(at, name, O_NOFOLLOW | O_CLOEXEC | (last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY));
    } else {
      errno = ENAMETOOLONG;
    }
    int error = errno;
    close(at);
    errno = error;
    at = next;
  }
  return at;
}

static bool write_all(int out, const char *bytes, size_t size) {
  while (size) {
    ssize_t n = write(out, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    size -= (size_t)n;
  }
  return true;
}

static bool copy(int in, int out, int64_t most_bytes) {
  char piece[PIECE_BYTES];
  int64_t total = 0;
  for (;;) {
    ssize_t got = read(in, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    total += got;
    if (total > most_bytes || !write_all(out, piece, (size_t)got)) return false;
  }
}

static enum tg_local copy_to(int in, const char *to, int64_t most_bytes) {
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (out < 0) return TG_LOCAL_FAILED;
  bool good = copy(in, out, most_bytes);
  if (close(out) != 0) good = false;
  if (!good) unlink(to);
  return good ? TG_LOCAL_COPIED : TG_LOCAL_FAILED;
}

enum tg_local tg_local_copy(const char *folder, str account, str path, const char *to, int64_t most_bytes,
                            const char **why) {
  *why = "The Bot API names a file on its own disk, and TELEGRAM_LOCAL_FILES names no folder for such files.";
  if (!folder || !*folder) return TG_LOCAL_REFUSED;
  *why = "The Bot API names a file outside of the folder TELEGRAM_LOCAL_FILES.";
  str relative = below(folder, path);
  if (!tg_file_path_is_plain(relative)) return TG_LOCAL_REFUSED;
  *why = "The Bot API names a file of another bot.";
  if (is_of_another_bot(relative, account)) return TG_LOCAL_REFUSED;
  int in = open_below(folder, relative);
  bool link = in < 0 && (errno == ELOOP || errno == ENOTDIR);
  *why = link ? "The Bot API names a file behind a link." : "The file that the Bot API names cannot be read.";
  if (in < 0 && access(folder, X_OK) != 0) *why = "This server does not see the folder TELEGRAM_LOCAL_FILES.";
  if (in < 0) return link ? TG_LOCAL_REFUSED : TG_LOCAL_FAILED;
  struct stat s;
  enum tg_local result = TG_LOCAL_REFUSED;
  if (fstat(in, &s) != 0 || !S_ISREG(s.st_mode))
    *why = "The Bot API names something that is no file.";
  else if (s.st_size > most_bytes)
    result = TG_LOCAL_TOO_LARGE, *why = "The file is too large.";
  else
    result = copy_to(in, to, most_bytes);
  close(in);
  return result;
}
