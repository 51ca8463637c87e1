/* Plans the search of a condition's conversations: which indexes in list order to walk.
 *
 * status and assignee are enumerable, and indexes contain the list in order per status and per assignee and status.
 * So the condition is evaluated for every pair of a status and an assignee that it can distinguish (none, each
 * operator that it names, anyone else), as for a row with no other known fields. Pairs with the result "no" are
 * skipped; the others become branches, one index page each, and the list is the merge of these pages. If the result
 * is "unknown", or a branch contains more than the condition allows, the walk needs a filter: conversation_list.c
 * compares its rows with the condition.
 *
 * Spam is the third field that can be enumerated. There may be far more of it than of everything else, because whoever does not pass
 * the first contact stays spam. So the same indexes exist a second time for what is no spam, and every branch of a list without spam
 * walks one of them; a list of nothing but spam walks an index that holds nothing else, status by status. */
#include "desk/conversation/conversation_walk_internal.h"

#include "desk/names.h"

#include <assert.h>
#include <string.h>

enum { STATUSES = CONVERSATION_CLOSED + 1, NAMED_MAX = 8, CLASSES_MAX = NAMED_MAX + 2 };
#define NEVER_WAKES INT64_C(9007199254740991) /* the same value as in CONVERSATION_KEY_OF_WAKE and the index */
/* The predicate of the indexes conversation_listed_*, word for word. "IS NULL" would make PostgreSQL, while it has no statistics of
 * the column, expect next to no rows, and sort them. */
#define NO_SPAM "coalesce(c.spam_at, 0) < 1"
enum { SOMEBODY_ELSE = -1 }; /* an assignee that the condition does not name */

/* ---- pairs ---- */

struct named {
  int64_t ids[NAMED_MAX];
  size_t count;
  bool too_many;
};

static void add_named(struct named *n, int64_t id) {
  for (size_t i = 0; i < n->count; i++)
    if (n->ids[i] == id) return;
  if (n->count == NAMED_MAX)
    n->too_many = true;
  else
    n->ids[n->count++] = id;
}

static void find_named(const struct condition *c, int64_t reader, struct named *n) {
  if (c->kind != CONDITION_LEAF) {
    for (size_t i = 0; i < c->count; i++) find_named(c->items[i], reader, n);
    return;
  }
  for (size_t i = 0; i < c->count && c->field == CONVERSATION_FIELD_ASSIGNEE_ID; i++) {
    const struct condition_value *v = &c->values[i];
    if (v->kind == VALUE_NONE) continue;
    int64_t id = v->kind == VALUE_ME ? reader : v->number;
    if (id) add_named(n, id);
  }
}

enum { NOT_KNOWN = -1 };
/* A row of which only these are known, or some of them. */
struct pair {
  int status, spam; /* or NOT_KNOWN */
  int64_t assignee; /* 0: unassigned */
  bool assignee_known;
};

static bool read_spam(const struct pair *p, size_t field, struct condition_value *out) {
  *out =
      (struct condition_value){.kind = field == CONVERSATION_FIELD_SPAM ? VALUE_GIVEN : VALUE_NONE, .number = p->spam};
  return p->spam == 0 || (p->spam == 1 && field == CONVERSATION_FIELD_SPAM);
}

static bool read_pair(const void *row, size_t field, struct condition_value *out) {
  const struct pair *p = row;
  if (field == CONVERSATION_FIELD_STATUS) {
    *out = (struct condition_value){.number = p->status};
    return p->status != NOT_KNOWN;
  }
  bool spam = field == CONVERSATION_FIELD_SPAM || field == CONVERSATION_FIELD_SPAM_AT ||
              field == CONVERSATION_FIELD_SPAM_REASON;
  if (spam) return read_spam(p, field, out);
  if (field != CONVERSATION_FIELD_ASSIGNEE_ID || !p->assignee_known) return false;
  *out = (struct condition_value){.kind = p->assignee ? VALUE_GIVEN : VALUE_NONE, .number = p->assignee};
  return true;
}

static enum condition_truth evaluate_pair(const struct condition *c, const struct pair *p, int64_t reader) {
  struct condition_noun pairs = conversation_noun;
  pairs.read = read_pair;
  return condition_match(&pairs, c, p, reader);
}

