/* See tg_profile.h. */
#include "edge/telegram/bot/tg_profile.h"

#include "base/limits.h"
#include "desk/audit/audit.h"
#include "desk/names.h"
#include "edge/telegram/bot/tg_bots_internal.h"

#include <inttypes.h>

enum { BODY_MAX_BYTES = 256 << 10, WAIT_UNKNOWN_S = 60, ERROR_POINTS_MAX = 300 };

/* ---- the calls ---- */

static const struct {
  const char *get, *set, *member;
} calls[PROFILE_PARTS] = {
    [PROFILE_NAME] = {"getMyName", "setMyName", "name"},
    [PROFILE_ABOUT] = {"getMyShortDescription", "setMyShortDescription", "short_description"},
    [PROFILE_DESCRIPTION] = {"getMyDescription", "setMyDescription", "description"},
    [PROFILE_COMMANDS] = {"getMyCommands", "setMyCommands", "commands"},
    [PROFILE_MENU_BUTTON] = {"getChatMenuButton", "setChatMenuButton", "menu_button"},
};

/* Telegram's answers, as far as they are read. */
static const struct json_field said_fields[] = {
    {.name = "name", .type = JSON_STRING, .flags = JSON_ABSENT_IS_NONE, .offset = offsetof(struct profile_words, name)},
    {.name = "short_description",
     .type = JSON_STRING,
     .flags = JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_words, about)},
    {.name = "description",
     .type = JSON_STRING,
     .flags = JSON_ABSENT_IS_NONE,
     .offset = offsetof(struct profile_words, description)},
};
static JSON_SHAPE(said_shape, "BotWords", struct profile_words, said_fields, NULL);

static const struct json_field command_fields[] = {
    {.name = "command", .type = JSON_STRING, .offset = offsetof(struct profile_command, command)},
    {.name = "description", .type = JSON_STRING, .offset = offsetof(struct profile_command, description)},
};
static JSON_SHAPE(said_command_shape, "BotCommand", struct profile_command, command_fields, NULL);
static const struct json_field commands_fields[] = {
    {.name = "commands",
     .type = JSON_LIST,
     .offset = offsetof(struct profile_words, commands),
     .shape = &said_command_shape},
};
static JSON_SHAPE(commands_shape, "BotCommands", struct profile_words, commands_fields, NULL);

struct said_app {
  str url;
};
struct said_button {
  str type, text;
  const struct said_app *web_app;
};
static const struct json_field app_fields[] = {
    {.name = "url", .type = JSON_STRING, .offset = offsetof(struct said_app, url)}};
static JSON_SHAPE(app_shape, "WebAppInfo", struct said_app, app_fields, NULL);
static const struct json_field button_fields[] = {
    {.name = "type", .type = JSON_STRING, .offset = offsetof(struct said_button, type)},
    {.name = "text", .type = JSON_STRING, .offset = offsetof(struct said_button, text)},
    {.name = "web_app", .type = JSON_OBJECT, .offset = offsetof(struct said_button, web_app), .shape = &app_shape},
};
static JSON_SHAPE(said_button_shape, "MenuButton", struct said_button, button_fields, NULL);

/* ---- one part, as Telegram has it ---- */

struct profiling_ctx {
  struct telegram *t;
  struct tg_road road;
  struct profile_settings wanted;
  const struct tg_requester *requester;
  int64_t id;
  arena *a;
};

static err ask(struct profiling_ctx *p, enum profile_part part, str language, str *result) {
  str body = language.len ? arena_printf(p->a, "{\"language_code\":\"%.*s\"}", STR_ARG(language)) : STR_NONE;
  struct tg_answer answer = tg_road_call(&p->road, calls[part].get, body, p->a);
  *result = answer.result;
  return tg_classify(&answer) == TG_DONE ? err_ok : tg_road_unreachable(&p->road, tg_answer_words(&answer));
}

static err strange(const struct profiling_ctx *p) {
  return tg_road_unreachable(&p->road, S("it answers in another form."));
}

