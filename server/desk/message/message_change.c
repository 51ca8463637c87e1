/* What operators do to a message after they have written it: changes that still have to reach the channel. A short list in a
 * column, since a message has at most a few and nothing selects by them. */
#include "desk/message/message_internal.h"

#include "desk/names.h"
#include "sql.h"

#include <stddef.h>

static const char *const whats[] = {"edit", "delete", "pin", "reaction"};
const struct json_enum message_change_what_names = {.name = "ChangeKind", .names = whats, .count = JSON_COUNT(whats)};

static const char *const states[] = {"queued", "failed"};
const struct json_enum message_change_state_names = {
    .name = "ChangeState", .names = states, .count = JSON_COUNT(states)};

#define AT(member) offsetof(struct message_change, member)
#define SHOWN                                                                                                       \
  {.name = "what", .type = JSON_ENUM, .offset = AT(what), .names = &message_change_what_names},                     \
      {.name = "state", .type = JSON_ENUM, .offset = AT(state), .names = &message_change_state_names}, {            \
    .name = "error", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(error), .doc = "Why it was refused." \
  }
static const struct json_field change_fields[] = {SHOWN};
static const struct json_field stored_fields[] = {SHOWN, {.name = "no", .type = JSON_INT, .offset = AT(no)}};
#undef SHOWN
#undef AT
JSON_SHAPE(message_change_shape, "Change", struct message_change, change_fields,
           "A change of a message that has not reached its customer.");
static JSON_SHAPE(stored_shape, "StoredChange", struct message_change, stored_fields, NULL);

#define AT(member) offsetof(struct message_can, member)
static const struct json_field can_fields[] = {
    {.name = "edit", .type = JSON_BOOL, .offset = AT(edit)},
    {.name = "delete", .type = JSON_BOOL, .offset = AT(delete)},
};
#undef AT
JSON_SHAPE(message_can_shape, "MessageCan", struct message_can, can_fields, NULL);

/* ---- the column ---- */

struct list {
  struct json_list items;
};
static const struct json_field list_of_changes[] = {
    {.name = "items", .type = JSON_LIST, .offset = 0, .shape = &stored_shape}};
static JSON_SHAPE(changes_shape, "Changes", struct list, list_of_changes, NULL);

static struct json_list decode(str json, arena *a) {
  struct list l = {0};
  if (!json.ptr) return l.items;
  str wrapped = arena_printf(a, "{\"items\":%.*s}", STR_ARG(json));
  err e = json_decode(&changes_shape, wrapped, a, &l, NULL);
  if (err_is(e)) l.items = (struct json_list){0};
  return l.items;
}

enum { LIST_MAX_BYTES = 32 << 10 };

static str encode(const struct message_change *items, size_t count, arena *a) {
  if (count == 0) return STR_NONE;
  buf b;
  buf_init(&b, LIST_MAX_BYTES);
  json_encode_list(&b, &stored_shape, items, count, JSON_SNAKE);
  str text = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

/* ---- changes ---- */

/* By what: each at most once. `set` tells which of them there are. */
struct changes {
  struct message_change of[CHANGE_WHATS];
  bool set[CHANGE_WHATS];
};

static void read_changes(str json, arena *a, struct changes *out) {
  struct json_list list = decode(json, a);
  const struct message_change *items = list.items;
  *out = (struct changes){0};
  for (size_t i = 0; i < list.count; i++) {
    if (items[i].what < 0 || items[i].what >= CHANGE_WHATS || items[i].state < 0) continue;
    out->of[items[i].what] = items[i];
    out->set[items[i].what] = true;
  }
}

static str write_changes(const struct changes *ch, arena *a) {
  struct message_change items[CHANGE_WHATS];
  size_t count = 0;
  for (int i = 0; i < CHANGE_WHATS; i++)
    if (ch->set[i]) items[count++] = ch->of[i];
  return encode(items, count, a);
}

/* A deletion tells more than an edit, and both more than a pin. */
str message_change_shown(str changes_json, arena *a) {
  static const enum message_change_what order[] = {CHANGE_DELETE, CHANGE_EDIT, CHANGE_PIN, CHANGE_REACTION};
  struct changes ch;
  if (!changes_json.ptr) return STR_NONE;
  read_changes(changes_json, a, &ch);
  for (size_t i = 0; i < JSON_COUNT(order); i++)
    if (ch.set[order[i]]) return message_detail(a, &message_change_shape, &ch.of[order[i]]);
  return STR_NONE;
}

static err load(db_conn *c, int64_t id, struct message_row *m, struct changes *ch) {
  err e = message_get(c, id, db_conn_arena(c), m);
  if (!err_is(e)) read_changes(m->changes_json, db_conn_arena(c), ch);
  return e;
}

static err store(db_conn *c, int64_t id, const struct changes *ch) {
  arena *a = db_conn_arena(c);
  return DB_RUN(c, SQL_MESSAGE_SET_CHANGES, a, NULL, DB_I(id), DB_S(write_changes(ch, a)));
}

err message_change_request(db_conn *c, int64_t id, enum message_change_what what) {
  struct message_row m;
  struct changes ch;
  err e = load(c, id, &m, &ch);
  if (err_is(e)) return e;
  ch.of[what] = (struct message_change){.what = what, .state = CHANGE_QUEUED, .no = ch.of[what].no + 1};
  ch.set[what] = true;
  return store(c, id, &ch);
}

bool message_change_waits(const struct message_row *m, enum message_change_what what, arena *a, int64_t *no) {
  struct changes ch;
  read_changes(m->changes_json, a, &ch);
  *no = ch.of[what].no;
  return ch.set[what] && ch.of[what].state == CHANGE_QUEUED && !m->deleted_at;
}

err message_change_end(db_conn *c, int64_t id, enum message_change_what what, int64_t no, str error, int64_t now_ms,
                       bool *again) {
  struct message_row m;
  struct changes ch;
  err e = load(c, id, &m, &ch);
  *again = !err_is(e) && no && ch.set[what] && ch.of[what].no != no && !m.deleted_at;
  if (err_is(e) || *again || m.deleted_at) return e;
  if (what == CHANGE_DELETE && !error.ptr)
    return DB_RUN(c, SQL_MESSAGE_GONE, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
  ch.set[what] = error.ptr != NULL;
  ch.of[what] = (struct message_change){.what = what, .state = CHANGE_FAILED, .error = error, .no = ch.of[what].no};
  return store(c, id, &ch);
}

err message_rewrite(db_conn *c, int64_t id, const struct message_words *to) {
  return DB_RUN(c, SQL_MESSAGE_REWRITE, db_conn_arena(c), NULL, DB_I(id), DB_S(str_or_empty(to->text)),
                DB_S(message_entities_stored(to->entities_json)), DB_S(to->buttons_json));
}

err message_withdraw(db_conn *c, int64_t id, int64_t now_ms) {
  return DB_RUN(c, SQL_MESSAGE_WITHDRAW, db_conn_arena(c), NULL, DB_I(id), DB_I(now_ms));
}

err message_set_pinned(db_conn *c, int64_t id, bool pinned) {
  return DB_RUN(c, SQL_MESSAGE_SET_PINNED, db_conn_arena(c), NULL, DB_I(id), db_arg_opt(pinned));
}
