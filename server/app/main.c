/* The command line. */
#include "app/app.h"

#include "app/migrations.h"
#include "base/log.h"
#include "desk/conversation/conversation.h"
#include "desk/operator/operator.h"

#include <fcntl.h>
#include <unistd.h>

static const char usage[] =
    "Switchboard " APP_VERSION ": a support desk for Telegram.\n"
    "\n"
    "  switchboard serve                       runs the server: panel, API and bot\n"
    "    --accept-new-key                      gives up sealed values whose key is lost\n"
    "    --accept-empty-database               starts over beside the files of an earlier installation\n"
    "  switchboard migrate                     brings the database up to date and ends\n"
    "  switchboard admin create LOGIN [EMAIL]  creates an administrator with a one-time password\n"
    "  switchboard admin reset-password LOGIN  gives an operator a one-time password\n"
    "  switchboard storage move FROM TO        moves all files: local s3, or s3 local; also while the server runs\n"
    "  switchboard doctor                      checks the common causes of trouble\n"
    "    --repair                              the running server sets up webhooks again that are wrong\n"
    "  switchboard print-contract              prints the TypeScript types of the API\n"
    "  switchboard print-openapi               prints the OpenAPI document\n"
    "  switchboard print-config                prints the table of settings\n"
    "  switchboard print-conditions            prints the table of the fields of conditions\n"
    "  switchboard version\n"
    "  switchboard help\n"
    "\n"
    "Settings come from the environment and from .env in the current folder; the README lists them.\n";

static int misused(void) {
  fputs(usage, stderr);
  return 2;
}

static int failed(err e) {
  fprintf(stderr, "switchboard: %s\n", err_message(&e));
  return 1;
}

/* Commands beside a running server log errors only. */
static err prepare(struct app *app) {
  err e = log_open(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, NULL);
  return err_is(e) ? e : setup_data_dir(app);
}

static int migrate(void) {
  struct app app = {0};
  if (!setup_config(&app)) return 1;
  err e = prepare(&app);
  if (!err_is(e)) e = guard_lock(&app);
  if (!err_is(e)) e = setup_migrate(&app, true);
  if (!err_is(e)) puts("The database is up to date.");
  setup_free(&app);
  return err_is(e) ? failed(e) : 0;
}

/* May run beside the server, but not with a version that would first migrate its database. */
static err prepare_beside_server(struct app *app) {
  int pending = 0;
  err e = prepare(app);
  if (err_is(e)) return e;
  err held = guard_lock(app);
  if (!err_is(held)) return setup_migrate(app, true);
  if (held.code == ERR_CONFLICT) e = db_migrate_check(app->database_url, migrations, migration_count, &pending);
  return err_is(e) || (held.code == ERR_CONFLICT && !pending) ? e : held;
}

/* A single name is a login or an email; the login of an email is the part before '@'. */
static err admin_create(struct app *app, const char *name, const char *email) {
  str login = str_c(name);
  size_t at = str_index(login, '@', 0);
  struct operator_new fresh = {.login = str_sub(login, 0, at), .email = str_c(email), .role = ROLE_ADMIN};
  if (at < login.len && !email) fresh.email = login;
  fresh.name = fresh.login;
  struct operator_row row;
  str password;
  err e = operator_create(&app->desk, &fresh, 0, STR_NONE, app->arena, &row, &password);
  if (!err_is(e)) setup_print_password(app, "A new administrator", row.login, password);
  return e;
}

struct listing_ctx {
  struct app *app;
  struct operator_row *rows;
  size_t count;
};

static err read_all(db_conn *c, void *ctx) {
  struct listing_ctx *l = ctx;
  return operator_all(c, l->app->arena, &l->rows, &l->count);
}

