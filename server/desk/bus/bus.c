/* The event log's reader: see bus.h for the guarantees and bus_gap.h for the rule.
 *
 * One thread sleeps until bus_wake (or a second has passed: another node may have written), reads the events after its
 * position in one snapshot and hands it to `publish`. While a gap is open it reads again every few milliseconds.
 * Non-goal: delivery to clients, which edge/realtime does. */
#include "desk/bus/bus.h"

#include "base/log.h"
#include "base/thread.h"
#include "desk/bus/bus_gap.h"
#include "desk/desk.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum {
  BUS_MAGIC = 0x42555331,
  BATCH = 512,
  IDLE_MS = 1000,
  GAP_MS = 4,
  GAP_LONG_MS = 2000,  /* a wait above it is logged */
  SETTLE_TRIES = 1200, /* of SETTLE_MS each: longer than db/ lets a stopped process keep a transaction open */
  SETTLE_MS = 10,
  PRUNE_BATCH = 2000,
  PRUNE_BATCHES = 10,
  AHEAD_MOST_MS = 24 * 3600 * 1000, /* no node's clock is ahead of ours by more */
  READ_STEP = 32,
  FULL_MAX_BYTES = 2 * EVENT_MAX_BYTES,
  STACK_BYTES = 256 << 10
};

