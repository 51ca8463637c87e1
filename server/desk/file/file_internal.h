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
/* claim: of the thumbnail; 0: it is the picture itself. */
err file_set_thumb(db_conn *c, int64_t id, str thumb_key, int64_t claim, bool *changed);
/* Writes a picture of at most THUMB_SIDE_MAX to out_path. False when the program is not installed or could not. */
bool file_make_thumb(const char *path, const char *out_path);

/* ---- content that is on its way into a row: file_claim.c ---- */
/* Before the content gets its name in the store: what is claimed nobody removes. The claim is committed while the caller
 * goes on; key must live until file_claim_end, which waits for it and must be called. ERR_OVERLOADED when the content is
 * being removed just now. A claim ends with file_claim_stored, or with file_unclaim (or file_release). */
struct file_claiming *file_claim_begin(struct desk *d, str key);
err file_claim_end(struct file_claiming **claiming, arena *a, int64_t *claim);
/* In the transaction that stores the content's row. ERR_TIMEOUT when the claim has run out, and the content may be gone. */
err file_claim_stored(db_conn *c, int64_t claim);
/* After that transaction. stored: it was committed. Else the content goes, unless a row or another claim has it. */
void file_unclaim(struct desk *d, str key, int64_t claim, bool stored);

#endif
