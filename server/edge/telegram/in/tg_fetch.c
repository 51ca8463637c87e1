/* See tg_fetch.h. */
#include "edge/telegram/in/tg_fetch.h"

#include "base/jansson.h"
#include "base/json.h"
#include "desk/file/file.h"
#include "edge/telegram/in/tg_local.h"
#include "edge/telegram/tg_address.h"

enum {
  REFUSED_WAIT_MS = 30000,
  WAIT_MOST_S = FILE_FETCH_WAIT_MOST_MS / 1000 - 10,
  FILE_MAX_BYTES_HERE = 20 << 20, /* the limit of getFile for bots */
  ANSWER_MAX_BYTES = 64 << 10,
};

struct tg_fetched tg_fetch_failed(bool final, str why) {
  return (struct tg_fetched){.final = final, .wait_ms = -1, .reason = final ? FILE_GONE : FILE_UNREACHABLE, .why = why};
}

struct tg_fetched tg_fetch_too_large(enum file_error reason, str why) {
  return (struct tg_fetched){.final = true, .reason = reason, .why = why};
}

struct tg_fetched tg_fetch_refused(const struct tg_answer *answer) {
  switch (tg_classify(answer)) {
    case TG_REFUSED:
      return str_contains(answer->description, S("file is too big"))
                 ? tg_fetch_too_large(FILE_TOO_LARGE, answer->description)
                 : tg_fetch_failed(true, answer->description);
    case TG_BLOCKED: return tg_fetch_failed(true, answer->description);
    case TG_FILE_UNKNOWN: /* or only unavailable for now: the answer does not say which */
      return (struct tg_fetched){.wait_ms = -1, .reason = FILE_GONE, .why = answer->description};
    case TG_BAD_TOKEN:
      return (struct tg_fetched){.wait_ms = REFUSED_WAIT_MS, .reason = FILE_UNREACHABLE, .why = answer->description};
    case TG_WAIT: {
      int64_t wait_s = answer->retry_after_s > 0 ? answer->retry_after_s : 5;
      return (struct tg_fetched){.wait_ms = (wait_s < WAIT_MOST_S ? wait_s : WAIT_MOST_S) * 1000,
                                 .waits = true,
                                 .reason = FILE_UNREACHABLE,
                                 .why = answer->description};
    }
    default: return tg_fetch_failed(false, answer->description);
  }
}

struct tg_fetched tg_fetch_path(struct tg_session *s, str file_id, arena *a, str *path) {
  if (!file_id.len) return tg_fetch_failed(true, S("Telegram's id of this file is missing."));
  buf body;
  buf_init(&body, 4096);
  buf_add(&body, S("{\"file_id\":"));
  buf_add_json_string(&body, file_id);
  buf_add_char(&body, '}');
  struct tg_answer answer = tg_api_call(s->client, tg_api_url(s->api_url, str_c(s->token), "getFile", a),
                                        buf_borrow(&body), TG_FETCH_ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
  buf_free(&body);
  if (tg_classify(&answer) != TG_DONE) return tg_fetch_refused(&answer);
  json_t *root = json_parse_foreign(answer.result, JSON_DEPTH_MAX);
  const json_t *v = json_object_get(root, "file_path");
  *path = json_is_string(v) ? arena_dup(a, str_n(json_string_value(v), json_string_length(v))) : STR_NONE;
  json_decref(root);
  if (!path->len) return tg_fetch_failed(false, S("Telegram gave no path for this file."));
  return (struct tg_fetched){0};
}

/* A local Bot API server gives the absolute path of a file on this machine and serves no downloads. */
static struct tg_fetched take_local(const struct tg_session *s, str path, const char *to) {
  const char *why = NULL;
  enum tg_local result = tg_local_copy(s->owner->local_files, str_c(s->account), path, to, FILE_STORED_MAX_BYTES, &why);
  if (result == TG_LOCAL_TOO_LARGE) return tg_fetch_too_large(FILE_TOO_LARGE_HERE, str_c(why));
  if (result == TG_LOCAL_COPIED) return (struct tg_fetched){0};
  return tg_fetch_failed(result == TG_LOCAL_REFUSED, str_c(why));
}

struct tg_fetched tg_fetch_bytes(struct tg_session *s, str path, const char *to, long timeout_ms,
                                 const struct http_call_wait *wait, arena *a) {
  if (str_starts(path, S("/"))) return take_local(s, path, to);
  if (!tg_file_path_is_plain(path)) return tg_fetch_failed(true, S("The Bot API gave a path that no file has."));
  struct http_call_request request = {
      .method = "GET",
      .url = tg_file_url(s->api_url, str_c(s->token), path, a),
      .timeout_ms = timeout_ms,
      .answer_max_bytes = FILE_MAX_BYTES_HERE,
      .save_path = to,
  };
  struct http_call_result r =
      wait ? http_client_do_while(s->client, &request, wait, a) : http_client_do(s->client, &request, a);
  bool whole = r.outcome == CALL_ANSWERED && r.status >= 200 && r.status < 300;
  if (whole) return (struct tg_fetched){0};
  if (r.outcome == CALL_ANSWERED) return tg_fetch_failed(false, arena_printf(a, "HTTP %d", r.status));
  return tg_fetch_failed(false, arena_dup(a, str_c(r.error)));
}