static const struct {
  const char *text;
  bool logged;
  enum subject_kind subject;
  enum audience_kind audience;
} types[] = {
#define LOGGED    true
#define EPHEMERAL false
#define EVENT(name, text, way, subject, audience, right) \
  [EVENT_##name] = {#text, way, SUBJECT_##subject, AUDIENCE_##audience},
#include "spec/events.tbl"
#undef EVENT
#undef LOGGED
#undef EPHEMERAL
};

static const char *const audience_texts[] = {
    [AUDIENCE_ALL] = "all", [AUDIENCE_OPERATOR] = "operator", [AUDIENCE_OPERATORS] = "operators"};
const struct json_enum audience_names = {
    .name = "Audience", .names = audience_texts, .count = JSON_COUNT(audience_texts)};

bool audience_has(const struct audience *a, int64_t operator_id) {
  bool found = a->kind == AUDIENCE_ALL || (a->kind == AUDIENCE_OPERATOR && a->id == operator_id);
  for (size_t i = 0; a->kind == AUDIENCE_OPERATORS && i < a->count && !found; i++) found = a->ids[i] == operator_id;
  return found;
}

const char *event_text(enum event_type type) {
  assert(type < EVENT_TYPES);
  return types[type].text;
}

bool event_is_logged(enum event_type type) {
  assert(type < EVENT_TYPES);
  return types[type].logged;
}

enum subject_kind event_subject(enum event_type type) {
  assert(type < EVENT_TYPES);
  return types[type].subject;
}

enum audience_kind event_audience(enum event_type type) {
  assert(type < EVENT_TYPES);
  return types[type].audience;
}

bool event_parse(str text, enum event_type *out) {
  for (int i = 0; i < EVENT_TYPES; i++)
    if (str_eq(text, str_c(types[i].text))) {
      *out = (enum event_type)i;
      return true;
    }
  return false;
}

err event_append(db_conn *c, enum event_type type, const struct event_about *about, const struct json_shape *shape,
                 const void *data, int64_t now_ms) {
  const struct audience *to = &about->audience;
  bool all = to->kind == AUDIENCE_ALL, some = to->kind == AUDIENCE_OPERATORS;
  assert(event_is_logged(type));
  assert(to->kind == event_audience(type) || (some && event_audience(type) == AUDIENCE_ALL));
  assert(!some || (to->count > 0 && to->count <= AUDIENCE_MAX));
  buf b;
  buf_init(&b, EVENT_MAX_BYTES);
  json_encode_stored(&b, shape, data);
  err e = b.overflow ? err_make(ERR_TOO_LARGE)
                     : DB_RUN(c, SQL_EVENT_APPEND, db_conn_arena(c), NULL, DB_S(str_c(types[type].text)),
                              DB_S(names_text(&subject_names, types[type].subject)), db_arg_opt(about->id),
                              DB_S(all ? STR_NONE : names_text(&audience_names, (int)to->kind)),
                              db_arg_opt(to->kind == AUDIENCE_OPERATOR ? to->id : 0), DB_S(about->customer.channel),
                              DB_S(buf_borrow(&b)), DB_I(now_ms), DB_S(names_text(&actor_names, about->by.kind)),
                              db_arg_opt(about->by.id), db_arg_opt(about->owner_id), db_arg_opt(about->former_owner_id),
                              DB_S(some ? names_ids(db_conn_arena(c), to->ids, to->count) : STR_NONE),
                              DB_S(about->customer.account), DB_S(about->customer.external_id));
  buf_free(&b);
  return e;
}

void event_broadcast(struct desk *d, enum event_type type, const struct subject *about, const struct json_shape *shape,
                     const void *data) {
  assert(!event_is_logged(type) && about->kind == event_subject(type));
  if (d->broadcast) d->broadcast(d->broadcast_arg, (int)type, about, shape, data);
}

struct bus {
  uint32_t magic;
  struct bus_config config;
  atomic_int_fast64_t position;
  struct bus_gap gap;                   /* used by the reader only */
  bool wait_logged;                     /* used by the reader only: the wait for the gap was long */
  atomic_int_fast64_t waiting_since_ms; /* steady time since which the reader waits for a gap; 0: it does not */
  pthread_t thread;
  atomic_bool woken;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t wake;
  bool stopping, started;
};

/* ---- reading, inside db_read ---- */

struct batch_ctx {
  struct bus *bus;
  arena *arena;
  struct bus_event *events;
  size_t count;
  int64_t last; /* the seq to which the position may move */
  bool full, waiting /* for a gap */;
};

static str with_actor(const struct bus *b, str stored, arena *a) {
  buf out;
  if (!b->config.name_actor) return stored;
  buf_init(&out, FULL_MAX_BYTES);
  b->config.name_actor(stored, &out);
  str named = out.overflow ? stored : arena_dup(a, buf_borrow(&out));
  buf_free(&out);
  return named;
}

/* The data in its full form, in `a`; absent if that fails. */
static str full_form(const struct bus *b, enum event_type type, str stored, arena *a) {
  if (!b->config.expand) return stored;
  buf out;
  buf_init(&out, FULL_MAX_BYTES);
  bool good = b->config.expand(type, stored, &out) && !out.overflow;
  str full = good ? arena_dup(a, buf_borrow(&out)) : STR_NONE;
  buf_free(&out);
  return full;
}

/* "[1,2]"; false if it is not such a list. */
static bool read_ids(str text, arena *a, struct audience *out) {
  int64_t *ids = arena_array(a, int64_t, AUDIENCE_MAX);
  size_t count = 0;
  if (text.len < 2 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']') return false;
  for (str rest = str_sub(text, 1, text.len - 1); rest.ptr; count++)
    if (count == AUDIENCE_MAX || !str_to_i64(str_trim(str_cut(&rest, ',')), &ids[count])) return false;
  out->ids = ids;
  out->count = count;
  return true;
}

/* False for an event that cannot be shown: a type of a newer node, or unreadable data. */
static bool decode_row(const struct bus *b, const struct db_cell *cell, arena *a, struct bus_event *e) {
  int audience = cell[COL_EVENT_AUDIENCE].null ? AUDIENCE_ALL : names_find(&audience_names, cell[COL_EVENT_AUDIENCE].s);
  int subject = names_find(&subject_names, cell[COL_EVENT_SUBJECT].s);
  int actor = names_find(&actor_names, cell[COL_EVENT_ACTOR].s);
  *e = (struct bus_event){
      .seq = cell[COL_EVENT_SEQ].i,
      .subject = subject < 0 ? SUBJECT_NONE : (enum subject_kind)subject,
      .subject_id = cell[COL_EVENT_SUBJECT_ID].i,
      .owner_id = cell[COL_EVENT_OWNER_ID].i,
      .former_owner_id = cell[COL_EVENT_FORMER_OWNER_ID].i,
      .by = {.kind = actor < 0 ? ACTOR_SYSTEM : (enum actor_kind)actor,
             .role = ROLE_OPERATOR,
             .id = cell[COL_EVENT_ACTOR_ID].i},
      .audience = {.kind = (enum audience_kind)audience, .id = cell[COL_EVENT_AUDIENCE_ID].i},
      .customer = {cell[COL_EVENT_CHANNEL].s, cell[COL_EVENT_ACCOUNT].s, cell[COL_EVENT_EXTERNAL_ID].s}};
  if (audience == AUDIENCE_OPERATORS && !read_ids(cell[COL_EVENT_AUDIENCE_IDS].s, a, &e->audience)) return false;
  if (audience < 0 || !event_parse(cell[COL_EVENT_TYPE].s, &e->type)) return false;
  str stored = cell[COL_EVENT_DATA].s;
  e->data = full_form(b, e->type, actor < 0 ? with_actor(b, stored, a) : stored, a);
  if (!e->data.ptr) LOG_ERROR("bus.unreadable", LOG_I("seq", e->seq), LOG_C("type", event_text(e->type)));
  return e->data.ptr != NULL;
}

/* The rows of the log in (since, until], in order, bounded in number and bytes; a larger first row is included
 * anyway. */
struct reading_ctx {
  const struct bus *bus;
  int64_t since, until;
  size_t limit, max_bytes;
  arena *arena;
  int64_t *seqs; /* the seqs of all rows */
  struct bus_event *events;
  size_t row_count, event_count;
  bool ended; /* no more rows */
};

/* Rows are read a few at a time, so that little is read beyond max_bytes. */
static err read_rows(db_conn *c, struct reading_ctx *r) {
  size_t bytes = 0;
  r->seqs = arena_array(r->arena, int64_t, r->limit);
  r->events = arena_array(r->arena, struct bus_event, r->limit);
  while (r->row_count < r->limit) {
    struct db_rows rows;
    size_t left = r->limit - r->row_count, step = left < READ_STEP ? left : READ_STEP, fit = 0;
    int64_t after = r->row_count ? r->seqs[r->row_count - 1] : r->since;
    err e = DB_RUN(c, SQL_EVENT_BETWEEN, r->arena, &rows, DB_I(after), DB_I(r->until), DB_I(step));
    if (err_is(e)) return e;
    for (; fit < rows.count; fit++) {
      const struct db_cell *cell = db_at(&rows, fit, 0);
      bool shown = decode_row(r->bus, cell, r->arena, &r->events[r->event_count]);
      bytes += shown ? r->events[r->event_count].data.len : cell[COL_EVENT_DATA].s.len;
      if (bytes > r->max_bytes && r->row_count) break;
      r->seqs[r->row_count++] = cell[COL_EVENT_SEQ].i;
      r->event_count += shown;
    }
    bool full = fit < rows.count;
    r->ended = !full && rows.count < step;
    if (full || r->ended) break;
  }
  r->ended = r->ended || (r->row_count && r->seqs[r->row_count - 1] == r->until);
  return err_ok;
}

static err read_horizon(db_conn *c, arena *a, int64_t *xmin, int64_t *fresh) {
  struct db_rows rows;
  err e = db_run(c, SQL_EVENT_HORIZON, NULL, 0, a, &rows);
  if (err_is(e)) return e;
  *xmin = db_at(&rows, 0, 0)->i;
  *fresh = db_at(&rows, 0, 1)->i;
  return err_ok;
}

static err read_batch(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  int64_t position = atomic_load(&b->bus->position), xmin = 0, fresh = 0;
  struct reading_ctx r = {.bus = b->bus,
                          .since = position,
                          .until = INT64_MAX,
                          .limit = BATCH,
                          .max_bytes = BUS_BATCH_MAX_BYTES,
                          .arena = b->arena};
  b->count = 0, b->last = 0, b->full = b->waiting = false;
  err e = read_rows(c, &r);
  if (err_is(e) || r.row_count == 0) return e;
  bool holes = r.seqs[r.row_count - 1] - position != (int64_t)r.row_count;
  if (holes && db_conn_engine(c) == DB_POSTGRES) e = read_horizon(c, b->arena, &xmin, &fresh);
  if (err_is(e)) return e;
  size_t ready = bus_publishable(&b->bus->gap, position, r.seqs, r.row_count, xmin, fresh);
  b->waiting = ready < r.row_count;
  b->full = !b->waiting && !r.ended;
  if (ready == 0) return err_ok;
  b->last = r.seqs[ready - 1];
  b->events = r.events;
  b->count = r.event_count;
  while (b->count && b->events[b->count - 1].seq > b->last) b->count--;
  return err_ok;
}

/* Several gaps one after the other are several waits: a wait ends when the reader has passed something. */
static void note_wait(struct bus *b, const struct batch_ctx *batch) {
  int64_t now_ms = thread_now_ms(), since_ms = atomic_load(&b->waiting_since_ms);
  bool goes_on = since_ms && batch->waiting && batch->last == 0;
  int64_t waited_ms = since_ms ? now_ms - since_ms : 0;
  if (goes_on && waited_ms > GAP_LONG_MS && !b->wait_logged) {
    b->wait_logged = true;
    LOG_WARN("bus.gap_waits", LOG_I("seq", atomic_load(&b->position) + 1), LOG_I("waited_ms", waited_ms));
  }
  if (goes_on) return;
  if (b->wait_logged) LOG_WARN("bus.gap_ended", LOG_I("waited_ms", waited_ms));
  b->wait_logged = false;
  atomic_store(&b->waiting_since_ms, batch->waiting ? now_ms : 0);
}

/* Publishes the next batch; true when there may be more at once. */
static bool publish_batch(struct bus *b, arena *a, bool *waiting) {
  struct batch_ctx batch = {.bus = b, .arena = a};
  err e = db_read(b->config.desk->db, read_batch, &batch);
  *waiting = batch.waiting;
  if (err_is(e)) {
    LOG_WARN("bus.read_failed", LOG_E(e));
    return false;
  }
  note_wait(b, &batch);
  if (batch.last == 0) return false;
  /* Move the position before publishing: a concurrent replay may then return events that are about to be published,
   * and clients drop those by seq. In the other order a replay could end before events that have been published
   * already. */
  atomic_store(&b->position, batch.last);
  if (batch.count) b->config.publish(batch.events, batch.count, b->config.user);
  return batch.full && !batch.waiting;
}

/* Waits for a wake-up or a timeout; false when stopping. */
static bool wait_for_work(struct bus *b, int ms) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&b->lock);
  while (!b->woken && !b->stopping)
    if (!thread_cond_wait_until(&b->wake, &b->lock, until_ms)) break;
  b->woken = false;
  bool go_on = !b->stopping;
  pthread_mutex_unlock(&b->lock);
  return go_on;
}

