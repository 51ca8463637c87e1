/* Where content lies: two homes with one interface. Every file is first stored in the local folder; with an object store the mover
 * (file_move.c) takes it there later and leaves a copy in near/ for a while. So storing never waits for the object store, and
 * content lies in one home or, during a move, in both: never in none. Nothing records the home: whoever wants bytes looks in the
 * local folder, in near/, then in the object store. */
#ifndef SB_DESK_FILE_FILE_HOME_INTERNAL_H
#define SB_DESK_FILE_FILE_HOME_INTERNAL_H

#include "desk/file/file_internal.h"
#include "net/s3.h"

struct file_home {
  const char *name;
  /* Puts the file's bytes there under the key, on disk or acknowledged and compared. The file may be gone afterwards. */
  err (*put)(struct desk *d, str key, const char *path, arena *a);
  /* Gets the bytes into a new file, unverified. ERR_NOT_FOUND: it has none. */
  err (*take)(struct desk *d, str key, const char *to, arena *a);
  /* ok also when there is nothing. Ends within 20 s. */
  err (*drop)(struct desk *d, str key, arena *a);
};
extern const struct file_home file_home_local, file_home_s3;

/* Moves one content, under a claim, verified by its hash; *moved false if `from` does not have it. */
err file_move_one(struct desk *d, str key, const struct file_home *from, const struct file_home *to, arena *a,
                  bool *moved, int64_t *bytes);

/* ---- the object store (file_far.c); its functions may be called without one ---- */
const char *file_far_key(str key, arena *a);
s3 *file_far(const struct desk *d); /* NULL: there is none */
/* After a failure the store is left alone for a growing time: requests fail at once then. */
bool file_far_rests(struct desk *d);
void file_far_note(struct desk *d, err e);

/* ---- copies beside the local folder (file_near.c) ---- */
const char *file_near_path(struct desk *d, str key, arena *a);
/* A path at which the bytes stay for at least an hour: in the local folder if there is no object store, else in near/. NULL: the
 * bytes are not on this machine. */
const char *file_here(struct desk *d, str key, arena *a);
/* The same, and gets them first; blocks. ERR_NOT_FOUND: the content is lost. */
err file_fetch_near(struct desk *d, str key, arena *a, const char **path);
void file_near_clean(struct desk *d);
void file_keep_near(struct desk *d, str key, const char *path, arena *a); /* links; best effort */

#endif
