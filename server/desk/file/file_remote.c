/* The ids under which channels have uploaded content; see file.h. */
#include "desk/file/file.h"

#include "sql.h"

err file_remote_find(db_conn *c, const struct file_remote *r, arena *a, str *id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_FILE_REMOTE_FIND, a, &rows, DB_S(r->key), DB_S(r->channel), DB_S(r->account), DB_S(r->kind),
                 DB_S(r->name));
  *id = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->s : STR_NONE;
  return e;
}

err file_remote_keep(db_conn *c, const struct file_remote *r, str id) {
  return DB_RUN(c, SQL_FILE_REMOTE_KEEP, db_conn_arena(c), NULL, DB_S(r->key), DB_S(r->channel), DB_S(r->account),
                DB_S(r->kind), DB_S(r->name), DB_S(id));
}

err file_remote_forget(db_conn *c, const struct file_remote *r, str id) {
  return DB_RUN(c, SQL_FILE_REMOTE_FORGET, db_conn_arena(c), NULL, DB_S(r->key), DB_S(r->channel), DB_S(r->account),
                DB_S(r->kind), DB_S(r->name), DB_S(id));
}
