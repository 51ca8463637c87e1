/* GET /health: the process answers. GET /health/ready: it can work; 503 with what is wrong when it cannot.
 * The bot's trouble is told but makes nothing unready: operators still read and write, and nothing is lost. */
#include "app/app.h"

#include "edge/telegram/telegram.h"

static void alive(struct call *c) {
  buf out;
  buf_init(&out, 64);
  buf_add(&out, S("{\"status\":\"ok\"}"));
  call_reply_json(c, 200, &out);
}

static void ready(struct call *c) {
  err e = db_ping(c->desk->db);
  buf out;
  buf_init(&out, 4096);
  buf_printf(&out, "{\"status\":\"%s\",\"database\":", err_is(e) ? "unavailable" : "ok");
  buf_add_json_string(&out, err_is(e) ? str_c(err_message(&e)) : S("ok"));
  buf_printf(&out, ",\"bot\":\"%s\"", telegram_state(c->desk->edges[CHANNEL_TELEGRAM]));
  buf_add_char(&out, '}');
  if (err_is(e)) http_add_header(c->req, S("Retry-After"), S("1"));
  call_reply_json(c, err_is(e) ? 503 : 200, &out);
}

static const struct route routes[] = {
    {HTTP_GET, "/health", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = alive,
     .doc = "The process is alive."},
    {HTTP_GET, "/health/ready", GUARD_PUBLIC, 0, RATE_PUBLIC, .status = 200, .handler = ready,
     .doc = "It can work: the database answers; else 503 with what is wrong."},
};
ROUTE_TABLE(health_routes, routes);
