/* Internal to the slice: the disk store. */
#ifndef SB_DESK_FILE_FILE_INTERNAL_H
#define SB_DESK_FILE_FILE_INTERNAL_H

#include "desk/file/file.h"

/* The MIME type that the bytes have, by libmagic; "application/octet-stream" if unknown. The library and its
 * table are loaded at the first call; calls are serialised. */
str file_sniff(str bytes, arena *a);

/* ---- what is made of the bytes: file_media.c. Between file_tool_enter and file_tool_leave ---- */
enum { THUMB_SIDE_MAX = 640, THUMB_WORTH_BYTES = 200 * 1024, THUMB_WORTH_SIDE = 1280, THUMB_QUALITY = 80 };
/* Writes the picture, upright and at most so large, in the format that out_path's ending names, without anything that describes
 * its making. False when the program is not installed or could not. */
bool file_make_picture(const char *path, int side_max, int quality, const char *out_path);
bool file_convert_heic(const char *path, int side_max, int quality, const char *out_path); /* the same */
bool file_make_preview(const char *path, const char *out_path); /* a WebP of at most 16 pixels a side */
struct file_facts {
  int64_t width, height, duration_ms; /* 0: unknown, or there is none */
};
bool file_has_video_tools(void);
bool file_is_video(str mime); /* of a kind that can be read */
/* Of a video or sound; false also for other types. */
bool file_read_facts(const char *path, str mime, arena *a, struct file_facts *out);
/* A WebP of an early frame, and the same in the size of a preview. */
bool file_make_frame(const char *path, str mime, int64_t duration_ms, int side_max, const char *out_path,
                     const char *preview_path, arena *a);

/* ---- thumbnails: file_thumb.c ---- */
/* A thumbnail made here is WebP, a channel's own mostly JPEG. */
str file_thumb_mime(const char *path);
/* Whether file_thumb_of would make one: the content must be on this machine then (file_bring). */
bool file_thumb_missing(const struct file_row *f);
/* The thumbnail's key; makes the thumbnail of a ready picture or video if missing. Only the request for it waits,
 * never the sender. Absent if a thumbnail is not worthwhile; *busy if too many are being made: show the picture
 * itself this time. */
str file_thumb_of(struct desk *d, const struct file_row *f, arena *a, bool *busy);
/* With the thumbnail's key, size and claim; no claim: the thumbnail is the picture itself. */
err file_set_thumb(db_conn *c, const struct file_row *made, bool *changed);

/* ---- what is stored, under which rules: file_disk.c ---- */
struct file_mapped {
  int fd;
  str bytes;
};
err file_map(const char *path, int64_t max_bytes, struct file_mapped *m);
void file_unmap(struct file_mapped *m);
struct file_stored {
  str key;
  int64_t claim, bytes;
  bool fresh; /* neither a row nor another upload had it */
};
/* Claims the content and moves the spooled file to its path; spooled_path no longer exists afterwards. The claim's
 * commit and the sync of the bytes run in parallel. On failure *out is empty. */
err file_store_claimed(struct desk *d, const char *spooled_path, const struct file_mapped *m, arena *a,
                       struct file_stored *out);
/* Stores a smaller picture of the file and sets its three fields; the picture counts. Best effort. */
void file_store_thumb(struct desk *d, const char *spooled_path, const struct file_mapped *m, arena *a,
                      struct file_row *f);

/* ---- bytes on disk: file_bytes.c ---- */
err file_disk_failed(const char *what); /* errno, logged, as an error of the API */
/* SHA-256 in hexadecimal, read in steps and not from a map, whose pages would all count as this process's memory. STR_NONE: it
 * cannot be read. */
str file_hash(int fd, arena *a);
bool file_has_hash(const char *path, str key);
/* Moves a synced file to the content's path, or removes it if the content is there. */
err file_put_local(struct desk *d, str key, const char *path, arena *a);
int64_t file_size_of(const char *path); /* 0: no such file */

/* ---- content that is being stored: file_claim.c ---- */
/* Call before the content gets its name in the store: claimed content is never removed. The claim is committed while
 * the caller continues; key must be valid until file_claim_end, which waits for it and must be called.
 * ERR_OVERLOADED when the content is being removed just now. A claim ends with file_claim_stored, or with
 * file_unclaim (or file_release). */
struct file_claiming *file_claim_begin(struct desk *d, str key);
err file_claim_end(struct file_claiming **claiming, arena *a, int64_t *claim, bool *fresh);
/* In the transaction that stores the content's row. ERR_TIMEOUT if the claim has expired and the content may be
 * gone. */
err file_claim_stored(db_conn *c, int64_t claim);
/* After that transaction. stored: it was committed. Otherwise removes the content, unless a row or another claim has
 * it. */
void file_unclaim(struct desk *d, str key, int64_t claim, bool stored);

#endif
