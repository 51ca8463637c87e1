/* How many bytes of photos visitors who have not signed in may leave on the disk in a day of UTC: each of them, and all
 * of them together, since who wants more begins as another visitor. Counted in the transaction that stores the message,
 * so a refused message counts nothing, and a restart forgets nothing. */
#include "desk/file/file.h"

#include "sql.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static err add(db_conn *c, int64_t day, str external_id, int64_t bytes, int64_t *total) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_QUOTA_ADD, db_conn_arena(c), &rows, DB_I(day), DB_S(external_id), DB_I(bytes));
  *total = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  return e;
}

static err refuse(const char *whose, int64_t most_mb) {
  return err_detail(ERR_QUOTA_EXCEEDED, "photo", "%s may send %lld MB of photos a day.", whose, (long long)most_mb);
}

err file_quota_take(db_conn *c, const struct file_quota *q, str visitor_id, int64_t bytes, int64_t now_ms) {
  int64_t day = now_ms / DAY_MS, own = 0, all = 0;
  err e = add(c, day, visitor_id, bytes, &own);
  if (!err_is(e)) e = add(c, day, S(""), bytes, &all);
  if (err_is(e)) return e;
  if (all == bytes) e = DB_RUN(c, SQL_FILE_QUOTA_FORGET, db_conn_arena(c), NULL, DB_I(day)); /* the day's first */
  if (err_is(e)) return e;
  if (q->each_mb && own > q->each_mb << 20) return refuse("A visitor who has not signed in", q->each_mb);
  if (q->all_mb && all > q->all_mb << 20) return refuse("Visitors who have not signed in, all together,", q->all_mb);
  return err_ok;
}
