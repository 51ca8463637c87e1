/* Conditions built in C, printing, and evaluation on one row. See condition.h. */
#include "desk/condition/condition.h"

#include "base/clock.h"
#include "base/fold.h"

#include <assert.h>
#include <string.h>

static const char *const op_texts[] = {[OP_IS] = "is",
                                       [OP_IS_NOT] = "is_not",
                                       [OP_IN] = "in",
                                       [OP_NOT_IN] = "not_in",
                                       [OP_CONTAINS] = "contains",
                                       [OP_STARTS] = "starts",
                                       [OP_BEFORE] = "before",
                                       [OP_AFTER] = "after",
                                       [OP_MORE] = "more",
                                       [OP_LESS] = "less",
                                       [OP_BETWEEN] = "between",
                                       [OP_EMPTY] = "empty",
                                       [OP_NOT_EMPTY] = "not_empty"};
const struct json_enum condition_op_names = {"ConditionOp", op_texts, OPS, NULL};

#define BIT(op)  (1u << OP_##op)
#define EQUALITY (BIT(IS) | BIT(IS_NOT))
#define LISTS    (EQUALITY | BIT(IN) | BIT(NOT_IN))
#define PRESENCE (BIT(EMPTY) | BIT(NOT_EMPTY))
static const unsigned ops_of[] = {
    [CONDITION_WORD] = LISTS,
    [CONDITION_OPERATOR] = LISTS,
    [CONDITION_TEXT] = LISTS | BIT(CONTAINS) | BIT(STARTS) | PRESENCE,
    [CONDITION_NAME] = LISTS | BIT(CONTAINS) | BIT(STARTS) | PRESENCE,
    [CONDITION_FLAG] = EQUALITY,
    [CONDITION_NUMBER] = LISTS | BIT(MORE) | BIT(LESS) | BIT(BETWEEN),
    [CONDITION_TIME] = BIT(BEFORE) | BIT(AFTER) | BIT(BETWEEN),
};

unsigned condition_ops(const struct condition_field *f) { return ops_of[f->type] | (f->nullable ? PRESENCE : 0); }

static const char *const type_texts[] = {
    [CONDITION_WORD] = "word", [CONDITION_OPERATOR] = "operator", [CONDITION_TEXT] = "text", [CONDITION_NAME] = "name",
    [CONDITION_FLAG] = "flag", [CONDITION_NUMBER] = "number",     [CONDITION_TIME] = "time"};
const struct json_enum condition_type_names = {"ConditionType", type_texts, JSON_COUNT(type_texts), NULL};

/* ---- built in C ---- */

const struct condition *condition_leaf(arena *a, size_t field, enum condition_op op,
                                       const struct condition_value *values, size_t count) {
  struct condition *c = arena_new_of(a, struct condition);
  struct condition_value *copy = arena_array(a, struct condition_value, count);
  if (count) memcpy(copy, values, count * sizeof *values);
  *c = (struct condition){.kind = CONDITION_LEAF, .field = field, .op = op, .values = copy, .count = count};
  return c;
}

const struct condition *condition_all(arena *a, const struct condition *const *items, size_t count) {
  struct condition *c = arena_new_of(a, struct condition);
  const struct condition **kept = arena_array(a, const struct condition *, count);
  for (size_t i = 0; i < count; i++)
    if (items[i]) kept[c->count++] = items[i];
  if (c->count == 1) return kept[0];
  c->kind = CONDITION_ALL;
  c->items = kept;
  return c;
}

/* ---- printing ---- */

static void print_value(buf *out, const struct condition_field *f, const struct condition_value *v) {
  if (v->kind != VALUE_GIVEN) {
    buf_add(out, v->kind == VALUE_ME ? S("\"me\"") : S("\"none\""));
    return;
  }
  switch (f->type) {
    case CONDITION_WORD: buf_add_json_string(out, str_c(f->names->names[v->number])); break;
    case CONDITION_TEXT: buf_add_json_string(out, v->text); break;
    case CONDITION_NAME: buf_add_json_string(out, v->given); break;
    case CONDITION_FLAG: buf_add(out, v->number ? S("true") : S("false")); break;
    case CONDITION_OPERATOR:
    case CONDITION_NUMBER: buf_add_i64(out, v->number); break;
    case CONDITION_TIME:
      buf_add_char(out, '"');
      buf_add_iso_time(out, v->number);
      buf_add_char(out, '"');
      break;
  }
}

static void print_leaf(buf *out, const struct condition_noun *noun, const struct condition *c) {
  const struct condition_field *f = &noun->fields[c->field];
  bool list = c->op == OP_IN || c->op == OP_NOT_IN || c->op == OP_BETWEEN;
  buf_printf(out, "{\"field\":\"%s\",\"op\":\"%s\"", f->name, op_texts[c->op]);
  if (c->count) buf_add(out, list ? S(",\"value\":[") : S(",\"value\":"));
  for (size_t i = 0; i < c->count; i++) {
    if (i) buf_add_char(out, ',');
    print_value(out, f, &c->values[i]);
  }
  buf_add(out, c->count && list ? S("]}") : S("}"));
}

void condition_print(buf *out, const struct condition_noun *noun, const struct condition *c) {
  if (c->kind == CONDITION_LEAF) {
    print_leaf(out, noun, c);
    return;
  }
  buf_add(out, c->kind == CONDITION_ALL   ? S("{\"all\":[")
               : c->kind == CONDITION_ANY ? S("{\"any\":[")
                                          : S("{\"none\":["));
  for (size_t i = 0; i < c->count; i++) {
    if (i) buf_add_char(out, ',');
    condition_print(out, noun, c->items[i]);
  }
  buf_add(out, S("]}"));
}

