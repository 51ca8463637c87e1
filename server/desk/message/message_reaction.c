/* Reactions: each side's emojis at a message, in one column as the JSON that clients read. */
#include "desk/message/message_internal.h"

#include "desk/names.h"
#include "sql.h"

#include <stddef.h>

enum { EMOJI_MAX_BYTES = 64, COLUMN_MAX_BYTES = 8192 };

static const char *const sides[] = {"customer", "operator"};
const struct json_enum message_reactor_names = {.name = "Reactor", .names = sides, .count = JSON_COUNT(sides)};

#define AT(member) offsetof(struct message_reaction, member)
static const struct json_field fields[] = {
    {.name = "by", .type = JSON_ENUM, .offset = AT(by), .names = &message_reactor_names},
    {.name = "emoji", .type = JSON_STRING, .offset = AT(emoji)},
};
#undef AT
JSON_SHAPE(message_reaction_shape, "Reaction", struct message_reaction, fields, "An emoji of one side at a message.");

struct holder {
  struct json_list list;
};
static const struct json_field holder_fields[] = {{.name = "list",
                                                   .type = JSON_LIST,
                                                   .offset = 0,
                                                   .shape = &message_reaction_shape,
                                                   .max = 2 * MESSAGE_REACTIONS_MAX}};
static JSON_SHAPE(holder_shape, "Reactions", struct holder, holder_fields, NULL);

/* A column that cannot be read holds none. */
static struct json_list decode(str stored, arena *a) {
  struct holder h = {0};
  if (!stored.ptr) return h.list;
  str wrapped = arena_concat(a, arena_concat(a, S("{\"list\":"), stored), S("}"));
  return err_is(json_decode(&holder_shape, wrapped, a, &h, NULL)) ? (struct json_list){NULL, 0} : h.list;
}

static str encode(const struct message_reaction *list, size_t count, arena *a) {
  buf b;
  if (count == 0) return STR_NONE;
  buf_init(&b, COLUMN_MAX_BYTES);
  json_encode_list(&b, &message_reaction_shape, list, count, JSON_SNAKE);
  str json = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return json;
}

/* The other side's reactions stay where they are; this side's follow in the order given, each emoji once. */
static str merged(const struct json_list *old, const struct message_reactions *to, arena *a) {
  const struct message_reaction *stored = old->items;
  struct message_reaction *list = arena_array(a, struct message_reaction, old->count + to->count + 1);
  size_t count = 0;
  for (size_t i = 0; i < old->count; i++)
    if (stored[i].by != to->by) list[count++] = stored[i];
  size_t others = count;
  for (size_t i = 0; i < to->count && count - others < MESSAGE_REACTIONS_MAX; i++) {
    str emoji = to->emojis[i];
    bool twice = !emoji.len || emoji.len > EMOJI_MAX_BYTES;
    for (size_t k = others; k < count; k++) twice = twice || str_eq(list[k].emoji, emoji);
    if (!twice) list[count++] = (struct message_reaction){.by = to->by, .emoji = emoji};
  }
  return encode(list, count, a);
}

/* Many programs write older signs with U+FE0F, which asks for their coloured form. */
str message_reaction_known(str emoji) {
  static const str known[] = {
#define REACTION(emoji) STR_INIT(emoji),
#include "spec/reactions.tbl"
#undef REACTION
  };
  buf plain;
  str found = STR_NONE;
  if (emoji.len > EMOJI_MAX_BYTES) return STR_NONE;
  buf_init(&plain, EMOJI_MAX_BYTES);
  for (size_t i = 0; i < emoji.len; i++) {
    bool mark = str_starts(str_sub(emoji, i, emoji.len), S("\xef\xb8\x8f"));
    if (mark)
      i += 2;
    else
      buf_add_char(&plain, emoji.ptr[i]);
  }
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (str_eq(known[i], buf_borrow(&plain))) found = known[i];
  buf_free(&plain);
  return found;
}

static bool is_overtaken(const struct message_reactions *to, const struct db_cell *cell) {
  int64_t at = cell[1].i, no = cell[2].i;
  if (to->stated_at <= 0 || to->stated_at > at) return false;
  return to->stated_at < at || to->stated_no < no;
}

err message_react(db_conn *c, int64_t id, const struct message_reactions *to, arena *a, bool *changed) {
  struct db_rows rows = {0};
  *changed = false;
  err e = DB_RUN(c, SQL_MESSAGE_REACTIONS_LOCK, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  const struct db_cell *cell = db_at(&rows, 0, 0);
  if (is_overtaken(to, cell)) return err_ok;
  struct json_list old = decode(cell[0].s, a);
  str json = merged(&old, to, a);
  *changed = !str_eq(str_or_empty(json), str_or_empty(cell[0].s));
  return DB_RUN(c, SQL_MESSAGE_REACT, a, NULL, DB_I(id), DB_S(json), db_arg_opt(to->stated_at),
                db_arg_opt(to->stated_no));
}

str message_operator_reaction(const struct message_row *m, arena *a) {
  struct json_list list = decode(m->reactions_json, a);
  const struct message_reaction *items = list.items;
  for (size_t i = 0; i < list.count; i++)
    if (items[i].by == REACTOR_OPERATOR) return items[i].emoji;
  return STR_NONE;
}
