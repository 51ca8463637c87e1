/* Pages of the list, searches in it, and its counts. conversation_walk.c chooses the indexes for a condition. */
#include "desk/conversation/conversation_walk_internal.h"
#include "desk/conversation/conversation_tx_internal.h"

#include "base/limits.h"
#include "desk/names.h"

#include <assert.h>
#include <string.h>

/* Where a page starts: after a row of the list, or at its head. */
struct place {
  int64_t key, id;
};

struct page_search { /* the search for one page */
  db_conn *c;
  const struct conversation_filter *f;
  struct conversation_walk walk;
  int64_t reader;
  size_t limit;
  int64_t *ids; /* the ids found */
  size_t count;
};

/* The walk's rows after `from`, without a filter: id, key. */
static err walk_rows(struct page_search *l, struct place from, size_t limit, arena *a, struct db_rows *rows) {
  struct condition_sql s;
  *rows = (struct db_rows){0};
  if (l->walk.count == 0) return err_ok;
  condition_sql_begin(&s, db_conn_engine(l->c), l->reader, a);
  conversation_page_sql(&s, &l->walk, from.key, from.id, limit);
  err e = condition_sql_run(&s, l->c, a, rows);
  condition_sql_end(&s);
  return e;
}

static int64_t *first_column(const struct db_rows *rows, arena *a) {
  int64_t *ids = arena_array(a, int64_t, rows->count);
  for (size_t i = 0; i < rows->count; i++) ids[i] = db_at(rows, i, 0)->i;
  return ids;
}

/* ---- comparing rows ---- */

/* The reader's mark of each row, looked up once however many comparisons ask for it. PostgreSQL would join with all marks that
 * the operator has ever made, which grow for years, but for the LATERAL and the OFFSET. */
static void join_mark(struct condition_sql *s) {
  bool sqlite = s->engine == DB_SQLITE;
  condition_sql_add(s, sqlite ? " LEFT JOIN read_mark AS r ON "
                              : " LEFT JOIN LATERAL (SELECT r.read_count FROM read_mark AS r WHERE ");
  buf_printf(&s->text, "r.operator_id = %s AND r.conversation_id = c.id", condition_sql_reader(s));
  if (!sqlite) condition_sql_add(s, " OFFSET 0) AS r ON 1 = 1");
}

void conversation_join_sql(struct condition_sql *s, const struct condition *c) {
  unsigned tables = c ? condition_tables(&conversation_noun, c) : 0;
  if (tables & CONVERSATION_NEEDS_CUSTOMER) condition_sql_add(s, " LEFT JOIN customer AS cu ON cu.id = c.customer_id");
  if (tables & CONVERSATION_NEEDS_MESSAGE) condition_sql_add(s, " LEFT JOIN message AS m ON m.id = c.last_message_id");
  if (tables & CONVERSATION_NEEDS_MARK) join_mark(s);
}

/* " FROM … WHERE " the conversations whose column is in a list. On PostgreSQL a join instead of "= ANY", which
 * compares each row with a long parameter's items one after another. */
static void add_listed(struct condition_sql *s, const struct condition *c, const char *column, const char *list) {
  bool sqlite = s->engine == DB_SQLITE;
  condition_sql_add(s, " FROM ");
  if (!sqlite)
    buf_printf(
        &s->text,
        "(SELECT DISTINCT unnest(translate(%s, '[]', '{}')::bigint[]) AS id) AS listed JOIN conversation AS c ON "
        "%s = listed.id",
        list, column);
  else
    condition_sql_add(s, "conversation AS c");
  conversation_join_sql(s, c);
  condition_sql_add(s, " WHERE ");
  if (sqlite)
    buf_printf(&s->text, "%s IN (SELECT value FROM json_each(%s))", column, list);
  else
    condition_sql_add(s, "1 = 1");
  if (!c) return;
  condition_sql_add(s, " AND ");
  condition_sql_where(s, &conversation_noun, c);
}

