/* From JSON to a condition. Rejects whatever it does not understand, with its path: a misread
 * condition would silently show the wrong rows. */
#include "desk/condition/condition.h"

#include "base/clock.h"
#include "base/fold.h"
#include "base/jansson.h"
#include "desk/names.h"

#include <string.h>

static const int64_t NUMBER_MAX = 9007199254740991; /* JavaScript's largest exact integer */

struct parser {
  const struct condition_noun *noun;
  arena *a;
  int leaves;
};

static const char *under(struct parser *p, const char *place, const char *name) {
  return arena_printf(p->a, "%s.%s", place, name).ptr;
}

static const char *item_of(struct parser *p, const char *place, size_t i) {
  return arena_printf(p->a, "%s[%zu]", place, i).ptr;
}

/* "filter.all[2].op must be one of is, is_not". */
static err not_among(struct parser *p, const char *place, const struct json_enum *names, unsigned which) {
  str list = STR_NONE;
  for (int i = 0; i < names->count; i++)
    if (names->names[i] && which >> i & 1)
      list = arena_printf(p->a, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", names->names[i]);
  return err_detail(ERR_INVALID_FIELD, place, "%s must be one of %.*s.", place, STR_ARG(list));
}

static err must_be(const char *place, const char *what) {
  return err_detail(ERR_INVALID_FIELD, place, "%s must be %s.", place, what);
}

/* ---- values ---- */

static err parse_text(struct parser *p, const json_t *v, const char *place, bool name, struct condition_value *out) {
  str s = json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : STR_NONE;
  if (!s.len || str_has_nul(s) || str_utf8_count(s) > CONDITION_TEXT_MAX)
    return must_be(place, arena_printf(p->a, "a text of 1 to %d characters", CONDITION_TEXT_MAX).ptr);
  out->given = out->text = arena_dup(p->a, s);
  if (!name) return err_ok;
  out->text = str_fold(p->a, s);
  return out->text.len ? err_ok : must_be(place, "a text with a letter");
}

static err parse_operator(const json_t *v, const char *place, struct condition_value *out) {
  str word = json_is_string(v) ? str_c(json_string_value(v)) : STR_NONE;
  if (str_eq(word, S("me")) || str_eq(word, S("none"))) {
    out->kind = word.len == 2 ? VALUE_ME : VALUE_NONE;
    return err_ok;
  }
  out->number = json_is_integer(v) ? json_integer_value(v) : 0;
  return out->number > 0 && out->number <= NUMBER_MAX ? err_ok : must_be(place, "an operator's id, \"me\" or \"none\"");
}

static err parse_value(struct parser *p, const struct condition_field *f, const json_t *v, const char *place,
                       struct condition_value *out) {
  switch (f->type) {
    case CONDITION_WORD: {
      int index = json_is_string(v) ? names_find(f->names, str_c(json_string_value(v))) : -1;
      out->number = index;
      return index >= 0 ? err_ok : not_among(p, place, f->names, ~0u);
    }
    case CONDITION_OPERATOR: return parse_operator(v, place, out);
    case CONDITION_TEXT: return parse_text(p, v, place, false, out);
    case CONDITION_NAME: return parse_text(p, v, place, true, out);
    case CONDITION_FLAG:
      out->number = json_is_true(v);
      return json_is_boolean(v) ? err_ok : must_be(place, "true or false");
    case CONDITION_NUMBER:
      out->number = json_is_integer(v) ? json_integer_value(v) : INT64_MAX;
      return out->number >= -NUMBER_MAX && out->number <= NUMBER_MAX ? err_ok : must_be(place, "a whole number");
    case CONDITION_TIME: {
      str s = json_is_string(v) ? str_c(json_string_value(v)) : STR_NONE;
      return s.len && clock_parse_iso(s, &out->number) && out->number > 0
                 ? err_ok
                 : must_be(place, "a time like 2026-01-31T12:34:56Z");
    }
  }
  return must_be(place, "of a known type");
}

static err parse_values(struct parser *p, const struct condition_field *f, const json_t *v, const char *place,
                        size_t min, size_t max, struct condition *out) {
  size_t count = json_is_array(v) ? json_array_size(v) : 0;
  if (count < min || count > max)
    return must_be(place, min == max ? "a list of two values"
                                     : arena_printf(p->a, "a list of 1 to %d values", CONDITION_LIST_MAX).ptr);
  struct condition_value *values = arena_array(p->a, struct condition_value, count);
  err e = err_ok;
  for (size_t i = 0; i < count && !err_is(e); i++)
    e = parse_value(p, f, json_array_get(v, i), item_of(p, place, i), &values[i]);
  out->values = values;
  out->count = count;
  return e;
}

/* ---- a comparison ---- */

static err parse_operands(struct parser *p, const json_t *leaf, const char *place, struct condition *out) {
  const struct condition_field *f = &p->noun->fields[out->field];
  const json_t *v = json_object_get(leaf, "value");
  const char *at = under(p, place, "value");
  if (out->op == OP_EMPTY || out->op == OP_NOT_EMPTY)
    return v ? err_detail(ERR_INVALID_FIELD, at, "%s is not used by %s: leave it out.", at,
                          condition_op_names.names[out->op])
             : err_ok;
  if (!v) return err_detail(ERR_INVALID_FIELD, at, "%s is missing.", at);
  if (out->op == OP_IN || out->op == OP_NOT_IN) return parse_values(p, f, v, at, 1, CONDITION_LIST_MAX, out);
  if (out->op == OP_BETWEEN) {
    err e = parse_values(p, f, v, at, 2, 2, out);
    if (!err_is(e) && out->values[0].number > out->values[1].number)
      e = must_be(at, "the lower value, then the higher");
    return e;
  }
  struct condition_value *value = arena_new_of(p->a, struct condition_value);
  out->values = value;
  out->count = 1;
  return parse_value(p, f, v, at, value);
}

static err parse_leaf(struct parser *p, const json_t *v, const char *place, struct condition *out) {
  if (++p->leaves > CONDITION_LEAVES_MAX)
    return err_detail(ERR_INVALID_FIELD, place, "%s is one comparison too many: at most %d are allowed.", place,
                      CONDITION_LEAVES_MAX);
  str name = str_c(json_string_value(json_object_get(v, "field")));
  str op = str_c(json_string_value(json_object_get(v, "op")));
  const char *at = under(p, place, "field");
  out->kind = CONDITION_LEAF;
  out->field = p->noun->count;
  for (size_t i = 0; i < p->noun->count; i++)
    if (str_eq(name, str_c(p->noun->fields[i].name))) out->field = i;
  if (!name.ptr) return err_detail(ERR_INVALID_FIELD, at, "%s is missing.", at);
  if (out->field == p->noun->count)
    return err_detail(ERR_INVALID_FIELD, at, "%s: there is no field \"%.*s\".", at,
                      (int)(name.len < 40 ? name.len : 40), name.ptr);
  unsigned ops = condition_ops(&p->noun->fields[out->field]);
  int known = names_find(&condition_op_names, op);
  at = under(p, place, "op");
  if (known < 0 || !(ops >> known & 1)) return not_among(p, at, &condition_op_names, ops);
  out->op = (enum condition_op)known;
  return parse_operands(p, v, place, out);
}

/* ---- groups ---- */

static const char *const groups[] = {[CONDITION_ALL] = "all", [CONDITION_ANY] = "any", [CONDITION_NONE] = "none"};

static err parse_any(struct parser *p, json_t *v, const char *place, int depth, const struct condition **out);

static err parse_group(struct parser *p, const json_t *list, const char *place, int depth, struct condition *out) {
  if (depth > CONDITION_DEPTH_MAX)
    return err_detail(ERR_INVALID_FIELD, place, "%s is nested deeper than %d groups.", place, CONDITION_DEPTH_MAX);
  size_t count = json_is_array(list) ? json_array_size(list) : 0;
  if (!count) return must_be(place, "a list with at least one condition");
  if (count > CONDITION_LEAVES_MAX)
    return must_be(place, arena_printf(p->a, "a list of at most %d conditions", CONDITION_LEAVES_MAX).ptr);
  const struct condition **items = arena_array(p->a, const struct condition *, count);
  err e = err_ok;
  for (size_t i = 0; i < count && !err_is(e); i++)
    e = parse_any(p, json_array_get(list, i), item_of(p, place, i), depth + 1, &items[i]);
  out->items = items;
  out->count = count;
  return e;
}

static err check_members(const json_t *v, const char *place, bool leaf) {
  const char *name;
  json_t *member;
  json_object_foreach((json_t *)(uintptr_t)v, name, member) {
    bool known = leaf ? strcmp(name, "field") == 0 || strcmp(name, "op") == 0 || strcmp(name, "value") == 0
                      : strcmp(name, "all") == 0 || strcmp(name, "any") == 0 || strcmp(name, "none") == 0;
    if (!known) return err_detail(ERR_INVALID_FIELD, place, "%s has an unknown member \"%.40s\".", place, name);
  }
  return err_ok;
}

static err parse_any(struct parser *p, json_t *v, const char *place, int depth, const struct condition **out) {
  struct condition *c = arena_new_of(p->a, struct condition);
  *out = c;
  bool leaf = json_object_get(v, "field") || json_object_get(v, "op");
  if (!json_is_object(v) || json_object_size(v) == 0 || (!leaf && json_object_size(v) > 1))
    return must_be(place, "one of {\"all\":[…]}, {\"any\":[…]}, {\"none\":[…]}, {\"field\",\"op\",\"value\"}");
  err e = check_members(v, place, leaf);
  if (err_is(e) || leaf) return err_is(e) ? e : parse_leaf(p, v, place, c);
  for (int kind = CONDITION_ALL; kind <= CONDITION_NONE; kind++) {
    const json_t *list = json_object_get(v, groups[kind]);
    if (!list) continue;
    c->kind = (enum condition_kind)kind;
    return parse_group(p, list, under(p, place, groups[kind]), depth, c);
  }
  return must_be(place, "a condition");
}

err condition_parse(const struct condition_noun *noun, str json, const char *place, arena *a,
                    const struct condition **out) {
  struct parser p = {.noun = noun, .a = a};
  json_t *v = NULL;
  *out = NULL;
  err e = json_parse(json, CONDITION_BYTES_MAX, &v);
  if (err_is(e)) return err_detail(ERR_INVALID_FIELD, place, "%s is not valid JSON: %s", place, err_message(&e));
  e = parse_any(&p, v, place, 1, out);
  json_decref(v);
  return e;
}
