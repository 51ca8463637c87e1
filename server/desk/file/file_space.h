/* How much room files take, and the two settings that bound it: a quota, and for how many days bytes are kept.
 *
 * The last tenth of the quota is for operators' uploads; what strangers send is refused before. Text is never refused. The figures
 * are counted from the rows every ten minutes, in short reads, and each content that this process stores is added at once; so
 * several nodes may together exceed the quota by what they store in ten minutes. Equal contents count once. All functions may be
 * called on any thread; without a file_space nothing is refused. */
#ifndef SB_DESK_FILE_FILE_SPACE_H
#define SB_DESK_FILE_FILE_SPACE_H

#include "base/json.h"
#include "desk/desk.h"

#define SETTING_FILES_QUOTA "files_quota_mb"
#define SETTING_FILES_KEPT  "files_kept_days"

enum file_family {
  FILE_PICTURES,
  FILE_VIDEOS,
  FILE_SOUNDS,
  FILE_OTHERS,
  FILE_THUMBS /* smaller pictures of the others */,
  FILE_FAMILIES
};
enum file_family file_family_of(str mime);
extern const struct json_enum file_family_names;

struct file_space_family {
  int family;
  int64_t files, bytes;
};
struct file_space_settings {
  int64_t quota_mb, kept_days; /* megabytes are 1,000,000 bytes, as people are shown them; 0: no limit; for ever */
};

void file_space_open(struct desk *d); /* sets d->space */
void file_space_close(struct desk *d);
/* Reads the settings and counts again. */
err file_space_count(struct desk *d);
err file_space_read(db_conn *c, struct file_space_settings *out);
void file_space_set(struct desk *d, const struct file_space_settings *s);
/* counted_at 0: not yet. */
void file_space_figures(struct desk *d, struct file_space_family out[FILE_FAMILIES], int64_t *counted_at);
/* ERR_STORE_FULL, field "files", if as much more does not fit. */
err file_space_check(struct desk *d, bool operators, int64_t bytes);
/* Content that is stored and was not there before; take_back: it is removed again. */
void file_space_add(struct desk *d, enum file_family family, int64_t bytes);
void file_space_take_back(struct desk *d, enum file_family family, int64_t bytes);

#endif
