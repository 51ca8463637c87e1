/* The object store's state: see file_far_internal.h. */
#include "desk/file/file_far_internal.h"

#include "base/log.h"
#include "base/thread.h"

#include <assert.h>

enum { KEY_SIZE = 64, REST_FIRST_MS = 2000, REST_MOST_MS = 60000 };

/* ---- its state ---- */

s3 *file_far(const struct desk *d) { return d->store ? d->store->s3 : NULL; }

const char *file_far_key(str key, arena *a) {
  assert(key.len == KEY_SIZE);
  return arena_printf(a, "%.2s/%.*s", key.ptr, STR_ARG(key)).ptr;
}

bool file_far_rests(struct desk *d) {
  struct file_store *s = d->store;
  pthread_mutex_lock(&s->lock);
  bool rests = s->stopping || clock_steady_ms(&clock_system) < s->rests_until_ms;
  pthread_mutex_unlock(&s->lock);
  return rests;
}

void file_far_note(struct desk *d, err e) {
  struct file_store *s = d->store;
  bool failed = e.code == ERR_STORE_UNREACHABLE, news = false;
  pthread_mutex_lock(&s->lock);
  if (failed) {
    s->rest_ms = s->rest_ms ? s->rest_ms * 2 : REST_FIRST_MS;
    if (s->rest_ms > REST_MOST_MS) s->rest_ms = REST_MOST_MS;
    s->rests_until_ms = clock_steady_ms(&clock_system) + s->rest_ms;
    news = !s->why[0];
    snprintf(s->why, sizeof s->why, "%s", err_message(&e));
    s->figures.failures++;
  } else {
    news = s->why[0] != 0;
    s->rest_ms = s->rests_until_ms = 0;
    s->why[0] = 0;
  }
  news = news && !s->stopping;
  pthread_mutex_unlock(&s->lock);
  if (news && failed) LOG_WARN("file.store_away", LOG_E(e));
  if (news && !failed) LOG_INFO("file.store_back");
}

void file_store_figures(struct desk *d, arena *a, struct file_store_figures *out) {
  struct file_store *s = d->store;
  *out = (struct file_store_figures){0};
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  *out = s->figures;
  out->has_s3 = true;
  out->wanted = s->wanted;
  out->away = s->why[0] != 0;
  out->why = arena_dup(a, str_c(s->why));
  pthread_mutex_unlock(&s->lock);
}

err file_store_check(struct desk *d, arena *a) {
  if (!d->store) return err_ok;
  err e = s3_check(d->store->s3, a);
  file_far_note(d, e);
  return e;
}

/* ---- life ---- */

void file_store_open(struct desk *d, const struct file_store_config *config) {
  struct file_store *s = mem_alloc(sizeof *s);
  *s = (struct file_store){.magic = FILE_STORE_MAGIC, .desk = d, .wanted = config->wanted, .s3 = s3_new(config->s3)};
  s->last = &s->first;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->changed, NULL);
  d->store = s;
}

void file_store_close(struct desk *d) {
  struct file_store *s = d->store;
  if (!s) return;
  s3_free(&s->s3);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  s->magic = 0;
  mem_free(&d->store);
}
