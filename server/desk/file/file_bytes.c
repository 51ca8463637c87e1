/* Bytes on disk: STORAGE_LOCAL_PATH/ab/<sha256 in hex>. A file is complete and synced before it gets its name and never changes
 * afterwards, so it can be stored once, cached permanently and copied while in use. */
#include "desk/file/file_internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>

enum { KEY_SIZE = crypto_hash_sha256_BYTES * 2, DIR_MODE = 0700, STEP_BYTES = 256 << 10 };

err file_disk_failed(const char *what) {
  int code = errno;
  LOG_ERROR("file.disk_failed", LOG_C("doing", what), LOG_C("why", strerror(code)));
  bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  if (full) return err_detail(ERR_UNAVAILABLE, NULL, "The disk is full.");
  return code == EMFILE || code == ENFILE ? err_make(ERR_OVERLOADED) : err_make(ERR_INTERNAL);
}

/* ---- names ---- */

static const char *spool_folder(struct desk *d, arena *a) { return arena_printf(a, "%s/tmp", d->files_dir).ptr; }

static bool make_folder(const char *path) { return mkdir(path, DIR_MODE) == 0 || errno == EEXIST; }

const char *file_spool_path(struct desk *d, arena *a) {
  enum { NAME_SIZE = 24 };
  char name[NAME_SIZE + 1];
  rand_token(&rand_system, name, NAME_SIZE); /* a name must be unique even if a test controls the desk's randomness */
  const char *folder = spool_folder(d, a);
  if (!make_folder(folder)) {
    make_folder(d->files_dir);
    make_folder(folder);
  }
  return arena_printf(a, "%s/%s", folder, name).ptr;
}

str file_hash(int fd, arena *a) {
  unsigned char hash[crypto_hash_sha256_BYTES], *bytes = mem_alloc(STEP_BYTES);
  EVP_MD_CTX *sha =
      EVP_MD_CTX_new(); /* OpenSSL's uses the processor's own instructions: ten times faster than libsodium's */
  if (!sha || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1) mem_exhausted(STEP_BYTES);
  off_t at = 0;
  ssize_t n;
  while ((n = pread(fd, bytes, STEP_BYTES, at)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    EVP_DigestUpdate(sha, bytes, (size_t)n);
    at += n;
  }
  EVP_DigestFinal_ex(sha, hash, NULL);
  EVP_MD_CTX_free(sha);
  mem_free(&bytes);
  if (n < 0) return STR_NONE;
  char *hex = arena_alloc(a, KEY_SIZE + 1);
  sodium_bin2hex(hex, KEY_SIZE + 1, hash, sizeof hash);
  return str_n(hex, KEY_SIZE);
}

bool file_has_hash(const char *path, str key) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  arena *a = arena_new(0);
  bool same = str_eq(file_hash(fd, a), key);
  arena_free(&a);
  close(fd);
  return same;
}

int64_t file_size_of(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? s.st_size : 0;
}

static bool sync_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return ok;
}

static bool write_all(int fd, const char *bytes, size_t n) {
  while (n) {
    ssize_t put = write(fd, bytes, n);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes += put;
    n -= (size_t)put;
  }
  return true;
}

static bool copy_all(int from, int to) {
  char *bytes = mem_alloc(STEP_BYTES);
  ssize_t n;
  while ((n = read(from, bytes, STEP_BYTES)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || !write_all(to, bytes, (size_t)n)) break;
  }
  int code = errno;
  mem_free(&bytes);
  errno = code;
  return n == 0;
}

/* From another file system there is no rename: the bytes are first copied next to their destination. */
static err copy_in(struct desk *d, const char *from, const char *path, arena *a) {
  const char *copy = file_spool_path(d, a);
  int in = open(from, O_RDONLY | O_CLOEXEC), fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = in >= 0 && fd >= 0 && copy_all(in, fd) && fsync(fd) == 0;
  if (in >= 0) close(in);
  if (fd >= 0) close(fd);
  if (ok && rename(copy, path) == 0) return err_ok;
  err e = file_disk_failed("copy");
  (void)unlink(copy);
  return e;
}

err file_put_local(struct desk *d, str key, const char *spooled_path, arena *a) {
  const char *path = file_path(d, key, a);
  if (access(path, F_OK) == 0) return unlink(spooled_path) == 0 ? err_ok : file_disk_failed("remove");
  const char *folder = arena_printf(a, "%s/%.2s", d->files_dir, key.ptr).ptr;
  bool known = access(folder, F_OK) == 0;
  if (!known && !make_folder(folder) && !(make_folder(d->files_dir) && make_folder(folder)))
    return file_disk_failed("make a folder");
  if (rename(spooled_path, path) != 0) {
    if (errno != EXDEV) return file_disk_failed("rename");
    err e = copy_in(d, spooled_path, path, a);
    if (err_is(e)) return e;
    (void)unlink(spooled_path);
  }
  return sync_folder(folder) && (known || sync_folder(d->files_dir)) ? err_ok : file_disk_failed("sync a folder");
}
