/* See operator.h. The rules, pure: the form of a login, an email and a password, and which changes are allowed. */
#include "desk/operator/operator_internal.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "base/password_common.h"

static const char *const role_texts[] = {
    [ROLE_ADMIN] = "admin", [ROLE_SENIOR_OPERATOR] = "senior_operator", [ROLE_OPERATOR] = "operator"};
static const struct json_alias role_aliases[] = {
    {"moderator", ROLE_SENIOR_OPERATOR}, {"user", ROLE_OPERATOR}, {NULL, 0}};
const struct json_enum operator_role_names = {"Role", role_texts, JSON_COUNT(role_texts), role_aliases};

static const char *const status_texts[] = {
    [OPERATOR_ONLINE] = "online", [OPERATOR_AWAY] = "away", [OPERATOR_OFFLINE] = "offline"};
const struct json_enum operator_status_names = {"OperatorStatus", status_texts, JSON_COUNT(status_texts), NULL};

static const struct json_field fields[] = {
    {"id", JSON_ID, 0, offsetof(struct operator_row, id), 0, 0, NULL, NULL, NULL},
    {"login", JSON_STRING, 0, offsetof(struct operator_row, login), 0, 0, NULL, NULL, NULL},
    {"email", JSON_STRING, 0, offsetof(struct operator_row, email), 0, 0, NULL, NULL, "Empty if there is none."},
    {"name", JSON_STRING, 0, offsetof(struct operator_row, name), 0, 0, NULL, NULL, NULL},
    {"role", JSON_ENUM, 0, offsetof(struct operator_row, role), 0, 0, NULL, &operator_role_names, NULL},
    {"status", JSON_ENUM, 0, offsetof(struct operator_row, status), 0, 0, NULL, &operator_status_names, NULL},
    {"active", JSON_BOOL, 0, offsetof(struct operator_row, active), 0, 0, NULL, NULL,
     "False: cannot sign in; past work remains."},
    {"must_change_password", JSON_BOOL, 0, offsetof(struct operator_row, must_change_password), 0, 0, NULL, NULL, NULL},
    {"can_sign_in", JSON_BOOL, 0, offsetof(struct operator_row, can_sign_in), 0, 0, NULL, NULL,
     "False: has no password yet; answers only in the staff group."},
    {"created_at", JSON_TIME, 0, offsetof(struct operator_row, created_at), 0, 0, NULL, NULL, NULL},
};
JSON_SHAPE(operator_shape, "Operator", struct operator_row, fields, "A person who answers customers.");

static const struct json_field change_fields[] = {
    {.name = "operator",
     .type = JSON_OBJECT,
     .offset = offsetof(struct event_operator_status_change, operator),
     .shape = &operator_shape},
};
JSON_SHAPE(event_operator_status_change_shape, "OperatorStatusChangeEvent", struct event_operator_status_change,
           change_fields, NULL);

static str lower(arena *a, str s) {
  char *copy = arena_alloc(a, s.len + 1);
  for (size_t i = 0; i < s.len; i++) copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
  return str_n(copy, s.len);
}

/* No '@', so that a login never looks like an email. */
err operator_clean_login(str login, arena *a, str *out) {
  login = lower(a, str_trim(login));
  bool good = login.len >= LOGIN_MIN && login.len <= LOGIN_MAX;
  for (size_t i = 0; good && i < login.len; i++) {
    char c = login.ptr[i];
    good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  }
  if (!good)
    return err_detail(ERR_INVALID_FIELD, "login",
                      "A login has %d to %d letters a-z, digits, dots, dashes or underscores.", LOGIN_MIN, LOGIN_MAX);
  *out = login;
  return err_ok;
}

/* Absent and empty both mean "none". Only detects typing errors; does not check whether the address exists. */
err operator_clean_email(str email, arena *a, str *out) {
  *out = STR_NONE;
  email = lower(a, str_trim(email));
  if (!email.len) return err_ok;
  size_t at = str_index(email, '@', 0);
  bool good =
      str_utf8_count(email) <= EMAIL_MAX && at > 0 && at + 1 < email.len && str_index(email, '@', at + 1) == email.len;
  for (size_t i = 0; good && i < email.len; i++) good = (unsigned char)email.ptr[i] > ' ' && email.ptr[i] != 127;
  if (!good) return err_detail(ERR_INVALID_FIELD, "email", "This is not an email address.");
  *out = email;
  return err_ok;
}

err operator_clean_name(str name, str *out) {
  name = str_trim(name);
  if (!name.len || !str_utf8_valid(name) || str_has_nul(name) || str_utf8_count(name) > LIMIT_NAME_MAX)
    return err_detail(ERR_INVALID_FIELD, "name", "A name has 1 to %d characters.", LIMIT_NAME_MAX);
  if (!str_is_visible(name) || str_has_bidi_controls(name))
    return err_detail(ERR_INVALID_FIELD, "name",
                      "A name needs a visible character, and must not contain direction controls.");
  *out = name;
  return err_ok;
}

err operator_check_password(str password, str login, str email, const char *field) {
  if (!str_utf8_valid(password) || str_utf8_count(password) < LIMIT_PASSWORD_MIN)
    return err_field(ERR_WEAK_PASSWORD, field);
  if (password.len > LIMIT_PASSWORD_MAX)
    return err_detail(ERR_WEAK_PASSWORD, field, "The password is longer than %d bytes.", LIMIT_PASSWORD_MAX);
  const str words[] = {login, email, str_sub(email, 0, str_index(email, '@', 0)), S("switchboard")};
  switch (password_guess_of(password, words, sizeof words / sizeof words[0])) {
    case PASSWORD_KNOWN:
      return err_detail(ERR_WEAK_PASSWORD, field,
                        "This password is a common one. A few unrelated words "
                        "make a good one.");
    case PASSWORD_PATTERN:
      return err_detail(ERR_WEAK_PASSWORD, field,
                        "This password is a simple pattern. A few unrelated words make a good one.");
    case PASSWORD_OWN_WORD:
      return err_detail(ERR_WEAK_PASSWORD, field,
                        "The password must not be the login, the email or the name of this program.");
    case PASSWORD_NOT_GUESSED: break;
  }
  return err_ok;
}

err operator_decide(const struct operator_row *now, const struct operator_row *next, int64_t active_admins) {
  bool was = now->active && now->role == ROLE_ADMIN, stays = next->active && next->role == ROLE_ADMIN;
  if (was && !stays && active_admins <= 1) return err_field(ERR_LAST_ADMIN, next->active ? "role" : "active");
  return err_ok;
}
