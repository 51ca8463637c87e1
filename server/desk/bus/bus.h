/* The event log and its reader. Every change appends an event in the same transaction; the reader's thread publishes
 * committed events in order of seq, each exactly once per process.
 *
 * A sequence value is drawn before its transaction commits, so on PostgreSQL a lower seq may appear after a higher
 * one. The reader never passes a gap until it is certain that it cannot be filled: it takes a transaction id when it
 * first sees the gap and waits until a later snapshot's xmin has reached it (every transaction has its id before it
 * draws a seq; db/ sees to that). On SQLite commits are serial and there are no gaps. */
#ifndef SB_DESK_BUS_BUS_H
#define SB_DESK_BUS_BUS_H

#include "base/buf.h"
#include "base/json.h"
#include "db/db.h"
#include "desk/actor.h"
#include "desk/subject.h"

enum event_type {
#define EVENT(name, text, way, subject, audience, right) EVENT_##name,
#include "spec/events.tbl"
#undef EVENT
  EVENT_TYPES
};
/* Who may see an event. */
enum audience_kind { AUDIENCE_ALL, AUDIENCE_OPERATOR, AUDIENCE_OPERATORS };
extern const struct json_enum audience_names;
enum { AUDIENCE_MAX = 500 }; /* operators */
struct audience {
  enum audience_kind kind;
  int64_t id;         /* for AUDIENCE_OPERATOR */
  const int64_t *ids; /* for AUDIENCE_OPERATORS: count of them, 1 to AUDIENCE_MAX */
  size_t count;
};
bool audience_has(const struct audience *a, int64_t operator_id);

const char *event_text(enum event_type type);
bool event_is_logged(enum event_type type);
enum subject_kind event_subject(enum event_type type);
enum audience_kind event_audience(enum event_type type);
bool event_parse(str text, enum event_type *out);

/* Where a customer is: their channel, the desk's account in it, and their id there. Absent: no customer. */
struct event_address {
  str channel, account, external_id;
};

/* What an event is about. */
struct event_about {
  int64_t id;              /* id of the kind given by its type; 0: unknown */
  int64_t owner_id;        /* the subject's owner after the change, such as a conversation's assignee; 0: none */
  int64_t former_owner_id; /* the owner whom the change takes it from, and who must see that; 0: none */
  struct actor by;
  struct audience audience;      /* of the kind given by its type, or OPERATORS instead of ALL */
  struct event_address customer; /* by which a channel recognises its events, and finds whom they concern */
};

/* Inside a transaction, after its other writes: emit_new_message(c, &about, &data, now_ms) and so on, one per logged
 * type of spec/events.tbl. The data is a struct event_<type>, encoded through event_<type>_shape, both declared by
 * the emitter; so type and shape always match. An event whose type is for ALL may be emitted for some OPERATORS instead.
 * ERR_TOO_LARGE above EVENT_MAX_BYTES. */
enum { EVENT_MAX_BYTES = 4 << 20 };
err event_append(db_conn *c, enum event_type type, const struct event_about *about, const struct json_shape *shape,
                 const void *data, int64_t now_ms);
/* broadcast_typing(desk, &subject, &data) and so on, one per ephemeral type: a frame to every open panel whose
 * operator may know of the subject. Any thread. */
struct desk;
void event_broadcast(struct desk *d, enum event_type type, const struct subject *about, const struct json_shape *shape,
                     const void *data);
#define EMIT_LOGGED(name, text)                                                                               \
  static inline err emit_##text(db_conn *c, const struct event_about *about, const struct event_##text *data, \
                                int64_t now_ms) {                                                             \
    return event_append(c, EVENT_##name, about, &event_##text##_shape, data, now_ms);                         \
  }
#define EMIT_EPHEMERAL(name, text)                                                                                    \
  static inline void broadcast_##text(struct desk *d, const struct subject *about, const struct event_##text *data) { \
    event_broadcast(d, EVENT_##name, about, &event_##text##_shape, data);                                             \
  }
#define EVENT(name, text, way, subject, audience, right) \
  struct event_##text;                                   \
  extern const struct json_shape event_##text##_shape;   \
  EMIT_##way(name, text)
#include "spec/events.tbl"
#undef EVENT
#undef EMIT_LOGGED
#undef EMIT_EPHEMERAL

/* An event as published and replayed. */
struct bus_event {
  int64_t seq; /* 0: ephemeral */
  enum event_type type;
  enum subject_kind subject; /* SUBJECT_NONE also in rows older than subjects */
  int64_t subject_id;
  int64_t owner_id, former_owner_id; /* as in struct event_about; 0 also in rows older than owners */
  struct actor by;                   /* without a role; the system also in rows older than actors */
  struct audience audience;
  struct event_address customer; /* without account and id in rows older than these */
  str data;                      /* JSON, the full "data" of the frame */
};

/* The maximum data of events published at once, unless the first alone has more. It fits into an empty
 * socket queue, so one batch never makes a reading client fall behind. */
enum { BUS_BATCH_MAX_BYTES = 256 * 1024 };

struct desk;
struct bus;
struct bus_config {
  struct desk *desk;
  /* On the reader's thread, in order of seq, at most 512 events and BUS_BATCH_MAX_BYTES at once; must not block for
   * long. Events are valid during the call. */
  void (*publish)(const struct bus_event *events, size_t count, void *user);
  void *user;
  int64_t retention_ms; /* how long events are kept for replay */
  /* Expands the stored form of an event; false if that fails. NULL: the data stays in stored form. */
  bool (*expand)(enum event_type type, str stored, buf *out);
  /* Adds the actor to the stored form of an event older than actors; called for rows without one. NULL: unchanged. */
  void (*name_actor)(str stored, buf *out);
};
/* Reads the current end of the log; later events are published. */
err bus_new(const struct bus_config *config, struct bus **out);
err bus_start(struct bus *b);
void bus_free(struct bus **b); /* stops and joins */
void bus_wake(struct bus *b);  /* any thread; cheap */
/* The seq up to which everything has been published. A response is at least as new as this if it is read before
 * the response's snapshot. Any thread. */
int64_t bus_position(const struct bus *b);
/* For how long the reader has been waiting for a gap that may still be filled, without passing anything; 0: it does not wait.
 * A wait above 2 s is logged at its start and at its end. Any thread. */
int64_t bus_waiting_ms(const struct bus *b);
/* A page of the log: the events in (since, reached], of all audiences, in order of seq. */
struct bus_page {
  struct bus_event *events;
  size_t count;
  int64_t reached; /* the page is complete up to here; at the log's end: bus_position at the start of the call */
};
/* The page after `since`, from a reader's connection: at most limit events, with at most max_bytes of data unless
 * the first alone has more. ERR_NOT_FOUND when the log no longer contains the events after `since`: the client must
 * reload. */
err bus_replay(struct bus *b, int64_t since, size_t limit, size_t max_bytes, arena *a, struct bus_page *page);
/* Deletes a batch of events older than the retention, from the lowest seq on and never after an event that is kept: the
 * times of events may not be in the order of their seq. *more: there are more to delete. */
err bus_prune(struct bus *b, bool *more);

#endif
