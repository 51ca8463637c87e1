/* See sio_packet.h; the scan of JSON is in sio_json.c. */
#include "net/sio_packet.h"

#include "base/jansson.h"
#include "base/json.h"

#include <string.h>

enum { ID_DIGITS_MAX = 16 };
static const int64_t id_max = ((int64_t)1 << 53) - 1; /* the largest exact integer of a double */

/* Reads digits at the front of *s and moves past them: at most `most`, no leading zero except a single zero. */
static bool take_number(str *s, size_t most, int64_t *out) {
  size_t n = 0;
  while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9') n++;
  if (n == 0 || n > most || (n > 1 && s->ptr[0] == '0')) return false;
  bool good = str_to_i64(str_sub(*s, 0, n), out);
  *s = str_sub(*s, n, s->len);
  return good;
}

static bool take_namespace(str *s, str *nsp) {
  if (s->len == 0 || s->ptr[0] != '/') {
    *nsp = S("/");
    return true;
  }
  size_t n = str_index(*s, ',', 0);
  *nsp = str_sub(*s, 0, n);
  *s = str_sub(*s, n + 1, s->len);
  if (nsp->len > SIO_NAMESPACE_MAX) return false;
  for (size_t i = 0; i < nsp->len; i++)
    if ((unsigned char)nsp->ptr[i] <= 0x20 || nsp->ptr[i] == 0x7F) return false;
  return true;
}

/* The name is the JSON string `quoted`. */
static bool read_name(str quoted, struct sio_head *out) {
  str inside = str_sub(quoted, 1, quoted.len - 1);
  out->event = inside;
  if (str_index(inside, '\\', 0) == inside.len) return inside.len <= SIO_EVENT_NAME_MAX;
  if (quoted.len > SIO_EVENT_NAME_MAX * 6) return false;
  json_t *value = NULL; /* escapes are rare */
  (void)json_parse(quoted, quoted.len, &value);
  size_t n = value ? json_string_length(value) : SIZE_MAX;
  bool good = n <= SIO_EVENT_NAME_MAX;
  if (good) {
    memcpy(out->name, json_string_value(value), n);
    out->event = (str){out->name, n};
  }
  json_decref(value);
  return good;
}

/* s must be one array: stores its elements in out->json. */
static bool read_array(str s, struct sio_head *out) {
  bool binary = out->type == SIO_BINARY_EVENT || out->type == SIO_BINARY_ACK;
  if (s.len < 2 || s.ptr[0] != '[' || sio_json_scan(s, binary ? out->attachments : UINT32_MAX) != s.len) return false;
  out->json = str_trim(str_sub(s, 1, s.len - 1));
  if (out->type == SIO_ACK || out->type == SIO_BINARY_ACK) return true;
  str name;
  if (!sio_element_next(&out->json, &name) || name.ptr[0] != '"') return false;
  out->json = str_trim(out->json);
  return read_name(name, out);
}

static bool read_json(str s, struct sio_head *out) {
  bool whole = s.len && sio_json_scan(s, UINT32_MAX) == s.len;
  out->json = s.len ? s : STR_NONE;
  switch (out->type) {
    case SIO_CONNECT: return s.len == 0 || (whole && s.ptr[0] == '{');
    case SIO_DISCONNECT: return s.len == 0;
    case SIO_CONNECT_ERROR: return whole && (s.ptr[0] == '{' || s.ptr[0] == '"');
    default: return read_array(s, out);
  }
}

bool sio_head_parse(str text, struct sio_head *out) {
  *out = (struct sio_head){.id = SIO_NO_ID};
  if (text.len == 0 || text.ptr[0] < '0' || text.ptr[0] > '0' + SIO_BINARY_ACK) return false;
  out->type = (enum sio_type)(text.ptr[0] - '0');
  str s = str_sub(text, 1, text.len);
  if (out->type == SIO_BINARY_EVENT || out->type == SIO_BINARY_ACK) {
    int64_t n;
    if (!take_number(&s, 3, &n) || n > SIO_ATTACHMENTS_MAX || s.len == 0 || s.ptr[0] != '-') return false;
    out->attachments = (uint32_t)n;
    s = str_sub(s, 1, s.len);
  }
  if (!take_namespace(&s, &out->nsp)) return false;
  if (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9') {
    bool may = out->type == SIO_EVENT || out->type == SIO_ACK || out->type >= SIO_BINARY_EVENT;
    if (!may || !take_number(&s, ID_DIGITS_MAX, &out->id) || out->id > id_max) return false;
  }
  bool ack = out->type == SIO_ACK || out->type == SIO_BINARY_ACK;
  if (ack && out->id == SIO_NO_ID) return false;
  return read_json(s, out);
}

bool sio_head_from_client(const struct sio_head *h) {
  static const str reserved[] = {STR_INIT("connect"),       STR_INIT("connect_error"), STR_INIT("disconnect"),
                                 STR_INIT("disconnecting"), STR_INIT("newListener"),   STR_INIT("removeListener")};
  if (h->type == SIO_CONNECT_ERROR) return false;
  if (h->type != SIO_EVENT && h->type != SIO_BINARY_EVENT) return true;
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (str_eq(h->event, reserved[i])) return false;
  return true;
}

void sio_head_add(buf *b, enum sio_type type, uint32_t attachments, str nsp, int64_t id) {
  buf_add_char(b, (char)('0' + type));
  if (type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK) {
    buf_add_u64(b, attachments);
    buf_add_char(b, '-');
  }
  if (!str_eq(nsp, S("/"))) {
    buf_add(b, nsp);
    buf_add_char(b, ',');
  }
  if (id != SIO_NO_ID) buf_add_i64(b, id);
}

void sio_placeholder_add(buf *b, uint32_t num) {
  buf_add(b, S("{\"_placeholder\":true,\"num\":"));
  buf_add_u64(b, num);
  buf_add_char(b, '}');
}
