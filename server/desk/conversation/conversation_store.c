/* Conversations as they are read: one, a page of the list, the counts. */
#include "desk/conversation/conversation_work.h"

#include "base/limits.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>

static const struct customer_row *customer_from(const struct db_cell *cell, arena *a) {
  struct customer_row *customer = arena_new_of(a, struct customer_row);
  customer_from_cells(cell, a, customer);
  return customer;
}

static const struct conversation_last *last_from(int64_t id, const struct db_cell *cell, arena *a) {
  if (!id || cell[COL_CONVERSATION_LAST_DIRECTION].null) return NULL;
  struct conversation_last *last = arena_new_of(a, struct conversation_last);
  int kind = names_find(&message_kind_names, cell[COL_CONVERSATION_LAST_KIND].s);
  str content = cell[COL_CONVERSATION_LAST_CONTENT].s, action = cell[COL_CONVERSATION_LAST_ACTION].s;
  *last = (struct conversation_last){
      .id = id,
      .direction = names_find(&message_direction_names, cell[COL_CONVERSATION_LAST_DIRECTION].s),
      .kind = kind,
      .preview = message_preview_of(kind, str_or_empty(cell[COL_CONVERSATION_LAST_PREVIEW].s), content, a),
      .content = action.ptr ? action : content,
      .delivery = names_find(&message_delivery_names, cell[COL_CONVERSATION_LAST_DELIVERY].s),
      .created_at = cell[COL_CONVERSATION_LAST_CREATED_AT].i,
  };
  return last;
}

void conversation_from_cells(const struct db_cell *cell, struct conversation_row *out) {
  *out = (struct conversation_row){
      .id = cell[COL_CONVERSATION_ID].i,
      .status = names_find(&conversation_status_names, cell[COL_CONVERSATION_STATUS].s),
      .assignee_id = cell[COL_CONVERSATION_ASSIGNEE_ID].i,
      .inbound_count = cell[COL_CONVERSATION_INBOUND_COUNT].i,
      .read_count = -1,
      .created_at = cell[COL_CONVERSATION_CREATED_AT].i,
      .updated_at = cell[COL_CONVERSATION_UPDATED_AT].i,
      .closed_at = cell[COL_CONVERSATION_CLOSED_AT].i,
      .seen_message_id = cell[COL_CONVERSATION_SEEN_MESSAGE_ID].i,
      .seen_at = cell[COL_CONVERSATION_SEEN_AT].i,
  };
}

/* A whole row: conversation, customer, last message, the reader's mark. */
static void from_row(const struct db_rows *rows, size_t row, int64_t for_operator, arena *a,
                     struct conversation_row *out) {
  const struct db_cell *cell = db_at(rows, row, 0), *customer = cell + COL_CONVERSATION_COUNT;
  const struct db_cell *last = customer + COL_CUSTOMER_COUNT, *mark = last + COL_CONVERSATION_LAST_COUNT;
  conversation_from_cells(cell, out);
  out->customer = customer_from(customer, a);
  out->last_message = last_from(cell[COL_CONVERSATION_LAST_MESSAGE_ID].i, last, a);
  if (for_operator) out->read_count = mark->i;
}

err conversation_get(db_conn *c, int64_t id, int64_t for_operator, arena *a, struct conversation_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_BY_ID, a, &rows, DB_I(id), DB_I(for_operator));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_row(&rows, 0, for_operator, a, out);
  return err_ok;
}

err conversation_first_unread(db_conn *c, const struct conversation_row *row, int64_t *message_id) {
  int64_t unread = row->inbound_count - row->read_count;
  *message_id = 0;
  if (row->read_count < 0 || unread <= 0) return err_ok;
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_UNREAD_NTH, db_conn_arena(c), &rows, DB_I(row->id), DB_I(unread - 1));
  if (!err_is(e) && rows.count) *message_id = db_at(&rows, 0, 0)->i;
  return e;
}

/* Where a page begins: behind a row of the list, or at its head. */
struct place {
  int64_t updated_at, id;
};

