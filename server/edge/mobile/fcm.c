/* See fcm.h. */
#include "edge/mobile/fcm.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/jansson.h"
#include "base/json.h"

#include <jwt.h>
#include <stdlib.h>

enum { FILE_MAX = 64 << 10, MESSAGE_MAX = 16 << 10, TEXT_MAX_POINTS = 500 };
#define SCOPE "https://www.googleapis.com/auth/firebase.messaging"

/* ---- the account and its key ---- */

static str member(const json_t *root, const char *name, arena *a) {
  const json_t *value = json_object_get(root, name);
  return json_is_string(value) ? arena_dup(a, str_c(json_string_value(value))) : STR_NONE;
}

static err unusable(const char *why) { return err_detail(ERR_INVALID_FIELD, "FCM_SERVICE_ACCOUNT_PATH", "%s", why); }

err fcm_account_read(str json, arena *a, struct fcm_account *out) {
  json_t *root = NULL;
  if (err_is(json_parse(json, FILE_MAX, &root)) || !json_is_object(root)) {
    json_decref(root);
    return unusable("The service account's file is not JSON.");
  }
  *out = (struct fcm_account){.project_id = member(root, "project_id", a),
                              .client_email = member(root, "client_email", a),
                              .private_key = member(root, "private_key", a),
                              .private_key_id = member(root, "private_key_id", a),
                              .token_uri = member(root, "token_uri", a)};
  json_decref(root);
  if (!out->project_id.len || !out->client_email.len || !out->private_key.len)
    return unusable("The service account's file lacks project_id, client_email or private_key.");
  if (!out->token_uri.len) out->token_uri = S("https://oauth2.googleapis.com/token");
  return err_ok;
}

err fcm_assertion(const struct fcm_account *account, int64_t now_ms, arena *a, str *out) {
  jwt_t *jwt = NULL;
  int64_t now_s = now_ms / 1000;
  err e = err_ok;
  const str key = account->private_key;
  bool made = jwt_new(&jwt) == 0 && jwt_set_alg(jwt, JWT_ALG_RS256, (const unsigned char *)key.ptr, (int)key.len) == 0;
  if (made && account->private_key_id.len) made = jwt_add_header(jwt, "kid", account->private_key_id.ptr) == 0;
  made = made && jwt_add_grant(jwt, "iss", account->client_email.ptr) == 0 && jwt_add_grant(jwt, "scope", SCOPE) == 0 &&
         jwt_add_grant(jwt, "aud", account->token_uri.ptr) == 0 && jwt_add_grant_int(jwt, "iat", now_s) == 0 &&
         jwt_add_grant_int(jwt, "exp", now_s + FCM_ASSERTION_S) == 0;
  char *text = made ? jwt_encode_str(jwt) : NULL;
  if (text)
    *out = arena_dup(a, str_c(text));
  else
    e = unusable("The service account's private key cannot sign.");
  free(text);
  jwt_free(jwt);
  return e;
}

str fcm_token_form(str assertion, arena *a) {
  return arena_printf(a, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&assertion=%.*s",
                      STR_ARG(assertion));
}

bool fcm_token_read(str json, arena *a, str *key, int64_t *expires_in_s) {
  json_t *root = NULL;
  if (err_is(json_parse(json, FILE_MAX, &root))) return false;
  *key = member(root, "access_token", a);
  const json_t *life = json_object_get(root, "expires_in");
  *expires_in_s = json_is_integer(life) ? json_integer_value(life) : FCM_ASSERTION_S;
  json_decref(root);
  bool clean = key->len > 0;
  for (size_t i = 0; i < key->len && clean; i++)
    clean = (unsigned char)key->ptr[i] > 0x20; /* it is put into a header */
  return clean;
}

/* ---- a message ---- */

/* Adds a member to the object. */
static void add(buf *b, const char *name, str value) {
  buf_printf(b, ",\"%s\":", name);
  buf_add_json_string(b, str_or_empty(value));
}

/* All values of data are strings. The shown text and the one in data are cut, since a message has at most 4 KB. */
static void add_data(buf *b, const struct fcm_message *m, arena *a) {
  buf_add(b, S(",\"data\":{\"type\":\"new_message\""));
  add(b, "user_id", m->user_id);
  add(b, "message", str_utf8_prefix(m->text, TEXT_MAX_POINTS));
  add(b, "photo_url", m->photo_url);
  add(b, "direction", m->direction);
  add(b, "created_at", m->created_at);
  add(b, "message_id", arena_printf(a, "%lld", (long long)m->message_id));
  add(b, "unread", arena_printf(a, "%lld", (long long)m->unread));
  buf_add_char(b, '}');
}