static void add_order(struct condition_sql *s, enum conversation_order order) {
  condition_sql_add(s, " ORDER BY ");
  condition_sql_add(s, conversation_key(order));
  condition_sql_add(s, " DESC, c.id DESC");
}

void conversation_compare_sql(struct condition_sql *s, enum conversation_order order, const struct condition *c,
                              str ids) {
  const char *list = condition_sql_name(s, DB_S(ids));
  condition_sql_add(s, "SELECT c.id, c.customer_id");
  add_listed(s, c, "c.id", list);
  add_order(s, order);
}

static err compare(struct page_search *l, const struct condition *c, const int64_t *ids, size_t n, arena *a,
                   struct db_rows *rows) {
  struct condition_sql s;
  condition_sql_begin(&s, db_conn_engine(l->c), l->reader, a);
  conversation_compare_sql(&s, l->f->order, c, names_ids(a, ids, n));
  err e = condition_sql_run(&s, l->c, a, rows);
  condition_sql_end(&s);
  return e;
}

/* ---- walking ---- Takes the walk's rows piece by piece and compares them with the condition, if the walk does not
 * imply it, and with the query, until the page is full. */
enum { PIECE_MIN = 1000, PIECE_MAX = 32000, PIECES_BEFORE_DOUBT = 2, FILTERED_MAX = 20000 };

/* Appends the matches among the next `piece` rows. *from moves past them; *end when there are no more. */
static err walk_piece(struct page_search *l, struct place *from, size_t piece, arena *scratch, bool *end) {
  struct db_rows listed = {0}, rows = {0};
  err e = walk_rows(l, *from, piece, scratch, &listed);
  *end = listed.count < piece;
  if (err_is(e) || listed.count == 0) return e;
  const struct db_cell *last = db_at(&listed, listed.count - 1, 0);
  *from = (struct place){.key = last[1].i, .id = last[0].i};
  if (from->key <= l->walk.above) *end = true;
  e = compare(l, l->walk.filter ? l->f->condition : NULL, first_column(&listed, scratch), listed.count, scratch, &rows);
  if (err_is(e) || rows.count == 0) return e;
  bool *found = arena_array(scratch, bool, rows.count);
  int64_t *customers = arena_array(scratch, int64_t, rows.count);
  for (size_t i = 0; i < rows.count; i++) customers[i] = db_at(&rows, i, 1)->i;
  if (l->f->query.len)
    e = customer_search_among(l->c, l->f->query, customers, rows.count, scratch, found);
  else
    memset(found, true, rows.count * sizeof *found);
  for (size_t i = 0; i < rows.count && l->count < l->limit && !err_is(e); i++)
    if (found[i]) l->ids[l->count++] = db_at(&rows, i, 0)->i;
  return e;
}

/* A filter without a query: at most FILTERED_MAX rows per page. *from: where the list continues. */
static err filter(struct page_search *l, struct place *from, bool *end) {
  arena *scratch = arena_new(0);
  err e = err_ok;
  size_t piece = PIECE_MIN;
  for (size_t walked = 0; !err_is(e) && !*end && l->count < l->limit && walked < FILTERED_MAX; walked += piece) {
    piece = walked ? FILTERED_MAX / 4 : PIECE_MIN;
    e = walk_piece(l, from, piece, scratch, end);
    arena_reset(scratch);
  }
  arena_free(&scratch);
  return e;
}

/* ---- search ---- If a query finds few customers, their conversations are read and filtered. If it finds many (a
 * letter, a common first name), the list is walked. If the first pieces contain too few matches (all came in one old
 * import), the matching customers' conversations are read after all, unless they are a large share of all; then the
 * walk goes on. Each way returns every match; the number and position of the customers only decide which one is
 * cheaper. With a condition that is compared row by row a page ends after FILTERED_MAX rows. */
enum { FEW = 20000, MANY = 200000 };

