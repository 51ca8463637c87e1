/* Files: bytes under STORAGE_LOCAL_PATH or in an object store, named by their SHA-256, and the rows that describe them. A row is `pending`
 * until a channel has fetched the bytes, then `ready`, or permanently `failed`. The type is detected from the bytes,
 * never the claimed one. */
#ifndef SB_DESK_FILE_FILE_H
#define SB_DESK_FILE_FILE_H

#include "base/json.h"
#include "base/limits.h"
#include "desk/desk.h"
#include "desk/job/job.h"

enum file_state { FILE_PENDING, FILE_READY, FILE_FAILED };
/* Why a file could not be fetched. */
enum file_error {
  FILE_NO_ERROR,       /* or an unknown one */
  FILE_TOO_LARGE,      /* for the channel's interface */
  FILE_GONE,           /* the channel has it no more, or refuses it */
  FILE_UNREACHABLE,    /* the channel did not answer, however often it was asked */
  FILE_BACKLOG,        /* too many others were waiting */
  FILE_REMOVED,        /* its time had come: see file_space.h */
  FILE_TOO_LARGE_HERE, /* more than FILE_STORED_MAX_BYTES */
  FILE_STORE_FULL,     /* there is no room for what strangers send */
  FILE_EMPTY,          /* it has no bytes */
};
extern const struct json_enum file_state_names, file_error_names;

struct file_row {
  int64_t id;
  int state;
  str name, mime;
  int64_t size_bytes, width, height, duration_ms; /* 0: unknown */
  str storage_key, thumb_key, source, preview;    /* may be absent */
  int64_t thumb_bytes;                            /* of a smaller picture that is stored now */
  int64_t claim, thumb_claim;                     /* on accepted bytes, until they are released; 0: none */
  bool counted, thumb_counted;                    /* these bytes have been added to the figures of file_space.h */
  int error;                                      /* enum file_error, of a failed file */
};
extern const struct json_shape file_shape;

/* Checks a spooled upload and moves it into the store, synced to disk; equal bytes are stored once. Only a picture that every
 * channel takes as a photo is accepted: ERR_UNSUPPORTED_TYPE, ERR_TOO_LARGE, ERR_INVALID_FIELD (dimensions or ratio), each
 * with field "files". The spooled file is moved, or removed on an error; it is copied if it lies in another file system than the
 * store (see file_spool_path). Commits the claim in a transaction of its own, so it must not be called inside one. Call
 * file_release for every accepted file. */
err file_accept_photo(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out);
/* The same for a picture from a customer, which may have any dimensions. file_check_picture only checks whether it would be
 * accepted; so of several pictures all are stored, or none. */
err file_check_picture(const char *spooled_path, arena *a);
err file_accept_picture(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out);
/* The same for any content of at most FILE_MAX_BYTES, under a name of one line without folders. ERR_TOO_LARGE; ERR_INVALID_FIELD
 * (empty, or a picture too large to be decoded). */
err file_accept(struct desk *d, const char *spooled_path, str name, arena *a, struct file_row *out);
/* Whether every channel takes the stored file as a photo: a picture of a known type, size, dimensions and ratio. */
bool file_is_photo(const struct file_row *f);
/* The same for bytes from a channel: any content of at most FILE_STORED_MAX_BYTES is accepted. The type is detected; the dimensions of
 * anything but a picture are 0. */
enum { FILE_MAX_BYTES = 50 * 1024 * 1024, FILE_STORED_MAX_BYTES = 2000 * 1024 * 1024 };
_Static_assert((int)FILE_MAX_BYTES == (int)LIMIT_FILE_MAX_BYTES, "what can be sent can be received");
err file_keep(struct desk *d, const char *spooled_path, arena *a, struct file_row *out);
/* The channel's own small picture of that file, consumed too: sets thumb_key and thumb_claim if it is a picture that can be
 * shown, else nothing. */
void file_keep_thumb(struct desk *d, const char *spooled_path, arena *a, struct file_row *out);
/* Adds to a stored row, before it is inserted or made ready, what its bytes tell and what is shown of them: a thumbnail, a preview,
 * a video's or sound's duration and size. Best effort; runs programs and may take seconds, so it is called on no worker of requests
 * and in no transaction. */
void file_describe(struct desk *d, arena *a, struct file_row *f);
/* What this kernel does not have of the sandbox in which those programs run, as the beginning of a sentence; NULL: nothing. */
const char *file_sandbox_lacks(void);
/* When this process starts, before it has secrets. Where the kernel has no Landlock, those programs could open the memory of a process
 * of the same user; then this process forbids that, unless core dumps are enabled, which need the same permission. */
