/* See tg_rich.h. */
#include "edge/telegram/in/tg_rich.h"

#include "base/limits.h"
#include "desk/message/message.h"
#include "desk/names.h"
#include "edge/telegram/in/tg_value.h"

#include <inttypes.h>

enum {
  DEPTH_MAX = 32,
  TEXT_MAX_BYTES = 128 << 10, /* a rich message has at most 32,768 characters (Bot API, sendRichMessage) */
};

struct writing {
  buf text;
  arena *a;
  struct entity entities[LIMIT_ENTITIES_MAX];
  size_t count;
  struct tg_rich *out;
  int depth;
};

static int64_t units(const struct writing *w) { return (int64_t)str_utf16_count(buf_borrow(&w->text)); }

static void add(struct writing *w, str s) { buf_add(&w->text, tg_clean(w->a, s)); }

/* A new block starts on a line of its own. */
static void break_line(struct writing *w) {
  str so_far = buf_borrow(&w->text);
  if (so_far.len && so_far.ptr[so_far.len - 1] != '\n') buf_add_char(&w->text, '\n');
}

static void mark(struct writing *w, const char *type, int64_t from, str url, str language) {
  int64_t length = units(w) - from;
  if (!type || length <= 0 || w->count == LIMIT_ENTITIES_MAX) return;
  int known = names_find(&entity_type_names, str_c(type));
  if (known < 0) return;
  struct entity e = {.type = known, .offset = from, .length = length, .url = url, .language = language};
  size_t one = 1;
  if (!err_is(entities_check(buf_borrow(&w->text), &e, &one))) w->entities[w->count++] = e;
}

/* ---- spans ---- */

static const struct {
  const char *type, *entity;
} spans[] = {
    {"bold", "bold"},       {"italic", "italic"},   {"underline", "underline"}, {"strikethrough", "strikethrough"},
    {"spoiler", "spoiler"}, {"code", "code"},       {"url", "text_link"},       {"email_address", "email"},
    {"mention", "mention"}, {"hashtag", "hashtag"}, {"cashtag", "cashtag"},     {"phone_number", "phone_number"},
};

static void add_span(struct writing *w, const json_t *span);

/* RichText: a string, an array of RichText, or an object with a type. */
static void add_text(struct writing *w, const json_t *rich) {
  if (!rich || ++w->depth > DEPTH_MAX) {
    w->depth -= rich != NULL;
    return;
  }
  if (json_is_string(rich)) add(w, tg_text_of(rich));
  for (size_t i = 0; i < json_array_size(rich); i++) add_text(w, json_array_get(rich, i));
  if (json_is_object(rich)) add_span(w, rich);
  w->depth--;
}

static void add_span(struct writing *w, const json_t *span) {
  str type = tg_text_at(span, "type");
  int64_t from = units(w);
  if (str_eq(type, S("custom_emoji"))) {
    add(w, tg_text_at(span, "alternative_text"));
  } else if (str_eq(type, S("mathematical_expression"))) {
    add(w, tg_text_at(span, "expression"));
    mark(w, "code", from, STR_NONE, STR_NONE);
  } else if (str_eq(type, S("button"))) {
    add_text(w, json_object_get(json_object_get(span, "button"), "text"));
  } else {
    add_text(w, json_object_get(span, "text"));
  }
  for (size_t i = 0; i < JSON_COUNT(spans); i++)
    if (str_eq(type, str_c(spans[i].type)))
      mark(w, spans[i].entity, from, arena_dup(w->a, tg_text_at(span, "url")), STR_NONE);
}

/* ---- blocks ---- */

static void add_blocks(struct writing *w, const json_t *blocks, size_t first);

static void add_caption(struct writing *w, const json_t *caption) {
  if (!json_is_object(caption)) {
    add_text(w, caption);
    return;
  }
  add_text(w, json_object_get(caption, "text"));
  if (!json_object_get(caption, "credit")) return;
  buf_add(&w->text, S(" — "));
  add_text(w, json_object_get(caption, "credit"));
}

static void add_items(struct writing *w, const json_t *items) {
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *item = json_array_get(items, i);
    break_line(w);
    if (tg_true_at(item, "has_checkbox")) buf_add(&w->text, tg_true_at(item, "is_checked") ? S("☑ ") : S("☐ "));
    str label = tg_text_at(item, "label");
    if (label.len) add(w, label), buf_add_char(&w->text, ' ');
    const json_t *blocks = json_object_get(item, "blocks");
    const json_t *first = json_array_get(blocks, 0);
    bool inline_first = str_eq(tg_text_at(first, "type"), S("paragraph")); /* stays on the label's line */
    if (inline_first) add_text(w, json_object_get(first, "text"));
    add_blocks(w, blocks, inline_first ? 1 : 0);
  }
}

