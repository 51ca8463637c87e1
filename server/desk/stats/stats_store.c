/* Counting, see stats.sql. */
#include "desk/stats/stats.h"

#include "sql.h"

err stats_count(db_conn *c, int64_t now_ms, struct stats *out) {
  const int64_t day_ms = 24 * 3600 * (int64_t)1000;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_STATS_COUNT, db_conn_arena(c), &rows, DB_I(now_ms - now_ms % day_ms));
  if (err_is(e)) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct stats){cell[0].i, cell[1].i, cell[2].i, cell[3].i, cell[4].i};
  return err_ok;
}
