/* An S3-compatible object store: one bucket. Requests are signed by libcurl (AWS signature version 4) and sent by the HTTP
 * client. Every call is repeated with growing waits when the service cannot be reached or answers 5xx, and every call may be
 * repeated without harm. Bytes are streamed between disk and network; nothing larger than an answer about an error is in memory,
 * except for s3_read. Errors name the service's own code and never a key, a signature or an address.
 *
 * Blocking calls may be made by any thread but the client's own. Failures: ERR_NOT_FOUND (no such object),
 * ERR_STORE_UNREACHABLE with a sentence (everything else; field "bucket" when the bucket does not exist). */
#ifndef SB_NET_S3_H
#define SB_NET_S3_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rand.h"
#include "net/http_client.h"

typedef struct s3 s3;

enum { S3_PART_BYTES = 8 << 20 }; /* a larger object is uploaded in parts of this size */

struct s3_config {
  const char *endpoint; /* http(s)://host[:port]; "": Amazon's for the region */
  const char *region, *bucket, *access_key, *secret_key;
  bool path_style; /* the bucket is in the path, not in the host's name */
  const sb_rand *rand;
  const char *user_agent;
};

s3 *s3_new(const struct s3_config *config); /* copied */
/* Ends the calls in progress and refuses new ones; waits until none is left. */
void s3_stop(s3 *s);
void s3_free(s3 **s);

/* Whether the bucket exists and these keys may use it: writes, reads and deletes a small object. Not repeated. */
err s3_check(s3 *s, arena *a);
/* Uploads the file: in one piece, or in parts above S3_PART_BYTES, which are removed again if the upload fails. The service checks
 * the SHA-256 of each piece. ok: the object is there with all its bytes, as its size and its tag say. */
err s3_put(s3 *s, const char *key, const char *path, arena *a);
/* Downloads the object to `to`. A file that is there is replaced; after a failure there is none. */
err s3_get(s3 *s, const char *key, const char *to, int64_t max_bytes, arena *a);
err s3_size(s3 *s, const char *key, arena *a, int64_t *size_bytes);
/* ok also when there is no such object. once: not repeated, so that it ends within S3_ONCE_MS. */
enum { S3_ONCE_MS = 20000 };
err s3_delete(s3 *s, const char *key, bool once, arena *a);
/* A part of an object, without blocking: done is called once on the client's thread and must not block. bytes: all of them, or
 * none after an error. At most S3_READ_BYTES. */
enum { S3_READ_BYTES = 1 << 20 };
void s3_read(s3 *s, const char *key, int64_t from, int64_t length, void (*done)(err e, str bytes, void *user),
             void *user);
/* Aborts uploads in parts that were begun more than a day ago, of processes that died; at most 1000. */
err s3_abort_stale(s3 *s, int64_t now_ms, arena *a, int *count);

/* The text of the first element with this name, raw; STR_NONE if there is none. Pure; for the service's small answers. */
str s3_element(str xml, str name);

#endif