void file_sandbox_hide_server(void);
/* Ends the claims of accepted files. Call it once the transaction that stores their rows has ended. stored: it was committed. If it
 * was not, content that no row has and no other upload claims is removed, and counts no more. Must not be called inside a
 * transaction. */
void file_release(struct desk *d, const struct file_row *files, size_t count, bool stored);
/* Inside a transaction: inserts the row, which ends the claim (ERR_TIMEOUT if it has expired), and for a pending file
 * adds the job that fetches it; sets f->id. */
err file_insert(db_conn *c, struct file_row *f, str channel, str account, int64_t now_ms);
err file_get(db_conn *c, int64_t id, arena *a, struct file_row *out);
/* ERR_NOT_FOUND unless a conversation that is assigned to the operator uses the file, or its customer as a picture. */
err file_assigned(db_conn *c, int64_t id, int64_t operator_id);
/* Prepares a second row (*out, without an id) for the content of a ready row, inside the transaction that stores the second one:
 * reading the first row replaces a claim. ERR_NOT_FOUND when there is no such row or it is not ready. */
err file_share(db_conn *c, int64_t id, arena *a, struct file_row *out);
/* Whether the file came from this account of a channel, so that its source means something there. */
err file_came_from(db_conn *c, int64_t id, str channel, str account, bool *here);
/* Attaches a file to a message, at a position. */
err file_attach(db_conn *c, int64_t message_id, int64_t position, int64_t file_id);
/* The id under which an account of a channel has the content, as this kind of message and under this name (empty where the channel
 * shows none): what was uploaded once is sent by its id. It is forgotten when the channel refuses it, and with the content. */
struct file_remote {
  str key, channel, account, kind, name;
};
err file_remote_find(db_conn *c, const struct file_remote *r, arena *a, str *id); /* absent: not known */
err file_remote_keep(db_conn *c, const struct file_remote *r, str id);
err file_remote_forget(db_conn *c, const struct file_remote *r, str id);
/* All files of many messages in one statement, in order of message and position; message_ids[i] is file i's. */
err file_of_messages(db_conn *c, const int64_t *wanted, size_t wanted_count, arena *a, struct file_row **out,
                     int64_t **message_ids, size_t *count);
/* Whether bytes of the message's files were removed, because files are kept for a limited time. */
err file_removed_of(db_conn *c, int64_t message_id, bool *removed);
/* Detaches all files from the message; their rows stay. */
err file_detach_all(db_conn *c, int64_t message_id);
/* Attaches the message's files to an earlier version of it, too. */
err file_keep_version(db_conn *c, int64_t edit_id, int64_t message_id);
err file_attach_version(db_conn *c, int64_t edit_id, int64_t position, int64_t file_id);
/* The files of all earlier versions of a message; edit_ids[i] is file i's. */
err file_of_versions(db_conn *c, int64_t message_id, arena *a, struct file_row **out, int64_t **edit_ids,
                     size_t *count);
/* Path of a storage key in the local folder, NUL-terminated; with an object store the content may lie there instead. */
const char *file_path(struct desk *d, str storage_key, arena *a);
/* A path at which the content stays readable for at least an hour; NULL if it is not on this machine: see file_bring. */
const char *file_here(struct desk *d, str storage_key, arena *a);
/* Gets the content from the object store, so that file_here has a path. done is called once: from within when nothing is to
 * be got, else on a thread of the store, which it may occupy for seconds. ERR_NOT_FOUND, ERR_STORE_UNREACHABLE. */
void file_bring(struct desk *d, str storage_key, void (*done)(err e, void *arg), void *arg);
/* A path in the store's own temporary folder, for a download: same file system, unique name. Makes the folder. */
const char *file_spool_path(struct desk *d, arena *a);
/* Empties the temporary folder, and removes content that a crash left without a row. Call it when the process starts, before
 * anything is spooled. */
void file_clean_spool(struct desk *d);
/* Called by a recurring job: does the same with leftovers older than an hour, and removes rows, with their content, that no
 * message, no earlier version of one and no customer uses. Checks 100,000 rows per call; the next call continues after them. */
err file_collect(struct desk *d);

