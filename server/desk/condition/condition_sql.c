/* From a condition to SQL for both engines. Values are arguments, so one text (and one prepared statement) serves every
 * value, and a list of any length is one argument. No comparison is ever NULL: SQL's unknown is resolved here, so
 * that NOT means the same as in C. */
#include "desk/condition/condition.h"

#include "desk/names.h"

#include <assert.h>
#include <string.h>

enum { STATEMENT_MAX_BYTES = 1 << 17 };

void condition_sql_begin(struct condition_sql *s, enum db_engine engine, int64_t reader, arena *a) {
  *s = (struct condition_sql){.engine = engine, .arena = a, .reader = reader};
  buf_init(&s->text, STATEMENT_MAX_BYTES);
}

void condition_sql_end(struct condition_sql *s) { buf_free(&s->text); }

const char *condition_sql_name(struct condition_sql *s, struct db_arg arg) {
  assert(s->count < DB_ARGS_MAX);
  s->args[s->count++] = arg;
  return arena_printf(s->arena, "$%zu", s->count).ptr;
}

const char *condition_sql_reader(struct condition_sql *s) {
  if (!s->reader_name) s->reader_name = condition_sql_name(s, DB_I(s->reader));
  return s->reader_name;
}

void condition_sql_arg(struct condition_sql *s, struct db_arg arg) { condition_sql_add(s, condition_sql_name(s, arg)); }

void condition_sql_add(struct condition_sql *s, const char *text) { buf_add(&s->text, str_c(text)); }

err condition_sql_run(struct condition_sql *s, db_conn *c, arena *a, struct db_rows *rows) {
  buf_add_char(&s->text, 0);
  assert(!s->text.overflow); /* CONDITION_LEAVES_MAX bounds it */
  return db_run_text(c, str_n(s->text.ptr, s->text.len - 1), s->args, s->count, a, rows);
}

unsigned condition_tables(const struct condition_noun *noun, const struct condition *c) {
  if (c->kind == CONDITION_LEAF) return noun->fields[c->field].tables;
  unsigned all = 0;
  for (size_t i = 0; i < c->count; i++) all |= condition_tables(noun, c->items[i]);
  return all;
}

/* ---- comparisons ---- */

/* Adds the field's SQL expression for comparisons. */
static void add_field(struct condition_sql *s, const struct condition_field *f) {
  if (f->type == CONDITION_NAME)
    buf_printf(&s->text, s->engine == DB_SQLITE ? "fold(%s)" : "%s_folded", f->sql);
  else
    condition_sql_add(s, f->sql);
}

static bool is_text(const struct condition_field *f) {
  return f->type == CONDITION_WORD || f->type == CONDITION_TEXT || f->type == CONDITION_NAME;
}

static str text_of(const struct condition_field *f, const struct condition_value *v) {
  return f->type == CONDITION_WORD ? names_text(f->names, (int)v->number) : v->text;
}

static int64_t number_of(const struct condition_sql *s, const struct condition_value *v) {
  return v->kind == VALUE_ME ? s->reader : v->number;
}

static struct db_arg arg_of(const struct condition_sql *s, const struct condition_field *f,
                            const struct condition_value *v) {
  return is_text(f) ? DB_S(text_of(f, v)) : DB_I(number_of(s, v));
}

/* The present values of a list as one argument, a JSON list; *given is their number. */
static str list_of(const struct condition_sql *s, const struct condition_field *f, const struct condition *c,
                   size_t *given) {
  enum { LIST_MAX_BYTES = CONDITION_LIST_MAX * (CONDITION_TEXT_MAX * 12 + 4) };
  buf b;
  buf_init(&b, LIST_MAX_BYTES);
  *given = 0;
  for (size_t i = 0; i < c->count; i++) {
    if (c->values[i].kind == VALUE_NONE) continue;
    buf_add_char(&b, (*given)++ ? ',' : '[');
    if (is_text(f))
      buf_add_json_string(&b, text_of(f, &c->values[i]));
    else
      buf_add_i64(&b, number_of(s, &c->values[i]));
  }
  buf_add_char(&b, ']');
  assert(!b.overflow);
  str list = arena_dup(s->arena, buf_borrow(&b));
  buf_free(&b);
  return list;
}

static void add_among(struct condition_sql *s, const struct condition_field *f, str list) {
  const char *n = condition_sql_name(s, DB_S(list));
  add_field(s, f);
  if (s->engine == DB_SQLITE)
    buf_printf(&s->text, " IN (SELECT value FROM json_each(%s))", n);
  else if (is_text(f))
    buf_printf(&s->text, " IN (SELECT jsonb_array_elements_text(CAST(%s AS jsonb)))", n);
  else
    buf_printf(&s->text, " = ANY (CAST(translate(%s, '[]', '{}') AS bigint[]))", n);
}

