/* Calls of the Bot API. The token is a part of every address, so no address is ever logged. */
#include "edge/telegram/tg_internal.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str_bidi.h"
#include "edge/telegram/tg_address.h"
#include "base/json_scan.h"

#include <assert.h>
#include <inttypes.h>

enum { CONNECT_TIMEOUT_MS = 10000, ERROR_POINTS_MAX = 300 };

/* The official server's own check (ClientManager): no colon, a leading 0, an id that is no positive number and more than
 * 80 bytes are "invalid token specified". */
bool tg_token_is_formed(str token, str *account) {
  size_t colon = str_index(token, ':', 0);
  int64_t id = 0;
  if (token.len > TG_TOKEN_MAX || colon == 0 || colon + 1 >= token.len || token.ptr[0] == '0') return false;
  for (size_t i = 0; i < colon; i++)
    if (token.ptr[i] < '0' || token.ptr[i] > '9') return false;
  for (size_t i = colon + 1; i < token.len; i++) {
    char c = token.ptr[i];
    bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return false;
  }
  *account = str_sub(token, 0, colon);
  return str_to_i64(*account, &id) && id > 0;
}

const char *tg_api_url(const char *api_url, str token, const char *method, arena *a) {
  return arena_cstr(a, arena_printf(a, "%s/bot%.*s/%s", api_url, STR_ARG(token), method));
}

const char *tg_file_url(const char *api_url, str token, str file_path, arena *a) {
  buf path;
  assert(tg_file_path_is_plain(file_path));
  buf_init(&path, 3 * TG_FILE_PATH_MAX);
  for (size_t i = 0; i < file_path.len; i++) { /* slashes stay */
    str one = str_sub(file_path, i, i + 1);
    if (one.ptr[0] == '/')
      buf_add(&path, one);
    else
      buf_add_url_escaped(&path, one);
  }
  const char *url =
      arena_cstr(a, arena_printf(a, "%s/file/bot%.*s/%.*s", api_url, STR_ARG(token), STR_ARG(buf_borrow(&path))));
  buf_free(&path);
  return url;
}

struct tg_answer tg_api_call(http_client *client, const char *url, str body, long timeout_ms, size_t answer_max_bytes,
                             arena *a) {
  struct http_call_request request = {
      .method = "POST",
      .url = url,
      .body = body.len ? body : S("{}"),
      .content_type = "application/json",
      .connect_timeout_ms = CONNECT_TIMEOUT_MS,
      .timeout_ms = timeout_ms,
      .answer_max_bytes = answer_max_bytes,
  };
  struct http_call_result result = http_client_do(client, &request, a);
  struct tg_answer answer;
  tg_answer_read(&result, a, &answer);
  return answer;
}

/* For one line on the screen. */
static str member_line(const json_t *v, const char *key, size_t max_points, arena *a) {
  const json_t *text = json_object_get(v, key);
  return json_is_string(text) ? arena_dup(a, str_tidy_name(a, str_c(json_string_value(text)), max_points)) : STR_NONE;
}

static str member_text(const json_t *v, const char *key, arena *a) {
  const json_t *text = json_object_get(v, key);
  return json_is_string(text) ? arena_dup(a, str_c(json_string_value(text))) : STR_NONE;
}

bool tg_group_title_read(str chat, arena *a, str *title) {
  json_t *root = json_parse_foreign(chat, JSON_DEPTH_MAX);
  const char *type = json_string_value(json_object_get(root, "type"));
  const char *name = json_string_value(json_object_get(root, "title"));
  bool group = type && (strcmp(type, "group") == 0 || strcmp(type, "supergroup") == 0);
  *title = arena_dup(a, str_utf8_prefix(str_c(name ? name : ""), LIMIT_NAME_MAX));
  json_decref(root);
  return group;
}

bool tg_me_read(str result, arena *a, struct tg_me *out) {
  *out = (struct tg_me){0};
  json_t *root = json_parse_foreign(result, JSON_DEPTH_MAX);
  const json_t *id = json_object_get(root, "id");
  if (json_is_integer(id)) out->id = json_integer_value(id);
  out->username = member_line(root, "username", LIMIT_NAME_MAX, a);
  out->name = member_line(root, "first_name", LIMIT_NAME_MAX, a);
  json_decref(root);
  return out->id > 0;
}

static int64_t member_int(const json_t *v, const char *key) {
  const json_t *n = json_object_get(v, key);
  return json_is_integer(n) ? json_integer_value(n) : 0;
}

bool tg_webhook_info_read(str result, arena *a, struct tg_webhook_info *out) {
  json_error_t why;
  json_t *root = json_loadb(result.ptr ? result.ptr : "", result.len, 0, &why);
  *out = (struct tg_webhook_info){
      .url = member_text(root, "url", a),
      .last_error = member_line(root, "last_error_message", ERROR_POINTS_MAX, a),
      .last_error_at_s = member_int(root, "last_error_date"),
      .pending = member_int(root, "pending_update_count"),
  };
  str allowed = STR_NONE;
  if (json_scan_member(result, S("allowed_updates"), &allowed)) out->allowed = arena_dup(a, allowed);
  json_decref(root);
  return out->url.ptr != NULL;
}
