/* Buttons under a message: their shape, and the checks that make rows of them safe to store, show and send. */
#include "desk/message/message.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "base/str_bidi.h"

#include <stddef.h>

static const char *const styles[] = {"default", "primary", "success", "danger"};
const struct json_enum button_style_names = {.name = "ButtonStyle", .names = styles, .count = JSON_COUNT(styles)};

enum { URL_MAX = 2048 };

#define AT(member) offsetof(struct button, member)
static const struct json_field fields[] = {
    {.name = "text",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(text),
     .min = 1,
     .max = LIMIT_BUTTON_TEXT_MAX},
    {.name = "url",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(url),
     .max = URL_MAX,
     .doc = "Opened by a press: http, https, or an address of the channel."},
    {.name = "callback",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(callback),
     .max = LIMIT_BUTTON_CALLBACK_MAX,
     .doc = "Reported to the desk by a press; at most 64 bytes."},
    {.name = "copy",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(copy),
     .max = LIMIT_BUTTON_COPY_MAX,
     .doc = "Copied by a press."},
    {.name = "style",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL,
     .offset = AT(style),
     .names = &button_style_names,
     .doc = "Left out: default."},
};
#undef AT
JSON_SHAPE(button_shape, "Button", struct button, fields,
           "A button under a message, with exactly one of url, callback and copy.");

struct row {
  struct json_list items;
};
static const struct json_field row_fields[] = {
    {.name = "buttons", .type = JSON_LIST, .offset = 0, .shape = &button_shape}};
static JSON_SHAPE(row_shape, "ButtonRow", struct row, row_fields, NULL);

static err refuse(const char *why) { return err_detail(ERR_INVALID_FIELD, "buttons", "%s", why); }

static bool begins(str url, str scheme) { return str_eq_ignore_case(str_sub(url, 0, scheme.len), scheme); }

/* A link leaves the panel too, so only schemes that cannot run code there. */
static bool opens(str url) {
  bool elsewhere = begins(url, S("mailto:")) || begins(url, S("tel:"));
  return !elsewhere && entities_url_is_safe(url);
}

static err check(const struct button *b) {
  int actions = (b->url.len > 0) + (b->callback.len > 0) + (b->copy.len > 0);
  if (actions != 1) return refuse("A button needs exactly one of url, callback and copy.");
  if (!str_is_visible(b->text)) return refuse("A button needs a label.");
  if (b->url.len && !opens(b->url)) return refuse("A button's url must begin with https:// or http://.");
  if (b->callback.len > LIMIT_BUTTON_CALLBACK_MAX)
    return err_detail(ERR_INVALID_FIELD, "buttons", "A button's callback may have at most %d bytes.",
                      LIMIT_BUTTON_CALLBACK_MAX);
  return err_ok;
}

static err decode_row(str json, arena *a, struct button_row *out) {
  struct row row = {0};
  str wrapped = arena_printf(a, "{\"buttons\":%.*s}", STR_ARG(json));
  err e = json_decode_exact(&row_shape, wrapped, a, &row, NULL);
  if (err_is(e)) return err_detail(ERR_INVALID_FIELD, "buttons", "%s", err_message(&e));
  if (row.items.count > LIMIT_BUTTON_ROW_MAX)
    return err_detail(ERR_INVALID_FIELD, "buttons", "A row may have at most %d buttons.", LIMIT_BUTTON_ROW_MAX);
  out->count = row.items.count;
  out->list = arena_array(a, struct button, out->count);
  if (out->count) memcpy(out->list, row.items.items, out->count * sizeof *out->list);
  for (size_t i = 0; i < out->count && !err_is(e); i++) {
    struct button *b = &out->list[i];
    if (!b->url.len) b->url = STR_NONE;
    if (!b->callback.len) b->callback = STR_NONE;
    if (!b->copy.len) b->copy = STR_NONE;
    e = check(b);
  }
  return e;
}

err buttons_decode(str json, arena *a, struct button_row **rows, size_t *count) {
  str element;
  size_t at = 0, total = 0;
  *rows = arena_array(a, struct button_row, LIMIT_BUTTONS_MAX);
  *count = 0;
  if (!json.ptr) return err_ok;
  while (json_scan_element(json, &at, &element)) {
    struct button_row row = {0};
    if (element.len == 0 || element.ptr[0] != '[') return refuse("The buttons must be a list of rows, each a list.");
    err e = decode_row(element, a, &row);
    if (err_is(e)) return e;
    if ((total += row.count) > LIMIT_BUTTONS_MAX)
      return err_detail(ERR_INVALID_FIELD, "buttons", "A message may have at most %d buttons.", LIMIT_BUTTONS_MAX);
    if (row.count) (*rows)[(*count)++] = row; /* a row has a button, so there are not more rows than buttons */
  }
  return err_ok;
}

enum { ROWS_MAX_BYTES = 512 << 10 };

err buttons_decode_foreign(str json, arena *a, struct button_row **rows, size_t *count) {
  err e = buttons_decode(json, a, rows, count);
  for (size_t i = 0; i < *count && !err_is(e); i++)
    for (size_t k = 0; k < (*rows)[i].count; k++)
      if (str_starts((*rows)[i].list[k].callback, S(BUTTON_RESERVED)))
        e = refuse("A button's callback cannot begin with " BUTTON_RESERVED ".");
  return e;
}

str buttons_encode(arena *a, const struct button_row *rows, size_t count) {
  if (count == 0) return STR_NONE;
  buf b;
  buf_init(&b, ROWS_MAX_BYTES);
  buf_add_char(&b, '[');
  for (size_t i = 0; i < count; i++) {
    if (i) buf_add_char(&b, ',');
    struct button *list = rows[i].list;
    for (size_t k = 0; k < rows[i].count; k++)
      if (list[k].style == BUTTON_DEFAULT) list[k].style = -1; /* left out */
    json_encode_list(&b, &button_shape, list, rows[i].count, JSON_SNAKE);
  }
  buf_add_char(&b, ']');
  str json = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return json;
}
