/* The load generator of the product's benchmarks: one thread, epoll, plain sockets, prebuilt requests.
 *
 *   load webhook HOST PORT SECRET CONNECTIONS COUNT RATE CUSTOMERS FIRST_ID
 *       posts COUNT updates (RATE a second, 0: as fast as answers come), prints rate and percentiles of the answers
 *   load push HOST PORT SECRET TOKEN SOCKETS COUNT RATE CUSTOMERS FIRST_ID [PID]
 *       the same with SOCKETS panels connected: also the time from POST to each panel's frame, deliveries a second, bytes
 *       per delivery, and the CPU time that the server, the process PID, uses per delivery
 *   load get HOST PORT TOKEN CONNECTIONS COUNT PATH…
 *       GETs the paths in turn and prints rate and percentiles
 *   load app HOST PORT KEY CONNECTIONS COUNT RATE CUSTOMERS FIRST_ID [JPEG]
 *       posts COUNT messages of apps to /send_message: JSON, or forms with a photo, whose bytes differ each time by a
 *       comment in the JPEG
 *   load idle HOST PORT TOKEN SOCKETS SECONDS
 *       keeps sockets open and does nothing: for measuring the server's memory from outside
 *
 * Each update's text ends in a number, which the frame contains; the rest of a frame is not read. Non-goals:
 * checking answers beyond their status, TLS. */
#include "bench/server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { READ_BYTES = 256 * 1024, REQUEST_BYTES = 4096, QUIET_MS = 500 };

struct connection {
  int fd;
  bool busy, panel;
  int64_t sent_us;
  char carry[64]; /* the last bytes that a panel has read: a number may continue in the next read */
  size_t carry_len;
  size_t need; /* bytes of the answer's body (for panels: of a frame) that have not arrived */
  char head[8192];
  size_t head_len;
  char request[REQUEST_BYTES]; /* what is being sent, before run.photo */
  size_t request_len, written;
};

static struct {
  const char *mode, *secret, *token;
  struct sockaddr_in address;
  char host[64];
  int64_t count, rate, customers, first_id;
  char **paths;
  int path_count;
  bool app;
  char *photo; /* without its first two bytes, followed by the end of the form */
  size_t photo_len;
  int64_t sent, answered, failed, delivered, delivered_bytes, reads, expected;
  pid_t server;
  int64_t *answer_us, *posted_us, *push_us;
  int64_t pushes;
  int epoll;
  char *buffer;
} run;

static int open_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&run.address, sizeof run.address)) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  return fd;
}

