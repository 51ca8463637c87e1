/* A message as a packet for apps, encoded once for all sockets of a room. */
#include "edge/mobile/mobile_socket.h"

#include "base/log.h"

/* LIMIT_ENTITIES_MAX links of 2 KiB, every byte of them escaped, and the text; below the limit of a socket's queue. */
enum { MESSAGE_MAX = 640 << 10 };

void mobile_add_text(buf *out, str text) {
  if (text.len)
    buf_add_json_string(out, text);
  else
    buf_add(out, S("null"));
}

static void add_message(buf *out, const struct message_view *v) {
  buf_printf(out, "{\"id\":%lld,\"user_id\":", (long long)v->id);
  buf_add_json_string(out, v->user_id);
  buf_add(out, S(",\"message\":"));
  buf_add_json_string(out, v->text);
  buf_add(out, S(",\"photo_url\":"));
  mobile_add_text(out, v->photo_url);
  buf_printf(out, ",\"direction\":\"%s\",\"created_at\":\"%.*s\",\"operator_name\":", v->support ? "support" : "user",
             STR_ARG(v->created_at));
  mobile_add_text(out, v->operator_name);
  buf_add(out, S(",\"entities\":"));
  buf_add(out, v->entities_json.len ? v->entities_json : S("[]"));
  buf_add_char(out, '}');
}

bool mobile_is_staff_photo(const struct message_row *row) {
  return row->direction == MESSAGE_OUT && row->origin == ORIGIN_STAFF_GROUP && row->files.count > 0;
}

bool mobile_comes_later(const struct message_row *row) {
  return mobile_is_staff_photo(row) && (row->delivery == DELIVERY_QUEUED || row->delivery == DELIVERY_SENDING);
}

static struct message_view view_of(const struct mobile_socket *m, const struct message_row *row, str user_id,
                                   arena *a) {
  struct mobile_names *names = mobile_names_borrow(m->mobile);
  struct message_view v = {.id = row->id,
                           .user_id = user_id,
                           .text = row->text,
                           .created_at = mobile_time(row->created_at, a),
                           .operator_name = mobile_name_of(names, m->desk->db, row->operator_id, a),
                           .entities_json = row->entities_json,
                           .support = row->direction == MESSAGE_OUT,
                           .staff_photo = mobile_is_staff_photo(row)};
  if (row->files.count) v.photo_url = mobile_file_url(m->desk->secret_key, row->files.items, a);
  return v;
}

sio_packet *mobile_packet_of_view(struct mobile_socket *m, const struct message_view *v) {
  buf out;
  buf_init(&out, MESSAGE_MAX);
  add_message(&out, v);
  if (out.overflow) { /* impossible with today's channels: send the whole text without formatting */
    LOG_WARN("mobile.formatting_left_out", LOG_I("message", v->id));
    struct message_view plain = *v;
    plain.entities_json = STR_NONE;
    buf_clear(&out);
    add_message(&out, &plain);
  }
  sio_packet *p = sio_packet_new(
      m->space, &(struct sio_message){
                    .event = S("new_message"), .args = buf_borrow(&out), .tag = v->staff_photo ? -v->id : v->id});
  buf_free(&out);
  return p;
}

sio_packet *mobile_packet_of(struct mobile_socket *m, const struct message_row *row, str user_id, arena *a) {
  struct message_view v = view_of(m, row, user_id, a);
  return mobile_packet_of_view(m, &v);
}