static void *reader(void *arg) {
  struct bus *b = arg;
  arena *a = arena_new(0);
  bool waiting = false;
  while (wait_for_work(b, waiting ? GAP_MS : IDLE_MS)) {
    bool more = true;
    while (more) {
      more = publish_batch(b, a, &waiting);
      arena_reset(a);
    }
  }
  arena_free(&a);
  return NULL;
}

/* ---- life ---- */

struct start_point_ctx {
  arena *arena;
  int64_t last, xmin, fresh;
};

static err read_start(db_conn *c, void *arg) {
  struct start_point_ctx *p = arg;
  struct db_rows rows;
  err e = db_run(c, SQL_EVENT_LAST, NULL, 0, p->arena, &rows);
  if (err_is(e)) return e;
  p->last = rows.count ? db_at(&rows, 0, 0)->i : 0;
  return read_horizon(c, p->arena, &p->xmin, &p->fresh);
}

/* The end of the log, after every transaction that may still fill a lower seq has ended. */
static err find_start(struct bus *b, arena *a, int64_t *position) {
  struct start_point_ctx first = {.arena = a}, now = {.arena = a};
  err e = db_read(b->config.desk->db, read_start, &first);
  now = first;
  for (int i = 0; !err_is(e) && now.xmin < first.fresh && i < SETTLE_TRIES; i++) {
    nanosleep(&(struct timespec){.tv_nsec = SETTLE_MS * 1000000}, NULL);
    e = db_read(b->config.desk->db, read_start, &now);
  }
  *position = first.last;
  return e;
}

