/* `switchboard storage move FROM TO`: moves the content of all files between the local folder and the object store, while the
 * server runs or not. Each content is claimed, copied, compared by its hash, and only then removed where it was, so the command may
 * be interrupted at any time, by SIGKILL too, and run again. Moving home holds new files in the local folder until they are moved
 * back, or until the configuration no longer names the store. */
#include "app/app.h"

#include "base/log.h"
#include "desk/file/file.h"
#include "desk/setting/setting.h"

#include <signal.h>
#include <unistd.h>

enum { PAGE = 500, PASSES_MAX = 5, SHOW_EVERY_MS = 1000 };

static volatile sig_atomic_t interrupted;

static void interrupt(int number) {
  (void)number;
  interrupted = 1;
}

struct moving_ctx {
  struct app *app;
  bool home;                 /* to the local folder */
  int64_t last, seen, moved, /* ids; contents */
      bytes, failed, began_ms, shown_ms;
  bool terminal;
};

struct page_ctx {
  arena *arena;
  int64_t after, *ids;
  str *keys;
  size_t count;
};

static err read_page(db_conn *c, void *arg) {
  struct page_ctx *p = arg;
  return file_keys(c, p->after, PAGE, p->arena, &p->ids, &p->keys, &p->count);
}

static err read_last(db_conn *c, void *arg) { return file_last_id(c, arg); }

static err hold(db_conn *c, void *arg) {
  struct moving_ctx *m = arg;
  if (!m->home) return setting_remove(c, SETTING_FILES_HELD);
  return setting_set(c, SETTING_FILES_HELD, S("local"), 0, desk_now(&m->app->desk));
}

static void show(struct moving_ctx *m, bool last) {
  int64_t now_ms = clock_steady_ms(&clock_system), took_ms = now_ms - m->began_ms;
  if (!last && now_ms - m->shown_ms < SHOW_EVERY_MS) return;
  m->shown_ms = now_ms;
  if (!last && !m->terminal && m->moved % PAGE) return;
  printf("%sfile %lld of %lld: %lld contents moved (%.1f MB, %.1f MB/s), %lld failed%s", m->terminal ? "\r" : "",
         (long long)m->seen, (long long)m->last, (long long)m->moved, (double)m->bytes / 1048576.0,
         took_ms > 0 ? (double)m->bytes / 1048.576 / (double)took_ms : 0.0, (long long)m->failed,
         m->terminal && !last ? "   " : "\n");
  fflush(stdout);
}

/* A store that is away ends the command; damaged or missing content is reported and left alone. */
static err move_key(struct moving_ctx *m, str key, arena *a, int64_t *moved_now) {
  bool moved = false;
  int64_t bytes = 0;
  err e = m->home ? file_move_home(&m->app->desk, key, a, &moved, &bytes)
                  : file_move_away(&m->app->desk, key, a, &moved, &bytes);
  if (moved) {
    m->moved++;
    m->bytes += bytes;
    ++*moved_now;
  }
  if (!err_is(e) || e.code == ERR_STORE_UNREACHABLE) return e;
  m->failed++;
  fprintf(stderr, "%sswitchboard: %.*s stays where it is: %s\n", m->terminal ? "\n" : "", STR_ARG(key),
          err_message(&e));
  return err_ok;
}

static err pass(struct moving_ctx *m, int64_t *moved_now) {
  arena *a = arena_new(0), *scratch = arena_new(0);
  err e = err_ok;
  m->seen = 0;
  for (int64_t after = 0; !err_is(e) && !interrupted; arena_reset(a)) {
    struct page_ctx p = {.arena = a, .after = after};
    e = db_read(m->app->desk.db, read_page, &p);
    if (err_is(e) || p.count == 0) break;
    for (size_t i = 0; i < p.count && !err_is(e) && !interrupted; i++, arena_reset(scratch)) {
      after = m->seen = p.ids[i];
      e = move_key(m, p.keys[i], scratch, moved_now);
      show(m, false);
    }
  }
  arena_free(&scratch);
  arena_free(&a);
  return e;
}

/* The running server may have stored or moved something behind the walk: again, until nothing is left. */
static err move_all(struct moving_ctx *m) {
  err e = db_read(m->app->desk.db, read_last, &m->last);
  if (!err_is(e)) e = db_write(m->app->desk.db, hold, m);
  for (int i = 0; i < PASSES_MAX && !err_is(e) && !interrupted; i++) {
    int64_t moved_now = 0;
    m->failed = 0;
    e = pass(m, &moved_now);
    if (!moved_now) break;
  }
  show(m, true);
  return e;
}

static void advise(const struct moving_ctx *m) {
  bool s3 = str_eq(str_c(config_str(m->app->config, CONFIG_STORAGE_BACKEND)), S("s3"));
  if (m->home && s3)
    puts(
        "New files are kept here too. Set STORAGE_BACKEND=local and restart the server to make this permanent, or move "
        "the files back with `switchboard storage move local s3`.");
  else if (!m->home && !s3)
    puts("Set STORAGE_BACKEND=s3 and restart the server, so that new files move there too.");
}

static bool is_pair(const char *from, const char *to, const char *a, const char *b) {
  return strcmp(from, a) == 0 && strcmp(to, b) == 0;
}

int storage_move(struct app *app, const char *from, const char *to) {
  struct moving_ctx m = {.app = app, .home = is_pair(from, to, "s3", "local"), .terminal = isatty(STDOUT_FILENO) == 1};
  if (!m.home && !is_pair(from, to, "local", "s3")) return -1;
  app->desk.holder =
      arena_printf(app->arena, "move-%d.%llx", (int)getpid(), (unsigned long long)clock_now_ms(&clock_system)).ptr;
  setup_store(app);
  err e = app->desk.store
              ? file_store_check(&app->desk, app->arena)
              : err_detail(ERR_MISSING_FIELD, NULL, "Set S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY first.");
  if (!err_is(e)) e = file_store_start(&app->desk);
  struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  m.began_ms = clock_steady_ms(&clock_system);
  if (!err_is(e)) e = move_all(&m);
  file_store_stop(&app->desk);
  if (err_is(e)) fprintf(stderr, "switchboard: %s Nothing is lost; run it again to continue.\n", err_message(&e));
  if (interrupted) fputs("Interrupted. Nothing is lost; run it again to continue.\n", stderr);
  if (!err_is(e) && !interrupted) advise(&m);
  return err_is(e) || interrupted || m.failed ? 1 : 0;
}