static err admin_reset(struct app *app, const char *name) {
  struct listing_ctx l = {.app = app};
  err e = db_read(app->desk.db, read_all, &l);
  for (size_t i = 0; !err_is(e) && i < l.count; i++) {
    const struct operator_row *row = &l.rows[i];
    if (!str_eq_ignore_case(row->login, str_c(name)) && !str_eq_ignore_case(row->email, str_c(name))) continue;
    str password;
    e = operator_reset_password(&app->desk, row->id, 0, STR_NONE, app->arena, &password);
    if (err_is(e)) return e;
    setup_print_password(app, "A new password", row->login, password);
    if (!row->active) puts("This operator is not active: an administrator must activate them before they can sign in.");
    return err_ok;
  }
  return err_is(e) ? e : err_detail(ERR_NOT_FOUND, NULL, "There is no operator with this login or email.");
}

static int admin(int argc, char **argv) {
  bool create = argc >= 4 && argc <= 5 && strcmp(argv[2], "create") == 0;
  bool reset = argc == 4 && strcmp(argv[2], "reset-password") == 0;
  if (!create && !reset) return misused();
  struct app app = {0};
  if (!setup_config(&app)) return 1;
  err e = prepare_beside_server(&app);
  if (!err_is(e)) e = setup_open(&app);
  if (!err_is(e)) e = create ? admin_create(&app, argv[3], argc == 5 ? argv[4] : NULL) : admin_reset(&app, argv[3]);
  setup_free(&app);
  return err_is(e) ? failed(e) : 0;
}

static int storage(int argc, char **argv) {
  if (argc != 5 || strcmp(argv[2], "move") != 0) return misused();
  struct app app = {0};
  if (!setup_config(&app)) return 1;
  err e = prepare_beside_server(&app);
  if (!err_is(e)) e = setup_open(&app);
  int code = err_is(e) ? failed(e) : storage_move(&app, argv[3], argv[4]);
  setup_free(&app);
  return code < 0 ? misused() : code;
}

static int serve(int argc, char **argv) {
  struct serve_options options = {0};
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--accept-new-key") == 0)
      options.accept_new_key = true;
    else if (strcmp(argv[i], "--accept-empty-database") == 0)
      options.accept_empty_database = true;
    else
      return misused();
  }
  return serve_run(&options);
}

static int print(void (*printer)(buf *out)) {
  buf out;
  buf_init(&out, 16 << 20);
  printer(&out);
  bool whole = !out.overflow && fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
  buf_free(&out);
  return whole ? 0 : 1;
}

static void print_openapi(buf *out) {
  openapi_print(out, APP_VERSION);
  buf_add_char(out, '\n');
}

static void print_conditions(buf *out) { condition_print_markdown(out, &conversation_noun); }

/* Opens closed standard streams. Otherwise the next opened file, such as the database, would get the stream's
 * number, and output and log lines would be written into it. */
static bool open_standard_streams(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return false;
  return true;
}

int main(int argc, char **argv) {
  if (!open_standard_streams()) return 1;
  const char *command = argc > 1 ? argv[1] : "";
  bool alone = argc == 2;
  if (strcmp(command, "admin") == 0) return admin(argc, argv);
  if (strcmp(command, "storage") == 0) return storage(argc, argv);
  if (strcmp(command, "serve") == 0) return serve(argc, argv);
  if (alone && strcmp(command, "migrate") == 0) return migrate();
  if (alone && strcmp(command, "doctor") == 0) return doctor_run(false);
  if (argc == 3 && strcmp(command, "doctor") == 0 && strcmp(argv[2], "--repair") == 0) return doctor_run(true);
  if (alone && strcmp(command, "print-contract") == 0) return print(contract_print);
  if (alone && strcmp(command, "print-openapi") == 0) return print(print_openapi);
  if (alone && strcmp(command, "print-config") == 0) return print(config_print_markdown);
  if (alone && strcmp(command, "print-conditions") == 0) return print(print_conditions);
  if (alone && (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0)) {
    puts("switchboard " APP_VERSION);
    return 0;
  }
  if (alone && (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)) {
    fputs(usage, stdout);
    return 0;
  }
  return misused();
}
