/* A server and a raw client for the tests of this folder. For *_test.c files only; everything is static. */
#ifndef SB_NET_TESTING_H
#define SB_NET_TESTING_H

#include "base/rand.h"
#include "net/http.h"
#include "net/ws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka requires the four headers above. */
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define UNUSED_OK __attribute__((unused))

/* ---- the client ---- */

UNUSED_OK static int dial_from(uint16_t port, const char *source, int receive_buffer) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  struct sockaddr_in from = {.sin_family = AF_INET};
  inet_pton(AF_INET, source, &from.sin_addr);
  assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
  if (receive_buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  struct timeval patience = {.tv_sec = 20};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

UNUSED_OK static int dial(uint16_t port) { return dial_from(port, "127.0.0.1", 0); }

/* False when the server has closed. */
UNUSED_OK static bool say(int fd, str s) {
  while (s.len) {
    ssize_t n = send(fd, s.ptr, s.len, MSG_NOSIGNAL);
    if (n <= 0) return false;
    s = str_sub(s, (size_t)n, s.len);
  }
  return true;
}

/* Reads exactly n bytes; false when the connection ended first. */
UNUSED_OK static bool hear(int fd, void *out, size_t n) {
  for (size_t got = 0; got < n;) {
    ssize_t k = recv(fd, (char *)out + got, n - got, 0);
    if (k <= 0) return false;
    got += (size_t)k;
  }
  return true;
}

struct answer {
  int status; /* 0: the connection closed without one */
  char head[8192];
  buf body;
};

/* Reads one response, with the body by its Content-Length. */
UNUSED_OK static struct answer *read_answer_to(int fd, str method) {
  struct answer *a = mem_alloc(sizeof *a);
  buf_init(&a->body, 64 << 20);
  size_t n = 0;
  while (n < sizeof a->head - 1 && hear(fd, a->head + n, 1)) {
    n++;
    if (n >= 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0) break;
  }
  a->head[n] = 0;
  if (n < 12 || memcmp(a->head, "HTTP/1.1 ", 9) != 0) return a;
  uint64_t status = 0, length = 0;
  str_to_u64((str){a->head + 9, 3}, &status);
  a->status = (int)status;
  const char *field = strstr(a->head, "Content-Length: ");
  if (!field || str_eq(method, S("HEAD")) || status < 200 || status == 304) return a;
  str digits = str_c(field + 16);
  str_to_u64(str_sub(digits, 0, str_index(digits, '\r', 0)), &length);
  char *at = buf_reserve(&a->body, length + 1);
  assert_true(hear(fd, at, length));
  at[length] = 0;
  buf_commit(&a->body, length);
  return a;
}

UNUSED_OK static struct answer *read_answer(int fd) { return read_answer_to(fd, S("GET")); }

UNUSED_OK static void drop_answer(struct answer **a) {
  buf_free(&(*a)->body);
  mem_free(a);
}

UNUSED_OK static int read_status(int fd) {
  struct answer *a = read_answer(fd);
  int status = a->status;
  drop_answer(&a);
  return status;
}

/* True when the server ends the connection within the time. */
UNUSED_OK static bool closes(int fd, int timeout_ms) {
  int64_t until = clock_steady_ms(&clock_system) + timeout_ms;
  char waste[4096];
  for (int64_t left; (left = until - clock_steady_ms(&clock_system)) > 0;) {
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, (int)left) <= 0) return false;
    if (recv(fd, waste, sizeof waste, MSG_DONTWAIT) <= 0) return true;
  }
  return false;
}

UNUSED_OK static void rest_ms(int ms) {
  struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
  nanosleep(&t, NULL);
}

/* Waits until the condition holds, at most ten seconds. */
#define WAIT_FOR(condition)                                                   \
  do {                                                                        \
    for (int tries_ = 0; !(condition) && tries_ < 2000; tries_++) rest_ms(5); \
    assert_true(condition);                                                   \
  } while (0)

/* ---- the server ---- */

