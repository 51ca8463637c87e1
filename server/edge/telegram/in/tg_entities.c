/* See tg_entities.h. The types and their fields: Bot API 10.3, MessageEntity. */
#include "edge/telegram/in/tg_entities.h"

#include "base/jansson.h"
#include "base/limits.h"
#include "desk/names.h"

#include <inttypes.h>

enum { LISTED_MAX = 1000 /* entries examined in one list */ };

static str text_of(const json_t *v) {
  return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : STR_NONE;
}

static str mention_url(const json_t *user, arena *a) {
  const json_t *id = json_object_get(user, "id");
  return json_is_integer(id) ? arena_printf(a, "tg://user?id=%" PRId64, (int64_t)json_integer_value(id)) : STR_NONE;
}

static bool read_entity(const json_t *v, arena *a, struct entity *out, bool *lossy) {
  const json_t *offset = json_object_get(v, "offset"), *length = json_object_get(v, "length");
  str type = text_of(json_object_get(v, "type"));
  *out = (struct entity){.type = names_find(&entity_type_names, type)};
  if (out->type < 0 || !json_is_integer(offset) || !json_is_integer(length)) return false;
  out->offset = json_integer_value(offset);
  out->length = json_integer_value(length);
  if (str_eq(type, S("text_link"))) out->url = arena_dup(a, text_of(json_object_get(v, "url")));
  if (str_eq(type, S("text_mention"))) out->url = mention_url(json_object_get(v, "user"), a);
  if (str_eq(type, S("pre"))) out->language = arena_dup(a, text_of(json_object_get(v, "language")));
  if (str_has_nul(out->url)) return false;
  if (str_has_nul(out->language)) out->language = STR_NONE;
  if (str_eq(type, S("date_time"))) {
    const json_t *at = json_object_get(v, "unix_time");
    out->unix_time = json_is_integer(at) ? json_integer_value(at) : 0;
    out->date_format = arena_dup(a, text_of(json_object_get(v, "date_time_format")));
    if (str_has_nul(out->date_format)) out->date_format = STR_NONE;
  }
  if (str_eq(type, S("custom_emoji"))) *lossy = true;
  return true;
}

str tg_entities_in(const struct json_t *list, str text, arena *a, bool *lossy) {
  size_t listed = json_array_size(list), count = 0;
  if (listed == 0) return STR_NONE;
  if (listed > LISTED_MAX) *lossy = true, listed = LISTED_MAX;
  struct entity *kept = arena_array(a, struct entity, LIMIT_ENTITIES_MAX);
  for (size_t i = 0; i < listed; i++) {
    struct entity e;
    size_t one = 1;
    bool good = read_entity(json_array_get(list, i), a, &e, lossy) && !err_is(entities_check(text, &e, &one));
    if (good && count < LIMIT_ENTITIES_MAX)
      kept[count++] = e;
    else
      *lossy = true;
  }
  err e = entities_check(text, kept, &count);
  return err_is(e) ? STR_NONE : entities_encode(a, kept, count);
}

/* ---- out ---- */

static const struct {
  const char *ours, *theirs;
} sendable[] = {
    {"bold", "bold"},
    {"italic", "italic"},
    {"underline", "underline"},
    {"strikethrough", "strikethrough"},
    {"spoiler", "spoiler"},
    {"blockquote", "blockquote"},
    {"expandable_blockquote", "expandable_blockquote"},
    {"code", "code"},
    {"pre", "pre"},
    {"text_link", "text_link"},
    {"text_mention", "text_link"}, /* tg://user?id= as a link mentions; text_mention would need a whole User */
};

static const char *sendable_type(int type) {
  str name = names_text(&entity_type_names, type);
  for (size_t i = 0; i < JSON_COUNT(sendable); i++)
    if (str_eq(name, str_c(sendable[i].ours))) return sendable[i].theirs;
  return NULL;
}

void tg_entities_out(buf *out, const struct entity *list, size_t count) {
  buf_add_char(out, '[');
  bool first = true;
  for (size_t i = 0; i < count; i++) {
    const char *type = sendable_type(list[i].type);
    if (!type) continue;
    buf_printf(out, "%s{\"type\":\"%s\",\"offset\":%" PRId64 ",\"length\":%" PRId64, first ? "" : ",", type,
               list[i].offset, list[i].length);
    if (list[i].url.ptr) {
      buf_add(out, S(",\"url\":"));
      buf_add_json_string(out, list[i].url);
    }
    if (list[i].language.ptr) {
      buf_add(out, S(",\"language\":"));
      buf_add_json_string(out, list[i].language);
    }
    buf_add_char(out, '}');
    first = false;
  }
  buf_add_char(out, ']');
}

bool tg_quote_entities(str entities_json, int64_t position, int64_t length, arena *a, struct entity **out,
                       size_t *count) {
  static const char *const kept[] = {"bold",    "italic",       "underline", "strikethrough",
                                     "spoiler", "custom_emoji", "date_time"};
  struct entity *list = NULL;
  size_t all = 0;
  *count = 0;
  if (!entities_json.ptr || err_is(entities_decode(entities_json, a, &list, &all))) return true;
  *out = list;
  for (size_t i = 0; i < all; i++) {
    str name = names_text(&entity_type_names, list[i].type);
    int64_t from = list[i].offset - position, to = from + list[i].length;
    bool keeps = false;
    for (size_t k = 0; k < JSON_COUNT(kept); k++) keeps |= str_eq(name, str_c(kept[k]));
    if (from < 0) from = 0;
    if (to > length) to = length;
    if (!keeps || from >= to) continue;
    if (!sendable_type(list[i].type)) return false;
    list[*count] = list[i];
    list[*count].offset = from;
    list[(*count)++].length = to - from;
  }
  return true;
}