static err fetch_button(struct profiling_ctx *p, struct profile_button *out) {
  str result = STR_NONE;
  struct said_button said;
  err e = ask(p, PROFILE_MENU_BUTTON, STR_NONE, &result);
  if (err_is(e)) return e;
  if (err_is(json_decode(&said_button_shape, result, p->a, &said, NULL))) return strange(p);
  int type = names_find(&profile_menu_names, said.type);
  *out = (struct profile_button){.type = type < 0 ? PROFILE_MENU_DEFAULT : type, .text = STR_NONE, .url = STR_NONE};
  if (type != PROFILE_MENU_WEB_APP) return err_ok;
  out->text = said.text;
  out->url = said.web_app ? said.web_app->url : S("");
  return err_ok;
}

static err fetch(struct profiling_ctx *p, enum profile_part part, str language, struct profile_words *out) {
  str result = STR_NONE;
  struct profile_words said = {0};
  err e = ask(p, part, language, &result);
  if (err_is(e)) return e;
  if (part == PROFILE_COMMANDS) {
    str wrapped = arena_printf(p->a, "{\"commands\":%.*s}", STR_ARG(result));
    if (err_is(json_decode(&commands_shape, wrapped, p->a, &said, NULL))) return strange(p);
    out->commands = said.commands;
    return err_ok;
  }
  if (err_is(json_decode(&said_shape, result, p->a, &said, NULL))) return strange(p);
  if (part == PROFILE_NAME) out->name = str_or_empty(said.name);
  if (part == PROFILE_ABOUT) out->about = str_or_empty(said.about);
  if (part == PROFILE_DESCRIPTION) out->description = str_or_empty(said.description);
  return err_ok;
}

static err fetch_all(struct profiling_ctx *p, str language, struct profile_words *out) {
  err e = err_ok;
  for (int part = 0; part < PROFILE_MENU_BUTTON && !err_is(e); part++)
    e = fetch(p, (enum profile_part)part, language, out);
  return e;
}

/* ---- differences ---- */

static str text_of(const struct profile_words *w, enum profile_part part) {
  return part == PROFILE_NAME ? w->name : part == PROFILE_ABOUT ? w->about : w->description;
}

static bool is_wanted(const struct profile_words *w, enum profile_part part) {
  return part == PROFILE_COMMANDS ? w->commands.items != NULL : text_of(w, part).ptr != NULL;
}

static bool same_commands(const struct json_list *one, const struct json_list *other) {
  const struct profile_command *a = one->items, *b = other->items;
  if (one->count != other->count) return false;
  for (size_t i = 0; i < one->count; i++)
    if (!str_eq(a[i].command, b[i].command) || !str_eq(a[i].description, b[i].description)) return false;
  return true;
}

/* Telegram answers for a language without words of its own with those of all languages. */
static bool differs(const struct profile_words *wanted, const struct profile_words *current,
                    const struct profile_words *others, bool of_language, enum profile_part part) {
  if (!is_wanted(wanted, part)) return false;
  if (part == PROFILE_COMMANDS) return !same_commands(&wanted->commands, &current->commands);
  str want = text_of(wanted, part), has = text_of(current, part);
  return !str_eq(want, has) && !(of_language && !want.len && str_eq(has, text_of(others, part)));
}

static bool same_button(const struct profile_button *a, const struct profile_button *b) {
  bool app = a->type == PROFILE_MENU_WEB_APP;
  return a->type == b->type && (!app || (str_eq(a->text, b->text) && str_eq(a->url, b->url)));
}

/* ---- the settings ---- */

static err read_settings(db_conn *c, void *arg) {
  struct profiling_ctx *p = arg;
  str text = STR_NONE;
  err e = account_profile_get(c, p->id, p->a, &text);
  if (err_is(e) || !text.ptr) return e;
  return json_decode(&profile_settings_shape, text, p->a, &p->wanted, NULL);
}

static err begin(struct profiling_ctx *p) {
  err e = tg_road_open(p->t, p->id, p->a, &p->road);
  if (!err_is(e)) e = db_read(p->t->desk->db, read_settings, p);
  if (!err_is(e) && !p->road.token.len) e = tg_road_unreachable(&p->road, S("the bot has no token."));
  return e;
}

