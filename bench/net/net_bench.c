/* Figures of the net core: starts switchboard-conformance, and Node's http server as the baseline, drives both over loopback from
 * one thread, and prints medians of interleaved rounds.
 *
 *   net_bench PATH_OF_SWITCHBOARD_CONFORMANCE [PATH_OF_NODE] */
#include "bench/server.h"

#include <sys/epoll.h>
#include <sys/resource.h>

enum {
  GET_CONNECTIONS = 64,
  MEMBERS = 1000,
  IDLE_SOCKETS = 5000,
  PAYLOAD = 200,
  FRAME_OUT = PAYLOAD + 4, /* unmasked, 16-bit length */
  ROUNDS = 3,
  ROUND_MS = 2000,
};

static const char node_server[] =
    "const s=require('http').createServer((q,r)=>{r.setHeader('Content-Type','text/plain');r.end('Hello, world\\n')});"
    "s.keepAliveTimeout=60000;s.listen(0,'127.0.0.1',()=>console.log('listening on "
    "http://127.0.0.1:'+s.address().port))";

/* ---- sockets ---- */

static void say(int fd, const void *bytes, size_t n) {
  if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) die("send");
}

static int dial_socket(uint16_t port, const char *path) {
  char text[512];
  int fd = dial(port), n = snprintf(text, sizeof text,
                                    "GET %s HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                                    path);
  say(fd, text, (size_t)n);
  size_t got = 0;
  while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0)
    if (got >= sizeof text || recv(fd, text + got++, 1, 0) != 1) die("handshake");
  return fd;
}

static int watch(const int *fds, int count) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) {
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fds[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e) != 0) die("epoll_ctl");
  }
  return epoll;
}

/* ---- GET ---- */

struct rate {
  double per_s, cpu_us_each;
};

/* One request per connection at a time. An answer is small enough to arrive in one segment on loopback. */
static struct rate measure_get(struct process s, const char *path, int connections) {
  static char sink[65536];
  int fds[GET_CONNECTIONS];
  char request[128];
  size_t n = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: b\r\n\r\n", path);
  for (int i = 0; i < connections; i++) fds[i] = dial(s.port);
  int epoll = watch(fds, connections);
  for (int i = 0; i < connections; i++) say(fds[i], request, n);
  uint64_t answers = 0;
  double cpu = cpu_us(s.pid);
  int64_t began = now_us(), until = began + ROUND_MS * 1000;
  struct epoll_event events[GET_CONNECTIONS];
  while (now_us() < until) {
    int count = epoll_wait(epoll, events, GET_CONNECTIONS, 100);
    for (int i = 0; i < count; i++) {
      if (recv(events[i].data.fd, sink, sizeof sink, 0) <= 0) die("answer");
      answers++;
      say(events[i].data.fd, request, n);
    }
  }
  double took = (double)(now_us() - began);
  cpu = cpu_us(s.pid) - cpu;
  for (int i = 0; i < connections; i++) close(fds[i]);
  close(epoll);
  return (struct rate){(double)answers * 1e6 / took, cpu / (double)answers};
}

/* ---- broadcast ---- */

static void publish(int fd) {
  unsigned char frame[8 + PAYLOAD] = {0x82, 0x80 | 126, PAYLOAD >> 8, PAYLOAD & 255}; /* the mask is zero */
  say(fd, frame, sizeof frame);
}

static struct rate measure_broadcast(struct process s, int in_flight) {
  static char sink[1 << 20];
  int fds[MEMBERS];
  for (int i = 0; i < MEMBERS; i++) fds[i] = dial_socket(s.port, "/broadcast");
  int epoll = watch(fds, MEMBERS);
  uint64_t bytes = 0, published = 0;
  double cpu = cpu_us(s.pid);
  int64_t began = now_us(), until = began + ROUND_MS * 1000;
  struct epoll_event events[256];
  while (now_us() < until) {
    while (published < bytes / FRAME_OUT / MEMBERS + (uint64_t)in_flight) publish(fds[0]), published++;
    int count = epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < count; i++) {
      ssize_t n = recv(events[i].data.fd, sink, sizeof sink, 0);
      if (n <= 0) die("delivery");
      bytes += (uint64_t)n;
    }
  }
  double took = (double)(now_us() - began);
  cpu = cpu_us(s.pid) - cpu;
  for (int i = 0; i < MEMBERS; i++) close(fds[i]);
  close(epoll);
  double deliveries = (double)(bytes / FRAME_OUT);
  return (struct rate){deliveries * 1e6 / took, cpu / deliveries};
}

/* ---- idle ---- */

static double measure_idle(struct process s, const char *path) {
  static int fds[IDLE_SOCKETS];
  usleep(200000);
  int64_t before = resident(s.pid);
  for (int i = 0; i < IDLE_SOCKETS; i++) {
    fds[i] = path ? dial_socket(s.port, path) : dial(s.port);
    if (path) continue;
    char answer[512];
    say(fds[i], "GET /hello HTTP/1.1\r\nHost: b\r\n\r\n", 33);
    if (recv(fds[i], answer, sizeof answer, 0) <= 0) die("answer");
  }
  usleep(500000);
  int64_t after = resident(s.pid);
  for (int i = 0; i < IDLE_SOCKETS; i++) close(fds[i]);
  return (double)(after - before) / IDLE_SOCKETS;
}

/* ---- */

static int by_rate(const void *a, const void *b) {
  double x = ((const struct rate *)a)->per_s, y = ((const struct rate *)b)->per_s;
  return (x > y) - (x < y);
}

static void print(const char *name, struct rate *rounds, const char *unit) {
  qsort(rounds, ROUNDS, sizeof *rounds, by_rate);
  printf("%-42s %12.0f %-14s %8.2f us CPU each\n", name, rounds[ROUNDS / 2].per_s, unit,
         rounds[ROUNDS / 2].cpu_us_each);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: net_bench SWITCHBOARD_CONFORMANCE [NODE]\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const char *ours[8] = {argv[1], "--port", "0", NULL}, *node[8] = {argc > 2 ? argv[2] : NULL, "-e", node_server, NULL};

  struct process fresh = start(ours);
  printf("%-42s %12.0f bytes\n", "an idle WebSocket", measure_idle(fresh, "/echo"));
  stop(fresh);
  fresh = start(ours);
  printf("%-42s %12.0f bytes\n", "an idle kept-alive connection", measure_idle(fresh, NULL));
  stop(fresh);

  struct process s = start(ours), other = argc > 2 ? start(node) : (struct process){0};
  struct rate get[ROUNDS], work[ROUNDS], base[ROUNDS], one[ROUNDS], eight[ROUNDS];
  for (int i = 0; i < ROUNDS; i++) {
    get[i] = measure_get(s, "/hello", GET_CONNECTIONS);
    if (other.pid) base[i] = measure_get(other, "/", GET_CONNECTIONS);
    work[i] = measure_get(s, "/work", GET_CONNECTIONS);
    one[i] = measure_broadcast(s, 1);
    eight[i] = measure_broadcast(s, 8);
  }
  print("GET, answered on the loop", get, "requests/s");
  print("GET, answered by a worker", work, "requests/s");
  if (other.pid) print("GET, Node's http server (baseline)", base, "requests/s");
  print("broadcast to 1,000, 1 message in flight", one, "deliveries/s");
  print("broadcast to 1,000, 8 messages in flight", eight, "deliveries/s");
  stop(s);
  if (other.pid) stop(other);
  return 0;
}
