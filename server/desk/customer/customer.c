/* The customer's shape on the wire. */
#include "desk/customer/customer.h"

#include <stddef.h>

#define AT(member) offsetof(struct customer_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "channel", .type = JSON_STRING, .offset = AT(channel)},
    {.name = "external_id", .type = JSON_STRING, .offset = AT(external_id), .doc = "Their id in the channel."},
    {.name = "name", .type = JSON_STRING, .offset = AT(name)},
    {.name = "username", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(username)},
    {.name = "language", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(language)},
    {.name = "blocked",
     .type = JSON_BOOL,
     .offset = AT(blocked),
     .doc = "The customer has shut us out: nothing can reach them until they return."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
};
#undef AT
JSON_SHAPE(customer_shape, "Customer", struct customer_row, fields, NULL);
