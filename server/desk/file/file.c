/* The file's JSON shape, its states, and the path of its content. */
#include "desk/file/file.h"

#include "desk/desk.h"

#include <assert.h>
#include <stddef.h>

static const char *const states[] = {"pending", "ready", "failed"};
const struct json_enum file_state_names = {.name = "FileState", .names = states, .count = JSON_COUNT(states)};

static const char *const errors[] = {NULL,      "too_large",      "gone",       "unreachable", "backlog",
                                     "removed", "too_large_here", "store_full", "empty"};
const struct json_enum file_error_names = {.name = "FileError", .names = errors, .count = JSON_COUNT(errors)};

#define AT(member) offsetof(struct file_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "state", .type = JSON_ENUM, .offset = AT(state), .names = &file_state_names},
    {.name = "name", .type = JSON_STRING, .offset = AT(name)},
    {.name = "mime", .type = JSON_STRING, .offset = AT(mime)},
    {.name = "size", .type = JSON_INT, .offset = AT(size_bytes)},
    {.name = "width", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(width)},
    {.name = "height", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(height)},
    {.name = "duration_ms",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(duration_ms),
     .min = 1,
     .max = INT64_MAX,
     .doc = "Of a video, an animation, an audio file or a voice message."},
    {.name = "preview",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(preview),
     .doc = "A WebP of at most 16 pixels a side, in base64, to be shown blurred while the picture loads."},
    {.name = "error",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL,
     .offset = AT(error),
     .names = &file_error_names,
     .doc = "Why it could not be fetched. POST /api/files/:id/fetch tries again."},
};
#undef AT
JSON_SHAPE(file_shape, "File", struct file_row, fields, NULL);

enum { KEY_SIZE = 64 }; /* SHA-256 in hexadecimal */

const char *file_path(struct desk *d, str key, arena *a) {
  assert(key.len == KEY_SIZE);
  return arena_printf(a, "%s/%.2s/%.*s", d->files_dir, key.ptr, STR_ARG(key)).ptr;
}
