/* Refuses to start when starting would lose data: a second process on one data folder, file folder or SQLite database,
 * a key other than the one used with this database, an empty database beside the files of an earlier installation. Each
 * error says what is wrong, what to do, and which flag overrides it.
 *
 * The setting "key_mark" is a hash of the key. A database without it was never used with this data folder's key. The
 * mark is stored before the key file is created: a first start killed in between leaves a database with a mark and
 * without operators, and the next start creates another key; it never leaves a key file beside an unmarked database. */
#include "app/app.h"

#include "base/log.h"
#include "base/seal.h"
#include "desk/account/account.h"
#include "desk/audit/audit.h"
#include "desk/setting/setting.h"
#include "sql.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define MARK_SETTING "key_mark"
enum { KEY_HEX = 64, MARK_BYTES = 8, LOST_MAX = 64, FILES_COUNTED_MAX = 1000, WALK_DEPTH = 16 };

/* ---- one process per data folder ---- */

enum { SHOWN_PATH = 60 };
/* The end of a long path says more than its beginning. */
static const char *shown(const char *path) {
  size_t len = strlen(path);
  return path + (len > SHOWN_PATH ? len - SHOWN_PATH : 0);
}

static err held_by_another(const char *setting, const char *what, const char *where, int fd) {
  char pid[16] = "";
  ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
  str number = str_trim(str_n(pid, n > 0 ? (size_t)n : 0));
  return err_detail(ERR_CONFLICT, setting, "Another Switchboard%s%.*s uses the %s %s. Stop it first.",
                    number.len ? ", process " : "", STR_ARG(number), what, shown(where));
}

/* Locks the file until the process ends; the kernel releases the lock even after a crash. */
static err lock_file(const char *path, const char *setting, const char *what, const char *where, int *out) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return err_detail(ERR_INTERNAL, setting, "The lock file %.80s cannot be created: %s.", path, strerror(errno));
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
    char pid[16];
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n) LOG_DEBUG("guard.pid_not_written");
    *out = fd;
    return err_ok;
  }
  err e = errno == EWOULDBLOCK
              ? held_by_another(setting, what, where, fd)
              : err_detail(ERR_INTERNAL, setting, "The lock file %.80s cannot be locked: %s.", path, strerror(errno));
  close(fd);
  return e;
}

/* Where the system implements flock with fcntl locks, as SQLite uses, our lock would block SQLite. */
static bool flock_is_fcntl(int fd) {
  enum { NFS = 0x6969, SMB = 0x517b, SMB2 = (int)0xfe534d42, CIFS = (int)0xff534d42 };
  struct statfs s;
  if (fstatfs(fd, &s) != 0) return true;
  int kind = (int)s.f_type;
  return kind == NFS || kind == SMB || kind == SMB2 || kind == CIFS;
}

/* Locks the database by its inode: another name, a hard or symbolic link, finds the same lock. Creates the file if
 * there is none, also behind a dangling link. The file stays open until guard_unlock: closing it would drop the
 * locks that SQLite holds on it in this process. */
static err lock_database(const char *path, int *out) {
  struct stat s;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return err_detail(ERR_INTERNAL, "DATABASE_URL", "The database file %.80s cannot be opened: %s.", path,
                      strerror(errno));
  bool held = !flock_is_fcntl(fd) && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (!held) {
    *out = fd;
    /* SQLite's log is named after the path used: another name of the file would be opened without it. */
    if (fstat(fd, &s) == 0 && s.st_nlink > 1)
      LOG_WARN("database.has_other_names", LOG_I("hard_links", (int64_t)s.st_nlink), LOG_C("path", path));
    return err_ok;
  }
  close(fd);
  return err_detail(ERR_CONFLICT, "DATABASE_URL",
                    "Another Switchboard uses the database %s under another name (a link). Stop it first.",
                    shown(path));
}

/* Lock the data folder, the file folder and the database separately: any of them may be shared with a process whose
 * others are elsewhere. Several nodes may share a PostgreSQL database, but neither folder (desk/file/README.md). */
