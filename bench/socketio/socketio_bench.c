/* Figures of the Socket.IO server: starts switchboard-conformance and the npm package socket.io, drives both over
 * loopback with the same client (one thread, raw WebSocket), and prints medians of interleaved rounds.
 *
 *   socketio_bench PATH_OF_SWITCHBOARD_CONFORMANCE PATH_OF_NODE PATH_OF_NODE_SERVER PATH_OF_TESTS */
#include "bench/server.h"

#include <sys/epoll.h>
#include <sys/resource.h>

enum {
  MEMBERS = 1000,
  IDLE_SOCKETS = 2000,
  PAYLOAD = 200,
  ROUNDS = 3,
  ROUND_MS = 1000,
  READ_BYTES = 256 << 10,
};
#define SAID_HEAD "42/rooms,[\"said\",\""
enum { FRAME_OUT = 4 + sizeof SAID_HEAD - 1 + PAYLOAD + 2 }; /* unmasked, 16-bit length, and the closing "] */

struct server {
  const char *name;
  const char *argv[8];
  struct process process;
  int epoll, publisher, members[MEMBERS];
};

/* ---- the client ---- */

static void say_bytes(int fd, const void *bytes, size_t n) {
  for (const char *p = bytes; n;) {
    ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
    if (k <= 0) die("send");
    p += k;
    n -= (size_t)k;
  }
}

static void hear_bytes(int fd, void *out, size_t n) {
  for (char *p = out; n;) {
    ssize_t k = recv(fd, p, n, 0);
    if (k <= 0) die("recv");
    p += k;
    n -= (size_t)k;
  }
}

/* A masked text frame; the mask is zero. */
static void say(int fd, const char *text) {
  char frame[1024];
  size_t n = strlen(text), at = 0;
  frame[at++] = (char)0x81;
  if (n < 126) {
    frame[at++] = (char)(0x80 | n);
  } else {
    frame[at++] = (char)(0x80 | 126);
    frame[at++] = (char)(n >> 8);
    frame[at++] = (char)n;
  }
  memset(frame + at, 0, 4);
  memcpy(frame + at + 4, text, n);
  say_bytes(fd, frame, at + 4 + n);
}

static void hear(int fd, char *out, size_t room) {
  unsigned char h[4];
  hear_bytes(fd, h, 2);
  size_t n = h[1];
  if (n == 126) {
    hear_bytes(fd, h + 2, 2);
    n = (size_t)h[2] << 8 | h[3];
  }
  if (n >= room) die("a frame that is too long");
  hear_bytes(fd, out, n);
  out[n] = 0;
}

static int enter(uint16_t port) {
  static const char head[] =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  int fd = dial(port);
  say_bytes(fd, head, sizeof head - 1);
  char text[2048];
  for (size_t n = 0; n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0; n++) {
    if (n == sizeof text) die("no answer to the upgrade");
    hear_bytes(fd, text + n, 1);
  }
  hear(fd, text, sizeof text);
  say(fd, "40/rooms,");
  hear(fd, text, sizeof text);
  if (strncmp(text, "40/rooms,{", 10) != 0) die("not let in");
  return fd;
}

static void join(int fd, const char *room) {
  char text[128];
  snprintf(text, sizeof text, "42/rooms,0[\"join\",\"%s\"]", room);
  say(fd, text);
  hear(fd, text, sizeof text);
  if (strncmp(text, "43/rooms,0", 10) != 0) die("no acknowledgement");
}

static void gather(struct server *s) {
  char room[32];
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  s->publisher = enter(s->process.port);
  for (int i = 0; i < MEMBERS; i++) {
    s->members[i] = enter(s->process.port);
    join(s->members[i], "all");
    snprintf(room, sizeof room, "r%d", i);
    join(s->members[i], room);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = s->members[i]};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->members[i], &e) != 0) die("epoll_ctl");
  }
}

static void leave(struct server *s) {
  for (int i = 0; i < MEMBERS; i++) close(s->members[i]);
  close(s->publisher);
  close(s->epoll);
}

/* ---- measuring ---- */

struct figure {
  double per_s, cpu_us;
};