/* ---- the object store: see file_home_internal.h. All of them do nothing without one ---- */
struct s3_config;
struct file_store_config {
  const struct s3_config *s3;
  bool wanted; /* files move there; else it is only read, and what lies there stays */
};
void file_store_open(struct desk *d, const struct file_store_config *config); /* sets d->store */
err file_store_start(struct desk *d);
void file_store_stop(struct desk *d); /* ends what waits for it; before the jobs' threads are joined */
void file_store_close(struct desk *d);
/* Whether it can be used: ERR_STORE_UNREACHABLE with a sentence, field "bucket" or "key" if the settings are wrong. */
err file_store_check(struct desk *d, arena *a);
/* A recurring job: moves what waits for a few seconds; held: only counts. */
err file_move_waiting(struct desk *d, bool held, bool *more);
/* A recurring job: removes copies that nobody wants and uploads that a dead process has left. */
err file_store_tidy(struct desk *d);
/* Moves one content, verified, from the local folder to the store or back; *moved false if it is not there. Content that
 * has changed stays: ERR_CONFLICT. */
err file_move_away(struct desk *d, str key, arena *a, bool *moved, int64_t *bytes);
err file_move_home(struct desk *d, str key, arena *a, bool *moved, int64_t *bytes);
/* The keys of the contents of the next `rows` rows after an id, with each row's id; one row may have two. */
err file_keys(db_conn *c, int64_t after, int64_t rows, arena *a, int64_t **ids, str **keys, size_t *count);
err file_last_id(db_conn *c, int64_t *id); /* 0: there is none */
/* Removes the bytes of at most `most` of the files that are older, oldest first, but of none that waits to be sent, also to the staff
 * room, and of no answer that has failed or is uncertain and is at most FILE_UNSETTLED_MS older. Each row fails with FILE_REMOVED in a transaction
 * in which `told` is called with its id. *more: there may be others. */
#define FILE_UNSETTLED_MS ((int64_t)30 * 24 * 3600 * 1000)
err file_remove_old(struct desk *d, int64_t before_ms, int most, err (*told)(db_conn *c, int64_t id, void *arg),
                    void *arg, int *removed, bool *more);
int64_t file_addresses_given(void); /* since the start, by POST /api/files/:id/address */
struct file_store_figures {
  bool has_s3, wanted, away;
  str why;                              /* while it is away */
  int64_t local, local_bytes;           /* content in the local folder of this node, at the last count */
  int64_t moved, moved_bytes, failures; /* since the start */
};
void file_store_figures(struct desk *d, arena *a, struct file_store_figures *out);

/* ---- for the channel that fetches pending files: each is a job (kind FILE_FETCH, subject: the file) in the account's
 * queue, "file/<channel>/<account>". Taking and ending one is in desk/message/message.h, since it emits the message's
 * events ---- */
enum {
  FILE_FETCH_WAIT_MOST_MS = 600 * 1000, /* longest wait before the next try */
  FILE_FETCH_STRANDED_MS = FILE_FETCH_WAIT_MOST_MS + JOB_CLOCKS_DIFFER_MS
};
str file_fetch_queue(str channel, str account, arena *a);
/* When the next job is due; INT64_MAX for none. */
err file_fetch_next_due(db_conn *c, str queue, int64_t now_ms, int64_t *due_at);
/* Inside a transaction; *changed false if the row was no longer pending. */
err file_set_ready(db_conn *c, int64_t id, const struct file_row *kept, bool *changed);
err file_set_failed(db_conn *c, int64_t id, int reason /* enum file_error */, str error, bool *changed);
/* Inside a transaction: a failed file is pending again, with a new job; *changed false if it is not failed.
 * ERR_NOT_RETRYABLE if the channel said nothing of where it is. */
err file_set_pending(db_conn *c, int64_t id, int64_t now_ms, bool *changed);
/* Whether a message has files that must still be fetched. */
err file_waits(db_conn *c, int64_t message_id, bool *waits);
/* The messages with a file, at most 100. */
err file_messages(db_conn *c, int64_t id, arena *a, int64_t **message_ids, size_t *count);

/* Megabytes a day (UTC) that visitors who have not signed in may send; 0: no limit. Photos: per visitor and in total.
 * Texts: in total, with the size of their rows. One network may use a quarter of each total. */
struct file_quota {
  int64_t each_mb, all_mb, words_mb;
};
struct file_sender {
  str visitor_id, network; /* network absent: the address of a proxy with unknown clients */
};
/* Inside a transaction, once a visitor's message is stored, photos first. ERR_QUOTA_EXCEEDED with field photo or
 * message; the transaction must roll back then. */
err file_quota_take_photos(db_conn *c, const struct file_quota *q, const struct file_sender *from, int64_t bytes,
                           int64_t now_ms);
err file_quota_take_words(db_conn *c, const struct file_quota *q, const struct file_sender *from, int64_t bytes,
                          int64_t now_ms);

#endif