static const struct profile_words *settings_of(const struct profile_settings *settings, str language) {
  static const struct profile_words none = {0};
  const struct profile_settings_words *all = settings->languages.items;
  for (size_t i = 0; i < settings->languages.count; i++)
    if (str_eq(all[i].language, language)) return &all[i].words;
  return &none;
}

static err invalid(const char *field, const char *words) { return err_detail(ERR_INVALID_FIELD, field, "%s", words); }

static err check_settings(const struct profile_settings *settings) {
  const struct profile_settings_words *all = settings->languages.items;
  for (size_t i = 0; i < settings->languages.count; i++)
    for (size_t k = 0; k < i; k++)
      if (str_eq(all[i].language, all[k].language)) return invalid("languages", "A language is given twice.");
  const struct profile_button *b = settings->menu_button;
  bool app = b && b->type == PROFILE_MENU_WEB_APP;
  return app && (!b->text.len || !b->url.len) ? invalid("menu_button", "A web app needs a text and an address.")
                                              : err_ok;
}

static err note(db_conn *c, const struct profiling_ctx *p, const char *detail) {
  str target = arena_printf(db_conn_arena(c), "bot:%" PRId64, p->id);
  return audit_add(c, actor_operator(p->requester->by), AUDIT_BOT_CHANGED, target, str_c(detail), p->requester->address,
                   desk_now(p->t->desk));
}

static err write_settings(db_conn *c, void *arg) {
  struct profiling_ctx *p = arg;
  buf b;
  buf_init(&b, BODY_MAX_BYTES);
  json_encode(&b, &profile_settings_shape, &p->wanted, JSON_SNAKE);
  err e = account_profile_set(c, p->id, buf_borrow(&b), desk_now(p->t->desk));
  buf_free(&b);
  return err_is(e) ? e : note(c, p, "profile");
}

err tg_profile_set(struct telegram *t, int64_t id, const struct profile_settings *settings,
                   const struct tg_requester *requester) {
  struct profiling_ctx p = {.t = t, .id = id, .requester = requester, .a = requester->a, .wanted = *settings};
  struct bot_info bot;
  err e = check_settings(settings);
  if (!err_is(e)) e = tg_show(t, id, false, p.a, &bot);
  return err_is(e) ? e : desk_write(t->desk, write_settings, &p);
}

/* ---- showing ---- */

static err show_language(struct profiling_ctx *p, str language, const struct profile_words *others,
                         struct profile_language *out) {
  str *names = arena_array(p->a, str, PROFILE_PARTS);
  *out = (struct profile_language){
      .language = language, .wanted = *settings_of(&p->wanted, language), .differs.items = names};
  err e = fetch_all(p, language, &out->current);
  for (int part = 0; part < PROFILE_MENU_BUTTON && !err_is(e); part++)
    if (differs(&out->wanted, &out->current, others ? others : &out->current, language.len > 0,
                (enum profile_part)part))
      names[out->differs.count++] = names_text(&profile_part_names, part);
  out->wanted_ref = &out->wanted;
  out->current_ref = &out->current;
  return e;
}

static err show_button(struct profiling_ctx *p, struct bot_profile *out) {
  struct profile_menu_state *state = arena_new_of(p->a, struct profile_menu_state);
  struct profile_button *current = arena_new_of(p->a, struct profile_button);
  err e = fetch_button(p, current);
  *state = (struct profile_menu_state){.wanted = p->wanted.menu_button, .current = current};
  state->differs = state->wanted && !same_button(state->wanted, current);
  out->menu_button = state;
  return e;
}

static err show_all(struct profiling_ctx *p, struct bot_profile *out) {
  const struct profile_settings_words *all = p->wanted.languages.items;
  struct profile_language *list = arena_array(p->a, struct profile_language, p->wanted.languages.count + 1);
  size_t count = 1;
  err e = show_language(p, S(""), NULL, &list[0]);
  for (size_t i = 0; i < p->wanted.languages.count && !err_is(e); i++)
    if (all[i].language.len) e = show_language(p, all[i].language, &list[0].current, &list[count++]);
  out->languages = (struct json_list){list, count};
  return err_is(e) ? e : show_button(p, out);
}

