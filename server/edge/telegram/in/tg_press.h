/* Answers presses of buttons. Until its press is answered, the customer's button shows that it is working, so the answer
 * goes out as soon as the press is committed: straight to the HTTP client, not through the outbox and its pace. It is sent
 * once; nothing depends on its outcome. */
#ifndef SB_EDGE_TELEGRAM_TG_PRESS_H
#define SB_EDGE_TELEGRAM_TG_PRESS_H

#include "edge/telegram/tg_internal.h"

/* What is said about an outcome: in Russian for "ru", else in English. *alert: it stays until the customer closes it. */
str tg_press_words(enum press_outcome outcome, str language, bool *alert);
/* The body of answerCallbackQuery, with these words. Without an outcome (a press that came before, or is none of a customer's)
 * there are none. */
str tg_press_body(str query_id, const enum press_outcome *outcome, str language, arena *a);
/* The same for a button of the desk's own messages. */
str tg_press_own_body(str query_id, const struct tg_own_answer *own, arena *a);
/* Does not block. job: after its commit, with a query. */
void tg_press_answer(const struct tg_session *s, const struct tg_ingest_job *job);

#endif