static err ids_of_customers(struct page_search *l, struct place from, const int64_t *customers, size_t n, arena *a) {
  struct condition_sql s;
  struct db_rows rows = {0};
  condition_sql_begin(&s, db_conn_engine(l->c), l->reader, a);
  const char *list = condition_sql_name(&s, DB_S(names_ids(a, customers, n)));
  condition_sql_add(&s, "SELECT c.id");
  add_listed(&s, l->f->condition, "c.customer_id", list);
  if (l->f->order == CONVERSATION_BY_WAKE) condition_sql_add(&s, " AND " CONVERSATION_SLEEPS);
  buf_printf(&s.text, " AND (%s, c.id) < (", conversation_key(l->f->order));
  condition_sql_arg(&s, DB_I(from.key));
  condition_sql_add(&s, ", ");
  condition_sql_arg(&s, DB_I(from.id));
  condition_sql_add(&s, ")");
  add_order(&s, l->f->order);
  condition_sql_add(&s, " LIMIT ");
  condition_sql_arg(&s, DB_I(l->limit));
  err e = condition_sql_run(&s, l->c, a, &rows);
  condition_sql_end(&s);
  for (size_t i = 0; i < rows.count; i++) l->ids[i] = db_at(&rows, i, 0)->i;
  l->count = rows.count;
  return e;
}

/* All matches, if the query finds at most `max` customers; else sets *more and returns nothing. */
static err look_up(struct page_search *l, struct place from, size_t max, bool *more) {
  arena *scratch = arena_new(0);
  int64_t *customers = NULL;
  size_t n = 0;
  err e = customer_search(l->c, l->f->query, max, scratch, &customers, &n, more);
  if (!err_is(e) && !*more) {
    l->count = 0;
    if (n) e = ids_of_customers(l, from, customers, n, scratch);
  }
  arena_free(&scratch);
  return e;
}

static err search(struct page_search *l, struct place *from, bool *end) {
  bool many = false, filtered = l->walk.filter;
  err e = look_up(l, *from, FEW, &many);
  *end = !many;
  if (err_is(e) || !many) return e;
  const struct place head = *from;
  size_t piece = PIECE_MIN, walked = 0;
  arena *scratch = arena_new(0);
  for (int pieces = 0; many && !err_is(e) && !*end && l->count < l->limit; pieces++) {
    if (filtered && walked >= FILTERED_MAX) break;
    if (pieces == PIECES_BEFORE_DOUBT && !filtered) e = look_up(l, head, MANY, &many);
    *end = !many;
    if (many && !err_is(e)) e = walk_piece(l, from, piece, scratch, end);
    walked += piece;
    piece = piece * 4 < PIECE_MAX ? piece * 4 : PIECE_MAX;
    arena_reset(scratch);
  }
  arena_free(&scratch);
  return e;
}

/* ---- a page ---- */

static err hot_page(struct page_search *l, struct place from, arena *a) {
  struct db_rows rows = {0};
  err e = walk_rows(l, from, l->limit, a, &rows);
  l->ids = first_column(&rows, a);
  l->count = rows.count;
  return e;
}

/* Rows are read in order of time: sorts a page's rows into the order of its ids. */
static void arrange(struct conversation_row *rows, size_t count, const int64_t *ids) {
  for (size_t i = 0; i < count; i++)
    for (size_t k = i; k < count; k++) {
      if (rows[k].id != ids[i]) continue;
      struct conversation_row row = rows[i];
      rows[i] = rows[k];
      rows[k] = row;
      break;
    }
}

static bool names_spam(const struct condition *c) {
  if (c->kind == CONDITION_LEAF)
    return c->field == CONVERSATION_FIELD_SPAM || c->field == CONVERSATION_FIELD_SPAM_REASON;
  for (size_t i = 0; i < c->count; i++)
    if (names_spam(c->items[i])) return true;
  return false;
}

/* What a list has without being asked: no spam, unless the condition (NULL: all) says something about it. */
static const struct condition *usual(arena *a, const struct condition *asked) {
  return asked && names_spam(asked) ? NULL : conversation_of_spam(a, false);
}