static enum walk_spam plan_spam(const struct condition *c, int64_t reader) {
  if (evaluate_pair(c, &(struct pair){.status = NOT_KNOWN, .spam = 1}, reader) == CONDITION_NO)
    return WALK_WITHOUT_SPAM;
  if (evaluate_pair(c, &(struct pair){.status = NOT_KNOWN, .spam = 0}, reader) == CONDITION_NO) return WALK_SPAM_ONLY;
  return WALK_WITH_SPAM;
}

/* What a row of the walk has. */
static int spam_of(const struct conversation_walk *w) {
  return w->spam == WALK_WITH_SPAM ? NOT_KNOWN : w->spam == WALK_SPAM_ONLY;
}

/* ---- the branches ---- */

static void add_branch(struct conversation_walk *w, int status, int64_t assignee) {
  w->branches[w->count++] = (struct walk_branch){status, assignee};
}

/* The branches of one status; true when they cover the whole status, with its own index. */
static bool plan_status(struct conversation_walk *w, const struct condition *c, int status, const struct named *n,
                        int64_t reader) {
  int64_t classes[CLASSES_MAX], wanted[CLASSES_MAX];
  size_t count = 0, found = 0;
  bool others = false;
  classes[count++] = 0;
  for (size_t i = 0; i < n->count && !n->too_many; i++) classes[count++] = n->ids[i];
  classes[count++] = SOMEBODY_ELSE;
  for (size_t i = 0; i < count; i++) {
    const struct pair p = {status, spam_of(w), classes[i], !n->too_many};
    enum condition_truth truth = evaluate_pair(c, &p, reader);
    if (truth == CONDITION_NO) continue;
    if (truth == CONDITION_UNKNOWN) w->filter = true;
    if (classes[i] == SOMEBODY_ELSE) others = true;
    wanted[found++] = classes[i];
  }
  if (others || w->count + found > WALK_BRANCHES_MAX) {
    if (found < count) w->filter = true;
    add_branch(w, status, WALK_ANYBODY);
    return true;
  }
  for (size_t i = 0; i < found; i++) add_branch(w, status, wanted[i] ? wanted[i] : WALK_NOBODY);
  return false;
}

/* Bounds of updated_at that the whole condition implies: the start and end of the walk. */
static void find_bounds(struct conversation_walk *w, const struct condition *c) {
  if (c->kind == CONDITION_ALL)
    for (size_t i = 0; i < c->count; i++) find_bounds(w, c->items[i]);
  if (c->kind != CONDITION_LEAF || c->field != CONVERSATION_FIELD_UPDATED_AT) return;
  bool between = c->op == OP_BETWEEN;
  int64_t below = c->op == OP_BEFORE ? c->values[0].number : between ? c->values[1].number + 1 : INT64_MAX;
  int64_t above = c->op == OP_AFTER ? c->values[0].number : between ? c->values[0].number - 1 : INT64_MIN;
  if (below < w->below) w->below = below;
  if (above > w->above) w->above = above;
}

void conversation_walk_plan(struct conversation_walk *w, enum conversation_order order, const struct condition *c,
                            int64_t reader) {
  *w = (struct conversation_walk){.order = order, .below = INT64_MAX, .above = INT64_MIN};
  if (c) w->spam = plan_spam(c, reader);
  if (order == CONVERSATION_BY_WAKE) { /* operators snooze few conversations: one index serves all conditions */
    const struct pair p = {.status = CONVERSATION_SNOOZED, .spam = spam_of(w)};
    w->filter = c && evaluate_pair(c, &p, reader) != CONDITION_YES;
    add_branch(w, CONVERSATION_SNOOZED, WALK_ANYBODY);
    return;
  }
  if (!c) {
    add_branch(w, WALK_ANY_STATUS, WALK_ANYBODY);
    return;
  }
  struct named n = {0};
  int whole = 0;
  find_named(c, reader, &n);
  find_bounds(w, c);
  for (int status = 0; status < STATUSES; status++) whole += plan_status(w, c, status, &n, reader);
  if (whole < STATUSES || w->spam == WALK_SPAM_ONLY) return;
  w->count = 0;
  add_branch(w, WALK_ANY_STATUS, WALK_ANYBODY);
}

/* ---- its SQL ---- */

const char *conversation_key(enum conversation_order order) {
  return order == CONVERSATION_BY_WAKE ? CONVERSATION_KEY_OF_WAKE : CONVERSATION_KEY_OF_TIME;
}

