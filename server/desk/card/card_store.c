/* See card.h: the rows and their jobs. */
#include "desk/card/card.h"
#include "desk/outbox/outbox.h"
#include "sql.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LOOK_MS = 2000 };

struct waiting {
  int64_t since, id;
};

struct card_watch {
  atomic_int_fast64_t looked_at;
  atomic_bool any;
  pthread_mutex_t lock; /* guards the places */
  int64_t places_at;    /* when they were read */
  bool known;           /* they were, and not too many wait */
  size_t count;
  struct waiting places[CARD_PLACES_MAX + 1]; /* in the order of the queue */
};

struct card_watch *card_watch_new(void) {
  struct card_watch *w = mem_alloc(sizeof(struct card_watch));
  pthread_mutex_init(&w->lock, NULL);
  return w;
}

void card_watch_free(struct card_watch **w) {
  if (!*w) return;
  pthread_mutex_destroy(&(*w)->lock);
  mem_free(w);
}

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
                 DB_I(now_ms), DB_S(row->account));
  *again = !err_is(e) && rows.count && db_at(&rows, 0, 0)->i != row->changes;
  return e;
}

err card_lost(db_conn *c, const struct card_row *row) {
  return DB_RUN(c, SQL_CARD_LOST, db_conn_arena(c), NULL, DB_I(row->customer_id), DB_S(row->account));
}

/* ---- places ---- */

static int in_order(const void *a, const void *b) {
  const struct waiting *x = a, *y = b;
  if (x->since != y->since) return x->since < y->since ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

struct places_ctx {
  struct desk *desk;
  int64_t now_ms;
};

static err read_places(db_conn *c, void *arg) {
  const struct places_ctx *p = arg;
  struct card_watch *w = p->desk->cards;
  struct db_rows rows = {0};
  bool any = false;
  err e = any_account(p->desk, c, p->now_ms, &any);
  if (!err_is(e) && any) e = DB_RUN(c, SQL_CARD_PLACES, db_conn_arena(c), &rows, DB_I(CARD_PLACES_MAX + 1));
  if (err_is(e)) return e;
  pthread_mutex_lock(&w->lock);
  w->count = rows.count;
  w->known = any && rows.count <= CARD_PLACES_MAX;
  for (size_t i = 0; i < rows.count; i++) w->places[i] = (struct waiting){db_at(&rows, i, 1)->i, db_at(&rows, i, 0)->i};
  qsort(w->places, w->count, sizeof w->places[0], in_order);
  w->places_at = any ? p->now_ms : 0; /* the first card must not wait for a second */
  pthread_mutex_unlock(&w->lock);
  return err_ok;
}

err card_places_read(struct desk *d) {
  struct places_ctx p = {d, desk_now(d)};
  struct card_watch *w = d->cards;
  if (!w) return err_ok;
  pthread_mutex_lock(&w->lock);
  bool fresh = w->places_at && p.now_ms >= w->places_at && p.now_ms - w->places_at < CARD_PLACES_MS;
  pthread_mutex_unlock(&w->lock);
  return fresh ? err_ok : db_read(d->db, read_places, &p);
}

int64_t card_place(struct desk *d, int64_t waiting_since, int64_t conversation_id) {
  struct card_watch *w = d->cards;
  const struct waiting me = {waiting_since, conversation_id};
  if (!w) return 0;
  pthread_mutex_lock(&w->lock);
  size_t low = 0, high = w->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (in_order(&w->places[middle], &me) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool known = w->known;
  pthread_mutex_unlock(&w->lock);
  return known ? (int64_t)low + 1 : 0;
}