/* What is asked for, as far as the actor may read it. */
static err within_reach(arena *a, const struct actor *who, const struct condition *asked,
                        const struct condition **out) {
  const struct condition *both[] = {asked, NULL};
  err e = conversation_of_reach(a, who, &both[1]);
  *out = both[1] ? condition_all(a, both, JSON_COUNT(both)) : asked;
  return e;
}

static err as_listed(arena *a, const struct actor *who, const struct condition *asked, const struct condition **out) {
  const struct condition *both[] = {NULL, usual(a, asked)};
  err e = within_reach(a, who, asked, &both[0]);
  *out = condition_all(a, both, JSON_COUNT(both));
  return e;
}

err conversation_page(db_conn *c, const struct conversation_filter *f, size_t limit, const struct actor *who, arena *a,
                      struct conversation_page *out) {
  assert(limit > 0 && limit <= LIMIT_PAGE_MAX);
  int64_t reader = actor_operator_id(who);
  struct conversation_filter asked = *f;
  *out = (struct conversation_page){0};
  err e = as_listed(a, who, f->condition, &asked.condition);
  if (err_is(e)) return e;
  asked.query = str_trim(f->query);
  struct page_search l = {.c = c, .f = &asked, .reader = reader, .limit = limit + 1};
  struct place from = {f->before_key, f->before_id};
  bool end = true;
  conversation_walk_plan(&l.walk, f->order, asked.condition, reader);
  if (from.key == 0 && from.id == 0) from = (struct place){INT64_MAX, INT64_MAX};
  if (l.walk.below < from.key) from = (struct place){l.walk.below, 0};
  l.ids = arena_array(a, int64_t, l.limit);
  if (asked.query.len) {
    e = search(&l, &from, &end);
    if (!l.walk.filter) end = true; /* it has gone on until the page was full, or to the end */
  } else if (l.walk.filter && l.walk.count) {
    end = false;
    e = filter(&l, &from, &end);
  } else {
    e = hot_page(&l, from, a);
  }
  if (err_is(e)) return e;
  bool full = l.count > limit;
  out->more = full || !end;
  e = conversation_read(c, l.ids, full ? limit : l.count, reader, a, &out->rows, &out->count);
  if (!err_is(e) && f->order != CONVERSATION_BY_TIME) arrange(out->rows, out->count, l.ids);
  if (err_is(e) || !out->more) return e;
  const struct conversation_row *last = out->count ? &out->rows[out->count - 1] : NULL;
  if (full && last) from = (struct place){conversation_key_of(f->order, last), last->id};
  out->next_key = from.key;
  out->next_id = from.id;
  return e;
}

/* ---- conditions of the list ---- */

const struct condition *conversation_of_status(arena *a, int status) {
  if (status < 0) return NULL;
  return condition_leaf(a, CONVERSATION_FIELD_STATUS, OP_IS, &(struct condition_value){.number = status}, 1);
}

const struct condition *conversation_of_assignee(arena *a, int64_t assignee) {
  if (assignee == 0) return NULL;
  struct condition_value v = {.kind = assignee == CONVERSATION_NOBODY ? VALUE_NONE : VALUE_GIVEN, .number = assignee};
  return condition_leaf(a, CONVERSATION_FIELD_ASSIGNEE_ID, OP_IS, &v, 1);
}

const struct condition *conversation_of_account(arena *a, str account) {
  if (!account.len) return NULL;
  return condition_leaf(a, CONVERSATION_FIELD_ACCOUNT, OP_IS, &(struct condition_value){.text = account}, 1);
}

const struct condition *conversation_of_spam(arena *a, bool spam) {
  return condition_leaf(a, CONVERSATION_FIELD_SPAM, OP_IS, &(struct condition_value){.number = spam}, 1);
}

err conversation_of_reach(arena *a, const struct actor *who, const struct condition **out) {
  enum reach reach = may_reach(who, MAY_CONVERSATION_READ);
  int64_t own = actor_operator_id(who);
  *out = reach == REACH_OWN && own ? conversation_of_assignee(a, own) : NULL;
  return reach == REACH_ALL || *out ? err_ok : err_make(ERR_FORBIDDEN);
}

