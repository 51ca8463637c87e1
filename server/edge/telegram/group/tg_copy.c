/* See tg_copy.h. */
#include "edge/telegram/group/tg_copy.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/names.h"
#include "desk/setting/setting.h"
#include "edge/telegram/tg_reason.h"

enum {
  TEXT_UNITS_MAX = 4096,    /* sendMessage, after entities parsing */
  CAPTION_UNITS_MAX = 1024, /* sendPhoto */
};

/* ---- the head ---- */

struct head {
  arena *a;
  buf text;
  struct entity marks[2];
  size_t mark_count;
};

/* The channel's title, except this channel's, which is the default here. */
static const char *title_of(str channel) {
  static const struct {
    const char *text, *title;
  } channels[] = {
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) {text, title},
#include "spec/channels.tbl"
#undef CHANNEL
  };
  if (str_eq(channel, S("telegram"))) return NULL;
  for (size_t i = 0; i < JSON_COUNT(channels); i++)
    if (str_eq(channel, str_c(channels[i].text))) return channels[i].title;
  return NULL;
}

static void mark(struct head *h, str type, size_t from, str url) {
  str text = buf_borrow(&h->text);
  int64_t offset = (int64_t)str_utf16_count(str_sub(text, 0, from));
  h->marks[h->mark_count++] = (struct entity){.type = names_find(&entity_type_names, type),
                                              .offset = offset,
                                              .length = (int64_t)str_utf16_count(text) - offset,
                                              .url = url};
}

/* Whether the message is its text, which stands below the head; a press is marked as one. */
static bool is_words(const struct message_row *m) { return message_is_plain(m->kind) || m->kind == MESSAGE_PRESS; }

static void write_content(struct head *h, const struct tg_copy *copy) {
  const struct message_row *m = copy->message;
  if (copy->album) return;
  if (m->kind == MESSAGE_PRESS) buf_add(&h->text, S("🔘 "));
  if (is_words(m)) return;
  str content = m->content, kind = names_text(&message_kind_names, m->kind);
  buf_printf(&h->text, "[%.*s]", STR_ARG(content.len ? str_drop_bidi_controls(h->a, content) : kind));
}

static void write_brief_head(struct head *h, const struct tg_copy *copy) {
  size_t from = buf_borrow(&h->text).len;
  if (copy->message->direction == MESSAGE_OUT) {
    buf_add_isolated(&h->text, copy->operator_name);
    mark(h, S("bold"), from, STR_NONE);
    buf_add_char(&h->text, '\n');
  }
  write_content(h, copy);
}

static void write_head(struct head *h, const struct tg_copy *copy) {
  const struct customer_row *who = copy->customer;
  if (copy->notice.len) buf_printf(&h->text, "%.*s\n", STR_ARG(copy->notice));
  if (copy->repeat) buf_add(&h->text, S("🔁 "));
  if (copy->edited) buf_add(&h->text, S("✏️ "));
  if (copy->brief) {
    write_brief_head(h, copy);
    return;
  }
  size_t from = buf_borrow(&h->text).len;
  bool answer = copy->message->direction == MESSAGE_OUT;
  if (answer) {
    buf_add_isolated(&h->text, copy->operator_name);
    buf_add(&h->text, S(" → "));
  }
  buf_add_isolated(&h->text, who->name);
  mark(h, S("bold"), from, STR_NONE);
  if (str_starts(copy->public_url, S("https://"))) {
    str url = arena_printf(h->a, "%.*s/c/%lld", STR_ARG(copy->public_url), (long long)copy->message->conversation_id);
    mark(h, S("text_link"), from, url);
  }
  const char *title = title_of(who->channel);
  if (who->username.len && !title && !answer)
    buf_printf(&h->text, " · @%.*s", STR_ARG(str_drop_bidi_controls(h->a, who->username)));
  if (title) buf_printf(&h->text, " · %s", title);
  if (!copy->message->text.len && is_words(copy->message)) return;
  buf_add_char(&h->text, '\n');
  write_content(h, copy);
}

