/* Formatting entities: their shape and the checks that make a list safe to store, show and send. Offsets are in
 * UTF-16 code units, as channels and browsers count. */
#include "desk/message/message.h"

#include "base/limits.h"
#include "desk/names.h"

#include <stddef.h>

static const char *const types[] = {
    "mention", "hashtag", "cashtag",   "bot_command",   "url",          "email",      "phone_number",
    "bold",    "italic",  "underline", "strikethrough", "spoiler",      "blockquote", "expandable_blockquote",
    "code",    "pre",     "text_link", "text_mention",  "custom_emoji", "date_time"};
const struct json_enum entity_type_names = {.name = "EntityType", .names = types, .count = JSON_COUNT(types)};
enum { TYPE_PRE = 15, TYPE_TEXT_LINK = 16, TYPE_TEXT_MENTION = 17, TYPE_DATE_TIME = 19 };
enum { URL_MAX = 2048, LANGUAGE_MAX = 64, DATE_FORMAT_MAX = 8 };
#define UNIX_TIME_MAX INT64_C(253402300799) /* the year 9999 */

#define AT(member) offsetof(struct entity, member)
static const struct json_field fields[] = {
    {.name = "type", .type = JSON_ENUM, .flags = JSON_REQUIRED, .offset = AT(type), .names = &entity_type_names},
    {.name = "offset",
     .type = JSON_INT,
     .flags = JSON_REQUIRED,
     .offset = AT(offset),
     .min = 0,
     .max = INT32_MAX,
     .doc = "In UTF-16 code units, as JavaScript counts."},
    {.name = "length", .type = JSON_INT, .flags = JSON_REQUIRED, .offset = AT(length), .min = 1, .max = INT32_MAX},
    {.name = "url", .type = JSON_STRING, .flags = JSON_OPTIONAL, .offset = AT(url), .max = URL_MAX},
    {.name = "language", .type = JSON_STRING, .flags = JSON_OPTIONAL, .offset = AT(language), .max = LANGUAGE_MAX},
    {.name = "unix_time",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(unix_time),
     .min = 1,
     .max = UNIX_TIME_MAX,
     .doc = "Of a date_time: seconds UTC, shown in the reader's zone."},
    {.name = "date_format",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(date_format),
     .max = DATE_FORMAT_MAX,
     .doc =
         "Of a date_time: r for a relative time, else any of w (weekday), d or D (date), t or T (time); without it the "
         "text stays."},
};
#undef AT
JSON_SHAPE(entity_shape, "Entity", struct entity, fields, NULL);

/* Between two code points, not inside a surrogate pair. */
static bool is_boundary(str text, int64_t unit) {
  int64_t at_unit = 0;
  for (size_t at = 0; at < text.len && at_unit < unit;) at_unit += str_utf8_next(text, &at) > 0xffff ? 2 : 1;
  return at_unit == unit;
}

/* Links leave the panel, so only schemes that cannot run code here. */
bool entities_url_is_safe(str url) {
  static const char *const schemes[] = {
      "http://",
      "https://",
      "mailto:",
      "tel:",
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) links,
#include "spec/channels.tbl"
#undef CHANNEL
  };
  if (url.len == 0 || url.len > URL_MAX) return false;
  for (size_t i = 0; i < url.len; i++)
    if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f) return false;
  for (size_t i = 0; i < JSON_COUNT(schemes); i++) {
    size_t n = schemes[i] ? str_c(schemes[i]).len : 0;
    if (n && url.len > n && str_eq_ignore_case(str_sub(url, 0, n), str_c(schemes[i]))) return true;
  }
  return false;
}

static err refuse(const char *why) { return err_detail(ERR_INVALID_FIELD, "entities", "%s", why); }

static err check_one(str text, int64_t units, bool pairs, struct entity *e) {
  if (e->type < 0 || e->type >= entity_type_names.count) return refuse("An entity has an unknown type.");
  if (e->offset < 0 || e->length <= 0 || e->offset > units || e->length > units - e->offset)
    return refuse("An entity is outside the text.");
  if (pairs && (!is_boundary(text, e->offset) || !is_boundary(text, e->offset + e->length)))
    return refuse("An entity splits a character.");
  bool links = e->type == TYPE_TEXT_LINK || e->type == TYPE_TEXT_MENTION;
  if (links && !entities_url_is_safe(e->url)) return refuse("An entity's url has a scheme that is not allowed.");
  if (!links) e->url = STR_NONE;
  bool dated = e->type == TYPE_DATE_TIME && e->unix_time > 0 && e->unix_time <= UNIX_TIME_MAX;
  if (!dated) e->unix_time = 0;
  if (!dated || e->date_format.len == 0 || e->date_format.len > DATE_FORMAT_MAX) e->date_format = STR_NONE;
  if (e->type != TYPE_PRE || e->language.len == 0 || e->language.len > LANGUAGE_MAX) e->language = STR_NONE;
  return err_ok;
}

static bool comes_before(const struct entity *x, const struct entity *y) {
  if (x->offset != y->offset) return x->offset < y->offset;
  if (x->length != y->length) return x->length > y->length;
  return x->type < y->type;
}

err entities_check(str text, struct entity *list, size_t *count) {
  if (*count > LIMIT_ENTITIES_MAX) return refuse("There are too many entities.");
  int64_t units = (int64_t)str_utf16_count(text);
  bool pairs = (size_t)units != str_utf8_count(text);
  for (size_t i = 0; i < *count; i++) {
    err e = check_one(text, units, pairs, &list[i]);
    if (err_is(e)) return e;
  }
  size_t kept = 0; /* insertion sort: at most LIMIT_ENTITIES_MAX, nearly always already sorted */
  for (size_t i = 0; i < *count; i++) {
    struct entity e = list[i];
    size_t at = kept;
    while (at > 0 && comes_before(&e, &list[at - 1])) at--;
    bool twice = at > 0 && !comes_before(&list[at - 1], &e);
    if (twice) continue;
    memmove(&list[at + 1], &list[at], (kept - at) * sizeof *list);
    list[at] = e;
    kept++;
  }
  *count = kept;
  return err_ok;
}

str entities_encode(arena *a, const struct entity *list, size_t count) {
  if (count == 0) return STR_NONE;
  buf b;
  buf_init(&b, LIMIT_UPDATE_MAX_BYTES);
  json_encode_list(&b, &entity_shape, list, count, JSON_SNAKE);
  str copy = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return copy;
}

struct holder {
  struct json_list entities;
};
static const struct json_field holder_fields[] = {
    {.name = "entities", .type = JSON_LIST, .offset = 0, .shape = &entity_shape, .max = LIMIT_ENTITIES_MAX}};
static JSON_SHAPE(holder_shape, "Entities", struct holder, holder_fields, NULL);

err entities_decode(str json, arena *a, struct entity **list, size_t *count) {
  *list = NULL;
  *count = 0;
  if (!json.ptr || json.len == 0) return err_ok;
  str wrapped = arena_concat(a, arena_concat(a, S("{\"entities\":"), json), S("}"));
  struct holder h = {0};
  err e = json_decode(&holder_shape, wrapped, a, &h, NULL);
  if (err_is(e)) return e;
  *count = h.entities.count;
  *list = arena_array(a, struct entity, h.entities.count);
  if (h.entities.count) memcpy(*list, h.entities.items, h.entities.count * sizeof **list);
  return err_ok;
}