err bus_new(const struct bus_config *config, struct bus **out) {
  struct bus *b = mem_alloc(sizeof *b);
  *b = (struct bus){.magic = BUS_MAGIC, .config = *config};
  arena *a = arena_new(0);
  int64_t position = 0;
  err e = find_start(b, a, &position);
  arena_free(&a);
  if (err_is(e)) {
    mem_free(&b);
    return e;
  }
  atomic_store(&b->position, position);
  pthread_mutex_init(&b->lock, NULL);
  thread_cond_init(&b->wake);
  *out = b;
  return err_ok;
}

err bus_start(struct bus *b) {
  assert(b->magic == BUS_MAGIC);
  if (!thread_start(&b->thread, "sb-bus", STACK_BYTES, reader, b))
    return err_detail(ERR_INTERNAL, NULL, "cannot start the event log's thread");
  b->started = true;
  return err_ok;
}

void bus_free(struct bus **bus) {
  struct bus *b = *bus;
  if (!b) return;
  assert(b->magic == BUS_MAGIC);
  pthread_mutex_lock(&b->lock);
  b->stopping = true;
  pthread_cond_signal(&b->wake);
  pthread_mutex_unlock(&b->lock);
  if (b->started) pthread_join(b->thread, NULL);
  pthread_cond_destroy(&b->wake);
  pthread_mutex_destroy(&b->lock);
  b->magic = 0;
  mem_free(bus);
}