err tg_profile_show(struct telegram *t, int64_t id, arena *a, struct bot_profile *out) {
  struct profiling_ctx p = {.t = t, .id = id, .a = a};
  err e = begin(&p);
  if (!err_is(e)) e = show_all(&p, out);
  tg_road_close(&p.road);
  return e;
}

/* ---- pushing ---- */

struct pushing_ctx {
  struct profiling_ctx *p;
  struct profile_step *steps, *step; /* step: the present one */
  size_t count;
  bool stopped, renamed, any;
  int64_t until;
};

static err read_wait(db_conn *c, void *arg) {
  struct pushing_ctx *x = arg;
  return account_profile_wait(c, x->p->id, names_text(&profile_part_names, x->step->part), x->step->language,
                              &x->until);
}

static err write_wait(db_conn *c, void *arg) {
  struct pushing_ctx *x = arg;
  return account_profile_set_wait(c, x->p->id, names_text(&profile_part_names, x->step->part), x->step->language,
                                  x->step->retry_at);
}

static void add_language(buf *b, str language) {
  if (!language.len) return;
  buf_add(b, S(",\"language_code\":"));
  buf_add_json_string(b, language);
}

static void add_button(buf *b, const struct profile_button *button) {
  buf_printf(b, "{\"type\":\"%s\"", profile_menu_names.names[button->type]);
  if (button->type == PROFILE_MENU_WEB_APP) {
    buf_add(b, S(",\"text\":"));
    buf_add_json_string(b, button->text);
    buf_add(b, S(",\"web_app\":{\"url\":"));
    buf_add_json_string(b, button->url);
    buf_add_char(b, '}');
  }
  buf_add_char(b, '}');
}

static str body_of(const struct pushing_ctx *x, const struct profile_words *words) {
  enum profile_part part = (enum profile_part)x->step->part;
  buf b;
  buf_init(&b, BODY_MAX_BYTES);
  buf_printf(&b, "{\"%s\":", calls[part].member);
  if (part == PROFILE_MENU_BUTTON)
    add_button(&b, x->p->wanted.menu_button);
  else if (part == PROFILE_COMMANDS)
    json_encode_list(&b, &said_command_shape, words->commands.items, words->commands.count, JSON_SNAKE);
  else
    buf_add_json_string(&b, text_of(words, part));
  add_language(&b, x->step->language);
  buf_add_char(&b, '}');
  str body = arena_dup(x->p->a, buf_borrow(&b));
  buf_free(&b);
  return body;
}

/* An empty list of commands is deleted, so that a language without its own shows that of all languages. */
static const char *method_of(const struct pushing_ctx *x, const struct profile_words *words) {
  bool deletes = x->step->part == PROFILE_COMMANDS && !words->commands.count;
  return deletes ? "deleteMyCommands" : calls[x->step->part].set;
}

static void fail(struct pushing_ctx *x, str words) {
  x->step->outcome = PROFILE_FAILED;
  x->step->error = str_utf8_prefix(words, ERROR_POINTS_MAX);
}

static err send(struct pushing_ctx *x, const struct profile_words *words) {
  struct profiling_ctx *p = x->p;
  const char *method = method_of(x, words);
  str body = strcmp(method, "deleteMyCommands") != 0 ? body_of(x, words)
             : x->step->language.len ? arena_printf(p->a, "{\"language_code\":\"%.*s\"}", STR_ARG(x->step->language))
                                     : STR_NONE;
  struct tg_answer answer = tg_road_call(&p->road, method, body, p->a);
  switch (tg_classify(&answer)) {
    case TG_DONE:
      x->step->outcome = PROFILE_DONE;
      x->any = true;
      x->renamed |= x->step->part == PROFILE_NAME;
      return err_ok;
    case TG_WAIT:
      x->step->outcome = PROFILE_WAITING;
      x->step->error = tg_answer_words(&answer);
      x->step->retry_at =
          desk_now(p->t->desk) + 1000 * (answer.retry_after_s > 0 ? answer.retry_after_s : WAIT_UNKNOWN_S);
      return desk_write(p->t->desk, write_wait, x);
    case TG_REFUSED:
    case TG_NO_CHAT: fail(x, tg_answer_words(&answer)); return err_ok;
    default: {
      err why = tg_road_unreachable(&p->road, tg_answer_words(&answer));
      x->stopped = true; /* nothing else would arrive, either */
      fail(x, arena_dup(p->a, str_c(err_message(&why))));
      return err_ok;
    }
  }
}

