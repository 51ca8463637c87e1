/* The file's shape on the wire and its states. */
#include "desk/file/file.h"

#include <stddef.h>

static const char *const states[] = {"pending", "ready", "failed"};
const struct json_enum file_state_names = {.name = "FileState", .names = states, .count = JSON_COUNT(states)};

#define AT(member) offsetof(struct file_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "state", .type = JSON_ENUM, .offset = AT(state), .names = &file_state_names},
    {.name = "name", .type = JSON_STRING, .offset = AT(name)},
    {.name = "mime", .type = JSON_STRING, .offset = AT(mime)},
    {.name = "size", .type = JSON_INT, .offset = AT(size_bytes)},
    {.name = "width", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(width)},
    {.name = "height", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(height)},
};
#undef AT
JSON_SHAPE(file_shape, "File", struct file_row, fields, NULL);
