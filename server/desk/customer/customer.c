/* The customer's JSON shape. */
#include "desk/customer/customer.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "sql.h"

#include <stddef.h>

/* Each event of a conversation carries its customer to every panel, so what few customers have is optional: no bytes. */
#define AT(member) offsetof(struct customer_row, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "channel", .type = JSON_STRING, .offset = AT(channel)},
    {.name = "account",
     .type = JSON_STRING,
     .offset = AT(account),
     .doc = "To whom they write in the channel: the id of a bot as text, or the account of an app."},
    {.name = "external_id", .type = JSON_STRING, .offset = AT(external_id), .doc = "Their id in the channel."},
    {.name = "name", .type = JSON_STRING, .offset = AT(name)},
    {.name = "username", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(username)},
    {.name = "language", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(language)},
    {.name = "blocked",
     .type = JSON_BOOL,
     .offset = AT(blocked),
     .doc = "The customer has blocked the channel: no message can reach them until they return."},
    {.name = "deactivated",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(deactivated),
     .doc = "The customer's account in the channel is gone; blocked is true then, too."},
    {.name = "banned_at",
     .type = JSON_TIME,
     .flags = JSON_OPTIONAL,
     .offset = AT(banned_at),
     .doc = "Since when the customer is blocked by an operator: their messages are stored and reported to nobody."},
    {.name = "banned_by", .type = JSON_ID, .flags = JSON_OPTIONAL, .offset = AT(banned_by), .doc = "That operator."},
    {.name = "premium",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(premium),
     .doc = "Pays the channel for more features."},
    {.name = "source",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(source),
     .doc = "Where the customer came from: what the table of sources said of their first link."},
    {.name = "source_tag", .type = JSON_STRING, .flags = JSON_OPTIONAL, .offset = AT(source_tag)},
    {.name = "start_payload",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(start_payload),
     .doc = "The payload of that link."},
    {.name = "photo_id",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(photo_id),
     .doc = "The file of their picture in the channel; null: none is known."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
};
#undef AT
JSON_SHAPE(customer_shape, "Customer", struct customer_row, fields, NULL);

str customer_name(str name, str username, str external_id, arena *a) {
  str tidy = str_tidy_name(a, name, LIMIT_NAME_MAX);
  if (!tidy.ptr) tidy = str_tidy_name(a, username, LIMIT_NAME_MAX);
  if (!tidy.ptr) tidy = str_tidy_name(a, external_id, LIMIT_NAME_MAX);
  return tidy.ptr ? tidy : S("?");
}

void customer_from_cells(const struct db_cell *cell, arena *a, struct customer_row *out) {
  str language = cell[COL_CUSTOMER_SOURCE_LANGUAGE].s;
  *out = (struct customer_row){
      .id = cell[COL_CUSTOMER_ID].i,
      .channel = cell[COL_CUSTOMER_CHANNEL].s,
      .account = cell[COL_CUSTOMER_ACCOUNT].s,
      .external_id = cell[COL_CUSTOMER_EXTERNAL_ID].s,
      .name =
          customer_name(cell[COL_CUSTOMER_NAME].s, cell[COL_CUSTOMER_USERNAME].s, cell[COL_CUSTOMER_EXTERNAL_ID].s, a),
      .username = str_drop_bidi_controls(a, cell[COL_CUSTOMER_USERNAME].s),
      .language = language.ptr ? language : cell[COL_CUSTOMER_LANGUAGE].s,
      .told_language = cell[COL_CUSTOMER_LANGUAGE].s,
      .start_payload = cell[COL_CUSTOMER_START_PAYLOAD].s,
      .source = str_drop_bidi_controls(a, cell[COL_CUSTOMER_SOURCE].s),
      .source_tag = str_drop_bidi_controls(a, cell[COL_CUSTOMER_SOURCE_TAG].s),
      .premium = cell[COL_CUSTOMER_PREMIUM].i != 0,
      .deactivated_at = cell[COL_CUSTOMER_DEACTIVATED_AT].i,
      .deactivated = cell[COL_CUSTOMER_DEACTIVATED_AT].i != 0,
      .banned_at = cell[COL_CUSTOMER_BANNED_AT].i,
      .banned_by = cell[COL_CUSTOMER_BANNED_BY].i,
      .photo_id = cell[COL_CUSTOMER_PHOTO_ID].i,
      .photo_key = cell[COL_CUSTOMER_PHOTO_KEY].s,
      .photo_asked_at = cell[COL_CUSTOMER_PHOTO_ASKED_AT].i,
      .ban_told = cell[COL_CUSTOMER_BAN_TOLD].i != 0,
      .blocked_at = cell[COL_CUSTOMER_BLOCKED_AT].i,
      .created_at = cell[COL_CUSTOMER_CREATED_AT].i,
      .blocked = cell[COL_CUSTOMER_BLOCKED_AT].i != 0,
  };
}
