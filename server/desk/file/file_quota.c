/* Daily quotas (UTC) of visitors who have not signed in, separately for photos and texts: per visitor, per network,
 * and in total, since anybody can start over as another visitor. Counted in the transaction that stores the message,
 * so a refused message counts nothing, and a restart loses nothing.
 *
 * One network may use only a part, so that it takes several to exhaust the total. Rows are locked in one order:
 * photos before texts, single before total. The table's external_id is a visitor's id, or one of the names below,
 * which no visitor has. */
#include "desk/file/file.h"

#include "sql.h"

#define ALL_PHOTOS     S("")
#define ALL_WORDS      S("words")
#define NETWORK_PHOTOS S("@")
#define NETWORK_WORDS  S("words@")

enum { DAY_MS = 24 * 3600 * 1000, MB_SHIFT = 20, PART = 4 /* of one network: a quarter */ };

struct counting_ctx {
  db_conn *c;
  int64_t day, bytes;
};

static err add(const struct counting_ctx *n, str who, int64_t most_bytes, bool *too_much) {
  struct db_rows rows = {0};
  err e = DB_RUN(n->c, SQL_FILE_QUOTA_ADD, db_conn_arena(n->c), &rows, DB_I(n->day), DB_S(who), DB_I(n->bytes));
  int64_t total = err_is(e) ? 0 : db_at(&rows, 0, 0)->i;
  *too_much = most_bytes > 0 && total > most_bytes;
  bool first_of_the_day = !err_is(e) && who.len == 0 && total == n->bytes;
  if (first_of_the_day) e = DB_RUN(n->c, SQL_FILE_QUOTA_FORGET, db_conn_arena(n->c), NULL, DB_I(n->day));
  return e;
}

static err refuse(const char *field, const char *whose, int64_t most_bytes, const char *what) {
  return err_detail(ERR_QUOTA_EXCEEDED, field, "%s may send %lld MB%s a day.", whose,
                    (long long)(most_bytes >> MB_SHIFT), what);
}

static err add_network(const struct counting_ctx *n, str name, str network, int64_t most, bool *too_much) {
  *too_much = false;
  return network.ptr ? add(n, arena_concat(db_conn_arena(n->c), name, network), most, too_much) : err_ok;
}

err file_quota_take_photos(db_conn *c, const struct file_quota *q, const struct file_sender *from, int64_t bytes,
                           int64_t now_ms) {
  struct counting_ctx n = {c, now_ms / DAY_MS, bytes};
  int64_t each = q->each_mb << MB_SHIFT, all = q->all_mb << MB_SHIFT;
  int64_t part = all / PART > each ? all / PART : each; /* always room for one visitor */
  if (!each || !all) part = 0;
  bool own = false, network = false, whole = false;
  err e = add(&n, from->visitor_id, each, &own);
  if (!err_is(e)) e = add_network(&n, NETWORK_PHOTOS, from->network, part, &network);
  if (!err_is(e)) e = add(&n, ALL_PHOTOS, all, &whole);
  if (err_is(e)) return e;
  if (own) return refuse("photo", "A visitor who has not signed in", each, " of photos");
  if (network) return refuse("photo", "Visitors who have not signed in, from one address,", part, " of photos");
  return whole ? refuse("photo", "Visitors who have not signed in, all together,", all, " of photos") : err_ok;
}

err file_quota_take_words(db_conn *c, const struct file_quota *q, const struct file_sender *from, int64_t bytes,
                          int64_t now_ms) {
  struct counting_ctx n = {c, now_ms / DAY_MS, bytes};
  int64_t all = q->words_mb << MB_SHIFT, part = all / PART;
  bool network = false, whole = false;
  if (!all) return err_ok;
  err e = add_network(&n, NETWORK_WORDS, from->network, part, &network);
  if (!err_is(e)) e = add(&n, ALL_WORDS, all, &whole);
  if (err_is(e)) return e;
  if (network) return refuse("message", "Visitors who have not signed in, from one address,", part, "");
  return whole ? refuse("message", "Visitors who have not signed in, all together,", all, "") : err_ok;
}
