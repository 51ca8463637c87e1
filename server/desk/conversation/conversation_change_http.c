/* Routes that change a message: edit, delete, pin, react. */
#include "base/limits.h"
#include "desk/conversation/conversation.h"
#include "desk/route.h"

#define AT(member) offsetof(struct THIS, member)
enum { EMOJI_MAX = 16, BUTTONS_MAX_BYTES = 64 << 10, ID_MAX = 20 };

#define THIS edit_body
struct edit_body {
  str text, buttons;
  struct json_list entities;
};
enum { EDIT_TEXT, EDIT_ENTITIES, EDIT_BUTTONS };
static const struct json_field edit_fields[] = {
    [EDIT_TEXT] = {.name = "text",
                   .type = JSON_STRING,
                   .flags = JSON_OPTIONAL,
                   .offset = AT(text),
                   .max = LIMIT_TEXT_MAX,
                   .doc = "Left out: stays, with its entities.",
                   .handler_rule = "Not blank, unless there is a file; shorter as a caption."},
    [EDIT_ENTITIES] = {.name = "entities",
                       .type = JSON_LIST,
                       .flags = JSON_OPTIONAL,
                       .offset = AT(entities),
                       .max = LIMIT_ENTITIES_MAX,
                       .shape = &entity_shape,
                       .handler_rule = "As in an answer."},
    [EDIT_BUTTONS] = {.name = "buttons",
                      .type = JSON_RAW,
                      .flags = JSON_OPTIONAL | JSON_NULLABLE | JSON_RAW_LIST | JSON_RAW_ROWS,
                      .offset = AT(buttons),
                      .max = BUTTONS_MAX_BYTES,
                      .shape = &button_shape,
                      .doc = "Left out: stay; none: are removed.",
                      .handler_rule = "As in an answer."},
};
#undef THIS
static JSON_SHAPE(edit_shape, "MessageChanges", struct edit_body, edit_fields, NULL);

#define THIS reaction_body
struct reaction_body {
  str emoji;
};
static const struct json_field reaction_fields[] = {{.name = "emoji",
                                                     .type = JSON_STRING,
                                                     .flags = JSON_REQUIRED | JSON_NULLABLE,
                                                     .offset = AT(emoji),
                                                     .max = EMOJI_MAX,
                                                     .doc = "Null or empty: the reaction is taken back."}};
#undef THIS
static JSON_SHAPE(reaction_shape, "ReactionToSet", struct reaction_body, reaction_fields, NULL);

#define THIS pin_body
struct pin_body {
  bool pinned;
};
static const struct json_field pin_fields[] = {
    {.name = "pinned", .type = JSON_BOOL, .flags = JSON_REQUIRED, .offset = AT(pinned)}};
#undef THIS
static JSON_SHAPE(pin_shape, "PinToSet", struct pin_body, pin_fields, NULL);

static void carry_out(struct call *c, struct message_command *o) {
  struct message_row m;
  o->conversation_id = c->id;
  o->by = operator_actor(&c->me);
  bool known = str_to_i64(c->word, &o->message_id) && o->message_id > 0;
  err e = known ? conversation_change_message(c->desk, o, c->arena, &m) : err_make(ERR_NOT_FOUND);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &message_shape, &m);
}

static void edit(struct call *c) {
  const struct edit_body *b = c->body;
  struct button_row *rows = NULL;
  size_t count = 0;
  struct message_command o = {.what = CHANGE_EDIT,
                              .set_text = c->present >> EDIT_TEXT & 1,
                              .set_buttons = c->present >> EDIT_BUTTONS & 1,
                              .text = str_or_empty(b->text),
                              .entity_count = b->entities.count};
  err e = buttons_decode_foreign(b->buttons, c->arena, &rows, &count);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  o.buttons_json = buttons_encode(c->arena, rows, count);
  o.entities = arena_array(c->arena, struct entity, b->entities.count);
  if (o.entity_count) memcpy(o.entities, b->entities.items, o.entity_count * sizeof *o.entities);
  carry_out(c, &o);
}

static void delete (struct call *c) { carry_out(c, &(struct message_command){.what = CHANGE_DELETE}); }

static void react(struct call *c) {
  const struct reaction_body *b = c->body;
  carry_out(c, &(struct message_command){.what = CHANGE_REACTION, .emoji = str_or_empty(b->emoji)});
}

static void pin(struct call *c) {
  const struct pin_body *b = c->body;
  carry_out(c, &(struct message_command){.what = CHANGE_PIN, .pinned = b->pinned});
}

#define CHANGES(verb, ending, ...)                                                                                   \
  {                                                                                                                  \
    verb, "/api/conversations/:id/messages/:word" ending, GUARD_ROLE, MAY_CONVERSATION_WRITE, RATE_WRITE,            \
        .own = true, .word_max = ID_MAX, .out = &message_shape, .status = 200,                                       \
        .fails = FAILS(NOT_CHANGEABLE) | FAILS(UNSUPPORTED_BY_CHANNEL) | FAILS(QUEUE_FULL) | FAILS(NOTHING_VISIBLE), \
        __VA_ARGS__                                                                                                  \
  }

static const struct route routes[] = {
    CHANGES(
        HTTP_PATCH, "", .body = HTTP_BODY_MEMORY, .in = &edit_shape, .handler = edit,
        .doc =
            "Edits an answer. One that was not sent changes at once; one that was sent changes in the desk, with its "
            "history, and at the customer as soon as possible: see `change`. To repeat the request tries again."),
    CHANGES(HTTP_DELETE, "", .handler = delete,
            .doc = "Deletes an answer at the customer, or withdraws one that was not sent. The desk keeps its text."),
    CHANGES(HTTP_PUT, "/reaction", .body = HTTP_BODY_MEMORY, .in = &reaction_shape, .handler = react,
            .doc = "Sets the desk's reaction to a message, or takes it back."),
    CHANGES(HTTP_PUT, "/pin", .body = HTTP_BODY_MEMORY, .in = &pin_shape, .handler = pin,
            .doc = "Pins a message in the customer's chat, or unpins it."),
};
ROUTE_TABLE(conversation_change_routes, routes);