/* ---- counts ---- Each number counts a condition along its walk up to CONVERSATION_COUNT_CAP + 1. The limit is part
 * of the SQL text, because a generic plan of PostgreSQL would sort all rows. If the walk needs a filter, its first
 * FILTERED_MAX rows are compared. The read marks are looked up one by one: PostgreSQL would join with all marks the
 * operator ever made, which grow for years. */

enum counted { COUNTED_WAITING, COUNTED_ACTIVE, COUNTED_MINE, COUNTED_SPAM, COUNTED };
static const char *const counted_names[COUNTED] = {"waiting", "active", "mine", "spam"};
struct counting { /* one count */
  const struct condition *condition;
  bool unread; /* also count the unread ones */
  struct conversation_walk walk;
};

static void plan_counts(struct counting *all, arena *a, int64_t reader, const struct conversation_count_of *of) {
  const struct condition *whose = conversation_of_assignee(a, of->assignee);
  const struct condition *active = conversation_of_status(a, CONVERSATION_ACTIVE);
  const struct condition *listed = usual(a, of->condition);
  const struct condition *waiting[] = {conversation_of_status(a, CONVERSATION_WAITING), whose, of->condition, listed};
  const struct condition *theirs[] = {active, whose, of->condition, listed};
  const struct condition *mine[] = {active, conversation_of_assignee(a, reader), of->condition, listed};
  const struct condition *spam[] = {conversation_of_spam(a, true), of->condition};
  all[COUNTED_WAITING] = (struct counting){.condition = condition_all(a, waiting, 4), .unread = true};
  all[COUNTED_ACTIVE] = (struct counting){.condition = condition_all(a, theirs, 4)};
  all[COUNTED_MINE] = (struct counting){.condition = condition_all(a, mine, 4), .unread = true};
  all[COUNTED_SPAM] = (struct counting){.condition = condition_all(a, spam, 2)};
  for (size_t i = 0; i < COUNTED; i++)
    conversation_walk_plan(&all[i].walk, CONVERSATION_BY_TIME, all[i].condition, reader);
}

/* The walk's rows without a filter. */
static void add_walked(struct condition_sql *s, const struct counting *n) {
  char limit[16];
  snprintf(limit, sizeof limit, "%d", CONVERSATION_COUNT_CAP + 1);
  condition_sql_add(s, "SELECT c.inbound_count, c.id, 1 = 1 AS found FROM (");
  conversation_walk_sql(&n->walk, s,
                        &(struct walk_sql){.columns = "c.id, c.updated_at, c.inbound_count", .limit = limit});
  condition_sql_add(s, ") AS c");
}

/* The first rows of the walk, each with the condition's result: the condition appears once in the text, since all
 * values are arguments. */
static void add_compared(struct condition_sql *s, const struct counting *n) {
  char limit[16];
  struct walk_sql with = {.columns = "c.*", .limit = limit};
  snprintf(limit, sizeof limit, "%d", FILTERED_MAX);
  if (n->walk.below != INT64_MAX || n->walk.above != INT64_MIN)
    with.behind = arena_printf(s->arena, "c.updated_at < %s AND c.updated_at > %s",
                               condition_sql_name(s, DB_I(n->walk.below)), condition_sql_name(s, DB_I(n->walk.above)))
                      .ptr;
  condition_sql_add(s, "SELECT c.inbound_count, c.id, ");
  condition_sql_where(s, &conversation_noun, n->condition);
  condition_sql_add(s, " AS found FROM (");
  conversation_walk_sql(&n->walk, s, &with);
  condition_sql_add(s, ") AS c");
  conversation_join_sql(s, n->condition);
}

