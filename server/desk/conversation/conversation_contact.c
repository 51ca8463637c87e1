/* The first contact: what a new customer must do before anybody at the desk sees their messages. The account says what
 * (desk/account): press a button, or answer a simple sum.
 *
 * Their messages are stored like any other, but the conversation is spam (SPAM_UNPROVEN) until they pass, or an operator lets them in.
 * A question is an automatic message with buttons. Each has a number, its round; a button of an earlier round is out of date. After
 * CONTACT_TRIES wrong answers no question is asked for CONTACT_WAIT_MS; the customer's next message afterwards brings one. So does
 * one while a question is unanswered for CONTACT_AGAIN_MS, because the first may have got lost; the wrong answers still count.
 *
 * Who has written before, to this account or another one of the channel, and whom an operator has written to, is not new. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/account/account.h"
#include "desk/setting/setting.h"
#include "sql.h"

#include <inttypes.h>

enum { CONTACT_TRIES = 3, CONTACT_WAIT_MIN = 5, CONTACT_WAIT_MS = CONTACT_WAIT_MIN * 60000, CONTACT_AGAIN_MS = 60000 };
enum { ADDEND_MIN = 2, ADDENDS = 8, CHOICES = 6, CHOICES_OF_ROW = 3 };

/* No clang-format: it measures Cyrillic in bytes. */
/* clang-format off */
enum { SAY_CHECK, SAY_BUTTON, SAY_PASSED, SAY_WRONG, SAY_WAIT };
static const struct {
  const char *en, *ru;
} words[] = {
    [SAY_CHECK] = {"Thank you for writing! One quick step before we see your message, to be sure that you’re not a robot:",
                   "Спасибо, что написали! Остался один шаг, чтобы мы увидели сообщение: убедимся, что вы не робот."},
    [SAY_BUTTON] = {"I’m not a robot", "Я не робот"},
    [SAY_PASSED] = {"Thank you! We’ve got your message and will reply here.", "Спасибо! Мы получили ваше сообщение и ответим здесь."},
    [SAY_WRONG] = {"That’s not quite it. Here’s another one:", "Не совсем так. Попробуйте ещё раз:"},
    [SAY_WAIT] = {"That’s three wrong answers. Please write again in 5 minutes, and we’ll ask you something else. "
                  "Everything you’ve written is kept.",
                  "Три неверных ответа подряд. Напишите ещё раз через 5 минут, и мы зададим другой вопрос. "
                  "Всё, что вы написали, сохранено."},
};
/* clang-format on */

static str say(const struct conversation_tx *w, int what) {
  return str_c(setting_is_russian(w->customer.language) ? words[what].ru : words[what].en);
}

/* ---- the question ---- */

struct check {
  int64_t round, answer, wrong, asked_at, wait_until;
};

static err load(struct conversation_tx *w, struct check *out, bool *found) {
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONTACT_CHECK_GET, w->arena, &rows, DB_I(w->row.id));
  *out = (struct check){0};
  *found = !err_is(e) && rows.count > 0;
  if (!*found) return e;
  const struct db_cell *cell = db_at(&rows, 0, 0);
  *out = (struct check){cell[0].i, cell[1].i, cell[2].i, cell[3].i, cell[4].i};
  return err_ok;
}

static err save(struct conversation_tx *w, const struct check *k) {
  return DB_RUN(w->c, SQL_CONTACT_CHECK_SET, w->arena, NULL, DB_I(w->row.id), DB_I(k->round), DB_I(k->answer),
                DB_I(k->wrong), DB_I(k->asked_at), db_arg_opt(k->wait_until));
}

static struct button button(struct conversation_tx *w, const struct check *k, str text, int64_t value) {
  str data = arena_printf(w->arena, CONTACT_PRESS "%" PRId64 ":%" PRId64, k->round, value);
  return (struct button){.text = text, .callback = data};
}

static str one_button(struct conversation_tx *w, const struct check *k) {
  struct button only = button(w, k, say(w, SAY_BUTTON), 0);
  return buttons_encode(w->arena, &(struct button_row){&only, 1}, 1);
}

/* Consecutive numbers, the answer among them. */
static str choices(struct conversation_tx *w, const struct desk *d, const struct check *k) {
  struct button all[CHOICES];
  struct button_row rows[CHOICES / CHOICES_OF_ROW];
  int64_t first = k->answer - (int64_t)rand_below(d->rand, CHOICES);
  if (first < 1) first = 1;
  for (int i = 0; i < CHOICES; i++) all[i] = button(w, k, arena_printf(w->arena, "%" PRId64, first + i), first + i);
  for (int i = 0; i < CHOICES / CHOICES_OF_ROW; i++)
    rows[i] = (struct button_row){all + (ptrdiff_t)i * CHOICES_OF_ROW, CHOICES_OF_ROW};
  return buttons_encode(w->arena, rows, CHOICES / CHOICES_OF_ROW);
}

static err ask(struct conversation_tx *w, const struct desk *d, int first_contact, struct check *k, str text) {
  k->round++;
  k->answer = k->wait_until = 0;
  k->asked_at = w->now_ms;
  str buttons;
  if (first_contact == ACCOUNT_CONTACT_SUM) {
    int64_t one = ADDEND_MIN + (int64_t)rand_below(d->rand, ADDENDS);
    int64_t other = ADDEND_MIN + (int64_t)rand_below(d->rand, ADDENDS);
    k->answer = one + other;
    text = arena_printf(w->arena, "%.*s\n\n%" PRId64 " + %" PRId64 " = ?", STR_ARG(text), one, other);
    buttons = choices(w, d, k);
  } else {
    buttons = one_button(w, k);
  }
  err e = save(w, k);
  return err_is(e) ? e : tx_say(w, text, buttons);
}

