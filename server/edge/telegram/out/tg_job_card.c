/* See tg_job.h: the live card of a customer. What it shows is read when it is taken (desk/card). */
#include "edge/telegram/out/tg_job.h"

#include "edge/telegram/out/tg_card.h"

/* Whether the customer writes to this bot and may be written to, and what the card shows. */
static err read_view(db_conn *c, struct tg_job *job, struct card_view *view, str *language, bool *shows) {
  int64_t id = 0;
  struct conversation_row row;
  struct operator_row owner;
  *view = (struct card_view){0};
  err e = conversation_of_customer(c, job->rows[0].customer_id, &id);
  if (!err_is(e)) e = conversation_get(c, id, 0, job->arena, &row);
  if (e.code == ERR_NOT_FOUND) return *shows = false, err_ok;
  if (!err_is(e)) e = card_enabled(c, TG_CHANNEL, str_c(job->session->account), shows);
  if (err_is(e)) return e;
  *shows = *shows && !row.spam_at && !row.customer->blocked &&
           str_eq(row.customer->account, str_c(job->session->account)) && str_eq(row.customer->external_id, job->chat);
  *language = row.customer->language;
  bool waits = row.status == CONVERSATION_WAITING;
  view->state = row.status == CONVERSATION_CLOSED ? CARD_CLOSED : waits ? CARD_WAITING : CARD_ANSWERED;
  if (waits && row.waiting_since) view->place = card_place(job->session->desk, row.waiting_since, row.id);
  if (view->state != CARD_ANSWERED || !row.assignee_id) return err_ok;
  e = operator_get(c, row.assignee_id, job->arena, &owner);
  if (!err_is(e)) view->name = owner.name;
  return e;
}

static void wait_until(struct tg_job *job, int64_t until_ms) {
  job->disposition = TG_POSTPONE;
  job->postponed_until_ms = until_ms;
}

err tg_job_write_card(db_conn *c, struct tg_job *job, int64_t now_ms) {
  struct card_view view;
  str language = STR_NONE;
  bool found = false, shows = false;
  err e = card_get(c, job->rows[0].customer_id, job->arena, &job->card, &found);
  if (!err_is(e) && found) e = read_view(c, job, &view, &language, &shows);
  if (err_is(e) || !found || !shows) return job->disposition = TG_DROP, e;
  job->shown = card_shown(&view, language, job->arena);
  job->look_ms = card_look_ms(&view);
  bool same = job->card.external_id.ptr && str_eq(job->card.shown, job->shown);
  int64_t earliest_ms = job->card.sent_at + CARD_EDIT_MS;
  if (same && job->look_ms) return wait_until(job, now_ms + job->look_ms), err_ok;
  if (same) return job->disposition = TG_DROP, err_ok;
  if (earliest_ms > now_ms && earliest_ms <= now_ms + CARD_EDIT_MS) return wait_until(job, earliest_ms), err_ok;
  tg_card_make(&view, language, job->arena, &job->messages[0]);
  if (!job->card.external_id.ptr) return err_ok;
  job->change = CHANGE_EDIT;
  job->changed = job->card.external_id;
  return err_ok;
}

err tg_job_settle_card(db_conn *c, struct tg_job *job, int64_t now_ms) {
  struct outbox_card card = {TG_CHANNEL, str_c(job->session->account), job->chat, job->card.customer_id};
  bool again = false;
  err e = err_ok;
  if (job->meaning == TG_REFUSED && job->changed.ptr) { /* deleted in the chat: a new one is sent at once */
    e = card_lost(c, &job->card);
    return err_is(e) ? e : outbox_add_card(c, &card, now_ms, false, now_ms);
  }
  if (job->meaning == TG_BLOCKED || job->meaning == TG_NO_CHAT) return card_lost(c, &job->card);
  if (job->meaning != TG_DONE) return err_ok;
  str id = job->changed.ptr ? job->changed : job->outcomes[0].external_id;
  e = card_sent(c, &job->card, id, job->shown, now_ms, &again);
  if (err_is(e) || (!again && !job->look_ms)) return e;
  return outbox_add_card(c, &card, now_ms + (again ? CARD_EDIT_MS : job->look_ms), false, now_ms);
}