/* Each filter is a statement of its own, so that each walks an index in the list's order and stops at the limit. */
static err list_ids(db_conn *c, const struct conversation_filter *f, struct place from, size_t limit, arena *a,
                    struct db_rows *rows) {
  int64_t t = from.updated_at, id = from.id;
  str status = names_text(&conversation_status_names, f->status);
  if (f->assignee == 0 && f->status < 0)
    return DB_RUN(c, SQL_CONVERSATION_PAGE_ALL, a, rows, DB_I(t), DB_I(id), DB_I(limit));
  if (f->assignee == 0)
    return DB_RUN(c, SQL_CONVERSATION_PAGE_STATUS, a, rows, DB_S(status), DB_I(t), DB_I(id), DB_I(limit));
  if (f->assignee == CONVERSATION_NOBODY && f->status < 0)
    return DB_RUN(c, SQL_CONVERSATION_PAGE_NOBODY, a, rows, DB_I(t), DB_I(id), DB_I(limit));
  if (f->assignee == CONVERSATION_NOBODY)
    return DB_RUN(c, SQL_CONVERSATION_PAGE_NOBODY_STATUS, a, rows, DB_S(status), DB_I(t), DB_I(id), DB_I(limit));
  if (f->status < 0)
    return DB_RUN(c, SQL_CONVERSATION_PAGE_ASSIGNEE, a, rows, DB_I(f->assignee), DB_I(t), DB_I(id), DB_I(limit));
  return DB_RUN(c, SQL_CONVERSATION_PAGE_ASSIGNEE_STATUS, a, rows, DB_I(f->assignee), DB_S(status), DB_I(t), DB_I(id),
                DB_I(limit));
}

static int64_t *first_column(const struct db_rows *rows, arena *a) {
  int64_t *ids = arena_array(a, int64_t, rows->count);
  for (size_t i = 0; i < rows->count; i++) ids[i] = db_at(rows, i, 0)->i;
  return ids;
}

/* ---- search ----
 * A query that finds few customers: their conversations are read and filtered. One that finds many (a letter, a common
 * first name): the filtered list is walked in its own order, and the customers of each piece are compared with the query,
 * until the page is full. When the first pieces hold too little (all who are meant came in one old import), their
 * customers are read after all, unless these are a good part of everybody; then the walk goes on. Each way gives every
 * match; how many customers there are and where they stand decides only which one is cheap. */
enum { FEW = 20000, MANY = 200000, PIECE_MIN = 1000, PIECE_MAX = 32000, PIECES_BEFORE_DOUBT = 2 };

static err ids_of_customers(db_conn *c, const struct conversation_filter *f, struct place from, size_t limit, arena *a,
                            const int64_t *customers, size_t n, int64_t **ids, size_t *count) {
  struct db_rows rows = {0};
  str status = f->status < 0 ? S("") : names_text(&conversation_status_names, f->status);
  err e = DB_RUN(c, SQL_CONVERSATION_PAGE_CUSTOMERS, a, &rows, DB_S(names_ids(a, customers, n)), DB_I(from.updated_at),
                 DB_I(from.id), DB_S(status), DB_I(f->assignee), DB_I(limit));
  *ids = first_column(&rows, a);
  *count = rows.count;
  return e;
}

/* Appends what the query finds among the next `piece` rows of the list. *from moves behind them; *end when there are no
 * more. */
static err walk_piece(db_conn *c, const struct conversation_filter *f, struct place *from, size_t piece, arena *scratch,
                      int64_t *ids, size_t *count, size_t limit, bool *end) {
  struct db_rows listed = {0}, rows = {0};
  err e = list_ids(c, f, *from, piece, scratch, &listed);
  if (!err_is(e) && listed.count)
    e = DB_RUN(c, SQL_CONVERSATION_CUSTOMERS, scratch, &rows,
               DB_S(names_ids(scratch, first_column(&listed, scratch), listed.count)));
  *end = listed.count < piece;
  if (err_is(e) || rows.count == 0) return e;
  int64_t *customers = arena_array(scratch, int64_t, rows.count);
  bool *found = arena_array(scratch, bool, rows.count);
  for (size_t i = 0; i < rows.count; i++) customers[i] = db_at(&rows, i, 2)->i;
  e = customer_search_among(c, f->query, customers, rows.count, scratch, found);
  for (size_t i = 0; i < rows.count && *count < limit && !err_is(e); i++)
    if (found[i]) ids[(*count)++] = db_at(&rows, i, 0)->i;
  const struct db_cell *last = db_at(&rows, rows.count - 1, 0);
  *from = (struct place){.updated_at = last[1].i, .id = last[0].i};
  return e;
}

