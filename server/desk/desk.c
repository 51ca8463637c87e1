/* See desk.h. */
#include "desk/desk.h"

#include "base/arena.h"
#include "desk/bus/bus.h"

static void wake(struct desk *d) {
  if (d->bus) bus_wake(d->bus);
  if (d->outbox_wake) d->outbox_wake(d->outbox_wake_arg);
}

err desk_write(struct desk *d, db_fn fn, void *ctx) {
  err e = db_write(d->db, fn, ctx);
  if (!err_is(e)) wake(d);
  return e;
}

struct waking_ctx {
  struct desk *desk;
  db_fn fn;
  void *ctx;
  void (*done)(err e, void *ctx);
};

static err run(db_conn *c, void *arg) {
  struct waking_ctx *w = arg;
  return w->fn(c, w->ctx);
}

static void committed(err e, void *arg) {
  struct waking_ctx *w = arg;
  if (!err_is(e)) wake(w->desk);
  w->done(e, w->ctx);
  mem_free(&w);
}

err desk_write_async(struct desk *d, db_fn fn, void *ctx, void (*done)(err e, void *ctx)) {
  struct waking_ctx *w = mem_alloc(sizeof *w);
  *w = (struct waking_ctx){d, fn, ctx, done};
  err e = db_write_async(d->db, run, w, committed);
  if (err_is(e)) mem_free(&w); /* rejected at once: done will not be called */
  return e;
}

int64_t desk_now(const struct desk *d) { return clock_now_ms(d->clock); }
