/* A conversation's row: from the database, and as JSON. */
#include "desk/conversation/conversation_tx.h"

#include "desk/names.h"
#include "sql.h"

#include <stddef.h>

void conversation_from_cells(const struct db_cell *cell, struct conversation_row *out) {
  *out = (struct conversation_row){
      .id = cell[COL_CONVERSATION_ID].i,
      .status = names_find(&conversation_status_names, cell[COL_CONVERSATION_STATUS].s),
      .assignee_id = cell[COL_CONVERSATION_ASSIGNEE_ID].i,
      .inbound_count = cell[COL_CONVERSATION_INBOUND_COUNT].i,
      .read_count = -1,
      .created_at = cell[COL_CONVERSATION_CREATED_AT].i,
      .updated_at = cell[COL_CONVERSATION_UPDATED_AT].i,
      .closed_at = cell[COL_CONVERSATION_CLOSED_AT].i,
      .seen_message_id = cell[COL_CONVERSATION_SEEN_MESSAGE_ID].i,
      .seen_at = cell[COL_CONVERSATION_SEEN_AT].i,
      .snoozed_until = cell[COL_CONVERSATION_SNOOZED_UNTIL].i,
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
};
#undef AT
JSON_SHAPE(conversation_last_shape, "LastMessage", struct conversation_last, last_fields, NULL);

#define AT(member) offsetof(struct conversation_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "status", .type = JSON_ENUM, .offset = AT(status), .names = &conversation_status_names},
    {.name = "customer", .type = JSON_OBJECT, .offset = AT(customer), .shape = &customer_shape},
    {.name = "assignee_id", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(assignee_id)},
    {.name = "last_message",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE,
     .offset = AT(last_message),
     .shape = &conversation_last_shape},
    {.name = "inbound_count",
     .type = JSON_INT,
     .offset = AT(inbound_count),
     .doc = "How many messages the customer has written; unread = inbound_count - read_count."},
    {.name = "read_count",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = AT(read_count),
     .min = 0,
     .max = INT64_MAX,
     .doc = "The caller's, in responses; absent in events."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
    {.name = "updated_at",
     .type = JSON_TIME,
     .offset = AT(updated_at),
     .doc = "The time of the last message or status change; the list's order."},
    {.name = "closed_at", .type = JSON_TIME, .flags = JSON_NULLABLE, .offset = AT(closed_at)},
    {.name = "seen_message_id",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(seen_message_id),
     .doc = "The last answer that the customer has seen; null if the channel does not report it, or none was seen."},
    {.name = "seen_at", .type = JSON_TIME, .flags = JSON_NULLABLE, .offset = AT(seen_at)},
    {.name = "snoozed_until",
     .type = JSON_TIME,
     .flags = JSON_NULLABLE,
     .offset = AT(snoozed_until),
     .doc = "When a snoozed conversation wakes; null: not snoozed, or until the customer writes."},
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
