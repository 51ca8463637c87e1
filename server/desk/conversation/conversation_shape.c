/* A conversation's row: from the database, and as JSON. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/names.h"
#include "sql.h"

#include <stddef.h>

/* ---- from the database ---- */

#define CELL_WORD(column, words)     names_find(words, (column).s)
#define CELL_OPERATOR(column, words) (column).i
#define CELL_NUMBER(column, words)   (column).i
#define CELL_TIME(column, words)     (column).i
void conversation_from_cells(const struct db_cell *cell, struct conversation_row *out) {
  *out = (struct conversation_row){
      .id = cell[COL_CONVERSATION_ID].i,
#define COLUMN(NOUN, ...) COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(id, text, type, presence, access, column, words, sentence) \
  .column = CELL_##type(cell[COL_CONVERSATION_##id], words),
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
      .read_count = -1,
      .seen_message_id = cell[COL_CONVERSATION_SEEN_MESSAGE_ID].i,
      .seen_at = cell[COL_CONVERSATION_SEEN_AT].i,
  };
}

#define AT(member) offsetof(struct conversation_last, member)
static const struct json_field last_fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "direction", .type = JSON_ENUM, .offset = AT(direction), .names = &message_direction_names},
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_kind_names},
    {.name = "preview",
     .type = JSON_STRING,
     .offset = AT(preview),
     .doc = "The first 160 characters of the text or a word for the content, never markup."},
    {.name = "content",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(content),
     .doc = "For kind \"unsupported\": the channel's name of the content (\"sticker\", \"voice\"). For \"system\": the "
            "action."},
    {.name = "delivery",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(delivery),
     .names = &message_delivery_names},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
    {.name = "retry_at",
     .type = JSON_TIME,
     .flags = JSON_OPTIONAL,
     .offset = AT(retry_at),
     .doc = "Queued until then, because the channel asks to wait."},
};
#undef AT
JSON_SHAPE(conversation_last_shape, "LastMessage", struct conversation_last, last_fields, NULL);

#define AT(member) offsetof(struct conversation_row, member)
enum { JSON_OF_WORD = JSON_ENUM, JSON_OF_OPERATOR = JSON_ID, JSON_OF_NUMBER = JSON_INT, JSON_OF_TIME = JSON_TIME };
enum { FLAGS_OF_PRESENT = 0, FLAGS_OF_NULLABLE = JSON_NULLABLE };
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
#define COLUMN(NOUN, ...) COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(id, text, kind, presence, access, column, words, sentence) \
  {.name = #column,                                                                       \
   .type = (enum json_type)JSON_OF_##kind,                                                \
   .flags = FLAGS_OF_##presence,                                                          \
   .offset = AT(column),                                                                  \
   .names = words,                                                                        \
   .doc = sentence},
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
    {.name = "customer", .type = JSON_OBJECT, .offset = AT(customer), .shape = &customer_shape},
    {.name = "last_message",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE,
     .offset = AT(last_message),
     .shape = &conversation_last_shape},
    {.name = "read_count",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(read_count),
     .min = 0,
     .max = INT64_MAX,
     .doc = "The caller's, in responses; absent in events."},
    {.name = "seen_message_id",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(seen_message_id),
     .doc = "The last answer that the customer has seen; null if the channel does not report it, or none was seen."},
    {.name = "seen_at", .type = JSON_TIME, .flags = JSON_NULLABLE, .offset = AT(seen_at)},
};
#undef AT
JSON_SHAPE(conversation_shape, "Conversation", struct conversation_row, fields, NULL);

#define AT(member) offsetof(struct conversation_list, member)
static const struct json_field list_fields[] = {
    {.name = "data", .type = JSON_LIST, .offset = AT(data), .shape = &conversation_shape},
    {.name = "next_cursor", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(next_cursor)},
    {.name = "seq",
     .type = JSON_INT,
     .offset = AT(seq),
     .doc = "This response is at least as new as this event log position: events up to it change nothing."},
};
#undef AT
JSON_SHAPE(conversation_list_shape, "ConversationList", struct conversation_list, list_fields, NULL);

#define AT(member) offsetof(struct conversation_counts, member)
static const struct json_field count_fields[] = {
    {.name = "waiting", .type = JSON_INT, .offset = AT(waiting)},
    {.name = "active", .type = JSON_INT, .offset = AT(active)},
    {.name = "mine", .type = JSON_INT, .offset = AT(mine), .doc = "Active conversations of the caller."},
    {.name = "waiting_unread",
     .type = JSON_INT,
     .offset = AT(waiting_unread),
     .doc = "Waiting conversations with messages unread by the caller."},
    {.name = "mine_unread",
     .type = JSON_INT,
     .offset = AT(mine_unread),
     .doc = "The caller's active conversations with unread messages."},
    {.name = "spam",
     .type = JSON_INT,
     .offset = AT(spam),
     .doc = "Spam, of whatever status and assignee; no other count has it."},
    {.name = "capped_at", .type = JSON_INT, .offset = AT(capped_at), .doc = "A count above this is shown as \"999+\"."},
    {.name = "partial",
     .type = JSON_BOOL,
     .offset = AT(partial),
     .doc =
         "True if a filter was compared with only the newest 20,000 conversations of a count and older ones may match "
         "too."},
};
#undef AT
JSON_SHAPE(conversation_counts_shape, "ConversationCounts", struct conversation_counts, count_fields, NULL);