void bus_wake(struct bus *b) {
  assert(b->magic == BUS_MAGIC);
  thread_wake(&b->woken, &b->wake, &b->lock);
}

int64_t bus_position(const struct bus *b) { return atomic_load(&b->position); }

int64_t bus_waiting_ms(const struct bus *b) {
  int64_t since_ms = atomic_load(&b->waiting_since_ms);
  return since_ms ? thread_now_ms() - since_ms : 0;
}

/* ---- replay and pruning ---- */

struct replay_ctx {
  struct reading_ctx reading;
  struct bus_page *page;
};

static err read_replay(db_conn *c, void *arg) {
  struct replay_ctx *replay = arg;
  struct reading_ctx *r = &replay->reading;
  struct db_rows rows;
  err e = db_run(c, SQL_EVENT_FIRST, NULL, 0, r->arena, &rows);
  if (err_is(e)) return e;
  int64_t first = rows.count ? db_at(&rows, 0, 0)->i : r->until + 1;
  if (r->since < r->until && first > r->since + 1) return err_make(ERR_NOT_FOUND);
  e = read_rows(c, r);
  if (err_is(e)) return e;
  int64_t last = r->row_count ? r->seqs[r->row_count - 1] : r->since;
  *replay->page = (struct bus_page){r->events, r->event_count, r->ended ? r->until : last};
  return err_ok;
}

err bus_replay(struct bus *b, int64_t since, size_t limit, size_t max_bytes, arena *a, struct bus_page *page) {
  assert(b->magic == BUS_MAGIC && limit > 0);
  struct replay_ctx r = {
      .reading =
          {.bus = b, .since = since, .until = bus_position(b), .limit = limit, .max_bytes = max_bytes, .arena = a},
      .page = page};
  *page = (struct bus_page){.reached = since};
  if (since > r.reading.until) return err_make(ERR_NOT_FOUND); /* from another database, or from before a restore */
  return db_read(b->config.desk->db, read_replay, &r);
}

struct prune_ctx {
  int64_t before, ahead;
  int64_t deleted;
};

static err prune_some(db_conn *c, void *arg) {
  struct prune_ctx *p = arg;
  struct db_rows rows;
  err e = DB_RUN(c, SQL_EVENT_PRUNE, db_conn_arena(c), &rows, DB_I(p->before), DB_I(p->ahead), DB_I(PRUNE_BATCH));
  p->deleted = rows.changed;
  return e;
}

err bus_prune(struct bus *b, bool *more) {
  struct desk *d = b->config.desk;
  int64_t now_ms = desk_now(d);
  struct prune_ctx p = {.before = now_ms - b->config.retention_ms, .ahead = now_ms + AHEAD_MOST_MS};
  err e = err_ok;
  *more = true;
  for (int i = 0; i < PRUNE_BATCHES && *more && !err_is(e); i++) {
    e = db_write(d->db, prune_some, &p); /* in small pieces, so that other writes do not wait long */
    *more = !err_is(e) && p.deleted == PRUNE_BATCH;
  }
  return e;
}
