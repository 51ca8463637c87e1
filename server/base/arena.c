/* Bump allocation in chunks that double up to 1 MiB; larger pieces get a chunk of their own, linked after the one that is
 * being filled. See arena.h. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  ARENA_MAGIC = 0x41524e41,
  FIRST_CHUNK = 4096,
  LARGEST_CHUNK = 1 << 20,
  KEPT_CHUNK = 64 << 10,
  DEFAULT_LIMIT = 64 << 20
};

struct chunk {
  struct chunk *next;
  size_t size, used;
  alignas(max_align_t) unsigned char bytes[];
};

struct arena {
  uint32_t magic;
  size_t limit, used, next_size;
  struct chunk *head; /* the one being filled; older ones follow */
};

void mem_exhausted(size_t wanted_bytes) {
  fprintf(stderr, "memory.exhausted wanted_bytes=%zu\n", wanted_bytes);
  abort();
}

void *mem_alloc(size_t size_bytes) {
  void *p = calloc(1, size_bytes ? size_bytes : 1);
  if (!p) mem_exhausted(size_bytes);
  return p;
}

void *mem_alloc_array(size_t n, size_t size_bytes) {
  size_t total;
  if (__builtin_mul_overflow(n, size_bytes, &total)) mem_exhausted(SIZE_MAX);
  return mem_alloc(total);
}

void *mem_realloc(void *p, size_t size_bytes) {
  void *q = realloc(p, size_bytes ? size_bytes : 1);
  if (!q) mem_exhausted(size_bytes);
  return q;
}

char *mem_dup_cstr(str s) {
  char *z = mem_alloc(s.len + 1);
  if (s.len) memcpy(z, s.ptr, s.len);
  return z;
}

void mem_free(void *pointer_to_pointer) {
  void *p;
  memcpy(&p, pointer_to_pointer, sizeof p);
  free(p);
  p = NULL;
  memcpy(pointer_to_pointer, &p, sizeof p);
}

arena *arena_new(size_t limit_bytes) {
  arena *a = mem_alloc(sizeof *a);
  a->magic = ARENA_MAGIC;
  a->limit = limit_bytes ? limit_bytes : DEFAULT_LIMIT;
  a->next_size = FIRST_CHUNK;
  return a;
}

static void free_chunks(struct chunk *c) {
  while (c) {
    struct chunk *next = c->next;
    free(c);
    c = next;
  }
}

void arena_free(arena **a) {
  if (!*a) return;
  assert((*a)->magic == ARENA_MAGIC);
  free_chunks((*a)->head);
  (*a)->magic = 0;
  mem_free(a);
}

void arena_reset(arena *a) {
  assert(a->magic == ARENA_MAGIC);
  struct chunk *kept = NULL;
  for (struct chunk *c = a->head, *next; c; c = next) {
    next = c->next;
    if (!kept && c->size <= KEPT_CHUNK)
      kept = c;
    else
      free(c);
  }
  if (kept) {
    kept->used = 0;
    kept->next = NULL;
  }
  a->head = kept;
  a->used = 0;
  a->next_size = FIRST_CHUNK;
}

static struct chunk *add_chunk(arena *a, size_t at_least) {
  bool own = at_least > a->next_size;
  size_t size = own ? at_least : a->next_size, total;
  if (__builtin_add_overflow(size, sizeof(struct chunk), &total)) mem_exhausted(size);
  struct chunk *c = malloc(total);
  if (!c) mem_exhausted(size);
  *c = (struct chunk){.size = size};
  if (own && a->head) { /* the head keeps its free space */
    c->next = a->head->next;
    a->head->next = c;
    return c;
  }
  if (a->next_size < LARGEST_CHUNK) a->next_size *= 2;
  c->next = a->head;
  a->head = c;
  return c;
}

void *arena_alloc(arena *a, size_t size_bytes) {
  assert(a->magic == ARENA_MAGIC);
  size_t unit = alignof(max_align_t);
  if (size_bytes > SIZE_MAX - unit) mem_exhausted(size_bytes);
  size_t size = (size_bytes + unit - 1) / unit * unit;
  if (size == 0) size = unit;
  if (size > a->limit - a->used) mem_exhausted(size_bytes);
  struct chunk *c = a->head;
  if (!c || c->size - c->used < size) c = add_chunk(a, size);
  void *p = c->bytes + c->used;
  c->used += size;
  a->used += size;
  return memset(p, 0, size);
}

void *arena_alloc_array(arena *a, size_t n, size_t size_bytes) {
  size_t total;
  if (__builtin_mul_overflow(n, size_bytes, &total)) mem_exhausted(SIZE_MAX);
  return arena_alloc(a, total);
}

str arena_dup(arena *a, str s) {
  if (!s.ptr) return STR_NONE;
  char *p = arena_alloc(a, s.len + 1);
  if (s.len) memcpy(p, s.ptr, s.len);
  return (str){p, s.len};
}

const char *arena_cstr(arena *a, str s) { return s.ptr ? arena_dup(a, s).ptr : ""; }

str arena_vprintf(arena *a, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, again);
  va_end(again);
  assert(n >= 0);
  char *p = arena_alloc(a, (size_t)n + 1);
  vsnprintf(p, (size_t)n + 1, format, args);
  return (str){p, (size_t)n};
}

str arena_printf(arena *a, const char *format, ...) {
  va_list args;
  va_start(args, format);
  str s = arena_vprintf(a, format, args);
  va_end(args);
  return s;
}

str arena_concat(arena *a, str x, str y) {
  char *p = arena_alloc(a, x.len + y.len + 1);
  if (x.len) memcpy(p, x.ptr, x.len);
  if (y.len) memcpy(p + x.len, y.ptr, y.len);
  return (str){p, x.len + y.len};
}

size_t arena_used_bytes(const arena *a) { return a->used; }
