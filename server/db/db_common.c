/* Shared by both engines and db.c: URLs, the common part of a connection, one run of a function. See db_internal.h. */
#include "db/db_internal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* ---- URLs ---- */

static err sqlite_target(str rest, struct db_target *out) {
  if (str_starts(rest, S("//"))) rest = str_sub(rest, 2, rest.len);
  if (str_eq(rest, S(":memory:")) || str_starts(rest, S("file:")) || str_contains(rest, S("?")))
    return err_detail(ERR_INVALID_FIELD, "DATABASE_URL",
                      "DATABASE_URL must name a plain file: a database in memory or with options is not durable");
  if (rest.len == 0) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL names no file after sqlite:");
  if (rest.len >= sizeof out->url) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL is too long");
  out->engine = DB_SQLITE;
  memcpy(out->url, rest.ptr, rest.len);
  out->url[rest.len] = 0;
  return err_ok;
}

err db_target_parse(const char *url, struct db_target *out) {
  str s = str_trim(str_c(url));
  *out = (struct db_target){0};
  if (str_starts(s, S("sqlite:"))) return sqlite_target(str_sub(s, 7, s.len), out);
  if (!str_starts(s, S("postgres://")) && !str_starts(s, S("postgresql://")))
    return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL must begin with sqlite: or postgresql://");
  if (s.len >= sizeof out->url) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL is too long");
  out->engine = DB_POSTGRES;
  memcpy(out->url, s.ptr, s.len);
  out->url[s.len] = 0;
  return err_ok;
}

/* ---- shared by the engines ---- */

void db_conn_init(struct db_conn *c, struct db *d) {
  *c = (struct db_conn){.magic = DB_CONN_MAGIC, .engine = d->engine, .db = d, .scratch = arena_new(0)};
  c->after_end = &c->after;
}

void db_conn_destroy(struct db_conn *c) {
  db_after_end(&c->after, false);
  arena_free(&c->scratch);
  c->magic = 0;
}

err db_conn_call(struct db_conn *c, db_fn fn, void *ctx) {
  assert(c->magic == DB_CONN_MAGIC);
  arena_reset(c->scratch);
  db_after_end(&c->after, false); /* of a run that was rolled back */
  c->after_end = &c->after;
  c->fault.code = ERR_NONE;
  err e = fn(c, ctx);
  return !err_is(e) && err_is(c->fault) ? c->fault : e;
}

/* ---- after a commit ---- */

struct db_after {
  struct db_after *next;
  void (*fn)(const void *arg);
  max_align_t arg[];
};

void db_after_commit(db_conn *c, void (*fn)(const void *arg), const void *arg, size_t size) {
  assert(c->magic == DB_CONN_MAGIC);
  struct db_after *a = mem_alloc(sizeof *a + size);
  a->fn = fn;
  memcpy(a->arg, arg, size);
  *c->after_end = a;
  c->after_end = &a->next;
}

struct db_after *db_conn_take_after(struct db_conn *c) {
  struct db_after *after = c->after;
  c->after = NULL;
  c->after_end = &c->after;
  return after;
}

void db_after_end(struct db_after **after, bool committed) {
  for (struct db_after *next, *a = *after; a; a = next) {
    next = a->next;
    if (committed) a->fn(a->arg);
    mem_free(&a);
  }
  *after = NULL;
}

int db_count_parameters(const char *sql) {
  int highest = 0;
  for (const char *p = strchr(sql, '$'); p; p = strchr(p + 1, '$')) {
    int n = 0;
    for (const char *q = p + 1; *q >= '0' && *q <= '9' && n <= DB_ARGS_MAX; q++) n = n * 10 + (*q - '0');
    if (n > highest) highest = n;
  }
  assert(highest <= DB_ARGS_MAX);
  return highest;
}

/* ---- composed statements ---- */

int db_texts_find(struct db_texts *t, str text) {
  uint64_t hash = str_hash(text);
  for (int i = 0; i < DB_TEXTS_MAX; i++) {
    struct db_text *slot = &t->slots[i];
    if (!slot->used || slot->hash != hash || !str_eq(str_c(slot->text), text)) continue;
    slot->used = ++t->uses;
    return i;
  }
  return -1;
}

int db_texts_make_room(struct db_texts *t) {
  int oldest = 0;
  for (int i = 1; i < DB_TEXTS_MAX; i++)
    if (t->slots[i].used < t->slots[oldest].used) oldest = i;
  mem_free(&t->slots[oldest].text);
  t->slots[oldest].used = 0;
  return oldest;
}

void db_texts_put(struct db_texts *t, int slot, str text) {
  t->slots[slot] = (struct db_text){.hash = str_hash(text), .used = ++t->uses, .text = mem_dup_cstr(text)};
}

void db_texts_clear(struct db_texts *t) {
  for (int i = 0; i < DB_TEXTS_MAX; i++) {
    mem_free(&t->slots[i].text);
    t->slots[i].used = 0;
  }
}

err db_check_args(const struct db_arg *args, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (args[i].type == DB_ARG_TEXT && str_has_nul(args[i].s))
      return err_detail(ERR_INVALID_FIELD, NULL, "A text contains a NUL character.");
  return err_ok;
}

void db_sleep_ms(int64_t ms) {
  if (ms <= 0) return;
  struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) && errno == EINTR) continue;
}