str fcm_message_json(const struct fcm_message *m, arena *a) {
  buf b;
  buf_init(&b, MESSAGE_MAX);
  buf_add(&b, S("{\"message\":{\"token\":"));
  buf_add_json_string(&b, m->token);
  buf_add(&b, S(",\"notification\":{\"title\":"));
  buf_add_json_string(&b, m->title);
  add(&b, "body", m->body);
  buf_add_char(&b, '}');
  add_data(&b, m, a);
  long long id = (long long)m->message_id, unread = (long long)m->unread;
  buf_printf(&b,
             ",\"android\":{\"priority\":\"HIGH\",\"notification\":{\"tag\":\"message-%lld\",\"sound\":\"default\","
             "\"notification_count\":%lld}}",
             id, unread);
  buf_printf(&b,
             ",\"apns\":{\"headers\":{\"apns-priority\":\"10\",\"apns-collapse-id\":\"message-%lld\"},"
             "\"payload\":{\"aps\":{\"badge\":%lld,\"sound\":\"default\"}}}}}",
             id, unread);
  str json = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return json;
}

/* ---- responses ---- */

#define WRONG_PROJECT "Does FCM_SERVICE_ACCOUNT_PATH belong to the Firebase project that the app was built with?"
#define WRONG_KEYS    "The APNs or web push key in the Firebase console is missing or wrong."
#define NO_PERMISSION "The service account may not send: enable the Firebase Cloud Messaging API and its role."

static const struct {
  const char *code; /* errorCode of google.firebase.fcm.v1.FcmError */
  enum fcm_meaning meaning;
  const char *hint;
} by_code[] = {
    {"UNREGISTERED", FCM_DEAD_TOKEN, NULL},
    {"SENDER_ID_MISMATCH", FCM_MISCONFIGURED, WRONG_PROJECT},
    {"THIRD_PARTY_AUTH_ERROR", FCM_MISCONFIGURED, WRONG_KEYS},
    {"QUOTA_EXCEEDED", FCM_LATER, NULL},
    {"UNAVAILABLE", FCM_LATER, NULL},
    {"INTERNAL", FCM_LATER, NULL},
    {"INVALID_ARGUMENT", FCM_REFUSED, NULL}, /* or an invalid token: names_token */
};

static const struct {
  int from, to; /* HTTP status */
  enum fcm_meaning meaning;
  const char *hint;
} by_status[] = {
    {0, 0, FCM_LATER, NULL},
    {200, 299, FCM_DONE, NULL},
    {401, 401, FCM_BAD_KEY, NULL},
    {403, 403, FCM_MISCONFIGURED, NO_PERMISSION},
    {404, 404, FCM_MISCONFIGURED, WRONG_PROJECT},
    {408, 408, FCM_LATER, NULL},
    {429, 429, FCM_LATER, NULL},
    {500, 599, FCM_LATER, NULL},
};

static str detail_code(const json_t *details, arena *a) {
  for (size_t i = 0; i < json_array_size(details); i++) {
    str code = member(json_array_get(details, i), "errorCode", a);
    if (code.len) return code;
  }
  return STR_NONE;
}

/* google.rpc.BadRequest: which field of the message is wrong. */
static bool names_token(const json_t *error, arena *a) {
  const json_t *details = json_object_get(error, "details");
  bool any = false;
  for (size_t i = 0; i < json_array_size(details); i++) {
    const json_t *violations = json_object_get(json_array_get(details, i), "fieldViolations");
    for (size_t k = 0; k < json_array_size(violations); k++) {
      any = true;
      if (str_eq(member(json_array_get(violations, k), "field", a), S("message.token"))) return true;
    }
  }
  return !any && str_contains(member(error, "message", a), S("not a valid FCM registration token"));
}

static struct fcm_verdict verdict_of_status(int status) {
  for (size_t i = 0; i < JSON_COUNT(by_status); i++)
    if (status >= by_status[i].from && status <= by_status[i].to)
      return (struct fcm_verdict){.meaning = by_status[i].meaning, .hint = by_status[i].hint};
  return (struct fcm_verdict){.meaning = FCM_REFUSED};
}

struct fcm_verdict fcm_verdict_of(int status, str body, arena *a) {
  struct fcm_verdict v = verdict_of_status(status);
  json_t *root = NULL;
  if (v.meaning == FCM_DONE || !status || err_is(json_parse(body, FILE_MAX, &root))) return v;
  const json_t *error = json_object_get(root, "error");
  str code = detail_code(json_object_get(error, "details"), a);
  v.error = code.len ? code : member(error, "status", a);
  for (size_t i = 0; i < JSON_COUNT(by_code); i++) {
    if (!str_eq(code, str_c(by_code[i].code))) continue;
    v.meaning = by_code[i].meaning;
    v.hint = by_code[i].hint;
  }
  bool invalid = status == 400 && str_eq(v.error, S("INVALID_ARGUMENT"));
  if (invalid && names_token(error, a)) v.meaning = FCM_DEAD_TOKEN;
  json_decref(root);
  return v;
}
