/* See card.h: the rows and their jobs. */
#include "desk/card/card.h"
#include "desk/outbox/outbox.h"
#include "sql.h"

#include <stdatomic.h>

enum { LOOK_MS = 2000 };

struct card_watch {
  atomic_int_fast64_t looked_at;
  atomic_bool any;
};

struct card_watch *card_watch_new(void) {
  return mem_alloc(sizeof(struct card_watch));
}
void card_watch_free(struct card_watch **w) { mem_free(w); }

void card_watch_again(struct desk *d) {
  if (d->cards) atomic_store(&d->cards->looked_at, 0);
}

static err any_account(struct desk *d, db_conn *c, int64_t now_ms, bool *any) {
  struct card_watch *w = d->cards;
  *any = false;
  if (!w) return err_ok;
  int64_t looked_at = atomic_load(&w->looked_at);
  if (looked_at && now_ms >= looked_at && now_ms - looked_at < LOOK_MS) return *any = atomic_load(&w->any), err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CARD_ANY, db_conn_arena(c), &rows);
  if (err_is(e)) return e;
  *any = rows.count > 0;
  atomic_store(&w->any, *any);
  atomic_store(&w->looked_at, now_ms);
  return err_ok;
}

err card_enabled(db_conn *c, str channel, str account, bool *enabled) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CARD_ENABLED, db_conn_arena(c), &rows, DB_S(channel), DB_S(account));
  *enabled = !err_is(e) && rows.count && db_at(&rows, 0, 0)->i;
  return e;
}

err card_enable(db_conn *c, str channel, str account, bool enabled) {
  return DB_RUN(c, SQL_CARD_ENABLE, db_conn_arena(c), NULL, DB_S(channel), DB_S(account), DB_I(enabled));
}

err card_touch(struct desk *d, db_conn *c, int64_t customer_id, str channel, str account, str recipient) {
  struct db_rows rows = {0};
  int64_t now_ms = desk_now(d);
  bool any = false;
  err e = any_account(d, c, now_ms, &any);
  if (!err_is(e) && any) e = card_enabled(c, channel, account, &any);
  if (err_is(e) || !any) return e;
  e = DB_RUN(c, SQL_CARD_TOUCH, db_conn_arena(c), &rows, DB_I(customer_id), DB_S(account));
  if (err_is(e)) return e;
  int64_t due_at = db_at(&rows, 0, 0)->i + CARD_EDIT_MS;
  struct outbox_card card = {channel, account, recipient, customer_id};
  return outbox_add_card(c, &card, due_at > now_ms ? due_at : now_ms, true, now_ms);
}

err card_get(db_conn *c, int64_t customer_id, arena *a, struct card_row *out, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CARD_GET, a, &rows, DB_I(customer_id));
  *found = !err_is(e) && rows.count > 0;
  if (!*found) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct card_row){.customer_id = cell[COL_CARD_CUSTOMER_ID].i,
                           .account = cell[COL_CARD_ACCOUNT].s,
                           .external_id = cell[COL_CARD_EXTERNAL_ID].s,
                           .shown = cell[COL_CARD_SHOWN].s,
                           .changes = cell[COL_CARD_CHANGES].i,
                           .sent_at = cell[COL_CARD_SENT_AT].i};
  return err_ok;
}

err card_sent(db_conn *c, const struct card_row *row, str external_id, str shown, int64_t now_ms, bool *again) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CARD_SENT, db_conn_arena(c), &rows, DB_I(row->customer_id), DB_S(external_id), DB_S(shown),
                 DB_I(now_ms));
  *again = !err_is(e) && rows.count && db_at(&rows, 0, 0)->i != row->changes;
  return e;
}

err card_lost(db_conn *c, const struct card_row *row) {
  return DB_RUN(c, SQL_CARD_LOST, db_conn_arena(c), NULL, DB_I(row->customer_id));
}

err card_place(db_conn *c, int64_t waiting_since, int64_t conversation_id, int64_t *place) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CARD_PLACE, db_conn_arena(c), &rows, DB_I(waiting_since), DB_I(conversation_id),
                 DB_I(CARD_PLACES_MAX + 1));
  bool known = !err_is(e) && rows.count && db_at(&rows, 0, 0)->i <= CARD_PLACES_MAX;
  *place = known ? db_at(&rows, 0, 1)->i + 1 : 0;
  return e;
}
