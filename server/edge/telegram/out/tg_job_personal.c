/* See tg_job.h: a notice to an operator's own account. What it says is read when it is taken (desk/notice). */
#include "edge/telegram/out/tg_job.h"

#include "edge/telegram/out/tg_personal.h"

#include <inttypes.h>

struct telling {
  struct notice_wish wish;
  struct operator_row operator;
  struct conversation_row conversation;
  struct actor reader;
  bool reaches, may_read;
};

static err read_telling(db_conn *c, struct tg_job *job, struct telling *t) {
  const struct notice_row *n = &job->notice;
  enum notice_reach reach = NOTICE_UNLINKED;
  *t = (struct telling){0};
  err e = operator_get(c, n->operator_id, job->arena, &t->operator);
  if (!err_is(e)) e = notice_wish_get(c, n->operator_id, job->arena, &t->wish);
  if (!err_is(e)) e = notice_reach_of(c, n->operator_id, &reach);
  if (!err_is(e)) e = conversation_get(c, n->conversation_id, n->operator_id, job->arena, &t->conversation);
  if (err_is(e)) return e;
  t->reader = operator_actor(&t->operator);
  t->reaches = t->operator.active && reach == NOTICE_READY;
  err read = conversation_may(&t->reader, MAY_CONVERSATION_READ, t->conversation.id, t->conversation.assignee_id);
  t->may_read = !err_is(read);
  return err_ok;
}

/* Who is deactivated, unlinked or has blocked the bot gets nothing more; who may not read the conversation any more learns only
 * that an earlier notice of it has ended. */
static enum notice_step decide(struct tg_job *job, const struct telling *t, int64_t now_ms) {
  const struct conversation_row *row = &t->conversation;
  bool sent = job->notice.external_id.ptr;
  const struct notice_case n = {
      .kind = job->notice.kind,
      .sent = sent,
      .may_tell = t->reaches && (sent || (t->may_read && notice_wanted(&t->wish, job->notice.kind))),
      .waits = row->status == CONVERSATION_WAITING && !row->assignee_id && t->may_read && !row->spam_at,
      .closed = row->status == CONVERSATION_CLOSED,
      .mine = row->assignee_id == job->notice.operator_id,
      .unread = row->inbound_count > row->read_count && !row->spam_at,
      .quiet_until = notice_quiet_until(&t->wish, now_ms),
  };
  job->postponed_until_ms = n.quiet_until;
  return notice_decide(&n, &job->over);
}

static err write_text(db_conn *c, struct tg_job *job, const struct telling *t) {
  const struct conversation_row *row = &t->conversation;
  struct operator_row owner = {0};
  err e = row->assignee_id && t->may_read ? operator_get(c, row->assignee_id, job->arena, &owner) : err_ok;
  err take = conversation_may(&t->reader, MAY_CONVERSATION_WRITE, row->id, row->assignee_id);
  struct tg_personal p = {
      .kind = job->notice.kind,
      .over = job->over,
      .may_take = !err_is(take),
      .conversation = row,
      .owner = owner.name,
      .mine = row->assignee_id == job->notice.operator_id,
      .unread = row->inbound_count - row->read_count,
      .language = t->wish.language,
      .public_url = job->session->desk->public_url && t->may_read ? str_c(job->session->desk->public_url) : STR_NONE,
  };
  if (!err_is(e)) tg_personal_make(&p, job->arena, &job->messages[0]);
  return e;
}

err tg_job_write_personal(db_conn *c, struct tg_job *job, int64_t now_ms) {
  const struct outbox_row *row = &job->rows[0];
  struct telling t;
  bool found = false;
  err e = notice_get(c, row->conversation_id, row->operator_id, row->notice, job->arena, &job->notice, &found);
  bool here =
      found && str_eq(job->notice.chat_id, job->chat) && str_eq(job->notice.account, str_c(job->session->account));
  if (err_is(e) || !here) return job->disposition = TG_DROP, e;
  e = read_telling(c, job, &t);
  if (err_is(e)) return e;
  switch (decide(job, &t, now_ms)) {
    case NOTICE_DROP: job->disposition = TG_DROP; return notice_drop(c, &job->notice);
    case NOTICE_LATER: job->disposition = TG_POSTPONE; return err_ok;
    case NOTICE_EDIT: job->change = CHANGE_EDIT; job->changed = job->notice.external_id; /* fallthrough */
    case NOTICE_SEND: return write_text(c, job, &t);
  }
  return err_ok;
}

err tg_job_settle_personal(db_conn *c, struct tg_job *job, int64_t now_ms) {
  const struct notice_row *n = &job->notice;
  switch (job->meaning) {
    case TG_DONE: {
      str id = job->changed.ptr ? job->changed : job->outcomes[0].external_id;
      return notice_sent(c, n, id, job->over, now_ms);
    }
    case TG_BLOCKED:
    case TG_NO_CHAT: return notice_blocked(c, n->operator_id, now_ms);
    case TG_REFUSED: return notice_lost(c, n, now_ms);
    default: return err_ok;
  }
}
