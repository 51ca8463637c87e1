/* See tg_photo.h. */
#include "edge/telegram/in/tg_photo.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/log.h"
#include "desk/file/file.h"
#include "desk/file/file_space.h"
#include "edge/telegram/in/tg_fetch.h"
#include "edge/telegram/in/tg_value.h"

#include <unistd.h>

enum { BYTES_TIMEOUT_MS = 60000, ANSWER_MAX_BYTES = 64 << 10 };

struct size {
  const json_t *of;
  int64_t side; /* the shorter one */
};

static struct size size_of(const json_t *of) {
  int64_t width = 0, height = 0;
  tg_int_at(of, "width", &width);
  tg_int_at(of, "height", &height);
  return (struct size){of, width < height ? width : height};
}

static bool is_better(struct size one, struct size other) {
  if (!other.of) return true;
  bool large = one.side >= TG_PHOTO_SIDE_MIN, other_large = other.side >= TG_PHOTO_SIDE_MIN;
  if (large != other_large) return large;
  return large ? one.side < other.side : one.side > other.side;
}

bool tg_photo_read(str result, arena *a, struct tg_photo *out) {
  *out = (struct tg_photo){0};
  json_t *root = json_parse_foreign(result, JSON_DEPTH_MAX);
  const json_t *photos = json_object_get(root, "photos"), *sizes = json_array_get(photos, 0);
  struct size best = {0};
  for (size_t i = 0; i < json_array_size(sizes); i++) {
    struct size one = size_of(json_array_get(sizes, i));
    if (is_better(one, best)) best = one;
  }
  out->none = json_is_array(photos) && json_array_size(photos) == 0;
  out->file_id = arena_dup(a, str_or_empty(tg_text_at(best.of, "file_id")));
  out->unique_id = arena_dup(a, str_or_empty(tg_text_at(best.of, "file_unique_id")));
  tg_int_at(best.of, "file_size", &out->size_bytes);
  json_decref(root);
  return out->none || (out->file_id.len && out->unique_id.len);
}

static struct tg_fetched ask(struct tg_session *s, const struct customer_photo *p, arena *a, struct tg_photo *photo) {
  str body = arena_printf(a, "{\"user_id\":%.*s,\"limit\":1}", STR_ARG(p->external_id));
  int64_t id = 0;
  if (!str_to_i64(p->external_id, &id)) return tg_fetch_failed(true, S("This customer has no id of Telegram."));
  const char *url = tg_api_url(s->api_url, str_c(s->token), "getUserProfilePhotos", a);
  struct tg_answer answer = tg_api_call(s->client, url, body, TG_FETCH_ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
  if (tg_classify(&answer) != TG_DONE) return tg_fetch_refused(&answer);
  if (!tg_photo_read(answer.result, a, photo)) return tg_fetch_failed(false, S("Telegram's answer has no photo."));
  return (struct tg_fetched){0};
}

/* The store's errors: another try would meet the same, or another holder has the lease. */
static bool is_final(err e) {
  return e.code == ERR_STORE_FULL || e.code == ERR_TOO_LARGE || e.code == ERR_UNSUPPORTED_TYPE ||
         e.code == ERR_INVALID_FIELD;
}

static struct tg_fetched stored(err e, arena *a) {
  if (!err_is(e) || (e.code == ERR_CONFLICT && !e.field)) return (struct tg_fetched){0};
  return tg_fetch_failed(is_final(e), arena_dup(a, str_c(err_message(&e))));
}

static struct tg_fetched fetch(struct tg_session *s, const struct customer_photo *p, const struct tg_photo *photo,
                               arena *a) {
  err full = file_space_check(s->desk, false, photo->size_bytes);
  if (err_is(full)) return stored(full, a);
  str path = STR_NONE;
  struct tg_fetched r = tg_fetch_path(s, photo->file_id, a, &path);
  if (r.why.ptr) return r;
  const char *to = file_spool_path(s->desk, a);
  r = tg_fetch_bytes(s, path, to, BYTES_TIMEOUT_MS, NULL, a);
  if (r.why.ptr) return r;
  r = stored(conversation_photo_set(s->desk, p, to, photo->unique_id), a);
  unlink(to); /* moved away if it was stored */
  return r;
}

struct tg_photo_outcome tg_photo_fetch(struct tg_session *s, const struct customer_photo *p, arena *a) {
  struct tg_photo photo = {0};
  struct tg_fetched r = ask(s, p, a, &photo);
  if (!r.why.ptr && photo.none)
    r = stored(conversation_photo_remove(s->desk, p), a);
  else if (!r.why.ptr && str_eq(photo.unique_id, str_or_empty(p->key)))
    r = stored(conversation_photo_keep(s->desk, p), a);
  else if (!r.why.ptr)
    r = fetch(s, p, &photo, a);
  if (r.why.ptr && r.final) {
    LOG_INFO("telegram.photo_not_to_be_had", LOG_I("customer", p->customer_id), LOG_S("why", r.why));
    r = stored(conversation_photo_keep(s->desk, p), a);
  }
  return (struct tg_photo_outcome){r.waits, r.wait_ms, r.why};
}
