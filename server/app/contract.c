/* `print-contract`: the panel's web/src/contract.ts. Everything in it comes from a table; only the frames that
 * a client sends are written here, since no shape describes a union by type. */
#include "app/app.h"
#include "app/catalogue.h"
#include "app/events.h"
#include "base/fold.h"
#include "desk/conversation/conversation.h"
#include "desk/message/message_channel.h"

#include <assert.h>
#include <string.h>

static const char *const permission_texts[] = {
#define PERMISSION(name, text, admin, senior, op) text,
#include "spec/roles.tbl"
#undef PERMISSION
};
static const struct json_enum permission_names = {"Permission", permission_texts, JSON_COUNT(permission_texts), NULL};

static const struct {
  const char *name, *unit;
  int64_t value;
} limits[] = {
#define LIMIT(name, value, unit) {#name, unit, value},
#include "spec/limits.tbl"
#undef LIMIT
};

/* Name lists whose values are plain strings on the wire and in the field tables. */
static const struct {
  const char *shape, *printed, *meant;
} named_lists[] = {{"Me", "permissions: string[]", "permissions: Permission[]"},
                   {"Me", "own_permissions: string[]", "own_permissions: Permission[]"}};

static void print_shape(buf *out, const struct json_shape *shape) {
  buf text;
  buf_init(&text, out->max);
  json_print_typescript(&text, shape);
  str rest = buf_borrow(&text);
  for (size_t i = 0; i < JSON_COUNT(named_lists); i++) {
    if (!str_eq(str_c(named_lists[i].shape), str_c(shape->name))) continue;
    str printed = str_c(named_lists[i].printed);
    const char *at = memmem(rest.ptr, rest.len, printed.ptr, printed.len);
    assert(at); /* the shape has changed: update the table */
    size_t before = (size_t)(at - rest.ptr);
    buf_add(out, str_sub(rest, 0, before));
    buf_add(out, str_c(named_lists[i].meant));
    rest = str_sub(rest, before + printed.len, rest.len);
  }
  buf_add(out, rest);
  buf_free(&text);
}

static const struct {
  const char *text, *title;
  int photos;
  bool edits, seen;
} channels[] = {
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) \
  {text, title, photos, edits, seen},
#include "spec/channels.tbl"
#undef CHANNEL
};

static const struct {
  unsigned ability;
  const char *name;
} abilities[] = {
    {CHANNEL_CAN_BUTTONS, "buttons"},
    {CHANNEL_CAN_SILENT, "silent"},
    {CHANNEL_CAN_PROTECTED, "protected"},
    {CHANNEL_CAN_LINK_PREVIEW, "link_preview"},
    {CHANNEL_CAN_DISPLAY, "display"},
    {CHANNEL_CAN_QUOTE, "quote"},
    {CHANNEL_CAN_EDIT, "edit"},
    {CHANNEL_CAN_DELETE, "delete"},
    {CHANNEL_CAN_PIN, "pin"},
    {CHANNEL_CAN_REACT, "react"},
    {CHANNEL_CAN_ACTIVITY, "activity"},
};

static void print_channel(buf *out, size_t i) {
  const struct channel_facts *facts = channel_facts(str_c(channels[i].text));
  buf_printf(out, "  %s: {\n    title: \"%s\", photos: %d, edits: %s, seen: %s, delete_ms: %lld,\n    carries: [",
             channels[i].text, channels[i].title, channels[i].photos, channels[i].edits ? "true" : "false",
             channels[i].seen ? "true" : "false", (long long)facts->delete_ms);
  bool any = false;
  for (int kind = 0; kind < MESSAGE_KINDS; kind++)
    if (channel_carries(facts, kind))
      buf_printf(out, "%s\"%s\"", any ? ", " : "", message_kind_names.names[kind]), any = true;
  buf_add(out, S("] as readonly MessageKind[],\n    can: {"));
  for (size_t k = 0; k < JSON_COUNT(abilities); k++)
    buf_printf(out, "%s %s: %s", k ? "," : "", abilities[k].name, facts->can & abilities[k].ability ? "true" : "false");
  buf_add(out, S(" },\n  },\n"));
}

static void print_channels(buf *out) {
  buf_add(out, S("/** The channels of customers and their capabilities; see spec/channels.tbl. */\n"
                 "export const channels = {\n"));
  for (size_t i = 0; i < JSON_COUNT(channels); i++) print_channel(out, i);
  buf_add(out, S("} as const\n"));
}

static void print_kinds(buf *out) {
  buf_add(out, S("/** Message kinds: whether a kind counts as writing, whether it has a content, and the preview\n"
                 " * of a message without text; see spec/kinds.tbl. */\nexport const messageKinds = {\n"));
  for (int i = 0; i < MESSAGE_KINDS; i++) {
    const struct message_kind_facts *kind = message_kind_facts(i);
    buf_printf(out, "  %s: { counts: %s, content: %s, preview: { en: \"%s\", ru: \"%s\" } },\n",
               message_kind_names.names[i], kind->counts ? "true" : "false",
               kind->carries & CARRIES_CONTENT ? "true" : "false", kind->word_en, kind->word_ru);
  }
  buf_add(out, S("} as const\n"));
}