/* All that the query finds, when it finds at most `max` customers; else *more, and nothing. */
static err look_up(db_conn *c, const struct conversation_filter *f, struct place from, size_t limit, size_t max,
                   arena *a, int64_t **ids, size_t *count, bool *more) {
  arena *scratch = arena_new(0);
  int64_t *customers = NULL;
  size_t n = 0;
  *count = 0;
  err e = customer_search(c, f->query, max, scratch, &customers, &n, more);
  if (!err_is(e) && !*more && n > 0) e = ids_of_customers(c, f, from, limit, a, customers, n, ids, count);
  arena_free(&scratch);
  return e;
}

static err search(db_conn *c, const struct conversation_filter *f, struct place from, size_t limit, arena *a,
                  int64_t **ids, size_t *count) {
  bool many = false, end = false;
  err e = look_up(c, f, from, limit, FEW, a, ids, count, &many);
  if (err_is(e) || !many) return e;
  const struct place head = from;
  int64_t *found = arena_array(a, int64_t, limit);
  size_t n = 0, piece = PIECE_MIN;
  arena *scratch = arena_new(0);
  for (int pieces = 0; many && !err_is(e) && !end && n < limit; pieces++) {
    if (pieces == PIECES_BEFORE_DOUBT) e = look_up(c, f, head, limit, MANY, a, ids, count, &many);
    if (many && !err_is(e)) e = walk_piece(c, f, &from, piece, scratch, found, &n, limit, &end);
    piece = piece * 4 < PIECE_MAX ? piece * 4 : PIECE_MAX;
    arena_reset(scratch);
  }
  arena_free(&scratch);
  if (many) *ids = found, *count = n;
  return e;
}

static err page_ids(db_conn *c, const struct conversation_filter *f, size_t limit, arena *a, int64_t **ids,
                    size_t *count) {
  bool first = f->before_updated_at == 0 && f->before_id == 0;
  struct place from = {first ? INT64_MAX : f->before_updated_at, first ? INT64_MAX : f->before_id};
  if (str_trim(f->query).len == 0) {
    struct db_rows rows = {0};
    err e = list_ids(c, f, from, limit, a, &rows);
    *ids = first_column(&rows, a);
    *count = rows.count;
    return e;
  }
  return search(c, f, from, limit, a, ids, count);
}

err conversation_page(db_conn *c, const struct conversation_filter *f, size_t limit, int64_t for_operator, arena *a,
                      struct conversation_row **out, size_t *count, bool *more) {
  assert(limit > 0 && limit <= LIMIT_PAGE_MAX);
  struct db_rows rows = {0};
  int64_t *ids = NULL;
  size_t wanted = 0;
  err e = page_ids(c, f, limit + 1, a, &ids, &wanted);
  if (err_is(e)) return e;
  *more = wanted > limit;
  if (*more) wanted = limit;
  if (wanted) e = DB_RUN(c, SQL_CONVERSATION_BY_IDS, a, &rows, DB_S(names_ids(a, ids, wanted)), DB_I(for_operator));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct conversation_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) from_row(&rows, i, for_operator, a, &(*out)[i]);
  return err_ok;
}

err conversation_count(db_conn *c, int64_t operator_id, struct conversation_counts *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_COUNTS, db_conn_arena(c), &rows, DB_I(operator_id));
  if (err_is(e)) return e;
  *out = (struct conversation_counts){
      .waiting = db_at(&rows, 0, 0)->i,
      .active = db_at(&rows, 0, 1)->i,
      .mine = db_at(&rows, 0, 2)->i,
      .waiting_unread = db_at(&rows, 0, 3)->i,
      .mine_unread = db_at(&rows, 0, 4)->i,
      .capped_at = CONVERSATION_COUNT_CAP,
  };
  return err_ok;
}