/* The head's entities, then the message's own. */
static str join_entities(const struct head *h, const struct message_row *m, int64_t shift, arena *a) {
  struct entity *own = NULL;
  size_t count = 0;
  err e = shift < 0 ? err_ok : entities_decode(m->entities_json, a, &own, &count);
  if (err_is(e)) count = 0; /* send the text without unreadable entities */
  if (count > LIMIT_ENTITIES_MAX - h->mark_count) count = LIMIT_ENTITIES_MAX - h->mark_count;
  struct entity *all = arena_array(a, struct entity, count + h->mark_count);
  memcpy(all, h->marks, h->mark_count * sizeof *all);
  for (size_t i = 0; i < count; i++) {
    all[h->mark_count + i] = own[i];
    all[h->mark_count + i].offset += shift;
  }
  return entities_encode(a, all, count + h->mark_count);
}

void tg_copy_make(const struct tg_copy *copy, arena *a, struct message_row *out, bool *rest) {
  const struct message_row *m = copy->message;
  struct head h = {.a = a};
  buf_init(&h.text, 1 << 20);
  write_head(&h, copy);
  bool caption = m->kind == MESSAGE_PHOTO || copy->album, words = is_words(m) || copy->album;
  size_t most = caption ? CAPTION_UNITS_MAX : TEXT_UNITS_MAX;
  int64_t shift = (int64_t)str_utf16_count(buf_borrow(&h.text));
  bool fits = (size_t)shift + str_utf16_count(m->text) <= most;
  *rest = !words || !fits;
  if (m->text.len && fits && words) {
    buf_add(&h.text, m->text);
  } else {
    shift = -1;
  }
  *out = *m;
  if (!message_is_plain(out->kind) && !copy->album) out->kind = MESSAGE_TEXT, out->files = (struct json_list){NULL, 0};
  out->text = arena_dup(a, *rest ? str_trim(buf_borrow(&h.text)) : buf_borrow(&h.text));
  out->entities_json = join_entities(&h, m, shift, a);
  buf_free(&h.text);
}

void tg_copy_rest(const struct message_row *m, struct message_row *out) {
  *out = *m;
  out->kind = MESSAGE_TEXT;
  out->files = (struct json_list){NULL, 0};
}

/* ---- notices ---- */