static void print_events(buf *out, const char *type, bool logged) {
  buf_printf(out, "export type %s =\n", type);
  for (int i = 0; i < EVENT_TYPES; i++)
    if (event_is_logged(i) == logged)
      buf_printf(out, "  | { type: \"%s\"; %sdata: %s }\n", event_text(i), logged ? "seq: number; " : "",
                 event_shape(i)->name);
}

static void print_limits(buf *out) {
  buf_add(out, S("/** Bounds that the server enforces and the panel respects. */\nexport const limits = {\n"));
  for (size_t i = 0; i < JSON_COUNT(limits); i++) {
    buf_printf(out, "  /** %s */\n  ", limits[i].unit);
    for (const char *at = limits[i].name; *at; at++)
      buf_add_char(out, *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at);
    buf_printf(out, ": %lld,\n", (long long)limits[i].value);
  }
  buf_add(out, S("} as const\n"));
}

/* The panel evaluates the same conditions on its rows: shared/lib/condition.ts. */
static void print_fields(buf *out, const struct condition_noun *noun, const char *prefix) {
  buf_printf(out,
             "/** Fields for conditions. Null: no value; undefined: not contained in events. */\n"
             "export const %sFields = {\n",
             prefix);
  for (size_t i = 0; i < noun->count; i++) {
    const struct condition_field *f = &noun->fields[i];
    buf_printf(out, "  /** %s */\n  %s: { type: \"%s\", of: (one: %s) => %s },\n", f->doc, f->name,
               condition_type_names.names[f->type], noun->name, f->typescript);
  }
  buf_printf(out, "} as const\nexport type %sField = keyof typeof %sFields\n\n", noun->name, prefix);
}

static void print_conditions(buf *out) {
  json_print_typescript_enum(out, &condition_op_names);
  json_print_typescript_enum(out, &condition_type_names);
  buf_add(out, S("export type ConditionValue = string | number | boolean\n"
                 "/** A condition; see docs/conditions.md. */\n"
                 "export type Condition<Field extends string = string> =\n"
                 "  | { all: readonly Condition<Field>[] }\n"
                 "  | { any: readonly Condition<Field>[] }\n"
                 "  | { none: readonly Condition<Field>[] }\n"
                 "  | { field: Field; op: ConditionOp; value?: ConditionValue | readonly ConditionValue[] }\n\n"));
  print_fields(out, &conversation_noun, "conversation");
  buf_add(out, S("/** Letters that conditions treat as equal: a letter and its variants; see spec/fold.tbl. */\n"
                 "export const foldedLetters = \""));
  fold_print(out);
  buf_add(out, S("\"\n"));
}

/* A test sets what it is about, so a new field is no edit of it. */
static void print_zeros(buf *out) {
  static const struct {
    const char *name;
    const struct json_shape *shape;
  } zeros[] = {{"zeroConversation", &conversation_shape}, {"zeroMessage", &message_shape}};
  buf_add(out, S("/** Values for tests to start from: null, 0, \"\" and []. */\n"));
  for (size_t i = 0; i < JSON_COUNT(zeros); i++) {
    buf_printf(out, "export const %s: %s = ", zeros[i].name, zeros[i].shape->name);
    json_print_typescript_zero(out, zeros[i].shape);
    buf_add_char(out, '\n');
  }
}

void contract_print(buf *out) {
  struct catalogue c;
  catalogue_collect(route_tables, &c);
  catalogue_add_events(&c);
  buf_add(
      out,
      S("// Printed by `switchboard print-contract` from spec/*.tbl and the field tables; do not edit by hand.\n\n"));
  for (size_t i = 0; i < c.enum_count; i++) json_print_typescript_enum(out, c.enums[i]);
  buf_add(out, S("/** The permissions of each role; see spec/roles.tbl. */\n"));
  json_print_typescript_enum(out, &permission_names);
  buf_add_char(out, '\n');
  for (size_t i = 0; i < c.shape_count; i++) {
    print_shape(out, c.shapes[i]);
    buf_add_char(out, '\n');
  }
  buf_add(out, S("export interface ApiError {\n"
                 "  error: { code: ErrorCode; message: string; field?: string }\n"
                 "  message: string\n"
                 "}\n\n"
                 "/** Durable events have a seq and carry the whole new state, so replaying one is "
                 "harmless. */\n"));
  print_events(out, "DurableEvent", true);
  buf_add(out, S("\n/** Ephemeral frames have no seq and are not replayed. */\n"));
  print_events(out, "EphemeralEvent", false);
  buf_add(out, S("\nexport type ServerFrame = DurableEvent | EphemeralEvent\n\n"
                 "export type ClientFrame =\n"
                 "  | { type: \"auth\"; token: string }\n"
                 "  | { type: \"resume\"; since: number }\n"
                 "  | { type: \"typing\"; conversation_id: number; typing: boolean }\n"
                 "  | { type: \"viewing\"; conversation_id: number | null }\n"
                 "  | { type: \"ping\" }\n\n"));
  print_limits(out);
  buf_add_char(out, '\n');
  print_channels(out);
  buf_add_char(out, '\n');
  print_kinds(out);
  buf_add_char(out, '\n');
  print_conditions(out);
  buf_add_char(out, '\n');
  print_zeros(out);
}