err guard_lock(struct app *app) {
  const char *folder = arena_printf(app->arena, "%s/switchboard.lock", app->data_dir).ptr;
  const char *files = arena_printf(app->arena, "%s/files.lock", app->files_dir).ptr;
  err e = lock_file(folder, "DATA_DIR", "data folder", app->data_dir, &app->locks[0]);
  if (!err_is(e)) e = lock_file(files, "STORAGE_LOCAL_PATH", "file folder", app->files_dir, &app->locks[1]);
  if (err_is(e) || !str_starts(str_c(app->database_url), S("sqlite:"))) return e;
  const char *database = app->database_url + 7;
  const char *beside = arena_printf(app->arena, "%s.lock", database).ptr;
  e = lock_file(beside, "DATABASE_URL", "database", database, &app->locks[2]);
  return err_is(e) ? e : lock_database(database, &app->locks[3]);
}

void guard_unlock(struct app *app) {
  for (size_t i = 0; i < JSON_COUNT(app->locks); i++) {
    if (app->locks[i]) close(app->locks[i]);
    app->locks[i] = 0;
  }
}

/* ---- the key ---- */

static err key_failed(const char *path, const char *what) {
  return err_detail(ERR_INTERNAL, "SECRET_KEY", "The key file %.80s cannot be %s: %s.", path, what, strerror(errno));
}

static const char *key_path(struct app *app) { return arena_printf(app->arena, "%s/secret.key", app->data_dir).ptr; }

static void use_key(struct app *app, str text) {
  crypto_generichash(app->secret_key, sizeof app->secret_key, (const unsigned char *)text.ptr, text.len, NULL, 0);
}

/* Syncs a folder, so that a new name in it survives a crash. */
static bool sync_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced;
}

/* Writes the key so that it survives a crash before anything is sealed with it: sealed settings cannot be opened
 * without it. */
static err write_key(struct app *app, const char *path, const char hex[KEY_HEX + 1]) {
  const char *fresh = arena_printf(app->arena, "%s.%d", path, (int)getpid()).ptr;
  unlink(fresh); /* left by a killed start with the same process id, as in a container */
  int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return key_failed(fresh, "made");
  bool written = write(fd, hex, KEY_HEX) == KEY_HEX && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
  err e = written ? err_ok : key_failed(fresh, "written");
  close(fd);
  /* link, not rename: of two simultaneous starts, the first one's key stays. */
  if (!err_is(e) && link(fresh, path) != 0 && errno != EEXIST) e = key_failed(path, "made");
  if (!err_is(e) && !sync_folder(app->data_dir)) e = key_failed(path, "synced");
  unlink(fresh);
  return e;
}

static bool read_key_file(const char *path, char hex[KEY_HEX + 1]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t n = read(fd, hex, KEY_HEX);
  close(fd);
  hex[n > 0 ? n : 0] = 0;
  return n == KEY_HEX;
}

err guard_read_key(struct app *app, enum guard_key *source) {
  str given = str_c(config_str(app->config, CONFIG_SECRET_KEY));
  char hex[KEY_HEX + 1] = "";
  *source = GUARD_KEY_NONE;
  if (sodium_init() < 0) return err_detail(ERR_INTERNAL, NULL, "The system provides no random numbers.");
  if (given.len) {
    use_key(app, given);
    *source = GUARD_KEY_GIVEN;
    return err_ok;
  }
  const char *path = key_path(app);
  if (access(path, F_OK) != 0) return err_ok;
  if (!read_key_file(path, hex))
    return err_detail(ERR_INTERNAL, "SECRET_KEY", "The key file %.80s cannot be read or is cut short.", path);
  use_key(app, str_n(hex, KEY_HEX));
  sodium_memzero(hex, sizeof hex);
  *source = GUARD_KEY_FILE;
  return err_ok;
}

static str mark_of(struct app *app) {
  struct seal_key mark;
  char *hex = arena_alloc(app->arena, 2 * MARK_BYTES + 1);
  seal_key_derive(str_n((const char *)app->secret_key, sizeof app->secret_key), "key mark", &mark);
  sodium_bin2hex(hex, 2 * MARK_BYTES + 1, mark.bytes, MARK_BYTES);
  seal_key_wipe(&mark);
  return str_n(hex, 2 * MARK_BYTES);
}

/* ---- reading the database ---- */

