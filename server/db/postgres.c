#include "db/db_inside.h"
#include "db/migrate_inside.h"
err postgres_side_open(struct db *d, const char *url, int readers, int writers) {
  (void)d, (void)url, (void)readers, (void)writers;
  return err_detail(ERR_UNAVAILABLE, NULL, "PostgreSQL is not built in yet");
}
void postgres_side_close(struct db *d) { (void)d; }
err postgres_side_read(struct db *d, db_fn fn, void *ctx) {
  (void)d, (void)fn, (void)ctx;
  return err_make(ERR_UNAVAILABLE);
}
err postgres_side_write(struct db *d, db_fn fn, void *ctx) {
  (void)d, (void)fn, (void)ctx;
  return err_make(ERR_UNAVAILABLE);
}
err postgres_side_ping(struct db *d, int64_t until_ms) {
  (void)d, (void)until_ms;
  return err_make(ERR_UNAVAILABLE);
}
err postgres_side_run(struct db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a,
                      struct db_rows *rows) {
  (void)c, (void)sql_id, (void)args, (void)count, (void)a, (void)rows;
  return err_make(ERR_UNAVAILABLE);
}
static err no(const char *url, bool create, void **s) {
  (void)url, (void)create, (void)s;
  return err_make(ERR_UNAVAILABLE);
}
const struct migrate_engine migrate_postgres = {.open = no};