static void add_table(struct writing *w, const json_t *rows) {
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i);
    break_line(w);
    for (size_t at = 0; at < json_array_size(row); at++) {
      if (at) buf_add(&w->text, S(" | "));
      add_text(w, json_object_get(json_array_get(row, at), "text"));
    }
  }
}

static void add_buttons(struct writing *w, const json_t *buttons) {
  for (size_t i = 0; i < json_array_size(buttons); i++) {
    buf_add(&w->text, i ? S(" [") : S("["));
    add_text(w, json_object_get(json_array_get(buttons, i), "text"));
    buf_add_char(&w->text, ']');
  }
}

static void add_map(struct writing *w, const json_t *block) {
  const json_t *point = json_object_get(block, "location");
  buf_printf(&w->text, "📍 %.6g, %.6g ", json_number_value(json_object_get(point, "latitude")),
             json_number_value(json_object_get(point, "longitude")));
}

static void keep_media(struct writing *w, const json_t *block) {
  static const char *const names[] = {"photo", "video", "animation", "audio", "document", "voice_note"};
  for (size_t i = 0; i < JSON_COUNT(names); i++) {
    const json_t *media = json_object_get(block, names[i]);
    if (media && w->out->media_count < TG_RICH_MEDIA_MAX) w->out->media[w->out->media_count++] = media;
  }
}

/* Blocks that are one formatted text. */
static const struct {
  const char *type, *entity;
} texts[] = {
    {"section_heading", "bold"},
    {"preformatted", "pre"},
    {"expandable_block_quotation", "expandable_blockquote"},
    {"pull_quotation", "blockquote"},
    {"block_quotation", "blockquote"},
};

static void add_block(struct writing *w, const json_t *block) {
  str type = tg_text_at(block, "type");
  const json_t *text = json_object_get(block, "text");
  break_line(w);
  int64_t from = units(w);
  keep_media(w, block);
  if (str_eq(type, S("divider"))) buf_add(&w->text, S("———"));
  if (str_eq(type, S("mathematical_expression"))) add(w, tg_text_at(block, "expression"));
  if (str_eq(type, S("map"))) add_map(w, block);
  if (str_eq(type, S("details"))) {
    add_text(w, json_object_get(block, "summary"));
    mark(w, "bold", from, STR_NONE, STR_NONE);
  }
  add_text(w, text);
  add_items(w, json_object_get(block, "items"));
  add_table(w, json_object_get(block, "cells"));
  add_buttons(w, json_object_get(block, "buttons"));
  add_blocks(w, json_object_get(block, "blocks"), 0);
  if (json_object_get(block, "credit")) buf_add(&w->text, S(" — "));
  add_text(w, json_object_get(block, "credit"));
  add_caption(w, json_object_get(block, "caption"));
  for (size_t i = 0; i < JSON_COUNT(texts); i++)
    if (str_eq(type, str_c(texts[i].type)))
      mark(w, texts[i].entity, from, STR_NONE, arena_dup(w->a, tg_text_at(block, "language")));
}

static void add_blocks(struct writing *w, const json_t *blocks, size_t first) {
  if (++w->depth <= DEPTH_MAX)
    for (size_t i = first; i < json_array_size(blocks); i++) add_block(w, json_array_get(blocks, i));
  w->depth--;
}

bool tg_rich_read(const json_t *rich, arena *a, struct tg_rich *out) {
  const json_t *blocks = json_object_get(rich, "blocks");
  *out = (struct tg_rich){.text = S("")};
  if (!json_is_array(blocks)) return false;
  struct writing *w = arena_new_of(a, struct writing);
  w->a = a;
  w->out = out;
  buf_init(&w->text, TEXT_MAX_BYTES);
  add_blocks(w, blocks, 0);
  bool whole = !w->text.overflow;
  if (whole) {
    size_t count = w->count;
    out->text = arena_dup(a, buf_borrow(&w->text));
    if (!err_is(entities_check(out->text, w->entities, &count)))
      out->entities_json = entities_encode(a, w->entities, count);
  }
  buf_free(&w->text);
  return whole;
}