/* is and in: true or false. Flags use their own SQL. */
static void add_equal(struct condition_sql *s, const struct condition_field *f, const struct condition *c) {
  size_t given, none = 0;
  str list = list_of(s, f, c, &given);
  for (size_t i = 0; i < c->count; i++) none += c->values[i].kind == VALUE_NONE;
  if (f->type == CONDITION_FLAG) {
    condition_sql_add(s, c->values[0].number ? "" : "NOT ");
    add_field(s, f);
    return;
  }
  condition_sql_add(s, "(");
  if (given) {
    if (f->nullable) {
      add_field(s, f);
      condition_sql_add(s, " IS NOT NULL AND ");
    }
    if (c->op == OP_IN || c->op == OP_NOT_IN) {
      add_among(s, f, list);
    } else {
      add_field(s, f);
      condition_sql_add(s, " = ");
      condition_sql_arg(s, arg_of(s, f, &c->values[0]));
    }
  }
  if (given && none) condition_sql_add(s, " OR ");
  if (none) {
    add_field(s, f);
    condition_sql_add(s, " IS NULL");
  }
  condition_sql_add(s, ")");
}

static void add_empty(struct condition_sql *s, const struct condition_field *f, bool empty) {
  condition_sql_add(s, empty ? "(" : "NOT (");
  add_field(s, f);
  condition_sql_add(s, " IS NULL");
  if (f->type == CONDITION_TEXT || f->type == CONDITION_NAME) {
    condition_sql_add(s, " OR ");
    add_field(s, f);
    condition_sql_add(s, " = ''");
  }
  condition_sql_add(s, ")");
}

/* Adds a field and an argument with the SQL text around them. */
static void add_compared(struct condition_sql *s, const struct condition_field *f, const char *before,
                         const char *between, struct db_arg arg, const char *after) {
  condition_sql_add(s, "(");
  if (f->nullable) {
    add_field(s, f);
    condition_sql_add(s, " IS NOT NULL AND ");
  }
  condition_sql_add(s, before);
  add_field(s, f);
  condition_sql_add(s, between);
  condition_sql_arg(s, arg);
  condition_sql_add(s, after);
  condition_sql_add(s, ")");
}

static void add_starts(struct condition_sql *s, const struct condition_field *f, struct db_arg arg) {
  if (s->engine == DB_POSTGRES) {
    add_compared(s, f, "starts_with(", ", ", arg, ")");
    return;
  }
  const char *n = condition_sql_name(s, arg);
  condition_sql_add(s, "coalesce(substr(");
  add_field(s, f);
  buf_printf(&s->text, ", 1, length(%s)) = %s, 0)", n, n);
}

static void add_leaf(struct condition_sql *s, const struct condition_noun *noun, const struct condition *c) {
  const struct condition_field *f = &noun->fields[c->field];
  struct db_arg arg = c->count ? arg_of(s, f, &c->values[0]) : DB_NULL;
  switch (c->op) {
    case OP_IS_NOT:
    case OP_NOT_IN: condition_sql_add(s, "NOT "); __attribute__((fallthrough));
    case OP_IS:
    case OP_IN: add_equal(s, f, c); break;
    case OP_CONTAINS: add_compared(s, f, s->engine == DB_SQLITE ? "instr(" : "strpos(", ", ", arg, ") > 0"); break;
    case OP_STARTS: add_starts(s, f, arg); break;
    case OP_BEFORE:
    case OP_LESS: add_compared(s, f, "", " < ", arg, ""); break;
    case OP_AFTER:
    case OP_MORE: add_compared(s, f, "", " > ", arg, ""); break;
    case OP_BETWEEN: {
      const char *high = condition_sql_name(s, arg_of(s, f, &c->values[1]));
      add_compared(s, f, "", " BETWEEN ", arg, arena_printf(s->arena, " AND %s", high).ptr);
      break;
    }
    case OP_EMPTY: add_empty(s, f, true); break;
    case OP_NOT_EMPTY: add_empty(s, f, false); break;
    case OPS: assert(!"an operator of condition.h");
  }
}

void condition_sql_where(struct condition_sql *s, const struct condition_noun *noun, const struct condition *c) {
  if (c->kind == CONDITION_LEAF) {
    add_leaf(s, noun, c);
    return;
  }
  if (c->kind == CONDITION_NONE) condition_sql_add(s, "NOT ");
  condition_sql_add(s, "(");
  for (size_t i = 0; i < c->count; i++) {
    if (i) condition_sql_add(s, c->kind == CONDITION_ALL ? " AND " : " OR ");
    condition_sql_where(s, noun, c->items[i]);
  }
  if (!c->count) condition_sql_add(s, "1 = 1");
  condition_sql_add(s, ")");
}
