/* The routes of an operator's own notices. */
#include "base/zone.h"
#include "desk/notice/notice.h"
#include "desk/route.h"

#include <stddef.h>

#define TIME_PATTERN "^([01][0-9]|2[0-3]):[0-5][0-9]$"
enum { TIME_LENGTH = 5, LANGUAGE_MAX = 35 };

struct wishes {
  bool waiting, assigned, answered;
  str quiet_from, quiet_to; /* both or neither */
  str time_zone, language;
  int reach;
};
#define AT(member) offsetof(struct wishes, member)
#define FLAGS                                                                                                        \
  {.name = "waiting", .type = JSON_BOOL, .offset = AT(waiting), .doc = "A conversation begins to wait."},            \
      {.name = "assigned", .type = JSON_BOOL, .offset = AT(assigned), .doc = "One was assigned to the operator."}, { \
    .name = "answered", .type = JSON_BOOL, .offset = AT(answered), .doc = "A customer of theirs has written."        \
  }
#define TIME(member)                                                                                               \
  {                                                                                                                \
    .name = #member, .type = JSON_STRING, .flags = JSON_NULLABLE | JSON_TRIM, .offset = AT(member),                \
    .max = TIME_LENGTH, .pattern = TIME_PATTERN, .doc = "15:04 in the operator's time zone; null: no quiet hours." \
  }
#define NEW_TIME(member)                                                                            \
  {                                                                                                 \
    .name = #member, .type = JSON_STRING, .flags = JSON_NULLABLE | JSON_TRIM, .offset = AT(member), \
    .max = TIME_LENGTH, .pattern = TIME_PATTERN, .handler_rule = "Both times, or neither."          \
  }
static const struct json_field fields[] = {
    FLAGS,
    TIME(quiet_from),
    TIME(quiet_to),
    {.name = "time_zone", .type = JSON_STRING, .offset = AT(time_zone)},
    {.name = "language", .type = JSON_STRING, .offset = AT(language)},
    {.name = "reach", .type = JSON_ENUM, .offset = AT(reach), .names = &notice_reach_names},
};
static JSON_SHAPE(wishes_shape, "OperatorNotices", struct wishes, fields,
                  "What an operator is told in their own account in a channel, and whether that is possible.");
static const struct json_field new_fields[] = {
    FLAGS,
    NEW_TIME(quiet_from),
    NEW_TIME(quiet_to),
    {.name = "time_zone",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(time_zone),
     .min = 1,
     .max = ZONE_NAME_MAX,
     .handler_rule = "It is a known time zone: UTC, +03:00 or Europe/Moscow."},
    {.name = "language",
     .type = JSON_STRING,
     .flags = JSON_REQUIRED | JSON_TRIM,
     .offset = AT(language),
     .min = 1,
     .max = LANGUAGE_MAX,
     .doc = "Of the notices: ru for Russian, else English."},
};
static JSON_SHAPE(new_shape, "OperatorNoticesChange", struct wishes, new_fields, NULL);
#undef AT

static int minutes_of(str time) {
  if (time.len != TIME_LENGTH) return -1;
  const char *t = time.ptr;
  return ((t[0] - '0') * 10 + t[1] - '0') * 60 + (t[3] - '0') * 10 + t[4] - '0';
}

static str time_of(int minutes, arena *a) {
  return minutes < 0 ? STR_NONE : arena_printf(a, "%02d:%02d", minutes / 60, minutes % 60);
}

struct wishing_ctx {
  struct call *call;
  struct notice_wish wish;
  bool set;
  struct wishes out;
};

static err run(db_conn *c, void *arg) {
  struct wishing_ctx *x = arg;
  struct call *call = x->call;
  enum notice_reach reach = NOTICE_UNLINKED;
  struct notice_wish now;
  err e = x->set ? notice_wish_set(c, call->me.id, &x->wish, desk_now(call->desk)) : err_ok;
  if (!err_is(e)) e = notice_wish_get(c, call->me.id, call->arena, &now);
  if (!err_is(e)) e = notice_reach_of(c, call->me.id, &reach);
  if (err_is(e)) return e;
  x->out = (struct wishes){now.waiting,
                           now.assigned,
                           now.answered,
                           time_of(now.quiet_from, call->arena),
                           time_of(now.quiet_to, call->arena),
                           now.time_zone,
                           now.language,
                           (int)reach};
  return err_ok;
}

static void answer(struct call *c, struct wishing_ctx *x, err e) {
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply(c, 200, &wishes_shape, &x->out);
}

static void show(struct call *c) {
  struct wishing_ctx x = {.call = c};
  answer(c, &x, db_read(c->desk->db, run, &x));
}

static void put(struct call *c) {
  const struct wishes *body = c->body;
  struct wishing_ctx x = {.call = c, .set = true};
  x.wish = (struct notice_wish){.waiting = body->waiting,
                                .assigned = body->assigned,
                                .answered = body->answered,
                                .quiet_from = minutes_of(body->quiet_from),
                                .quiet_to = minutes_of(body->quiet_to),
                                .time_zone = body->time_zone,
                                .language = body->language};
  err e = err_ok;
  if (!zone_known(body->time_zone))
    e = err_detail(ERR_INVALID_FIELD, "time_zone", "This time zone does not exist. Use UTC, +03:00 or Europe/Moscow.");
  else if ((x.wish.quiet_from < 0) != (x.wish.quiet_to < 0))
    e = err_detail(ERR_INVALID_FIELD, "quiet_to", "Quiet hours have a beginning and an end.");
  if (!err_is(e)) e = desk_write(c->desk, run, &x);
  notice_watch_again(c->desk);
  answer(c, &x, e);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/operators/me/notices", GUARD_ROLE, MAY_OPERATOR_READ, RATE_READ, .out = &wishes_shape, .status = 200,
     .handler = show, .doc = "What the caller is told in their own account in a channel."},
    {HTTP_PUT, "/api/operators/me/notices", GUARD_ROLE, MAY_OPERATOR_READ, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &new_shape,
     .out = &wishes_shape, .status = 200, .handler = put, .doc = "Replaces it; what is not given is off."},
};
/* clang-format on */
ROUTE_TABLE(notice_routes, routes);
