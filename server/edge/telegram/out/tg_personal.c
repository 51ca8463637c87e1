/* See tg_personal.h. */
#include "edge/telegram/out/tg_personal.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/names.h"
#include "desk/setting/setting.h"
#include "edge/telegram/tg_reason.h"

enum { TEXT_MAX_BYTES = 16 << 10, NAME_SHOWN = 100 };

/* No clang-format: it measures Cyrillic in bytes. */
/* clang-format off */
static const struct words { const char *en, *ru; } heads[] = {
    [NOTICE_WAITING] = {"💬 New conversation", "💬 Новый диалог"},
    [NOTICE_ASSIGNED] = {"👤 Assigned to you", "👤 Вам назначен диалог"},
    [NOTICE_ANSWERED] = {"💬 New message", "💬 Новое сообщение"},
}, closed = {"✅ Closed", "✅ Диалог закрыт"}, gone = {"No longer waiting", "Больше не ждёт"},
   yours = {"✅ Taken by you", "✅ Вы взяли диалог"}, others = {"✅ Taken by ", "✅ Диалог ведёт "},
   passed_on = {"Now with ", "Теперь ведёт "}, take = {"Take", "Взять"}, open = {"Open", "Открыть"},
   taken[] = {
    [TG_TAKEN_YOURS] = {"The conversation is yours.", "Диалог теперь ваш."},
    [TG_TAKEN_OTHERS] = {"Already taken by ", "Диалог уже ведёт "},
    [TG_TAKEN_GONE] = {"This conversation can no longer be taken.", "Этот диалог уже нельзя взять."},
    [TG_TAKEN_UNLINKED] = {"This Telegram account is not linked to an active operator. Link it in the panel: Settings, My Telegram.",
                           "Этот аккаунт Telegram не привязан к действующему оператору. Привяжите его в панели: «Настройки», «Мой Telegram»."},
}, answered[] = {
    [TG_ANSWERED_SENT] = {"✅ Sent to the customer.", "✅ Отправлено клиенту."},
    [TG_ANSWERED_ONLY_TEXT] = {"⚠️ Not sent: here you can answer with text only. Open the conversation in the panel for anything else.",
                               "⚠️ Не отправлено: здесь можно ответить только текстом. Для остального откройте диалог в панели."},
    [TG_ANSWERED_GONE] = {"⚠️ Not sent: this notification is out of date. Answer in the panel.",
                          "⚠️ Не отправлено: это уведомление уже не действует. Ответьте в панели."},
    [TG_ANSWERED_REFUSED] = {"⚠️ Not sent: ", "⚠️ Не отправлено: "},
};
/* clang-format on */

static str in(const struct words *w, str language) { return str_c(setting_is_russian(language) ? w->ru : w->en); }

static void add_head(buf *b, const struct tg_personal *p) {
  const struct conversation_row *row = p->conversation;
  bool waiting = p->kind == NOTICE_WAITING;
  if (!p->over) {
    buf_add(b, in(&heads[p->kind], p->language));
  } else if (row->status == CONVERSATION_CLOSED) {
    buf_add(b, in(&closed, p->language));
  } else if (waiting && p->mine) {
    buf_add(b, in(&yours, p->language));
  } else if (p->owner.len) {
    buf_add(b, in(waiting ? &others : &passed_on, p->language));
    buf_add_isolated(b, p->owner);
  } else {
    buf_add(b, in(&gone, p->language));
  }
}

/* The first words of the last message, or what it is. */
static str words_of(const struct tg_personal *p) {
  const struct conversation_last *last = p->conversation->last_message;
  if (!last || last->direction != MESSAGE_IN) return STR_NONE;
  const struct message_kind_facts *kind = message_kind_facts(last->kind);
  if (last->preview.len && !message_has_content(last->kind)) return last->preview;
  str word = str_c(setting_is_russian(p->language) ? kind->word_ru : kind->word_en);
  return last->preview.len ? last->preview : word;
}

static str buttons_of(const struct tg_personal *p, arena *a) {
  struct button list[2];
  size_t n = 0;
  long long id = p->conversation->id;
  bool takes = p->kind == NOTICE_WAITING && !p->over && p->may_take;
  if (takes)
    list[n++] = (struct button){.text = in(&take, p->language), .callback = arena_printf(a, TG_TAKE_PRESS "%lld", id)};
  if (str_starts(p->public_url, S("https://")))
    list[n++] = (struct button){.text = in(&open, p->language),
                                .url = arena_printf(a, "%.*s/c/%lld", STR_ARG(p->public_url), id)};
  return n ? buttons_encode(a, &(struct button_row){list, n}, 1) : STR_NONE;
}

void tg_personal_make(const struct tg_personal *p, arena *a, struct message_row *out) {
  const struct customer_row *who = p->conversation->customer;
  buf b;
  buf_init(&b, TEXT_MAX_BYTES);
  add_head(&b, p);
  buf_add_char(&b, '\n');
  int64_t from = (int64_t)str_utf16_count(buf_borrow(&b));
  buf_add_isolated(&b, str_utf8_prefix(who->name, NAME_SHOWN));
  struct entity bold = {.type = names_find(&entity_type_names, S("bold")),
                        .offset = from,
                        .length = (int64_t)str_utf16_count(buf_borrow(&b)) - from};
  if (who->username.len) buf_printf(&b, " · @%.*s", STR_ARG(str_drop_bidi_controls(a, who->username)));
  str words = p->over ? STR_NONE : words_of(p);
  if (words.len) {
    buf_add_char(&b, '\n');
    buf_add(&b, words);
    if (p->unread > 1) buf_printf(&b, " (%lld)", (long long)p->unread);
  }
  *out = (struct message_row){.kind = MESSAGE_TEXT,
                              .text = arena_dup(a, buf_borrow(&b)),
                              .entities_json = entities_encode(a, &bold, 1),
                              .buttons_json = buttons_of(p, a),
                              .link_preview = LINK_PREVIEW_OFF};
  buf_free(&b);
}

str tg_personal_taken(enum tg_taken what, str name, str language, arena *a) {
  str text = in(&taken[what], language);
  if (what != TG_TAKEN_OTHERS) return text;
  return arena_printf(a, "%.*s%.*s.", STR_ARG(text),
                      STR_ARG(str_utf8_prefix(str_drop_bidi_controls(a, name), NAME_SHOWN)));
}

str tg_personal_answered(enum tg_answered what, str words, str language, arena *a) {
  str text = in(&answered[what], language);
  return what == TG_ANSWERED_REFUSED ? arena_concat(a, text, str_drop_bidi_controls(a, tg_reason_in(words, language)))
                                     : text;
}