struct finding_ctx {
  struct app *app;
  str mark; /* absent: no key has been used with this database */
  bool has_operators;
  str lost[LOST_MAX]; /* settings that the present key does not open */
  size_t lost_count;
};

static err look(db_conn *c, void *ctx) {
  struct finding_ctx *f = ctx;
  struct db_rows rows;
  err e = setting_get(c, MARK_SETTING, f->app->arena, &f->mark);
  if (!err_is(e)) e = DB_RUN(c, SQL_OPERATOR_ANY, db_conn_arena(c), &rows);
  f->has_operators = !err_is(e) && rows.count > 0;
  return err_is(e) ? e : setting_unreadable(&f->app->desk, c, f->app->arena, f->lost, LOST_MAX, &f->lost_count);
}

/* Values derived from the key that no table stores. */
#define MADE_WITH_KEY "the sign-ins, the secrets of the web chat's visitors, the URLs of the apps' pictures"

/* Whether the key differs from the one used before. Without an operator the former key was not used: see the head of
 * this file. */
static bool is_another_key(struct app *app, const struct finding_ctx *f) {
  return f->has_operators && f->mark.ptr && !str_eq(f->mark, mark_of(app));
}

err guard_lost_values(struct app *app, str *names, size_t max, size_t *count) {
  struct finding_ctx f = {.app = app};
  err e = db_read(app->desk.db, look, &f);
  *count = f.lost_count < max ? f.lost_count : max;
  for (size_t i = 0; i < *count; i++) names[i] = guard_name_of(f.lost[i]);
  if (!err_is(e) && is_another_key(app, &f) && *count < max) names[(*count)++] = S(MADE_WITH_KEY);
  return e;
}

str guard_name_of(str setting) {
  static const struct {
    str setting, name;
  } names[] = {
      {STR_INIT("telegram_token"), STR_INIT("the Telegram bot's token")},
      {STR_INIT("mobile_app_key"), STR_INIT("the apps' key")},
      {STR_INIT("mobile_signing_secret"), STR_INIT("the secret that signs the apps' user ids")},
  };
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_eq(names[i].setting, setting)) return names[i].name;
  str name = account_secret_name(setting);
  return name.ptr ? name : setting;
}

static err settle(db_conn *c, void *ctx) {
  struct finding_ctx *f = ctx;
  int64_t now = desk_now(&f->app->desk);
  err e = setting_set(c, MARK_SETTING, mark_of(f->app), 0, now);
  for (size_t i = 0; i < f->lost_count && !err_is(e); i++)
    e = setting_remove(c, arena_cstr(db_conn_arena(c), f->lost[i]));
  if (!err_is(e) && f->lost_count)
    e = audit_add(c, (struct actor){.kind = ACTOR_SYSTEM}, AUDIT_KEY_REPLACED, S("desk"), STR_NONE, STR_NONE, now);
  return e;
}

/* ---- the refusals ---- */

static err refuse_key(struct app *app, const struct finding_ctx *f, enum guard_key source) {
  if (source == GUARD_KEY_NONE)
    fprintf(stderr, "\nThe key file %s is missing, and without it these are lost:\n", key_path(app));
  else
    fprintf(stderr, "\n%s is not the key used before, and without the former key these are lost:\n",
            source == GUARD_KEY_GIVEN ? "SECRET_KEY" : key_path(app));
  for (size_t i = 0; i < f->lost_count; i++) {
    fprintf(stderr, "  - %.*s\n", STR_ARG(guard_name_of(f->lost[i])));
    LOG_ERROR("key.value_lost", LOG_S("setting", f->lost[i]));
  }
  if (is_another_key(app, f)) fprintf(stderr, "  - " MADE_WITH_KEY "\n");
  fprintf(
      stderr,
      "\nRestore the right key: it is in every backup of the data folder. If it is permanently lost, start once with\n"
      "  switchboard serve --accept-new-key\n"
      "which removes the sealed values. Everybody signs in again, web chat visitors start new conversations, and "
      "the\n"
      "sealed values must be set again in the panel.\n\n");
  return err_detail(ERR_CONFLICT, "SECRET_KEY",
                    "The secret key is not the one used before; --accept-new-key gives up what depends on that.");
}

static int files_counted;

