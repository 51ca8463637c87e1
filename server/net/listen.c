/* Listening and accepting: one socket per shard, with SO_REUSEPORT when there are several; limits on connections in total
 * and per address; at the total limit the connection idle longest is closed (shed.c); a spare descriptor handles
 * running out of descriptors. */
#include "net/conn.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPTS_A_TURN = 64, ACCEPT_AGAIN_MS = 100 };

static int open_socket(const struct addrinfo *a, bool reuse_port) {
  int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, a->ai_addr, a->ai_addrlen) == 0) return fd;
  int e = errno;
  close(fd);
  errno = e;
  return -1;
}

static void set_port(struct addrinfo *a, uint16_t port) {
  /* sin_port and sin6_port are at the same offset. */
  ((struct sockaddr_in *)(void *)a->ai_addr)->sin_port = htons(port);
}

static uint16_t bound_port(int fd) {
  struct sockaddr_storage at;
  socklen_t n = sizeof at;
  if (getsockname(fd, (struct sockaddr *)&at, &n) != 0) return 0;
  return ntohs(((struct sockaddr_in *)(void *)&at)->sin_port);
}

/* Several sockets need SO_REUSEPORT, which would also let a second server of the same user share the port silently: a
 * probe without it detects that, and picks the port if any will do. */
static int open_all(struct http_server *server, struct addrinfo *a) {
  bool several = server->shards_count > 1;
  int probe = open_socket(a, false);
  if (probe < 0 || (!several && listen(probe, BACKLOG) != 0)) return -1;
  server->port = bound_port(probe);
  if (!several) {
    server->shards[0]->listener.fd = probe;
    return 0;
  }
  close(probe);
  set_port(a, server->port);
  for (int i = 0; i < server->shards_count; i++) {
    int fd = open_socket(a, true);
    if (fd < 0) return -1;
    server->shards[i]->listener.fd = fd;
    if (listen(fd, BACKLOG) != 0) return -1;
  }
  return 0;
}

/* A hint for the administrator on why the address cannot be bound. */
static const char *advice(int why) {
  if (why == EADDRINUSE) return "another program listens on it. Stop it, or set PORT to a free port";
  if (why == EACCES) return "ports below 1024 need root. Set PORT to a higher one, behind a proxy or a redirect";
  if (why == EADDRNOTAVAIL) return "this machine has no such address. Set HOST to one that it has";
  return strerror(why);
}

err listen_open(struct http_server *server) {
  char port[8];
  snprintf(port, sizeof port, "%u", server->config.port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  const char *host = server->host;
  int e = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
  if (e) return err_detail(ERR_INTERNAL, "HOST", "cannot resolve %.80s: %s", host, gai_strerror(e));
  int result = -1, why = 0;
  /* "localhost" may name an IPv6 address first on a machine that has none. */
  for (struct addrinfo *a = list; a && result != 0 && server->shards[0]->listener.fd < 0; a = a->ai_next) {
    result = open_all(server, a);
    why = errno;
  }
  freeaddrinfo(list);
  if (result == 0) return err_ok;
  return err_detail(ERR_INTERNAL, "PORT", "cannot listen on %.80s port %s: %s", host, port, advice(why));
}

/* ---- accepting ---- */

/* False: the address is at its limit. */
static bool count_in(struct http_server *server, const struct net_addr *peer, bool trusted, bool *counted) {
  size_t max = server->config.connections_per_address;
  *counted = max > 0 && !trusted;
  if (!*counted) return true;
  pthread_mutex_lock(&server->lock);
  bool in = net_counts_add(&server->counts, peer, 1, max);
  pthread_mutex_unlock(&server->lock);
  return in;
}

void listen_uncount(struct http_server *server, const struct net_addr *peer) {
  pthread_mutex_lock(&server->lock);
  net_counts_remove(&server->counts, peer, 1);
  pthread_mutex_unlock(&server->lock);
}

/* Sends an error without reading a request, then closes. */
static void reject(struct shard *s, int fd) {
  struct out_buf *b = reply_refusal(503, "There are too many connections. Try again in a moment.");
  send(fd, b->bytes, b->len, MSG_NOSIGNAL | MSG_DONTWAIT);
  out_unref(&b->owner);
  shutdown(fd, SHUT_WR);
  close(fd);
  STAT_ADD(s->stats.refused_total, 1);
}

static void admit(struct shard *s, int fd, const struct sockaddr *from) {
  struct http_server *server = s->server;
  struct net_addr peer = net_addr_of(from);
  bool trusted = net_blocks_have(&server->trusted, &peer), counted = false;
  size_t before = atomic_fetch_add(&server->open, 1);
  /* Check the address's limit first: a client above it must not push out another one. */
  bool in = count_in(server, &peer, trusted, &counted);
  if (in && before >= server->config.connections_max && !shed_one(s)) {
    if (counted) listen_uncount(server, &peer);
    in = false;
  }
  if (!in) {
    atomic_fetch_sub(&server->open, 1);
    reject(s, fd);
    return;
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  conn_new(s, fd, &peer, counted, trusted);
}

static void open_spare(struct shard *s) {
  if (s->spare_fd < 0) s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_again(void *arg) {
  struct shard *s = arg;
  s->accept_again = NULL;
  open_spare(s);
  net_watch_change(s->loop, &s->listener, EPOLLIN);
}

/* Out of descriptors: the listening socket would stay readable and wake the loop without end. Give up the spare
 * descriptor to accept one client and close it, so that the client notices at once and the loop continues. */
static void drop_one(struct shard *s) {
  if (s->spare_fd >= 0) {
    close(s->spare_fd);
    s->spare_fd = -1;
    int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      close(fd);
      STAT_ADD(s->stats.refused_total, 1);
    }
    open_spare(s);
  }
  if (s->spare_fd >= 0 || s->accept_again) return;
  LOG_WARN("http.out_of_descriptors");
  net_watch_change(s->loop, &s->listener, 0);
  s->accept_again = net_timer_start(s->loop, ACCEPT_AGAIN_MS, 0, accept_again, s);
}

static void ready(struct net_watch *w, uint32_t events) {
  (void)events;
  struct shard *s = (struct shard *)(void *)((char *)w - offsetof(struct shard, listener));
  for (int i = 0; i < ACCEPTS_A_TURN; i++) {
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    int fd = accept4(w->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      admit(s, fd, (struct sockaddr *)&from);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      drop_one(s);
      return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } /* any other error concerns only that connection, which is already gone */
  }
}

bool listen_start(struct shard *s) {
  open_spare(s);
  s->listener.ready = ready;
  return net_watch_add(s->loop, &s->listener, EPOLLIN);
}

void listen_stop(struct shard *s) {
  int fd = s->listener.fd;
  net_timer_stop(&s->accept_again);
  net_watch_remove(s->loop, &s->listener);
  if (fd >= 0) close(fd);
  if (s->spare_fd >= 0) close(s->spare_fd);
  s->spare_fd = -1;
}
