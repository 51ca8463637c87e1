/* See access_cache.h. */
#include "desk/access/access_cache.h"

#include <sodium.h>

struct access_cached {
  unsigned char key[ACCESS_KEY_BYTES];
  int64_t until_ms;
  struct access_identity who; /* its strings are in text */
  char text[];
};

void access_cache_init(struct access_cache *c) { pthread_mutex_init(&c->lock, NULL); }

void access_cache_free(struct access_cache *c) {
  for (size_t i = 0; i < (size_t)ACCESS_CACHE_SETS * ACCESS_CACHE_WAYS; i++) mem_free(&c->entries[0][0] + i);
  pthread_mutex_destroy(&c->lock);
}

void access_cache_key(str credential, bool bearer, unsigned char out[ACCESS_KEY_BYTES]) {
  crypto_generichash(out, ACCESS_KEY_BYTES, (const unsigned char *)credential.ptr, credential.len, NULL, 0);
  out[0] = (unsigned char)((out[0] & ~1u) | bearer); /* a cookie's value is not valid as a bearer token */
}

static struct access_cached **set_of(struct access_cache *c, const unsigned char *key) {
  return c->entries[(key[1] | key[2] << 8) % ACCESS_CACHE_SETS];
}

static void each_string(struct access_identity *who, str *out[4]) {
  out[0] = &who->operator.login;
  out[1] = &who->operator.email;
  out[2] = &who->operator.name;
  out[3] = &who->csrf_token;
}

bool access_cache_get(struct access_cache *c, const unsigned char key[ACCESS_KEY_BYTES], int64_t now_ms, arena *a,
                      struct access_identity *out, uint64_t *epoch) {
  bool found = false;
  pthread_mutex_lock(&c->lock);
  *epoch = c->epoch;
  struct access_cached **set = set_of(c, key);
  for (int i = 0; i < ACCESS_CACHE_WAYS && !found; i++) {
    if (!set[i] || set[i]->until_ms <= now_ms || memcmp(set[i]->key, key, ACCESS_KEY_BYTES) != 0) continue;
    found = true;
    *out = set[i]->who;
    str *strings[4];
    each_string(out, strings);
    for (int s = 0; s < 4; s++) *strings[s] = arena_dup(a, *strings[s]);
  }
  pthread_mutex_unlock(&c->lock);
  return found;
}

static struct access_cached *entry_of(const unsigned char *key, int64_t now_ms, const struct access_identity *who) {
  struct access_identity copy = *who;
  str *strings[4];
  each_string(&copy, strings);
  size_t total = 0;
  for (int s = 0; s < 4; s++) total += strings[s]->len;
  struct access_cached *entry = mem_alloc(sizeof *entry + total);
  char *at = entry->text;
  for (int s = 0; s < 4; s++) {
    if (!strings[s]->ptr) continue;
    memcpy(at, strings[s]->ptr, strings[s]->len);
    strings[s]->ptr = at;
    at += strings[s]->len;
  }
  memcpy(entry->key, key, ACCESS_KEY_BYTES);
  entry->until_ms = now_ms + ACCESS_CACHE_MS;
  entry->who = copy;
  return entry;
}

void access_cache_put(struct access_cache *c, const unsigned char key[ACCESS_KEY_BYTES], uint64_t epoch, int64_t now_ms,
                      const struct access_identity *who) {
  struct access_cached *entry = entry_of(key, now_ms, who);
  pthread_mutex_lock(&c->lock);
  if (epoch == c->epoch) {
    struct access_cached **set = set_of(c, key), **place = set;
    for (int i = 0; i < ACCESS_CACHE_WAYS; i++) {
      if (!set[i] || memcmp(set[i]->key, key, ACCESS_KEY_BYTES) == 0) {
        place = set + i;
        break;
      }
      if (set[i]->until_ms < (*place)->until_ms) place = set + i;
    }
    struct access_cached *old = *place;
    *place = entry;
    entry = old;
  }
  pthread_mutex_unlock(&c->lock);
  mem_free(&entry);
}

void access_cache_drop(struct access_cache *c, int64_t operator_id, int64_t session_id) {
  pthread_mutex_lock(&c->lock);
  c->epoch++;
  for (int set = 0; set < ACCESS_CACHE_SETS; set++)
    for (int i = 0; i < ACCESS_CACHE_WAYS; i++) {
      struct access_cached *e = c->entries[set][i];
      if (!e) continue;
      if ((operator_id && e->who.operator.id == operator_id) || (session_id && e->who.bound_session_id == session_id))
        mem_free(&c->entries[set][i]);
    }
  pthread_mutex_unlock(&c->lock);
}