static int count_file(const char *path, const struct stat *s, int type, struct FTW *at) {
  (void)s;
  if (type == FTW_D && at->level == 1 && str_eq(str_c(path + at->base), S("tmp"))) return FTW_SKIP_SUBTREE;
  files_counted += type == FTW_F && at->level > 1;
  return files_counted < FILES_COUNTED_MAX ? FTW_CONTINUE : FTW_STOP;
}

/* Counts the file store's content, which is in folders of its own, without the folder of unfinished uploads. Not
 * thread-safe: called before any thread starts. */
static int count_files(const struct app *app) {
  files_counted = 0;
  nftw(app->files_dir, count_file, WALK_DEPTH, FTW_ACTIONRETVAL | FTW_PHYS);
  return files_counted;
}

static err refuse_empty(struct app *app, enum guard_key source, int files) {
  bool sqlite = str_starts(str_c(app->database_url), S("sqlite:"));
  fprintf(stderr, "\nThe database is empty, but there was an installation here before:\n");
  if (source == GUARD_KEY_FILE) fprintf(stderr, "  - its key, %s\n", key_path(app));
  if (files)
    fprintf(stderr, "  - %s%d of its files in %s\n", files == FILES_COUNTED_MAX ? "at least " : "", files,
            app->files_dir);
  fprintf(stderr,
          "\nIf its database was moved or lost, restore it, or check whether DATABASE_URL names the right one%s%s.\n"
          "To start with an empty database all the same, start once with\n"
          "  switchboard serve --accept-empty-database\n"
          "Unreferenced files will be deleted: move them away first if you may need them.\n\n",
          sqlite ? ": now it is " : "", sqlite ? app->database_url + 7 : "");
  LOG_ERROR("database.empty", LOG_I("files", files), LOG_C("key", source == GUARD_KEY_FILE ? "kept" : "none"));
  return err_detail(
      ERR_CONFLICT, "DATABASE_URL",
      "The database is empty beside the files of an earlier installation; --accept-empty-database starts over.");
}

static err check_empty(struct app *app, const struct finding_ctx *f, enum guard_key source) {
  if (f->mark.ptr || f->has_operators) return err_ok;
  int files = count_files(app);
  if (source != GUARD_KEY_FILE && !files) return err_ok;
  if (!app->accept_empty_database) return refuse_empty(app, source, files);
  LOG_WARN("database.empty_accepted", LOG_I("files", files));
  return err_ok;
}

static err check_key(struct app *app, const struct finding_ctx *f, enum guard_key source) {
  bool another = is_another_key(app, f);
  if ((f->lost_count || another) && !app->accept_new_key) return refuse_key(app, f, source);
  for (size_t i = 0; i < f->lost_count; i++) LOG_WARN("key.value_removed", LOG_S("setting", f->lost[i]));
  if (another) LOG_WARN("key.changed", LOG_C("lost", MADE_WITH_KEY));
  return err_ok;
}

err guard_settle_key(struct app *app) {
  enum guard_key source;
  char hex[KEY_HEX + 1] = "";
  struct finding_ctx f = {.app = app};
  err e = guard_read_key(app, &source);
  if (err_is(e)) return e;
  if (source == GUARD_KEY_NONE) { /* stays in memory until the checks below have passed */
    unsigned char bytes[KEY_HEX / 2];
    rand_fill(&rand_system, bytes, sizeof bytes);
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    use_key(app, str_n(hex, KEY_HEX));
  }
  e = db_read(app->desk.db, look, &f);
  if (!err_is(e)) e = check_empty(app, &f, source);
  if (!err_is(e)) e = check_key(app, &f, source);
  str mark = mark_of(app);
  if (!err_is(e) && !str_eq(f.mark, mark)) e = db_write(app->desk.db, settle, &f);
  if (!err_is(e) && source == GUARD_KEY_NONE) {
    e = write_key(app, key_path(app), hex);
    /* another process may have written its key at the same time */
    if (!err_is(e)) e = guard_read_key(app, &source);
    if (!err_is(e) && !str_eq(mark, mark_of(app))) e = db_write(app->desk.db, settle, &f);
  }
  sodium_memzero(hex, sizeof hex);
  return e;
}
