/* The shapes of this room's own events: see realtime_internal.h. */
#include "base/err_json.h"
#include "edge/realtime/realtime_internal.h"

#include <stddef.h>

#define AT(member) offsetof(struct event_connection_established, member)
static const struct json_field established_fields[] = {
    {.name = "seq", .type = JSON_INT, .offset = AT(seq), .doc = "The log's position: resume from here."},
    {.name = "operator_id", .type = JSON_ID, .offset = AT(operator_id)},
    {.name = "server_time", .type = JSON_TIME, .offset = AT(server_time)},
};
#undef AT
JSON_SHAPE(event_connection_established_shape, "ConnectionEstablishedEvent", struct event_connection_established,
           established_fields, "The socket's first frame.");

#define AT(member) offsetof(struct event_resumed, member)
static const struct json_field resumed_fields[] = {
    {.name = "seq", .type = JSON_INT, .offset = AT(seq)},
    {.name = "replayed", .type = JSON_INT, .offset = AT(replayed), .doc = "How many events were replayed."},
};
#undef AT
JSON_SHAPE(event_resumed_shape, "ResumedEvent", struct event_resumed, resumed_fields,
           "Everything after the position that the client named has been sent.");

#define AT(member) offsetof(struct event_refetch, member)
static const struct json_field refetch_fields[] = {
    {.name = "seq", .type = JSON_INT, .offset = AT(seq)},
    {.name = "reason", .type = JSON_STRING, .offset = AT(reason)},
};
#undef AT
JSON_SHAPE(event_refetch_shape, "RefetchEvent", struct event_refetch, refetch_fields,
           "The log cannot bring the client up to date: reload everything; events continue from seq.");

#define AT(member) offsetof(struct event_presence, member)
static const struct json_field presence_fields[] = {
    {.name = "conversation_id", .type = JSON_ID, .offset = AT(conversation_id)},
    {.name = "operator_ids", .type = JSON_INTS, .offset = AT(operator_ids), .doc = "Who has the conversation open."},
};
#undef AT
JSON_SHAPE(event_presence_shape, "PresenceEvent", struct event_presence, presence_fields, NULL);

static const struct json_field pong_fields[] = {
    {.name = "server_time", .type = JSON_TIME, .offset = offsetof(struct event_pong, server_time)},
};
JSON_SHAPE(event_pong_shape, "PongEvent", struct event_pong, pong_fields, NULL);

#define AT(member) offsetof(struct event_error, member)
static const struct json_field error_fields[] = {
    {.name = "code", .type = JSON_ENUM, .offset = AT(code), .names = &err_code_names},
    {.name = "message", .type = JSON_STRING, .offset = AT(message)},
};
#undef AT
JSON_SHAPE(event_error_shape, "ErrorEvent", struct event_error, error_fields, NULL);
