/* Counting, see stats.sql. */
#include "desk/stats/stats.h"

#include "desk/access/access.h"
#include "sql.h"

err stats_count(db_conn *c, const struct actor *who, int64_t now_ms, struct stats *out) {
  const int64_t day_ms = 24 * 3600 * (int64_t)1000, today = now_ms - now_ms % day_ms;
  struct db_rows rows = {0};
  enum reach reach = may_reach(who, MAY_CONVERSATION_READ);
  if (reach == REACH_NONE) return err_make(ERR_FORBIDDEN);
  err e = reach == REACH_ALL
              ? DB_RUN(c, SQL_STATS_COUNT, db_conn_arena(c), &rows, DB_I(today))
              : DB_RUN(c, SQL_STATS_COUNT_ASSIGNED, db_conn_arena(c), &rows, DB_I(today), DB_I(actor_operator_id(who)));
  if (err_is(e)) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct stats){cell[0].i, cell[1].i, cell[2].i, cell[3].i, cell[4].i};
  return err_ok;
}
