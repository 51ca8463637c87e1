/* A running server with the whole table of routes and the panels' sockets, for the tests of app/: a database of its own,
 * an administrator and an operator who are signed in, and requests byte by byte. Header-only: compiled only into tests. */
#ifndef SB_APP_APP_FIXTURE_H
#define SB_APP_APP_FIXTURE_H

#include "desk/desk_fixture.h"

#include "app/app.h"
#include "app/events.h"
#include "base/limits.h"
#include "desk/access/access.h"
#include "desk/bus/bus.h"
#include "edge/realtime/realtime.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define UNUSED_TOO __attribute__((unused))

struct world {
  struct fixture *f;
  struct app app;
  str admin, worker; /* bearer tokens */
  str cookie, csrf;  /* the worker's */
  str answer;        /* the last, whole */
};

static const unsigned char secret[32] = "thirty-two bytes for the tests..";

UNUSED_TOO static void published(const struct bus_event *events, size_t count, void *user) {
  struct world *w = user;
  realtime_publish(events, count, w->app.desk.realtime);
}

UNUSED_TOO static struct access_grant enter_again(struct world *w, const char *login) {
  struct access_grant g;
  struct access_from here = {.address = S("127.0.0.1")};
  assert_ok(access_sign_in(&w->app.desk, str_c(login), S("long enough"), &here, w->f->arena, &g));
  return g;
}

UNUSED_TOO static struct access_grant enter(struct world *w, const char *login, int role) {
  struct operator_new fresh = {.login = str_c(login), .name = str_c(login), .password = S("long enough"), .role = role};
  struct operator_row row;
  str password;
  assert_ok(operator_create(&w->app.desk, &fresh, 0, STR_NONE, w->f->arena, &row, &password));
  return enter_again(w, login);
}

UNUSED_TOO static struct world *open_world(struct fixture *f) {
  struct world *w = mem_alloc(sizeof *w);
  static const char *const environment[] = {"ALLOWED_ORIGINS=https://friend.example", NULL};
  w->f = f;
  assert_ok(config_load(environment, NULL, &w->app.config));
  memcpy(w->app.secret_key, secret, sizeof secret);
  w->app.desk = f->desk;
  w->app.desk.secret_key = w->app.secret_key;
  w->app.desk.public_url = "http://localhost";
  w->app.desk.version = "1";
  w->app.desk.upload_max_mb = 50;
  w->app.desk.session_ms = (int64_t)365 * 24 * 3600 * 1000;
  w->app.desk.access = access_new(f->desk.clock, f->desk.rand, secret, w->app.desk.session_ms);
  struct bus_config bus = {
      .desk = &w->app.desk, .publish = published, .user = w, .retention_ms = 1000, .expand = event_expand};
  assert_ok(bus_new(&bus, &w->app.desk.bus));
  w->app.router = router_new(route_tables);
  w->app.health = health_new();
  struct http_config options = {.host = "127.0.0.1",
                                .loops = 1,
                                .workers = 2,
                                .spool_dir = f->dir,
                                .clock = &clock_system,
                                .route = dispatch_route,
                                .user = &w->app};
  assert_ok(http_server_new(&options, &w->app.server));
  struct realtime_config realtime = {.desk = &w->app.desk, .server = w->app.server};
  w->app.desk.realtime = realtime_new(&realtime);
  w->app.desk.broadcast = realtime_broadcast;
  w->app.desk.broadcast_arg = w->app.desk.realtime;
  assert_ok(bus_start(w->app.desk.bus));
  assert_ok(http_server_start(w->app.server));
  f->desk = w->app.desk; /* writes of the test wake the log's reader */
  w->admin = enter(w, "admin", ROLE_ADMIN).access_token;
  struct access_grant worker = enter(w, "worker", ROLE_OPERATOR);
  w->worker = worker.access_token;
  w->cookie = worker.session_token;
  w->csrf = worker.csrf_token;
  return w;
}

UNUSED_TOO static void close_world(struct world *w) {
  http_server_stop(w->app.server, 1000);
  bus_free(&w->app.desk.bus);
  db_close(&w->f->desk.db);          /* ends the writes of the sockets' operators */
  http_server_settle(w->app.server); /* as wiring.c does: delivers what was posted after the loops ended */
  realtime_free(&w->app.desk.realtime);
  http_server_free(&w->app.server);
  router_free(&w->app.router);
  health_free(&w->app.health);
  access_free(&w->app.desk.access);
  config_free(&w->app.config);
  mem_free(&w);
}

/* Sends as it stands, reads to the end, returns the status. Time moves on between, so that no rate is reached. */
UNUSED_TOO static int ask(struct world *w, str request) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(w->app.server))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(write(fd, request.ptr, request.len), request.len);
  buf out;
  buf_init(&out, 16 << 20);
  for (;;) {
    char *room = buf_reserve(&out, 4096);
    assert_non_null(room);
    ssize_t n = read(fd, room, 4096);
    if (n <= 0) break;
    buf_commit(&out, (size_t)n);
  }
  close(fd);
  w->answer = arena_dup(w->f->arena, buf_borrow(&out));
  buf_free(&out);
  w->f->clock.now_ms += 3000;
  int64_t status = 0;
  str_to_i64(str_sub(w->answer, 9, 12), &status);
  return (int)status;
}

/* head: more header lines, each with its CRLF. */
UNUSED_TOO static int call(struct world *w, const char *method, const char *path, const char *head, const char *body) {
  return ask(w,
             arena_printf(w->f->arena,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s"
                          "Content-Length: %zu\r\n\r\n%s",
                          method, path, head, body[0] ? "Content-Type: application/json\r\n" : "", strlen(body), body));
}

static const char *bearer(struct world *w, str token) {
  return arena_printf(w->f->arena, "Authorization: Bearer %.*s\r\n", STR_ARG(token)).ptr;
}

UNUSED_TOO static bool says(struct world *w, const char *code) {
  return str_contains(w->answer, str_c(arena_printf(w->f->arena, "\"code\":\"%s\"", code).ptr));
}

#endif
