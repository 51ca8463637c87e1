/* Conditions: one language for filters (lists now; views, rules, audiences, reports later).
 *
 *   {"all":[{"field":"status","op":"in","value":["waiting","active"]},
 *           {"any":[{"field":"assignee","op":"is","value":"me"},{"field":"unread","op":"more","value":0}]},
 *           {"none":[{"field":"channel","op":"is","value":"app"}]}]}
 *
 * A group (all, any, none) or a single comparison. The fields of an entity (noun) are rows of spec/fields.tbl. A
 * condition has three evaluators that agree on every row: SQL of both engines (condition_sql.c), condition_match here,
 * and the panel's shared/lib/condition.ts; condition_test.c and tests/blackbox/conditions.test.ts compare them on random
 * data.
 *
 * A missing value (unassigned, never closed, no username) equals only "none" and is neither before nor after, more nor
 * less, and contains nothing; so is_not and not_in hold for it.
 *
 * A condition is allocated in the arena it was parsed into and does not change; any thread may read it. */
#ifndef SB_DESK_CONDITION_CONDITION_H
#define SB_DESK_CONDITION_CONDITION_H

#include "base/json.h"
#include "db/db.h"

enum {
  CONDITION_DEPTH_MAX = 5,   /* groups within groups */
  CONDITION_LEAVES_MAX = 50, /* comparisons in all */
  CONDITION_LIST_MAX = 100,  /* values of in and not_in */
  CONDITION_TEXT_MAX = 100,  /* code points of a value */
  CONDITION_BYTES_MAX = 12288
};
#define CONDITION_NOT_KNOWN INT64_MIN /* the value of an unknown NUMBER */

enum condition_type {
  CONDITION_WORD,
  CONDITION_OPERATOR,
  CONDITION_TEXT,
  CONDITION_NAME,
  CONDITION_FLAG,
  CONDITION_NUMBER,
  CONDITION_TIME
};
enum condition_op {
  OP_IS,
  OP_IS_NOT,
  OP_IN,
  OP_NOT_IN,
  OP_CONTAINS,
  OP_STARTS,
  OP_BEFORE,
  OP_AFTER,
  OP_MORE,
  OP_LESS,
  OP_BETWEEN,
  OP_EMPTY,
  OP_NOT_EMPTY,
  OPS
};
extern const struct json_enum condition_op_names;   /* "ConditionOp" */
extern const struct json_enum condition_type_names; /* "ConditionType" */

/* ---- the fields: see spec/fields.tbl ---- */
struct condition_field {
  const char *name;
  enum condition_type type;
  bool nullable;
  bool indexed;    /* the noun finds its rows through an index; a field that is not indexed is compared row by row */
  unsigned tables; /* bits defined by the noun: the tables its SQL reads besides the noun's */
  const struct json_enum *names;
  const char *sql, *typescript, *doc;
};
struct condition_value {
  enum { VALUE_GIVEN, VALUE_NONE, VALUE_ME } kind;
  int64_t number; /* WORD: its index; FLAG: 0 or 1; TIME: ms UTC */
  str text;       /* TEXT and NAME; a condition's NAME is folded */
  str given;      /* a condition's NAME before folding */
};
struct condition_noun {
  const char *name; /* of the TypeScript type */
  const struct condition_field *fields;
  size_t count;
  /* The value that a row has in a field; false when the row does not contain it. */
  bool (*read)(const void *row, size_t field, struct condition_value *out);
};

/* ---- the tree ---- */
enum condition_kind { CONDITION_ALL, CONDITION_ANY, CONDITION_NONE, CONDITION_LEAF };
struct condition {
  enum condition_kind kind;
  const struct condition *const *items; /* of a group */
  size_t count;                         /* of items, or of values */
  size_t field;                         /* of a leaf: index in the noun's fields */
  enum condition_op op;
  const struct condition_value *values;
};

/* A bit per operator that the field accepts. */
unsigned condition_ops(const struct condition_field *f);
/* ERR_INVALID_FIELD with the place as its field, "filter.all[2].value"; `place` names the whole condition
 * ("filter"). */
err condition_parse(const struct condition_noun *noun, str json, const char *place, arena *a,
                    const struct condition **out);
/* Prints JSON that condition_parse reads back as the same condition. */
void condition_print(buf *out, const struct condition_noun *noun, const struct condition *c);

/* The table of the noun's fields in docs/conditions.md. */
void condition_print_markdown(buf *out, const struct condition_noun *noun);

/* Conditions made in C. NULL items are skipped; "all" without items holds for everything. */
const struct condition *condition_leaf(arena *a, size_t field, enum condition_op op,
                                       const struct condition_value *values, size_t count);
const struct condition *condition_all(arena *a, const struct condition *const *items, size_t count);

/* ---- evaluating one row ---- */
enum condition_truth { CONDITION_NO, CONDITION_YES, CONDITION_UNKNOWN };
/* UNKNOWN if the row lacks the deciding value. reader: the operator for "me", 0 for none. */
enum condition_truth condition_match(const struct condition_noun *noun, const struct condition *c, const void *row,
                                     int64_t reader);

/* ---- composing SQL ---- */
struct condition_sql { /* a statement under construction; every value is an argument */
  buf text;
  enum db_engine engine;
  arena *arena;
  int64_t reader;
  struct db_arg args[DB_ARGS_MAX];
  size_t count;
  const char *reader_name; /* "$n" of the reader; NULL: not used yet */
};
void condition_sql_begin(struct condition_sql *s, enum db_engine engine, int64_t reader, arena *a);
void condition_sql_end(struct condition_sql *s);
void condition_sql_add(struct condition_sql *s, const char *text);
/* Adds "$n" for a new argument. */
void condition_sql_arg(struct condition_sql *s, struct db_arg arg);
/* "$n" for an argument used in several places. */
const char *condition_sql_name(struct condition_sql *s, struct db_arg arg);
/* "$n" of the reader, the same in the whole statement. */
const char *condition_sql_reader(struct condition_sql *s);
/* Adds a whole condition: true or false for every row, never NULL. */
void condition_sql_where(struct condition_sql *s, const struct condition_noun *noun, const struct condition *c);
err condition_sql_run(struct condition_sql *s, db_conn *c, arena *a, struct db_rows *rows);
/* The bits of condition_field.tables needed by its fields. */
unsigned condition_tables(const struct condition_noun *noun, const struct condition *c);

#endif
