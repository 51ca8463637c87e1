/* Jobs of bots that the desk does not have any more: answers to their customers, and files not fetched yet. No other bot can
 * run them, so they are ended: answers and files fail with a reason, copies and notices are removed. An answer written to such a
 * customer later ends in the same way within REMOVED_LOOK_MS (tg_telegram.c). */
#include "edge/telegram/bot/tg_bots_internal.h"

#include "base/log.h"
#include "desk/conversation/conversation.h"
#include "desk/message/message.h"
#include "desk/outbox/outbox.h"

enum { AT_ONCE = 50 };

/* The panel translates them. */
static const str replaced = STR_INIT("The bot was replaced.");
static const str removed = STR_INIT("The bot was removed from this desk.");

struct removed_ctx {
  struct telegram *telegram;
  struct account_row *rows; /* also the removed ones */
  size_t row_count, count;  /* count: of the jobs ended */
  bool any;
};

/* The words for an account that has no bot; absent: it has one. */
static str words_of(const struct removed_ctx *r, str account) {
  int64_t id = 0;
  str_to_i64(account, &id);
  for (size_t i = 0; i < r->row_count; i++)
    if (r->rows[i].id == id) return !r->rows[i].removed_at ? STR_NONE : r->rows[i].successor_id ? replaced : removed;
  return replaced;
}

static err list_outbox(db_conn *c, str **out, size_t *count) {
  return outbox_other_accounts(c, TG_CHANNEL, S(""), db_conn_arena(c), out, count);
}

static err list_files(db_conn *c, str **out, size_t *count) {
  return job_queues(c, file_fetch_queue(TG_CHANNEL, S(""), db_conn_arena(c)), db_conn_arena(c), out, count);
}

static str account_of_files(db_conn *c, str queue) {
  str prefix = file_fetch_queue(TG_CHANNEL, S(""), db_conn_arena(c));
  return str_sub(queue, prefix.len, queue.len);
}

static str photo_prefix(db_conn *c) { return conversation_photo_queue(TG_CHANNEL, S(""), db_conn_arena(c)); }

static err list_photos(db_conn *c, str **out, size_t *count) {
  return job_queues(c, photo_prefix(c), db_conn_arena(c), out, count);
}

/* Customers' pictures that no bot can ask for any more: their jobs just end. */
static err end_photos(db_conn *c, struct removed_ctx *r, str holder, int64_t now_ms) {
  str *queues = NULL, prefix = photo_prefix(c);
  size_t count = 0, ended = 0;
  err e = list_photos(c, &queues, &count);
  for (size_t i = 0; i < count && !err_is(e); i++, r->count += ended) {
    ended = 0;
    if (words_of(r, str_sub(queues[i], prefix.len, queues[i].len)).ptr)
      e = conversation_photo_give_up(c, queues[i], holder, AT_ONCE, now_ms, &ended);
  }
  return e;
}

static err look(db_conn *c, void *arg) {
  struct removed_ctx *r = arg;
  str *accounts = NULL, *queues = NULL, *photos = NULL;
  size_t account_count = 0, queue_count = 0, photo_count = 0;
  r->any = false;
  err e = account_list(c, TG_CHANNEL, true, db_conn_arena(c), &r->rows, &r->row_count);
  if (!err_is(e)) e = list_outbox(c, &accounts, &account_count);
  if (!err_is(e)) e = list_files(c, &queues, &queue_count);
  if (!err_is(e)) e = list_photos(c, &photos, &photo_count);
  for (size_t i = 0; i < account_count && !err_is(e); i++) r->any |= words_of(r, accounts[i]).ptr != NULL;
  for (size_t i = 0; i < queue_count && !err_is(e); i++)
    r->any |= words_of(r, account_of_files(c, queues[i])).ptr != NULL;
  for (size_t i = 0; i < photo_count && !err_is(e); i++)
    r->any |= words_of(r, str_sub(photos[i], photo_prefix(c).len, photos[i].len)).ptr != NULL;
  return e;
}

static err end_some(db_conn *c, void *arg) {
  struct removed_ctx *r = arg;
  struct desk *d = r->telegram->desk;
  int64_t now_ms = desk_now(d);
  str *names = NULL, holder = str_c(d->holder);
  size_t count = 0, ended = 0;
  r->count = 0;
  err e = look(c, r);
  if (!err_is(e)) e = list_outbox(c, &names, &count);
  for (size_t i = 0; i < count && !err_is(e); i++, r->count += ended) {
    struct outbox_sender sender = {.channel = TG_CHANNEL, .account = names[i], .holder = holder};
    str words = words_of(r, names[i]);
    ended = 0;
    if (words.ptr) e = outbox_give_up(c, &sender, S("replaced"), words, AT_ONCE, now_ms, &ended);
  }
  if (!err_is(e)) e = list_files(c, &names, &count);
  for (size_t i = 0; i < count && !err_is(e); i++, r->count += ended) {
    str words = words_of(r, account_of_files(c, names[i]));
    ended = 0;
    if (words.ptr) e = file_fetch_give_up(c, names[i], holder, words, AT_ONCE, now_ms, &ended);
  }
  return err_is(e) ? e : end_photos(c, r, holder, now_ms);
}

void tg_removed_end(struct telegram *t) {
  struct removed_ctx r = {.telegram = t};
  err e = db_read(t->desk->db, look, &r);
  bool any = r.any;
  while (any && !err_is(e)) {
    e = desk_write(t->desk, end_some, &r);
    any = !err_is(e) && r.count > 0;
    if (any) LOG_WARN("telegram.removed", LOG_I("jobs_ended", (int64_t)r.count));
  }
  if (err_is(e)) LOG_WARN("telegram.removed_not_ended", LOG_E(e));
}