/* Reads what has arrived. All frames have one size, so counting bytes is enough. */
static uint64_t take(struct server *s) {
  static char waste[READ_BYTES];
  struct epoll_event events[256];
  int n = epoll_wait(s->epoll, events, 256, 2000);
  if (n == 0) die("nothing came for two seconds");
  uint64_t bytes = 0;
  for (int i = 0; i < n; i++) {
    ssize_t k = recv(events[i].data.fd, waste, sizeof waste, MSG_DONTWAIT);
    if (k == 0) die("a member was dropped");
    if (k > 0) bytes += (uint64_t)k;
  }
  return bytes;
}

static struct figure round_of(struct server *s, const char *command, int in_flight) {
  const uint64_t whole = (uint64_t)MEMBERS * FRAME_OUT;
  uint64_t asked = 0, bytes = 0;
  double cpu = cpu_us(s->process.pid);
  int64_t began = now_us(), until = began + ROUND_MS * 1000;
  for (; asked < (uint64_t)in_flight; asked++) say(s->publisher, command);
  while (bytes < asked * whole) {
    uint64_t before = bytes / whole;
    bytes += take(s);
    for (uint64_t done = bytes / whole - before; done && now_us() < until; done--, asked++) say(s->publisher, command);
  }
  double seconds = (double)(now_us() - began) / 1e6, deliveries = (double)(asked * MEMBERS);
  return (struct figure){deliveries / seconds, (cpu_us(s->process.pid) - cpu) / deliveries};
}

static int by_rate(const void *a, const void *b) {
  double x = ((const struct figure *)a)->per_s, y = ((const struct figure *)b)->per_s;
  return x < y ? -1 : x > y;
}

static void compare(struct server *servers, const char *what, const char *command, int in_flight) {
  struct figure figures[2][ROUNDS];
  for (int r = 0; r < ROUNDS; r++)
    for (int i = 0; i < 2; i++) figures[i][r] = round_of(&servers[i], command, in_flight);
  for (int i = 0; i < 2; i++) {
    qsort(figures[i], ROUNDS, sizeof figures[i][0], by_rate);
    struct figure f = figures[i][ROUNDS / 2];
    printf("%-44s %-12s %10.0f deliveries/s %7.2f us CPU each\n", what, servers[i].name, f.per_s, f.cpu_us);
  }
}

static void idle(struct server *s) {
  static int fds[IDLE_SOCKETS];
  s->process = start(s->argv);
  int warm = enter(s->process.port); /* the first connection has costs of its own, which are not measured */
  int64_t before = resident(s->process.pid);
  for (int i = 0; i < IDLE_SOCKETS; i++) fds[i] = enter(s->process.port);
  struct timespec rest = {0, 300000000};
  nanosleep(&rest, NULL);
  printf("%-44s %-12s %10.2f KB\n", "an idle socket in one namespace", s->name,
         (double)(resident(s->process.pid) - before) / 1024 / IDLE_SOCKETS);
  for (int i = 0; i < IDLE_SOCKETS; i++) close(fds[i]);
  close(warm);
  stop(s->process);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "socketio_bench CONFORMANCE NODE NODE_SERVER TESTS\n");
    return 2;
  }
  struct rlimit files = {16384, 16384};
  setrlimit(RLIMIT_NOFILE, &files);
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct server servers[2] = {
      {.name = "switchboard",
       .argv = {argv[1], "--port", "0", "--ping-interval", "60000", "--ping-timeout", "60000", NULL}},
      {.name = "socket.io", .argv = {argv[2], argv[3], argv[4], NULL}},
  };
  for (int i = 0; i < 2; i++) idle(&servers[i]);
  char to_rooms[PAYLOAD + 64], to_one[PAYLOAD + 64], payload[PAYLOAD + 1];
  memset(payload, 'x', PAYLOAD);
  payload[PAYLOAD] = 0;
  snprintf(to_rooms, sizeof to_rooms, "42/rooms,[\"burst\",\"r\",%d,\"%s\"]", MEMBERS, payload);
  snprintf(to_one, sizeof to_one, "42/rooms,[\"say\",\"all\",\"%s\"]", payload);
  for (int i = 0; i < 2; i++) {
    servers[i].process = start(servers[i].argv);
    gather(&servers[i]);
  }
  compare(servers, "1,000 rooms of one, one round in flight", to_rooms, 1);
  compare(servers, "1,000 rooms of one, eight in flight", to_rooms, 8);
  compare(servers, "one room of 1,000, one in flight", to_one, 1);
  compare(servers, "one room of 1,000, eight in flight", to_one, 8);
  for (int i = 0; i < 2; i++) {
    leave(&servers[i]);
    stop(servers[i].process);
  }
  return 0;
}
