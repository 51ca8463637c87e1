/* See actor.h. */
#include "desk/actor.h"

static const char *const texts[] = {
#define ACTOR(name, text) text,
#include "spec/actors.tbl"
#undef ACTOR
};
const struct json_enum actor_names = {.name = "ActorKind", .names = texts, .count = JSON_COUNT(texts)};
