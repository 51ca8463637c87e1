/* The operators' names for customers: the display name and nothing else. Names are few and needed
 * with every answer, so they are cached; an operator event updates them. */
#include "desk/operator/operator.h"
#include "edge/mobile/mobile_internal.h"

enum { NAMES_MAX = 4096 };

struct name {
  int64_t operator_id;
  char *text;
};

struct mobile_names {
  pthread_mutex_t lock;
  struct name *items;
  size_t count, cap;
};

struct mobile_names *mobile_names_new(void) {
  struct mobile_names *n = mem_alloc(sizeof *n);
  pthread_mutex_init(&n->lock, NULL);
  return n;
}

void mobile_names_free(struct mobile_names **names) {
  struct mobile_names *n = *names;
  if (!n) return;
  for (size_t i = 0; i < n->count; i++) mem_free(&n->items[i].text);
  mem_free(&n->items);
  pthread_mutex_destroy(&n->lock);
  mem_free(names);
}

/* Called with the lock held. */
static struct name *find(const struct mobile_names *n, int64_t operator_id) {
  for (size_t i = 0; i < n->count; i++)
    if (n->items[i].operator_id == operator_id) return &n->items[i];
  return NULL;
}

/* fresh: from an event, which is newer than what a concurrent reader may store. */
static void keep(struct mobile_names *n, int64_t operator_id, str text, bool fresh) {
  pthread_mutex_lock(&n->lock);
  struct name *known = find(n, operator_id);
  if (known && fresh) {
    mem_free(&known->text);
    known->text = mem_dup_cstr(text);
  } else if (!known && n->count < NAMES_MAX) {
    if (n->count == n->cap) {
      n->cap = n->cap ? n->cap * 2 : 8;
      n->items = mem_realloc(n->items, n->cap * sizeof *n->items);
    }
    n->items[n->count++] = (struct name){operator_id, mem_dup_cstr(text)};
  }
  pthread_mutex_unlock(&n->lock);
}

void mobile_names_update(struct mobile_names *n, const struct bus_event *e) {
  arena *a = arena_new(0);
  struct event_operator_status_change change;
  if (!err_is(json_decode(&event_operator_status_change_shape, e->data, a, &change, NULL)) && change.operator)
    keep(n, e->subject_id, change.operator->name, true);
  arena_free(&a);
}

static bool known_name(struct mobile_names *n, int64_t operator_id, arena *a, str *out) {
  pthread_mutex_lock(&n->lock);
  const struct name *known = find(n, operator_id);
  if (known) *out = arena_dup(a, str_c(known->text));
  pthread_mutex_unlock(&n->lock);
  return known != NULL;
}

str mobile_name_in(struct mobile_names *n, db_conn *c, int64_t operator_id, arena *a) {
  str name = STR_NONE;
  struct operator_row row;
  if (!operator_id || known_name(n, operator_id, a, &name)) return name;
  if (err_is(operator_get(c, operator_id, a, &row))) return STR_NONE;
  keep(n, operator_id, row.name, false);
  return row.name;
}

struct reading_ctx {
  struct mobile_names *names;
  int64_t operator_id;
  arena *arena;
  str name;
};

static err read_name(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  r->name = mobile_name_in(r->names, c, r->operator_id, r->arena);
  return err_ok;
}

str mobile_name_of(struct mobile_names *n, db *d, int64_t operator_id, arena *a) {
  struct reading_ctx r = {n, operator_id, a, STR_NONE};
  if (!operator_id || known_name(n, operator_id, a, &r.name)) return r.name;
  return err_is(db_read(d, read_name, &r)) ? STR_NONE : r.name;
}