static void print_type(buf *out, const struct condition_field *f) {
  static const char *const texts[] = {
      [CONDITION_WORD] = "",           [CONDITION_OPERATOR] = "an operator's id, `\"me\"` or `\"none\"`",
      [CONDITION_TEXT] = "text",       [CONDITION_NAME] = "text; case and accents do not matter, and ё is е",
      [CONDITION_NUMBER] = "a number", [CONDITION_FLAG] = "`true` or `false`",
      [CONDITION_TIME] = "a time"};
  buf_add(out, str_c(texts[f->type]));
  const char *between = "";
  for (int i = 0; f->type == CONDITION_WORD && i < f->names->count; i++, between = ", ")
    buf_printf(out, "%s`%s`", between, f->names->names[i]);
}

void condition_print_markdown(buf *out, const struct condition_noun *noun) {
  buf_add(out, S("| field | type | operators | found by | meaning |\n|---|---|---|---|---|\n"));
  for (size_t i = 0; i < noun->count; i++) {
    const struct condition_field *f = &noun->fields[i];
    buf_printf(out, "| `%s` | ", f->name);
    print_type(out, f);
    const char *between = " | ";
    for (int op = 0; op < OPS; op++) {
      if (!(condition_ops(f) >> op & 1)) continue;
      buf_printf(out, "%s%s", between, op_texts[op]);
      between = ", ";
    }
    buf_printf(out, " | %s | %s |\n", f->indexed ? "index" : "comparing", f->doc);
  }
}

/* ---- evaluation on one row ---- */

static bool is_text(enum condition_type type) { return type == CONDITION_TEXT || type == CONDITION_NAME; }

static bool equal(enum condition_type type, const struct condition_value *has, const struct condition_value *wanted,
                  int64_t reader) {
  if (wanted->kind == VALUE_NONE || has->kind == VALUE_NONE) return wanted->kind == has->kind;
  if (wanted->kind == VALUE_ME) return has->number == reader;
  return is_text(type) ? str_eq(has->text, wanted->text) : has->number == wanted->number;
}

static bool equals_any(enum condition_type type, const struct condition *c, const struct condition_value *has,
                       int64_t reader) {
  for (size_t i = 0; i < c->count; i++)
    if (equal(type, has, &c->values[i], reader)) return true;
  return false;
}

static bool holds(enum condition_type type, const struct condition *c, const struct condition_value *has,
                  int64_t reader) {
  bool none = has->kind == VALUE_NONE;
  switch (c->op) {
    case OP_IS:
    case OP_IN: return equals_any(type, c, has, reader);
    case OP_IS_NOT:
    case OP_NOT_IN: return !equals_any(type, c, has, reader);
    case OP_CONTAINS: return !none && str_contains(has->text, c->values[0].text);
    case OP_STARTS: return !none && str_starts(has->text, c->values[0].text);
    case OP_BEFORE:
    case OP_LESS: return !none && has->number < c->values[0].number;
    case OP_AFTER:
    case OP_MORE: return !none && has->number > c->values[0].number;
    case OP_BETWEEN: return !none && has->number >= c->values[0].number && has->number <= c->values[1].number;
    case OP_EMPTY: return none || (is_text(type) && has->text.len == 0);
    case OP_NOT_EMPTY: return !none && !(is_text(type) && has->text.len == 0);
    case OPS: break;
  }
  assert(!"an operator of condition.h");
  return false;
}

static enum condition_truth match_leaf(const struct condition_noun *noun, const struct condition *c, const void *row,
                                       int64_t reader) {
  enum { ROOM = 1024 };
  char room[ROOM], *folded = room;
  struct condition_value has = {0};
  enum condition_type type = noun->fields[c->field].type;
  if (!noun->read(row, c->field, &has)) return CONDITION_UNKNOWN;
  if (type == CONDITION_NAME && has.kind == VALUE_GIVEN) {
    size_t most = fold_max_bytes(has.text.len);
    if (most > ROOM) folded = mem_alloc(most);
    has.text = str_n(folded, fold_into(has.text, folded));
  }
  bool yes = holds(type, c, &has, reader);
  if (folded != room) mem_free(&folded);
  return yes ? CONDITION_YES : CONDITION_NO;
}

enum condition_truth condition_match(const struct condition_noun *noun, const struct condition *c, const void *row,
                                     int64_t reader) {
  if (c->kind == CONDITION_LEAF) return match_leaf(noun, c, row, reader);
  enum condition_truth deciding = c->kind == CONDITION_ALL ? CONDITION_NO : CONDITION_YES;
  enum condition_truth result = c->kind == CONDITION_ALL ? CONDITION_YES : CONDITION_NO;
  for (size_t i = 0; i < c->count; i++) {
    enum condition_truth one = condition_match(noun, c->items[i], row, reader);
    if (one == deciding) {
      result = deciding;
      break;
    }
    if (one == CONDITION_UNKNOWN) result = CONDITION_UNKNOWN;
  }
  if (c->kind != CONDITION_NONE || result == CONDITION_UNKNOWN) return result;
  return result == CONDITION_YES ? CONDITION_NO : CONDITION_YES;
}