static void write_all(int fd, const char *p, size_t n) {
  while (n) {
    ssize_t w = write(fd, p, n);
    if (w < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (w <= 0) die("write");
    p += w, n -= (size_t)w;
  }
}

/* ---- requests ---- */

/* The tokens in turn, since the number of sockets per operator is limited. */
static const char *next_token(void) {
  static char one[2048];
  static const char *at;
  if (!at || !*at) at = run.token;
  size_t n = strcspn(at, ",");
  if (n >= sizeof one) die("a token is too long");
  memcpy(one, at, n);
  one[n] = 0;
  at += n + (at[n] == ',');
  return one;
}

static size_t build_webhook(char *out, int64_t n) {
  int64_t customer = 7000000000 + n % run.customers;
  char body[1024];
  int len = snprintf(
      body, sizeof body,
      "{\"update_id\":%lld,\"message\":{\"message_id\":%lld,\"from\":{\"id\":%lld,\"is_bot\":false,"
      "\"first_name\":\"Load\",\"last_name\":\"Customer%lld\",\"username\":\"load%lld\",\"language_code\":\"en\"},"
      "\"chat\":{\"id\":%lld,\"first_name\":\"Load\",\"last_name\":\"Customer%lld\",\"username\":\"load%lld\","
      "\"type\":\"private\"},\"date\":1790000000,\"text\":\"Where is my order? It was promised for today. #%lld#\"}}",
      (long long)(run.first_id + n), (long long)(run.first_id + n), (long long)customer, (long long)(customer % 100000),
      (long long)(customer % 100000), (long long)customer, (long long)(customer % 100000),
      (long long)(customer % 100000), (long long)n);
  int total = snprintf(out, REQUEST_BYTES,
                       "POST /webhook/telegram HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                       "X-Telegram-Bot-Api-Secret-Token: %s\r\nContent-Length: %d\r\n\r\n%s",
                       run.host, run.secret, len, body);
  return (size_t)total;
}

static size_t build_get(char *out, int64_t n) {
  return (size_t)snprintf(out, REQUEST_BYTES, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
                          run.paths[n % run.path_count], run.host, next_token());
}

/* Many users with many addresses, so that no rate limit is reached. */
static size_t app_head(char *out, int64_t n, const char *type, size_t length) {
  return (size_t)snprintf(out, REQUEST_BYTES,
                          "POST /send_message HTTP/1.1\r\nHost: %s\r\nX-App-Key: %s\r\nX-Forwarded-For: 10.%d.%d.%d\r\n"
                          "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          run.host, run.token, (int)(n % 200), (int)(n / 200 % 200), (int)(n % 250), type, length);
}

static size_t build_app_json(char *out, int64_t n) {
  char body[512];
  int len = snprintf(body, sizeof body,
                     "{\"user_id\":\"load-%lld\",\"user_name\":\"Load\",\"client_id\":\"%lld\","
                     "\"message\":\"Where is my order? It was promised for today. #%lld#\"}",
                     (long long)(n % run.customers), (long long)(run.first_id + n), (long long)n);
  size_t head = app_head(out, n, "application/json", (size_t)len);
  memcpy(out + head, body, (size_t)len);
  return head + (size_t)len;
}

#define BOUNDARY "form-of-the-load-generator-1f0e"
#define FORM_END "\r\n--" BOUNDARY "--\r\n"
#define FIELD    "--" BOUNDARY "\r\nContent-Disposition: form-data; name="

/* A form up to its photo's first two bytes (a JPEG begins with ff d8) and a comment with the number (ff fe, 18 bytes with
 * its length). */
static size_t build_app_form(char *out, int64_t n) {
  char body[1024];
  int len = snprintf(body, sizeof body,
                     FIELD "\"user_id\"\r\n\r\nload-%lld\r\n" FIELD "\"user_name\"\r\n\r\nLoad\r\n" FIELD
                           "\"client_id\"\r\n\r\n%lld\r\n" FIELD "\"message\"\r\n\r\nIt came broken #%lld#\r\n" FIELD
                           "\"photo\"; filename=\"broken.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
                           "\xff\xd8\xff\xfe%c%c%016lld",
                     (long long)(n % run.customers), (long long)(run.first_id + n), (long long)n, 0, 18,
                     (long long)(run.first_id + n));
  size_t head = app_head(out, n, "multipart/form-data; boundary=" BOUNDARY, (size_t)len + run.photo_len);
  memcpy(out + head, body, (size_t)len);
  return head + (size_t)len;
}

static size_t build(char *out, int64_t n) {
  if (run.paths) return build_get(out, n);
  if (!run.app) return build_webhook(out, n);
  return run.photo ? build_app_form(out, n) : build_app_json(out, n);
}

static void watch(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(run.epoll, operation, c->fd, &event)) die("epoll_ctl");
}

/* Sends the request and then the photo, which is the same for all, as far as the socket accepts them. */
static void write_on(struct connection *c) {
  size_t total = c->request_len + run.photo_len;
  bool waited = c->written > 0;
  while (c->written < total) {
    bool first = c->written < c->request_len;
    const char *p = first ? c->request + c->written : run.photo + (c->written - c->request_len);
    size_t n = first ? c->request_len - c->written : total - c->written;
    ssize_t w = send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL | (first && run.photo_len ? MSG_MORE : 0));
    if (w < 0 && errno == EINTR) continue;
    if (w < 0 && errno == EAGAIN) break;
    if (w <= 0) die("write");
    c->written += (size_t)w;
  }
  bool whole = c->written == total;
  if (!whole || waited) watch(c, EPOLL_CTL_MOD, whole ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void send_next(struct connection *c) {
  int64_t n = run.sent++;
  c->request_len = build(c->request, n);
  c->written = 0;
  c->busy = true;
  c->sent_us = now_us();
  if (run.posted_us) run.posted_us[n] = c->sent_us;
  write_on(c);
}

/* Reads the photo, a JPEG file, without its first two bytes, and appends the end of the form. */
static void read_photo(const char *path) {
  FILE *f = fopen(path, "re");
  if (!f || fseek(f, 0, SEEK_END)) die(path);
  long size = ftell(f);
  if (size < 3 || fseek(f, 2, SEEK_SET)) die("a photo is too short");
  run.photo_len = (size_t)size - 2 + sizeof FORM_END - 1;
  run.photo = malloc(run.photo_len);
  if (!run.photo || fread(run.photo, 1, (size_t)size - 2, f) != (size_t)size - 2) die(path);
  memcpy(run.photo + size - 2, FORM_END, sizeof FORM_END - 1);
  fclose(f);
}

/* ---- answers: a status line, Content-Length, that many bytes ---- */

static void answer_done(struct connection *c, int status) {
  run.answer_us[run.answered++] = now_us() - c->sent_us;
  if (status / 100 != 2) run.failed++;
  c->busy = false;
  c->head_len = 0;
}

static void read_answer(struct connection *c) {
  for (;;) {
    ssize_t n = recv(c->fd, run.buffer, READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) die("the server closed a connection");
    size_t at = 0;
    static int status;
    while (at < (size_t)n) {
      if (c->need) {
        size_t part = c->need < (size_t)n - at ? c->need : (size_t)n - at;
        c->need -= part, at += part;
        if (!c->need) answer_done(c, status);
        continue;
      }
      c->head[c->head_len++] = run.buffer[at++];
      if (c->head_len == sizeof c->head - 1) die("an endless head");
      if (c->head_len < 4 || memcmp(c->head + c->head_len - 4, "\r\n\r\n", 4)) continue;
      c->head[c->head_len] = 0;
      status = (int)strtol(c->head + 9, NULL, 10);
      char *length = strcasestr(c->head, "\r\ncontent-length:");
      c->need = length ? strtoul(length + 17, NULL, 10) : 0;
      if (!c->need) answer_done(c, status);
    }
  }
}

/* ---- panels: searches frames for "#number#" ---- */

static void see_number(int64_t n) {
  if (n < 0 || n >= run.count) return;
  run.push_us[run.pushes++] = now_us() - run.posted_us[n];
}

static void skim(const char *p, size_t n, struct connection *c) {
  const char *end = p + n;
  while (p < end) {
    const char *hash = memchr(p, '#', (size_t)(end - p));
    if (!hash) break;
    char *stop;
    long long v = strtoll(hash + 1, &stop, 10);
    if (stop > hash + 1 && stop < end && *stop == '#') {
      see_number(v);
      p = stop + 1;
    } else if (stop >= end - 1) { /* cut: kept for the next read */
      c->carry_len = (size_t)(end - hash);
      if (c->carry_len < sizeof c->carry)
        memcpy(c->carry, hash, c->carry_len);
      else
        c->carry_len = 0;
      return;
    } else {
      p = hash + 1;
    }
  }
}

/* A new_message frame contains the number twice: in the message and in the conversation's preview. Only the first panel is
 * timed, and counts frames by their start; the others count the bytes of frames. */
static void read_panel(struct connection *c, bool timed) {
  for (;;) {
    ssize_t n = recv(c->fd, run.buffer, READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) die("the server closed a panel");
    run.delivered_bytes += n;
    run.reads++;
    size_t at = 0;
    while (at < (size_t)n) {
      if (c->need) {
        size_t part = c->need < (size_t)n - at ? c->need : (size_t)n - at;
        if (timed) skim(run.buffer + at, part, c);
        c->need -= part, at += part;
        continue;
      }
      c->head[c->head_len++] = run.buffer[at++];
      unsigned char *h = (unsigned char *)c->head;
      size_t wants = c->head_len < 2 ? 2 : (h[1] & 127) == 126 ? 4 : (h[1] & 127) == 127 ? 10 : 2;
      if (c->head_len < wants) continue;
      uint64_t len = h[1] & 127;
      if (len == 126) len = (uint64_t)h[2] << 8 | h[3];
      if (wants == 10) {
        len = 0;
        for (int i = 2; i < 10; i++) len = len << 8 | h[i];
      }
      c->head_len = 0;
      c->need = len;
      if ((h[0] & 15) == 1) run.delivered++;
    }
  }
}

static void open_panel(struct connection *c) {
  c->fd = open_socket();
  c->panel = true;
  char request[REQUEST_BYTES], answer[2048];
  int n = snprintf(request, sizeof request,
                   "GET /ws?token=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                   next_token(), run.host);
  write_all(c->fd, request, (size_t)n);
  size_t got = 0;
  while (got < 4 || memcmp(answer + got - 4, "\r\n\r\n", 4)) { /* byte by byte: a frame may follow at once */
    ssize_t r = read(c->fd, answer + got, 1);
    if (r <= 0 || ++got == sizeof answer) die("a panel was refused");
  }
  if (memcmp(answer, "HTTP/1.1 101", 12)) {
    errno = 0;
    answer[got] = 0;
    fprintf(stderr, "%s", answer);
    die("a panel was refused");
  }
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void print_percentiles(const char *what, int64_t *us, int64_t n) {
  if (!n) return;
  qsort(us, (size_t)n, sizeof *us, by_value);
  printf("%s_p50_ms=%.3f %s_p99_ms=%.3f %s_max_ms=%.3f ", what, (double)us[n / 2] / 1000, what,
         (double)us[n * 99 / 100] / 1000, what, (double)us[n - 1] / 1000);
}

/* Waits until an answer arrives or the next request is due. For updates it does not sleep, so that each is sent on time to the
 * microsecond, which takes a core; for apps' messages it sleeps and leaves the core to the servers that are compared. */
static int wait_events(struct epoll_event *events, int room, int64_t started) {
  if (!run.rate) return epoll_wait(run.epoll, events, room, 1000);
  if (!run.app) return epoll_wait(run.epoll, events, room, 0);
  int64_t left = started + (run.sent + 1) * 1000000 / run.rate - now_us();
  if (run.sent == run.count) left = 1000000;
  struct timespec wait = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};
  return epoll_pwait2(run.epoll, events, room, &wait, NULL);
}

/* Reads the frames that opening the sockets has caused (greetings, presence) until none has arrived for QUIET_MS, so that they
 * are not measured. */
static void drain_panels(const struct connection *first) {
  struct epoll_event events[512];
  for (int n; (n = epoll_wait(run.epoll, events, 512, QUIET_MS)) > 0;)
    for (int i = 0; i < n; i++) read_panel(events[i].data.ptr, events[i].data.ptr == first);
  run.delivered = run.delivered_bytes = run.reads = run.pushes = 0;
}

static void drive(struct connection *all, int senders, int panels) {
  struct epoll_event events[512];
  double cpu_before_us = run.server ? cpu_us(run.server) : 0;
  int64_t started = now_us(), last_progress = started, seen = 0;
  int next = 0;
  for (;;) {
    int64_t now = now_us();
    int64_t due = run.rate ? (now - started) * run.rate / 1000000 : run.count;
    for (int i = 0; i < senders && run.sent < run.count && run.sent < due; i++, next = (next + 1) % senders)
      if (!all[next].busy) send_next(&all[next]);
    if (run.answered == run.count && run.delivered >= run.expected) break;
    int n = wait_events(events, 512, started);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) write_on(c);
      if (c->panel)
        read_panel(c, c == &all[senders]);
      else
        read_answer(c);
    }
    int64_t progress = run.answered + run.delivered;
    if (progress != seen) seen = progress, last_progress = now_us();
    if (now_us() - last_progress > 20000000) {
      fprintf(stderr, "load: no progress: %lld answered, %lld delivered of %lld\n", (long long)run.answered,
              (long long)run.delivered, (long long)run.expected);
      break;
    }
  }
  double seconds = (double)(now_us() - started) / 1e6;
  printf("count=%lld failed=%lld seconds=%.3f per_second=%.0f ", (long long)run.answered, (long long)run.failed,
         seconds, (double)run.answered / seconds);
  print_percentiles("answer", run.answer_us, run.answered);
  if (panels) {
    print_percentiles("push", run.push_us, run.pushes);
    double delivered = (double)run.delivered;
    printf("sockets=%d delivered=%.0f deliveries_per_second=%.0f bytes_per_delivery=%.0f deliveries_per_read=%.1f ",
           panels, delivered, delivered / seconds, (double)run.delivered_bytes / delivered,
           delivered / (double)run.reads);
    if (run.server) printf("server_cpu_us_per_delivery=%.4f", (cpu_us(run.server) - cpu_before_us) / delivered);
  }
  printf("\n");
}

static int64_t number(const char *s) { return strtoll(s, NULL, 10); }

static void *zeroed(size_t n, size_t size) {
  void *p = calloc(n ? n : 1, size);
  if (!p) die("memory");
  return p;
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: see the head of bench/load.c\n");
    return 2;
  }
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  run.mode = argv[1];
  run.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)number(argv[3]))};
  inet_pton(AF_INET, argv[2], &run.address.sin_addr);
  snprintf(run.host, sizeof run.host, "%s:%s", argv[2], argv[3]);
  run.epoll = epoll_create1(EPOLL_CLOEXEC);
  run.buffer = zeroed(1, READ_BYTES);
  int senders = 0, panels = 0;
  if (!strcmp(run.mode, "webhook") && argc >= 10) {
    run.secret = argv[4], senders = (int)number(argv[5]), run.count = number(argv[6]), run.rate = number(argv[7]);
    run.customers = number(argv[8]), run.first_id = number(argv[9]);
  } else if (!strcmp(run.mode, "push") && argc >= 11) {
    run.secret = argv[4], run.token = argv[5], panels = (int)number(argv[6]), run.count = number(argv[7]);
    run.rate = number(argv[8]), run.customers = number(argv[9]), run.first_id = number(argv[10]), senders = 64;
    if (argc > 11) run.server = (pid_t)number(argv[11]);
  } else if (!strcmp(run.mode, "get") && argc >= 8) {
    run.token = argv[4], senders = (int)number(argv[5]), run.count = number(argv[6]);
    run.paths = argv + 7, run.path_count = argc - 7;
  } else if (!strcmp(run.mode, "app") && argc >= 10) {
    run.app = true, run.token = argv[4], senders = (int)number(argv[5]), run.count = number(argv[6]);
    run.rate = number(argv[7]), run.customers = number(argv[8]), run.first_id = number(argv[9]);
    if (argc > 10) read_photo(argv[10]);
  } else if (!strcmp(run.mode, "idle") && argc >= 7) {
    run.token = argv[4], panels = (int)number(argv[5]);
  } else {
    fprintf(stderr, "usage: see the head of bench/load.c\n");
    return 2;
  }
  struct connection *all = zeroed((size_t)(senders + panels), sizeof *all);
  for (int i = 0; i < senders; i++) {
    all[i].fd = open_socket();
    watch(&all[i], EPOLL_CTL_ADD, EPOLLIN);
  }
  for (int i = 0; i < panels; i++) {
    open_panel(&all[senders + i]);
    if (strcmp(run.mode, "idle")) watch(&all[senders + i], EPOLL_CTL_ADD, EPOLLIN);
  }
  if (!strcmp(run.mode, "idle")) {
    printf("open=%d\n", panels);
    fflush(stdout);
    sleep((unsigned)number(argv[6]));
    return 0;
  }
  run.answer_us = zeroed((size_t)run.count, sizeof(int64_t));
  run.posted_us = zeroed((size_t)run.count, sizeof(int64_t));
  run.push_us = zeroed((size_t)run.count * 4 + 16, sizeof(int64_t));
  run.expected = panels * run.count;
  if (panels) drain_panels(&all[senders]);
  drive(all, senders, panels);
  return run.failed ? 1 : 0;
}
