/* See err_json.h. */
#include "base/err_json.h"

static const char *const texts[] = {
    [ERR_NONE] = NULL,
#define ERROR(name, text, kind, message) [ERR_##name] = text,
#include "spec/errors.tbl"
#undef ERROR
};
const struct json_enum err_code_names = {.name = "ErrorCode", .names = texts, .count = JSON_COUNT(texts)};