static err how_met(struct conversation_tx *w, struct account_contact *out) {
  const struct customer_row *who = &w->customer;
  err e = account_contact(w->c, who->channel, who->account, who->language, w->arena, out);
  if (!out->check_text.len) out->check_text = say(w, SAY_CHECK);
  return e;
}

/* ---- messages ---- */

static err known_elsewhere(struct conversation_tx *w, bool *known) {
  struct db_rows rows = {0};
  const struct customer_row *who = &w->customer;
  err e = DB_RUN(w->c, SQL_CONVERSATION_KNOWN_ELSEWHERE, w->arena, &rows, DB_S(who->channel), DB_S(who->external_id),
                 DB_I(who->id));
  *known = rows.count > 0;
  return e;
}

static err contact_first(struct conversation_tx *w, struct tx_screening *s) {
  bool fresh = !w->row.inbound_count && !w->row.assignee_id, known = false;
  struct account_contact how;
  if (!fresh || w->row.spam_at) return err_ok;
  err e = how_met(w, &how);
  if (err_is(e) || how.first_contact == ACCOUNT_CONTACT_NONE) return e;
  e = known_elsewhere(w, &known);
  if (err_is(e) || known) return e;
  tx_set_spam(w, SPAM_UNPROVEN);
  s->line = ACTION_HELD;
  s->ask = true;
  return err_ok;
}

/* Another message before the customer has passed. */
static err contact_again(struct conversation_tx *w, struct tx_screening *s) {
  struct account_contact how;
  struct check k;
  bool found = false;
  err e = how_met(w, &how);
  if (!err_is(e)) e = load(w, &k, &found);
  if (err_is(e)) return e;
  s->release = how.first_contact == ACCOUNT_CONTACT_NONE; /* nothing is asked any more */
  int64_t next = k.wait_until ? k.wait_until : k.asked_at + CONTACT_AGAIN_MS;
  s->ask = !s->release && (!found || w->now_ms >= next);
  return err_ok;
}

err tx_contact_screen(struct conversation_tx *w, struct tx_screening *s) {
  return w->row.spam_reason == SPAM_UNPROVEN ? contact_again(w, s) : contact_first(w, s);
}

err tx_contact_ask(struct conversation_tx *w, const struct desk *d) {
  struct account_contact how;
  struct check k;
  bool found;
  err e = how_met(w, &how);
  if (!err_is(e)) e = load(w, &k, &found);
  return err_is(e) ? e : ask(w, d, how.first_contact, &k, how.check_text);
}

/* ---- presses ---- */

static bool read_press(str data, int64_t *round, int64_t *value) {
  str rest = str_sub(data, sizeof CONTACT_PRESS - 1, data.len);
  size_t colon = str_index(rest, ':', 0);
  return colon < rest.len && str_to_i64(str_sub(rest, 0, colon), round) &&
         str_to_i64(str_sub(rest, colon + 1, rest.len), value);
}

static err wrong_answer(struct conversation_tx *w, const struct desk *d, const struct account_contact *how,
                        struct check *k, enum press_outcome *outcome) {
  k->wrong++;
  *outcome = k->wrong < CONTACT_TRIES ? PRESS_WRONG : PRESS_WAIT;
  if (k->wrong < CONTACT_TRIES) return ask(w, d, how->first_contact, k, say(w, SAY_WRONG));
  k->round++;
  k->wrong = 0;
  k->wait_until = w->now_ms + CONTACT_WAIT_MS;
  err e = save(w, k);
  return err_is(e) ? e : tx_say(w, say(w, SAY_WAIT), STR_NONE);
}

static err judge(struct conversation_tx *w, struct desk *d, str data, enum press_outcome *outcome) {
  struct account_contact how;
  struct check k;
  bool found = false;
  int64_t round = 0, value = 0;
  err e = how_met(w, &how);
  if (!err_is(e)) e = load(w, &k, &found);
  if (err_is(e) || !found || !read_press(data, &round, &value)) return e;
  if (w->row.spam_reason != SPAM_UNPROVEN) {
    *outcome = w->row.spam_at ? PRESS_STALE : PRESS_PASSED;
    return err_ok;
  }
  bool free = how.first_contact == ACCOUNT_CONTACT_NONE;
  if (k.wait_until > w->now_ms && !free) *outcome = PRESS_WAIT;
  if ((k.wait_until || round != k.round) && !free) return err_ok;
  if (k.answer && value != k.answer && !free) return wrong_answer(w, d, &how, &k, outcome);
  struct actor by = actor_customer(w->customer.id);
  *outcome = PRESS_PASSED;
  e = tx_release(w, d, &by, ACTION_PASSED);
  return err_is(e) ? e : tx_say(w, say(w, SAY_PASSED), STR_NONE);
}

err conversation_contact_pressed(struct desk *d, db_conn *c, str channel, str account, str external_id, str data,
                                 enum press_outcome *outcome) {
  struct conversation_tx w = {.c = c, .arena = db_conn_arena(c), .now_ms = desk_now(d)};
  bool found = false;
  *outcome = PRESS_STALE;
  err e = customer_find(c, channel, account, external_id, w.arena, &w.customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) e = tx_lock_of_customer(&w, &found);
  if (err_is(e) || !found) return e;
  e = judge(&w, d, data, outcome);
  if (!err_is(e)) e = tx_save(&w);
  return err_is(e) ? e : tx_tell(d, &w, 0);
}
