/* Configuration: where values come from, what they may be, and that a configuration written for each of five other
 * support desks starts this server. */
#include "base/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static arena *memory;
static int make_arena(void **state) {
  (void)state;
  memory = arena_new(0);
  return 0;
}
static int drop_arena(void **state) {
  (void)state;
  arena_free(&memory);
  return 0;
}

static err load(const char *const *environment, const char *env_text, config **out) {
  char path[] = "/tmp/config_test.XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, env_text, strlen(env_text)), strlen(env_text));
  close(fd);
  err e = config_load(environment, path, out);
  unlink(path);
  return e;
}

static bool noted(const config *c, const char *part) {
  for (size_t i = 0; i < config_notice_count(c); i++)
    if (strstr(config_notice(c, i), part)) return true;
  return false;
}

static void nothing_given_is_a_server_on_sqlite(void **state) {
  (void)state;
  config *c;
  assert_int_equal(config_load(NULL, NULL, &c).code, ERR_NONE);
  assert_string_equal(config_str(c, CONFIG_HOST), "127.0.0.1");
  assert_int_equal(config_int(c, CONFIG_PORT), 3000);
  assert_string_equal(config_str(c, CONFIG_PUBLIC_URL), "http://127.0.0.1:3000");
  assert_string_equal(config_str(c, CONFIG_DATABASE_URL), "sqlite:data/switchboard.db");
  assert_string_equal(config_str(c, CONFIG_STORAGE_LOCAL_PATH), "data/files");
  assert_string_equal(config_str(c, CONFIG_SECRET_KEY), "");
  assert_int_equal(config_int(c, CONFIG_JWT_EXPIRATION), 30 * 86400);
  assert_int_equal(config_word(c, CONFIG_COOKIE_SECURE), 0);
  assert_int_equal(config_list(c, CONFIG_TRUSTED_PROXIES).count, 2);
  assert_int_equal(config_list(c, CONFIG_ALLOWED_ORIGINS).count, 0);
  assert_true(config_bool(c, CONFIG_S3_PATH_STYLE));
  assert_false(config_is_set(c, CONFIG_PORT));
  assert_int_equal(config_notice_count(c), 0);
  config_free(&c);
  assert_int_equal(config_load(NULL, "/nonexistent/.env", &c).code, ERR_NONE);
  config_free(&c);
}