/* The present step, of a part that differs. */
static err push_step(struct pushing_ctx *x, const struct profile_words *words) {
  x->until = 0;
  err e = db_read(x->p->t->desk->db, read_wait, x);
  x->count++;
  if (err_is(e) || x->until <= desk_now(x->p->t->desk)) return err_is(e) ? e : send(x, words);
  x->step->outcome = PROFILE_WAITING;
  x->step->retry_at = x->until;
  return err_ok;
}

static bool is_requested(const struct profile_push_request *o, enum profile_part part, str language) {
  return (o->part < 0 || o->part == (int)part) && (!o->language.ptr || str_eq(o->language, language));
}

static err push_part(struct pushing_ctx *x, const struct profile_settings_words *w, enum profile_part part) {
  struct profile_words current = {0}, others = {0};
  if (!is_wanted(&w->words, part)) return err_ok;
  err e = fetch(x->p, part, w->language, &current);
  bool of_language = w->language.len > 0 && part != PROFILE_COMMANDS && !text_of(&w->words, part).len;
  if (!err_is(e) && of_language) e = fetch(x->p, part, STR_NONE, &others);
  if (err_is(e) || !differs(&w->words, &current, &others, of_language, part)) return e;
  x->step = &x->steps[x->count];
  *x->step = (struct profile_step){.part = (int)part, .language = w->language};
  return push_step(x, &w->words);
}

static err push_button(struct pushing_ctx *x) {
  struct profile_button current;
  if (!x->p->wanted.menu_button) return err_ok;
  err e = fetch_button(x->p, &current);
  if (err_is(e) || same_button(x->p->wanted.menu_button, &current)) return e;
  x->step = &x->steps[x->count];
  *x->step = (struct profile_step){.part = PROFILE_MENU_BUTTON, .language = S("")};
  return push_step(x, NULL);
}

/* The state of the bot carries its name: every process asks again. */
static err note_push(db_conn *c, void *arg) {
  const struct pushing_ctx *x = arg;
  err e = note(c, x->p, "profile pushed");
  return err_is(e) || !x->renamed ? e : account_touch(c, x->p->id, desk_now(x->p->t->desk));
}

static err push_all(struct pushing_ctx *x, const struct profile_push_request *request) {
  const struct profile_settings *settings = &x->p->wanted;
  const struct profile_settings_words *all = settings->languages.items;
  err e = err_ok;
  x->steps = arena_array(x->p->a, struct profile_step, settings->languages.count * PROFILE_MENU_BUTTON + 1);
  for (size_t i = 0; i < settings->languages.count; i++)
    for (int part = 0; part < PROFILE_MENU_BUTTON && !x->stopped && !err_is(e); part++)
      if (is_requested(request, (enum profile_part)part, all[i].language))
        e = push_part(x, &all[i], (enum profile_part)part);
  if (!err_is(e) && !x->stopped && is_requested(request, PROFILE_MENU_BUTTON, S(""))) e = push_button(x);
  return e;
}

err tg_profile_push(struct telegram *t, int64_t id, const struct profile_push_request *request,
                    const struct tg_requester *requester, struct profile_push *out) {
  struct profiling_ctx p = {.t = t, .id = id, .requester = requester, .a = requester->a};
  struct pushing_ctx x = {.p = &p};
  err e = begin(&p);
  if (!err_is(e)) e = push_all(&x, request);
  tg_road_close(&p.road);
  if (x.any) {
    err noted = desk_write(t->desk, note_push, &x);
    if (!err_is(e)) e = noted;
  }
  out->steps = (struct json_list){x.steps, x.count};
  return e;
}
