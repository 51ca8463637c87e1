/* Inside the slice: what the disk store is made of. */
#ifndef SB_DESK_FILE_FILE_INTERNAL_H
#define SB_DESK_FILE_FILE_INTERNAL_H

#include "desk/file/file.h"

/* The MIME type that the bytes have, by libmagic; "application/octet-stream" when it cannot tell. The library and its
 * table are loaded at the first call; calls take turns. */
str file_sniff(str bytes, arena *a);

/* Thumbnails are made by libvips' own program in a child with bounded memory, processor time and patience, so that a
 * hostile picture harms nobody. */
enum { THUMB_SIDE_MAX = 640, THUMB_WORTH_BYTES = 200 * 1024, THUMB_WORTH_SIDE = 1280 };
#define THUMB_MIME "image/webp"
/* The thumbnail's key; makes the thumbnail of a ready picture that has none yet. Only a reader who asks for it waits,
 * never the sender. Absent when no thumbnail is worth making; *busy when too many are being made: show the picture
 * itself this time. */
str file_thumb_of(struct desk *d, const struct file_row *f, arena *a, bool *busy);
err file_set_thumb(db_conn *c, int64_t id, str thumb_key, bool *changed);
/* Writes a picture of at most THUMB_SIDE_MAX to out_path. False when the program is not installed or could not. */
bool file_make_thumb(const char *path, const char *out_path);

/* ---- content that is on its way into a row: file_claim.c ---- */
/* Each is ended by one file_unclaim (or file_release). True when the content is in the store already. */
bool file_claim(struct desk *d, str key, arena *a);
/* stored: its row is committed. Else the content goes with its last claim, unless a row knows it. */
void file_unclaim(struct desk *d, str key, bool stored);
err file_key_known(db_conn *c, str key, bool *known);

#endif
