/* The JSON shapes of devices. */
#include "desk/device/device_internal.h"

#include <stddef.h>

#define AT(member) offsetof(struct device_view, member)
static const struct json_field device_fields[] = {
    {.name = "platform", .type = JSON_STRING, .offset = AT(platform), .doc = "As sent by the app; may be empty."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
    {.name = "seen_at", .type = JSON_TIME, .offset = AT(seen_at), .doc = "When it last registered for push messages."},
};
#undef AT
JSON_SHAPE(device_view_shape, "Device", struct device_view, device_fields,
           "An installation of an app that gets push messages.");

#define AT(member) offsetof(struct device_list, member)
static const struct json_field list_fields[] = {
    {.name = "last_seen_at",
     .type = JSON_TIME,
     .flags = JSON_NULLABLE,
     .offset = AT(last_seen_at),
     .doc = "When the customer last used the app, to the minute; null if unknown."},
    {.name = "devices", .type = JSON_LIST, .offset = AT(devices), .shape = &device_view_shape},
};
#undef AT
JSON_SHAPE(device_list_shape, "CustomerDevices", struct device_list, list_fields, NULL);