/* No clang-format: it measures Cyrillic in bytes. */
/* clang-format off */
static const struct {
  const char *en, *ru;
  bool worded;
} notices[] = {
    [TG_NOTICE_UNKNOWN] = {"⚠️ Not sent: it is not known which customer this answers. Reply to one of their messages here.",
                           "⚠️ Не отправлено: неизвестно, какому клиенту это ответ. Ответьте на сообщение клиента здесь.", false},
    [TG_NOTICE_UNSUPPORTED] = {"⚠️ Not sent: a bot cannot send this kind of message. The customer does not see it.",
                               "⚠️ Не отправлено: боты не могут отправлять такие сообщения. Клиент его не видит.", false},
    [TG_NOTICE_QUIZ] = {"⚠️ Not sent: Telegram does not tell the bot the right answer of a quiz. Send an ordinary poll.",
                        "⚠️ Не отправлено: Telegram не сообщает боту верный ответ викторины. Отправьте обычный опрос.", false},
    [TG_NOTICE_TOO_LONG] = {"⚠️ Not sent: the text is too long (4096 characters, 1024 under a photo).",
                            "⚠️ Не отправлено: текст слишком длинный (4096 символов, под фото — 1024).", false},
    [TG_NOTICE_BLOCKED] = {"⚠️ Not sent: the customer has blocked the bot.",
                           "⚠️ Не отправлено: клиент заблокировал бота.", false},
    [TG_NOTICE_CHANNEL] = {"⚠️ Not sent: this was written as a channel, so it is not known who of you answers. Reply under your own name.",
                           "⚠️ Не отправлено: сообщение написано от имени канала, и неизвестно, кто из вас отвечает. Ответьте от своего имени.", false},
    [TG_NOTICE_DEACTIVATED] = {"⚠️ Not sent: your operator account is deactivated. Ask an administrator.",
                               "⚠️ Не отправлено: ваша учётная запись оператора отключена. Обратитесь к администратору.", false},
    [TG_NOTICE_REFUSED] = {"⚠️ Not sent: ", "⚠️ Не отправлено: ", true},
    [TG_NOTICE_FAILED] = {"⚠️ Not delivered: ", "⚠️ Не доставлено: ", true},
    [TG_NOTICE_REMADE] = {"♻️ The topic was deleted. The conversation goes on here.",
                          "♻️ Тема была удалена. Разговор продолжается здесь.", false},
    [TG_NOTICE_ELSEWHERE] = {"⚠️ Not sent: this answers another customer’s message than the topic’s. Write in that customer’s topic.",
                             "⚠️ Не отправлено: вы отвечаете на сообщение другого клиента. Напишите в теме этого клиента.", false},
    [TG_NOTICE_TAKEN] = {"👤 The conversation is yours.", "👤 Диалог теперь ваш.", false},
    [TG_NOTICE_CLOSED] = {"✅ The conversation is closed.", "✅ Диалог закрыт.", false},
    [TG_NOTICE_ASSIGNED] = {"👤 Assigned: ", "👤 Назначен оператор: ", true},
    [TG_NOTICE_NOTED] = {"📝 This stays in the group. The customer does not see it.",
                         "📝 Это осталось в группе. Клиент этого не видит.", false},
    [TG_NOTICE_COMMANDS] = {"⚠️ Not sent: there is no such command. There are /take, /close, /assign name, /note text.",
                            "⚠️ Не отправлено: такой команды нет. Есть /take, /close, /assign имя, /note текст.", false},
    [TG_NOTICE_NOBODY] = {"⚠️ Not assigned: there is no such operator: ", "⚠️ Не назначен: такого оператора нет: ", true},
    [TG_NOTICE_SEVERAL] = {"⚠️ Not assigned: it is not clear who is meant: ", "⚠️ Не назначен: непонятно, кто имеется в виду: ", true},
    [TG_NOTICE_EDIT_REFUSED] = {"⚠️ The change was not sent: ", "⚠️ Правка не отправлена: ", true},
    [TG_NOTICE_EDIT_FAILED] = {"⚠️ The change did not reach the customer: ", "⚠️ Правка не дошла до клиента: ", true},
    [TG_NOTICE_EDIT_FILE] = {"⚠️ The change was not sent: a file that was sent stays as it is. Send the new one as a new message.",
                             "⚠️ Правка не отправлена: отправленный файл не заменить. Отправьте новый отдельным сообщением.", false},
    [TG_NOTICE_EDIT_KEPT] = {"⚠️ The customer still has the earlier text: it can no longer become a note or a command.",
                             "⚠️ У клиента остался прежний текст: он уже не станет заметкой или командой.", false},
    [TG_NOTICE_DELETED] = {"🗑 Deleted in the panel: the customer does not have this message any more.",
                           "🗑 Удалено в панели: у клиента этого сообщения больше нет.", false},
    [TG_NOTICE_LINKED] = {"✅ This account is linked. What you write in the staff group is written as: ",
                          "✅ Аккаунт привязан. Вы пишете в группе сотрудников как ", true},
    [TG_NOTICE_LINK_ASK] = {"🔗 Link this Telegram account to an operator? What you write in the staff group will count as theirs. "
                            "Confirm only if you asked for this link yourself. Operator: ",
                            "🔗 Привязать этот аккаунт Telegram к оператору? Всё, что вы пишете в группе сотрудников, будет от его имени. "
                            "Подтверждайте, только если сами запросили эту ссылку. Оператор: ", true},
    [TG_NOTICE_LINK_GIVEN_UP] = {"This account was not linked.", "Аккаунт не привязан.", false},
    [TG_NOTICE_LINK_KNOWN] = {"⚠️ Not linked: an administrator must first join you to this operator, in Settings → Operators. You have answered in the staff group as: ",
                              "⚠️ Не привязано: сначала администратор должен объединить вас с этим оператором, в «Настройки → Операторы». В группе сотрудников вы отвечали как ", true},
    [TG_NOTICE_LINK_UNKNOWN] = {"⚠️ Not linked: this link has been used or is older than 10 minutes. Get a new one in the panel.",
                                "⚠️ Не привязано: ссылка уже использована или старше 10 минут. Получите новую в панели.", false},
    [TG_NOTICE_LINK_TAKEN] = {"⚠️ Not linked: this Telegram account belongs to another operator. Unlink it there first.",
                              "⚠️ Не привязано: этот аккаунт Telegram привязан к другому оператору. Сначала отвяжите его там.", false},
    [TG_NOTICE_UNCERTAIN] = {"⚠️ It is not certain that this was delivered: ", "⚠️ Неизвестно, доставлено ли это: ", true},
};
/* clang-format on */

str tg_notice_text(enum tg_notice what, str language, str words, arena *a) {
  bool russian = setting_is_russian(language);
  str text = str_c(russian ? notices[what].ru : notices[what].en);
  if (!notices[what].worded) return text;
  return arena_concat(a, text, words.len ? str_drop_bidi_controls(a, tg_reason_in(words, language)) : S("?"));
}
