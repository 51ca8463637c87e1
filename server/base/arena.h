/* One arena per request: memory is allocated piece by piece and freed all at once.
 * Out of memory ends the process (everything acknowledged is on disk, so a restart loses nothing); so does going
 * over the arena's limit, which is a bug of ours, since inputs are bounded before they are read. Nothing returns NULL.
 * Not thread-safe: an arena has one user at a time. */
#ifndef SB_BASE_ARENA_H
#define SB_BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

typedef struct arena arena;

/* limit_bytes bounds the sum of all allocations, each piece rounded up to 16 bytes; 0 means the default, 64 MiB. */
arena *arena_new(size_t limit_bytes);
void arena_free(arena **a); /* *a may be NULL and becomes NULL */
/* Frees all allocations and keeps one chunk of at most 64 KiB for the next user. */
void arena_reset(arena *a);
/* size_bytes of zeroed memory, aligned for any type. */
void *arena_alloc(arena *a, size_t size_bytes);
#define arena_new_of(a, type)   ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))
void *arena_alloc_array(arena *a, size_t n, size_t size_bytes);
/* A copy of s with a NUL after it. An absent s stays absent. */
str arena_dup(arena *a, str s);
const char *arena_cstr(arena *a, str s); /* "" for an absent s */
str arena_printf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
str arena_vprintf(arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
str arena_concat(arena *a, str x, str y);
size_t arena_used_bytes(const arena *a);

/* malloc and friends for long-lived objects, with the same policy: they return memory or end the process. */
void *mem_alloc(size_t size_bytes); /* zeroed */
void *mem_alloc_array(size_t n, size_t size_bytes);
void *mem_realloc(void *p, size_t size_bytes); /* the added bytes are not zeroed */
char *mem_dup_cstr(str s);
void mem_free(void *pointer_to_pointer); /* mem_free(&p): frees and makes it NULL */
_Noreturn void mem_exhausted(size_t wanted_bytes);

#endif