static void each_value_is_read_or_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *pair;
    enum config_key key;
    const char *text, *error; /* one of them */
    const char *why;
  } rows[] = {
      {"PORT=8080", CONFIG_PORT, "8080", NULL, "a number"},
      {"PORT=0", CONFIG_PORT, "0", NULL, "any free port"},
      {"PORT=65536", CONFIG_PORT, NULL, "PORT must be a number from 0 to 65535", "no such port"},
      {"SERVER_PORT=http", CONFIG_PORT, NULL, "SERVER_PORT must be a whole number", "the name that was given is named"},
      {"PORT=", CONFIG_PORT, "3000", NULL, "empty is not given"},
      {"PUBLIC_URL=https://a.example/", CONFIG_PUBLIC_URL, "https://a.example", NULL, "no slash at the end"},
      {"PUBLIC_URL=a.example", CONFIG_PUBLIC_URL, NULL,
       "PUBLIC_URL must be an address like https://support.example.com", "no scheme"},
      {"PUBLIC_URL=https://user:pw@a.example", CONFIG_PUBLIC_URL, NULL, NULL, "credentials in an address"},
      {"DOMAIN=a.example", CONFIG_PUBLIC_URL, "https://a.example", NULL, "a domain alone"},
      {"ENABLE_METRICS=Off", CONFIG_ENABLE_METRICS, "false", NULL, "many words for no"},
      {"ENABLE_METRICS=maybe", CONFIG_ENABLE_METRICS, NULL, "ENABLE_METRICS must be true or false", "no word for it"},
      {"COOKIE_SECURE=True", CONFIG_COOKIE_SECURE, "true", NULL, "another program's spelling"},
      {"COOKIE_SECURE=0", CONFIG_COOKIE_SECURE, "false", NULL, "a number for no"},
      {"COOKIE_SECURE=always", CONFIG_COOKIE_SECURE, NULL, "COOKIE_SECURE must be one of: auto true false",
       "no such word"},
      {"LOG_LEVEL=WARNING", CONFIG_LOG_LEVEL, "warn", NULL, "Python's name of a level"},
      {"RUST_LOG=info,app=debug", CONFIG_LOG_LEVEL, "info", NULL, "directives: the one without a module"},
      {"RUST_LOG=app=debug", CONFIG_LOG_LEVEL, "info", NULL, "directives for modules only"},
      {"RUST_LOG=trace", CONFIG_LOG_LEVEL, "debug", NULL, "a level we do not have"},
      {"JWT_EXPIRATION=24h", CONFIG_JWT_EXPIRATION, "86400", NULL, "hours"},
      {"JWT_EXPIRATION=2592000", CONFIG_JWT_EXPIRATION, "2592000", NULL, "seconds"},
      {"JWT_EXPIRATION=9999999999999w", CONFIG_JWT_EXPIRATION, NULL, NULL, "longer than the universe"},
      {"JWT_EXPIRATION=5", CONFIG_JWT_EXPIRATION, NULL, NULL, "shorter than useful"},
      {"SESSION_DAYS=7", CONFIG_JWT_EXPIRATION, "604800", NULL, "days"},
      {"TELEGRAM_GROUP_CHAT_ID=-1001234567890", CONFIG_TELEGRAM_GROUP_CHAT_ID, "-1001234567890", NULL, "a group's id"},
      {"GROUP_CHAT_ID=@staff", CONFIG_TELEGRAM_GROUP_CHAT_ID, NULL, "GROUP_CHAT_ID must be a whole number", "a name"},
      {"BOT_TOKEN=123456:ABC-def_1", CONFIG_TELEGRAM_BOT_TOKEN, "123456:ABC-def_1", NULL, "a token"},
      {"BOT_TOKEN=token", CONFIG_TELEGRAM_BOT_TOKEN, "", NULL, "what is no token is none"},
      {"WEBHOOK_URL=https://a.example", CONFIG_TELEGRAM_WEBHOOK_URL, "https://a.example/webhook/telegram", NULL,
       "a host"},
      {"WEBHOOK_URL=https://a.example/x/y", CONFIG_TELEGRAM_WEBHOOK_URL, "https://a.example/x/y", NULL,
       "a whole address"},
      {"DATABASE_URL=postgres://u:p@h/d", CONFIG_DATABASE_URL, "postgresql://u:p@h/d", NULL, "the short scheme"},
      {"POSTGRES_DSN=postgresql+asyncpg://u:p@h:5432/d", CONFIG_DATABASE_URL, "postgresql://u:p@h:5432/d", NULL,
       "a driver"},
      {"DATABASE_URL=sqlite:/var/x.db", CONFIG_DATABASE_URL, "sqlite:/var/x.db", NULL, "a file"},
      {"DATABASE_URL=sqlite+aiosqlite:///var/x.db", CONFIG_DATABASE_URL, "sqlite:/var/x.db", NULL,
       "a file as an address"},
      {"DATABASE_URL=mysql://root:hunter2@h/d", CONFIG_DATABASE_URL, NULL,
       "DATABASE_URL must be sqlite:PATH or postgresql://…", "another database; the password is not repeated"},
      {"DATABASE_URL=sqlite:", CONFIG_DATABASE_URL, NULL, NULL, "no path"},
      {"DB_NAME=faff", CONFIG_DATABASE_URL, "postgresql://localhost/faff", NULL, "a database's name alone"},
      {"POSTGRES_DB=a b", CONFIG_DATABASE_URL, "postgresql://localhost/a%20b", NULL, "escaped"},
      {"REDIS_URL=localhost:6379", CONFIG_REDIS_URL, NULL,
       "REDIS_URL must begin with one of: redis:// rediss:// unix:", "no scheme"},
      {"TELEGRAM_PROXY=socks5://h:1080", CONFIG_TELEGRAM_PROXY, "socks5://h:1080", NULL, "a proxy"},
      {"TELEGRAM_PROXY=gopher://h", CONFIG_TELEGRAM_PROXY, NULL, NULL, "no proxy we know"},
      {"ALLOWED_ORIGINS=https://a.example/x", CONFIG_ALLOWED_ORIGINS, NULL, NULL, "an origin has no path"},
      {"STORAGE_BACKEND=s3", CONFIG_STORAGE_BACKEND, NULL, "STORAGE_BACKEND=s3 needs S3_BUCKET", "S3 without a bucket"},
      {"HOST=a\nb", CONFIG_HOST, NULL, "HOST must be without control characters", "a line break"},
      {"HOST=\xff", CONFIG_HOST, NULL, "HOST must be UTF-8 text", "no text"},
      {"OPENAI_API_KEY=your_openai_api_key", CONFIG_OPENAI_API_KEY, "", NULL, "a placeholder is none"},
      {"SECRET_KEY=your_secret_key_change_in_production", CONFIG_SECRET_KEY, "", NULL, "everybody knows this secret"},
      {"HOST=0.0.0.0", CONFIG_PUBLIC_URL, "http://localhost:3000", NULL, "all addresses are no address to visit"},
      {"HOST=::1", CONFIG_PUBLIC_URL, "http://[::1]:3000", NULL, "IPv6 in brackets"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *environment[] = {"OTHER=1", rows[i].pair, NULL};
    config *c;
    err e = config_load(environment, NULL, &c);
    if (err_is(e)) {
      assert_null(c);
      if (rows[i].text || !e.field || (rows[i].error && strcmp(err_message(&e), rows[i].error) != 0))
        fail_msg("%s: field %s, %s", rows[i].why, e.field, err_message(&e));
      assert_string_equal(e.field, strncmp(rows[i].pair, "STORAGE", 7) ? config_name(rows[i].key) : "S3_BUCKET");
      assert_null(strstr(err_message(&e), "hunter2"));
      continue;
    }
    if (!rows[i].text || strcmp(config_str(c, rows[i].key), rows[i].text) != 0)
      fail_msg("%s: %s", rows[i].why, config_str(c, rows[i].key));
    config_free(&c);
  }
}