int64_t conversation_key_of(enum conversation_order order, const struct conversation_row *row) {
  if (order == CONVERSATION_BY_TIME) return row->updated_at;
  return row->snoozed_until ? -row->snoozed_until : -NEVER_WAKES;
}

/* SQLite estimates the index without spam and the one with it alike where neither has all columns, and would take either. */
static void add_index(struct condition_sql *s, const struct conversation_walk *w, const struct walk_branch *b) {
  if (s->engine != DB_SQLITE || w->spam != WALK_WITHOUT_SPAM || w->order != CONVERSATION_BY_TIME) return;
  condition_sql_add(s, " INDEXED BY conversation_listed_by_");
  condition_sql_add(s, b->assignee != WALK_ANYBODY ? "assignee" : b->status != WALK_ANY_STATUS ? "status" : "time");
}

static void add_one(struct condition_sql *s, const struct conversation_walk *w, const struct walk_branch *b,
                    const struct walk_sql *with) {
  const char *before = " WHERE ";
  enum conversation_order order = w->order;
  condition_sql_add(s, "SELECT ");
  condition_sql_add(s, with->columns);
  condition_sql_add(s, " FROM conversation AS c");
  add_index(s, w, b);
  if (b->assignee != WALK_ANYBODY) {
    condition_sql_add(s, before);
    condition_sql_add(s, b->assignee == WALK_NOBODY ? "c.assignee_id IS NULL" : "c.assignee_id = ");
    if (b->assignee != WALK_NOBODY) condition_sql_arg(s, DB_I(b->assignee));
    before = " AND ";
  }
  if (order == CONVERSATION_BY_WAKE) {
    condition_sql_add(s, before);
    condition_sql_add(s, CONVERSATION_SLEEPS);
    before = " AND ";
  } else if (b->status != WALK_ANY_STATUS) {
    condition_sql_add(s, before);
    buf_printf(&s->text, "c.status = '%s'", conversation_status_names.names[b->status]);
    before = " AND ";
  }
  if (w->spam != WALK_WITH_SPAM) {
    condition_sql_add(s, before);
    condition_sql_add(s, w->spam == WALK_SPAM_ONLY ? "c.spam_at IS NOT NULL" : NO_SPAM);
    before = " AND ";
  }
  if (with->behind) {
    condition_sql_add(s, before);
    condition_sql_add(s, with->behind);
  }
  /* PostgreSQL does not infer that "IS NULL" leaves one value, so the order names the column to make the index
   * usable. */
  condition_sql_add(s, b->assignee == WALK_NOBODY ? " ORDER BY c.assignee_id DESC, " : " ORDER BY ");
  condition_sql_add(s, conversation_key(order));
  condition_sql_add(s, " DESC, c.id DESC LIMIT ");
  condition_sql_add(s, with->limit);
}

void conversation_walk_sql(const struct conversation_walk *w, struct condition_sql *s, const struct walk_sql *with) {
  if (w->count == 1) {
    add_one(s, w, &w->branches[0], with);
    return;
  }
  assert(w->order == CONVERSATION_BY_TIME);
  condition_sql_add(s, "SELECT * FROM (");
  for (size_t i = 0; i < w->count; i++) {
    condition_sql_add(s, i ? " UNION ALL SELECT * FROM (" : "SELECT * FROM (");
    add_one(s, w, &w->branches[i], with);
    buf_printf(&s->text, ") AS branch_%zu", i);
  }
  condition_sql_add(s, ") AS page ORDER BY updated_at DESC, id DESC LIMIT ");
  condition_sql_add(s, with->limit);
}

void conversation_page_sql(struct condition_sql *s, const struct conversation_walk *w, int64_t key, int64_t id,
                           size_t limit) {
  const char *at = condition_sql_name(s, DB_I(key)), *at_id = condition_sql_name(s, DB_I(id));
  const char *has = conversation_key(w->order);
  /* SQLite seeks in an index on an expression only if the expression alone is compared. */
  const char *near = w->order == CONVERSATION_BY_WAKE ? arena_printf(s->arena, "%s <= %s AND ", has, at).ptr : "";
  struct walk_sql with = {.columns = arena_printf(s->arena, "c.id, %s", has).ptr,
                          .behind = arena_printf(s->arena, "%s(%s, c.id) < (%s, %s)", near, has, at, at_id).ptr,
                          .limit = condition_sql_name(s, DB_I(limit))};
  conversation_walk_sql(w, s, &with);
}
