/* See subject.h. */
#include "desk/subject.h"

static const char *const texts[] = {
#define SUBJECT(name, text) text,
#include "spec/subjects.tbl"
#undef SUBJECT
};
const struct json_enum subject_names = {.name = "Subject", .names = texts, .count = JSON_COUNT(texts)};