static void the_env_file_is_read_strictly(void **state) {
  (void)state;
  static const struct {
    const char *text, *value, *error, *why; /* the value of A */
  } rows[] = {
      {"A=1", "1", NULL, "the plain case"},
      {"A = 1  \r\n", "1", NULL, "spaces and a carriage return"},
      {"\xEF\xBB\xBF"
       "A=1",
       "1", NULL, "a byte order mark"},
      {"# A=0\n  export A=1 # why\nB=2", "1", NULL, "export and comments"},
      {"A=a#b", "a#b", NULL, "# inside a value"},
      {"A=# nothing", "", NULL, "only a comment"},
      {"A=", "", NULL, "empty"},
      {"A=x y", "x y", NULL, "a space inside"},
      {"A=\"x # y\" # z", "x # y", NULL, "quotes keep a #"},
      {"A=\"a\\nb\\t\\\"\\\\\\$\\q\"", "a\nb\t\"\\$\\q", NULL, "escapes, and an unknown one as it stands"},
      {"A='a\\nb'", "a\\nb", NULL, "single quotes keep all"},
      {"A=\"a\nb\"\nB=1", "a\nb", NULL, "over two lines"},
      {"A=$HOME", "$HOME", NULL, "nothing is replaced"},
      {"A=1\nA=2", "2", NULL, "the last counts"},
      {"A=it's", "it's", NULL, "a quote inside a plain value"},
      {"A", NULL, ".env line 1: = is expected after the name", "no ="},
      {"\n\nA B=1", NULL, ".env line 3: = is expected after the name", "a space in a name; the line is named"},
      {"=1", NULL, ".env line 1: a name of letters, digits and underscores is expected", "no name"},
      {"1A=1", NULL, ".env line 1: a name of letters, digits and underscores is expected", "a digit first"},
      {"A=\"x\ny\nB=1", NULL, ".env line 1: the closing quote is missing", "an open quote; its beginning is named"},
      {"A=\"x\"y", NULL, ".env line 1: something follows the closing quote", "rubbish behind"},
      {"A=\"x\\", NULL, ".env line 1: the closing quote is missing", "a backslash at the end"},
      {"A=\xff", NULL, ".env is not UTF-8 text", "no text"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct config_pair *pairs;
    size_t count;
    str value = STR_NONE;
    err e = config_parse_env(str_c(rows[i].text), memory, &pairs, &count);
    for (size_t k = 0; k < count; k++)
      if (str_eq(pairs[k].name, S("A"))) value = pairs[k].value;
    if (rows[i].error ? strcmp(err_message(&e), rows[i].error) != 0 : err_is(e) || !str_eq(value, str_c(rows[i].value)))
      fail_msg("%s: \"%.*s\", %s", rows[i].why, STR_ARG(value), err_message(&e));
  }
  char *large = arena_alloc(memory, CONFIG_ENV_FILE_MAX_BYTES + 2);
  memset(large, '#', CONFIG_ENV_FILE_MAX_BYTES + 1);
  config *c;
  assert_int_equal(load(NULL, large, &c).code, ERR_TOO_LARGE);
}

static void the_environment_and_the_primary_name_win(void **state) {
  (void)state;
  const char *environment[] = {"PORT=1", "BACKEND_HOST=a.example", NULL};
  config *c;
  err e = load(environment,
               "PORT=2\nHOST=b.example\nJWT_SECRET=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nSECRET_KEY=short\n"
               "TELEGRAM_TOKEN=1:same\nBOT_TOKEN=1:same\nTYPO=1\nMETRICS_PORT=9090",
               &c);
  assert_string_equal(err_message(&e), "");
  assert_int_equal(config_int(c, CONFIG_PORT), 1);
  assert_string_equal(config_str(c, CONFIG_HOST), "a.example");
  assert_true(noted(c, "HOST is ignored: BACKEND_HOST has another value"));
  assert_string_equal(config_str(c, CONFIG_SECRET_KEY), "short");
  assert_true(noted(c, "JWT_SECRET is ignored: SECRET_KEY has another value"));
  assert_true(noted(c, "fewer than 32 characters"));
  assert_true(noted(c, ".env line 7: TYPO is not a setting"));
  assert_true(noted(c, "METRICS_PORT is ignored: /metrics is served on PORT"));
  assert_int_equal(config_notice_count(c), 5); /* none for two names that say the same */
  buf b;
  buf_init(&b, 1 << 16);
  config_print_values(c, &b);
  assert_true(str_contains(buf_borrow(&b), S("SECRET_KEY=(set)\n")));
  assert_false(str_contains(buf_borrow(&b), S("short")));
  assert_true(str_contains(buf_borrow(&b), S("DATABASE_URL=sqlite:data/switchboard.db\n")));
  buf_free(&b);
  config_free(&c);
}

static void a_configuration_of_another_desk_starts_this_one(void **state) {
  (void)state;
  static const struct {
    const char *text, *why;
    struct {
      enum config_key key;
      const char *value;
    } expected[8];
  } rows[] = {
      {"# Database\nDATABASE_URL=postgresql://postgres:password@localhost:5432/flashback\n\n# JWT\n"
       "JWT_SECRET=your_secret_key_change_in_production\nJWT_EXPIRATION=2592000  # 30 days in seconds\n\n"
       "BACKEND_HOST=0.0.0.0\nBACKEND_PORT=3000\n\nFRONTEND_HOST=0.0.0.0\nFRONTEND_PORT=8080\n\n"
       "RUST_LOG=info,flashback_backend=debug\nENVIRONMENT=development\n",
       "the first",
       {{CONFIG_DATABASE_URL, "postgresql://postgres:password@localhost:5432/flashback"},
        {CONFIG_JWT_EXPIRATION, "2592000"},
        {CONFIG_HOST, "0.0.0.0"},
        {CONFIG_PORT, "3000"},
        {CONFIG_LOG_LEVEL, "info"},
        {CONFIG_SECRET_KEY, ""}}},
      {"BOT_TOKEN=your_telegram_bot_token\nGROUP_CHAT_ID=your_group_chat_id\nSERVER_PORT=5000\nSERVER_HOST=0.0.0.0\n"
       "FCM_SERVICE_ACCOUNT_PATH=firebase-service-account.json\n",
       "the second",
       {{CONFIG_PORT, "5000"},
        {CONFIG_HOST, "0.0.0.0"},
        {CONFIG_TELEGRAM_BOT_TOKEN, ""},
        {CONFIG_TELEGRAM_GROUP_CHAT_ID, "0"},
        {CONFIG_FCM_SERVICE_ACCOUNT_PATH, "firebase-service-account.json"}}},
      {"PORT=3000\nNODE_ENV=development\n\nDATABASE_URL=postgresql://user:password@localhost:5432/support_db\n\n"
       "JWT_SECRET=your-super-secret-jwt-key-here\n\nTELEGRAM_BOT_TOKEN=your_telegram_bot_token_here\n"
       "TELEGRAM_WEBHOOK_URL=https://your-domain.com\n\nALLOWED_ORIGINS=http://localhost:3001,http://localhost:3000\n\n"
       "REDIS_URL=redis://localhost:6379\n\nLOG_LEVEL=info\nLOG_FILE=logs/app.log\n\nENABLE_METRICS=true\n"
       "METRICS_PORT=9090\n",
       "the third",
       {{CONFIG_DATABASE_URL, "postgresql://user:password@localhost:5432/support_db"},
        {CONFIG_TELEGRAM_WEBHOOK_URL, ""},
        {CONFIG_ALLOWED_ORIGINS, "http://localhost:3001,http://localhost:3000"},
        {CONFIG_REDIS_URL, "redis://localhost:6379"},
        {CONFIG_LOG_FILE, "logs/app.log"},
        {CONFIG_ENABLE_METRICS, "true"}}},
      {"PORT=3000\nNODE_ENV=development\n\n# Database\nDB_HOST=localhost\nDB_PORT=5432\nDB_NAME=faff_db\n"
       "DB_USER=postgres\nDB_PASSWORD=postgres\n\n# JWT\nJWT_SECRET=your_jwt_secret_key\nJWT_EXPIRATION=24h\n\n"
       "OPENAI_API_KEY=your_openai_api_key\n\n# Frontend URL (for CORS)\nFRONTEND_URL=http://localhost:5173\n\n"
       "# API Base URL (for file URLs)\nAPI_BASE_URL=http://localhost:3000\n",
       "the fourth",
       {{CONFIG_DATABASE_URL, "postgresql://postgres:postgres@localhost:5432/faff_db"},
        {CONFIG_JWT_EXPIRATION, "86400"},
        {CONFIG_ALLOWED_ORIGINS, "http://localhost:5173"},
        {CONFIG_PUBLIC_URL, "http://localhost:3000"},
        {CONFIG_OPENAI_API_KEY, ""}}},
      {"DOMAIN=support.example.com\nSECRET_KEY=0123456789abcdef0123456789abcdef\nTELEGRAM_TOKEN=123456:ABC\n"
       "WEBHOOK_URL=https://support.example.com/webhook/telegram\nWEBHOOK_PATH=/webhook/telegram\nPOSTGRES_USER=u\n"
       "POSTGRES_PASSWORD=p\nPOSTGRES_DB=d\nPOSTGRES_DSN=postgresql+asyncpg://u:p@postgres:5432/d\n"
       "BOT_INTERNAL_TOKEN=x\nPANEL_ORIGIN=https://support.example.com\nRP_ID=support.example.com\n"
       "RP_ORIGIN=https://support.example.com\nCOOKIE_SECURE=true\nJWT_ISS=support-panel\nJWT_AUD=support-panel\n"
       "JWT_PRIVATE_KEY=/keys/private.pem\nJWT_PUBLIC_KEY=/keys/public.pem\nSTORAGE_BACKEND=local\n"
       "STORAGE_LOCAL_PATH=/data/uploads\nSTORAGE_PUBLIC_BASE_URL=/static\n",
       "the fifth",
       {{CONFIG_DATABASE_URL, "postgresql://u:p@postgres:5432/d"},
        {CONFIG_PUBLIC_URL, "https://support.example.com"},
        {CONFIG_TELEGRAM_BOT_TOKEN, "123456:ABC"},
        {CONFIG_TELEGRAM_WEBHOOK_URL, "https://support.example.com/webhook/telegram"},
        {CONFIG_SECRET_KEY, "0123456789abcdef0123456789abcdef"},
        {CONFIG_COOKIE_SECURE, "true"},
        {CONFIG_STORAGE_LOCAL_PATH, "/data/uploads"}}},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    config *c;
    err e = load(NULL, rows[i].text, &c);
    if (err_is(e)) fail_msg("%s: %s", rows[i].why, err_message(&e));
    for (size_t k = 0; k < 8 && rows[i].expected[k].value; k++) {
      const char *got = config_str(c, rows[i].expected[k].key);
      if (strcmp(got, rows[i].expected[k].value) != 0)
        fail_msg("%s: %s is %s", rows[i].why, config_name(rows[i].expected[k].key), got);
    }
    if (noted(c, "is not a setting")) fail_msg("%s has a name that is not known", rows[i].why);
    config_free(&c);
  }
}

static void the_table_is_printed_with_every_name(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 16);
  config_print_markdown(&b);
  for (int key = 0; key < CONFIG_COUNT; key++) {
    str row = arena_printf(memory, "\n| `%s` | ", config_name((enum config_key)key));
    if (!str_contains(buf_borrow(&b), row)) fail_msg("%s is missing", config_name((enum config_key)key));
  }
  assert_true(str_contains(buf_borrow(&b), S("| `LOG_FORMAT` | `text` | key=value lines or JSON lines. One of `text`, "
                                             "`json`. |  |\n")));
  buf_free(&b);
}

/* The tests run in the checkout's folder. */
static void the_readme_has_the_table_that_is_printed(void **state) {
  (void)state;
  enum { README_MAX = 1 << 20 };
  char *text = arena_alloc(memory, README_MAX);
  FILE *f = fopen("README.md", "r");
  assert_non_null(f);
  str readme = {text, fread(text, 1, README_MAX, f)};
  fclose(f);
  buf b;
  buf_init(&b, 1 << 16);
  config_print_markdown(&b);
  if (!str_contains(readme, buf_borrow(&b)))
    fail_msg("README.md has another table of settings than switchboard print-config");
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_given_is_a_server_on_sqlite),
      cmocka_unit_test(each_value_is_read_or_refused_by_name),
      cmocka_unit_test(the_env_file_is_read_strictly),
      cmocka_unit_test(the_environment_and_the_primary_name_win),
      cmocka_unit_test(a_configuration_of_another_desk_starts_this_one),
      cmocka_unit_test(the_table_is_printed_with_every_name),
      cmocka_unit_test(the_readme_has_the_table_that_is_printed),
  };
  return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
