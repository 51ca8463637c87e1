/* The webhook: POST /webhook/telegram. The secret is checked on the head, in constant time, before the
 * body is read; then the worker parses the update, commits it with others, and replies 200 after the commit, so
 * that what Telegram counts as delivered is on disk. If the database fails, 503 with Retry-After makes Telegram
 * resend it (it retries every response except 2xx with growing delays and honours Retry-After). A wrong secret and a bot
 * that the desk does not have get the same response, 403, so nobody learns which bots there are. 503 while a bot is being
 * changed or the server stops. */
#include "base/limits.h"
#include "desk/route.h"
#include "edge/telegram/tg_internal.h"

enum { RETRY_AFTER_MS = 1000 };

struct delivery { /* in the request's arena */
  struct tg_ingest_job job;
  struct tg_update update;
  struct call *call;
};

static void refuse(struct call *c, err e) {
  if (err_kind_of(e.code) == KIND_OVERLOADED && e.retry_ms == 0) e.retry_ms = RETRY_AFTER_MS;
  call_fail(c, e);
}

static err no_bot(void) {
  return err_detail(ERR_FORBIDDEN, NULL, "No bot of this desk has a webhook with this secret token here.");
}

static void stored(struct tg_ingest_job *job, err e) {
  struct call *c = ((struct delivery *)job->user)->call;
  /* Nothing of it was stored, whatever the reason: Telegram must resend it. */
  if (err_is(e))
    refuse(c, err_kind_of(e.code) == KIND_OVERLOADED ? e : err_retry(ERR_UNAVAILABLE, RETRY_AFTER_MS));
  else
    call_reply_empty(c, 200);
}

/* Finds the update's bot, from the head only: an unauthenticated body is never read. call.head becomes the admission. */
static err admit(struct call *c) {
  struct telegram *t = c->desk->edges[CHANNEL_TELEGRAM];
  if (!t) return no_bot();
  bool first = !c->head; /* called again after the body */
  str secret = http_header_of(c->req, S("X-Telegram-Bot-Api-Secret-Token"));
  struct tg_admitted *admitted = arena_new_of(c->arena, struct tg_admitted);
  c->head = admitted;
  switch (tg_webhook_admits(t, c->id, secret, first, c->arena, admitted)) {
    case TG_ADMITTED: c->proven = true; return err_ok;
    case TG_BETWEEN: return err_retry(ERR_UNAVAILABLE, RETRY_AFTER_MS);
    case TG_UNAUTHENTICATED: break;
  }
  return no_bot();
}

static void take(struct call *c) {
  struct telegram *t = c->desk->edges[CHANNEL_TELEGRAM];
  const struct tg_admitted *admitted = c->head;
  struct delivery *d = arena_new_of(c->arena, struct delivery);
  d->call = c;
  d->job = (struct tg_ingest_job){
      .account = admitted->account, .update = &d->update, .done = stored, .user = d, .counters = admitted->counters};
  tg_update_parse(http_body_of(c->req), c->arena, &d->update);
  tg_ingest(tg_ingest_of(t), &d->job);
}

static const struct route routes[] = {
    {HTTP_POST, "/webhook/telegram", GUARD_PUBLIC, 0, RATE_CHANNEL, .body = HTTP_BODY_MEMORY,
     .body_max_bytes = LIMIT_UPDATE_MAX_BYTES, .status = 200, .at_head = admit, .handler = take,
     .fails = FAILS(FORBIDDEN),
     .doc = "One update from Telegram, guarded by the secret token that was given with setWebhook."},
    {HTTP_POST, "/webhook/telegram/:id", GUARD_PUBLIC, 0, RATE_CHANNEL, .body = HTTP_BODY_MEMORY,
     .body_max_bytes = LIMIT_UPDATE_MAX_BYTES, .status = 200, .at_head = admit, .handler = take,
     .fails = FAILS(FORBIDDEN), .doc = "The same for the bot with this id."},
};
ROUTE_TABLE(telegram_routes, routes);
