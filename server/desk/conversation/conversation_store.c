/* Conversations as they are read: one, a page of the list, the counts. */
#include "desk/conversation/conversation.h"

#include "base/limits.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>

static const struct customer_row *customer_from(const struct db_cell *cell, arena *a) {
  struct customer_row *customer = arena_new_of(a, struct customer_row);
  *customer = (struct customer_row){
      .id = cell[0].i,
      .channel = cell[1].s,
      .account = cell[2].s,
      .external_id = cell[3].s,
      .name = cell[4].s,
      .username = cell[5].s,
      .language = cell[6].s,
      .blocked_at = cell[7].i,
      .created_at = cell[8].i,
      .blocked = cell[7].i != 0,
  };
  return customer;
}

static const struct conversation_last *last_from(int64_t id, const struct db_cell *cell, arena *a) {
  if (!id || cell[0].null) return NULL;
  struct conversation_last *last = arena_new_of(a, struct conversation_last);
  int kind = names_find(&message_kind_names, cell[1].s);
  str text = cell[2].s.ptr ? cell[2].s : S("");
  *last = (struct conversation_last){
      .id = id,
      .direction = names_find(&message_direction_names, cell[0].s),
      .kind = kind,
      .preview = message_preview_of(kind, text, cell[3].s, a),
      .content = cell[4].s.ptr ? cell[4].s : cell[3].s,
      .delivery = names_find(&message_delivery_names, cell[5].s),
      .created_at = cell[6].i,
  };
  return last;
}

static void from_row(const struct db_rows *rows, size_t row, int64_t for_operator, arena *a,
                     struct conversation_row *out) {
  const struct db_cell *cell = db_at(rows, row, 0);
  *out = (struct conversation_row){
      .id = cell[0].i,
      .status = names_find(&conversation_status_names, cell[1].s),
      .assignee_id = cell[2].i,
      .inbound_count = cell[3].i,
      .created_at = cell[4].i,
      .updated_at = cell[5].i,
      .closed_at = cell[6].i,
      .customer = customer_from(cell + 8, a),
      .last_message = last_from(cell[7].i, cell + 17, a),
      .read_count = for_operator ? cell[24].i : -1,
      .seen_message_id = cell[25].i,
      .seen_at = cell[26].i,
  };
}

err conversation_get(db_conn *c, int64_t id, int64_t for_operator, arena *a, struct conversation_row *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_CONVERSATION_BY_ID, a, &rows, DB_I(id), DB_I(for_operator));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_row(&rows, 0, for_operator, a, out);
  return err_ok;
}

static err found_ids(db_conn *c, const struct conversation_filter *f, int64_t t, int64_t id, size_t limit, arena *a,
                     struct db_rows *rows) {
  int64_t *customers = NULL;
  size_t count = 0;
  err e = customer_search(c, f->query, a, &customers, &count);
  if (err_is(e) || count == 0) return e;
  str status = f->status < 0 ? S("") : names_text(&conversation_status_names, f->status);
  return DB_RUN(c, SQL_CONVERSATION_PAGE_CUSTOMERS, a, rows, DB_S(names_ids(a, customers, count)), DB_I(t), DB_I(id),
                DB_S(status), DB_I(f->assignee), DB_I(limit));
}

/* Each filter is a statement of its own, so that each walks an index in the list's order and stops at the limit. */
static err page_ids(db_conn *c, const struct conversation_filter *f, size_t limit, arena *a, struct db_rows *rows) {
  bool first = f->before_updated_at == 0 && f->before_id == 0;
  int64_t t = first ? INT64_MAX : f->before_updated_at, id = first ? INT64_MAX : f->before_id;
  str status = names_text(&conversation_status_names, f->status);
  if (str_trim(f->query).len) return found_ids(c, f, t, id, limit, a, rows);
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

err conversation_page(db_conn *c, const struct conversation_filter *f, size_t limit, int64_t for_operator, arena *a,
                      struct conversation_row **out, size_t *count, bool *more) {
  assert(limit > 0 && limit <= LIMIT_PAGE_MAX);
  struct db_rows page = {0}, rows = {0};
  err e = page_ids(c, f, limit + 1, a, &page);
  if (err_is(e)) return e;
  *more = page.count > limit;
  size_t wanted = *more ? limit : page.count;
  int64_t *ids = arena_array(a, int64_t, wanted);
  for (size_t i = 0; i < wanted; i++) ids[i] = db_at(&page, i, 0)->i;
  if (wanted) e = DB_RUN(c, SQL_CONVERSATION_BY_IDS, a, &rows, DB_S(names_ids(a, ids, wanted)), DB_I(for_operator));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct conversation_row, rows.count);
  for (size_t i = 0; i < rows.count; i++) from_row(&rows, i, for_operator, a, &(*out)[i]);
  return err_ok;
}

err conversation_count(db_conn *c, int64_t operator_id, struct conversation_counts *out) {
  struct db_rows rows = {0};
  err e =
      DB_RUN(c, SQL_CONVERSATION_COUNTS, db_conn_arena(c), &rows, DB_I(operator_id), DB_I(CONVERSATION_COUNT_CAP + 1));
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
