/* Telegram's refusals in words for people: spec/reasons.tbl. Pure. */
#ifndef SB_EDGE_TELEGRAM_TG_REASON_H
#define SB_EDGE_TELEGRAM_TG_REASON_H

#include "edge/telegram/tg_answer.h"

enum tg_reason {
#define REASON(name, en, ru) TG_REASON_##name,
#include "spec/reasons.tbl"
#undef REASON
  TG_REASONS,
  TG_REASON_NONE = TG_REASONS /* done, or a failure of the network, whose words are our own */
};
/* TG_REASON_NONE also for a refusal that is not in the table. */
enum tg_reason tg_reason_of(const struct tg_answer *answer);
/* The reason's sentence in English. */
str tg_reason_sentence(enum tg_reason reason);
/* The sentence in English. For a refusal that is not in the table Telegram's own words, without the code's name that the Bot
 * API puts in front ("Bad Request: "); for a failure of the network the network's. */
str tg_reason_words(const struct tg_answer *answer, arena *a);
/* A stored English sentence in the language, as far as it is one of the table's. */
str tg_reason_in(str sentence, str language);

#endif