/* "(SELECT …) AS name": n, unread, and the number of rows examined. */
static void add_count(struct condition_sql *s, const struct counting *n, const char *name) {
  if (n->walk.count == 0) {
    buf_printf(&s->text, "(SELECT 0 AS n, 0 AS unread, 0 AS looked) AS %s", name);
    return;
  }
  condition_sql_add(s, "(SELECT count(CASE WHEN c.found THEN 1 END) AS n, ");
  if (n->unread) {
    buf_printf(&s->text,
               "count(CASE WHEN c.found AND c.inbound_count > coalesce((SELECT r.read_count FROM read_mark AS r WHERE "
               "r.operator_id = %s AND r.conversation_id = c.id), 0) THEN 1 END) AS unread, ",
               condition_sql_reader(s));
  } else {
    condition_sql_add(s, "0 AS unread, ");
  }
  condition_sql_add(s, "count(*) AS looked FROM (");
  (n->walk.filter ? add_compared : add_walked)(s, n);
  buf_printf(&s->text, ") AS c) AS %s", name);
}

/* The counts from..to-1, three columns each. */
static void add_counts(struct condition_sql *s, const struct counting *all, size_t from, size_t to) {
  for (size_t i = from; i < to; i++)
    buf_printf(&s->text, "%s%s.n, %s.unread, %s.looked", i == from ? "SELECT " : ", ", counted_names[i],
               counted_names[i], counted_names[i]);
  for (size_t i = from; i < to; i++) {
    condition_sql_add(s, i == from ? " FROM " : ", ");
    add_count(s, &all[i], counted_names[i]);
  }
}

void conversation_count_sql(struct condition_sql *s, const struct conversation_count_of *of) {
  struct counting all[COUNTED];
  plan_counts(all, s->arena, s->reader, of);
  add_counts(s, all, 0, COUNTED);
}

/* One statement for all counts, or one per count if rows are compared: the arguments of three long conditions would not
 * fit into one. */
static err count_between(db_conn *c, int64_t reader, const struct counting *all, size_t from, size_t to, int64_t *n,
                         int64_t *unread, bool *partial) {
  struct condition_sql s;
  struct db_rows rows = {0};
  condition_sql_begin(&s, db_conn_engine(c), reader, db_conn_arena(c));
  add_counts(&s, all, from, to);
  err e = condition_sql_run(&s, c, db_conn_arena(c), &rows);
  condition_sql_end(&s);
  for (size_t i = from; i < to && !err_is(e); i++) {
    const struct db_cell *of = db_at(&rows, 0, (i - from) * 3);
    n[i] = of[0].i > CONVERSATION_COUNT_CAP ? CONVERSATION_COUNT_CAP + 1 : of[0].i;
    unread[i] = of[1].i > CONVERSATION_COUNT_CAP ? CONVERSATION_COUNT_CAP + 1 : of[1].i;
    if (all[i].walk.filter && of[2].i >= FILTERED_MAX && n[i] <= CONVERSATION_COUNT_CAP) *partial = true;
  }
  return e;
}

err conversation_count(db_conn *c, const struct actor *who, const struct conversation_count_of *of,
                       struct conversation_counts *out) {
  struct counting all[COUNTED];
  int64_t n[COUNTED] = {0}, unread[COUNTED] = {0}, reader = actor_operator_id(who);
  bool partial = false, compared = false;
  struct conversation_count_of asked = *of;
  err e = within_reach(db_conn_arena(c), who, of->condition, &asked.condition);
  if (err_is(e)) return e;
  plan_counts(all, db_conn_arena(c), reader, &asked);
  for (size_t i = 0; i < COUNTED; i++) compared |= all[i].walk.filter;
  for (size_t i = 0; i < COUNTED && !err_is(e); i += compared ? 1 : COUNTED)
    e = count_between(c, reader, all, i, compared ? i + 1 : COUNTED, n, unread, &partial);
  if (err_is(e)) return e;
  *out = (struct conversation_counts){
      .waiting = n[COUNTED_WAITING],
      .active = n[COUNTED_ACTIVE],
      .mine = n[COUNTED_MINE],
      .waiting_unread = unread[COUNTED_WAITING],
      .mine_unread = unread[COUNTED_MINE],
      .spam = n[COUNTED_SPAM],
      .capped_at = CONVERSATION_COUNT_CAP,
      .partial = partial,
  };
  return err_ok;
}
