/* See tg_card.h. */
#include "edge/telegram/out/tg_card.h"

#include "base/str_bidi.h"
#include "desk/setting/setting.h"

enum { TEXT_MAX_BYTES = 2048, NAME_SHOWN = 100 };

/* No clang-format: it measures Cyrillic in bytes. */
/* clang-format off */
static const struct words { const char *en, *ru; }
    first = {"🕐 Your message has arrived. You are next.", "🕐 Ваше сообщение получено. Ваша очередь следующая."},
    waits = {"🕐 Your message has arrived. We will answer as soon as we can.", "🕐 Ваше сообщение получено. Мы ответим, как только сможем."},
    answers = {" is helping you.", " отвечает вам."}, handled = {"👤 We are looking into your question.", "👤 Мы занимаемся вашим вопросом."},
    closed = {"✅ This conversation is closed. Write here at any time to open it again.", "✅ Диалог закрыт. Напишите сюда в любой момент, чтобы открыть его снова."},
    close_it = {"Close the conversation", "Закрыть диалог"}, reopen = {"Open again", "Открыть снова"},
    has_closed = {"The conversation is closed.", "Диалог закрыт."}, has_opened = {"The conversation is open again.", "Диалог снова открыт."},
    too_many = {"Too many presses. Please wait a minute.", "Слишком много нажатий. Подождите, пожалуйста, минуту."},
    stale = {"This button is out of date. Please send a message instead.", "Эта кнопка уже не действует. Напишите, пожалуйста, сообщением."};
/* clang-format on */

static const char *in(const struct words *w, str language) { return setting_is_russian(language) ? w->ru : w->en; }

static str text_of(const struct card_view *v, str language, arena *a) {
  if (v->state == CARD_CLOSED) return str_c(in(&closed, language));
  if (v->state == CARD_WAITING && v->place == 1) return str_c(in(&first, language));
  if (v->state == CARD_WAITING && v->place > 1) {
    bool russian = setting_is_russian(language);
    long long place = v->place;
    return russian ? arena_printf(a, "🕐 Ваше сообщение получено. Ваше место в очереди: %lld.", place)
                   : arena_printf(a, "🕐 Your message has arrived. You are number %lld in the queue.", place);
  }
  if (v->state == CARD_WAITING) return str_c(in(&waits, language));
  if (!v->name.len) return str_c(in(&handled, language));
  buf b;
  buf_init(&b, TEXT_MAX_BYTES);
  buf_add(&b, S("👤 "));
  buf_add_isolated(&b, str_utf8_prefix(v->name, NAME_SHOWN));
  buf_add(&b, str_c(in(&answers, language)));
  str text = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

void tg_card_make(const struct card_view *view, str language, arena *a, struct message_row *out) {
  bool over = view->state == CARD_CLOSED;
  struct button button = {.text = str_c(in(over ? &reopen : &close_it, language)),
                          .callback = over ? S(TG_CARD_REOPEN) : S(TG_CARD_CLOSE)};
  *out = (struct message_row){.kind = MESSAGE_TEXT,
                              .text = text_of(view, language, a),
                              .entities_json = S("[]"),
                              .buttons_json = buttons_encode(a, &(struct button_row){&button, 1}, 1),
                              .silent = true};
}

str tg_card_pressed(enum press_outcome outcome, bool closes, str language) {
  switch (outcome) {
    case PRESS_TOO_MANY: return str_c(in(&too_many, language));
    case PRESS_STALE: return str_c(in(&stale, language));
    default: return str_c(in(closes ? &has_closed : &has_opened, language));
  }
}