UNUSED_OK static http_server *serve(struct http_config config) {
  http_server *s;
  if (!config.loops) config.loops = 1;
  err e = http_server_new(&config, &s);
  if (err_is(e)) fail_msg("%s", err_message(&e));
  e = http_server_start(s);
  assert_false(err_is(e));
  return s;
}

UNUSED_OK static struct http_stats stats_of(const http_server *s) {
  struct http_stats t;
  http_server_stats(s, &t);
  return t;
}

/* ---- WebSocket ---- */

enum { FRAME_MAX = 1 << 20 };

UNUSED_OK static int ws_open(int fd, const char *path, const char *extra, struct answer **answer) {
  char head[1024];
  int n = snprintf(head, sizeof head,
                   "GET %s HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                   path, extra ? extra : "");
  assert_true(say(fd, (str){head, (size_t)n}));
  struct answer *a = read_answer(fd);
  assert_int_equal(a->status, 101);
  if (answer)
    *answer = a;
  else
    drop_answer(&a);
  return fd;
}

UNUSED_OK static int ws_dial(uint16_t port, const char *path, const char *extra, struct answer **answer) {
  return ws_open(dial(port), path, extra, answer);
}

UNUSED_OK static int ws_dial_from(uint16_t port, const char *source, const char *path) {
  return ws_open(dial_from(port, source, 0), path, NULL, NULL);
}

/* A client's frame: first is the whole first byte. */
UNUSED_OK static void put_frame(buf *b, int first, str payload) {
  static const unsigned char mask[4] = {0x37, 0xFA, 0x21, 0x3D};
  buf_add_char(b, (char)first);
  if (payload.len < 126) {
    buf_add_char(b, (char)(0x80 | payload.len));
  } else if (payload.len <= 0xFFFF) {
    buf_add_char(b, (char)(0x80 | 126));
    for (int i = 1; i >= 0; i--) buf_add_char(b, (char)(payload.len >> (8 * i)));
  } else {
    buf_add_char(b, (char)(0x80 | 127));
    for (int i = 7; i >= 0; i--) buf_add_char(b, (char)((uint64_t)payload.len >> (8 * i)));
  }
  buf_add(b, (str){(const char *)mask, 4});
  char *at = buf_reserve(b, payload.len + 1);
  for (size_t i = 0; i < payload.len; i++) at[i] = (char)((unsigned char)payload.ptr[i] ^ mask[i & 3]);
  buf_commit(b, payload.len);
}

UNUSED_OK static bool say_frame(int fd, int first, str payload) {
  buf b;
  buf_init(&b, payload.len + 64);
  put_frame(&b, first, payload);
  bool said = say(fd, buf_borrow(&b));
  buf_free(&b);
  return said;
}

/* Reads a server's frame and returns its first byte, or -1 at the end. Appends the payload to *out if given. */
UNUSED_OK static int hear_frame(int fd, buf *out) {
  unsigned char h[10];
  if (!hear(fd, h, 2)) return -1;
  assert_false(h[1] & 0x80);
  uint64_t n = h[1];
  size_t more = n == 126 ? 2 : n == 127 ? 8 : 0;
  if (more) {
    if (!hear(fd, h + 2, more)) return -1;
    n = 0;
    for (size_t i = 0; i < more; i++) n = n << 8 | h[2 + i];
  }
  buf sink;
  buf_init(&sink, 128 << 20);
  buf *to = out ? out : &sink;
  char *at = buf_reserve(to, n + 1);
  assert_non_null(at);
  bool whole = hear(fd, at, n);
  buf_commit(to, n);
  buf_free(&sink);
  return whole ? h[0] : -1;
}

/* Reads up to the close frame: returns its code, 1005 without one, -1 when the connection ended without a frame. */
UNUSED_OK static int hear_close(int fd) {
  for (;;) {
    buf b;
    buf_init(&b, 128 << 20);
    int first = hear_frame(fd, &b);
    int code = b.len >= 2 ? (uint8_t)b.ptr[0] << 8 | (uint8_t)b.ptr[1] : 1005;
    buf_free(&b);
    if (first < 0) return -1;
    if ((first & 15) == 8) return code;
  }
}

#endif
