/* See tg_replaced.h. */
#include "edge/telegram/out/tg_replaced.h"

#include "base/log.h"
#include "desk/message/message.h"
#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"

enum { AT_ONCE = 50 };

static const char account_key[] = "telegram_account";
static const str words = STR_INIT("The bot was replaced."); /* the panel translates them */

static err is_present(db_conn *c, const struct tg_session *s, bool *present) {
  str noted = STR_NONE;
  err e = setting_get(c, account_key, db_conn_arena(c), &noted);
  *present = !err_is(e) && str_eq(noted, str_c(s->account));
  return e;
}

err tg_replaced_note(db_conn *c, str account, int64_t now_ms) {
  str noted = STR_NONE;
  err e = setting_get(c, account_key, db_conn_arena(c), &noted);
  return err_is(e) || str_eq(noted, account) ? e : setting_set(c, account_key, account, 0, now_ms);
}

static err other_files(db_conn *c, const struct tg_session *s, str **out, size_t *count) {
  arena *a = db_conn_arena(c);
  str own = file_fetch_queue(TG_CHANNEL, str_c(s->account), a), *queues = NULL;
  size_t all = 0;
  err e = job_queues(c, file_fetch_queue(TG_CHANNEL, S(""), a), a, &queues, &all);
  *out = queues;
  *count = 0;
  for (size_t i = 0; i < all && !err_is(e); i++)
    if (!str_eq(queues[i], own)) (*out)[(*count)++] = queues[i];
  return e;
}

struct looking_ctx {
  struct tg_session *session;
  bool any;
};

static err look(db_conn *c, void *arg) {
  struct looking_ctx *l = arg;
  str *unused;
  size_t accounts = 0, files = 0;
  bool present = false;
  err e = is_present(c, l->session, &present);
  if (!err_is(e) && present)
    e = outbox_other_accounts(c, TG_CHANNEL, str_c(l->session->account), db_conn_arena(c), &unused, &accounts);
  if (!err_is(e) && present) e = other_files(c, l->session, &unused, &files);
  l->any = accounts + files > 0;
  return e;
}

err tg_replaced_look(struct tg_session *s, bool *any) {
  struct looking_ctx l = {.session = s};
  err e = db_read(s->desk->db, look, &l);
  *any = !err_is(e) && l.any;
  return e;
}

static err end_some(db_conn *c, void *arg) {
  struct tg_replaced *r = arg;
  struct tg_session *s = r->session;
  int64_t now_ms = desk_now(s->desk);
  str *names = NULL, holder = str_c(s->desk->holder);
  size_t count = 0, ended = 0;
  bool present = false;
  r->count = 0;
  err e = is_present(c, s, &present);
  if (err_is(e) || !present) return e;
  e = outbox_other_accounts(c, TG_CHANNEL, str_c(s->account), db_conn_arena(c), &names, &count);
  for (size_t i = 0; i < count && !err_is(e); i++, r->count += ended) {
    struct outbox_sender sender = {.channel = TG_CHANNEL, .account = names[i], .holder = holder};
    e = outbox_give_up(c, &sender, S("replaced"), words, AT_ONCE, now_ms, &ended);
  }
  if (!err_is(e)) e = other_files(c, s, &names, &count);
  for (size_t i = 0; i < count && !err_is(e); i++, r->count += ended)
    e = file_fetch_give_up(c, names[i], holder, words, AT_ONCE, now_ms, &ended);
  return e;
}

static void ended(err e, void *arg) {
  struct tg_replaced *r = arg;
  r->e = e;
  if (err_is(e))
    LOG_WARN("telegram.replaced_not_ended", LOG_E(e));
  else if (r->count)
    LOG_WARN("telegram.replaced", LOG_C("bot", r->session->account), LOG_I("jobs_ended", (int64_t)r->count));
  r->came_back(r);
}

void tg_replaced_end(struct tg_replaced *r) {
  err e = desk_write_async(r->session->desk, end_some, r, ended);
  if (err_is(e)) ended(e, r);
}
